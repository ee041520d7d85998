"""Cells as their authors saw them: errors, formulas, and numbers as they were shown."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from dxreport.intake.limits import Unreadable
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.cells import BLANK, Cell, Grid
from dxreport.ooxml.package import Package
from tests.support.cases import SAVED
from tests.support.ods import ods
from tests.support.xlsb import REF_ERROR, TRUE, merge, shared, small, text_of_formula, xlsb

SHEET = "xl/worksheets/sheet1.xml"
needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@pytest.mark.libreoffice
@needs_soffice
@pytest.mark.parametrize("extension", SAVED)
def test_cells_as_libreoffice_saved_them(answers: Path, soffice, extension: str) -> None:
    sheet = open_workbook(soffice(answers, extension).read_bytes()).sheet("様式")
    seen = {(row, column): sheet.cell(row, column) for row in range(1, 6) for column in range(1, 7)}
    assert {at: (cell.kind, cell.text) for at, cell in seen.items() if cell != BLANK} == {
        (1, 1): ("text", "文字"),
        (2, 1): ("text", "  前後の空白 "),
        (3, 1): ("text", "改行\n\nあり"),
        (1, 2): ("number", "48.5%"),
        (2, 2): ("number", "30,000千円"),
        (3, 2): ("number", "45"),
        (4, 2): ("number", "△5"),
        (5, 2): ("boolean", "TRUE"),
        (1, 3): ("date", "令和5年1月1日"),
        (2, 3): ("date", "2023/1/1"),
        (3, 3): ("date", "2023/1/1 18:30"),
        (1, 4): ("number", "2"),
        (2, 4): ("error", "#N/A"),
        (3, 4): ("error", "#DIV/0!"),
        (4, 4): ("text", "予定どおり"),
        (1, 5): ("text", "注あり"),
    }
    # An .xls keeps formulas as tokens, so that =TRUE(), LibreOffice's way to say TRUE, is one.
    formulas = {(1, 4), (2, 4), (3, 4), (4, 4)} | ({(5, 2)} if extension == "xls" else set())
    assert {at for at, cell in seen.items() if cell.formula} == formulas
    assert all(cell.certain for cell in seen.values())
    assert sheet.notes == {(1, 5): "担当:\nここは要確認"}
    hidden = open_workbook(soffice(answers, extension).read_bytes()).sheet("隠し")
    assert (hidden.cell(3, 3).text, hidden.cell(1, 1).kind, hidden.cell(99, 99).kind) == ("印", "blank", "blank")


@pytest.mark.libreoffice
@needs_soffice
def test_formulas_are_given_where_the_file_has_them(answers: Path, soffice) -> None:
    for extension, formula in [("xlsx", "=1+1"), ("ods", "=1+1"), ("xls", "=")]:
        assert open_workbook(soffice(answers, extension).read_bytes()).sheet("様式").cell(1, 4).formula == formula


def test_formula_never_calculated(workbook) -> None:
    book = open_workbook(workbook(B2="=1+1"))
    assert book.sheet("様式").cell(2, 2) == Cell(formula="=1+1")


def test_shared_strings_rich_text_and_furigana(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("様式")
        bold = book.add_format({"bold": True})
        sheet.write_rich_string("A1", "予定", bold, "どおり")
        sheet.write("A2", "_x000D_")
        sheet.write("A3", "漢字")
        sheet.write_formula("A4", '="あ"', value="あ")
        sheet.write_boolean("A5", False)
        sheet.write_number("A6", 0.485, book.add_format({"num_format": 10}))
        sheet.write_number("A7", 44927, book.add_format({"num_format": 58}))
    kana = ("<t>漢字</t>".encode(), '<t>漢字</t><rPh sb="0" eb="2"><t>カンジ</t></rPh>'.encode())
    cells = open_workbook(_replaced(path.read_bytes(), *kana)).sheet("様式")
    assert [cells.cell(row, 1).text for row in range(1, 8)] == [
        "予定どおり", "_x000D_", "漢字", "あ", "FALSE", "48.50%", "令和5年1月1日",
    ]  # fmt: skip
    assert [cells.cell(row, 1).kind for row in range(4, 8)] == ["text", "boolean", "number", "date"]
    assert cells.cell(4, 1).formula == '="あ"'


def test_dates_of_a_1904_workbook(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        book.add_worksheet("様式").write_number("A1", 43465, book.add_format({"num_format": "yyyy/m/d"}))
    assert open_workbook(path.read_bytes()).sheet("様式").cell(1, 1).text == "2023/1/1"


def test_strict_ooxml(workbook) -> None:
    spaces = (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    book = open_workbook(_replaced(workbook(B2="回答", B3=5), *spaces))
    assert [book.sheet("様式").cell(row, 2).text for row in (2, 3)] == ["回答", "5"]


def test_threaded_comments_stand_for_the_note_made_for_old_readers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "様式"
    book.active["B2"] = "回答"
    book.active["B2"].comment = openpyxl.comments.Comment("[Threaded comment]\nお使いの版では…", "x")
    book.active["C3"].comment = openpyxl.comments.Comment("ふつうのメモ", "x")
    out = io.BytesIO()
    book.save(out)
    thread = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="B2" id="{1}"><text>確認してください</text></threadedComment>'
        '<threadedComment ref="B2" id="{2}" parentId="{1}"><text>了解</text></threadedComment></ThreadedComments>'
    )
    relation = (
        '<Relationship Id="rIdT" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" '
        'Target="/xl/threadedComments/threadedComment1.xml"/></Relationships>'
    )
    data = _replaced(out.getvalue(), b"</Relationships>", relation.encode(), only="xl/worksheets/_rels/sheet1.xml.rels")
    with zipfile.ZipFile(whole := io.BytesIO(data), "a") as archive:
        archive.writestr("xl/threadedComments/threadedComment1.xml", thread)
    notes = open_workbook(whole.getvalue()).sheet("様式").notes
    assert notes == {(2, 2): "確認してください\n了解", (3, 3): "ふつうのメモ"}


def test_a_binary_workbook_gives_values_and_says_so() -> None:
    sheet = open_workbook(xlsb({"様式": {(0, 0): "文字", (2, 1): 0.485}})).sheet("様式")
    assert sheet.cell(1, 1) == Cell("text", "文字")
    assert sheet.cell(3, 2) == Cell("number", "0.485", "0.485", certain=False)
    assert sheet.cell(1, 2) == BLANK


def test_a_binary_workbook_tells_formulas_errors_merges_and_notes() -> None:
    odd = {(0, 0): "文字", (1, 1): text_of_formula("一式"), (2, 2): REF_ERROR, (3, 3): merge(3, 3, 4, 5)}
    sheet = open_workbook(xlsb({"様式": odd}, {(1, 1): "確認\n済み"})).sheet("様式")
    assert sheet.cell(2, 2) == Cell("text", "一式", formula="=")
    assert sheet.cell(3, 3) == Cell("error", "#REF!")
    assert [bool(sheet.cell(n, n).formula) for n in (1, 2, 3)] == [False, True, False]
    assert [sheet.covered(4, 4), sheet.covered(4, 5), sheet.covered(5, 6), sheet.covered(6, 4)] == [
        False,
        True,
        True,
        False,
    ]
    assert sheet.notes == {(2, 2): "確認\n済み"}


def test_all_kinds_of_values_of_a_binary_workbook() -> None:
    cells = {(0, 0): shared(1), (1, 0): small(31000 << 2 | 2), (2, 0): small(4850 << 2 | 3), (3, 0): TRUE,
             (4, 0): small(0x3FE00000)}  # fmt: skip
    sheet = open_workbook(xlsb({"様式": cells}, strings=["一", "二"])).sheet("様式")
    assert [sheet.cell(row, 1).text for row in range(1, 6)] == ["二", "31000", "48.5", "TRUE", "0.5"]
    assert open_workbook(xlsb({"様式": {(0, 0): 44743.0}}, number_format="yyyy/m/d")).sheet("様式").cell(1, 1) == Cell(
        "date", "2022/7/1", "44743", certain=False
    )
    since_1904 = xlsb({"様式": {(0, 0): 43281.0}}, number_format="yyyy/m/d", date1904=True)
    assert open_workbook(since_1904).sheet("様式").cell(1, 1).text == "2022/7/1"


def test_hidden_sheets_of_a_binary_workbook() -> None:
    book = open_workbook(xlsb({"様式": {(0, 0): "文字"}, "控え": {(0, 0): "印"}}, hidden=["控え"]))
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("様式", False), ("控え", True)]


def test_texts_as_excel_takes_them_from_the_xml(workbook) -> None:
    """White space at the ends counts only where ``xml:space`` keeps it; entities and escapes are resolved."""
    texts = {
        "<t> a </t>": "a",
        '<t xml:space="preserve"> a </t>': " a ",
        "<t>\u3000a\u3000</t>": "\u3000a\u3000",
        "<t>A&amp;B &lt;&#x4E00;&#10;&gt;</t>": "A&B <一\n>",
        "<t>1行\r\n2行</t>": "1行\n2行",
        "<t>_x0041__x005F_x0041_</t>": "A_x0041_",
        '<r><t xml:space="preserve">a </t></r><r><t> b</t></r>': "a b",
        "": "",
    }
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is>{xml}</is></c></row>' for n, xml in enumerate(texts, 1))
    for others in ("", '<row r="99"><c r="A99"><v>1</v></c></row>'):
        for xml in rows.split("</row>")[:-1]:
            data = _sheet_data(workbook(), xml + "</row>" + others)
            shown = [cell.text for (row, _), cell in open_workbook(data).sheet("様式").cells.items() if row < 99]
            assert "".join(shown) == list(texts.values())[int(xml.split('"')[1]) - 1]
    sheet = open_workbook(_sheet_data(workbook(), rows)).sheet("様式")
    assert [sheet.cell(n, 1).text for n in range(1, len(texts) + 1)] == list(texts.values())


@pytest.mark.parametrize("value", ["NaN", "inf", "1e999", "abc", "1_000", "0x10", "１２"])
def test_a_value_that_is_no_number_is_unclear(workbook, value: str) -> None:
    sheet = open_workbook(_sheet_data(workbook(), f'<row r="1"><c r="A1"><v>{value}</v></c></row>')).sheet("様式")
    assert sheet.cell(1, 1) == Cell("unclear", value)


@pytest.mark.parametrize(
    "content",
    ['<is><t xmlns="other">予定通り</t></is>', '<is xmlns="other"><t>予定通り</t></is>', '<v xmlns="other">5</v>'],
)
def test_a_foreign_element_is_unclear_and_never_blank(workbook, content: str) -> None:
    row = f'<row r="1"><c r="A1" t="inlineStr">{content}</c></row>'
    assert open_workbook(_sheet_data(workbook(), row)).sheet("様式").cell(1, 1).kind == "unclear"


@pytest.mark.parametrize("content", ["<v>予定通り</v>", "<is><t>順調</t></is><v>予定通り</v>"])
def test_a_text_that_may_also_be_another_is_unclear(workbook, content: str) -> None:
    row = f'<row r="1"><c r="A1" t="inlineStr">{content}</c></row>'
    assert open_workbook(_sheet_data(workbook(), row)).sheet("様式").cell(1, 1).kind == "unclear"


@pytest.mark.parametrize(("style", "certain"), [("0", True), ("999", False)])
def test_a_number_in_a_format_that_the_file_lacks_is_not_certain(workbook, style: str, certain: bool) -> None:
    row = f'<row r="1"><c r="A1" s="{style}"><v>5</v></c></row>'
    assert open_workbook(_sheet_data(workbook(), row)).sheet("様式").cell(1, 1) == Cell(
        "number", "5", "5", certain=certain
    )


@pytest.mark.parametrize("first", ["短い", "長い" * 40_000])
def test_a_row_that_occurs_twice_with_the_same_cell_is_damaged(workbook, first: str) -> None:
    """Also where much stands between the two."""
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>'
    with pytest.raises(Unreadable, match="E403"):
        open_workbook(_sheet_data(workbook(), row.format(first) + row.format("二つ目")))


def test_a_sheet_without_its_part_is_not_passed_over(workbook) -> None:
    data = _replaced(workbook(), b'r:id="rId1"', b'r:id="rId99"', only="xl/workbook.xml")
    with pytest.raises(Unreadable, match="E403"):
        open_workbook(data)


@pytest.mark.parametrize("extension", SAVED)
def test_what_a_merge_covers(tmp_path: Path, soffice: Callable[[Path, str], Path], extension: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "様式"
    book.active["B2"], book.active["F9"] = "上", "=1"
    book.active.merge_cells("B2:D4")
    book.save(tmp_path / "a.xlsx")
    sheet = open_workbook(soffice(tmp_path / "a.xlsx", extension).read_bytes()).sheet("様式")
    assert {(r, c) for r in range(1, 7) for c in range(1, 7) if sheet.covered(r, c)} == {
        (r, c) for r in (2, 3, 4) for c in (2, 3, 4)} - {(2, 2)}  # fmt: skip
    assert (bool(sheet.cell(9, 6).formula), bool(sheet.cell(2, 2).formula)) == (True, False)


def test_unknown_sheet(workbook) -> None:
    with pytest.raises(KeyError):
        open_workbook(workbook()).sheet("ない")


def _sheet_data(data: bytes, rows: str) -> bytes:
    """The workbook with other rows in its sheet."""
    package = Package(data)
    xml = re.sub(rb"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>".encode(), package.read(SHEET))
    return package.with_parts({SHEET: xml})


def _replaced(data: bytes, old: bytes, new: bytes, only: str = "") -> bytes:
    """The package with ``old`` replaced by ``new`` in all parts, or in one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, part.replace(old, new) if only in ("", name) else part)
    return out.getvalue()


def test_an_ods_whose_tables_nobody_can_see_is_damaged() -> None:
    """A namespace that lost a letter hides every table; without a word the file would look like one without a form."""
    package = Package(ods([["文字"]]))
    content = package.read("content.xml").replace(b"tc:opendocument:xmlns:table", b"tc:pendocument:xmlns:table")
    with pytest.raises(Unreadable, match="E403"):
        open_workbook(package.with_parts({"content.xml": content}))


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        ('office:value-type="string" office:string-value="別"><text:p>見える</text:p>', "unclear", "見える"),
        (
            'office:value-type="string"><text:p><text:ruby><text:ruby-base>漢字</text:ruby-base>'
            "<text:ruby-text>かんじ</text:ruby-text></text:ruby></text:p>",
            "text",
            "漢字",
        ),
        ('office:value-type="string"><text:p>a<text:s/>b<text:s text:c="2"/>c</text:p>', "text", "a b  c"),
        ('office:value-type="string" table:formula="of:=A2"><text:p>Err:502</text:p>', "error", "Err:502"),
        ('office:value-type="string"><text:p>Err:502</text:p>', "text", "Err:502"),
    ],
)
def test_a_cell_of_an_ods(cell: str, kind: str, text: str) -> None:
    found = _ods_cell(cell).cell(1, 1)
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize(
    ("stored", "shown", "certain"),
    [("0.485", "48.5%", True), ("0.485", "48%", True), ("0.485", "47%", False), ("1250", "1,250件", True)],
)
def test_a_number_of_an_ods_is_certain_if_what_it_shows_agrees(stored: str, shown: str, certain: bool) -> None:
    cell = f'office:value-type="float" office:value="{stored}"><text:p>{shown}</text:p>'
    assert _ods_cell(cell).cell(1, 1).certain is certain


def test_repeated_rows_and_columns_of_an_ods() -> None:
    row, cell = (
        '<table:table-row table:number-rows-repeated="2">',
        '<table:table-cell table:number-columns-repeated="2" ',
    )
    data = _ods_content(lambda xml: xml.replace("<table:table-row>", row).replace("<table:table-cell ", cell, 1))
    sheet = open_workbook(data).sheet("様式")
    assert sheet.rows == [["あ", "あ", "い"], ["あ", "あ", "い"]]


def _ods_cell(xml: str) -> Grid:
    """The sheet of an .ods with one cell: its attributes and content."""
    plain = 'office:value-type="string"><text:p>あ</text:p>'
    return open_workbook(_ods_content(lambda text: text.replace(plain, xml))).sheet("様式")


def _ods_content(change: Callable[[str], str]) -> bytes:
    package = Package(ods([["あ", "い"]]))
    changed = change(package.read("content.xml").decode("utf-8"))
    return package.with_parts({"content.xml": changed.encode("utf-8")})

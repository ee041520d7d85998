"""The corrected copy: marks to be seen, nothing else changed, and nothing left of them afterwards."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, PatternFill, Side

from dxreport.domain.errors import PackageError
from dxreport.domain.fields import Ref
from dxreport.form.compile import Form, load_form
from dxreport.form.read.sheet import read_sheet
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.intake.workbook import open_workbook
from dxreport.lifecycle import sample
from dxreport.ooxml.correction import ADDED_SHEETS, LIST_SHEET, RECORD_SHEET
from dxreport.ooxml.package import MAIN_NS, Package
from dxreport.ooxml.refs import address, box, cell
from dxreport.ooxml.table import sheet_parts
from dxreport.sendback import corrected_copy as marking
from dxreport.sendback.list_sheet import COLUMNS
from dxreport.sendback.mark import Mark
from tests.support.lens import measure_of
from tests.support.packages import faults

S = f"{{{MAIN_NS}}}"
HEADER = ("産業振興課　御中", "修正のうえ、7月15日（金）までに再送してください。")
TEMPLATE = Path(__file__).parents[2] / "templates" / "年間活動計画.xlsx"
Looks = dict[tuple[str, str], "Look"]


class Look(NamedTuple):
    """What can be seen of a cell, and whether it is locked; no indexes, which any program may change."""

    filled: bool
    fill: str
    border: str
    rest: tuple[str, ...]


@cache
def form() -> Form:
    return load_form(TEMPLATE)


@cache
def rendered() -> bytes:
    """Two real measures as a department would have answered them."""
    settings = sample.settings()
    issued = PreparedForm(form(), settings.round("第1四半期"), settings, "産業振興課")
    return render_book(issued, sample.load(True)[:2], "R04Q1-001").data


@cache
def decorated() -> bytes:
    """A workbook with notes, a chart, a text box, a picture, x14 rules, names and protection, from XlsxWriter."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        first, second = book.add_worksheet("01-01"), book.add_worksheet("市の'様式")
        book.add_chartsheet("グラフ").set_chart(chart := book.add_chart({"type": "line"}))
        chart.add_series({"values": "='01-01'!$B$2:$B$4"})
        shown = book.add_chart({"type": "column"})
        shown.add_series({"values": "='01-01'!$B$2:$B$4"})
        entry = book.add_format(
            {"locked": False, "num_format": "@", "bg_color": "#FFFFCC", "border": 1, "italic": True}
        )
        first.write("B2", "予定通り", entry)
        first.merge_range("B6:D8", "対応策", entry)
        first.write("B3", 0.485, book.add_format({"num_format": "0.0%"}))
        first.write_comment("B2", "ここに\n記入", {"author": "企画"})
        first.write_comment("F9", "別の注", {"author": "企画"})
        first.insert_chart("H2", shown)
        first.insert_textbox("H20", "記入上の注意")
        first.conditional_format("B3:B5", {"type": "data_bar", "data_bar_2010": True})
        first.data_validation("B2", {"validate": "list", "source": "='市の''様式'!$A$1:$A$3"})
        first.protect("", {"format_rows": True})
        first.set_header("&L&G", {"image_left": "logo.png", "image_data_left": io.BytesIO(PNG)})
        second.print_area("A1:C9")
        second.repeat_rows(0)
        second.activate()
        second.write("A1", "有")
    return out.getvalue()


@cache
def plain() -> bytes:
    """A workbook with a note and empty places, from openpyxl."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "様式"
    sheet["C5"], sheet["E5"] = "左", "右"
    sheet["C5"].comment = Comment("元の注", "担当")
    sheet.column_dimensions["H"].width = 30
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc000000301010018dd8db00000000049454e44ae426082"
)
BOOKS: dict[str, Callable[[], bytes]] = {"rendered": rendered, "decorated": decorated, "plain": plain}
CELLS = {"rendered": ("01-01", ("E20", "D12")), "decorated": ("01-01", ("B2", "C7")), "plain": ("様式", ("C5", "D3"))}


def corrected_copy(data: bytes, marks: Sequence[Mark], header: Sequence[str]) -> bytes:
    return marking.corrected_copy(Package(data), marks, header)


def mark(sheet: str, *cells: str, message: str = "進捗が違います。") -> Mark:
    return Mark(sheet, cells, "進捗", "順調", message, "一覧から選び直してください。")


def opened(data: bytes) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl does not know and drops
        return openpyxl.load_workbook(io.BytesIO(data))


def marks_of(name: str) -> list[Mark]:
    sheet, cells = CELLS[name]
    return [mark(sheet, cell) for cell in cells]


def looks(data: bytes) -> Looks:
    """Every cell of the department's own sheets."""
    package = Package(data)
    styles = package.xml("xl/styles.xml")
    for plain_fill in styles.iter(f"{S}patternFill"):
        for unseen in plain_fill.findall(f"{S}bgColor"):  # of a solid fill; programs write in it what they like
            plain_fill.remove(unseen)
    lists = {name: [_text(e) for e in styles.find(S + name)] for name in ("fonts", "fills", "borders")}
    codes = {f.get("numFmtId"): f.get("formatCode") for f in styles.iter(f"{S}numFmt")}
    formats = []
    for xf in styles.find(f"{S}cellXfs"):
        fill, border, font = (lists[f"{k}s"][int(xf.get(f"{k}Id"))] for k in ("fill", "border", "font"))
        number = codes.get(xf.get("numFmtId"), xf.get("numFmtId"))
        formats.append((fill, border, (font, number, *map(_text, xf))))
    return {
        (name, c.get("r")): Look(bool("".join(c.itertext())), *formats[int(c.get("s", "0"))])
        for name, part in sheet_parts(package).items()
        if name not in ADDED_SHEETS
        for c in package.xml(part).iter(f"{S}c")
    }


def _text(element: etree._Element) -> str:
    return etree.tostring(element, method="c14n", exclusive=True).decode()


def touched(before: Looks, after: Looks) -> set[tuple[str, str]]:
    """The cells that look different. Of those that are new, which hold nothing, only the marked ones."""
    assert before.keys() <= after.keys()
    new = after.keys() - before.keys()
    assert not any(after[key].filled for key in new)
    return {key for key in before if after[key] != before[key]} | {key for key in new if is_marked(after[key])}


def is_marked(look: Look) -> bool:
    return any(sign in look.fill + look.border for sign in ("FFF9C", "FFFCE", "thick", "mediumDashed"))


def notes(data: bytes, sheet: str) -> dict[str, str]:
    return {address(*at): text for at, text in open_workbook(data).sheet(sheet).notes.items()}


def boxes(data: bytes, sheet: str) -> list[str]:
    """The cells whose notes have a box in the sheet's VML."""
    package = Package(data)
    part = sheet_parts(package)[sheet]
    vml = [package.read(r.target).decode() for r in package.relationships(part) if r.kind == "vmlDrawing"]
    pairs = re.findall(r"<(?:\w+:)?Row>(\d+)</(?:\w+:)?Row>\s*<(?:\w+:)?Column>(\d+)<", "".join(vml))
    ids = re.findall(r"<(?:\w+:)?shape [^>]*?\bid=\"([^\"]+)\"", "".join(vml))
    assert len(set(ids)) == len(ids)
    return sorted(address(int(row) + 1, int(column) + 1) for row, column in pairs)


def names_and_rows(data: bytes) -> list[tuple[str, list[list[Any]]]]:
    return [(s.name, s.rows) for s in open_workbook(data).sheets if s.name not in ADDED_SHEETS]


@pytest.mark.parametrize("name", BOOKS)
def test_a_marked_workbook_is_sound_and_reads_as_before(name: str) -> None:
    data = BOOKS[name]()
    copy = corrected_copy(data, marks_of(name), HEADER)
    assert faults(copy) == []
    assert names_and_rows(copy) == names_and_rows(data)
    assert next(s.name for s in open_workbook(copy).sheets if not s.hidden) == LIST_SHEET


def test_a_form_is_read_as_before() -> None:
    before, after = open_workbook(rendered()), open_workbook(corrected_copy(rendered(), marks_of("rendered"), HEADER))
    for measure in sample.load(True)[:2]:
        sheets = [
            read_sheet(form(), book.sheet(measure.id).rows, quarter=1, year=1)[measure.id] for book in (before, after)
        ]
        assert sheets[0] == sheets[1]
        assert measure_of(sheets[1]) == measure.normal()
    assert not any(read_sheet(form(), after.sheet(name).rows) for name in ADDED_SHEETS)


@pytest.mark.parametrize("name", BOOKS)
def test_every_part_that_needs_no_change_stays_as_it_is(name: str) -> None:
    data = BOOKS[name]()
    before, after = Package(data), Package(corrected_copy(data, marks_of(name), HEADER))
    sheet = sheet_parts(before)[CELLS[name][0]]
    changed = {part for part in before.names if after.read(part) != before.read(part)}
    own = {r.target for r in before.relationships(sheet) if r.kind in ("comments", "vmlDrawing")}
    stem = sheet.rpartition("/")[2]
    allowed = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", sheet,
               f"xl/worksheets/_rels/{stem}.rels", *own}  # fmt: skip
    selected = {part for part in changed if b"tabSelected" in before.read(part)}
    assert changed <= allowed | selected
    header = [r.target for r in before.relationships(sheet) if r.kind == "vmlDrawing" and r.target not in changed]
    assert len(header) == (name == "decorated")  # the header picture's


def test_marked_cells_change_their_looks_and_nothing_else() -> None:
    before, after = looks(rendered()), looks(corrected_copy(rendered(), marks_of("rendered"), HEADER))
    assert touched(before, after) == {("01-01", "E20"), *(("01-01", f"{c}12") for c in "DEFGH")}
    assert [after["01-01", ref].border.count("thick") for ref in ("E20", "D12", "F12", "H12")] == [4, 3, 2, 3]
    for ref in ("E20", "D12"):  # a cell, and a merge up to H12
        assert "FFF9C" in after["01-01", ref].fill
        assert after["01-01", ref].rest == before["01-01", ref].rest  # font, number format, alignment, lock


def test_cells_that_the_file_does_not_store_are_made_in_their_place() -> None:
    copy = corrected_copy(
        plain(), [mark("様式", "B5"), mark("様式", "D5"), mark("様式", "D2"), mark("様式", "Z99")], HEADER
    )
    package = Package(copy)
    rows = package.xml(sheet_parts(package)["様式"]).iter(f"{S}row")
    assert [[c.get("r") for c in row] for row in rows] == [["D2"], ["B5", "C5", "D5", "E5"], ["Z99"]]
    assert faults(copy) == []


def test_a_new_cell_looks_like_its_column() -> None:
    book = opened(plain())
    book["様式"].column_dimensions["H"].font = Font(bold=True)
    book.save(out := io.BytesIO())
    assert "<b " in looks(corrected_copy(out.getvalue(), [mark("様式", "H3")], ()))["様式", "H3"].rest[0]


def test_both_marks_of_a_cell_are_in_the_note() -> None:
    marks = [mark("01-01", "E20", message="一つ目。"), mark("01-01", "E20", message="二つ目。")]
    copy = corrected_copy(rendered(), marks, HEADER)
    assert "FFF9C" in looks(copy)["01-01", "E20"].fill
    note = notes(copy, "01-01")["E20"]
    assert "【差し戻し 1】" in note and "一つ目。" in note and note.index("一つ目。") < note.index("二つ目。")
    assert note.endswith("一覧から選び直してください。")


def test_notes_that_stand_are_kept_and_added_to() -> None:
    copy = corrected_copy(decorated(), marks_of("decorated"), HEADER)
    found = notes(copy, "01-01")
    assert list(found) == ["B2", "B6", "F9"]  # C7 is part of the merge B6:D8
    assert found["B2"].startswith("ここに\n記入\n【差し戻し 1】") and "進捗が違います。" in found["B2"]
    assert found["F9"] == notes(decorated(), "01-01")["F9"]
    assert boxes(copy, "01-01") == ["B2", "B6", "F9"]
    authors = Package(copy).xml("xl/comments1.xml").iter(f"{S}author")
    assert [author.text for author in authors] == ["企画", "差し戻し"]


def test_a_thread_of_replies_keeps_its_own_note() -> None:
    package = Package(plain())
    part = sheet_parts(package)["様式"]
    rels = package.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    thread = '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
    data = package.with_parts({
        "xl/threadedComments/t1.xml": f'{thread}<threadedComment ref="C5"><text>返信</text></threadedComment></ThreadedComments>'.encode(),
        "xl/worksheets/_rels/sheet1.xml.rels": rels.replace(
            "</Relationships>", f'<Relationship Id="t" Type="{kind}" Target="/xl/threadedComments/t1.xml"/></Relationships>'
        ).encode(),
    })  # fmt: skip
    copy = corrected_copy(data, [mark("様式", "C5")], HEADER)
    assert "元の注" in Package(copy).read("xl/comments/comment1.xml").decode()
    assert "差し戻し" not in Package(copy).read("xl/comments/comment1.xml").decode()
    assert "FFF9C" in looks(copy)["様式", "C5"].fill
    assert part in Package(copy)


def test_notes_beside_a_form_control_that_excel_wrote_with_unclosed_tags() -> None:
    package = Package(corrected_copy(plain(), [], ()))
    vml = next(r.target for r in package.relationships("xl/worksheets/sheet1.xml") if r.kind == "vmlDrawing")
    control = b'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" id="_x0000_s1099"><v:textbox><div>A<br>B</div></v:textbox></v:shape>'
    data = package.with_parts({vml: package.read(vml).replace(b"</xml>", control + b"</xml>")})
    after = Package(corrected_copy(data, [mark("様式", "D3")], HEADER)).read(vml)
    assert control in after
    assert b'id="_x0000_s1100"' in after


def test_the_first_sheet_lists_every_mark() -> None:
    marks = [mark("01-01", "E20", "E21"), mark("01-01"), mark("ない", "B2", message="<&>\x07長い")]
    copy = corrected_copy(rendered(), marks, HEADER)
    book = opened(copy)
    sheet = book.worksheets[0]
    assert book.active is sheet and sheet.title == LIST_SHEET
    assert sheet.protection.sheet  # nothing written here is read
    assert [sheet.cell(n, 1).value for n in (2, 3)] == list(HEADER)
    table = [[c.value for c in row] for row in sheet.iter_rows(min_row=6)]
    assert table[0] == list(COLUMNS)
    assert table[1] == ["1", "01-01", "E20、E21", "進捗", "順調", "進捗が違います。", "一覧から選び直してください。"]
    assert table[2][:3] == ["2", "01-01", None]
    assert table[3][5] == "<&>長い"
    assert [sheet.cell(n, 3).hyperlink and sheet.cell(n, 3).hyperlink.location for n in (7, 8, 9)] == [
        "'01-01'!E20", None, None,
    ]  # fmt: skip
    assert (sheet.page_setup.paperSize, sheet.print_title_rows) == (9, "$6:$6")
    assert [s.title for s in book.worksheets if s.sheet_view.tabSelected] == [LIST_SHEET]


def test_an_answer_that_is_missing_is_called_blank() -> None:
    marks = [replace(mark("01-01", *cells), value="") for cells in (("E20",), ())]
    sheet = opened(corrected_copy(rendered(), marks, HEADER)).worksheets[0]
    assert [sheet.cell(n, 5).value for n in (7, 8)] == ["（空白）", None]


@pytest.mark.parametrize(("lines", "pane"), [(8, "A13"), (9, None)])
def test_the_heading_stays_in_sight_unless_it_would_fill_the_screen(lines: int, pane: str | None) -> None:
    sheet = opened(corrected_copy(rendered(), [mark("01-01", "E20")], ["行"] * lines)).worksheets[0]
    assert sheet.freeze_panes == pane


@pytest.mark.parametrize("cells", [("E20",), ()])
def test_frames_are_explained_if_there_are_any(cells: tuple[str, ...]) -> None:
    copy = corrected_copy(rendered(), [mark("01-01", *cells)], HEADER)
    texts = [str(c.value) for line in opened(copy).worksheets[0].iter_rows() for c in line]
    assert any("太枠" in text for text in texts) is bool(cells)


def test_names_and_print_areas_follow_their_sheets() -> None:
    copy = corrected_copy(decorated(), [mark("市の'様式", "A1")], HEADER)
    book = opened(copy)
    assert book["市の'様式"].print_area == "'市の''様式'!$A$1:$C$9"
    assert book["市の'様式"].print_title_rows == "$1:$1"
    assert book[LIST_SHEET]["C7"].hyperlink.location == "'市の''様式'!A1"
    assert [s for s in book.sheetnames if s not in ADDED_SHEETS] == ["01-01", "市の'様式", "グラフ"]


@pytest.mark.parametrize("name", BOOKS)
def test_marking_twice_is_marking_once(name: str) -> None:
    once = corrected_copy(BOOKS[name](), marks_of(name), HEADER)
    assert corrected_copy(once, marks_of(name), HEADER) == once


def other_marks(name: str) -> list[Mark]:
    """Marks elsewhere, and another one of a former cell."""
    sheet, cells = CELLS[name]
    return [mark(sheet, cells[0], message="別の指摘。"), mark(sheet, "E24")]


@pytest.mark.parametrize("name", BOOKS)
def test_the_marks_of_warnings_by_earlier_releases_are_removed(name: str) -> None:
    """They looked like this, in other colours."""
    package = Package(corrected_copy(BOOKS[name](), marks_of(name), HEADER))
    part = next(name for name in package.names if name.endswith("styles.xml"))
    styles = re.sub("FFF9C([0-9A-F])C", r"FFFCE\1B", package.read(part).decode()).replace("FFB8000B", "FFB35C0B")
    earlier = package.with_parts({part: styles.encode()})
    assert touched(looks(earlier), looks(package.data))
    again = corrected_copy(earlier, marks_of(name), HEADER)
    assert touched(looks(again), looks(package.data)) == set()


def resaved(data: bytes, *without: str) -> bytes:
    """Saved by openpyxl, which numbers all formats anew; without some of its sheets."""
    book = opened(data)
    for name in without:
        del book[name]
    book.save(out := io.BytesIO())
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("between", [lambda data: data, resaved], ids=["at once", "resaved"])
def test_former_marks_are_taken_off(name: str, between: Callable[[bytes], bytes]) -> None:
    fresh = between(corrected_copy(between(BOOKS[name]()), other_marks(name), HEADER))
    again = corrected_copy(between(corrected_copy(BOOKS[name](), marks_of(name), HEADER)), other_marks(name), HEADER)
    sheet = CELLS[name][0]
    again = between(again)
    assert faults(again) == []
    before, after = looks(fresh), looks(again)
    assert touched(before, after) == set()
    assert notes(again, sheet) == notes(fresh, sheet)
    assert boxes(again, sheet) == boxes(fresh, sheet)
    assert [s.name for s in open_workbook(again).sheets] == [s.name for s in open_workbook(fresh).sheets]


def test_nothing_is_left_when_all_is_right() -> None:
    clean = corrected_copy(corrected_copy(rendered(), marks_of("rendered"), HEADER), [], HEADER)
    assert looks(clean) == looks(rendered())
    assert {p for p in Package(clean).names if "dxmarks" in p} == set()
    assert b"legacyDrawing" not in Package(clean).read(sheet_parts(Package(clean))["01-01"])
    assert faults(clean) == []


def test_marks_go_even_when_somebody_deleted_our_sheets() -> None:
    marked = resaved(corrected_copy(rendered(), marks_of("rendered"), HEADER), *ADDED_SHEETS)
    clean = corrected_copy(marked, [], HEADER)
    before, after = looks(resaved(rendered())), looks(clean)
    for key in touched(before, after):
        assert after[key].rest == before[key].rest
        assert "FFF9C" not in after[key].fill and "FFFCE" not in after[key].fill
        assert "thick" not in after[key].border and "FFB35C0B" not in after[key].border
    assert "FFFFFFCC" in after["01-01", "E20"].fill  # an input again, if without its strong lines
    assert notes(clean, "01-01") == {}


def test_what_a_department_added_to_our_note_below_a_blank_line_stays() -> None:
    book = opened(corrected_copy(plain(), [mark("様式", "C5")], HEADER))
    note = book["様式"]["C5"].comment
    book["様式"]["C5"].comment = Comment(f"{note.text}\n\n直しました。", note.author)
    book.save(out := io.BytesIO())
    assert notes(corrected_copy(out.getvalue(), [], HEADER), "様式")["C5"] == "元の注\n\n直しました。"


def test_a_format_changed_on_a_marked_cell_is_kept_and_its_own_colour_comes_back() -> None:
    book = opened(plain())
    colours = {"C5": "FF99CC00", "E5": "FF00CCFF"}  # alike but for the fill
    for ref, colour in colours.items():
        book["様式"][ref].fill = PatternFill("solid", fgColor=colour)
        book["様式"][ref].border = Border(left=Side("double"), top=Side("hair"))
    book.save(out := io.BytesIO())
    original = looks(out.getvalue())
    book = opened(corrected_copy(out.getvalue(), [mark("様式", "C5"), mark("様式", "E5")], HEADER))
    for ref in colours:
        book["様式"][ref].font = Font(bold=True, name="游ゴシック", size=9)
    book.save(out := io.BytesIO())
    after = looks(corrected_copy(out.getvalue(), [], HEADER))
    for ref, colour in colours.items():
        look = after["様式", ref]
        assert colour in look.fill and look.fill == original["様式", ref].fill
        assert look.border == original["様式", ref].border
        assert "游ゴシック" in look.rest[0]


def test_a_sheet_of_that_name_that_is_not_ours_stays() -> None:
    book = opened(plain())
    book.create_sheet(LIST_SHEET)["A1"] = "課内の差し戻し記録"
    book.save(out := io.BytesIO())
    once = corrected_copy(out.getvalue(), [mark("様式", "C5")], HEADER)
    assert [s.name for s in open_workbook(once).sheets] == [f"{LIST_SHEET} (2)", "様式", LIST_SHEET, RECORD_SHEET]
    assert open_workbook(once).sheet(LIST_SHEET).rows == [["課内の差し戻し記録"]]
    assert corrected_copy(once, [mark("様式", "C5")], HEADER) == once


def test_what_cannot_be_edited_is_refused() -> None:
    package = Package(plain())
    strict = package.read("xl/workbook.xml").replace(MAIN_NS.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/revisionHeaders"
    shared = package.read("xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>", f'<Relationship Id="x" Type="{kind}" Target="r.xml"/></Relationships>'.encode()
    )
    for parts in ({"xl/workbook.xml": strict}, {"xl/_rels/workbook.xml.rels": shared}):
        with pytest.raises(PackageError):
            corrected_copy(package.with_parts(parts), [], HEADER)
    with pytest.raises(PackageError):
        corrected_copy(b"no workbook", [], HEADER)
    with pytest.raises(ValueError):
        corrected_copy(plain(), [mark("様式", "五行目")], HEADER)


_PLACES = [f"{column}{row}" for column in "BCDEFGH" for row in range(2, 37)]
_ANY = st.lists(
    st.builds(
        mark,
        st.sampled_from(["01-01", "01-02"]),
        st.sampled_from(_PLACES),
        message=st.text(max_size=40),
    ),
    max_size=8,
)


@pytest.mark.slow
@hypothesis_settings(max_examples=10, deadline=None)
@given(_ANY, _ANY)
def test_any_marks_on_any_marks_are_as_the_last_alone(first: list[Mark], second: list[Mark]) -> None:
    alone = corrected_copy(rendered(), second, HEADER)
    after = corrected_copy(corrected_copy(rendered(), first, HEADER), second, HEADER)
    assert touched(looks(alone), looks(after)) == set()
    assert names_and_rows(after) == names_and_rows(rendered())
    for sheet in ("01-01", "01-02"):
        assert notes(after, sheet) == notes(alone, sheet)
        assert boxes(after, sheet) == boxes(alone, sheet) == sorted(notes(alone, sheet))
    ours = {(m.sheet, ref) for m in second for ref in m.cells}
    changed = touched(looks(rendered()), looks(alone))
    assert ours - changed <= {(s, r) for s, r in ours if _covered(r, s)}
    assert faults(after) == []


def _covered(ref: str, sheet: str) -> bool:
    """Whether the cell lies in the middle of a merge, where a mark has nothing to draw."""
    package = Package(rendered())
    merges = package.xml(sheet_parts(package)[sheet]).iter(f"{S}mergeCell")
    return any(box(m.get("ref")).contains(*cell(ref)) for m in merges)


def test_libreoffice_opens_it_and_keeps_the_notes(soffice: Callable[[Path, str], Path], tmp_path: Path) -> None:
    saved = {}
    for name, data in {"元": rendered(), "印": corrected_copy(rendered(), marks_of("rendered"), HEADER)}.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        saved[name] = soffice(path, "xlsx").read_bytes()
    assert names_and_rows(saved["印"]) == names_and_rows(saved["元"])
    assert ["進捗が違います。" in text for text in notes(saved["印"], "01-01").values()] == [True, True]
    clean = corrected_copy(saved["印"], [], HEADER)
    assert touched(looks(saved["元"]), looks(saved["印"])) >= {("01-01", "E20"), ("01-01", "D12")}
    assert touched(looks(saved["元"]), looks(clean)) == set()
    assert notes(clean, "01-01") == {}
    assert faults(clean) == []


def test_fields_keep_their_cells() -> None:
    """The addresses that a problem names are those in the copy."""
    filled = read_sheet(form(), open_workbook(rendered()).sheet("01-01").rows, quarter=1, year=1)["01-01"]
    at = address(*filled.at[Ref("activity.progress", "K1", 1)])
    copy = corrected_copy(rendered(), [mark("01-01", at)], HEADER)
    assert open_workbook(copy).sheet("01-01").cell(*cell(at)).text == filled.values[Ref("activity.progress", "K1", 1)]
    assert list(notes(copy, "01-01")) == [at]

"""The published set: every text is in it, and nothing that served filling in."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from dxreport import cli
from dxreport.domain.errors import DxreportError
from dxreport.domain.numbering import circled
from dxreport.form.compile import Form, compile_form, load_form
from dxreport.form.parts.static import shared_parts
from dxreport.issue import print_pdf
from dxreport.issue.forms import FORM_NAME
from dxreport.issue.publish import PublishedSet, published_set
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.read import read_master
from dxreport.master.records import Master, MeasureState, Standing
from dxreport.ooxml.package import Package
from dxreport.ooxml.styles import INPUT_FILL
from dxreport.workspace.bundled import bundled
from tests.support.scenes import SETTINGS, real

pytestmark = pytest.mark.slow

TEXT_LAYER = Path(__file__).parents[1] / "data" / "published_forms.txt"  # of the PDF that the city published


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    shutil.copytree(bundled("templates"), root / "templates")
    (root / "master").mkdir()
    (root / "master" / "master.xlsx").write_bytes(master_bytes(SETTINGS, DEPARTMENTS, real()))
    return root


@pytest.fixture(scope="module")
def master(workspace: Path) -> Master:
    return read_master(workspace / "master" / "master.xlsx")


@pytest.fixture(scope="module")
def form(workspace: Path) -> Form:
    return load_form(workspace / "templates" / FORM_NAME, published=True)


@pytest.fixture(scope="module")
def found(master: Master, form: Form) -> PublishedSet:
    return published_set(master, form)


@pytest.fixture(scope="module")
def book(found: PublishedSet) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(found.data))


def test_the_list_comes_first_and_the_forms_follow_by_id(book, master):
    assert book.sheetnames == ["施策一覧", *sorted(m.id for m in master.measures)]
    assert len(book.sheetnames) == 27


def test_the_list_links_every_measure_to_its_sheet(book, master):
    rows = list(book["施策一覧"].iter_rows(min_row=4))
    assert [tuple(c.value for c in row) for row in rows] == [(m.id, m.name, m.lead_department) for m in master.measures]
    assert [row[0].hyperlink.location for row in rows] == [f"'{m.id}'!B2" for m in master.measures]
    assert book["施策一覧"].print_title_rows == "$3:$3"
    assert book["施策一覧"].page_setup.paperSize == 9


def test_every_text_of_a_measure_stands_on_its_sheet(book, master):
    for m in master.measures:
        shown = Counter(c.value for row in book[m.id].iter_rows() for c in row if c.value)
        missing = Counter(text for text in m.values().values() if text) - shown
        assert not missing, m.id


def test_nothing_is_hidden_and_the_reserved_cells_are_blank(book):
    for sheet in book:
        assert sheet.sheet_state == "visible"
        assert not [d for d in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()) if d.hidden]
    for sheet in book.worksheets[1:]:
        assert {c.value for c in (*sheet["A"], *sheet[1])} == {None}


@pytest.mark.quick
def test_nothing_of_filling_in_is_left(book, found, master):
    for sheet in book:
        assert not sheet.protection.sheet
        assert not sheet.data_validations.dataValidation
        assert not [c for row in sheet.iter_rows() for c in row if "報告事項なし" in str(c.value)]
        for row in sheet.iter_rows():
            assert not [
                c.coordinate for c in row if c.comment or c.fill.fgColor.rgb == INPUT_FILL or not c.protection.locked
            ]
    package = Package(found.data)
    text = "\n".join(package.read(name).decode("utf-8") for name in package.names if name.endswith((".xml", ".rels")))
    for word in ("dxr1|", "_dxreport", "記入要領", "黄色のセル", "提出期限", "2022-07-15", "{{", "{%"):
        assert word not in text, word
    assert book.properties.creator in (None, "")
    assert book.properties.title == "木更津市DX推進計画　令和４年度　年間活動計画"


def test_a_form_with_notes_prompts_and_pictures_keeps_only_the_picture(master):
    measure = master.measures[0]
    data = published_set(
        replace(master, measures=(measure,)), compile_form(_decorated(), "x.xlsx", published=True)
    ).data
    package = Package(data)
    assert "xl/media/image1.png" in package
    assert not [name for name in package.names if "comment" in name or name.endswith(".vml")]
    sheet = package.read("xl/worksheets/dxr1.xml").decode("utf-8")
    for element in ("legacyDrawing ", "dataValidation", "sheetProtection", "hidden="):
        assert element not in sheet
    assert "隠した一覧" not in "".join(package.read(n).decode("utf-8", "ignore") for n in package.names)


def _decorated() -> bytes:
    """A form with a note, a picture, a dropdown of another sheet (as x14 extension), a name that points there."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        sheet, lists = made.add_worksheet("様式"), made.add_worksheet("一覧")
        sheet.write("B2", "{{ measure.id }}")
        sheet.write("B3", "{{ measure.budgeted }}", made.add_format({"locked": False}))
        sheet.write_comment("B3", "有か無を選ぶ", {"author": "山田"})
        sheet.insert_image("C2", "logo.png", {"image_data": io.BytesIO(_PNG)})
        sheet.data_validation("B3", {"validate": "list", "source": "=一覧!$A$1:$A$2", "input_message": "選ぶ"})
        lists.write_column("A1", ["隠した一覧", "無"])
        lists.very_hidden()
        made.define_name("語", "=一覧!$A$1:$A$2")
        sheet.protect()
    return stream.getvalue()


_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)


def test_the_same_master_gives_the_same_bytes(master, form, found, workspace):
    assert published_set(master, form).data == found.data
    assert published_set(master, load_form(workspace / "templates" / FORM_NAME, published=True)).data == found.data


def test_what_was_made_on_a_form_before_changes_no_byte(master):
    """The formats of the list are added to those of the form, which a process compiles once."""
    data, books = (bundled("templates") / FORM_NAME).read_bytes(), set()
    for _ in range(2):
        shared_parts(compile_form(data, "様式.xlsx"))
        books.add(published_set(master, compile_form(data, "様式.xlsx")).data)
    openpyxl.load_workbook(io.BytesIO(books.pop()))
    assert not books


def test_a_measure_that_never_ran_this_year_is_not_published(master, form):
    standings = {
        **master.standings,
        "01-02": Standing(MeasureState.STOPPED, 0),
        "01-03": Standing(MeasureState.STOPPED, 3),
    }
    published = published_set(replace(master, standings=standings), form).measures
    assert "01-02" not in published
    assert "01-03" in published


@pytest.fixture(scope="module")
def pages(workspace: Path) -> dict[str, list[str]]:
    """The text of each measure's printed pages, without blanks, in the orders that pdftotext knows."""
    if shutil.which("soffice") is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice (soffice) and pdftotext are needed")
    assert cli.main(["-C", str(workspace), "publish", "--pdf", "--out", str(workspace / "out")]) == 0
    pdf = workspace / "out" / "令和４年度_年間活動計画.pdf"
    raw, reading = _page_texts(pdf, "-raw"), _page_texts(pdf)
    out: dict[str, list[str]] = {}
    for one, other in list(zip(raw, reading, strict=True))[1:]:
        orders = out.setdefault(re.search(r"\d\d-\d\d", one)[0], ["", ""])
        orders[0] += _squeezed(one)
        orders[1] += _squeezed(other)
    return out


def _page_texts(pdf: Path, *options: str) -> list[str]:
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", *options, str(pdf), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8").split("\f")[:-1]


def _squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.libreoffice
def test_every_text_of_every_form_that_the_city_published_is_on_its_pages(pages, master):
    """All but the numbers of blank outcomes, which are left out."""
    forms = re.split("(?=対象年度)", TEXT_LAYER.read_text(encoding="utf-8"))[1:]
    assert len(forms) == len(pages) == 26
    for m, text in zip(master.measures, forms, strict=True):
        assert m.id in text
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("mailto:")]
        blank = "".join(circled(n) for n in range(len(m.outcomes) + 1, 4))
        lines = [kept for line in lines if (kept := line.strip(f" {blank}"))]
        assert not [line for line in lines if not _printed(line, pages[m.id])], m.id


def _printed(line: str, orders: list[str]) -> bool:
    """Whether a line of the text layer is there: whole, or as the cells that it ran together."""
    if any(_squeezed(line) in order for order in orders):
        return True
    return all(any(word in order or _in_two(word, order) for order in orders) for word in line.split())


def _in_two(word: str, order: str) -> bool:
    return any(word[:cut] in order and word[cut:] in order for cut in range(2, len(word) - 1))


@pytest.mark.libreoffice
def test_every_text_of_the_master_is_on_its_pages_too(pages, master):
    for m in master.measures:
        assert not [text for text in m.values().values() if not any(_squeezed(text) in order for order in pages[m.id])]


@pytest.mark.libreoffice
def test_a_printer_that_does_not_end_is_stopped(found):
    program = print_pdf.libreoffice()
    assert program
    with pytest.raises(DxreportError, match="終わりません"):
        print_pdf.print_pdf(program, found.data, timeout=0.05)


@pytest.mark.libreoffice
def test_a_printer_that_makes_nothing_is_an_error(found):
    with pytest.raises(DxreportError, match="PDF にできません"):
        print_pdf.print_pdf(Path(shutil.which("true") or "true"), found.data)


def test_without_libreoffice_the_book_is_made_and_printing_explained(workspace, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(print_pdf, "libreoffice", lambda: None)
    assert cli.main(["-C", str(workspace), "publish", "--pdf", "--out", str(tmp_path)]) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["令和４年度_年間活動計画.xlsx"]
    assert "Excel" in capsys.readouterr().err


def test_a_measure_that_ended_in_mid_year_is_marked_in_the_list(tmp_path: Path, form: Form) -> None:
    ended = {"01-02": Standing(MeasureState.STOPPED, 3), "01-03": Standing(MeasureState.COMPLETED)}
    path = tmp_path / "master.xlsx"
    path.write_bytes(master_bytes(SETTINGS, DEPARTMENTS, real(), ended))
    book = openpyxl.load_workbook(io.BytesIO(published_set(read_master(path), form).data))
    rows = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(min_row=4)}
    assert len(rows) == 25 and "01-03" not in rows  # 完了 from the first quarter: it did not run in the year
    marked = [id_ for id_, name in rows.items() if "から中止" in name]
    assert marked == ["01-02"] and rows["01-02"].endswith("（第3四半期から中止）")
    on_paper = {
        sheet.title: [c.value for row in sheet.iter_rows() for c in row if "から中止" in str(c.value)]
        for sheet in book.worksheets[1:]
    }
    assert [id_ for id_, texts in on_paper.items() if texts] == ["01-02"]
    assert all(text.endswith(rows["01-02"]) for text in on_paper["01-02"])


@pytest.mark.parametrize("many", [26, 27])
def test_printing_many_sheets_is_announced_and_given_more_time(many, workspace, tmp_path, monkeypatch, capsys):
    given = []

    def printed(_program, _data, timeout):
        given.append(timeout)
        return b"%PDF"

    monkeypatch.setattr(print_pdf, "libreoffice", lambda: tmp_path / "soffice")
    monkeypatch.setattr(print_pdf, "print_pdf", printed)
    monkeypatch.setattr(print_pdf, "MANY", many)
    assert cli.main(["-C", str(workspace), "publish", "--pdf", "--out", str(tmp_path)]) == 0
    assert given == [print_pdf.TIMEOUT + 26 * print_pdf.EACH]
    assert ("26 施策のシートを PDF にしています" in capsys.readouterr().err) == (many == 26)


def test_a_pdf_of_before_is_named_beside_the_new_workbook(workspace, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(print_pdf, "libreoffice", lambda: None)
    assert cli.main(["-C", str(workspace), "publish", "--out", str(tmp_path)]) == 0
    assert ".pdf" not in capsys.readouterr().err
    old = tmp_path / "令和４年度_年間活動計画.pdf"
    old.write_bytes(b"of before")
    assert cli.main(["-C", str(workspace), "publish", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert old.name in said and "--pdf" in said and old.read_bytes() == b"of before"

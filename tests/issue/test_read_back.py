"""A workbook is read back before it is issued: one that would not come back as written is never entered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from dxreport.cli import main
from dxreport.domain.errors import PackageError
from dxreport.domain.fields import BUILT_IN, Field, FieldKind, Ref
from dxreport.domain.model import Measure
from dxreport.form.compile import compile_form
from dxreport.form.render import workbook as rendering
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import IssuedBook, render_book
from dxreport.issue import renderer
from dxreport.issue.read_back import ReadBack, UnreadableForm
from dxreport.lifecycle.init import create
from tests.support.declared_form import settings_with, template
from tests.support.lens import REAL, prepared
from tests.support.measures import with_texts
from tests.support.packages import S, delete_row, edited, set_text, sheet_xml
from tests.support.quarter import Quarter

FIRST, OTHER = REAL["01-01"], with_texts(REAL["01-01"], {"id": "09-01", "name": "ほかの施策"})
Change = Callable[[etree._Element], None]


def _other_text(root: etree._Element) -> None:
    set_text(root, (6, 4), "ほか")


def _row_gone(root: etree._Element) -> None:
    delete_row(root, 6)


def _far_cell(root: etree._Element) -> None:
    row = etree.SubElement(root.find(f"{S}sheetData"), f"{S}row", r="1048576")
    cell = etree.SubElement(row, f"{S}c", r="A1048576")
    etree.SubElement(cell, f"{S}v").text = "1"


def _stamp_of_another(root: etree._Element) -> None:
    stamp = root.find(f".//{S}c[@r='A1']/{S}is/{S}t")
    stamp.text = stamp.text.replace("09-01", "01-01")


def changed(book: IssuedBook, measure: str, change: Change) -> IssuedBook:
    """A workbook whose first sheet was rendered otherwise."""
    data = edited(book.data, measure, change)
    return replace(book, data=data, first=sheet_xml(data, measure).decode())


def book_of(measure: Measure, form: PreparedForm | None = None) -> IssuedBook:
    return render_book(form or prepared(), [measure], "R04Q1-001")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [(_other_text, "セル D6 "), (_row_gone, "行"), (_far_cell, "1,048,576 行")],
)
def test_a_book_that_does_not_read_back_is_not_issued(
    change: Change, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "作業"
    create(folder, date(2022, 7, 1), sample=True)
    render = rendering.render_book

    def broken(prepared, measures, *args):
        book = render(prepared, measures, *args)
        return changed(book, measures[0].id, change) if prepared.department == "産業振興課" else book

    monkeypatch.setattr(renderer, "render_book", broken)
    quarter = Quarter(folder)
    before = quarter.workspace.master.read_bytes()
    first = next(ms[0].id for d, ms in quarter.master.by_department(1) if d.name == "産業振興課")
    assert main(["render", "-C", str(folder), "--quarter", "1"]) == 3
    shown = capsys.readouterr().err
    assert "年間活動計画.xlsx" in shown and f"シート「{first}」" in shown and "Traceback" not in shown
    assert said in shown
    assert quarter.workspace.master.read_bytes() == before
    assert not quarter.workspace.issued.exists() and not list(folder.glob("reports/*/*.xlsx"))


@pytest.mark.parametrize(
    ("change", "said"),
    [(_other_text, "セル D6 "), (_row_gone, "行"), (_far_cell, "1,048,576 行"), (_stamp_of_another, "目印")],
)
def test_a_sheet_with_the_rows_of_one_before_it_is_not_trusted(change: Change, said: str) -> None:
    reader = ReadBack()
    reader.check(book_of(FIRST), prepared(), [FIRST])
    reader.check(book_of(OTHER), prepared(), [OTHER])
    with pytest.raises(UnreadableForm, match=said):
        reader.check(changed(book_of(OTHER), OTHER.id, change), prepared(), [OTHER])


@pytest.mark.parametrize("text", ["", "ほかの目標", "A & B <C> _x000A_ >\n二行目 "])
def test_only_a_sheet_with_other_keys_is_read_in_full(text: str) -> None:
    reader, other = ReadBack(), with_texts(OTHER, {"goal": text})
    with pytest.raises(PackageError):
        reader.check(replace(book_of(FIRST), data=b""), prepared(), [FIRST])
    reader.check(book_of(FIRST), prepared(), [FIRST])
    reader.check(replace(book_of(other), data=b""), prepared(), [other])
    more = with_texts(other, {"activity.name/K9": "取組"})
    with pytest.raises(PackageError):
        reader.check(replace(book_of(more), data=b""), prepared(), [more])


@pytest.mark.parametrize(("text", "escaped"), [("R&amp;D", "R&amp;amp;D"), ("_x0041_", "_x005F_x0041_")])
def test_a_text_that_was_not_escaped_is_noticed(text: str, escaped: str) -> None:
    reader, other = ReadBack(), with_texts(OTHER, {"goal": text})
    reader.check(book_of(FIRST), prepared(), [FIRST])
    book = book_of(other)
    assert escaped in book.first
    reader.check(replace(book, data=b""), prepared(), [other])
    with pytest.raises(PackageError):
        reader.check(replace(book, data=b"", first=book.first.replace(escaped, text)), prepared(), [other])


@pytest.mark.parametrize(
    ("unit", "text", "full"),
    [("千円", "1250", False), ("千円", "-0.5", False), ("千円", "", False), ("千円", "集計中", False), ("%", "48.5", False),
     ("%", "100", False), ("", "7", False), ("千円", "１２５０", True), ("千円", "1.50", True)],
)  # fmt: skip
def test_a_number_is_read_in_full_only_in_a_format_not_seen_before(unit: str, text: str, full: bool) -> None:
    """Numbers that are not in their standard form do not read back as they are."""
    catalogue = BUILT_IN.extended([Field("額", "額", FieldKind.NUMBER, "額", unit=unit, declared=True)], 4)
    office, form = settings_with(catalogue), compile_form(template(catalogue), "様式.xlsx", catalogue)
    reader, own = ReadBack(), PreparedForm(form, office.rounds[1], office, "課")

    def check(amount: str, **changes: bytes) -> None:
        measure = Measure({Ref("id"): "01-01", Ref("額"): amount}, catalogue)
        reader.check(replace(book_of(measure, own), **changes), own, [measure])

    check("")
    with pytest.raises(PackageError):
        check("33", data=b"")
    check("33")
    if full:
        with pytest.raises(PackageError):
            check(text, data=b"")
        with pytest.raises(UnreadableForm, match="額"):
            check(text)
    else:
        check(text, data=b"")


def test_a_number_in_the_cell_of_another_is_noticed() -> None:
    catalogue = BUILT_IN.extended([Field("額", "額", FieldKind.NUMBER, "額", unit="千円", declared=True)], 4)
    office, form = settings_with(catalogue), compile_form(template(catalogue), "様式.xlsx", catalogue)
    reader, own = ReadBack(), PreparedForm(form, office.rounds[1], office, "課")
    measures = [Measure({Ref("id"): "01-01", Ref("額"): text}, catalogue) for text in ("33", "44")]
    reader.check(book_of(measures[0], own), own, measures[:1])
    with pytest.raises(UnreadableForm, match="額"):
        reader.check(book_of(measures[0], own), own, measures[1:])

"""A workbook is read back before it is issued: one that would not come back as written is never entered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from dxreport.cli import main
from dxreport.form.render import workbook as rendering
from dxreport.issue import renderer
from dxreport.lifecycle.init import create
from tests.support.packages import S, delete_row, edited, set_text
from tests.support.quarter import Quarter


def _other_text(root: etree._Element) -> None:
    set_text(root, (6, 4), "ほか")


def _row_gone(root: etree._Element) -> None:
    delete_row(root, 6)


def _far_cell(root: etree._Element) -> None:
    row = etree.SubElement(root.find(f"{S}sheetData"), f"{S}row", r="1048576")
    cell = etree.SubElement(row, f"{S}c", r="A1048576")
    etree.SubElement(cell, f"{S}v").text = "1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [(_other_text, "セル D6 "), (_row_gone, "行"), (_far_cell, "1,048,576 行")],
)
def test_a_book_that_does_not_read_back_is_not_issued(
    change: Callable[[etree._Element], None], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "作業"
    create(folder, date(2022, 7, 1), sample=True)
    render = rendering.render_book

    def broken(prepared, measures, *args):
        book = render(prepared, measures, *args)
        if prepared.department != "産業振興課":
            return book
        return replace(book, data=edited(book.data, measures[0].id, change))

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

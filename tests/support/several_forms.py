"""A workspace with two forms, chosen in the columns 様式 of its master."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from dxreport.workspace.paths import Workspace
from tests.support import second_form

SECOND = "報告書"


def add_second(workspace: Workspace) -> None:
    """Add the second form to the templates."""
    (workspace.templates / f"{SECOND}.xlsx").write_bytes(second_form.build())


def say(path: Path, texts: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Write texts into the columns 様式 of a master, by sheet and key of the row; return their cells."""
    book = openpyxl.load_workbook(path)
    cells = {}
    for (name, key), text in texts.items():
        sheet = book[name]
        [column] = [c.column for c in sheet[1] if c.value == "様式"]
        row = next(c.row for cells in sheet.iter_rows(min_row=2) for c in cells if c.value == key)
        sheet.cell(row, column).value = text
        cells[name, key] = sheet.cell(row, column).coordinate
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getvalue())
    return cells

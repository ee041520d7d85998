"""Worksheets of .xls: xlrd reads them, in a process with limits; the records say which cells hold formulas."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from ...ooxml.cells import At, Cell, Grid, boolean_cell, number_cell, text_cell, with_formula
from ...ooxml.formats import BUILT_IN
from ..limits import CHILD_MEMORY, CHILD_SECONDS, DAMAGED, Unreadable, too_far
from . import xls_process
from .biff import Records, SheetRecords

_TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = range(1, 6)  # xlrd's types of cells
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
# xlrd gives the American meaning of the built-in dates only.
_LOCAL_DATES = {14, *range(27, 37), *range(50, 59)}


def read_xls(data: bytes, records: Records) -> list[Grid]:
    """The worksheets of an .xls without password; raises Unreadable (E403 damaged, E405 beyond the limits)."""
    for sheet in records.sheets:
        if sheet.far:
            raise too_far(sheet.name, *sheet.far)
    known = {sheet.name: sheet for sheet in records.sheets}
    book = _read_in_process(data)
    if any(sheet[0] not in known for sheet in book["sheets"]):
        raise Unreadable("E403", DAMAGED)
    return [_grid(book, sheet, known[sheet[0]]) for sheet in book["sheets"]]


def _read_in_process(data: bytes) -> dict[str, Any]:
    """What :func:`xls_process.read` gives, with limits of memory (not on Windows) and of time."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", xls_process.__file__, str(CHILD_MEMORY)],
            input=data,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=True,
            cwd=Path(xls_process.__file__).parent,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("E405", f"{CHILD_SECONDS} 秒たっても読み終わりません") from None
    except subprocess.CalledProcessError:  # a damaged record, or one that asked for too much memory
        raise Unreadable("E403", DAMAGED) from None
    book: dict[str, Any] = pickle.loads(done.stdout)
    return book


def _grid(book: dict[str, Any], sheet: tuple[Any, ...], records: SheetRecords) -> Grid:
    name, hidden, raw, notes = sheet
    cells: dict[At, Cell] = {}
    for row, column, kind, value, key, code in raw:
        at = row + 1, column + 1
        cell = _cell(book, kind, value, BUILT_IN[key] if key in _LOCAL_DATES else code or BUILT_IN.get(key, ""))
        cells[at] = with_formula(cell, "=") if at in records.formulas else cell
    return Grid(name, hidden, cells, records.merges, notes)


def _cell(book: dict[str, Any], kind: int, value: Any, code: str) -> Cell:
    if kind == _TEXT:
        return text_cell(value)._replace(certain="\ufffd" not in value)  # half a character was lost
    if kind == _BOOLEAN:
        return boolean_cell(bool(value))
    if kind == _ERROR:
        return Cell("error", _ERRORS.get(value, "#VALUE!"))
    if not book["formatted"]:
        code = "yyyy/m/d" if kind == _DATE else "General"
    cell = number_cell(repr(value).removesuffix(".0"), code or "General", book["date1904"])
    return cell if book["formatted"] else cell._replace(certain=False)

"""Worksheets of .xls, as xlrd reads them; the records tell which cells hold formulas."""

from __future__ import annotations

import io
from typing import Any

from ...ooxml.cells import BLANK, At, Cell, Grid, boolean_cell, number_cell, text_cell, with_formula
from ...ooxml.formats import BUILT_IN
from ..limits import DAMAGED, Unreadable
from .biff import SheetRecords, records

# xlrd gives the American meaning of the built-in dates only.
_LOCAL_DATES = {14, *range(27, 37), *range(50, 59)}


def read_xls(data: bytes) -> list[Grid] | None:
    """The worksheets of an .xls, None where it has a password.

    Raises Unreadable (E403 damaged, E404 of Excel 95, E405 beyond the limits).
    """
    found = records(data)
    if found is None:
        return None
    stream, sheets = found
    for formatted in (True, False):  # a broken table of styles must not hide the values
        try:
            book = _Book(stream, formatted)
            return [book.grid(sheet) for sheet in sheets]
        except Exception:  # whatever xlrd meets in a broken file
            continue
    raise Unreadable("E403", DAMAGED)


class _Book:
    """A workbook opened by xlrd. Numbers are uncertain where it was opened without its formats."""

    def __init__(self, stream: bytes, formatted: bool) -> None:
        import xlrd

        # xlrd decodes each part of a text by itself, though records may end between the two halves of a character.
        xlrd.book.unicode = _decoded
        self._xlrd, self._formatted = xlrd, formatted
        self._book = xlrd.open_workbook(
            file_contents=stream, formatting_info=formatted, ragged_rows=True, logfile=io.StringIO()
        )

    def grid(self, known: SheetRecords) -> Grid:
        sheet = self._book.sheet_by_name(known.name)
        cells: dict[At, Cell] = {}
        for row in range(sheet.nrows):
            for column, kind in enumerate(sheet.row_types(row)):
                at = row + 1, column + 1
                cell = self._cell(sheet, row, column, kind)
                if at in known.formulas:
                    cell = with_formula(cell, "=")
                if cell is not BLANK:
                    cells[at] = cell
        notes = {(row + 1, column + 1): _whole(note.text) for (row, column), note in sheet.cell_note_map.items()}
        return Grid(known.name, sheet.visibility != 0, cells, known.merges, notes)

    def _cell(self, sheet: Any, row: int, column: int, kind: int) -> Cell:
        if kind in (self._xlrd.XL_CELL_EMPTY, self._xlrd.XL_CELL_BLANK):
            return BLANK
        value = sheet.cell_value(row, column)
        if kind == self._xlrd.XL_CELL_TEXT:
            text = _whole(value)
            return text_cell(text)._replace(certain="\ufffd" not in text) if text else BLANK
        if kind == self._xlrd.XL_CELL_BOOLEAN:
            return boolean_cell(bool(value))
        if kind == self._xlrd.XL_CELL_ERROR:
            return Cell("error", self._xlrd.error_text_from_code.get(value, "#VALUE!"))
        raw, date1904 = repr(value).removesuffix(".0"), bool(self._book.datemode)
        if self._formatted:
            return number_cell(raw, self._format(sheet.cell_xf_index(row, column)), date1904)
        code = "yyyy/m/d" if kind == self._xlrd.XL_CELL_DATE else "General"
        return number_cell(raw, code, date1904)._replace(certain=False)

    def _format(self, index: int) -> str:
        key = self._book.xf_list[index].format_key
        form = self._book.format_map.get(key)
        return BUILT_IN.get(key, "General") if form is None or key in _LOCAL_DATES else str(form.format_str)


def _decoded(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")


def _whole(text: str) -> str:
    """The text with separate halves of a character joined; a half without the other becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

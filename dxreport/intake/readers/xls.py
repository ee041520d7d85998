"""Exact cells of .xls through xlrd; which of them hold formulas, its records say."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...ooxml.formats import BUILT_IN
from ..limits import DAMAGED, Unreadable
from . import biff
from .cell import BLANK, ExactCell, as_formula, number_cell, text_cell

if TYPE_CHECKING:
    import xlrd

# xlrd knows the American meaning of the built-in dates only.
_LOCAL_DATES = {14, *range(27, 37), *range(50, 59)}


class XlsExact:
    """One workbook; raises Unreadable when xlrd cannot follow it."""

    def __init__(self, data: bytes) -> None:
        import xlrd

        self._formulas = {sheet.name: sheet.formulas for sheet in biff.scan(data).sheets}
        for formatted in (True, False):  # a broken style table must not hide the values
            try:
                self._book = xlrd.open_workbook(
                    file_contents=data, formatting_info=formatted, ragged_rows=True, logfile=io.StringIO()
                )
                break
            except Exception:  # xlrd meets broken files with any exception
                continue
        else:
            raise Unreadable("E403", DAMAGED)
        self.formatted = formatted

    def sheet(self, name: str) -> XlsSheet:
        """The sheet of this name; raises KeyError."""
        if name not in self._book.sheet_names():
            raise KeyError(name)
        formulas = self._formulas.get(name, frozenset())
        return XlsSheet(self._book, self._book.sheet_by_name(name), formulas, self.formatted)


class XlsSheet:
    """One sheet."""

    def __init__(
        self, book: xlrd.book.Book, sheet: xlrd.sheet.Sheet, formulas: frozenset[tuple[int, int]], formatted: bool
    ) -> None:
        self._book, self._sheet, self._formulas, self._formatted = book, sheet, formulas, formatted

    def cell(self, row: int, column: int) -> ExactCell:
        """See ExactSheet; ``raw`` of a formula is only ``=``, since the file holds it as tokens."""
        if not (0 < row <= self._sheet.nrows and 0 < column <= self._sheet.row_len(row - 1)):
            return BLANK
        result = self._result(row - 1, column - 1)
        return as_formula(result, "=") if (row, column) in self._formulas else result

    def _result(self, row: int, column: int) -> ExactCell:
        import xlrd

        cell = self._sheet.cell(row, column)
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return text_cell(cell.value)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return ExactCell("boolean", "TRUE" if cell.value else "FALSE", str(int(cell.value)))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            name = xlrd.error_text_from_code.get(cell.value, "#VALUE!")
            return ExactCell("error", name, name)
        if cell.ctype not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            return BLANK
        code = self._format(cell.xf_index) if self._formatted else "yyyy/m/d" if cell.ctype == xlrd.XL_CELL_DATE else ""
        shown = number_cell(repr(cell.value).removesuffix(".0"), code or "General", bool(self._book.datemode))
        return shown if self._formatted else ExactCell(shown.kind, shown.shown, shown.raw, False)

    def _format(self, index: int) -> str:
        key = self._book.xf_list[index].format_key
        if key in _LOCAL_DATES:
            return BUILT_IN[key]
        form = self._book.format_map.get(key)
        return form.format_str if form else BUILT_IN.get(key, "General")

    def has_formula(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        return (row, column) in self._formulas

    def covered(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        at = row - 1, column - 1
        return any(
            top <= at[0] < bottom and left <= at[1] < right and at != (top, left)
            for top, bottom, left, right in self._sheet.merged_cells
        )

    def notes(self) -> Mapping[tuple[int, int], str]:
        """See ExactSheet."""
        return {(row + 1, column + 1): note.text for (row, column), note in self._sheet.cell_note_map.items()}

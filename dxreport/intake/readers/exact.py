"""The second, exact reader: one cell at a time, where the fast reader's values do not tell enough.

It knows errors from blanks, formulas from values, and gives numbers as their author saw them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ...domain.errors import PackageError
from ..file_type import Format
from ..limits import DAMAGED, Unreadable, unreadable
from ..workbook import Book, Sheet
from .cell import BLANK, CellKind, ExactCell, ExactSheet, as_formula, value_cell

__all__ = ["CellKind", "ExactCell", "ExactSheet", "exact"]


@lru_cache(maxsize=4)
def exact(book: Book, sheet_name: str) -> ExactSheet:
    """The exact reader of one sheet of an open book; its parts are parsed once, when first needed.

    The last sheets are kept, so that one may ask anew for every cell. An .xls that xlrd
    cannot follow gives the values alone, uncertain.
    Raises KeyError when there is no such sheet, Unreadable (E403) when a part is damaged.
    """
    sheet = book.sheet(sheet_name)
    try:
        reader = _reader(book)
        return _ValuesOnly(sheet, _formulas(book, sheet_name)) if reader is None else reader.sheet(sheet_name)
    except PackageError as error:
        raise unreadable(error) from None
    except KeyError:  # the fast reader is content with less
        raise Unreadable("E403", DAMAGED) from None


@lru_cache(maxsize=2)
def _reader(book: Book):
    """The reader of a whole book; the last ones are kept, since sheets are asked for one by one."""
    if book.format in (Format.XLSX, Format.XLSM):
        from .xlsx import XlsxExact

        return XlsxExact(book.data)
    if book.format is Format.ODS:
        from .ods import OdsExact

        return OdsExact(book.data)
    if book.format is Format.XLS:
        from .xls import XlsExact

        try:
            return XlsExact(book.data)
        except Unreadable:
            return None  # the fast reader could: its values stand
    from .xlsb import XlsbExact

    return XlsbExact(book)


def _formulas(book: Book, sheet_name: str) -> frozenset[tuple[int, int]]:
    """Which cells of an .xls hold formulas: its records say, whatever reads its texts."""
    from .biff import scan

    return next((sheet.formulas for sheet in scan(book.data).sheets if sheet.name == sheet_name), frozenset())


class _ValuesOnly:
    """What the fast reader gave, as exact cells; ``formulas`` says which of them are results."""

    def __init__(self, sheet: Sheet, formulas: frozenset[tuple[int, int]]) -> None:
        self._rows, self._formulas = sheet.rows, formulas

    def cell(self, row: int, column: int) -> ExactCell:
        """See ExactSheet."""
        if 0 < row <= len(self._rows) and 0 < column <= len(self._rows[row - 1]):
            found = value_cell(self._rows[row - 1][column - 1])
            return as_formula(found, "=") if self.has_formula(row, column) else found
        return BLANK

    def has_formula(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        return (row, column) in self._formulas

    def covered(self, row: int, column: int) -> bool:
        """See ExactSheet; not known here."""
        return False

    def notes(self) -> Mapping[tuple[int, int], str]:
        """See ExactSheet; none are known here."""
        return {}

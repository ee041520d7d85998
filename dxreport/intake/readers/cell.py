"""What the exact readers of all formats give for one cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from ...ooxml.display import is_date_format, plain, show_number

CellKind = Literal["blank", "text", "number", "date", "boolean", "error", "formula"]


@dataclass(frozen=True, slots=True)
class ExactCell:
    """One cell, as its author saw it.

    ``shown`` is the text on the screen (an error's name, a formula's last result, ``""`` if it has
    none); ``raw`` what the file holds (the number before formatting, or the formula, from ``=`` on).
    A formula whose result is an error is an ``error``. ``certain`` is False where the format could
    not be followed, or the file does not tell.
    """

    kind: CellKind
    shown: str = ""
    raw: str = ""
    certain: bool = True


BLANK = ExactCell("blank")


class ExactSheet(Protocol):
    """One sheet; rows and columns are counted from 1."""

    def cell(self, row: int, column: int) -> ExactCell:
        """The cell at this place; a blank one where nothing stands."""
        ...

    def has_formula(self, row: int, column: int) -> bool:
        """Whether the cell holds a formula; cheaper than asking for the cell."""
        ...

    def covered(self, row: int, column: int) -> bool:
        """Whether the cell lies in a merged range and is not its first: what stood there cannot be seen."""
        ...

    def notes(self) -> Mapping[tuple[int, int], str]:
        """Texts of the notes and comments by (row, column); replies follow on new lines."""
        ...


def text_cell(text: str) -> ExactCell:
    """A text, or a blank cell where it is empty."""
    return ExactCell("text", text, text) if text else BLANK


def number_cell(raw: str, code: str, date1904: bool = False) -> ExactCell:
    """A stored number under a number format; raises ValueError when ``raw`` is none."""
    shown = show_number(float(raw), code, date1904)
    return ExactCell("date" if is_date_format(code) else "number", shown.text, raw, shown.certain)


def as_formula(cell: ExactCell, formula: str) -> ExactCell:
    """The cell with the formula that it is the result of."""
    if formula in ("=TRUE()", "=FALSE()"):  # how LibreOffice stores the plain values
        return ExactCell("boolean", formula[1:-2], cell.raw)
    return ExactCell("error" if cell.kind == "error" else "formula", cell.shown, formula, cell.certain)


def value_cell(value: object) -> ExactCell:
    """From a value alone; never certain, except a text."""
    if isinstance(value, str):
        return text_cell(value) if value else ExactCell("blank", certain=False)
    if isinstance(value, bool):
        return ExactCell("boolean", "TRUE" if value else "FALSE", str(int(value)))
    if isinstance(value, int | float):
        return ExactCell("number", plain(value).text, repr(value), False)
    if isinstance(value, datetime):
        return ExactCell("date", f"{value.year}/{value.month}/{value.day} {value:%H:%M}", value.isoformat(), False)
    if isinstance(value, date):
        return ExactCell("date", f"{value.year}/{value.month}/{value.day}", value.isoformat(), False)
    return ExactCell("date", str(value), str(value), False)

"""Cells and sheets as they are read from a workbook of any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from .display import is_date_format, show_general, show_number
from .refs import Box
from .text import is_stored_number

CellKind = Literal["blank", "text", "number", "date", "boolean", "error", "unclear"]
_LONGEST_FORMAT = 255  # characters that Excel accepts as a number format
At = tuple[int, int]  # row and column of a cell, from 1


class Cell(NamedTuple):
    """A cell as its author saw it.

    ``text`` is what the screen shows: the name of an error, the last result of a formula, ``""`` if there is none.
    A cell is ``unclear`` if the file breaks the rules, so that programs show different things; ``text`` is then what
    the file holds. ``raw`` is the stored number. ``formula`` begins with ``=``, and is only that if the file stores
    tokens. ``certain`` is False if the number format is unknown or unsupported, or characters of a text were lost.
    """

    kind: CellKind = "blank"
    text: str = ""
    raw: str = ""
    formula: str = ""
    certain: bool = True


BLANK = Cell()


@dataclass(frozen=True, eq=False)
class Grid:
    """A worksheet: its cells with any content, merged ranges, and the texts of notes by cell."""

    name: str
    hidden: bool
    cells: Mapping[At, Cell] = field(repr=False)
    merges: tuple[Box, ...] = field(default=(), repr=False)
    notes: Mapping[At, str] = field(default_factory=dict, repr=False)

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell in this row and column, counted from 1."""
        return self.cells.get((row, column), BLANK)

    def covered(self, row: int, column: int) -> bool:
        """Return True if the cell is in a merged range but not its first cell, so that its content is hidden."""
        return any(m.contains(row, column) and (row, column) != m[:2] for m in self.merges)

    @cached_property
    def size(self) -> tuple[int, int]:
        """The last row and the last column with any content, 0 if there is none."""
        return max((row for row, _ in self.cells), default=0), max((column for _, column in self.cells), default=0)

    @cached_property
    def rows(self) -> list[list[str]]:
        """The texts as a rectangle from A1 to the last cell: ``rows[i][j]`` is cell (i+1, j+1)."""
        height, width = self.size
        out = [[""] * width for _ in range(height)]
        for (row, column), cell in self.cells.items():
            out[row - 1][column - 1] = cell.text
        return out


def text_cell(text: str) -> Cell:
    """Return a text cell, or a blank one if ``text`` is empty."""
    return Cell("text", text) if text else BLANK


def boolean_cell(value: bool) -> Cell:
    """Return a cell that shows TRUE or FALSE."""
    return Cell("boolean", "TRUE" if value else "FALSE")


@lru_cache(maxsize=1 << 12)  # the same ordinals, dates and counts are in every sheet
def number_cell(raw: str, code: str, date1904: bool = False) -> Cell:
    """Return the cell of a stored number in the number format ``code``; ``unclear`` if ``raw`` is not a number."""
    if not is_stored_number(raw):
        return Cell("unclear", raw)
    number = float(raw)
    try:
        if len(code) <= _LONGEST_FORMAT:
            shown = show_number(number, code, date1904)
            return Cell("date" if is_date_format(code) else "number", shown.text, raw, certain=shown.certain)
    except (ArithmeticError, LookupError, ValueError):  # a format that breaks the rules
        pass
    return Cell("number", show_general(number).text, raw, certain=False)


def with_formula(result: Cell, formula: str) -> Cell:
    """Return ``result`` with the formula that computed it, or a boolean cell for ``=TRUE()`` and ``=FALSE()``."""
    if formula in ("=TRUE()", "=FALSE()"):  # LibreOffice stores a typed TRUE or FALSE like this
        return boolean_cell(formula == "=TRUE()")
    return result._replace(formula=formula)

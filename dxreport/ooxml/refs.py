"""Cell references (``"AB12"``), columns as 1-based numbers, and sheet names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .text import utf16_length

MAX_ROW, MAX_COLUMN, MAX_SHEET_NAME = 1_048_576, 16_384, 31
_NOT_IN_NAMES = re.compile(r"[\\/?*:\[\]\x00-\x1f]|^'|'$")
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


class Box(NamedTuple):
    """A rectangle of cells, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def ref(self) -> str:
        """``B2:D4``, or ``B2`` for a single cell."""
        first = f"{column_letters(self.left)}{self.top}"
        return first if self[:2] == self[2:] else f"{first}:{column_letters(self.right)}{self.bottom}"

    def contains(self, row: int, column: int) -> bool:
        """Return True if the cell is inside."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def overlaps(self, other: Box) -> bool:
        """Return True if the rectangles share a cell."""
        rows = self.top <= other.bottom and other.top <= self.bottom
        return rows and self.left <= other.right and other.left <= self.right


@lru_cache(maxsize=1024)
def column_letters(number: int) -> str:
    """Return the letters of a column: 1 → A, 27 → AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=1024)
def column_number(letters: str) -> int:
    """Return the number of a column: A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def cell(ref: str) -> tuple[int, int]:
    """Read ``"B12"`` or ``"$B$12"`` as (row, column), here (12, 2). Raise ValueError for anything else."""
    match = _CELL.fullmatch(ref)
    if not match:
        raise ValueError(f"not a cell reference: {ref!r}")
    return int(match[2]), column_number(match[1])


@lru_cache(maxsize=4096)
def box(ref: str) -> Box:
    """Read ``"B2:D4"`` or ``"B2"`` as a Box. Raise ValueError for anything else."""
    first, _, last = ref.partition(":")
    top, left = cell(first)
    bottom, right = cell(last or first)
    return Box(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def address(row: int, column: int) -> str:
    """Return the address of a cell: (12, 2) → ``"B12"``."""
    return f"{column_letters(column)}{row}"


def quote_sheet(name: str) -> str:
    """Return a sheet name as quoted in formulas and links, before ``!`` and the cell: ``Q1's`` → ``'Q1''s'``."""
    return "'" + name.replace("'", "''") + "'"


def fitted_sheet_name(text: str) -> str:
    """Return ``text`` as a sheet name, truncated and with ``_`` for forbidden characters; ``""`` if there is none."""
    name = _NOT_IN_NAMES.sub("_", text)
    while utf16_length(name) > MAX_SHEET_NAME:
        name = name[:-1]
    return name if is_sheet_name(name) else ""


def is_sheet_name(text: str) -> bool:
    """Return True if Excel accepts ``text`` as a sheet name.

    It must have 1–31 UTF-16 units, no control character, none of ``\\ / ? * : [ ]``, no ``'`` at either end, and not be
    History.
    """
    return 0 < utf16_length(text) <= MAX_SHEET_NAME and not _NOT_IN_NAMES.search(text) and text.casefold() != "history"

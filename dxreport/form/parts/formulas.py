"""Formulas of a template, whose references follow the rows.

References are found here instead of by openpyxl's tokenizer, which takes as long to import as everything else together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...ooxml.refs import MAX_COLUMN, MAX_ROW, cell, column_letters, column_number, quote_sheet
from ..blocks import Layout
from .row_map import Path, RowMap

_CELL = r"\$?[A-Z]{1,3}\$?[0-9]+"
RANGE = re.compile(rf"{_CELL}(?::{_CELL})?|\$?[A-Z]{{1,3}}:\$?[A-Z]{{1,3}}|\$?[0-9]+:\$?[0-9]+")
# Strings, quoted sheet names and the brackets of a table belong to the word around them; so does the ( of a function.
_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^][]*(?:\[[^][]*\][^][]*)*\]|[^\s"'\[(){},;+\-*/^&=<>%])+\(?""")
_RELATIVE_ROW, _RELATIVE_COLUMN = re.compile(r"(?<![$0-9])[0-9]+"), re.compile(r"(?<![$A-Z])[A-Z]+")


def sheet_prefix(sheet: str) -> str:
    """Return the quoted name of a sheet as a reference begins with it: ``'年間 計画'!``."""
    return quote_sheet(sheet) + "!"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to cells of the form within a formula, or to whole rows, which has no columns.

    ``pinned`` is set if its rows must not be relative: they were drawn absolute, are whole rows, or lie outside the
    blocks around the formula's cell.
    """

    first_column: str
    first_row: int
    last_column: str
    last_row: int
    pinned: bool

    def text(self, rows: RowMap, path: Path) -> str | None:
        """Return the reference in the rendered sheet; None if its first or last row has no rows left."""
        first, last = rows.locate(self.first_row, path), rows.locate(self.last_row, path)
        if first is None or last is None:
            return None
        lock = "$" if self.pinned else ""
        low, high = first[0], last[1]
        start = f"{self.first_column}{lock}{low}"
        if self.first_column and not self.last_column and low == high:
            return start
        return f"{start}:{self.last_column or self.first_column}{lock}{high}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as literal texts and references."""

    tokens: tuple[str | Reference, ...]

    def text(self, rows: RowMap, path: Path) -> str | None:
        """Return the formula in the rendered sheet; None if something it refers to has no rows left."""
        out = []
        for token in self.tokens:
            text = token if isinstance(token, str) else token.text(rows, path)
            if text is None:
                return None
            out.append(text)
        return "".join(out)


def _split(formula: str) -> Iterator[tuple[str, str, str]]:
    """Yield each reference as (text since the last one, sheet ``表!``, range), and last the remaining text."""
    done = 0
    for word in _WORD.finditer(formula):
        sheet, mark, area = word[0].rpartition("!")
        if RANGE.fullmatch(area):
            yield formula[done : word.start()], sheet + mark, area
            done = word.end()
    yield formula[done:], "", ""


def parse_formula(source: str, home_row: int, sheet: str, layout: Layout) -> Formula:
    """Parse ``source`` (without ``=``), the formula of a cell in template row ``home_row``.

    References without a sheet, or to ``sheet`` itself, follow the rows; all others stay.
    """
    own = {"", f"{sheet}!", sheet_prefix(sheet)}
    tokens: list[str | Reference] = []
    for text, prefix, area in _split(source):
        reference = _reference(area, layout.chains.get(home_row, ()), layout) if prefix in own else None
        tokens += (text, reference) if reference else (text + prefix + area,)
    return Formula(tuple(tokens))


def _reference(area: str, home: tuple[object, ...], layout: Layout) -> Reference | None:
    """Return the reference to ``area``, seen from the blocks of ``home``; None if it is not to rows of the form."""
    corners = area.split(":")
    columns = [corner.rstrip("0123456789").rstrip("$") for corner in corners]
    drawn = [corner[len(column) :] for corner, column in zip(corners, columns, strict=True)]
    if not all(drawn):  # whole columns
        return None
    rows = [int(row.lstrip("$")) for row in drawn]
    first, last = min(rows), max(rows)
    if first != last:  # row 1 and rows below the form do not belong to it
        first, last = max(first, 2), min(last, max(layout.chains))
    if first > last or first not in layout.chains or last not in layout.chains:
        return None
    pinned = not columns[0] or "$" in "".join(drawn)
    pinned = pinned or any(layout.chains[row][: len(home)] != home for row in (first, last))
    return Reference(columns[0], first, columns[1] if len(columns) > 1 else "", last, pinned)


def shifted(source: str, origin: str, target: str) -> str | None:
    """Return the formula of cell ``origin`` as it reads in cell ``target``; None if it would leave the sheet."""
    (from_row, from_column), (to_row, to_column) = cell(origin), cell(target)

    def row(match: re.Match[str]) -> str:
        return str(_within(int(match[0]) + to_row - from_row, MAX_ROW))

    def column(match: re.Match[str]) -> str:
        return column_letters(_within(column_number(match[0]) + to_column - from_column, MAX_COLUMN))

    def moved(area: str) -> str:
        return _RELATIVE_ROW.sub(row, _RELATIVE_COLUMN.sub(column, area))

    try:
        return "".join([text + sheet + moved(area) for text, sheet, area in _split(source)])
    except ValueError:
        return None


def _within(number: int, last: int) -> int:
    if not 0 < number <= last:
        raise ValueError(number)
    return number

"""Formulas of a template: their references follow the rows.

Tokens come from openpyxl's tokenizer, which is imported only for a template that has formulas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..blocks import Layout
from .row_map import Path, RowMap

_REF = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)(?::(\$?)([A-Z]{1,3})(\$?)([0-9]+))?")
_ROWS = re.compile(r"(\$?)([0-9]+):(\$?)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to cells (or whole rows) of the form within a formula."""

    prefix: str
    first_column: str
    first_row: int
    last_column: str
    last_row: int
    pinned: bool  # outside the block of the cell the formula stands for: the row must not slide

    def text(self, rows: RowMap, path: Path) -> str | None:
        """The reference after the rows were written; None when all its rows are gone."""
        first, last = rows.locate(self.first_row, path), rows.locate(self.last_row, path)
        if first is None or last is None:
            return None
        lock = "$" if self.pinned else ""
        low, high = first[0], last[1]
        start = f"{self.first_column}{lock}{low}"
        single = not self.last_column and low == high
        return self.prefix + (start if single else f"{start}:{self.last_column or self.first_column}{lock}{high}")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as literal texts and references."""

    parts: tuple[str | Reference, ...]

    def text(self, rows: RowMap, path: Path) -> str | None:
        """The formula in the sheet; None when something it refers to has no rows left."""
        out = []
        for part in self.parts:
            piece = part if isinstance(part, str) else part.text(rows, path)
            if piece is None:
                return None
            out.append(piece)
        return "".join(out)


def formula(source: str, home_row: int, sheet: str, layout: Layout) -> Formula:
    """Read ``source`` (without ``=``), which stands for a cell in template row ``home_row``.

    References without a sheet, or to ``sheet`` itself, follow the rows; all others stay.
    """
    if not any(c.isdigit() for c in source):
        return Formula((source,))
    from openpyxl.formula import Tokenizer

    own = {f"{sheet}!", f"'{sheet.replace(chr(39), chr(39) * 2)}'!"}
    parts: list[str | Reference] = []
    for token in Tokenizer("=" + source).items:
        text = token.value
        if token.type == "OPERAND" and token.subtype == "RANGE":
            prefix, mark, ref = text.rpartition("!")
            if not mark or prefix + mark in own:
                parts.append(_reference(ref, home_row, layout) or text)
                continue
        parts.append(text)
    return Formula(tuple(parts))


def _reference(ref: str, home_row: int, layout: Layout) -> Reference | None:
    home = layout.chains.get(home_row, ())
    if match := _REF.fullmatch(ref):
        lock, column, row_lock, row, last_lock, last_column, last_row_lock, last_row = match.groups()
        rows = (int(row), int(last_row or row))
        columns = lock + column, (last_lock + last_column if last_column else "")
        drawn_pinned = bool(row_lock or last_row_lock)
    elif match := _ROWS.fullmatch(ref):
        rows, columns, drawn_pinned = (int(match[2]), int(match[4])), ("", ""), True
    else:
        return None
    if rows[0] != rows[1]:  # rows 1 and those behind the form are no rows of it
        rows = max(min(rows), 2), min(max(rows), max(layout.chains))
    if any(row not in layout.chains for row in rows) or rows[0] > rows[1]:
        return None
    outside = any(layout.chains[row][: len(home)] != home for row in rows)
    return Reference("", columns[0], rows[0], columns[1], rows[1], drawn_pinned or outside)


def unshared(source: str, origin: str, target: str) -> str:
    """A shared formula of cell ``origin`` as it reads in cell ``target``."""
    from openpyxl.formula.translate import Translator

    return Translator("=" + source, origin=origin).translate_formula(target)[1:]


def moved(source: str, origin: str, target: str) -> str | None:
    """A rule's formula drawn for cell ``origin`` as it reads for cell ``target``; None where it would leave the sheet."""
    if origin == target or not any(c.isdigit() for c in source):
        return source
    from openpyxl.formula.translate import TranslatorError

    try:
        return unshared(source, origin, target)
    except TranslatorError:
        return None

"""Formulas of a template: their references follow the rows.

Tokens come from openpyxl's tokenizer, which is imported only for a template with formulas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...ooxml.refs import quote_sheet
from ..blocks import Layout
from .row_map import Path, RowMap

_REF = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)(?::(\$?)([A-Z]{1,3})(\$?)([0-9]+))?")
_ROWS = re.compile(r"(\$?)([0-9]+):(\$?)([0-9]+)")


def sheet_prefix(sheet: str) -> str:
    """Return the name of a sheet, quoted, as it begins a reference: ``'年間 計画'!``."""
    return quote_sheet(sheet) + "!"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to cells (or whole rows) of the form within a formula.

    ``pinned`` is set where it leads out of the blocks around the formula's cell: its rows must not be relative.
    """

    first_column: str
    first_row: int
    last_column: str
    last_row: int
    pinned: bool

    def text(self, rows: RowMap, path: Path) -> str | None:
        """Return the reference in the rendered sheet; None when all its rows are gone."""
        first, last = rows.locate(self.first_row, path), rows.locate(self.last_row, path)
        if first is None or last is None:
            return None
        lock = "$" if self.pinned else ""
        low, high = first[0], last[1]
        start = f"{self.first_column}{lock}{low}"
        if not self.last_column and low == high:
            return start
        return f"{start}:{self.last_column or self.first_column}{lock}{high}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as literal texts and references."""

    tokens: tuple[str | Reference, ...]

    def text(self, rows: RowMap, path: Path) -> str | None:
        """Return the formula in the rendered sheet; None when something it refers to has no rows left."""
        out = []
        for token in self.tokens:
            text = token if isinstance(token, str) else token.text(rows, path)
            if text is None:
                return None
            out.append(text)
        return "".join(out)


def formula(source: str, home_row: int, sheet: str, layout: Layout) -> Formula:
    """Parse ``source`` (without ``=``), the formula of a cell in template row ``home_row``.

    References without a sheet, or to ``sheet`` itself, follow the rows; all others stay.
    """
    if not any(c.isdigit() for c in source):
        return Formula((source,))
    from openpyxl.formula import Tokenizer

    own = {"", f"{sheet}!", sheet_prefix(sheet)}
    tokens: list[str | Reference] = []
    for token in Tokenizer("=" + source).items:
        text: str = token.value
        prefix, mark, ref = text.rpartition("!")
        if token.type == "OPERAND" and token.subtype == "RANGE" and prefix + mark in own:
            tokens.append(_reference(ref, home_row, layout) or text)
        else:
            tokens.append(text)
    return Formula(tuple(tokens))


def _reference(ref: str, home_row: int, layout: Layout) -> Reference | None:
    """The reference that follows the rows; None where it does not refer to rows of the form."""
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
    if rows[0] != rows[1]:  # row 1 and rows behind the form do not belong to it
        rows = max(min(rows), 2), min(max(rows), max(layout.chains))
    if any(row not in layout.chains for row in rows) or rows[0] > rows[1]:
        return None
    outside = any(layout.chains[row][: len(home)] != home for row in rows)
    return Reference(columns[0], rows[0], columns[1], rows[1], drawn_pinned or outside)


def unshared(source: str, origin: str, target: str) -> str:
    """Return a formula of cell ``origin`` as it reads in cell ``target``."""
    from openpyxl.formula.translate import Translator

    return str(Translator("=" + source, origin=origin).translate_formula(target))[1:]


def shifted(source: str, origin: str, target: str) -> str | None:
    """Return a rule's formula drawn for cell ``origin`` as it reads for ``target``; None where it would leave the sheet."""
    if origin == target or not any(c.isdigit() for c in source):
        return source
    from openpyxl.formula.translate import TranslatorError

    try:
        return unshared(source, origin, target)
    except TranslatorError:
        return None

"""Read a sheet whose keys are gone, by the labels that the form prints.

Such sheets were copied to another book as values, lost row 1 or column A, were filled in before there were keys, or
come from a published set. Their labels tell which row and column of the form each row and column is. With the keys
put back, the sheet is read like any other; one that could be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...ooxml.refs import column_letters
from ..expressions import Variable
from ..read.sheet import Filled, read_keyed, targets_of
from ..records import Form
from ..stamp import Stamp
from .alignment import Placed
from .columns import find_columns
from .labels import fold, form_labels
from .rows import Doubt, mismatch, place_rows

__all__ = ["LIKE", "Aligned", "Doubt", "align", "resemblance"]

LIKE = 0.5  # a sheet with this share of a form's labels counts as a sheet of the form
_ROW_KEY = re.compile(r"r\d+(?:/[^/]*)*\+?")
_COLUMN_KEY = re.compile(r"c[A-Z]{1,3}")
_KEYS = 3  # this many make a row or column of keys: a single one may be a text
_SEARCHED = 256  # columns searched for row keys


@dataclass(frozen=True, slots=True)
class Aligned:
    """A sheet read by its labels; items are numbered in order (K1, K2 …) unless row keys were left.

    ``filled`` is as :func:`dxreport.form.read.sheet.read_sheet` returns it, with a stamp that names only the form.
    ``unplaced`` are the texts that are neither a value nor a label of the form, as (row, column, text), 1-based;
    ``shown`` is what the form shows besides the measure, by name (``fiscal_year``, ``years.y1`` …). ``keyed`` is
    whether row keys were left.
    """

    filled: Filled
    unplaced: tuple[tuple[int, int, str], ...]
    shown: Mapping[str, str]
    keyed: bool


def resemblance(form: Form, rows: Sequence[Sequence[Any]]) -> float:
    """Return the share of the form's labels that a sheet has, 0 to 1."""
    return form_labels(form).share(frozenset(fold(v) for row in rows for v in row if isinstance(v, str) and v))


def align(form: Form, rows: Sequence[Sequence[Any]], *, quarter: int = 0, year: int = 0) -> Aligned | Doubt | None:
    """Read a sheet of ``form`` by its labels; return None when it does not look like one.

    ``rows``, ``quarter`` and ``year`` are as in :func:`dxreport.form.read.sheet.read_sheet`.
    """
    if resemblance(form, rows) < LIKE:
        return None
    sheet = _Keyless.of(form, rows)
    columns = find_columns(form_labels(form), sheet.texts, sheet.column_keys)
    if columns.doubt:
        return Doubt(columns.doubt)
    places = _places_by_key(form, sheet) if sheet.row_keys else place_rows(form, sheet.texts, columns.places)
    if isinstance(places, Doubt):
        return places
    if doubt := mismatch(form, sheet.texts, columns.places, places):
        return doubt
    keys = sheet.row_keys or {i: _key(form, place) for i, place in enumerate(places) if place is not None}
    column_keys = {f"c{column_letters(column)}": place for column, place in columns.places.items()}
    stamp, targets = Stamp("", "", form.digest), targets_of(form, quarter, year)
    filled = read_keyed(stamp, sheet.rows, keys, column_keys, targets)
    unplaced, shown = _rest(form, sheet, columns.places, places, filled)
    return Aligned(filled, unplaced, shown, bool(sheet.row_keys))


@dataclass(frozen=True, slots=True)
class _Keyless:
    """A sheet with the rest of its keys taken out: ``texts`` are folded, by 0-based row and column."""

    rows: list[list[Any]]
    texts: list[dict[int, str]]
    column_keys: Mapping[str, int]
    row_keys: Mapping[int, str]

    @classmethod
    def of(cls, form: Form, rows: Sequence[Sequence[Any]]) -> _Keyless:
        """Take the keys out of a sheet."""
        own = [list(row) for row in rows]
        column_keys = _take_column_keys(form, own)
        row_keys = _take_row_keys(form, own)
        texts = [{c: folded for c, v in enumerate(row) if v != "" and (folded := fold(str(v)))} for row in own]
        return cls(own, texts, column_keys, row_keys)


def _take_column_keys(form: Form, rows: list[list[Any]]) -> dict[str, int]:
    known = {f"c{letters}" for letters in form.column_letters}
    for row in rows:
        found = {v: c for c, v in enumerate(row) if isinstance(v, str) and _COLUMN_KEY.fullmatch(v) and v in known}
        if len(found) >= min(_KEYS, len(known)):
            row[:] = [""] * len(row)
            return found
    return {}


def _take_row_keys(form: Form, rows: list[list[Any]]) -> dict[int, str]:
    for column in range(min(max(map(len, rows), default=0), _SEARCHED)):
        keyed = ((i, row[column]) for i, row in enumerate(rows) if column < len(row))
        found = {i: value for i, value in keyed if isinstance(value, str) and _ROW_KEY.fullmatch(value)}
        if len(found) >= max(_KEYS, len(form.rows) // 2):
            for row in (row for row in rows if column < len(row)):
                row[column] = ""
            return found
    return {}


def _places_by_key(form: Form, sheet: _Keyless) -> Sequence[Placed | None]:
    numbers = {i: int(key[1:].partition("/")[0].rstrip("+")) for i, key in sheet.row_keys.items()}
    return [Placed(numbers[i], ()) if numbers.get(i) in form.rows else None for i in range(len(sheet.rows))]


def _key(form: Form, place: Placed) -> str:
    """The key that a row of the form carries, its items numbered in order."""
    chain = form.layout.chains[place.row]
    depth = min((c.repeats for c in form.rows[place.row].cells), default=len(chain))
    later = "+" if any(place.path[depth:]) else ""
    segments = [
        ",".join(_id(loop.variable, index + 1) for loop in block.loops)
        for block, index in zip(chain, place.path, strict=True)
        if block.loops
    ]
    return "/".join([f"r{place.row}", *segments]) + later


def _id(variable: Variable, number: int) -> str:
    """The id, in a key, of the item that a loop has reached."""
    return f"{variable.part.letter}{number}" if variable.part and not variable.periods_of else str(number)


def _rest(
    form: Form, sheet: _Keyless, columns: Mapping[int, int], places: Sequence[Placed | None], filled: Filled
) -> tuple[tuple[tuple[int, int, str], ...], dict[str, str]]:
    """The texts that are neither a value nor a label, and what the form shows besides the measure."""
    labels, drawn = form_labels(form), {place: column for column, place in columns.items()}
    taken = set(filled.at.values())
    read = {(ref.field, fold(str(value))) for ref, value in filled.values.items()}
    unplaced: list[tuple[int, int, str]] = []
    shown: dict[str, str] = {}
    for i, (texts, place) in enumerate(zip(sheet.texts, places, strict=True)):
        own = {cell.column: cell for cell in labels.rows[place.row]} if place is not None else {}
        for column, folded in texts.items():
            if (i + 1, column + 1) in taken:
                continue
            cell, text = own.get(drawn.get(column, 0)), str(sheet.rows[i][column])
            if cell is not None and cell.path:
                shown.setdefault(cell.path, text)
            known = cell is not None and (
                cell.prints(folded) if cell.printed else cell.field is None or (cell.field.field, folded) in read
            )
            if not known:
                unplaced.append((i + 1, column + 1, text))
    return tuple(unplaced), shown

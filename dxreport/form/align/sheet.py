"""A sheet whose keys are gone, read by the labels that the form prints.

Copied to another book as values, without row 1 or column A, filled in before there were keys, published: the
labels that are left say which row and column of the form each row and column is. That gives the sheet its
keys again, and it is read like any other. What could be read in two ways is not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...ooxml.refs import column_letters
from ..expressions import Variable
from ..read.sheet import Filled, read_sheet
from ..records import Form
from ..stamp import Stamp
from .alignment import Placed
from .columns import find_columns
from .labels import Mark, fold, printed
from .rows import Doubt, mismatch, place_rows

LIKE = 0.5  # a sheet that has this share of a form's labels is meant to be one
_ROW_KEY = re.compile(r"r\d+(?:/[^/]*)*\+?")
_COLUMN_KEY = re.compile(r"c[A-Z]{1,3}")
_KEYS = 3  # as many of them make a row or column of keys: one may be a text


@dataclass(frozen=True, slots=True)
class Aligned:
    """A sheet read by its labels; items are numbered in their order (K1, K2 …) unless row keys were left.

    ``filled`` is as :func:`dxreport.form.read.read_sheet` gives it, its stamp blank but for the form. ``unplaced`` are the texts
    that are no value and no label of the form, with (row, column), 1-based; ``shown`` what the form shows
    besides the measure, by name (``fiscal_year``, ``years.y1`` …). ``keyed`` is whether row keys were left.
    """

    filled: Filled
    unplaced: tuple[tuple[int, int, str], ...]
    shown: Mapping[str, str]
    keyed: bool


def resemblance(form: Form, rows: Sequence[Sequence[Any]]) -> float:
    """The share of the form's labels that a sheet has, 0 to 1."""
    return printed(form).share(frozenset(fold(v) for row in rows for v in row if isinstance(v, str) and v))


def align(form: Form, rows: Sequence[Sequence[Any]], *, quarter: int = 0, year: int = 0) -> Aligned | Doubt | None:
    """Read a sheet of ``form`` by its labels; None when it does not look like one.

    ``rows``, ``quarter`` and ``year`` are as in :func:`dxreport.form.read.read_sheet`.
    """
    if resemblance(form, rows) < LIKE:
        return None
    sheet = _Sheet.of(form, rows)
    columns = find_columns(printed(form), sheet.texts, sheet.column_keys)
    if columns.doubt:
        return Doubt(columns.doubt)
    places = _places_by_key(form, sheet) if sheet.row_keys else place_rows(form, sheet.texts, columns.places)
    if isinstance(places, Doubt):
        return places
    if doubt := mismatch(form, sheet.texts, columns.places, places):
        return doubt
    keys = sheet.row_keys or {i: _key(form, p) for i, p in enumerate(places) if p is not None}
    filled = _read(form, sheet, columns.places, keys, quarter, year)
    unplaced, shown = _rest(form, sheet, columns.places, places, filled)
    return Aligned(filled, unplaced, shown, bool(sheet.row_keys))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with its keys taken out: ``texts`` folded by 0-based row and column, ``column_keys`` and ``row_keys``
    what was left of them."""

    rows: list[list[Any]]
    texts: list[dict[int, str]]
    column_keys: Mapping[str, int]
    row_keys: Mapping[int, str]

    @classmethod
    def of(cls, form: Form, rows: Sequence[Sequence[Any]]) -> _Sheet:
        """Take a sheet's keys from it."""
        own = [list(row) for row in rows]
        column_keys: dict[str, int] = {}
        known = {f"c{letters}" for letters in form.column_letters}
        for row in own:
            found = {v: c for c, v in enumerate(row) if isinstance(v, str) and _COLUMN_KEY.fullmatch(v) and v in known}
            if len(found) >= min(_KEYS, len(known)):
                column_keys = found
                row[:] = [""] * len(row)
                break
        row_keys = _take_row_keys(form, own)
        texts = [
            {c: t for c, v in enumerate(row) if v != "" and (t := fold(v if isinstance(v, str) else str(v)))}
            for row in own
        ]
        return cls(own, texts, column_keys, row_keys)


def _take_row_keys(form: Form, rows: list[list[Any]]) -> dict[int, str]:
    for column in range(min(max(map(len, rows), default=0), 256)):
        found = {
            i: row[column]
            for i, row in enumerate(rows)
            if column < len(row) and isinstance(row[column], str) and _ROW_KEY.fullmatch(row[column])
        }
        if len(found) >= max(_KEYS, len(form.rows) // 2):
            for row in rows:
                if column < len(row):
                    row[column] = ""
            return found
    return {}


def _places_by_key(form: Form, sheet: _Sheet) -> Sequence[Placed | None]:
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
    """What stands in a key for the item that a loop has come to."""
    return f"{variable.part.letter}{number}" if variable.part and not variable.periods_of else str(number)


def _read(
    form: Form, sheet: _Sheet, columns: Mapping[int, int], keys: Mapping[int, str], quarter: int, year: int
) -> Filled:
    """Read the sheet with its keys put around it."""
    width = max([*map(len, sheet.rows), *(place + 1 for place in columns.values())])
    head = [""] * width
    for column, place in columns.items():
        head[place] = f"c{column_letters(column)}"
    stamp = Stamp("", "", form.digest)
    keyed = [[str(stamp), *head], *([keys.get(i, ""), *row] for i, row in enumerate(sheet.rows))]
    filled = read_sheet(form, keyed, quarter=quarter, year=year)
    assert filled is not None
    return replace(
        filled,
        at={ref: (row - 1, column - 1) for ref, (row, column) in filled.at.items()},
        copied=tuple(row - 1 for row in filled.copied),
        inserted=tuple(row - 1 for row in filled.inserted),
        inserted_columns=tuple(column - 1 for column in filled.inserted_columns),
    )


def _repeats(mark: Mark, folded: str, said: set[tuple[str, str]]) -> bool:
    """Whether a cell that prints no label shows what need not be placed: no field, or one that was read elsewhere."""
    return mark.field is None or (mark.field.field, folded) in said


def _rest(
    form: Form, sheet: _Sheet, columns: Mapping[int, int], places: Sequence[Placed | None], filled: Filled
) -> tuple[tuple[tuple[int, int, str], ...], dict[str, str]]:
    """The texts that nothing took, and what the form shows besides the measure."""
    marks, drawn = printed(form), {place: column for column, place in columns.items()}
    taken = set(filled.at.values())
    said = {(ref.field, fold(str(value))) for ref, value in filled.values.items()}
    unplaced, shown = [], {}
    for i, (texts, place) in enumerate(zip(sheet.texts, places, strict=True)):
        own = {m.column: m for m in marks.rows[place.row]} if place is not None else {}
        for column, folded in texts.items():
            if (i + 1, column + 1) in taken:
                continue
            mark, text = own.get(drawn.get(column, 0)), str(sheet.rows[i][column])
            if mark is not None and mark.path:
                shown.setdefault(mark.path, text)
            if mark is None or not (mark.prints(folded) if mark.printed else _repeats(mark, folded, said)):
                unplaced.append((i + 1, column + 1, text))
    return tuple(unplaced), shown

"""What stands elsewhere than in the sheet as issued, in words: inserted rows and columns, and those that were moved."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...domain.fields import LIST_NAMES, label
from ...domain.model import Ref, Settings
from ...ooxml.refs import column_letters, column_number
from ..compile import Form
from .sheet import Filled, targets_of

Drawn = Mapping[tuple[str, int], tuple[int, int]]


def moved(
    form: Form, filled: Filled, issued: Mapping[Ref, str], settings: Settings, *, quarter: int, year: int
) -> tuple[str, ...]:
    """What moved, one line each, with the rows and columns as the sender sees them."""
    drawn = _drawn(form, quarter, year)
    return (*_inserted(filled), *_moved_rows(filled, issued, settings, drawn), *_moved_columns(filled, drawn))


def _inserted(filled: Filled) -> Iterator[str]:
    last = max((row for row, _ in filled.at.values()), default=0)
    rows = [n for n in filled.inserted if n < last]
    if rows:
        yield f"{'、'.join(map(str, rows[:6]))}行目{f' ほか{len(rows) - 6}行' if len(rows) > 6 else ''}に行が挿入されています"
    right = max((column for _, column in filled.at.values()), default=0)
    columns = [column_letters(n) for n in filled.inserted_columns if n < right]
    if columns:
        yield f"{'、'.join(columns)}列に列が挿入されています"


def _drawn(form: Form, quarter: int, year: int) -> Drawn:
    """Where the form draws each field and period that it draws once: its row there, and its column."""
    kept = form.editions.get(("drawn", quarter, year))
    if kept is None:
        places: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for key, targets in targets_of(form, quarter, year).items():
            for target in targets:
                if target.period_at is None:
                    at = int(key[1:]), column_number(target.columns[0][1:])
                    places.setdefault((target.field, target.period), []).append(at)
        kept = {field: found[0] for field, found in places.items() if len(found) == 1}
        form.editions["drawn", quarter, year] = kept
    return kept


class _Row(NamedTuple):
    """Something that has its place in the form's order, and the row where it stands."""

    order: int
    at: int
    ref: Ref


def _moved_rows(filled: Filled, issued: Mapping[Ref, str], settings: Settings, drawn: Drawn) -> Iterator[str]:
    """Rows out of the form's order: within an item, among the items of a list, among fields and lists."""
    units: dict[str, _Row] = {}
    items: dict[str, dict[str, list[_Row]]] = {}
    for ref in issued:
        place, at = drawn.get((ref.field, ref.period)), filled.at.get(ref)
        if place is None or at is None:
            continue
        row, prefix = _Row(place[0], at[0], ref), ref.field.partition(".")[0]
        units[prefix] = min(units.get(prefix, row), row)
        if ref.item:
            items.setdefault(prefix, {}).setdefault(ref.item, []).append(row)
    told: dict[int, str] = {}
    for own in items.values():
        for rows in own.values():
            told |= {row.at: label(row.ref, settings) for row in _out_of_order(sorted(rows))}
        firsts = [_Row(n, min(r.at for r in rows), rows[0].ref) for n, rows in enumerate(own.values())]
        told |= {row.at: _name(row, issued) for row in _out_of_order(firsts)}
    for row in _out_of_order(sorted(units.values())):
        told[row.at] = LIST_NAMES[row.ref.field.partition(".")[0]] if row.ref.item else label(row.ref, settings)
    for at, what in sorted(told.items()):
        yield f"{at}行目の{what}が、様式と違う位置にあります"


def _name(row: _Row, issued: Mapping[Ref, str]) -> str:
    """An item of a list as people call it; ``order`` counts from 0."""
    prefix = row.ref.field.partition(".")[0]
    name = " ".join(issued.get(Ref(f"{prefix}.name", row.ref.item), "").split())
    return LIST_NAMES[prefix] + (f"「{name[:20]}」" if name else str(row.order + 1))


def _moved_columns(filled: Filled, drawn: Drawn) -> Iterator[str]:
    """Columns out of the form's order; where some are gone, what is left of a merge may stand elsewhere."""
    if filled.lost_columns:
        return
    pairs = {
        (drawn[ref.field, ref.period][1], at[1], ref)
        for ref, at in filled.at.items()
        if (ref.field, ref.period) in drawn
    }
    firsts = {pair[:2]: _Row(*pair) for pair in pairs}
    for row in _out_of_order(sorted(firsts.values())):
        yield f"{column_letters(row.at)}列が、様式と違う位置にあります"


def _out_of_order(rows: Sequence[_Row]) -> list[_Row]:
    """The fewest to take out so that the places of the rest never go back."""
    ends: list[int] = []  # the lowest place that a run of each length may end with
    best: list[int] = []  # the index of that end
    before: list[int] = []
    for index, row in enumerate(rows):
        length = bisect_right(ends, row.at)
        ends[length : length + 1] = [row.at]
        best[length : length + 1] = [index]
        before.append(best[length - 1] if length else -1)
    kept, index = set(), best[-1] if best else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return [row for index, row in enumerate(rows) if index not in kept]

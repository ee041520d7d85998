"""Report rows and columns that were inserted or moved since the sheet was issued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from ...domain.fields import ItemList, Ref, label
from ...domain.model import Settings
from ...domain.visible import one_line
from ...ooxml.refs import column_letters
from .sheet import SHAPES, Filled, Placement, Targets

_Kind = Literal["field", "item", "list"]  # what a row out of order shows: a field, an item, or a whole list
_NAMED = 6  # at most this many inserted rows are named; the others are counted


def moved(filled: Filled, issued: Mapping[Ref, str], settings: Settings) -> tuple[str, ...]:
    """Return what moved as Japanese sentences, with the rows and columns that the sender sees.

    Moved rows of a list are not reported, since people may sort them.
    """
    names: dict[int, str] = {}
    lists = filled.form.catalogue.by_prefix
    for row, kind in () if filled.form.layout.is_list else _moved_rows(filled.placement, filled.targets, tuple(issued)):
        if kind == "field":
            names[row.at] = label(row.ref, settings)
        else:
            names[row.at] = lists[row.ref.prefix].label if kind == "list" else _item_name(row, issued, lists)
    # None if columns are gone, since a merge may have shifted.
    columns = () if filled.lost_columns else _moved_columns(filled.placement, filled.targets)
    return (
        *_inserted(filled),
        *(f"{number}行目の{name}が、様式と違う位置にあります" for number, name in sorted(names.items())),
        *(f"{column_letters(column)}列が、様式と違う位置にあります" for column in columns),
    )


def _inserted(filled: Filled) -> Iterator[str]:
    last = max((row for row, _ in filled.at.values()), default=0)
    rows = [n for n in filled.inserted if n < last]
    if rows:
        more = f" ほか{len(rows) - _NAMED}行" if len(rows) > _NAMED else ""
        yield f"{'、'.join(map(str, rows[:_NAMED]))}行目{more}に行が挿入されています"
    right = max((column for _, column in filled.at.values()), default=0)
    columns = [column_letters(n) for n in filled.inserted_columns if n < right]
    if columns:
        yield f"{'、'.join(columns)}列に列が挿入されています"


class _Position(NamedTuple):
    """Where something is: its place in the order of the form, and its row or column in the sheet."""

    order: int
    at: int
    ref: Ref


@lru_cache(maxsize=SHAPES)
def _moved_rows(placement: Placement, targets: Targets, issued: tuple[Ref, ...]) -> tuple[tuple[_Position, _Kind], ...]:
    """Return the rows out of order: within an item, among a list's items, or among fields and lists."""
    units: dict[str, _Position] = {}  # by list, or by field of the measure
    items: dict[str, dict[str, list[_Position]]] = {}
    for ref in issued:
        place, at = targets.drawn.get((ref.field, ref.period)), placement.at.get(ref)
        if place is None or at is None:
            continue
        row, unit = _Position(place[0], at[0], ref), _list_or_field(ref)
        units[unit] = min(units.get(unit, row), row)
        if ref.item:
            items.setdefault(unit, {}).setdefault(ref.item, []).append(row)
    out: list[tuple[_Position, _Kind]] = []
    for own in items.values():
        for rows in own.values():
            out += ((row, "field") for row in _out_of_order(sorted(rows)))
        firsts = [_Position(n, min(row.at for row in rows), rows[0].ref) for n, rows in enumerate(own.values())]
        out += ((row, "item") for row in _out_of_order(firsts))
    out += ((row, "list" if row.ref.item else "field") for row in _out_of_order(sorted(units.values())))
    return tuple(out)


def _list_or_field(ref: Ref) -> str:
    """Return the list that a text belongs to, or the field of a text of the measure itself."""
    return ref.prefix or ref.field


def _item_name(row: _Position, issued: Mapping[Ref, str], lists: Mapping[str, ItemList]) -> str:
    """Return what people call an item of a list; ``row.order`` is its position, from 0."""
    prefix = row.ref.prefix
    name = one_line(issued.get(Ref(f"{prefix}.name", row.ref.item), ""))
    return lists[prefix].label + (f"「{name[:20]}」" if name else str(row.order + 1))


@lru_cache(maxsize=SHAPES)
def _moved_columns(placement: Placement, targets: Targets) -> tuple[int, ...]:
    """Return the columns out of order."""
    firsts: dict[tuple[int, int], _Position] = {}
    for ref, (_, column) in placement.at.items():
        if place := targets.drawn.get((ref.field, ref.period)):
            firsts.setdefault((place[1], column), _Position(place[1], column, ref))
    return tuple(position.at for position in _out_of_order(sorted(firsts.values())))


def _out_of_order(positions: Sequence[_Position]) -> list[_Position]:
    """Return the fewest positions to take out so that the others are in order."""
    if all(before.at <= after.at for before, after in pairwise(positions)):
        return []
    runs: list[list[_Position]] = []  # the longest run in order that ends at each position
    for position in positions:
        before = (run for run in reversed(runs) if run[-1].at <= position.at)
        runs.append([*max(before, key=len, default=[]), position])
    kept = max(reversed(runs), key=len, default=[])
    return [position for position in positions if position not in kept]

"""Read the texts of a measure from a returned sheet: every cell is found by its keys, never by its address.

Column keys are in the row of the stamp, row keys in its column, wherever people moved them. A missing key means that
the row or column was removed, never that it is blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...domain.fields import Ref
from ...ooxml.refs import column_letters
from ..expressions import THIS, ThisPeriod
from ..records import Form, TemplateCell
from ..stamp import Stamp

SEARCHED = 200  # rows and columns that are searched for the stamp


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet as read: ``values`` as the file's reader returned them, ``at`` their (row, column), 1-based.

    ``copied`` are rows with a key that occurred before, ``inserted`` rows without a key that hold something or are
    among the others, ``inserted_columns`` likewise; ``lost_columns`` are the keys of the form's columns that the
    sheet lacks.
    """

    stamp: Stamp
    values: dict[Ref, Any]
    at: dict[Ref, tuple[int, int]]
    copied: tuple[int, ...]
    inserted: tuple[int, ...]
    inserted_columns: tuple[int, ...]
    lost_columns: tuple[str, ...]


def list_of(ref: Ref) -> str:
    """Return the list that a text belongs to (``activity``), "" for one of the measure itself."""
    return ref.field.rpartition(".")[0] if ref.item else ""


def find_stamp(rows: Sequence[Sequence[Any]]) -> tuple[Stamp, int, int] | None:
    """Return the stamp of a sheet and its place (0-based row and column), or None."""
    for r, row in enumerate(rows[:SEARCHED]):
        for c, value in enumerate(row[:SEARCHED]):
            stamp = Stamp.parse(value)
            if stamp is not None:
                return stamp, r, c
    return None


@dataclass(frozen=True, slots=True)
class Target:
    """How a cell of a keyed row becomes a Ref; ``item_at`` and ``period_at`` are (segment, position) in the key.

    ``columns`` are the keys of the column and of those merged into it. ``spanning`` marks a cell that is only in the
    first row of a block, ``unlocked`` one that may be an input, ``certain`` one whose row depends on no condition.
    """

    columns: tuple[str, ...]
    field: str
    period: int
    item_at: tuple[int, int] | None
    period_at: tuple[int, int] | None
    spanning: bool
    unlocked: bool
    certain: bool

    def ref(self, segments: Sequence[str]) -> Ref | None:
        """Return what the cell holds in a row with these ids; None where the lists have no item there."""
        item = _id(segments, self.item_at)
        if item is None:
            return None
        if self.period_at is None:
            return Ref(self.field, item, self.period)
        period = _id(segments, self.period_at)
        return Ref(self.field, item, int(period)) if period and period.isdigit() else None


def _id(segments: Sequence[str], place: tuple[int, int] | None) -> str | None:
    """The id at a place of a row's key: "" for the measure itself, None where the list had no item."""
    if place is None:
        return ""
    ids = segments[place[0]].split(",") if place[0] < len(segments) else []
    found = ids[place[1]] if place[1] < len(ids) else "-"
    return None if found == "-" else found


Targets = Mapping[str, tuple[Target, ...]]


@lru_cache(maxsize=64)
def targets_of(form: Form, quarter: int, year: int) -> Targets:
    """Return the cells that are read in a row with a key that begins ``r7``, by that beginning."""
    this = ThisPeriod(quarter, year)
    return {
        f"r{row}": tuple(t for c in cells if (t := _target(form, c, this)) is not None)
        for row, cells in form.bindings.items()
    }


def _target(form: Form, c: TemplateCell, this: ThisPeriod) -> Target | None:
    binding = c.binding
    period = this.of(binding.spec.period) if binding.period == THIS else binding.period
    if binding.period and not period:
        return None
    chain = form.layout.chains[c.row]
    loops = [block.loops for block in chain if block.loops]
    places = {loop.variable.slot: (i, j) for i, group in enumerate(loops) for j, loop in enumerate(group)}
    columns = (c.column, *form.merge_columns.get(c.at, ()))
    return Target(
        tuple(f"c{column_letters(column)}" for column in columns), binding.field, period, places.get(binding.owner),
        places.get(binding.period_slot), c.repeats < len(chain), c.unlocked, all(block.loops for block in chain),
    )  # fmt: skip


def shown_fields(form: Form, quarter: int, year: int) -> frozenset[tuple[str, int]]:
    """Return what a form always shows and reads back, as (field, period): nothing that is under ``{% if %}``."""
    return frozenset(
        (target.field, period)
        for targets in targets_of(form, quarter, year).values()
        for target in targets
        if target.certain
        for period in (
            form.catalogue.periods(form.catalogue.field[target.field]) if target.period_at else (target.period,)
        )
    )


@lru_cache(maxsize=256)
def input_fields(form: Form, rows: frozenset[int], quarter: int, year: int) -> frozenset[tuple[str, int]]:
    """Return what departments can be asked for in these template rows: unlocked, as (field, period)."""
    return frozenset(
        (target.field, period)
        for head, targets in targets_of(form, quarter, year).items()
        if int(head[1:]) in rows
        for target in targets
        if target.unlocked
        for period in (
            form.catalogue.periods(form.catalogue.field[target.field]) if target.period_at else (target.period,)
        )
    )


def read_sheet(form: Form, rows: Sequence[Sequence[Any]], *, quarter: int = 0, year: int = 0) -> Filled | None:
    """Read a sheet of ``form``; return None when it has no stamp.

    ``rows[i][j]`` is the value of cell (i+1, j+1). ``quarter`` and ``year`` (1–4, 0 for none) are what
    ``this_quarter`` and ``this_year`` meant in the round of its issue.
    """
    found = find_stamp(rows)
    if found is None:
        return None
    stamp, top, left = found
    keys = {}
    for r, row in enumerate(rows[top + 1 :], top + 1):
        key = row[left] if left < len(row) else ""
        if isinstance(key, str) and key.startswith("r"):
            keys[r] = key
    targets = targets_of(form, quarter, year)
    return read_keyed(stamp, rows, keys, columns_of(rows[top], left), targets, corner=(top, left))


def read_keyed(
    stamp: Stamp, rows: Sequence[Sequence[Any]], keys: Mapping[int, str], columns: Mapping[str, int],
    targets: Targets, *, corner: tuple[int, int] = (-1, -1),
) -> Filled:  # fmt: skip
    """Read a sheet below and to the right of ``corner`` (0-based), the row and the column that hold the keys.

    ``keys`` are the keys of the rows by 0-based row, ``columns`` the 0-based columns by their keys.
    """
    top, left = corner
    reader = _RowReader(columns, targets)
    seen: set[str] = set()
    copied = []
    for r, key in keys.items():
        if key in seen:
            copied.append(r + 1)
        else:
            seen.add(key)
            reader.row(rows[r], r, key)
    last = max((r for r, _ in reader.at.values()), default=top)
    unkeyed = (r for r in range(top + 1, len(rows)) if r not in keys)
    inserted = tuple(r + 1 for r in unkeyed if r < last or any(v != "" for v in rows[r]))
    known = {target.columns[0] for group in targets.values() for target in group}
    return Filled(
        stamp, reader.values, reader.at, tuple(copied), inserted, _unkeyed_columns(rows, top, left, columns),
        tuple(sorted(known - set(columns))),
    )  # fmt: skip


class _RowReader:
    """Collects texts row by row. Of a text that the form shows in several cells, the input's counts."""

    def __init__(self, columns: Mapping[str, int], targets: Targets) -> None:
        self.values: dict[Ref, Any] = {}
        self.at: dict[Ref, tuple[int, int]] = {}
        self._columns, self._targets = columns, targets
        self._settled: set[Ref] = set()

    def row(self, row: Sequence[Any], r: int, key: str) -> None:
        """Read row ``r`` (0-based), whose key is ``key``."""
        head, *segments = key.removesuffix("+").split("/")
        later = key.endswith("+")
        for target in self._targets.get(head, ()):
            ref = None if target.spanning and later else target.ref(segments)
            if ref is not None and (target.unlocked or ref not in self._settled):
                self._take(target, ref, row, r)

    def _take(self, target: Target, ref: Ref, row: Sequence[Any], r: int) -> None:
        for i, column_key in enumerate(target.columns):
            column = self._columns.get(column_key)
            if column is None:
                continue
            value = row[column] if column < len(row) else ""
            if i and value == "":
                continue  # once the first column of a merge is gone, only a text in another is evidence
            self.values[ref] = value
            self.at[ref] = (r + 1, column + 1)
            if target.unlocked:
                self._settled.add(ref)
            return


def columns_of(row: Sequence[Any], left: int) -> dict[str, int]:
    """Return the columns (0-based) by their keys, from the stamp's row; ``left`` is the stamp's column."""
    out: dict[str, int] = {}
    for c in range(left + 1, len(row)):
        value = row[c]
        if isinstance(value, str) and value[:1] == "c" and value[1:].isalpha():
            out.setdefault(value, c)
    return out


def _unkeyed_columns(rows: Sequence[Sequence[Any]], top: int, left: int, columns: Mapping[str, int]) -> tuple[int, ...]:
    """Columns without a key (1-based) that are among the keyed ones, or hold something."""
    keyed = set(columns.values())
    last = max(keyed, default=left)
    width = max((len(row) for row in rows), default=0)
    return tuple(
        c + 1
        for c in range(left + 1, width)
        if c not in keyed and (c < last or any(c < len(row) and row[c] != "" for row in rows[top + 1 :]))
    )

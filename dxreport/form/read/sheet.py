"""A returned sheet → the texts of a measure: every cell is found by its keys, never by its address.

Column keys stand in the row of the stamp, row keys in its column, wherever people moved them.
A key that is gone means that the row or column was removed; it never means blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...domain.model import Measure, Ref, measure_from, normalise
from ..expressions import THIS, Binding
from ..records import Form
from ..stamp import Stamp

SEARCHED = 200  # rows and columns in which the stamp is looked for


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet as read: ``values`` as the reader of the file gave them, ``at`` their (row, column), 1-based.

    ``copied`` are rows whose key stands a second time, ``inserted`` rows without a key that hold
    something or stand among the others, ``inserted_columns`` likewise; ``lost_columns`` are keys of
    columns that the form has and the sheet has not.
    """

    stamp: Stamp
    values: dict[Ref, Any]
    at: dict[Ref, tuple[int, int]]
    copied: tuple[int, ...]
    inserted: tuple[int, ...]
    inserted_columns: tuple[int, ...]
    lost_columns: tuple[str, ...]

    def measure(self, base: Measure | None = None) -> Measure:
        """The measure, in its normal form. What the form does not show is taken from ``base``."""
        texts = {ref: normalise(value if isinstance(value, str) else str(value)) for ref, value in self.values.items()}
        if base is not None:
            parts = {_part(ref) for ref in texts}
            items = {(_part(ref), ref.item) for ref in texts}
            kept = {ref: text for ref, text in base.values().items() if ref not in texts}
            texts |= {
                r: t for r, t in kept.items() if (_part(r), r.item) in items or not r.item or _part(r) not in parts
            }
        return measure_from(texts).normal()


def _part(ref: Ref) -> str:
    """The list that a text belongs to: the beginning of its field's key."""
    return ref.field.partition(".")[0] if ref.item else ""


def find_stamp(rows: Sequence[Sequence[Any]]) -> tuple[Stamp, int, int] | None:
    """The stamp of a sheet and where it stands (0-based row and column), or None."""
    for r, row in enumerate(rows[:SEARCHED]):
        for c, value in enumerate(row[:SEARCHED]):
            stamp = Stamp.parse(value)
            if stamp is not None:
                return stamp, r, c
    return None


@dataclass(frozen=True, slots=True)
class _Target:
    """How a cell of a keyed row becomes a Ref: ``item_at`` and ``period_at`` are (segment, position) in its key.

    ``unlocked`` is what may be an input; ``certain`` whether its row is there whatever a condition says.
    """

    columns: tuple[str, ...]
    field: str
    period: int
    item_at: tuple[int, int] | None
    period_at: tuple[int, int] | None
    spanning: bool
    unlocked: bool
    certain: bool


def read_sheet(form: Form, rows: Sequence[Sequence[Any]], *, quarter: int = 0, year: int = 0) -> Filled | None:
    """Read a sheet of ``form``; None when it carries no stamp.

    ``rows[i][j]`` is the value of cell (i+1, j+1). ``quarter`` and ``year`` (1–4, 0 for none) are
    what ``this_quarter`` and ``this_year`` meant in the round of its issue.
    """
    found = find_stamp(rows)
    if found is None:
        return None
    stamp, top, left = found
    columns = columns_of(rows[top], left)
    targets = targets_of(form, quarter, year)
    reading = _Reading(columns, targets)
    seen: set[str] = set()
    copied, blank_keys = [], []
    for r in range(top + 1, len(rows)):
        row = rows[r]
        key = row[left] if left < len(row) else ""
        if not isinstance(key, str) or not key.startswith("r"):
            blank_keys.append(r)
            continue
        if key in seen:
            copied.append(r + 1)
            continue
        seen.add(key)
        reading.row(row, r, key)
    last = max((r for r, _ in reading.at.values()), default=top)
    inserted = tuple(r + 1 for r in blank_keys if r < last or any(v != "" for v in rows[r]))
    known = {key for group in targets.values() for target in group for key in target.columns[:1]}
    return Filled(
        stamp, reading.values, reading.at, tuple(copied), inserted, _unkeyed_columns(rows, top, left, columns),
        tuple(sorted(known - set(columns))),
    )  # fmt: skip


class _Reading:
    """The texts found so far. Of a text that the form shows in several cells, the input's counts."""

    def __init__(self, columns: dict[str, int], targets: dict[str, tuple[_Target, ...]]) -> None:
        self.columns, self.targets = columns, targets
        self.values: dict[Ref, Any] = {}
        self.at: dict[Ref, tuple[int, int]] = {}
        self._settled: set[Ref] = set()

    def row(self, row: Sequence[Any], r: int, key: str) -> None:
        """Read row ``r`` (0-based), which carries ``key``."""
        head, *segments = key.removesuffix("+").split("/")
        later = key.endswith("+")
        for target in self.targets.get(head, ()):
            ref = None if target.spanning and later else _ref(target, segments)
            if ref is not None and (target.unlocked or ref not in self._settled):
                self._take(target, ref, row, r)

    def _take(self, target: _Target, ref: Ref, row: Sequence[Any], r: int) -> None:
        for i, column_key in enumerate(target.columns):
            column = self.columns.get(column_key)
            if column is None:
                continue
            value = row[column] if column < len(row) else ""
            if i and value == "":
                continue  # beside the first column of a merge that is gone, only a text is evidence
            self.values[ref] = value
            self.at[ref] = (r + 1, column + 1)
            if target.unlocked:
                self._settled.add(ref)
            return


def _ref(target: _Target, segments: list[str]) -> Ref | None:
    """What the target's cell holds in a row with these ids; None where the lists have no item there."""
    item = _id(segments, target.item_at)
    if item is None:
        return None
    if target.period_at is None:
        return Ref(target.field, item, target.period)
    period = _id(segments, target.period_at)
    return Ref(target.field, item, int(period)) if period in ("1", "2", "3", "4") else None


def _id(segments: list[str], place: tuple[int, int] | None) -> str | None:
    """The id at a place of a row's key: "" for the measure itself, None where the list had no item."""
    if place is None:
        return ""
    if place[0] >= len(segments):
        return None
    ids = segments[place[0]].split(",")
    found = ids[place[1]] if place[1] < len(ids) else "-"
    return None if found == "-" else found


def columns_of(row: Sequence[Any], left: int) -> dict[str, int]:
    """The columns (0-based) by their keys, from the stamp's row; ``left`` is the stamp's column."""
    out: dict[str, int] = {}
    for c in range(left + 1, len(row)):
        value = row[c]
        if isinstance(value, str) and value[:1] == "c" and value[1:].isalpha():
            out.setdefault(value, c)
    return out


def _unkeyed_columns(rows: Sequence[Sequence[Any]], top: int, left: int, columns: dict[str, int]) -> tuple[int, ...]:
    """Columns without a key that stand among the keyed ones, or hold something."""
    keyed = set(columns.values())
    last = max(keyed, default=left)
    width = max((len(row) for row in rows), default=0)
    return tuple(
        c + 1
        for c in range(left + 1, width)
        if c not in keyed and (c < last or any(c < len(row) and row[c] != "" for row in rows[top + 1 :]))
    )


def targets_of(form: Form, quarter: int, year: int) -> dict[str, tuple[_Target, ...]]:
    """What each row key reads; worked out once a form and round."""
    kept = form.editions.get((quarter, year))
    if kept is None:
        kept = form.editions[quarter, year] = {
            f"r{row}": tuple(t for c in cells if (t := _target(form, c, quarter, year)) is not None)
            for row, cells in form.bindings.items()
        }
    return kept


def _target(form: Form, c: Any, quarter: int, year: int) -> _Target | None:
    content: Binding = c.content
    period = content.period
    if period == THIS:
        period = year if content.field.startswith("outcome.") else quarter
        if not period:
            return None
    loops = [block.loops for block in form.layout.chains[c.row] if block.loops]
    places = {loop.variable.slot: (i, j) for i, group in enumerate(loops) for j, loop in enumerate(group)}
    columns = (c.column, *form.merge_columns.get((c.row, c.column), ()))
    keys = tuple(f"c{letters}" for letters in _letters(columns))
    chain = form.layout.chains[c.row]
    return _Target(
        keys, content.field, period, places.get(content.owner), places.get(content.period_slot), c.repeats < len(chain),
        c.unlocked, all(block.loops for block in chain),
    )  # fmt: skip


def _letters(columns: Iterable[int]) -> list[str]:
    from ...ooxml.refs import column_letters

    return [column_letters(column) for column in columns]


def shown_fields(form: Form, quarter: int, year: int) -> frozenset[tuple[str, int]]:
    """What a form always shows and reads back, as (field, period): not what stands under ``{% if %}``."""
    out = set()
    for group in targets_of(form, quarter, year).values():
        for target in group:
            if not target.certain:
                continue
            periods = (1, 2, 3, 4) if target.period_at else (target.period,)
            out |= {(target.field, period) for period in periods}
    return frozenset(out)

"""A returned sheet → the texts of a measure: every cell is found by its keys, never by its address.

Column keys stand in the row of the stamp, row keys in its column, wherever people moved them.
A key that is gone means that the row or column was removed; it never means blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..model import Measure, Ref, measure_from, normalise
from .compile import Form
from .expressions import THIS, Binding
from .stamp import Stamp

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
            texts = {**{r: t for r, t in base.values().items() if r not in texts and not r.item}, **texts}
        return measure_from(texts).normal()


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
    """How a cell of a keyed row becomes a Ref: ``item_at`` and ``period_at`` are (segment, position) in its key."""

    columns: tuple[str, ...]
    field: str
    period: int
    item_at: tuple[int, int] | None
    period_at: tuple[int, int] | None
    spanning: bool


def read_sheet(form: Form, rows: Sequence[Sequence[Any]], *, quarter: int = 0, year: int = 0) -> Filled | None:
    """Read a sheet of ``form``; None when it carries no stamp.

    ``rows[i][j]`` is the value of cell (i+1, j+1). ``quarter`` and ``year`` (1–4, 0 for none) are
    what ``this_quarter`` and ``this_year`` meant in the round of its issue.
    """
    found = find_stamp(rows)
    if found is None:
        return None
    stamp, top, left = found
    columns = _column_keys(rows[top], left)
    targets = _targets(form, quarter, year)
    values: dict[Ref, Any] = {}
    at: dict[Ref, tuple[int, int]] = {}
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
        _read_row(row, r, key, columns, targets, values, at)
    last = max((r for r, _ in at.values()), default=top)
    inserted = tuple(r + 1 for r in blank_keys if r < last or any(v != "" for v in rows[r]))
    known = {key for group in targets.values() for target in group for key in target.columns[:1]}
    return Filled(
        stamp, values, at, tuple(copied), inserted, _unkeyed_columns(rows, top, left, columns),
        tuple(sorted(known - set(columns))),
    )  # fmt: skip


def _read_row(
    row: Sequence[Any],
    r: int,
    key: str,
    columns: dict[str, int],
    targets: dict[str, tuple[_Target, ...]],
    values: dict[Ref, Any],
    at: dict[Ref, tuple[int, int]],
) -> None:
    head, *segments = key.split("/")
    later = key.endswith("+")
    if later:
        segments[-1] = segments[-1][:-1]
    width = len(row)
    for target in targets.get(head, ()):
        if target.spanning and later:
            continue
        item = _id(segments, target.item_at)
        period = target.period if target.period_at is None else int(_id(segments, target.period_at) or 0)
        if item is None:
            continue
        ref = Ref(target.field, item, period)
        for i, column_key in enumerate(target.columns):
            column = columns.get(column_key)
            if column is None:
                continue
            value = row[column] if column < width else ""
            if i and value == "":
                continue  # beside the first column of a merge that is gone, only a text is evidence
            values[ref] = value
            at[ref] = (r + 1, column + 1)
            break


def _id(segments: list[str], place: tuple[int, int] | None) -> str | None:
    """The id at a place of a row's key: "" for the measure itself, None where the list had no item."""
    if place is None:
        return ""
    if place[0] >= len(segments):
        return None
    ids = segments[place[0]].split(",")
    found = ids[place[1]] if place[1] < len(ids) else "-"
    return None if found == "-" else found


def _column_keys(row: Sequence[Any], left: int) -> dict[str, int]:
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


def _targets(form: Form, quarter: int, year: int) -> dict[str, tuple[_Target, ...]]:
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
    spanning = c.repeats < len(form.layout.chains[c.row])
    return _Target(keys, content.field, period, places.get(content.owner), places.get(content.period_slot), spanning)


def _letters(columns: Iterable[int]) -> list[str]:
    from ..ooxml.refs import column_letters

    return [column_letters(column) for column in columns]


def shown_fields(form: Form, quarter: int, year: int) -> frozenset[tuple[str, int]]:
    """What a form shows and reads back, as (field, period)."""
    out = set()
    for group in _targets(form, quarter, year).values():
        for target in group:
            periods = (1, 2, 3, 4) if target.period_at else (target.period,)
            out |= {(target.field, period) for period in periods}
    return frozenset(out)

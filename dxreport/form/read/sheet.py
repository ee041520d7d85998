"""Read the texts of measures from a returned sheet: every cell is found by its keys, never by its address.

Column keys are in the row of the stamp, row keys in its column, wherever people moved them. A missing key means that
the row or column was removed, not that it is blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from ...domain.fields import Field, Ref
from ...ooxml.refs import address, column_letters, column_number
from ..records import Form, TemplateCell
from ..row_key import NO_ITEM, RowKey, parse_row_key, template_row
from ..stamp import MARK, Stamp
from ..variables import ThisPeriod

SEARCHED = 200  # this many rows and columns are searched for the stamp
Rows = Sequence[Sequence[str]]  # a sheet as a rectangle: ``rows[i][j]`` is the text of cell (i+1, j+1)
Keyed = dict[int, str]  # the keys of rows or columns by place, in order and counted from 0
KeyPlaces = tuple[tuple[tuple[int, str], ...], tuple[tuple[str, int], ...]]  # rows and columns, as in Keys
SHAPES = 512  # arrangements of keys that are cached: sheets with the same number of items in each list share one


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a measure on a sheet: row keys by row, columns by column key, all counted from 0.

    Column keys are in row ``top``, row keys in column ``left``; -1 if the sheet does not contain them. ``elsewhere``
    are the rows of the sheet that belong to other measures.
    """

    stamp: Stamp
    rows: Mapping[int, str]
    columns: Mapping[str, int]
    top: int = -1
    left: int = -1
    elsewhere: frozenset[int] = frozenset()

    @property
    def places(self) -> KeyPlaces:
        """The places of its keys in hashable form, for caches: many sheets of a form have the same."""
        return tuple(self.rows.items()), tuple(self.columns.items())


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the texts of a measure are, by its keys; sheets with equal keys share one.

    ``at`` holds their (row, column), 1-based; ``copied`` are rows whose key occurred before.
    """

    at: Mapping[Ref, tuple[int, int]]
    copied: tuple[int, ...] = ()

    @cached_property
    def cells(self) -> Mapping[Ref, str]:
        """The addresses of the texts (``E21``)."""
        return {ref: address(*at) for ref, at in self.at.items()}


@dataclass(frozen=True, slots=True)
class Filled:
    """A measure as read from a sheet: ``values`` are the texts of its fields.

    ``form``, ``keys`` and ``targets`` are what it was read with. ``inserted`` are rows without a key that hold something
    or lie among keyed rows, ``inserted_columns`` likewise. ``lost_columns`` are the keys of columns that are read and
    that the sheet lacks.
    """

    form: Form
    keys: Keys
    targets: Targets
    values: dict[Ref, str]
    placement: Placement
    inserted: tuple[int, ...]
    inserted_columns: tuple[int, ...]
    lost_columns: tuple[str, ...]

    @property
    def at(self) -> Mapping[Ref, tuple[int, int]]:
        """Row and column of each text, 1-based."""
        return self.placement.at

    @property
    def copied(self) -> tuple[int, ...]:
        """The rows whose key occurred before."""
        return self.placement.copied


def find_stamp(rows: Rows) -> tuple[Stamp, int, int] | None:
    """Return the stamp of a sheet with its row and column (0-based), or None."""
    for r, row in enumerate(rows[:SEARCHED]):
        for c, value in enumerate(row[:SEARCHED]):
            if value.startswith(MARK) and (stamp := Stamp.parse(value)):
                return stamp, r, c
    return None


class WrittenKeys(NamedTuple):
    """The stamp of a sheet and its keys: ``down`` those in column ``left``, ``across`` those in row ``top``."""

    stamp: Stamp
    top: int
    left: int
    down: Keyed
    across: Keyed


def find_keys(rows: Rows) -> WrittenKeys | None:
    """Return the keys of a sheet, None if it has no stamp."""
    found = find_stamp(rows)
    if found is None:
        return None
    _, top, left = found
    down = {r: row[left] for r, row in enumerate(rows) if r > top and row[left][:1] == "r"}
    across = {c: key for c, key in enumerate(rows[top]) if c > left and key[:1] == "c" and key[1:].isalpha()}
    return WrittenKeys(*found, down, across)


def first_places(keys: Keyed) -> dict[str, int]:
    """Return the place of each key, in order; of two equal keys the first counts."""
    places: dict[str, int] = {}
    for at, key in keys.items():
        places.setdefault(key, at)
    return places


@dataclass(frozen=True, slots=True)
class Target:
    """A cell of a template row that is read: it turns a cell of a keyed row into a Ref.

    ``columns`` are the keys of its column and of those merged into it, ``periods`` all periods it can belong to.
    ``item_at`` and ``period_at`` index the ids of the row key, 0 for none. ``spanning`` marks a cell that only the
    first copy of a block has, ``unlocked`` one that may be an input, ``certain`` one whose row depends on no condition.
    """

    columns: tuple[str, ...]
    spec: Field
    period: int
    periods: tuple[int, ...]
    item_at: int
    period_at: int
    spanning: bool
    unlocked: bool
    certain: bool

    def ref(self, ids: Sequence[str]) -> Ref | None:
        """Return the Ref of the cell in a row with these ids (from index 1); None if a list has no item there."""
        if self.item_at >= len(ids) or ids[self.item_at] == NO_ITEM:
            return None
        if not self.period_at:
            return Ref(self.spec.key, ids[self.item_at], self.period)
        period = ids[self.period_at] if self.period_at < len(ids) else NO_ITEM
        return Ref(self.spec.key, ids[self.item_at], int(period)) if period.isdecimal() else None

    def column(self, rows: Rows, number: int, columns: Mapping[str, int]) -> int | None:
        """Return the column (0-based) that holds the text of the cell in row ``number``; None if its column is gone."""
        column = columns.get(self.columns[0])
        if column is None:  # the first column of a merge is gone: only text in another one proves where the cell is
            merged = (columns[key] for key in self.columns[1:] if key in columns)
            column = next((c for c in merged if rows[number][c]), None)
        return column


class Targets(dict[int, tuple[Target, ...]]):
    """The cells that are read, by template row; compared by identity."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    @cached_property
    def columns(self) -> frozenset[str]:
        """The keys of their columns."""
        return frozenset(target.columns[0] for target in chain.from_iterable(self.values()))

    @cached_property
    def always_shown(self) -> frozenset[tuple[str, int]]:
        """What the form always shows and reads back, as (field, period): nothing that is under ``{% if %}``."""
        return _fields(target for target in chain.from_iterable(self.values()) if target.certain)

    @cached_property
    def drawn(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        """Row and column of each field and period that the form draws only once."""
        places: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for row, own in self.items():
            for target in (t for t in own if not t.period_at):
                at = row, column_number(target.columns[0][1:])
                places.setdefault((target.spec.key, target.period), []).append(at)
        return {field: found[0] for field, found in places.items() if len(found) == 1}


@lru_cache(maxsize=64)
def targets_of(form: Form, quarter: int, year: int) -> Targets:
    """Return the cells that are read, in a round in which ``this_quarter`` and ``this_year`` are these (0 for none)."""
    this = ThisPeriod(quarter, year)
    found = {row: [_target(form, c, this) for c in cells] for row, cells in form.bindings.items()}
    return Targets((row, tuple(target for target in own if target is not None)) for row, own in found.items())


def _target(form: Form, c: TemplateCell, this: ThisPeriod) -> Target | None:
    binding = c.binding.in_round(this)
    if binding is None:
        return None
    chain = form.layout.chains[c.row]
    slots = [0, *(loop.variable.slot for block in chain for loop in block.loops)]
    columns = (c.column, *form.merge_columns.get(c.at, ()))
    return Target(
        tuple(f"c{column_letters(column)}" for column in columns), binding.spec, binding.period,
        form.catalogue.periods(binding.spec) if binding.period_slot else (binding.period,), slots.index(binding.owner),
        slots.index(binding.period_slot), c.repeats < len(chain), c.unlocked, all(block.loops for block in chain),
    )  # fmt: skip


@lru_cache(maxsize=256)
def input_fields(form: Form, rows: frozenset[int], quarter: int, year: int) -> frozenset[tuple[str, int]]:
    """Return the (field, period) of the unlocked cells in these template rows: what departments can be asked for."""
    targets = chain.from_iterable(own for row, own in targets_of(form, quarter, year).items() if row in rows)
    return _fields(target for target in targets if target.unlocked)


def _fields(targets: Iterable[Target]) -> frozenset[tuple[str, int]]:
    return frozenset((target.spec.key, n) for target in targets for n in target.periods)


def read_sheet(form: Form, rows: Rows, *, quarter: int = 0, year: int = 0) -> Mapping[str, Filled]:
    """Read a sheet of ``form``; return its measures by ID, in the order of the sheet, none if it has no stamp.

    ``quarter`` and ``year`` (from 1, 0 for none) are what ``this_quarter`` and ``this_year`` meant in the round of its
    issue.
    """
    targets = targets_of(form, quarter, year)
    return {keys.stamp.measure: read_keyed(form, rows, keys, targets) for keys in keys_of(form, rows)}


def keys_of(form: Form, rows: Rows) -> tuple[Keys, ...]:
    """Return the keys of each measure on a sheet of ``form``, in order; none if it has no stamp."""
    found = find_keys(rows)
    if found is None:
        return ()
    keys = Keys(found.stamp, found.down, first_places(found.across), found.top, found.left)
    if not form.layout.is_list:
        return (keys,)
    return _by_measure(form, rows, replace(keys, rows={**keys.rows, **_left_behind(form, rows, keys)}))


def _left_behind(form: Form, rows: Rows, keys: Keys) -> dict[int, str]:
    """Return corrected keys for rows of a list that were sorted without their hidden keys.

    This is recognisable if a measure has one row: the printed IDs are then those of the keys, in another order.
    """
    out: dict[int, str] = {}
    for number, cells in form.bindings.items():
        chain = form.layout.chains[number]
        column = next(
            (keys.columns.get(f"c{column_letters(c.column)}") for c in cells if c.binding.spec.key == "id"), None
        )
        if column is None or len(chain) != 1 or chain[0].first != chain[0].last:
            continue
        named = {r: measure_at(form, key) for r, key in keys.rows.items() if template_row(key) == number}
        printed = {r: rows[r][column].strip() for r in named}
        if len(set(named.values())) == len(named) and set(printed.values()) == set(named.values()):
            out |= {r: str(RowKey(number, (measure,))) for r, measure in printed.items()}
    return out


def _by_measure(form: Form, rows: Rows, keys: Keys) -> tuple[Keys, ...]:
    """Split the keys of a list by measure. A row of no measure goes to the measure above it, else to the first."""
    named = {r: measure_at(form, key) for r, key in keys.rows.items()}
    above = next(filter(None, named.values()), "")
    own: dict[str, set[int]] = {}
    everywhere = range(keys.top + 1, len(rows)) if above else ()
    for r in everywhere:
        above = named.get(r) or above
        own.setdefault(above, set()).add(r)
    return tuple(
        replace(
            keys, stamp=replace(keys.stamp, measure=measure), rows={r: key for r, key in keys.rows.items() if r in held},
            elsewhere=frozenset(everywhere) - held,
        )
        for measure, held in own.items()
    )  # fmt: skip


def measure_at(form: Form, text: str) -> str:
    """Return the measure that a row key of a list names, "" for none."""
    key = parse_row_key(text)
    if key is None or key.row not in form.layout.chains or not form.layout.of_measure(key.row):
        return ""
    return key.blocks[0] if key.blocks else ""


def read_keyed(form: Form, rows: Rows, keys: Keys, targets: Targets) -> Filled:
    """Read a measure by its keys."""
    lost = targets.columns - keys.columns.keys()
    # Not worth caching: without a column it depends on texts, and in a list no two measures have the same keys.
    if lost or form.layout.is_list:
        placement = _placement(form, rows, keys.rows, keys.columns, targets)
    else:
        placement = _known_placement(form, keys.places, targets)
    width = len(rows[0])  # blank columns at the right are not part of it
    values = {ref: rows[r - 1][c - 1] if c <= width else "" for ref, (r, c) in placement.at.items()}
    last = max((row - 1 for row, _ in placement.at.values()), default=keys.top)
    unkeyed = (r for r in range(keys.top + 1, len(rows)) if r not in keys.rows and r not in keys.elsewhere)
    inserted = tuple(r + 1 for r in unkeyed if r < last or any(rows[r]))
    columns = _unkeyed_columns(rows, keys)
    return Filled(form, keys, targets, values, placement, inserted, columns, tuple(sorted(lost)))


@lru_cache(maxsize=SHAPES)
def _known_placement(form: Form, places: KeyPlaces, targets: Targets) -> Placement:
    return _placement(form, (), dict(places[0]), dict(places[1]), targets)


def _placement(
    form: Form, rows: Rows, keys: Mapping[int, str], columns: Mapping[str, int], targets: Targets
) -> Placement:
    """Find the texts of a measure by its keys. If the form shows a text in several cells, the input counts."""
    at: dict[Ref, tuple[int, int]] = {}
    inputs: set[Ref] = set()
    seen: set[str] = set()
    copied = []
    for r, text in keys.items():
        key = parse_row_key(text)
        if text in seen:
            copied.append(r + 1)
        if text in seen or key is None:
            continue
        seen.add(text)
        ids = key.ids(of_measure=bool(measure_at(form, text)))
        for target in targets.get(key.row, ()):
            ref = None if key.later and target.spanning else target.ref(ids)
            if ref is None or (not target.unlocked and ref in inputs):
                continue
            column = target.column(rows, r, columns)
            if column is not None:
                at[ref] = r + 1, column + 1
                if target.unlocked:
                    inputs.add(ref)
    return Placement(at, tuple(copied))


def _unkeyed_columns(rows: Rows, keys: Keys) -> tuple[int, ...]:
    """Return the columns without a key (1-based) that lie among the keyed ones or hold something."""
    keyed = set(keys.columns.values())
    last = max(keyed, default=keys.left)
    unkeyed = (c for c in range(keys.left + 1, len(rows[0]) if rows else 0) if c not in keyed)
    own = [row for r, row in enumerate(rows) if r > keys.top and r not in keys.elsewhere]
    return tuple(c + 1 for c in unkeyed if c < last or any(row[c] for row in own))

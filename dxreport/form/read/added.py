"""Find the items that a department added itself: rows inserted or copied next to a block, as many as the block has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...domain.fields import NAMED_BY, ItemList, Ref
from ..blocks import Block
from ..row_key import template_row
from .sheet import Filled, Keys, Rows


@dataclass(frozen=True, slots=True)
class Added:
    """An added item, with id ``+1``, ``+2`` …: its texts and places as in ``Filled``, and its rows (1-based)."""

    part: ItemList
    values: dict[Ref, str]
    at: dict[Ref, tuple[int, int]]
    rows: tuple[int, ...]


def added_items(rows: Rows, filled: Filled) -> tuple[Added, ...]:
    """Return the items written in rows without a key of their own, if these can only be further items of a list."""
    columns = filled.keys.columns
    lists = dict(_lists(filled.form.layout.nodes))
    out: list[Added] = []
    for group in _consecutive(sorted({*filled.copied, *filled.inserted})):
        block = _block_at(lists, filled.keys, group)
        height = block.last - block.first + 1 if block else 0
        if block is None or len(group) % height:
            continue
        for start in range(0, len(group), height):
            numbers, item = group[start : start + height], f"+{len(out) + 1}"
            at = {
                Ref(target.spec.key, item, target.period): (number, columns[target.columns[0]] + 1)
                for row, number in enumerate(numbers, block.first)
                for target in filled.targets.get(row, ())
                if target.item_at and target.columns[0] in columns
            }
            values = {ref: rows[row - 1][column - 1] for ref, (row, column) in at.items()}
            if not _is_remark(lists[block], values):
                out.append(Added(lists[block], values, at, tuple(numbers)))
    return tuple(out)


def _is_remark(part: ItemList, values: Mapping[Ref, str]) -> bool:
    """Return True if the rows hold nothing, or a single text while the cell for an item's name is blank."""
    written = [ref.field for ref, text in values.items() if text and ref.field != "activity.plan_label"]
    name = NAMED_BY.get(part.prefix)
    nameless = any(ref.field == name for ref in values) and name not in written
    return not written or (len(written) == 1 and nameless)


def _lists(nodes: Iterable[Block | int]) -> Iterator[tuple[Block, ItemList]]:
    """Yield each block of plain rows that repeats one list, with that list."""
    for node in nodes:
        if isinstance(node, int) or not node.loops:
            continue
        part = node.loops[0].variable.part
        if node.loops[0].over_measures:
            yield from _lists(node.children)
        elif part and len(node.loops) == 1 and all(isinstance(child, int) for child in node.children):
            yield node, part


def _consecutive(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of consecutive numbers: within a run, number and position differ by a constant."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        yield [number for _, number in run]


def _block_at(blocks: Iterable[Block], keys: Keys, group: Sequence[int]) -> Block | None:
    """Return the block that these rows directly follow or precede."""
    above, own, below = (template_row(keys.rows.get(r, "")) for r in (group[0] - 2, group[0] - 1, group[-1]))
    return next((b for b in blocks if own in (0, b.first) and (above == b.last or below == b.first)), None)

"""Find the items that a department added itself: rows inserted or copied next to a block, as many as it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...domain.model import ItemList, Ref
from ..blocks import Block
from ..records import Form
from .sheet import Filled, Targets, columns_of, find_stamp, targets_of

_KEY = re.compile(r"r([0-9]+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Added:
    """An added item: ``values`` as the file's reader returned them, with item id ``+1``, ``+2`` …; ``rows`` 1-based."""

    part: ItemList
    values: dict[Ref, Any]
    at: dict[Ref, tuple[int, int]]
    rows: tuple[int, ...]


def added_items(
    form: Form, rows: Sequence[Sequence[Any]], filled: Filled, *, quarter: int, year: int
) -> tuple[Added, ...]:
    """Return what was written in rows without a key of their own and can only be a further item of a list."""
    found = find_stamp(rows)
    if found is None:
        return ()
    _, top, left = found
    columns, targets = columns_of(rows[top], left), targets_of(form, quarter, year)
    blocks = [node for node in form.layout.nodes if isinstance(node, Block) and _is_list(node)]
    out: list[Added] = []
    for group in _consecutive(sorted({*filled.copied, *filled.inserted})):
        block = _block_at(blocks, rows, left, group)
        height = block.last - block.first + 1 if block else 0
        if block is None or len(group) % height:
            continue
        for start in range(0, len(group), height):
            own = [(number, rows[number - 1]) for number in group[start : start + height]]
            item = _item(block, own, columns, targets, f"+{len(out) + 1}")
            if item is not None:
                out.append(item)
    return tuple(out)


def _is_list(block: Block) -> bool:
    return (
        len(block.loops) == 1
        and block.loops[0].variable.part is not None
        and all(isinstance(c, int) for c in block.children)
    )


def _consecutive(numbers: list[int]) -> Iterator[list[int]]:
    """Runs of consecutive numbers: in each, number and position differ by the same amount."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        yield [number for _, number in run]


def _block_at(blocks: list[Block], rows: Sequence[Sequence[Any]], left: int, group: list[int]) -> Block | None:
    """The block that the rows directly follow or precede."""
    above, below = _template_row(rows, left, group[0] - 2), _template_row(rows, left, group[-1])
    own = _template_row(rows, left, group[0] - 1)
    for block in blocks:
        if own in (0, block.first) and (above == block.last or below == block.first):
            return block
    return None


def _template_row(rows: Sequence[Sequence[Any]], left: int, index: int) -> int:
    key = rows[index][left] if 0 <= index < len(rows) and left < len(rows[index]) else ""
    match = _KEY.match(key) if isinstance(key, str) else None
    return int(match[1]) if match else 0


def _item(
    block: Block, rows: Sequence[tuple[int, Sequence[Any]]], columns: Mapping[str, int], targets: Targets, item: str
) -> Added | None:
    """The item in ``rows`` (with their numbers) of a block; None where nothing was written."""
    part = block.loops[0].variable.part
    values: dict[Ref, Any] = {}
    at: dict[Ref, tuple[int, int]] = {}
    for template_row, (number, row) in zip(range(block.first, block.last + 1), rows, strict=True):
        for target in targets.get(f"r{template_row}", ()):
            column = columns.get(target.columns[0])
            if target.item_at is None or column is None:
                continue
            ref = Ref(target.field, item, target.period)
            values[ref] = row[column] if column < len(row) else ""
            at[ref] = (number, column + 1)
    written = any(value != "" for ref, value in values.items() if ref.field != "activity.plan_label")
    return Added(part, values, at, tuple(number for number, _ in rows)) if part and written else None

"""Items that a department added to a sheet itself: rows inserted or copied behind a block, as many as it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...domain.model import ItemList, Ref
from ..blocks import Block
from ..records import Form
from .sheet import Filled, columns_of, find_stamp, targets_of

_KEY = re.compile(r"r([0-9]+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Added:
    """An added item: ``values`` as the file's reader gave them, under the item id ``+1``, ``+2`` …; ``rows`` 1-based."""

    part: ItemList
    values: dict[Ref, Any]
    at: dict[Ref, tuple[int, int]]
    rows: tuple[int, ...]


def added_items(
    form: Form, rows: Sequence[Sequence[Any]], filled: Filled, *, quarter: int, year: int
) -> tuple[Added, ...]:
    """What stands in rows without a key of their own and can only be a further item of a list."""
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
            item = _item(block, group[start : start + height], rows, columns, targets, len(out) + 1)
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
    group: list[int] = []
    for n in numbers:
        if group and n != group[-1] + 1:
            yield group
            group = []
        group.append(n)
    if group:
        yield group


def _block_at(blocks: list[Block], rows: Sequence[Sequence[Any]], left: int, group: list[int]) -> Block | None:
    """The block that the rows stand right behind, or right before."""
    above, below = _template_row(rows, left, group[0] - 2), _template_row(rows, left, group[-1])
    own = _template_row(rows, left, group[0] - 1)
    for block in blocks:
        if own and own != block.first:
            continue
        if above == block.last or below == block.first:
            return block
    return None


def _template_row(rows: Sequence[Sequence[Any]], left: int, index: int) -> int:
    key = rows[index][left] if 0 <= index < len(rows) and left < len(rows[index]) else ""
    match = _KEY.match(key) if isinstance(key, str) else None
    return int(match[1]) if match else 0


def _item(
    block: Block, numbers: list[int], rows: Sequence[Sequence[Any]], columns: dict[str, int], targets, n: int
) -> Added | None:
    part = block.loops[0].variable.part
    values: dict[Ref, Any] = {}
    at: dict[Ref, tuple[int, int]] = {}
    for template_row, number in zip(range(block.first, block.last + 1), numbers, strict=True):
        row = rows[number - 1]
        for target in targets.get(f"r{template_row}", ()):
            column = columns.get(target.columns[0])
            if target.item_at is None or column is None:
                continue
            ref = Ref(target.field, f"+{n}", target.period)
            values[ref] = row[column] if column < len(row) else ""
            at[ref] = (number, column + 1)
    says = any(value != "" for ref, value in values.items() if ref.field != "activity.plan_label")
    return Added(part, values, at, tuple(numbers)) if part and says else None

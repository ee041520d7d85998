"""The control column: ``{% for … %}`` and ``{% if … %}`` make blocks of whole rows.

A block reaches from the row of its opening tag to the row of its closing tag, both included.
Two ``for`` tags in one cell that end in the same row stand side by side: the block has as
many copies as the longer list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .expressions import MEASURE, Condition, Consequence, Fault, Variable, condition, loop_variable

_TAG = re.compile(r"\{%-?\s*(.*?)\s*-?%\}", re.S)
_MEANT = re.compile(r"\b(?:for\s+\w+\s+in\s+[^%}\n]*|endfor\b|endif\b)")
_FOR = re.compile(
    r"for\s+([A-Za-z_]\w*)\s+in\s+([A-Za-z_][\w.]*)\s*(?:\|\s*at_least\((.*?)\)\s*)?(?:\|\s*spare\(\s*([0-9]+)\s*\)\s*)?",
    re.S,
)


@dataclass(frozen=True, slots=True)
class Loop:
    """One ``for``: its variable, where its list stands (slot and attribute), the least number of items.

    ``spare`` is how many empty ones follow the last where departments may add to the list.
    """

    variable: Variable
    source_slot: int
    attribute: str
    at_least: Condition | None = None
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``first``–``last`` of the template, repeated by ``loops`` or shown under ``condition``."""

    first: int
    last: int
    children: tuple[Block | int, ...]
    loops: tuple[Loop, ...] = ()
    condition: Condition | None = None


@dataclass
class _Open:
    row: int
    loop: Loop | None = None
    condition: Condition | None = None
    known: dict[str, Variable] | None = None
    blocks: list[Block] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a form as a tree, and what each row can name.

    ``nodes`` holds row numbers and blocks in order; ``variables`` the names in scope of each row;
    ``chains`` the blocks that a row stands in, outermost first; ``slots`` the number of variables.
    """

    nodes: tuple[Block | int, ...]
    variables: Mapping[int, Mapping[str, Variable]]
    chains: Mapping[int, tuple[Block, ...]]
    slots: int

    def common_depth(self, top: int, bottom: int) -> int:
        """How many blocks hold both rows."""
        depth = 0
        for a, b in zip(self.chains[top], self.chains[bottom], strict=False):
            if a is not b:
                break
            depth += 1
        return depth


def layout(controls: Mapping[int, str], last_row: int, report: Callable[[int, str], None]) -> Layout:
    """The layout of rows 2–``last_row``; ``controls`` holds the texts of column A by row.

    Faults go to ``report(row, message)``; what can be understood is still laid out.
    """
    blocks, scopes, slots = _match_tags(controls, last_row, report)
    nodes = _nest(_side_by_side(blocks, report), 2, last_row)
    chains: dict[int, tuple[Block, ...]] = {}
    _chain(nodes, (), chains)
    return Layout(nodes, scopes, chains, slots)


def _match_tags(controls: Mapping[int, str], last_row: int, report: Callable[[int, str], None]):
    """Pair opening and closing tags; gives flat blocks (with their nesting order), scopes by row, slots."""
    stack: list[_Open] = []
    blocks: list[Block] = []
    scopes: dict[int, dict[str, Variable]] = {}
    known: dict[str, Variable] = {"measure": MEASURE}
    slots = 1
    for row in range(2, last_row + 1):
        closing: list[str] = []
        for tag in _tags(controls.get(row, ""), row, report):
            if tag in ("endfor", "endif"):
                closing.append(tag)
                continue
            opened = _opened(tag, row, slots, known, report)
            stack.append(opened)
            opened.known = known
            if opened.loop:
                slots += 1
                known = {**known, opened.loop.variable.name: opened.loop.variable}
            elif broken := re.match(r"for\s+([A-Za-z_]\w*)", tag):
                known = {**known, broken[1]: Variable(broken[1], 0, broken=True)}
        scopes[row] = known
        for tag in closing:
            if not stack:
                report(row, f"{{% {tag} %}} に対応する始まりがありません。")
                continue
            opened = stack.pop()
            if tag != (wanted := "endif" if opened.condition else "endfor" if opened.loop else tag):
                report(
                    row,
                    f"{opened.row} 行目で始まった繰り返しや条件の終わりには、{{% {tag} %}} ではなく {{% {wanted} %}} を書いてください。",
                )
            known = opened.known or known
            blocks.append(Block(opened.row, row, (), (opened.loop,) if opened.loop else (), opened.condition))
    for opened in stack:
        report(
            opened.row,
            "始まった {% … %} が閉じられていません。最後の行の A 列に {% endfor %}（または {% endif %}）を書いてください。",
        )
    return blocks, scopes, slots


def _tags(text: str, row: int, report: Callable[[int, str], None]) -> list[str]:
    """The tags of a control cell; one that is written wrong is told here, and taken for what it was meant to be."""
    if "｛" in text or "％" in text:
        report(row, "全角の ｛ ｝ ％ は使えません。半角の {% %} で書いてください。")
        text = unicodedata.normalize("NFKC", text)
    elif _TAG.sub("", text).strip():
        report(
            row, f"A 列は制御列です。{{% for … %}} と {{% endfor %}} のほかは書けません（「{text.strip()[:30]}」）。"
        )
    return _TAG.findall(text) or [tag.strip() for tag in _MEANT.findall(text)]


def _opened(tag: str, row: int, slot: int, known: Mapping[str, Variable], report: Callable[[int, str], None]) -> _Open:
    """What an opening tag opens; a block of nothing where it cannot be read."""
    try:
        return _open(tag, row, slot, known)
    except Consequence:
        pass
    except Fault as fault:
        report(row, str(fault))
    return _Open(row)


def _open(tag: str, row: int, slot: int, known: Mapping[str, Variable]) -> _Open:
    if match := _FOR.fullmatch(tag):
        name, path = match[1], tuple(match[2].split("."))
        variable = loop_variable(name, path, slot, known)
        at_least = condition(match[3], known) if match[3] else None
        return _Open(row, Loop(variable, known[path[0]].slot, path[1], at_least, int(match[4] or 0)))
    if tag.startswith("if "):
        return _Open(row, condition=condition(tag[3:], known))
    raise Fault(f"{{% {tag} %}} は使えません。{{% for activity in measure.activities %}} のように書いてください。")


def _side_by_side(blocks: list[Block], report: Callable[[int, str], None]) -> list[Block]:
    """Loops over the same rows, neither of which runs over the other's items, become one block.

    Quarters and years stand beside each other only: there are four of them, however long another list is.
    """
    merged: list[Block] = []
    for block in blocks:
        twin = next(
            (b for b in merged if (b.first, b.last) == (block.first, block.last) and b.loops and block.loops), None
        )
        if twin is not None and not any(inner.source_slot == block.loops[0].variable.slot for inner in twin.loops):
            merged.remove(twin)
            if len({bool(loop.variable.periods_of) for loop in (*block.loops, *twin.loops)}) > 1:
                report(
                    block.first,
                    "四半期や年度の繰り返しは、ほかの一覧の繰り返しと同じ行に並べられません。別の行に分けてください。",
                )
            block = Block(block.first, block.last, (), (*block.loops, *twin.loops))
        merged.append(block)
    return merged


def _nest(blocks: list[Block], first: int, last: int) -> tuple[Block | int, ...]:
    """The tree of rows ``first``–``last``. Inner blocks were closed earlier, so they stand earlier in the list."""
    nodes: list[Block | int] = []
    row = first
    while row <= last:
        starting = [b for b in blocks if b.first == row and b.last <= last]
        if not starting:
            nodes.append(row)
            row += 1
            continue
        outer = max(starting, key=lambda b: (b.last, blocks.index(b)))
        inner = [b for b in blocks if b is not outer and outer.first <= b.first and b.last <= outer.last]
        children = _nest(inner, outer.first, outer.last)
        nodes.append(Block(outer.first, outer.last, children, outer.loops, outer.condition))
        row = outer.last + 1
    return tuple(nodes)


def _chain(nodes: tuple[Block | int, ...], above: tuple[Block, ...], out: dict[int, tuple[Block, ...]]) -> None:
    for node in nodes:
        if isinstance(node, int):
            out[node] = above
        else:
            _chain(node.children, (*above, node), out)

"""The control column: ``{% for … %}`` and ``{% if … %}`` make blocks of whole rows.

A block runs from the row of its opening tag through the row of its closing tag. Two ``for`` tags in one cell that end
in the same row run in parallel: the block has as many copies as the longer list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..domain.fields import Catalogue
from .expressions import Computed, condition
from .faults import TemplateFaults, TextFault
from .variables import MEASURES, Variable, loop_variable

_TAG = re.compile(r"\{%-?\s*(.*?)\s*-?%\}", re.S)
_MEANT = re.compile(r"\b(?:for\s+\w+\s+in\s+[^%}\n]*|endfor\b|endif\b)")
_FOR = re.compile(
    r"for\s+([^\W\d]\w*)\s+in\s+([^\W\d][\w.]*)\s*(?:\|\s*at_least\((.*?)\)\s*)?(?:\|\s*spare\(\s*([0-9]+)\s*\)\s*)?",
    re.S,
)
_CLOSING = ("endfor", "endif")
_LIST = re.compile(rf"\bfor\s+\w+\s+in\s+{MEASURES}\b")


@dataclass(frozen=True, slots=True)
class Loop:
    """One ``{% for %}``: its variable, and the minimum number of items.

    ``spare`` is the number of empty items that follow the last one if departments may add to the list.
    """

    variable: Variable
    at_least: Computed | None = None
    spare: int = 0

    @property
    def over_measures(self) -> bool:
        """True if the loop repeats the measures of a list."""
        return self.variable.slot == 0


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``first``–``last`` of the template, repeated by ``loops`` or shown under ``condition``."""

    first: int
    last: int
    children: tuple[Block | int, ...]
    loops: tuple[Loop, ...] = ()
    condition: Computed | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a form as a tree, and the names that each row can use.

    ``nodes`` holds row numbers and blocks in order, ``variables`` the names in scope of each row, ``chains`` the
    blocks around each row, outermost first, and ``slots`` the number of variables. ``is_list`` is True if a sheet holds
    all measures of a department instead of one.
    """

    nodes: tuple[Block | int, ...]
    variables: Mapping[int, Mapping[str, Variable]]
    chains: Mapping[int, tuple[Block, ...]]
    slots: int
    is_list: bool

    def of_measure(self, row: int) -> bool:
        """Return True if a row is repeated for each measure of a list."""
        return any(loop.over_measures for block in self.chains[row] for loop in block.loops)

    def common_depth(self, top: int, bottom: int) -> int:
        """Return the number of blocks that contain both rows."""
        return common_length(self.chains[top], self.chains[bottom])


def common_length(a: Sequence[object], b: Sequence[object]) -> int:
    """Return the length of the common prefix of two sequences."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def layout(controls: Mapping[int, str], last_row: int, found: TemplateFaults, measure: Variable) -> Layout:
    """Lay out rows 2–``last_row``; ``controls`` maps rows to the texts of column A.

    Faults are added to ``found`` and do not stop the layout.
    """
    reader = _ControlColumn(found, measure)
    for row in range(2, last_row + 1):
        reader.row(row, controls.get(row, ""))
    nodes = reader.nodes()
    chains = dict(_chains(nodes, ()))
    is_list = any(loop.over_measures for chain in chains.values() for block in chain for loop in block.loops)
    return Layout(nodes, reader.scopes, chains, reader.slots, is_list)


def measure_of(controls: Iterable[str], catalogue: Catalogue) -> Variable:
    """Return ``measure`` as it is outside ``{% for measure in measures %}``; ``controls`` are the texts of column A."""
    is_list = any(_LIST.search(text) for text in controls)
    return Variable("measure", 0, catalogue=catalogue, outside=is_list)


@dataclass(slots=True)
class _Open:
    """An opening tag that is not closed yet: the names known before it, and its children so far."""

    row: int
    known: Mapping[str, Variable]
    loop: Loop | None = None
    condition: Computed | None = None
    children: list[Block | int] = field(default_factory=list)


class _ControlColumn:
    """Builds the tree of rows from the tags, row by row."""

    def __init__(self, found: TemplateFaults, measure: Variable) -> None:
        self.scopes: dict[int, Mapping[str, Variable]] = {}
        self.slots = 1
        self._found = found
        self._known: Mapping[str, Variable] = {"measure": measure}
        self._open = [_Open(0, self._known)]  # the first entry is the sheet itself

    def row(self, row: int, text: str) -> None:
        """Read the control cell of ``row``."""
        tags = self._tags(row, text)
        for tag in (tag for tag in tags if tag not in _CLOSING):
            self._opening(row, tag)
        self.scopes[row] = self._known
        self._open[-1].children.append(row)
        for tag in (tag for tag in tags if tag in _CLOSING):
            self._closing(row, tag)

    def nodes(self) -> tuple[Block | int, ...]:
        """Return the tree; report tags that were never closed, which make no block."""
        for opened in self._open[1:]:
            message = "始まった {% … %} が閉じられていません。最後の行の A 列に {% endfor %}（または {% endif %}）を書いてください。"
            self._found.fault(message, (opened.row, 1))
        return tuple(node for opened in self._open for node in opened.children)

    def _tags(self, row: int, text: str) -> list[str]:
        """Return the tags of a control cell; report malformed ones and read them as what they probably mean."""
        if "｛" in text or "％" in text:
            self._found.fault("全角の ｛ ｝ ％ は使えません。半角の {% %} で書いてください。", (row, 1))
            text = unicodedata.normalize("NFKC", text)
        elif _TAG.sub("", text).strip():
            message = (
                f"A 列は制御列です。{{% for … %}} と {{% endfor %}} のほかは書けません（「{text.strip()[:30]}」）。"
            )
            self._found.fault(message, (row, 1))
        return _TAG.findall(text) or [tag.strip() for tag in _MEANT.findall(text)]

    def _opening(self, row: int, tag: str) -> None:
        opened = _Open(row, self._known)
        self._open.append(opened)
        try:
            self._read(tag, opened)
        except TextFault as fault:
            self._found.fault(str(fault), (row, 1))
        if opened.loop:
            self.slots += not opened.loop.over_measures
            self._known = {**self._known, opened.loop.variable.name: opened.loop.variable}
        elif broken := re.match(r"for\s+([^\W\d]\w*)", tag):
            self._known = {**self._known, broken[1]: Variable(broken[1], 0, broken=True)}

    def _read(self, tag: str, opened: _Open) -> None:
        """Set the loop or the condition of an opening tag. Raise TextFault if the tag is not understood."""
        if match := _FOR.fullmatch(tag):
            path = tuple(match[2].split("."))
            variable = loop_variable(match[1], path, self.slots, self._known)
            if not variable.slot and (match[3] or match[4]):
                raise TextFault("施策の繰り返しに at_least や spare は付けられません。")
            at_least = condition(match[3], self._known, int) if match[3] else None
            opened.loop = Loop(variable, at_least, int(match[4] or 0))
        elif tag.startswith("if "):
            opened.condition = condition(tag[3:], self._known, bool)
        else:
            raise TextFault(
                f"{{% {tag} %}} は使えません。{{% for activity in measure.activities %}} のように書いてください。"
            )

    def _closing(self, row: int, tag: str) -> None:
        if len(self._open) == 1:
            self._found.fault(f"{{% {tag} %}} に対応する始まりがありません。", (row, 1))
            return
        opened = self._open.pop()
        wanted = "endif" if opened.condition else "endfor" if opened.loop else tag
        if tag != wanted:
            message = f"{opened.row} 行目で始まった繰り返しや条件の終わりには、{{% {tag} %}} ではなく {{% {wanted} %}} を書いてください。"
            self._found.fault(message, (row, 1))
        self._known = opened.known
        loops = (opened.loop,) if opened.loop else ()
        block = _parallel(Block(opened.row, row, tuple(opened.children), loops, opened.condition))
        # The number of quarters or years is fixed, whatever the length of another list.
        if len({bool(loop.variable.periods_of) for loop in block.loops}) > 1:
            message = "四半期や年度の繰り返しは、ほかの一覧の繰り返しと同じ行に並べられません。別の行に分けてください。"
            self._found.fault(message, (block.first, 1))
        self._open[-1].children.append(block)


def _parallel(block: Block) -> Block:
    """Merge a loop with a loop inside it over the same rows, unless the inner one runs over the outer one's items.

    An ``{% if %}`` between the two moves inside the merged block.
    """
    inner = block.children[0]
    if isinstance(inner, int) or not block.loops or (inner.first, inner.last) != (block.first, block.last):
        return block
    if not inner.loops:
        joined = _parallel(replace(block, children=inner.children))
        if joined.loops == block.loops:
            return block
        return replace(joined, children=(replace(inner, children=joined.children),))
    if any(loop.variable.owner == block.loops[0].variable.slot for loop in inner.loops):
        return block
    return replace(inner, loops=(*block.loops, *inner.loops))


def _chains(nodes: tuple[Block | int, ...], around: tuple[Block, ...]) -> Iterator[tuple[int, tuple[Block, ...]]]:
    """Yield each row with the blocks around it."""
    for node in nodes:
        if isinstance(node, int):
            yield node, around
        else:
            yield from _chains(node.children, (*around, node))

"""The rows of a sheet laid against the rows of a form: the best of all ways, and whether it is the only one.

The form's layout is a graph: each template row may take one row of the sheet or stand for a row that was
removed, blocks lead back to their beginning, and a row of the sheet may belong to none. A path from end
to end is a way to read the sheet; it is worth the sum of what its steps are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..blocks import Block, Layout

NEVER = float("-inf")
_EQUAL = 1e-9
MARGIN = 1.0  # how much worth less another place for a row must be
_PASSED = 0.5  # what passing by a block costs: most are there

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of the form: its template row, and which copy of each block around it (0-based)."""

    row: int
    path: Path


@dataclass(frozen=True, slots=True)
class Ways:
    """The best way: the place of each row of the sheet (None: of no row of the form), the rows of the form that no
    row took, and the rows of the sheet (0-based) that could as well stand elsewhere."""

    places: tuple[Placed | None, ...]
    lost: tuple[Placed, ...]
    doubtful: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A step that takes no row of the sheet. ``count`` is 0 where it enters ``block``, 1 where it goes on to its next copy,
    else -1; ``lost`` is a template row that is passed by, within ``blocks``."""

    source: int
    target: int
    worth: float = 0.0
    block: int = -1
    count: int = -1
    lost: int = 0
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """A step that takes a row of the sheet as template row ``row``; ``later`` says of each block around it whether
    this is one of its further copies."""

    row: int
    later: tuple[bool, ...]
    blocks: tuple[int, ...]
    source: int
    target: int


@dataclass(slots=True)
class Graph:
    """A layout as states and steps. ``removed(row)`` is what it is worth that a template row has no row in the sheet."""

    removed: Callable[[int], float]
    takes: list[Take] = field(default_factory=list)
    edges: list[_Edge] = field(default_factory=list)
    states: int = 1
    end: int = 0
    _blocks: int = 0

    @classmethod
    def of(cls, layout: Layout, removed: Callable[[int], float]) -> Graph:
        """The graph of a form's rows."""
        graph = cls(removed)
        graph.end = graph._rows(layout.nodes, 0, (), ())
        return graph

    def _state(self) -> int:
        self.states += 1
        return self.states - 1

    def _rows(
        self, nodes: tuple[Block | int, ...], before: int, blocks: tuple[int, ...], later: tuple[bool, ...]
    ) -> int:
        """Lay out ``nodes`` from state ``before``; gives the state after them."""
        for node in nodes:
            after = self._state()
            if isinstance(node, int):
                self.takes.append(Take(node, later, blocks, before, after))
                self.edges.append(_Edge(before, after, self.removed(node), lost=node, blocks=blocks))
            else:
                self._block(node, before, after, blocks, later)
            before = after
        return before

    def _block(self, node: Block, before: int, after: int, blocks: tuple[int, ...], later: tuple[bool, ...]) -> None:
        number, self._blocks = self._blocks, self._blocks + 1
        first, blocks = self._state(), (*blocks, number)
        self.edges.append(_Edge(before, first, block=number, count=0))
        end = self._rows(node.children, first, blocks, (*later, False))
        self.edges.append(_Edge(end, after))
        self.edges.append(_Edge(before, after, -_PASSED))
        if node.loops:
            further = self._state()
            self.edges.append(_Edge(end, further, block=number, count=1))
            end = self._rows(node.children, further, blocks, (*later, True))
            self.edges.append(_Edge(end, after))
            self.edges.append(_Edge(end, further, block=number, count=1))


def best_way(graph: Graph, worth: Sequence[Sequence[float]], skipped: Sequence[float]) -> Ways:
    """Lay the rows of a sheet on a graph.

    ``worth[i][k]`` is what it is worth that ``graph.takes[k]`` takes sheet row ``i`` (``NEVER``: it cannot), ``skipped[i]`` that
    it is no row of the form.
    """
    forward, steps = _forward(graph, worth, skipped)
    backward = _backward(graph, worth, skipped)
    places, lost = _trace(graph, steps)
    doubtful = tuple(
        i
        for i in range(len(worth))
        if _rival(graph, i, places[i], forward, backward, worth, skipped) > backward[0][0] - MARGIN
    )
    return Ways(tuple(places), tuple(lost), doubtful)


_Step = _Edge | tuple[Take | None, int] | None  # (what takes the row of the sheet, or None; state before)


def _forward(
    graph: Graph, worth: Sequence[Sequence[float]], skipped: Sequence[float]
) -> tuple[list[list[float]], list[list[_Step]]]:
    """The worth of the best way to each state before each row of the sheet, and its last step."""
    now = [NEVER] * graph.states
    now[0] = 0.0
    last: list[_Step] = [None] * graph.states
    values, steps = [], []
    for i in range(len(worth) + 1):
        _relax(graph, now, last)
        values.append(now)
        steps.append(last)
        if i == len(worth):
            break
        after: list[float] = [value + skipped[i] for value in now]
        taken: list[_Step] = [(None, state) for state in range(graph.states)]
        for take, value in zip(graph.takes, worth[i], strict=True):
            if now[take.source] + value > after[take.target]:
                after[take.target] = now[take.source] + value
                taken[take.target] = (take, take.source)
        now, last = after, taken
    return values, steps


def _relax(graph: Graph, now: list[float], last: list[_Step]) -> None:
    changed = True
    while (
        changed
    ):  # the edges stand in order but for the steps back into a block, which are never worth more than nothing
        changed = False
        for edge in graph.edges:
            value = now[edge.source] + edge.worth
            if value > now[edge.target] + _EQUAL:
                now[edge.target], last[edge.target], changed = value, edge, True


def _backward(graph: Graph, worth: Sequence[Sequence[float]], skipped: Sequence[float]) -> list[list[float]]:
    """The worth of the best way from each state before each row of the sheet to the end."""
    now = [NEVER] * graph.states
    now[graph.end] = 0.0
    out = []
    for i in range(len(worth), -1, -1):
        if i < len(worth):
            before = [value + skipped[i] for value in now]
            for take, value in zip(graph.takes, worth[i], strict=True):
                before[take.source] = max(before[take.source], now[take.target] + value)
            now = before
        changed = True
        while changed:
            changed = False
            for edge in reversed(graph.edges):
                value = now[edge.target] + edge.worth
                if value > now[edge.source] + _EQUAL:
                    now[edge.source], changed = value, True
        out.append(now)
    return out[::-1]


def _trace(graph: Graph, steps: list[list[_Step]]) -> tuple[list[Placed | None], list[Placed]]:
    """The best way from its last step to its first, then counted through."""
    way: list[tuple[int, _Edge | Take]] = []
    i, state = len(steps) - 1, graph.end
    while (step := steps[i][state]) is not None:
        if isinstance(step, _Edge):
            way.append((i, step))
            state = step.source
        else:
            i -= 1
            if step[0] is not None:
                way.append((i, step[0]))
            state = step[1]
    counts: dict[int, int] = {}
    places: list[Placed | None] = [None] * (len(steps) - 1)
    lost = []
    for i, step in reversed(way):
        if isinstance(step, Take):
            places[i] = Placed(step.row, tuple(counts[block] for block in step.blocks))
        elif step.count >= 0:
            counts[step.block] = counts[step.block] + 1 if step.count else 0
        elif step.lost:
            lost.append(Placed(step.lost, tuple(counts[block] for block in step.blocks)))
    return places, lost


def _rival(
    graph: Graph,
    i: int,
    place: Placed | None,
    forward: list[list[float]],
    backward: list[list[float]],
    worth: Sequence[Sequence[float]],
    skipped: Sequence[float],
) -> float:
    """What the best way is worth that reads row ``i`` otherwise."""
    best = NEVER
    if place is not None:
        best = max(a + b for a, b in zip(forward[i], backward[i + 1], strict=True)) + skipped[i]
    for take, value in zip(graph.takes, worth[i], strict=True):
        if place is None or take.row != place.row:
            best = max(best, forward[i][take.source] + value + backward[i + 1][take.target])
    return best

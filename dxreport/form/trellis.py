"""The rows of a sheet laid against the rows of a form: the best of all ways, and whether it is the only one.

The form's layout is a graph: each template row may take one row of the sheet or stand for a row that was
removed, blocks lead back to their beginning, and a row of the sheet may belong to none. A path from end
to end is a way to read the sheet; it is worth the sum of what its steps are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .blocks import Block, Layout

_NEVER = float("-inf")
MARGIN = 1.0  # how much worth less another place for a row must be
_PASSED = 0.5  # what passing by a block costs: most are there

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row of the sheet belongs: its template row, and which copy of each block around it (0-based)."""

    row: int
    path: Path


@dataclass(frozen=True, slots=True)
class Ways:
    """The best way: the place of each row of the sheet (None: of no row of the form), the template rows that no
    row took, and the rows (0-based) that could as well stand elsewhere."""

    places: tuple[Placed | None, ...]
    lost: tuple[int, ...]
    doubtful: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A step that takes no row of the sheet: to another state; ``count`` is -1 (none), 0 (enter a block) or 1 (its next copy)."""

    source: int
    target: int
    worth: float = 0.0
    block: int = -1
    count: int = -1
    lost: int = 0


@dataclass(slots=True)
class Graph:
    """The layout as states and steps; ``takes`` are (template row, state before, state after)."""

    takes: list[tuple[int, int, int]] = field(default_factory=list)
    edges: list[_Edge] = field(default_factory=list)
    blocks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    states: int = 1
    made: int = 0

    def _state(self) -> int:
        self.states += 1
        return self.states - 1

    def rows(self, nodes: tuple[Block | int, ...], before: int, chain: tuple[int, ...], removed: Callable[[int], float]) -> int:
        """Lay out ``nodes`` from state ``before``; gives the state after them."""
        for node in nodes:
            after = self._state()
            if isinstance(node, int):
                self.takes.append((node, before, after))
                self.edges.append(_Edge(before, after, removed(node), lost=node))
                self.blocks[node] = chain
            else:
                self._block(node, before, after, chain, removed)
            before = after
        return before

    def _block(self, node: Block, before: int, after: int, chain: tuple[int, ...], removed: Callable[[int], float]) -> None:
        number, self.made = self.made, self.made + 1
        inside = self._state()
        self.edges.append(_Edge(before, inside, block=number, count=0))
        end = self.rows(node.children, inside, (*chain, number), removed)
        self.edges.append(_Edge(end, after))
        self.edges.append(_Edge(before, after, -_PASSED))
        if node.loops:
            self.edges.append(_Edge(end, inside, block=number, count=1))


def best_way(
    layout: Layout,
    removed: Callable[[int], float],
    worth: Sequence[Mapping[int, float]],
    skipped: Sequence[float],
) -> Ways:
    """Lay rows against the layout.

    ``worth[i][row]`` is what it is worth that sheet row ``i`` is template row ``row`` (none: it cannot be), ``skipped[i]``
    that it is none, ``removed(row)`` that a template row has no row in the sheet.
    """
    graph = Graph()
    end = graph.rows(layout.nodes, 0, (), removed)
    forward, steps = _forward(graph, worth, skipped)
    backward = _backward(graph, end, worth, skipped)
    places, lost = _trace(graph, end, steps)
    doubtful = tuple(
        i for i in range(len(worth)) if _rival(graph, i, places[i], forward, backward, worth, skipped) > backward[0][0] - MARGIN
    )
    return Ways(tuple(places), tuple(lost), doubtful)


_Step = _Edge | tuple[int, int] | None  # (template row or 0, state before) for a row of the sheet


def _forward(
    graph: Graph, worth: Sequence[Mapping[int, float]], skipped: Sequence[float]
) -> tuple[list[list[float]], list[list[_Step]]]:
    """The worth of the best way to each state before each row of the sheet, and its last step."""
    now = [_NEVER] * graph.states
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
        taken: list[_Step] = [(0, state) for state in range(graph.states)]
        for row, source, target in graph.takes:
            if row in worth[i] and now[source] + worth[i][row] > after[target]:
                after[target] = now[source] + worth[i][row]
                taken[target] = (row, source)
        now, last = after, taken
    return values, steps


def _relax(graph: Graph, now: list[float], last: list[_Step]) -> None:
    changed = True
    while changed:  # steps back into a block are few, and never worth more than nothing
        changed = False
        for edge in graph.edges:
            value = now[edge.source] + edge.worth
            if value > now[edge.target] + 1e-9:
                now[edge.target], last[edge.target], changed = value, edge, True


def _backward(
    graph: Graph, end: int, worth: Sequence[Mapping[int, float]], skipped: Sequence[float]
) -> list[list[float]]:
    """The worth of the best way from each state before each row of the sheet to the end."""
    now = [_NEVER] * graph.states
    now[end] = 0.0
    out = []
    for i in range(len(worth), -1, -1):
        if i < len(worth):
            before = [value + skipped[i] for value in now]
            for row, source, target in graph.takes:
                if row in worth[i]:
                    before[source] = max(before[source], now[target] + worth[i][row])
            now = before
        changed = True
        while changed:
            changed = False
            for edge in reversed(graph.edges):
                value = now[edge.target] + edge.worth
                if value > now[edge.source] + 1e-9:
                    now[edge.source], changed = value, True
        out.append(now)
    return out[::-1]


def _trace(graph: Graph, end: int, steps: list[list[_Step]]) -> tuple[list[Placed | None], list[int]]:
    """The best way from its last step to its first, then counted through."""
    way: list[tuple[int, _Step]] = []
    i, state = len(steps) - 1, end
    while (step := steps[i][state]) is not None:
        if isinstance(step, _Edge):
            way.append((i, step))
            state = step.source
        else:
            i -= 1
            way.append((i, step))
            state = step[1]
    counts: dict[int, int] = {}
    places: list[Placed | None] = [None] * (len(steps) - 1)
    lost = []
    for i, step in reversed(way):
        if isinstance(step, _Edge):
            if step.count >= 0:
                counts[step.block] = counts[step.block] + 1 if step.count else 0
            if step.lost:
                lost.append(step.lost)
        elif step[0]:
            places[i] = Placed(step[0], tuple(counts[block] for block in graph.blocks[step[0]]))
    return places, lost


def _rival(
    graph: Graph,
    i: int,
    place: Placed | None,
    forward: list[list[float]],
    backward: list[list[float]],
    worth: Sequence[Mapping[int, float]],
    skipped: Sequence[float],
) -> float:
    """What the best way is worth that reads row ``i`` otherwise."""
    best = _NEVER
    if place is not None:
        best = max(a + b for a, b in zip(forward[i], backward[i + 1], strict=True)) + skipped[i]
    for row, source, target in graph.takes:
        if (place is None or row != place.row) and row in worth[i]:
            best = max(best, forward[i][source] + worth[i][row] + backward[i + 1][target])
    return best

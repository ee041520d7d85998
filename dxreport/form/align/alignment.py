"""Assign the rows of a sheet to the rows of a form, in order, with the highest total score.

The form is a graph of places and steps between them: over a row, into a block, back for its next copy, out of it. A
path through it takes each row of the sheet with a step over a row, or skips it; a step over a row that takes none means
that the row was removed. Every step and every skipped row has a score, and dynamic programming finds the path with the
highest total. Sums from both ends also show how good the best path is that places a row elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..blocks import Block, Layout

NEVER = float("-inf")
MARGIN = 1.0  # the best path must beat every path that places a row elsewhere by this much
_WITHOUT_BLOCK = -0.5  # the score for leaving out a block, since most blocks are there
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of the form: its template row, and the copy (0-based) of each block around it."""

    row: int
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best path: the place of each row of the sheet (None: skipped), and the rows of the form that were removed.

    ``doubtful`` are the rows of the sheet (0-based) whose place is in doubt.
    """

    places: tuple[Placed | None, ...]
    removed: tuple[Placed, ...]
    doubtful: tuple[int, ...]


class PathStep(NamedTuple):
    """A step between two places, and its score if it takes no row of the sheet.

    ``row`` is the template row it leads over, 0 for none; ``later`` tells for each block around that row if this is
    its second or a later copy. ``block`` is "in", "next" or "out" if the step enters, repeats or leaves a block.
    """

    source: int
    target: int
    score: float = 0.0
    row: int = 0
    later: tuple[bool, ...] = ()
    block: str = ""


class FormSteps:
    """The steps through a form; place 0 is its beginning, ``end`` its end."""

    def __init__(self, layout: Layout, removed: Callable[[int], float]) -> None:
        """Build the steps; ``removed(row)`` is the score for a template row that is missing from the sheet."""
        self.steps: list[PathStep] = []
        self.places = 1
        self._removed = removed
        self.end = self._along(layout.nodes, 0, ())
        self.row_steps = [step for step in self.steps if step.row]

    def _along(self, nodes: Iterable[Block | int], place: int, later: tuple[bool, ...]) -> int:
        """Add the steps over ``nodes`` from ``place``; return the place after them."""
        for node in nodes:
            after = self._place()
            if isinstance(node, int):
                self.steps.append(PathStep(place, after, self._removed(node), node, later))
            else:
                self.steps.append(PathStep(place, after, _WITHOUT_BLOCK))
                first, end = self._copy(node, place, after, "in", later)
                if node.loops:
                    first, end = self._copy(node, end, after, "next", later)
                    self.steps.append(PathStep(end, first, block="next"))
            place = after
        return place

    def _copy(self, block: Block, before: int, after: int, how: str, later: tuple[bool, ...]) -> tuple[int, int]:
        """Add the steps through a copy of a block; return its first and its last place."""
        first = self._place()
        self.steps.append(PathStep(before, first, block=how))
        end = self._along(block.children, first, (*later, how == "next"))
        self.steps.append(PathStep(end, after, block="out"))
        return first, end

    def _place(self) -> int:
        self.places += 1
        return self.places - 1

    def sums(
        self, score: Sequence[Sequence[float]], skipped: Sequence[float], *, backwards: bool = False
    ) -> list[list[float]]:
        """Return the best score from the beginning to each place, before each row of the sheet and after the last.

        With ``backwards``, return the best score from each place to the end. ``score`` and ``skipped`` are as in
        :func:`best_alignment`.
        """
        moves = [(step.source, step.target, step.score) for step in self.steps]
        takes = [(step.source, step.target) for step in self.row_steps]
        start = 0
        if backwards:
            moves = [(target, source, value) for source, target, value in reversed(moves)]
            takes = [(target, source) for source, target in takes]
            start, score, skipped = self.end, score[::-1], skipped[::-1]
        now = [NEVER] * self.places
        now[start] = 0.0
        out = [_relaxed(now, moves)]
        for values, skip in zip(score, skipped, strict=True):
            after = [value + skip for value in now]
            for (source, target), value in zip(takes, values, strict=True):
                if now[source] + value > after[target]:
                    after[target] = now[source] + value
            now = _relaxed(after, moves)
            out.append(now)
        return out[::-1] if backwards else out


def _relaxed(now: list[float], moves: Sequence[tuple[int, int, float]]) -> list[float]:
    """Apply all moves that improve ``now`` and return it; only moves back into a block make a second pass necessary."""
    improved = True
    while improved:
        improved = False
        for source, target, score in moves:
            if now[source] + score > now[target] + _EQUAL:
                now[target], improved = now[source] + score, True
    return now


def best_alignment(form: FormSteps, score: Sequence[Sequence[float]], skipped: Sequence[float]) -> Alignment:
    """Assign the rows of a sheet to the rows of ``form``.

    ``score[i][k]`` is the score of taking row ``i`` with ``form.row_steps[k]`` (``NEVER`` if that is impossible),
    ``skipped[i]`` that of skipping it.
    """
    before, after = form.sums(score, skipped), form.sums(score, skipped, backwards=True)
    places, removed = _trace(form, score, after)
    doubtful = []
    for i, place in enumerate(places):
        others = [
            before[i][step.source] + value + after[i + 1][step.target]
            for step, value in zip(form.row_steps, score[i], strict=True)
            if place is None or step.row != place.row
        ]
        if place is not None:
            others += [a + skipped[i] + b for a, b in zip(before[i], after[i + 1], strict=True)]
        if max(others, default=NEVER) > after[0][0] - MARGIN:
            doubtful.append(i)
    return Alignment(tuple(places), tuple(removed), tuple(doubtful))


def _trace(
    form: FormSteps, score: Sequence[Sequence[float]], after: Sequence[Sequence[float]]
) -> tuple[list[Placed | None], list[Placed]]:
    """Return the places of the sheet's rows on the best path, and the rows of the form that were removed."""
    leaving: dict[int, list[PathStep]] = defaultdict(list)
    for step in form.steps:
        leaving[step.source].append(step)
    number = {step: k for k, step in enumerate(form.row_steps)}
    places: list[Placed | None] = [None] * len(score)
    removed: list[Placed] = []
    path: tuple[int, ...] = ()
    i = here = 0
    while (i, here) != (len(score), form.end):
        best = after[i][here] - 2 * _EQUAL
        for step in leaving[here]:
            taken = step.row and i < len(score) and score[i][number[step]] + after[i + 1][step.target] >= best
            if taken or step.score + after[i][step.target] >= best:
                break
        else:
            i += 1  # skipped
            continue
        here = step.target
        if taken:
            places[i] = Placed(step.row, path)
            i += 1
        elif step.row:
            removed.append(Placed(step.row, path))
        elif step.block == "in":
            path = (*path, 0)
        elif step.block:
            path = (*path[:-1], path[-1] + 1) if step.block == "next" else path[:-1]
    return places, removed

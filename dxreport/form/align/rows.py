"""Which row of the form each row of a sheet is, by what is printed in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...ooxml.refs import column_letters
from ..records import Form
from .alignment import NEVER, Graph, Placed, Take, Ways, best_way
from .labels import Printed, printed

# What it is worth that a cell holds its label, or another text; that a label stands where a value should, or nothing;
# that a text or a label belongs nowhere; that a blank row does.
_HIT, _MISS, _TAKEN, _ASTRAY, _STRAY, _LEFT, _BLANK = 2.0, -2.0, -3.0, -5.0, -1.0, -3.0, -0.05


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a sheet of the form is not read, in Japanese, as a clause without full stop."""

    reason: str


def place_rows(
    form: Form, rows: Sequence[Mapping[int, str]], columns: Mapping[int, int]
) -> Sequence[Placed | None] | Doubt:
    """Which row of the form each row of a sheet is (None: none of them).

    ``rows`` are folded texts by 0-based column, ``columns`` the places of the form's columns. A Doubt where a row could
    as well be another.
    """
    marks, inside = printed(form), set(columns.values())
    texts = [{c: t for c, t in row.items() if c in inside} for row in rows]
    graph = Graph.of(form.layout, lambda row: _removed(marks, row))
    known = [_row_worth(marks, take, columns) for take in graph.takes]
    worth = [[of(text) for of in known] for text in texts]
    skipped = [_BLANK + sum(_LEFT if marks.prints(t) else _STRAY for t in text.values()) for text in texts]
    ways = best_way(graph, worth, skipped)
    doubtful = next((i for i in ways.doubtful if texts[i]), None)
    if doubtful is None:
        doubtful = _torn(form, ways)
    if doubtful is not None:
        seen = next(iter(texts[doubtful].values()), "")
        return Doubt(f"{doubtful + 1}行目（「{seen[:20]}」）が様式のどの行か決められません")
    return ways.places


def _torn(form: Form, ways: Ways) -> int | None:
    """A row (0-based) of a copy of a block of which no more than half is there, or that lacks rows as its neighbour does.

    A row that was copied, or that was moved, reads as such a copy.
    """
    here: dict[tuple, list[int]] = defaultdict(list)
    gone: dict[tuple, int] = Counter()
    for i, place in enumerate(ways.places):
        for copy in _copies(form, place):
            here[copy].append(i)
    for place in ways.lost:
        gone.update(_copies(form, place))
    for (block, path), rows in here.items():
        before = (block, (*path[:-1], path[-1] - 1))
        if gone[block, path] and (gone[block, path] >= len(rows) or gone[before]):
            return rows[0]
    return None


def _copies(form: Form, place: Placed | None) -> list[tuple[tuple[int, int], tuple[int, ...]]]:
    """The copies of repeated blocks that a row stands in."""
    if place is None:
        return []
    chain = form.layout.chains[place.row]
    return [((block.first, block.last), place.path[: depth + 1]) for depth, block in enumerate(chain) if block.loops]


def _removed(marks: Printed, row: int) -> float:
    """What it is worth that a template row is not in the sheet."""
    own = marks.rows[row]
    return _BLANK - 0.5 * sum(m.printed for m in own) - (1.5 if any(m.field for m in own) else 0.0)


def _row_worth(marks: Printed, take: Take, columns: Mapping[int, int]) -> Callable[[Mapping[int, str]], float]:
    """A function from a row of the sheet to what it is worth that it is this row of the form."""
    own = {
        columns[m.column]: m for m in marks.rows[take.row] if m.column in columns and not any(take.later[m.repeats :])
    }
    labelled = any(m.printed for m in own.values())

    def worth(texts: Mapping[int, str]) -> float:
        total, said = 0.0, False
        for column, mark in own.items():
            text = texts.get(column, "")
            if mark.printed:
                hit = mark.prints(text)
                said = said or hit
                total += _HIT if hit else _TAKEN if marks.prints(text) else _MISS
                continue
            said = said or bool(text)
            total += mark.fits(text) + (_TAKEN if mark.field is not None and marks.prints(text) else 0.0)
        if labelled and not said:
            return NEVER  # a blank row tells nothing of a row that prints a label
        return total + sum(_ASTRAY if marks.prints(t) else _STRAY for column, t in texts.items() if column not in own)

    return worth


def mismatch(
    form: Form, rows: Sequence[Mapping[int, str]], columns: Mapping[int, int], places: Sequence[Placed | None]
) -> Doubt | None:
    """A column that holds the heading of another, or others' labels as often as its own; a sheet that has hardly a row
    of the form."""
    marks = printed(form)
    hits, misses = dict.fromkeys(columns, 0), dict.fromkeys(columns, 0)
    for i, place in enumerate(places):
        own = [m for m in marks.rows[place.row] if m.printed and m.column in columns] if place is not None else []
        for mark in own:
            text = rows[i].get(columns[mark.column], "")
            if mark.prints(text):
                hits[mark.column] += 1
            elif marks.prints(text):
                misses[mark.column] += len(places) if any(m.prints(text) for m in own) else 1
    for column, count in misses.items():
        if count and count >= hits[column]:
            return Doubt(
                f"{column_letters(columns[column] + 1)}列の見出しが様式の{column_letters(column)}列と合いません"
            )
    found = {place.row for place in places if place is not None}
    fields = {row for row, own in marks.rows.items() if any(m.field for m in own)}
    if len(fields & found) * 2 < len(fields):
        return Doubt("様式の欄の半分以上が見つかりません")
    return None

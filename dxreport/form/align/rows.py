"""Find which row of the form each row of a sheet is, by the labels in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ...ooxml.refs import column_letters
from ..records import Form
from .alignment import NEVER, Alignment, FormSteps, Placed, best_alignment
from .labels import ExpectedCell, FormLabels, form_labels

# Scores.
_HIT = 2.0  # a cell holds its label
_MISS = -2.0  # a cell that prints a label is blank or holds another text
_OTHER_LABEL = -3.0  # a cell holds the label of another cell
_EXTRA_TEXT = -1.0  # a text where the row has no cell, or in a row that is skipped
_EXTRA_LABEL = -5.0  # a label where the row has no cell
_SKIPPED_LABEL = -3.0  # a label in a row that is skipped
_BLANK_ROW = -0.05  # a row is skipped or removed
_REMOVED_LABEL = -0.5  # each label of a row that was removed
_REMOVED_FIELDS = -1.5  # fields of a row that was removed


@dataclass(frozen=True, slots=True)
class Doubt:
    """The reason why a sheet is not read: a Japanese clause without a full stop."""

    reason: str


def place_rows(
    form: Form, rows: Sequence[Mapping[int, str]], columns: Mapping[int, int]
) -> Sequence[Placed | None] | Doubt:
    """Find the row of the form that each row of a sheet is (None: none of them).

    ``rows`` are folded texts by 0-based column, ``columns`` the places of the form's columns. Return a Doubt if a row
    could just as well be another.
    """
    labels, inside = form_labels(form), set(columns.values())
    texts = [{c: t for c, t in row.items() if c in inside} for row in rows]
    printed = {text for row in texts for text in row.values() if labels.prints(text)}
    steps = FormSteps(form.layout, lambda row: _removed_score(labels.rows[row]))
    score_of = [_row_score(labels.rows[step.row], step.later, columns, printed) for step in steps.row_steps]
    score = [[of(text) for of in score_of] for text in texts]
    skipped = [
        _BLANK_ROW + sum(_SKIPPED_LABEL if t in printed else _EXTRA_TEXT for t in text.values()) for text in texts
    ]
    found = best_alignment(steps, score, skipped)
    doubtful = next((i for i in found.doubtful if texts[i]), None)
    if doubtful is None:
        doubtful = _incomplete_copy(form, found)
    if doubtful is not None:
        seen = next(iter(texts[doubtful].values()), "")
        return Doubt(f"{doubtful + 1}行目（「{seen[:20]}」）が様式のどの行か決められません")
    return found.places


def _incomplete_copy(form: Form, found: Alignment) -> int | None:
    """Return the first row (0-based) of an incomplete copy of a block, None if there is none.

    A copy is incomplete if it lacks at least half of its rows, or if both it and the copy before it lack some: a row
    that was copied or moved away looks like such a copy.
    """

    def copies(place: Placed) -> list[tuple[int, tuple[int, ...]]]:
        """Return the copies of repeated blocks that contain a row, as (first row of the block, path)."""
        chain = enumerate(form.layout.chains[place.row], 1)
        return [(block.first, place.path[:depth]) for depth, block in chain if block.loops]

    here: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for i, place in enumerate(found.places):
        for copy in copies(place) if place else ():
            here[copy].append(i)
    gone = Counter(copy for place in found.removed for copy in copies(place))
    for (block, path), rows in here.items():
        lacking, before = gone[block, path], gone[block, (*path[:-1], path[-1] - 1)]
        if lacking and (lacking >= len(rows) or before):
            return rows[0]
    return None


def _removed_score(cells: Sequence[ExpectedCell]) -> float:
    """Return the score for a row of the form with these cells if the sheet lacks it."""
    fields = _REMOVED_FIELDS if any(cell.field for cell in cells) else 0.0
    return _BLANK_ROW + _REMOVED_LABEL * sum(cell.printed for cell in cells) + fields


def _row_score(
    cells: Sequence[ExpectedCell], later: Sequence[bool], columns: Mapping[int, int], labels: AbstractSet[str]
) -> Callable[[Mapping[int, str]], float]:
    """Return a function that scores a row of the sheet as the row of the form with these cells.

    ``later`` is as in :class:`PathStep`; ``labels`` are the texts of the sheet that the form prints somewhere.
    """
    own = {columns[c.column]: c for c in cells if c.column in columns and not any(later[c.repeats :])}
    labelled = any(cell.printed for cell in own.values())

    def score(texts: Mapping[int, str]) -> float:
        total, evidence = 0.0, not labelled
        for column, cell in own.items():
            text = texts.get(column, "")
            other = _OTHER_LABEL if text in labels else 0.0
            if not cell.printed:
                evidence = evidence or bool(text)
                total += cell.fits(text) + (other if cell.field else 0.0)
            elif cell.prints(text):
                evidence = True
                total += _HIT
            else:
                total += other or _MISS
        if not evidence:
            return NEVER  # a blank row cannot be a row that prints a label
        extra = (text for column, text in texts.items() if column not in own)
        return total + sum(_EXTRA_LABEL if text in labels else _EXTRA_TEXT for text in extra)

    return score


def mismatch(
    labels: FormLabels, rows: Sequence[Mapping[int, str]], columns: Mapping[int, int], drawn_rows: Sequence[int]
) -> Doubt | None:
    """Return a Doubt if the columns do not match their labels or more than half of the rows with fields are missing.

    A column does not match if it holds the heading of another column, or others' labels as often as its own.
    ``drawn_rows`` are the template rows of the sheet's rows, 0 for none.
    """
    hits: Counter[int] = Counter()
    misses: Counter[int] = Counter()
    for row, number in zip(rows, drawn_rows, strict=True):
        printed = [cell for cell in labels.rows.get(number, ()) if cell.printed and cell.column in columns]
        for cell in printed:
            text = row.get(columns[cell.column], "")
            if cell.prints(text):
                hits[cell.column] += 1
            elif labels.prints(text):  # the label of another column in the same row is proof enough
                misses[cell.column] += len(rows) if any(other.prints(text) for other in printed) else 1
    for column in columns:
        if misses[column] and misses[column] >= hits[column]:
            here, drawn = column_letters(columns[column] + 1), column_letters(column)
            return Doubt(f"{here}列の見出しが様式の{drawn}列と合いません")
    fields = {number for number, cells in labels.rows.items() if any(cell.field for cell in cells)}
    if len(fields.intersection(drawn_rows)) * 2 < len(fields):
        return Doubt("様式の欄の半分以上が見つかりません")
    return None

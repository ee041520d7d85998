"""Find the columns of a sheet whose keys are gone, by the labels that the form prints in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from ...ooxml.refs import column_letters
from .labels import FormLabels
from .rows import Doubt

_KEY_VOTES = 5  # a surviving column key counts as much as this many labels
Columns = dict[int, int]  # columns of the sheet (0-based) by those of the form (1-based)


def find_columns(labels: FormLabels, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]) -> Columns | Doubt:
    """Find the columns of the form, in order; return a Doubt if two places are equally good for a column.

    ``texts`` are the rows of the sheet as folded texts by 0-based column, ``keys`` the column keys that are left.
    """
    votes = _votes(labels, texts, keys)
    most, places = _in_order(votes)
    for column, place in places.items():
        elsewhere = {p: count for p, count in votes[column].items() if p != place}
        if _in_order({**votes, column: elsewhere})[0] >= most:
            return Doubt(f"様式の{column_letters(column)}列の見出しが、シートの2つ以上の列にあります")
    return _with_unlabelled(labels, texts, places)


def _votes(
    labels: FormLabels, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]
) -> dict[int, dict[int, int]]:
    """Count, for each column of the form, how many of its labels each column of the sheet has."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in texts:
        for place, text in row.items():
            found[place].add(text)
    out = {}
    for column, cells in labels.columns.items():
        printed = {cell.label for cell in cells if cell.label}
        patterns = {cell.pattern for cell in cells if cell.pattern is not None}
        votes: Counter[int] = Counter()
        for place, here in found.items():
            votes[place] = len(printed & here) + sum(any(map(p.fullmatch, here)) for p in patterns)
        key = keys.get(f"c{column_letters(column)}")
        if key is not None:
            votes[key] += _KEY_VOTES
        out[column] = {place: count for place, count in sorted(votes.items()) if count}
    return out


def _in_order(votes: Mapping[int, Mapping[int, int]]) -> tuple[int, Columns]:
    """Return the highest number of votes of any order-preserving choice of places, and that choice."""
    best: dict[int, tuple[int, Columns]] = {-1: (0, {})}  # by the last place taken
    for column, places in votes.items():
        grown = dict(best)
        for place, count in places.items():
            before, chosen = max((entry for last, entry in best.items() if last < place), key=lambda entry: entry[0])
            if place not in grown or before + count > grown[place][0]:
                grown[place] = before + count, {**chosen, column: place}
        best = grown
    return max(best.values(), key=lambda entry: entry[0])


def _with_unlabelled(labels: FormLabels, texts: Sequence[Mapping[int, str]], found: Columns) -> Columns | Doubt:
    """Add the columns that are read but print nothing; return a Doubt if their neighbours leave several choices."""
    places = dict(found)
    used = {place for row in texts for place in row}
    bare = [
        column
        for column, cells in labels.columns.items()
        if any(cell.field for cell in cells) and not any(cell.printed for cell in cells)
    ]
    for column in (c for c in bare if c not in found):
        before = max((c for c in found if c < column), default=0)
        after = min((c for c in found if c > column), default=0)
        drawn = range(before + 1, after or max(labels.columns) + 1)
        left = found.get(before, -1)
        right = found[after] if after else max([left + len(drawn), *used]) + 1
        between = range(left + 1, right)
        group = [c for c in bare if c in drawn]
        filled = [place for place in between if place in used]
        if len(between) == len(drawn):
            places[column] = between[drawn.index(column)]
        elif len(filled) == len(group):
            places[column] = filled[group.index(column)]
        elif between:
            return Doubt(f"様式の{column_letters(column)}列には見出しがなく、シートのどの列か決められません")
    return places

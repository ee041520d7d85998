"""The columns of a sheet whose keys are gone: found by the labels that the form prints in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...ooxml.refs import column_letters
from .labels import Printed

_KEY_WORTH = 5  # a column's own key tells more than any label


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of the form stand in the sheet (1-based → 0-based), or why that cannot be told."""

    places: Mapping[int, int]
    doubt: str = ""


def find_columns(marks: Printed, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]) -> Columns:
    """The place of each column of the form that the sheet has.

    ``texts`` are the rows of the sheet as folded texts by 0-based column, ``keys`` what is left of the form's
    column keys. Columns keep their order; where two places are as good, ``doubt`` names the column.
    """
    votes = _votes(marks, texts, keys)
    best = _matched(votes, ())
    total = _sum(votes, best)
    for column, place in best.items():
        other = _matched(votes, ((column, place),))
        if _sum(votes, other) >= total:
            return Columns(best, f"様式の{column_letters(column)}列の見出しが、シートの2つ以上の列にあります")
    return _with_unlabelled(marks, texts, best)


def _votes(marks: Printed, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]) -> dict[int, dict[int, int]]:
    """For each column of the form: how many of its labels each column of the sheet has."""
    found: dict[int, set[str]] = {}
    for row in texts:
        for column, text in row.items():
            found.setdefault(column, set()).add(text)
    out = {}
    for column, own in marks.columns.items():
        labels = {mark.label for mark in own if mark.label}
        patterns = {mark.pattern for mark in own if mark.pattern is not None}
        counted = {
            place: len(labels & here) + sum(any(p.fullmatch(text) for text in here) for p in patterns)
            for place, here in found.items()
        }
        key = keys.get(f"c{column_letters(column)}")
        if key is not None:
            counted[key] = counted.get(key, 0) + _KEY_WORTH
        if any(counted.values()):
            out[column] = {place: count for place, count in sorted(counted.items()) if count}
    return out


def _matched(votes: Mapping[int, Mapping[int, int]], forbidden: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The places in order that get the most votes."""
    best: list[tuple[int, int, tuple[tuple[int, int], ...]]] = [(-1, 0, ())]  # last place, votes, pairs
    for column, places in votes.items():
        grown = list(best)
        for place, count in places.items():
            if (column, place) in forbidden:
                continue
            _, before, pairs = max((b for b in best if b[0] < place), key=lambda b: b[1])
            grown.append((place, before + count, (*pairs, (column, place))))
        top: dict[int, tuple[int, int, tuple[tuple[int, int], ...]]] = {}
        for entry in grown:
            if entry[0] not in top or entry[1] > top[entry[0]][1]:
                top[entry[0]] = entry
        best = list(top.values())
    return dict(max(best, key=lambda b: b[1])[2])


def _sum(votes: Mapping[int, Mapping[int, int]], pairs: Mapping[int, int]) -> int:
    return sum(votes[column][place] for column, place in pairs.items())


def _with_unlabelled(marks: Printed, texts: Sequence[Mapping[int, str]], found: Mapping[int, int]) -> Columns:
    """Add the columns that are read and print nothing: those between two others, if there is only one way."""
    places = dict(found)
    labelled = {column for column, own in marks.columns.items() if any(mark.printed for mark in own)}
    used = {column for row in texts for column in row}
    bare = [column for column, own in marks.columns.items() if column not in labelled and any(m.field for m in own)]
    for column in (c for c in bare if c not in found):
        before = max((c for c in found if c < column), default=0)
        after = min((c for c in found if c > column), default=0)
        drawn = range(before + 1, after or max(marks.columns) + 1)
        left = found.get(before, -1)
        right = found[after] if after else max([left + len(drawn), *used]) + 1
        between = range(left + 1, right)
        group = [c for c in bare if c in drawn]
        filled = [c for c in between if c in used]
        if len(between) == len(drawn):
            places[column] = between[drawn.index(column)]
        elif len(filled) == len(group):
            places[column] = filled[group.index(column)]
        elif between:
            return Columns(places, f"様式の{column_letters(column)}列には見出しがなく、シートのどの列か決められません")
    return Columns(places)

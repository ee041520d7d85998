"""The columns of a sheet whose keys are gone: found by the labels that the form prints in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...ooxml.refs import column_letters
from .labels import FormLabels

_KEY_VOTES = 5  # a column's own key is better evidence than its labels


@dataclass(frozen=True, slots=True)
class FoundColumns:
    """Where the columns of the form are in the sheet (1-based → 0-based), or why they cannot be told apart."""

    places: Mapping[int, int]
    doubt: str = ""


def find_columns(labels: FormLabels, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]) -> FoundColumns:
    """Find the columns of the form, in order.

    ``texts`` are the rows of the sheet as folded texts by 0-based column, ``keys`` the column keys that are left.
    ``doubt`` names a column with two places that are equally good.
    """
    votes = _votes(labels, texts, keys)
    most, places = _in_order(votes)
    for column, place in places.items():
        if _in_order(votes, without=(column, place))[0] >= most:
            letters = column_letters(column)
            return FoundColumns(places, f"様式の{letters}列の見出しが、シートの2つ以上の列にあります")
    return _with_unlabelled(labels, texts, places)


def _votes(
    labels: FormLabels, texts: Sequence[Mapping[int, str]], keys: Mapping[str, int]
) -> dict[int, dict[int, int]]:
    """For each column of the form, how many of its labels each column of the sheet has."""
    found: dict[int, set[str]] = {}
    for row in texts:
        for place, text in row.items():
            found.setdefault(place, set()).add(text)
    out = {}
    for column, cells in labels.columns.items():
        printed = {cell.label for cell in cells if cell.label}
        patterns = {cell.pattern for cell in cells if cell.pattern is not None}
        votes = {
            place: len(printed & here) + sum(any(p.fullmatch(text) for text in here) for p in patterns)
            for place, here in found.items()
        }
        key = keys.get(f"c{column_letters(column)}")
        if key is not None:
            votes[key] = votes.get(key, 0) + _KEY_VOTES
        if any(votes.values()):
            out[column] = {place: count for place, count in sorted(votes.items()) if count}
    return out


def _in_order(
    votes: Mapping[int, Mapping[int, int]], without: tuple[int, int] | None = None
) -> tuple[int, dict[int, int]]:
    """The order-preserving choice of places with the most votes, and how many; never the pair ``without``."""
    best: dict[int, tuple[int, dict[int, int]]] = {-1: (0, {})}  # by the last place taken
    for column, places in votes.items():
        grown = dict(best)
        for place, count in places.items():
            if (column, place) == without:
                continue
            before, chosen = max((entry for last, entry in best.items() if last < place), key=lambda entry: entry[0])
            if place not in grown or before + count > grown[place][0]:
                grown[place] = before + count, {**chosen, column: place}
        best = grown
    return max(best.values(), key=lambda entry: entry[0])


def _with_unlabelled(labels: FormLabels, texts: Sequence[Mapping[int, str]], found: Mapping[int, int]) -> FoundColumns:
    """Add the columns that are read but print nothing: those between two others, where only one choice is left."""
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
            letters = column_letters(column)
            return FoundColumns(places, f"様式の{letters}列には見出しがなく、シートのどの列か決められません")
    return FoundColumns(places)

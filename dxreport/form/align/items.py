"""Match the items of a sheet that was read by labels with the items that were issued."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ...domain.fields import NAMED_BY, Catalogue, ItemList, Ref
from ...domain.model import normalise
from ..read.added import Added
from ..read.sheet import Filled, Placement
from .rows import Doubt


@dataclass(frozen=True, slots=True)
class _Item:
    """An item: its id, the texts that name it, and all its texts by field and period."""

    key: str
    name: tuple[str, ...]
    texts: Mapping[tuple[str, int], str]

    @property
    def blank(self) -> bool:
        """True if nothing was written in it; its printed label does not count."""
        return not any(text for (field, _), text in self.texts.items() if field != "activity.plan_label")


def adopt(filled: Filled, issued: Mapping[Ref, str]) -> tuple[Filled, tuple[Added, ...]] | Doubt:
    """Return ``filled`` with the ids that its items were issued with, and the items that were not issued.

    An item is the issued one with the same texts, else with the same name, else at the same position between those.
    Return a Doubt if new and removed items cannot be told apart.
    """
    texts = {ref: normalise(value) for ref, value in filled.values.items()}
    ids, catalogue = {("", ""): ""}, filled.form.catalogue
    added: list[Added] = []
    for part in catalogue.lists:
        returned, base = _items(part, texts, catalogue), _items(part, issued, catalogue)
        pairs = _paired(returned, base)
        if pairs is None:
            return Doubt(f"{part.label}が、配付時のどの項目に当たるか決められません")
        for n, item in enumerate(returned):
            if n in pairs:
                ids[part.prefix, item.key] = base[pairs[n]].key
            elif not item.blank:
                values, at = _renamed(filled, {(part.prefix, item.key): f"+{len(added) + 1}"})
                added.append(Added(part, values, at, tuple(sorted({row for row, _ in at.values()}))))
    values, at = _renamed(filled, ids)
    return replace(filled, values=values, placement=Placement(at, filled.copied)), tuple(added)


def _renamed(filled: Filled, ids: Mapping[tuple[str, str], str]) -> tuple[dict[Ref, str], dict[Ref, tuple[int, int]]]:
    """Return the values and places of the items in ``ids``, which maps (list, id) to the new id, under the new ids."""
    refs = {ref: ref._replace(item=ids[at]) for ref in filled.values if (at := (ref.prefix, ref.item)) in ids}
    return {new: filled.values[ref] for ref, new in refs.items()}, {new: filled.at[ref] for ref, new in refs.items()}


def _items(part: ItemList, texts: Mapping[Ref, str], catalogue: Catalogue) -> list[_Item]:
    """Return the items of a list, in order."""
    by_key: dict[str, dict[tuple[str, int], str]] = {}
    for ref, text in texts.items():
        if ref.prefix == part.prefix:
            by_key.setdefault(ref.item, {})[ref.field, ref.period] = text
    field = NAMED_BY.get(part.prefix) or next(iter(catalogue.members[part.prefix].values())).key
    named = [cell for cell in catalogue.cells[part.prefix] if cell[0] == field]
    return [_Item(key, tuple(own.get(cell, "") for cell in named), own) for key, own in by_key.items()]


def _paired(returned: list[_Item], base: list[_Item]) -> dict[int, int] | None:
    """Pair positions in ``returned`` with positions in ``base``; return None if there is a choice."""
    pairs: dict[int, int] = {}
    _add_alike(pairs, returned, base, lambda item: tuple(sorted(item.texts.items())))
    _add_alike(pairs, returned, base, lambda item: item.name)
    bounds = [(-1, -1), *sorted(pairs.items()), (len(returned), len(base))]
    for (r0, b0), (r1, b1) in pairwise(bounds):
        here, there = list(range(r0 + 1, r1)), list(range(b0 + 1, b1))
        if len(here) != len(there):
            here = [n for n in here if not returned[n].blank]  # leave out spare rows and blank ones that were inserted
        if len(here) == len(there):
            pairs |= dict(zip(here, there, strict=True))
        elif here and there:
            return None
    return pairs


def _add_alike(
    pairs: dict[int, int], returned: list[_Item], base: list[_Item], known_by: Callable[[_Item], Any]
) -> None:
    """Add the pairs of named items that are alike and like no others, unless they cross an existing pair."""
    here, there = Counter(map(known_by, returned)), Counter(map(known_by, base))
    place = {known_by(item): n for n, item in enumerate(base)}
    for n, item in enumerate(returned):
        like = known_by(item)
        alone = any(item.name) and here[like] == there[like] == 1
        if alone and all((n - r) * (place[like] - b) > 0 for r, b in pairs.items()):
            pairs[n] = place[like]

"""Which items of a measure as issued the items of a sheet are that was read by its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ...domain.fields import LIST_NAMES
from ...domain.model import ITEM_LISTS, ItemList, Ref, normalise
from ..read.added import Added
from ..read.sheet import Filled
from .sheet import Doubt

_NAMES = {"activity": ("name",), "related": ("id",), "support": ("content",), "outcome": ("indicator",)}


@dataclass(frozen=True, slots=True)
class _Item:
    """An item: its id, what it is known by, all its texts by field and period."""

    key: str
    name: tuple[str, ...]
    texts: Mapping[tuple[str, int], str]

    @property
    def blank(self) -> bool:
        """Whether nothing was written in it; its printed label does not count."""
        return not any(text for (field, _), text in self.texts.items() if field != "activity.plan_label")


def adopt(filled: Filled, issued: Mapping[Ref, str]) -> tuple[Filled, tuple[Added, ...]] | Doubt:
    """``filled`` with the ids of the measure as issued, and what the sheet has besides.

    An item is the one with the same texts, else with the same name, else in the same place between those. Gives
    a Doubt where it cannot be told which items are new or gone.
    """
    texts = {ref: normalise(v if isinstance(v, str) else str(v)) for ref, v in filled.values.items()}
    names: dict[tuple[str, str], str] = {}
    added: list[Added] = []
    for part in ITEM_LISTS:
        returned, base = _items(part, texts), _items(part, issued)
        pairs = _paired(returned, base)
        if pairs is None:
            return Doubt(f"{LIST_NAMES[part.prefix]}が、配付時のどの項目に当たるか決められません")
        for n, item in enumerate(returned):
            names[part.prefix, item.key] = base[pairs[n]].key if n in pairs else ""
            if n not in pairs and not item.blank:
                added.append(_added(part, item, filled, len(added) + 1))
    return replace(filled, values=_renamed(filled.values, names), at=_renamed(filled.at, names)), tuple(added)


def _added(part: ItemList, item: _Item, filled: Filled, number: int) -> Added:
    own = [ref for ref in filled.values if ref.item == item.key and ref.field.partition(".")[0] == part.prefix]
    names = {ref: ref._replace(item=f"+{number}") for ref in own}
    at = {names[ref]: filled.at[ref] for ref in own}
    rows = tuple(sorted({row for row, _ in at.values()}))
    return Added(part, {names[ref]: filled.values[ref] for ref in own}, at, rows)


def _renamed(found: Mapping[Ref, Any], names: Mapping[tuple[str, str], str]) -> dict[Ref, Any]:
    """Under the ids as issued; items without one are left out."""
    out = {}
    for ref, value in found.items():
        key = names[ref.field.partition(".")[0], ref.item] if ref.item else ""
        if key or not ref.item:
            out[ref._replace(item=key)] = value
    return out


def _items(part: ItemList, texts: Mapping[Ref, str]) -> list[_Item]:
    """The items of a list in their order."""
    by_key: dict[str, dict[tuple[str, int], str]] = {}
    for ref, text in texts.items():
        if ref.item and ref.field.partition(".")[0] == part.prefix:
            by_key.setdefault(ref.item, {})[ref.field, ref.period] = text
    fields = [f"{part.prefix}.{name}" for name in _NAMES[part.prefix]]
    return [
        _Item(key, tuple(own.get((field, period), "") for field in fields for period in range(5)), own)
        for key, own in by_key.items()
    ]


def _paired(returned: list[_Item], base: list[_Item]) -> dict[int, int] | None:
    """Pairs of positions: the index in ``returned`` by that in ``base``; None where there is a choice."""
    pairs = _same(returned, base, lambda item: tuple(sorted(item.texts.items())), {})
    pairs = _same(returned, base, lambda item: item.name, pairs)
    bounds = [(-1, -1), *sorted(pairs.items()), (len(returned), len(base))]
    for (r0, b0), (r1, b1) in pairwise(bounds):
        here, there = list(range(r0 + 1, r1)), list(range(b0 + 1, b1))
        if len(here) != len(there):
            here = [n for n in here if not returned[n].blank]  # spare rows, and blank ones that were inserted
        if len(here) == len(there):
            pairs |= dict(zip(here, there, strict=True))
        elif here and there:
            return None
    return pairs


def _same(returned: list[_Item], base: list[_Item], known: Any, pairs: dict[int, int]) -> dict[int, int]:
    """Add the pairs that are alike and alone in it, and do not cross those that are there."""
    out = dict(pairs)
    for side_r in range(len(returned)):
        like = known(returned[side_r])
        mates = [n for n in range(len(base)) if known(base[n]) == like]
        twins = [n for n in range(len(returned)) if known(returned[n]) == like]
        if side_r in out or len(mates) != 1 or len(twins) != 1 or mates[0] in out.values():
            continue
        if returned[side_r].blank or not any(returned[side_r].name):
            continue
        if all((side_r - r) * (mates[0] - b) > 0 for r, b in out.items()):
            out[side_r] = mates[0]
    return out

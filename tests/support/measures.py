"""Measures made by hand; texts are given by ``str(ref)``, as in ``activity.progress/K1/1``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dxreport.domain.fields import BUILT_IN, Catalogue, Ref
from dxreport.domain.model import Measure


def measure(id: str, texts: Mapping[str, str] | None = None, catalogue: Catalogue = BUILT_IN) -> Measure:
    """Return a measure with these texts."""
    return Measure({Ref("id"): id} | {Ref.parse(ref): text for ref, text in (texts or {}).items()}, catalogue)


def with_texts(original: Measure, texts: Mapping[str, str]) -> Measure:
    """Return the measure with these texts replaced or added."""
    return original.with_texts({Ref.parse(ref): text for ref, text in texts.items()})


def with_items(original: Measure, prefix: str, keys: Iterable[str]) -> Measure:
    """Return the measure with only these items in a list, in this order."""
    items = {item.key: item for item in original.items(prefix)}
    rest = {ref: text for ref, text in original.values().items() if ref.prefix != prefix or not ref.item}
    for key in keys:
        rest |= items[key].texts()
    return Measure(rest, original.catalogue)


def rekeyed(original: Measure, key: Callable[[str, int], str]) -> Measure:
    """Return the measure with other item ids: ``key`` is called with the letter of the list and the place, from 1."""
    values = {ref: text for ref, text in original.values().items() if not ref.item}
    for items in original.catalogue.lists:
        for n, item in enumerate(original.items(items.prefix), 1):
            new = key(items.letter, n)
            values |= {ref._replace(item=new): text for ref, text in item.texts().items()}
    return Measure(values, original.catalogue)


def numbered(original: Measure) -> Measure:
    """Return the measure with its items numbered in order."""
    return rekeyed(original, lambda letter, n: f"{letter}{n}")

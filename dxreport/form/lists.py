"""The lists that dropdowns of a template can name: ``{{ lists.progress }}``, ``{{ lists.評価 }}``.

If fields of different places share a name but not their words, ``{{ lists.取組.評価 }}`` says which one is meant.
Former names of fields work too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..domain.fields import MEASURE, Catalogue, Field, FieldKind
from ..domain.model import Settings

_BUILT_IN = frozenset({"progress", "flags", "no_report"})
Words = Callable[[Settings], tuple[str, ...]]


def lists_of(catalogue: Catalogue) -> Mapping[str, Words]:
    """Return the lists by name: the built-in ones, and one for each declared field with words to choose from."""
    out: dict[str, Words] = {"progress": _progress, "flags": _flags, "no_report": lambda _: ("○",)}
    former: dict[str, Words] = {}
    places = {"": MEASURE} | {prefix: items.label for prefix, items in catalogue.by_prefix.items()}
    offered = [field for field in catalogue.declared if _words(field)]
    for field in offered:
        words, alike = _words(field), [other for other in offered if other.name == field.name]
        if words and field.name not in _BUILT_IN and len({f.choices or f.kind for f in alike}) == 1:
            out[field.name] = words
        elif words:
            out[f"{places[field.prefix]}.{field.name}"] = words
        if words:
            former.update((old.rpartition(".")[2], words) for old in field.former)
    return former | out


def _words(field: Field) -> Words | None:
    if field.choices:
        return lambda _: field.choices
    return {FieldKind.PROGRESS: _progress, FieldKind.FLAG: _flags, FieldKind.CHECK: lambda _: ("☑", "□")}.get(
        field.kind
    )


def _progress(settings: Settings) -> tuple[str, ...]:
    return tuple(word.word for word in settings.progress_words)


def _flags(settings: Settings) -> tuple[str, ...]:
    return settings.flags

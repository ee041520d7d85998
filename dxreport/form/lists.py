"""The lists that dropdowns of a template can name: ``{{ lists.progress }}``, ``{{ lists.評価 }}``.

If fields of different places share a name but not their words, ``{{ lists.取組.評価 }}`` says which one is meant.
Former names of fields work too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..domain.fields import MEASURE, Catalogue, Field, FieldKind
from ..domain.model import Settings

LIST_TAG = re.compile(r'"?\s*\{\{\s*lists\.(\w+(?:\.\w+)?)\s*\}\}\s*"?')  # the formula of a rule that names a list
LIST_MARK = "\ue004{}\ue005"  # placeholder for a list in the XML of a rule
Words = Callable[[Settings], tuple[str, ...]]


def lists_of(catalogue: Catalogue) -> Mapping[str, Words]:
    """Return the lists by name: the built-in ones, and one for each declared field with words to choose from."""
    built_in: dict[str, Words] = {
        "progress": lambda settings: tuple(word.word for word in settings.progress_words),
        "flags": lambda settings: settings.flags,
        "no_report": lambda _: ("○",),
    }
    own: dict[str, Words] = {}
    former: dict[str, Words] = {}
    places = {"": MEASURE} | {prefix: items.label for prefix, items in catalogue.by_prefix.items()}
    offered = {field: words for field in catalogue.declared if (words := _words(field))}
    for field, words in offered.items():
        alike = {other.choices or other.kind for other in offered if other.name == field.name}
        alone = len(alike) == 1 and field.name not in built_in
        own[field.name if alone else f"{places[field.prefix]}.{field.name}"] = words
        former |= {old.rpartition(".")[2]: words for old in field.former}
    return former | built_in | own


def marked(formula: str) -> str:
    """Return the formula of a rule, with a mark if it names a list."""
    found = LIST_TAG.fullmatch(formula)
    return LIST_MARK.format(found[1]) if found else formula


def _words(field: Field) -> Words | None:
    """Return the words to choose from; None for a field that may hold other texts."""
    if field.kind is FieldKind.CHECK:
        return lambda _: ("☑", "□")
    if field.choices or field.kind in (FieldKind.PROGRESS, FieldKind.FLAG):
        return lambda settings: settings.words(field)
    return None

"""The lists that dropdowns of a template can name: ``{{ lists.progress }}``, ``{{ lists.評価 }}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..domain.fields import Catalogue, Field, FieldKind
from ..domain.model import Settings

Words = Callable[[Settings], tuple[str, ...]]


def lists_of(catalogue: Catalogue) -> Mapping[str, Words]:
    """Return the lists by name: those built in, and one for each declared field with words to choose from."""
    out: dict[str, Words] = {"progress": _progress, "flags": _flags, "no_report": lambda _: ("○",)}
    for field in catalogue.declared:
        if words := _words(field):
            out.setdefault(field.name, words)
    return out


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

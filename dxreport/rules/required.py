"""The input groups that a round requires, except those with rules of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Field, FieldKind, Ref
from ..domain.needs import to_complete
from .case import Case, Finding, finding

# 進捗, 対応策 and 実績 depend on 作業予定, 進捗 and 目標: see progress.py and outcomes.py.
_OWN_RULES = frozenset({"進捗", "対応策", "実績"})


def required(case: Case) -> Iterator[Finding]:
    """Report required input groups that are not filled in; one finding per group.

    In a group with a 有/無 only that flag is required: flags.py checks the rest. In a list, every item that is not empty
    must be filled in; a field with periods needs a text in at least one of them.
    """
    for group in sorted(case.round.requires - _OWN_RULES):
        members = [f for f in case.settings.catalogue.fields if f.group == group]
        asked = [f for f in members if f.kind is FieldKind.FLAG] or members
        blank = [ref for f in asked for ref in _blank(case, f)]
        if blank:
            yield finding(problems.REQUIRED_MISSING, *blank, severity="error", group=group, round=case.round.name)


def _blank(case: Case, field: Field) -> Iterator[Ref]:
    """Yield the cells where ``field`` is missing: for each item, the first required period."""
    for item in to_complete(case.measure, field.prefix) if field.prefix else [""]:
        refs = [Ref(field.key, item, n) for n in case.settings.catalogue.periods(field)]
        asked = [ref for ref in refs if case.requires(ref)]
        if asked and all(map(case.left_blank, refs)):
            yield asked[0]

"""What a round requires, apart from the answers that have rules of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import FIELD, FIELDS, Field, FieldKind
from ..domain.model import LIST_BY_PREFIX, Ref, is_empty
from .case import Case, Finding, finding

# 進捗, 対応策 and 実績 depend on 作業予定, 進捗 and 目標 (see progress.py, outcomes.py).
_OWN_RULES = frozenset({"進捗", "対応策", "実績"})


def required(case: Case) -> Iterator[Finding]:
    """Every required input group is filled in; one finding a group.

    Where a group has a 有/無, that is what must be answered: what stands below follows from it.
    In a list, every item that says anything at all; in a row of periods, one period at least.
    """
    for group in sorted(case.round.requires - _OWN_RULES):
        members = [f for f in FIELDS if f.group == group]
        asked = [f for f in members if f.kind is FieldKind.FLAG] or members
        blank = [ref for f in asked for ref in _blank(case, f)]
        if blank:
            yield finding(problems.REQUIRED_MISSING, *blank, severity="error", group=group, round=case.round.name)


def _blank(case: Case, field: Field) -> Iterator[Ref]:
    """Where ``field`` should say something and does not: the first open period of each item."""
    for item in _items(case, field):
        refs = [Ref(field.key, item, n) for n in ((1, 2, 3, 4) if field.periods else (0,))]
        asked = [ref for ref in refs if case.requires(FIELD[field.key].group, ref)]
        if asked and not any(case.values.get(ref, "").strip() for ref in refs):
            yield asked[0]


def _items(case: Case, field: Field) -> list[str]:
    """The ids of the list items ``field`` is asked of; the first item when nothing is written at all."""
    prefix, _, name = field.key.partition(".")
    if not name:
        return [""]
    list_ = LIST_BY_PREFIX[prefix]
    items = list_.of(case.measure)
    return [i.key for i in items if not is_empty(i)] or [i.key for i in items[:1]] or [f"{list_.letter}1"]

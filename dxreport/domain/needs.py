"""What a sheet asks for in each cell: forms show it, rules demand it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from .fields import Access, Catalogue, Field, FieldKind, Period, Ref, access
from .model import Item, Measure, Record, Round, Settings
from .values import is_blank, plan_is_none

_PROGRESS, _COUNTERMEASURE = "activity.progress", "activity.countermeasure"
_INDICATOR = "outcome.indicator"
_SHORT = 30  # characters after stripping; a longer text certainly says something


class Need(Enum):
    """What a sheet asks for in a cell; the value is its name in the legend of a template."""

    REQUIRED = "required"
    CONDITIONAL = "when"
    OPTIONAL = "optional"
    CLOSED = "closed"


def to_come(field: Field, period: int, round_: Round, settings: Settings) -> bool:
    """Return True if a period is a quarter after the round's, or a fiscal year that has not begun."""
    if field.period is Period.YEARS:
        return period > settings.plan_year
    return field.period is Period.QUARTERS and 0 < round_.quarter < period


def need(field: Field, period: int, round_: Round, settings: Settings) -> Need:
    """Return what a round asks for in a field, regardless of the other texts (see :func:`need_beside`)."""
    if access(field.key, period, round_, settings) is Access.LOCKED:
        return Need.CLOSED
    if to_come(field, period, round_, settings):
        return Need.OPTIONAL
    if field.required is not None:
        this_year = field.period is not Period.YEARS or period == settings.plan_year
        return (Need.CONDITIONAL if field.required.field else Need.REQUIRED) if this_year else Need.OPTIONAL
    if field.group not in round_.requires or (field.kind is not FieldKind.FLAG and _flags(field, settings.catalogue)):
        return Need.OPTIONAL
    return Need.CONDITIONAL if field.key == _COUNTERMEASURE else Need.REQUIRED


def _flags(field: Field, catalogue: Catalogue) -> bool:
    """Return True if the group of a field has a 有/無, which alone is then required."""
    return any(f.kind is FieldKind.FLAG for f in catalogue.fields if f.group == field.group)


def need_beside(
    field: Field, period: int, round_: Round, settings: Settings
) -> Callable[[Record, Measure], Need] | None:
    """Return a function from an item and its measure to the need for a field; None if other texts do not matter.

    A quarter without a plan needs no 進捗, one that went as planned no 対応策, a year without 目標 no 実績. An 実績 without 評価項目
    is closed if the round does not open the 評価項目. An empty item may stay empty unless it is the first of its list.
    """
    asked = need(field, period, round_, settings)
    if asked is Need.CLOSED or not field.prefix:
        return None
    if field.key == "outcome.actual":
        closed = access(_INDICATOR, period, round_, settings) is Access.LOCKED

        def actual(item: Record, measure: Measure) -> Need:
            indicator = item.text(_INDICATOR, period)
            if closed and len(indicator.strip()) <= _SHORT and is_blank(indicator):
                return Need.CLOSED
            return Need.OPTIONAL if is_blank(item.text("outcome.target", period)) else asked

        return actual
    if asked is Need.OPTIONAL:
        return None
    if field.key in (_PROGRESS, _COUNTERMEASURE):
        fine = {w.word for w in settings.progress_words if not w.needs_countermeasure}

        def progress(item: Record, measure: Measure) -> Need:
            answer = item.text(_PROGRESS, period)
            if not answer or is_blank(answer):
                plan = item.text("activity.plan", period)
                return Need.OPTIONAL if len(plan.strip()) <= _SHORT and plan_is_none(plan) else asked
            return Need.OPTIONAL if field.key == _COUNTERMEASURE and answer in fine else asked

        return progress
    return lambda item, measure: asked if _must_be_complete(item, measure, declared=field.declared) else Need.OPTIONAL


def is_actual_of_nothing(ref: Ref, texts: Mapping[Ref, str], round_: Round, settings: Settings) -> bool:
    """Return True for the 実績 of a year without 評価項目, if the round does not let departments write one."""
    if ref.field != "outcome.actual" or not is_blank(texts.get(ref._replace(field=_INDICATOR), "")):
        return False
    return access(_INDICATOR, ref.period, round_, settings) is Access.LOCKED


def _must_be_complete(item: Record, measure: Measure, *, declared: bool) -> bool:
    """Return True if an item must be complete: it is not empty, or is the first of a built-in list that is all empty.

    A measure itself always must be.
    """
    if not isinstance(item, Item) or not item.is_empty():
        return True
    return not declared and item.key in to_complete(measure, item.prefix)


def to_complete(measure: Measure, prefix: str) -> list[str]:
    """Return the ids of the items of a list that must be complete: those not empty, or else the first or a new one."""
    items = measure.items(prefix)
    first = [i.key for i in items[:1]] or measure.catalogue.by_prefix[prefix].next_keys((), 1)
    return [i.key for i in items if not i.is_empty()] or first

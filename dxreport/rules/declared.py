"""Declared fields: every text is of the kind set in 項目, and required fields are filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Access, Field, FieldKind, Period, Ref
from ..domain.problems import choices
from ..domain.quantities import date_text, number_text
from ..domain.spelling import measure_id
from ..domain.values import fold, is_blank, is_marked, is_unmarked
from .case import Case, Finding, finding, wrong_word
from .texts import malformed

MARKS = ("○", "☑", "□")


def kinds(case: Case) -> Iterator[Finding]:
    """Report texts that do not fit the kind of their field: word, number, date, check, 施策ID or mail address."""
    for field, ref, text in _texts(case):
        if not text.strip() or (case.to_come(ref) and field.kind is FieldKind.PROGRESS):
            continue
        words = case.settings.words(field)
        if words and text not in words:
            yield wrong_word(problems.CHOICE_NEAR, problems.CHOICE_UNKNOWN, ref, text, words, field=field.label)
        elif field.kind is FieldKind.CHECK and not (is_marked(text) or is_unmarked(text)):
            yield finding(problems.CHOICE_UNKNOWN, ref, field=field.label, value=text, words=choices(MARKS))
        elif field.kind is FieldKind.NUMBER and number_text(text, field.unit) is None:
            unit = f"{field.unit}で、数字だけ" if field.unit else "数字だけ"
            yield finding(problems.NOT_A_NUMBER, ref, field=field.label, value=text, unit=unit)
        elif field.kind is FieldKind.DATE and date_text(text) is None:
            yield finding(problems.NOT_A_DATE, ref, field=field.label, value=text)
        elif field.kind is FieldKind.MEASURE_ID and measure_id(text) not in map(measure_id, case.measures):
            yield finding(problems.MEASURE_UNKNOWN, ref, field=field.label, value=text)
        elif field.kind is FieldKind.EMAIL:
            yield from malformed(ref, text, case.settings.mail_domain)


def required(case: Case) -> Iterator[Finding]:
    """Report blank fields whose 必須の条件 holds, if the department could fill them in; a dash counts as blank."""
    filled = _filled_items(case)
    for field, ref, text in _texts(case):
        if field.required is None or not _unanswered(field, text) or not _asked(case, field, ref):
            continue
        if ref.item and (field.prefix, ref.item) not in filled:
            continue
        # An earlier quarter left blank is an error only if this return emptied it: the round asks for its own quarter.
        severity = "" if field.period is Period.QUARTERS and ref.period < case.round.quarter else "error"
        if not (of := field.required.field):
            yield finding(problems.REQUIRED_ALWAYS, ref, severity=severity, field=field.label)
            continue
        other = case.settings.catalogue.field[of]
        item = ref.item if other.prefix == field.prefix else ""
        value = case.values.get(Ref(of, item, ref.period if other.period is field.period else 0), "")
        if _holds(other, value, field.required.values):
            params = {"field": field.label, "other": other.label, "value": value}
            yield finding(problems.REQUIRED_IF, ref, severity=severity, **params)


def _unanswered(field: Field, text: str) -> bool:
    return is_unmarked(text) if field.kind is FieldKind.CHECK else is_blank(text)


def _holds(field: Field, text: str, values: tuple[str, ...]) -> bool:
    """Return True if ``text`` means one of these values of a field."""
    if field.kind is FieldKind.CHECK:
        return any(is_marked(value) == is_marked(text) for value in values)
    if field.kind is FieldKind.NUMBER and text:
        return text in values or text in (number_text(value, field.unit) for value in values)
    return fold(text) in map(fold, values)


def _asked(case: Case, field: Field, ref: Ref) -> bool:
    """Return True if this return could fill in a cell, and its period is due."""
    if case.issued is None or case.to_come(ref) or case.access(ref) is not Access.OPEN:
        return False
    if field.period is Period.YEARS and ref.period != case.settings.plan_year:
        return False
    return case.has_input(ref)


def _filled_items(case: Case) -> set[tuple[str, str]]:
    """Return the items that are not empty, as (list, id)."""
    lists = case.settings.catalogue.by_prefix
    return {(prefix, i.key) for prefix in lists for i in case.measure.items(prefix) if not i.is_empty()}


def _texts(case: Case) -> Iterator[tuple[Field, Ref, str]]:
    fields = case.settings.catalogue.field
    for ref, text in case.values.items() if case.settings.catalogue.declared else ():
        if (field := fields[ref.field]).declared:
            yield field, ref, text

"""実績: written only for years that have begun, and comparable with the 目標."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.fields import Ref
from ..domain.needs import is_actual_of_nothing
from ..domain.quantities import Quantity, Value, ValueKind, read_value, same_unit, ways_of_counting
from ..domain.values import is_blank
from .case import Case, Finding, finding


def actual_to_come(case: Case) -> Iterator[Finding]:
    """Report the 実績 of fiscal years that have not begun."""
    for ref, year in case.actuals:
        if case.to_come(ref) and not is_blank(year.actual):
            yield finding(problems.ACTUAL_TO_COME, ref)


def missing_actual(case: Case) -> Iterator[Finding]:
    """Report a blank 実績 that the round requires and that has a 目標; any text, such as 未確定, is an answer."""
    for ref, year in case.actuals:
        missing = not year.actual.strip() and not is_blank(year.target)
        if missing and case.requires(ref) and not _of_nothing(case, ref):
            yield finding(problems.ACTUAL_MISSING, ref, severity="error")


def actual_of_nothing(case: Case) -> Iterator[Finding]:
    """Report the 実績 of years without 評価項目, for which only forms of earlier releases ask."""
    for ref, year in case.actuals:
        unread = ref._replace(field="outcome.indicator") in case.unread
        if not (is_blank(year.actual) or case.to_come(ref) or unread) and _of_nothing(case, ref):
            yield finding(problems.ACTUAL_OF_NOTHING, ref, value=year.actual)


def _of_nothing(case: Case, ref: Ref) -> bool:
    return is_actual_of_nothing(ref, case.values, case.round, case.settings)


def comparable(case: Case) -> Iterator[Finding]:
    """Report an 実績 that cannot be compared with its numeric 目標.

    It must be numeric too, with the same parts and units, counted the same way. In an interim round a dash means that
    there is no result yet; if the 実績 is required, a dash is not an answer.
    """
    for ref, year in case.actuals:
        if case.to_come(ref) or not year.actual.strip():
            continue
        target, actual = read_value(year.target), read_value(year.actual)
        nothing_yet = actual.kind is ValueKind.BLANK and not case.requires(ref)
        if target.kind is not ValueKind.NUMBER or actual.kind is ValueKind.UNDECIDED or nothing_yet:
            continue
        if (kind := mismatch(year.target, year.actual, year.indicator)) is not None:
            expected = _units(target) if kind is problems.ACTUAL_UNIT else _shape(target)
            yield finding(kind, ref, value=year.actual, target=year.target, expected=expected)


def mismatch(target: str, actual: str, indicator: str) -> problems.ProblemKind | None:
    """Return why an 実績 cannot be compared with a numeric 目標, or None.

    累計, 延べ, 月平均 … may be in only one of the two if the 評価項目 has them.
    """
    given = read_value(actual)
    if given.kind is not ValueKind.NUMBER:
        return problems.ACTUAL_NO_NUMBER
    both = pairs(read_value(target).quantities, given.quantities)
    if both is None:
        return problems.ACTUAL_PARTS
    if not all(same_unit(t, a) for t, a in both):
        return problems.ACTUAL_UNIT
    if (ways_of_counting(target) ^ ways_of_counting(actual)) - ways_of_counting(indicator):
        return problems.ACTUAL_COUNTING
    return None


def pairs(target: tuple[Quantity, ...], actual: tuple[Quantity, ...]) -> list[tuple[Quantity, Quantity]] | None:
    """Pair the quantities of a 目標 and an 実績 by label, or by position if they have none; None if they do not match."""
    if len(target) != len(actual):
        return None
    by_label = {quantity.label: quantity for quantity in actual}
    if len(target) > 1 and {quantity.label for quantity in target} != set(by_label):
        return None  # with one quantity, the label only repeats the 評価項目 and need not match
    if len(target) == 1 or len(by_label) < len(actual):
        return list(zip(target, actual, strict=True))
    return [(quantity, by_label[quantity.label]) for quantity in target]


def _shape(target: Value) -> str:
    """Return a 目標 in its simplest form: ``40回``, ``小 8.9%、中 12.8%``, ``550回/1/1``."""
    plain = [f"{quantity.number_text}{quantity.unit}" for quantity in target.quantities]
    labels = [quantity.label for quantity in target.quantities]
    if len(plain) == 1 or not labels[0]:
        return "/".join(plain)
    return "、".join(map(" ".join, zip(labels, plain, strict=True)))


def _units(target: Value) -> str:
    return "、".join(dict.fromkeys(quantity.unit for quantity in target.quantities if quantity.unit)) or "単位なし"

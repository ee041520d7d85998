"""実績: given for years that have begun, and comparable with the 目標."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain import problems
from ..domain.model import OutcomeYear, Ref
from ..domain.values import Quantity, Value, ValueKind, is_blank, read_value, same_unit, ways_of_counting
from .case import Case, Finding, finding


def actual_to_come(case: Case) -> Iterator[Finding]:
    """No 実績 for a fiscal year that has not begun."""
    for ref, year in _years(case):
        if case.to_come(ref) and not is_blank(year.actual):
            yield finding(problems.ACTUAL_TO_COME, ref)


def missing_actual(case: Case) -> Iterator[Finding]:
    """Where the round asks for it, every 目標 of this fiscal year has its 実績 (未確定 is one)."""
    for ref, year in _years(case):
        if not year.actual.strip() and not is_blank(year.target) and case.requires("実績", ref):
            yield finding(problems.ACTUAL_MISSING, ref, severity="error")


def comparable(case: Case) -> Iterator[Finding]:
    """An 実績 has the shape of its 目標: numbers where those are, the same parts and units, counted the same way.

    A 目標 that is no number is compared with nothing. In an interim round a dash says that
    there is nothing yet; where 実績 is required it leaves the question open.
    """
    for ref, year in _years(case):
        if case.to_come(ref) or not year.actual.strip():
            continue
        target, actual = read_value(year.target), read_value(year.actual)
        nothing_yet = actual.kind is ValueKind.BLANK and not case.requires("実績", ref)
        if target.kind is not ValueKind.NUMBER or actual.kind is ValueKind.UNDECIDED or nothing_yet:
            continue
        if (kind := mismatch(year.target, year.actual, year.indicator)) is not None:
            expected = _units(target) if kind is problems.ACTUAL_UNIT else _shape(target)
            yield finding(kind, ref, value=year.actual, target=year.target, expected=expected)


def mismatch(target: str, actual: str, indicator: str) -> problems.ProblemKind | None:
    """What keeps an 実績 from being compared with a 目標 that is a number; None where nothing does.

    累計, 延べ, 月平均 … that only one of the two says count as said by the other where the 評価項目 says them.
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
    """Each part of the 目標 with its part of the 実績: by label, else by place; None if they differ."""
    if len(target) != len(actual):
        return None
    if len(target) == 1:  # a lone label only repeats the 評価項目
        return [(target[0], actual[0])]
    by_label = {part.label: part for part in actual}
    if {part.label for part in target} != set(by_label):
        return None
    if len(by_label) < len(actual):
        return list(zip(target, actual, strict=True))
    return [(part, by_label[part.label]) for part in target]


def _shape(target: Value) -> str:
    """``40回``, ``小 8.9%、中 12.8%``, ``550回/1/1``: the 目標 in its plainest writing."""
    parts = target.quantities
    if len(parts) == 1:
        return _plain(parts[0])
    if not parts[0].label:
        return "/".join(map(_plain, parts))
    return "、".join(f"{part.label} {_plain(part)}" for part in parts)


def _plain(part: Quantity) -> str:
    return f"{part.number:,}{part.unit}"


def _units(target: Value) -> str:
    return "、".join(dict.fromkeys(part.unit for part in target.quantities if part.unit)) or "単位なし"


def _years(case: Case) -> Iterator[tuple[Ref, OutcomeYear]]:
    for outcome in case.measure.outcomes:
        for n, year in enumerate(outcome.years, 1):
            yield Ref("outcome.actual", outcome.key, n), year

"""目標 against 実績, part by part. What cannot be computed is shown as written and never scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from ..domain.model import QUARTERS, Outcome, OutcomeYear, Settings
from ..domain.values import Quantity, ValueKind, is_blank, is_undecided, read_value
from ..master.records import Master
from ..rules.outcomes import mismatch, pairs
from .direction import direction
from .records import ROUNDING, Direction, MeasureName, OutcomeResult, PartResult, Verdict, YearResult

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_WAY = {
    "以上": Direction.MORE,
    "超": Direction.MORE,
    "以下": Direction.LESS,
    "以内": Direction.LESS,
    "未満": Direction.LESS,
}
_STRICT = ("超", "未満")


def outcome_result(
    master: Master,
    measure: MeasureName,
    number: int,
    outcome: Outcome,
    said: Mapping[tuple[str, str], Direction],
    quarter: int,
) -> OutcomeResult:
    """An outcome with its results as a report of ``quarter`` (1–4) gives them.

    ``number`` counts from 1 within the measure, ``said`` is as ``directions`` gives it.
    """
    way = direction(outcome, said, measure.id)
    years = tuple(_year(master.settings, n, year, way, quarter) for n, year in enumerate(outcome.years))
    mark = _CIRCLED[number - 1] if number <= len(_CIRCLED) else str(number)
    return OutcomeResult(measure, outcome.key, mark, way, years)


def _year(settings: Settings, index: int, year: OutcomeYear, way: Direction, quarter: int) -> YearResult:
    this = settings.plan_years[index]
    begun = this <= settings.fiscal_year
    parts = compare(year.target, year.actual, way, year.indicator) if begun else ()
    verdict = _verdict(year, parts, begun)
    if verdict in (Verdict.MET, Verdict.SHORT) and this == settings.fiscal_year and quarter < QUARTERS[-1]:
        # Before the year has ended nothing is met or missed yet.
        verdict, parts = Verdict.INTERIM, tuple(replace(part, met=None) for part in parts)
    return YearResult(this.label, year.indicator, year.target, year.actual, verdict, parts)


def _verdict(year: OutcomeYear, parts: tuple[PartResult, ...], begun: bool) -> Verdict:
    """達成 and 未達 are said only of results of which every part, or at least one, is known to be so."""
    if is_blank(year.actual) or is_undecided(year.actual):
        if is_blank(year.target):
            return Verdict.NO_TARGET
        return Verdict.OPEN if begun else Verdict.TO_COME
    if any(part.met is False for part in parts):
        return Verdict.SHORT
    return Verdict.MET if parts and all(part.met for part in parts) else Verdict.AS_WRITTEN


def compare(target: str, actual: str, way: Direction, indicator: str = "") -> tuple[PartResult, ...]:
    """Each number of a 目標 with that of the 実績; () unless both are exact numbers of one shape and unit, counted alike.

    An 実績 of 約300件 or 300件以上 is no exact number. 以上, 超, 以下, 以内 and 未満 in the 目標 say which way is
    better; else ``way`` does. What the 評価項目 says of how it was counted need not stand beside the numbers again.
    """
    meant = read_value(target)
    if meant.kind is not ValueKind.NUMBER or mismatch(target, actual, indicator) is not None:
        return ()
    both = pairs(meant.quantities, read_value(actual).quantities) or []
    if any(t.about or a.about or a.bound for t, a in both):
        return ()
    return tuple(_part(t, a, _WAY.get(t.bound, way), alone=len(both) == 1) for t, a in both)


def _part(target: Quantity, actual: Quantity, way: Direction, *, alone: bool) -> PartResult:
    met = _met(target, actual.number, way)
    return PartResult(
        label="" if alone else target.label,
        target=target.number,
        actual=actual.number,
        unit=target.unit or actual.unit,
        bound=target.bound,
        rate=_rate(target.number, actual.number) if way is Direction.MORE else None,
        met=met,
    )


def _met(target: Quantity, actual: Decimal, way: Direction) -> bool | None:
    if actual == target.number:  # the target itself is met whichever way is better
        return target.bound not in _STRICT
    if way is Direction.UNKNOWN:
        return None
    return actual > target.number if way is Direction.MORE else actual < target.number


def _rate(target: Decimal, actual: Decimal) -> Decimal | None:
    """実績 ÷ 目標 in percent. What is less than the target never reads 100.0.

    Only where more is better: for a target that is to be undercut no one formula is agreed on.
    """
    if target <= 0 or actual < 0:
        return None
    rate = (actual / target * 100).quantize(ROUNDING, ROUND_HALF_UP)
    return min(rate, 100 - ROUNDING) if actual < target else rate

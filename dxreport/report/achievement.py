"""目標 against 実績, number by number. What cannot be computed is shown as written and never scored."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from ..domain.fields import QUARTERS
from ..domain.model import Outcome, OutcomeYear, Settings
from ..domain.numbering import circled
from ..domain.values import Quantity, ValueKind, fold, is_blank, is_undecided, read_value
from ..master.records import Direction, Master
from ..rules.outcomes import mismatch, pairs
from .records import ROUNDING, Attainment, MeasureName, OutcomeResult, PartResult, YearResult

_DIRECTION_OF = dict.fromkeys(("以上", "超"), Direction.MORE) | dict.fromkeys(("以下", "以内", "未満"), Direction.LESS)
_BETWEEN = re.compile(r"\s*(?:[~〜]|以上[、・]?)\s*")


def outcome_result(master: Master, measure: MeasureName, number: int, outcome: Outcome, quarter: int) -> OutcomeResult:
    """Judge an outcome, the ``number``-th of its measure, in every year of the plan for a report of ``quarter`` (1–4)."""
    direction = master.direction(measure.id, outcome.key)
    years = tuple(_year(master.settings, n, year, direction, quarter) for n, year in enumerate(outcome.years))
    return OutcomeResult(measure, outcome.key, circled(number), direction, years)


def _year(settings: Settings, index: int, year: OutcomeYear, direction: Direction, quarter: int) -> YearResult:
    this = settings.plan_years[index]
    begun = this <= settings.fiscal_year
    parts = compare(year.target, year.actual, direction, year.indicator) if begun else ()
    verdict = _verdict(year, parts, begun)
    if verdict in (Attainment.MET, Attainment.SHORT) and this == settings.fiscal_year and quarter < QUARTERS[-1]:
        # Before the year has ended nothing is met or missed yet.
        verdict, parts = Attainment.INTERIM, tuple(replace(part, met=None) for part in parts)
    return YearResult(this.label, year.indicator, year.target, year.actual, verdict, parts)


def _verdict(year: OutcomeYear, parts: tuple[PartResult, ...], begun: bool) -> Attainment:
    """達成 if every number meets its target, 未達 if one misses it, else what keeps it from being judged."""
    if is_blank(year.actual) or is_undecided(year.actual):
        if is_blank(year.target):
            return Attainment.NO_TARGET
        return Attainment.OPEN if begun else Attainment.TO_COME
    if any(part.met is False for part in parts):
        return Attainment.SHORT
    return Attainment.MET if parts and all(part.met for part in parts) else Attainment.AS_WRITTEN


def is_comparable(target: str) -> bool:
    """Whether a 目標 has a number without 以上, 未満 …, which cannot be judged without a 方向."""
    return _limits(target) is not None or any(not part.bound for part in read_value(target).quantities)


def compare(target: str, actual: str, direction: Direction, indicator: str = "") -> tuple[PartResult, ...]:
    """Compare each number of a 目標 with that of the 実績.

    Return () if the outcome is declared 判定しない, and unless both are exact numbers of the same shape, unit and way
    of counting (約300件 and 300件以上 are no exact 実績). 以上, 超, 以下, 以内 and 未満 in the 目標 override
    ``direction``. The 評価項目 may state the way of counting for either side.
    """
    if direction is Direction.NOT_JUDGED:
        return ()
    if direction is Direction.RANGE and (limits := _limits(target)) is not None:
        return _within(*limits, actual, indicator)
    if read_value(target).kind is not ValueKind.NUMBER or mismatch(target, actual, indicator) is not None:
        return ()
    both = pairs(read_value(target).quantities, read_value(actual).quantities) or []
    if any(t.about or a.about or a.bound for t, a in both):
        return ()
    parts = []
    for t, a in both:
        way = _DIRECTION_OF.get(t.bound, direction)
        label = t.label if len(both) > 1 else ""
        rate = _rate(t.number, a.number) if way is Direction.MORE else None
        parts.append(PartResult(label, t.number, a.number, t.unit or a.unit, t.bound, rate, _met(t, a.number, way)))
    return tuple(parts)


def _limits(target: str) -> tuple[Quantity, str] | None:
    """The lower limit of a 目標 such as ``5～10件`` or ``5件以上10件未満``, and the text of the upper one (``10件未満``).

    None for any other text.
    """
    pieces = _BETWEEN.split(fold(target))
    values = [read_value(piece).quantities for piece in pieces]
    if len(pieces) != 2 or any(len(parts) != 1 for parts in values):
        return None
    (low,), (high,) = values
    plain = not (low.bound or low.about or high.about or low.label or high.label)
    ordered = low.number <= high.number and low.unit in ("", high.unit)
    bounded = _DIRECTION_OF.get(high.bound) is not Direction.MORE
    return (low, pieces[1]) if plain and ordered and bounded else None


def _within(low: Quantity, upper: str, actual: str, indicator: str) -> tuple[PartResult, ...]:
    (high,) = read_value(upper).quantities
    if mismatch(upper, actual, indicator) is not None:
        return ()
    found = read_value(actual).quantities[0]
    if found.about or found.bound:
        return ()
    met = low.number <= found.number and bool(_met(high, found.number, Direction.LESS))
    limit = f"～{high.number:,}{high.bound}"
    return (PartResult("", low.number, found.number, high.unit or found.unit, limit, rate=None, met=met),)


def _met(target: Quantity, actual: Decimal, direction: Direction) -> bool | None:
    if direction is Direction.UNKNOWN:
        return None
    if actual == target.number:
        return target.bound not in ("超", "未満")
    if direction is Direction.RANGE:
        return False
    return actual > target.number if direction is Direction.MORE else actual < target.number


def _rate(target: Decimal, actual: Decimal) -> Decimal | None:
    """実績 ÷ 目標 in percent. A result short of its target never reads 100.0.

    Only where more is better: no one formula is agreed on for a target that is to be undercut.
    """
    if target <= 0 or actual < 0:
        return None
    rate = (actual / target * 100).quantize(ROUNDING, ROUND_HALF_UP)
    return min(rate, 100 - ROUNDING) if actual < target else rate

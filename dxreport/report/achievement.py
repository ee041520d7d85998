"""Compare 目標 and 実績, number by number; what cannot be computed is shown as written and never scored."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from ..domain import problems
from ..domain.fields import QUARTERS
from ..domain.model import Outcome, OutcomeYear, Settings
from ..domain.numbering import circled
from ..domain.quantities import Quantity, ValueKind, read_value
from ..domain.values import fold, is_blank, is_undecided
from ..master.records import Direction, Master
from ..rules.outcomes import mismatch, pairs
from .activity_records import MeasureName
from .outcome_records import ROUNDING, Amount, Attainment, OutcomeResult, PartResult, YearResult

_WAY_OF = dict.fromkeys(("以上", "超"), Direction.MORE) | dict.fromkeys(("以下", "以内", "未満"), Direction.LESS)
_BETWEEN = re.compile(r"\s*(?:[~〜]|以上[、・]?)\s*")
_MISMATCHES = {
    problems.ACTUAL_NO_NUMBER: "実績が数値ではありません。",
    problems.ACTUAL_PARTS: "目標と実績で、数値の数や内訳が違います。",
    problems.ACTUAL_UNIT: "目標と実績の単位が違います。",
    problems.ACTUAL_COUNTING: "目標と実績の数え方（累計、延べなど）が違います。",
}


def outcome_result(master: Master, measure: MeasureName, number: int, outcome: Outcome, quarter: int) -> OutcomeResult:
    """Judge an outcome, the ``number``-th of its measure, in every plan year, as of ``quarter`` (1–4)."""
    direction = master.direction(measure.id, outcome.key)
    years = tuple(_year(master.settings, n, year, direction, quarter) for n, year in enumerate(outcome.years))
    return OutcomeResult(measure, outcome.key, circled(number), direction, _drawn(years))


def _drawn(years: tuple[YearResult, ...]) -> tuple[YearResult, ...]:
    """Add the amounts that a chart draws: the first number of each 目標 and 実績, if all 目標 measure one thing."""
    targets = [_first_number(year.target) for year in years]
    actuals = [_first_number(year.actual) for year in years]
    things = {(fold(y.indicator), t[0].label, t[0].unit) for y, t in zip(years, targets, strict=True) if t}
    if len(things) != 1:
        return years
    ((_, label, unit),) = things
    fitting = [a if a and a[0].label == label and a[0].unit in ("", unit) else None for a in actuals]
    return tuple(
        replace(year, target_amount=target and target[1], actual_amount=actual and actual[1])
        for year, target, actual in zip(years, targets, fitting, strict=True)
    )


def _first_number(text: str) -> tuple[Quantity, Amount] | None:
    """Return the first number of a text; None for no number, or several without labels."""
    value = read_value(text)
    if value.kind is not ValueKind.NUMBER:
        return None
    first, *more = value.quantities
    if more and not first.label:
        return None
    label = f"{first.label} " if more else ""  # a single number needs no label: its 評価項目 names it
    shown = f"{label}{'約' if first.about else ''}{first.number_text}{first.unit}{first.bound}"
    return first, Amount(first.number, shown)


def _year(settings: Settings, index: int, year: OutcomeYear, direction: Direction, quarter: int) -> YearResult:
    this = settings.plan_years[index]
    begun = this <= settings.fiscal_year
    parts = compare(year.target, year.actual, direction, year.indicator) if begun else ()
    verdict = _verdict(year, parts, begun)
    reason = _reason(year, verdict, direction, begun)
    if verdict in (Attainment.MET, Attainment.SHORT) and this == settings.fiscal_year and quarter < QUARTERS[-1]:
        # Nothing is met or missed before the year has ended.
        verdict, parts = Attainment.INTERIM, tuple(replace(part, met=None) for part in parts)
    return YearResult(this.label, year.indicator, year.target, year.actual, verdict, parts, reason)


def _verdict(year: OutcomeYear, parts: tuple[PartResult, ...], begun: bool) -> Attainment:
    """Return 達成 if every number meets its target, 未達 if one misses it, else why it is not judged."""
    if is_blank(year.actual) or is_undecided(year.actual):
        if is_blank(year.target):
            return Attainment.NO_TARGET
        return Attainment.OPEN if begun else Attainment.TO_COME
    if any(part.met is False for part in parts):
        return Attainment.SHORT
    return Attainment.MET if parts and all(part.met for part in parts) else Attainment.AS_WRITTEN


def _reason(year: OutcomeYear, verdict: Attainment, direction: Direction, begun: bool) -> str:
    """Say in a sentence why a year is not judged; ``""`` if it is, or is yet to come."""
    if verdict is Attainment.NO_TARGET:
        return "目標が記入されていません。"
    if verdict is Attainment.OPEN:
        written = year.actual.strip()
        return f"実績は「{written}」です。" if written else "実績がまだ記入されていません。"
    if verdict is not Attainment.AS_WRITTEN:
        return ""
    if not begun:
        return "まだ始まっていない年度の実績です。"
    return _obstacle(year.target, year.actual, direction, year.indicator) or _unclear(year.target, direction)


def _obstacle(target: str, actual: str, direction: Direction, indicator: str) -> str:
    """Say in a sentence why a 目標 and an 実績 cannot be compared; ``""`` if they can."""
    aim = read_value(target)
    if direction is Direction.NOT_JUDGED:
        return "方向が「判定しない」です。"
    if aim.kind is ValueKind.BLANK:
        return "目標が記入されていません。"
    if aim.kind is ValueKind.UNDECIDED:
        return f"目標は「{target.strip()}」です。"
    limits = _limits(target) if direction is Direction.RANGE else None
    if limits is None and aim.kind is not ValueKind.NUMBER:
        return "目標が数値ではありません。"
    if kind := mismatch(limits[1] if limits else target, actual, indicator):
        return _MISMATCHES[kind]
    if any(quantity.about for quantity in (*aim.quantities, *read_value(actual).quantities)):
        return "「約」「程度」などの付いた数値は、比べられません。"
    if any(quantity.bound for quantity in read_value(actual).quantities):
        return "「以上」「未満」などの付いた実績は、比べられません。"
    return ""


def _unclear(target: str, direction: Direction) -> str:
    """Return a sentence about why numbers that can be compared are not judged."""
    if direction is Direction.UNKNOWN:
        return "方向が決まっていません。"
    bound = next((q.bound for q in read_value(target).quantities if _opposed(q, direction)), "")
    return f"目標の「{bound}」と方向の「{direction.value}」が合いません。"


def is_comparable(target: str) -> bool:
    """Return True if a 目標 has a number, and so needs a 方向 to be judged."""
    return _limits(target) is not None or bool(read_value(target).quantities)


def is_opposed(target: str, direction: Direction) -> bool:
    """Return True if 以上, 未満 … in a 目標 contradict the 方向, so that it cannot be judged."""
    if direction is Direction.RANGE and _limits(target) is not None:
        return False
    return any(_opposed(quantity, direction) for quantity in read_value(target).quantities)


def _opposed(target: Quantity, direction: Direction) -> bool:
    judged = direction not in (Direction.UNKNOWN, Direction.NOT_JUDGED)
    return judged and _WAY_OF.get(target.bound, direction) is not direction


def compare(target: str, actual: str, direction: Direction, indicator: str = "") -> tuple[PartResult, ...]:
    """Compare each number of a 目標 with that of the 実績; only ``direction`` says which way is better.

    Return () for 判定しない, and unless both are exact numbers (an 実績 of 約300件 or 300件以上 is not) of the same shape, unit and
    way of counting; the ``indicator`` (評価項目) may state the last for either. Nothing is met or missed without a
    direction, or where 以上, 超, 以下, 以内 or 未満 in the 目標 contradicts it.
    """
    if _obstacle(target, actual, direction, indicator):
        return ()
    if direction is Direction.RANGE and (limits := _limits(target)) is not None:
        return (_within(*limits, actual),)
    both = pairs(read_value(target).quantities, read_value(actual).quantities) or []
    return tuple(
        PartResult(
            label=t.label if len(both) > 1 else "",
            target=t.number,
            actual=a.number,
            unit=t.unit or a.unit,
            bound=t.bound,
            rate=_rate(t.number, a.number) if direction is Direction.MORE and not _opposed(t, direction) else None,
            met=_met(t, a.number, direction),
        )
        for t, a in both
    )


def _limits(target: str) -> tuple[Quantity, str] | None:
    """Return the lower limit of ``5～10件`` or ``5件以上10件未満`` and the text of the upper one (``10件未満``), else None."""
    pieces = _BETWEEN.split(fold(target))
    values = [read_value(piece).quantities for piece in pieces]
    if len(pieces) != 2 or any(len(parts) != 1 for parts in values):
        return None
    (low,), (high,) = values
    plain = not (low.bound or low.about or high.about or low.label or high.label)
    ordered = low.number <= high.number and low.unit in ("", high.unit)
    alike = low.unit == high.unit or bool(low.scaled) is bool(high.scaled)  # 2～3万人 may start at 2 or at 2万
    bounded = _WAY_OF.get(high.bound) is not Direction.MORE
    return (low, pieces[1]) if plain and ordered and alike and bounded else None


def _within(low: Quantity, upper: str, actual: str) -> PartResult:
    (high,), (found,) = read_value(upper).quantities, read_value(actual).quantities
    met = low.number <= found.number and bool(_met(high, found.number, Direction.LESS))
    limit = f"～{high.number_text}{high.bound}"
    return PartResult("", low.number, found.number, high.unit or found.unit, limit, rate=None, met=met)


def _met(target: Quantity, actual: Decimal, direction: Direction) -> bool | None:
    if direction is Direction.UNKNOWN or _opposed(target, direction):
        return None
    if actual == target.number:
        return target.bound not in ("超", "未満")
    if direction is Direction.RANGE:
        return False
    return actual > target.number if direction is Direction.MORE else actual < target.number


def _rate(target: Decimal, actual: Decimal) -> Decimal | None:
    """Return 実績 ÷ 目標 in percent, for a target where more is better; a result short of it never reads 100.0."""
    if target <= 0 or actual < 0:
        return None
    rate = (actual / target * 100).quantize(ROUNDING, ROUND_HALF_UP)
    return min(rate, 100 - ROUNDING) if actual < target else rate

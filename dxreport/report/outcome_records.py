"""成果目標 and their results, judged and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from ..master.records import Direction
from .activity_records import MeasureLine

ROUNDING = Decimal("0.1")  # achievement is shown to a tenth of a percent


class Attainment(Enum):
    """The comparison of a result with its target; the value is the word shown."""

    MET = "達成"
    SHORT = "未達"
    INTERIM = "途中"  # compared, and the year has not ended
    AS_WRITTEN = "判定なし"  # written, but not judged
    OPEN = "実績待ち"
    TO_COME = "これから"
    NO_TARGET = "目標なし"


@dataclass(frozen=True, slots=True)
class PartResult:
    """One number of a target and the number of the result that it is compared with.

    ``rate`` is in percent, to a tenth, None unless more is better; ``met`` is None if it cannot be judged, or not yet.
    """

    label: str
    target: Decimal
    actual: Decimal
    unit: str
    bound: str
    rate: Decimal | None
    met: bool | None

    @property
    def text(self) -> str:
        """The rate (``96.7%``), else the verdict (``小 達成``); ``""`` if it cannot be judged."""
        text = f"{self.rate:,}%" if self.rate is not None else {True: "達成", False: "未達", None: ""}[self.met]
        return f"{self.label} {text}" if self.label and text else text


@dataclass(frozen=True, slots=True)
class Amount:
    """The first number of a 目標 or 実績, and how it is written: ``小 8.9%``."""

    number: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class YearResult:
    """A 成果目標 in one fiscal year; the three texts are as written.

    ``reason`` says in a sentence why the verdict is 判定なし, 実績待ち or 目標なし, and is ``""`` for any other. Charts draw the
    amounts, which are None if a text is not a number.
    """

    year: str
    indicator: str
    target: str
    actual: str
    verdict: Attainment
    parts: tuple[PartResult, ...] = ()
    reason: str = ""
    target_amount: Amount | None = None
    actual_amount: Amount | None = None

    @property
    def achievement(self) -> str:
        """The texts of its parts: ``96.7%``; ``小 103.2%、中 98.0%``; ``""`` if it cannot be computed."""
        return "、".join(part.text for part in self.parts if part.text)

    @property
    def is_reported(self) -> bool:
        """True if there is an 実績, judged or not."""
        return self.verdict in (Attainment.MET, Attainment.SHORT, Attainment.INTERIM, Attainment.AS_WRITTEN)

    @property
    def gap(self) -> Decimal:
        """The largest gap between a number and the target that it missed, relative to the target; 0 without any."""
        missed = (p for p in self.parts if p.met is False)
        return max((abs(p.actual - p.target) / (abs(p.target) or 1) for p in missed), default=Decimal(0))

    def verdict_of(self, part: PartResult) -> Attainment:
        """Return the verdict on one of the parts."""
        if self.verdict is Attainment.INTERIM:
            return self.verdict
        return {True: Attainment.MET, False: Attainment.SHORT, None: Attainment.AS_WRITTEN}[part.met]


@dataclass(frozen=True, slots=True)
class OutcomeResult(MeasureLine):
    """A 成果目標 over the years of the plan; ``number`` is ①, ② … within its measure."""

    key: str
    number: str
    direction: Direction
    years: tuple[YearResult, ...]

    @property
    def has_path(self) -> bool:
        """True if the targets of all years are numbers of one thing, so that a line can join them."""
        written = [year for year in self.years if year.target_amount or year.target.strip()]
        return len(written) > 1 and all(year.target_amount for year in written)


@dataclass(frozen=True, slots=True)
class Results:
    """Every 成果目標. ``this_year`` is the index of the fiscal year in ``years``; ``counts`` are of that year.

    ``judged_year`` is the index of the last year that has ended, None if none has.
    """

    years: tuple[str, ...]
    this_year: int
    outcomes: tuple[OutcomeResult, ...]
    counts: tuple[tuple[Attainment, int], ...]
    judged_year: int | None = None

    def latest(self, outcome: OutcomeResult) -> YearResult:
        """Return the result of this year, or that of the judged year if only that has one."""
        now = outcome.years[self.this_year]
        if now.is_reported or self.judged_year is None:
            return now
        before = outcome.years[self.judged_year]
        return before if before.is_reported else now

    @property
    def missed(self) -> tuple[OutcomeResult, ...]:
        """The outcomes that missed the target of the judged year, the largest gap first."""
        if (year := self.judged_year) is None:
            return ()
        short = (o for o in self.outcomes if o.years[year].verdict is Attainment.SHORT)
        return tuple(sorted(short, key=lambda o: o.years[year].gap, reverse=True))

    @property
    def reported(self) -> tuple[OutcomeResult, ...]:
        """The other outcomes with a result of this year or the judged one."""
        missed = set(map(id, self.missed))
        return tuple(o for o in self.outcomes if self.latest(o).is_reported and id(o) not in missed)

    @property
    def waiting(self) -> tuple[OutcomeResult, ...]:
        """The outcomes without a result in either year."""
        return tuple(o for o in self.outcomes if not self.latest(o).is_reported)

    @property
    def to_follow(self) -> tuple[OutcomeResult, ...]:
        """The outcomes without a result this year, even if the judged year has one."""
        return tuple(o for o in self.outcomes if not o.years[self.this_year].is_reported)

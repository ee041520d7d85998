"""The figures of a report as frozen records, shared by the three formats, which compute nothing.

Texts are kept as written; numbers are ints or exact Decimals; wording that all formats share is a property or in
``words``.

The order of the report: the verdict (``words.headline``) and its four numbers (``words.cards``), the quarters
(``trend``), 分野, late activities and what became of the others, costs of the next year, 成果目標, departments, requests for
support, declared fields, changes since the last final report, targets without 実績.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from ..domain.days import printed_day
from ..domain.names import Names, joined
from ..master.records import Direction

ROUNDING = Decimal("0.1")  # achievement is shown to a tenth of a percent


class Progress(Enum):
    """What a 進捗 means, whatever the words of 設定, from the lightest to the gravest; the value is its name in JSON.

    ``WORD`` is a word of a declared field, which is neither good nor bad.
    """

    NO_PLAN = "no_plan"
    NO_REPORT = "no_report"
    DONE = "done"
    STOPPED = "stopped"
    ON_TRACK = "on_track"
    UNKNOWN = "unknown"
    UNREPORTED = "unreported"
    LATE = "late"
    WORD = "word"

    @property
    def due(self) -> bool:
        """True if something was due: for all but 予定なし and 中止, which are in no denominator."""
        return self not in (Progress.NO_PLAN, Progress.STOPPED)

    @property
    def on_plan(self) -> bool:
        """True if what was due went as planned or is already done."""
        return self in (Progress.ON_TRACK, Progress.DONE)


@dataclass(frozen=True, slots=True)
class Category:
    """One column of every count: a word of 設定, 設定にない語, 報告事項なし, 未報告 or 予定なし."""

    label: str
    standing: Progress


@dataclass(frozen=True, slots=True)
class Standings:
    """Numbers of activities by what their answers mean. 予定なし and 中止 are in no denominator."""

    on_track: int = 0
    done: int = 0
    late: int = 0
    unreported: int = 0
    no_report: int = 0
    unknown: int = 0
    no_plan: int = 0
    stopped: int = 0

    @property
    def on_plan(self) -> int:
        """The activities that went as planned or are already done."""
        return self.on_track + self.done

    @property
    def due(self) -> int:
        """The activities with something planned, or reported, for the quarter: the denominator of every share."""
        return self.on_plan + self.late + self.unreported + self.no_report + self.unknown

    @property
    def apart(self) -> int:
        """The activities in no denominator: 予定なし and 中止."""
        return self.no_plan + self.stopped


@dataclass(frozen=True, slots=True)
class QuarterStandings:
    """The standings of one quarter of a fiscal year."""

    year: str
    quarter: int
    standings: Standings


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by category: of everything, a quarter, a 分野 (``code`` is its number) or a department.

    ``activities`` and ``measures`` follow ``Overview.categories``; measures count by their worst activity.
    ``standings`` sums up the activities.
    """

    name: str
    activities: tuple[int, ...]
    measures: tuple[int, ...]
    code: str = ""
    standings: Standings = Standings()

    @property
    def title(self) -> str:
        """The name; ``""`` for a 分野 that 設定 does not name, which its number identifies."""
        return "" if self.name == self.code else self.name

    @property
    def activity_total(self) -> int:
        return sum(self.activities)

    @property
    def measure_total(self) -> int:
        return sum(self.measures)


@dataclass(frozen=True, slots=True)
class Turn:
    """How late activities changed: those that are ``new``, and what became of those late in the quarter before.

    ``other`` are 報告事項なし, 予定なし, 中止 or 設定にない語 now, or of a measure that has ended.
    """

    new: int
    still: int
    resolved: int
    unreported: int
    other: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Activities and measures by progress, in the quarters of the year from the first to that of the report.

    ``turn`` is None if the quarter before is not known. ``stopped`` counts the measures of ``ended`` (中止, 完了, 統合),
    which are in no other count of the quarter.
    """

    categories: tuple[Category, ...]
    whole: Tally
    quarters: tuple[Tally, ...]
    areas: tuple[Tally, ...]
    departments: tuple[Tally, ...]
    turn: Turn | None = None
    stopped: int = 0
    ended: tuple[EndedMeasure, ...] = ()

    def due(self, counts: Sequence[int]) -> int:
        """Return how many activities in these counts by category were due: the denominator of every share."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing.due)

    def on_plan(self, counts: Sequence[int]) -> int:
        """Return how many in these counts by category are on plan or done."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing.on_plan)

    def late(self, counts: Sequence[int]) -> int:
        """Return how many in these counts by category are late."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing is Progress.LATE)


@dataclass(frozen=True, slots=True)
class MeasureName:
    """The measure of a line; ``area`` is the name of its 分野."""

    id: str
    name: str
    department: str
    area: str


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One line of a list, about one measure."""

    measure: MeasureName


@dataclass(frozen=True, slots=True)
class EndedMeasure(MeasureLine):
    """A measure that does not run in the quarter; ``note`` says since when and why (第3四半期から中止)."""

    note: str


@dataclass(frozen=True, slots=True)
class ActivityLine(MeasureLine):
    """One activity in the quarter.

    ``streak`` counts the quarters in a row, up to this one, in which it was late. ``past`` is its standing in each
    quarter of ``Figures.trend``, the last of which is this one. ``next_plan`` is its 作業予定 for the next quarter, ``""``
    in the last. ``notes`` are sentences to print after a ※, if what was reported does not fit what was planned.
    """

    key: str
    name: str
    plan: str
    category: Category
    countermeasure: str
    streak: int = 0
    next_plan: str = ""
    past: tuple[Progress, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The 対応策 as shown in the list of late activities."""
        return self.countermeasure or "（記入なし）"

    @property
    def streak_text(self) -> str:
        """``since_when`` of a late activity, under the name used by templates that offices have copied."""
        return self.since_when if self.streak else ""

    @property
    def since_when(self) -> str:
        """``新たに`` or ``3四半期目`` if late; ``解消`` or its category if late in the quarter before; else ``""``."""
        if self.streak:
            return f"{self.streak}四半期目" if self.streak > 1 else "新たに"
        if self.past[-2:-1] != (Progress.LATE,):
            return ""
        return "解消" if self.category.standing.on_plan else self.category.label


class Attainment(Enum):
    """The comparison of a result with its target; the value is shown."""

    MET = "達成"
    SHORT = "未達"
    INTERIM = "途中"  # compared, but the year has not ended
    AS_WRITTEN = "判定なし"  # written, but not judged
    OPEN = "実績待ち"
    TO_COME = "これから"
    NO_TARGET = "目標なし"


@dataclass(frozen=True, slots=True)
class PartResult:
    """One number of a target and that of the result.

    ``rate`` is in percent, to a tenth, and only given if more is better; ``met`` is None if the number is not judged,
    or the year has not ended.
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
        """``96.7%``; without a rate ``小 達成``; ``""`` if it is not judged."""
        text = f"{self.rate:,}%" if self.rate is not None else {True: "達成", False: "未達", None: ""}[self.met]
        return f"{self.label} {text}" if self.label and text else text


@dataclass(frozen=True, slots=True)
class Amount:
    """The first number of a 目標 or 実績, and its text: ``小 8.9%``."""

    number: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class YearResult:
    """A 成果目標 in one fiscal year, with its three texts as written.

    ``reason`` is a sentence that explains 判定なし, 実績待ち or 目標なし, ``""`` for any other verdict. The amounts are for charts;
    None if they cannot be drawn.
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
        """``96.7%``; ``小 103.2%、中 98.0%``; ``""`` if it cannot be computed."""
        return "、".join(part.text for part in self.parts if part.text)

    @property
    def is_reported(self) -> bool:
        """True if there is an 実績, judged or not."""
        return self.verdict in (Attainment.MET, Attainment.SHORT, Attainment.INTERIM, Attainment.AS_WRITTEN)

    @property
    def gap(self) -> Decimal:
        """The largest relative gap between a number and the target that it missed; 0 if it missed none."""
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
        """True if several years have a target, and all of these are numbers of one thing, which a line can join."""
        written = [year for year in self.years if year.target_amount or year.target.strip()]
        return len(written) > 1 and all(year.target_amount for year in written)


@dataclass(frozen=True, slots=True)
class Results:
    """Every 成果目標.

    ``this_year`` is the index of the fiscal year in ``years``; ``counts`` are by verdict in that year. ``judged_year``
    is the index of the last year that has ended, None if there is none: its verdicts are final.
    """

    years: tuple[str, ...]
    this_year: int
    outcomes: tuple[OutcomeResult, ...]
    counts: tuple[tuple[Attainment, int], ...]
    judged_year: int | None = None

    def latest(self, outcome: OutcomeResult) -> YearResult:
        """Return the result of an outcome in this fiscal year, or that of the judged year if only it has an 実績."""
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
        return tuple(sorted(short, key=lambda o: -o.years[year].gap))

    @property
    def reported(self) -> tuple[OutcomeResult, ...]:
        """The other outcomes with a result for this or the judged year."""
        missed = self.missed
        return tuple(o for o in self.outcomes if self.latest(o).is_reported and o not in missed)

    @property
    def waiting(self) -> tuple[OutcomeResult, ...]:
        """The outcomes without a result for either year."""
        return tuple(o for o in self.outcomes if not self.latest(o).is_reported)

    @property
    def to_follow(self) -> tuple[OutcomeResult, ...]:
        """The outcomes without a result for this fiscal year, including those judged for an earlier year."""
        return tuple(o for o in self.outcomes if not o.years[self.this_year].is_reported)


@dataclass(frozen=True, slots=True)
class Budget(MeasureLine):
    """A measure with 予算化 有; ``notes`` are sentences to print after a ※."""

    procurement: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Support(MeasureLine):
    """A request to the CIO補佐; ``written`` is its 時期 as written, ``notes`` sentences to print after a ※."""

    written: str
    content: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contradiction(MeasureLine):
    """A 有無 (``label``) that the texts it governs contradict; ``note`` is a sentence to print after a ※."""

    label: str
    note: str


@dataclass(frozen=True, slots=True)
class SupportPeriod:
    """Requests of the same 時期, in the order of the fiscal year.

    ``months`` are its first and last month, counted from April as 0; None if it is not a span of months.
    """

    label: str
    requests: tuple[Support, ...]
    months: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Recount:
    """A count of the last final report, and the same count in the master now."""

    label: str
    then: int
    now: int

    @property
    def difference(self) -> int:
        return self.now - self.then


@dataclass(frozen=True, slots=True)
class TextChange(MeasureLine):
    """A text that has changed since the last final report; ``kind`` is the heading it is listed under (作業予定, 目標 …)."""

    kind: str
    label: str
    old: str
    new: str

    @property
    def before(self) -> str:
        return self.old or "（空白）"

    @property
    def after(self) -> str:
        return self.new or "（空白）"


@dataclass(frozen=True, slots=True)
class Since:
    """The changes since the last final report."""

    final_id: str
    quarter: str
    when: str
    recounts: tuple[Recount, ...]
    changes: tuple[TextChange, ...]

    @property
    def edited(self) -> tuple[TextChange, ...]:
        """The changes, except new 実績, which are listed with the 成果目標."""
        return tuple(c for c in self.changes if c.kind != "実績" or c.old)


@dataclass(frozen=True, slots=True)
class Missing(MeasureLine):
    """A sheet that is not in the master yet, and its state (未提出, 差し戻し …)."""

    state: str


@dataclass(frozen=True, slots=True)
class Point(MeasureLine):
    """An open point of data quality; ``place`` is a cell of the master."""

    code: str
    place: str
    label: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Coordination:
    """The part that only the coordinator reads; ``issued`` counts the sheets sent in the round of the quarter."""

    issued: int
    missing: tuple[Missing, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """What the report shows of a declared field: of ``total`` cells, ``answered`` are filled in.

    ``label`` tells it apart from the others; ``place`` is its 場所. ``period`` is the quarter or the fiscal year, if any.
    """

    key: str
    label: str
    place: str
    period: str
    total: int
    answered: int

    @property
    def heading(self) -> str:
        return f"{self.label}（{self.period}）" if self.period else self.label


@dataclass(frozen=True, slots=True)
class WordTally:
    """Counts by word: of everything, a 分野 (``code`` is its number) or a department."""

    name: str
    counts: tuple[int, ...]
    code: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class FieldCounts(FieldFigures):
    """数える: the counts of every tally follow ``categories``."""

    categories: tuple[Category, ...]
    whole: WordTally
    areas: tuple[WordTally, ...]
    departments: tuple[WordTally, ...]


@dataclass(frozen=True, slots=True)
class FieldSum:
    """Sums by column: of everything, a 分野 (``code`` is its number) or a department; None if there is no number."""

    name: str
    sums: tuple[Decimal | None, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class FieldSums(FieldFigures):
    """合計する: sums in ``unit``, shown with ``decimals``.

    The columns are the plan years, or a single one without a name; ``this`` is the index of the fiscal year. ``unread``
    are the texts that are not numbers, and so in no sum, with item and year.
    """

    unit: str
    decimals: int
    columns: tuple[str, ...]
    this: int
    whole: FieldSum
    areas: tuple[FieldSum, ...]
    departments: tuple[FieldSum, ...]
    unread: tuple[FieldText, ...]


@dataclass(frozen=True, slots=True)
class FieldText(MeasureLine):
    """A text of a declared field; ``item`` is the name of its list item, ``""`` for a text of the measure itself."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldTexts(FieldFigures):
    """載せる: every text that says something; ``answered`` also counts those that say nothing (なし)."""

    texts: tuple[FieldText, ...]


@dataclass(frozen=True, slots=True)
class DeclaredFigures:
    """The declared fields that the report counts, sums or lists, as set by 報告 in 項目."""

    counts: tuple[FieldCounts, ...]
    sums: tuple[FieldSums, ...]
    lists: tuple[FieldTexts, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One of the four numbers below the verdict; ``standing`` decides its mark."""

    title: str
    value: str
    unit: str
    note: str
    standing: Progress | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A whole report.

    ``made`` is ``YYYY-MM-DD HH:MM:SS``; ``final_id`` is blank unless the figures are frozen. ``trend`` holds the
    quarters up to this one, with those of earlier years if they are known. ``since`` is None before the first final
    report, ``coordination`` for the council, ``declared`` if 項目 has no field for the report. ``contradictions`` are
    those of 関連施策有無, 予算化有無 and 依頼有無.
    """

    fiscal_year: str
    quarter: int
    quarter_label: str
    months: str
    made: str
    overview: Overview
    activities: tuple[ActivityLine, ...]
    results: Results
    budgets: tuple[Budget, ...]
    support: tuple[SupportPeriod, ...]
    since: Since | None = None
    coordination: Coordination | None = None
    declared: DeclaredFigures | None = None
    final_id: str = ""
    names: Names = field(default_factory=Names)
    trend: tuple[QuarterStandings, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def title(self) -> str:
        """The title on every page, with the name of the plan or of the city."""
        return joined(self.names.report_owner, self.names.report_title, f"{self.fiscal_year} {self.quarter_label}")

    @property
    def sender(self) -> str:
        """The office in charge and how to reach it; blank if 設定 has neither."""
        return joined(self.names.sender, self.names.contact) if self.names.office or self.names.contact else ""

    @property
    def now(self) -> Standings:
        """The standings of the quarter."""
        return self.overview.whole.standings

    @property
    def before(self) -> Standings | None:
        """The standings of the quarter before, None if it is not known."""
        return self.trend[-2].standings if len(self.trend) > 1 else None

    @property
    def late(self) -> tuple[ActivityLine, ...]:
        """The activities that are late or in trouble."""
        return tuple(line for line in self.activities if line.category.standing is Progress.LATE)

    @property
    def late_before(self) -> tuple[ActivityLine, ...]:
        """The activities that were late in the quarter before and are not now, resolved ones first."""
        gone = [line for line in self.activities if not line.streak and line.since_when]
        return tuple(sorted(gone, key=lambda line: not line.category.standing.on_plan))

    @property
    def day(self) -> str:
        """The day the report was made: ``令和４年７月19日``."""
        return day(self.made)


def day(when: str) -> str:
    """Return the day of a time ``YYYY-MM-DD HH:MM:SS`` as printed: ``令和４年７月19日``."""
    return printed_day(date.fromisoformat(when[:10]), weekday=False)

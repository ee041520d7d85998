"""The figures of a report as frozen records, shared by the three formats, which compute nothing.

Texts are as written; numbers are ints or exact Decimals; wording that all formats share is a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from ..domain.names import Names, joined
from ..master.records import Direction

ROUNDING = Decimal("0.1")  # achievement is shown to a tenth of a percent


class Progress(Enum):
    """The meaning of a 進捗, whatever the words of 設定, from the lightest to the gravest; the value is its name in JSON.

    A ``WORD`` is one of a declared field, which is neither good nor bad.
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
        """Whether something was due: all but 予定なし and 中止, which are in no denominator."""
        return self not in (Progress.NO_PLAN, Progress.STOPPED)

    @property
    def on_plan(self) -> bool:
        """Whether what was due went as planned, or is done already."""
        return self in (Progress.ON_TRACK, Progress.DONE)


@dataclass(frozen=True, slots=True)
class Category:
    """One column of every count: a word of 設定, 設定にない語, 報告事項なし, 未報告 or 予定なし."""

    label: str
    standing: Progress


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by category of all, a quarter, a 分野 (whose number is ``code``) or a department.

    They follow ``Overview.categories``; measures count by their worst activity.
    """

    name: str
    activities: tuple[int, ...]
    measures: tuple[int, ...]
    code: str = ""

    @property
    def activity_total(self) -> int:
        return sum(self.activities)

    @property
    def measure_total(self) -> int:
        return sum(self.measures)


@dataclass(frozen=True, slots=True)
class Turn:
    """Late activities that are ``new``, and the state of those that were late in the quarter before.

    ``other``: 報告事項なし, 予定なし, 設定にない語, or of a measure that has ended.
    """

    new: int
    still: int
    resolved: int
    unreported: int
    other: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Section 1: activities and measures by progress, in the quarters from the first to the report's.

    ``turn`` is None in the first quarter; ``stopped`` measures (中止, 完了, 統合) are in no count.
    """

    categories: tuple[Category, ...]
    whole: Tally
    quarters: tuple[Tally, ...]
    areas: tuple[Tally, ...]
    departments: tuple[Tally, ...]
    turn: Turn | None = None
    stopped: int = 0

    def due(self, counts: Sequence[int]) -> int:
        """Return how many of these counts by category were due: the denominator of every share."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing.due)

    def on_plan(self, counts: Sequence[int]) -> int:
        """Return how many of these counts by category are on plan or done."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing.on_plan)

    def late(self, counts: Sequence[int]) -> int:
        """Return how many of these counts by category are late."""
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
    """One line of a list, which says something of a measure."""

    measure: MeasureName


@dataclass(frozen=True, slots=True)
class ActivityLine(MeasureLine):
    """One activity in the quarter; ``streak`` counts the quarters in a row, up to this one, that it has been late.

    ``notes`` are sentences to print after a ※: what was reported and what was planned do not fit together.
    """

    key: str
    name: str
    plan: str
    category: Category
    countermeasure: str
    streak: int = 0
    notes: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """対応策 as shown in the list of late activities."""
        return self.countermeasure or "（記入なし）"

    @property
    def streak_text(self) -> str:
        return f"{self.streak}四半期連続" if self.streak > 1 else "今回から" if self.streak else ""


class Attainment(Enum):
    """The comparison of a result with its target; the value is shown."""

    MET = "達成"
    SHORT = "未達"
    INTERIM = "途中"  # compared, and the year has not ended
    AS_WRITTEN = "判定なし"  # written, but not judged
    OPEN = "実績待ち"
    TO_COME = "これから"
    NO_TARGET = "目標なし"


@dataclass(frozen=True, slots=True)
class PartResult:
    """One number of a target and that of the result.

    ``rate`` is in percent, to a tenth, where more is better; ``met`` is None until the year has ended, too.
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
        """``96.7%``; without a rate ``小 達成``; ``""`` where it cannot be judged."""
        text = f"{self.rate:,}%" if self.rate is not None else {True: "達成", False: "未達", None: ""}[self.met]
        return f"{self.label} {text}" if self.label and text else text


@dataclass(frozen=True, slots=True)
class YearResult:
    """A 成果目標 in one fiscal year; the three texts as written.

    ``reason`` is a sentence: why 判定なし, 実績待ち or 目標なし; ``""`` for any other verdict.
    """

    year: str
    indicator: str
    target: str
    actual: str
    verdict: Attainment
    parts: tuple[PartResult, ...] = ()
    reason: str = ""

    @property
    def achievement(self) -> str:
        """``96.7%``; ``小 103.2%、中 98.0%``; ``""`` where it cannot be computed."""
        return "、".join(part.text for part in self.parts if part.text)

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


@dataclass(frozen=True, slots=True)
class Results:
    """Section 3: every 成果目標. ``this_year`` is the index of the fiscal year in ``years``; ``counts`` are of that year."""

    years: tuple[str, ...]
    this_year: int
    outcomes: tuple[OutcomeResult, ...]
    counts: tuple[tuple[Attainment, int], ...]


@dataclass(frozen=True, slots=True)
class Budget(MeasureLine):
    """Section 4: a measure with 予算化 有; ``notes`` are sentences to print after a ※."""

    procurement: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Support(MeasureLine):
    """Section 4: a request to the CIO補佐; ``written`` is its 時期 as written, ``notes`` sentences to print after a ※."""

    written: str
    content: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contradiction(MeasureLine):
    """A 有無 (``label``) that the texts below it contradict, as a sentence to print after a ※."""

    label: str
    note: str


@dataclass(frozen=True, slots=True)
class SupportPeriod:
    """Requests of the same 時期, in the order of the fiscal year."""

    label: str
    requests: tuple[Support, ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """A count of the last final report, and the same count of the master now."""

    label: str
    then: int
    now: int

    @property
    def difference(self) -> int:
        return self.now - self.then


@dataclass(frozen=True, slots=True)
class TextChange(MeasureLine):
    """A text that has changed since the last final report; ``kind`` is its heading (作業予定, 目標 …)."""

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
    """Section 5: the changes since the last final report."""

    final_id: str
    quarter: str
    when: str
    recounts: tuple[Recount, ...]
    changes: tuple[TextChange, ...]


@dataclass(frozen=True, slots=True)
class Missing(MeasureLine):
    """Section 6: a sheet that is not in the master, and its state (未提出, 差し戻し …)."""

    state: str


@dataclass(frozen=True, slots=True)
class Point(MeasureLine):
    """Section 6: an open point of data quality; ``place`` is a cell of the master."""

    code: str
    place: str
    label: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Coordination:
    """Section 6, for the coordinator only; ``issued`` counts the sheets sent in the quarter's round."""

    issued: int
    missing: tuple[Missing, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """What the report shows of a declared field, which has ``total`` cells, ``answered`` of them filled in.

    ``label`` tells it from the others; ``place`` is its 場所. ``period`` is the quarter or the fiscal year, if any.
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
    """Counts of each word of all, a 分野 (whose number is ``code``) or a department."""

    name: str
    counts: tuple[int, ...]
    code: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class FieldCounts(FieldFigures):
    """数える: the tallies follow ``categories``."""

    categories: tuple[Category, ...]
    whole: WordTally
    areas: tuple[WordTally, ...]
    departments: tuple[WordTally, ...]


@dataclass(frozen=True, slots=True)
class FieldSum:
    """Sums by column of all, a 分野 or a department; None where there is no number."""

    name: str
    sums: tuple[Decimal | None, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class FieldSums(FieldFigures):
    """合計する: sums in ``unit``, shown with ``decimals``; the columns are the plan years, or one without a name.

    ``this`` is the index of the fiscal year. ``unread`` are the texts that are no numbers, and in no sum, with item and
    year.
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
    """A text of a declared field; ``item`` is the name of its list item, ``""`` for one of the measure itself."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldTexts(FieldFigures):
    """載せる: every text that says something; ``answered`` counts those that say nothing (なし) too."""

    texts: tuple[FieldText, ...]


@dataclass(frozen=True, slots=True)
class DeclaredFigures:
    """The declared fields that the report counts, sums or lists, as 報告 in 項目 says."""

    counts: tuple[FieldCounts, ...]
    sums: tuple[FieldSums, ...]
    lists: tuple[FieldTexts, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A whole report, made at ``made`` (``YYYY-MM-DD HH:MM:SS``); ``final_id`` is blank unless its figures are frozen.

    ``since`` is None while there is no final report, ``coordination`` for the council, ``declared`` where 項目 has no
    field for the report. ``contradictions`` are of 関連施策有無, 予算化有無 and 依頼有無.
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
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def title(self) -> str:
        """The title on every page, with the plan or whose it is."""
        return joined(self.names.report_owner, self.names.report_title, f"{self.fiscal_year} {self.quarter_label}")

    @property
    def sender(self) -> str:
        """The office in charge and how to reach it; blank where 設定 does not say."""
        return joined(self.names.sender, self.names.contact) if self.names.office or self.names.contact else ""

    @property
    def late(self) -> tuple[ActivityLine, ...]:
        """Section 2: the activities that are late or in trouble."""
        return tuple(line for line in self.activities if line.category.standing is Progress.LATE)

    @property
    def day(self) -> str:
        """The day it was made: ``2022年7月19日``."""
        year, month, day = self.made[:10].split("-")
        return f"{year}年{int(month)}月{int(day)}日"

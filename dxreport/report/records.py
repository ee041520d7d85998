"""What a report says: frozen records of every figure, shared by the three formats.

A format shows these and computes nothing. Texts of people stand as written; numbers are ints or
exact Decimals; each record that formats must show alike has its words as a property.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from ..master.records import Direction

HEADING = "年間活動計画 進捗報告書"
NO_WORD, BLANK = "（記入なし）", "（空白）"
NO_DIRECTION = "方向が未記入"
ROUNDING = Decimal("0.1")  # achievement is shown to a tenth of a percent


class Standing(Enum):
    """What a 進捗 means to the reader, whatever the words of 設定 are; the value is its name in JSON."""

    ON_TRACK = "on_track"
    LATE = "late"
    UNKNOWN = "unknown"
    NO_REPORT = "no_report"
    UNREPORTED = "unreported"
    NO_PLAN = "no_plan"


@dataclass(frozen=True, slots=True)
class Category:
    """One column of every count: a word of 設定, 設定にない語, 報告事項なし, 未報告 or 予定なし."""

    label: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by category, in the order of ``Overview.categories``: of activities, and of measures by their worst one.

    ``name`` is that of the row: 全体, a quarter, a 分野 or a department; ``code`` the number of a 分野.
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
    """Late activities against the quarter before: newly late; and those that were late then by what they are now.

    These are still late, on track again, not answered yet (未報告), or none of these: 報告事項なし, 予定なし,
    設定にない語, or of a measure that has ended.
    """

    new: int
    still: int
    resolved: int
    unreported: int
    other: int


@dataclass(frozen=True, slots=True)
class Overview:
    """1: activities and measures by progress.

    ``quarters`` are those from the first to the report's, the last of them ``whole``'s quarter; ``turn``
    is None in the first quarter. ``stopped`` measures (中止, 完了, 統合) are in no count.
    """

    categories: tuple[Category, ...]
    whole: Tally
    quarters: tuple[Tally, ...]
    areas: tuple[Tally, ...]
    departments: tuple[Tally, ...]
    turn: Turn | None = None
    stopped: int = 0

    @property
    def before(self) -> Tally | None:
        """The quarter before."""
        return self.quarters[-2] if len(self.quarters) > 1 else None


@dataclass(frozen=True, slots=True)
class MeasureName:
    """Which measure a line speaks of; ``area`` is the name of its 分野."""

    id: str
    name: str
    department: str
    area: str


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity in the quarter; ``category`` is its label, ``key`` its id within the measure."""

    measure: MeasureName
    key: str
    name: str
    plan: str
    category: Category
    countermeasure: str
    streak: int = 0
    """Quarters in a row, this one included, in which it is late; 0 when it is not."""

    @property
    def answer(self) -> str:
        """対応策 as the list of late activities shows it."""
        return self.countermeasure or NO_WORD

    @property
    def streak_text(self) -> str:
        return f"{self.streak}四半期連続" if self.streak > 1 else "今回から" if self.streak else ""


class Verdict(Enum):
    """Where a result stands against its target; the value is what is shown."""

    MET = "達成"
    SHORT = "未達"
    INTERIM = "途中"  # compared, and the year has not ended
    AS_WRITTEN = "判定なし"  # something is written, and it is compared with nothing
    OPEN = "実績待ち"
    TO_COME = "これから"
    NO_TARGET = "目標なし"


@dataclass(frozen=True, slots=True)
class PartResult:
    """One number of a target and that of the result: both in ``unit``.

    ``rate`` is the achievement in percent, to a tenth, where more is better; ``met`` is None where
    nothing can be said, and as long as the year has not ended.
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
        """``96.7%``, or ``小 達成`` where only that can be said; ``""`` where nothing can."""
        said = f"{self.rate:,}%" if self.rate is not None else {True: "達成", False: "未達", None: ""}[self.met]
        return f"{self.label} {said}" if self.label and said else said


@dataclass(frozen=True, slots=True)
class YearResult:
    """A 成果目標 in one fiscal year; the three texts as written."""

    year: str
    indicator: str
    target: str
    actual: str
    verdict: Verdict
    parts: tuple[PartResult, ...] = ()

    @property
    def achievement(self) -> str:
        """``96.7%``; ``小 103.2%、中 98.0%``; ``""`` where it cannot be computed."""
        return "、".join(part.text for part in self.parts if part.text)

    @property
    def reason(self) -> str:
        """Why numbers that can be compared were not judged; ``""`` for any other result."""
        undecided = self.verdict is Verdict.AS_WRITTEN and any(part.met is None for part in self.parts)
        return NO_DIRECTION if undecided else ""

    def verdict_of(self, part: PartResult) -> Verdict:
        """What is said of one of the parts."""
        if self.verdict is Verdict.INTERIM:
            return Verdict.INTERIM
        return {True: Verdict.MET, False: Verdict.SHORT, None: Verdict.AS_WRITTEN}[part.met]


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """A 成果目標 over the years of the plan; ``number`` is ①, ② … within its measure."""

    measure: MeasureName
    key: str
    number: str
    direction: Direction
    years: tuple[YearResult, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """3: every 成果目標; ``this_year`` is the index of the fiscal year in ``years``, ``counts`` are of that year."""

    years: tuple[str, ...]
    this_year: int
    outcomes: tuple[OutcomeResult, ...]
    counts: tuple[tuple[Verdict, int], ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """4: a measure with 予算化 有."""

    measure: MeasureName
    procurement: str


@dataclass(frozen=True, slots=True)
class Support:
    """4: a request to the CIO補佐; ``written`` is its 時期 as written."""

    measure: MeasureName
    written: str
    content: str


@dataclass(frozen=True, slots=True)
class SupportPeriod:
    """Requests of the same 時期, in the order of the fiscal year."""

    label: str
    requests: tuple[Support, ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """A count of the last final report and what the master gives for the same quarter now."""

    label: str
    then: int
    now: int

    @property
    def difference(self) -> int:
        return self.now - self.then


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text that stands otherwise than in the last final report; ``kind`` is its heading (作業予定, 目標 …)."""

    measure: MeasureName
    kind: str
    label: str
    old: str
    new: str

    @property
    def before(self) -> str:
        """The text of then as it is shown."""
        return self.old or BLANK

    @property
    def after(self) -> str:
        """The text of now as it is shown."""
        return self.new or BLANK


@dataclass(frozen=True, slots=True)
class Since:
    """5: what moved since the last final report."""

    final_id: str
    quarter: str
    when: str
    recounts: tuple[Recount, ...]
    changes: tuple[TextChange, ...]

    @property
    def moved(self) -> bool:
        return bool(self.changes) or any(r.difference for r in self.recounts)


@dataclass(frozen=True, slots=True)
class Missing:
    """6: an issued sheet that is not in the master; ``state`` is 未返送, 保留 or 受付不可."""

    measure: MeasureName
    state: str


@dataclass(frozen=True, slots=True)
class Point:
    """6: an open point of data quality; ``place`` is a cell of the master."""

    measure: MeasureName
    code: str
    place: str
    label: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Coordination:
    """6: for the coordinator only; ``issued`` says how many sheets the quarter's rounds sent out."""

    issued: int
    missing: tuple[Missing, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A whole report. ``made`` is ``YYYY-MM-DD HH:MM:SS``; ``final_id`` is given once it is frozen.

    ``since`` is None while there is no final report; ``coordination`` is None for the council.
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
    final_id: str = ""

    @property
    def title(self) -> str:
        return f"{HEADING}　{self.fiscal_year} {self.quarter_label}"

    @property
    def late(self) -> tuple[ActivityLine, ...]:
        """2: the activities that are late or in trouble."""
        return tuple(line for line in self.activities if line.category.standing is Standing.LATE)

    @property
    def day(self) -> str:
        """The day it was made, ``2022年7月19日``."""
        year, month, day = self.made[:10].split("-")
        return f"{year}年{int(month)}月{int(day)}日"

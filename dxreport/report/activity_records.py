"""Activities by progress, and the measures that the lines of a report speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Progress(Enum):
    """What a 進捗 means, from the lightest to the heaviest; the value is its name in JSON.

    ``WORD`` is for the words of declared fields, which are neither good nor bad.
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
        """True if it counts in denominators: all but 予定なし and 中止."""
        return self not in (Progress.NO_PLAN, Progress.STOPPED)

    @property
    def on_plan(self) -> bool:
        """True if the work goes as planned or is done."""
        return self in (Progress.ON_TRACK, Progress.DONE)


@dataclass(frozen=True, slots=True)
class Category:
    """One column of every count: a word of 設定, 設定にない語, 報告事項なし, 未報告 or 予定なし."""

    label: str
    standing: Progress


@dataclass(frozen=True, slots=True)
class Standings:
    """Activities counted by standing."""

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
        """The activities that go as planned or are done."""
        return self.on_track + self.done

    @property
    def due(self) -> int:
        """The denominator of every share: all but 予定なし and 中止."""
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
    """Counts of a quarter, a 分野 (``code`` is its number), a department, or all, in the order of ``Overview.categories``.

    A measure counts by its heaviest activity. ``standings`` sums up the activities.
    """

    name: str
    activities: tuple[int, ...]
    measures: tuple[int, ...]
    code: str = ""
    standings: Standings = Standings()

    @property
    def title(self) -> str:
        """The name; ``""`` for a 分野 known by its number only."""
        return "" if self.name == self.code else self.name

    @property
    def activity_total(self) -> int:
        return sum(self.activities)

    @property
    def measure_total(self) -> int:
        return sum(self.measures)


@dataclass(frozen=True, slots=True)
class Turn:
    """How many activities became late this quarter, and how those that were late last quarter stand now.

    ``other`` counts 報告事項なし, 予定なし, 設定にない語, and activities of measures that have ended.
    """

    new: int
    still: int
    resolved: int
    unreported: int
    other: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Activities and measures by progress, for each quarter of the year so far.

    ``turn`` is None if the quarter before is not known. The ``stopped`` measures (中止, 完了, 統合), which
    ``ended`` names, are in no count.
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
        """Return the sum of these counts by category without 予定なし and 中止: the denominator of every share."""
        return sum(n for c, n in zip(self.categories, counts, strict=True) if c.standing.due)


@dataclass(frozen=True, slots=True)
class MeasureName:
    """The measure of a line; ``area`` is the name of its 分野."""

    id: str
    name: str
    department: str
    area: str


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A line of a list about a measure."""

    measure: MeasureName


@dataclass(frozen=True, slots=True)
class EndedMeasure(MeasureLine):
    """A measure that does not run in the quarter; ``note`` is since when and why (第3四半期から中止)."""

    note: str


@dataclass(frozen=True, slots=True)
class ActivityLine(MeasureLine):
    """One activity in the quarter; ``streak`` counts the quarters in a row, up to this one, in which it was late.

    ``past`` holds its standing in each quarter of ``Figures.trend``; ``next_plan`` is its 作業予定 of the next quarter,
    ``""`` in the fourth. ``notes`` are sentences to print after a ※: its 進捗 is not a word of 設定, or nothing was
    planned.
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
        """対応策 as shown in the list of late activities."""
        return self.countermeasure or "（記入なし）"

    @property
    def streak_text(self) -> str:
        """``since_when`` of a late activity, under the name that templates of earlier releases use."""
        return self.since_when if self.streak else ""

    @property
    def since_when(self) -> str:
        """How long it has been late (``新たに``, ``3四半期目``), or what became of it (``解消``, its category), or ``""``."""
        if self.streak:
            return f"{self.streak}四半期目" if self.streak > 1 else "新たに"
        if self.past[-2:-1] != (Progress.LATE,):
            return ""
        return "解消" if self.category.standing.on_plan else self.category.label

"""The figures of a report as frozen records, shared by the three formats, which compute nothing.

Texts are kept as written; numbers are ints or exact Decimals; wording that all formats share is a property or in
``words``.

The order of the report: the verdict (``words.headline``) and its four numbers (``words.cards``), the quarters
(``trend``), 分野, late activities and what became of the others, costs of the next year, 成果目標, departments, requests for
support, declared fields, changes since the last final report, targets without 実績.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from ..domain.days import printed_day
from ..domain.names import Names, joined
from .activity_records import ActivityLine, MeasureLine, Overview, Progress, QuarterStandings, Standings
from .field_records import DeclaredFigures
from .outcome_records import Results

_NAMED_POINTS = 10  # a list names at most this many open points of a code


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
    """A 有無 (``label``) that the texts below it contradict; ``note`` is a sentence to print after a ※."""

    label: str
    note: str


@dataclass(frozen=True, slots=True)
class SupportPeriod:
    """The requests of one 時期; ``months`` are its first and last, April being 0, or None if it names none."""

    label: str
    requests: tuple[Support, ...]
    months: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Recount:
    """A count in the last final report, and the same count now."""

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
        """The changes without new 実績, which are listed with the 成果目標."""
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
class PointGroup:
    """The open points of one code, if they are many: those ``named``, and how many ``more`` there are.

    ``message`` and ``fix`` are those of the first, and the same for all if ``alike``.
    """

    code: str
    message: str
    fix: str
    alike: bool
    named: tuple[Point, ...]
    more: int

    @property
    def count(self) -> int:
        return len(self.named) + self.more


@dataclass(frozen=True, slots=True)
class Coordination:
    """The coordinator's part; ``issued`` counts the sheets sent in the quarter's round."""

    issued: int
    missing: tuple[Missing, ...]
    points: tuple[Point, ...]

    @property
    def groups(self) -> tuple[PointGroup, ...]:
        """The points of each code that has more than a list should name, those with the most first."""
        counts = Counter(p.code for p in self.points)
        return tuple(
            _group([p for p in self.points if p.code == code]) for code, n in counts.most_common() if n > _NAMED_POINTS
        )

    @property
    def single(self) -> tuple[Point, ...]:
        """The points in no group."""
        counts = Counter(p.code for p in self.points)
        return tuple(p for p in self.points if counts[p.code] <= _NAMED_POINTS)


def _group(points: Sequence[Point]) -> PointGroup:
    first, *_ = points
    alike = len({(p.message, p.fix) for p in points}) == 1
    named = tuple(points[:_NAMED_POINTS])
    return PointGroup(first.code, first.message, first.fix, alike, named, len(points) - len(named))


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
    """A whole report. ``made`` is ``YYYY-MM-DD HH:MM:SS``; ``final_id`` is ``""`` unless its figures are frozen.

    ``trend`` holds the quarters up to this one, with those of earlier years that are known. ``since`` is None without
    an earlier final report, ``coordination`` for the council, ``declared`` where 項目 reports no field.
    ``contradictions`` are about 関連施策有無, 予算化有無 and 依頼有無.
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
        """The title on every page: owner, report, year and quarter."""
        return joined(self.names.report_owner, self.names.report_title, f"{self.fiscal_year} {self.quarter_label}")

    @property
    def sender(self) -> str:
        """The office in charge and how to reach it; ``""`` if 設定 does not say."""
        return joined(self.names.sender, self.names.contact) if self.names.office or self.names.contact else ""

    @property
    def now(self) -> Standings:
        """The standings of the quarter."""
        return self.overview.whole.standings

    @property
    def before(self) -> Standings | None:
        """The standings of the quarter before; None if it is not known."""
        return self.trend[-2].standings if len(self.trend) > 1 else None

    @property
    def late(self) -> tuple[ActivityLine, ...]:
        """The activities that are late or in trouble."""
        return tuple(line for line in self.activities if line.category.standing is Progress.LATE)

    @property
    def late_before(self) -> tuple[ActivityLine, ...]:
        """The activities that were late in the quarter before and are not now, those resolved first."""
        gone = [line for line in self.activities if not line.streak and line.since_when]
        return tuple(sorted(gone, key=lambda line: not line.category.standing.on_plan))

    @property
    def day(self) -> str:
        """The day on which it was made: ``令和４年７月19日``."""
        return day(self.made)


def day(when: str) -> str:
    """Return the day of a time ``YYYY-MM-DD HH:MM:SS`` as printed: ``令和４年７月19日``."""
    return printed_day(date.fromisoformat(when[:10]), weekday=False)

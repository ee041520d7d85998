"""What an activity's quarter counts as: its 進捗, or why it has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..domain.model import Activity, Measure, Settings, is_empty
from ..domain.values import area_code as plain_code
from ..domain.values import is_blank as says_nothing
from ..domain.values import is_marked, plan_is_none
from ..master.records import Master
from .records import Category, MeasureName, Standing

UNKNOWN = Category("設定にない語", Standing.UNKNOWN)
NO_REPORT = Category("報告事項なし", Standing.NO_REPORT)
UNREPORTED = Category("未報告", Standing.UNREPORTED)
NO_PLAN = Category("予定なし", Standing.NO_PLAN)
WITHOUT_WORD = (UNKNOWN, NO_REPORT, UNREPORTED, NO_PLAN)

_SEVERITY = (
    Standing.NO_PLAN, Standing.NO_REPORT, Standing.ON_TRACK, Standing.UNKNOWN, Standing.UNREPORTED, Standing.LATE,
)  # fmt: skip


def categories(settings: Settings) -> tuple[Category, ...]:
    """Every category there can be, in the order shown: the words of 設定 as they stand there, then the others."""
    words = [
        Category(w.word, Standing.LATE if w.needs_countermeasure else Standing.ON_TRACK)
        for w in settings.progress_words
    ]
    return (*words, *WITHOUT_WORD)


def category(known: Sequence[Category], measure: Measure, activity: Activity, quarter: int) -> Category:
    """What an activity counts as in a quarter.

    A 進捗 that is written counts as that word, whatever the 作業予定 says (a dash is nothing written).
    Without one: 予定なし where nothing is planned (blank, ``-``, なし, 特になし), 報告事項なし where the measure
    ticked it, else 未報告.
    """
    now = activity.quarters[quarter - 1]
    word = now.progress.strip()
    if not says_nothing(word):
        return next((c for c in known if c.label == word and c.standing in (Standing.ON_TRACK, Standing.LATE)), UNKNOWN)
    if plan_is_none(now.plan):
        return NO_PLAN
    return NO_REPORT if is_marked(measure.quarters[quarter - 1].no_report) else UNREPORTED


def by_severity(known: Sequence[Category]) -> tuple[Category, ...]:
    """Categories from the best to the worst: what is late is worst, then what is unreported.

    Words of the same standing are taken to stand in 設定 from good to bad.
    """
    return tuple(sorted(known, key=lambda c: (_SEVERITY.index(c.standing), known.index(c))))


def running(master: Master, quarter: int) -> Iterator[Measure]:
    """The measures that a report of a quarter speaks of: those that run in it, in the order of their IDs."""
    return (m for m in master.measures if master.standings[m.id].runs_in(quarter))


def activities(measure: Measure) -> Iterator[Activity]:
    """The activities of a measure in which anything is written."""
    return (a for a in measure.activities if not is_empty(a))


def area_code(measure_id: str) -> str:
    """The first part of a 施策ID: ``01-09`` → ``01``."""
    return plain_code(measure_id.partition("-")[0])


def area_name(settings: Settings, code: str) -> str:
    """The name of a 分野 in 設定, or its number."""
    return settings.areas.get(code) or f"分野{code}"


def measure_name(settings: Settings, measure: Measure) -> MeasureName:
    """How lines name a measure."""
    area = area_name(settings, area_code(measure.id))
    return MeasureName(measure.id, " ".join(measure.name.split()), measure.lead_department, area)

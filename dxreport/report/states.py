"""How an activity's quarter counts: by its 進捗, or by why it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..domain.model import Activity, Measure, Settings
from ..domain.values import area_code as plain_code
from ..domain.values import is_blank, is_marked, plan_is_none
from ..master.records import Master
from .records import Category, MeasureName, Progress

UNKNOWN = Category("設定にない語", Progress.UNKNOWN)
NO_REPORT = Category("報告事項なし", Progress.NO_REPORT)
UNREPORTED = Category("未報告", Progress.UNREPORTED)
NO_PLAN = Category("予定なし", Progress.NO_PLAN)
WITHOUT_WORD = (UNKNOWN, NO_REPORT, UNREPORTED, NO_PLAN)


def categories(settings: Settings) -> tuple[Category, ...]:
    """Return every possible category in the order shown: the words of 設定, then those for no word."""
    late, fine = Progress.LATE, Progress.ON_TRACK
    words = [Category(w.word, late if w.needs_countermeasure else fine) for w in settings.progress_words]
    return tuple(dict.fromkeys((*words, *WITHOUT_WORD)))


def category(known: Sequence[Category], measure: Measure, activity: Activity, quarter: int) -> Category:
    """Return the category of an activity in a quarter (1–4).

    A 進捗 counts as its word, whatever the 作業予定 says; a dash is no 進捗. Without a 進捗: 予定なし where nothing
    is planned (blank, ``-``, なし, 特になし), 報告事項なし where the measure ticked it, else 未報告.
    """
    now = activity.quarters[quarter - 1]
    word = now.progress.strip()
    if not is_blank(word):
        return next((c for c in known if c.label == word and c.standing in (Progress.ON_TRACK, Progress.LATE)), UNKNOWN)
    if plan_is_none(now.plan):
        return NO_PLAN
    return NO_REPORT if is_marked(measure.quarters[quarter - 1].no_report) else UNREPORTED


def by_severity(known: Sequence[Category]) -> tuple[Category, ...]:
    """Sort categories from the best to the worst; words of one standing are assumed to go from good to bad."""
    return tuple(sorted(known, key=lambda c: list(Progress).index(c.standing)))


def shaded(known: Sequence[Category]) -> Iterator[tuple[Category, int]]:
    """Yield each category with the number of earlier ones of the same standing."""
    seen: Counter[Progress] = Counter()
    for c in known:
        yield c, seen[c.standing]
        seen[c.standing] += 1


def running(master: Master, quarter: int) -> Iterator[Measure]:
    """Yield the measures that run in a quarter, in the order of their IDs."""
    return (m for m in master.measures if master.standings[m.id].runs_in(quarter))


def activities(measure: Measure) -> Iterator[Activity]:
    """Yield the activities of a measure in which anything is written."""
    return (a for a in measure.activities if not a.is_empty())


def area_code(measure_id: str) -> str:
    """Return the number of a measure's 分野: ``01-09`` → ``01``."""
    return plain_code(measure_id.partition("-")[0])


def area_name(settings: Settings, measure_id: str) -> str:
    """Return the name of a measure's 分野 in 設定, or its number."""
    code = area_code(measure_id)
    return settings.areas.get(code) or f"分野{code}"


def measure_name(settings: Settings, measure: Measure) -> MeasureName:
    """Return the name of a measure as lines of the report show it."""
    name = " ".join(measure.name.split())
    return MeasureName(measure.id, name, measure.lead_department, area_name(settings, measure.id))

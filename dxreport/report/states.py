"""How an activity counts in a quarter: by its 進捗, or by the reason why it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ..domain.model import Activity, Measure, ProgressWord, Settings, Treatment
from ..domain.spelling import area_code
from ..domain.values import is_blank, plan_is_none, unspaced
from ..domain.visible import one_line
from ..master.records import Master
from .activity_records import Category, MeasureName, Progress

UNKNOWN = Category("設定にない語", Progress.UNKNOWN)
NO_REPORT = Category("報告事項なし", Progress.NO_REPORT)
UNREPORTED = Category("未報告", Progress.UNREPORTED)
NO_PLAN = Category("予定なし", Progress.NO_PLAN)
WITHOUT_WORD = (UNKNOWN, NO_REPORT, UNREPORTED, NO_PLAN)
Answers = Mapping[tuple[str, str], Category]  # of one quarter, by 施策ID and 取組ID
_STANDINGS = {
    Treatment.ON_TRACK: Progress.ON_TRACK,
    Treatment.LATE: Progress.LATE,
    Treatment.COMPLETED: Progress.DONE,
    Treatment.STOPPED: Progress.STOPPED,
}


def categories(settings: Settings) -> tuple[Category, ...]:
    """Return every possible category in the order shown: the words of 設定, then those without a word."""
    return tuple(dict.fromkeys((*map(_of_word, settings.progress_words), *WITHOUT_WORD)))


def _of_word(word: ProgressWord) -> Category:
    return Category(word.word, _STANDINGS[word.treatment])


def category(known: Sequence[Category], measure: Measure, activity: Activity, quarter: int) -> Category:
    """Return the category of an activity in a quarter (1–4).

    A 進捗 counts as its word, whatever the 作業予定 says. Without one (a dash is none), nothing planned is 予定なし, a
    ticked 報告事項なし is that, and the rest is 未報告.
    """
    now = activity.quarters[quarter - 1]
    word = now.progress.strip()
    if not is_blank(word):
        return next((c for c in known if c.label == word and c not in WITHOUT_WORD), UNKNOWN)
    if plan_is_none(now.plan):
        return NO_PLAN
    return NO_REPORT if measure.ticks_no_report(quarter) else UNREPORTED


def answers(master: Master, quarter: int) -> list[Answers]:
    """Return, for each quarter up to this one, the category of every activity of the measures that run in it."""
    known = categories(master.settings)
    return [
        {(m.id, a.key): category(known, m, a, q) for m in running(master, q) for a in activities(m)}
        for q in range(1, quarter + 1)
    ]


def by_severity(settings: Settings) -> tuple[Category, ...]:
    """Return every category from the lightest to the heaviest.

    Words are sorted by 重さ, or unless every word has one by 課題の扱い: 完了, 中止, 順調, 遅れ. 予定なし and 報告事項なし
    come before all words, 設定にない語 and 未報告 just before the first word that is late.
    """
    weighed, rank = all(w.weight is not None for w in settings.progress_words), list(Progress).index

    def weight(word: ProgressWord) -> Decimal:
        return word.weight if weighed and word.weight is not None else Decimal(rank(_of_word(word).standing))

    ordered = tuple(dict.fromkeys(map(_of_word, sorted(settings.progress_words, key=weight))))
    late = next((n for n, c in enumerate(ordered) if c.standing is Progress.LATE), len(ordered))
    return NO_PLAN, NO_REPORT, *ordered[:late], UNKNOWN, UNREPORTED, *ordered[late:]


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
    """Yield the activities of a measure that are not empty."""
    return (a for a in measure.activities if not a.is_empty())


def area_of(measure_id: str) -> str:
    """Return the number of a measure's 分野: ``01-09`` → ``01``."""
    return area_code(measure_id.partition("-")[0])


def area_name(settings: Settings, measure_id: str) -> str:
    """Return the name of a measure's 分野 in 設定, or its number if it has none."""
    code = area_of(measure_id)
    name = settings.areas.get(code, "")
    return code if is_placeholder(code, name) else name


def is_placeholder(code: str, name: str) -> bool:
    """Return True if a 分野名 says no more than its number: blank, a dash, ``01``, ``１``, ``分野01``, ``第１分野`` …"""
    plain = unspaced(name)
    digits = plain.removeprefix("第").replace("分野", "", 1)
    return is_blank(plain) or not digits.strip("○〇◯●") or digits.isdigit() or digits == code


def measure_name(settings: Settings, measure: Measure) -> MeasureName:
    """Return how the report names a measure."""
    return MeasureName(measure.id, one_line(measure.name), measure.lead_department, area_name(settings, measure.id))

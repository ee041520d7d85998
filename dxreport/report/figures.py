"""Every figure of a report, computed once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, chain
from operator import and_, itemgetter

from ..domain.fields import QUARTER_LABELS
from ..domain.model import QUARTER_MONTHS, Measure
from ..domain.values import fold, is_blank
from ..master.records import Master, stamp
from . import doubts, states
from .achievement import outcome_result
from .coordination import coordination
from .declared import Asked, declared
from .finals import Final, since
from .records import (
    ActivityLine,
    Attainment,
    Budget,
    Category,
    Figures,
    Overview,
    Progress,
    Results,
    Support,
    SupportPeriod,
    Tally,
    Turn,
)

NO_PERIOD = "時期の記入なし"
_MONTHS = re.compile(r"(?P<first>\d{1,2})月(?:\s*[~～〜ー-]\s*(?P<last>\d{1,2})月)?(?:頃|ごろ)?")
_LATEST = 99

Answers = Mapping[tuple[str, str], Category]  # of one quarter, by 施策ID and 取組ID


def figures(
    master: Master,
    quarter: int,
    now: datetime,
    *,
    previous_final: Final | None = None,
    coordinator: bool = False,
    asked: Asked | None = None,
) -> Figures:
    """Return all figures of a quarter (1–4), from the master alone.

    ``previous_final`` is the last frozen report; ``coordinator`` adds section 6; ``asked`` is what the forms of the
    measures ask for, where that is known. Raises UsageError where 設定 has no
    round of the quarter and ``coordinator`` is set.
    """
    quarters = answers(master, quarter)
    shown = overview(master, quarters)
    return Figures(
        fiscal_year=master.settings.fiscal_year.label,
        quarter=quarter,
        quarter_label=QUARTER_LABELS[quarter],
        months=QUARTER_MONTHS[quarter],
        made=stamp(now),
        overview=shown,
        activities=activity_lines(master, quarters),
        results=results(master, quarter),
        budgets=budgets(master, quarter),
        support=support(master, quarter),
        since=since(previous_final, master, shown) if previous_final else None,
        coordination=coordination(master, quarter, now.date()) if coordinator else None,
        declared=declared(master, quarter, asked or {}),
        names=master.settings.names,
        contradictions=doubts.contradictions(master, quarter),
    )


def answers(master: Master, quarter: int) -> list[Answers]:
    """Return the category of every activity in each quarter up to this one, of the measures running in it."""
    known = states.categories(master.settings)
    return [
        {
            (m.id, a.key): states.category(known, m, a, q)
            for m in states.running(master, q)
            for a in states.activities(m)
        }
        for q in range(1, quarter + 1)
    ]


def overview(master: Master, quarters: Sequence[Answers]) -> Overview:
    """Return section 1: the counts, 分野 by number, departments in 建制順.

    Departments without a running measure are left out, and so is the category 設定にない語 if unused. A measure
    counts by its worst activity; one without activities is 予定なし.
    """
    known = states.categories(master.settings)
    used = {c for found in quarters for c in found.values()}
    columns = [c for c in known if c is not states.UNKNOWN or c in used]
    severity = {c: n for n, c in enumerate(states.by_severity(master.settings))}

    def tally(name: str, measures: Iterable[Measure], quarter: int, code: str = "") -> Tally:
        found = quarters[quarter - 1]
        of_measures = [[found[m.id, a.key] for a in states.activities(m)] for m in measures]
        activities = Counter(chain.from_iterable(of_measures))
        worst = Counter(max(own, key=severity.__getitem__, default=states.NO_PLAN) for own in of_measures)
        return Tally(name, tuple(activities[c] for c in columns), tuple(worst[c] for c in columns), code)

    now = len(quarters)
    areas: dict[str, list[Measure]] = {}
    departments: dict[str, list[Measure]] = {d.name: [] for d in master.departments}
    running = list(states.running(master, now))
    for m in running:
        areas.setdefault(states.area_code(m.id), []).append(m)
        departments.setdefault(m.lead_department, []).append(m)
    return Overview(
        categories=tuple(columns),
        whole=tally("全体", running, now),
        quarters=tuple(tally(QUARTER_LABELS[q], states.running(master, q), q) for q in range(1, now + 1)),
        areas=tuple(
            tally(states.area_name(master.settings, own[0].id), own, now, code) for code, own in sorted(areas.items())
        ),
        departments=tuple(tally(name, own, now) for name, own in departments.items() if own),
        turn=turn(*quarters[-2:]) if now > 1 else None,
        stopped=len(master.measures) - len(running),
    )


def late(found: Answers) -> set[tuple[str, str]]:
    """Return the activities that are late."""
    return {item for item, category in found.items() if category.standing is Progress.LATE}


def turn(before: Answers, now: Answers) -> Turn:
    """Compare the late activities of a quarter with those of the one before."""
    was_late = late(before)
    became = Counter(now[item].standing for item in was_late if item in now)
    still, unreported = became[Progress.LATE], became[Progress.UNREPORTED]
    resolved = sum(n for standing, n in became.items() if standing.on_plan)
    other = len(was_late) - still - resolved - unreported
    return Turn(len(late(now) - was_late), still, resolved, unreported, other)


def streaks(quarters: Sequence[Answers]) -> Mapping[tuple[str, str], int]:
    """Return how many quarters in a row, up to the last and within the year, each activity has been late.

    Any other category breaks the streak, 予定なし too.
    """
    return Counter(chain.from_iterable(accumulate(map(late, reversed(quarters)), and_)))


def activity_lines(master: Master, quarters: Sequence[Answers]) -> tuple[ActivityLine, ...]:
    """Return every activity of the last of these quarters in the order of the master."""
    number, found, rows = len(quarters), quarters[-1], streaks(quarters)
    lines = []
    for m in states.running(master, number):
        name = states.measure_name(master.settings, m)
        for a in states.activities(m):
            q, item = a.quarters[number - 1], (m.id, a.key)
            row, notes = rows.get(item, 0), doubts.of_activity(q)
            lines.append(ActivityLine(name, a.key, a.name, q.plan, found[item], q.countermeasure, row, notes))
    return tuple(lines)


def results(master: Master, quarter: int) -> Results:
    """Return section 3: every 成果目標, with the counts by verdict of this fiscal year, but これから."""
    this_year = master.settings.plan_year - 1
    outcomes = tuple(
        outcome_result(master, states.measure_name(master.settings, m), number, outcome, quarter)
        for m in states.running(master, quarter)
        for number, outcome in enumerate(m.normal().outcomes, 1)
    )
    verdicts = Counter(o.years[this_year].verdict for o in outcomes)
    return Results(
        years=tuple(year.label for year in master.settings.plan_years),
        this_year=this_year,
        outcomes=outcomes,
        counts=tuple((v, verdicts[v]) for v in Attainment if v is not Attainment.TO_COME),
    )


def budgets(master: Master, quarter: int) -> tuple[Budget, ...]:
    """Return section 4: the measures with 予算化有無 有 (the first word of 有無 in 設定)."""
    settings, yes = master.settings, fold(master.settings.flags[0])
    return tuple(
        Budget(
            states.measure_name(settings, m),
            m.procurement.strip(),
            doubts.of_measure(settings, m, quarter, "budgeted"),
        )
        for m in states.running(master, quarter)
        if fold(m.budgeted) == yes
    )


def support(master: Master, quarter: int) -> tuple[SupportPeriod, ...]:
    """Return section 4: every request with a text, by 時期 in the order of the fiscal year, whatever 依頼有無 says."""
    periods: dict[tuple[int, int, str], tuple[str, list[Support]]] = {}
    for m in states.running(master, quarter):
        notes = doubts.of_measure(master.settings, m, quarter, "support_flag")
        for request in m.support_requests:
            if is_blank(request.content) and is_blank(request.period):
                continue
            key, label = period(request.period)
            line = Support(states.measure_name(master.settings, m), request.period, request.content, notes)
            periods.setdefault(key, (label, []))[1].append(line)
    return tuple(SupportPeriod(label, tuple(lines)) for _, (label, lines) in sorted(periods.items(), key=itemgetter(0)))


def period(text: str) -> tuple[tuple[int, int, str], str]:
    """Return a key to sort and group by, and the plain spelling: ``8月～１０月`` → 8月～10月.

    Months sort by the fiscal year, April first; texts that are no month or span of months follow as written, and a
    blank comes last.
    """
    plain = fold(text)
    if is_blank(text):
        return (_LATEST, _LATEST, NO_PERIOD), NO_PERIOD
    match = _MONTHS.fullmatch(plain)
    first, last = (int(match[n] or match["first"]) for n in ("first", "last")) if match else (0, 0)
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return (_LATEST - 1, 0, plain), " ".join(text.split())
    label = f"{first}月～{last}月" if last != first else f"{first}月"
    return (_fiscal(first), _fiscal(last), ""), label


def _fiscal(month: int) -> int:
    return (month - 4) % 12

"""Compute every figure of a report, once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, takewhile
from operator import itemgetter

from ..domain.fields import QUARTER_LABELS, QUARTERS
from ..domain.model import QUARTER_MONTHS, Measure
from ..domain.values import fold, is_blank
from ..domain.visible import one_line
from ..master.records import Master, timestamp
from . import doubts, states
from .achievement import outcome_result
from .activity_records import ActivityLine, EndedMeasure, Overview, Progress, QuarterStandings, Standings, Tally, Turn
from .coordination import coordination
from .declared import Asked, declared
from .earlier import EarlierQuarter, ProgressOf, up_to
from .finals import Final, since
from .outcome_records import Attainment, Results
from .records import Budget, Contradiction, Figures, Support, SupportPeriod

NO_PERIOD = "時期の記入なし"
_MONTHS = re.compile(r"(?P<first>\d{1,2})月(?:\s*[~～〜ー-]\s*(?P<last>\d{1,2})月)?(?:頃|ごろ)?")
_LATEST = 99
_PeriodKey = tuple[int, int, str]


def figures(
    master: Master,
    quarter: int,
    now: datetime,
    *,
    previous_final: Final | None = None,
    coordinator: bool = False,
    asked: Asked | None = None,
    earlier: Sequence[EarlierQuarter] = (),
) -> Figures:
    """Return all figures of a quarter (1–4).

    ``previous_final`` is the last frozen report, ``asked`` what the forms of the measures ask for, ``earlier`` the
    quarters of earlier years. ``coordinator`` adds the coordinator's part, and raises UsageError if 設定 has no round of
    the quarter.
    """
    year = master.settings.fiscal_year
    before = up_to(earlier, (year + -1).label)
    quarters = states.answers(master, quarter)
    known = [*(q.standings for q in before), *({i: c.standing for i, c in found.items()} for found in quarters)]
    shown = overview(master, quarters, turn(*known[-2:]) if len(known) > 1 else None)
    contradictions = doubts.contradictions(master, quarter)
    return Figures(
        fiscal_year=year.label,
        quarter=quarter,
        quarter_label=QUARTER_LABELS[quarter],
        months=QUARTER_MONTHS[quarter],
        made=timestamp(now),
        overview=shown,
        activities=activity_lines(master, quarter, quarters[-1], known),
        results=results(master, quarter),
        budgets=budgets(master, quarter, contradictions),
        support=support(master, quarter, contradictions),
        since=since(previous_final, master, shown) if previous_final else None,
        coordination=coordination(master, quarter, now.date(), asked or {}) if coordinator else None,
        declared=declared(master, quarter, asked or {}),
        names=master.settings.names,
        trend=(
            *(QuarterStandings(q.year, q.quarter, standings(q.standings.values())) for q in before),
            *(QuarterStandings(year.label, q, tally.standings) for q, tally in enumerate(shown.quarters, 1)),
        ),
        contradictions=contradictions,
    )


def overview(master: Master, quarters: Sequence[states.Answers], turned: Turn | None) -> Overview:
    """Return the counts, 分野 by number, departments in 建制順.

    Departments without a running measure are left out, as is 設定にない語 if unused. A measure counts by its heaviest
    activity; one without activities is 予定なし.
    """
    known = states.categories(master.settings)
    used = {c for found in quarters for c in found.values()}
    columns = [c for c in known if c is not states.UNKNOWN or c in used]
    severity = {c: n for n, c in enumerate(states.by_severity(master.settings))}

    def tally(name: str, measures: Iterable[Measure], quarter: int, code: str = "") -> Tally:
        found = quarters[quarter - 1]
        of_measures = [[found[m.id, a.key] for a in states.activities(m)] for m in measures]
        activities = Counter(chain.from_iterable(of_measures))
        summed = standings(c.standing for own in of_measures for c in own)
        heaviest = Counter(max(own, key=severity.__getitem__, default=states.NO_PLAN) for own in of_measures)
        by_column = tuple(activities[c] for c in columns)
        return Tally(name, by_column, tuple(heaviest[c] for c in columns), code, summed)

    now = len(quarters)
    areas: dict[str, list[Measure]] = {}
    departments: dict[str, list[Measure]] = {d.name: [] for d in master.departments}
    running = list(states.running(master, now))
    ended = tuple(
        EndedMeasure(states.measure_name(master.settings, m), master.standings[m.id].note)
        for m in master.measures
        if not master.standings[m.id].runs_in(now)
    )
    for m in running:
        areas.setdefault(states.area_of(m.id), []).append(m)
        departments.setdefault(m.lead_department, []).append(m)
    return Overview(
        categories=tuple(columns),
        whole=tally("全体", running, now),
        quarters=tuple(tally(QUARTER_LABELS[q], states.running(master, q), q) for q in range(1, now + 1)),
        areas=tuple(
            tally(states.area_name(master.settings, own[0].id), own, now, code) for code, own in sorted(areas.items())
        ),
        departments=tuple(tally(name, own, now) for name, own in departments.items() if own),
        turn=turned,
        stopped=len(ended),
        ended=ended,
    )


def standings(found: Iterable[Progress]) -> Standings:
    """Count activities, given by their standings."""
    return Standings(**{standing.value: n for standing, n in Counter(found).items()})


def turn(before: ProgressOf, now: ProgressOf) -> Turn:
    """Compare the late activities of a quarter with those of the one before."""
    was_late, is_late = (
        {item for item, standing in found.items() if standing is Progress.LATE} for found in (before, now)
    )
    became = Counter(now[item] for item in was_late if item in now)
    still, unreported = became[Progress.LATE], became[Progress.UNREPORTED]
    resolved = sum(n for standing, n in became.items() if standing.on_plan)
    other = len(was_late) - still - resolved - unreported
    return Turn(len(is_late - was_late), still, resolved, unreported, other)


def activity_lines(
    master: Master, quarter: int, found: states.Answers, quarters: Sequence[ProgressOf]
) -> tuple[ActivityLine, ...]:
    """Return every activity of a quarter in the order of the master; ``quarters`` are all known, this one last."""
    lines = []
    for m in states.running(master, quarter):
        name = states.measure_name(master.settings, m)
        for a in states.activities(m):
            q, item = a.quarters[quarter - 1], (m.id, a.key)
            past = tuple(known.get(item, Progress.NO_PLAN) for known in quarters)
            next_plan = a.quarters[quarter].plan if quarter < QUARTERS[-1] else ""
            texts = (a.key, a.name, q.plan, found[item], q.countermeasure)
            notes = doubts.of_activity(q, found[item].standing)
            lines.append(ActivityLine(name, *texts, streak(past), next_plan, past, notes))
    return tuple(lines)


def streak(past: Sequence[Progress]) -> int:
    """Count the late quarters in a row up to the last; any other standing, 予定なし too, breaks the row."""
    return sum(1 for _ in takewhile(lambda standing: standing is Progress.LATE, reversed(past)))


def results(master: Master, quarter: int) -> Results:
    """Return every 成果目標, with this year's counts by verdict (without これから)."""
    this_year = master.settings.plan_year - 1
    ended = this_year if quarter == QUARTERS[-1] else this_year - 1
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
        judged_year=ended if ended >= 0 else None,
    )


def budgets(master: Master, quarter: int, contradictions: Sequence[Contradiction]) -> tuple[Budget, ...]:
    """Return the measures with 予算化有無 有 (the first word of 有無 in 設定)."""
    yes, notes = fold(master.settings.flags[0]), doubts.notes(contradictions, "予算化有無")
    return tuple(
        Budget(states.measure_name(master.settings, m), m.procurement.strip(), notes.get(m.id, ()))
        for m in states.running(master, quarter)
        if fold(m.budgeted) == yes
    )


def support(master: Master, quarter: int, contradictions: Sequence[Contradiction]) -> tuple[SupportPeriod, ...]:
    """Return every request with a text, whatever 依頼有無 says, by 時期 in the order of the fiscal year."""
    periods: dict[_PeriodKey, tuple[str, list[Support]]] = {}
    notes = doubts.notes(contradictions, "依頼有無")
    for m in states.running(master, quarter):
        name = states.measure_name(master.settings, m)
        for request in m.support_requests:
            if is_blank(request.content) and is_blank(request.period):
                continue
            key, label = period(request.period)
            line = Support(name, request.period, request.content, notes.get(m.id, ()))
            periods.setdefault(key, (label, []))[1].append(line)
    found = sorted(periods.items(), key=itemgetter(0))
    return tuple(SupportPeriod(label, tuple(lines), _span(key)) for key, (label, lines) in found)


def _span(key: _PeriodKey) -> tuple[int, int] | None:
    first, last, _ = key
    return (first, last) if first <= last < 12 else None


def period(text: str) -> tuple[_PeriodKey, str]:
    """Return a key to sort and group by, and the plain spelling: ``8月～１０月`` → 8月～10月.

    Months sort from April on; texts that name none follow as written, blanks come last.
    """
    plain = fold(text)
    if is_blank(text):
        return (_LATEST, _LATEST, NO_PERIOD), NO_PERIOD
    match = _MONTHS.fullmatch(plain)
    first, last = (int(match[n] or match["first"]) for n in ("first", "last")) if match else (0, 0)
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return (_LATEST - 1, 0, plain), one_line(text)
    label = f"{first}月～{last}月" if last != first else f"{first}月"
    return (_fiscal(first), _fiscal(last), ""), label


def _fiscal(month: int) -> int:
    return (month - 4) % 12

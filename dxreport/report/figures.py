"""Every figure of a report, computed once.

Only this module imports pandas, and only the commands that make a report import this module.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

import pandas as pd

from ..domain.model import QUARTER_LABELS, QUARTER_MONTHS
from ..domain.values import fold, is_blank
from ..master.records import Master, stamp
from . import states
from .achievement import outcome_result
from .coordination import coordination
from .finals import Final, since
from .periods import Key, period
from .records import (
    ActivityLine,
    Budget,
    Category,
    Figures,
    OutcomeResult,
    Overview,
    Results,
    Standing,
    Support,
    SupportPeriod,
    Tally,
    Turn,
    Verdict,
)

_ITEM = ["id", "key"]


def figures(
    master: Master, quarter: int, now: datetime, *, previous_final: Final | None = None, coordinator: bool = False
) -> Figures:
    """Return all figures of a quarter (1–4), from the master alone.

    ``previous_final`` is the last frozen report; ``coordinator`` adds section 6. Raises UsageError where 設定 has no
    round of the quarter and ``coordinator`` is set.
    """
    known = states.categories(master.settings)
    frame = activity_frame(master, known, quarter)
    shown = overview(master, frame, known, quarter)
    return Figures(
        fiscal_year=master.settings.fiscal_year.label,
        quarter=quarter,
        quarter_label=QUARTER_LABELS[quarter],
        months=QUARTER_MONTHS[quarter],
        made=stamp(now),
        overview=shown,
        activities=activity_lines(master, frame, known, quarter),
        results=results(master, quarter),
        budgets=budgets(master, quarter),
        support=support(master, quarter),
        since=since(previous_final, master, shown) if previous_final else None,
        coordination=coordination(master, quarter, now.date()) if coordinator else None,
    )


def activity_frame(master: Master, known: Sequence[Category], quarter: int) -> pd.DataFrame:
    """Return one row per activity and quarter, from the first to this one, of the measures running in it.

    ``state`` is the index of its category in ``known`` (see ``states.category``). Activities without any text are
    left out.
    """
    place = {c: n for n, c in enumerate(known)}
    rows = [
        (q, m.id, states.area_code(m.id), m.lead_department, a.key, place[states.category(known, m, a, q)])
        for q in range(1, quarter + 1)
        for m in states.running(master, q)
        for a in states.activities(m)
    ]
    return pd.DataFrame(rows, columns=["quarter", "id", "area", "department", "key", "state"])


def measure_frame(master: Master, frame: pd.DataFrame, known: Sequence[Category], quarter: int) -> pd.DataFrame:
    """Return one row per measure and quarter; ``state`` is that of its worst activity (see ``states.by_severity``).

    A measure without activities counts as 予定なし.
    """
    order = [known.index(c) for c in states.by_severity(known)]
    rank = {state: n for n, state in enumerate(order)}
    worst = frame.assign(rank=frame["state"].map(rank)).groupby(["quarter", "id"])["rank"].max()
    rows = [
        (q, m.id, states.area_code(m.id), m.lead_department, order[int(worst.get((q, m.id), 0))])
        for q in range(1, quarter + 1)
        for m in states.running(master, q)
    ]
    return pd.DataFrame(rows, columns=["quarter", "id", "area", "department", "state"])


def overview(master: Master, frame: pd.DataFrame, known: Sequence[Category], quarter: int) -> Overview:
    """Return section 1: the counts, 分野 by number, departments in 建制順.

    Departments without a running measure are left out, and so is the category 設定にない語 if unused.
    """
    measures = measure_frame(master, frame, known, quarter)
    used = set(frame["state"])
    columns = [n for n, c in enumerate(known) if c.standing is not Standing.UNKNOWN or n in used]
    now, their = frame[frame["quarter"] == quarter], measures[measures["quarter"] == quarter]
    names = [d.name for d in master.departments]
    departments = sorted(their["department"].unique(), key=lambda d: names.index(d) if d in names else len(names))
    areas = [(code, states.area_name(master.settings, code)) for code in sorted(their["area"].unique())]
    quarters = _tallies(frame, measures, "quarter", [(q, QUARTER_LABELS[q]) for q in range(1, quarter + 1)], columns)
    return Overview(
        categories=tuple(known[n] for n in columns),
        whole=replace(quarters[-1], name="全体"),
        quarters=quarters,
        areas=tuple(
            replace(t, code=code)
            for t, (code, _) in zip(_tallies(now, their, "area", areas, columns), areas, strict=True)
        ),
        departments=_tallies(now, their, "department", [(name, name) for name in departments], columns),
        turn=turn(frame, known, quarter),
        stopped=len(master.measures) - len(their),
    )


def _tallies(
    activities: pd.DataFrame,
    measures: pd.DataFrame,
    by: str,
    rows: Sequence[tuple[Hashable, str]],
    columns: Sequence[int],
) -> tuple[Tally, ...]:
    """Return the counts of each value of the column ``by``; ``rows`` are the values with their names."""
    of_activities, of_measures = _counts(activities, by, columns), _counts(measures, by, columns)
    zero = (0,) * len(columns)
    return tuple(Tally(name, of_activities.get(value, zero), of_measures.get(value, zero)) for value, name in rows)


def _counts(frame: pd.DataFrame, by: str, columns: Sequence[int]) -> dict[Hashable, tuple[int, ...]]:
    table = pd.crosstab(frame[by], frame["state"]).reindex(columns=columns, fill_value=0)
    return {row[0]: tuple(map(int, row[1:])) for row in table.itertuples(name=None)}


def turn(frame: pd.DataFrame, known: Sequence[Category], quarter: int) -> Turn | None:
    """Compare the late activities of this quarter with those of the one before; None in the first quarter."""
    if quarter == 1:
        return None
    before, now = (frame[frame["quarter"] == q].set_index(_ITEM)["state"] for q in (quarter - 1, quarter))
    was_late, is_late = (_of(states_, known, Standing.LATE) for states_ in (before, now))
    still, resolved, unreported = (
        len(was_late.intersection(_of(now, known, s))) for s in (Standing.LATE, Standing.ON_TRACK, Standing.UNREPORTED)
    )
    return Turn(
        new=len(is_late.difference(was_late)),
        still=still,
        resolved=resolved,
        unreported=unreported,
        other=len(was_late) - still - resolved - unreported,
    )


def _of(column: pd.Series, known: Sequence[Category], standing: Standing) -> pd.Index:
    return column.index[column.isin([n for n, c in enumerate(known) if c.standing is standing])]


def streaks(frame: pd.DataFrame, known: Sequence[Category], quarter: int) -> dict[tuple[str, str], int]:
    """Return how many quarters in a row, up to this one and within the year, each activity has been late.

    Keys are 施策ID and 取組ID. Any other category breaks the streak, 予定なし too.
    """
    out: dict[tuple[str, str], int] = {}
    row = None
    for q in range(quarter, 0, -1):
        late = _of(frame[frame["quarter"] == q].set_index(_ITEM)["state"], known, Standing.LATE)
        row = late if row is None else row.intersection(late)
        for item in row:
            out[item] = out.get(item, 0) + 1
    return out


def activity_lines(
    master: Master, frame: pd.DataFrame, known: Sequence[Category], quarter: int
) -> tuple[ActivityLine, ...]:
    """Return every activity of the quarter in the order of the master; the LATE ones are section 2."""
    now = frame[frame["quarter"] == quarter]
    state = {(row.id, row.key): known[row.state] for row in now.itertuples()}
    rows = streaks(frame, known, quarter)
    lines = []
    for m in states.running(master, quarter):
        name = states.measure_name(master.settings, m)
        for a in states.activities(m):
            q = a.quarters[quarter - 1]
            item = (m.id, a.key)
            lines.append(ActivityLine(name, a.key, a.name, q.plan, state[item], q.countermeasure, rows.get(item, 0)))
    return tuple(lines)


def results(master: Master, quarter: int) -> Results:
    """Return section 3: every 成果目標, with the counts by verdict of this fiscal year."""
    this_year = master.settings.plan_year - 1
    outcomes = tuple(
        outcome_result(master, states.measure_name(master.settings, m), number, outcome, quarter)
        for m in states.running(master, quarter)
        for number, outcome in enumerate(m.normal().outcomes, 1)
    )
    return Results(
        years=tuple(year.label for year in master.settings.plan_years),
        this_year=this_year,
        outcomes=outcomes,
        counts=verdict_counts(outcomes, this_year),
    )


def verdict_counts(outcomes: Sequence[OutcomeResult], year: int) -> tuple[tuple[Verdict, int], ...]:
    """Count 成果目標 by verdict in a year (an index of the plan years), for all verdicts but これから."""
    counts = pd.Series([o.years[year].verdict.name for o in outcomes], dtype=object).value_counts()
    return tuple((v, int(counts.get(v.name, 0))) for v in Verdict if v is not Verdict.TO_COME)


def budgets(master: Master, quarter: int) -> tuple[Budget, ...]:
    """Return section 4: the measures with 予算化有無 有 (the first word of 有無 in 設定)."""
    yes = fold(master.settings.flags[0])
    return tuple(
        Budget(states.measure_name(master.settings, m), m.procurement.strip())
        for m in states.running(master, quarter)
        if fold(m.budgeted) == yes
    )


def support(master: Master, quarter: int) -> tuple[SupportPeriod, ...]:
    """Return section 4: every request with a text, by 時期 in the order of the fiscal year, whatever 依頼有無 says."""
    periods: dict[Key, tuple[str, list[Support]]] = {}
    for m in states.running(master, quarter):
        for request in m.support_requests:
            if is_blank(request.content) and is_blank(request.period):
                continue
            key, label = period(request.period)
            line = Support(states.measure_name(master.settings, m), request.period, request.content)
            periods.setdefault(key, (label, []))[1].append(line)
    return tuple(SupportPeriod(label, tuple(lines)) for _, (label, lines) in sorted(periods.items(), key=itemgetter(0)))

"""The coordinator's part of the report: sheets that are not in yet, and open points of data quality."""

from __future__ import annotations

from datetime import date

from ..domain.errors import UsageError
from ..domain.model import QUARTER_LABELS, Measure, Ref, Round
from ..domain.problems import Problem
from ..master.records import Master
from ..rules import Case, judge, problems_of
from ..status.round_status import State, status
from . import states
from .records import Coordination, MeasureName, Missing, Point

_IN = (State.MERGED, State.NOTHING)


def coordination(master: Master, quarter: int, today: date) -> Coordination:
    """Return section 6: the sheets of the quarter's round that are not in the master, in 建制順, and open points.

    Raises UsageError where 設定 has no round of the quarter.
    """
    round_ = _round(master, quarter)
    sheets = status(master, round_, today).sheets
    names = {m.id: states.measure_name(master.settings, m) for m in master.measures}
    missing = tuple(Missing(names[s.measure], s.state.value) for s in sheets if s.state not in _IN)
    issued = sum(s.issue is not None for s in sheets)
    points = tuple(
        _point(names[m.id], p) for m in states.running(master, quarter) for p in measure_problems(master, m, round_)
    )
    return Coordination(issued, missing, points)


def measure_problems(master: Master, measure: Measure, round_: Round) -> list[Problem]:
    """Return what the rules of a round find in a measure of the master, at its cells."""
    case = Case(measure, None, {m.id: m for m in master.measures}, round_, master.settings, master.departments)

    def locate(ref: Ref) -> tuple[str, str]:
        return master.place(measure.id, ref) or ("", "")

    return problems_of(judge(case), locate, master.settings, case.values)


def _round(master: Master, quarter: int) -> Round:
    own = [r for r in master.settings.rounds if r.quarter == quarter]
    found = next((r for r in own if r.name == QUARTER_LABELS[quarter]), own[0] if own else None)
    if found is None:
        raise UsageError(f"第{quarter}四半期の回は、設定にありません。", "「設定」の回の表に加えてください。")
    return found


def _point(name: MeasureName, p: Problem) -> Point:
    place = f"「{p.sheet}」シート {p.cell}" if p.cell else ""
    return Point(name, p.code, place, p.label, p.message, p.fix)

"""The coordinator's part of the report: sheets that are not in yet, and open points of data quality."""

from __future__ import annotations

from datetime import date

from ..domain.errors import UsageError
from ..domain.fields import QUARTER_LABELS, Ref
from ..domain.model import Measure, Round
from ..domain.problems import Problem
from ..master.records import Master
from ..rules import Case, judge, problems_of
from ..status.round_status import State, status
from . import states
from .records import Coordination, Missing, Point


def coordination(master: Master, quarter: int, today: date) -> Coordination:
    """Return the sheets of the quarter's round that are not in the master, in 建制順, and open points.

    Raises UsageError where 設定 has no round of the quarter.
    """
    rounds = [r for r in master.settings.rounds if r.quarter == quarter]
    if not rounds:
        raise UsageError(f"第{quarter}四半期の回は、設定にありません。", "「設定」の回の表に加えてください。")
    round_ = next((r for r in rounds if r.name == QUARTER_LABELS[quarter]), rounds[0])
    sheets = status(master, round_, today).sheets
    names = {m.id: states.measure_name(master.settings, m) for m in master.measures}
    merged = (State.MERGED, State.NOTHING)
    return Coordination(
        issued=sum(s.issue is not None for s in sheets),
        missing=tuple(Missing(names[s.measure], s.state.value) for s in sheets if s.state not in merged),
        points=tuple(
            Point(names[m.id], p.code, f"「{p.sheet}」シート {p.cell}" if p.cell else "", p.label, p.message, p.fix)
            for m in states.running(master, quarter)
            for p in measure_problems(master, m, round_)
        ),
    )


def measure_problems(master: Master, measure: Measure, round_: Round) -> list[Problem]:
    """Return what the rules of a round find in a measure of the master, at its cells."""
    case = Case(measure, None, {m.id: m for m in master.measures}, round_, master.settings, master.departments)

    def locate(ref: Ref) -> tuple[str, str]:
        return master.place(measure.id, ref) or ("", "")

    return problems_of(judge(case), locate, master.settings, case.values)

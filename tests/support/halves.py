"""Two people who share a sheet: each answers a part of it and sends a copy."""

from __future__ import annotations

from dxreport.status.round_status import status
from tests.support.quarter import RETURNED, Edits, Quarter, printed

HERE = "01-01"
P1, P2, LATE = "activity.progress/K1/1", "activity.progress/K2/1", "進捗遅延・課題あり"
ONE, TWO = {P1: "予定通り"}, {P2: "予定通り"}
ELSE = {str(ref): text for ref, text in printed("01-04").items()}


def half(quarter: Quarter, edits: Edits) -> bytes:
    """Return a copy of the workbook of 産業振興課 with only these answers in 01-01."""
    return quarter.filled({HERE: edits}, full=False)


def states(quarter: Quarter, measure: str = HERE) -> dict[str, str]:
    """Return the states of the measure in 受付簿, by return."""
    return {r.id: r.state.value for r in quarter.master.receipts if r.measure == measure}


def shown(quarter: Quarter, measure: str = HERE) -> str:
    """Return the state of the measure in ``status``."""
    sheets = status(quarter.master, quarter.master.settings.rounds[1], RETURNED.date()).sheets
    return next(s.state.value for s in sheets if s.measure == measure)

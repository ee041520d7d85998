"""The current round: the default for commands that name none."""

from __future__ import annotations

from ..domain.errors import MasterError
from ..domain.fields import QUARTERS
from ..domain.model import Round
from .records import Master


def current_round(master: Master) -> Round:
    """Return the current round.

    The rows of 回 are in the order of the year. The current round is the last one that was issued for more than half of
    the measures that run in it, so that neither a partial re-issue of an earlier round nor a trial of a later one
    changes it. While no round has been issued for more than half, it is the last one issued at all.

    Before the first issue, the contents decide: it is the round of the last quarter with any 進捗; else, if any 作業予定
    is written, that of the first quarter; else the round that opens 作業予定.

    Raise MasterError if 設定 has no round.
    """
    rounds = master.settings.rounds
    if not rounds:
        raise MasterError("マスターの「設定」に回がありません。", "「設定」の回の表に、少なくとも1行を書いてください。")
    shares = {r.name: _issued_share(master, r) for r in rounds}
    for least in (0.5, 0.0):
        if issued := [r for r in rounds if shares[r.name] > least]:
            return issued[-1]
    activities = [a for m in master.measures for a in m.activities]
    if not any(quarter.plan.strip() or quarter.progress.strip() for a in activities for quarter in a.quarters):
        return next((r for r in rounds if not r.quarter and "作業予定" in r.opens), rounds[0])
    reached = max((n for n in QUARTERS if any(a.quarters[n - 1].progress.strip() for a in activities)), default=1)
    return next((r for r in rounds if r.quarter == reached), rounds[0])


def _issued_share(master: Master, round_: Round) -> float:
    """Return the share (0–1) of the measures running in a round for which it was issued."""
    running = {m.id for m in master.running(round_)}
    issued = {id_ for issue in master.issues if issue.round == round_.name for id_ in issue.measures}
    return len(running & issued) / len(running) if running else 0.0

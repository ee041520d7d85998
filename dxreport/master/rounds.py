"""The round at work."""

from __future__ import annotations

from ..domain.errors import MasterError
from ..domain.model import QUARTERS, Round
from .records import Master


def current_round(master: Master) -> Round:
    """The round at work: that of the newest issue. Where nothing was issued, what stands in the master says it: the
    round of the last quarter with any 進捗, that of the first quarter once any 作業予定 is written, else the one for plans.

    Raises MasterError where 設定 has no round.
    """
    rounds = master.settings.rounds
    if not rounds:
        raise MasterError("マスターの「設定」に回がありません。", "「設定」の回の表に、少なくとも1行を書いてください。")
    for issue in reversed(master.issues):
        if (found := master.settings.round(issue.round)) is not None:
            return found
    activities = [a for m in master.measures for a in m.activities]
    if not any(quarter.plan.strip() or quarter.progress.strip() for a in activities for quarter in a.quarters):
        return next((r for r in rounds if not r.quarter and "作業予定" in r.opens), rounds[0])
    reached = max((n for n in QUARTERS if any(a.quarters[n - 1].progress.strip() for a in activities)), default=1)
    return next((r for r in rounds if r.quarter == reached), rounds[0])

"""``dxreport status``: who has answered, who is late, what is held."""

from __future__ import annotations

from ..status import RoundStatus, SheetStatus, current_round
from ..status import status as work_out
from . import console
from .frame import Call, command


@command(answers=True, rounds=True)
def status(call: Call) -> None:
    """回ごとの提出状況を、部署（建制順）と施策の表で示します。

    状態: 未発行　発行　未提出（期限後）　差し戻し　確認中（競合あり）　反映済　報告事項なし
    """
    master = call.master()
    found = work_out(master, call.round(master.settings, current_round(master)), call.now.date())
    if call.as_json:
        console.emit_json(_answer(found))
        return
    console.out(f"{master.settings.fiscal_year.label} {found.round.name}　提出期限 {found.round.deadline or 'なし'}")
    console.out("　".join(f"{state.value} {count}" for state, count in found.sums.items()) or "対象の施策はありません")
    console.out()
    rows = [
        (s.department, s.measure, s.name, s.state.value, f"{s.days_late}日" if s.days_late else "",
         s.receipt.id if s.receipt else "", " ".join(c.id for c in s.conflicts))
        for s in found.sheets
    ]  # fmt: skip
    if rows:
        console.out(console.table(rows, ("部署", "施策ID", "施策名", "状態", "遅れ", "受付", "競合"), right={4}))
    for receipt in found.refused:
        console.out(f"受付不可: {receipt.file}（{receipt.id}）{receipt.note}")


def _answer(found: RoundStatus) -> dict:
    return {
        "round": found.round.name,
        "deadline": found.round.deadline,
        "sums": {state.value: count for state, count in found.sums.items()},
        "sheets": [_sheet(s) for s in found.sheets],
        "refused": [{"return": r.id, "file": r.file, "reason": r.note} for r in found.refused],
    }


def _sheet(s: SheetStatus) -> dict:
    return {
        "department": s.department, "id": s.measure, "name": s.name, "state": s.state.value,
        "issue": s.issue.id if s.issue else "", "return": s.receipt.id if s.receipt else "",
        "days_late": s.days_late, "conflicts": [c.id for c in s.conflicts],
    }  # fmt: skip

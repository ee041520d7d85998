"""``dxreport`` alone: the state of the round, and the next command to type."""

from __future__ import annotations

from . import console
from .common import Call

_BEGIN = """ここは作業フォルダーではありません。
  はじめて使うとき　　　　　　　　　dxreport demo
  作業フォルダーを作るとき　　　　　dxreport init 令和５年度
  作業フォルダーがあるとき　　　　　そのフォルダーに移るか、dxreport -C フォルダー
  すべてのコマンドを見るとき　　　　dxreport --help"""


def home(call: Call) -> int:
    """Say in four lines how far the round is; outside a workspace, say how to begin and return exit code 2."""
    from ..domain.errors import UsageError
    from ..master.rounds import current_round
    from ..status.agenda import agenda
    from ..status.next_step import empty_tables
    from ..status.round_status import status
    from ..workspace.paths import Workspace
    from .status import summary

    if not Workspace(call.folder).master.is_file():
        above = Workspace.above(call.folder)
        console.say(
            f"ここは作業フォルダー {above} の中です。そこに移るか、-C で指定してください。" if above else _BEGIN
        )
        return UsageError.exit_code
    master, today = call.master(), call.now.date()
    if empty := empty_tables(master):
        title = f"{master.settings.fiscal_year.label}　{empty.message}"
        console.out(title, empty.fix, "次のコマンド: dxreport check")
        return 0
    plan = agenda(call.workspace, master, status(master, current_round(master), today), today)
    head, *said = summary(master, plan)
    bar = [said.pop()] if plan.found.sheets else []
    console.out(head, "".join(said), *bar, plan.next_line)
    return 0

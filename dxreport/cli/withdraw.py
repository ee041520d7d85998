"""``dxreport withdraw``: undo a return."""

from __future__ import annotations

import click

from ..domain.problems import shown
from . import console
from .common import Call, change_record, command, conflict_record


@command(answers=True)
@click.argument("what", metavar="RETURN[/MEASURE]")
@click.option("--reason", default="", metavar="TEXT", help="理由（変更履歴に残ります）")
@click.option("--dry-run", is_flag=True, help="何が元に戻るかだけを示す（何も書きません）")
def withdraw(call: Call, what: str, reason: str, dry_run: bool) -> int:
    """取り込んだ返送を、セルごとに元に戻します（例: dxreport withdraw U0003）。
    一つの施策だけを戻すには、その施策IDを付けます（例: dxreport withdraw U0003/01-02）。

    その後に書き換えられたセルは戻さず、競合として残します。ほかの返送のシートで、この返送がないと記入が
    そろわないものは、保留に戻します。すべて変更履歴に残ります。
    """
    from ..collect.originals import original_path
    from ..collect.withdraw import withdraw as take_out

    return_id, _, measure = what.partition("/")
    plan = take_out(call.workspace, return_id, reason, call.now, measure=measure, dry_run=dry_run)
    if call.as_json:
        console.emit_json({
            "return": return_id,
            "measure": measure,
            "changes": [change_record(c) for c in plan.changes],
            "conflicts": [conflict_record(c) for c in plan.conflicts],
            "held": [f"{r.id}/{r.measure}" for r in plan.held],
            "dry_run": dry_run,
        })  # fmt: skip
        return 1 if plan.conflicts else 0
    for c in plan.changes:
        console.out(f"{c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」")
    for x in plan.conflicts:
        now = f"今は「{shown(x.current)}」"
        console.out(f"競合 {x.id} {x.measure} {x.label}: その後に書き換えられています（{now}）")
    for r in plan.held:
        console.out(f"{r.id}（{r.file}）の {r.measure} は、{what} がないと記入がそろわないため、保留に戻します。")
    for path in dict.fromkeys(original_path(call.workspace, r.id, r.file) for r in plan.held):
        console.out(f'  差し戻し用のファイルは、dxreport collect "{path}" を実行すると作り直せます。')
    done = "戻す予定です（何も書いていません）" if dry_run else "元に戻しました"
    console.out(f"{what}: {len(plan.changes)} か所を{done}。競合 {len(plan.conflicts)} 件。")
    return 1 if plan.conflicts else 0

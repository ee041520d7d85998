"""``dxreport withdraw``: take a return out again."""

from __future__ import annotations

import click

from .. import withdraw as desk
from ..problems import shown
from . import console
from .frame import Call, command


@command(answers=True)
@click.argument("return_id", metavar="RETURN")
@click.option("--reason", default="", metavar="TEXT", help="理由（変更履歴に残ります）")
@click.option("--dry-run", is_flag=True, help="何が元に戻るかだけを示す（何も書きません）")
def withdraw(call: Call, return_id: str, reason: str, dry_run: bool) -> int:
    """取り込んだ返送を、セルごとに元に戻します（例: dxreport withdraw U0003）。

    その後に書き換えられたセルは戻さず、競合として残します。分担して記入され、この返送と合わせて 1 枚として
    取り込んだシートは、一緒に取り下げます。すべて変更履歴に残ります。
    """
    plan = desk.withdraw(call.workspace, return_id, reason, call.now, dry_run=dry_run)
    others = [r for r in plan.receipts if r.id != return_id]
    if call.as_json:
        console.emit_json({
            "return": return_id,
            "changes": [{"id": c.measure, "field": str(c.ref), "label": c.label, "old": c.old, "new": c.new} for c in plan.changes],
            "conflicts": [{"conflict": c.id, "id": c.measure, "field": str(c.ref), "label": c.label} for c in plan.conflicts],
            "with": [f"{r.id}/{r.measure}" for r in others],
            "dry_run": dry_run,
        })  # fmt: skip
        return 1 if plan.conflicts else 0
    for c in plan.changes:
        console.out(f"{c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」")
    for c in plan.conflicts:
        console.out(f"競合 {c.id} {c.measure} {c.label}: その後に書き換えられています（今は「{shown(c.current)}」）")
    for r in others:
        console.out(f"{r.id}（{r.file}）の {r.measure} も、{return_id} と合わせて取り込んだものなので、取り下げます。")
    done = "戻す予定です（何も書いていません）" if dry_run else "元に戻しました"
    console.out(f"{return_id}: {len(plan.changes)} か所を{done}。競合 {len(plan.conflicts)} 件。")
    return 1 if plan.conflicts else 0

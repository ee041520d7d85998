"""``dxreport withdraw``: undo a return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ..domain.problems import shown
from ..domain.spelling import typed_id
from . import console
from .common import Call, change_record, command, conflict_record

if TYPE_CHECKING:
    from ..master.records import Conflict


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

    return_id, _, measure = typed_id(what).partition("/")
    done = take_out(call.workspace, return_id, reason, call.now, measure=measure, dry_run=dry_run)
    if call.as_json:
        console.emit_json({
            "return": return_id,
            "measure": done.measure,
            "changes": [change_record(c) for c in done.changes],
            "conflicts": [conflict_record(c) for c in done.conflicts],
            "held": [f"{r.id}/{r.measure}" for r in done.held],
            "unanswered": [{"id": r.measure, "round": r.round} for r in done.unanswered],
            "finals": [f.id for f in done.finals],
            "only_held": done.only_held,
            "dry_run": dry_run,
        })  # fmt: skip
        return 1 if done.conflicts else 0
    what = "/".join(filter(None, (return_id, done.measure)))
    console.out(*(f"{c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」" for c in done.changes))
    for x in done.conflicts:
        console.out(*_question(x))
    for r in done.held:
        console.out(f"{r.id}（{r.file}）の {r.measure} は、{what} がないと記入がそろわないため、保留に戻します。")
    for path in dict.fromkeys(original_path(call.workspace, r.id, r.file) for r in done.held):
        console.out(f'  差し戻し用のファイルは、dxreport collect "{path}" を実行すると作り直せます。')
    for round_ in dict.fromkeys(r.round for r in done.unanswered):
        ids = "、".join(r.measure for r in done.unanswered if r.round == round_)
        console.out(f"ほかに回答がないので、{round_}は未提出に戻ります: {ids}")
    for f in done.finals:
        console.out(
            f"注意: 確定報告 {f.id}（{f.quarter}）は、この返送の値で作られています。"
            "確定した数字はそのまま残りますが、マスターとは合わなくなります。"
        )
    if done.only_held:
        put_aside = f"dxreport dismiss {return_id if dry_run else '受付番号'} --reason 理由"
        was = "です" if dry_run else "でした"
        console.out(f"{what} は保留{was}。マスターに戻すところはありません。")
        console.out(f"保留のまま扱わないことにする返送は、{put_aside} で除外します。")
        return 0
    ended = "戻す予定です（何も書いていません）" if dry_run else "元に戻しました"
    console.out(f"{what}: {len(done.changes)} か所を{ended}。競合 {len(done.conflicts)} 件。")
    return 1 if done.conflicts else 0


def _question(x: Conflict) -> Iterator[str]:
    """Say what was typed over the withdrawn text, and what each answer means."""
    issued, returned, current = (shown(text) for text in (x.issued, x.returned, x.current))
    yield f"競合 {x.id} {x.measure} {x.label}: その後に書き換えられています（今は「{current}」）"
    command = f"dxreport resolve {x.id} --take"
    yield f"  {command} current 　今の「{current}」のままにする"
    yield f"  {command} issued  　返送の前の「{issued}」に戻す"
    yield f"  {command} returned　取り下げた返送の「{returned}」にする"

"""``dxreport rollover``: open the next fiscal year, or carry late answers over to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.problems import shown
from . import console
from .common import FOLDER, Call, change_record, command, conflict_record

if TYPE_CHECKING:
    from ..master.records import Conflict


@command(answers=True)
@click.option("--out", type=FOLDER, metavar="DIR", help="次の年度のフォルダー（既定: 今のフォルダーの隣）")
@click.option("--dry-run", is_flag=True, help="何が引き継がれるかだけを示す（何も書きません）")
def rollover(call: Call, out: Path | None, dry_run: bool) -> int:
    """次の年度の作業フォルダーを作ります。もう一度実行すると、遅れて届いた実績などを引き継ぎます。

    施策ID、施策名、部署、関連施策、取組の名前、成果目標（目標と実績）を引き継ぎ、到達目標、作業予定、
    進捗、対応策、予算化予定、支援依頼は空にします。マスターに書き足した列やシートも引き継ぎます。中止・完了・統合の施策は引き継ぎません。
    """
    from ..lifecycle.rollover import last_round
    from ..lifecycle.rollover import rollover as roll_over

    master = call.master()
    done = roll_over(call.workspace, out, call.now, dry_run=dry_run)
    old_year, year = master.settings.fiscal_year.label, done.fiscal_year
    folder, left = done.workspace.root, "、".join(done.left)
    will = "（--dry-run: 何も書いていません）" if dry_run else ""
    if call.as_json:
        console.emit_json({
            "folder": str(folder), "fiscal_year": year, "opened": done.opened,
            "measures": done.measures, "left": list(done.left),
            "changes": [change_record(c) for c in done.changes],
            "conflicts": [conflict_record(c) for c in done.conflicts],
            "unknown": list(done.unknown), "dry_run": dry_run, "own": list(done.own), "blank": list(done.blank),
            "interim": list(done.interim),
        })  # fmt: skip
    elif done.opened:
        console.out(f"{year}の作業フォルダー: {folder}{will}")
        console.out(f"  {done.measures} 施策を引き継ぎました。{f'引き継がなかった施策: {left}' if left else ''}")
        if done.own:
            console.out(f"  書き足された列とシートも引き継ぎました: {'、'.join(done.own)}")
        if done.blank:
            console.out(
                f"  引き継がなかった施策の行は、空けてあります: {'、'.join(done.blank)}"
                "（数式、コメント、結合セルなどがその行か表を指しているため。Excel で行を削除してください）"
            )
        console.out(
            "  「設定」の「締切」は、1 年後の同じ日に近い同じ曜日にしてあります。確かめてから、計画の回を送ってください。"
        )
        console.out(f"  次: dxreport render --round 計画 -C {folder}")
    else:
        for c in done.changes:
            console.out(f"{c.measure} {c.label}:「{c.old}」→「{c.new}」")
        for x in done.conflicts:
            console.out(*_conflict(x, old_year, year, "" if dry_run else f" -C {folder}"))
        if done.own:
            console.out(f"{year}のマスターにない列とシート: {'、'.join(done.own)}（必要なら写してください）")
        if left:
            console.out(f"前の年度で終わったので、引き継がなかった施策: {left}（{year}の「状態」を確かめてください）")
        if done.unknown:
            unknown = "、".join(done.unknown)
            console.out(f"{year}のマスターにない施策: {unknown}（必要なら「施策」シートに書き足してください）")
        console.out(f"{year}: {len(done.changes)} か所を引き継ぎました。競合 {len(done.conflicts)} 件。{will}")
    if done.interim and not call.as_json:
        closing = last_round(master.settings)
        console.out(
            f"注意: {closing.name if closing else ''}がまだの施策: {'、'.join(done.interim)}（{len(done.interim)}施策）",
            f"  {year}のシートには、{old_year}の実績が途中の値のまま出ます。",
            "  届いたら、もう一度 dxreport rollover を実行してください。確定した値を引き継ぎます。",
        )
    return 1 if done.conflicts else 0


def _conflict(conflict: Conflict, old: str, new: str, where: str) -> Iterator[str]:
    """Say what each year has, and the command that takes it; ``where`` is blank in a dry run, which has no command."""
    yield f"競合 {conflict.id} {conflict.measure} {conflict.label}: どちらの年度のマスターでも書き換えられています。"
    for year, text, take in ((old, conflict.returned, "returned"), (new, conflict.current, "current")):
        command = f"　採るとき: dxreport resolve {conflict.id} --take {take}{where}" if where else ""
        yield f"  {year}のマスター「{shown(text)}」{command}"

"""``dxreport rollover``: open the next fiscal year, or carry late answers over to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.problems import shown
from . import console
from .common import FOLDER, Call, change_record, command, conflict_record, first_ten

if TYPE_CHECKING:
    from ..lifecycle.rollover import RolloverResult
    from ..master.records import Conflict

_NOTHING_WRITTEN = "（--dry-run: 何も書いていません）"


@command(answers=True)
@click.option("--out", type=FOLDER, metavar="DIR", help="次の年度のフォルダー（既定: 今のフォルダーの隣）")
@click.option("--dry-run", is_flag=True, help="何が引き継がれるかだけを示す（何も書きません）")
def rollover(call: Call, out: Path | None, dry_run: bool) -> int:
    """次の年度の作業フォルダーを作ります。もう一度実行すると、遅れて届いた実績などを引き継ぎます。

    施策ID、施策名、部署、関連施策、取組の名前、成果目標（目標と実績）を引き継ぎ、到達目標、作業予定、
    進捗、対応策、予算化予定、支援依頼は空にします。マスターに書き足した列やシートも引き継ぎます。中止・完了・統合の施策は引き継ぎません。
    """
    from ..lifecycle.rollover import rollover as roll_over

    done = roll_over(call.workspace, out, call.now, dry_run=dry_run)
    if call.as_json:
        console.emit_json({
            "folder": str(done.workspace.root), "fiscal_year": done.fiscal_year, "opened": done.opened,
            "measures": done.measures, "left": list(done.left),
            "changes": [change_record(c) for c in done.changes],
            "conflicts": [conflict_record(c) for c in done.conflicts],
            "unknown": list(done.unknown), "dry_run": dry_run, "own": list(done.own), "blank": list(done.blank),
            "interim": list(done.interim),
        })  # fmt: skip
    else:
        told = _opened(done, dry_run) if done.opened else _updated(done, dry_run)
        console.out(*told, *_interim(done))
    return 1 if done.conflicts else 0


def _opened(done: RolloverResult, dry_run: bool) -> Iterator[str]:
    folder, left = done.workspace.root, first_ten(done.left)
    yield f"{done.fiscal_year}の作業フォルダー: {folder}{_NOTHING_WRITTEN if dry_run else ''}"
    carried = "引き継ぎます" if dry_run else "引き継ぎました"
    yield f"  {done.measures} 施策を{carried}。{f'引き継がなかった施策: {left}' if left else ''}"
    if done.own:
        yield f"  書き足された列とシートも{carried}: {'、'.join(done.own)}"
    if done.blank:
        yield (
            f"  引き継がなかった施策の行は、空けてあります: {'、'.join(done.blank)}"
            "（数式、コメント、結合セルなどがその行か表を指しているため。Excel で行を削除してください）"
        )
    yield "  「設定」の「締切」は、1 年後の同じ日に近い同じ曜日にしてあります。確かめてから、計画の回を送ってください。"
    yield f"  次: dxreport render --round 計画 -C {folder}"


def _updated(done: RolloverResult, dry_run: bool) -> Iterator[str]:
    year = done.fiscal_year
    for c in done.changes:
        yield f"{c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」"
    for x in done.conflicts:
        yield from _conflict(x, done.old.fiscal_year.label, year, "" if dry_run else f" -C {done.workspace.root}")
    if done.own:
        yield f"{year}のマスターにない列とシート: {'、'.join(done.own)}（必要なら写してください）"
    if done.left:
        left = first_ten(done.left)
        yield f"前の年度で終わったので、引き継がなかった施策: {left}（{year}の「状態」を確かめてください）"
    if done.unknown:
        unknown = first_ten(done.unknown)
        yield f"{year}のマスターにない施策: {unknown}（必要なら「施策」シートに書き足してください）"
    will = _NOTHING_WRITTEN if dry_run else ""
    yield f"{year}: {len(done.changes)} か所を引き継ぎました。新しい競合 {len(done.conflicts)} 件。{will}"
    if done.undecided:
        yield f"前からの競合 {len(done.undecided)} 件は、まだ決めていません: {first_ten(done.undecided)}"


def _interim(done: RolloverResult) -> Iterator[str]:
    from ..lifecycle.rollover import last_round

    if done.interim and (closing := last_round(done.old)):
        yield f"注意: {closing.name}がまだの施策: {first_ten(done.interim)}（{len(done.interim)}施策）"
        yield f"  {done.fiscal_year}のシートには、{done.old.fiscal_year.label}の実績が途中の値のまま出ます。"
        yield "  届いたら、もう一度 dxreport rollover を実行してください。確定した値を引き継ぎます。"


def _conflict(conflict: Conflict, old: str, new: str, where: str) -> Iterator[str]:
    """Say what each year has and, unless ``where`` is blank (in a dry run), the command that takes it."""
    yield f"競合 {conflict.id} {conflict.measure} {conflict.label}: どちらの年度のマスターでも書き換えられています。"
    for year, text, take in ((old, conflict.returned, "returned"), (new, conflict.current, "current")):
        command = f"　採るとき: dxreport resolve {conflict.id} --take {take}{where}" if where else ""
        yield f"  {year}のマスター「{shown(text)}」{command}"

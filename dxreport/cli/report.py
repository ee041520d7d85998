"""``dxreport report``: the report for the council."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from . import console
from .common import Call, command, first_ten, to_folder

if TYPE_CHECKING:
    from ..domain.model import Round
    from ..master.records import Master

_FORMATS, _AUDIENCES = ("pdf", "xlsx", "html"), ("council", "coordinator")


@command(answers=True, rounds=True)
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(_FORMATS), metavar="|".join(_FORMATS),
    help="この形式だけ（何度でも指定できます）",
)  # fmt: skip
@click.option(
    "--for", "audience", type=click.Choice(_AUDIENCES), default="council", metavar="|".join(_AUDIENCES),
    help="council: 会議用　coordinator: 未提出の施策とデータの指摘も載せる",
)  # fmt: skip
@click.option("--final", is_flag=True, help="この数値で確定し、マスターの「確定報告」に記録する")
@to_folder
def report(call: Call, formats: tuple[str, ...], audience: str, final: bool, out: Path | None) -> None:
    """四半期の報告書を、マスターだけから作ります（PDF、Excel、HTML）。

    結論と四つの数、遅延・課題のある取組、次年度の費用、成果目標、支援依頼、前回の確定報告からの変更が載ります。
    --final を付けなければ、マスターは書き換えません（Excel で開いたままでも実行できます）。
    """
    workspace, master = call.workspace, call.master(to_write=final)
    round_ = call.round(master)
    if not round_.quarter:
        what = f"「{round_.name}」は四半期の回ではありません。"
        raise UsageError(what, "--quarter 1～4 で四半期を指定してください。")
    from ..report import produce, words
    from ..report.finals import as_json

    done = produce.produce(
        workspace, master, round_.quarter, call.now,
        formats=[produce.ReportFormat(name) for name in formats or _FORMATS], coordinator=audience == "coordinator", final=final,
        watch=lambda files: console.progress(files, "作成中"),
    )  # fmt: skip
    figures = done.figures
    paths = produce.write(workspace, master, done, out or produce.out_folder(workspace, figures), call.now)
    if call.as_json:
        console.emit_json({"files": [str(path) for path in paths], "figures": as_json(figures)})
        return
    console.out(figures.title, "".join(words.headline(figures)), *(f"  {path}" for path in paths))
    if figures.final_id:
        already = "" if done.new_final else f"（{figures.day}に、すでに確定しています）"
        console.out(f"確定報告 {figures.final_id}{already}")
        if done.new_final and (open_ := _unsettled(master, round_, call.now.date())):
            console.out(
                f"注意: {round_.name}には、{'、'.join(open_)}があります。これらの回答は、確定した数字に入っていません。"
            )


def _unsettled(master: Master, round_: Round, today: date) -> list[str]:
    """Return what is not settled in a round: open conflicts, held sheets, and those that did not come back."""
    from ..status.round_status import State, status

    sheets = status(master, round_, today).sheets
    conflicts = [c.id for s in sheets for c in s.conflicts]
    owed = {State.HELD: "差し戻し", State.ISSUED: "未提出", State.MISSING: "未提出"}
    by_name: dict[str, list[str]] = {}
    for sheet in sheets:
        if sheet.state in owed:
            by_name.setdefault(owed[sheet.state], []).append(sheet.measure)
    told = [f"決めていない競合 {len(conflicts)} 件（{first_ten(conflicts)}）"] if conflicts else []
    return told + [f"{name} {len(ids)} 施策（{first_ten(ids)}）" for name, ids in by_name.items()]

"""``dxreport report``: the report for the council."""

from __future__ import annotations

from pathlib import Path

import click

from ..domain.errors import UsageError
from . import console
from .common import Call, command, to_folder

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

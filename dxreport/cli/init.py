"""``dxreport init``."""

from __future__ import annotations

from pathlib import Path

import click

from . import console
from .frame import Call, command


@command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="実在の 26 施策（令和４年度）を入れる")
def init(call: Call, folder: Path, sample: bool) -> None:
    """作業フォルダー DIR を作ります。

    できるもの:
      templates/  様式（Excel で描いたもの）と、その作り方
      master/     マスター（全施策の台帳）
      reports/    配付するファイルと報告書の置き場

    --sample を付けなければ、施策も部署もない、--now の年度のマスターができます。
    すでにあるファイルは上書きしません。
    """
    from ..init import create

    made = create(call.folder / folder, call.now.date(), sample=sample)
    console.out(f"{made.workspace.root} に作業フォルダーを作りました（{made.fiscal_year}）。")
    for path in made.files:
        console.out(f"  {path.relative_to(made.workspace.root)}")
    console.out()
    console.out("次にすること:")
    for line in _next_steps(str(call.folder / folder), sample):
        console.out(f"  {line}")


def _next_steps(folder: str, sample: bool) -> list[str]:
    where = f'"{folder}"' if " " in folder else folder
    if sample:
        return [f"dxreport check -C {where}"]
    return [
        "master/master.xlsx を Excel で開き、次の表に書いて保存します。",
        "  部署: 部署名と宛先のメールアドレス（建制順に）",
        "  設定: 回の締切、分野の名前、メールのドメイン",
        "  施策: 施策ID、施策名、主管部署。取組と成果目標は、計画の回で部署に書いてもらえます",
        f"dxreport check -C {where}",
    ]

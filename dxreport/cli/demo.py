"""``dxreport demo``: play a whole quarter on the real measures."""

from __future__ import annotations

from pathlib import Path

import click

from . import console
from .common import PATH, Call, command

_KINDS = {".pdf": "PDF", ".xlsx": "Excel", ".html": "HTML"}


@command()
@click.argument("folder", default="demo", metavar="[DIR]", type=PATH)
def demo(call: Call, folder: Path) -> int:
    """令和４年度 第1四半期を、実在の 26 施策で最初から最後まで動かします。

    配付、記入、取り込み、保留と差し戻し、訂正の取り込み、報告書と公表用のブックまで行い、マスターが公表された
    内容と一致することを確かめます。DIR（指定しなければ demo）に新しい作業フォルダーを作ります。
    """
    from ..lifecycle.demo import play

    played = play(call.folder / folder, console.out)
    root = played.workspace.root
    console.out("8. 提出状況（status）: " + "　".join(f"{s.value} {n}" for s, n in played.end.sums.items()))
    for line in played.unexpected:
        console.out(f"   想定と違います: {line}")
    if not played.unexpected:
        console.out(
            f"   マスターは公表された内容と一致しました（保留になった {played.held.measure} の先の四半期の進捗を除く）。"
        )
    console.out("\nできたファイル:")
    for label, path in (
        ("マスター", played.workspace.master), ("配付したブック", played.issued[0].parent),
        ("部署の返送", played.returned[0].parent), ("部署の再提出", played.corrected.parent), ("差し戻したブック", played.first.copies[0].parent),
        ("返送の控え", played.workspace.returns), *((f"報告書（{_KINDS[path.suffix]}）", path) for path in played.reports),
        *(("公表用", path) for path in played.published),
    ):  # fmt: skip
        console.out(f"  {label}: {path.relative_to(root)}")
    console.out(f"\n続けて試せます: dxreport status -C {root}、dxreport history -C {root} --measure 03-04")
    return 1 if played.unexpected else 0

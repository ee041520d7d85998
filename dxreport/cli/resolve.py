"""``dxreport resolve``: decide a conflict, or accept a held or withdrawn sheet."""

from __future__ import annotations

import click

from ..domain.errors import UsageError
from ..domain.problems import shown
from . import console
from .common import Call, command
from .json_records import problem_record


@command(answers=True)
@click.argument("what", metavar="CONFLICT|RETURN/MEASURE")
@click.option(
    "--take", metavar="issued|returned|current|VALUE", help="競合で採る値（発行時・返送・マスター、または書く文）"
)
@click.option("--accept", is_flag=True, help="保留または取下げのシートを、そのまま取り込む")
@click.option("--reason", default="", metavar="TEXT", help="理由（変更履歴に残ります）")
@click.option(
    "--password",
    metavar="TEXT",
    help="届いたときにパスワードで開けなかったファイルを開くパスワード（ほかの返送には要りません）",
)
def resolve(call: Call, *, what: str, take: str | None, accept: bool, reason: str, password: str | None) -> int:
    """競合を決めるか、電話などで確かめた保留シート（または取り下げたシート）を取り込みます。どちらも変更履歴に残ります。

    終了コード: 0 完了　1 取り込んだが、競合や取り込めなかった欄がある

    例: dxreport resolve C0001 --take returned
    dxreport resolve U0003/03-04 --accept --reason 電話で確認
    """
    if (take is None) == (not accept):
        raise UsageError(
            "--take と --accept は、どちらか一方を指定してください。",
            "競合には --take、保留のシートには --accept --reason を使います。",
        )
    if accept:
        return _accept(call, what, reason, password)
    _decide(call, what, take or "", reason)
    return 0


def _decide(call: Call, conflict: str, take: str, reason: str) -> None:
    from ..collect.resolve import decide

    change = decide(call.workspace, conflict, take, reason, call.now)
    if call.as_json:
        console.emit_json({"conflict": conflict, "changed": change is not None, "new": change.new if change else None})
    elif change is None:
        console.out(f"競合 {conflict} を解決しました。マスターの値はそのままです。")
    else:
        console.out(
            f"競合 {conflict} を解決しました。{change.measure} {change.label}:「{shown(change.old)}」→「{shown(change.new)}」"
        )


def _accept(call: Call, what: str, reason: str, password: str | None) -> int:
    return_id, slash, measure = what.partition("/")
    if not slash or not measure:
        raise UsageError(
            f"「{what}」は保留シートの書き方ではありません。",
            "U0003/03-04 のように、受付番号と施策IDを / でつないでください。",
        )
    if not reason:
        raise UsageError("--accept には --reason が要ります。", "だれに何を確かめたかを --reason に書いてください。")
    from ..collect.resolve import accept

    done = accept(call.workspace, return_id, measure, reason, call.now, password=password)
    if call.as_json:
        console.emit_json({
            "return": return_id, "id": measure, "changes": len(done.changes), "conflicts": len(done.conflicts),
            "not_taken": [problem_record(p) for p in done.not_taken],
        })  # fmt: skip
        return 1 if done.conflicts or done.not_taken else 0
    console.out(f"{return_id}/{measure} を取り込みました。変更 {len(done.changes)} 件。")
    for p in done.not_taken:
        console.out(f"取り込めなかった欄: {p.cell} {p.label}: {p.message}必要なら、マスターに直接書き入れてください。")
    if done.conflicts:
        console.out(
            f"競合が {len(done.conflicts)} 件あります: {'、'.join(c.id for c in done.conflicts)}。dxreport resolve で決めてください。"
        )
    return 1 if done.conflicts or done.not_taken else 0

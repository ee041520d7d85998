"""``dxreport resolve``: decide a conflict, or accept a held or withdrawn sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from ..domain.problems import shown
from ..domain.spelling import typed_id
from . import console
from .common import Call, command, problem_record

if TYPE_CHECKING:
    from ..collect.resolve import Accepted
    from ..domain.problems import Problem


@command(answers=True)
@click.argument("what", metavar="CONFLICT|RETURN/MEASURE")
@click.option(
    "--take",
    metavar="issued|returned|current|VALUE",
    help="競合で採る値（発行時・返送・マスター、または書く文。語の決まった欄は、その語）",
)
@click.option("--accept", is_flag=True, help="保留または取下げのシートを、そのまま取り込む")
@click.option("--reason", default="", metavar="TEXT", help="理由（変更履歴に残ります）")
@click.option(
    "--password", metavar="TEXT",
    help="届いたときにパスワードで開けなかったファイルを開くパスワード（ほかの返送には要りません）",
)  # fmt: skip
def resolve(call: Call, *, what: str, take: str | None, accept: bool, reason: str, password: str | None) -> int:
    """競合を決めるか、電話などで確かめた保留シート（または取り下げたシート）を取り込みます。どちらも変更履歴に残ります。

    終了コード: 0 完了　1 取り込んだが、競合や取り込めなかった欄がある

    例: dxreport resolve C0001 --take returned
    dxreport resolve U0003/03-04 --accept --reason 電話で確認
    """
    what = typed_id(what)
    if take is not None and not accept:
        return _decide(call, what, take, reason)
    if accept and take is None:
        return _accept(call, what, reason, password)
    fix = "競合には --take、保留のシートには --accept --reason を使います。"
    raise UsageError("--take と --accept は、どちらか一方を指定してください。", fix)


def _decide(call: Call, conflict: str, take: str, reason: str) -> int:
    from ..collect.resolve import decide

    changes = decide(call.workspace, conflict, take, reason, call.now)
    if call.as_json:
        new = changes[0].new if changes else None
        console.emit_json({"conflict": conflict, "changed": bool(changes), "new": new})
    else:
        console.out(f"競合 {conflict} を解決しました。{'' if changes else 'マスターの値はそのままです。'}")
        console.out(*(f"  {c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」" for c in changes))
    return 0


def _accept(call: Call, what: str, reason: str, password: str | None) -> int:
    return_id, _, measure = what.partition("/")
    if not measure:
        fix = "U0003/03-04 のように、受付番号と施策IDを / でつないでください。"
        raise UsageError(f"「{what}」は保留シートの書き方ではありません。", fix)
    if not reason:
        raise UsageError("--accept には --reason が要ります。", "だれに何を確かめたかを --reason に書いてください。")
    from ..collect.resolve import accept

    done = accept(call.workspace, return_id, measure, reason, call.now, password=password)
    if call.as_json:
        console.emit_json({
            "return": done.return_id, "id": done.measure, "changes": len(done.changes), "conflicts": len(done.conflicts),
            "not_taken": [problem_record(p) for p in done.not_taken],
            "despite": [problem_record(p) for p in done.despite],
            "decided": [d.conflict.id for d in done.decided],
        })  # fmt: skip
    else:
        console.out(*_told(done))
    return 1 if done.conflicts or done.not_taken else 0


def _told(done: Accepted) -> Iterator[str]:
    yield f"{done.return_id}/{done.measure} を取り込みました。変更 {len(done.changes)} 件。"
    if done.blank:
        yield "注意: このシートには、新しい記入がありません。回答したものとして扱いますが、マスターは変わりません。"
    for p in done.despite:
        yield f"誤りのまま受け入れ: {p.code} {_where(p)}: {p.message}"
    for p in done.not_taken:
        yield f"取り込めなかった欄: {_where(p)}: {p.message}必要なら、マスターに直接書き入れてください。"
    for d in done.decided:
        c, where = d.conflict, f"マスターの{d.place}" if d.place else "マスター"
        yield f"前に決めたまま: {c.label}: 競合 {c.id} で決めた「{shown(d.text)}」です（この返送は「{shown(c.returned)}」）。"
        yield f"  決め直すときは、{where}を直接書き直して保存してください。"
    if done.conflicts:
        ids = "、".join(c.id for c in done.conflicts)
        yield f"競合が {len(done.conflicts)} 件あります: {ids}。dxreport resolve で決めてください。"


def _where(p: Problem) -> str:
    return f"{p.cell} {p.label}".strip()

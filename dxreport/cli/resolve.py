"""``dxreport resolve``: decide a conflict, or accept a held or withdrawn sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from ..domain.problems import shown
from ..domain.spelling import typed_id
from . import console
from .common import Call, Json, command, problem_record

if TYPE_CHECKING:
    from ..collect.resolve import Accepted
    from ..domain.problems import Problem


_RANGE = re.compile("C([0-9]+)[-~〜]C?([0-9]+)")


@command(answers=True)
@click.argument("what", nargs=-1, required=True, metavar="CONFLICT…|RETURN/MEASURE…")
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
def resolve(
    call: Call, *, what: tuple[str, ...], take: str | None, accept: bool, reason: str, password: str | None
) -> int:
    """競合を決めるか、電話などで確かめた保留シート（または取り下げたシート）を取り込みます。どちらも変更履歴に残ります。

    同じに決めるものは、いくつも並べられます。C0001-C0060 は、その間の未解決の競合すべてです。
    一つでもできないものがあれば、何も書きません。

    終了コード: 0 完了　1 取り込んだが、競合や取り込めなかった欄がある

    例: dxreport resolve C0001 --take returned
    dxreport resolve U0003/03-04 U0005/01-02 --accept --reason 電話で確認
    """
    named = tuple(map(typed_id, what))
    if take is not None and not accept:
        return _decide(call, named, take, reason)
    if accept and take is None:
        return _accept(call, named, reason, password)
    fix = "競合には --take、保留のシートには --accept --reason を使います。"
    raise UsageError("--take と --accept は、どちらか一方を指定してください。", fix)


def _decide(call: Call, named: tuple[str, ...], take: str, reason: str) -> int:
    from ..collect.resolve import decide_all

    done = decide_all(call.workspace, list(_conflicts(call, named)), take, reason, call.now)
    if call.as_json:
        _emit([
            {"conflict": id_, "changed": bool(changes), "new": changes[0].new if changes else None}
            for id_, changes in done.items()
        ])  # fmt: skip
        return 0
    for id_, changes in done.items():
        console.out(f"競合 {id_} を解決しました。{'' if changes else 'マスターの値はそのままです。'}")
        console.out(*(f"  {c.measure} {c.label}:「{shown(c.old)}」→「{shown(c.new)}」" for c in changes))
    return 0


def _conflicts(call: Call, named: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of conflicts; for a range, those that are open. Raise UsageError if none of it is."""
    from ..master.records import ConflictState, number_of

    for text in named:
        if not (span := _RANGE.fullmatch(text)):
            yield text
            continue
        first, last = sorted(map(int, span.groups()))
        rows = (c for c in call.master().conflicts if c.state is ConflictState.OPEN)
        open_ = [c.id for c in rows if first <= number_of(c.id) <= last]
        if not open_:
            raise UsageError(
                f"{text} の間に、未解決の競合はありません。", "番号は、dxreport status で確かめてください。"
            )
        yield from open_


def _accept(call: Call, named: tuple[str, ...], reason: str, password: str | None) -> int:
    sheets = [(return_id, measure) for return_id, _, measure in (text.partition("/") for text in named)]
    for text, (_, measure) in zip(named, sheets, strict=True):
        if not measure:
            fix = "U0003/03-04 のように、受付番号と施策IDを / でつないでください。"
            raise UsageError(f"「{text}」は保留シートの書き方ではありません。", fix)
    if not reason:
        raise UsageError("--accept には --reason が要ります。", "だれに何を確かめたかを --reason に書いてください。")
    from ..collect.resolve import accept_all

    done = accept_all(call.workspace, sheets, reason, call.now, password=password)
    if call.as_json:
        _emit([
            {
                "return": d.return_id, "id": d.measure, "changes": len(d.changes), "conflicts": len(d.conflicts),
                "not_taken": [problem_record(p) for p in d.not_taken],
                "despite": [problem_record(p) for p in d.despite],
                "decided": [c.conflict.id for c in d.decided],
            }
            for d in done
        ])  # fmt: skip
    else:
        for accepted in done:
            console.out(*_told(accepted))
    return 1 if any(d.conflicts or d.not_taken for d in done) else 0


def _emit(results: list[Json]) -> None:
    """Answer with the only result, or with a list of several."""
    console.emit_json(results[0] if len(results) == 1 else {"results": results})


def _told(done: Accepted) -> Iterator[str]:
    yield f"{done.return_id}/{done.measure} を取り込みました。変更 {len(done.changes)} 件。"
    if done.blank:
        yield "注意: このシートには、新しい記入がありません。回答したものとして扱いますが、マスターは変わりません。"
    if erased := [c for c in done.changes if c.old.strip() and not c.new.strip()]:
        yield f"注意: 次の回答を消しました（{len(erased)} か所）。"
        yield from (f"  {c.label}:「{shown(c.old)}」" for c in erased)
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

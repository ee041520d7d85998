"""``dxreport dismiss``: put a held or refused return aside."""

from __future__ import annotations

import click

from ..domain.errors import UsageError
from ..domain.spelling import typed_id
from . import console
from .common import Call, command


@command(answers=True)
@click.argument("return_id", metavar="RETURN")
@click.option("--reason", default="", metavar="TEXT", help="理由（受付簿と変更履歴に残ります）")
def dismiss(call: Call, return_id: str, reason: str) -> int:
    """保留か受付不可の返送を、理由を付けて除外します（例: dxreport dismiss U0003 --reason 回答ではない）。

    除外したものは差し戻しも督促もされず、status に出ません。ほかに回答のない施策は、未提出に戻ります。
    取り込んだ返送には使えません（withdraw を使います）。
    """
    from ..collect.dismiss import dismiss as put_aside

    return_id = typed_id(return_id)
    if not reason.strip():
        raise UsageError("--reason が要ります。", "なぜ除外するかを --reason に書いてください。")
    done = put_aside(call.workspace, return_id, reason, call.now)
    if call.as_json:
        console.emit_json({
            "return": return_id,
            "sheets": [{"id": r.measure, "issue": r.issue_id, "file": r.file} for r in done.receipts],
            "entered": [f"{r.id}/{r.measure}" for r in done.entered],
            "dropped": [c.id for c in done.dropped],
            "unanswered": list(done.unanswered),
        })  # fmt: skip
        return 0
    what = "、".join(r.measure for r in done.receipts if r.measure)
    console.out(f"{return_id}（{done.receipts[0].file}）{f'の {what} ' if what else ''}を除外しました。")
    for r in done.entered:
        console.out(f"{r.id}（{r.file}）の {r.measure} は、{return_id} がなくなったので取り込みました。")
    if done.dropped:
        console.out(f"書き足されていた項目（{'、'.join(c.id for c in done.dropped)}）も、取り下げました。")
    if done.unanswered:
        console.out(f"ほかに回答がないので、未提出に戻ります: {'、'.join(done.unanswered)}")
    return 0

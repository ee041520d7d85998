"""``dxreport status``: which departments have answered, which are late, what is held."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from . import console
from .common import Call, Record, command, note_records

if TYPE_CHECKING:
    from ..master.records import Master
    from ..status.round_status import RoundStatus

_FORMATS = ("text", "xlsx", "html")


@command(answers=True, rounds=True)
@click.option(
    "--format", "kind", type=click.Choice(_FORMATS), metavar="|".join(_FORMATS), help="表の形（指定しなければ text）"
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="xlsx か html を書き出すファイル"
)
def status(call: Call, kind: str | None, out: Path | None) -> None:
    """回ごとの提出状況を、部署（建制順）と施策の表で示します。

    状態: 未発行　発行　未提出（期限後）　差し戻し　確認中（競合あり）　反映済　報告事項なし
    """
    from ..status.round_status import status as work_out

    master = call.master()
    found = work_out(master, call.round(master, current=True), call.now.date())
    kind = kind or (out.suffix.lower().lstrip(".") if out else "text")
    if kind not in _FORMATS or (out and kind == "text"):
        what = "--out には、.xlsx か .html のファイルを指定してください。"
        raise UsageError(what, "画面に出すときは、--out を付けません。")
    path = None if kind == "text" else _written(call, master, found, kind, out)
    if call.as_json:
        console.emit_json(_record(found) | ({"file": str(path)} if path else {}))
    elif path:
        console.out(f"{found.round.name}の提出状況を {path} に作りました。")
    else:
        _tell(master, found)


def _written(call: Call, master: Master, found: RoundStatus, kind: str, out: Path | None) -> Path:
    from ..status.export import status_export
    from ..workspace.files import file_name
    from ..workspace.transaction import write_files

    if kind == "xlsx":
        from ..status.workbook import workbook as draw
    else:
        from ..status.export import page as draw
    shown = status_export(master, found, call.now.date())
    path = out or call.workspace.reports / f"{file_name(shown.title.replace('　', '_'))}.{kind}"
    write_files(call.workspace, {path: draw(shown)})
    return path


def _tell(master: Master, found: RoundStatus) -> None:
    console.out(f"{master.settings.fiscal_year.label} {found.round.name}　提出期限 {found.round.deadline or 'なし'}")
    console.out("　".join(f"{state.value} {count}" for state, count in found.sums.items()) or "対象の施策はありません")
    console.out()
    rows = [
        (s.department, s.measure, s.name, s.state.value, f"{s.days_late}日" if s.days_late else "",
         s.receipt.id if s.receipt else "", " ".join(c.id for c in s.conflicts))
        for s in found.sheets
    ]  # fmt: skip
    if rows:
        console.out(console.table(rows, ("部署", "施策ID", "施策名", "状態", "遅れ", "受付", "競合"), right={4}))
    for s in found.sheets:
        for cell, text in s.notes.items():
            console.out(f"コメント {s.measure} {cell}: {text}")
    for receipt in found.refused:
        console.out(f"受付不可: {receipt.file}（{receipt.id}）{receipt.note}")


def _record(found: RoundStatus) -> Record:
    return {
        "round": found.round.name,
        "deadline": found.round.deadline,
        "sums": {state.value: count for state, count in found.sums.items()},
        "sheets": [
            {
                "department": s.department, "id": s.measure, "name": s.name, "state": s.state.value,
                "issue": s.issue.id if s.issue else "", "return": s.receipt.id if s.receipt else "",
                "days_late": s.days_late, "conflicts": [c.id for c in s.conflicts], "notes": note_records(s.notes),
            }
            for s in found.sheets
        ],
        "refused": [{"return": r.id, "file": r.file, "reason": r.note} for r in found.refused],
    }  # fmt: skip

"""``dxreport status``: which departments have answered, which are late, what is held."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from ..master.rounds import current_round
from ..status.round_status import RoundStatus, SheetStatus
from ..status.round_status import status as work_out
from . import console
from .common import Call, command
from .json_records import Record, note_records

if TYPE_CHECKING:
    from ..master.records import Master

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
    master = call.master()
    found = work_out(master, call.round(master.settings, current_round(master)), call.now.date())
    path = _written(call, master, found, _kind(kind, out), out)
    if call.as_json:
        console.emit_json(_answer(found) | ({"file": str(path)} if path else {}))
    elif path:
        console.out(f"{found.round.name}の提出状況を {path} に作りました。")
    else:
        _tell(master, found)


def _kind(kind: str | None, out: Path | None) -> str:
    """Return the format of ``--format``, or else that of the file name."""
    chosen = kind or (out.suffix.lower().lstrip(".") if out else "text")
    if chosen not in _FORMATS or (out and chosen == "text"):
        raise UsageError(
            "--out には、.xlsx か .html のファイルを指定してください。", "画面に出すときは、--out を付けません。"
        )
    return chosen


def _written(call: Call, master: Master, found: RoundStatus, kind: str, out: Path | None) -> Path | None:
    if kind == "text":
        return None
    from ..status.export import status_export
    from ..workspace.files import atomic_write, file_name

    shown = status_export(master, found, call.now.date())
    if kind == "xlsx":
        from ..status.workbook import workbook as draw
    else:
        from ..status.export import page as draw
    path = out or call.workspace.reports / f"{file_name(shown.title.replace('　', '_'))}.{kind}"
    atomic_write(path, draw(shown))
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


def _answer(found: RoundStatus) -> Record:
    return {
        "round": found.round.name,
        "deadline": found.round.deadline,
        "sums": {state.value: count for state, count in found.sums.items()},
        "sheets": [_sheet(s) for s in found.sheets],
        "refused": [{"return": r.id, "file": r.file, "reason": r.note} for r in found.refused],
    }


def _sheet(s: SheetStatus) -> Record:
    return {
        "department": s.department, "id": s.measure, "name": s.name, "state": s.state.value,
        "issue": s.issue.id if s.issue else "", "return": s.receipt.id if s.receipt else "",
        "days_late": s.days_late, "conflicts": [c.id for c in s.conflicts],
        "notes": note_records(s.notes),
    }  # fmt: skip

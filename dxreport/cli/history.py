"""``dxreport history``: every change of the master, traced to file and cell."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ..collect.originals import original_path
from ..domain.errors import UsageError
from ..domain.problems import shown
from ..master.records import Change
from ..workspace.paths import Workspace
from . import console
from .common import Call, command
from .json_records import Record, change_record


@command(answers=True)
@click.option("--measure", metavar="ID", help="この施策だけ")
def history(call: Call, measure: str | None) -> None:
    """マスターのどの値が、いつ、どの返送のどのセルから来たかを示します。"""
    master = call.master()
    if measure and master.measure(measure) is None:
        raise UsageError(
            f"施策 {measure} はありません。",
            f"マスターにある施策IDは、{'、'.join(m.id for m in master.measures)} です。",
        )
    changes = [c for c in master.changes if not measure or c.measure == measure]
    if call.as_json:
        console.emit_json({"changes": [_answer(call.workspace, c) for c in changes]})
        return
    for c in changes:
        console.out(f"{c.when} {c.measure} {c.label}")
        console.out(f"  「{shown(c.old, 50)}」→「{shown(c.new, 50)}」")
        for line in _source(c, _original(call.workspace, c)):
            console.out(f"  {line}")
    console.out(f"変更 {len(changes)} 件" if changes else "変更はまだありません。")


def _source(c: Change, original: str) -> Iterator[str]:
    """Yield where the text came from, and where that file is kept."""
    where = f"{c.return_id} {c.file}" + (f" シート「{c.sheet}」 {c.cell}" if c.sheet else "") if c.return_id else ""
    yield "　".join(part for part in (where, c.note) if part)
    if c.return_id:
        yield f"控え {original}" if original else "控えがありません。master/returns をバックアップから戻してください。"


def _original(workspace: Workspace, c: Change) -> str:
    """Return the path of the kept original that a change came from; ``""`` if there is none."""
    path = original_path(workspace, c.return_id, c.file) if c.return_id and c.file else None
    return str(path) if path and path.is_file() else ""


def _answer(workspace: Workspace, c: Change) -> Record:
    return {"when": c.when} | change_record(c) | {
        "return": c.return_id, "issue": c.issue_id, "file": c.file, "sheet": c.sheet, "cell": c.cell, "note": c.note,
        "original": _original(workspace, c),
    }  # fmt: skip

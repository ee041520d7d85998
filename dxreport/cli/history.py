"""``dxreport history``: every change of the master, traced to file and cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..domain.days import printed_moment
from ..domain.errors import UsageError
from ..domain.problems import shown
from ..domain.spelling import known_names, measure_id
from . import console
from .common import Call, Json, change_record, command

if TYPE_CHECKING:
    from ..master.records import Change


@command(answers=True)
@click.option("--measure", metavar="ID", help="この施策だけ")
def history(call: Call, measure: str | None) -> None:
    """マスターのどの値が、いつ、どの返送のどのセルから来たかを示します。"""
    from ..collect.originals import original_path

    workspace, master = call.workspace, call.master()
    measure = master.by_id.spelt(measure) if measure else ""
    if measure and master.measure(measure) is None:
        known = (m.id for m in master.measures)
        raise UsageError(f"施策 {measure} はありません。", known_names(measure_id(measure), "施策ID", known))

    def original(c: Change) -> str:
        """Return the path of the kept original of a change; ``""`` if there is none."""
        path = original_path(workspace, c.return_id, c.file) if c.return_id and c.file else None
        return str(path) if path and path.is_file() else ""

    changes = [c for c in master.changes if not measure or c.measure == measure]
    if call.as_json:
        console.emit_json({"changes": [_record(c, original(c)) for c in changes]})
        return
    for c in changes:
        cell = f" シート「{c.sheet}」 {c.cell}" if c.sheet else ""
        where = f"{c.return_id} {c.file}{cell}" if c.return_id else ""
        console.out(
            f"{printed_moment(c.when)} {c.measure} {c.label}",
            f"  「{shown(c.old, 50)}」→「{shown(c.new, 50)}」",
            f"  {'　'.join(filter(None, (where, c.note)))}",
        )
        if c.return_id:
            lost = "がありません。master/returns をバックアップから戻してください。"
            console.out(f"  控え{f' {path}' if (path := original(c)) else lost}")
    console.out(f"変更 {len(changes)} 件" if changes else "変更はまだありません。")


def _record(c: Change, original: str) -> Json:
    return {
        "when": c.when, **change_record(c), "return": c.return_id, "issue": c.issue_id,
        "file": c.file, "sheet": c.sheet, "cell": c.cell, "note": c.note, "original": original,
    }  # fmt: skip

"""``dxreport check``: audit the master and the templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.problems import Problem
from ..domain.visible import one_line
from . import console
from .common import Call, Json, command, problem_record

if TYPE_CHECKING:
    from ..lifecycle.check import Audit


@command(answers=True, rounds=True)
@click.option("--strict", is_flag=True, help="指摘があれば、終了コードを 1 にする")
def check(call: Call, strict: bool) -> int:
    """マスターと様式を点検し、直すところをシートとセルの番地で示します。

    回を指定しなければ、いまの回（過半の施策に発行した最後の回）で点検します。
    まだ発行していなければ、進捗が記入されている最後の四半期、作業予定がどこにもなければ計画の回です。
    何も書き換えません。マスターを Excel で開いたままでも実行できます。

    終了コード: 0 完了　1 --strict で指摘があった　3 マスターを読めない
    """
    from ..lifecycle.check import audit

    workspace, master = call.workspace, call.master()
    found = audit(master, workspace.templates, call.round(master, current=True), workspace)
    count = {
        "measures": len(found.measures),
        "problems": sum(len(m.problems) for m in found.measures),
        "templates": len(found.templates),
        "faults": sum(len(t.faults) for t in found.templates),
        "notes": sum(len(t.notes) for t in found.templates),
    }
    if call.as_json:
        console.emit_json(_record(found, workspace.root) | {"summary": count})
    else:
        console.out(_text(found, count))
    some = found.settings or found.ledgers or count["problems"] + count["faults"] + count["notes"]
    return 1 if strict and some else 0


def _text(audit: Audit, count: Mapping[str, int]) -> str:
    measures = [(f"{m.id} {one_line(m.name)}（{m.department}）", m.problems) for m in audit.measures]
    others = (("設定", audit.settings), ("受付簿・競合", audit.ledgers))
    blocks = [[head, *map(_problem, found)] for head, found in (*measures, *others) if found]
    for t in audit.templates:
        if lines := [f"  誤り {fault}" for fault in t.faults] + [f"  注意 {note}" for note in t.notes]:
            blocks.append([f"様式 {t.path.name}", *lines])
    faulty = sum(bool(m.problems) for m in audit.measures)
    also = "".join(f"{head}に指摘 {len(found)} 件、" for head, found in others if found)
    total = (
        f"{audit.round.name}の回で点検: {count['measures']} 施策のうち {faulty} 施策に指摘 {count['problems']} 件、{also}"
        f"様式 {count['templates']} 件に誤り {count['faults']} 件・注意 {count['notes']} 件"
    )
    return "\n\n".join("\n".join(block) for block in (*blocks, [total]))


def _problem(problem: Problem) -> str:
    place = f"「{problem.sheet}」シート {problem.cell} " if problem.cell else ""
    fix = f"\n       → {problem.fix}" if problem.fix else ""
    return f"  {problem.code} {place}{problem.label}\n       {problem.message}{fix}"


def _record(audit: Audit, root: Path) -> Json:
    return {
        "round": audit.round.name,
        "measures": [
            {"id": m.id, "name": m.name, "department": m.department, "problems": list(map(problem_record, m.problems))}
            for m in audit.measures
        ],
        "templates": [
            {"path": t.path.relative_to(root).as_posix(), "faults": list(t.faults), "notes": list(t.notes)}
            for t in audit.templates
        ],
        "settings": list(map(problem_record, audit.settings)),
        "ledgers": list(map(problem_record, audit.ledgers)),
    }

"""``dxreport check``: audit the master and the templates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.problems import Problem
from . import console
from .common import Call, command
from .json_records import Record, problem_record

if TYPE_CHECKING:
    from ..lifecycle.check import Audit, CheckedMeasure, CheckedTemplate


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
    from ..master.rounds import current_round

    workspace = call.workspace
    master = call.master()
    round_ = call.round(master.settings, default=current_round(master))
    found = audit(master, workspace.templates, round_)
    if call.as_json:
        console.emit_json(_record(found, workspace.root))
    else:
        console.out(_text(found))
    return 1 if strict and found.findings else 0


def _text(audit: Audit) -> str:
    blocks = [_measure(m) for m in audit.measures if m.problems]
    blocks += [_block("設定", audit.settings)] if audit.settings else []
    blocks += [_template(t) for t in audit.templates if t.faults or t.notes]
    return "\n\n".join([*blocks, _count(audit)])


def _count(audit: Audit) -> str:
    faulty = sum(bool(m.problems) for m in audit.measures)
    settings = f"設定に指摘 {len(audit.settings)} 件、" if audit.settings else ""
    return (
        f"{audit.round.name}の回で点検: {len(audit.measures)} 施策のうち {faulty} 施策に指摘 {audit.problems} 件、{settings}"
        f"様式 {len(audit.templates)} 件に誤り {audit.faults} 件・注意 {audit.notes} 件"
    )


def _measure(measure: CheckedMeasure) -> str:
    head = f"{measure.id} {' '.join(measure.name.split())}（{measure.department}）"
    return _block(head, measure.problems)


def _block(head: str, found: Sequence[Problem]) -> str:
    return "\n".join([head, *(line for p in found for line in _problem(p))])


def _problem(problem: Problem) -> list[str]:
    place = f"「{problem.sheet}」シート {problem.cell} " if problem.cell else ""
    return [
        f"  {problem.code} {place}{problem.label}",
        f"       {problem.message}",
        *([f"       → {problem.fix}"] if problem.fix else []),
    ]


def _template(template: CheckedTemplate) -> str:
    lines = [f"  誤り {fault}" for fault in template.faults] + [f"  注意 {note}" for note in template.notes]
    return "\n".join([f"様式 {template.path.name}", *lines])


def _record(audit: Audit, root: Path) -> Record:
    return {
        "round": audit.round.name,
        "measures": [
            {
                "id": m.id,
                "name": m.name,
                "department": m.department,
                "problems": [problem_record(p) for p in m.problems],
            }
            for m in audit.measures
        ],
        "templates": [
            {"path": t.path.relative_to(root).as_posix(), "faults": list(t.faults), "notes": list(t.notes)}
            for t in audit.templates
        ],
        "settings": [problem_record(p) for p in audit.settings],
        "summary": {
            "measures": len(audit.measures),
            "problems": audit.problems,
            "templates": len(audit.templates),
            "faults": audit.faults,
            "notes": audit.notes,
        },
    }

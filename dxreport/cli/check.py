"""``dxreport check``: audit the master and the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.problems import Problem, listed
from ..domain.values import fold
from ..domain.visible import one_line
from . import console
from .common import Call, Json, command, problem_record

if TYPE_CHECKING:
    from ..lifecycle.check import Audit

_FEW = 100  # problems of measures that are told one by one; more are told by code
_PLACES = 10  # places of a code that are named then


@command(answers=True, rounds=True)
@click.option("--code", "codes", multiple=True, metavar="CODE", help="この番号の指摘だけ（何度でも指定できます）")
@click.option("--strict", is_flag=True, help="指摘があれば、終了コードを 1 にする")
def check(call: Call, codes: tuple[str, ...], strict: bool) -> int:
    """マスターと様式を点検し、直すところをシートとセルの番地で示します。

    回を指定しなければ、いまの回（過半の施策に発行した最後の回）で点検します。
    まだ発行していなければ、進捗が記入されている最後の四半期、作業予定がどこにもなければ計画の回です。
    施策の指摘が 100 件を超えるときは、番号ごとにまとめて示します（--code で、その番号のものをすべて）。
    何も書き換えません。マスターを Excel で開いたままでも実行できます。

    終了コード: 0 完了　1 --strict で指摘があった　3 マスターを読めない
    """
    from ..lifecycle.check import audit

    workspace, master = call.workspace, call.master()
    found = audit(master, workspace.templates, call.round(master, current=True), workspace)
    found = _only(found, {fold(code).upper() for code in codes}) if codes else found
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
        console.out(_text(found, count, whole=bool(codes)))
    some = found.settings or found.ledgers or count["problems"] + count["faults"] + count["notes"]
    return 1 if strict and some else 0


def _only(audit: Audit, codes: set[str]) -> Audit:
    """Return only the problems with these codes; templates have none."""

    def chosen(found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        return tuple(p for p in found if p.code in codes)

    measures = tuple(replace(m, problems=chosen(m.problems)) for m in audit.measures)
    return replace(
        audit, measures=measures, templates=(), settings=chosen(audit.settings), ledgers=chosen(audit.ledgers)
    )


def _text(audit: Audit, count: Mapping[str, int], *, whole: bool) -> str:
    """Return what the screen shows; more than a few problems of measures by their codes, unless ``whole``."""
    blocks = list(_by_measure(audit) if whole or count["problems"] <= _FEW else _by_code(audit))
    others = (("設定", audit.settings), ("受付簿・競合", audit.ledgers))
    blocks += [[head, *map(_problem, found)] for head, found in others if found]
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


def _by_measure(audit: Audit) -> Iterator[list[str]]:
    for m in audit.measures:
        if m.problems:
            yield [f"{m.id} {one_line(m.name)}（{m.department}）", *map(_problem, m.problems)]


def _by_code(audit: Audit) -> Iterator[list[str]]:
    """Yield a block for each code, the most frequent last: the first problem, and where the others are."""
    found = [(m.id, p) for m in audit.measures for p in m.problems]
    for code, number in reversed(Counter(p.code for _, p in found).most_common()):
        theirs = [(id_, p) for id_, p in found if p.code == code]
        id_, first = theirs[0]
        block = [f"{code}　{number:,} 件", f"  {id_}", _problem(first)]
        if rest := [f"{other} {p.cell}".strip() for other, p in theirs[1:]]:
            block.append(f"       ほかに {listed(rest, _PLACES, f' ほか {{}} 件（すべて見るには --code {code}）')}")
        yield block


def _problem(problem: Problem) -> str:
    cells = listed(problem.cell.split("、"), _PLACES)
    place = f"「{problem.sheet}」シート {cells} " if cells else ""
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

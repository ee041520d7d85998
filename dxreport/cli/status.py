"""``dxreport status``: what to do today, which departments have answered, which are late, what is held."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.errors import UsageError
from ..domain.spelling import known_names
from ..domain.visible import one_line
from . import console
from .common import Call, Json, command, note_records, problem_record

if TYPE_CHECKING:
    from ..master.records import Master
    from ..status.agenda import Agenda, Task
    from ..status.round_status import RoundStatus

_FORMATS = ("text", "xlsx", "html")
_BAR = 40  # characters
_MANY, _FIRST = 200, 10  # with more sheets, the screen shows this many entries of each list
_ALL = "すべては dxreport status --format xlsx で、部署を選ぶには --department で見られます"


@command(answers=True, rounds=True)
@click.option(
    "--format", "kind", type=click.Choice(_FORMATS), metavar="|".join(_FORMATS), help="表の形（指定しなければ text）"
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="xlsx か html を書き出すファイル"
)
@click.option(
    "--department",
    "departments",
    multiple=True,
    metavar="NAME",
    help="画面に、この部署だけを示す（何度でも指定できます）",
)
def status(call: Call, *, kind: str | None, out: Path | None, departments: tuple[str, ...]) -> None:
    """今日することを、電話とメールに分けて示します。続けて、回の提出状況を部署（建制順）と施策の表で示します。

    200 施策を超える回では、画面にはそれぞれ初めの 10 件を示します。

    状態: 未発行　発行　未提出（期限後）　差し戻し　確認中（競合あり）　反映済　報告事項なし
    """
    from ..status.agenda import agenda
    from ..status.round_status import status as work_out

    workspace, master = call.workspace, call.master()
    found = work_out(master, call.round(master, current=True), call.now.date())
    today = agenda(workspace, master, found, call.now.date())
    kind = kind or (out.suffix.lower().lstrip(".") if out else "text")
    if kind not in _FORMATS or (out and kind == "text"):
        what = "--out には、.xlsx か .html のファイルを指定してください。"
        raise UsageError(what, "画面に出すときは、--out を付けません。")
    if departments and (call.as_json or kind != "text"):
        raise UsageError(
            "--department は、画面に示すときだけ使えます。", "Excel と HTML では、表を部署で絞り込めます。"
        )
    path = None if kind == "text" else _written(call, master, today, kind, out)
    if call.as_json:
        console.emit_json(_record(today) | ({"file": str(path)} if path else {}))
    elif path:
        console.out(f"{found.round.name}の提出状況を {path} に作りました。")
    else:
        shown = _of(today, master, departments) if departments else today
        few = bool(departments) or len(found.sheets) <= _MANY
        register = _register(shown.found) if few else ["", f"■ 提出の記録　{len(found.sheets):,}施策（{_ALL}）"]
        console.out(*summary(master, today), *today.notices, *_work(shown, None if few else _FIRST), *register)


def _written(call: Call, master: Master, today: Agenda, kind: str, out: Path | None) -> Path:
    from ..workspace.files import file_name
    from ..workspace.transaction import write_files

    if kind == "xlsx":
        from ..status.workbook import workbook as draw
    else:
        from ..status.page import page as draw
    name = f"{master.settings.fiscal_year.label}_{today.found.round.name}_提出状況"
    path = out or call.workspace.reports / f"{file_name(name)}.{kind}"
    write_files(call.workspace, {path: draw(today, path.parent)})
    return path


def summary(master: Master, today: Agenda) -> list[str]:
    """Return the round and its deadline, its state in sentences, and the bar."""
    found = today.found
    head = f"{master.settings.fiscal_year.label} {found.round.name}　{today.deadline}"
    counts = "　".join(f"{state.value} {count}" for state, count in found.sums.items())
    bar = [f"{_bar(found)} {found.answered}／{len(found.sheets)}　{counts}"] if found.sheets else []
    return [head, *today.headline, *bar]


def _bar(found: RoundStatus) -> str:
    """Return the answered part of a round as a bar, in which a held or reviewed sheet is half done."""
    total, started = len(found.sheets), sum(s.state.name in ("HELD", "REVIEW") for s in found.sheets)
    done = _BAR * found.answered // total
    half = max(_BAR * (found.answered + started) // total - done, 1 if started else 0)
    return "[" + ("#" * done + "/" * half).ljust(_BAR, ".")[:_BAR] + "]"


def _of(today: Agenda, master: Master, names: tuple[str, ...]) -> Agenda:
    """Return what concerns some departments. Raise UsageError for an unknown name."""
    known = [d.name for d in master.departments]
    found = {d.name if (d := master.department(name)) else name for name in names}
    for name in found.difference(known):
        raise UsageError(f"部署「{name}」は「部署」シートにありません。", known_names(name, "部署", known))
    theirs = tuple(s for s in today.found.sheets if s.department in found)
    return replace(
        today, found=replace(today.found, sheets=theirs), unread=(),
        tasks=tuple(t for t in today.tasks if t.department in found),
        conflicts=tuple((m, c) for m, c in today.conflicts if m and m.lead_department in found),
    )  # fmt: skip


def _work(today: Agenda, most: int | None = None) -> list[str]:
    """Return the work of the day: by telephone, by mail, at the desk; at most so many entries of each."""
    from ..status.agenda import Way
    from ..status.words import HEADINGS, unread_text

    lines: list[str] = []
    for way in Way:
        if tasks := today.by(way):
            lines += ["", f"■ {HEADINGS[way][0]}　{len(tasks)}部署（{HEADINGS[way][1]}）"]
            lines += [line for task in tasks[:most] for line in _task(task)] + _others(len(tasks), most, "部署")
    if today.conflicts:
        lines += [
            "",
            f"■ 競合を決める　{len(today.conflicts)}件（dxreport resolve 競合番号 --take returned か current）",
        ]
        lines += [line for text in today.decisions[:most] for line in _listed(text)]
        lines += _others(len(today.conflicts), most, "件")
    if today.unread:
        how = "済んだら dxreport dismiss 受付番号 --reason 理由"
        lines += ["", f"■ 受付不可のファイルを確かめる　{len(today.unread)}件（{how}）"]
        for receipt in today.unread[:most]:
            lines += _listed(unread_text(receipt))
        lines += _others(len(today.unread), most, "件")
    return lines


def _others(count: int, most: int | None, unit: str) -> list[str]:
    return [f"  ほか {count - most:,} {unit}（{_ALL}）"] if most is not None and count > most else []


def _listed(text: str) -> list[str]:
    first, *rest = text.split("\n")
    return [f"  □ {first}", *(f"     {line}" for line in rest)]


def _task(task: Task) -> list[str]:
    contact = [task.people, f"電話 {task.phone}" if task.phone else "", task.to]
    lines = [f"  □ {'　'.join(filter(None, (task.department, *contact)))}"]
    lines += [f"     ※ {p.message}" for p in task.faults]
    for s in task.sheets:
        late = f"　{s.days_late}日過ぎ" if s.days_late else ""
        lines.append(f"     {s.state.value} {s.measure} {one_line(s.name)}{late}")
        if s.reason:
            lines.append(f"       {s.reason}")
    lines.append(f"     最後の督促: {task.told.replace(chr(10), ' ')}　→ {task.todo}")
    lines += [f"     {label}: {path}" for label, path in task.files]
    return lines


def _register(found: RoundStatus) -> list[str]:
    rows = [
        (s.department, s.measure, s.name, s.state.value, f"{s.days_late}日" if s.days_late else "",
         s.receipt.id if s.receipt else "", " ".join(c.id for c in s.conflicts))
        for s in found.sheets
    ]  # fmt: skip
    if not rows:
        return []
    heads = ("部署", "施策ID", "施策名", "状態", "遅れ", "受付", "競合")
    lines = ["", f"■ 提出の記録　{len(rows)}施策", *console.table(rows, heads, right={4}).split("\n")]
    notes = ((s.measure, cell, text) for s in found.sheets for cell, text in s.notes.items())
    return lines + [f"コメント {measure} {cell}: {text}" for measure, cell, text in notes]


def _record(today: Agenda) -> Json:
    found = today.found
    return {
        "round": found.round.name,
        "deadline": found.round.deadline,
        "sums": {state.value: count for state, count in found.sums.items()},
        "sheets": [
            {
                "department": s.department, "id": s.measure, "name": s.name, "state": s.state.value,
                "issue": s.issue.id if s.issue else "", "return": s.receipt.id if s.receipt else "",
                "days_late": s.days_late, "conflicts": [c.id for c in s.conflicts], "notes": note_records(s.notes),
                "deadline": s.deadline,
            }
            for s in found.sheets
        ],
        "refused": [
            {"return": r.id, "file": r.file, "reason": r.note, "department": r.department, "notes": note_records(r.notes)}
            for r in found.refused
        ],
        "problems": list(map(problem_record, found.problems())),
        "answered": found.answered,
        "headline": list(today.headline),
        "tasks": [_task_record(task) for task in today.tasks],
        "next": today.command,
    }  # fmt: skip


def _task_record(task: Task) -> Json:
    last = task.last
    return {
        "department": task.department, "way": task.way.name.lower(), "people": task.people, "to": task.to,
        "phone": task.phone, "problems": [p.message for p in task.faults], "measures": [s.measure for s in task.sheets],
        "days_late": task.days_late, "last_kind": last.kind if last else "", "last_when": last.when if last else "",
        "reminders": task.count, "todo": task.todo, "files": [str(path) for _, path in task.files],
    }  # fmt: skip

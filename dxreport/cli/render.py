"""``dxreport render``: issue the forms of a round."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.days import day_of, printed, wrong_weekday
from ..domain.errors import UsageError
from . import console
from .common import TOO_TALL, Call, Json, command, to_folder, worked

if TYPE_CHECKING:
    from ..issue.render import PreparedIssue
    from ..workers import Choice


@command(answers=True, rounds=True)
@click.option("--department", "departments", multiple=True, metavar="NAME", help="この部署だけ（何度でも指定できます）")
@click.option("--measure", "measures", multiple=True, metavar="ID", help="この施策だけ（何度でも指定できます）")
@click.option(
    "--deadline",
    default="",
    metavar="DATE",
    help="これらのブックだけの提出期限（令和４年７月15日、2022-07-15 など。既定: 回の締切）",
)
@to_folder
@click.option("--dry-run", is_flag=True, help="何を作るかだけを示す（何も書きません）")
@worked
def render(
    call: Call,
    *,
    departments: tuple[str, ...],
    measures: tuple[str, ...],
    deadline: str,
    out: Path | None,
    dry_run: bool,
    workers: Choice,
) -> None:
    """部署ごとに、記入してもらうブックを作ります（1施策 1シート。一覧の様式では、部署の施策を 1シートに並べます）。

    様式は、マスターの「施策」「部署」「設定」の回の表の「様式」の列で選びます（左のものほど優先）。
    一つの部署に様式がいくつかあれば、様式ごとに 1 冊です。

    提出期限は、回の締切です。あとから増えた施策など、一部だけ別の日までにするときは --deadline を付けます。
    その日が、シート、メール、status に出ます。

    作ったブックは発行台帳に記録し、控えを残します。同じ内容で作り直しても、発行番号は変わりません。
    """
    from ..issue import render as issue
    from ..issue.forms import Forms
    from ..issue.store import Archive
    from ..workspace.secret import make_secret, secret_of

    workspace, master = call.workspace, call.master(to_write=not dry_run)
    round_, forms, own = call.round(master), Forms(workspace.templates, master), _day(deadline)
    due = own or round_.deadline
    books = issue.plan(
        master, forms, round_, call.now, departments=departments, measures=measures, deadline=own,
        secret=secret_of(workspace) if dry_run else make_secret(workspace),
        kept=Archive(workspace, master.settings.catalogue).workbook,
        watch=lambda chosen: console.progress(chosen, "作成中"), workers=workers,
    )  # fmt: skip
    folder = out or issue.out_folder(workspace, master, round_)
    if not dry_run:
        issue.apply(workspace, master, books, folder, now=call.now)
    if call.as_json:
        console.emit_json({
            "round": round_.name, "folder": str(folder), "issues": [_record(folder, b) for b in books],
            "deadline": due, "passed": _passed(call, due),
        })  # fmt: skip
        return
    rows = [
        (b.issue.id, b.issue.department, len(b.issue.measures), b.issue.file, "前回と同じ" if b.again else "新規")
        for b in books
    ]
    offices = len({b.issue.department for b in books})
    size = f"{offices} 部署 {len(books)} 冊" if len(books) > offices else f"{offices} 部署"
    console.out(console.table(rows, ("発行番号", "部署", "施策", "ファイル", ""), right={2}))
    count = sum(len(b.issue.measures) for b in books)
    done = "作る予定です（何も書いていません）" if dry_run else "作りました"
    console.out(f"\n{round_.name}: {size} {count} 施策のシートを {folder} に{done}。")
    console.out(f"提出期限: {printed(due) or 'なし（シートにも、メールにも書かれません）'}")
    if _passed(call, due):
        console.say(
            f"注意: 提出期限（{printed(due)}）は、もう過ぎています。マスターの「設定」の「締切」を直すか、"
            "--deadline で提出期限を指定して、作り直してください。"
        )
    for book in books:
        for cell in book.too_tall:
            console.say(TOO_TALL.format(cell=f"{book.issue.file} の {cell}"))


def _day(text: str) -> str:
    """Read --deadline as an ISO date, "" if blank; raise UsageError for no date, or a weekday on which it does not fall."""
    day = day_of(text) if text else ""
    if day is None:
        how = "「令和４年７月15日」「R4.7.15」「2022-07-15」のように書いてください。"
        raise UsageError(f"--deadline「{text}」が日付として読めません。", how)
    if said := wrong_weekday(text):
        what = f"--deadline「{text}」は、{said}曜日ではありません。"
        raise UsageError(what, f"日か曜日のどちらかを直してください。この日なら「{printed(day)}」です。")
    return day


def _passed(call: Call, day: str) -> bool:
    return bool(day) and day < call.now.date().isoformat()


def _record(folder: Path, book: PreparedIssue) -> Json:
    issue = book.issue
    return {
        "id": issue.id, "department": issue.department, "measures": list(issue.measures), "path": str(folder / issue.file),
        "sha256": issue.sha256, "again": book.again, "too_tall": list(book.too_tall), "form": book.form.name,
    }  # fmt: skip

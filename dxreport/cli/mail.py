"""``dxreport mail``: drafts of the mails of a round."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.days import short_day
from ..workspace.files import file_name
from . import console
from .common import Call, Json, command, first_ten, problem_record, to_folder

if TYPE_CHECKING:
    from ..mail.drafts import Drafts, WrittenDrafts

_NOBODY = {
    "request": "依頼する部署はありません。",
    "return": "差し戻す部署はありません。",
    "remind": "督促する部署はありません。",
}


@command(answers=True, rounds=True)
@click.argument("kind", metavar="|".join(_NOBODY), type=click.Choice(list(_NOBODY)))
@to_folder
def mail(call: Call, kind: str, out: Path | None) -> int:
    """部署ごとのメールの下書き（.eml）を作ります。開いて確かめてから送信してください。

    request  依頼: 発行したブックを添えて、報告を頼む
    return   差し戻し: 保留のシートがある返送を、印を付けて返す
    remind   督促: まだ届いていない部署と、差し戻したままの部署だけに送る

    回は、指定しなければ、いまの回（過半の施策に発行した最後の回）です。
    return は、指定しなければ、ほかの回の保留のシートの分も作ります。
    前に作った下書きは、作り直します。手を加えたものは、そのまま残します。
    文面は templates の「メール_依頼.txt」などを、メモ帳で直せます。

    終了コード: 0 完了　1 下書きを作れない部署がある
    """
    from ..mail.drafts import MailKind, out_folder, plan, record, rounds_with_held, write

    workspace, master, chosen = call.workspace, call.master(), MailKind(kind)
    rounds = [call.round(master, current=True)]
    if chosen is MailKind.RETURN and not (call.round_name or call.quarter):
        rounds += [r for r in rounds_with_held(master, call.now.date()) if r not in rounds]
    planned = [
        plan(workspace, master, chosen, r, call.now, watch=lambda offices: console.progress(offices, "作成中"))
        for r in rounds
    ]
    answers: list[Json] = []
    for drafts in planned:
        folder = out or out_folder(workspace, master, chosen, drafts.round)
        folder = folder / file_name(drafts.round.name) if out and drafts is not planned[0] else folder
        written = write(workspace, drafts, folder)
        record(workspace, drafts, written.paths, call.now)
        answers.append(_record(drafts, folder, written))
        if not call.as_json:
            _tell(drafts, folder, written)
    if call.as_json:
        console.emit_json({**answers[0], "other_rounds": answers[1:]})
    return 1 if any(drafts.obstacles for drafts in planned) else 0


def _tell(drafts: Drafts, folder: Path, written: WrittenDrafts) -> None:
    rows = [
        (d.department, "、".join(d.to), " ".join(s.measure for s in d.sheets), "、".join(d.attachments))
        for d in drafts.drafts
    ]
    if rows:
        console.out(console.table(rows, ("部署", "宛先", "施策", "添付")))
        made = len(rows) - len(written.kept)
        counts = {"新規": len(written.new), "前回と同じ": len(written.same)}
        counts["作り直し"] = made - sum(counts.values())
        parts = "、".join(f"{word} {count}" for word, count in counts.items() if count)
        what = f"{drafts.kind.label}の下書き {made} 通（{parts}）"
        console.out(f"\n{drafts.round.name}: {what}を {folder} に作りました。")
    elif not drafts.obstacles:
        console.out(f"{drafts.round.name}: {_NOBODY[drafts.kind.value]}")
    for said, names in _rare_first((f"{o.reason}{o.fix}", o.department) for o in drafts.obstacles):
        who = f"{len(names)} 部署（{first_ten(names, '部署')}）" if len(names) > 1 else names[0]
        console.say(f"注意: {who}: {said}")
    just = ((short_day(j.day), f"{j.department}の{'、'.join(j.measures)}") for j in drafts.just_returned)
    for day, names in _rare_first(just):
        which = first_ten(names, "部署")
        console.say(f"{which}は、{day}に差し戻しの下書きを作ったばかりなので、督促に入れていません。")
    for e in drafts.elsewhere:
        console.say(
            f"{e.department}の{e.measure}は、{e.round}の報告が記入されているので、{e.round}の{drafts.kind.label}に入れます。"
        )
    for name, files in _rare_first((r.department, f"{r.file}（{r.id}）") for r in drafts.unread):
        whose = f"{name}から、シートを読み取れない" if name else "どの部署のものか分からない"
        count = f" {len(files)} 件" if len(files) > 1 else ""
        fix = f"{name or '送り主'}への督促は、確かめてからにしてください。"
        console.say(f"注意: {whose}返送が{count}あります: {first_ten(files)}。{fix}")
    console.say(*(f"注意: {moved.message}{moved.fix}" for moved in drafts.problems))
    if written.kept:
        console.say(
            f"注意: 手を加えた下書きは、添付もそのままで残しました: {_names(written.kept)}。"
            "作り直すときは、そのファイルを消してから、もう一度実行してください。"
        )
    if written.stale:
        console.say(
            f"注意: 回答の済んだ部署への、手を加えた下書きが残っています: {_names(written.stale)}。送らずに、消してください。"
        )
    if written.removed:
        names = [path.name for path in written.removed]
        console.say(f"いらなくなった前の下書きを消しました: {first_ten(names, '通')}")


def _rare_first(messages: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Group names by the message about them; the messages about the fewest come first."""
    by_message: dict[str, list[str]] = {}
    for message, name in messages:
        by_message.setdefault(message, []).append(name)
    return sorted(by_message.items(), key=lambda item: len(item[1]))


def _names(paths: Iterable[Path]) -> str:
    return "、".join(path.name for path in paths)


def _record(drafts: Drafts, folder: Path, written: WrittenDrafts) -> Json:
    return {
        "kind": drafts.kind.value,
        "round": drafts.round.name,
        "folder": str(folder),
        "drafts": [
            {
                "department": d.department, "to": list(d.to), "cc": list(d.cc), "subject": d.subject, "path": str(path),
                "attachments": list(d.attachments),
                "measures": [
                    {"id": s.measure, "state": s.state.value, "issued": s.issue.when if s.issue else "", "days_late": s.days_late}
                    for s in d.sheets
                ],
            }
            for d, path in zip(drafts.drafts, written.paths, strict=True)
        ],
        "obstacles": [{"department": o.department, "reason": o.reason, "fix": o.fix} for o in drafts.obstacles],
        "unread": [{"return": r.id, "file": r.file} for r in drafts.unread],
        "just_returned": [
            {"department": j.department, "measures": list(j.measures), "day": j.day.isoformat()} for j in drafts.just_returned
        ],
        "elsewhere": [{"department": e.department, "measure": e.measure, "round": e.round} for e in drafts.elsewhere],
        "removed": list(map(str, written.removed)), "kept": list(map(str, written.kept)), "stale": list(map(str, written.stale)),
        "new": list(map(str, written.new)), "same": list(map(str, written.same)),
        "problems": list(map(problem_record, drafts.problems)),
    }  # fmt: skip

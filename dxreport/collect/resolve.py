"""What the coordinator decides: a conflict, or a sheet that was held or withdrawn and is to go in after all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.errors import MasterError, UsageError
from ..domain.fields import label
from ..domain.model import Ref, list_of, next_keys, normalise
from ..domain.problems import Problem
from ..issue.store import Archive
from ..master.memo import ACCEPTED, memo
from ..master.read import read_master
from ..master.records import Change, Conflict, ConflictState, Master, Receipt, ReceiptState, stamp
from ..master.write import MasterEdit, save
from ..workspace.paths import Workspace
from .applied import apply
from .books import ADDITION, addition
from .earlier import newer
from .halves import Halves
from .judge import Judge
from .judged import JudgedSheet, released
from .kept import Kept
from .originals import original
from .plan import Plan, PlannedSheet, Status
from .planned import Planner


@dataclass(frozen=True, slots=True)
class Accepted:
    """A sheet that was taken in as it is: what changed, what is in conflict now (an item that the department
    added among it), and the faults of cells that could not be taken."""

    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    not_taken: tuple[Problem, ...]


SIDES = {"issued": "発行時の値", "returned": "返送の値", "current": "マスターの値"}


def decide(workspace: Workspace, conflict_id: str, take: str, reason: str, now: datetime) -> Change | None:
    """Decide an open conflict: ``take`` is ``issued``, ``returned``, ``current`` or the text to write.

    Gives the change to the master, None when its text stays. Raises UsageError for a conflict that is
    not open, and as ``save`` does.
    """
    master = read_master(workspace.master)
    conflict = _open(master, conflict_id)
    if conflict.label.startswith(ADDITION):
        return _decide_addition(workspace, master, conflict, take, reason, now)
    measure = master.measure(conflict.measure)
    now_there = measure.values().get(conflict.ref, "") if measure else ""
    sides = {"issued": conflict.issued, "returned": conflict.returned, "current": now_there}
    text = sides.get(take, normalise(take))
    why = f"競合 {conflict.id}: {SIDES.get(take, '指定した値')}を採用" + (f"（{reason}）" if reason else "")
    edit = MasterEdit(master)
    change = None
    if text != now_there and measure is None:
        raise UsageError(
            f"施策 {conflict.measure} は、いまのマスターにありません。",
            f"dxreport resolve {conflict.id} --take current で閉じてください。",
        )
    if text != now_there:
        receipt = next(
            (r for r in master.receipts if r.id == conflict.return_id and r.measure == conflict.measure), None
        )
        change = Change(
            stamp(now), conflict.measure, conflict.ref, conflict.label, now_there, text, conflict.return_id,
            receipt.issue_id if receipt and take == "returned" else "", receipt.file if receipt else "",
            *(_source(workspace, master, receipt, conflict.ref) if receipt and take == "returned" else ()), note=why,
        )  # fmt: skip
        edit.set(conflict.measure, conflict.ref, text)
        edit.add(change)
    edit.update(
        replace(conflict, state=ConflictState.RESOLVED, current=now_there, decision=text, reason=why, when=stamp(now))
    )
    save(workspace, edit.data(), master.sha256, now)
    return change


def _source(workspace: Workspace, master: Master, receipt: Receipt, ref: Ref) -> tuple[str, str]:
    """Sheet and cell that a text was read from; blank where the kept original can no longer be read."""
    try:
        file = original(workspace, receipt)
    except MasterError:
        return "", ""
    sheet = next(
        (
            s
            for s in Judge(master, Archive(workspace)).file(file).sheets
            if (s.measure, s.stamp.issue) == (receipt.measure, receipt.issue_id)
        ),
        None,
    )
    return (sheet.sheet, sheet.filled.cells.get(ref, "")) if sheet and sheet.filled else ("", "")


def _decide_addition(
    workspace: Workspace, master: Master, conflict: Conflict, take: str, reason: str, now: datetime
) -> Change | None:
    """Take an item that a department added into the master, all its texts, or leave it out."""
    if take not in SIDES:
        raise UsageError(
            f"{conflict.id} は項目の追加です。",
            "採用するなら --take returned、しないなら --take current を指定してください。",
        )
    why = f"追加 {conflict.id}: {'採用' if take == 'returned' else '不採用'}" + (f"（{reason}）" if reason else "")
    edit = MasterEdit(master)
    changes: list[Change] = []
    if take == "returned":
        receipt = next(r for r in master.receipts if (r.id, r.measure) == (conflict.return_id, conflict.measure))
        file = original(workspace, receipt)
        sheet = next(s for s in Judge(master, Archive(workspace)).file(file).sheets if s.measure == conflict.measure)
        added = sheet.filled.added if sheet.filled else ()
        item = next((i for i in added if addition(i, master.settings) == conflict.returned), None)
        if sheet.filled is None or item is None:
            raise MasterError(
                f"{conflict.return_id} の控えに、追加された項目が見つかりません。", "マスターに直接書き入れてください。"
            )
        part = list_of(conflict.ref)
        key = next_keys(part, master.keys_ever(conflict.measure, part), 1)[0]
        for ref, text in item.items():
            if text:
                here = ref._replace(item=key)
                changes.append(Change(
                    stamp(now), conflict.measure, here, label(here, master.settings), "", text, receipt.id, receipt.issue_id,
                    file.name, sheet.sheet, sheet.filled.cells.get(ref, ""), why,
                ))  # fmt: skip
        edit.set_all((c.measure, c.ref, c.new) for c in changes)
        edit.add(*changes)
    edit.update(replace(conflict, state=ConflictState.RESOLVED, decision=take, reason=why, when=stamp(now)))
    save(workspace, edit.data(), master.sha256, now)
    return changes[0] if changes else None


def accept(
    workspace: Workspace, return_id: str, measure: str, reason: str, now: datetime, *, password: str | None = None
) -> Accepted:
    """Take a held or withdrawn sheet in as it is, errors and all; the reason goes into 変更履歴. The sheets that
    waited for it go in before it.

    ``password`` opens its kept original. Raises UsageError for a sheet that is neither, or in whose place a
    newer return went in; MasterError when its original is gone.
    """
    master = read_master(workspace.master)
    receipt = _waiting(master, return_id, measure)
    file = original(workspace, receipt)
    planner = Planner(master, now)
    judge = Judge(master, Archive(workspace), {"": password} if password else None, planner.standing)
    read = judge.file(file)
    if not read.sheets:
        raise UsageError(
            f"{return_id} の控えを開けません。{read.problems[0].message}",
            "パスワード付きなら --password を付けてください。",
        )
    judged = next((s for s in read.sheets if (s.measure, s.stamp.issue) == (measure, receipt.issue_id)), None)
    if judged is None or judged.refused:
        raise UsageError(
            f"{return_id}/{measure} は、どの施策のシートか確かめられないため取り込めません。",
            "部署に送り直してもらってください。",
        )
    for half in Halves(judge, planner, Kept(workspace, judge)).waiting(read, judged):
        planner.complete(half, {receipt.id: file.name})
    taken = released(judged) if judged.held else judged
    sheet = planner.merged(file, taken, receipt.id, _base(taken, receipt), ACCEPTED + reason)
    planner.offer_added(judged, receipt.id)
    planner.supersede(receipt.id, receipt.measure, receipt.issue_id)
    plan = planner.plan()
    done = replace(
        receipt, state=ReceiptState.MERGED, changes=len(sheet.merge.changes), note=memo(ACCEPTED + reason, judged.notes)
    )
    apply(workspace, master, Plan((), plan.changes, (), (*plan.updated, done), plan.conflicts), now)
    return Accepted(
        plan.changes, plan.conflicts, tuple(p for p in judged.errors if _of_a_cell(p) and not _told(p, taken))
    )


def _base(judged: JudgedSheet, receipt: Receipt) -> PlannedSheet:
    return PlannedSheet(judged.sheet, judged.measure, Status.MERGED, judged.problems, issue=receipt.issue_id)


def _of_a_cell(p: Problem) -> bool:
    """Whether a problem is about what stands in a cell (E3), not about what was answered."""
    return p.code.startswith("E3")


def _told(p: Problem, taken: JudgedSheet) -> bool:
    """Whether what stands in one of its cells is among what the merge may take."""
    return any(Ref.parse(field) in taken.answers for field in p.fields)


def _open(master: Master, id_: str) -> Conflict:
    found = next((c for c in master.conflicts if c.id == id_), None)
    if found is None or found.state is not ConflictState.OPEN:
        still = "、".join(c.id for c in master.conflicts if c.state is ConflictState.OPEN) or "ありません"
        raise UsageError(
            f"競合 {id_} は{'ありません' if found is None else '解決済みです'}。", f"未解決の競合: {still}"
        )
    return found


def _waiting(master: Master, return_id: str, measure: str) -> Receipt:
    """The receipt of a sheet that may be accepted."""
    states = (ReceiptState.HELD, ReceiptState.WITHDRAWN)
    sheets = (r for r in master.receipts if (r.id, r.measure) == (return_id, measure))
    found = next((r for r in sheets if r.state in states), None)
    if found is None:
        held = "、".join(
            f"{r.id}/{r.measure}" for r in master.receipts if r.state is ReceiptState.HELD and not _later(master, r)
        )
        raise UsageError(
            f"{return_id}/{measure} は、保留にも取下げにもなっていません。", f"保留中のシート: {held or 'ありません'}"
        )
    if later := _later(master, found):
        raise UsageError(
            f"{return_id}/{measure} は、後から届いた {later} に置き換えられています。",
            f"{return_id} のほうを採るときは、先に dxreport withdraw {later} で {later} を取り下げてください。",
        )
    return found


def _later(master: Master, receipt: Receipt) -> str:
    return newer(master.receipts, receipt.id, receipt.measure, receipt.issue_id)

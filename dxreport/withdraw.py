"""Take a return out again, cell by cell, where nothing later built on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from .collect.earlier import TAKEN
from .collect.memo import went_in_with
from .errors import UsageError
from .master.read import read_master
from .master.records import Change, Conflict, ConflictState, Master, Receipt, ReceiptState, stamp
from .master.write import MasterEdit, save
from .model import Ref
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What taking a return out does: texts put back, cells that somebody built on, sheets taken out.

    ``receipts`` are the return's own, and those of the sheets that others sent and that went in with its own.
    """

    return_id: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Conflict, ...]
    receipts: tuple[Receipt, ...]


def withdraw(workspace: Workspace, return_id: str, reason: str, now: datetime, *, dry_run: bool = False) -> Withdrawal:
    """Withdraw a return. A text that is still as the return made it goes back to what stood before;
    one that was changed since becomes a conflict (発行時: before the return; 返送: what the return said).
    Sheets that went in only because of this return's (halves of one sheet) are taken out with it.

    Raises UsageError for a return that is not in 受付簿 or is withdrawn already, and as ``save`` does.
    """
    master = read_master(workspace.master)
    plan = _plan(master, return_id, reason, stamp(now))
    if not dry_run:
        edit = MasterEdit(master)
        edit.set_all((c.measure, c.ref, c.new) for c in plan.changes)
        edit.add(*plan.changes, *plan.conflicts)
        edit.update(*plan.dropped, *plan.receipts)
        save(workspace, edit.data(), master.sha256, now)
    return plan


def _plan(master: Master, return_id: str, reason: str, when: str) -> Withdrawal:
    receipts = [r for r in master.receipts if r.id == return_id]
    if not receipts:
        raise UsageError(f"受付番号 {return_id} は受付簿にありません。", "dxreport status または受付簿で番号を確かめてください。")
    if all(r.state is ReceiptState.WITHDRAWN for r in receipts):
        raise UsageError(f"{return_id} はすでに取り下げられています。")
    receipts += _together(master, receipts)
    note = "取下げ" + (f": {reason}" if reason else "")
    changes, conflicts = [], []
    number = max([int(c.id[1:]) for c in master.conflicts if c.id[1:].isdigit()], default=0)
    for first, last in _touched(master, receipts):
        current = _current(master, first.measure, first.ref)
        if current == first.old:
            continue
        if current == last.new and _latest(master, first.measure, first.ref) is last:
            changes.append(replace(last, when=when, old=current, new=first.old, note=note, issue_id=_origin(master, first)))
            continue
        number += 1
        conflicts.append(
            Conflict(f"C{number:04}", last.return_id, first.measure, first.ref, first.label, first.old, last.new, current,
                     reason=f"{return_id} の取下げ", when=when)
        )  # fmt: skip
    dropped = tuple(
        replace(c, state=ConflictState.WITHDRAWN, reason=note, when=when)
        for c in master.conflicts
        if c.state is ConflictState.OPEN and any((r.id, r.measure) == (c.return_id, c.measure) for r in receipts)
    )
    gone = tuple(
        replace(r, state=ReceiptState.WITHDRAWN, note=note if r.id == return_id else f"{note}（{return_id} とともに）")
        for r in receipts
    )
    return Withdrawal(return_id, tuple(changes), tuple(conflicts), dropped, gone)


def _together(master: Master, receipts: Iterable[Receipt]) -> list[Receipt]:
    """The sheets of other returns that went in with these as one."""
    joined = {(id_, r.measure, r.issue_id) for r in receipts if r.state in TAKEN for id_ in went_in_with(r.note)}
    return [r for r in master.receipts if (r.id, r.measure, r.issue_id) in joined and r.state in TAKEN]


def _touched(master: Master, receipts: Iterable[Receipt]) -> Iterator[tuple[Change, Change]]:
    """The first and last change that these made to each text."""
    made = {(r.id, r.measure) for r in receipts}
    found: dict[tuple[str, Ref], list[Change]] = {}
    for c in master.changes:
        if (c.return_id, c.measure) in made:
            found.setdefault((c.measure, c.ref), []).append(c)
    for group in found.values():
        yield group[0], group[-1]


def _origin(master: Master, first: Change) -> str:
    """The issue whose answer stands again when ``first`` is taken back; "" for a text that no return brought."""
    earlier = master.changes[: next(i for i, c in enumerate(master.changes) if c is first)]
    before = next((c for c in reversed(earlier) if (c.measure, c.ref) == (first.measure, first.ref)), None)
    return before.issue_id if before is not None and before.new == first.old else ""


def _latest(master: Master, measure: str, ref: Ref) -> Change | None:
    return next((c for c in reversed(master.changes) if (c.measure, c.ref) == (measure, ref)), None)


def _current(master: Master, measure: str, ref: Ref) -> str:
    found = master.measure(measure)
    return found.values().get(ref, "") if found else ""

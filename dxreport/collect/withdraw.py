"""Take a return out again, cell by cell, where nothing later built on it.

The sheets of other returns that went in with it are looked at again. What they say too stays in the master;
those that are not sound without it (halves of one sheet, copies left blank where it had answered) are held again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.errors import UsageError
from ..domain.model import Ref
from ..issue.store import Archive
from ..master.memo import accepted, memo, unreplaced
from ..master.read import read_master
from ..master.records import Change, Conflict, ConflictState, Master, Receipt, ReceiptState, next_id, number_of, stamp
from ..master.write import MasterEdit, save
from ..workspace.paths import Workspace
from .earlier import SETTLED
from .judge import Judge
from .judged import JudgedSheet, released
from .kept import Kept

_Sheet = tuple[str, str, str]  # return, 施策ID, issue


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What taking a return out does: texts put back, cells that somebody built on, sheets taken out.

    ``receipts`` are the return's own; ``held`` those of other returns that are not sound without it.
    """

    return_id: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Conflict, ...]
    receipts: tuple[Receipt, ...]
    held: tuple[Receipt, ...] = ()


def withdraw(workspace: Workspace, return_id: str, reason: str, now: datetime, *, dry_run: bool = False) -> Withdrawal:
    """Withdraw a return. A text that is still as the return made it goes back to what the others made it;
    one that was changed since becomes a conflict (発行時: before the return; 返送: what the return said).

    Raises UsageError for a return that is not in 受付簿 or is withdrawn already, and as ``save`` does.
    """
    master = read_master(workspace.master)
    receipts = [r for r in master.receipts if r.id == return_id]
    if not receipts:
        raise UsageError(
            f"受付番号 {return_id} は受付簿にありません。", "dxreport status または受付簿で番号を確かめてください。"
        )
    if all(r.state is ReceiptState.WITHDRAWN for r in receipts):
        raise UsageError(f"{return_id} はすでに取り下げられています。")
    plan = _Desk(workspace, master, return_id, reason, stamp(now)).plan(receipts)
    if not dry_run:
        edit = MasterEdit(master)
        edit.set_all((c.measure, c.ref, c.new) for c in plan.changes)
        edit.add(*plan.changes, *plan.conflicts)
        edit.update(*plan.dropped, *plan.receipts, *plan.held)
        save(workspace, edit.data(), master.sha256, now)
    return plan


class _Desk:
    """A withdrawal at work: the master's texts as it leaves them, and the originals of the other returns."""

    def __init__(self, workspace: Workspace, master: Master, return_id: str, reason: str, when: str) -> None:
        self.master, self.return_id, self.when = master, return_id, when
        self.note = "取下げ" + (f": {reason}" if reason else "")
        self.texts = {m.id: m.values() for m in master.measures}
        self.judge = Judge(master, Archive(workspace), standing=lambda measure, issue: self.texts[measure])
        self.kept = Kept(workspace, self.judge)
        self.gone = {_sheet(r) for r in master.receipts if r.state not in SETTLED}  # taken out before, or never in
        self.traces: dict[tuple[str, Ref], list[Change]] = {}
        for change in master.changes:
            if change.measure in self.texts:
                self.traces.setdefault((change.measure, change.ref), []).append(change)

    def plan(self, receipts: list[Receipt]) -> Withdrawal:
        """The withdrawal of these sheets, and of all that do not stand without them."""
        others, own = _beside(self.master, receipts), {_sheet(r) for r in receipts}
        held: dict[_Sheet, Receipt] = {}
        while True:
            out, rest = own | set(held), [r for r in others if _sheet(r) not in held]
            changes = tuple(c for trace in self.traces.values() for c in self._changes(trace, out, rest))
            self.texts = {m.id: m.values() for m in self.master.measures}
            for change in changes:
                self.texts[change.measure][change.ref] = change.new
            fallen = {_sheet(r): again for r in rest if (again := self._held_again(r, own))}
            if not fallen:
                break
            held |= fallen
        still = {_sheet_of(c) for c in changes if c.note != self.note}
        kept = (replace(r, state=ReceiptState.MERGED) for r in rest if _sheet(r) in still)
        gone = (replace(r, state=ReceiptState.WITHDRAWN, note=self.note) for r in receipts)
        return Withdrawal(
            self.return_id, changes, tuple(self._conflicts(out)), tuple(self._dropped(out)), (*gone, *kept, *self._freed(out)),
            tuple(held.values()),
        )  # fmt: skip

    def _changes(self, trace: list[Change], out: Collection[_Sheet], rest: list[Receipt]) -> Iterator[Change]:
        """What becomes of a text that these sheets made: it goes back, and then to what another return says too."""
        last, gone = trace[-1], {*out, *self.gone}
        current = self._current(last)
        if not _is_out(last, gone) or current != last.new or not any(_is_out(c, out) for c in trace):
            return
        before, issue, since = _before(trace, gone)
        if current != before:
            yield replace(last, when=self.when, old=current, new=before, note=self.note, issue_id=issue)
        for r in (r for r in reversed(rest) if r.measure == last.measure and r.number > since):
            sheet = self._read(r)
            text = sheet.answers.get(last.ref) if sheet else None
            if sheet and sheet.filled and text is not None:
                if text != before:
                    yield Change(
                        self.when, last.measure, last.ref, last.label, before, text, r.id, r.issue_id, r.file, sheet.sheet,
                        sheet.filled.cells.get(last.ref, ""), f"{self.return_id} の取下げ後も、この返送の値",
                    )  # fmt: skip
                return

    def _conflicts(self, out: Collection[_Sheet]) -> Iterator[Conflict]:
        """A conflict for each text that these sheets made and that somebody changed since."""
        taken = [c.id for c in self.master.conflicts]
        for trace in self.traces.values():
            mine = [c for c in trace if _is_out(c, out)]
            if not mine:
                continue
            first, last, current = mine[0], mine[-1], self._current(trace[-1])
            if current in (first.old, last.new):
                continue
            taken.append(next_id("C", taken))
            yield Conflict(
                taken[-1], last.return_id, last.measure, last.ref, last.label, first.old, last.new, current,
                reason=f"{last.return_id} の取下げ", when=self.when,
            )  # fmt: skip

    def _dropped(self, out: Collection[_Sheet]) -> Iterator[Conflict]:
        """The open conflicts that go: those of a return whose sheets of the measure are all taken out, or were, and
        with them now what it was in conflict with."""
        back = {(c.measure, c.ref) for trace in self.traces.values() for c in self._changes(trace, out, [])}
        for c in self.master.conflicts:
            mine = {_sheet(r) for r in self.master.receipts if (r.id, r.measure) == (c.return_id, c.measure)}
            ends = mine <= set(out) or (mine <= self.gone and (c.measure, c.ref) in back)
            if c.state is ConflictState.OPEN and mine and ends:
                yield replace(c, state=ConflictState.WITHDRAWN, reason=self.note, when=self.when)

    def _freed(self, out: Collection[_Sheet]) -> Iterator[Receipt]:
        """The held sheets whose place these had taken."""
        for r in self.master.receipts:
            note = r.note
            for id_, *place in out:
                if place == [r.measure, r.issue_id]:
                    note = unreplaced(note, id_)
            if r.state is ReceiptState.HELD and _sheet(r) not in out and note != r.note:
                yield replace(r, note=note)

    def _held_again(self, receipt: Receipt, own: Collection[_Sheet]) -> Receipt | None:
        """The receipt of a sheet of the same issue that is not sound any more; None for one that is, that was accepted,
        or that cannot be read."""
        beside = receipt.place in {sheet[1:] for sheet in own}
        sheet = self._read(receipt) if beside and not accepted(receipt.note) else None
        now = self.judge.joint(sheet, {}) if sheet else None
        if sheet is None or now is None or not now.held:
            return None
        codes = "、".join(dict.fromkeys(p.code for p in now.problems))
        note = memo(now.errors[0].message, sheet.notes)
        return replace(receipt, state=ReceiptState.HELD, changes=0, findings=codes, note=note)

    def _read(self, receipt: Receipt) -> JudgedSheet | None:
        """A sheet as its original says it, or as it was accepted; None where that cannot be read."""
        sheet = self.kept.sheet(receipt)
        return released(sheet) if sheet and accepted(receipt.note) else sheet

    def _current(self, change: Change) -> str:
        found = self.master.measure(change.measure)
        return found.values().get(change.ref, "") if found else ""


def _sheet(receipt: Receipt) -> _Sheet:
    return receipt.id, receipt.measure, receipt.issue_id


def _sheet_of(change: Change) -> _Sheet:
    return change.return_id, change.measure, change.issue_id


def _is_out(change: Change, out: Collection[_Sheet]) -> bool:
    """Whether one of these sheets made a change; what a person decided about a return goes with all its sheets."""
    return _sheet_of(change) in out or (
        not change.issue_id and (change.return_id, change.measure) in {s[:2] for s in out}
    )


def _beside(master: Master, receipts: list[Receipt]) -> list[Receipt]:
    """The sheets of other returns that went in for the same measures, in the order they came."""
    measures = {r.measure for r in receipts}
    beside = (r for r in master.receipts if r.state in SETTLED and r not in receipts and r.measure in measures)
    return sorted(beside, key=lambda r: r.number)


def _before(trace: list[Change], out: Collection[_Sheet]) -> tuple[str, str, int]:
    """What a text was before these sheets changed it (a change by hand between two of them counts), the issue
    whose answer that was ("" for a text that no return brought), and the number of the last return before it."""
    text, issue, since, previous = trace[0].old, "", 0, None
    for change in trace:
        if previous is None or change.old != previous.new:
            text, issue, since = change.old, "", number_of(change.return_id) if previous else 0
        if not _is_out(change, out):
            text, issue, since = change.new, change.issue_id, number_of(change.return_id)
        previous = change
    return text, issue, since

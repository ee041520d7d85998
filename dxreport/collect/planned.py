"""Judged sheets → a plan: what changes, what is in conflict, what is entered where. Nothing is written.

Returns are planned one after another, each on the state that the ones before it leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..domain import problems
from ..domain.fields import label
from ..domain.merge import Merge, contested, three_way
from ..domain.model import Ref
from ..domain.problems import Problem, problem
from ..intake.gather import ReturnedFile
from ..master.memo import memo, replaced
from ..master.records import Change, Master, Receipt, ReceiptState, next_id, number_of, stamp
from ..rules import item_name
from .books import Conflicts, Receipts
from .earlier import SETTLED, came, newer, overtaken_by, same
from .judged import Half, JudgedFile, JudgedSheet
from .plan import Plan, PlannedFile, PlannedSheet, Status

_READ_LATER = "はじめは開けませんでしたが（{}）、後から読み取りました。"


_STATE = {
    Status.UNCHANGED: ReceiptState.UNCHANGED, Status.MERGED: ReceiptState.MERGED,
    Status.HELD: ReceiptState.HELD, Status.REFUSED: ReceiptState.REFUSED,
}  # fmt: skip
_STATUS = {state: status for status, state in _STATE.items()} | {ReceiptState.SILENT: Status.UNCHANGED}


class Planner:
    """Plans files one by one; keeps the texts of the master as the planned changes leave them."""

    def __init__(self, master: Master, now: datetime, *, replace: bool = False, kept: Iterable[str] = ()) -> None:
        """``replace``: a return counts whole, also where it left a cell as issued. ``kept`` are numbers of
        returns whose originals are kept, whether 受付簿 knows them or not: none is given twice.
        """
        self.kept = tuple(kept)
        self.master, self.when, self.replace = master, stamp(now), replace
        self.texts = {m.id: m.values() for m in master.measures}
        self.last: dict[tuple[str, Ref], Change] = {(c.measure, c.ref): c for c in master.changes}
        self.receipts = Receipts(master.receipts)
        self.conflicts = Conflicts(master.conflicts, self.receipts, master.settings, self.when)
        self.files: list[PlannedFile] = []
        self.changes: list[Change] = []

    def plan(self) -> Plan:
        """All that was planned so far."""
        files = tuple(replace(f, problems=(*f.problems, *self._missing(f))) for f in self.files)
        return Plan(
            files, tuple(self.changes), tuple(self.receipts.added),
            (*self.receipts.updated.values(), *self.conflicts.updated.values()), tuple(self.conflicts.added.values()),
        )  # fmt: skip

    def standing(self, measure: str, issue: str) -> Mapping[Ref, str]:
        """The master's texts that a return of this issue leaves alone where it says nothing new."""
        texts = self.texts.get(measure, {})
        return {ref: t for ref, t in texts.items() if not (self.replace and self._answered(measure, ref, issue))}

    def _missing(self, planned: PlannedFile) -> list[Problem]:
        """Sheets that were issued with those of a file, and that came neither in it nor in any other."""
        here = {s.issue for s in planned.sheets if s.round}
        came = {(r.issue_id, r.measure) for r in self.receipts}
        out = []
        for issue in (i for i in self.master.issues if i.id in here):
            if lost := [id_ for id_ in issue.measures if id_ in self.texts and (issue.id, id_) not in came]:
                out.append(problem(problems.SHEET_MISSING, {"measures": "、".join(lost)}))
        return out

    def add(self, judged: JudgedFile) -> PlannedFile:
        """Plan one file."""
        known = next((r.id for r in self.receipts if same(r, judged.file)), "")
        return_id = known or next_id("U", (*self.kept, *(r.id for r in self.receipts)))
        planned = self._file(judged, return_id)
        self.files.append(planned)
        return planned

    def tells_of(self, return_id: str) -> bool:
        """Whether a file of this return is among those planned so far."""
        return any(f.return_id == return_id for f in self.files)

    def _file(self, judged: JudgedFile, return_id: str) -> PlannedFile:
        before = {(r.measure, r.issue_id): r for r in self.receipts if same(r, judged.file)}
        sheets = tuple(self._sheet(judged, s, return_id, before.get((s.measure, s.stamp.issue))) for s in judged.sheets)
        whole, faults = before.get(("", "")), judged.problems
        if sheets and whole is not None:
            self._read_at_last(whole)
        elif not sheets and (sheets := tuple(self._known(r) for r in before.values() if r.measure)):
            faults = faults if any(s.status.rank >= Status.HELD.rank for s in sheets) else ()
        elif not sheets and (whole is None or whole.state is not ReceiptState.WITHDRAWN):
            self._receive(judged.file, return_id, whole, PlannedSheet("", "", Status.REFUSED, faults))
        return PlannedFile(judged.file, return_id, not before, faults, sheets, judged.package)

    def _read_at_last(self, whole: Receipt) -> None:
        """Say of a file that was refused whole that it has been read: its sheets have rows of their own."""
        if whole.state is ReceiptState.REFUSED and whole in self.receipts:  # not entered anew as a nameless sheet
            self.receipts.rewrite(
                whole, replace(whole, state=ReceiptState.MERGED, findings="", note=_READ_LATER.format(whole.findings))
            )

    def _known(self, receipt: Receipt) -> PlannedSheet:
        """A sheet of a file that was read before and cannot be now, since its password is not given again."""
        settled = self._settled(receipt)
        return PlannedSheet(
            receipt.measure, receipt.measure, _STATUS[receipt.state] if settled is None else Status.UNCHANGED, settled or (),
            issue=receipt.issue_id, department=receipt.department, round=receipt.round,
        )  # fmt: skip

    def _settled(self, receipt: Receipt) -> tuple[Problem, ...] | None:
        """What to say of a sheet that came before and of which nothing is left to do; None where something is."""
        if receipt.state in SETTLED:
            return ()
        said = {"return": receipt.id, "measure": receipt.measure}
        if receipt.state is ReceiptState.WITHDRAWN:
            return (problem(problems.WITHDRAWN, said),)
        later = newer(self.receipts, receipt.id, receipt.measure, receipt.issue_id)
        return (problem(problems.REPLACED, said | {"newer": later}),) if later else None

    def _sheet(self, source: JudgedFile, judged: JudgedSheet, return_id: str, before: Receipt | None) -> PlannedSheet:
        base = _as_judged(judged)
        settled = None if before is None else self._settled(before)
        later = self._later(source.file, judged, return_id)
        if before is None and later:  # a file opened or a mail collected only after a newer one had gone in
            settled = (problem(problems.REPLACED, {"return": return_id, "measure": judged.measure, "newer": later}),)
        if settled is not None:
            planned = replace(base, status=Status.UNCHANGED, problems=settled, moved=(), notes={})
            if before is None:
                self._receive(source.file, return_id, None, planned)
            return planned
        if judged.refused or judged.held:
            planned = replace(base, status=Status.REFUSED if judged.refused else Status.HELD)
        else:
            planned = self._whole(source, judged, return_id, base)
        self.offer_added(judged, return_id)
        self._receive(source.file, return_id, before, planned)
        if planned.status.rank < Status.HELD.rank and not planned.silent:
            self.supersede(return_id, planned.measure, planned.issue)
        return planned

    def _later(self, file: ReturnedFile, judged: JudgedSheet, return_id: str) -> str:
        """The number of a newer return that this one must not write over; "" for none."""
        place = judged.measure, judged.stamp.issue
        if found := newer(self.receipts, return_id, *place):
            return found
        current = self.texts.get(judged.measure, {})
        says = judged.answers.items()
        clash = any(
            text != current.get(ref, "") and self._answered(judged.measure, ref, place[1]) for ref, text in says
        )
        return overtaken_by(self.receipts, file, *place) if clash else ""

    def _whole(self, source: JudgedFile, judged: JudgedSheet, return_id: str, base: PlannedSheet) -> PlannedSheet:
        """Merge a sheet, and before it those that waited for it, the oldest first."""
        waited = {h.return_id: h.file.file.name for h in judged.halves if h.sheet.answers}
        for half in judged.halves:
            others = {id_: name for id_, name in waited.items() if id_ != half.return_id} | {
                return_id: source.file.name
            }
            self.complete(half, others if half.sheet.answers else {})
        gave = {h.return_id for h in judged.halves if h.sheet.answers.items() - judged.answers.items()}
        others = {id_: name for id_, name in waited.items() if id_ in gave}
        silent = judged.silent and not judged.halves and not source.corrects
        return replace(self.merged(source.file, judged, return_id, _joined(base, return_id, others)), silent=silent)

    def complete(self, half: Half, others: Mapping[str, str]) -> None:
        """Merge a sheet that waited for what ``others`` (file names by return) say, and tell so where it is told of."""
        base = replace(_as_judged(half.sheet), problems=half.sheet.warnings)
        planned = self.merged(half.file.file, half.sheet, half.return_id, _joined(base, half.return_id, others))
        key = (half.return_id, planned.measure, planned.issue)
        receipt = next(r for r in self.receipts if (r.id, r.measure, r.issue_id) == key)
        self._receive(half.file.file, half.return_id, receipt, planned)
        if not self.tells_of(half.return_id):  # it came in an earlier run: its other sheets are looked at anew
            self.files.append(self._file(half.file, half.return_id))
        self._tell(half.return_id, planned)

    def _tell(self, return_id: str, planned: PlannedSheet) -> None:
        """Put what became of a sheet where its file is told of; where the same content came twice, once."""
        told = (n for n, file in enumerate(self.files) if file.return_id == return_id)
        again = replace(planned, status=Status.UNCHANGED, merge=Merge())
        for place, n in enumerate(told):
            now = again if place else planned
            sheets = (now if (s.measure, s.issue) == (now.measure, now.issue) else s for s in self.files[n].sheets)
            self.files[n] = replace(self.files[n], sheets=tuple(sheets))

    def supersede(self, return_id: str, measure: str, issue: str) -> None:
        """Note with the held sheets that came before this one that it took their place."""
        for old in self.receipts:
            held = old.state is ReceiptState.HELD and (old.measure, old.issue_id) == (measure, issue)
            if held and old.number < number_of(return_id):
                self.receipts.rewrite(old, replace(old, note=replaced(old.note, return_id)))

    def merged(
        self, file: ReturnedFile, judged: JudgedSheet, return_id: str, base: PlannedSheet, note: str = ""
    ) -> PlannedSheet:
        """Merge a sheet into the planned state and note its changes and conflicts."""
        assert judged.snapshot is not None and judged.filled is not None
        filled = judged.filled
        issued, current = judged.snapshot.texts[judged.measure], self.texts[judged.measure]
        offered = {ref: text for ref, text in filled.texts.items() if ref in judged.open}
        if judged.inherited:  # what it took back of that counts, and what it has from there is said already
            offered = {ref: text for ref, text in offered.items() if text != judged.inherited.get(ref, "")}
        answered = partial(self._answered, judged.measure, issue=judged.stamp.issue)
        result = three_way(issued, offered, current, answered=answered, replace=self.replace or bool(judged.inherited))
        fresh = any(
            text == issued.get(ref, "") != current.get(ref, "") and answered(ref) for ref, text in offered.items()
        )
        result = contested(result, issued, current, answered=answered, fresh=fresh)
        decided = partial(self.conflicts.decided, judged.measure, judged.stamp.issue)
        result = Merge(
            tuple(c for c in result.changes if not decided(c.ref, c.new, c.old)),
            tuple(c for c in result.conflicts if not decided(c.ref, c.returned, c.current)),
        )
        names = {**current, **filled.texts}
        labels = {c.ref: self._label(c.ref, names) for c in (*result.changes, *result.conflicts)}
        for change in result.changes:
            self._change(Change(
                self.when, judged.measure, change.ref, labels[change.ref], change.old, change.new, return_id,
                judged.stamp.issue, file.name, judged.sheet, filled.cells.get(change.ref, ""), note,
            ))  # fmt: skip
        for conflict in result.conflicts:
            self.conflicts.note(judged.measure, conflict, labels[conflict.ref], return_id, judged.stamp.issue)
        self.conflicts.settle(judged.measure, judged.stamp.issue, offered, self.texts[judged.measure], return_id)
        status = Status.MERGED if result.changes or result.conflicts else Status.UNCHANGED
        return replace(base, status=status, merge=result, labels=labels)

    def _change(self, change: Change) -> None:
        """Put a change into the planned state."""
        self.texts[change.measure][change.ref] = change.new
        self.last[change.measure, change.ref] = change
        self.changes.append(change)

    def _label(self, ref: Ref, names: Mapping[Ref, str]) -> str:
        return label(ref, self.master.settings, item_name(ref, names))

    def _answered(self, measure: str, ref: Ref, issue: str) -> bool:
        """Whether the master's text came from an earlier return of the same issue, and nobody touched it since."""
        last = self.last.get((measure, ref))
        return last is not None and last.issue_id == issue and last.new == self.texts[measure].get(ref, "")

    def offer_added(self, judged: JudgedSheet, return_id: str) -> None:
        """Offer the items that a department added itself, whatever becomes of the sheet."""
        for item in judged.filled.added if judged.filled else ():
            self.conflicts.offer(judged.measure, item, return_id)

    def _receive(self, file: ReturnedFile, return_id: str, before: Receipt | None, planned: PlannedSheet) -> None:
        """Enter a sheet in 受付簿, or say anew what became of it."""
        said = "、".join(dict.fromkeys(p.code for p in planned.problems))
        receipt = Receipt(
            return_id, before.when if before else came(file) or self.when, before.file if before else file.name, file.sha256, planned.issue, planned.department,
            planned.round, planned.measure, ReceiptState.SILENT if planned.silent else _STATE[planned.status], len(planned.merge.changes), said,
            memo(_remark(planned), planned.notes),
        )  # fmt: skip
        if before is None:
            self.receipts.enter(receipt)
        else:
            self.receipts.rewrite(before, receipt)


def _as_judged(judged: JudgedSheet) -> PlannedSheet:
    """A sheet of which it is not said yet what becomes of it."""
    snapshot, filled = judged.snapshot, judged.filled
    return PlannedSheet(
        judged.sheet, judged.measure, Status.REFUSED, judged.problems, moved=filled.moved if filled else (),
        issue=judged.stamp.issue, department=snapshot.department if snapshot else "", round=snapshot.round if snapshot else "",
        cells=filled.cells if filled else {}, texts=filled.texts if filled else {}, notes=judged.notes,
    )  # fmt: skip


def _joined(base: PlannedSheet, return_id: str, others: Mapping[str, str]) -> PlannedSheet:
    """A sheet with a word on the returns (file names by number) that it goes in with; itself where there are none."""
    if not others:
        return base
    named = "、".join(f"{id_}（{name}）" for id_, name in others.items())
    word = problem(problems.JOINED, {"others": named, "return": return_id}, sheet=base.sheet)
    return replace(base, problems=(*base.problems, word))


def _remark(planned: PlannedSheet) -> str:
    """Why a sheet did not go in: its first error."""
    if planned.status.rank < Status.HELD.rank:
        return ""
    return next((p.message for p in planned.problems if p.severity == "error"), "")

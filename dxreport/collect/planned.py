"""Judged sheets → a plan: what changes, what is in conflict, what is entered where. Nothing is written.

Returns are planned one after another, each on the state that the ones before it leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from ..fields import label
from ..master.records import Change, Conflict, ConflictState, Master, Receipt, ReceiptState, stamp
from ..merge import CellChange, CellConflict, Merge, three_way
from ..model import Ref
from ..problems import Problem
from ..returns.gather import ReturnedFile
from ..rules import item_name
from .judged import JudgedFile, JudgedSheet

_DONE = {ReceiptState.MERGED, ReceiptState.UNCHANGED, ReceiptState.WITHDRAWN}


class Status(Enum):
    """What became of a sheet or file, the best first."""

    UNCHANGED = "unchanged"
    MERGED = "merged"
    HELD = "held"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return list(Status).index(self)


_STATE = {
    Status.UNCHANGED: ReceiptState.UNCHANGED, Status.MERGED: ReceiptState.MERGED,
    Status.HELD: ReceiptState.HELD, Status.REFUSED: ReceiptState.REFUSED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedSheet:
    """One sheet with its fate. ``labels`` name the cells of its changes and conflicts, ``cells`` say where
    all its texts stand, ``texts`` what they are."""

    sheet: str
    measure: str
    status: Status
    problems: tuple[Problem, ...] = ()
    merge: Merge = Merge()
    labels: Mapping[Ref, str] = field(default_factory=dict)
    cells: Mapping[Ref, str] = field(default_factory=dict)
    texts: Mapping[Ref, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    issue: str = ""
    department: str = ""
    round: str = ""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file with its fate; ``return_id`` is its number in 受付簿, ``new`` whether it is entered now.

    ``package`` as in JudgedFile.
    """

    file: ReturnedFile
    return_id: str
    new: bool
    problems: tuple[Problem, ...]
    sheets: tuple[PlannedSheet, ...]
    package: bytes = b""

    @property
    def status(self) -> Status:
        """The worst of its sheets'."""
        if not self.sheets:
            return Status.REFUSED
        return max((s.status for s in self.sheets), key=lambda s: s.rank)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a collect would do; the records are to be added to the master or written over their rows."""

    files: tuple[PlannedFile, ...] = ()
    changes: tuple[Change, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    updated: tuple[Receipt | Conflict, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was held, refused or in conflict."""
        fine = all(f.status in (Status.MERGED, Status.UNCHANGED) for f in self.files)
        return fine and not self.conflicts and not any(s.merge.conflicts for f in self.files for s in f.sheets)


class Planner:
    """Plans files one by one; keeps the texts of the master as the planned changes leave them."""

    def __init__(self, master: Master, now: datetime, *, replace: bool = False) -> None:
        """``replace``: a return counts whole, also where it left a cell as issued."""
        self.master, self.when, self.replace = master, stamp(now), replace
        self.texts = {m.id: m.values() for m in master.measures}
        self.last: dict[tuple[str, Ref], Change] = {(c.measure, c.ref): c for c in master.changes}
        self.conflicts: dict[str, Conflict] = {c.id: c for c in master.conflicts}
        self.receipts = list(master.receipts)
        self.files: list[PlannedFile] = []
        self.changes: list[Change] = []
        self.added: list[Receipt] = []
        self.updated: dict[tuple, Receipt | Conflict] = {}
        self.new_conflicts: dict[str, Conflict] = {}

    def plan(self) -> Plan:
        """All that was planned so far."""
        return Plan(
            tuple(self.files), tuple(self.changes), tuple(self.added), tuple(self.updated.values()),
            tuple(self.new_conflicts.values()),
        )  # fmt: skip

    def add(self, judged: JudgedFile) -> PlannedFile:
        """Plan one file."""
        before = {r.measure: r for r in self.receipts if r.sha256 == judged.file.sha256}
        return_id = next((r.id for r in before.values()), "") or self._next("U", (r.id for r in self.receipts))
        sheets = tuple(self._sheet(judged.file, s, return_id, before.get(s.measure)) for s in judged.sheets)
        if not sheets:
            self._receive(judged.file, return_id, before.get(""), PlannedSheet("", "", Status.REFUSED, judged.problems))
        planned = PlannedFile(judged.file, return_id, not before, judged.problems, sheets, judged.package)
        self.files.append(planned)
        return planned

    def _sheet(self, file: ReturnedFile, judged: JudgedSheet, return_id: str, before: Receipt | None) -> PlannedSheet:
        snapshot = judged.snapshot
        base = PlannedSheet(
            judged.sheet, judged.measure, Status.REFUSED, judged.problems, moved=judged.moved, issue=judged.stamp.issue,
            department=snapshot.department if snapshot else "", round=snapshot.round if snapshot else "",
            cells=judged.cells or {}, texts=judged.texts or {},
        )  # fmt: skip
        if before is not None and before.state in _DONE:
            return replace(base, status=Status.UNCHANGED, problems=(), moved=())
        if judged.refused or judged.held:
            planned = replace(base, status=Status.REFUSED if judged.refused else Status.HELD)
        else:
            planned = self.merged(file, judged, return_id, base)
        self._receive(file, return_id, before, planned)
        return planned

    def merged(self, file: ReturnedFile, judged: JudgedSheet, return_id: str, base: PlannedSheet, note: str = "") -> PlannedSheet:
        """Merge a sheet into the planned state and note its changes and conflicts."""
        assert judged.snapshot is not None and judged.texts is not None and judged.cells is not None
        issued, current = judged.snapshot.texts[judged.measure], self.texts[judged.measure]
        offered = {ref: text for ref, text in judged.texts.items() if ref in judged.open}
        result = three_way(
            issued, offered, current, answered=lambda ref: self._answered(judged.measure, ref, judged.stamp.issue),
            replace=self.replace,
        )  # fmt: skip
        result = Merge(result.changes, tuple(c for c in result.conflicts if not self._decided(judged, c)))
        names = {**current, **judged.texts}
        labels = {c.ref: self._label(c.ref, names) for c in (*result.changes, *result.conflicts)}
        for change in result.changes:
            self.change(judged.measure, change, labels[change.ref], Change(
                self.when, judged.measure, change.ref, labels[change.ref], change.old, change.new, return_id,
                judged.stamp.issue, file.name, judged.sheet, judged.cells.get(change.ref, ""), note,
            ))  # fmt: skip
        for conflict in result.conflicts:
            self._conflict(judged.measure, conflict, labels[conflict.ref], return_id, judged.stamp.issue)
        status = Status.MERGED if result.changes or result.conflicts else Status.UNCHANGED
        return replace(base, status=status, merge=result, labels=labels)

    def change(self, measure: str, change: CellChange, name: str, record: Change) -> None:
        """Put a change into the planned state."""
        self.texts[measure][change.ref] = change.new
        self.last[measure, change.ref] = record
        self.changes.append(record)

    def _label(self, ref: Ref, names: Mapping[Ref, str]) -> str:
        return label(ref, self.master.settings, item_name(ref, names))

    def _answered(self, measure: str, ref: Ref, issue: str) -> bool:
        """Whether the master's text came from an earlier return of the same issue, and nobody touched it since."""
        last = self.last.get((measure, ref))
        return last is not None and last.issue_id == issue and last.new == self.texts[measure].get(ref, "")

    def _decided(self, judged: JudgedSheet, conflict: CellConflict) -> bool:
        """Whether the coordinator decided this very conflict before."""
        return any(
            c.state is ConflictState.RESOLVED
            and (c.measure, c.ref, c.returned) == (judged.measure, conflict.ref, conflict.returned)
            and c.decision == conflict.current
            and self._issue_of(c.return_id) == judged.stamp.issue
            for c in self.conflicts.values()
        )

    def _issue_of(self, return_id: str) -> str:
        return next((r.issue_id for r in self.receipts if r.id == return_id), "")

    def _conflict(self, measure: str, conflict: CellConflict, name: str, return_id: str, issue: str) -> None:
        """Note a conflict; an open one of the same cell and issue is superseded, unless it is the same."""
        for old in list(self.conflicts.values()):
            if old.state is not ConflictState.OPEN or (old.measure, old.ref) != (measure, conflict.ref):
                continue
            if (old.returned, old.current) == (conflict.returned, conflict.current):
                return
            if self._issue_of(old.return_id) == issue:
                gone = replace(old, state=ConflictState.WITHDRAWN, reason=f"返送 {return_id} に置き換え", when=self.when)
                self._keep(gone)
        id_ = self._next("C", self.conflicts)
        self.conflicts[id_] = self.new_conflicts[id_] = Conflict(
            id_, return_id, measure, conflict.ref, name, conflict.issued, conflict.returned, conflict.current, when=self.when
        )

    def _keep(self, conflict: Conflict) -> None:
        self.conflicts[conflict.id] = conflict
        if conflict.id in self.new_conflicts:
            self.new_conflicts[conflict.id] = conflict
        else:
            self.updated["conflict", conflict.id] = conflict

    def _receive(self, file: ReturnedFile, return_id: str, before: Receipt | None, planned: PlannedSheet) -> None:
        """Enter a sheet in 受付簿, or say anew what became of it."""
        said = "、".join(dict.fromkeys(p.code for p in planned.problems))
        receipt = Receipt(
            return_id, before.when if before else self.when, file.name, file.sha256, planned.issue, planned.department,
            planned.round, planned.measure, _STATE[planned.status], len(planned.merge.changes), said,
            planned.problems[0].message if planned.problems and planned.status.rank >= Status.HELD.rank else "",
        )  # fmt: skip
        if before is None:
            self.receipts.append(receipt)
            self.added.append(receipt)
        elif receipt != before:
            self.updated["receipt", receipt.id, receipt.measure] = receipt

    @staticmethod
    def _next(letter: str, taken: Iterable[str]) -> str:
        numbers = [int(id_[1:]) for id_ in taken if id_[:1] == letter and id_[1:].isdigit()]
        return f"{letter}{max(numbers, default=0) + 1:04}"

"""Halves: two people share a sheet, each answers a part of it and sends a copy. Together they are whole.

A sheet that lacks answers waits. When a later return of the same issue makes it whole, all that waited go in
in the order in which they came, as if each had been taken in then: where two answered the same cell, what came
last counts. A corrected copy takes the place of the return that it is a copy of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..domain import problems
from ..domain.model import Ref
from ..master.records import Receipt, ReceiptState
from .earlier import SETTLED, newer, same
from .judge import Judge
from .judged import Half, JudgedFile, JudgedSheet
from .kept import Kept
from .planned import Planner

_MISSING = {
    kind.code
    for kind in (
        problems.PROGRESS_MISSING, problems.COUNTERMEASURE_MISSING, problems.REQUIRED_MISSING, problems.ACTUAL_MISSING,
    )
}  # fmt: skip
_ERROR = re.compile(r"E\d{3}")


class Halves:
    """The held sheets that wait for the answers they lack, of this run and of earlier ones."""

    def __init__(self, judge: Judge, planner: Planner, kept: Kept) -> None:
        """``planner`` knows what 受付簿 says by now; ``kept`` reads what came in earlier runs."""
        self.judge, self.planner, self.kept = judge, planner, kept

    def joined(self, judged: JudgedFile) -> JudgedFile:
        """The file, each sheet with those that waited for it; one that still lacks answers lacks what nobody gave."""
        return replace(judged, sheets=tuple(self._joined(judged, self._as_copy(judged, s)) for s in judged.sheets))

    def waiting(self, source: JudgedFile, sheet: JudgedSheet) -> tuple[Half, ...]:
        """The sheets that wait for this one, the oldest first."""
        return tuple(self._waiting(source, sheet))[::-1]

    def _as_copy(self, source: JudgedFile, sheet: JudgedSheet) -> JudgedSheet:
        """A sheet of a corrected copy: what it has from a return that went in meanwhile, it does not say anew."""
        receipts = (r for r in self.planner.receipts if r.id == source.corrects and r.state in SETTLED)
        parent = next((r for r in receipts if r.place == sheet.place), None)
        own = self.kept.sheet(parent) if parent and not sheet.refused else None
        return self.judge.as_copy(sheet, own.filled.texts) if own and own.filled else sheet

    def _joined(self, source: JudgedFile, sheet: JudgedSheet) -> JudgedSheet:
        if sheet.refused or not _only_lacks(sheet):
            return sheet
        halves = self.waiting(source, sheet)
        if not halves:
            return sheet
        answers: dict[Ref, str] = {}
        for part in (*(half.sheet for half in halves), sheet):
            answers |= part.answers
        whole = self.judge.joint(sheet, answers)
        if not whole.held:
            halves = tuple(replace(half, sheet=_still(half.sheet, whole)) for half in halves)
            return replace(_still(sheet, whole), halves=halves)
        return replace(sheet, problems=(*sheet.warnings, *whole.errors)) if sheet.held and _only_lacks(whole) else sheet

    def _waiting(self, source: JudgedFile, sheet: JudgedSheet) -> Iterator[Half]:
        """The newest first.

        One that is held for another fault too may be about the same cells: what came before it does not count.
        """
        replaced = {source.corrects}
        for r in self._held(source, sheet):
            if r.id in replaced:
                file = self.kept.file(r)
                replaced.add(file.corrects if file else "")
                continue
            half = self._half(r)
            if half is None:
                return
            replaced.add(half.file.corrects)
            if half.sheet.answers or self.planner.tells_of(r.id):
                yield half

    def _held(self, source: JudgedFile, sheet: JudgedSheet) -> Iterator[Receipt]:
        """The held returns of a sheet that came before this one, and in whose place nothing went in; the newest first."""
        receipts = self.planner.receipts
        own = next((r.number for r in receipts if same(r, source.file)), None)  # of one that came before
        for r in sorted(receipts, key=lambda r: r.number, reverse=True):
            held = r.state is ReceiptState.HELD and r.place == sheet.place
            if held and (own is None or r.number < own) and not newer(receipts, r.id, r.measure, r.issue_id):
                yield r

    def _half(self, receipt: Receipt) -> Half | None:
        """The sheet of a receipt, where it lacks answers and has no other fault."""
        if set(_ERROR.findall(receipt.findings)) - _MISSING:
            return None
        file, sheet = self.kept.file(receipt), self.kept.sheet(receipt)
        return Half(file, receipt.id, sheet) if file and sheet and _only_lacks(sheet) else None


def _still(sheet: JudgedSheet, whole: JudgedSheet) -> JudgedSheet:
    """A part with those of its warnings that hold for the whole sheet too; those of its shape (W5) are its own."""
    said = {(p.code, p.fields) for p in whole.problems}
    return replace(
        sheet, problems=tuple(p for p in sheet.warnings if p.code.startswith("W5") or (p.code, p.fields) in said)
    )


def _only_lacks(sheet: JudgedSheet) -> bool:
    return all(p.code in _MISSING for p in sheet.errors)

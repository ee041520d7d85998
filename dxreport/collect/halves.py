"""Halves: two people share a sheet, each answers a part of it and sends a copy. Together they are whole.

Each alone is held for the answers it lacks. Where others of the same issue have these, and no cell was
answered in two ways, they are judged as one sheet; if that is sound, all of them go in. A half that says
nothing beside a whole sheet of the same run (a copy in which only the other sheets were filled in) is not held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .. import problems
from ..errors import MasterError
from ..master.records import Receipt, ReceiptState
from ..returns.gather import ReturnedFile
from ..workspace import Workspace
from .earlier import newer, same
from .judged import Half, Judge, JudgedFile, JudgedSheet
from .originals import original
from .planned import Planner

_MISSING = {
    kind.code
    for kind in (
        problems.PROGRESS_MISSING, problems.COUNTERMEASURE_MISSING, problems.REQUIRED_MISSING, problems.ACTUAL_MISSING,
    )
}  # fmt: skip


class Halves:
    """The held sheets that wait for the answers they lack, of this run and of earlier ones."""

    def __init__(self, workspace: Workspace, judge: Judge, planner: Planner) -> None:
        """``planner`` knows what 受付簿 says by now; originals of earlier runs are read again when they are needed."""
        self.workspace, self.judge, self.planner = workspace, judge, planner
        self.read: dict[str, JudgedFile] = {}

    def keep(self, return_id: str, judged: JudgedFile) -> None:
        """Remember a file of this run."""
        self.read[return_id] = judged

    def completed(self, judged: JudgedFile) -> JudgedFile:
        """The file, with those of its halves that others make whole no longer held."""
        return replace(judged, sheets=tuple(self._with_others(judged.file, s) for s in judged.sheets))

    def _with_others(self, file: ReturnedFile, sheet: JudgedSheet) -> JudgedSheet:
        if _is_half(sheet):
            return self._completed(file, sheet)
        return sheet if sheet.refused or sheet.held else self._covering(file, sheet)

    def _completed(self, file: ReturnedFile, sheet: JudgedSheet) -> JudgedSheet:
        answers, halves = dict(sheet.answers), []
        for half in self._waiting(file, sheet):
            theirs = half.sheet.answers
            if all(answers.get(ref, text) == text for ref, text in theirs.items()):
                answers |= theirs
                halves.append(half)
        whole = self.judge.joint(sheet, answers) if halves else sheet
        return sheet if whole.held else replace(whole, halves=tuple(reversed(halves)))

    def _covering(self, file: ReturnedFile, sheet: JudgedSheet) -> JudgedSheet:
        here = {planned.return_id for planned in self.planner.files}
        return replace(sheet, covered=tuple(
            half for half in self._waiting(file, sheet)
            if half.return_id in here and half.sheet.answers.items() <= sheet.answers.items()
        ))  # fmt: skip

    def _waiting(self, file: ReturnedFile, sheet: JudgedSheet) -> Iterator[Half]:
        """The other halves of a sheet, the newest first."""
        receipts = self.planner.receipts
        for r in reversed(receipts):
            mine = r.state is ReceiptState.HELD and (r.measure, r.issue_id) == (sheet.measure, sheet.stamp.issue)
            if mine and not same(r, file) and not newer(receipts, r.id, r.measure, r.issue_id):
                yield from self._half(r)

    def _half(self, receipt: Receipt) -> Iterator[Half]:
        if receipt.id not in self.read:
            try:
                self.keep(receipt.id, self.judge.file(original(self.workspace, receipt), ask=False))
            except MasterError:  # its original is gone: it stays held
                return
        judged = self.read[receipt.id]
        for sheet in judged.sheets:
            if (sheet.measure, sheet.stamp.issue) == (receipt.measure, receipt.issue_id) and _is_half(sheet):
                yield Half(judged.file, receipt.id, sheet)


def _is_half(sheet: JudgedSheet) -> bool:
    return sheet.held and all(p.code in _MISSING for p in sheet.problems if p.severity == "error")

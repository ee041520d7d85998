"""The kept originals of returns, judged again: each is read once."""

from __future__ import annotations

from ..domain.errors import MasterError
from ..master.records import Receipt
from ..workspace.paths import Workspace
from .judge import Judge
from .judged import JudgedFile, JudgedSheet
from .originals import original


class Kept:
    """The files behind 受付簿, those of this run among them."""

    def __init__(self, workspace: Workspace, judge: Judge) -> None:
        self._workspace, self._judge = workspace, judge
        self._files: dict[str, JudgedFile | None] = {}

    def keep(self, return_id: str, judged: JudgedFile) -> None:
        """Remember a file of this run."""
        self._files[return_id] = judged

    def file(self, receipt: Receipt) -> JudgedFile | None:
        """The file of a return, without asking for a password; None where its original is gone or altered."""
        if receipt.id not in self._files:
            try:
                self._files[receipt.id] = self._judge.file(original(self._workspace, receipt), ask=False)
            except MasterError:
                self._files[receipt.id] = None
        return self._files[receipt.id]

    def sheet(self, receipt: Receipt) -> JudgedSheet | None:
        """The sheet of a receipt; None where it cannot be read."""
        file = self.file(receipt)
        return next((s for s in file.sheets if s.place == receipt.place and not s.refused), None) if file else None

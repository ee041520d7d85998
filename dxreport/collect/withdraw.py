"""Take a return out again: the state is that of the log without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain.errors import UsageError
from ..master.records import Change, Conflict, Receipt, ReceiptState
from ..workspace.files import locked
from ..workspace.paths import Workspace
from .commit import Books, Difference, opened, rewritten
from .ledger import withdrawn_note
from .replay import Withdraw


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What taking a return out does: texts put back, conflicts opened and closed, rows of 受付簿.

    ``receipts`` are the return's own; ``held`` those of other returns that lack answers without it.
    """

    return_id: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Conflict, ...]
    receipts: tuple[Receipt, ...]
    held: tuple[Receipt, ...] = ()


def withdraw(workspace: Workspace, return_id: str, reason: str, now: datetime, *, dry_run: bool = False) -> Withdrawal:
    """Withdraw a return. Texts that others answer too stay; those a person typed over it become conflicts.

    Raises UsageError for a return that is not in 受付簿 or is withdrawn already, MasterError and LockedError where
    the master cannot be written.
    """
    books = opened(workspace, now)
    difference = _plan(books, return_id, reason)
    if not dry_run:
        with locked(workspace.lock):
            if rewritten(books):
                books = opened(workspace, now)
                difference = _plan(books, return_id, reason)
            books.commit("withdraw", difference, now)
    rows = (*difference.receipts, *(row for row in difference.updated if isinstance(row, Receipt)))
    return Withdrawal(
        return_id,
        difference.changes,
        difference.conflicts,
        tuple(row for row in difference.updated if isinstance(row, Conflict)),
        tuple(row for row in rows if row.id == return_id),
        tuple(row for row in rows if row.id != return_id and row.state is ReceiptState.HELD and _was_in(books, row)),
    )


def _plan(books: Books, return_id: str, reason: str) -> Difference:
    reads = books.reads().get(return_id)
    if not reads:
        raise UsageError(
            f"受付番号 {return_id} は受付簿にありません。", "dxreport status または受付簿で番号を確かめてください。"
        )
    if return_id in books.withdrawn():
        raise UsageError(f"{return_id} はすでに取り下げられています。")
    measures = dict.fromkeys(id_ for read in reads for id_ in books.reading(read.reading).measures())
    books.work.add(Withdraw(return_id, reason), *measures)
    rows, note = books.conflict_rows(), withdrawn_note(reason)
    rows.take_back(return_id, note)
    kept = f"{return_id} の取下げ後も、この返送の値"
    return books.difference(note=note, kept=kept, withdrawn=return_id, rows=rows)


def _was_in(books: Books, row: Receipt) -> bool:
    before = books.state(row.measure, upto=books.before_work).outcomes.get((row.id, row.issue_id))
    return before is not None and before.fate.is_in

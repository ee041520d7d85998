"""Withdraw a return: the state becomes that of the log without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..domain.errors import UsageError
from ..master.records import Change, Conflict, Receipt, ReceiptState
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready_to_write
from .commit import Books, opened, rewritten
from .events import Withdraw
from .plan import Plan
from .state import Fate


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The effects of withdrawing a return.

    ``changes`` are the texts put back, ``conflicts`` those opened, ``dropped`` those closed or updated. ``receipts``
    are the return's own rows, ``held`` those of other returns that lack answers without it.
    """

    return_id: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Conflict, ...]
    receipts: tuple[Receipt, ...]
    held: tuple[Receipt, ...] = ()


def withdraw(
    workspace: Workspace, return_id: str, reason: str, now: datetime, *, measure: str = "", dry_run: bool = False
) -> Withdrawal:
    """Withdraw a return, or one ``measure`` of it.

    Texts that other returns gave too stay; texts that a person typed over those of the return become conflicts. Raise
    UsageError if the return is not in 受付簿, has no such measure or is already withdrawn, MasterError or LockedError if
    the master cannot be written.
    """
    if not dry_run:
        ready_to_write(workspace)
    books, plan = _planned(workspace, Withdraw(return_id, reason, measure), now)
    if not dry_run:
        with locked(workspace.lock):
            if rewritten(books):
                books, plan = _planned(workspace, Withdraw(return_id, reason, measure), now)
            books.commit("withdraw", plan, now)
    rows = (*plan.receipts, *(row for row in plan.updated if isinstance(row, Receipt)))
    return Withdrawal(
        return_id,
        plan.changes,
        plan.conflicts,
        tuple(row for row in plan.updated if isinstance(row, Conflict)),
        tuple(row for row in rows if row.id == return_id),
        tuple(row for row in rows if row.id != return_id and row.state is ReceiptState.HELD and _was_in(books, row)),
    )


def _planned(workspace: Workspace, event: Withdraw, now: datetime) -> tuple[Books, Plan]:
    books, return_id = opened(workspace, now), event.return_id
    reads = books.reads().get(return_id)
    if not reads:
        raise UsageError(
            f"受付番号 {return_id} は受付簿にありません。", "dxreport status または受付簿で番号を確かめてください。"
        )
    if return_id in books.withdrawn():
        raise UsageError(f"{return_id} はすでに取り下げられています。")
    measures = list(dict.fromkeys(id_ for read in reads for id_ in books.store.reading(read.reading).measures()))
    if event.measure:
        _refuse_absent(books, event, measures)
        measures = [event.measure]
    books.add(event, *measures)
    return books, books.difference()


def _refuse_absent(books: Books, event: Withdraw, measures: Collection[str]) -> None:
    """Raise UsageError if the return has no sheet of the measure, or none that is not yet withdrawn."""
    if event.measure not in measures:
        raise UsageError(
            f"{event.return_id} に施策 {event.measure} のシートはありません。",
            f"{event.return_id} にあるのは {'、'.join(measures)} です。" if measures else "",
        )
    outcomes = books.state(event.measure).outcomes
    if all(o.fate is Fate.WITHDRAWN for key, o in outcomes.items() if key[0] == event.return_id):
        raise UsageError(f"{event.return_id}/{event.measure} はすでに取り下げられています。")


def _was_in(books: Books, row: Receipt) -> bool:
    before = books.state(row.measure, upto=books.before_work).outcomes.get((row.id, row.issue_id))
    return before is not None and before.fate.is_in

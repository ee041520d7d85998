"""Withdraw a return: the state becomes that of the log without it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.errors import UsageError
from ..domain.fields import QUARTER_LABELS
from ..master.records import Change, Conflict, FinalReport, Receipt, ReceiptState
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready_to_write
from .commit import Books, opened, rewritten
from .events import Withdraw
from .plan import Plan
from .state import Fate


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The effects of withdrawing a return, or its one ``measure``.

    ``changes`` are the texts put back, ``conflicts`` those opened, ``dropped`` those closed or updated. ``receipts``
    are the return's own rows, ``held`` those of other returns that lack answers without it. ``unanswered`` are its
    sheets without any other of their measure and round that is in or held; ``finals`` the final reports made with it.
    ``only_held`` is True if all its sheets were held, so that nothing was in the master.
    """

    return_id: str
    measure: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    dropped: tuple[Conflict, ...]
    receipts: tuple[Receipt, ...]
    held: tuple[Receipt, ...]
    unanswered: tuple[Receipt, ...]
    finals: tuple[FinalReport, ...]
    only_held: bool


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
    books, plan, event = _planned(workspace, Withdraw(return_id, reason, measure), now)
    if not dry_run:
        with locked(workspace.lock):
            if rewritten(books):
                books, plan, event = _planned(workspace, event, now)
            books.commit("withdraw", plan, now)
    rows = (*plan.receipts, *(row for row in plan.updated if isinstance(row, Receipt)))
    mine = tuple(row for row in rows if row.id == return_id)
    sheets = [row for row in mine if (fate := _before(books, row)) and fate is not Fate.WITHDRAWN]
    return Withdrawal(
        return_id,
        event.measure,
        plan.changes,
        plan.conflicts,
        tuple(row for row in plan.updated if isinstance(row, Conflict)),
        mine,
        tuple(row for row in rows if row.id != return_id and row.state is ReceiptState.HELD and _was_in(books, row)),
        tuple(row for row in sheets if not books.state(row.measure).counted(row.round)),
        _finals(books, [row for row in sheets if _was_in(books, row)]) if plan.changes else (),
        bool(sheets) and all(_before(books, row) in (Fate.HELD, Fate.ELSEWHERE) for row in sheets),
    )


def _finals(books: Books, rows: Sequence[Receipt]) -> tuple[FinalReport, ...]:
    """Return the final reports of the rounds of these sheets, or of later ones, that were made after the return came."""
    settings, reading = books.master.settings, books.reading(rows[0].id) if rows else None
    quarters = [round_.quarter for row in rows if (round_ := settings.round(row.round))]
    if reading is None or not quarters:
        return ()
    labels = {label for quarter, label in QUARTER_LABELS.items() if quarter >= min(quarters)}
    return tuple(f for f in books.master.finals if f.quarter in labels and f.when >= reading.received)


def _planned(workspace: Workspace, event: Withdraw, now: datetime) -> tuple[Books, Plan, Withdraw]:
    """Return the books, what the event changes, and the event with the measure as the master spells it."""
    books, return_id = opened(workspace, now), event.return_id
    event = replace(event, measure=books.master.by_id.spelt(event.measure) if event.measure else "")
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
    return books, books.difference(), event


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


def _before(books: Books, row: Receipt) -> Fate | None:
    """Return what had become of a sheet before this command, None if it was not read."""
    if row.measure not in books.texts:
        return None
    before = books.state(row.measure, upto=books.before_work).outcomes.get((row.id, row.issue_id))
    return before.fate if before else None


def _was_in(books: Books, row: Receipt) -> bool:
    fate = _before(books, row)
    return fate is not None and fate.is_in

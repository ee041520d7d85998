"""Put a held or refused return aside: nobody is asked to correct it, and the ledgers record the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain.errors import UsageError
from ..master.records import Conflict, Receipt, ReceiptState
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready_to_write
from .commit import Books, opened
from .events import Dismiss
from .plan import Plan
from .state import Fate, SheetOutcome


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The effects of dismissing a return.

    ``receipts`` are the dismissed rows, of sheets or of the whole file; ``entered`` those of other returns that could
    go in as a result; ``dropped`` the offers of added items that were closed with it; ``unanswered`` the measures
    of which no other sheet of the round is in or held.
    """

    return_id: str
    receipts: tuple[Receipt, ...]
    entered: tuple[Receipt, ...]
    dropped: tuple[Conflict, ...]
    unanswered: tuple[str, ...]


def dismiss(workspace: Workspace, return_id: str, reason: str, now: datetime) -> Dismissal:
    """Dismiss the held and refused sheets of a return; sheets already merged stay.

    Raise UsageError if the return is unknown or has no such sheet, MasterError or LockedError if the master cannot be
    written.
    """
    ready_to_write(workspace)
    with locked(workspace.lock):
        books = opened(workspace, now)
        _append(books, return_id, reason)
        plan = books.difference()
        books.commit("dismiss", plan, now)
    return _told(books, plan, return_id)


def _append(books: Books, return_id: str, reason: str) -> None:
    number, _, measure = return_id.partition("/")
    if measure:
        what = f"{return_id} のように、シートを 1 枚だけ除外することはできません。"
        raise UsageError(what, f"dxreport dismiss {number} で、この返送の保留と受付不可のシートをすべて除外します。")
    reading = books.reading(return_id)
    if reading is None:
        raise UsageError(
            f"受付番号 {return_id} は受付簿にありません。", "dxreport status または受付簿で番号を確かめてください。"
        )
    states = {id_: books.state(id_) for id_ in reading.measures() if id_ in books.texts}
    mine = [(id_, o) for id_, state in states.items() for key, o in state.outcomes.items() if key[0] == return_id]
    held = [(id_, o.sheet.issue) for id_, o in mine if o.fate in (Fate.HELD, Fate.ELSEWHERE)]
    unread = not reading.complete and return_id not in books.dismissed() and return_id not in books.withdrawn()
    if not held and not unread:
        raise _nothing(books, return_id, [o for _, o in mine])
    for id_, issue in held:
        books.add(Dismiss(return_id, issue, reason), id_)
    if unread:
        books.add(Dismiss(return_id, "", reason))


def _nothing(books: Books, return_id: str, outcomes: list[SheetOutcome]) -> UsageError:
    """Return an error that says why nothing of a return can be dismissed."""
    if any(o.fate.is_in for o in outcomes):
        fix = f"取り込んだ返送を元に戻すには、dxreport withdraw {return_id} を使います。"
        return UsageError(f"{return_id} には、保留や受付不可のシートがありません（取込済みです）。", fix)
    if newer := next((o.replaced_by for o in outcomes if o.replaced_by), ""):
        what = f"{return_id} は、後から届いた {newer} に置き換えられています。"
        return UsageError(what, "督促や一覧には出ないので、除外は要りません。")
    done = "取り下げられています" if return_id in books.withdrawn() else "除外されています"
    return UsageError(f"{return_id} はすでに{done}。")


def _told(books: Books, plan: Plan, return_id: str) -> Dismissal:
    rows = [*plan.receipts, *(row for row in plan.updated if isinstance(row, Receipt))]
    mine = tuple(row for row in rows if row.id == return_id and row.state is ReceiptState.DISMISSED)
    entered = (ReceiptState.MERGED, ReceiptState.UNCHANGED, ReceiptState.SILENT)
    sheets = (row for row in mine if row.round and row.measure in books.texts)  # without a round: it was not read
    open_ = (row.measure for row in sheets if not books.state(row.measure).counted(row.round))
    return Dismissal(
        return_id,
        mine,
        tuple(row for row in rows if row.id != return_id and row.state in entered),
        tuple(row for row in plan.updated if isinstance(row, Conflict)),
        tuple(dict.fromkeys(open_)),
    )

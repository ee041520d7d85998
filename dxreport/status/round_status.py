"""Who has answered, who is late, what is held: one round, department by department in 建制順."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from ..domain.model import Measure, Round
from ..master.records import Conflict, ConflictState, Issue, Master, Receipt, ReceiptState


class State(Enum):
    """The state of a sheet in a round."""

    NOT_ISSUED = "未発行"
    ISSUED = "発行"
    REVIEW = "確認中"
    HELD = "差し戻し"
    MERGED = "反映済"
    NOTHING = "報告事項なし"
    MISSING = "未提出"

    @property
    def owes(self) -> bool:
        """Whether the department has something to send; a return under review is not chased."""
        return self in (State.ISSUED, State.HELD, State.MISSING)


@dataclass(frozen=True, slots=True)
class SheetStatus:
    """One measure in a round.

    ``days_late`` counts from the deadline while something is owed, else 0. ``notes`` are comments that the
    department wrote into its returns, by cell.
    """

    department: str
    measure: str
    name: str
    state: State
    issue: Issue | None = None
    receipt: Receipt | None = None
    conflicts: tuple[Conflict, ...] = ()
    days_late: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """All sheets of a round, and the refused files that belong to no measure."""

    round: Round
    sheets: tuple[SheetStatus, ...]
    refused: tuple[Receipt, ...]

    @property
    def answered(self) -> int:
        """The number of sheets that need nothing more."""
        return sum(s.state in (State.MERGED, State.NOTHING) for s in self.sheets)

    @property
    def sums(self) -> Mapping[State, int]:
        """The number of sheets in each state that occurs, in the order of the work."""
        count = Counter(s.state for s in self.sheets)
        return {state: count[state] for state in State if count[state]}


def status(master: Master, round_: Round, today: date) -> RoundStatus:
    """Return the status of every measure that runs in the round."""
    late = max(0, (today - date.fromisoformat(round_.deadline)).days) if round_.deadline else 0
    ledgers = _Ledgers(master, round_)
    sheets = tuple(
        _sheet(ledgers, department.name, measure, late)
        for department, measures in master.by_department(round_.quarter)
        for measure in measures
    )
    return RoundStatus(round_, sheets, _refused(master, round_))


class _Ledgers:
    """What the ledgers of a master say of a round, by measure: the last issue, live receipts, open conflicts."""

    def __init__(self, master: Master, round_: Round) -> None:
        self.round = round_
        self.issues = {id_: issue for issue in master.issues if issue.round == round_.name for id_ in issue.measures}
        live = [r for r in master.receipts if not r.state.aside]
        self.live = {r.id for r in live}
        self.receipts: dict[str, list[Receipt]] = {}
        for receipt in live:
            if _concerns(receipt, round_):
                self.receipts.setdefault(receipt.measure, []).append(receipt)
        self._open: dict[str, list[Conflict]] = {}
        for conflict in master.conflicts:
            if conflict.state is ConflictState.OPEN:
                self._open.setdefault(conflict.measure, []).append(conflict)

    def conflicts(self, measure: str) -> tuple[Conflict, ...]:
        """The open conflicts of a measure: of its returns in the round, and of a withdrawal or rollover, which are of none."""
        mine = {r.id for r in self.receipts.get(measure, ())}
        return tuple(c for c in self._open.get(measure, ()) if c.return_id in mine or c.return_id not in self.live)


def _refused(master: Master, round_: Round) -> tuple[Receipt, ...]:
    """Return the unidentifiable files and sheets received between the first issue of this round and of the next."""
    begins: dict[str, str] = {}
    for issue in master.issues:
        begins[issue.round] = min(issue.when, begins.get(issue.round, issue.when))
    begin = begins.get(round_.name)
    if begin is None:
        return ()
    end = min((when for when in begins.values() if when > begin), default="9999")
    unknown = (r for r in master.receipts if r.state is ReceiptState.REFUSED and not r.round)
    return tuple(r for r in unknown if begin <= r.when < end)


def _sheet(ledgers: _Ledgers, department: str, measure: Measure, late: int) -> SheetStatus:
    issue, receipts = ledgers.issues.get(measure.id), ledgers.receipts.get(measure.id, [])
    answers = [r for r in receipts if r.state is not ReceiptState.SILENT] or receipts  # a blank copy hides no answer
    receipt = max(answers, key=lambda r: r.number, default=None)
    conflicts = ledgers.conflicts(measure.id)
    if receipt is not None and receipt.state in (ReceiptState.HELD, ReceiptState.REFUSED, ReceiptState.ELSEWHERE):
        state = State.HELD
    elif conflicts:
        state = State.REVIEW
    elif receipt is not None:
        quarter = ledgers.round.quarter
        state = State.NOTHING if quarter and measure.quarters[quarter - 1].no_report else State.MERGED
    elif issue is None:
        state = State.NOT_ISSUED
    else:
        state = State.MISSING if late else State.ISSUED
    return SheetStatus(
        department, measure.id, measure.name, state, issue, receipt, conflicts, late if state.owes else 0,
        {cell: text for r in receipts for cell, text in r.notes.items()},
    )  # fmt: skip


def _concerns(receipt: Receipt, round_: Round) -> bool:
    """Whether a returned sheet is an answer to the round, or was filled in for it on the form of another."""
    own = receipt.round == round_.name and receipt.state is not ReceiptState.ELSEWHERE
    return own or receipt.meant == round_.name

"""The status of one round, department by department in 建制順: who has answered, who is late, what is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from ..domain import problems
from ..domain.days import printed
from ..domain.model import Measure, Round
from ..domain.problems import Problem, problem
from ..master.records import Conflict, ConflictState, Issue, Master, Receipt, ReceiptState
from ..master.schema import MEASURES, SETTINGS_SHEET


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
        """True if the department has something to send; it has nothing while its return is under review."""
        return self in (State.ISSUED, State.HELD, State.MISSING)

    @property
    def done(self) -> bool:
        """True if the sheet needs nothing more."""
        return self in (State.MERGED, State.NOTHING)


@dataclass(frozen=True, slots=True)
class SheetStatus:
    """One measure in a round.

    ``deadline`` is that of its issue, else of the round; ``days_late`` counts from it while the sheet is owed, else it
    is 0. ``notes`` are the department's comments in its returns, by cell. ``sent_to`` is the department that the sheet
    was issued to, if that is another one.
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
    deadline: str = ""
    sent_to: str = ""

    @property
    def held(self) -> Receipt | None:
        """The receipt of a held sheet, None of any other."""
        return self.receipt if self.state is State.HELD else None

    @property
    def reason(self) -> str:
        """Why the sheet is held, ``""`` if it is not."""
        return self.held.note if self.held else ""


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """All sheets of a round, and the unidentified files still to be dealt with, whatever round they came in."""

    round: Round
    sheets: tuple[SheetStatus, ...]
    refused: tuple[Receipt, ...]

    @property
    def answered(self) -> int:
        """The number of sheets that need nothing more."""
        return sum(s.state.done for s in self.sheets)

    @property
    def sums(self) -> Mapping[State, int]:
        """The number of sheets in each state that occurs, in the order of the work."""
        count = Counter(s.state for s in self.sheets)
        return {state: count[state] for state in State if count[state]}

    @property
    def departments(self) -> Mapping[str, Counter[State]]:
        """The number of sheets of each department in each state."""
        counts: dict[str, Counter[State]] = {}
        for s in self.sheets:
            counts.setdefault(s.department, Counter())[s.state] += 1
        return counts

    @property
    def own_deadlines(self) -> Mapping[str, tuple[str, ...]]:
        """Deadlines other than the round's, with the measures that have them."""
        days = sorted({s.deadline for s in self.sheets} - {self.round.deadline})
        return {day: tuple(s.measure for s in self.sheets if s.deadline == day) for day in days}

    def problems(self) -> Iterator[Problem]:
        """Yield a problem for each department or deadline that changed since sheets still owed were issued."""
        moved = [s for s in self.sheets if s.state.owes and s.sent_to]
        for place in dict.fromkeys((s.sent_to, s.department) for s in moved):
            ids = [s.measure for s in moved if (s.sent_to, s.department) == place]
            params = {"measures": "、".join(ids), "old": place[0], "new": place[1], "round": self.round.name}
            params["options"] = " ".join(f"--measure {id_}" for id_ in ids)
            yield problem(problems.DEPARTMENT_MOVED, params, sheet=MEASURES.name, label="主管部署")
        out = [s for s in self.sheets if s.issue and s.state.owes and s.issue.moved(self.round)]
        for day in sorted({s.issue.printed for s in out if s.issue}):
            theirs = [s for s in out if s.issue and s.issue.printed == day]
            params = {
                "round": self.round.name, "now": printed(self.round.deadline) or "なし", "printed": printed(day),
                "count": str(len(theirs)), "first": theirs[0].measure,
            }  # fmt: skip
            yield problem(problems.DEADLINE_MOVED, params, sheet=SETTINGS_SHEET, label="締切")


def status(master: Master, round_: Round, today: date) -> RoundStatus:
    """Return the status of every measure that runs in the round."""
    ledgers = _Ledgers(master, round_)
    sheets = tuple(
        _sheet(ledgers, department.name, measure, today)
        for department, measures in master.by_department(round_)
        for measure in measures
    )
    return RoundStatus(round_, sheets, _refused(master))


class _Ledgers:
    """The ledgers of a master for one round, by measure: the last issue, receipts not put aside, open conflicts."""

    def __init__(self, master: Master, round_: Round) -> None:
        self.master, self.round = master, round_
        self.issues = {id_: issue for issue in master.issues if issue.round == round_.name for id_ in issue.measures}
        live = [r for r in master.receipts if not r.state.aside]
        self._live = {(r.id, r.measure) for r in live}
        self.receipts: dict[str, list[Receipt]] = {}
        for receipt in live:
            if _concerns(receipt, round_):
                self.receipts.setdefault(receipt.measure, []).append(receipt)
        self._open: dict[str, list[Conflict]] = {}
        for conflict in master.conflicts:
            if conflict.state is ConflictState.OPEN:
                self._open.setdefault(conflict.measure, []).append(conflict)

    def conflicts(self, measure: str) -> tuple[Conflict, ...]:
        """Return the open conflicts of a measure in the round, including those that a withdrawal or rollover left."""
        mine, asked = {r.id for r in self.receipts.get(measure, ())}, self._open.get(measure, ())
        return tuple(c for c in asked if c.return_id in mine or (c.return_id, measure) not in self._live)


def changed_since_issue(master: Master, round_: Round) -> tuple[Problem, ...]:
    """Return ``RoundStatus.problems`` of a round; compute its status only if there may be any."""
    out = [issue for issue in master.issues if issue.round == round_.name]
    leads = {m.id: m.lead_department for m in master.measures} if out else {}
    changed = any(i.moved(round_) or any(_elsewhere(master, i, leads.get(id_, "")) for id_ in i.measures) for i in out)
    return tuple(status(master, round_, date.min).problems()) if changed else ()


def _refused(master: Master) -> tuple[Receipt, ...]:
    """Return a row of each unidentified file: no one knows for which round it was meant."""
    found: dict[str, Receipt] = {}
    for r in master.receipts:
        if r.state is ReceiptState.REFUSED and not r.round:
            found.setdefault(r.id, r)
    return tuple(found.values())


def _sheet(ledgers: _Ledgers, department: str, measure: Measure, today: date) -> SheetStatus:
    master, round_, issue = ledgers.master, ledgers.round, ledgers.issues.get(measure.id)
    deadline = issue.due(round_) if issue else round_.deadline
    late = max(0, (today - date.fromisoformat(deadline)).days) if deadline else 0
    receipts = [r for r in ledgers.receipts.get(measure.id, ()) if not _left_to(department, master, issue, r)]
    # Neither a blank copy nor an older mail that came late and is held hides an answer.
    answers = [r for r in receipts if r.state is not ReceiptState.SILENT and not r.replaced_by] or receipts
    receipt = max(answers, key=lambda r: r.number, default=None)
    conflicts = ledgers.conflicts(measure.id)
    if receipt is not None and receipt.state in (ReceiptState.HELD, ReceiptState.REFUSED, ReceiptState.ELSEWHERE):
        state = State.HELD
    elif receipt is not None and conflicts:
        state = State.REVIEW
    elif receipt is not None:
        state = State.NOTHING if _has_nothing_to_report(measure, round_.quarter) else State.MERGED
    elif issue is None:
        state = State.NOT_ISSUED
    else:
        state = State.MISSING if late else State.ISSUED
    return SheetStatus(
        department, measure.id, measure.name, state, issue, receipt, conflicts, late if state.owes else 0,
        {cell: text for r in receipts for cell, text in r.notes.items()}, deadline, _elsewhere(master, issue, department),
    )  # fmt: skip


def _has_nothing_to_report(measure: Measure, quarter: int) -> bool:
    """Return True if 報告事項なし is ticked and no 進捗 is written, which would count instead, as in the report."""
    return bool(quarter) and measure.ticks_no_report(quarter) and not measure.reports_progress(quarter)


def _concerns(receipt: Receipt, round_: Round) -> bool:
    """Return True if a returned sheet answers the round, or was filled in for it on the form of another round."""
    own = receipt.round == round_.name and receipt.state is not ReceiptState.ELSEWHERE
    return own or receipt.meant == round_.name


def _elsewhere(master: Master, issued: Issue | Receipt | None, department: str) -> str:
    """Return the department that a sheet was issued to, ``""`` if it is ``department`` or now belongs to it."""
    known = master.department(issued.department) if issued else None
    sent_to = known.name if known else issued.department if issued else department
    return "" if sent_to == department else sent_to


def _left_to(department: str, master: Master, issue: Issue | None, receipt: Receipt) -> bool:
    """Return True if a held sheet of another department only lacks answers, and was issued to this one since."""
    if issue is None or receipt.state is not ReceiptState.HELD:
        return False
    lacks = all(code in problems.LACKING for code in receipt.findings.split("、") if code.startswith("E"))
    return lacks and not _elsewhere(master, issue, department) and bool(_elsewhere(master, receipt, department))

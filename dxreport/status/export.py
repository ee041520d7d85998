"""The state of a round as a file to show around: an Excel workbook or a page of HTML.

Both say the same: :func:`board` puts it together, :mod:`.workbook` and :mod:`.page` draw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..master.records import Master
from .round_status import RoundStatus, SheetStatus, State


@dataclass(frozen=True, slots=True)
class Line:
    """One measure, as texts; ``late`` in days. ``remarks`` say why it is held, what is in conflict, what the department noted."""

    department: str
    measure: str
    name: str
    state: State
    late: int
    issued: str
    returned: str
    return_id: str
    remarks: str


@dataclass(frozen=True, slots=True)
class Board:
    """A round on one day: measures in 建制順, and how many of them stand where, in all and by department."""

    title: str
    today: str
    deadline: str
    states: tuple[State, ...]
    sums: Mapping[State, int]
    departments: Mapping[str, Mapping[State, int]]
    lines: tuple[Line, ...]
    unread: tuple[str, ...]


def board(master: Master, found: RoundStatus, today: date) -> Board:
    """What both files show; ``today`` is the day ``found`` was worked out for."""
    departments: dict[str, Counter[State]] = {}
    for sheet in found.sheets:
        departments.setdefault(sheet.department, Counter())[sheet.state] += 1
    return Board(
        f"{master.settings.fiscal_year.label}　{found.round.name}　提出状況", today.isoformat(), found.round.deadline,
        tuple(found.sums), found.sums, departments, tuple(_line(s) for s in found.sheets),
        tuple(f"{r.id} {r.file}（{r.note}）" for r in found.refused),
    )  # fmt: skip


def _line(s: SheetStatus) -> Line:
    held = s.state is State.HELD and s.receipt is not None
    remarks = [s.receipt.note] if held else []
    remarks += [f"競合 {c.id}: {c.label}" for c in s.conflicts]
    remarks += [f"コメント {cell}: {text}" for cell, text in s.notes.items()]
    return Line(
        s.department, s.measure, " ".join(s.name.split()), s.state, s.days_late, s.issue.when[:10] if s.issue else "",
        s.receipt.when[:10] if s.receipt else "", s.receipt.id if s.receipt else "", "\n".join(filter(None, remarks)),
    )  # fmt: skip

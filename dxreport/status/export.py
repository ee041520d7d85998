"""Export the state of a round: :func:`status_export` collects the texts, ``workbook`` and ``page`` draw them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from urllib.parse import quote

from ..domain.days import printed_day, short_day
from ..domain.visible import one_line
from ..master.records import Issue, Master, Receipt
from .agenda import Agenda, Task, Way
from .round_status import SheetStatus, State
from .words import reason_of, unread_text


@dataclass(frozen=True, slots=True)
class Line:
    """One measure as texts; ``late`` counts days.

    ``remarks`` holds the reason why a sheet is held, open conflicts and the department's comments.
    """

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
class TaskLine:
    """One department to reach, as texts; ``fault`` is what is wrong with its addresses.

    ``sheets`` are those it owes: state, 施策ID, 施策名, and why it is held. ``files`` are labels with links.
    """

    department: str
    people: str
    to: str
    phone: str
    fault: str
    sheets: tuple[tuple[State, str, str, str], ...]
    late: int
    told: str
    todo: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StatusExport:
    """A round on one day: what to do, and its measures in 建制順.

    ``decisions`` are the open conflicts, ``unread`` the refused files that belong to no measure. ``sums`` counts the
    measures by state, ``departments`` by department and state.
    """

    title: str
    today: str
    deadline: str
    headline: tuple[str, ...]
    notices: tuple[str, ...]
    tasks: Mapping[Way, tuple[TaskLine, ...]]
    decisions: tuple[str, ...]
    unread: tuple[str, ...]
    answered: int
    sums: Mapping[State, int]
    departments: Mapping[str, Mapping[State, int]]
    lines: tuple[Line, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The states that occur, in the order of the work."""
        return tuple(self.sums)

    @property
    def bar(self) -> tuple[tuple[State, int], ...]:
        """The states that occur with their numbers of sheets, finished ones first."""
        return tuple((state, self.sums[state]) for state in _BAR if self.sums.get(state))


_BAR = (
    State.MERGED, State.NOTHING, State.REVIEW, State.HELD, State.MISSING, State.ISSUED, State.NOT_ISSUED,
)  # fmt: skip


def status_export(master: Master, agenda: Agenda, folder: Path) -> StatusExport:
    """Return the contents of both files; links are relative to ``folder``."""
    found = agenda.found
    departments: dict[str, Counter[State]] = {}
    for sheet in found.sheets:
        departments.setdefault(sheet.department, Counter())[sheet.state] += 1
    return StatusExport(
        title=f"{master.settings.fiscal_year.label}　{found.round.name}　提出状況",
        today=f"{printed_day(agenda.today)} 現在",
        deadline=agenda.deadline,
        headline=agenda.headline,
        notices=agenda.notices,
        tasks={way: tuple(_task(t, folder) for t in agenda.by(way)) for way in Way if agenda.by(way)},
        decisions=tuple(
            f"{c.id}　{s.department}　{s.measure} {one_line(s.name)}　{c.label}" for s, c in agenda.conflicts
        ),
        unread=tuple(map(unread_text, agenda.unread)),
        answered=found.answered,
        sums=found.sums,
        departments=departments,
        lines=tuple(map(_line, found.sheets)),
    )


def _task(task: Task, folder: Path) -> TaskLine:
    return TaskLine(
        task.department, task.people, task.to, task.phone, "\n".join(p.message for p in task.faults),
        tuple((s.state, s.measure, one_line(s.name), reason_of(s)) for s in task.sheets), task.days_late, task.told,
        task.todo, tuple((label, _link(path, folder)) for label, path in task.files),
    )  # fmt: skip


def _link(path: Path, folder: Path) -> str:
    """Return a link from a folder to a file, absolute if they are on different drives."""
    try:
        return quote(PurePath(os.path.relpath(path, folder)).as_posix())
    except ValueError:
        return path.resolve().as_uri()


def _line(s: SheetStatus) -> Line:
    remarks = [reason_of(s)]
    remarks += [f"競合 {c.id}: {c.label}" for c in s.conflicts]
    remarks += [f"コメント {cell}: {text}" for cell, text in s.notes.items()]
    return Line(
        s.department, s.measure, one_line(s.name), s.state, s.days_late, _day(s.issue), _day(s.receipt),
        s.receipt.id if s.receipt else "", "\n".join(filter(None, remarks)),
    )  # fmt: skip


def _day(event: Issue | Receipt | None) -> str:
    return short_day(datetime.fromisoformat(event.when).date()) if event else ""

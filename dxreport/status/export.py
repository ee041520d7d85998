"""The state of a round as a file: :func:`status_export` collects the texts, ``workbook`` and :func:`page` draw them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources

from ..master.records import Master
from ..workspace.text_templates import environment
from .round_status import RoundStatus, SheetStatus, State


@dataclass(frozen=True, slots=True)
class Line:
    """One measure as texts; ``late`` in days.

    ``remarks`` holds the reason of a held sheet, open conflicts and the department's comments.
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
class StatusExport:
    """A round on one day: its measures in 建制順, counted by state in all and by department.

    ``unread`` lists the refused files that belong to no measure.
    """

    title: str
    today: str
    deadline: str
    sums: Mapping[State, int]
    departments: Mapping[str, Mapping[State, int]]
    lines: tuple[Line, ...]
    unread: tuple[str, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The states that occur, in the order of the work."""
        return tuple(self.sums)


def status_export(master: Master, found: RoundStatus, today: date) -> StatusExport:
    """Return what both files show of a round; ``today`` is the day that ``found`` was computed for."""
    departments: dict[str, Counter[State]] = {}
    for sheet in found.sheets:
        departments.setdefault(sheet.department, Counter())[sheet.state] += 1
    return StatusExport(
        title=f"{master.settings.fiscal_year.label}　{found.round.name}　提出状況",
        today=today.isoformat(),
        deadline=found.round.deadline,
        sums=found.sums,
        departments=departments,
        lines=tuple(map(_line, found.sheets)),
        unread=tuple(f"{r.id} {r.file}（{r.note}）" for r in found.refused),
    )


def _line(s: SheetStatus) -> Line:
    remarks = [s.receipt.note] if s.state is State.HELD and s.receipt else []
    remarks += [f"競合 {c.id}: {c.label}" for c in s.conflicts]
    remarks += [f"コメント {cell}: {text}" for cell, text in s.notes.items()]
    return Line(
        s.department, s.measure, " ".join(s.name.split()), s.state, s.days_late, s.issue.when[:10] if s.issue else "",
        s.receipt.when[:10] if s.receipt else "", s.receipt.id if s.receipt else "", "\n".join(filter(None, remarks)),
    )  # fmt: skip


def page(export: StatusExport) -> bytes:
    """Return the export as a self-contained HTML page in UTF-8; the same export gives the same bytes."""
    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return environment(autoescape=True).from_string(source).render(export=export).encode("utf-8")

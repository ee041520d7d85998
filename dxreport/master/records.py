"""What a master holds beside its measures: states, ledger, receipts, history, conflicts.

Every record is one row of its sheet; its attributes stand in the order of the columns (see
``dxreport.master.schema``). Times are texts ``YYYY-MM-DD HH:MM:SS``, as they stand in the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from ..domain.model import PARTS, Department, Measure, Part, Ref, Settings
from ..domain.values import fold
from ..ooxml.table import Area
from .schema import sheet_of


class Place(NamedTuple):
    """A cell of the master, as people find it."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"「{self.sheet}」シート {self.cell}"


class MeasureState(Enum):
    """状態 of a measure."""

    ACTIVE = "実施中"
    STOPPED = "中止"
    COMPLETED = "完了"
    ABSORBED = "統合"


class Direction(Enum):
    """方向 of a 成果目標: whether more or less of it is better."""

    MORE = "多いほど良い"
    LESS = "少ないほど良い"
    RANGE = "範囲"
    NOT_JUDGED = "判定しない"
    UNKNOWN = ""

    @classmethod
    def parse(cls, text: str) -> Direction:
        """The direction that a cell holds; UNKNOWN for a blank or any other text."""
        return next((d for d in cls if d.value == fold(text)), cls.UNKNOWN)


class ReceiptState(Enum):
    """状態 of a returned sheet; ``key`` is the word of ``--json``."""

    MERGED = "取込済"
    UNCHANGED = "変更なし"
    SILENT = "記入なし"  # as issued, and sound only by what stands in the master since
    HELD = "保留"
    REFUSED = "受付不可"
    WITHDRAWN = "取下げ"

    @property
    def key(self) -> str:
        return self.name.lower()


class ConflictState(Enum):
    """状態 of a conflict; a withdrawn return takes its conflicts with it."""

    OPEN = "未解決"
    RESOLVED = "解決済"
    WITHDRAWN = "取下げ"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a measure runs: its state, and the quarter (1–4) it holds from; 0 is the whole year."""

    state: MeasureState = MeasureState.ACTIVE
    from_quarter: int = 0

    def runs_in(self, quarter: int) -> bool:
        """Whether a round of this quarter asks for the measure; 0 asks whether it ran in any quarter of the year."""
        if self.state is MeasureState.ACTIVE:
            return True
        return quarter < self.from_quarter if quarter else self.from_quarter > 1


@dataclass(frozen=True, slots=True)
class Issue:
    """発行台帳: one workbook sent out. ``form`` is the form's hash, ``sha256`` that of the file."""

    id: str
    round: str
    department: str
    measures: tuple[str, ...]
    when: str
    file: str
    form: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """受付簿: one sheet of a returned file, or the file itself (``measure`` blank) when it was refused whole."""

    id: str
    when: str
    file: str
    sha256: str
    issue_id: str
    department: str
    round: str
    measure: str
    state: ReceiptState
    changes: int = 0
    findings: str = ""
    note: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """What its sheet is: 施策ID and issue."""
        return self.measure, self.issue_id

    @property
    def number(self) -> int:
        """The place of its return among all, whatever the order of the rows."""
        return number_of(self.id)


def number_of(return_id: str) -> int:
    """12 of ``U0012``; 0 where somebody wrote something else into 受付簿."""
    return int(return_id[1:]) if return_id[1:].isdigit() else 0


def next_id(letter: str, taken: Iterable[str]) -> str:
    """The next number of a series: ``C0003`` after ``C0002``; what somebody wrote otherwise does not count."""
    numbers = [int(id_[1:]) for id_ in taken if id_[:1] == letter and id_[1:].isdecimal()]
    return f"{letter}{max(numbers, default=0) + 1:04}"


@dataclass(frozen=True, slots=True)
class Change:
    """変更履歴: one text of the master that changed. ``note`` says who or why when no return did it."""

    when: str
    measure: str
    ref: Ref
    label: str
    old: str
    new: str
    return_id: str = ""
    issue_id: str = ""
    file: str = ""
    sheet: str = ""
    cell: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """競合: a cell that the department and somebody else both changed. ``decision`` is the text taken."""

    id: str
    return_id: str
    measure: str
    ref: Ref
    label: str
    issued: str
    returned: str
    current: str
    state: ConflictState = ConflictState.OPEN
    decision: str = ""
    reason: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class FinalReport:
    """確定報告: a report whose figures were frozen as approved; ``sha256`` is that of what is kept of it."""

    id: str
    quarter: str
    when: str
    sha256: str


Record = Issue | Receipt | Change | Conflict | FinalReport


@dataclass(frozen=True, slots=True)
class Master:
    """A master workbook as read.

    ``measures`` stand in the order of their IDs, departments in 建制順. ``directions`` holds the texts of the
    column 方向, by 施策ID and 成果目標ID, those that are not blank. ``areas`` says where the
    table of each sheet is, and where its records are (see :meth:`place` for single texts).
    ``data`` and ``sha256`` are the file as it was read: edits are made on these bytes, and saving
    checks that the file is still the same.
    """

    settings: Settings
    departments: tuple[Department, ...]
    measures: tuple[Measure, ...]
    standings: Mapping[str, Standing]
    issues: tuple[Issue, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    finals: tuple[FinalReport, ...] = ()
    directions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)
    sha256: str = ""

    def measure(self, id_: str) -> Measure | None:
        """The measure with this ID."""
        return next((m for m in self.measures if m.id == id_), None)

    def department(self, name: str) -> Department | None:
        """The department of this name, or that once had it."""
        return next((d for d in self.departments if d.name == name), None) or next(
            (d for d in self.departments if name in d.former_names), None
        )

    def issue(self, id_: str) -> Issue | None:
        """The issue with this ID."""
        return next((i for i in self.issues if i.id == id_), None)

    def direction(self, measure_id: str, key: str) -> Direction:
        """The direction declared for a 成果目標."""
        return Direction.parse(self.directions.get((measure_id, key), ""))

    def place(self, measure_id: str, ref: Ref) -> Place | None:
        """The cell in which a text of a measure stands, or None for an item that the master does not hold."""
        area = self.areas[sheet_of(ref, self.settings.plan_years).name]
        row = area.rows.get((measure_id, ref.item) if ref.item else (measure_id,))
        header = sheet_of(ref, self.settings.plan_years).header_of(ref.field, ref.period)
        return Place(area.sheet, area.cell(row, header)) if row else None

    def by_department(self, quarter: int = 0) -> Iterator[tuple[Department, tuple[Measure, ...]]]:
        """Departments in 建制順 with those measures of theirs that run in a quarter (see Standing.runs_in)."""
        for department in self.departments:
            measures = tuple(
                m
                for m in self.measures
                if m.lead_department == department.name and self.standings[m.id].runs_in(quarter)
            )
            if measures:
                yield department, measures

    def keys_ever(self, measure_id: str, part: Part) -> set[str]:
        """Every item id that a list of a measure has or is known to have had, so that none is given twice."""
        refs = [c.ref for c in (*self.changes, *self.conflicts) if c.measure == measure_id]
        keys = {ref.item for ref in refs if ref.item[:1] == part.letter}
        measure = self.measure(measure_id)
        return keys | ({item.key for item in getattr(measure, part.attribute)} if measure else set())


def stamp(now: datetime) -> str:
    """A time as the master's cells hold it."""
    return now.strftime("%Y-%m-%d %H:%M:%S")


def part_of(ref: Ref) -> Part | None:
    """The list a Ref points into, or None for a text of the measure itself."""
    return next((part for part in PARTS if ref.field.startswith(part.prefix + ".")), None)

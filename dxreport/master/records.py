"""The records of a master: states, issues, receipts, changes, conflicts; and the master as read.

Every record of a ledger is one row of its sheet, with its attributes in the order of the columns (see
``dxreport.master.schema``). Times are texts ``YYYY-MM-DD HH:MM:SS``, as in the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import NamedTuple, NewType

from ..domain.fields import QUARTER_LABELS, ItemList, Ref
from ..domain.model import Department, Measure, MeasureIndex, Round, Settings
from ..domain.numbering import next_number
from ..domain.values import fold
from ..ooxml.table import TableRange
from .schema import DIRECTION_FIELD, tables_of

Day = NewType("Day", str)
"""A day in ISO form, or ``""``; cells hold it as papers print it."""


class Place(NamedTuple):
    """A cell of the master: sheet name and address."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"「{self.sheet}」シート {self.cell}"


class MeasureState(Enum):
    """The 状態 of a measure."""

    ACTIVE = "実施中"
    STOPPED = "中止"
    COMPLETED = "完了"
    ABSORBED = "統合"


class Direction(Enum):
    """The 方向 of a 成果目標: which values are better."""

    MORE = "多いほど良い"
    LESS = "少ないほど良い"
    RANGE = "範囲"
    NOT_JUDGED = "判定しない"
    UNKNOWN = ""

    @classmethod
    def parse(cls, text: str) -> Direction:
        """Return the direction that a cell holds; UNKNOWN for a blank or any other text."""
        return next((d for d in cls if d.value == fold(text)), cls.UNKNOWN)


class ReceiptState(Enum):
    """The 状態 of a returned sheet."""

    MERGED = "取込済"
    UNCHANGED = "変更なし"
    SILENT = "記入なし"  # as issued, and complete only because of other returns
    HELD = "保留"
    ELSEWHERE = "別の回"  # filled in for another round than its own
    REFUSED = "受付不可"
    DISMISSED = "除外"  # held or refused, and put aside
    WITHDRAWN = "取下げ"

    @property
    def aside(self) -> bool:
        """True if the sheet was dismissed or withdrawn: it no longer counts, and nobody is asked about it."""
        return self in (ReceiptState.DISMISSED, ReceiptState.WITHDRAWN)

    @property
    def key(self) -> str:
        """The word for it in ``--json``."""
        return self.name.lower()


class ConflictState(Enum):
    """The 状態 of a conflict; withdrawing a return withdraws its conflicts."""

    OPEN = "未解決"
    RESOLVED = "解決済"
    WITHDRAWN = "取下げ"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a measure, and the quarter (1–4) from which it applies; 0 is the whole year."""

    state: MeasureState = MeasureState.ACTIVE
    from_quarter: int = 0

    @property
    def ended(self) -> bool:
        """True if the measure has ended or will end during the year."""
        return self.state is not MeasureState.ACTIVE

    @property
    def note(self) -> str:
        """The words that mark an ended measure in lists: ``第3四半期から中止``; ``""`` for one that runs."""
        start = f"{QUARTER_LABELS[self.from_quarter]}から" if self.from_quarter else ""
        return f"{start}{self.state.value}" if self.ended else ""

    def runs_in(self, quarter: int) -> bool:
        """Return True if the measure runs in this quarter; for 0, if it runs in any quarter of the year."""
        if self.state is MeasureState.ACTIVE:
            return True
        return quarter < self.from_quarter if quarter else self.from_quarter > 1


@dataclass(frozen=True, slots=True)
class Issue:
    """A row of 発行台帳: one issued workbook. ``form`` is the hash of its form, ``sha256`` that of the file.

    ``printed`` is the deadline on its sheets (blank: none, or not recorded), ``deadline`` its own deadline, if any.
    """

    id: str
    round: str
    department: str
    measures: tuple[str, ...]
    when: str
    file: str
    form: str
    sha256: str
    printed: Day = Day("")
    deadline: Day = Day("")

    def due(self, round_: Round) -> str:
        """Return the deadline of an issue: its own, else the current one of its round."""
        return self.deadline or round_.deadline

    def moved(self, round_: Round) -> bool:
        """Return True if it is due on another day than its sheets show."""
        return bool(self.printed) and self.printed != self.due(round_)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row of 受付簿: one sheet of a returned file, or a refused file as a whole (``measure`` is ``""``).

    ``note`` says why it is held, or was accepted, dismissed or withdrawn. ``replaced_by`` is the return that was merged
    instead of this held one, ``meant`` the round that the sheet was filled in for, if not its own. ``comments`` are the
    notes that the department wrote on cells, one per line (``E21: …``).
    """

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
    replaced_by: str = ""
    meant: str = ""
    comments: str = ""

    @property
    def notes(self) -> dict[str, str]:
        """The notes of the department by cell."""
        lines = (line.partition(": ") for line in self.comments.split("\n"))
        return {cell: text for cell, colon, text in lines if colon}

    @property
    def place(self) -> tuple[str, str]:
        """The measure and issue that identify the sheet."""
        return self.measure, self.issue_id

    @property
    def number(self) -> int:
        """The number of its return."""
        return number_of(self.id)


def number_of(id_: str) -> int:
    """Return the number in an ID of a ledger: 12 for ``U0012`` or ``C0012``; 0 for any other text that people wrote."""
    return int(id_[1:]) if id_[1:].isdecimal() else 0


def next_id(letter: str, taken: Iterable[str]) -> str:
    """Return the next id of a series: ``C0003`` after ``C0002``. Ids of any other form do not count."""
    return f"{letter}{next_number(letter, taken):04}"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of 変更履歴: one changed text of the master. ``note`` says who changed it and why, if no return did.

    With RECEIPT_FIELD in its ``ref``, it records that the state of a returned sheet changed.
    """

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


ROLLOVER = "rollover"  # in place of a return ID, if rollover brought the conflict from the previous year


ADDITION = "追加: "  # begins the label of a row of 競合 that offers an added item


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row of 競合: a cell that the department and someone else both changed. ``decision`` is the text chosen."""

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

    @property
    def adds(self) -> bool:
        """True if the row offers an item that a department added."""
        return self.label.startswith(ADDITION)


@dataclass(frozen=True, slots=True)
class FinalReport:
    """A row of 確定報告: a report whose figures were recorded as approved; ``sha256`` is the hash of these figures."""

    id: str
    quarter: str
    when: str
    sha256: str


Record = Issue | Receipt | Change | Conflict | FinalReport


@dataclass(frozen=True)
class Master:
    """A master workbook as read.

    ``measures`` are in order of their IDs, ``departments`` in 建制順. ``directions`` are the texts of the column 方向 by
    施策ID and 成果目標ID, ``forms`` those of the column 様式 by 施策ID, both without blank ones. ``tables`` holds the table of
    each sheet with the rows of its records (see :meth:`place` for single texts). ``commit`` names the commit of the log
    that the file was written with, ``""`` if there is none. ``data`` is the file as read: edits apply to these bytes,
    and saving checks that the file is still the same.
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
    forms: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableRange] = field(default_factory=dict, repr=False)
    commit: str = ""
    data: bytes = field(default=b"", repr=False)

    @cached_property
    def sha256(self) -> str:
        """The digest of the file as read; only a command that writes asks for it, and imports OpenSSL for it."""
        from hashlib import sha256

        return sha256(self.data).hexdigest()

    def measure(self, id_: str) -> Measure | None:
        """Return the measure with this ID, or None."""
        return self.by_id.get(id_)

    def department(self, name: str) -> Department | None:
        """Return the department with this name or, if there is none, with this former name; else None."""
        return self._departments.get(name)

    def issue(self, id_: str) -> Issue | None:
        """Return the issue with this ID, or None."""
        return self._issues.get(id_)

    def rounds_of(self, measure_id: str) -> Sequence[str]:
        """Return the rounds that a measure was issued for, one entry per issue."""
        return self._rounds.get(measure_id, ())

    @cached_property
    def _rounds(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for issue in self.issues:
            for id_ in dict.fromkeys(issue.measures):
                found.setdefault(id_, []).append(issue.round)
        return found

    @cached_property
    def _items_ever(self) -> Mapping[str, set[str]]:
        entries: tuple[Change | Conflict, ...] = (*self.changes, *self.conflicts)
        found: dict[str, set[str]] = {}
        for entry in entries:
            found.setdefault(entry.measure, set()).add(entry.ref.item)
        return found

    @cached_property
    def by_id(self) -> MeasureIndex:
        """The measures by ID; of two with the same ID, the first."""
        return MeasureIndex((m.id, m) for m in reversed(self.measures))

    @cached_property
    def _departments(self) -> Mapping[str, Department]:
        in_order = tuple(reversed(self.departments))
        return {name: d for d in in_order for name in d.former_names} | {d.name: d for d in in_order}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The names of departments by their 旧名称."""
        return {former: d.name for d in self.departments for former in d.former_names}

    @cached_property
    def _issues(self) -> Mapping[str, Issue]:
        return {i.id: i for i in reversed(self.issues)}

    def direction(self, measure_id: str, key: str) -> Direction:
        """Return the direction declared for a 成果目標."""
        return Direction.parse(self.directions.get((measure_id, key), ""))

    def place(self, measure_id: str, ref: Ref) -> Place | None:
        """Return the cell of a text of a measure, or None if the master has no such field, item or column."""
        if ref.field not in self.settings.catalogue.field and ref.field != DIRECTION_FIELD:
            return None
        schema = tables_of(self.settings).of(ref)
        table, header = self.tables.get(schema.name), schema.header_of(ref.field, ref.period)
        row = table.rows.get((measure_id, ref.item) if ref.item else (measure_id,)) if table else None
        return Place(table.sheet, table.cell(row, header)) if table and row and header in table.columns else None

    def running(self, when: Round | int) -> tuple[Measure, ...]:
        """Return the measures that run in a quarter (see :meth:`Standing.runs_in`), or that a round is sent for.

        The closing round is sent only for measures that run all year, unless 設定 says otherwise.
        """
        round_ = when if isinstance(when, Round) else Round("", when)
        closing = self.settings.closes(round_) and not self.settings.asks_ended
        return tuple(
            m
            for m in self.measures
            if (s := self.standings[m.id]).runs_in(round_.quarter) and not (closing and s.ended)
        )

    def by_department(self, when: Round | int = 0) -> Iterator[tuple[Department, tuple[Measure, ...]]]:
        """Yield the departments that lead any measures of :meth:`running`, in 建制順, with these measures."""
        running: dict[str, list[Measure]] = {}
        for measure in self.running(when):
            running.setdefault(measure.lead_department, []).append(measure)
        for department in self.departments:
            if measures := running.get(department.name):
                yield department, tuple(measures)

    def keys_ever(self, measure_id: str, items: ItemList) -> set[str]:
        """Return all item ids that a list of a measure has or had, so that none is used twice."""
        past = set(filter(items.is_id, self._items_ever.get(measure_id, ())))
        measure = self.measure(measure_id)
        return past | ({item.key for item in measure.items(items.prefix)} if measure else set())


def timestamp(now: datetime) -> str:
    """Return a time as written in the cells of the master."""
    return now.strftime("%Y-%m-%d %H:%M:%S")

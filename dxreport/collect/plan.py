"""The records of a plan: the outcome of each file and sheet, and what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..domain.fields import Ref
from ..domain.merge import Merge
from ..domain.problems import Problem
from ..intake.returned import ReturnedFile
from ..master.records import Change, Conflict, Receipt
from ..ooxml.package import Package


class Status(Enum):
    """The outcome of a sheet or file, best first."""

    UNCHANGED = "unchanged"
    MERGED = "merged"
    HELD = "held"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """The position in this order: the higher, the worse."""
        return list(Status).index(self)


# The words people read, in the order of a summary.
WORDS = {Status.MERGED: "取込", Status.UNCHANGED: "変更なし", Status.HELD: "保留", Status.REFUSED: "受付不可"}


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet of a returned file and its outcome.

    The conflicts of ``merge`` are those still open; ``questions`` are their numbers. ``labels`` name the cells of its
    changes and conflicts. ``texts`` are all its texts, ``cells`` their places in the file. ``notes`` are the
    department's, by cell. ``meant`` is the round it was filled in for, if not its own. ``kept`` is the return whose
    answer stays in each cell that it left as issued.
    """

    sheet: str
    measure: str
    status: Status
    problems: tuple[Problem, ...] = ()
    merge: Merge = field(default_factory=Merge)
    labels: Mapping[Ref, str] = field(default_factory=dict)
    cells: Mapping[Ref, str] = field(default_factory=dict)
    texts: Mapping[Ref, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    issue: str = ""
    department: str = ""
    round: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    meant: str = ""
    kept: Mapping[Ref, str] = field(default_factory=dict)
    questions: Mapping[Ref, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One returned file and its outcome.

    ``return_id`` is its number in 受付簿; ``new`` is True if this run enters it. A file of an earlier run is listed too
    if this run completed a sheet of it. ``package`` holds the decrypted parts of an .xlsx or .xlsm with held or refused
    sheets of a known round, else None. ``told`` is True if an earlier run already reported this outcome, ``aside`` if
    what could not be read of the file was dismissed.
    """

    file: ReturnedFile
    return_id: str
    new: bool
    problems: tuple[Problem, ...]
    sheets: tuple[SheetPlan, ...]
    package: Package | None = field(default=None, repr=False, compare=False)
    told: bool = False
    aside: bool = False

    @property
    def status(self) -> Status:
        """The worst status of its sheets; without sheets, refused unless dismissed."""
        if not self.sheets:
            return Status.UNCHANGED if self.aside else Status.REFUSED
        return max((s.status for s in self.sheets), key=lambda s: s.rank)

    @property
    def faults(self) -> tuple[Problem, ...]:
        """The errors of the file as a whole."""
        return tuple(p for p in self.problems if p.severity == "error")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command changes; only collect has ``files``.

    ``edits`` are changes that people made in the master since the last command. They, ``changes``, ``receipts`` and
    ``conflicts`` become new rows of the ledgers; ``updated`` ones overwrite their rows. ``texts`` are written into the
    master, as measure, address and text.
    """

    files: tuple[FilePlan, ...] = ()
    edits: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    updated: tuple[Receipt | Conflict, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    texts: tuple[tuple[str, Ref, str], ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """The numbers of the open conflicts that the files raise, and of the new ones."""
        raised = (number for f in self.files for s in f.sheets for number in s.questions.values())
        return tuple(sorted({*raised, *(c.id for c in self.conflicts)}))

    @property
    def clean(self) -> bool:
        """True if nothing is held, refused, faulty or in conflict."""
        fine = all(f.status in (Status.MERGED, Status.UNCHANGED) and not f.faults for f in self.files)
        return fine and not self.conflicts and not any(s.merge.conflicts for f in self.files for s in f.sheets)

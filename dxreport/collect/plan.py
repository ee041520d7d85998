"""What a collect would do, as records: sheets and files with their fate, and what is to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..domain.merge import Merge
from ..domain.model import Ref
from ..domain.problems import Problem
from ..intake.gather import ReturnedFile
from ..master.records import Change, Conflict, Receipt


class Status(Enum):
    """What became of a sheet or file, the best first."""

    UNCHANGED = "unchanged"
    MERGED = "merged"
    HELD = "held"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return list(Status).index(self)


@dataclass(frozen=True, slots=True)
class PlannedSheet:
    """One sheet with its fate. ``labels`` name the cells of its changes and conflicts, ``cells`` say where
    all its texts stand, ``texts`` what they are; ``notes`` are those that the department wrote, by cell.
    ``silent`` says that it says nothing of its own beside what stands in the master since."""

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
    silent: bool = False


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file with its fate; ``return_id`` is its number in 受付簿, ``new`` whether it is entered now. A file of an
    earlier run stands here too where one of this run made a sheet of it whole.

    ``package`` as in JudgedFile. A file with an error of its own was not read; its sheets, if it has any, are
    those of an earlier time when it could be.
    """

    file: ReturnedFile
    return_id: str
    new: bool
    problems: tuple[Problem, ...]
    sheets: tuple[PlannedSheet, ...]
    package: bytes = b""

    @property
    def status(self) -> Status:
        """The worst of its sheets'."""
        if not self.sheets:
            return Status.REFUSED
        return max((s.status for s in self.sheets), key=lambda s: s.rank)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a collect would do; the records are to be added to the master or written over their rows."""

    files: tuple[PlannedFile, ...] = ()
    changes: tuple[Change, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    updated: tuple[Receipt | Conflict, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was held, refused or in conflict."""
        fine = all(f.status in (Status.MERGED, Status.UNCHANGED) for f in self.files)
        return fine and not self.conflicts and not any(s.merge.conflicts for f in self.files for s in f.sheets)

"""What a command would do, as records: files and sheets with their outcome, and what is to be written."""

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
    """The outcome of a sheet or file, the best first."""

    UNCHANGED = "unchanged"
    MERGED = "merged"
    HELD = "held"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return list(Status).index(self)


# As people read them, in the order of a summary.
WORDS = {Status.MERGED: "取込", Status.UNCHANGED: "変更なし", Status.HELD: "保留", Status.REFUSED: "受付不可"}


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet with its outcome.

    ``labels`` name the cells of its changes and conflicts, ``cells`` say where all its texts stand, ``texts``
    what they are; ``notes`` are the department's, by cell; ``meant`` is the round it was filled in for, where
    that is another than its own.
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


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file with its outcome.

    ``return_id`` is its number in 受付簿, ``new`` whether it is entered now. A file of an earlier run is listed
    too where one of this run completed a sheet of it. ``package`` holds the parts of an .xlsx or .xlsm (decrypted),
    None for other formats. ``told`` says whether an earlier run told all of it already, ``aside`` whether what
    could not be read of it was dismissed.
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
        """The worst of its sheets'."""
        if not self.sheets:
            return Status.UNCHANGED if self.aside else Status.REFUSED
        return max((s.status for s in self.sheets), key=lambda s: s.rank)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command changes; ``files`` are those of a collect.

    ``edits`` are changes that people made in the master since the last command; they, ``changes``, ``receipts`` and
    ``conflicts`` are to be added to the master, ``updated`` ones written over their rows. ``texts`` are set.
    """

    files: tuple[FilePlan, ...] = ()
    edits: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    updated: tuple[Receipt | Conflict, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    texts: tuple[tuple[str, Ref, str], ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was held, refused or in conflict."""
        fine = all(f.status in (Status.MERGED, Status.UNCHANGED) for f in self.files)
        return fine and not self.conflicts and not any(s.merge.conflicts for f in self.files for s in f.sheets)

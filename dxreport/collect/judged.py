"""Judged files and sheets: what was read of a return, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..domain.fields import FIELD
from ..domain.model import Ref
from ..domain.problems import Problem
from ..form.read.filled import FilledSheet
from ..form.stamp import Stamp
from ..intake.gather import ReturnedFile
from ..issue.store import Snapshot


@dataclass(frozen=True, slots=True)
class JudgedSheet:
    """One sheet of a form. ``filled`` is None where it could not be read.

    ``open`` are the Refs whose changes the merge may take: inputs of the round, and earlier
    answers that were corrected. ``notes`` are those that the department wrote, by cell.
    ``inherited`` are the texts of the return that it is a corrected copy of, where that went in meanwhile.
    ``leans`` says whether it was judged by what stands in the master since, in cells it leaves as issued.
    ``halves`` are the sheets of other returns, oldest first, that waited for this one and go in with it.
    """

    sheet: str
    stamp: Stamp
    measure: str
    snapshot: Snapshot | None
    problems: tuple[Problem, ...]
    filled: FilledSheet | None = None
    open: frozenset[Ref] = frozenset()
    notes: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[Ref, str] = field(default_factory=dict)
    leans: bool = False
    halves: tuple[Half, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether it could not be told what the sheet is."""
        return self.filled is None

    @property
    def held(self) -> bool:
        """Whether an error holds the sheet back."""
        return bool(self.errors)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that hold it back."""
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The other problems."""
        return tuple(p for p in self.problems if p.severity != "error")

    @property
    def place(self) -> tuple[str, str]:
        """What it is: 施策ID and issue."""
        return self.measure, self.stamp.issue

    @property
    def silent(self) -> bool:
        """Whether it says nothing of its own, and is what it is by what others said."""
        return self.leans and not self.answers

    @property
    def answers(self) -> Mapping[Ref, str]:
        """The texts that the merge may take and that are not as issued (or, in a corrected copy, as inherited)."""
        if self.filled is None or self.snapshot is None:
            return {}
        before = {**self.snapshot.texts[self.measure], **self.inherited}
        return {ref: t for ref, t in self.filled.texts.items() if ref in self.open and t != before.get(ref, "")}


@dataclass(frozen=True, slots=True)
class Half:
    """A sheet that waits for nothing but answers, and the return it came in."""

    file: JudgedFile
    return_id: str
    sheet: JudgedSheet


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A returned file: its sheets, and what is wrong with the file; an error where it has none.

    ``package`` are the bytes of an .xlsx or .xlsm (decrypted), ``b""`` for other formats. ``corrects`` is the
    number of the return that it is a corrected copy of, "" for none.
    """

    file: ReturnedFile
    problems: tuple[Problem, ...] = ()
    sheets: tuple[JudgedSheet, ...] = ()
    package: bytes = b""
    corrects: str = ""


def released(sheet: JudgedSheet) -> JudgedSheet:
    """A held sheet as the coordinator accepted it: its errors no longer hold it, and all it changed counts but
    what no round ever opens (施策ID, 施策名, 主管部署): that is the coordinator's own to change."""
    softened = tuple(replace(p, severity="warning") for p in sheet.problems)
    opened = {
        ref
        for ref in (sheet.filled.texts if sheet.filled else ())
        if FIELD[ref.field].group or ref.field == "activity.plan_label"
    }
    return replace(sheet, problems=softened, open=frozenset(opened))

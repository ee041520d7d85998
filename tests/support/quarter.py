"""Play 第1四半期: a workspace issued once and copied, and returns filled in as by departments.

The answers are those of the published forms, so a return without edits has no errors (except 03-04, which reported
future quarters).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import openpyxl
from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries

from dxreport.collect.plan import Plan, SheetPlan
from dxreport.collect.run import collect
from dxreport.domain.fields import Ref
from dxreport.form.compile import Form, load_form
from dxreport.issue import render as issuing
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.master.read import read_master
from dxreport.master.records import Master
from dxreport.master.write import MasterEdit
from dxreport.sendback.fill import fill, positions
from dxreport.workspace.bundled import bundled
from dxreport.workspace.paths import Workspace
from tests.support.packages import edited

ISSUED = datetime(2022, 7, 1, 9)
RETURNED = datetime(2022, 7, 14, 17)
OFFICE = "産業振興課"  # two measures: 01-01 and 01-04
ANSWERS = {m.id: m for m in sample.load(with_answers=True)}
FORM = load_form(bundled("templates") / FORM_NAME)
Edits = Mapping[str, str]  # by str(Ref)


@dataclass(frozen=True)
class Quarter:
    """A workspace in which 第1四半期 was issued."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def master(self) -> Master:
        return read_master(self.workspace.master)

    @property
    def form(self) -> Form:
        return FORM

    @property
    def sent(self) -> Path:
        """The folder of the workbooks as sent."""
        return self.workspace.reports / "令和４年度_第1四半期_配付"

    def book(self, department: str = OFFICE) -> bytes:
        """Return the workbook that a department was sent."""
        return (self.sent / f"令和４年度_第1四半期_{department}.xlsx").read_bytes()

    def filled(self, answers: Mapping[str, Edits], department: str = OFFICE, *, full: bool = True) -> bytes:
        """Return that workbook filled in: with the published answers (if ``full``), then ``answers`` by measure."""
        data = self.book(department)
        whole: dict[str, dict[Ref, str]] = {}
        if full:
            whole = {m.id: printed(m.id) for m in ANSWERS.values() if m.lead_department == department}
        for id_, edits in answers.items():
            whole.setdefault(id_, {}).update({Ref.parse(ref): text for ref, text in edits.items()})
        return fill(data, self.form, whole, quarter=1, year=1)

    def cells(self, data: bytes, sheet: str) -> dict[str, str]:
        """Return the cell of each text of a sheet, by str(Ref)."""
        found = positions(data, self.form, quarter=1, year=1).values()
        return {str(ref): at for place in found if place.sheet == sheet for ref, at in place.cells.items()}

    def put(self, data: bytes, name: str = "返送.xlsx") -> Path:
        """Save a return outside the workspace and return its path."""
        path = self.root.parent / "受信" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def collect(self, *returns: bytes | Path, now: datetime = RETURNED, **options: bool) -> Plan:
        """Collect returns in one run."""
        paths = [r if isinstance(r, Path) else self.put(r, f"返送{n}.xlsx") for n, r in enumerate(returns, 1)]
        return collect(self.workspace, paths, now, **options).plan

    def values(self, measure: str) -> dict[str, str]:
        """Return the texts of a measure in the master, by str(Ref)."""
        return {str(ref): text for ref, text in self.master.measure(measure).values().items()}

    def write(self, measure: str, edits: Edits) -> None:
        """Change the master by hand."""
        edit = MasterEdit(self.master)
        edit.set_all((measure, Ref.parse(ref), text) for ref, text in edits.items())
        self.workspace.master.write_bytes(edit.data())

    def add_word(self, word: str) -> None:
        """Add a word of 進捗 to 設定, as people do."""
        book = openpyxl.load_workbook(self.workspace.master)
        area = book["設定"].tables["進捗表"]
        left, top, right, bottom = range_boundaries(area.ref)
        book["設定"].cell(bottom + 1, left, word)
        area.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom + 1}"
        book.save(self.workspace.master)

    def files(self) -> dict[str, bytes]:
        """Return every file of the workspace except the lock file."""
        found = (p for p in self.root.rglob("*") if p.is_file() and p != self.workspace.lock)
        return {p.relative_to(self.root).as_posix(): p.read_bytes() for p in found}


def printed(measure: str) -> dict[Ref, str]:
    """Return what a department answered for 第1四半期."""
    texts = ANSWERS[measure].values()
    return {r: t for r, t in texts.items() if r.field in ("activity.progress", "activity.countermeasure") and t}


def make(folder: Path) -> Quarter:
    """Make a workspace with the quarter issued to all departments."""
    workspace = create(folder, date(2022, 7, 1), sample=True).workspace
    quarter = Quarter(folder)
    issue(quarter)
    assert workspace == quarter.workspace
    return quarter


def issue(
    quarter: Quarter, round_name: str = "第1四半期", now: datetime = ISSUED, **chosen: tuple[str, ...]
) -> list[issuing.PreparedIssue]:
    """Issue a round; ``chosen`` are the options of ``issue.render.plan``."""
    master = quarter.master
    round_ = master.settings.round(round_name)
    books = issuing.plan(master, Forms(quarter.workspace.templates, master), round_, now, **chosen)
    out = issuing.out_folder(quarter.workspace, master, round_)
    issuing.apply(quarter.workspace, master, books, out, now=now)
    return books


def copy(quarter: Quarter, folder: Path) -> Quarter:
    """Copy a quarter into ``folder``, to be changed."""
    return Quarter(shutil.copytree(quarter.root, folder / quarter.root.name))


def reshaped(data: bytes, sheet: str, *changes: Callable[[etree._Element], None]) -> bytes:
    """Apply changes to the XML of a sheet, one after the other."""
    for change in changes:
        data = edited(data, sheet, change)
    return data


def sheet_of(plan: Plan, measure: str, file: int = 0) -> SheetPlan:
    """Return the outcome of a measure's sheet."""
    [found] = [s for s in plan.files[file].sheets if s.measure == measure]
    return found


def found(sheet: SheetPlan) -> list[tuple[str, str, str]]:
    """Return code, severity and cell of each problem of a sheet."""
    return [(p.code, p.severity, p.cell) for p in sheet.problems]

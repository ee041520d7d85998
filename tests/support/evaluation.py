"""Play 事務事業評価: a workspace with declared fields, issued and filled in by departments."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import openpyxl

from dxreport.collect.plan import Plan
from dxreport.collect.run import collect
from dxreport.domain.fields import Catalogue, Ref
from dxreport.domain.model import Measure, Settings
from dxreport.form.compile import Form, load_form
from dxreport.issue import render as issuing
from dxreport.issue.forms import Forms
from dxreport.lifecycle import sample
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.catalogue import read_catalogue
from dxreport.master.read import read_master
from dxreport.master.records import Master
from dxreport.master.workbook import MasterWorkbook
from dxreport.ooxml.package import Package
from dxreport.sendback.fill import positions
from dxreport.workspace.bundled import bundled
from dxreport.workspace.paths import Workspace
from tests.support.measures import measure, with_texts

GALLERY, FORM = bundled("gallery"), "事務事業評価.xlsx"
ROUND = "年度実績"
GROUPS = frozenset({"主担当者", "一次評価", "今後の方向性", "費用"})
OFFICE, OTHER = "産業振興課", "総務課"
ISSUED, RETURNED = datetime(2023, 4, 3, 9), datetime(2023, 4, 20, 17)
ONE = {
    "name": "電子地域通貨", "lead_department": OFFICE, "contact_person": "山田", "goal": "利用を広げる",
    "費用.費目/費用1": "委託料", "費用.予算額/費用1": "12500", "費用.費目/費用2": "需用費", "費用.予算額/費用2": "300",
    "二次評価": "B",
}  # fmt: skip
TWO = {"name": "研修", "lead_department": OTHER, "contact_person": "佐藤", "goal": "全員が受ける"}
ANSWERS = {
    "評価": "B", "方向性": "継続", "費用.決算額/費用1": 12006, "費用.決算額/費用2": 280,
}  # fmt: skip


@cache
def catalogue() -> Catalogue:
    """Return the fields that the gallery declares for its form."""
    book = MasterWorkbook(Package((GALLERY / FORM).read_bytes()))
    found = read_catalogue(book, 4)
    assert not book.faults
    return found


def settings(fields: Catalogue | None = None) -> Settings:
    """Return the settings, with the declared fields open in the round 年度実績."""
    given = sample.settings()
    rounds = tuple(replace(r, opens=GROUPS, requires=frozenset()) if r.name == ROUND else r for r in given.rounds)
    return replace(given, rounds=rounds, catalogue=fields or catalogue())


def measures(fields: Catalogue | None = None) -> list[Measure]:
    """Return the two measures to be evaluated."""
    fields = fields or catalogue()
    return [measure("01-01", ONE, fields), with_texts(measure("01-02", {}, fields), TWO)]


@dataclass(frozen=True)
class Evaluation:
    """A workspace whose form is 事務事業評価."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def master(self) -> Master:
        return read_master(self.workspace.master)

    @property
    def form(self) -> Form:
        return load_form(self.workspace.templates / FORM, self.master.settings.catalogue)

    def issue(self, now: datetime = ISSUED, **chosen: tuple[str, ...]) -> list[Path]:
        """Issue the round."""
        master, round_ = self.master, self.master.settings.round(ROUND)
        assert round_ is not None
        books = issuing.plan(master, Forms(self.workspace.templates, master), round_, now, **chosen)
        out = issuing.out_folder(self.workspace, master, round_)
        return issuing.apply(self.workspace, master, books, out, now=now)

    def sent(self, department: str = OFFICE) -> Path:
        """Return the path of the workbook that a department was sent last."""
        issue = [i for i in self.master.issues if i.department == department][-1]
        return self.workspace.issued / f"{issue.id}.xlsx"

    def cells(self, id_: str = "01-01", department: str = OFFICE) -> dict[str, str]:
        """Return the cells of a measure's sheet as issued, by str(Ref)."""
        issue = [i for i in self.master.issues if i.department == department][-1]
        form = self.form
        found = positions(self.sent(department).read_bytes(), form, quarter=0, year=1)[id_].cells
        assert issue.form == form.digest
        return {str(ref): at for ref, at in found.items()}

    def filled(self, answers: Mapping[str, object], id_: str = "01-01", department: str = OFFICE) -> bytes:
        """Return the workbook filled in as by a department: texts and numbers typed into cells, by str(Ref)."""
        return typed(self.sent(department).read_bytes(), id_, self.cells(id_, department), answers)

    def put(self, data: bytes, name: str = "返送.xlsx") -> Path:
        """Save a return outside the workspace and return its path."""
        path = self.root.parent / "受信" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def collect(self, *returns: Path | bytes, now: datetime = RETURNED) -> Plan:
        """Collect returns in one run."""
        paths = [r if isinstance(r, Path) else self.put(r, f"返送{n}.xlsx") for n, r in enumerate(returns, 1)]
        return collect(self.workspace, paths, now).plan

    def values(self, id_: str = "01-01") -> dict[str, str]:
        """Return the non-blank texts of a measure in the master, by str(Ref)."""
        found = self.master.measure(id_)
        assert found is not None
        return {str(ref): text for ref, text in found.values().items() if text}

    def copy(self, folder: Path) -> Evaluation:
        """Return a copy in ``folder``, to be changed."""
        return Evaluation(shutil.copytree(self.root, folder / self.root.name))

    def retype(self, sheet: str, change: object) -> None:
        """Edit a sheet of the master as in a spreadsheet program."""
        book = openpyxl.load_workbook(self.workspace.master)
        change(book[sheet])  # type: ignore[operator]
        out = io.BytesIO()
        book.save(out)
        self.workspace.master.write_bytes(out.getvalue())

    def redeclare(self, name: str, texts: Mapping[str, str] | None) -> None:
        """Change the row of a field in 項目, add one, or delete it (None), as a coordinator does."""

        def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
            at = {cell.value: cell.column for cell in sheet[1]}
            rows = [c.row for c in sheet["A"] if c.value == name]
            row = rows[0] if rows else sheet.max_row + 1
            if texts is None:
                sheet.delete_rows(row)
            for header, text in (texts or {}).items():
                sheet.cell(row, at[header], text)
            sheet.tables["項目表"].ref = f"A1:O{sheet.max_row}"

        self.retype("項目", change)


def typed(data: bytes, sheet: str, at: Mapping[str, str], answers: Mapping[str, object]) -> bytes:
    """Return the workbook with these values typed into cells of a sheet, as openpyxl stores them."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for ref, value in answers.items():
        book[sheet][at[ref]] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make(folder: Path, fields: Catalogue | None = None) -> Evaluation:
    """Make a workspace with two measures to be evaluated, not yet issued."""
    made = Evaluation(folder)
    made.workspace.templates.mkdir(parents=True)
    made.workspace.master.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(GALLERY / FORM, made.workspace.templates / FORM)
    made.workspace.master.write_bytes(master_bytes(settings(fields), DEPARTMENTS, measures(fields)))
    return made


def refs(texts: Mapping[str, str]) -> dict[Ref, str]:
    """Return texts by Ref instead of by str(Ref)."""
    return {Ref.parse(ref): text for ref, text in texts.items()}

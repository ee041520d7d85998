"""第1四半期 as it is played in tests: a workspace rendered once and copied, returns filled in as departments do.

The answers are those of the published forms, so that a return without edits is one that nothing holds back
(03-04 apart, which reported quarters to come).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from lxml import etree

from dxreport.collect.plan import Plan, SheetPlan
from dxreport.collect.run import collect
from dxreport.domain.model import Ref
from dxreport.form.compile import Form, load_form
from dxreport.issue import render as issuing
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.master.read import read_master
from dxreport.master.records import Master
from dxreport.master.write import MasterEdit
from dxreport.ooxml.package import DOC_RELS_NS, RELS_NS, Package, serialise
from dxreport.ooxml.table import sheet_parts
from dxreport.sendback.fill import fill, positions
from dxreport.workspace.bundled import bundled
from dxreport.workspace.paths import Workspace
from tests.support.packages import S, edited, part_of

ISSUED = datetime(2022, 7, 1, 9)
RETURNED = datetime(2022, 7, 14, 17)
OFFICE = "産業振興課"  # two measures: 01-01 and 01-04
ANSWERS = {m.id: m for m in sample.load(with_answers=True)}
FORM = load_form(bundled("templates") / issuing.FORM_NAME)
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
        """The folder with the workbooks as they were sent."""
        return self.workspace.reports / "令和４年度_第1四半期_配付"

    def book(self, department: str = OFFICE) -> bytes:
        """The workbook that a department was sent."""
        return (self.sent / f"令和４年度_第1四半期_{department}.xlsx").read_bytes()

    def filled(self, answers: Mapping[str, Edits], department: str = OFFICE, *, full: bool = True) -> bytes:
        """That workbook as it comes back: the published answers on all its sheets (unless not ``full``), then ``answers``."""
        data = self.book(department)
        whole: dict[str, dict[Ref, str]] = {}
        if full:
            whole = {m.id: printed(m.id) for m in ANSWERS.values() if m.lead_department == department}
        for id_, edits in answers.items():
            whole.setdefault(id_, {}).update({Ref.parse(ref): text for ref, text in edits.items()})
        return fill(data, self.form, whole, quarter=1, year=1)

    def cells(self, data: bytes, sheet: str) -> dict[str, str]:
        """Where each text of a sheet stands, by str(Ref)."""
        return {str(ref): at for ref, at in positions(data, self.form, sheet, quarter=1, year=1).items()}

    def put(self, data: bytes, name: str = "返送.xlsx") -> Path:
        """The return saved outside of the workspace."""
        path = self.root.parent / "受信" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def collect(self, *returns: bytes | Path, now: datetime = RETURNED, **options: bool) -> Plan:
        """Collect returns, one command for all."""
        paths = [r if isinstance(r, Path) else self.put(r, f"返送{n}.xlsx") for n, r in enumerate(returns, 1)]
        return collect(self.workspace, paths, now, **options).plan

    def values(self, measure: str) -> dict[str, str]:
        """The texts of a measure in the master."""
        return {str(ref): text for ref, text in self.master.measure(measure).values().items()}

    def write(self, measure: str, edits: Edits) -> None:
        """Change the master by hand."""
        edit = MasterEdit(self.master)
        edit.set_all((measure, Ref.parse(ref), text) for ref, text in edits.items())
        self.workspace.master.write_bytes(edit.data())

    def files(self) -> dict[str, bytes]:
        """Every file of the workspace, but the one that only serves as a lock."""
        found = (p for p in self.root.rglob("*") if p.is_file() and p != self.workspace.lock)
        return {p.relative_to(self.root).as_posix(): p.read_bytes() for p in found}


def printed(measure: str) -> dict[Ref, str]:
    """What a department answered for 第1四半期."""
    texts = ANSWERS[measure].values()
    return {r: t for r, t in texts.items() if r.field in ("activity.progress", "activity.countermeasure") and t}


def make(folder: Path) -> Quarter:
    """A new workspace with the quarter issued to all departments."""
    workspace = create(folder, date(2022, 7, 1), sample=True).workspace
    quarter = Quarter(folder)
    issue(quarter)
    assert workspace == quarter.workspace
    return quarter


def issue(
    quarter: Quarter, round_name: str = "第1四半期", now: datetime = ISSUED, **chosen: tuple[str, ...]
) -> list[issuing.Workbook]:
    """Render a round."""
    master = quarter.master
    round_ = master.settings.round(round_name)
    books = issuing.plan(master, quarter.form, round_, now, **chosen)
    out = issuing.out_folder(quarter.workspace, master, round_)
    issuing.apply(quarter.workspace, master, books, quarter.form, out, now=now)
    return books


def copy(quarter: Quarter, folder: Path) -> Quarter:
    """A copy to be changed."""
    return Quarter(shutil.copytree(quarter.root, folder / quarter.root.name))


def reshaped(data: bytes, sheet: str, *changes: Callable[[etree._Element], None]) -> bytes:
    """The workbook after people changed the shape of a sheet."""
    for change in changes:
        data = edited(data, sheet, change)
    return data


def sheet_of(plan: Plan, measure: str, file: int = 0) -> SheetPlan:
    """What became of a measure's sheet."""
    [found] = [s for s in plan.files[file].sheets if s.measure == measure]
    return found


def found(sheet: SheetPlan) -> list[tuple[str, str, str]]:
    """(code, severity, cell) of the problems of a sheet."""
    return [(p.code, p.severity, p.cell) for p in sheet.problems]


def with_sheet(data: bytes, name: str, xml: bytes) -> bytes:
    """The workbook with a sheet of another (same styles) moved into it."""
    package = Package(data)
    book, rels, types = (
        package.xml(p) for p in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml")
    )
    part = f"xl/worksheets/moved{len(sheet_parts(package))}.xml"
    etree.SubElement(
        rels, f"{{{RELS_NS}}}Relationship", Id=f"rM{part[-5]}", Type=f"{DOC_RELS_NS}/worksheet", Target="/" + part
    )
    new = etree.SubElement(book.find(f"{S}sheets"), f"{S}sheet", name=name, sheetId=str(70 + len(sheet_parts(package))))
    new.set(f"{{{DOC_RELS_NS}}}id", f"rM{part[-5]}")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    etree.SubElement(types, etree.QName(types, "Override"), PartName="/" + part, ContentType=kind)
    bare = etree.fromstring(xml)
    for child in [c for c in bare if c.tag not in {f"{S}{t}" for t in ("sheetData", "mergeCells", "cols")}]:
        bare.remove(child)
    changed = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": rels, "[Content_Types].xml": types}
    return package.with_parts({name: serialise(root) for name, root in changed.items()} | {part: serialise(bare)})


def sheet_xml(data: bytes, sheet: str) -> bytes:
    """The XML of a sheet."""
    package = Package(data)
    return package.read(part_of(package, sheet))

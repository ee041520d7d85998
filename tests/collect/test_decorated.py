"""A decorated master goes through the whole loop; what people added stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dxreport.collect.resolve import accept, decide
from dxreport.lifecycle.init import create
from dxreport.master.schema import ACTIVITIES, CHANGES, CONFLICTS, ISSUES, MEASURES, RECEIPTS
from dxreport.ooxml.package import Package
from dxreport.ooxml.table import sheet_parts, tables
from tests.support.decorated import decorate
from tests.support.packages import S, faults
from tests.support.quarter import ISSUED, RETURNED, Quarter, issue, sheet_of

pytestmark = pytest.mark.slow

P1 = "activity.progress/K1/1"
OURS = [sheet.name for sheet in (MEASURES, ACTIVITIES, ISSUES, RECEIPTS, CHANGES, CONFLICTS)]


def through_the_loop(quarter: Quarter) -> None:
    """Issue, collect a held sheet, a conflict and a new text, and decide both."""
    issue(quarter)
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    plan = quarter.collect(
        quarter.filled({"01-01": {"procurement": "部署の内容"}, "01-04": {"contact_person": "後任"}}),
        quarter.filled({"03-01": {P1: "順調"}}, "総務課"),
    )
    assert [c.id for c in plan.conflicts] == ["C0001"]
    assert sheet_of(plan, "03-01", 1).status.value == "held"
    decide(quarter.workspace, "C0001", "returned", "電話で確認", RETURNED + timedelta(days=1))
    accept(quarter.workspace, "U0002", "03-01", "電話で確認", RETURNED + timedelta(days=1))
    assert quarter.values("01-01")["procurement"] == "部署の内容"
    assert quarter.values("03-01")[P1] == "順調"


def changed_parts(before: Package, after: Package) -> set[str]:
    assert set(after.names) - set(before.names) <= {"docProps/custom.xml"} and set(before.names) <= set(after.names)
    return {name for name in before.names if before.member(name).data != after.member(name).data}


def ours(package: Package) -> set[str]:
    """Return the parts that the loop may write: its own sheets and tables, and the recalculation flag."""
    parts = {sheet_parts(package)[name] for name in OURS}
    named = {
        "xl/workbook.xml",
        "[Content_Types].xml",
        "_rels/.rels",
        "docProps/custom.xml",
    }  # where the document property is named, too
    return parts | {t.part for part in parts for t in tables(package, part)} | named


@pytest.fixture
def workspace(tmp_path: Path) -> Quarter:
    create(tmp_path / "作業", ISSUED.date(), sample=True)
    return Quarter(tmp_path / "作業")


@pytest.mark.quick
def test_every_part_that_is_not_ours_stays(workspace: Quarter) -> None:
    path = workspace.workspace.master
    path.write_bytes(decorate(path.read_bytes()))
    before = Package(path.read_bytes())
    through_the_loop(workspace)
    after = Package(path.read_bytes())
    assert changed_parts(before, after) <= ours(before)
    kept = set(before.names) - ours(before)
    assert all(
        any(word in name for name in kept)
        for word in ("chart", "drawing", "media", "comments", "vml", "calcChain", "sheet99")
    )
    assert faults(after.data) == faults(before.data)


def test_their_column_and_rules_on_our_sheets_stay(workspace: Quarter) -> None:
    path = workspace.workspace.master
    path.write_bytes(decorate(path.read_bytes()))
    through_the_loop(workspace)
    package = Package(path.read_bytes())
    root = package.xml(sheet_parts(package)["取組"])
    notes = ["".join(c.itertext()) for c in root.iter(f"{S}c") if c.get("r", "").startswith("Q")]
    rows = [r.get("r") for r in root.iter(f"{S}row")]
    assert notes == ["係のメモ", *(f"メモ{n}" for n in rows[1:])]
    assert "NOT(ISERROR(SEARCH(" in "".join(root.itertext())


@pytest.mark.libreoffice
def test_the_same_after_libreoffice_saved_the_master(workspace: Quarter, soffice: Callable[[Path, str], Path]) -> None:
    path = workspace.workspace.master
    path.write_bytes(decorate(path.read_bytes()))
    path.write_bytes(soffice(path, "xlsx").read_bytes())
    before = Package(path.read_bytes())
    assert any("chart" in name for name in before.names) and any("media" in name for name in before.names)
    through_the_loop(workspace)
    after = Package(path.read_bytes())
    assert changed_parts(before, after) <= ours(before)

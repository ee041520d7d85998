"""Returns saved by LibreOffice: the same answers; held ones go back as the workbook that was sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dxreport.collect.run import collect
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.refs import cell
from tests.support.cases import SAVED
from tests.support.measures import with_texts
from tests.support.quarter import ANSWERS, RETURNED, Quarter, found, sheet_of

P1 = "activity.progress/K1/1"


@pytest.mark.parametrize("kind", SAVED)
def test_what_libreoffice_saved_says_the_same(
    quarter: Quarter, soffice: Callable[[Path, str], Path], kind: str
) -> None:
    path = soffice(quarter.put(quarter.filled({"01-01": {"contact_person": "=後任"}})), kind)
    plan = quarter.collect(path)
    assert [(s.measure, s.status.value, found(s)) for s in plan.files[0].sheets] == [
        ("01-01", "merged", []),
        ("01-04", "merged", []),
    ]
    assert quarter.master.measure("01-04") == ANSWERS["01-04"]
    assert quarter.master.measure("01-01") == with_texts(ANSWERS["01-01"], {"contact_person": "=後任"})


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_held_sheet_of_another_format_goes_back_as_xlsx_with_the_answers_in_it(
    quarter: Quarter, soffice: Callable[[Path, str], Path], kind: str
) -> None:
    path = soffice(quarter.put(quarter.filled({"01-01": {P1: "順調", "contact_person": "後任"}})), kind)
    done = collect(quarter.workspace, [path], RETURNED)
    [copy] = done.copies
    assert copy.suffix == ".xlsx" and copy.name.startswith("U0001_")
    data = copy.read_bytes()
    at = quarter.cells(data, "01-01")
    rows = open_workbook(data).sheet("01-01").rows
    assert [rows[r - 1][c - 1] for r, c in (cell(at[P1]), cell(at["contact_person"]))] == ["順調", "後任"]
    again = quarter.collect(copy, dry_run=True)
    assert [p.code for p in sheet_of(again, "01-01").problems] == ["E101"]

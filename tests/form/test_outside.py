"""Texts in cells that are no field, and changed labels, are reported once a sheet and kept with the return."""

from __future__ import annotations

import pytest
from lxml import etree

from dxreport.domain.model import Measure
from dxreport.form.read.filled import FilledSheet, read_filled
from dxreport.form.read.sheet import read_sheet
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.ooxml.package import Package
from dxreport.ooxml.worksheets import Worksheets
from tests.support.lens import FIRST, FORM, REAL, SETTINGS, prepared
from tests.support.packages import edited, insert_rows, set_text
from tests.support.quarter import Quarter
from tests.support.templates import compiled, good, template


def returned(made: PreparedForm, measure: Measure, *edits: tuple[tuple[int, int], str], rows: int = 0) -> FilledSheet:
    """What is read from a sheet after texts were typed into cells, and ``rows`` inserted at row 2."""

    def change(root: etree._Element) -> None:
        for at, text in edits:
            set_text(root, at, text)
        if rows:
            insert_rows(root, 2, rows)

    data = edited(render_book(made, [measure], "R04Q1-001").data, measure.id, change)
    package = Package(data)
    grid = Worksheets(package).grid(measure.id)
    filled = read_sheet(made.form, grid.rows, quarter=1, year=1)[measure.id]
    return read_filled(grid, filled, measure.values(), SETTINGS)


def said(sheet: FilledSheet) -> list[tuple[str, str, str]]:
    return [(p.code, p.cell, p.value) for p in sheet.problems]


@pytest.mark.parametrize("measure", REAL)
def test_a_sheet_as_issued_has_none(measure: str) -> None:
    for round_ in SETTINGS.rounds:
        made = PreparedForm(FORM, round_, SETTINGS, "産業振興課")
        assert said(returned(made, REAL[measure])) == []


def test_a_text_in_a_cell_for_free_texts() -> None:
    made = prepared(FIRST, compiled(template(**good(B8="備考", c8="{{ free }}"))))
    measure = REAL["01-01"]
    row = 2 + 1 + 1 + 2 * len(measure.activities) + 2
    assert said(returned(made, measure)) == []
    [found] = said(returned(made, measure, ((row, 3), "来月で終わります")))
    assert found == ("W504", f"C{row}", "来月で終わります")


def test_changed_labels_are_one_problem() -> None:
    measure = REAL["01-01"]
    cells = [((6, 2), "担当の部"), ((7, 2), "担当者")]
    [found] = said(returned(prepared(), measure, *cells))
    assert found == ("W512", "B6、B7", "担当の部／担当者")
    [moved] = [f for f in said(returned(prepared(), measure, *cells, rows=2)) if f[0] == "W512"]
    assert moved == ("W512", "B8、B9", "担当の部／担当者")


def test_a_label_that_was_emptied_or_only_spaced_is_no_problem() -> None:
    assert said(returned(prepared(), REAL["01-01"], ((6, 2), ""), ((7, 2), "施 策名\u3000"))) == []


def test_the_text_is_kept_with_the_return(quarter: Quarter) -> None:
    data = edited(quarter.filled({}), "01-01", lambda root: set_text(root, (6, 2), "主担当者（代理: 山田）"))
    plan = quarter.collect(data)
    [sheet] = [s for s in plan.files[0].sheets if s.measure == "01-01"]
    [found] = [p for p in sheet.problems if p.code == "W512"]
    assert (found.severity, found.value) == ("warning", "主担当者（代理: 山田）")
    assert sheet.status.value == "merged"


@pytest.mark.parametrize("key", ["r²", "r²/K1", "r" + "9" * 5000])
def test_a_key_that_names_no_row_is_as_good_as_a_removed_one(key: str) -> None:
    assert [code for code, _, _ in said(returned(prepared(), REAL["01-01"], ((6, 1), key)))] == ["E302"]

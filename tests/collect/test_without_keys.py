"""Returned sheets without stamp and keys: read by their labels with a warning, or refused with the reason."""

from __future__ import annotations

import io

import openpyxl
import pytest
import xlsxwriter

from dxreport.collect.plan import Plan
from dxreport.domain.fields import Ref
from dxreport.ooxml.refs import cell
from tests.support.packages import Grid, delete_column, delete_row, rows_of
from tests.support.quarter import OFFICE, Quarter, found, reshaped, sheet_of

P1, C1 = "activity.progress/K1/1", "activity.countermeasure/K1/1"
ANSWER = {P1: "進捗遅延・課題あり", C1: "人を増やす"}


def values(quarter: Quarter, sheet: str = "01-01", **answers: str) -> Grid:
    """Return the values of a filled-in sheet, without row 1 and column A."""
    return [row[1:] for row in rows_of(quarter.filled({sheet: answers or ANSWER}), sheet)[1:]]


def pasted(*grids: Grid) -> bytes:
    """Return a new workbook into which sheets were pasted as values."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for rows in grids:
        sheet = book.add_worksheet()
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                if text != "":
                    sheet.write_string(r, c, str(text))
    book.close()
    return stream.getvalue()


def changes(plan: Plan) -> dict[str, str]:
    """Return what the plan changes in 01-01, by str(Ref)."""
    return {str(c.ref): c.new for c in plan.changes if c.measure == "01-01"}


def by_keys(quarter: Quarter) -> dict[str, str]:
    """Return what the same answers change where the keys are present."""
    return changes(quarter.collect(quarter.filled({"01-01": ANSWER}), dry_run=True))


def refusal(plan: Plan) -> tuple[str, str]:
    """Return code and message of the only problem of a refused file."""
    [planned] = plan.files
    [problem] = planned.problems or planned.sheets[0].problems
    return problem.code, problem.message


def test_a_sheet_pasted_as_values_is_read_like_the_one_that_was_sent(quarter: Quarter) -> None:
    expected = by_keys(quarter)
    plan = quarter.collect(pasted(values(quarter)))
    sheet = sheet_of(plan, "01-01")
    assert changes(plan) == expected and expected[C1] == "人を増やす"
    assert found(sheet) == [("W506", "warning", "")] and sheet.status.value == "merged"
    assert quarter.values("01-01")[P1] == "進捗遅延・課題あり"
    assert [(r.measure, r.issue_id) for r in quarter.master.receipts] == [("01-01", sheet.issue)]


@pytest.mark.parametrize("steps", [[delete_row], [delete_column], [delete_row, delete_column]])
def test_row_1_and_column_a_may_be_deleted(steps: list, issued_quarter: Quarter) -> None:
    data = issued_quarter.filled({"01-01": ANSWER})
    for step in steps:
        data = reshaped(data, "01-01", lambda root, step=step: step(root, 1))
    plan = issued_quarter.collect(data, dry_run=True)
    assert changes(plan) == by_keys(issued_quarter)
    assert [p.code for p in sheet_of(plan, "01-01").problems] == ["W506"]
    assert sheet_of(plan, "01-04").problems == ()


def test_its_cells_are_named_as_the_sender_sees_them(issued_quarter: Quarter) -> None:
    rows = [["", "", *row] for row in values(issued_quarter, **{P1: "おおむね順調"})]
    data = pasted([[], [], *rows])
    sheet = sheet_of(issued_quarter.collect(data, dry_run=True), "01-01")
    [wrong] = [p for p in sheet.problems if p.severity == "error"]
    row, column = cell(wrong.cell)
    assert openpyxl.load_workbook(io.BytesIO(data)).active.cell(row, column).value == "おおむね順調"


def test_a_removed_row_holds_the_sheet(issued_quarter: Quarter) -> None:
    rows = [row for row in values(issued_quarter) if "到達目標" not in row]
    sheet = sheet_of(issued_quarter.collect(pasted(rows), dry_run=True), "01-01")
    assert [p.code for p in sheet.problems if p.severity == "error"] == ["E302"] and sheet.status.value == "held"


def test_a_changed_locked_cell_holds_it_too(issued_quarter: Quarter) -> None:
    rows = [
        ["別の施策名" if "電子地域通貨" in str(text) and c == 2 else text for c, text in enumerate(row)]
        for row in values(issued_quarter)
    ]
    sheet = sheet_of(issued_quarter.collect(pasted(rows), dry_run=True), "01-01")
    assert "E301" in [p.code for p in sheet.problems]


def test_an_own_activity_is_offered_and_not_merged(issued_quarter: Quarter) -> None:
    rows = values(issued_quarter)
    last = max(i for i, row in enumerate(rows) if str(row[2]).startswith("対応策"))
    own = [
        ["独自の取組", "", "作業予定", "調査", "", "", ""],
        ["", "", "進捗", *[""] * 4],
        ["", "", rows[last][2], *[""] * 4],
    ]
    plan = issued_quarter.collect(pasted([*rows[: last + 1], *own, *rows[last + 1 :]]), dry_run=True)
    sheet = sheet_of(plan, "01-01")
    assert [p.code for p in sheet.problems] == ["W506", "W502"]
    assert changes(plan) == by_keys(issued_quarter)


def test_notes_beside_the_form_are_told(issued_quarter: Quarter) -> None:
    rows = values(issued_quarter)
    rows[9] = [*rows[9], "確認済"]
    told = [(p.code, p.value) for p in sheet_of(issued_quarter.collect(pasted(rows), dry_run=True), "01-01").problems]
    assert told == [("W506", ""), ("W504", "確認済")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("01-01", "09-99", "09-99"),
        ("01-01", "", "施策ID"),
        ("令和４年度", "令和３年度", "令和３年度"),
        ("第2四半期\n（７月～９月）", "第1四半期\n（４月～６月）", "列"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(old: str, new: str, said: str, issued_quarter: Quarter) -> None:
    rows = values(issued_quarter)
    first = [[new if text == old else text for text in row] for row in rows]
    assert first != rows
    plan = issued_quarter.collect(pasted(first), dry_run=True)
    code, message = refusal(plan)
    assert (code, said in message) == ("E201", True), message
    assert plan.changes == ()


def test_a_sheet_that_prints_another_round_is_told_with_both_rounds_and_its_department(quarter: Quarter) -> None:
    here, there = "第1四半期　提出期限 令和４年７月15日（金）", "第2四半期　提出期限 令和４年10月14日（金）"
    rows = [[there if text == here else text for text in row] for row in values(quarter)]
    code, message = refusal(quarter.collect(pasted(rows)))
    assert code == "E208" and message.startswith("産業振興課のシートの見出しは第2四半期の回のもの")
    assert "いまの回は第1四半期です" in message
    [receipt] = quarter.master.receipts
    assert (receipt.department, receipt.measure, receipt.round) == (OFFICE, "", "")


def test_two_sheets_of_one_measure_are_refused(issued_quarter: Quarter) -> None:
    plan = issued_quarter.collect(pasted(values(issued_quarter), values(issued_quarter)), dry_run=True)
    assert [[p.code for p in s.problems] for s in plan.files[0].sheets] == [["E205"], ["E205"]]


def test_a_sheet_that_cannot_be_told_does_not_stop_the_others(issued_quarter: Quarter) -> None:
    nameless = [
        ["" if text == "01-04" else text for text in row] for row in values(issued_quarter, "01-04", **{P1: "予定通り"})
    ]
    plan = issued_quarter.collect(pasted(values(issued_quarter), nameless), dry_run=True)
    assert [(s.sheet, s.status.value) for s in plan.files[0].sheets] == [("Sheet1", "merged"), ("Sheet2", "refused")]
    assert changes(plan) == by_keys(issued_quarter)


def test_a_held_sheet_comes_back_marked_and_can_be_sent_again(quarter: Quarter) -> None:
    quarter.collect(pasted(values(quarter, **{P1: "おおむね順調"})))
    [copy] = (quarter.root / "reports" / "差し戻し").iterdir()
    book = openpyxl.load_workbook(copy)
    [wrong] = [c for row in book["Sheet1"].iter_rows() for c in row if c.value == "おおむね順調"]
    wrong.value = "予定通り"
    book.save(copy)
    plan = quarter.collect(copy)
    assert sheet_of(plan, "01-01").status.value == "merged"
    assert quarter.values("01-01")[str(Ref.parse(P1))] == "予定通り"

"""Cells of a return: formulas, errors, numbers, dates; deleted and inserted rows and columns."""

from __future__ import annotations

from collections.abc import Callable

import openpyxl
import pytest
from lxml import etree

from dxreport.collect.plan import Status
from dxreport.ooxml.refs import cell
from tests.support.packages import (
    S,
    delete_column,
    delete_row,
    edited,
    insert_columns,
    insert_rows,
    set_text,
    with_cell,
)
from tests.support.quarter import Quarter, found, reshaped, sheet_of

PROCUREMENT, P1, ACTUAL = "procurement", "activity.progress/K1/1", "outcome.actual/O1/1"
ISSUED = "利用促進事業費及び加盟促進事業費を予算化"


def collected(quarter: Quarter, ref: str, xml: str, **format_: str):
    data = quarter.filled({})
    at = quarter.cells(data, "01-01")[ref]
    return sheet_of(quarter.collect(with_cell(data, at, xml, **format_), dry_run=True), "01-01"), at


@pytest.mark.parametrize(
    ("xml", "style", "code"),
    [
        ('<f>A1&amp;"円"</f>', "", "E303"),
        ("<f>1+1</f><v>2</v>", "", "E303"),
        ("<v>#REF!</v>", 't="e"', "E304"),
        ("<f>NA()</f><v>#N/A</v>", 't="e"', "E304"),
        ("<v>1</v>", 't="b"', "E305"),
    ],
)
def test_what_is_no_answer_is_held_at_its_cell_and_never_read_as_blank(
    issued_quarter: Quarter, xml, style, code
) -> None:
    sheet, at = collected(issued_quarter, PROCUREMENT, xml, style=style)
    assert (sheet.status, found(sheet)) == (Status.HELD, [(code, "error", at)])
    assert PROCUREMENT not in [str(c.ref) for c in sheet.merge.changes]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        ("0.485", "0.0%", "48.5%"),
        ("30000", '#,##0"千円"', "30,000千円"),
        ("31000", "", "31000"),
        ("44743", 'yyyy"年"m"月"d"日"', "2022年7月1日"),
        ("44743", "m/d", "7/1"),
    ],
)
def test_a_number_or_date_is_taken_as_its_author_saw_it(issued_quarter: Quarter, value, number_format, text) -> None:
    sheet, _ = collected(issued_quarter, PROCUREMENT, f"<v>{value}</v>", number_format=number_format)
    assert found(sheet) == []
    assert [(str(c.ref), c.new) for c in sheet.merge.changes if str(c.ref) == PROCUREMENT] == [(PROCUREMENT, text)]


def test_a_bare_number_that_may_have_been_a_date_is_asked_back_unless_a_figure_is_expected(
    issued_quarter: Quarter,
) -> None:
    sheet, at = collected(issued_quarter, PROCUREMENT, "<v>44743</v>")
    assert found(sheet) == [("E305", "error", at)]
    sheet, _ = collected(issued_quarter, ACTUAL, "<v>44743</v>")
    assert [p.code for p in sheet.problems] == ["W202"]  # still a number; it does not say whether in 千円
    assert (ACTUAL, "44743") in [(str(c.ref), c.new) for c in sheet.merge.changes]


def test_a_formula_where_nothing_was_issued_is_no_blank_either(issued_quarter: Quarter) -> None:
    """A formula that was never calculated has no text to show."""
    sheet, at = collected(issued_quarter, "outcome.actual/O1/1", "<f>SUM(B1:B9)</f>")
    assert found(sheet) == [("E303", "error", at)]


@pytest.mark.parametrize(("xml", "code"), [("<f>1+1</f><v>2</v>", "E303"), ("<v>44743</v>", "E305")])
def test_what_could_not_be_used_is_not_called_blank_by_the_flag_above(issued_quarter: Quarter, xml, code) -> None:
    data = issued_quarter.filled({"01-01": {"support_flag": "有"}})
    assert found(sheet_of(issued_quarter.collect(data, dry_run=True), "01-01"))[0][0] == "W103"
    at = issued_quarter.cells(data, "01-01")["support.content/S1"]
    sheet = sheet_of(issued_quarter.collect(with_cell(data, at, xml), dry_run=True), "01-01")
    assert found(sheet) == [(code, "error", at)]


Change = Callable[[etree._Element], None]


def removed(quarter: Quarter, data: bytes, change: Change):
    return sheet_of(quarter.collect(edited(data, "01-01", change), dry_run=True), "01-01")


def test_a_deleted_row_is_removed_and_not_blank(issued_quarter: Quarter) -> None:
    data = issued_quarter.filled({})
    row, _ = cell(issued_quarter.cells(data, "01-01")[PROCUREMENT])
    sheet = removed(issued_quarter, data, lambda r: delete_row(r, row))
    assert sheet.status is Status.HELD
    [problem] = [p for p in sheet.problems if p.code == "E302"]
    assert "行" in problem.message and "調達内容" in problem.label
    assert not sheet.merge.changes


def test_a_deleted_column_is_removed_and_not_blank(issued_quarter: Quarter) -> None:
    data = issued_quarter.filled({})
    _, column = cell(issued_quarter.cells(data, "01-01")["activity.plan/K1/3"])
    sheet = removed(issued_quarter, data, lambda r: delete_column(r, column))
    assert sheet.status is Status.HELD
    assert [p.code for p in sheet.problems if p.severity == "error"] == ["E302"]
    assert "列" in next(p for p in sheet.problems if p.code == "E302").message


def test_a_blanked_cell_is_blank(quarter: Quarter) -> None:
    """Near miss: a cell that is cleared, not deleted, is an answer."""
    sheet = sheet_of(quarter.collect(quarter.filled({"01-01": {PROCUREMENT: "", "budgeted": "無"}})), "01-01")
    assert found(sheet) == []
    assert (quarter.values("01-01")[PROCUREMENT], quarter.values("01-01")["budgeted"]) == ("", "無")


def test_inserted_rows_and_columns_are_reported_and_everything_is_found(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {PROCUREMENT: "新しい内容", ACTUAL: "29,000千円"}})
    data = reshaped(
        data, "01-01", lambda r: insert_rows(r, 7, 2), lambda r: insert_columns(r, 4), lambda r: insert_rows(r, 25)
    )
    sheet = sheet_of(quarter.collect(data), "01-01")
    assert (sheet.status, found(sheet)) == (Status.MERGED, [])
    assert len(sheet.moved) == 2 and "7、8、25行目" in sheet.moved[0] and "D列" in sheet.moved[1]
    at = quarter.cells(data, "01-01")
    changes = {str(c.ref): c.cell for c in quarter.master.changes if c.measure == "01-01"}
    assert changes == {ref: at[ref] for ref in changes} and set(changes) >= {PROCUREMENT, ACTUAL}
    assert (quarter.values("01-01")[PROCUREMENT], quarter.values("01-01")[ACTUAL]) == ("新しい内容", "29,000千円")


def test_a_text_written_into_an_inserted_row_is_told(issued_quarter: Quarter) -> None:
    data = reshaped(issued_quarter.filled({}), "01-01", lambda r: insert_rows(r, 12))

    def write(root: etree._Element) -> None:
        row = etree.Element(f"{S}row", r="12")
        etree.SubElement(row, f"{S}c", r="E12")
        after = next(r for r in root.iter(f"{S}row") if int(r.get("r")) > 12)
        after.addprevious(row)
        set_text(root, (12, 5), "補足があります")

    sheet = removed(issued_quarter, data, write)
    assert [(p.code, p.severity, p.cell, p.value) for p in sheet.problems] == [
        ("W504", "warning", "12:12", "補足があります")
    ]
    assert sheet.status is Status.MERGED


def test_of_a_deleted_activity_it_is_said_which_and_nothing_is_asked_of_it(issued_quarter: Quarter) -> None:
    data = issued_quarter.filled({})
    row, _ = cell(issued_quarter.cells(data, "01-01")["activity.progress/K1/1"])
    sheet = removed(issued_quarter, data, lambda r: [delete_row(r, row - 1) for _ in range(3)])
    [problem] = [p for p in sheet.problems if p.severity == "error"]
    assert problem.code == "E302" and problem.label.startswith("「利用促進事業費」の取組内容")
    assert "行（「利用促進事業費」）" in problem.message


def test_what_was_deleted_is_restored_and_marked_in_the_copy_that_goes_back(quarter: Quarter) -> None:
    """The copy can be filled in and returned as it is, and keeps the answers that came."""
    data = quarter.filled({"01-01": {ACTUAL: "29,000千円"}})
    at = quarter.cells(data, "01-01")
    row, column = cell(at[P1])
    edges: tuple[tuple[Change, set[str]], ...] = (
        (lambda r: delete_row(r, row), {at[P1]}),
        (
            lambda r: delete_column(r, column),
            {at[P1], at["activity.progress/K2/1"], at["activity.countermeasure/K1/1"]},
        ),
    )
    for number, (change, lost) in enumerate(edges, 1):
        quarter.collect(quarter.put(edited(data, "01-01", change), f"削除{number}.xlsx"))
        [copy] = (quarter.workspace.reports / "差し戻し").glob(f"*削除{number}*")
        book = openpyxl.load_workbook(copy)
        listed, sheet = book["差し戻し"], book["01-01"]
        assert str(listed["A3"].value).startswith(
            "削除されていた行や列は、配付したときの形に戻してあります。直したら、この"
        )
        marked = {c.coordinate for r in sheet.iter_rows() for c in r if c.comment and "差し戻し" in c.comment.text}
        assert lost <= marked and not any(sheet[c].protection.locked for c in marked)
        assert sheet[at[ACTUAL]].value == ("29,000千円" if number == 1 else None)
        for place in (P1, "activity.progress/K2/1"):
            sheet[at[place]] = "予定通り"
        book.save(copy)
        assert sheet_of(quarter.collect(copy), "01-01").status in (Status.MERGED, Status.UNCHANGED)
        assert quarter.values("01-01")[ACTUAL] == "29,000千円"

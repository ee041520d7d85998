"""Items that a department adds itself: three rows inserted or copied for another 取組."""

from __future__ import annotations

import pytest
from lxml import etree

from dxreport.collect.commit import opened
from dxreport.collect.resolve import decide, decide_all
from dxreport.domain.errors import UsageError
from dxreport.ooxml.refs import cell
from tests.support.edits import ACTIVITY, new_row, with_rows
from tests.support.packages import copy_row, set_text
from tests.support.quarter import RETURNED, Quarter, reshaped, sheet_of

pytestmark = pytest.mark.slow

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.quick
def test_three_rows_are_offered_as_an_activity(quarter: Quarter) -> None:
    plan = quarter.collect(with_rows(quarter, "activity.countermeasure/K1/1"))
    sheet = sheet_of(plan, "01-01")
    assert "W502" in {p.code for p in sheet.problems}
    assert not plan.clean
    assert [a.key for a in quarter.master.measure("01-01").activities] == [
        "K1",
        "K2",
    ]  # nothing is added without a decision
    [conflict] = quarter.master.conflicts
    assert conflict.label == "追加: 取組"
    assert "新しい取組" in conflict.returned and "試行" in conflict.returned

    decide(quarter.workspace, conflict.id, "returned", "電話で確認", RETURNED)
    third = quarter.master.measure("01-01").activities[2]
    assert (third.key, third.name, third.q1.plan, third.q1.progress, third.q2.plan) == (
        "K3",
        "新しい取組",
        "調査",
        "予定通り",
        "試行",
    )
    assert third.plan_label == "作業予定" and opened(quarter.workspace, RETURNED).noticed == ()
    told = [c for c in quarter.master.changes if c.ref.item == "K3"]
    assert all(c.return_id == "U0001" and (c.cell or c.ref.field == "activity.plan_label") for c in told)


def test_rows_above_the_first_activity_are_offered_too(quarter: Quarter) -> None:
    data = quarter.filled({})
    row = cell(quarter.cells(data, "01-01")["activity.progress/K1/1"])[0] - 1  # the first row of 取組

    def insert(root: etree._Element) -> None:
        for texts in ({}, {"E": "予定通り"}, ACTIVITY):
            new_row(root, row, texts)

    quarter.collect(reshaped(data, "01-01", insert))
    [conflict] = quarter.master.conflicts
    assert conflict.label == "追加: 取組" and "新しい取組" in conflict.returned
    assert quarter.values("01-01")["activity.progress/K1/1"] == "予定通り"


def test_the_rows_of_the_other_activities_are_read_right(quarter: Quarter) -> None:
    quarter.collect(with_rows(quarter, "activity.countermeasure/K1/1"))
    assert quarter.values("01-01")["activity.progress/K1/1"] == "予定通り"
    assert quarter.values("01-01")["activity.progress/K2/1"] == "予定通り"


def test_declined_it_does_not_come_again(quarter: Quarter) -> None:
    data = with_rows(quarter, "activity.countermeasure/K2/1")
    quarter.collect(data)
    decide(quarter.workspace, "C0001", "current", "来年度に", RETURNED)
    assert len(quarter.master.measure("01-01").activities) == 2
    plan = quarter.collect(data)
    assert plan.conflicts == ()
    with pytest.raises(UsageError):
        decide(quarter.workspace, "C0001", "returned", "", RETURNED)


def test_two_offers_adopted_at_once_are_two_activities(quarter: Quarter) -> None:
    quarter.collect(with_rows(quarter, "activity.countermeasure/K1/1"))
    other = ACTIVITY | {"B": "もう一つの取組"}
    quarter.collect(with_rows(quarter, "activity.countermeasure/K1/1", other))
    assert len(quarter.master.conflicts) == 2
    decide_all(quarter.workspace, ["C0001", "C0002"], "returned", "電話で確認", RETURNED)
    assert [a.key for a in quarter.master.measure("01-01").activities] == ["K1", "K2", "K3", "K4"]


def test_only_yes_or_no(quarter: Quarter) -> None:
    quarter.collect(with_rows(quarter, "activity.countermeasure/K1/1"))
    with pytest.raises(UsageError, match="追加"):
        decide(quarter.workspace, "C0001", "何か", "", RETURNED)


def test_copied_rows_are_a_further_activity(quarter: Quarter) -> None:
    """ "Insert copied cells" also copies the hidden keys; the first rows are the original."""
    data = quarter.filled({})
    at = quarter.cells(data, "01-01")
    first = cell(at["activity.plan/K2/1"])[0]

    def duplicate(root: etree._Element) -> None:
        for n in (2, 1, 0):
            copy_row(root, first + n)
        # copy_row puts each copy below its own row; reorder them as Excel inserts a block
        rows = {int(r.get("r")): r for r in root.iter("{*}row")}
        order = [first, first + 2, first + 4, first + 1, first + 3, first + 5]
        kept = [rows[n] for n in order]
        parent = kept[0].getparent()
        index = parent.index(rows[first])
        for r in kept:
            parent.remove(r)
        for offset, r in enumerate(kept):
            number = first + offset
            r.set("r", str(number))
            for c in r:
                c.set("r", c.get("r").rstrip("0123456789") + str(number))
            parent.insert(index + offset, r)
        set_text(root, (first + 3, 2), "写した取組")

    plan = quarter.collect(reshaped(data, "01-01", duplicate))
    sheet = sheet_of(plan, "01-01")
    assert "W502" in {p.code for p in sheet.problems}, [(p.code, p.message) for p in sheet.problems]
    [conflict] = quarter.master.conflicts
    assert "写した取組" in conflict.returned
    assert quarter.values("01-01")["activity.progress/K2/1"] == "予定通り"


def test_rows_that_are_no_block_are_told_not_dropped(quarter: Quarter) -> None:
    data = quarter.filled({})
    row = cell(quarter.cells(data, "01-01")["activity.countermeasure/K1/1"])[0] + 1

    noted = reshaped(data, "01-01", lambda root: new_row(root, row, {"E": "メモ書き"}))
    sheet = sheet_of(quarter.collect(noted), "01-01")
    [told] = [p for p in sheet.problems if p.code == "W504"]
    assert "メモ書き" in told.message
    assert told.cell == f"{row}:{row}"


def test_a_remark_in_inserted_rows_is_no_activity(quarter: Quarter) -> None:
    """A single text that names nothing is told, and offered to nobody."""
    data = quarter.filled({})
    row = cell(quarter.cells(data, "01-01")["activity.progress/K2/1"])[0] - 1  # the first row of the second 取組

    def insert(root: etree._Element) -> None:
        for texts in ({}, {}, {"E": "８月に見直す予定"}):
            new_row(root, row, texts)

    sheet = sheet_of(quarter.collect(reshaped(data, "01-01", insert)), "01-01")
    assert [p.code for p in sheet.problems] == ["W504"] and "８月に見直す予定" in sheet.problems[0].message
    assert quarter.master.conflicts == ()

"""Withdraw returns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dxreport.collect.resolve import accept, decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.master.records import ConflictState, FinalReport, ReceiptState, timestamp
from dxreport.master.write import MasterEdit
from tests.support.quarter import RETURNED, Quarter

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
K1 = "activity.progress/K1/1"
K2 = "activity.progress/K2/1"


@pytest.mark.quick
def test_every_text_goes_back(quarter: Quarter) -> None:
    before = {m.id: m for m in quarter.master.measures}
    quarter.collect(quarter.filled({}))
    assert quarter.values("01-01")[K1] == "予定通り"
    done = withdraw(quarter.workspace, "U0001", "別の課のファイル", RETURNED)
    assert {m.id: m for m in quarter.master.measures} == before
    assert not done.conflicts
    assert {r.state for r in quarter.master.receipts} == {ReceiptState.WITHDRAWN}
    last = quarter.master.changes[-1]
    assert (last.new, last.return_id) == ("", "U0001")
    assert "別の課のファイル" in last.note


def test_what_was_built_upon_becomes_a_conflict(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.write("01-01", {K1: "進捗遅延・課題あり"})  # the coordinator, by hand
    done = withdraw(quarter.workspace, "U0001", "", RETURNED)
    [conflict] = done.conflicts
    assert (str(conflict.ref), conflict.issued, conflict.returned, conflict.current) == (
        K1,
        "",
        "予定通り",
        "進捗遅延・課題あり",
    )
    assert quarter.values("01-01")[K1] == "進捗遅延・課題あり"
    assert quarter.values("01-01")[K2] == ""
    decide(quarter.workspace, conflict.id, "issued", "取り消し", RETURNED)
    assert quarter.values("01-01")[K1] == ""


def test_a_sheet_accepted_after_all_asks_instead_of_its_withdrawal(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.write("01-01", {K1: "進捗遅延・課題あり"})
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    done = accept(quarter.workspace, "U0001", "01-01", "やはり採る", RETURNED)
    assert [(c.id, c.returned, c.current) for c in done.conflicts] == [("C0002", "予定通り", "進捗遅延・課題あり")]
    first, second = quarter.master.conflicts
    assert (first.state, second.state) == (ConflictState.WITHDRAWN, ConflictState.OPEN)
    assert "U0001" in first.reason


def test_a_later_return_stands(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    late = {"01-01": {K1: "進捗遅延・課題あり", "activity.countermeasure/K1/1": "人を増やす"}}
    quarter.collect(quarter.filled(late))
    done = withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert quarter.values("01-01")[K1] == "進捗遅延・課題あり"
    assert not done.conflicts
    done = withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert quarter.values("01-01")["activity.countermeasure/K1/1"] == ""


def test_its_open_conflicts_go_with_it(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "別の人"})
    quarter.collect(quarter.filled({"01-01": {"contact_person": "新しい人"}}))
    assert [c.state for c in quarter.master.conflicts] == [ConflictState.OPEN]
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert [c.state for c in quarter.master.conflicts] == [ConflictState.WITHDRAWN]
    assert quarter.values("01-01")["contact_person"] == "別の人"


def test_a_hand_edit_that_stands_again_is_nobodys_answer(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "手で直した人"})
    quarter.collect(quarter.filled({"01-01": {"contact_person": "返送の人"}}))
    decide(quarter.workspace, "C0001", "returned", "", RETURNED)
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert quarter.values("01-01")["contact_person"] == "手で直した人"
    plan = quarter.collect(quarter.filled({"01-01": {"contact_person": "三人目"}}))
    assert [c.returned for c in plan.conflicts] == ["三人目"]


def test_the_file_is_not_taken_in_again_by_the_way(quarter: Quarter) -> None:
    data = quarter.filled({})
    quarter.collect(data)
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    plan = quarter.collect(data)
    assert plan.changes == ()
    assert quarter.values("01-01")[K1] == ""


def test_a_dry_run_writes_nothing(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    before = quarter.files()
    assert withdraw(quarter.workspace, "U0001", "", RETURNED, dry_run=True).changes
    assert quarter.files() == before


def test_what_is_owed_again_and_what_rests_on_it_is_told(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    freeze(quarter, "F0001", "第1四半期", RETURNED - DAY)  # before it came
    freeze(quarter, "F0002", "第1四半期", RETURNED + DAY)
    freeze(quarter, "F0003", "第2四半期", RETURNED + DAY)
    one = withdraw(quarter.workspace, "U0001", "", RETURNED + DAY, measure="1-4")
    assert (one.measure, [(r.measure, r.round) for r in one.unanswered]) == ("01-04", [("01-04", "第1四半期")])
    rest = withdraw(quarter.workspace, "U0001", "", RETURNED + DAY)
    assert [(r.measure, r.round) for r in rest.unanswered] == [("01-01", "第1四半期")]
    assert [f.id for f in one.finals] == [f.id for f in rest.finals] == ["F0002", "F0003"]


def test_a_measure_that_another_return_answered_is_not_owed(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.collect(quarter.filled({"01-01": {"contact_person": "後任"}}))
    assert withdraw(quarter.workspace, "U0002", "", RETURNED).unanswered == ()


def freeze(quarter: Quarter, id_: str, label: str, when: datetime) -> None:
    """Add a row to 確定報告."""
    edit = MasterEdit(quarter.master)
    edit.add(FinalReport(id_, label, timestamp(when), "0" * 64))
    quarter.workspace.master.write_bytes(edit.data())


@pytest.mark.parametrize("measure", ["", "01-01", "01-04"])
def test_of_what_is_only_held_nothing_goes_back(quarter: Quarter, measure: str) -> None:
    quarter.collect(quarter.filled({"01-01": {K1: "順調"}}))
    before = quarter.values("01-01")
    done = withdraw(quarter.workspace, "U0001", "", RETURNED, measure=measure)
    assert done.only_held == (measure == "01-01") == (not done.changes)
    assert quarter.values("01-01") == before


def test_what_cannot_be_withdrawn(quarter: Quarter) -> None:
    with pytest.raises(UsageError, match="U0009"):
        withdraw(quarter.workspace, "U0009", "", RETURNED)
    quarter.collect(quarter.filled({}))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    with pytest.raises(UsageError, match="取り下げ"):
        withdraw(quarter.workspace, "U0001", "", RETURNED)

"""Decisions of the coordinator: their effect, how long they last, and their traces."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
from lxml import etree

from dxreport.collect.commit import opened
from dxreport.collect.plan import Status
from dxreport.collect.resolve import accept, decide
from dxreport.collect.run import collect
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import LockedError, UsageError
from dxreport.domain.fields import Ref
from dxreport.master.records import ConflictState, ReceiptState
from dxreport.status.round_status import State, status
from tests.support.packages import delete_row, edited, rows_of, sheet_xml, with_cell, with_sheet
from tests.support.quarter import RETURNED, Quarter, copy, issue, sheet_of

pytestmark = pytest.mark.slow

P1, P2, C1 = "activity.progress/K1/1", "activity.progress/K2/1", "activity.countermeasure/K1/1"
ISSUED, BACK, NOW_THERE = "利用促進事業費及び加盟促進事業費を予算化", "部署の内容", "担当が直した内容"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def conflict_once(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("conflict"))
    quarter.write("01-01", {"procurement": NOW_THERE})
    quarter.collect(quarter.put(quarter.filled({"01-01": {"procurement": BACK}}), "a.xlsx"))
    return quarter


@pytest.fixture
def conflict(conflict_once: Quarter, tmp_path: Path) -> Quarter:
    """A quarter with conflict C0001 open, on 調達内容 of 01-01."""
    return copy(conflict_once, tmp_path)


def settle(quarter: Quarter, take: str, reason: str = "", id_: str = "C0001"):
    return decide(quarter.workspace, id_, take, reason, RETURNED + DAY)


def test_an_answer_about_a_deleted_activity_brings_its_row_back_with_its_label(quarter: Quarter) -> None:
    at, label = "activity.progress/K2/1", "activity.plan_label/K2"
    delete_activity(quarter, "01-01", "K2")
    quarter.collect(quarter.filled({}))
    [asked] = [c for c in quarter.master.conflicts if str(c.ref) == at]
    settle(quarter, "returned", id_=asked.id)
    assert (quarter.values("01-01")[at], quarter.values("01-01")[label]) == ("予定通り", "作業予定")
    assert opened(quarter.workspace, RETURNED).noticed == ()
    assert [c.note for c in quarter.master.changes if str(c.ref) == label][-1] == f"競合 {asked.id}: 返送の値を採用"


def test_a_return_with_open_questions_about_a_deleted_activity_can_be_withdrawn(quarter: Quarter) -> None:
    delete_activity(quarter, "01-01", "K2")
    quarter.collect(quarter.filled({}))
    before = quarter.values("01-01")
    withdraw(quarter.workspace, "U0001", "", RETURNED + DAY)
    assert {c.state for c in quarter.master.conflicts} == {ConflictState.WITHDRAWN}
    assert quarter.values("01-01") == before | {P1: ""}


def delete_activity(quarter: Quarter, measure: str, key: str) -> None:
    """Delete the row of an activity, as people do."""

    def change(root: etree._Element) -> None:
        delete_row(root, next(n for n, row in enumerate(rows_of(data, "取組"), 1) if row[:2] == [measure, key]))

    data = quarter.workspace.master.read_bytes()
    quarter.workspace.master.write_bytes(edited(data, "取組", change))


def state(quarter: Quarter, measure: str = "01-01") -> State:
    master = quarter.master
    sheets = status(master, master.settings.rounds[1], RETURNED.date()).sheets
    return next(s.state for s in sheets if s.measure == measure)


@pytest.mark.parametrize(
    ("take", "text"),
    [("issued", ISSUED), ("returned", BACK), ("current", NOW_THERE), ("別の内容\n二行", "別の内容\n二行"), ("", ""), ("a\r\nb\tc", "a\nb c")],
)  # fmt: skip
def test_what_is_taken_stands_in_the_master_and_in_the_books(conflict: Quarter, take: str, text: str) -> None:
    assert state(conflict) is State.REVIEW
    before = conflict.values("01-01")
    changes = settle(conflict, take, "電話で確認")
    assert conflict.values("01-01") == before | {"procurement": text}
    [c] = conflict.master.conflicts
    assert (c.state, c.decision, c.current, c.when) == (ConflictState.RESOLVED, text, NOW_THERE, "2022-07-15 17:00:00")
    assert "電話で確認" in c.reason
    last = conflict.master.changes[-1]
    if take == "current":
        assert changes == () and last.note == ""
    else:
        assert ((last,), last.old, last.new, last.return_id) == (changes, NOW_THERE, text, "U0001")
        assert "C0001" in last.note and "電話で確認" in last.note
    assert state(conflict) is State.MERGED


@pytest.mark.parametrize("take", ["issued", "returned", "current", "別の内容"])
def test_a_decided_conflict_does_not_open_again(conflict: Quarter, take: str) -> None:
    """Neither for the same file nor for another with the same text in that cell."""
    settle(conflict, take)
    decided = conflict.values("01-01")["procurement"]
    before = conflict.files()
    conflict.collect(conflict.put(conflict.filled({"01-01": {"procurement": BACK}}), "a.xlsx"), now=RETURNED + 2 * DAY)
    assert conflict.files() == before
    plan = conflict.collect(
        conflict.filled({"01-01": {"procurement": BACK, "contact_person": "後任"}}), now=RETURNED + 2 * DAY
    )
    assert [str(c.ref) for c in sheet_of(plan, "01-01").merge.changes] == ["contact_person"]
    assert plan.clean and conflict.values("01-01")["procurement"] == decided


@pytest.mark.parametrize("take", ["issued", "current", "別の内容"])
def test_what_a_department_says_anew_against_a_decision_is_asked_again_unless_it_stands_as_issued(
    conflict: Quarter, take: str
) -> None:
    settle(conflict, take)
    plan = conflict.collect(conflict.filled({"01-01": {"procurement": "三つめの内容"}}), now=RETURNED + 2 * DAY)
    sheet = sheet_of(plan, "01-01")
    if take == "issued":  # the master is as issued, so the department may change it
        assert [c.new for c in sheet.merge.changes if str(c.ref) == "procurement"] == ["三つめの内容"]
    else:
        assert [c.returned for c in sheet.merge.conflicts] == ["三つめの内容"]
        assert [c.id for c in conflict.master.conflicts] == ["C0001", "C0002"]


@pytest.mark.quick
def test_a_return_whose_text_was_taken_may_be_corrected_by_a_later_one(conflict: Quarter) -> None:
    settle(conflict, "returned")
    plan = conflict.collect(conflict.filled({"01-01": {"procurement": "部署の訂正"}}), now=RETURNED + 2 * DAY)
    assert plan.clean and conflict.values("01-01")["procurement"] == "部署の訂正"


def test_the_master_may_have_moved_on_since(conflict: Quarter) -> None:
    conflict.write("01-01", {"procurement": "さらに直した内容"})
    settle(conflict, "current")
    assert conflict.values("01-01")["procurement"] == "さらに直した内容"
    assert conflict.master.conflicts[0].decision == "さらに直した内容"


@pytest.mark.parametrize("id_", ["C0002", "U0001", ""])
def test_a_conflict_that_is_not_there_is_wrong_usage(conflict: Quarter, id_: str) -> None:
    before = conflict.files()
    with pytest.raises(UsageError) as caught:
        settle(conflict, "current", id_=id_)
    assert "C0001" in caught.value.fix
    assert conflict.files() == before


def test_a_conflict_is_decided_once(conflict: Quarter) -> None:
    settle(conflict, "current")
    with pytest.raises(UsageError, match="解決済"):
        settle(conflict, "returned")


@pytest.mark.parametrize(
    ("take", "side"),
    [("Returned", "returned"), ("ｃｕｒｒｅｎｔ", "current"), ("retuned", ""), ("curent", ""), ("issue", "")],
)
def test_a_misspelt_side_is_not_written_as_a_text(conflict: Quarter, take: str, side: str) -> None:
    if not side:
        with pytest.raises(UsageError, match=r"returned|current|issued"):
            settle(conflict, take)
    else:
        settle(conflict, take)
    assert conflict.values("01-01")["procurement"] == (BACK if side == "returned" else NOW_THERE)


def test_a_decided_conflict_is_decided_otherwise_in_the_cell_that_is_named(conflict: Quarter) -> None:
    settle(conflict, "returned")
    with pytest.raises(UsageError) as caught:
        settle(conflict, "issued")
    place = conflict.master.place("01-01", Ref("procurement"))
    assert str(place) in caught.value.fix
    book = openpyxl.load_workbook(conflict.workspace.master)
    book[place.sheet][place.cell] = "考え直した内容"
    book.save(conflict.workspace.master)
    conflict.collect(conflict.filled({}, "総務課"), now=RETURNED + 2 * DAY)
    last = next(c for c in reversed(conflict.master.changes) if c.measure == "01-01")
    assert (last.old, last.new, last.note) == (BACK, "考え直した内容", "手入力")
    assert [c.state for c in conflict.master.conflicts] == [ConflictState.RESOLVED]


def test_a_withdrawn_conflict_is_not_decided(conflict: Quarter) -> None:
    withdraw(conflict.workspace, "U0001", "", RETURNED + DAY)
    with pytest.raises(UsageError, match="取り下げられています"):
        settle(conflict, "current")


@pytest.fixture
def words(quarter: Quarter) -> Quarter:
    """A quarter with conflict C0001 open, on the first 進捗 of 01-01: 予定通り in the master, a delay in the return."""
    quarter.write("01-01", {P1: "予定通り"})
    quarter.collect(quarter.filled({"01-01": {P1: "進捗遅延・課題あり", C1: "人を増やす"}}))
    return quarter


@pytest.mark.parametrize("take", ["予定どおり", " 予定通り", "予定通", "進捗遅延・ 課題あり"])
def test_a_word_is_taken_as_a_sheet_would_be_read(words: Quarter, take: str) -> None:
    settle(words, take)
    assert words.values("01-01")[P1] in {w.word for w in words.master.settings.progress_words}


@pytest.mark.parametrize("take", ["よていどおり", "順調", "進捗遅延・課題有り"])
def test_what_is_no_word_of_its_field_is_refused_with_the_words(words: Quarter, take: str) -> None:
    before = words.files()
    with pytest.raises(UsageError) as caught:
        settle(words, take)
    assert all(w.word in caught.value.fix for w in words.master.settings.progress_words)
    assert words.files() == before


@pytest.mark.parametrize(("take", "stands"), [("current", "予定通り"), ("", ""), ("returned", None)])
def test_a_decision_that_outlives_a_withdrawal_is_told(words: Quarter, take: str, stands: str | None) -> None:
    """One that took the withdrawn text is gone with it, and asked again."""
    settle(words, take)
    withdraw(words.workspace, "U0001", "", RETURNED + DAY)
    done = accept(words.workspace, "U0001", "01-01", "やはり採る", RETURNED + DAY)
    if stands is None:
        assert ([c.id for c in done.conflicts], done.decided) == (["C0002"], ())
    else:
        place = str(words.master.place("01-01", Ref.parse(P1)))
        assert [(d.conflict.id, d.text, d.place) for d in done.decided] == [("C0001", stands, place)]
        assert done.conflicts == () and words.values("01-01").get(P1, "") == stands


def test_while_the_master_is_open_nothing_is_decided(conflict: Quarter) -> None:
    (conflict.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    before = conflict.files()
    with pytest.raises(LockedError):
        settle(conflict, "returned")
    assert conflict.files() == before


@pytest.fixture
def held(quarter: Quarter) -> Quarter:
    """A quarter with U0001/01-01 held for an unknown word and a changed locked cell."""
    quarter.collect(
        quarter.put(
            quarter.filled({"01-01": {P1: "順調", "goal": "部署が直した目標", "contact_person": "後任"}}), "a.xlsx"
        )
    )
    assert state(quarter) is State.HELD
    return quarter


def test_a_held_sheet_is_accepted_as_it_is_with_its_reason(held: Quarter) -> None:
    done = accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    values = held.values("01-01")
    assert [values[ref] for ref in (P1, P2, "goal", "contact_person")] == [
        "順調",
        "予定通り",
        "部署が直した目標",
        "後任",
    ]
    assert (len(done.changes), done.conflicts, done.not_taken) == (4, (), ())
    receipt = next(r for r in held.master.receipts if r.measure == "01-01")
    assert (receipt.state, receipt.changes, receipt.note, receipt.findings) == (
        ReceiptState.MERGED,
        4,
        "受入: 電話で確認",
        "E301、E101",
    )
    notes = {c.note for c in held.master.changes if c.measure == "01-01"}
    assert notes == {"受入: 電話で確認"}
    assert state(held) is State.MERGED


def test_what_a_sheet_is_accepted_with_is_told(held: Quarter) -> None:
    done = accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert ([p.code for p in done.despite], done.not_taken, done.blank) == (["E301", "E101"], (), False)


def test_a_blank_sheet_is_accepted_as_such(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}, full=False))
    done = accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert ([p.code for p in done.despite], done.changes, done.blank) == (["E103"], (), True)


def test_the_accepted_file_again_changes_nothing(held: Quarter) -> None:
    accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    before = held.files()
    plan = held.collect(held.root.parent / "受信" / "a.xlsx", now=RETURNED + 2 * DAY)
    assert plan.clean and held.files() == before


def test_a_held_file_that_was_collected_again_under_another_name_can_still_be_accepted(held: Quarter) -> None:
    data = (held.root.parent / "受信" / "a.xlsx").read_bytes()
    held.collect(held.put(data, "同じもの.xlsx"), now=RETURNED + DAY)
    accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + 2 * DAY)
    assert held.values("01-01")[P1] == "順調"


def test_an_answer_that_was_accepted_is_not_asked_about_again(quarter: Quarter) -> None:
    """The department corrects the other sheet and leaves this one as it was; a new wrong word is held as ever."""
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}, "01-04": {P1: "だいたい"}}))
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    again = quarter.collect(quarter.filled({"01-01": {P1: "順調"}}), now=RETURNED + 2 * DAY).files[-1]
    assert [(s.measure, s.status) for s in again.sheets] == [("01-01", Status.UNCHANGED), ("01-04", Status.MERGED)]
    assert state(quarter) is State.MERGED and quarter.values("01-01")[P1] == "順調"
    other = quarter.collect(quarter.filled({"01-01": {P1: "まあまあ"}}), now=RETURNED + 3 * DAY).files[-1]
    assert [s.status for s in other.sheets] == [Status.HELD, Status.UNCHANGED]


def test_accepting_does_not_decide_conflicts(held: Quarter) -> None:
    held.write("01-01", {"contact_person": "山田"})
    done = accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert [str(c.ref) for c in done.conflicts] == ["contact_person"]
    assert held.values("01-01")["contact_person"] == "山田"
    assert state(held) is State.REVIEW


@pytest.mark.parametrize(("return_id", "measure"), [("U0001", "01-04"), ("U0009", "01-01"), ("U0001", "99-99")])
def test_what_is_not_held_cannot_be_accepted(held: Quarter, return_id: str, measure: str) -> None:
    before = held.files()
    with pytest.raises(UsageError) as caught:
        accept(held.workspace, return_id, measure, "電話で確認", RETURNED + DAY)
    assert "U0001/01-01" in caught.value.fix
    assert held.files() == before


def test_what_was_read_can_be_accepted_without_the_kept_original(held: Quarter) -> None:
    for path in held.workspace.returns.iterdir():
        path.unlink()
    accept(held.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert held.values("01-01")[P1] == "順調"


def test_of_two_rounds_in_one_file_the_held_one_is_accepted(quarter: Quarter) -> None:
    first = quarter.filled({})
    quarter.collect(first)
    [book] = issue(quarter, "第2四半期", RETURNED, departments=("産業振興課",))
    data = with_sheet(book.data, "前回", sheet_xml(first, "01-01"))
    quarter.collect(quarter.put(data, "b.xlsx"), now=RETURNED + DAY)
    assert [(r.issue_id, r.measure, r.state.value) for r in quarter.master.receipts if r.id == "U0002"] == [
        ("R04Q2-001", "01-01", "保留"), ("R04Q2-001", "01-04", "保留"), (quarter.master.receipts[0].issue_id, "01-01", "変更なし")]  # fmt: skip
    accept(quarter.workspace, "U0002", "01-01", "報告は次回", RETURNED + 2 * DAY)
    assert [r.state.value for r in quarter.master.receipts if r.id == "U0002"] == ["取込済", "保留", "変更なし"]


def test_a_file_that_nobody_could_open_is_accepted_with_its_password(quarter: Quarter) -> None:
    stream = io.BytesIO()
    plain = io.BytesIO(quarter.filled({"01-01": {P1: "順調"}}))
    msoffcrypto.OfficeFile(plain).encrypt("ひみつ", stream)
    quarter.collect(quarter.put(stream.getvalue(), "鍵付き.xlsx"))
    with pytest.raises(UsageError, match="パスワード"):
        accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY, password="ひみつ")
    assert quarter.values("01-01")[P1] == "順調"
    states = {(r.measure, r.state.value) for r in quarter.master.receipts}
    assert states == {("", "取込済"), ("01-01", "取込済"), ("01-04", "取込済")}


def test_a_held_workbook_that_was_opened_with_a_password_is_accepted(quarter: Quarter) -> None:
    stream = io.BytesIO()
    plain = io.BytesIO(quarter.filled({"01-01": {P1: "順調"}}))
    msoffcrypto.OfficeFile(plain).encrypt("ひみつ", stream)
    path = quarter.put(stream.getvalue(), "鍵付き.xlsx")
    plan = collect(quarter.workspace, [path], RETURNED, passwords={"": "ひみつ"}).plan
    assert [s.status.value for s in plan.files[0].sheets] == ["held", "merged"]
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert quarter.values("01-01")[P1] == "順調"
    assert [p.read_bytes() for p in quarter.workspace.returns.iterdir()] == [stream.getvalue()]


def test_what_an_accepted_sheet_could_not_give_is_told(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {P1: "順調"}})
    cells = quarter.cells(data, "01-01")
    data = with_cell(data, cells["contact_person"], "<v>#REF!</v>", style='t="e"')
    quarter.collect(data)
    done = accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED + DAY)
    assert [(p.code, p.cell) for p in done.not_taken] == [("E304", cells["contact_person"])]
    assert quarter.values("01-01")[P1] == "順調"


def test_a_cell_whose_fault_was_told_is_not_told_as_blank_too(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {P2: ""}})
    cells = quarter.cells(data, "01-01")
    sheet = sheet_of(quarter.collect(with_cell(data, cells[P1], "<v>#REF!</v>", style='t="e"')), "01-01")
    assert [(p.code, p.cell) for p in sheet.problems] == [("E304", cells[P1]), ("E103", cells[P2])]

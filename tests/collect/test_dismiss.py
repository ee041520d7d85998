"""Dismiss returns that are held or were refused."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import pytest

from dxreport.collect.commit import opened
from dxreport.collect.dismiss import dismiss
from dxreport.collect.log import Commit
from dxreport.collect.plan import Status
from dxreport.collect.resolve import accept
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.form.stamp import Stamp
from dxreport.master.records import ConflictState, ReceiptState
from dxreport.ooxml.refs import cell
from dxreport.status.round_status import RoundStatus, State, status
from tests.support.edits import with_rows
from tests.support.packages import set_text, sheet_xml, with_sheet
from tests.support.quarter import RETURNED, Quarter, reshaped

pytestmark = pytest.mark.slow

P1, P2 = "activity.progress/K1/1", "activity.progress/K2/1"
LATER = RETURNED + timedelta(days=1)
WRONG = {"01-01": {P1: "順調"}}


def now(quarter: Quarter) -> RoundStatus:
    master = quarter.master
    return status(master, master.settings.round("第1四半期"), date(2022, 7, 20))


def state(quarter: Quarter, measure: str = "01-01") -> State:
    return next(s.state for s in now(quarter).sheets if s.measure == measure)


def rows(quarter: Quarter) -> dict[tuple[str, str], ReceiptState]:
    return {(r.id, r.measure): r.state for r in quarter.master.receipts}


@pytest.mark.quick
def test_a_held_sheet_is_put_aside_and_the_one_beside_it_stays_in(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG))
    before = quarter.values("01-04")
    done = dismiss(quarter.workspace, "U0001", "電話で取消し", LATER)
    assert [r.measure for r in done.receipts] == ["01-01"] and done.unanswered == ("01-01",)
    assert rows(quarter) == {("U0001", "01-01"): ReceiptState.DISMISSED, ("U0001", "01-04"): ReceiptState.MERGED}
    assert (state(quarter), state(quarter, "01-04")) == (State.MISSING, State.MERGED)
    assert quarter.values("01-04") == before


def test_a_measure_of_which_another_sheet_is_held_is_not_said_to_be_unanswered(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG))
    quarter.collect(quarter.filled({"01-01": {P1: "順調だ"}}))
    done = dismiss(quarter.workspace, "U0002", "電話で取消し", LATER)
    assert done.unanswered == () and state(quarter) is State.HELD


def test_a_sheet_of_another_year_leaves_nothing_unanswered(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    stamp = Stamp("R03Q1-001", "01-01", quarter.form.digest)
    old = quarter.book()
    for sheet in ("01-01", "01-04"):
        old = reshaped(old, sheet, lambda root: set_text(root, (1, 1), str(stamp)))
    plan = quarter.collect(old)
    assert not [p for p in plan.files[-1].problems if p.code == "W507"]  # 記入要領 is of the same form
    done = dismiss(quarter.workspace, "U0002", "昨年度のもの", LATER)
    assert {r.measure for r in done.receipts} == {"01-01"} and done.unanswered == ()
    assert state(quarter) is State.MERGED


def test_a_single_sheet_cannot_be_dismissed(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG))
    with pytest.raises(UsageError, match="U0001/01-01 のように") as raised:
        dismiss(quarter.workspace, "U0001/01-01", "重複", LATER)
    assert "dismiss U0001 " in raised.value.fix


def test_it_stands_in_the_ledgers_with_reason_and_day(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG))
    dismiss(quarter.workspace, "U0001", "電話で取消し", LATER)
    [row] = [r for r in quarter.master.receipts if r.state is ReceiptState.DISMISSED]
    assert row.note == "除外: 電話で取消し"
    last = quarter.master.changes[-1]
    assert (last.when, last.measure, last.old, last.new, last.return_id, last.note) == (
        "2022-07-15 17:00:00", "01-01", "保留", "除外", "U0001", "除外: 電話で取消し",
    )  # fmt: skip


def test_a_refused_file_is_no_longer_listed_nor_told(quarter: Quarter) -> None:
    path = quarter.put(b"no workbook", "写真.jpg")
    assert quarter.collect(path).files[0].status is Status.REFUSED
    assert [r.id for r in now(quarter).refused] == ["U0001"]
    dismiss(quarter.workspace, "U0001", "広告", LATER)
    assert now(quarter).refused == () and rows(quarter) == {("U0001", ""): ReceiptState.DISMISSED}
    again = quarter.collect(path)
    assert again.files[0].status is Status.UNCHANGED and again.files[0].told and again.clean
    assert rows(quarter) == {("U0001", ""): ReceiptState.DISMISSED}


def test_a_dismissed_sheet_that_comes_again_stays_out(quarter: Quarter) -> None:
    path = quarter.put(quarter.filled(WRONG))
    quarter.collect(path)
    dismiss(quarter.workspace, "U0001", "取消し", LATER)
    files = quarter.files()
    plan = quarter.collect(path)
    assert plan.clean and [p.code for p in plan.files[0].sheets[0].problems] == ["W630"]
    assert {p: d for p, d in quarter.files().items() if p.startswith("master/log")} == {
        p: d for p, d in files.items() if p.startswith("master/log")
    }


def test_only_what_works_is_recommended_for_a_dismissed_return_that_comes_again(quarter: Quarter) -> None:
    data = quarter.filled(WRONG)
    path = quarter.put(with_sheet(data, "01-04 (2)", sheet_xml(data, "01-04")))
    quarter.collect(path)
    dismiss(quarter.workspace, "U0001", "取消し", LATER)
    again = quarter.collect(path).files[0]
    [whole], [held] = again.problems, again.sheets[0].problems
    assert whole.code == "W645" and "resolve" not in whole.fix
    with pytest.raises(UsageError):
        accept(quarter.workspace, "U0001", "01-04", "やはり正しい", LATER)
    assert held.code == "W630" and "resolve U0001/01-01 --accept" in held.fix
    accept(quarter.workspace, "U0001", "01-01", "やはり正しい", LATER)


def test_it_can_be_accepted_and_withdrawn_later(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG))
    dismiss(quarter.workspace, "U0001", "取消し", LATER)
    accept(quarter.workspace, "U0001", "01-01", "やはり正しい", LATER)
    assert state(quarter) is State.MERGED and quarter.values("01-01")[P1] == "順調"
    withdraw(quarter.workspace, "U0001", "", LATER)
    assert state(quarter) is State.MISSING and quarter.values("01-01")[P1] == ""
    assert set(rows(quarter).values()) == {ReceiptState.WITHDRAWN}


def test_a_dismissed_return_can_be_withdrawn(quarter: Quarter) -> None:
    quarter.collect(quarter.put(b"no workbook", "写真.jpg"))
    dismiss(quarter.workspace, "U0001", "広告", LATER)
    withdraw(quarter.workspace, "U0001", "", LATER)
    assert rows(quarter) == {("U0001", ""): ReceiptState.WITHDRAWN}


def test_what_waited_behind_it_goes_in(quarter: Quarter) -> None:
    """Two halves, and a faulty sheet between them: without it they are one answer."""
    half = {"01-01": {P1: "予定通り"}}, {"01-01": {P2: "予定通り"}}
    quarter.collect(quarter.filled(half[0], full=False))
    quarter.collect(quarter.filled({"01-01": {"procurement": "x", "support_flag": "大"}}, full=False))
    quarter.collect(quarter.filled(half[1], full=False))
    assert state(quarter) is State.HELD
    done = dismiss(quarter.workspace, "U0002", "取消し", LATER)
    assert [(r.id, r.measure) for r in done.entered] == [("U0001", "01-01"), ("U0003", "01-01")]
    assert done.unanswered == ()  # 01-04 is held in the others too
    assert state(quarter) is State.MERGED and quarter.values("01-01")[P2] == "予定通り"


def test_items_that_it_offered_are_withdrawn_with_it(quarter: Quarter) -> None:
    data = with_rows(quarter, "activity.countermeasure/K1/1")
    at = cell(quarter.cells(quarter.filled({}), "01-01")[P1])
    quarter.collect(reshaped(data, "01-01", lambda root: set_text(root, at, "順調")))
    [offered] = quarter.master.conflicts
    assert state(quarter) is State.HELD and offered.state is ConflictState.OPEN
    assert [c.id for c in dismiss(quarter.workspace, "U0001", "取消し", LATER).dropped] == [offered.id]
    assert [c.state for c in quarter.master.conflicts] == [ConflictState.WITHDRAWN]


def test_a_log_made_of_the_ledgers_knows_what_was_dismissed(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG), quarter.put(b"?", "a.txt"))
    dismiss(quarter.workspace, "U0001", "取消し", LATER)
    dismiss(quarter.workspace, "U0002", "広告", LATER)
    before, receipts = {m.id: m for m in quarter.master.measures}, quarter.master.receipts
    for name in ("log", "readings", "terms"):
        shutil.rmtree(quarter.workspace.master_folder / name)
    plan = quarter.collect(quarter.filled({}, "総務課"), quarter.root.parent / "受信" / "a.txt", now=LATER)
    assert [f.status for f in plan.files] == [Status.UNCHANGED, Status.MERGED]
    assert quarter.master.receipts[: len(receipts)] == receipts
    assert {id_ for id_, m in before.items() if quarter.master.measure(id_) != m} == {"03-01", "03-05"}


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (lambda q: None, "受付簿にありません"),
        (lambda q: q.collect(q.filled({})), "withdraw U0001"),
        (lambda q: (q.collect(q.filled(WRONG)), dismiss(q.workspace, "U0001", "x", LATER)), "withdraw U0001"),
        (lambda q: (q.collect(q.put(b"?", "a.txt")), dismiss(q.workspace, "U0001", "x", LATER)), "すでに除外"),
        (lambda q: (q.collect(q.put(b"?", "a.txt")), withdraw(q.workspace, "U0001", "x", LATER)), "すでに取り下げ"),
        (lambda q: (q.collect(q.filled(WRONG)), q.collect(q.filled({}), now=LATER)), "withdraw U0001"),
    ],
)
def test_what_cannot_be_dismissed(quarter: Quarter, play, words: str) -> None:
    play(quarter)
    before = quarter.files()
    with pytest.raises(UsageError) as caught:
        dismiss(quarter.workspace, "U0001", "x", LATER)
    assert words in caught.value.message + caught.value.fix
    assert quarter.files() == before


def test_the_log_has_the_event_and_the_books_agree(quarter: Quarter) -> None:
    quarter.collect(quarter.filled(WRONG), quarter.put(b"?", "a.txt"))
    dismiss(quarter.workspace, "U0001", "取消し", LATER)
    dismiss(quarter.workspace, "U0002", "広告", LATER)
    books = opened(quarter.workspace, LATER)
    assert books.noticed == ()
    for commit in books.chain.commits:
        assert Commit.parse(commit.data()) == commit
    told = books.receipts([m.id for m in quarter.master.measures], {"U0001", "U0002"})
    assert {key: row for key, row in told.items()} == {(r.id, *r.place): r for r in quarter.master.receipts}

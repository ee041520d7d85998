"""Where every sheet of a round stands, as departments answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import openpyxl
import pytest

from dxreport.collect.dismiss import dismiss
from dxreport.collect.resolve import accept
from dxreport.collect.withdraw import withdraw
from dxreport.master.records import ReceiptState
from dxreport.status.round_status import RoundStatus, SheetStatus, State, status
from tests.support.quarter import RETURNED, Quarter, issue
from tests.support.sending import mail

pytestmark = pytest.mark.slow

P1, P2 = "activity.progress/K1/1", "activity.progress/K2/1"
IN_TIME, LATE = date(2022, 7, 15), date(2022, 7, 19)  # the deadline is 7月15日


def now(quarter: Quarter, today: date = IN_TIME, round_: str = "第1四半期") -> RoundStatus:
    master = quarter.master
    return status(master, master.settings.round(round_), today)


def one(quarter: Quarter, measure: str = "01-01", today: date = IN_TIME) -> SheetStatus:
    return next(s for s in now(quarter, today).sheets if s.measure == measure)


@pytest.mark.quick
def test_all_26_in_the_order_of_departments_and_nobody_is_late_on_the_day(issued_quarter: Quarter) -> None:
    found = now(issued_quarter)
    assert found.sums == {State.ISSUED: 26}
    departments = [d.name for d in issued_quarter.master.departments]
    places = [departments.index(s.department) for s in found.sheets]
    assert places == sorted(places)
    assert {(s.state, s.days_late) for s in now(issued_quarter, LATE).sheets} == {(State.MISSING, 4)}


def test_what_was_never_issued_is_not_missed(issued_quarter: Quarter) -> None:
    found = now(issued_quarter, date(2023, 3, 31), "第2四半期")
    assert found.sums == {State.NOT_ISSUED: 26}
    assert not any(s.days_late or s.state.owes for s in found.sheets)


def test_each_sheet_for_itself_and_late_only_while_something_is_owed(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    assert (one(quarter, "01-01", LATE).state, one(quarter, "01-01", LATE).days_late) == (State.HELD, 4)
    assert (one(quarter, "01-04", LATE).state, one(quarter, "01-04", LATE).days_late) == (State.MERGED, 0)
    quarter.collect(quarter.filled({}), now=RETURNED + timedelta(days=1))
    assert (one(quarter, "01-01", LATE).state, one(quarter, "01-01").receipt.id) == (State.MERGED, "U0002")


def test_the_last_return_counts_however_people_sort_the_ledger(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}), now=RETURNED + timedelta(days=1))
    book = openpyxl.load_workbook(quarter.workspace.master)
    rows = [[cell.value for cell in row] for row in book["受付簿"].iter_rows(min_row=2)]
    for n, row in enumerate(reversed(rows), 2):
        for column, value in enumerate(row, 1):
            book["受付簿"].cell(n, column).value = value
    book.save(quarter.workspace.master)
    assert [r.id for r in quarter.master.receipts if r.measure == "01-01"] == ["U0002", "U0001"]
    assert (one(quarter).state, one(quarter).receipt.id) == (State.HELD, "U0002")


def test_an_older_mail_that_is_collected_later_and_held_hides_no_answer(quarter: Quarter) -> None:
    newer, older = quarter.filled({}), quarter.filled({"01-01": {"goal": "書き換え"}})
    quarter.collect(quarter.put(sent("14 Jul", newer), "新.eml"), now=RETURNED + timedelta(days=1))
    quarter.collect(quarter.put(sent("11 Jul", older), "旧.eml"), now=RETURNED + timedelta(days=2))
    [held] = [r for r in quarter.master.receipts if (r.id, r.measure) == ("U0002", "01-01")]
    assert (held.state, held.replaced_by) == (ReceiptState.HELD, "U0001")
    assert (one(quarter, "01-01", LATE).state, one(quarter, "01-01").receipt.id) == (State.MERGED, "U0001")


def sent(day: str, data: bytes) -> bytes:
    """A mail of a day with a return."""
    return mail([("回答.xlsx", data)]).replace(b"15 Jul", day.encode())


def test_nothing_to_report_is_an_answer(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "", P2: "", "no_report/1": "○"}}))
    assert one(quarter).state is State.NOTHING
    assert quarter.values("01-01")["no_report/1"] == "○"


@pytest.mark.parametrize(("answers", "progress"), [({}, "予定通り"), ({P1: "", P2: ""}, "")], ids=["with 進捗", "有"])
def test_a_tick_beside_progress_and_what_is_no_tick_are_not_nothing_to_report(
    quarter: Quarter, answers: dict[str, str], progress: str
) -> None:
    quarter.collect(quarter.filled({"01-01": {**answers, "no_report/1": "○" if progress else "有"}}))
    if one(quarter).state is State.HELD:
        accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED)
    assert quarter.values("01-01")[P1] == progress
    assert one(quarter).state is State.MERGED


def test_an_open_conflict_is_under_review_and_chases_nobody(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当"})
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署"}}))
    found = one(quarter, today=LATE)
    assert (found.state, found.days_late, [c.id for c in found.conflicts]) == (State.REVIEW, 0, ["C0001"])
    assert [c.id for s in now(quarter).sheets for c in s.conflicts] == ["C0001"]


def test_an_accepted_sheet_is_merged_and_a_withdrawn_return_is_owed_again(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    accept(quarter.workspace, "U0001", "01-01", "電話で確認", RETURNED)
    assert one(quarter).state is State.MERGED
    withdraw(quarter.workspace, "U0001", "誤送", RETURNED)
    assert {one(quarter, m, LATE).state for m in ("01-01", "01-04")} == {State.MISSING}


def test_a_question_that_a_withdrawn_return_left_is_no_answer(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署"}}))
    quarter.write("01-01", {"procurement": "担当"})
    withdraw(quarter.workspace, "U0001", "誤送", RETURNED)
    found = one(quarter, today=LATE)
    assert (found.state, found.days_late, [c.id for c in found.conflicts]) == (State.MISSING, 4, ["C0001"])
    assert one(quarter, "01-04", LATE).state is State.MISSING


def test_nor_is_one_that_a_return_withdrawn_in_part_left(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    quarter.write("01-01", {P1: "進捗遅延・課題あり"})
    withdraw(quarter.workspace, "U0001", "誤送", RETURNED, measure="01-01")
    found = one(quarter, today=LATE)
    assert (found.state, [c.id for c in found.conflicts]) == (State.MISSING, ["C0001"])
    assert (one(quarter, "01-04").state, one(quarter, "01-04").conflicts) == (State.MERGED, ())


def test_a_file_nobody_could_read_is_listed(quarter: Quarter) -> None:
    quarter.collect(quarter.put(b"no workbook", "写真.jpg"))
    assert [(r.file, r.state) for r in now(quarter).refused] == [("写真.jpg", ReceiptState.REFUSED)]


def test_an_unreadable_file_is_listed_in_every_round_until_somebody_decides(quarter: Quarter) -> None:
    """Nobody knows for which round it was meant: no issue, whole or in part, hides one that came before or after."""
    quarter.collect(quarter.put(b"no workbook", "夏.jpg"))
    issue(quarter, "第2四半期", datetime(2022, 10, 1, 9))
    issue(quarter, "計画", datetime(2022, 10, 6), measures=("03-04",))
    quarter.collect(quarter.put(b"no book", "秋.jpg"), now=datetime(2022, 10, 7))
    for round_ in ("計画", "第1四半期", "第2四半期", "第3四半期"):
        assert [r.file for r in now(quarter, round_=round_).refused] == ["夏.jpg", "秋.jpg"]
    dismiss(quarter.workspace, "U0001", "広告", datetime(2022, 10, 8))
    assert [r.file for r in now(quarter, round_="第2四半期").refused] == ["秋.jpg"]


@pytest.mark.parametrize("today", [IN_TIME, LATE])
def test_the_sums_count_every_sheet_once(quarter: Quarter, today: date) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}), quarter.filled({}, "総務課"))
    found = now(quarter, today)
    assert sum(found.sums.values()) == len(found.sheets) == 26
    assert found.sums[State.MERGED] == 3 and found.sums[State.HELD] == 1


def test_a_file_of_many_sheets_that_nobody_knows_is_told_once(quarter):
    data = quarter.filled({}, "経営改革課")
    for path in quarter.workspace.forms.glob("*.xlsx"):
        path.unlink()
    quarter.collect(data, now=datetime(2022, 7, 14))
    refused = [r for r in quarter.master.receipts if r.state is ReceiptState.REFUSED]
    found = status(quarter.master, quarter.master.settings.round("第1四半期"), date(2022, 7, 20))
    assert len(refused) == 5 and [r.id for r in found.refused] == ["U0001"]

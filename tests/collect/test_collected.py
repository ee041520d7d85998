"""Collect as a whole: what is merged, what is held, which files are written, and a second run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from dxreport.collect.plan import Status
from dxreport.collect.reader import FileRead, FileReader
from dxreport.collect.run import collect
from dxreport.domain.errors import DxreportError, LockedError, UsageError
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.intake.returned import ReturnedFile
from dxreport.master.records import ConflictState
from dxreport.sendback.fill import fill
from dxreport.workspace import files
from dxreport.workspace.files import locked
from tests.support.quarter import ANSWERS, OFFICE, RETURNED, Quarter, copy, found, issue, sheet_of

pytestmark = pytest.mark.slow

P1, P2, C1 = "activity.progress/K1/1", "activity.progress/K2/1", "activity.countermeasure/K1/1"
LATE = "進捗遅延・課題あり"
LATER = RETURNED + timedelta(days=2)


@pytest.mark.quick
def test_a_sound_return_goes_in_to_the_letter(quarter: Quarter) -> None:
    plan = quarter.collect(quarter.filled({}))
    assert plan.clean and plan.files[0].status is Status.MERGED
    master = quarter.master
    assert {id_: master.measure(id_) for id_ in ("01-01", "01-04")} == {id_: ANSWERS[id_] for id_ in ("01-01", "01-04")}


def test_the_folders_of_our_own_files_are_left_out(quarter: Quarter) -> None:
    """Somebody collects the whole workspace, or the folder of the workbooks as sent."""
    (quarter.root / "返送").mkdir()
    (quarter.root / "返送/回答.xlsx").write_bytes(quarter.filled({}))
    plan = collect(quarter.workspace, [quarter.root], RETURNED).plan
    assert [file.file.name for file in plan.files] == ["返送/回答.xlsx"]
    for own in (quarter.sent, quarter.workspace.reports, quarter.workspace.issued):
        with pytest.raises(UsageError, match="dxreport が作った"):
            collect(quarter.workspace, [own], RETURNED)
    assert collect(quarter.workspace, [next(quarter.sent.glob("*総務課*"))], RETURNED).plan.files


@pytest.mark.parametrize(("since", "told"), [(None, True), ("第1四半期", True), ("第2四半期", False)])
def test_answers_of_a_measure_that_ended_since_are_taken_and_told(
    quarter: Quarter, since: str | None, told: bool
) -> None:
    book = openpyxl.load_workbook(quarter.workspace.master)
    heads = {cell.value: cell.column for cell in book["施策"][1]}
    row = next(row for row in book["施策"].iter_rows(min_row=2) if row[0].value == "01-04")
    row[heads["状態"] - 1].value, row[heads["状態の開始四半期"] - 1].value = "中止", since
    book.save(quarter.workspace.master)
    plan = quarter.collect(quarter.filled({}))
    assert [p.code for p in sheet_of(plan, "01-04").problems] == (["W308"] if told else [])
    assert sheet_of(plan, "01-04").status is Status.MERGED and plan.clean
    assert (sheet_of(plan, "01-01").problems, plan.files[0].package) == ((), None)


def test_what_was_not_returned_stays_as_it_was(quarter: Quarter) -> None:
    before = {m.id: m for m in quarter.master.measures}
    quarter.collect(quarter.filled({}))
    after = {m.id: m for m in quarter.master.measures}
    assert {id_ for id_ in before if before[id_] != after[id_]} == {"01-01", "01-04"}


def test_a_held_sheet_holds_only_itself(quarter: Quarter) -> None:
    plan = quarter.collect(quarter.filled({"01-01": {P1: "順調", "contact_person": "後任"}}))
    assert [(s.measure, s.status) for s in plan.files[0].sheets] == [("01-01", Status.HELD), ("01-04", Status.MERGED)]
    assert plan.files[0].status is Status.HELD and not plan.clean
    assert (quarter.values("01-01")["contact_person"], quarter.values("01-01")[P2]) == ("古宇田", "")
    assert quarter.values("01-04")[P1] == "予定通り"


def test_the_originals_are_kept_byte_for_byte_under_their_numbers(quarter: Quarter) -> None:
    good, held, unreadable = quarter.filled({}), quarter.filled({"03-01": {P1: "順調"}}, "総務課"), b"no workbook"
    quarter.collect(quarter.put(good, "a.xlsx"), quarter.put(held, "b.xlsx"), quarter.put(unreadable, "c.xlsx"))
    kept = {p.name: p.read_bytes() for p in quarter.workspace.returns.iterdir()}
    assert kept == {"U0001_a.xlsx": good, "U0002_b.xlsx": held, "U0003_c.xlsx": unreadable}


def test_the_receipts_tell_what_became_of_every_sheet(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {P1: "順調"}})
    quarter.collect(quarter.put(data, "a.xlsx"), quarter.put(b"no workbook", "b.txt"))
    issue = next(i.id for i in quarter.master.issues if i.department == OFFICE)
    digest = hashlib.sha256(data).hexdigest()
    rows = [(r.id, r.when, r.file, r.sha256, r.issue_id, r.department, r.round, r.measure, r.state.value, r.changes, r.findings)
            for r in quarter.master.receipts]  # fmt: skip
    when, name = "2022-07-14 17:00:00", "第1四半期"
    assert rows == [
        ("U0001", when, "a.xlsx", digest, issue, OFFICE, name, "01-01", "保留", 0, "E101"),
        ("U0001", when, "a.xlsx", digest, issue, OFFICE, name, "01-04", "取込済", 2, ""),
        ("U0002", when, "b.txt", hashlib.sha256(b"no workbook").hexdigest(), "", "", "", "", "受付不可", 0, "E401"),
    ]


def test_the_history_leads_every_change_back_to_file_and_cell(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {P1: LATE, C1: "協議中\n来月再開"}})
    quarter.collect(quarter.put(data, "a.xlsx"))
    at = quarter.cells(data, "01-01")
    rows = {str(c.ref): c for c in quarter.master.changes if c.measure == "01-01"}
    assert set(rows) == {P1, P2, C1}
    change = rows[C1]
    assert (change.old, change.new, change.return_id, change.file, change.sheet, change.cell) == (
        "", "協議中\n来月再開", "U0001", "a.xlsx", "01-01", at[C1])  # fmt: skip
    assert "第1四半期" in change.label and "対応策" in change.label and change.when == "2022-07-14 17:00:00"


def test_the_same_content_again_is_no_fault_no_change_and_no_receipt(quarter: Quarter) -> None:
    data = quarter.filled({"03-01": {"contact_email": "x@example.com"}}, "総務課")
    first = quarter.collect(quarter.put(data, "a.xlsx"))
    assert [p.code for p in sheet_of(first, "03-01").problems] == ["W403"]
    before = quarter.files()
    again = quarter.collect(quarter.put(data, "別の名前.xlsx"), now=LATER)
    assert [(s.status, s.problems) for s in again.files[0].sheets] == [(Status.UNCHANGED, ())] * 2
    assert (again.clean, again.files[0].return_id, again.changes) == (True, "U0001", ())
    assert quarter.files() == before


def test_a_held_file_again_is_held_again_under_its_number(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {P1: "順調"}})
    quarter.collect(quarter.put(data, "a.xlsx"))
    before = quarter.files()
    again = quarter.collect(quarter.put(data, "別の名前.xlsx"), now=LATER)
    assert (sheet_of(again, "01-01").status, again.files[0].return_id, again.clean) == (Status.HELD, "U0001", False)
    after = quarter.files()
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("reports/差し戻し/") for name in set(after) - set(before))


def test_one_content_under_two_names_in_one_run_is_one_return(quarter: Quarter) -> None:
    data = quarter.filled({})
    plan = quarter.collect(quarter.put(data, "a.xlsx"), quarter.put(data, "b.xlsx"))
    assert [(f.return_id, f.status) for f in plan.files] == [("U0001", Status.MERGED), ("U0001", Status.UNCHANGED)]
    assert [(r.file, r.state.value) for r in quarter.master.receipts] == [("a.xlsx", "取込済")] * 2
    assert [p.name for p in quarter.workspace.returns.iterdir()] == ["U0001_a.xlsx"]


def test_two_files_that_hold_nothing_are_two_returns(quarter: Quarter) -> None:
    plan = quarter.collect(quarter.put(b"", "a.xlsx"), quarter.put(b"", "b.xlsx"))
    assert [(f.return_id, f.problems[0].code) for f in plan.files] == [("U0001", "E407"), ("U0002", "E407")]
    before = quarter.files()
    quarter.collect(quarter.put(b"", "a.xlsx"), quarter.put(b"", "b.xlsx"))
    assert quarter.files() == before


def test_a_corrected_return_goes_in_and_takes_over(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: "順調"}}))
    plan = quarter.collect(quarter.filled({"01-01": {P1: LATE, C1: "協議中"}}), now=LATER)
    assert [(s.measure, s.status) for s in plan.files[0].sheets] == [
        ("01-01", Status.MERGED),
        ("01-04", Status.UNCHANGED),
    ]
    assert (quarter.values("01-01")[P1], quarter.values("01-01")[C1]) == (LATE, "協議中")
    plan = quarter.collect(quarter.filled({"01-01": {P1: "予定通り"}}), now=LATER + timedelta(days=1))
    assert sheet_of(plan, "01-01").status is Status.MERGED
    assert (quarter.values("01-01")[P1], quarter.values("01-01")[C1]) == ("予定通り", "協議中")


def test_with_replace_a_return_counts_whole(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({"01-01": {P1: LATE, C1: "協議中"}}))
    plan = quarter.collect(quarter.filled({"01-01": {P1: "予定通り"}}), now=LATER, replace=True)
    assert [(str(c.ref), c.old, c.new) for c in sheet_of(plan, "01-01").merge.changes] == [
        (P1, LATE, "予定通り"), (C1, "協議中", "")]  # fmt: skip
    assert quarter.values("01-01")[C1] == ""


def test_replace_leaves_the_coordinators_own_work_alone(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    plan = quarter.collect(quarter.filled({}), replace=True)
    assert not plan.conflicts
    assert quarter.values("01-01")["procurement"] == "担当が直した内容"


def test_what_somebody_wrote_into_the_master_meanwhile_is_a_conflict_and_stays_open(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当が直した内容", "contact_person": "山田"})
    data = quarter.filled({"01-01": {"procurement": "部署の内容", "contact_person": "山田"}})
    plan = quarter.collect(data)
    sheet = sheet_of(plan, "01-01")
    [conflict] = quarter.master.conflicts
    assert (conflict.id, conflict.return_id, str(conflict.ref), conflict.state) == (
        "C0001",
        "U0001",
        "procurement",
        ConflictState.OPEN,
    )
    assert (conflict.issued, conflict.returned, conflict.current) == (
        "利用促進事業費及び加盟促進事業費を予算化", "部署の内容", "担当が直した内容")  # fmt: skip
    assert not plan.clean and [str(c.ref) for c in sheet.merge.conflicts] == ["procurement"]
    assert quarter.values("01-01")["procurement"] == "担当が直した内容"
    assert quarter.values("01-01")[P1] == "予定通り"  # the other cells were merged
    before = quarter.files()
    quarter.collect(data, now=LATER)
    assert quarter.files() == before


def test_a_second_return_with_the_same_conflict_opens_none_and_one_with_another_text_takes_its_place(
    quarter: Quarter,
) -> None:
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署の内容"}}))
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署の内容", "contact_person": "後任"}}), now=LATER)
    assert [c.id for c in quarter.master.conflicts] == ["C0001"]
    quarter.collect(quarter.filled({"01-01": {"procurement": "部署の新しい内容"}}), now=LATER)
    assert [(c.id, c.state.value, c.returned) for c in quarter.master.conflicts] == [
        ("C0001", "取下げ", "部署の内容"), ("C0002", "未解決", "部署の新しい内容")]  # fmt: skip


def test_a_return_of_an_old_issue_does_not_undo_what_was_issued_since(quarter: Quarter) -> None:
    quarter.write("01-01", {"contact_person": "新任"})
    old = quarter.filled({})
    issue(quarter, now=LATER)
    plan = quarter.collect(old, now=LATER)
    assert quarter.values("01-01")["contact_person"] == "新任"
    assert plan.clean


def test_a_new_item_in_a_spare_row_becomes_one_of_the_master(quarter: Quarter) -> None:
    data = quarter.filled(
        {"01-01": {"support_flag": "有", "support.period/S1": "９月", "support.content/S1": "仕様書の確認"}}
    )
    assert found(sheet_of(quarter.collect(data), "01-01")) == []
    [request] = quarter.master.measure("01-01").support_requests
    assert (request.key, request.period, request.content) == ("S1", "９月", "仕様書の確認")


def test_a_dry_run_says_what_is_then_done_and_writes_nothing(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    paths = [
        quarter.put(quarter.filled({"01-01": {"procurement": "部署の内容"}}), "a.xlsx"),
        quarter.put(quarter.filled({"03-01": {P1: "順調"}}, "総務課"), "b.xlsx"),
        quarter.put(b"no workbook", "c.xlsx"),
    ]
    before = quarter.files()
    dry = collect(quarter.workspace, paths, RETURNED, dry_run=True)
    assert quarter.files() == before and not dry.copies
    done = collect(quarter.workspace, paths, RETURNED)
    assert done.plan == dry.plan
    assert len(done.copies) == 1
    master = quarter.master
    assert [(c.old, c.new, c.note) for c in dry.plan.edits] == [
        ("利用促進事業費及び加盟促進事業費を予算化", "担当が直した内容", "手入力")]  # fmt: skip
    assert (master.changes, master.receipts, master.conflicts) == (
        dry.plan.edits + dry.plan.changes,
        dry.plan.receipts,
        dry.plan.conflicts,
    )
    texts = {c.ref: c.new for c in dry.plan.changes if c.measure == "01-04"}
    assert master.measure("01-04") == Measure(ANSWERS["01-04"].values() | texts)


def test_the_same_returns_at_the_same_time_give_the_same_bytes(issued_quarter: Quarter, tmp_path: Path) -> None:
    made = []
    for name in ("一", "二"):
        quarter = copy(issued_quarter, tmp_path / name)
        quarter.collect(quarter.filled({}), quarter.filled({"03-01": {P1: "順調"}}, "総務課"))
        made.append(quarter.files())
    assert made[0] == made[1]


def test_status_and_dry_runs_work_while_the_master_is_open(quarter: Quarter) -> None:
    (quarter.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    assert quarter.collect(quarter.filled({}), dry_run=True).clean


def open_in_excel(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> type[DxreportError]:
    (quarter.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    return LockedError


def disk_full(nth: int) -> Callable:
    def trouble(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> type[DxreportError]:
        real, written = files.os.replace, []

        def full(source: str, target: Path) -> None:
            written.append(target)
            if len(written) == nth:
                raise OSError(28, "No space left on device")
            real(source, target)

        monkeypatch.setattr(files.os, "replace", full)
        return DxreportError

    return trouble


@pytest.mark.parametrize("trouble", [open_in_excel, *(disk_full(n) for n in range(1, 10))])
def test_where_the_master_cannot_be_written_nothing_is(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch, trouble
) -> None:
    """Two originals, two readings, the settings, the log twice, a backup, the master: whichever fails."""
    paths = [
        quarter.put(quarter.filled({}), "a.xlsx"),
        quarter.put(quarter.filled({"03-01": {P1: "順調"}}, "総務課"), "b.xlsx"),
    ]
    expected = trouble(quarter, monkeypatch)
    before = quarter.files()
    with pytest.raises(expected) as caught:
        quarter.collect(*paths)
    assert caught.value.exit_code == 3
    assert quarter.files() == before


def test_returns_go_in_though_somebody_saves_the_master_while_they_are_read(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FileReader.read

    def slow(self: FileReader, file: ReturnedFile, **how: bool) -> FileRead:
        if not quarter.values("02-01")["goal"].startswith("その間"):
            quarter.write("02-01", {"goal": "その間に書かれた目標"})
        return real(self, file, **how)

    monkeypatch.setattr(FileReader, "read", slow)
    assert quarter.collect(quarter.filled({})).clean
    assert quarter.values("02-01")["goal"] == "その間に書かれた目標"
    assert quarter.values("01-01")[P1] == "予定通り"
    assert [c.new for c in quarter.master.changes if c.note == "手入力"] == ["その間に書かれた目標"]


def test_where_another_dxreport_writes_nothing_is_changed(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.01)
    before = quarter.files()
    with locked(quarter.workspace.lock), pytest.raises(LockedError):
        quarter.collect(quarter.filled({}))
    assert quarter.files() == before


def test_a_path_that_is_not_there_stops_before_anything(quarter: Quarter) -> None:
    before = quarter.files()
    with pytest.raises(UsageError):
        quarter.collect(quarter.put(quarter.filled({}), "a.xlsx"), quarter.root / "ない.xlsx")
    assert quarter.files() == before


def test_a_very_long_file_name_stops_nobody(quarter: Quarter) -> None:
    name = "産業振興課の返送" * 10 + ".xlsx"
    quarter.collect(quarter.put(quarter.filled({"01-01": {P1: "順調"}}), name))
    assert quarter.master.receipts[0].file == name
    [kept] = quarter.workspace.returns.iterdir()
    assert kept.name.startswith("U0001_産業振興課の返送") and kept.suffix == ".xlsx"


def test_line_ends_that_a_program_changed_change_nothing(quarter: Quarter) -> None:
    quarter.write("01-01", {"procurement": "一行目\n二行目"})
    issue(quarter, now=LATER)
    plan = quarter.collect(quarter.filled({"01-01": {"procurement": "一行目\r\n二行目"}}), now=LATER)
    assert [str(c.ref) for c in sheet_of(plan, "01-01").merge.changes] == [P1, P2]


def test_what_the_coordinator_wrote_by_phone_is_not_missed_in_a_return_that_leaves_it_blank(quarter: Quarter) -> None:
    quarter.write("01-01", {P1: "予定通り"})
    plan = quarter.collect(quarter.filled({"01-01": {P2: "予定通り"}}, full=False))
    sheet = sheet_of(plan, "01-01")
    assert (sheet.status, found(sheet)) == (Status.MERGED, [])
    assert (quarter.values("01-01")[P1], quarter.values("01-01")[P2]) == ("予定通り", "予定通り")


def test_with_replace_a_blank_that_takes_a_required_answer_back_is_held(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    plan = quarter.collect(quarter.filled({"01-01": {P1: LATE, C1: "協議中"}}, full=False), now=LATER, replace=True)
    assert [p.code for p in sheet_of(plan, "01-01").problems] == ["E103"]


def test_a_fresh_copy_does_not_contradict_what_an_earlier_one_said_in_spare_rows(quarter: Quarter) -> None:
    requests = {"support_flag": "有", "support.period/S1": "９月", "support.content/S1": "仕様書の確認"}
    quarter.collect(quarter.filled({"01-01": requests}))
    sheet = sheet_of(
        quarter.collect(quarter.filled({"01-01": {"contact_person": "後任"}}, full=False), now=LATER), "01-01"
    )
    assert (sheet.status, found(sheet), [str(c.ref) for c in sheet.merge.changes]) == (
        Status.MERGED,
        [],
        ["contact_person"],
    )


def test_an_activity_that_the_coordinator_added_meanwhile_is_asked_of_nobody(quarter: Quarter) -> None:
    quarter.write("01-01", {"activity.name/K9": "後から加えた取組", "activity.plan/K9/1": "準備"})
    sheet = sheet_of(quarter.collect(quarter.filled({})), "01-01")
    assert (sheet.status, found(sheet)) == (Status.MERGED, [])
    assert quarter.values("01-01")["activity.name/K9"] == "後から加えた取組"


def test_a_corrected_copy_that_comes_back_corrected_leaves_no_trace_of_its_marks(quarter: Quarter) -> None:
    first = collect(quarter.workspace, [quarter.put(quarter.filled({"01-01": {P1: "順調"}}))], RETURNED)
    copy_back = first.copies[0].read_bytes()
    data = fill(copy_back, quarter.form, {"01-01": {Ref.parse(P1): "予定通り"}}, quarter=1, year=1)
    plan = quarter.collect(quarter.put(data, "返送_差し戻し.xlsx"), now=LATER)
    assert [(s.measure, s.status, found(s), s.moved, dict(s.notes)) for s in plan.files[0].sheets] == [
        ("01-01", Status.MERGED, [], (), {}), ("01-04", Status.UNCHANGED, [], (), {})]  # fmt: skip
    assert [r.note for r in quarter.master.receipts if r.id == "U0002"] == ["", ""]
    assert quarter.values("01-01")[P1] == "予定通り"

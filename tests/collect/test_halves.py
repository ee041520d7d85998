"""Two people share a sheet: each answers a part of it and sends a copy."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import openpyxl
import pytest

from dxreport.collect.plan import Status
from dxreport.collect.reader import FileReader
from dxreport.collect.resolve import accept, decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.fields import Ref
from dxreport.ooxml.refs import cell
from dxreport.sendback.fill import fill
from tests.support.edits import encrypted, new_row, own_activity
from tests.support.halves import ELSE, HERE, LATE, ONE, P1, P2, TWO, half, shown, states
from tests.support.packages import edited, sheet_xml, with_sheet, without_sheet
from tests.support.quarter import (
    ANSWERS,
    OFFICE,
    RETURNED,
    Edits,
    Quarter,
    found,
    issue,
    printed,
    sheet_of,
)

pytestmark = pytest.mark.slow

SHARED = "01-09"  # needs 進捗 of three activities and 対応策 of two
OWNER = ANSWERS[SHARED].lead_department
WHOLE = {str(ref): text for ref, text in printed(SHARED).items()}
C1 = "activity.countermeasure/K1/1"


OPTIONAL = {"contact_person": ("甲", "乙"), "outcome.actual/O1/1": ("12", "34"), "activity.plan/K1/3": ("調整", "実施")}


@pytest.mark.parametrize("seed", range(16))
def test_parts_make_the_same_master_as_one_whole_return(quarter: Quarter, seed: int) -> None:
    """Three people share the answers in any way and send them in any order, in one or more runs.

    Where two of them fill in the same cell, the last one counts.
    """
    dice = random.Random(seed)
    people: list[dict[str, str]] = [{}, {}, {}]
    for ref, text in WHOLE.items():
        for texts in dice.sample(people, dice.choice((1, 1, 1, 2))):
            texts[ref] = text
    for ref, words in OPTIONAL.items():
        for texts in dice.sample(people, dice.choice((0, 1, 2))):
            texts[ref] = dice.choice(words)
    run, runs = 0, []
    for texts in people:  # whoever wrote nothing sends the sheet unchanged
        run += dice.random() < 0.5
        runs.append((run, quarter.filled({SHARED: texts}, OWNER, full=False)))
    for _, group in groupby(runs, key=lambda pair: pair[0]):
        quarter.collect(*(data for _, data in group))
    said: dict[str, str] = {}
    for texts in people:
        said |= texts
    assert {ref: quarter.values(SHARED).get(ref) for ref in said} == said
    assert shown(quarter, SHARED) == "反映済"
    for change in (c for c in quarter.master.changes if c.measure == SHARED):
        sender = next(r for r in quarter.master.receipts if r.id == change.return_id)
        data = next(path.read_bytes() for path in quarter.workspace.returns.glob(f"{sender.id}_*"))
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert book[change.sheet][change.cell].value == change.new


@pytest.mark.quick
def test_halves_of_two_runs(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    assert states(quarter) == {"U0001": "保留"} and quarter.values(HERE)[P1] == ""
    before = quarter.files()
    said = quarter.collect(half(quarter, TWO), dry_run=True)
    assert quarter.files() == before
    plan = quarter.collect(half(quarter, TWO))
    assert plan == said
    assert [(f.return_id, f.new, [(s.measure, s.status) for s in f.sheets if s.measure == HERE]) for f in plan.files] == [
        ("U0001", False, [(HERE, Status.MERGED)]), ("U0002", True, [(HERE, Status.MERGED)])]  # fmt: skip
    first, second = (sheet_of(plan, HERE, n) for n in (0, 1))
    assert found(first) == found(second) == [("W511", "warning", "")]
    assert "U0002（返送1.xlsx）" in first.problems[0].message and "U0001（返送1.xlsx）" in second.problems[0].message
    assert [(str(c.ref), c.new) for c in first.merge.changes] == [(P1, "予定通り")]
    assert not second.kept  # the cell left blank is the other half
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}
    assert shown(quarter) == "反映済"


def test_halves_that_differ_in_a_cell_name_both_texts(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | {"contact_person": "甲"}))
    plan = quarter.collect(half(quarter, TWO | {"contact_person": "乙"}))
    first, second = (sheet_of(plan, HERE, n) for n in (0, 1))
    assert [p.code for p in first.problems] == ["W511"]
    joined, disputed = second.problems
    assert (joined.code, disputed.code, disputed.field) == ("W511", "W513", "contact_person")
    assert disputed.cell == second.cells[Ref("contact_person")]
    assert "「甲」" in disputed.message and "「乙」" in disputed.message
    assert quarter.values(HERE)["contact_person"] == "乙"


def test_what_one_began_another_explains(quarter: Quarter) -> None:
    """進捗 from one, its 対応策 from another."""
    begun = quarter.collect(half(quarter, {P1: LATE, P2: "予定通り"}))
    assert [code for code, *_ in found(sheet_of(begun, HERE))] == ["E105"]
    quarter.collect(half(quarter, {C1: "人を増やす"}))
    assert {ref: quarter.values(HERE)[ref] for ref in (P1, P2, C1)} == {P1: LATE, P2: "予定通り", C1: "人を増やす"}


def test_parts_that_are_not_enough_stay_held_until_the_last_one(quarter: Quarter) -> None:
    texts = [dict([item]) for item in WHOLE.items()]
    for part in texts[:-1]:
        plan = quarter.collect(quarter.filled({SHARED: part}, OWNER, full=False))
        assert sheet_of(plan, SHARED).status is Status.HELD
    quarter.collect(quarter.filled({SHARED: texts[-1]}, OWNER, full=False))
    assert {ref: quarter.values(SHARED).get(ref) for ref in WHOLE} == WHOLE


def test_of_those_that_contradict_each_other_the_last_counts(quarter: Quarter) -> None:
    """The first person sends a second part before the other person's arrives."""
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "はじめの人"}))
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "次の人"}))
    quarter.collect(half(quarter, TWO))
    assert quarter.values(HERE)["contact_person"] == "次の人"
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済", "U0003": "取込済"}


@pytest.mark.parametrize("bad", [{P1: "順調"}, {P1: "予定通り", "id": "09-99"}])
def test_a_sheet_with_another_fault_completes_nothing(quarter: Quarter, bad: Edits) -> None:
    quarter.collect(half(quarter, bad))
    assert sheet_of(quarter.collect(half(quarter, TWO)), HERE).status is Status.HELD
    assert quarter.values(HERE)[P2] == ""


def test_two_parts_that_are_unsound_together_stay_held_for_what_neither_says(quarter: Quarter) -> None:
    """One reports a delay, neither a 対応策."""
    quarter.collect(half(quarter, {P1: LATE}))
    sheet = sheet_of(quarter.collect(half(quarter, TWO)), HERE)
    assert sheet.status is Status.HELD
    assert [(p.code, p.fields) for p in sheet.problems] == [("E105", (C1,))]


def test_what_waited_goes_in_with_a_return_that_is_whole_by_itself(quarter: Quarter) -> None:
    """The required answers come from one person, a voluntary one from another, in either order."""
    plan = quarter.collect(half(quarter, {"contact_person": "別の人"}), half(quarter, ONE | TWO))
    assert {s.measure for f in plan.files for s in f.sheets if s.status is Status.HELD} == {"01-04"}
    assert (quarter.values(HERE)["contact_person"], quarter.values(HERE)[P1]) == ("別の人", "予定通り")
    assert [[p.code for p in sheet_of(plan, HERE, n).problems] for n in (0, 1)] == [["W511"], ["W511"]]


def test_where_returns_replace_what_was_answered_each_counts_alone(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    assert sheet_of(quarter.collect(half(quarter, TWO), replace=True), HERE).status is Status.HELD


def test_the_same_half_again_stays_half(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    before = quarter.files()
    assert sheet_of(quarter.collect(half(quarter, ONE)), HERE).status is Status.HELD
    assert quarter.files() == before


def test_the_same_file_twice_is_merged_once(quarter: Quarter) -> None:
    plan = quarter.collect(half(quarter, ONE), half(quarter, ONE), half(quarter, TWO))
    assert [sheet_of(plan, HERE, n).status.value for n in (0, 1, 2)] == ["merged", "unchanged", "merged"]
    assert sorted(str(c.ref) for c in plan.changes) == [P1, P2]


def test_a_locked_half_that_was_read_once_needs_no_password_again(quarter: Quarter) -> None:
    locked = quarter.put(encrypted(half(quarter, ONE), "pass"), "鍵.xlsx")
    quarter.collect(locked, passwords={"": "pass"})
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        return ""

    plan = quarter.collect(half(quarter, TWO), ask=ask)
    assert sheet_of(plan, HERE).status is Status.MERGED and asked == []
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}


def test_a_locked_half_is_opened_with_the_password_that_is_given(quarter: Quarter) -> None:
    quarter.collect(quarter.put(encrypted(half(quarter, ONE), "pass"), "鍵.xlsx"), passwords={"": "pass"})
    quarter.collect(half(quarter, TWO), passwords={"": "pass"})
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}


@pytest.mark.parametrize(("taken", "other"), [("U0001", "U0002"), ("U0002", "U0001")])
def test_without_the_one_the_other_waits_again(quarter: Quarter, taken: str, other: str) -> None:
    before = quarter.values(HERE)
    quarter.collect(half(quarter, ONE), half(quarter, TWO))
    done = withdraw(quarter.workspace, taken, "別の課のもの", RETURNED)
    assert quarter.values(HERE) == before
    assert states(quarter) == {taken: "取下げ", other: "保留"}
    assert {(c.return_id, str(c.ref)) for c in done.changes} == {("U0001", P1), ("U0002", P2)}
    assert [(r.id, r.measure) for r in done.held] == [(other, HERE)]
    new = {"U0001": ONE, "U0002": TWO}[taken] | {"contact_person": "新しい人"}
    quarter.collect(half(quarter, new))
    assert states(quarter) == {taken: "取下げ", other: "取込済", "U0003": "取込済"}
    assert [quarter.values(HERE)[ref] for ref in (P1, P2)] == ["予定通り", "予定通り"]


def test_the_other_sheets_of_the_other_stay(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({HERE: ONE, "01-04": ELSE}, full=False), half(quarter, TWO))
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert states(quarter) == {"U0001": "保留", "U0002": "取下げ"}
    assert quarter.values("01-04")[P1] == "予定通り" and states(quarter, "01-04")["U0001"] == "取込済"


def test_no_corrected_copy_goes_back_for_what_another_answered(quarter: Quarter) -> None:
    plan = quarter.collect(quarter.filled({HERE: ONE, "01-04": ELSE}, full=False), half(quarter, TWO))
    assert plan.clean
    assert not list((quarter.workspace.reports / "差し戻し").glob("*"))


@pytest.mark.parametrize("newer", [{P1: "遅れています"}, {P1: "遅れています", P2: "予定通り", "contact_person": "甲"}])
def test_what_a_newer_return_with_a_fault_may_have_corrected_does_not_count(quarter: Quarter, newer: Edits) -> None:
    quarter.collect(half(quarter, ONE))
    quarter.collect(half(quarter, newer))
    quarter.collect(half(quarter, TWO))
    assert quarter.values(HERE)[P1] == "" and states(quarter) == {"U0001": "保留", "U0002": "保留", "U0003": "保留"}


def test_a_corrected_copy_stands_for_the_return_it_was_made_of(quarter: Quarter) -> None:
    """It takes back an answer that the first wrote in the wrong row."""
    quarter.collect(half(quarter, ONE))
    for number, edits in enumerate(({P1: ""}, {P2: "予定通り"}), 1):
        [copy] = (quarter.workspace.reports / "差し戻し").glob(f"U{number:04}*")
        data = fill(
            copy.read_bytes(),
            quarter.form,
            {HERE: {Ref.parse(ref): text for ref, text in edits.items()}},
            quarter=1,
            year=1,
        )
        quarter.collect(data)
        assert quarter.values(HERE)[P1] == "" and states(quarter)[f"U{number + 1:04}"] == "保留"
    quarter.collect(half(quarter, {P1: LATE, C1: "人を増やす"}))
    assert [quarter.values(HERE)[ref] for ref in (P1, P2)] == [LATE, "予定通り"]


def test_a_copy_left_blank_takes_nobodys_place(quarter: Quarter) -> None:
    """A colleague sends the workbook for its other sheet while this one is being corrected."""
    quarter.collect(quarter.filled({}))
    quarter.collect(half(quarter, {P1: "遅れています", "contact_person": "新しい人"}))
    quarter.collect(quarter.filled({"01-04": {"contact_person": "別の人"}}, full=False))
    assert states(quarter) == {"U0001": "取込済", "U0002": "保留", "U0003": "記入なし"}
    assert shown(quarter) == "差し戻し"
    accept(quarter.workspace, "U0002", HERE, "電話で確認", RETURNED)
    assert quarter.values(HERE)["contact_person"] == "新しい人" and shown(quarter) == "反映済"


def test_a_copy_left_blank_is_no_half(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    quarter.collect(quarter.filled({"01-04": ELSE}, full=False))
    plan = quarter.collect(half(quarter, TWO))
    assert [f.return_id for f in plan.files] == ["U0001", "U0003"] and "U0002" not in plan.files[0].sheets[0].problems[
        0
    ].message
    withdraw(quarter.workspace, "U0002", "別の課のもの", RETURNED)
    assert [quarter.values(HERE)[ref] for ref in (P1, P2)] == ["予定通り", "予定通り"]


def test_what_rests_on_a_return_that_is_withdrawn_is_asked_for_again(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE), half(quarter, TWO))
    quarter.collect(half(quarter, {"contact_person": "丙"}))
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert states(quarter) == {"U0001": "保留", "U0002": "取下げ", "U0003": "保留"} and shown(quarter) == "差し戻し"
    assert quarter.values(HERE)["contact_person"] != "丙"


def test_what_two_returns_say_stays_when_one_is_withdrawn(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | TWO))
    quarter.collect(half(quarter, ONE | TWO | {"contact_person": "乙"}))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert [quarter.values(HERE)[ref] for ref in (P1, P2, "contact_person")] == ["予定通り", "予定通り", "乙"]
    assert states(quarter) == {"U0001": "取下げ", "U0002": "取込済"} and shown(quarter) == "反映済"
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert quarter.values(HERE)[P1] == ""


def test_a_withdrawal_leaves_other_rounds_alone(quarter: Quarter) -> None:
    """One file holds the sheets of two rounds: the first quarter is reverted, the second stays."""
    first = half(quarter, TWO)
    quarter.collect(half(quarter, ONE))
    issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    later = [i for i in quarter.master.issues if i.round == "第2四半期"][-1]
    second = {Ref.parse(f"activity.progress/K{k}/{n}"): "予定通り" for k in (1, 2) for n in (1, 2)}
    book = fill(
        (quarter.workspace.issued / f"{later.id}.xlsx").read_bytes(), quarter.form, {HERE: second}, quarter=2, year=1
    )
    quarter.collect(with_sheet(first, "二期", sheet_xml(book, HERE)))
    withdraw(quarter.workspace, "U0001", "", RETURNED)
    assert quarter.values(HERE)["activity.progress/K1/2"] == "予定通り"


def test_of_two_issues_of_a_round_in_one_file_the_later_sheet_counts(quarter: Quarter) -> None:
    before = quarter.values(HERE)["contact_person"]
    first = quarter.filled({HERE: {"contact_person": "はじめの人"}})
    quarter.write(HERE, {"goal": "改めた目標"})
    issue(quarter, departments=(OFFICE,))
    second = quarter.filled({HERE: {"contact_person": "次の人"}})
    quarter.collect(with_sheet(first, "二枚目", sheet_xml(second, HERE)))
    assert quarter.values(HERE)["contact_person"] == "次の人"
    told = [(c.old, c.new) for c in quarter.master.changes if str(c.ref) == "contact_person" and c.measure == HERE]
    assert told == [(before, "はじめの人"), ("はじめの人", "次の人")]


def test_a_sheet_that_goes_in_after_a_later_one_of_its_file_writes_over_nothing(quarter: Quarter) -> None:
    first = quarter.filled({HERE: {P1: "順調", "contact_person": "はじめの人"}})
    quarter.write(HERE, {"goal": "改めた目標"})
    issue(quarter, departments=(OFFICE,))
    second = quarter.filled({HERE: {"contact_person": "次の人"}})
    both = with_sheet(first, "二枚目", sheet_xml(second, HERE))
    quarter.collect(both)
    assert [r.state.value for r in quarter.master.receipts if r.measure == HERE] == ["保留", "取込済"]
    before = quarter.values(HERE)
    quarter.add_word("順調")
    quarter.collect(both)
    assert [r.state.value for r in quarter.master.receipts if r.measure == HERE] == ["変更なし", "取込済"]
    assert quarter.values(HERE) == before and before["contact_person"] == "次の人"


def test_the_order_of_rows_in_the_ledger_is_not_that_of_returns(quarter: Quarter) -> None:
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "はじめの人"}))
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "次の人"}))
    book = openpyxl.load_workbook(quarter.workspace.master)
    sheet = book["受付簿"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    for row, values in zip(sheet.iter_rows(min_row=2), reversed(rows), strict=True):
        for c, value in zip(row, values, strict=True):
            c.value = value
    book.save(quarter.workspace.master)
    quarter.collect(half(quarter, TWO))
    assert quarter.values(HERE)["contact_person"] == "次の人"


def test_what_became_sound_meanwhile_still_helps(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    quarter.write(HERE, {P2: "予定通り"})  # the coordinator, by telephone
    quarter.collect(half(quarter, {"contact_person": "乙"}))
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"} and quarter.values(HERE)[P1] == "予定通り"


def test_two_sheets_that_are_shared(quarter: Quarter) -> None:
    one, two = ({ref: text} for ref, text in ELSE.items())
    quarter.collect(quarter.filled({HERE: ONE, "01-04": one}, full=False))
    plan = quarter.collect(quarter.filled({HERE: TWO, "01-04": two}, full=False))
    assert [(f.return_id, s.measure, s.status) for f in plan.files for s in f.sheets] == [
        (r, m, Status.MERGED) for r in ("U0001", "U0002") for m in (HERE, "01-04")]  # fmt: skip
    assert sum(len(s.merge.changes) for f in plan.files for s in f.sheets) == len(plan.changes) == 4


def test_the_corrected_copy_of_an_earlier_return_no_longer_asks_for_what_another_answered(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({HERE: ONE, "01-04": {P1: "順調"}}, full=False))
    quarter.collect(without_sheet(half(quarter, TWO), "01-04"))
    [copy] = (quarter.workspace.reports / "差し戻し").glob("U0001*")
    listed = openpyxl.load_workbook(copy).worksheets[0]
    assert {c.value for c in listed["B"]} & {HERE, "01-04"} == {"01-04"}


def test_whose_warning_it_is(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | {"contact_email": "メール不明"}))
    plan = quarter.collect(half(quarter, TWO))
    assert [[p.code for p in sheet_of(plan, HERE, n).problems] for n in (0, 1)] == [["W402", "W511"], ["W511"]]


def test_what_one_wrote_between_the_rows_is_told_when_the_other_comes(quarter: Quarter) -> None:
    data = half(quarter, ONE)
    row = cell(quarter.cells(data, HERE)[C1])[0] + 1
    quarter.collect(edited(data, HERE, lambda root: new_row(root, row, {"E": "メモ書き"})))
    plan = quarter.collect(half(quarter, TWO))
    assert [[p.code for p in sheet_of(plan, HERE, n).problems] for n in (0, 1)] == [["W504", "W511"], ["W511"]]


def test_nothing_is_read_twice(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    for edits in ({P1: "順調"}, TWO):
        quarter.collect(quarter.filled({HERE: edits, "01-04": ELSE}, full=False))
    read: list[str] = []
    real = FileReader.read
    monkeypatch.setattr(FileReader, "read", lambda self, file: (read.append(file.name), real(self, file))[1])
    quarter.collect(quarter.filled({}))
    assert len(read) == 1


@pytest.mark.parametrize("harm", ["altered", "gone"])
def test_what_was_read_counts_whatever_becomes_of_the_kept_original(quarter: Quarter, harm: str) -> None:
    quarter.collect(half(quarter, ONE))
    [kept] = quarter.workspace.returns.glob("U0001*")
    if harm == "altered":
        kept.write_bytes(half(quarter, {P1: LATE, C1: "後で書いた"}))
    else:
        kept.unlink()
    quarter.collect(half(quarter, TWO))
    assert [quarter.values(HERE)[ref] for ref in (P1, P2, C1)] == ["予定通り", "予定通り", ""]


def test_two_people_who_add_a_thing_each_in_one_spare_row_are_asked_about(quarter: Quarter) -> None:
    period, content = "support.period/S1", "support.content/S1"
    quarter.collect(half(quarter, ONE | {period: "7月", content: "甲の依頼", "support_flag": "有"}))
    plan = quarter.collect(half(quarter, TWO | {period: "9月", content: "乙の依頼", "support_flag": "有"}))
    assert (quarter.values(HERE)[period], quarter.values(HERE)[content]) == ("7月", "甲の依頼")
    assert {(c.returned, c.current) for c in plan.conflicts} == {("9月", "7月"), ("乙の依頼", "甲の依頼")}


def test_one_who_puts_right_what_was_added_is_not(quarter: Quarter) -> None:
    whole = ONE | TWO | {"support.period/S1": "7月", "support.content/S1": "はじめの依頼", "support_flag": "有"}
    quarter.collect(half(quarter, whole))
    plan = quarter.collect(half(quarter, whole | {"support.content/S1": "直した依頼"}))
    assert quarter.values(HERE)["support.content/S1"] == "直した依頼" and not plan.conflicts


def test_an_activity_of_their_own_is_offered_though_the_sheet_is_held(quarter: Quarter) -> None:
    """For an .ods the corrected copy is the workbook as issued, so the offer holds what they added."""
    [data] = own_activity(quarter)
    plan = quarter.collect(fill(data, quarter.form, {HERE: {Ref.parse(P1): "順調"}}, quarter=1, year=1))
    assert sheet_of(plan, HERE).status is Status.HELD
    [offer] = quarter.master.conflicts
    assert offer.label.startswith("追加: ") and offer.return_id == "U0001"
    decide(quarter.workspace, offer.id, "returned", "", RETURNED)
    assert any(
        text and text in offer.returned
        for ref, text in quarter.values(HERE).items()
        if ref.startswith("activity.name/K3")
    )


def test_a_warning_that_the_other_part_answers_is_not_told(quarter: Quarter) -> None:
    quarter.collect(
        half(quarter, ONE | {"support_flag": "無", "support.period/S1": "7月", "support.content/S1": "相談"})
    )
    first = sheet_of(quarter.collect(half(quarter, TWO | {"support_flag": "有"})), HERE)
    assert [p.code for p in first.problems] == ["W511"]


def test_the_copy_of_an_ods_holds_all_that_was_written(quarter: Quarter, soffice: Callable, tmp_path: Path) -> None:
    """Merged sheets too, since the copy replaces the return; but not what overwrote a locked cell."""
    path = tmp_path / "返送.xlsx"
    path.write_bytes(
        quarter.filled({HERE: ONE | {"name": "別の名前", "contact_person": "新しい人"}, "01-04": ELSE}, full=False)
    )
    quarter.collect(soffice(path, "ods"))
    [copy] = (quarter.workspace.reports / "差し戻し").glob("U0001*")
    book, data = openpyxl.load_workbook(copy), copy.read_bytes()
    texts = {id_: {ref: book[id_][at].value for ref, at in quarter.cells(data, id_).items()} for id_ in (HERE, "01-04")}
    assert texts["01-04"][P1] == texts[HERE][P1] == "予定通り" and texts[HERE]["contact_person"] == "新しい人"
    assert texts[HERE]["name"] == quarter.values(HERE)["name"]
    quarter.collect(fill(data, quarter.form, {HERE: {Ref.parse(P2): "予定通り"}}, quarter=1, year=1))
    assert shown(quarter) == shown(quarter, "01-04") == "反映済"


def test_new_items_of_one_person_are_not_missed_in_the_copy_of_another(quarter: Quarter) -> None:
    """In the round for plans, neither measure has a 取組 yet; each person fills in a spare row of one of them."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    for row in reversed(range(2, book["取組"].max_row + 1)):
        if book["取組"].cell(row, 1).value in ("01-01", "01-04"):
            book["取組"].delete_rows(row)
    book.save(quarter.workspace.master)
    [prepared] = issue(quarter, "計画", departments=(OFFICE,))
    first, second = (
        fill(prepared.data, quarter.form, {id_: {Ref("activity.name", "K1"): "実証実験"}}, quarter=0, year=1)
        for id_ in ("01-01", "01-04")
    )
    one = quarter.collect(first)
    assert [(s.status, [p.code for p in s.problems]) for f in one.files for s in f.sheets] == [
        (Status.MERGED, ["W106"]), (Status.HELD, ["E107"]),
    ]  # fmt: skip
    two = quarter.collect(second)
    assert [(s.status, [p.code for p in s.problems]) for f in two.files if f.new for s in f.sheets] == [
        (Status.UNCHANGED, []), (Status.MERGED, ["W106"]),
    ]  # fmt: skip
    assert states(quarter)["U0002"] == "記入なし"
    assert [quarter.values(id_)["activity.name/K1"] for id_ in ("01-01", "01-04")] == ["実証実験"] * 2

"""Two people share a sheet: each answers a part of it and sends a copy."""

from __future__ import annotations

import random
from itertools import groupby
from pathlib import Path

import pytest

from dxreport.collect.plan import Status
from dxreport.errors import UsageError
from dxreport.master.records import ReceiptState
from dxreport.resolve import accept
from dxreport.status import status
from dxreport.withdraw import withdraw
from tests.collect.edits import encrypted
from tests.quarter import ANSWERS, RETURNED, Edits, Quarter, found, printed, sheet_of

SHARED = "01-09"  # 進捗 of three activities, 対応策 of two: each must be answered
OWNER = ANSWERS[SHARED].lead_department
WHOLE = {str(ref): text for ref, text in printed(SHARED).items()}
P1, P2, LATE = "activity.progress/K1/1", "activity.progress/K2/1", "進捗遅延・課題あり"
HERE = "01-01"
ONE, TWO = {P1: "予定通り"}, {P2: "予定通り"}


def half(quarter: Quarter, edits: Edits) -> bytes:
    """A copy of the workbook of 産業振興課 in which only this was written into 01-01."""
    return quarter.filled({HERE: edits}, full=False)


def states(quarter: Quarter, measure: str = HERE) -> dict[str, str]:
    """What 受付簿 says of the measure, by return."""
    return {r.id: r.state.value for r in quarter.master.receipts if r.measure == measure}


@pytest.mark.parametrize("seed", range(12))
def test_parts_make_the_same_master_as_one_whole_return(quarter: Quarter, seed: int) -> None:
    """However the answers are shared out among three people, in whatever order and in however many runs they come."""
    dice = random.Random(seed)
    people: list[dict[str, str]] = [{}, {}, {}]
    for ref, text in WHOLE.items():
        dice.choice(people)[ref] = text
    people = [texts for texts in people if texts]
    dice.shuffle(people)
    came = [(dice.random() < 0.5, texts) for texts in people]
    run, runs = 0, []
    for new, texts in came:
        run += new
        runs.append((run, quarter.filled({SHARED: texts}, OWNER, full=False)))
    for _, group in groupby(runs, key=lambda pair: pair[0]):
        plan = quarter.collect(*(data for _, data in group))
    assert {ref: quarter.values(SHARED).get(ref) for ref in WHOLE} == WHOLE
    assert set(states(quarter, SHARED).values()) == {ReceiptState.MERGED.value}
    assert {s.status for f in plan.files for s in f.sheets if s.measure == SHARED} == {Status.MERGED}
    traced = {(str(c.ref), c.new, c.return_id) for c in quarter.master.changes if c.measure == SHARED}
    assert traced == {(ref, text, f"U{n:04}") for n, texts in enumerate(people, 1) for ref, text in texts.items()}


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
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}
    shown = status(quarter.master, quarter.master.settings.rounds[1], RETURNED.date())
    assert next(s.state.value for s in shown.sheets if s.measure == HERE) == "反映済"


def test_what_one_began_another_explains(quarter: Quarter) -> None:
    """進捗 from one, its 対応策 from another."""
    reason = "activity.countermeasure/K1/1"
    begun = quarter.collect(half(quarter, {P1: LATE, P2: "予定通り"}))
    assert [code for code, *_ in found(sheet_of(begun, HERE))] == ["E105"]
    quarter.collect(half(quarter, {reason: "人を増やす"}))
    assert {ref: quarter.values(HERE)[ref] for ref in (P1, P2, reason)} == {P1: LATE, P2: "予定通り", reason: "人を増やす"}


def test_parts_that_are_not_enough_stay_held_until_the_last_one(quarter: Quarter) -> None:
    texts = [dict([item]) for item in WHOLE.items()]
    for part in texts[:-1]:
        plan = quarter.collect(quarter.filled({SHARED: part}, OWNER, full=False))
        assert sheet_of(plan, SHARED).status is Status.HELD
    quarter.collect(quarter.filled({SHARED: texts[-1]}, OWNER, full=False))
    assert {ref: quarter.values(SHARED).get(ref) for ref in WHOLE} == WHOLE


def test_of_those_that_contradict_each_other_the_newest_that_fits_counts(quarter: Quarter) -> None:
    """The first sends a second part, before the other's comes: what they say last is what goes in."""
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "はじめの人"}))
    quarter.collect(half(quarter, {P1: "予定通り", "contact_person": "次の人"}))
    quarter.collect(half(quarter, TWO))
    assert quarter.values(HERE)["contact_person"] == "次の人"
    assert states(quarter) == {"U0001": "保留", "U0002": "取込済", "U0003": "取込済"}
    assert next(r.note for r in quarter.master.receipts if (r.id, r.measure) == ("U0001", HERE)).startswith("U0003 に置き換え")


@pytest.mark.parametrize("bad", [{P1: "順調"}, {P1: "予定通り", "id": "09-99"}])
def test_a_sheet_with_another_fault_completes_nothing(quarter: Quarter, bad: Edits) -> None:
    quarter.collect(half(quarter, bad))
    assert sheet_of(quarter.collect(half(quarter, TWO)), HERE).status is Status.HELD
    assert quarter.values(HERE)[P2] == ""


def test_two_parts_that_are_unsound_together_stay_held(quarter: Quarter) -> None:
    """Late, says one, and nobody says what is done about it."""
    quarter.collect(half(quarter, {P1: LATE}))
    plan = quarter.collect(half(quarter, TWO))
    assert found(sheet_of(plan, HERE))[0][0] == "E103" and sheet_of(plan, HERE).status is Status.HELD


def test_a_part_that_a_newer_return_replaced_completes_nothing(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE | {"contact_person": "はじめの人"}))
    quarter.collect(half(quarter, ONE | TWO))
    quarter.collect(half(quarter, {"activity.countermeasure/K1/1": "念のため"}))
    assert states(quarter) == {"U0001": "保留", "U0002": "取込済", "U0003": "取込済"}
    assert quarter.values(HERE)["contact_person"] != "はじめの人"


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


def test_a_half_whose_original_is_gone_or_locked_stays_held(quarter: Quarter) -> None:
    locked = quarter.put(encrypted(half(quarter, ONE), "pass"), "鍵.xlsx")
    quarter.collect(locked, passwords={"": "pass"})
    [kept] = quarter.workspace.returns.glob("U0001*")
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        return ""

    plan = quarter.collect(half(quarter, TWO), ask=ask)
    assert sheet_of(plan, HERE).status is Status.HELD and asked == []
    Path(kept).unlink()
    assert sheet_of(quarter.collect(half(quarter, TWO | {"contact_person": "別の人"})), HERE).status is Status.HELD
    assert states(quarter)["U0001"] == "保留"


def test_a_locked_half_is_opened_with_the_password_that_is_given(quarter: Quarter) -> None:
    quarter.collect(quarter.put(encrypted(half(quarter, ONE), "pass"), "鍵.xlsx"), passwords={"": "pass"})
    quarter.collect(half(quarter, TWO), passwords={"": "pass"})
    assert states(quarter) == {"U0001": "取込済", "U0002": "取込済"}


@pytest.mark.parametrize("taken", ["U0001", "U0002"])
def test_what_went_in_as_one_goes_out_as_one(quarter: Quarter, taken: str) -> None:
    before = quarter.values(HERE)
    quarter.collect(half(quarter, ONE), half(quarter, TWO))
    done = withdraw(quarter.workspace, taken, "別の課のもの", RETURNED)
    assert quarter.values(HERE) == before
    assert states(quarter) == {"U0001": "取下げ", "U0002": "取下げ"}
    assert {(c.return_id, str(c.ref)) for c in done.changes} == {("U0001", P1), ("U0002", P2)}
    other = next(r for r in quarter.master.receipts if r.measure == HERE and r.id != taken)
    assert f"{taken} とともに" in other.note
    with pytest.raises(UsageError, match="すでに取り下げ"):
        withdraw(quarter.workspace, taken, "", RETURNED)
    accept(quarter.workspace, other.id, HERE, "こちらは正しい", RETURNED)
    assert states(quarter) == {taken: "取下げ", other.id: "取込済"}


def test_only_the_shared_sheet_goes_out_with_the_other(quarter: Quarter) -> None:
    whole = {str(ref): text for ref, text in printed("01-04").items()}
    quarter.collect(quarter.filled({HERE: ONE, "01-04": whole}, full=False), half(quarter, TWO))
    withdraw(quarter.workspace, "U0002", "", RETURNED)
    assert states(quarter) == {"U0001": "取下げ", "U0002": "取下げ"}
    assert quarter.values("01-04")[P1] == "予定通り" and states(quarter, "01-04")["U0001"] == "取込済"


def test_no_corrected_copy_goes_back_for_what_another_answered(quarter: Quarter) -> None:
    whole = {str(ref): text for ref, text in printed("01-04").items()}
    plan = quarter.collect(quarter.filled({HERE: ONE, "01-04": whole}, full=False), half(quarter, TWO))
    assert plan.clean
    assert not list((quarter.workspace.reports / "差し戻し").glob("*"))

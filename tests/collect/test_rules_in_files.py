"""Every rule through a returned workbook: one violation, one near miss, at the right cell even after it moved."""

from __future__ import annotations

import pytest

from dxreport.collect.plan import Status
from dxreport.domain.fields import Ref
from dxreport.ooxml.refs import cell
from dxreport.sendback.fill import fill
from tests.support.packages import insert_columns, insert_rows, rows_of
from tests.support.quarter import OFFICE, RETURNED, Edits, Quarter, copy, found, issue, reshaped, sheet_of

LATE = "進捗遅延・課題あり"
P1, C1, P2 = "activity.progress/K1/1", "activity.countermeasure/K1/1", "activity.progress/K2/1"

# code, what violates the rule in 01-01, the cells named, the near miss
QUARTER = [
    ("E101", {P1: "順調"}, [P1], {P1: LATE, C1: "人員を増やす"}),
    ("E102", {P1: "概ね予定通り"}, [P1], {P1: "予定 通り　"}),
    ("W306", {P1: "予定通"}, [P1], {P1: "予定どおり"}),
    ("E103", {P1: ""}, [P1], {P1: "", P2: "", "no_report/1": "○"}),
    ("E103", {P1: "―"}, [P1], {}),
    ("E104", {"activity.progress/K1/2": "予定通り"}, ["activity.progress/K1/2"], {"activity.plan/K1/2": "広報を強める"}),
    ("E105", {P1: LATE}, [C1], {P1: LATE, C1: "協議中"}),
    ("E105", {P1: LATE, C1: "なし"}, [C1], {C1: "念のため確認する"}),
    ("E106", {P1: "", P2: "", "no_report/1": "はい"}, ["no_report/1"], {P1: "", P2: "", "no_report/1": "〇"}),
    ("E106", {"no_report/1": "×"}, ["no_report/1"], {}),
    ("E109", {"budgeted": "検討中"}, ["budgeted"], {"budgeted": "無", "procurement": ""}),
    ("E110", {"budgeted": "（有）"}, ["budgeted"], {"budgeted": " 有"}),
    ("E301", {"goal": "勝手に変えた目標"}, ["goal"], {"contact_person": "後任の担当者"}),
    ("E301", {"outcome.target/O1/1": "29,000千円"}, ["outcome.target/O1/1"], {"outcome.actual/O1/1": "29,000千円"}),
    ("E301", {"outcome.actual/O1/2": "40,000千円"}, ["outcome.actual/O1/2"], {}),
    ("W101", {"no_report/1": "○"}, ["no_report/1"], {}),
    ("W102", {"budgeted": ""}, ["budgeted"], {}),
    ("W103", {"procurement": ""}, ["budgeted"], {"procurement": "一式"}),
    ("W104", {"budgeted": "無"}, ["budgeted", "procurement"], {"budgeted": "無", "procurement": "―"}),
    ("W201", {"outcome.actual/O1/1": "順調に増加"}, ["outcome.actual/O1/1"], {"outcome.actual/O1/1": "未確定"}),
    ("W202", {"outcome.actual/O2/1": "1,250人"}, ["outcome.actual/O2/1"], {"outcome.actual/O2/1": "約１，３００件"}),
    ("W203", {"outcome.actual/O2/1": "小 600件　中 650件"}, ["outcome.actual/O2/1"], {"outcome.actual/O2/1": "1300"}),
    ("W401", {"contact_email": ""}, ["contact_email"], {}),
    ("W402", {"contact_email": "産業振興課"}, ["contact_email"], {"contact_email": "a@city.kisarazu.lg.jp、b@x.city.kisarazu.lg.jp"}),
    ("W403", {"contact_email": "a@city.kisarazulg.jp"}, ["contact_email"], {"contact_email": "A@CITY.KISARAZU.LG.JP"}),
]  # fmt: skip
PLANNING = [
    ("E107", {"goal": ""}, ["goal"], {"goal": "新しい目標"}),
    ("W301", {"related.id/R1": "09-99"}, ["related.id/R1"], {"related.id/R1": "０１－０７"}),
    ("W302", {"related.id/R1": "01-01"}, ["related.id/R1"], {}),
    ("W303", {"related.name/R1": "別の名称"}, ["related.name/R1"], {}),
    ("W103", {"related.id/R1": "", "related.name/R1": ""}, ["related_flag"], {"related_flag": "無", "related.id/R1": "", "related.name/R1": ""}),
]  # fmt: skip
CLOSING = [
    ("E108", {}, ["outcome.actual/O1/1", "outcome.actual/O2/1"], {"outcome.actual/O1/1": "未確定", "outcome.actual/O2/1": "1,300件"}),
    ("W201", {"outcome.actual/O1/1": "―", "outcome.actual/O2/1": "1件"}, ["outcome.actual/O1/1"], {}),
]  # fmt: skip


def moved(data: bytes) -> bytes:
    """Return the workbook after three rows and a column were inserted within the form."""
    return reshaped(
        data, "01-01", lambda r: insert_rows(r, 6, 3), lambda r: insert_columns(r, 5), lambda r: insert_rows(r, 30)
    )


def check_broken(quarter: Quarter, data: bytes, code: str, broken: Edits, cells: list[str]) -> None:
    sheet = sheet_of(quarter.collect(data, dry_run=True), "01-01")
    at, rows = quarter.cells(data, "01-01"), rows_of(data, "01-01")
    severity = "error" if code.startswith("E") else "warning"
    assert found(sheet) == [(code, severity, "、".join(at[ref] for ref in cells))]
    assert sheet.status is (Status.HELD if severity == "error" else Status.MERGED)
    for ref in cells:
        if ref in broken:
            row, column = cell(at[ref])
            assert rows[row - 1][column - 1] == broken[ref]


@pytest.mark.parametrize(("code", "broken", "cells", "near"), QUARTER)
def test_in_a_quarter(issued_quarter: Quarter, code: str, broken: Edits, cells: list[str], near: Edits) -> None:
    check_broken(issued_quarter, issued_quarter.filled({"01-01": broken}), code, broken, cells)
    if near:
        plan = issued_quarter.collect(issued_quarter.filled({"01-01": near}), dry_run=True)
        assert found(sheet_of(plan, "01-01")) == []
        assert sheet_of(plan, "01-01").status is Status.MERGED


@pytest.mark.slow
@pytest.mark.parametrize(("code", "broken", "cells", "near"), QUARTER)
def test_in_a_form_that_people_inserted_rows_and_columns_into(
    issued_quarter: Quarter, code: str, broken: Edits, cells: list[str], near: Edits
) -> None:
    check_broken(issued_quarter, moved(issued_quarter.filled({"01-01": broken})), code, broken, cells)


def test_a_return_that_breaks_no_rule_is_told_nothing(issued_quarter: Quarter) -> None:
    for data in (issued_quarter.filled({}), moved(issued_quarter.filled({}))):
        assert found(sheet_of(issued_quarter.collect(data, dry_run=True), "01-01")) == []


@pytest.fixture(scope="module")
def other_rounds(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    """The same workspace with 計画 and 年度実績 issued to one department."""
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("rounds"))
    for name in ("計画", "年度実績"):
        issue(quarter, name, departments=(OFFICE,))
    return quarter


def of_round(quarter: Quarter, name: str, texts: Edits) -> bytes:
    [path] = [p for p in quarter.workspace.reports.rglob(f"*_{name}_{OFFICE}.xlsx")]
    answers = {"01-01": {Ref.parse(ref): text for ref, text in texts.items()}}
    return fill(path.read_bytes(), quarter.form, answers, quarter=0, year=1)


@pytest.mark.slow
@pytest.mark.parametrize(("code", "broken", "cells", "near"), PLANNING)
def test_in_the_planning_round(other_rounds: Quarter, code: str, broken: Edits, cells: list[str], near: Edits) -> None:
    check_broken(other_rounds, of_round(other_rounds, "計画", broken), code, broken, cells)
    plan = other_rounds.collect(of_round(other_rounds, "計画", near), dry_run=True)
    assert found(sheet_of(plan, "01-01")) == []


@pytest.mark.parametrize(("code", "broken", "cells", "near"), CLOSING)
def test_in_the_closing_round(other_rounds: Quarter, code: str, broken: Edits, cells: list[str], near: Edits) -> None:
    check_broken(other_rounds, of_round(other_rounds, "年度実績", broken), code, broken, cells)
    if near:
        plan = other_rounds.collect(of_round(other_rounds, "年度実績", near), dry_run=True)
        assert found(sheet_of(plan, "01-01")) == []


def test_a_later_round_may_correct_what_an_earlier_one_reported(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    [book] = issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))

    def second(**texts: str) -> bytes:
        q2 = {f"activity.progress/{k}/2": "予定通り" for k in ("K1", "K2")} | {C1.replace("/1", "/2"): ""}
        answers = {Ref.parse(r): t for r, t in (q2 | {r.replace("_", "/"): t for r, t in texts.items()}).items()}
        other = {Ref("activity.progress", "K1", 2): "予定通り"}
        return fill(book.data, quarter.form, {"01-01": answers, "01-04": other}, quarter=2, year=1)

    assert found(sheet_of(quarter.collect(second(), dry_run=True), "01-01")) == []
    corrected = second(**{P1: LATE, C1: "後から分かった遅れ"})
    sheet = sheet_of(quarter.collect(corrected), "01-01")
    assert [(p.code, p.severity, p.field) for p in sheet.problems] == [("W105", "warning", P1)]
    assert quarter.values("01-01")[P1] == LATE
    assert quarter.values("01-01")["activity.progress/K1/2"] == "予定通り"


def test_a_text_too_long_for_a_cell_is_told(issued_quarter: Quarter) -> None:
    codes = {}
    for length in (32_767, 32_768):
        plan = issued_quarter.collect(issued_quarter.filled({"01-01": {"procurement": "あ" * length}}), dry_run=True)
        codes[length] = [p.code for p in sheet_of(plan, "01-01").problems]
    assert codes == {32_767: [], 32_768: ["E308"]}

"""A form that lacks a field that the round requires: ``check`` says so, and no return is held for want of it."""

from __future__ import annotations

import json

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.issue import render as issuing
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.store import Archive, snapshot_path
from dxreport.sendback.fill import fill
from tests.support.quarter import ISSUED, OFFICE, RETURNED, Quarter

pytestmark = pytest.mark.slow


def without_progress(quarter: Quarter) -> None:
    """The coordinator takes the cells of 進捗 out of the form."""
    path = quarter.workspace.templates / FORM_NAME
    book = openpyxl.load_workbook(path)
    for row in book[quarter.form.sheet].iter_rows():
        for cell in row:
            if ".progress }}" in str(cell.value):
                cell.value = None
                cell.protection = openpyxl.styles.Protection(locked=True)
    book.save(path)


def only_goal(quarter: Quarter) -> None:
    """The coordinator locks every cell of the form but 到達目標."""
    path = quarter.workspace.templates / FORM_NAME
    book = openpyxl.load_workbook(path)
    for row in book[quarter.form.sheet].iter_rows():
        for cell in row:
            if cell.value != "{{ measure.goal }}":
                cell.protection = openpyxl.styles.Protection(locked=True)
    book.save(path)


def returned(quarter: Quarter) -> bytes:
    """A return of the second quarter on that form: nothing is written but a person."""
    master = quarter.master
    forms = Forms(quarter.workspace.templates, master)
    books = issuing.plan(master, forms, master.settings.round("第2四半期"), ISSUED, departments=(OFFICE,))
    issuing.apply(quarter.workspace, master, books, quarter.root / "配付", now=ISSUED)
    return fill(books[0].data, books[0].form, {"01-01": {}}, quarter=2, year=1)


@pytest.mark.quick
def test_check_names_the_rounds_and_their_cells(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    without_progress(quarter)
    main(["check", "-C", str(quarter.root), "--json"])
    found = [p for p in json.loads(capsys.readouterr().out)["settings"] if p["code"] == "W605"]
    book = openpyxl.load_workbook(quarter.workspace.master)
    heads = {c.value: c for row in book["設定"].iter_rows() for c in row if c.value in ("回", "必須欄")}
    rounds = {
        book["設定"].cell(openpyxl.utils.cell.coordinate_from_string(p["cell"])[1], heads["回"].column).value: p
        for p in found
    }
    assert list(rounds) == ["第1四半期", "第2四半期", "第3四半期", "第4四半期"]
    second = rounds["第2四半期"]
    assert second["label"] == "必須欄" and second["cell"].startswith(heads["必須欄"].column_letter)
    assert second["value"] == "進捗" and "{{ activity.q2.progress }}" in second["fix"]


def test_all_that_a_round_asks_for_in_vain_is_one_finding_at_its_cell(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of no input but 到達目標, which only the plan asks for."""
    only_goal(quarter)
    main(["check", "-C", str(quarter.root), "--json"])
    found = [p for p in json.loads(capsys.readouterr().out)["settings"] if p["code"] == "W605"]
    rounds = quarter.master.settings.rounds
    assert len({p["cell"] for p in found}) == len(found) == 2 * len(rounds)  # 必須欄 and 入力欄 of each
    plan = next(p for p in found if p["label"] == "入力欄" and "計画の回" in p["message"])
    assert plan["value"].split("、") == [
        "関連部署", "主担当者", "連絡先", "関連施策", "次年度予算化予定", "作業予定", "CIO補佐への支援依頼", "評価項目", "目標",
    ]  # fmt: skip


def test_a_blank_that_no_form_asks_for_is_no_finding_of_the_master(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the real measures two lack a flag, one an address."""

    def found() -> set[tuple[str, str]]:
        main(["check", "-C", str(quarter.root), "--json"])
        measures = json.loads(capsys.readouterr().out)["measures"]
        return {(m["id"], p["code"]) for m in measures for p in m["problems"]}

    before, blank = found(), {("01-14", "W102"), ("02-02", "W102"), ("02-04", "W401")}
    only_goal(quarter)
    assert blank <= before and found() == before - blank


def test_no_return_is_held_for_what_the_form_does_not_show(quarter: Quarter) -> None:
    without_progress(quarter)
    plan = quarter.collect(returned(quarter))
    assert [p.code for sheet in plan.files[0].sheets for p in sheet.problems if p.severity == "error"] == []


def test_an_issue_that_did_not_record_its_inputs_asks_for_no_cell_that_its_sheet_lacks(quarter: Quarter) -> None:
    without_progress(quarter)
    data = returned(quarter)
    issue = quarter.master.issues[-1].id
    path = snapshot_path(quarter.workspace, issue)
    given = json.loads(path.read_bytes())
    del given["inputs"]
    path.write_text(json.dumps(given), encoding="utf-8")
    plan = quarter.collect(data, now=RETURNED)
    assert [p.code for s in plan.files[0].sheets for p in s.problems if p.severity == "error"] == []


def test_the_snapshot_records_the_inputs_of_each_sheet(quarter: Quarter) -> None:
    snapshot = Archive(quarter.workspace).snapshot(quarter.master.issues[0].id)
    assert snapshot is not None
    assert snapshot == type(snapshot).parse(snapshot.data())
    for shown in snapshot.inputs.values():
        assert {("activity.progress", 1), ("goal", 0), ("no_report", 1)} <= shown
        assert ("name", 0) not in shown

"""Deadlines: of a round, of some workbooks alone, passed, and moved while workbooks are out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.intake.workbook import open_workbook
from dxreport.issue.forms import FORM_NAME
from dxreport.issue.store import workbook_path
from dxreport.lifecycle.init import create
from tests.support import second_form
from tests.support.quarter import Quarter

pytestmark = pytest.mark.slow

NEW = ("--measure", "01-04", "--deadline", "令和４年８月５日")


@dataclass(frozen=True)
class Desk:
    """A workspace and its commands."""

    quarter: Quarter
    capsys: pytest.CaptureFixture[str]

    def say(self, *args: str, now: str = "2022-07-04") -> str:
        """Run a command and return what it says."""
        assert main([*args, "-C", str(self.quarter.root), "--now", now]) == 0
        return self.capsys.readouterr().out

    def ask(self, *args: str, now: str = "2022-07-04") -> dict:
        return json.loads(self.say(*args, "--json", now=now))


@pytest.fixture
def desk(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(quarter, capsys)


def with_deadline(quarter: Quarter, text: str) -> None:
    """Change 締切 of 第1四半期 in 設定, as people do."""
    path = quarter.workspace.master
    book = openpyxl.load_workbook(path)
    sheet = book["設定"]
    [column] = [c.column for c in sheet[1] if c.value == "締切"]
    [row] = [
        c.row for line in sheet.iter_rows(max_row=20) for c in line if c.value == "第1四半期" and c.column == column - 2
    ]
    sheet.cell(row, column, text)
    book.save(path)


def shown(quarter: Quarter, issue: str) -> set[str]:
    """All texts of an issued workbook."""
    book = open_workbook(workbook_path(quarter.workspace, issue).read_bytes())
    return {cell.text for sheet in book.sheets for cell in sheet.cells.values()}


def dated(texts: set[str], *days: str) -> bool:
    return any(day in text for text in texts for day in days)


@pytest.mark.quick
def test_some_workbooks_have_a_deadline_of_their_own(desk: Desk) -> None:
    [made] = desk.ask("render", "--quarter", "1", *NEW)["issues"]
    issue = desk.quarter.master.issue(made["id"])
    assert (issue.printed, issue.deadline) == ("2022-08-05", "2022-08-05")
    assert dated(shown(desk.quarter, issue.id), "令和４年８月５日（金）")
    assert not dated(shown(desk.quarter, issue.id), "令和４年７月15日（金）")
    sheets = {s["id"]: s for s in desk.ask("status", now="2022-07-20")["sheets"]}
    assert [(sheets[id_]["deadline"], sheets[id_]["state"], sheets[id_]["days_late"]) for id_ in ("01-01", "01-04")] == [
        ("2022-07-15", "未提出", 5), ("2022-08-05", "発行", 0),
    ]  # fmt: skip
    assert "提出期限が別の施策: 01-04　令和４年８月５日（金）" in desk.say("status", now="2022-07-20")
    with_deadline(desk.quarter, "R4.7.22")  # the round's moves, its own does not
    assert {s["id"]: s["deadline"] for s in desk.ask("status")["sheets"]}["01-04"] == "2022-08-05"


def test_the_same_deadline_gives_the_same_issue_and_another_one_a_new(desk: Desk) -> None:
    first = desk.ask("render", "--quarter", "1", *NEW)["issues"][0]
    assert desk.ask("render", "--quarter", "1", "--measure", "01-04", "--deadline", "R4.8.5")["issues"][0] == first | {
        "again": True
    }
    other = desk.ask("render", "--quarter", "1", "--measure", "01-04", "--deadline", "2022/8/12")["issues"][0]
    assert other["id"] != first["id"] and not other["again"]
    assert all(i["again"] for i in desk.ask("render", "--quarter", "1")["issues"])


def test_a_deadline_that_has_passed_or_is_none(desk: Desk) -> None:
    assert main(["render", "--quarter", "1", "-C", str(desk.quarter.root), "--now", "2022-07-16"]) == 0
    out, err = desk.capsys.readouterr()
    assert "提出期限: 令和４年７月15日（金）" in out and "令和４年７月15日（金））は、もう過ぎています" in err
    assert [
        desk.ask("render", "--quarter", "1", "--dry-run", now=day)["passed"] for day in ("2022-07-15", "2022-07-16")
    ] == [False, True]
    assert main(["render", "--quarter", "1", "--deadline", "8/5", "-C", str(desk.quarter.root)]) == 2


@pytest.mark.parametrize(("written", "now"), [("令和４年７月22日（金）", "令和４年７月22日（金）"), ("", "なし")])
def test_a_deadline_moved_while_workbooks_are_out(desk: Desk, written: str, now: str) -> None:
    assert not desk.ask("status")["problems"]
    with_deadline(desk.quarter, written)
    [moved] = desk.ask("status")["problems"]
    assert moved["code"] == "W635" and now in moved["message"] and "令和４年７月15日（金）" in moved["message"]
    assert "26 施策" in moved["message"] and moved["message"] in desk.say("status")
    [found] = [p for p in desk.ask("check")["settings"] if p["code"] == "W635"]
    assert found["message"] == moved["message"]
    book = openpyxl.load_workbook(desk.quarter.workspace.master)
    assert (book[found["sheet"]][found["cell"]].value or "") == written
    desk.quarter.collect(desk.quarter.filled({}))
    assert "24 施策" in desk.ask("status")["problems"][0]["message"]  # two have answered
    desk.ask("render", "--quarter", "1", now="2022-07-15")
    assert not desk.ask("status")["problems"]


def test_a_form_that_prints_no_deadline_is_issued_anew_too_once_that_has_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = create(tmp_path / "作業", date(2022, 7, 1), sample=True).workspace
    (workspace.templates / FORM_NAME).write_bytes(second_form.build())
    desk = Desk(Quarter(workspace.root), capsys)
    before = desk.ask("render", "--quarter", "1")["issues"]
    assert not any(dated(shown(desk.quarter, i["id"]), "７月15日") for i in before)
    with_deadline(desk.quarter, "令和４年７月22日")
    assert [p["code"] for p in desk.ask("status")["problems"]] == ["W635"]
    assert not any(i["again"] for i in desk.ask("render", "--quarter", "1")["issues"])
    assert not desk.ask("status")["problems"]


def test_a_weekday_that_does_not_fit(desk: Desk) -> None:
    with_deadline(desk.quarter, "令和４年７月22日（木）")
    [found] = [p for p in desk.ask("check")["settings"] if p["code"] == "W636"]
    assert "令和４年７月22日（金）" in found["message"] and found["value"] == "令和４年７月22日（木）"


def test_a_master_of_before_has_no_record_of_what_was_printed(desk: Desk) -> None:
    path = desk.quarter.workspace.master
    book = openpyxl.load_workbook(path)
    sheet = book["発行台帳"]
    sheet.delete_cols(9, 2)
    table = sheet.tables["発行台帳表"]
    table.ref = table.autoFilter.ref = table.ref.replace("J", "H")
    table.tableColumns = table.tableColumns[:8]
    book.save(path)
    assert {(i.printed, i.deadline) for i in desk.quarter.master.issues} == {("", "")}
    with_deadline(desk.quarter, "2022-07-22")
    assert not desk.ask("status")["problems"]
    assert {s["deadline"] for s in desk.ask("status")["sheets"]} == {"2022-07-22"}
    [made] = desk.ask("render", "--quarter", "1", *NEW)["issues"]
    assert desk.quarter.master.issue(made["id"]).deadline == "2022-08-05"
    sheet = openpyxl.load_workbook(path)["発行台帳"]
    assert [c.value for c in sheet[1]][8:] == ["印刷した提出期限", "個別の提出期限"]
    assert [sheet.cell(sheet.max_row, n).value for n in (9, 10)] == ["令和４年８月５日（金）"] * 2


def test_a_measure_that_moved_to_another_department_in_mid_round(desk: Desk) -> None:
    rename(desk.quarter, {"01-04": "職員課"})
    [found] = desk.ask("status")["problems"]
    assert (found["code"], found["sheet"]) == ("W637", "施策") and "産業振興課に配付した" in found["message"]
    assert "render --round 第1四半期 --measure 01-04 で" in found["fix"]
    assert [p["code"] for p in desk.ask("check")["settings"]].count("W637") == 1
    [made] = desk.ask("render", "--quarter", "1", "--measure", "01-04")["issues"]
    assert made["department"] == "職員課" and not desk.ask("status")["problems"]
    blank = {"activity.progress/K1/1": "", "activity.progress/K2/1": ""}
    desk.quarter.collect(desk.quarter.filled({"01-04": blank}))  # the department of before leaves it to the new one
    sheets = {s["id"]: s["state"] for s in desk.ask("status")["sheets"]}
    assert (sheets["01-01"], sheets["01-04"]) == ("反映済", "発行")
    assert not desk.ask("mail", "return")["drafts"]
    desk.quarter.collect(
        desk.quarter.filled({"01-04": {"activity.progress/K1/1": "だいたい"}})
    )  # it has a fault of its own
    assert [s["state"] for s in desk.ask("status")["sheets"] if s["id"] == "01-04"] == ["差し戻し"]
    plan = desk.quarter.collect(desk.quarter.filled({}))  # it answers nevertheless
    assert [s.status.value for s in plan.files[0].sheets] == ["unchanged", "merged"]


def test_departments_that_merged_in_mid_round(desk: Desk) -> None:
    rename(desk.quarter, {"01-01": "職員課", "01-04": "職員課"})
    book = openpyxl.load_workbook(desk.quarter.workspace.master)
    sheet = book["部署"]
    rows = {row[0].value: row[0].row for row in sheet.iter_rows(min_row=2)}
    sheet.cell(rows["職員課"], 2, "産業振興課")
    sheet.delete_rows(rows["産業振興課"])
    sheet.tables["部署表"].ref = sheet.tables["部署表"].autoFilter.ref = f"A1:E{sheet.max_row}"
    book.save(desk.quarter.workspace.master)
    assert not desk.ask("status")["problems"]
    assert main(["mail", "remind", "-C", str(desk.quarter.root), "--now", "2022-07-20", "--json"]) == 1  # 収税対策室
    drafts = {d["department"]: d for d in json.loads(desk.capsys.readouterr().out)["drafts"]}
    assert [m["id"] for m in drafts["職員課"]["measures"]] == ["01-01", "01-04", "04-01"]
    assert "令和４年度_第1四半期_産業振興課.xlsx" in drafts["職員課"]["attachments"]
    plan = desk.quarter.collect(desk.quarter.filled({}))
    assert [s.status.value for s in plan.files[0].sheets] == ["merged", "merged"]


def rename(quarter: Quarter, departments: dict[str, str]) -> None:
    """Change 主管部署 of measures in the master, as people do."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    sheet = book["施策"]
    [column] = [c.column for c in sheet[1] if c.value == "主管部署"]
    for row in sheet.iter_rows(min_row=2):
        if row[0].value in departments:
            sheet.cell(row[0].row, column, departments[row[0].value])
    book.save(quarter.workspace.master)


def test_a_deadline_on_a_weekend_of_a_round_to_come(desk: Desk) -> None:
    def told() -> list[str]:
        return [p["message"] for p in desk.ask("check")["settings"] if p["code"] == "W638"]

    assert told() == []  # the deadlines of the sample are weekdays
    with_deadline(desk.quarter, "令和４年７月16日")
    assert told() == []  # 第1四半期 is issued
    path = desk.quarter.workspace.master
    book = openpyxl.load_workbook(path)
    for row in book["設定"].iter_rows(min_row=2):
        for cell in row:
            if cell.value == "令和４年10月14日":
                cell.value = "令和４年10月15日"
    book.save(path)
    [message] = told()
    assert message.startswith("第2四半期の締切（令和４年10月15日（土））")

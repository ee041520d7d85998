"""A whole year of the real measures: each round with its own inputs, deadline and required fields."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dxreport.collect.run import collect
from dxreport.domain.fields import Ref
from dxreport.lifecycle.init import create
from dxreport.master.records import Master
from dxreport.sendback.fill import fill
from dxreport.status.round_status import State, status
from tests.support import quarter as play
from tests.support.quarter import Quarter

pytestmark = pytest.mark.slow

IN_APRIL = datetime(2022, 4, 20, 9)


@pytest.fixture
def year(tmp_path: Path) -> Quarter:
    create(tmp_path / "令和４年度", IN_APRIL.date(), sample=True)
    return Quarter(tmp_path / "令和４年度")


def answer(year: Quarter, round_name: str, now: datetime, edits: dict[str, dict[str, str]], tmp_path: Path):
    """Issue a round to all, collect the answers in ``edits``, and return the planned sheets by measure."""
    books = play.issue(year, round_name, now)
    round_ = year.master.settings.round(round_name)
    paths = []
    for book in books:
        texts = {i: {Ref.parse(r): t for r, t in edits[i].items()} for i in book.issue.measures if i in edits}
        if texts:
            path = tmp_path / "返送" / round_name / book.issue.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fill(book.data, year.form, texts, quarter=round_.quarter, year=1))
            paths.append(path)
    plan = collect(year.workspace, paths, now).plan
    return {s.measure: s for f in plan.files for s in f.sheets}


def word(sheets, measure: str) -> str:
    return sheets[measure].status.value


def progress(master: Master, measure: str, quarter: int) -> list[str]:
    return [a.quarters[quarter - 1].progress for a in master.measure(measure).activities]


def planned(year: Quarter, measure: str, quarter: int, words: str = "予定通り") -> dict[str, str]:
    """Return ``words`` as the progress of every activity that has a plan in the quarter."""
    found = year.master.measure(measure)
    return {
        f"activity.progress/{a.key}/{quarter}": words
        for a in found.activities
        if a.quarters[quarter - 1].plan.strip(" -")
    }


def test_departments_write_the_plan(year: Quarter, tmp_path: Path) -> None:
    sheets = answer(year, "計画", IN_APRIL, {
        "01-02": {"goal": "新しい到達目標", "activity.name/K3": "追加の取組",
                  **{f"activity.plan/K3/{q}": f"作業{q}" for q in (1, 2, 3, 4)}},
        "01-04": {"activity.name/K2": "", "activity.plan/K2/1": ""},
        "01-05": {"activity.name/K1": ""},
        "01-06": {"related_flag": "有", "related.id/R1": "０１－０７", "related.name/R1": "アプリを活用した健康増進の推進",
                  "outcome.target/O1/2": "協定締結数2件"},
    }, tmp_path)  # fmt: skip
    master = year.master
    assert word(sheets, "01-02") == "merged"
    assert master.measure("01-02").goal == "新しい到達目標"
    third = master.measure("01-02").activities[2]
    assert (third.key, third.name, third.plan_label, third.q4.plan) == ("K3", "追加の取組", "作業予定", "作業4")
    assert [a.key for a in master.measure("01-04").activities] == ["K1"]  # an emptied activity is removed
    assert word(sheets, "01-05") == "held"  # its name was deleted, its plans were not
    assert [p.code for p in sheets["01-05"].problems if p.severity == "error"] == ["E107"]
    assert master.measure("01-05").activities[0].name == "方向性の検討"
    [related] = master.measure("01-06").related_measures
    assert (related.key, related.id, related.name) == ("R1", "０１－０７", "アプリを活用した健康増進の推進")
    assert master.measure("01-06").outcomes[0].y2.target == "協定締結数2件"
    assert word(sheets, "01-11") == "unchanged"


def test_four_quarters_and_the_closing(year: Quarter, tmp_path: Path) -> None:
    for quarter, month in ((1, 7), (2, 10), (3, 12)):
        sheets = answer(
            year, f"第{quarter}四半期", datetime(2022, month, 1), {"01-01": planned(year, "01-01", quarter)}, tmp_path
        )
        assert word(sheets, "01-01") == "merged"
        assert progress(year.master, "01-01", quarter) == ["予定通り"] * 2

    # 01-04 has not answered yet: the fourth quarter also asks for the earlier ones.
    some = planned(year, "01-04", 4)
    sheets = answer(year, "第4四半期", datetime(2023, 4, 1), {"01-04": some}, tmp_path)
    assert word(sheets, "01-04") == "held"
    owed = {field for p in sheets["01-04"].problems if p.code == "E103" for field in p.fields}
    assert {Ref.parse(f).period for f in owed} == {1, 2, 3}

    # A quarter's round opens the plans of later quarters, not of earlier ones.
    late = {"activity.plan/K1/1": "書き換え"}
    sheets = answer(year, "第4四半期", datetime(2023, 4, 2), {"01-02": late}, tmp_path)
    assert [(p.code, p.severity) for p in sheets["01-02"].problems if p.code == "E301"] == [("E301", "error")]

    actuals = {"outcome.actual/O1/1": "335頭", "outcome.actual/O2/1": "未確定"}
    sheets = answer(year, "年度実績", datetime(2023, 5, 1), {
        "01-03": actuals, "01-13": {"outcome.actual/O1/1": "小 8.7％　中 12.5％"},
    }, tmp_path)  # fmt: skip
    assert word(sheets, "01-03") == "merged"
    assert year.master.measure("01-03").outcomes[0].y1.actual == "335頭"
    assert word(sheets, "01-13") == "held"
    assert {f for p in sheets["01-13"].problems if p.code == "E108" for f in p.fields} == {
        "outcome.actual/O2/1",
        "outcome.actual/O3/1",
    }


@pytest.mark.quick
def test_nothing_to_report_is_an_answer(year: Quarter, tmp_path: Path) -> None:
    sheets = answer(year, "第1四半期", datetime(2022, 7, 1), {"01-01": {"no_report/1": "○"}, "01-06": {}}, tmp_path)
    assert word(sheets, "01-01") == "merged"
    round_ = year.master.settings.round("第1四半期")
    state = {s.measure: s.state for s in status(year.master, round_, datetime(2022, 8, 1).date()).sheets}
    assert state["01-01"] is State.NOTHING
    assert state["01-02"] is State.MISSING


def test_a_round_that_the_coordinator_adds(year: Quarter, tmp_path: Path) -> None:
    """中間予算 opens only 次年度予算化予定, and requires it."""
    import openpyxl

    book = openpyxl.load_workbook(year.workspace.master)
    sheet = book["設定"]
    heads = {
        c.value: c.column
        for row in sheet.iter_rows(max_row=20)
        for c in row
        if c.value in ("回", "入力欄", "必須欄", "締切")
    }
    top = next(c.row for row in sheet.iter_rows(max_row=20) for c in row if c.value == "入力欄")
    last = next(r for r in range(top, 60) if not sheet.cell(r + 1, heads["回"]).value)
    for head, text in (
        ("回", "中間予算"),
        ("締切", "2022-10-31"),
        ("入力欄", "次年度予算化予定"),
        ("必須欄", "次年度予算化予定"),
    ):
        sheet.cell(last + 1, heads[head], text)
    book.save(year.workspace.master)

    sheets = answer(year, "中間予算", datetime(2022, 10, 1), {
        "01-02": {"budgeted": "有", "procurement": "検証機器の賃借"},
        "01-06": {"budgeted": "有"},
        "01-03": {"budgeted": "", "procurement": ""},
        "01-07": {"goal": "開いていない欄"},
    }, tmp_path)  # fmt: skip
    assert year.master.issues[0].id.startswith("R04X-")
    assert word(sheets, "01-02") == "merged"
    assert [p.code for p in sheets["01-06"].problems] == ["W103"]
    assert "E107" in {p.code for p in sheets["01-03"].problems if p.severity == "error"}
    assert [p.code for p in sheets["01-07"].problems if p.severity == "error"] == ["E301"]

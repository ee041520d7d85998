"""The step after a finished round: it moves on as papers, final reports and years are made."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from dxreport.cli import main
from dxreport.issue.publish import out_folder
from dxreport.master.records import FinalReport
from dxreport.status.next_step import Step, step_after
from dxreport.workspace.paths import Workspace
from tests.support.quarter import Quarter


def after(quarter: Quarter, name: str, day: date = date(2022, 7, 20), **changes: object) -> Step:
    master = replace(quarter.master, **changes)
    return step_after(quarter.workspace, master, master.settings.round(name), day)


def paper(quarter: Quarter, folder: Path) -> None:
    """Put a file there that is newer than the master."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.xlsx").write_bytes(b"")
    when = quarter.workspace.master.stat().st_mtime_ns + 10**9
    os.utime(folder / "a.xlsx", ns=(when, when))


def test_a_quarter_goes_from_the_report_to_the_final_one_to_the_next_round(quarter: Quarter) -> None:
    assert after(quarter, "第1四半期").command == "dxreport report --quarter 1"
    assert main(["report", "--quarter", "1", "--format", "html", "-C", str(quarter.root)]) == 0
    assert after(quarter, "第1四半期").command == "dxreport report --quarter 1 --final"
    finals = (FinalReport("F0001", "第1四半期", "2022-07-20T10:00:00", "0"),)
    assert after(quarter, "第1四半期", finals=finals) == Step("dxreport render --quarter 2", "第2四半期")
    early = after(quarter, "第1四半期", date(2022, 6, 30), finals=finals)
    assert early.begins == date(2022, 7, 1)
    assert after(quarter, "第1四半期", date(2022, 7, 1), finals=finals).begins is None
    assert after(quarter, "第2四半期", finals=finals).command == "dxreport report --quarter 2"


def test_a_report_older_than_the_master_is_made_again(quarter: Quarter) -> None:
    folder = quarter.workspace.reports / "令和４年度_第1四半期_報告"
    paper(quarter, folder)
    os.utime(folder / "a.xlsx", (0, 0))
    assert after(quarter, "第1四半期").command == "dxreport report --quarter 1"


def test_a_report_made_again_in_one_format_is_up_to_date(quarter: Quarter) -> None:
    folder = quarter.workspace.reports / "令和４年度_第1四半期_報告"
    paper(quarter, folder)
    (folder / "a.html").write_bytes(b"")
    os.utime(folder / "a.html", (0, 0))
    assert after(quarter, "第1四半期").command == "dxreport report --quarter 1 --final"


def test_the_plan_is_followed_by_the_first_quarter_and_the_last_quarter_by_the_results(quarter: Quarter) -> None:
    assert after(quarter, "計画").command == "dxreport render --quarter 1"
    finals = (FinalReport("F0001", "第4四半期", "2023-04-20T10:00:00", "0"),)
    found = after(quarter, "第4四半期", date(2023, 3, 20), finals=finals)
    assert found == Step("dxreport render --round 年度実績", "年度実績", date(2023, 4, 1))
    assert after(quarter, "第3四半期", date(2022, 12, 1), finals=()).command == "dxreport report --quarter 3"


def test_a_round_of_no_quarter_that_does_not_close_the_year_may_begin_at_once(quarter: Quarter) -> None:
    plan, first, *_ = quarter.master.settings.rounds
    settings = replace(quarter.master.settings, rounds=(first, replace(plan, name="計画の見直し")))
    finals = (FinalReport("F0001", "第1四半期", "2022-07-20T10:00:00", "0"),)
    found = after(quarter, "第1四半期", settings=settings, finals=finals)
    assert found == Step("dxreport render --round 計画の見直し", "計画の見直し")


def test_the_results_are_published_and_then_the_next_year_opens(quarter: Quarter) -> None:
    assert after(quarter, "年度実績").command == "dxreport publish"
    paper(quarter, out_folder(quarter.workspace, quarter.master))
    assert after(quarter, "年度実績").command == "dxreport rollover"
    following = Workspace(quarter.root.parent / "令和５年度")
    following.master_folder.mkdir(parents=True)
    shutil.copy(quarter.workspace.master, following.master)
    assert after(quarter, "年度実績").command == "dxreport -C ../令和５年度"
    settings = quarter.master.settings
    last = replace(settings, fiscal_year=settings.plan_years[-1])
    paper(quarter, quarter.workspace.reports / f"{last.fiscal_year.label}_公表")
    assert after(quarter, "年度実績", settings=last).command == f"dxreport init {(last.fiscal_year + 1).label}"

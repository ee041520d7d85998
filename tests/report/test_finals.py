"""Final reports: frozen once, compared with ever after, and noticed when they were touched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from dxreport.domain.errors import MasterError
from dxreport.domain.fields import Ref
from dxreport.domain.model import ProgressWord, Treatment
from dxreport.domain.names import Names
from dxreport.master.read import read_master
from dxreport.master.records import Issue
from dxreport.master.schema import FINALS
from dxreport.master.write import MasterEdit
from dxreport.report.figures import figures
from dxreport.report.finals import final_data, final_from, same, since
from dxreport.report.produce import Report, ReportFormat, produce, write
from dxreport.workspace.paths import Workspace
from tests.support.scenes import SETTINGS, first_quarter, in_memory, kept, real, third_quarter

pytestmark = pytest.mark.slow

FIRST, LATER = datetime(2022, 7, 19, 9), datetime(2022, 7, 26, 9)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the master as 第1四半期 ended."""
    (tmp_path / "master").mkdir()
    (tmp_path / "master" / "master.xlsx").write_bytes(first_quarter().data)
    return Workspace(tmp_path)


def report(workspace: Workspace, quarter: int = 1, now: datetime = FIRST, *, final: bool = False) -> Report:
    """Made and written, as HTML alone."""
    master = read_master(workspace.master)
    made = produce(workspace, master, quarter, now, formats=[ReportFormat.HTML], final=final)
    write(workspace, master, made, workspace.reports, now)
    return made


def change(workspace: Workspace, measure: str, ref: str, text: str) -> None:
    """As somebody edits the master."""
    edit = MasterEdit(read_master(workspace.master))
    edit.set(measure, Ref.parse(ref), text)
    workspace.master.write_bytes(edit.data())


def built_with(workspace: Workspace, **settings: object) -> None:
    """As somebody edits 設定: the same master with other words, kept final reports entered in it again."""
    old = read_master(workspace.master)
    edit = MasterEdit(first_quarter(settings=replace(SETTINGS, **settings)))
    edit.add(*old.finals)
    workspace.master.write_bytes(edit.data())


def with_column(workspace: Workspace, sheet: str, header: str, key: tuple[str, ...], text: str) -> None:
    """A text in a column of a sheet of the master, which is added where there is none."""
    book = openpyxl.load_workbook(workspace.master)
    heads = [cell.value for cell in book[sheet][1]]
    column = heads.index(header) + 1 if header in heads else len(heads) + 1
    book[sheet].cell(1, column).value = header
    (row,) = [row[0].row for row in book[sheet].iter_rows(min_row=2) if tuple(c.value for c in row[: len(key)]) == key]
    book[sheet].cell(row, column).value = text
    book.save(workspace.master)


@pytest.mark.quick
def test_a_plain_report_changes_nothing_in_the_master(workspace: Workspace) -> None:
    before = workspace.master.read_bytes()
    assert report(workspace).figures.final_id == ""
    assert workspace.master.read_bytes() == before and not workspace.finals.exists()


def test_a_final_report_is_entered_and_kept(workspace: Workspace) -> None:
    assert report(workspace, final=True).figures.final_id == "F0001"
    [entry] = read_master(workspace.master).finals
    assert (entry.id, entry.quarter, entry.when) == ("F0001", "第1四半期", "2022-07-19 09:00:00")
    data = json.loads((workspace.finals / "F0001.json").read_bytes())
    assert data["counts"] == {"予定通り": 49, "進捗遅延・課題あり": 5, "報告事項なし": 0, "未報告": 0, "予定なし": 10}
    assert data["texts"]["01-07"]["activity.progress/K2/1"] == "進捗遅延・課題あり"
    assert [x.name for x in workspace.reports.iterdir()] == ["令和４年度_第1四半期_報告_確定F0001.html"]


def test_the_same_figures_are_frozen_once(workspace: Workspace) -> None:
    report(workspace, final=True)
    again = report(workspace, now=LATER, final=True)
    assert (again.figures.final_id, again.new_final) == ("F0001", False)
    change(workspace, "03-01", "activity.progress/K1/1", "予定通り")
    assert report(workspace, now=LATER, final=True).figures.final_id == "F0002"
    assert [f.id for f in read_master(workspace.master).finals] == ["F0001", "F0002"]


def final_id(workspace: Workspace) -> str:
    return report(workspace, now=LATER, final=True).figures.final_id


def test_whatever_changes_a_figure_gives_a_new_number(workspace: Workspace) -> None:
    change(workspace, "01-01", "outcome.actual/O1/1", "29,000千円")
    with_column(workspace, "施策", "状態", ("01-05",), "完了")
    with_column(workspace, "施策", "状態の開始四半期", ("01-05",), "第2四半期")
    report(workspace, final=True)
    approved = workspace.reports / "令和４年度_第1四半期_報告_確定F0001.html"
    before = approved.read_bytes()
    with_column(workspace, "施策", "状態の開始四半期", ("01-05",), "第1四半期")  # it ended before, and counts no longer
    assert final_id(workspace) == "F0002"
    with_column(workspace, "成果目標", "方向", ("01-01", "O1"), "少ないほど良い")  # and so has no rate
    assert final_id(workspace) == "F0003"
    assert approved.read_bytes() == before
    assert final_id(workspace) == "F0003"
    change(workspace, "03-04", "support.content/S9", "仕様書の確認")  # one line more at the end, and nothing else
    assert final_id(workspace) == "F0004"


def test_words_of_setting_are_figures_too(workspace: Workspace) -> None:
    report(workspace, final=True)
    built_with(workspace, progress_words=(ProgressWord("完了"), *SETTINGS.progress_words))
    assert final_id(workspace) == "F0002"


def test_a_report_kept_by_an_earlier_release_is_known_again() -> None:
    """It has no ※ and no reasons, and calls areas without a name 分野01."""

    def older(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            new = ("notes", "contradictions", "reason")
            return {key: older(item, key) for key, item in value.items() if key not in new}
        if isinstance(value, list):
            return [older(item) for item in value]
        return f"分野{value}" if value in ("01", "02", "03", "04") and key in ("area", "name") else value

    final = kept(first_quarter())
    final = replace(final, figures=older(final.figures))
    assert final.figures["overview"]["areas"][0]["name"] == "分野01" and "notes" not in str(final.figures)
    assert same(final, figures(first_quarter(), 1, FIRST))
    changed = first_quarter({"01-01": {"activity.progress/K1/1": "進捗遅延・課題あり"}})
    assert not same(final, figures(changed, 1, FIRST))


def test_what_is_not_printed_gives_no_new_number(workspace: Workspace) -> None:
    report(workspace, final=True)
    change(workspace, "01-02", "contact_person", "別の人")
    assert final_id(workspace) == "F0001"


def test_what_was_approved_of_two_quarters_is_known_again_in_both(workspace: Workspace) -> None:
    """The second says what moved since the first, and not since itself."""
    report(workspace, final=True)
    change(workspace, "01-02", "activity.progress/K1/2", "予定通り")
    second = report(workspace, 2, final=True)
    assert second.figures.final_id == "F0002" and second.figures.since.final_id == "F0001"
    again = report(workspace, 2, LATER, final=True)
    assert (again.figures, again.new_final) == (second.figures, False)


def test_what_only_the_coordinator_reads_is_no_matter_of_the_council(workspace: Workspace) -> None:
    report(workspace, final=True)
    master = read_master(workspace.master)
    extra = produce(workspace, master, 1, LATER, formats=[ReportFormat.HTML], final=True, coordinator=True)
    assert (extra.figures.final_id, extra.new_final, extra.figures.made) == ("F0001", False, "2022-07-19 09:00:00")
    write(workspace, master, extra, workspace.reports, LATER)
    assert len(list(workspace.reports.iterdir())) == 2


def test_what_the_coordinator_read_is_as_of_the_day_of_approval(workspace: Workspace) -> None:
    """A deadline that has passed since changes no figure."""
    master = read_master(workspace.master)
    issue = Issue("R04Q1-001", "第1四半期", "産業振興課", ("01-01",), "2022-07-01 09:00:00", "a.xlsx", "", "")
    edit = MasterEdit(master)
    edit.add(issue)
    workspace.master.write_bytes(edit.data())
    made = []
    for now in (datetime(2022, 7, 2), datetime(2023, 3, 1)):
        master = read_master(workspace.master)
        made.append(produce(workspace, master, 1, now, formats=[ReportFormat.HTML], final=True, coordinator=True))
        write(workspace, master, made[-1], workspace.reports, now)
    late = produce(workspace, read_master(workspace.master), 1, datetime(2023, 3, 1), formats=[], coordinator=True)
    assert late.figures.coordination != made[0].figures.coordination
    assert made[1].figures == made[0].figures and not made[1].new_final


def test_a_number_that_was_taken_back_is_not_given_again(workspace: Workspace) -> None:
    before = workspace.master.read_bytes()
    report(workspace, final=True)
    workspace.master.write_bytes(before)
    assert final_id(workspace) == "F0002"


def test_a_later_report_says_from_when_a_measure_has_ended(workspace: Workspace) -> None:
    with_column(workspace, "施策", "状態", ("01-05",), "完了")
    with_column(workspace, "施策", "状態の開始四半期", ("01-05",), "第3四半期")
    report(workspace, final=True)
    with_column(workspace, "施策", "状態の開始四半期", ("01-05",), "第2四半期")
    moved = report(workspace, 1, LATER).figures.since
    assert moved is not None
    assert [(c.measure.id, c.kind, c.label, c.old, c.new) for c in moved.changes] == [
        ("01-05", "施策", "状態の開始四半期", "第3四半期", "第2四半期")
    ]


def test_a_later_report_says_what_moved(workspace: Workspace) -> None:
    report(workspace, final=True)
    change(workspace, "03-01", "activity.progress/K1/1", "予定通り")
    change(workspace, "01-02", "activity.plan/K1/3", "効果検証（２回目）")
    change(workspace, "01-02", "contact_person", "別の人")
    change(workspace, "01-02", "activity.progress/K1/2", "予定通り")  # of a quarter after the final report's
    moved = report(workspace, 2, LATER).figures.since
    assert moved is not None and (moved.final_id, moved.quarter) == ("F0001", "第1四半期")
    assert {(r.label, r.then, r.now) for r in moved.recounts} == {
        ("予定通り", 49, 50), ("進捗遅延・課題あり", 5, 4), ("予定なし", 10, 10),
    }  # fmt: skip
    assert [(c.kind, c.measure.id, c.old, c.new) for c in moved.changes] == [
        ("作業予定", "01-02", "効果検証", "効果検証（２回目）"),
        ("進捗・対応策", "03-01", "進捗遅延・課題あり", "予定通り"),
    ]
    assert moved.changes[0].label == "「民間事業と連携した取組」 第3四半期 作業予定"


def test_only_reports_of_this_quarter_or_earlier_ones_are_compared_with(workspace: Workspace) -> None:
    report(workspace, 2, final=True)
    assert report(workspace, 1).figures.since is None
    assert report(workspace, 2).figures.since is not None


def test_measures_that_came_went_or_ended_are_named() -> None:
    old, new = first_quarter(), third_quarter()
    fewer = replace(old, measures=old.measures[1:])
    changes = since(kept(fewer), new, figures(new, 3, LATER).overview).changes
    assert ("01-01", "施策の追加", "", "電子地域通貨・行政ポイントを活用した地域経済の活性化") in [
        (c.measure.id, c.label, c.old, c.new) for c in changes
    ]
    assert ("01-06", "状態", "実施中", "完了") in [(c.measure.id, c.label, c.old, c.new) for c in changes]
    gone = since(kept(old), fewer, figures(fewer, 1, LATER).overview).changes
    assert [(c.measure.id, c.label, c.new) for c in gone] == [("01-01", "施策の削除", "")]


def test_a_count_without_what_is_done_says_so() -> None:
    """The headline counts 完了 as 予定通り; this list has a line for each."""
    words = (*SETTINGS.progress_words, ProgressWord("完了", said=Treatment.COMPLETED))
    master = first_quarter({"01-01": {"activity.progress/K1/1": "完了"}}, replace(SETTINGS, progress_words=words))
    found = since(kept(master), master, figures(master, 1, LATER).overview)
    assert [(r.label, r.now) for r in found.recounts][:3] == [
        ("予定通り（完了を除く）", 48), ("進捗遅延・課題あり", 5), ("完了", 1),
    ]  # fmt: skip


def test_nothing_moved() -> None:
    master = first_quarter()
    same = since(kept(master), master, figures(master, 1, LATER).overview)
    assert same.changes == () and {r.difference for r in same.recounts} == {0}


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_kept_report_that_was_touched_is_not_trusted(workspace: Workspace, harm: str) -> None:
    report(workspace, final=True)
    path = workspace.finals / "F0001.json"
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b'"quarter": 1', b'"quarter": 2'))
    with pytest.raises(MasterError, match="F0001"):
        report(workspace)


def test_a_master_without_the_sheet_is_read_and_reported_on(workspace: Workspace) -> None:
    book = openpyxl.load_workbook(workspace.master)
    del book[FINALS.name]
    book.save(workspace.master)
    before = workspace.master.read_bytes()
    assert report(workspace).figures.overview.whole.activity_total == 64
    with pytest.raises(MasterError, match="確定報告"):
        report(workspace, final=True)
    assert workspace.master.read_bytes() == before


def test_names_are_no_figures():
    found = figures(in_memory(real()), 1, datetime(2022, 7, 19))
    final = final_from(final_data(in_memory(real()), replace(found, final_id="F0001")))
    del final.figures["names"]  # as kept before 設定 had names
    assert same(final, replace(found, names=Names(plan="○○町DX計画")))

"""Fields that are added, removed and renamed in mid-year: nothing is lost, and earlier sheets go on being read."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest

from dxreport.collect.commit import opened
from dxreport.collect.plan import Plan
from dxreport.collect.resolve import decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import TemplateError, UsageError
from dxreport.domain.fields import Ref, Requirement
from dxreport.issue.store import Archive
from dxreport.lifecycle.check import audit
from dxreport.master.records import Change
from tests.support import evaluation
from tests.support.evaluation import ANSWERS, RETURNED, Evaluation
from tests.support.packages import faults as package_faults

pytestmark = pytest.mark.slow

LATER = RETURNED + timedelta(days=1)
RENAMED = {"名前": "ランク", "旧名": "評価", "見出し": "総合評価", "入力欄": "一次評価"}


def errors(plan: Plan) -> list[tuple[str, str]]:
    return [(p.code, p.field) for f in plan.files for s in f.sheets for p in s.problems if p.severity == "error"]


def headers(scene: Evaluation, sheet: str) -> list[object]:
    return [cell.value for cell in openpyxl.load_workbook(scene.workspace.master)[sheet][1]]


def warnings(scene: Evaluation) -> list[tuple[str, str]]:
    master = scene.master
    round_ = master.settings.round(evaluation.ROUND)
    assert round_ is not None
    return [(p.code, p.value) for p in audit(master, scene.workspace.templates, round_).settings if p.code == "W615"]


def issue_of(scene: Evaluation) -> str:
    """The issue of 01-01."""
    return next(issue.id for issue in scene.master.issues if "01-01" in issue.measures)


def test_an_added_field_gets_its_column_and_an_added_list_its_sheet(scene: Evaluation) -> None:
    def note(sheet) -> None:
        sheet.cell(1, sheet.max_column + 3, "メモ")
        sheet.cell(2, sheet.max_column, "人のもの")

    data = scene.filled(ANSWERS)
    before = headers(scene, "施策")
    scene.retype("施策", note)
    scene.redeclare("課題", {"名前": "課題", "見出し": "今後の課題", "必須の条件": "常に"})
    scene.redeclare("金額", {"名前": "金額", "場所": "財源", "種類": "数値"})
    assert errors(scene.collect(data)) == []
    assert headers(scene, "施策")[: len(before) + 3] == [*before, "課題", None, "メモ"]
    assert openpyxl.load_workbook(scene.workspace.master)["施策"].cell(2, len(before) + 3).value == "人のもの"
    assert headers(scene, "財源") == ["施策ID", "財源ID", "金額"]
    assert scene.values()["評価"] == "B"
    assert package_faults(scene.workspace.master.read_bytes()) == []


@pytest.mark.quick
def test_a_note_in_the_way_is_named(scene: Evaluation) -> None:
    data = scene.filled(ANSWERS)
    scene.retype("施策", lambda sheet: sheet.cell(1, sheet.max_column + 1, "メモ"))
    scene.redeclare("課題", {"名前": "課題"})
    with pytest.raises(Exception, match="ふさがっている"):
        scene.collect(data)


def test_a_removed_field_keeps_its_answers(scene: Evaluation) -> None:
    answers = {**ANSWERS, "方向性": "見直し", "見直し": "店舗を増やす"}
    first, second = scene.filled(answers), scene.filled({**answers, "見直し": "窓口を増やす", "評価": "A"})
    scene.collect(first)
    assert warnings(scene) == []
    scene.redeclare("見直し", None)
    with pytest.raises(TemplateError, match="見直し"):
        print(scene.form)
    assert errors(scene.collect(second, now=LATER)) == []
    assert scene.values()["評価"] == "A" and "見直し" not in scene.values()
    column = headers(scene, "施策").index("見直し") + 1
    assert openpyxl.load_workbook(scene.workspace.master)["施策"].cell(2, column).value == "店舗を増やす"
    books = opened(scene.workspace, LATER)
    assert books.state("01-01").text(Ref("見直し")) == "店舗を増やす"
    assert [e for e in books.noticed if getattr(e.event, "ref", None) == Ref("見直し")] == []
    assert not [c for c in scene.master.changes if c.ref == Ref("見直し") and not c.new]
    assert warnings(scene) == [("W615", "見直し")]
    withdraw(scene.workspace, "U0001", "", LATER)
    scene.redeclare("見直し", {"名前": "見直し", "場所": "施策"})
    assert scene.values()["見直し"] == "店舗を増やす"
    assert warnings(scene) == []


@pytest.mark.parametrize(("text", "told"), [("店舗を増やす", ["見直し"]), ("", [])])
def test_a_removed_field_is_missed_only_with_answers(scene: Evaluation, text: str, told: list[str]) -> None:
    scene.redeclare("見直し", None)
    master = scene.master
    changed = Change("2023-04-20 17:00:00", "01-01", Ref("見直し"), "来年度に見直すこと", "前の文", text)
    round_ = master.settings.round(evaluation.ROUND)
    assert round_ is not None
    found = audit(replace(master, changes=(changed,)), scene.workspace.templates, round_).settings
    assert [p.value for p in found if p.code == "W615"] == told


def test_a_conflict_about_a_removed_field_can_only_be_closed(scene: Evaluation) -> None:
    data = scene.filled({**ANSWERS, "方向性": "見直し", "見直し": "店舗を増やす"})

    def type_over(sheet) -> None:
        sheet.cell(2, [c.value for c in sheet[1]].index("見直し") + 1, "担当課の案")

    scene.retype("施策", type_over)
    scene.collect(data)
    [conflict] = scene.master.conflicts
    scene.redeclare("見直し", None)
    with pytest.raises(UsageError, match="項目"):
        decide(scene.workspace, conflict.id, "returned", "", LATER)
    decide(scene.workspace, conflict.id, "current", "", LATER)
    [closed] = scene.master.conflicts
    assert (closed.state.value, closed.decision) == ("解決済", "担当課の案")


def test_a_renamed_field_keeps_everything_under_its_new_name(scene: Evaluation) -> None:
    first, other = scene.filled(ANSWERS), scene.filled({**ANSWERS, "評価": "A"})
    scene.collect(first)
    scene.redeclare("評価", RENAMED)
    master = scene.master
    assert master.settings.catalogue.field["評価理由"].required == Requirement("ランク", ("C", "D"))
    assert scene.values()["ランク"] == "B" and "評価" not in scene.values()
    assert [(str(c.ref), c.new) for c in master.changes if c.new == "B"] == [("ランク", "B")]
    books = opened(scene.workspace, LATER)
    assert books.noticed == () and books.state("01-01").text(Ref("ランク")) == "B"
    assert books.judge.fresh == {}  # what was judged before is not judged anew
    snapshot = Archive(scene.workspace, master.settings.catalogue).snapshot(issue_of(scene))
    assert ("ランク", 0) in snapshot.inputs["01-01"] and Ref("ランク") in snapshot.texts["01-01"]
    # the sheet as issued, which names the field as it was called then
    assert errors(scene.collect(other, now=LATER)) == []
    assert scene.values()["ランク"] == "A"
    assert scene.master.changes[-1].label == "総合評価"
    assert "ランク" not in headers(scene, "施策") and "評価" in headers(scene, "施策")
    withdraw(scene.workspace, "U0002", "", LATER)
    assert scene.values()["ランク"] == "B"
    assert warnings(scene) == []


def test_faults_and_conditions_of_a_renamed_field(scene: Evaluation) -> None:
    wrong, lacking = scene.filled({**ANSWERS, "評価": "E"}), scene.filled({**ANSWERS, "評価": "C"})
    assert errors(scene.collect(wrong)) == [("E111", "評価")]
    scene.redeclare("評価", RENAMED)
    assert errors(scene.collect(wrong, now=LATER)) == [("E111", "ランク")]
    assert errors(scene.collect(lacking, now=LATER)) == [("E116", "評価理由")]


def test_a_form_may_go_on_with_the_former_name(scene: Evaluation) -> None:
    scene.redeclare("評価", RENAMED)
    scene.issue(LATER)
    at = scene.cells()
    assert "ランク" in at and "評価" not in at
    answers = {ref: value for ref, value in ANSWERS.items() if ref != "評価"} | {"ランク": "D"}
    data = evaluation.typed(scene.sent().read_bytes(), "01-01", at, answers)
    assert errors(scene.collect(data, now=LATER)) == [("E116", "評価理由")]
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    assert '"A,B,C,D"' in {v.formula1 for v in sheet.data_validations.dataValidation}


def test_an_issue_keeps_the_fields_that_it_was_made_with(scene: Evaluation) -> None:
    data = scene.filled(ANSWERS)
    kept = Archive(scene.workspace).snapshot(issue_of(scene)).catalogue
    scene.redeclare("評価", {"選択肢": "A、C、D"})
    assert Archive(scene.workspace, scene.master.settings.catalogue).snapshot(issue_of(scene)).catalogue == kept
    assert errors(scene.collect(data)) == [("E111", "評価")]  # judged by the words of today


def test_an_answer_under_a_former_header_is_read_beside_the_new_column(scene: Evaluation) -> None:
    """A write while 旧名 was missing had added the column of the new name, blank."""
    scene.collect(scene.filled({**ANSWERS, "方向性": "見直し", "見直し": "店舗を増やす"}))
    scene.redeclare("見直し", {"名前": "改善点", "場所": "施策"})

    def add(sheet) -> None:
        sheet.cell(1, sheet.max_column + 1, "改善点")

    scene.retype("施策", add)
    assert scene.values().get("改善点", "") == ""
    scene.redeclare("改善点", {"名前": "改善点", "旧名": "見直し", "場所": "施策"})
    assert scene.values()["改善点"] == "店舗を増やす"


def test_a_field_that_no_round_opens_is_found(scene: Evaluation) -> None:
    master, code = scene.master, "W616"
    round_ = master.settings.round(evaluation.ROUND)
    assert code not in {p.code for p in audit(master, scene.workspace.templates, round_).settings}
    scene.redeclare("反省", {"名前": "反省", "場所": "施策", "入力欄": "振り返り"})
    [found] = [p for p in audit(scene.master, scene.workspace.templates, round_).settings if p.code == code]
    assert found.value == "反省" and "「振り返り」" in found.message and found.sheet == "項目"


def test_further_years_of_the_plan_get_their_columns_with_the_next_write(scene: Evaluation) -> None:
    data = scene.filled(ANSWERS)
    before = headers(scene, "成果目標")

    def grow(sheet) -> None:
        [row] = [cell.row for cell in sheet["A"] if cell.value == "計画の年数"]
        sheet.cell(row, 2, "6")

    scene.retype("設定", grow)
    assert scene.master.settings.plan_years[-1].label == "令和９年度"
    assert errors(scene.collect(data)) == []
    years = ("令和８年度", "令和９年度")
    added = [f"{year} {name}" for year in years for name in ("評価項目", "目標", "実績")]
    assert headers(scene, "成果目標") == [*before, *added]
    assert package_faults(scene.workspace.master.read_bytes()) == []

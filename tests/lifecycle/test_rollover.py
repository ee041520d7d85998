"""The next fiscal year from this one."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import TableColumn

from dxreport.cli import main
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import DxreportError, MasterError, UsageError
from dxreport.domain.fields import Ref
from dxreport.domain.model import FiscalYear, ProgressWord, Treatment
from dxreport.lifecycle.init import create
from dxreport.lifecycle.rollover import last_round, rollover
from dxreport.mail.drafts import MailKind, plan
from dxreport.master.build import build_master
from dxreport.master.read import read_master
from dxreport.master.records import ConflictState, Master, MeasureState, Receipt, ReceiptState, Standing
from dxreport.master.write import MasterEdit
from dxreport.sendback.fill import fill
from dxreport.status.round_status import SheetStatus, State, status
from dxreport.workspace.paths import Workspace
from tests.support.measures import with_texts
from tests.support.quarter import FORM, OFFICE, Quarter, copy, issue

pytestmark = pytest.mark.slow

APRIL = datetime(2023, 4, 3, 9)
MAY = datetime(2023, 5, 31, 9)
ACTUAL = "outcome.actual/O1/1"


@pytest.fixture(scope="module")
def answered_once(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("answered"))
    quarter.collect(quarter.filled({"01-01": {ACTUAL: "31,000千円"}}))
    return quarter


@pytest.fixture
def answered(answered_once: Quarter, tmp_path: Path) -> Quarter:
    """A quarter with one answer in, to be changed."""
    return copy(answered_once, tmp_path)


@pytest.mark.quick
def test_plans_are_cleared_and_outcomes_carried(answered: Quarter, tmp_path: Path) -> None:
    done = rollover(answered.workspace, None, APRIL)
    assert done.workspace.root == answered.root.parent / "令和５年度"
    old, new = answered.master, read_master(done.workspace.master)
    assert new.settings.fiscal_year == FiscalYear(2023)
    assert new.settings.plan_years == old.settings.plan_years
    assert new.settings.round("第1四半期").deadline == "2023-07-14"
    assert [m.id for m in new.measures] == [m.id for m in old.measures]
    for then, now in zip(old.measures, new.measures, strict=True):
        assert now.outcomes == then.outcomes
        assert [(a.key, a.name) for a in now.activities] == [(a.key, a.name) for a in then.activities]
        assert all(q.plan == q.progress == q.countermeasure == "" for a in now.activities for q in a.quarters)
        assert (now.goal, now.support_requests, now.procurement) == ("", (), "")
    assert new.measure("01-01").outcomes[0].y1.actual == "31,000千円"
    assert (done.workspace.templates / "年間活動計画.xlsx").read_bytes() == (
        answered.workspace.templates / "年間活動計画.xlsx"
    ).read_bytes()


def with_directions(quarter: Quarter, texts: dict[tuple[str, str], str]) -> None:
    """Write 方向 into the master, as people do."""
    edit = MasterEdit(quarter.master)
    edit.set_all((id_, Ref("outcome.direction", key), text) for (id_, key), text in texts.items())
    quarter.workspace.master.write_bytes(edit.data())


def test_directions_are_carried_as_written(answered: Quarter) -> None:
    with_directions(answered, {("01-01", "O2"): "範囲", ("01-02", "O1"): "減らす", ("01-04", "O1"): ""})
    old = answered.master.directions
    assert (len(old), old["01-01", "O2"], old["01-02", "O1"]) == (39, "範囲", "減らす")
    new = read_master(rollover(answered.workspace, None, APRIL).workspace.master)
    assert new.directions == old
    sheet = openpyxl.load_workbook(io.BytesIO(new.data))["成果目標"]
    [choice] = [v for v in sheet.data_validations.dataValidation if "範囲" in v.formula1]
    assert "O54" in choice.sqref and choice.formula1 == '"多いほど良い,少ないほど良い,範囲,判定しない"'


def test_a_direction_declared_late_fills_a_blank_of_the_new_year(answered: Quarter) -> None:
    with_directions(answered, {("01-01", "O1"): "", ("01-01", "O2"): ""})
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    with_directions(new, {("01-01", "O2"): "範囲"})
    with_directions(answered, {("01-01", "O1"): "多いほど良い", ("01-01", "O2"): "判定しない"})
    again = rollover(answered.workspace, None, APRIL)
    assert [(c.label, c.old, c.new) for c in again.changes] == [("成果目標① 方向", "", "多いほど良い")]
    assert (new.master.directions["01-01", "O1"], new.master.directions["01-01", "O2"]) == ("多いほど良い", "範囲")
    assert not rollover(answered.workspace, None, APRIL).changes


def test_weight_and_treatment_of_progress_words_are_carried(answered: Quarter) -> None:
    book = openpyxl.load_workbook(answered.workspace.master)
    sheet = book["設定"]
    for column, value in enumerate(("中止", None, 2.5, "中止"), 5):
        sheet.cell(4, column).value = value
    book.save(answered.workspace.master)
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    words = new.master.settings.progress_words
    assert words == answered.master.settings.progress_words
    assert words[-1] == ProgressWord("中止", False, Decimal("2.5"), Treatment.STOPPED)


def test_a_new_year_without_the_column_goes_without(answered: Quarter) -> None:
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    book = openpyxl.load_workbook(new.workspace.master)
    book["成果目標"]["O1"] = "備考"
    book["成果目標"].tables["成果目標表"].tableColumns[-1].name = "備考"
    book.save(new.workspace.master)
    assert rollover(answered.workspace, None, APRIL).changes == () and new.master.directions == {}


@pytest.mark.parametrize(
    ("deadline", "moved"),
    [
        ("2022-07-15", "2023-07-14"), ("2023-07-14", "2024-07-12"), ("2024-07-19", "2025-07-18"),  # Fridays
        ("2024-02-29", "2025-02-27"), ("2023-03-01", "2024-02-28"), ("", ""),
    ],
)  # fmt: skip
def test_a_deadline_moves_to_the_same_weekday_of_the_next_year(
    deadline: str, moved: str, answered: Quarter, tmp_path: Path
) -> None:
    master = answered.master
    rounds = tuple(replace(r, deadline=deadline) for r in master.settings.rounds)
    settings = replace(master.settings, rounds=rounds)
    build_master(settings, master.departments, master.measures, answered.workspace.master)
    new = read_master(rollover(answered.workspace, tmp_path / "次年度", APRIL).workspace.master)
    assert {r.deadline for r in new.settings.rounds} == {moved}


def test_ended_measures_stay_behind(answered: Quarter, tmp_path: Path) -> None:
    master = answered.master
    ended = {"01-02": Standing(MeasureState.COMPLETED, 3), "01-03": Standing(MeasureState.STOPPED, 1)}
    build_master(
        master.settings, master.departments, master.measures, answered.workspace.master, {**master.standings, **ended}
    )
    done = rollover(answered.workspace, tmp_path / "次年度", APRIL)
    assert done.left == ("01-02", "01-03")
    assert read_master(done.workspace.master).measure("01-02") is None


def test_late_actuals_flow_after(answered: Quarter, tmp_path: Path) -> None:
    done = rollover(answered.workspace, None, APRIL)
    answered.collect(answered.filled({"01-01": {ACTUAL: "31,500千円", "outcome.actual/O2/1": "1,300件"}}))
    Quarter(done.workspace.root).write("01-01", {"outcome.actual/O2/1": "1,299件"})  # somebody was faster, and wrong
    again = rollover(answered.workspace, None, APRIL)
    assert not again.opened
    assert [(str(c.ref), c.new) for c in again.changes] == [(ACTUAL, "31,500千円")]
    assert [(c.returned, c.current) for c in again.conflicts] == [("1,300件", "1,299件")]
    third = rollover(answered.workspace, None, APRIL)
    assert (third.changes, third.conflicts) == ((), ())
    assert third.undecided == tuple(c.id for c in again.conflicts)


def test_what_was_typed_over_a_carried_answer_stays(answered: Quarter) -> None:
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    answered.write("01-01", {ACTUAL: "31,500千円"})
    assert [c.new for c in rollover(answered.workspace, None, APRIL).changes] == ["31,500千円"]
    new.write("01-01", {ACTUAL: "31,499千円"})
    answered.write("01-01", {ACTUAL: "32,000千円"})
    again = rollover(answered.workspace, None, MAY)
    assert (again.changes, [(c.returned, c.current) for c in again.conflicts]) == ((), [("32,000千円", "31,499千円")])


def test_the_question_of_a_withdrawn_return_does_not_stand_for_that_of_the_old_year(answered: Quarter) -> None:
    """A return of the new year said the same as the old year does now."""
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    issue(new, "第1四半期", MAY)
    new.write("01-01", {"contact_person": "担当"})
    [book] = [i for i in new.master.issues if i.department == OFFICE]
    data = (new.workspace.issued / f"{book.id}.xlsx").read_bytes()
    new.collect(fill(data, FORM, {"01-01": {Ref("contact_person"): "後任"}}, quarter=1, year=2), now=MAY)
    assert [(c.state, c.returned) for c in new.master.conflicts] == [(ConflictState.OPEN, "後任")]
    withdraw(new.workspace, "U0001", "誤送", MAY)
    assert [c.state for c in new.master.conflicts] == [ConflictState.WITHDRAWN]
    answered.write("01-01", {"contact_person": "後任"})
    again = rollover(answered.workspace, None, MAY)
    assert [(c.returned, c.current) for c in again.conflicts] == [("後任", "担当")]


def test_a_conflict_with_the_old_year_is_no_answer_of_the_new_one(answered: Quarter) -> None:
    new = Quarter(rollover(answered.workspace, None, APRIL).workspace.root)
    answered.collect(answered.filled({"01-01": {ACTUAL: "31,500千円"}}))
    new.write("01-01", {ACTUAL: "31,499千円"})
    assert len(rollover(answered.workspace, None, APRIL).conflicts) == 1
    round_ = new.master.settings.rounds[0]

    def sheet() -> SheetStatus:
        found = status(new.master, round_, MAY.date()).sheets
        return next(s for s in found if s.measure == "01-01")

    assert (sheet().state, len(sheet().conflicts)) == (State.NOT_ISSUED, 1)
    issue(new, round_.name, APRIL)
    assert (sheet().state, len(sheet().conflicts)) == (State.MISSING, 1)
    reminded = plan(new.workspace, new.master, MailKind.REMIND, round_, MAY)
    assert "01-01" in [s.measure for d in reminded.drafts for s in d.sheets]


def test_a_conflict_shows_both_years_and_the_commands(answered: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    done = rollover(answered.workspace, None, APRIL)
    answered.write("01-01", {ACTUAL: "31,500千円"})
    Quarter(done.workspace.root).write("01-01", {ACTUAL: "31,499千円"})
    assert main(["rollover", "--dry-run", "-C", str(answered.root)]) == 1
    assert "resolve" not in capsys.readouterr().out
    assert main(["rollover", "-C", str(answered.root)]) == 1
    said = capsys.readouterr().out.splitlines()
    where = f"-C {done.workspace.root}"
    n = next(n for n, line in enumerate(said) if line.startswith("競合 C0001 01-01"))
    assert said[n + 1 : n + 3] == [
        f"  令和４年度のマスター「31,500千円」　採るとき: dxreport resolve C0001 --take returned {where}",
        f"  令和５年度のマスター「31,499千円」　採るとき: dxreport resolve C0001 --take current {where}",
    ]
    assert main(["resolve", "C0001", "--take", "returned", "-C", str(done.workspace.root)]) == 0
    assert Quarter(done.workspace.root).master.measure("01-01").outcomes[0].y1.actual == "31,500千円"


def test_the_round_that_closes_the_year_is_the_last_wherever_it_stands(answered: Quarter) -> None:
    settings = answered.master.settings
    [closing] = [r for r in settings.rounds if settings.closes(r)]
    others = tuple(r for r in settings.rounds if not settings.closes(r))
    assert last_round(replace(settings, rounds=(closing, *others))) == closing
    assert last_round(replace(settings, rounds=others)) == others[-1]
    assert last_round(replace(settings, rounds=())) is None


def test_measures_whose_results_are_not_in_are_named(answered: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    results = Quarter(answered.root)
    issue(results, "年度実績", APRIL)
    edit = MasterEdit(results.master)
    last = next(i for i in results.master.issues if i.round == "年度実績" and "01-01" in i.measures)
    came = ("U0900", "2023-05-01T09:00:00", "a.xlsx", "0", last.id, last.department, last.round, "01-01")
    edit.add(Receipt(*came, ReceiptState.MERGED))
    results.workspace.master.write_bytes(edit.data())
    done = rollover(answered.workspace, None, APRIL)
    assert len(done.interim) == 25 and "01-01" not in done.interim and done.interim[0] == "01-02"
    edit = MasterEdit(results.master)
    edit.set("01-01", Ref("outcome.actual", "O1", 1), "未確定")
    results.workspace.master.write_bytes(edit.data())
    assert rollover(answered.workspace, None, APRIL).interim[0] == "01-01"
    edit = MasterEdit(results.master)
    edit.set("01-01", Ref("outcome.actual", "O1", 1), "")
    results.workspace.master.write_bytes(edit.data())
    assert main(["rollover", "-C", str(answered.root)]) == 0
    said = capsys.readouterr().out
    named = "、".join(done.interim[:10])
    assert f"年度実績がまだの施策: {named} ほか 15 件（25施策）" in said and "もう一度 dxreport rollover" in said


def test_the_old_year_takes_late_returns_until_it_is_closed(answered: Quarter) -> None:
    late = answered.filled({"01-01": {"contact_person": "後任"}})
    assert answered.collect(late, now=APRIL).changes
    master = answered.master
    build_master(replace(master.settings, closed=True), master.departments, master.measures, answered.workspace.master)
    with pytest.raises(DxreportError, match="締め切られて"):
        answered.collect(late, now=APRIL)


def test_last_years_sheet_is_no_answer_for_this_year(answered: Quarter) -> None:
    done = rollover(answered.workspace, None, APRIL)
    new = Quarter(done.workspace.root)
    plan = new.collect(answered.filled({}), now=APRIL)
    assert {p.code for s in plan.files[0].sheets for p in s.problems} <= {"E202", "E203"}
    assert plan.files[0].status.value == "refused"


def test_where_the_plan_ends(answered: Quarter, tmp_path: Path) -> None:
    master = answered.master
    last = replace(master.settings, fiscal_year=FiscalYear(2025))
    build_master(last, master.departments, master.measures, answered.workspace.master)
    with pytest.raises(UsageError, match="令和８年度"):
        rollover(answered.workspace, None, APRIL)


def test_a_dry_run_writes_nothing(answered: Quarter) -> None:
    done = rollover(answered.workspace, None, APRIL, dry_run=True)
    assert done.measures == 26
    assert not Workspace(done.workspace.root).master.exists()


def test_a_measure_that_ended_after_the_new_year_was_opened_is_named(answered: Quarter) -> None:
    rollover(answered.workspace, None, APRIL)
    master = answered.master
    ended = {**master.standings, "01-02": Standing(MeasureState.COMPLETED, 3)}
    build_master(master.settings, master.departments, master.measures, answered.workspace.master, ended)
    for _ in range(2):  # as long as it is in the new year
        assert rollover(answered.workspace, None, APRIL).left == ("01-02",)
    new = Workspace(answered.root.parent / "令和５年度").master
    there = read_master(new)
    build_master(there.settings, there.departments, [m for m in there.measures if m.id != "01-02"], new)
    assert rollover(answered.workspace, None, APRIL).left == ()


def test_what_people_entered_in_both_years_is_compared_too(answered: Quarter) -> None:
    done = rollover(answered.workspace, None, APRIL)
    new, late = Quarter(done.workspace.root), "outcome.actual/O1/1"
    master = answered.master
    own = with_texts(master.measure("01-02"), {"id": "05-01", "name": "人が足した施策"})
    for quarter in (answered, new):
        there = quarter.master
        measures = sorted([*there.measures, own], key=lambda m: m.id)
        build_master(there.settings, there.departments, measures, quarter.workspace.master, there.standings)
    answered.write("05-01", {late: "99件", "goal": "旧年度の目標"})
    found = rollover(answered.workspace, None, APRIL)
    assert [(c.measure, str(c.ref), c.returned) for c in found.conflicts] == [("05-01", late, "99件")]
    assert not rollover(answered.workspace, None, APRIL).changes


def with_additions(quarter: Quarter, *, formula: bool, comment: bool) -> None:
    """Add what people add: a column and a width in each table, a sheet, a name of an area, a colour."""
    path = quarter.workspace.master
    book = openpyxl.load_workbook(path)
    for name in ("施策", "取組", "関連施策", "支援依頼", "成果目標"):
        sheet = book[name]
        [table] = sheet.tables.values()
        column = sheet.max_column + 1
        table.ref = table.autoFilter.ref = f"A1:{get_column_letter(column)}{sheet.max_row}"
        table.tableColumns.append(TableColumn(id=column, name="備考"))
        for row in range(1, sheet.max_row + 1):
            text = "備考" if row == 1 else f"メモ {sheet.cell(row, 1).value}"
            sheet.cell(row, column, text if row == 1 or not formula else f'="メモ "&A{row}')
        sheet.column_dimensions[get_column_letter(column)].width = 33
    book["施策"]["B4"].fill = PatternFill("solid", fgColor="FFFFCC00")  # 01-03
    if comment:
        book["施策"]["B5"].comment = Comment("来年は統合の予定", "担当")
    own = book.create_sheet("集計")
    own["A1"], own["B1"] = "施策の数", "=COUNTA(施策!A:A)-1"
    areas = book["設定"]
    [head] = [c for c in areas[1] if c.value == "分野名"]
    areas.cell(2, head.column, "くらし")
    areas.cell(2, head.column - 1, "1")
    book.save(path)


def memos(master: Master, name: str) -> dict[str, str]:
    sheet = openpyxl.load_workbook(io.BytesIO(master.data))[name]
    return {row[0].value: row[-1].value for row in sheet.iter_rows(min_row=2) if row[0].value}


@pytest.mark.parametrize(("formula", "comment"), [(False, False), (True, False), (False, True)])
def test_what_people_added_is_carried(answered: Quarter, formula: bool, comment: bool) -> None:
    with_additions(answered, formula=formula, comment=comment)
    ended(answered, "01-02")
    done = rollover(answered.workspace, None, APRIL)
    assert done.own == (
        *(f"「{name}」シートの列「備考」" for name in ("施策", "取組", "成果目標", "関連施策", "支援依頼")),
        "シート「集計」",
    )
    new = read_master(done.workspace.master)
    book = openpyxl.load_workbook(io.BytesIO(new.data))
    assert [m.id for m in new.measures] == [m.id for m in answered.master.measures if m.id != "01-02"]
    assert len(memos(new, "施策")) == 25 and len(memos(new, "成果目標")) == 25
    found = memos(new, "施策")["01-03"]
    [row] = [r[0].row for r in book["施策"].iter_rows(min_row=2) if r[0].value == "01-03"]
    assert found == (f'="メモ "&A{row}' if formula else "メモ 01-03")
    assert book["施策"].cell(row, 2).fill.fgColor.rgb == "FFFFCC00"
    last = book["施策"].max_column
    assert book["施策"].column_dimensions[get_column_letter(last)].width == 33
    assert book["集計"]["B1"].value == "=COUNTA(施策!A:A)-1"
    assert new.settings.areas["01"] == "くらし"
    [head] = [c for c in book["設定"][1] if c.value == "分野"]
    assert book["設定"].cell(2, head.column).value == "1"  # as people wrote it
    if comment:
        assert book["施策"]["B5"].comment.text == "来年は統合の予定" and book["施策"]["A5"].value == "01-04"
    # Rows close up where nothing stands by them: 01-02 was in row 3 of 施策.
    assert ("「施策」シートの 3 行目" in done.blank) == (formula or comment)
    assert (row == 4) == (formula or comment)
    assert book["支援依頼"].max_row == 2 and not memos(new, "支援依頼")
    assert book["変更履歴"].max_row == 2 and new.changes == new.issues == new.receipts == ()


def test_a_column_next_to_a_table_is_named_too(answered: Quarter) -> None:
    """LibreOffice does not make the table grow, as Excel does."""
    book = openpyxl.load_workbook(answered.workspace.master)
    sheet = book["施策"]
    sheet.cell(1, sheet.max_column + 1, "備考")
    book.save(answered.workspace.master)
    done = rollover(answered.workspace, None, APRIL)
    assert done.own == ("「施策」シートの列「備考」",)
    assert openpyxl.load_workbook(done.workspace.master)["施策"].cell(1, sheet.max_column).value == "備考"


def test_the_new_master_takes_a_whole_round(answered: Quarter) -> None:
    with_additions(answered, formula=False, comment=False)
    ended(answered, "01-02")
    done = rollover(answered.workspace, None, APRIL)
    new = Quarter(done.workspace.root)
    books = issue(new, "計画", APRIL)
    assert sum(len(b.issue.measures) for b in books) == 25 and books[0].issue.id == "R05P-001"
    edit = MasterEdit(new.master)
    edit.set("01-01", Ref("support.content", "S1"), "助言")
    edit.set("01-01", Ref("activity.name", "K9"), "追加の取組")
    new.workspace.master.write_bytes(edit.data())
    measure = new.master.measure("01-01")
    assert measure.support_requests[0].content == "助言" and measure.activities[-1].name == "追加の取組"
    assert memos(new.master, "取組")["01-01"] is None  # of the row that was appended


def test_what_was_added_to_the_old_year_later_is_named(answered: Quarter) -> None:
    rollover(answered.workspace, None, APRIL)
    with_additions(answered, formula=False, comment=False)
    again = rollover(answered.workspace, None, APRIL)
    assert "シート「集計」" in again.own and "「施策」シートの列「備考」" in again.own


@pytest.mark.parametrize(
    ("note", "table", "row"), [("", True, 4), ("", False, 4), ("メモ", True, 5), ("=1+1", True, 5)]
)
def test_rows_close_up_unless_something_stands_by_them(answered: Quarter, note: str, table: bool, row: int) -> None:
    ended(answered, "01-02")  # in row 3
    path = answered.workspace.master
    book = openpyxl.load_workbook(path)
    book["施策"]["W3"] = note or None
    if not table:
        del book["施策"].tables["施策表"]
    book.save(path)
    new = read_master(rollover(answered.workspace, None, APRIL).workspace.master)
    sheet = openpyxl.load_workbook(io.BytesIO(new.data))["施策"]
    assert [r[0].row for r in sheet.iter_rows() if r[0].value == "01-04"] == [row]
    assert sheet["W3"].value == (note or None)
    if table:
        assert sheet.tables["施策表"].ref == f"A1:R{27 if note else 26}"
    dropdowns = {str(v.sqref).split()[0] for v in sheet.data_validations.dataValidation}
    assert {ref.rpartition(":")[2][1:] for ref in dropdowns} == {"27" if note else "26"}


def test_validations_and_formats_of_single_rows_close_up_with_them(answered: Quarter) -> None:
    ended(answered, "01-02")  # in row 3
    path = answered.workspace.master
    book = openpyxl.load_workbook(path)
    sheet = book["施策"]
    for choice in sheet.data_validations.dataValidation:  # as where rows were pasted below the first
        choice.sqref = MultiCellRange(str(choice.sqref).replace("27", "2"))
    sheet.data_validations.append(DataValidation("list", "'部署'!$A$2:$A$9", sqref=MultiCellRange("C3 C5:C7")))
    sheet.conditional_formatting.add("A2:R4", FormulaRule(['$P2="中止"'], fill=PatternFill("solid", "FFFF0000")))
    book.save(path)
    done = rollover(answered.workspace, None, APRIL)
    assert not [place for place in done.blank if "「施策」" in place]
    sheet = openpyxl.load_workbook(io.BytesIO(read_master(done.workspace.master).data))["施策"]
    assert sheet["A3"].value == "01-03" and sheet.tables["施策表"].ref == "A1:R26"
    own = [str(v.sqref) for v in sheet.data_validations.dataValidation if v.formula1.endswith("$A$9")]
    assert own == ["C4:C6"]
    assert [str(r.sqref) for r in sheet.conditional_formatting if "中止" in r.rules[0].formula[0]] == ["A2:R3"]


@pytest.mark.parametrize("formula", ['$P3="中止"', '$P$4="中止"'])
def test_a_format_that_names_a_row_below_keeps_the_rows_where_they_are(answered: Quarter, formula: str) -> None:
    ended(answered, "01-02")
    book = openpyxl.load_workbook(answered.workspace.master)
    book["施策"].conditional_formatting.add("A3:R4", FormulaRule([formula], fill=PatternFill("solid", "FFFF0000")))
    book.save(answered.workspace.master)
    assert "「施策」シートの 3 行目" in rollover(answered.workspace, None, APRIL).blank


def test_a_blank_row_that_would_cut_a_plain_range_off_is_refused(answered: Quarter) -> None:
    ended(answered, "01-02")
    path = answered.workspace.master
    book = openpyxl.load_workbook(path)
    book["施策"]["W3"] = "メモ"
    del book["施策"].tables["施策表"]
    book.save(path)
    with pytest.raises(MasterError, match="3 行目"):
        rollover(answered.workspace, None, APRIL)
    assert not (answered.root.parent / "令和５年度").exists()


def ended(quarter: Quarter, id_: str) -> None:
    """Set 状態 of a measure to 中止 from the third quarter, as people do."""
    path = quarter.workspace.master
    book = openpyxl.load_workbook(path)
    sheet = book["施策"]
    heads = {c.value: c.column for c in sheet[1]}
    [row] = [r[0].row for r in sheet.iter_rows(min_row=2) if r[0].value == id_]
    sheet.cell(row, heads["状態"], "中止")
    sheet.cell(row, heads["状態の開始四半期"], "第3四半期")
    book.save(path)


def test_the_next_year_of_another_workspace_is_left_alone(answered: Quarter, tmp_path: Path) -> None:
    done = rollover(answered.workspace, None, APRIL)
    before = done.workspace.master.read_bytes()
    other = create(tmp_path / "別の市", APRIL.date(), sample=True).workspace
    with pytest.raises(UsageError, match="別の作業フォルダー"):
        rollover(other, done.workspace.root, APRIL)
    assert done.workspace.master.read_bytes() == before


def test_a_next_year_that_has_no_secret_is_no_other_workspace_s(answered: Quarter) -> None:
    """An earlier release opened it."""
    new = rollover(answered.workspace, None, APRIL).workspace
    new.secret.unlink()
    assert not rollover(answered.workspace, None, MAY).opened

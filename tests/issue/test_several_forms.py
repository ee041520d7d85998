"""Several forms in one workspace: which is used, and how books are issued, returned, corrected and published."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.collect.plan import Status
from dxreport.collect.run import collect
from dxreport.domain.errors import DxreportError
from dxreport.domain.fields import Ref
from dxreport.form.compile import load_form
from dxreport.form.read.sheet import find_stamp
from dxreport.intake.workbook import open_workbook
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.publish import published_sets
from dxreport.issue.render import PreparedIssue
from dxreport.lifecycle.check import audit
from dxreport.lifecycle.init import create
from dxreport.lifecycle.rollover import rollover
from dxreport.mail.drafts import MailKind, plan
from dxreport.master.read import read_master
from dxreport.sendback.fill import fill, positions
from dxreport.status.round_status import State, status
from tests.support.packages import edited
from tests.support.quarter import ISSUED, OFFICE, RETURNED, Quarter, copy, issue, printed
from tests.support.several_forms import SECOND, add_second, say

pytestmark = pytest.mark.slow

FIRST = FORM_NAME.removesuffix(".xlsx")
LATE = {"activity.progress/K1/1": "進捗遅延・課題あり", "activity.countermeasure/K1/1": "人を増やす"}


@pytest.fixture(scope="module")
def two_once(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    quarter = Quarter(tmp_path_factory.mktemp("two") / "作業")
    create(quarter.root, date(2022, 7, 1), sample=True)
    add_second(quarter.workspace)
    say(quarter.workspace.master, {("施策", "01-04"): SECOND})
    return quarter


@pytest.fixture
def two(two_once: Quarter, tmp_path: Path) -> Quarter:
    """A workspace where 01-04 has the second form, and nothing was issued yet."""
    return copy(two_once, tmp_path)


def of_office(books: list[PreparedIssue]) -> dict[str, PreparedIssue]:
    """The books of the department by form."""
    return {Path(b.form.name).stem: b for b in books if b.issue.department == OFFICE}


def answered(book: PreparedIssue, edits: dict[str, str] | None = None) -> bytes:
    """A book filled in with the published answers, and ``edits``."""
    texts = {id_: printed(id_) | {Ref.parse(r): t for r, t in (edits or {}).items()} for id_ in book.issue.measures}
    return fill(book.data, book.form, texts, quarter=1, year=1)


@pytest.mark.quick
def test_the_most_particular_form_is_used(two: Quarter) -> None:
    path = two.workspace.master
    say(path, {("施策", "01-01"): f"{FORM_NAME}", ("部署", OFFICE): SECOND, ("設定", "年度実績"): f"{SECOND}.XLSX"})
    master = two.master
    forms = Forms(two.workspace.templates, master)

    def used(measure: str, round_: str) -> str:
        return forms.path_of(master.measure(measure), master.settings.round(round_)).stem

    say(path, {("施策", "01-04"): ""})
    master = two.master
    forms = Forms(two.workspace.templates, master)
    assert [used("01-01", r) for r in ("第1四半期", "年度実績")] == [FIRST, FIRST]
    assert [used("01-04", r) for r in ("第1四半期", "年度実績")] == [SECOND, SECOND]
    assert [used("02-01", r) for r in ("第1四半期", "年度実績")] == [FIRST, SECOND]


def test_a_department_gets_a_workbook_for_each_form(two: Quarter) -> None:
    books = of_office(issue(two))
    assert {name: (b.issue.measures, b.issue.file) for name, b in books.items()} == {
        FIRST: (("01-01",), f"令和４年度_第1四半期_{OFFICE}_{FIRST}.xlsx"),
        SECOND: (("01-04",), f"令和４年度_第1四半期_{OFFICE}_{SECOND}.xlsx"),
    }
    master = two.master
    assert len({i.id for i in master.issues}) == 18 and [i.id for i in master.issues] == sorted(
        i.id for i in master.issues
    )
    assert [i.file for i in master.issues if i.department == "総務課"] == ["令和４年度_第1四半期_総務課.xlsx"]
    for name, book in books.items():
        assert (two.sent / book.issue.file).read_bytes() == book.data
        digest = load_form(two.workspace.templates / f"{name}.xlsx").digest
        assert next(i.form for i in master.issues if i.id == book.issue.id) == digest
        kept = two.workspace.forms / f"{digest}.xlsx"
        assert kept.read_bytes() == (two.workspace.templates / f"{name}.xlsx").read_bytes()


def test_workbooks_of_one_name_do_not_take_each_other_s_place(two: Quarter) -> None:
    """The department had either measure alone for a while, and so each of its workbooks the plain name."""
    for mine, other in (("01-01", "01-04"), ("01-04", "01-01")):
        two.write(mine, {"lead_department": OFFICE})
        two.write(other, {"lead_department": "総務課"})
        [alone] = issue(two, departments=(OFFICE,))
        assert alone.issue.file == f"令和４年度_第1四半期_{OFFICE}.xlsx"
    two.write("01-01", {"lead_department": OFFICE})
    books = issue(two, departments=(OFFICE,))
    assert [b.issue.measures for b in books] == [("01-01",), ("01-04",)]
    assert [(two.sent / b.issue.file).read_bytes() for b in books] == [b.data for b in books]


def test_issued_again_they_keep_their_numbers(two: Quarter) -> None:
    first = issue(two)
    again = issue(two)
    assert all(b.again for b in again) and [b.issue for b in again] == [b.issue for b in first]
    one = issue(two, measures=("01-04",))
    assert [b.issue for b in one] == [of_office(first)[SECOND].issue] and one[0].again
    assert len(two.master.issues) == 18


def test_a_measure_that_changes_its_form_is_issued_anew(two: Quarter) -> None:
    say(two.workspace.master, {("施策", "01-04"): ""})
    before = of_office(issue(two))
    say(two.workspace.master, {("施策", "01-04"): SECOND})
    books = of_office(issue(two))
    assert not books[FIRST].again and not books[SECOND].again
    assert books[FIRST].issue.file != books[SECOND].issue.file
    say(two.workspace.master, {("施策", "01-04"): ""})
    [whole] = of_office(issue(two)).values()
    assert whole.again and whole.issue == before[FIRST].issue


def test_two_books_never_share_a_file_name(two: Quarter) -> None:
    """One was issued while its form had the name that the other's has now."""
    issue(two)
    templates = two.workspace.templates
    (templates / f"{SECOND}.xlsx").rename(templates / "旧報告書.xlsx")
    redrawn = openpyxl.load_workbook(templates / FORM_NAME)
    redrawn.save(templates / f"{SECOND}.xlsx")
    say(two.workspace.master, {("施策", "01-04"): "旧報告書", ("施策", "01-01"): SECOND})
    books = of_office(issue(two))
    assert books["旧報告書"].again
    assert books["旧報告書"].issue.file == f"令和４年度_第1四半期_{OFFICE}_{SECOND}.xlsx"
    assert books[SECOND].issue.file == f"令和４年度_第1四半期_{OFFICE}_{SECOND}（2）.xlsx"


def test_each_return_is_read_by_its_own_form(two: Quarter) -> None:
    books = of_office(issue(two))
    found = two.collect(answered(books[SECOND], LATE), answered(books[FIRST]))
    assert found.clean and [s.measure for f in found.files for s in f.sheets] == ["01-04", "01-01"]
    assert two.values("01-04")["activity.countermeasure/K1/1"] == "人を増やす"
    for ref, text in printed("01-01").items():
        assert two.values("01-01")[str(ref)] == text
    states = {
        s.measure: (s.state, s.issue.id)
        for s in status(two.master, two.master.settings.round("第1四半期"), date(2022, 7, 2)).sheets
    }
    assert states["01-01"] == (State.MERGED, books[FIRST].issue.id)
    assert states["01-04"] == (State.MERGED, books[SECOND].issue.id)


def test_a_sheet_without_its_stamp_is_read_by_the_form_it_is_on(two: Quarter) -> None:
    books = of_office(issue(two))
    for name, id_ in ((FIRST, "01-01"), (SECOND, "01-04")):

        def strip(root) -> None:
            for row in root.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"):
                for cell in list(row):
                    if cell.get("r") == "A1":
                        row.remove(cell)

        bare = edited(answered(books[name], LATE), id_, strip)
        grid = next(s for s in open_workbook(bare).sheets if s.name == id_)
        assert find_stamp(grid.rows) is None
        found = two.collect(bare)
        [sheet] = found.files[0].sheets
        assert (sheet.measure, sheet.issue) == (id_, books[name].issue.id), sheet.problems
        assert two.values(id_)["activity.countermeasure/K1/1"] == "人を増やす"


def test_a_held_sheet_goes_back_on_its_form_and_is_taken_corrected(two: Quarter) -> None:
    books = of_office(issue(two))
    back = two.put(answered(books[SECOND], {"activity.progress/K1/1": "順調"}))
    done = collect(two.workspace, [back, two.put(answered(books[FIRST]), "計画.xlsx")], RETURNED)
    [held] = [s for f in done.plan.files for s in f.sheets if s.status is Status.HELD]
    form = books[SECOND].form
    where = positions(books[SECOND].data, form, quarter=1, year=1)["01-04"].cells[Ref("activity.progress", "K1", 1)]
    assert held.measure == "01-04" and where in held.problems[0].cell
    drafts = plan(two.workspace, two.master, MailKind.RETURN, two.master.settings.round("第1四半期"), RETURNED)
    [draft] = drafts.drafts
    assert [s.measure for s in draft.sheets] == ["01-04"] and len(draft.attachments) == 1
    fixed = fill(
        done.copies[0].read_bytes(), form, {"01-04": {Ref("activity.progress", "K1", 1): "予定通り"}}, quarter=1, year=1
    )
    assert two.collect(fixed).clean
    assert two.values("01-04")["activity.progress/K1/1"] == "予定通り"


def test_one_mail_has_both_workbooks(two: Quarter) -> None:
    books = of_office(issue(two))
    round_ = two.master.settings.round("第1四半期")
    [draft] = [
        d for d in plan(two.workspace, two.master, MailKind.REQUEST, round_, ISSUED).drafts if d.department == OFFICE
    ]
    message = email.message_from_bytes(draft.data, policy=email.policy.default)
    sent = {a.get_filename(): a.get_content() for a in message.iter_attachments()}
    assert sent == {b.issue.file: b.data for b in books.values()}
    two.collect(answered(books[FIRST]))
    [draft] = [
        d for d in plan(two.workspace, two.master, MailKind.REMIND, round_, RETURNED).drafts if d.department == OFFICE
    ]
    assert draft.attachments == (books[SECOND].issue.file,)


def test_what_is_published_has_a_workbook_for_each_form(two: Quarter) -> None:
    master = two.master
    found = published_sets(master, Forms(two.workspace.templates, master, published=True))
    assert {one.name: len(one.measures) for one in found} == {"令和４年度_年間活動計画": 25, f"令和４年度_{SECOND}": 1}
    say(two.workspace.master, {("設定", "年度実績"): SECOND, ("施策", "01-01"): FIRST})
    master = two.master
    forms = Forms(two.workspace.templates, master, published=True)
    found = published_sets(master, forms, master.settings.round("年度実績"))
    assert {one.name: len(one.measures) for one in found} == {
        "令和４年度_年度実績_年間活動計画": 1,
        f"令和４年度_年度実績_{SECOND}": 25,
    }


def test_forms_of_one_sheet_name_are_published_under_their_own(two: Quarter) -> None:
    book = openpyxl.load_workbook(two.workspace.templates / FORM_NAME)
    book.save(two.workspace.templates / "簡易版.xlsx")
    say(two.workspace.master, {("施策", "01-04"): "簡易版"})
    master = two.master
    found = published_sets(master, Forms(two.workspace.templates, master, published=True))
    assert [one.name for one in found] == ["令和４年度_年間活動計画", "令和４年度_簡易版"]


def test_the_next_year_has_the_same_forms(two: Quarter) -> None:
    say(two.workspace.master, {("部署", OFFICE): SECOND, ("設定", "年度実績"): SECOND})
    done = rollover(two.workspace, two.root.parent / "翌年", RETURNED)
    old, new = two.master, read_master(done.workspace.master)
    assert new.forms == old.forms == {"01-04": SECOND}
    assert {d.name: d.form for d in new.departments} == {d.name: d.form for d in old.departments}
    assert [r.form for r in new.settings.rounds] == [r.form for r in old.settings.rounds]
    assert {OFFICE: SECOND}.items() <= {d.name: d.form for d in new.departments}.items()
    assert (done.workspace.templates / f"{SECOND}.xlsx").is_file()


def test_a_form_that_is_not_there_is_said_in_words(two: Quarter) -> None:
    say(two.workspace.master, {("施策", "01-04"): "報告所"})
    with pytest.raises(DxreportError) as raised:
        issue(two)
    assert "「施策」シートの 01-04の様式「報告所」" in raised.value.message and f"「{SECOND}」" in raised.value.fix
    assert not two.master.issues


def test_the_only_form_needs_no_saying_and_two_without_the_usual_name_do(two: Quarter) -> None:
    templates = two.workspace.templates
    (templates / FORM_NAME).rename(templates / "進捗シート.xlsx")
    with pytest.raises(DxreportError) as raised:
        issue(two)
    assert "進捗シート" in raised.value.message and "「様式」の列" in raised.value.fix
    say(two.workspace.master, {("施策", "01-04"): ""})
    (templates / f"{SECOND}.xlsx").unlink()
    assert {b.form.name for b in issue(two)} == {"進捗シート.xlsx"}


def test_a_master_without_the_columns_works(two: Quarter) -> None:
    book = openpyxl.load_workbook(two.workspace.master)
    for name in ("施策", "部署", "設定"):
        sheet = book[name]
        [cell] = [c for c in sheet[1] if c.value == "様式"]
        for table in sheet.tables.values():
            for column in table.tableColumns:
                if column.name == "様式":
                    column.name = "備考"
        cell.value = "備考"
    book.save(two.workspace.master)
    assert two.master.forms == {} and {b.form.name for b in issue(two)} == {FORM_NAME}


def checked(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> dict:
    main(["check", "-C", str(quarter.root), "--json"])
    return json.loads(capsys.readouterr().out)


def test_check_names_the_cell_of_a_form_that_is_not_there(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {("施策", "01-04"): "報告所", ("部署", OFFICE): "ない様式", ("設定", "年度実績"): "年間活動計書"}
    cells = say(two.workspace.master, texts)
    answer = checked(two, capsys)
    found = {(p["sheet"], p["cell"]): p for p in answer["settings"] if p["code"] == "W613"}
    assert {(sheet, cells[sheet, key]) for sheet, key in texts} == set(found)
    assert f"「{SECOND}」の誤り" in found["施策", cells["施策", "01-04"]]["fix"]
    assert f"「{FIRST}」の誤り" in found["設定", cells["設定", "年度実績"]]["fix"]


def test_check_says_which_form_nobody_uses(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    assert not any(t["notes"] for t in checked(two, capsys)["templates"])
    say(two.workspace.master, {("施策", "01-04"): ""})
    notes = {t["path"]: t["notes"] for t in checked(two, capsys)["templates"]}
    assert notes[f"templates/{FORM_NAME}"] == [] and "使われていません" in notes[f"templates/{SECOND}.xlsx"][0]


def test_a_form_that_only_a_round_without_measures_names_is_used(two: Quarter) -> None:
    master = two.master
    rounds = tuple(replace(r, form=SECOND) for r in master.settings.rounds)
    settings = replace(master.settings, rounds=rounds)
    found = audit(replace(master, measures=(), settings=settings), two.workspace.templates, rounds[1])
    assert {t.path.name: len(t.notes) for t in found.templates} == {FORM_NAME: 1, f"{SECOND}.xlsx": 0}


def test_check_tries_a_form_that_nobody_uses_yet(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    """Its text fails only when it is filled in."""
    book = openpyxl.load_workbook(two.workspace.templates / FORM_NAME)
    book[load_form(two.workspace.templates / FORM_NAME).sheet]["J3"] = "{{ measure.goal + 1 }}"
    book.save(two.workspace.templates / "予備.xlsx")
    faults = {t["path"]: t["faults"] for t in checked(two, capsys)["templates"]}
    [fault] = faults.pop("templates/予備.xlsx")
    assert " J3: " in fault and not any(faults.values())


def test_blanks_are_found_though_nobody_can_tell_if_a_faulty_form_asks_for_them(
    two: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    def codes() -> set[str]:
        [found] = [m["problems"] for m in checked(two, capsys)["measures"] if m["id"] == "01-04"]
        return {p["code"] for p in found}

    two.write("01-04", {"support_flag": ""})
    before = codes()
    book = openpyxl.load_workbook(two.workspace.templates / FORM_NAME)
    book[load_form(two.workspace.templates / FORM_NAME).sheet]["J3"] = "{{ nobody }}"
    book.save(two.workspace.templates / f"{SECOND}.xlsx")
    assert codes() == before and "W102" in before


def test_check_says_that_a_form_of_another_format_is_none(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    (two.workspace.templates / "評価シート.ods").write_bytes(b"")
    notes = {t["path"]: t["notes"] for t in checked(two, capsys)["templates"]}
    assert ".xlsx" in notes["templates/評価シート.ods"][0]


def test_check_says_that_a_form_must_be_said(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    (two.workspace.templates / FORM_NAME).rename(two.workspace.templates / "進捗シート.xlsx")
    say(two.workspace.master, {("設定", r.name): "進捗シート" for r in two.master.settings.rounds if r.quarter != 2})
    [found] = [p for p in checked(two, capsys)["settings"] if p["code"] == "W614"]
    assert "第2四半期" in found["message"] and "01-01" in found["message"]


def test_check_asks_the_form_of_each_round_for_its_inputs(two: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    """The second form has no input for 関連部署, which the round 計画 opens."""

    def found() -> set[tuple[str, str]]:
        return {(p["code"], group) for p in checked(two, capsys)["settings"] for group in p["value"].split("、")}

    assert ("W605", "関連部署") not in found()
    say(two.workspace.master, {("設定", "計画"): SECOND})
    assert ("W605", "関連部署") in found()
    say(two.workspace.master, {("施策", "01-01"): FIRST})
    assert ("W605", "関連部署") not in found()


def test_both_books_are_collected_from_one_folder(two: Quarter) -> None:
    """A department sends its two books together."""
    books = of_office(issue(two))
    folder = two.put(answered(books[FIRST]), "返送/計画.xlsx").parent
    (folder / "報告書.xlsx").write_bytes(answered(books[SECOND], LATE))
    done = collect(two.workspace, [folder], RETURNED).plan
    assert done.clean and {s.measure for f in done.files for s in f.sheets} == {"01-01", "01-04"}

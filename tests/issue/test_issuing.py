"""Render: what is issued, to whom, under which name and number, and what is kept of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError, LockedError, MasterError, UsageError
from dxreport.domain.fields import Ref
from dxreport.domain.model import FiscalYear, Round
from dxreport.intake.workbook import open_workbook
from dxreport.issue import render as issuing
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.store import Archive, form_path, workbook_path
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import master_bytes
from dxreport.master.records import Change, MeasureState, Standing
from dxreport.master.write import MasterEdit
from dxreport.status.round_status import status
from dxreport.workspace import files
from dxreport.workspace.files import file_name, locked
from tests.support.measures import with_texts
from tests.support.quarter import ISSUED, OFFICE, Quarter, copy, issue

pytestmark = pytest.mark.slow

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@pytest.fixture(scope="module")
def fresh_once(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    root = tmp_path_factory.mktemp("fresh") / "作業"
    create(root, date(2022, 7, 1), sample=True)
    return Quarter(root)


@pytest.fixture
def fresh(fresh_once: Quarter, tmp_path: Path) -> Quarter:
    """A workspace in which nothing was issued yet."""
    return copy(fresh_once, tmp_path)


def with_standings(quarter: Quarter, standings: dict[str, Standing]) -> None:
    data = master_bytes(sample.settings(), DEPARTMENTS, sample.load(with_answers=False), standings)
    quarter.workspace.master.write_bytes(data)


def chosen(quarter: Quarter, round_: str = "第1四半期", **options: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What would be issued: department → measures."""
    master = quarter.master
    books = issuing.plan(
        master, Forms(quarter.workspace.templates, master), master.settings.round(round_), ISSUED, **options
    )
    return {b.issue.department: b.issue.measures for b in books}


def test_what_ended_in_mid_year_is_not_asked_for_results_unless_the_settings_say_so(fresh: Quarter) -> None:
    """What ended is asked only in the quarters that it ran in; the last round closes the year, whatever it requires."""
    ended = {"01-02": Standing(MeasureState.COMPLETED, 3), "01-03": Standing(MeasureState.STOPPED, 3)}
    usual = sample.settings()
    lenient = replace(usual, rounds=(*usual.rounds[:-1], replace(usual.rounds[-1], requires=frozenset())))
    for settings, closing in ((usual, 24), (lenient, 24), (replace(usual, asks_ended=True), 26)):
        data = master_bytes(settings, DEPARTMENTS, sample.load(with_answers=False), ended)
        fresh.workspace.master.write_bytes(data)
        sent = {
            r.name: sorted(id_ for ids in chosen(fresh, r.name).values() for id_ in ids)
            for r in fresh.master.settings.rounds
        }
        assert {name: len(ids) for name, ids in sent.items()} == {
            "計画": 26, "第1四半期": 26, "第2四半期": 26, "第3四半期": 24, "第4四半期": 24, "年度実績": closing,
        }  # fmt: skip
        assert ("01-02" in sent["年度実績"]) == ("01-03" in sent["年度実績"]) == (closing == 26)
        state = status(fresh.master, fresh.master.settings.round("年度実績"), date(2023, 5, 1))
        assert len(state.sheets) == closing


@pytest.mark.quick
def test_every_department_gets_one_workbook_and_every_measure_one_sheet(issued_quarter: Quarter) -> None:
    master = issued_quarter.master
    assert [i.department for i in master.issues] == [d.name for d in DEPARTMENTS]
    assert sorted(id_ for i in master.issues for id_ in i.measures) == [m.id for m in master.measures]
    for i in master.issues:
        data = (issued_quarter.sent / i.file).read_bytes()
        sheets = [s.name for s in open_workbook(data).sheets if not s.hidden]
        assert [name for name in sheets if master.measure(name)] == list(i.measures)
        assert {master.measure(id_).lead_department for id_ in i.measures} == {i.department}
    assert len(list(issued_quarter.sent.iterdir())) == 17


def test_the_ledger_tells_number_round_time_file_form_and_bytes(issued_quarter: Quarter) -> None:
    for n, i in enumerate(issued_quarter.master.issues, 1):
        assert (i.id, i.round, i.when) == (f"R04Q1-{n:03}", "第1四半期", "2022-07-01 09:00:00")
        assert i.file == f"令和４年度_第1四半期_{i.department}.xlsx"
        assert i.sha256 == hashlib.sha256((issued_quarter.sent / i.file).read_bytes()).hexdigest()
        assert i.form == issued_quarter.form.digest


def test_what_was_issued_is_kept_workbook_texts_and_form(issued_quarter: Quarter) -> None:
    workspace, master = issued_quarter.workspace, issued_quarter.master
    for i in master.issues:
        assert workbook_path(workspace, i.id).read_bytes() == (issued_quarter.sent / i.file).read_bytes()
        snapshot = Archive(workspace).snapshot(i.id)
        assert (snapshot.round, snapshot.department, snapshot.fiscal_year) == ("第1四半期", i.department, "令和４年度")
        assert {id_: snapshot.measure(id_) for id_ in i.measures} == {id_: master.measure(id_) for id_ in i.measures}
    assert form_path(workspace, master.issues[0].form).read_bytes() == (workspace.templates / FORM_NAME).read_bytes()


def test_file_names_are_legal_on_windows(issued_quarter: Quarter) -> None:
    for path in (p for p in issued_quarter.root.rglob("*") if p.is_file()):
        assert not re.search(r'[\\/:*?"<>|\x00-\x1f]|[. ]$', path.name) and not RESERVED.fullmatch(path.name), path.name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('情報/企画:"課"', "情報＿企画＿＿課＿"),
        ("a*b?c<d>e|f\\g\n", "a＿b＿c＿d＿e＿f＿g＿"),
        ("課. .", "課"),
        ("..", "_"),
    ],
)
def test_a_name_that_windows_refuses_is_changed(text: str, name: str) -> None:
    assert file_name(text) == name


@pytest.mark.parametrize("text", ["課" * 300, "課" * 300 + ".xlsx", "a" * 300 + ".xlsx"])
def test_a_long_name_is_cut_and_keeps_its_ending(text: str) -> None:
    name = file_name(text)
    assert len(name.encode()) < 220
    assert name.endswith(".xlsx") == text.endswith(".xlsx")


def test_the_same_again_is_the_same_issue_with_the_same_bytes(quarter: Quarter) -> None:
    before = quarter.files()
    books = issue(quarter, now=ISSUED + timedelta(days=3))
    assert all(b.again for b in books)
    assert quarter.files() == before


def test_a_file_sent_that_was_lost_is_written_again(quarter: Quarter) -> None:
    before = quarter.files()
    for path in quarter.sent.iterdir():
        path.unlink()
    issue(quarter)
    assert quarter.files() == before


def test_a_changed_measure_is_issued_anew_and_only_its_department_is(quarter: Quarter) -> None:
    quarter.write("01-01", {"goal": "新しい目標"})
    books = issue(quarter, now=ISSUED + timedelta(days=1))
    assert [(b.issue.id, b.issue.department) for b in books if not b.again] == [("R04Q1-018", OFFICE)]
    assert Archive(quarter.workspace).snapshot("R04Q1-018").measure("01-01").goal == "新しい目標"
    assert quarter.book() == workbook_path(quarter.workspace, "R04Q1-018").read_bytes()
    assert workbook_path(quarter.workspace, quarter.master.issues[0].id).exists()


def test_departments_and_measures_can_be_chosen(fresh: Quarter) -> None:
    assert chosen(fresh, departments=(OFFICE,)) == {OFFICE: ("01-01", "01-04")}
    assert chosen(fresh, measures=("01-04", "03-05")) == {"総務課": ("03-05",), OFFICE: ("01-04",)}
    assert chosen(fresh, departments=(OFFICE,), measures=("01-04",)) == {OFFICE: ("01-04",)}
    for wrong in (
        {"departments": ("ない課",)},
        {"measures": ("99-99",)},
        {"departments": ("総務課",), "measures": ("01-01",)},
    ):
        with pytest.raises(UsageError):
            chosen(fresh, **wrong)


def test_a_part_of_a_department_has_its_own_name_and_number(quarter: Quarter) -> None:
    [book] = issue(quarter, measures=("01-04",))
    assert (book.issue.id, book.issue.file) == ("R04Q1-018", "令和４年度_第1四半期_産業振興課_01-04.xlsx")
    assert (quarter.sent / "令和４年度_第1四半期_産業振興課.xlsx").exists()


def test_rounds_have_their_own_numbers(fresh: Quarter) -> None:
    ids = {}
    for name in ("計画", "第1四半期", "第2四半期", "年度実績"):
        ids[name] = [b.issue.id for b in issue(fresh, name, departments=(OFFICE,))]
    assert ids == {
        "計画": ["R04P-001"],
        "第1四半期": ["R04Q1-001"],
        "第2四半期": ["R04Q2-001"],
        "年度実績": ["R04Y-001"],
    }
    master = fresh.master
    later = replace(master, settings=replace(master.settings, fiscal_year=FiscalYear(2030)))
    assert issuing.issue_prefix(later, Round("予算要求")) == "R12X-"


@pytest.mark.parametrize("state", [MeasureState.STOPPED, MeasureState.COMPLETED, MeasureState.ABSORBED])
def test_a_measure_that_ended_is_not_asked_for_from_that_quarter_on(fresh: Quarter, state: MeasureState) -> None:
    with_standings(fresh, {"01-04": Standing(state, 2), "03-02": Standing(state, 0), "03-01": Standing(state, 1)})
    first = chosen(fresh)
    assert first[OFFICE] == ("01-01", "01-04")
    assert "管財課" not in first and first["総務課"] == ("03-05",)
    assert chosen(fresh, "第2四半期")[OFFICE] == ("01-01",)
    assert chosen(fresh, "計画")[OFFICE] == ("01-01", "01-04")  # it ran in a part of the year
    assert chosen(fresh, "年度実績")[OFFICE] == ("01-01",)
    with pytest.raises(UsageError):
        chosen(fresh, "第2四半期", measures=("01-04",))


def test_what_a_department_filled_in_is_not_overwritten(quarter: Quarter) -> None:
    path = quarter.sent / f"令和４年度_第1四半期_{OFFICE}.xlsx"
    path.write_bytes(quarter.filled({}))
    quarter.write("03-05", {"goal": "別の部署の目標"})
    before = quarter.files()
    with pytest.raises(UsageError, match="上書きしません"):
        issue(quarter)
    assert quarter.files() == before


def open_in_excel(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> type[DxreportError]:
    (quarter.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    return LockedError


def changed_meanwhile(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> type[DxreportError]:
    plan = issuing.plan

    def slow(*args: object, **options: object) -> list[issuing.PreparedIssue]:
        made = plan(*args, **options)
        quarter.write("01-01", {"goal": "その間に書かれた目標"})
        return made

    monkeypatch.setattr(issuing, "plan", slow)
    return MasterError


def disk_full(quarter: Quarter, monkeypatch: pytest.MonkeyPatch) -> type[DxreportError]:
    """Room for a dozen more files, then none."""
    real, written = files.os.replace, []

    def full(source: str, target: Path) -> None:
        written.append(target)
        if len(written) > 12:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(files.os, "replace", full)
    return DxreportError


@pytest.mark.parametrize("trouble", [open_in_excel, changed_meanwhile, disk_full])
def test_where_the_master_cannot_be_written_nothing_is(
    fresh: Quarter, monkeypatch: pytest.MonkeyPatch, trouble: Callable
) -> None:
    expected = trouble(fresh, monkeypatch)
    before = fresh.files()
    with pytest.raises(expected) as caught:
        issue(fresh)
    assert caught.value.exit_code == 3
    after = fresh.files()
    if trouble is changed_meanwhile:
        before["master/master.xlsx"] = after["master/master.xlsx"]
        assert fresh.master.issues == ()
    assert after == before


def test_where_another_dxreport_writes_nothing_is_changed(fresh: Quarter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.01)
    before = fresh.files()
    with locked(fresh.workspace.lock), pytest.raises(LockedError):
        issue(fresh)
    assert fresh.files() == before


def test_a_text_that_no_row_of_excel_can_show_is_named(fresh: Quarter) -> None:
    fresh.write("01-01", {"goal": "とても長い到達目標です。" * 400})
    [book] = issue(fresh, departments=(OFFICE,))
    goal = fresh.cells(book.data, "01-01")["goal"]
    assert book.too_tall == (f"01-01!{goal}",)


def test_a_master_without_measures_says_what_to_fill_in(tmp_path: Path) -> None:
    create(tmp_path / "空", date(2022, 7, 1))
    with pytest.raises(UsageError, match="施策がまだありません") as caught:
        issue(Quarter(tmp_path / "空"))
    assert "「部署」シート" in caught.value.fix and "「施策」シート" in caught.value.fix


def test_measures_that_have_all_ended_are_no_master_without_measures(fresh: Quarter) -> None:
    with_standings(fresh, {m.id: Standing(MeasureState.STOPPED) for m in fresh.master.measures})
    with pytest.raises(UsageError, match="この回に送る施策がありません"):
        issue(fresh)


@pytest.mark.parametrize("id_", ["1-4", "０１－０４"])
def test_a_measure_is_found_however_its_id_is_typed(fresh: Quarter, id_: str) -> None:
    assert chosen(fresh, measures=(id_,)) == {OFFICE: ("01-04",)}


def test_a_measure_that_has_ended_is_said_to_have(fresh: Quarter) -> None:
    with_standings(fresh, {"01-04": Standing(MeasureState.STOPPED, 1)})
    with pytest.raises(UsageError, match="第1四半期から中止なので") as caught:
        chosen(fresh, measures=("01-04",))
    assert caught.value.fix == ""


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        ({"departments": ("総務",)}, "総務課"),
        ({"departments": ("産業振興か",)}, "産業振興課"),
        ({"measures": ("01-41",)}, "01-14"),
        ({"departments": ("水産試験場",)}, ""),
    ],
)
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(fresh: Quarter, options: dict, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(fresh, **options)
    fix = caught.value.fix
    assert fix.startswith(f"「{meant}」の誤りではありませんか。") if meant else "ではありませんか" not in fix


def test_snapshots_survive_their_json(issued_quarter: Quarter) -> None:
    snapshot = Archive(issued_quarter.workspace).snapshot("R04Q1-001")
    assert snapshot.parse(snapshot.data()) == snapshot


def test_what_was_issued_in_another_order_of_sheets_is_the_same_again(
    fresh: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releases that sorted IDs as texts put 01-101 before 01-20."""
    ids = {"01-01": "01-101", "01-04": "01-20"}
    measures = (with_texts(m, {"id": ids.get(m.id, m.id)}) for m in sample.load(with_answers=False))
    fresh.workspace.master.write_bytes(master_bytes(sample.settings(), DEPARTMENTS, measures))
    with monkeypatch.context() as patch:
        patch.setattr("dxreport.master.measures.by_number", str)
        assert [b.issue.measures for b in issue(fresh, departments=(OFFICE,))] == [("01-101", "01-20")]
    assert chosen(fresh, "計画", departments=(OFFICE,)) == {OFFICE: ("01-20", "01-101")}
    before = fresh.files()
    [again] = issue(fresh, departments=(OFFICE,))
    assert again.again and fresh.files() == before


def test_of_several_issues_the_last_one_is_issued_again(quarter: Quarter) -> None:
    quarter.write("01-01", {"goal": "別の目標"})
    [second] = issue(quarter, departments=(OFFICE,))
    before = quarter.files()
    [third] = issue(quarter, now=ISSUED + timedelta(days=3), departments=(OFFICE,))
    assert third.again and third.issue == second.issue and quarter.files() == before


def test_an_id_that_people_wrote_into_the_ledger_does_no_harm(quarter: Quarter) -> None:
    edit = MasterEdit(quarter.master)
    edit.add(replace(quarter.master.issues[0], id="R04Q1-控え"))
    quarter.workspace.master.write_bytes(edit.data())
    quarter.write("01-01", {"goal": "別の目標"})
    assert [b.issue.id for b in issue(quarter, departments=(OFFICE,))] == ["R04Q1-018"]


@pytest.mark.parametrize(("field", "key", "free"), [("activity.name", "K3", "K4"), ("support.content", "S1", "S2")])
def test_a_spare_row_never_gets_the_id_of_an_item_that_was_deleted(
    quarter: Quarter, field: str, key: str, free: str
) -> None:
    def ids() -> set[str]:
        [book] = issue(quarter, "計画", measures=("01-01",))
        return {ref.split("/")[1] for ref in quarter.cells(book.data, "01-01") if ref.startswith(f"{field}/")}

    assert key in ids()
    edit = MasterEdit(quarter.master)
    edit.add(Change("2022-07-01 00:00:00", "01-01", Ref(field, key), "", "削除された項目", ""))
    quarter.workspace.master.write_bytes(edit.data())
    quarter.write("01-01", {"goal": "別の目標"})
    after = ids()
    assert key not in after and free in after


def test_a_number_is_not_given_again_after_an_older_master_was_restored(quarter: Quarter) -> None:
    """The departments hold the workbooks of that number; their answers would be compared with other texts."""
    before = quarter.workspace.master.read_bytes()
    archive = Archive(quarter.workspace)
    first = issue(quarter, "第2四半期", kept=archive.workbook, departments=(OFFICE,))
    sent = workbook_path(quarter.workspace, first[0].issue.id).read_bytes()
    quarter.workspace.master.write_bytes(before)
    assert issue(quarter, "第2四半期", kept=archive.workbook, departments=(OFFICE,))[0].data == sent
    quarter.workspace.master.write_bytes(before)
    quarter.write("01-01", {"contact_person": "後任"})
    [again] = issue(quarter, "第2四半期", kept=archive.workbook, departments=(OFFICE,))
    assert again.issue.id == "R04Q2-002" and first[0].issue.id == "R04Q2-001"
    assert workbook_path(quarter.workspace, "R04Q2-001").read_bytes() == sent

"""A returned sheet is identified by its stamp, not by the names of file and sheet."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from dxreport.collect.plan import Status
from dxreport.domain.fields import Ref
from dxreport.ooxml.package import MAIN_NS
from dxreport.sendback.fill import fill
from dxreport.status.round_status import status
from tests.support.packages import edited, renamed, set_text, sheet_xml, with_sheet, without_sheet
from tests.support.quarter import OFFICE, RETURNED, Quarter, found, issue, sheet_of

pytestmark = pytest.mark.slow

P1, P2 = "activity.progress/K1/1", "activity.progress/K2/1"


def restamped(data: bytes, sheet: str, old: str, new: str) -> bytes:
    """Return the workbook with another stamp in A1."""

    def change(root: etree._Element) -> None:
        stamp = next(t for t in root.iter(f"{{{MAIN_NS}}}t") if (t.text or "").startswith("dxr1|"))
        assert old in stamp.text
        set_text(root, (1, 1), stamp.text.replace(old, new))

    return edited(data, sheet, change)


def codes(quarter: Quarter, data: bytes, measure: str = "01-01") -> list[str]:
    """Return the problem codes of a measure's sheet that was refused as unidentifiable."""
    sheet = sheet_of(quarter.collect(data, dry_run=True), measure)
    assert sheet.status is Status.REFUSED and not sheet.merge.changes
    return [p.code for p in sheet.problems]


@pytest.mark.quick
def test_names_of_file_and_sheet_do_not_matter(quarter: Quarter) -> None:
    data = renamed(
        quarter.filled({"01-01": {P1: "進捗遅延・課題あり", "activity.countermeasure/K1/1": "協議"}}),
        "01-01",
        "総務課分 (2)",
    )
    plan = quarter.collect(quarter.put(data, "新しい ﾌｧｲﾙ（最終）.xlsx"))
    sheet = sheet_of(plan, "01-01")
    assert (sheet.sheet, sheet.status, sheet.department) == ("総務課分 (2)", Status.MERGED, OFFICE)
    assert quarter.values("01-01")[P1] == "進捗遅延・課題あり"
    change = next(c for c in quarter.master.changes if str(c.ref) == P1)
    assert (change.file, change.sheet, change.cell) == (
        "新しい ﾌｧｲﾙ（最終）.xlsx",
        "総務課分 (2)",
        quarter.cells(data, "総務課分 (2)")[P1],
    )


def test_a_sheet_moved_to_another_departments_book_is_still_itself(quarter: Quarter) -> None:
    foreign = quarter.filled({"01-01": {"contact_person": "後任"}})
    data = with_sheet(quarter.filled({}, "総務課"), "移したシート", sheet_xml(foreign, "01-01"))
    plan = quarter.collect(data)
    assert [(s.measure, s.department, s.status.value) for s in plan.files[0].sheets] == [
        ("03-01", "総務課", "merged"), ("03-05", "総務課", "merged"), ("01-01", OFFICE, "merged")]  # fmt: skip
    assert quarter.values("01-01")["contact_person"] == "後任"
    assert [(p.code, "01-04" in p.message) for p in plan.files[0].problems] == [("W505", True)]


@pytest.mark.parametrize("order", [1, -1])
def test_two_half_filled_copies_complete_each_other(quarter: Quarter, order: int) -> None:
    """Two people of one department, each with a copy, in either order."""
    one = quarter.filled({"01-01": {P1: "予定通り", P2: "予定通り"}}, full=False)
    two = quarter.filled({"01-04": {P1: "予定通り", P2: "予定通り"}}, full=False)
    quarter.collect(*[one, two][::order])
    assert {quarter.values(m)[ref] for m in ("01-01", "01-04") for ref in (P1, P2)} == {"予定通り"}
    master = quarter.master
    sheets = {s.measure: s.state.value for s in status(master, master.settings.rounds[1], RETURNED.date()).sheets}
    assert (sheets["01-01"], sheets["01-04"]) == ("反映済", "反映済")


def test_two_halves_of_one_sheet_complete_each_other_once_the_first_was_accepted(quarter: Quarter) -> None:
    """A correction in a fresh copy is validated together with the earlier answers."""
    quarter.collect(quarter.filled({}))
    fresh = quarter.filled({"01-01": {"activity.countermeasure/K1/1": "念のため"}}, full=False)
    sheet = sheet_of(quarter.collect(fresh), "01-01")
    assert (sheet.status, found(sheet), [str(c.ref) for c in sheet.merge.changes]) == (
        Status.MERGED, [], ["activity.countermeasure/K1/1"])  # fmt: skip


def test_a_blank_copy_alone_is_held_for_what_it_does_not_answer(quarter: Quarter) -> None:
    sheet = sheet_of(quarter.collect(quarter.book()), "01-01")
    assert (sheet.status, [p.code for p in sheet.problems]) == (Status.HELD, ["E103"])


def test_a_sheet_twice_in_a_file_is_refused_and_the_others_go_in(quarter: Quarter) -> None:
    data = quarter.filled({})
    data = with_sheet(data, "01-01 (2)", sheet_xml(data, "01-01"))
    plan = quarter.collect(data)
    assert [(s.sheet, s.status.value, [p.code for p in s.problems]) for s in plan.files[0].sheets] == [
        ("01-01", "refused", ["E205"]), ("01-04", "merged", []), ("01-01 (2)", "refused", ["E205"])]  # fmt: skip
    assert [(r.measure, r.state.value) for r in quarter.master.receipts] == [("01-01", "受付不可"), ("01-04", "取込済")]
    assert quarter.values("01-01")[P1] == ""
    [copy] = (quarter.workspace.reports / "差し戻し").iterdir()
    before = quarter.files()
    quarter.collect(data)
    assert quarter.files() == before
    book = openpyxl.load_workbook(copy)
    del book["01-01 (2)"]  # as the list of the copy asks
    book.save(copy)
    assert sheet_of(quarter.collect(copy), "01-01").status is Status.MERGED


def test_the_same_measure_of_two_rounds_in_one_file_are_two_sheets(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    [book] = issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    second = fill(
        book.data, quarter.form, {"01-04": {Ref.parse("activity.progress/K1/2"): "予定通り"}}, quarter=2, year=1
    )
    data = with_sheet(second, "前回", sheet_xml(quarter.filled({}), "01-01"))
    plan = quarter.collect(data, now=RETURNED + timedelta(days=80))
    assert [(s.sheet, s.round, s.status.value) for s in plan.files[0].sheets] == [
        ("01-01", "第2四半期", "held"), ("01-04", "第2四半期", "merged"), ("前回", "第1四半期", "unchanged")]  # fmt: skip
    before = quarter.files()
    again = quarter.collect(data, now=RETURNED + timedelta(days=80))
    assert [s.status.value for s in again.files[0].sheets] == ["held", "unchanged", "unchanged"]
    assert quarter.files() == before


def test_an_unknown_issue_is_refused(issued_quarter: Quarter) -> None:
    data = restamped(issued_quarter.filled({}), "01-01", "R04Q1-", "R04Q1-9")
    assert codes(issued_quarter, data) == ["E202"]


def test_a_sheet_of_another_year_is_refused_with_both_years(issued_quarter: Quarter) -> None:
    data = restamped(issued_quarter.filled({}), "01-01", "R04Q1-", "R03Q1-")
    sheet = sheet_of(issued_quarter.collect(data, dry_run=True), "01-01")
    assert [p.code for p in sheet.problems] == ["E203"]
    assert "令和３年度" in sheet.problems[0].message and "令和４年度" in sheet.problems[0].message


def test_a_book_of_another_year_is_collected_there_and_does_not_go_back(quarter: Quarter) -> None:
    data = restamped(quarter.filled({}), "01-01", "R04Q1-", "R03Q1-")
    sheet = sheet_of(quarter.collect(data), "01-01")
    assert sheet.problems[0].fix.startswith("令和３年度の報告なら、令和３年度の作業フォルダーで取り込んでください。")
    assert not list(quarter.workspace.reports.glob("差し戻し/*"))


def test_a_measure_that_was_not_in_the_issue_is_refused(issued_quarter: Quarter) -> None:
    assert codes(issued_quarter, restamped(issued_quarter.filled({}), "01-01", "|01-01|", "|03-05|"), "03-05") == [
        "E204"
    ]


def test_a_measure_that_was_deleted_since_it_was_issued_is_named_so(quarter: Quarter) -> None:
    data = quarter.filled({})
    book = openpyxl.load_workbook(quarter.workspace.master)
    for sheet in book.worksheets:
        for row in reversed([row[0].row for row in sheet.iter_rows() if row[0].value == "01-01"]):
            sheet.delete_rows(row)
    book.save(quarter.workspace.master)
    assert codes(quarter, data, "01-01") == ["E209"]


def test_a_form_that_is_not_kept_is_refused(issued_quarter: Quarter) -> None:
    data = restamped(issued_quarter.filled({}), "01-01", issued_quarter.form.digest, "0123456789ab")
    assert codes(issued_quarter, data) == ["E206"]


def test_a_sheet_that_could_not_be_told_is_shown_by_status(quarter: Quarter) -> None:
    quarter.collect(restamped(quarter.filled({}), "01-01", "R04Q1-", "R04Q1-9"))
    master = quarter.master
    assert [r.measure for r in status(master, master.settings.rounds[1], RETURNED.date()).refused] == ["01-01"]


def test_a_workbook_that_is_no_form_is_refused_and_stops_nobody_else(issued_quarter: Quarter) -> None:
    plan = issued_quarter.collect(issued_quarter.workspace.master, issued_quarter.filled({}), dry_run=True)
    assert [[p.code for p in f.problems] for f in plan.files] == [["E406"], []]
    assert [f.status for f in plan.files] == [Status.REFUSED, Status.MERGED]


def test_a_deleted_sheet_is_told_and_never_read_as_blank(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    before = quarter.values("01-01")
    [book] = issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
    second = fill(
        book.data, quarter.form, {"01-04": {Ref.parse("activity.progress/K1/2"): "予定通り"}}, quarter=2, year=1
    )
    plan = quarter.collect(without_sheet(second, "01-01"))
    assert [(p.code, p.severity, "01-01" in p.message) for p in plan.files[0].problems] == [("W505", "warning", True)]
    assert (plan.clean, quarter.values("01-01")) == (True, before)


def test_a_corrected_copy_names_the_sheets_that_were_deleted(quarter: Quarter) -> None:
    data = quarter.filled({"01-01": {"activity.progress/K1/1": "順調"}})
    quarter.collect(without_sheet(data, "01-04"))
    [copy] = (quarter.workspace.reports / "差し戻し").glob("U0001*")
    listed = openpyxl.load_workbook(copy).worksheets[0]
    assert "施策01-04のシートが、ファイルの中に見つかりません" in str(listed["A3"].value)


def test_a_sheet_that_came_in_another_file_is_not_missed(issued_quarter: Quarter) -> None:
    data = issued_quarter.filled({})
    plan = issued_quarter.collect(without_sheet(data, "01-01"), without_sheet(data, "01-04"), dry_run=True)
    assert [f.problems for f in plan.files] == [(), ()]


def test_a_zip_and_a_folder_are_opened_and_litter_is_passed_over(quarter: Quarter, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("第1回/産業振興課.xlsx", quarter.filled({}))
        archive.writestr("__MACOSX/._産業振興課.xlsx", b"x")
    folder = tmp_path / "受信箱"
    (folder / "総務").mkdir(parents=True)
    (folder / "返送.zip").write_bytes(stream.getvalue())
    (folder / "総務" / "総務課.xlsx").write_bytes(quarter.filled({}, "総務課"))
    (folder / "総務" / "~$総務課.xlsx").write_bytes(b"x")
    plan = quarter.collect(folder)
    assert [f.file.name for f in plan.files] == ["総務/総務課.xlsx", "返送.zip › 第1回/産業振興課.xlsx"]
    assert [len(f.sheets) for f in plan.files] == [2, 2]
    assert sorted(p.name for p in quarter.workspace.returns.iterdir()) == ["U0001_総務課.xlsx", "U0002_産業振興課.xlsx"]

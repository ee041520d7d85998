"""Returns of a list: one sheet with all measures of a department, each taken by itself."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.comments import Comment

from dxreport.collect.copies import FOLDER
from dxreport.collect.plan import FilePlan, SheetPlan, Status
from dxreport.collect.resolve import accept, decide
from dxreport.collect.withdraw import withdraw
from dxreport.domain.errors import UsageError
from dxreport.domain.fields import Ref
from dxreport.form.compile import load_form
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.publish import published_set, published_sets
from dxreport.ooxml.package import Package
from dxreport.ooxml.worksheets import Worksheets
from dxreport.sendback.fill import fill, positions
from tests.support.lists import LIST, ListQuarter, copy, make
from tests.support.packages import delete_row, edited, set_text, sheet_xml, with_sheet
from tests.support.quarter import ANSWERS, OFFICE, RETURNED, issue, printed

pytestmark = pytest.mark.slow

ONE, TWO = "01-01", "01-04"  # the measures of the office
FIRST_ROW = 6  # of the measures
P1 = "activity.progress/K1/1"


@pytest.fixture(scope="module")
def issued_list(tmp_path_factory: pytest.TempPathFactory) -> ListQuarter:
    return make(tmp_path_factory.mktemp("lists") / "作業")


@pytest.fixture
def quarter(issued_list: ListQuarter, tmp_path: Path) -> ListQuarter:
    return copy(issued_list, tmp_path)


def sheets(files: Sequence[FilePlan]) -> dict[str, SheetPlan]:
    """The measures of a single file."""
    (file,) = files
    return {s.measure: s for s in file.sheets}


@pytest.mark.quick
def test_a_department_gets_one_sheet_with_all_its_measures(quarter: ListQuarter) -> None:
    for department, measures in quarter.master.by_department(1):
        book = Worksheets(Package(quarter.book(department.name)))
        assert book.names == [department.name, "_dxreport"]
        rows = book.grid(department.name).rows
        assert [row[1] for row in rows if row[1] in ANSWERS] == [m.id for m in measures]


def test_a_whole_round_comes_back(quarter: ListQuarter) -> None:
    books = [quarter.filled({}, d.name) for d, _ in quarter.master.by_department(1)]
    plan = quarter.collect(*books)
    assert {s.status for f in plan.files for s in f.sheets} <= {Status.MERGED, Status.UNCHANGED}
    assert [f.problems for f in plan.files] == [()] * len(books)
    for m in quarter.master.measures:
        wanted = {r: t for r, t in ANSWERS[m.id].values().items() if r.field == "activity.progress" and r.period == 1}
        assert {ref: t for ref, t in m.values().items() if ref in wanted} == wanted
    assert [s.status for f in quarter.collect(*books).files for s in f.sheets if s.status is not Status.UNCHANGED] == []


def test_a_faulty_measure_is_held_and_the_others_go_in(quarter: ListQuarter) -> None:
    data = quarter.filled({TWO: {P1: "順調"}})
    found = sheets(quarter.collect(data).files)
    assert (found[ONE].status, found[TWO].status) == (Status.MERGED, Status.HELD)
    assert {s.sheet for s in found.values()} == {OFFICE}
    cell = cells_of(data)[TWO][Ref.parse(P1)]
    assert [(p.code, p.cell) for p in found[TWO].problems if p.severity == "error"] == [("E101", cell)]

    (path,) = (quarter.workspace.reports / FOLDER).iterdir()
    copy_back = path.read_bytes()
    told = Worksheets(Package(copy_back)).grid("差し戻し").rows
    assert any("下の表にない施策は" in text for row in told for text in row)
    (row,) = (row for row in told if cell in row)
    assert OFFICE in row and any(TWO in text and "進捗" in text for text in row)
    assert quarter.collect(fill(copy_back, LIST, {TWO: {Ref.parse(P1): "予定通り"}}, quarter=1, year=1)).clean
    assert quarter.values(TWO)[P1] == "予定通り"


@pytest.mark.libreoffice
def test_another_format_goes_back_as_the_issued_list(
    quarter: ListQuarter, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "返送.xlsx"
    path.write_bytes(quarter.filled({TWO: {P1: "順調"}}))
    found = sheets(quarter.collect(soffice(path, "ods")).files)
    assert (found[ONE].status, found[TWO].status) == (Status.MERGED, Status.HELD)
    (back,) = (quarter.workspace.reports / FOLDER).iterdir()
    fixed = fill(back.read_bytes(), LIST, {TWO: {Ref.parse(P1): "予定通り"}}, quarter=1, year=1)
    assert quarter.collect(fixed).clean and quarter.values(TWO)[P1] == "予定通り"


def cells_of(data: bytes) -> dict[str, dict[Ref, str]]:
    """The cells of each measure of a list."""
    return {id_: dict(place.cells) for id_, place in positions(data, LIST, quarter=1, year=1).items()}


def test_a_conflict_is_of_one_measure(quarter: ListQuarter) -> None:
    quarter.write(TWO, {"contact_person": "担当課"})
    plan = quarter.collect(quarter.filled({ONE: {"contact_person": "部署"}, TWO: {"contact_person": "部署"}}))
    assert [(c.measure, c.returned) for c in plan.conflicts] == [(TWO, "部署")]
    assert (quarter.values(ONE)["contact_person"], quarter.values(TWO)["contact_person"]) == ("部署", "担当課")
    decide(quarter.workspace, plan.conflicts[0].id, "returned", "部署に確認", RETURNED)
    assert quarter.values(TWO)["contact_person"] == "部署"


def test_two_people_fill_in_a_half_each(quarter: ListQuarter) -> None:
    whole = {ref: text for ref, text in printed(ONE).items() if ref.field == "activity.progress" and ref.period == 1}
    first, *rest = whole.items()
    halves = [fill(quarter.book(), LIST, {ONE: dict(part)}, quarter=1, year=1) for part in ([first], rest)]
    assert sheets(quarter.collect(halves[0]).files)[ONE].status is Status.HELD
    quarter.collect(halves[1])
    assert {ref: quarter.values(ONE)[str(ref)] for ref in whole} == whole


def test_a_measure_is_withdrawn_with_its_return(quarter: ListQuarter) -> None:
    before = {m: quarter.values(m) for m in (ONE, TWO)}
    quarter.collect(quarter.filled({}))
    assert quarter.values(TWO) != before[TWO]
    withdraw(quarter.workspace, "U0001", "取り違え", RETURNED)
    assert {m: quarter.values(m) for m in (ONE, TWO)} == before


def test_one_measure_of_a_list_is_withdrawn_and_brought_back(quarter: ListQuarter) -> None:
    data, before = quarter.filled({}), {m: quarter.values(m) for m in (ONE, TWO)}
    quarter.collect(data)
    taken = {m: quarter.values(m) for m in (ONE, TWO)}
    done = withdraw(quarter.workspace, "U0001", "取り違え", RETURNED, measure=TWO)
    assert {c.measure for c in done.changes} == {TWO} and [r.measure for r in done.receipts] == [TWO]
    assert (quarter.values(ONE), quarter.values(TWO)) == (taken[ONE], before[TWO])
    states = {(r.measure, r.state.value) for r in quarter.master.receipts}
    assert {(ONE, "取込済"), (TWO, "取下げ")} <= states
    for measure, said in ((TWO, "すでに"), ("03-01", "ありません")):
        with pytest.raises(UsageError, match=said):
            withdraw(quarter.workspace, "U0001", "", RETURNED, measure=measure)
    again = sheets(quarter.collect(data).files)  # the same file: what was withdrawn stays out
    assert {p.code for p in again[TWO].problems} == {"W509"} and again[ONE].problems == ()
    accept(quarter.workspace, "U0001", TWO, "やはり正しい", RETURNED)
    assert quarter.values(TWO) == taken[TWO]
    withdraw(quarter.workspace, "U0001", "すべて", RETURNED)
    assert {m: quarter.values(m) for m in (ONE, TWO)} == before


def test_rows_of_a_measure_that_were_deleted_are_missed_and_not_blank(quarter: ListQuarter) -> None:
    data = quarter.filled({})
    rows = sorted({int(at.lstrip("ABCDEFGHI")) for at in cells_of(data)[TWO].values()}, reverse=True)
    for row in rows:
        data = edited(data, OFFICE, lambda root, row=row: delete_row(root, row))
    plan = quarter.collect(data)
    assert [s.measure for f in plan.files for s in f.sheets] == [ONE]
    assert [p.code for p in plan.files[0].problems] == ["W505"] and TWO in plan.files[0].problems[0].message


def test_a_list_twice_in_a_file_is_refused(quarter: ListQuarter) -> None:
    data = quarter.filled({})
    twice = with_sheet(data, "写し", sheet_xml(data, OFFICE))
    plan = quarter.collect(twice, dry_run=True)
    assert {(s.measure, s.status, *(p.code for p in s.problems)) for f in plan.files for s in f.sheets} == {
        (ONE, Status.REFUSED, "E205"), (TWO, Status.REFUSED, "E205"),
    }  # fmt: skip


def test_a_row_of_another_list_is_refused(quarter: ListQuarter) -> None:
    def change(root: etree._Element) -> None:
        set_text(root, (8, 1), "r6/03-01/K1")

    data = edited(quarter.filled({}), OFFICE, change)
    found = sheets(quarter.collect(data, dry_run=True).files)
    assert [p.code for p in found["03-01"].problems] == ["E204"]
    assert found[ONE].status is Status.MERGED


def test_rows_that_were_sorted_without_their_keys_are_held(quarter: ListQuarter) -> None:
    """The hidden column A stayed where it was: the texts of a measure stand beside the key of another."""
    data = quarter.filled({})
    cells = cells_of(data)
    swapped = {one: quarter.master.measure(other) for one, other in ((ONE, TWO), (TWO, ONE))}

    def change(root: etree._Element) -> None:
        for id_, other in swapped.items():
            for ref, text in ((Ref("id"), other.id), (Ref("name"), other.name)):
                at = cells[id_][ref]
                set_text(root, (int(at[1:]), ord(at[0]) - 64), text)

    found = sheets(quarter.collect(edited(data, OFFICE, change), dry_run=True).files)
    assert {s.status for s in found.values()} == {Status.HELD}


def resorted(data: bytes, seed: int) -> bytes:
    """The list as a department leaves it: unprotected, its rows sorted, every other one hidden by a filter."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[OFFICE]
    sheet.protection.sheet = False
    for box in [box for box in sheet.merged_cells.ranges if box.min_row >= FIRST_ROW]:
        sheet.unmerge_cells(str(box))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST_ROW)]
    random.Random(seed).shuffle(rows)
    for number, row in enumerate(rows, FIRST_ROW):
        sheet.row_dimensions[number].hidden = bool(number % 2)
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value
    sheet.auto_filter.ref = f"B{FIRST_ROW - 1}:I{FIRST_ROW + len(rows) - 1}"
    sheet.auto_filter.add_filter_column(6, ["予定通り"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.libreoffice
@pytest.mark.parametrize("extension", ["", "xlsx", "ods", "xls"])
def test_rows_that_were_sorted_filtered_and_hidden_say_the_same(
    quarter: ListQuarter, soffice: Callable[[Path, str], Path], tmp_path: Path, extension: str
) -> None:
    path = tmp_path / "返送.xlsx"
    path.write_bytes(resorted(quarter.filled({TWO: {"contact_person": "後任"}}), 5))
    plan = quarter.collect(soffice(path, extension) if extension else path)
    assert {id_: (s.status, s.moved) for id_, s in sheets(plan.files).items()} == {
        ONE: (Status.MERGED, ()), TWO: (Status.MERGED, ()),
    }  # fmt: skip
    for id_ in (ONE, TWO):
        wanted = {str(r): t for r, t in printed(id_).items() if r.period == 1}
        assert quarter.values(id_).items() >= wanted.items()
    assert quarter.values(TWO)["contact_person"] == "後任"


def test_a_note_belongs_to_the_measure_of_its_row(quarter: ListQuarter) -> None:
    data = quarter.filled({})
    at = cells_of(data)[TWO][Ref.parse(P1)]
    book = openpyxl.load_workbook(io.BytesIO(data))
    book[OFFICE][at].comment = Comment("来月確定します", "課員")
    out = io.BytesIO()
    book.save(out)
    found = sheets(quarter.collect(out.getvalue(), dry_run=True).files)
    assert (found[ONE].notes, list(found[TWO].notes)) == ({}, [at])


def test_a_list_without_keys_is_held_with_a_reason(quarter: ListQuarter) -> None:
    def change(root: etree._Element) -> None:
        for c in [c for c in root.iter("{*}c") if c.get("r").rstrip("0123456789") == "A" or c.get("r")[1:] == "1"]:
            c.getparent().remove(c)

    plan = quarter.collect(edited(quarter.filled({}), OFFICE, change), dry_run=True)
    (found,) = (p for f in plan.files for p in (*f.problems, *(p for s in f.sheets for p in s.problems)))
    assert found.code == "E201" and "一覧" in found.message


def test_rendered_again_it_is_the_same_issue(quarter: ListQuarter) -> None:
    assert all(book.again for book in issue(quarter))


def test_a_published_list_has_a_sheet_for_each_department_and_links_to_each_measure(quarter: ListQuarter) -> None:
    master = quarter.master
    form = load_form(quarter.workspace.templates / FORM_NAME, master.settings.catalogue, published=True)
    found = published_set(master, form)
    book = Worksheets(Package(found.data))
    named = [d.name for d in master.departments if any(m.lead_department == d.name for m in master.measures)]
    assert book.names == ["施策一覧", *named]
    xml = Package(found.data).read("xl/worksheets/index.xml").decode()
    for m in master.measures:
        place = xml.split(f'display="{m.id}"')[0].rsplit('location="', 1)[1].split('"')[0]
        sheet, _, at = place.rpartition("!")
        assert book.grid(sheet.strip("'")).cell(int(at[1:]), 2).text == m.id
    assert not any(text.startswith(("dxr1", "r6")) for name in named for row in book.grid(name).rows for text in row)


def test_a_published_list_shows_the_quarter_that_is_asked_for(quarter: ListQuarter) -> None:
    """And says that it lacks one where none is."""
    quarter.collect(quarter.filled({ONE: {P1: "予定通り"}}))
    master = quarter.master
    forms = Forms(quarter.workspace.templates, master, published=True)
    [asked] = published_sets(master, forms, master.settings.round("第1四半期"))
    [not_asked] = published_sets(master, forms)
    assert (asked.lacks_quarter, not_asked.lacks_quarter) == (False, True)
    shown, blank = (Worksheets(Package(one.data)).grid(OFFICE) for one in (asked, not_asked))
    assert (shown.cell(2, 2).text, blank.cell(2, 2).text) == (
        "令和４年度　進捗管理一覧（第1四半期）",
        "令和４年度　進捗管理一覧",
    )
    [column] = [c for c in range(2, 12) if shown.cell(4, c).text == "進捗"]
    assert "予定通り" in {shown.cell(r, column).text for r in range(5, 20)}
    assert {blank.cell(r, column).text for r in range(5, 20)} == {""}

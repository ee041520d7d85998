"""The laws of the lens for a list: a sheet that holds all measures of a department."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.form.read.filled import read_filled
from dxreport.form.read.sheet import Filled, read_sheet
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.ooxml.package import Package
from dxreport.ooxml.worksheets import Worksheets
from tests.support.lens import DEPARTMENT, FIRST, ISSUE, REAL, ROUNDS, SETTINGS
from tests.support.lists import LIST
from tests.support.measures import measure, with_texts
from tests.support.packages import copy_row, edited, faults, insert_rows, open_cells, rows_of, set_text
from tests.support.strategies import measures, texts
from tests.support.templates import compiled, template, template_faults

MEASURES = "{% for measure in measures %}"
END = "{% endfor %}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FLAT = compiled(
    template(B2="施策ID", C2="施策名", D2="到達目標", A3=f"{MEASURES}{END}", B3="{{ measure.id }}", C3="{{ measure.name }}",
             d3="{{ measure.goal }}", e3="{{ measure.contact_person }}")
)  # fmt: skip
NESTED = compiled(
    template(B2="施策ID", A3=MEASURES, B3="{{ measure.id }}", c3="{{ measure.goal }}",
             A4="{% for activity in measure.activities | spare(1) %}{% for outcome in measure.outcomes %}{% endfor %}{% endfor %}",
             b4="{{ activity.name }}", c4="{{ activity.q1.progress }}", d4="{{ outcome.y1.target }}",
             A5="{% for support in measure.support_requests %}{% endfor %}", b5="{{ support.content }}", A6=END, B6="計")
)  # fmt: skip
forms = st.sampled_from([LIST, FLAT, NESTED])
several = st.lists(measures, min_size=1, max_size=3, unique_by=lambda m: m.id)


def render(given_: list[Measure], form: Form) -> bytes:
    """A workbook with a list of measures."""
    return render_book(PreparedForm(form, FIRST, SETTINGS, DEPARTMENT), given_, ISSUE).data


def read(data: bytes, form: Form) -> dict[str, Filled]:
    """The measures of a list."""
    return dict(read_sheet(form, rows_of(data, DEPARTMENT), quarter=1, year=1))


def reordered(data: bytes, order: list[int]) -> bytes:
    """The list with its rows from row 2 on in another order, and without merges."""

    def change(root: etree._Element) -> None:
        holder = root.find(f"{_S}sheetData")
        rows = list(holder)
        for number, at in enumerate(order, 2):
            row = rows[at + 1]
            row.set("r", str(number))
            for c in row:
                c.set("r", c.get("r").rstrip("0123456789") + str(number))
        holder[:] = [rows[0], *(rows[at + 1] for at in order)]
        for merges in root.findall(f"{_S}mergeCells"):
            root.remove(merges)

    return edited(data, DEPARTMENT, change)


@given(several, forms)
@settings(max_examples=15, deadline=None)
def test_reading_is_the_inverse_of_rendering(given_: list[Measure], form: Form) -> None:
    data = render(given_, form)
    found = read(data, form)
    assert list(found) == [m.id for m in given_]
    assert faults(data) == []
    for m in given_:
        filled, own = found[m.id], m.values()
        assert {ref: text for ref, text in filled.values.items() if ref in own} == {
            ref: own[ref] for ref in filled.values if ref in own
        }
        assert not any(text for ref, text in filled.values.items() if ref not in own and "plan_label" not in ref.field)
        assert (filled.copied, filled.inserted, filled.inserted_columns, filled.lost_columns) == ((), (), (), ())
        assert (filled.keys.stamp.measure, filled.keys.stamp.issue) == (m.id, ISSUE)
    cells = [at for filled in found.values() for at in filled.at.values()]
    assert len(set(cells)) == len(cells)
    assert open_cells(data, DEPARTMENT) <= set(cells)


@given(st.data(), several, forms)
@settings(max_examples=15, deadline=None)
def test_rows_in_any_order_are_read_by_key(data: st.DataObject, given_: list[Measure], form: Form) -> None:
    book = render(given_, form)
    before = read(book, form)
    order = data.draw(st.permutations(range(len(rows_of(book, DEPARTMENT)) - 1)))
    after = read(reordered(book, order), form)
    assert {id_: filled.values for id_, filled in after.items()} == {id_: f.values for id_, f in before.items()}


@given(st.data(), several)
@settings(max_examples=15, deadline=None)
def test_rows_that_were_sorted_without_their_hidden_keys_are_read_by_the_printed_ids(
    data: st.DataObject, given_: list[Measure]
) -> None:
    book = render(given_, FLAT)
    before = read(book, FLAT)
    order = data.draw(st.permutations(range(len(given_))))
    sorted_rows = reordered(book, [0, *(n + 1 for n in order)])
    left = edited(
        sorted_rows,
        DEPARTMENT,
        lambda root: [set_text(root, (n, 1), f"r3/{m.id}") for n, m in enumerate(given_, 3)],
    )
    assert {id_: f.values for id_, f in read(left, FLAT).items()} == {id_: f.values for id_, f in before.items()}


@given(st.data(), several, forms, texts)
@settings(max_examples=15, deadline=None)
def test_an_edit_is_exactly_that_edit(data: st.DataObject, given_: list[Measure], form: Form, text: str) -> None:
    book = render(given_, form)
    before = read(book, form)
    places = [(id_, ref) for id_, filled in before.items() for ref in filled.at]
    id_, ref = data.draw(st.sampled_from(places))
    after = read(edited(book, DEPARTMENT, lambda root: set_text(root, before[id_].at[ref], text)), form)
    assert after.keys() == before.keys()
    for other in before:
        assert after[other].values == before[other].values | ({ref: text} if other == id_ else {})


@given(st.data(), several, forms)
@settings(max_examples=10, deadline=None)
def test_inserted_rows_move_nothing(data: st.DataObject, given_: list[Measure], form: Form) -> None:
    book = render(given_, form)
    at = data.draw(st.integers(2, len(rows_of(book, DEPARTMENT)) + 1))
    after = read(edited(book, DEPARTMENT, lambda root: insert_rows(root, at, 2)), form)
    assert {i: f.values for i, f in after.items()} == {i: f.values for i, f in read(book, form).items()}


def test_a_row_added_below_a_measure_belongs_to_it() -> None:
    first, second = REAL["01-01"], REAL["01-04"]
    book = render([first, second], LIST)
    below = max(row for ref, (row, _) in read(book, LIST)["01-01"].at.items() if ref.prefix == "activity")

    def change(root: etree._Element) -> None:
        copy_row(root, below)
        for c in root.iter(f"{_S}c"):
            if c.get("r") == f"A{below + 1}":
                c.getparent().remove(c)
        set_text(root, (below + 1, 6), "新しい取組")

    data = edited(book, DEPARTMENT, change)
    grid = Worksheets(Package(data)).grid(DEPARTMENT)
    found = {m.id: read_filled(grid, read(data, LIST)[m.id], m.values(), SETTINGS) for m in (first, second)}
    assert [item[Ref("activity.name", "+1")] for item in found["01-01"].added] == ["新しい取組"]
    assert found["01-04"].added == () and found["01-04"].problems == ()


def test_where_a_row_was_copied_the_printed_ids_do_not_replace_the_keys() -> None:
    def change(root: etree._Element) -> None:
        copy_row(root, 3)
        for row, id_ in ((3, "01-04"), (5, "01-01")):
            set_text(root, (row, 2), id_)

    found = read(edited(render([REAL["01-01"], REAL["01-04"]], FLAT), DEPARTMENT, change), FLAT)
    assert {id_: filled.values[Ref("id")] for id_, filled in found.items()} == {"01-01": "01-04", "01-04": "01-01"}
    assert found["01-01"].copied == (4,)


def test_a_text_beside_the_list_belongs_to_the_measure_of_its_row() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render([REAL["01-01"], REAL["01-04"]], FLAT)))
    book[DEPARTMENT]["G4"] = "確認済"
    out = io.BytesIO()
    book.save(out)
    found = read(out.getvalue(), FLAT)
    assert {id_: filled.inserted_columns for id_, filled in found.items()} == {"01-01": (), "01-04": (7,)}


def test_changes_of_the_heading_are_told_once() -> None:
    given_ = [REAL["01-01"], REAL["01-04"]]
    data = edited(render(given_, FLAT), DEPARTMENT, lambda root: set_text(root, (2, 3), "別の見出し"))
    grid = Worksheets(Package(data)).grid(DEPARTMENT)
    told = [read_filled(grid, read(data, FLAT)[m.id], m.values(), SETTINGS).problems for m in given_]
    assert [[p.code for p in own] for own in told] == [["W512"], []]


def test_a_long_text_beside_several_rows_makes_the_last_of_them_taller() -> None:
    own = with_texts(REAL["01-01"], {"goal": "長い目標。" * 60})
    xml = Package(render([own], LIST)).read("xl/worksheets/dxr1.xml").decode()
    heights = [float(row.split('ht="')[1].split('"')[0]) for row in xml.split("<row ")[6:8]]
    assert heights[1] > 3 * heights[0]


def test_the_sheet_of_a_list_is_called_after_the_department() -> None:
    for department, name in (("企画/調整[室]", "企画_調整_室_"), ("課" * 40, "課" * 31), ("", "様式")):
        book = render_book(PreparedForm(FLAT, FIRST, SETTINGS, department), [measure("01-01")], ISSUE)
        assert Worksheets(Package(book.data)).names[0] == name


@pytest.mark.parametrize(
    ("cells", "place", "words"),
    [
        ({"B2": "{{ measure.name }}"}, "B2", ("measures",)),
        ({"B2": "{{ measure.id }}　一覧"}, "B2", ("measures",)),
        ({"A4": "{% for activity in measure.activities %}{% endfor %}", "B4": "x"}, "A4", ("measures",)),
        ({"A3": "{% for m in measures %}{% endfor %}", "B3": "{{ fiscal_year }}"}, "A3", ("for measure in measures",)),
        ({"B3": "{{ measure.name }}"}, "", ("measure.id",)),
        ({"A3": f"{MEASURES}{MEASURES}{END}{END}"}, "A3", ("もう一つ",)),
        ({"A3": f"{{% for measure in measures | spare(2) %}}{END}"}, "A3", ("spare",)),
    ],
)
def test_faults_of_a_list(cells: dict[str, str], place: str, words: tuple[str, ...]) -> None:
    drawn = {"B2": "施策", "A3": f"{MEASURES}{END}", "B3": "{{ measure.id }}", "c3": "{{ measure.goal }}", **cells}
    found = "\n".join(template_faults(template(**drawn)))
    assert place in found and all(word in found for word in words), found


def test_spare_rows_get_ids_of_their_own_measure() -> None:
    given_ = [REAL["01-01"], REAL["01-04"]]
    prepared = PreparedForm(NESTED, ROUNDS["計画"], SETTINGS, DEPARTMENT)
    data = render_book(prepared, given_, ISSUE, {"01-04": ["K9"]}).data
    found = read_sheet(NESTED, rows_of(data, DEPARTMENT), year=1)
    spare = {
        m.id: {ref.item for ref in found[m.id].values if ref.prefix == "activity"} - {a.key for a in m.activities}
        for m in given_
    }
    assert spare == {"01-01": {f"K{len(given_[0].activities) + 1}"}, "01-04": {"K10"}}


def test_a_filter_on_the_heading_reaches_over_all_rows_and_may_be_used_on_the_protected_sheet() -> None:
    """The bundled list has one; what was chosen in it is not sent."""
    data = render(list(REAL.values())[:4], LIST)
    sheet = openpyxl.load_workbook(io.BytesIO(data))[DEPARTMENT]
    rows = [row for row in range(6, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("r6/")]
    assert sheet.auto_filter.ref == f"F5:I{rows[-1]}" and len(rows) > 4
    assert sheet.protection.sheet and not sheet.protection.autoFilter
    assert faults(data) == []

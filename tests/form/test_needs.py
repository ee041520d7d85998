"""What a sheet asks for is seen at each cell: required, on a condition, optional or closed, in colour and in grey."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

import openpyxl
import pytest
from lxml import etree
from openpyxl.cell.cell import Cell

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, Round
from dxreport.form.compile import compile_form, load_form
from dxreport.form.read.sheet import read_sheet
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from tests.support import evaluation
from tests.support.lens import FIRST, FORM, REAL, ROUNDS, SETTINGS, read, render
from tests.support.measures import measure as made
from tests.support.packages import S, faults, rows_of, sheet_xml
from tests.support.templates import good, issued, template, template_faults

REQUIRED, WHEN, OPTIONAL = (
    ("medium", "FFFFEFA8", False),
    ("mediumDashed", "FFFFEFA8", False),
    ("dashed", "FFFFFAE0", False),
)
STRUCK, PLAIN = ("thin", "", True, "struck"), ("thin", "", True, "plain")


def look(cell: Cell) -> tuple:
    """The lines, fill and lock of a cell; of a locked one whether it is struck out."""
    border = cell.border
    sides = {border.left.style, border.right.style, border.top.style, border.bottom.style}
    assert len(sides) == 1, (cell.coordinate, sides)
    fill = cell.fill.fgColor.rgb if cell.fill.patternType else ""
    if not cell.protection.locked:
        assert not border.diagonalDown
        return (*sides, fill, False)
    return (*sides, fill, True, "struck" if border.diagonalDown and border.diagonal.style == "thin" else "plain")


def looks(measure: Measure, round_: Round = FIRST, form: Form = FORM) -> Mapping[str, tuple]:
    """The looks of the cells of a sheet, by what they hold."""
    data = render(measure, round_, form)
    sheet = openpyxl.load_workbook(io.BytesIO(data))[measure.id]
    return {str(ref): look(sheet.cell(*at)) for ref, at in read(data, measure.id, round_, form).at.items()}


TEXTS = {
    "name": "施策", "goal": "目標", "contact_person": "山田",
    "activity.name/K1": "甲", "activity.plan/K1/1": "会議", "activity.plan/K1/2": "-", "activity.name/K2": "乙",
    "outcome.indicator/O1/1": "件数", "outcome.target/O1/1": "3件", "outcome.target/O2/1": "4件",
}  # fmt: skip


def test_a_quarter_asks_for_its_progress() -> None:
    found = looks(made("01-01", TEXTS))
    expected = {
        "activity.progress/K1/1": REQUIRED, "activity.countermeasure/K1/1": WHEN, "activity.progress/K1/2": STRUCK,
        "activity.progress/K2/1": OPTIONAL, "activity.countermeasure/K2/1": OPTIONAL,  # nothing is planned
        "activity.plan/K1/1": PLAIN, "activity.plan/K1/2": OPTIONAL, "contact_person": OPTIONAL, "goal": PLAIN,
        "activity.plan/K2/1": STRUCK, "related_departments": STRUCK, "outcome.actual/O1/1": OPTIONAL,
        "outcome.actual/O1/2": STRUCK, "outcome.actual/O2/1": STRUCK,  # a year without 評価項目 has no 実績
    }  # fmt: skip
    assert {ref: found[ref] for ref in expected} == expected


def test_an_earlier_quarter_is_asked_for_where_it_was_not_answered() -> None:
    answered = {**TEXTS, "activity.progress/K1/1": "予定通り", "activity.plan/K1/2": "会議"}
    found = looks(made("01-01", answered), ROUNDS["第2四半期"])
    assert found["activity.progress/K1/1"] == PLAIN and found["activity.progress/K1/2"] == REQUIRED
    assert found["activity.countermeasure/K1/1"] == OPTIONAL  # it went as planned
    late = looks(made("01-01", {**answered, "activity.progress/K1/1": "進捗遅延・課題あり"}), ROUNDS["第2四半期"])
    assert late["activity.countermeasure/K1/1"] == WHEN
    assert looks(made("01-01", TEXTS), ROUNDS["第2四半期"])["activity.progress/K1/1"] == REQUIRED


def test_the_plan_asks_for_goal_and_names() -> None:
    found = looks(made("01-01", TEXTS), ROUNDS["計画"])
    assert (found["goal"], found["activity.name/K1"], found["activity.name/K2"]) == (REQUIRED,) * 3
    assert (found["activity.name/K3"], found["activity.plan/K1/1"], found["outcome.target/O1/1"]) == (OPTIONAL,) * 3
    assert found["outcome.actual/O1/1"] == STRUCK
    blank = looks(made("01-02"), ROUNDS["計画"])
    assert (blank["activity.name/K1"], blank["activity.name/K2"]) == (REQUIRED, OPTIONAL)


def test_after_the_year_an_actual_is_asked_for_beside_each_target() -> None:
    found = looks(made("01-01", {**TEXTS, "outcome.indicator/O3/1": "満足度"}), ROUNDS["年度実績"])
    assert [found[f"outcome.actual/O{n}/1"] for n in (1, 2, 3)] == [REQUIRED, STRUCK, OPTIONAL]
    assert found["activity.progress/K1/1"] == STRUCK and found["goal"] == PLAIN


def test_an_actual_is_open_where_its_indicator_can_be_written() -> None:
    both = replace(ROUNDS["計画"], name="両方", opens=ROUNDS["計画"].opens | {"実績"})
    settings = replace(SETTINGS, rounds=(both,))
    data = render_book(PreparedForm(FORM, both, settings, "課"), [made("01-01", TEXTS)], "R04X-001").data
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    at = read(data, "01-01", both).at
    assert look(sheet.cell(*at[Ref("outcome.actual", "O2", 1)])) == OPTIONAL


@pytest.mark.slow
def test_every_cell_of_a_merge_has_the_lines_of_its_input() -> None:
    for round_ in ROUNDS.values():
        for measure in (REAL["04-02"], made("01-01")):
            data = render(measure, round_)
            sheet = openpyxl.load_workbook(io.BytesIO(data))[measure.id]
            for ref, (row, column) in read(data, measure.id, round_).at.items():
                own = next((m for m in sheet.merged_cells.ranges if (row, column) == (m.min_row, m.min_col)), None)
                style = sheet.cell(row, column).border.top.style
                for at in own.cells if own else ():
                    hidden = sheet.cell(*at)
                    assert hidden.border.top.style in (style, None), (ref, hidden.coordinate)
                    assert hidden.border.top.style == style or own.max_row > own.min_row


def test_a_colour_of_the_office_stays_and_that_of_earlier_releases_becomes_ours() -> None:
    def change(book, sheet) -> None:
        for ref, colour in (("B3", "#DDEBF7"), ("C5", "#FFFFCC")):
            sheet.write_string(
                ref, good()[ref.lower()], book.add_format({"locked": False, "bg_color": colour, "text_wrap": True})
            )

    sheet = openpyxl.load_workbook(io.BytesIO(issued(template(change, **good())).data))["01-01"]
    assert sheet["B3"].fill.fgColor.rgb == "FFDDEBF7" and sheet["B3"].border.left.style == "medium"
    assert sheet["C5"].fill.fgColor.rgb == "FFFFFAE0" and sheet["C5"].border.left.style == "dashed"


def test_a_legend_looks_as_the_cells_it_explains_and_stays_locked() -> None:
    names = ("required", "when", "optional", "closed")
    cells = {f"{c}2": f"見本{{{{ legend.{name} }}}}" for c, name in zip("DEFG", names, strict=True)}
    data = issued(template(**good(**cells))).data
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    shown = [sheet[f"{c}2"] for c in "DEFG"]
    assert [c.value for c in shown] == ["見本"] * 4 and all(c.protection.locked for c in shown)
    styles = [(c.border.left.style, c.fill.fgColor.rgb if c.fill.patternType else "") for c in shown]
    assert styles == [("medium", "FFFFEFA8"), ("mediumDashed", "FFFFEFA8"), ("dashed", "FFFFFAE0"), (None, "")]
    assert [bool(c.border.diagonalDown) for c in shown] == [False, False, False, True]
    assert faults(data) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"D2": "必須{{ legend.must }}"}, "{{ legend.required }}"),
        ({"d2": "必須{{ legend.required }}"}, "ロックしてください"),
    ],
)
def test_a_legend_that_cannot_be(cells: dict[str, str], said: str) -> None:
    assert any("D2" in fault and said in fault for fault in template_faults(template(**good(**cells))))


def test_the_bundled_form_has_a_legend_and_its_deadline_beside_the_title() -> None:
    rows = rows_of(render(REAL["01-01"]), "01-01")
    assert rows[2][6] == "令和４年７月15日（金）まで"
    assert rows[3][1:] == [
        "記入のしかた",
        "",
        "",
        "要記入",
        "遅れ・課題のとき要記入",
        "任意（変わったとき）",
        "記入不要",
    ]
    plan = next(r for r in SETTINGS.rounds if r.name == "計画")  # nothing was there before, so nothing changed
    assert rows_of(render(REAL["01-01"], plan), "01-01")[3][6] == "任意（分かるところ）"


def test_a_round_without_deadline_or_a_published_sheet_shows_nothing_odd() -> None:
    without = replace(FIRST, deadline="")
    rows = rows_of(render(REAL["01-01"], without), "01-01")
    assert (rows[1][6], rows[2][6], rows[3][1]) == ("第1四半期", "", "記入のしかた")
    published = compile_form(FORM.source.package.data, FORM.name, published=True)
    data = render_book(PreparedForm(published, Round(""), SETTINGS, "課"), [REAL["01-01"]], "").data
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    texts = {str(c.value) for row in sheet for c in row if c.value is not None}
    assert not [t for t in texts if "期限" in t or "まで" in t or "記入" in t or t == "None"]
    assert sheet.sheet_view.pane.ySplit == 3 and {c.border.left.style for row in sheet for c in row} <= {None, "thin"}
    assert not any(c.border.diagonalDown for row in sheet for c in row)


def test_the_headings_are_frozen_below_the_legend() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(render(REAL["01-01"])))["01-01"]
    assert sheet.sheet_view.pane.ySplit == 4 and sheet["B4"].value == "記入のしかた"


def test_a_condition_of_a_declared_field_is_seen() -> None:
    settings = evaluation.settings()
    form = load_form(evaluation.GALLERY / evaluation.FORM, settings.catalogue)
    texts = {"lead_department": "課", "費用.費目/費用1": "委託料", "費用.予算額/費用1": "12500", "二次評価": "B"}
    measure = made("01-01", texts, settings.catalogue)
    round_ = settings.round(evaluation.ROUND)
    assert round_ is not None
    data = render_book(PreparedForm(form, round_, settings, "課"), [measure], "R04Y-001").data
    sheet = openpyxl.load_workbook(io.BytesIO(data))["01-01"]
    (filled,) = read_sheet(form, rows_of(data, "01-01"), year=1).values()
    found = {str(ref): look(sheet.cell(*at)) for ref, at in filled.at.items()}
    expected = {
        "評価": REQUIRED, "評価理由": WHEN, "方向性": REQUIRED, "見直し": WHEN, "contact_person": OPTIONAL,
        "費用.費目/費用1": REQUIRED, "費用.予算額/費用1": REQUIRED, "費用.決算額/費用1": REQUIRED, "費用.備考/費用1": OPTIONAL,
        "費用.費目/費用2": OPTIONAL, "費用.予算額/費用2": OPTIONAL,  # a row that may stay empty
    }  # fmt: skip
    assert {ref: found[ref] for ref in expected} == expected


def test_sheets_of_the_template_stay_on_their_side_of_the_form() -> None:
    def change(book, sheet) -> None:
        book.add_worksheet("前").write_string("B2", "はじめに")
        book.add_worksheet("後").write_string("B2", "おわりに")
        book.worksheets_objs.sort(key=lambda s: ("前", "様式", "後").index(s.name))

    data = issued(template(change, **good()), made("01-01"), made("01-02")).data
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["前", "01-01", "01-02", "後", "_dxreport"]
    assert book.active.title == "01-01" and [s.title for s in book if s.sheet_view.tabSelected] == ["01-01"]
    assert openpyxl.load_workbook(io.BytesIO(render(REAL["01-01"]))).sheetnames[0] == "記入要領"


def rows_by_number(data: bytes) -> dict[int, etree._Element]:
    """The rows of the sheet 01-01."""
    return {int(row.get("r")): row for row in etree.fromstring(sheet_xml(data, "01-01")).iter(f"{S}row")}


def test_rows_with_blank_inputs_grow_in_excel_and_others_keep_their_height() -> None:
    data = render(REAL["01-01"])
    at = read(data, "01-01").at
    rows = rows_by_number(data)
    free = {number for number, row in rows.items() if row.get("customHeight") is None and row.get("ht")}
    assert at[Ref("activity.countermeasure", "K1", 1)][0] in free
    assert (
        not {at[Ref("activity.plan", "K1", 2)][0], at[Ref("activity.progress", "K1", 1)][0], at[Ref("goal")][0]} & free
    )


def test_a_name_that_needs_the_height_of_its_rows_keeps_it() -> None:
    long = made("01-01", {**TEXTS, "activity.name/K1": "長い名前の取組" * 8})
    data = render(long)
    at, rows = read(data, "01-01").at, rows_by_number(data)
    assert rows[at[Ref("activity.countermeasure", "K1", 1)][0]].get("customHeight") == "1"
    assert rows[at[Ref("activity.countermeasure", "K2", 1)][0]].get("customHeight") is None

"""Every fault of a template is found when it is compiled, and reported with its cell and what to write."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from openpyxl import Workbook

from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.lifecycle import sample
from dxreport.ooxml.package import Package, serialise
from tests.support.measures import measure
from tests.support.packages import S, edited, open_cells, part_of
from tests.support.templates import ACTIVITIES, END, Change, compiled, good, template, template_faults


def test_the_small_form_has_no_faults_and_no_notes() -> None:
    assert compiled(template(**good())).notes == ()


@pytest.mark.parametrize(
    ("cells", "where", "said"),
    [
        # names
        ({"C2": "{{ measure.gaol }}"}, "C2", "{{ measure.goal }} ではありませんか"),
        ({"b3": "{{ measure.gaol }}"}, "B3", "{{ measure.goal }} ではありませんか"),
        ({"c5": "{{ activity.q5.plan }}"}, "C5", "{{ activity.q"),
        ({"C2": "{{ mesure.goal }}　です"}, "C2", "「mesure」"),
        ({"C2": "{{ fiscalyear }}"}, "C2", "fiscal_year"),
        ({"C2": "施策 {{ measure.gaol }}"}, "C2", "measure.gaol"),
        ({"C2": "{{ activity.name }}"}, "C2", "「activity」"),  # outside its block
        ({"A5": "{% for activity in measure.activites %}"}, "A5", "measure.activities"),
        ({"A5": "{% for activity in measure.activities | at_least(n) %}"}, "A5", "「n」"),
        ({"C2": "{{ measure.goal"}, "C2", "{{ measure.goal }}"),
        ({"C2": "{{ measure.goal | uper }}"}, "C2", "uper"),
        # inputs
        ({"b3": "目標: {{ measure.goal }}"}, "B3", "項目 1 つだけ"),
        ({"b3": "{{ measure.goal | upper }}"}, "B3", "項目 1 つだけ"),
        ({"b3": "{{ fiscal_year }}"}, "B3", "項目 1 つだけ"),
        ({"b2": "{{ measure.id }}"}, "B2", "「施策ID」は部署が書き換えられない項目"),
        ({"c2": "{{ measure.goal }}"}, "C2", "入力セルが 2 つ以上あります（C2、B3）"),
        ({"d5": "{{ activity.this_quarter.plan }}"}, "C5", "入力セルが 2 つ以上あります（C5、D5）"),
        ({"A8": ACTIVITIES + END, "b8": "{{ activity.name }}"}, "B5", "入力セルが 2 つ以上あります（B5、B8）"),
        # blocks
        ({"A6": ""}, "A5", "{% endfor %}"),
        ({"A5": ""}, "A6", "始まりがありません"),
        ({"A5": "{% if measure.goal %}", "b5": "", "c5": "", "c6": ""}, "A6", "{% endif %}"),
        ({"A5": "{% while true %}"}, "A5", "{% for activity in measure.activities %}"),
        ({"A5": "{% for activity in measure.goal %}"}, "A5", "measure.activities"),
        ({"A3": "ここから"}, "A3", "A 列は制御列"),
        ({"A3": "{{ measure.goal }}"}, "A3", "A 列は制御列"),
        ({"D5": ACTIVITIES}, "D5", "A 列だけに書けます"),
        ({"D5": "{% if measure.goal %}"}, "D5", "A 列だけに書けます"),
        ({"D5": END}, "D5", "A 列だけに書けます"),
        ({"D5": "{% if measure.goal %}有{% endif %}"}, "D5", "A 列だけに書けます"),
        ({"A4": "{% for outcome in measure.outcomes %}", "A7": END}, "B5", "別の繰り返し"),
        # reserved, braces
        ({"B1": "題"}, "B1", "1 行目"),
        ({"B1": "{{ measure.goal }}"}, "B1", "1 行目"),
        ({"C2": "｛｛ measure.goal ｝｝"}, "C2", "半角の {{ }}"),
        ({"A5": "｛％ for activity in measure.activities ％｝"}, "A5", "半角"),
    ],
)  # fmt: skip
def test_a_fault_in_a_cell(cells: dict[str, str], where: str, said: str) -> None:
    found = template_faults(template(**good(**cells)))
    assert any(f.startswith(f"シート「様式」 {where}: ") and said in f for f in found), found


@pytest.mark.parametrize(
    "cells",
    [
        {"A5": "{% for activity in measure.activites %}"},
        {"A5": "{% for activity on measure.activities %}"},
        {"A5": "{% for activity in measure.activities | at_least(n) %}"},
        {"A5": "{% for activity in measure.activities }"},
        {"A5": "｛％ for activity in measure.activities ％｝"},
        {"A6": "{% endfor }"},
        {"A5": "{% for activity in measure.activites %}\n{% for q in activity.quarters %}", "A6": END + END},
        {"A5": "{% for activity in measure.activites %}", "D5": "{{ activity.name }}（{{ activity.q1.plan }}）", "D6": "{{ activity.gaol }}"},
    ],
)  # fmt: skip
def test_a_loop_that_cannot_be_read_is_one_fault_whatever_uses_it(cells: dict[str, str]) -> None:
    [found] = template_faults(template(**good(**cells)))
    assert found.startswith(("シート「様式」 A5: ", "シート「様式」 A6: "))


def merge(*refs: str) -> Change:
    def change(book, sheet) -> None:
        for ref in refs:
            sheet.merge_range(ref, "", book.add_format({}))

    return change


@pytest.mark.parametrize(
    ("refs", "where", "said"),
    [
        (["E4:E5"], "E4", "E4:E5 が繰り返しの途中で切れています"),
        (["E6:E7"], "E6", "E6:E7 が繰り返しの途中で切れています"),
        (["A7:B7"], "A7", "1 行目または A 列"),
        (["D1:D2"], "D1", "1 行目または A 列"),
    ],
)
def test_a_fault_in_a_merge(refs: list[str], where: str, said: str) -> None:
    found = template_faults(template(merge(*refs), **good()))
    assert any(f.startswith(f"シート「様式」 {where}: ") and said in f for f in found), found


def test_merges_that_hold_or_fill_a_block_are_none() -> None:
    compiled(template(merge("E5:E6", "F4:F7", "G5:H5"), **good()))


def test_overlapping_merges() -> None:
    def overlap(root) -> None:
        ranges = root.find(f"{S}mergeCells")
        twin = ranges.makeelement(f"{S}mergeCell", {"ref": "F8:G8"})
        ranges.append(twin)

    found = template_faults(edited(template(merge("E8:F8"), **good()), "様式", overlap))
    assert any("F8:G8 と E8:F8 が重なっています" in f for f in found)


def test_a_measures_cell_within_a_block_must_span_it() -> None:
    found = template_faults(template(**good(d5="{{ measure.budgeted }}")))
    assert any("D5" in f and "繰り返しの全部の行" in f for f in found)
    compiled(
        template(
            lambda book, sheet: sheet.merge_range("D5:D6", "{{ measure.budgeted }}", book.add_format({"locked": 0})),
            **good(),
        )
    )


def table(book, sheet) -> None:
    sheet.add_table("E8:F9")


def chart(book, sheet) -> None:
    made = book.add_chart({"type": "bar"})
    made.add_series({"values": "=様式!$C$5:$C$6"})
    sheet.insert_chart("E8", made)


def button(book, sheet) -> None:
    sheet.insert_button("E8", {"caption": "送信"})


def checkbox(book, sheet) -> None:
    sheet.insert_checkbox("E8", True)


def array_formula(book, sheet) -> None:
    sheet.write_array_formula("E8:E9", "{=C5:C6}")


def unknown_list(book, sheet) -> None:
    sheet.data_validation("C6", {"validate": "list", "source": ["{{ lists.words }}"]})


def broken_list(book, sheet) -> None:
    sheet.data_validation("C6", {"validate": "list", "source": ["{{ lists.progress }", "その他"]})


def prompt(book, sheet) -> None:
    sheet.data_validation("C6", {"validate": "any", "input_title": "進捗", "input_message": "{{ measure.name }}の進捗"})


def global_name(book, sheet) -> None:
    book.define_name("進捗欄", "=様式!$C$6")


def global_name_within(book, sheet) -> None:
    book.define_name("進捗欄", "=SUM(様式!$C$6,1)")


def header(book, sheet) -> None:
    sheet.set_header("&C{{ measure.name }}")


def text_box(book, sheet) -> None:
    sheet.insert_textbox("E8", "{{ measure.gaol }}")


def note(book, sheet) -> None:
    sheet.write_comment("E8", "{{ measure.goal }}")


def other_sheet(book, sheet) -> None:
    book.add_worksheet("集計").write_formula("B2", "=SUM(様式!C5:C6)")


def other_sheets_chart(book, sheet) -> None:
    made = book.add_chart({"type": "bar"})
    made.add_series({"values": "=様式!$C$5:$C$6"})
    book.add_worksheet("集計").insert_chart("B2", made)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (table, "テーブル"),
        (chart, "グラフ"),
        (button, "ボタン"),
        (array_formula, "E8: 配列数式"),
        (unknown_list, "lists.words"),
        (unknown_list, "progress、flags、no_report"),
        (broken_list, "入力規則"),
        (prompt, "入力規則"),
        (global_name, "名前「進捗欄」"),
        (global_name_within, "名前「進捗欄」"),
        (other_sheet, "シート「集計」 B2 の数式"),
        (other_sheets_chart, "シート「集計」のグラフ"),
        (header, "ヘッダー"),
        (text_box, "measure.g"),
        (note, "メモ"),
    ],
)
def test_a_fault_that_hangs_on_the_sheet(change: Change, said: str) -> None:
    found = template_faults(template(change, **good()))
    assert any(f.startswith("シート「") and said in f for f in found), found
    assert not any(word in f for f in found for word in ("table", "chart", "vmlDrawing", "ctrlProp")), found


def test_a_checkbox_in_a_cell_is_drawn_as_it_was() -> None:
    """A cell with a checkbox is an ordinary boolean; nothing hangs on the sheet."""
    compiled(template(checkbox, **good()))


def test_one_form_sheet() -> None:
    def second(book, sheet) -> None:
        book.add_worksheet("控え").write_string("B2", "{{ measure.goal }}")

    assert "様式、控え" in template_faults(template(second, **good()))[0]
    assert "1 枚" in template_faults(template(B2="題"))[0]


def test_no_workbook() -> None:
    for data in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), template(**good())[:900]):
        assert template_faults(data)
    package = Package(template(**good()))
    assert template_faults(package.with_parts({}, ["xl/workbook.xml"]))
    assert template_faults(package.with_parts({part_of(package, "様式"): b"<worksheet"}))


def test_all_faults_are_reported_at_once() -> None:
    found = template_faults(template(table, **good(C2="{{ measure.gaol }}", B1="題", A3="x", D5=END)))
    assert len(found) == 5


def test_notes_name_what_is_allowed_but_perhaps_not_meant() -> None:
    notes = compiled(template(**good(B3="{{ measure.goal }}", b3=""))).notes
    assert any("B3" in n and "到達目標" in n and "ロック" in n for n in notes)
    assert compiled(template(**good(C2="{{ measure.goal }}"))).notes == ()  # shown again, locked; the input is B3


def test_a_template_from_another_program_compiles_too() -> None:
    """openpyxl writes inline strings without styles of its own; runs and furigana are joined."""
    book = Workbook()
    sheet = book.active
    sheet.title = "様式"
    for ref, text in good().items():
        sheet[ref.upper()] = text
    out = io.BytesIO()
    book.save(out)
    assert compiled(out.getvalue()).notes != ()  # nothing is unlocked there


def test_tags_split_into_runs_with_furigana() -> None:
    def split(root) -> None:
        c = next(c for c in root.iter(f"{S}c") if c.get("r") == "B3")
        c.set("t", "inlineStr")
        for child in list(c):
            c.remove(child)
        inline = c.makeelement(f"{S}is", {})
        c.append(inline)
        for kind, text in (("r", "{{ meas"), ("r", "ure.goal"), ("r", " }}"), ("rPh", "モクヒョウ")):
            run = inline.makeelement(f"{S}{kind}", {"sb": "0", "eb": "1"} if kind == "rPh" else {})
            t = run.makeelement(f"{S}t", {})
            t.text = text
            run.append(t)
            inline.append(run)

    form = compiled(edited(template(**good()), "様式", split))
    settings = sample.settings()
    book = render_book(
        PreparedForm(form, settings.rounds[0], settings, "課"), [measure("01-01", {"goal": "目標"})], "R04P-001"
    )
    assert '<t xml:space="preserve">目標</t>' in Package(book.data).read("xl/worksheets/dxr1.xml").decode()


def stacked(text: str, rows: int) -> tuple[float, str]:
    """The height that a stacked label over so many rows of 15 points gets, and the sheet's XML."""

    def change(book, sheet) -> None:
        upright = book.add_format({"rotation": 270, "font_size": 11, "font_name": "ＭＳ Ｐゴシック"})
        sheet.merge_range(f"D8:D{7 + rows}", text, upright)

    cells = good(A8="{% for outcome in measure.outcomes %}", **{f"A{7 + rows}": END})
    if rows == 1:
        raise ValueError("a merge has two rows or more")
    form = compiled(template(change, **cells))
    settings = sample.settings()
    one = measure("01-01", {"activity.name/K1": "", "outcome.indicator/O1/1": ""})
    xml = Package(render_book(PreparedForm(form, settings.rounds[0], settings, "課"), [one], "R04P-001").data).xml(
        "xl/worksheets/dxr1.xml"
    )
    heights = [float(r.get("ht", "15")) for r in xml.iter(f"{S}row") if int(r.get("r")) >= 8]
    return sum(heights), serialise(xml).decode()


def test_stacked_labels_are_not_cut() -> None:
    assert stacked("成果目標{{ outcome.number }}", 2)[0] >= 5 * 13.5 + 3
    assert stacked("成果目標{{ outcome.number }}", 8)[0] == 8 * 15
    assert stacked("成果{{ outcome.number }}", 2)[0] < stacked("成果目標{{ outcome.number }}", 2)[0]


def test_fields_outside_of_the_print_area_are_noted() -> None:
    [note] = compiled(
        template(lambda book, sheet: sheet.print_area("B2:C4"), **good(d4="{{ measure.procurement }}"))
    ).notes
    assert "D4" in note and "B3" not in note and "印刷範囲" in note


def test_this_year_is_blank_and_locked_outside_the_plan() -> None:
    outcome = "{% for outcome in measure.outcomes | at_least(1) %}"
    form = compiled(template(**good(A8=outcome, b8="{{ outcome.this_year.target }}", A9=END)))
    settings = sample.settings()
    one = measure("01-01", {f"outcome.target/O1/{n}": "30件" for n in (1, 2, 3, 4)})
    seen = []
    for year in (settings.fiscal_year, settings.fiscal_year + 4):
        prepared = PreparedForm(form, settings.rounds[0], replace(settings, fiscal_year=year), "課")
        data = render_book(prepared, [one], "R04P-001").data
        seen.append(
            ("30件" in Package(data).read("xl/worksheets/dxr1.xml").decode(), (8, 2) in open_cells(data, "01-01"))
        )
    assert seen == [(True, True), (False, False)]


def test_a_form_prepared_for_one_department_serves_all_others() -> None:
    own = {"A8": '{% if department == "総務課" %}', "B8": "{{ round.name }}の欄", "A9": "{% endif %}"}
    form, settings = compiled(template(**good(B4="{{ department }} 御中", **own))), sample.settings()

    def prepared(department: str) -> PreparedForm:
        return PreparedForm(form, settings.rounds[0], settings, department, secret=b"x")

    first, one, seen = prepared("税務課"), measure("01-01", {"goal": "目標"}), {}
    for department in ("総務課", "税務課", "企画課"):
        data = render_book(first.of(department), [one], "R04P-001").data
        assert data == render_book(prepared(department), [one], "R04P-001").data
        seen[department] = Package(data).read("xl/worksheets/dxr1.xml").decode()
    assert all(f"{department} 御中" in xml for department, xml in seen.items())
    assert [department for department, xml in seen.items() if "の欄" in xml] == ["総務課"]

"""What goes out with a form, what stays behind, and what a template may therefore not hold."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from dxreport.domain.errors import DxreportError
from dxreport.domain.model import Measure
from dxreport.form.compile import compile_form
from dxreport.ooxml.package import DOC_RELS_NS, RELS_NS, Package, serialise
from tests.support import packages
from tests.support.measures import with_items, with_texts
from tests.support.packages import S, edited, part_of
from tests.support.templates import END, MEASURE, compiled, good, issued, template, template_faults

BOOK, RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
FOLDED = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


def sheet_of(data: bytes, *measures: Measure) -> etree._Element:
    """The first sheet sent, in a workbook that can be opened."""
    book = issued(data, *measures).data
    assert packages.faults(book) == []
    return Package(book).xml("xl/worksheets/dxr1.xml")


def with_part(data: bytes, kind: str, name: str, content: bytes, owner: str = BOOK) -> bytes:
    """The workbook with one more part, which ``owner`` refers to."""
    package = Package(data)
    folder, _, base = owner.rpartition("/")
    rels_part = f"{folder}/_rels/{base}.rels"
    rels = package.xml(rels_part) if rels_part in package else etree.Element(f"{{{RELS_NS}}}Relationships")
    etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id=f"x{kind}", Type=f"{DOC_RELS_NS}/{kind}", Target=f"/{name}")
    return package.with_parts({rels_part: serialise(rels), name: content})


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("usernames", "xl/revisions/userNames.xml"),
        ("externalLink", "xl/externalLinks/externalLink1.xml"),
        ("pivotCacheDefinition", "xl/pivotCache/pivotCacheDefinition1.xml"),
        ("slicerCache", "xl/slicerCaches/slicerCache1.xml"),
        ("connections", "xl/connections.xml"),
        ("customXml", "customXml/item1.xml"),
        ("somethingNew", "xl/new.xml"),
    ],
)
def test_of_the_workbook_only_its_looks_go_out(kind: str, name: str) -> None:
    data = with_part(template(**good()), kind, name, '<a name="田中"/>'.encode())
    sent = Package(issued(data).data)
    assert name not in sent and not any("田中".encode() in sent.read(part) for part in sent.names)
    assert {r.kind for r in sent.relationships(BOOK)} <= {"worksheet", "theme", "styles", "sharedStrings"}


def test_a_note_says_that_workbook_protection_is_left_behind() -> None:
    package = Package(template(**good()))
    root = package.xml(BOOK)
    root.find(f"{S}bookViews").addprevious(etree.Element(f"{S}workbookProtection", lockStructure="1"))
    data = package.with_parts({BOOK: serialise(root)})
    assert any("ブックの保護" in note for note in compiled(data).notes)
    assert "workbookProtection" not in Package(issued(data).data).read(BOOK).decode()


def in_form(book, sheet) -> None:
    sheet.write_formula("E8", "='[1]前 年'!A1")


def in_other_sheet(book, sheet) -> None:
    book.add_worksheet("集計").write_formula("B2", '="[1]x!"&SUM([2]前年!A1:A3)')


def in_rule(book, sheet) -> None:
    sheet.data_validation("C6", {"validate": "list", "source": "=[1]前年!$A$1:$A$3"})


def in_name(book, sheet) -> None:
    book.define_name("前年", "=[1]前年!$A$1")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (in_form, "シート「様式」 E8 の数式"),
        (in_other_sheet, "シート「集計」 B2 の数式"),
        (in_rule, "シート「様式」のグラフや入力規則"),
        (in_name, "名前「前年」"),
    ],
)
def test_formulas_into_other_workbooks_are_faults(change, where: str) -> None:
    assert any(where in fault and "ほかのブック" in fault for fault in template_faults(template(change, **good())))


def test_brackets_in_texts_and_tables_are_no_other_workbook() -> None:
    def change(book, sheet) -> None:
        other = book.add_worksheet("集計")
        other.add_table("B2:C4", {"columns": [{"header": "1"}, {"header": "2"}], "name": "表"})
        other.write_formula("E2", '=SUM(表[1])&"[1]前年!A1"')

    compiled(template(change, **good()))


@pytest.mark.parametrize(("kind", "said"), [("pivotTable", "ピボットテーブル"), ("slicer", "スライサー")])
def test_a_pivot_on_another_sheet_is_a_fault(kind: str, said: str) -> None:
    data = template(lambda book, sheet: book.add_worksheet("集計"), **good())
    data = with_part(data, kind, f"xl/{kind}1.xml", b"<a/>", part_of(Package(data), "集計"))
    assert any("シート「集計」" in fault and said in fault for fault in template_faults(data))


def test_links_to_the_form_itself_are_faults() -> None:
    def link(book, sheet) -> None:
        sheet.write_url("E8", "internal:'様式'!B2", string="上へ")

    def elsewhere(book, sheet) -> None:
        book.add_worksheet("記入要領")
        sheet.write_url("E8", "internal:'記入要領'!B2", string="記入要領へ")

    def shape(book, sheet) -> None:
        sheet.insert_textbox("E8", "上へ", {"url": "internal:様式!B2"})

    for change in (link, shape):
        assert any("様式のシート自身へのリンク" in fault for fault in template_faults(template(change, **good())))
    assert [e.get("location") for e in sheet_of(template(elsewhere, **good())).iter(f"{S}hyperlink")] == [
        "'記入要領'!B2"
    ]


def test_frozen_rows_are_kept_and_a_split_window_is_not() -> None:
    split = sheet_of(template(lambda book, sheet: sheet.split_panes(30, 0), **good()))
    assert not list(split.iter(f"{S}pane")) and len(list(split.iter(f"{S}selection"))) == 1
    frozen = sheet_of(template(lambda book, sheet: sheet.freeze_panes(6, 0), **good()))
    assert [p.get("ySplit") for p in frozen.iter(f"{S}pane")] == ["8"]  # two activities of two rows each
    columns = sheet_of(template(lambda book, sheet: sheet.freeze_panes(0, 2), **good()))
    assert [(p.get("xSplit"), p.get("ySplit")) for p in columns.iter(f"{S}pane")] == [("2", None)]


@pytest.mark.parametrize(
    ("inner", "said"), [("controls", "フォームコントロール"), ("oleObjects", "埋め込み"), ("new", "「new」")]
)
def test_alternative_content_is_refused_by_its_name(inner: str, said: str) -> None:
    def change(root: etree._Element) -> None:
        choice = etree.SubElement(
            etree.SubElement(root, f"{FOLDED}AlternateContent"), f"{FOLDED}Choice", Requires="x14"
        )
        etree.SubElement(choice, f"{S}{inner}")

    assert any(said in fault for fault in template_faults(edited(template(**good()), "様式", change)))


def test_sparklines_are_refused_at_their_cells() -> None:
    data = template(lambda book, sheet: sheet.add_sparkline("E8", {"range": "様式!B5:C5"}), **good())
    assert [f for f in template_faults(data) if f.startswith("シート「様式」 E8: ") and "スパークライン" in f]
    assert compile_form(data, "様式.xlsx", issued=True).refusals  # what was issued with it is still read


def test_the_empty_protection_that_libreoffice_writes_is_none() -> None:
    package = Package(template(**good()))
    root = package.xml(BOOK)
    root.find(f"{S}bookViews").addprevious(etree.Element(f"{S}workbookProtection"))
    assert compiled(package.with_parts({BOOK: serialise(root)})).notes == ()


@pytest.mark.parametrize("name", ["あ" * 32, "01/01", "'01", "history", "_DXREPORT"])
def test_an_id_that_is_no_name_of_a_sheet_is_refused_in_words(name: str) -> None:
    with pytest.raises(DxreportError, match="シートの名前にできません"):
        issued(template(**good()), with_texts(MEASURE, {"id": name}))


def test_two_measures_of_one_id_are_refused() -> None:
    with pytest.raises(DxreportError, match="シートの名前にできません"):
        issued(template(**good()), with_texts(MEASURE, {"id": "a-1"}), with_texts(MEASURE, {"id": "A-1"}))


def test_other_sheets_make_way_for_measures_and_the_stamp() -> None:
    long = "長" * 31

    def change(book, sheet) -> None:
        for name in (long, "長" * 27 + "（様式）", "_dxreport", "記入要領"):
            book.add_worksheet(name).write_string("A1", name)

    book = issued(template(change, **good()), with_texts(MEASURE, {"id": long})).data
    names = [s.get("name") for s in Package(book).xml(BOOK).iter(f"{S}sheet")]
    assert names == [long, "長" * 26 + "（様式2）", "長" * 27 + "（様式）", "記入要領", "_dxreport"]
    assert packages.faults(book) == []


def rule_of(data: bytes, measure: Measure = MEASURE) -> list[tuple[str, str]]:
    root = sheet_of(data, measure)
    return [(c.get("sqref"), c.findtext(f"{S}cfRule/{S}formula")) for c in root.iter(f"{S}conditionalFormatting")]


@pytest.mark.parametrize(("goal", "ranges"), [("", "F8 F10"), ("有", "F8 F9 F11")])
def test_a_rule_outlives_the_first_of_its_ranges(goal: str, ranges: str) -> None:
    """For the first cell that is left, its formula reads as before."""

    def change(book, sheet) -> None:
        look = {"type": "formula", "criteria": '=G8="x"', "format": book.add_format({"bold": 1})}
        sheet.conditional_format("F8", look | {"multi_range": "F8 F9 F11"})

    cells = good(A8="{% if measure.goal %}{% endif %}", C8="一", C9="二", C11="三")
    one = with_items(with_texts(MEASURE, {"goal": goal}), "activity", ["K1"])
    assert rule_of(template(change, **cells), one) == [(ranges, 'G8="x"')]


def test_a_rule_is_shifted_to_the_column_of_the_range_that_is_left() -> None:
    def change(book, sheet) -> None:
        look = {"type": "formula", "criteria": "=E8+$E9+E$11", "format": book.add_format({"bold": 1})}
        sheet.conditional_format("D8", look | {"multi_range": "D8 F9"})

    cells = good(A8="{% if measure.name %}{% endif %}", C8="一", C9="二", C11="三")
    one = with_items(MEASURE, "activity", ["K1"])
    assert rule_of(template(change, **cells), one) == [("F8", "G8+$E9+G$10")]


def test_print_titles_of_row_1_and_areas_outside_of_the_form_are_left_out() -> None:
    def change(book, sheet) -> None:
        sheet.repeat_rows(0)

    data = template(change, **good())
    assert "Print_Titles" not in Package(issued(data).data).read(BOOK).decode()

    package = Package(template(lambda book, sheet: sheet.print_area("B2:D6"), **good()))
    root = package.xml(BOOK)
    name = next(root.iter(f"{S}definedName"))
    name.text = "様式!$B$2:$D$6,様式!$F$50:$G$60"
    sent = Package(issued(package.with_parts({BOOK: serialise(root)})).data).xml(BOOK)
    assert [n.text for n in sent.iter(f"{S}definedName")] == ["'01-01'!$B$2:$D$8"]


def test_ranges_that_reach_beyond_the_form_are_cut_to_it() -> None:
    def change(book, sheet) -> None:
        for row, text in enumerate(
            ("COUNTA(B1:B5)", "COUNTA(B5:B900)", "SUM($1:$5)", "COUNTA(E50:E60)+SUM($11:$11)"), 8
        ):
            sheet.write_formula(f"E{row}", f"={text}")

    formulas = [f.text for f in sheet_of(template(change, **good())).iter(f"{S}f")]
    assert formulas == ["COUNTA(B2:B7)", "COUNTA(B5:B13)", "SUM($2:$7)", "COUNTA(E50:E60)+SUM($13:$13)"]


@pytest.mark.parametrize(
    "cells",
    [
        {"A8": "{% if fiscal_year > 4 %}{% endif %}", "C8": "x"},
        {"A5": "{% for activity in measure.activities | at_least(fiscal_year) %}"},
        {"C8": "{{ measure.goal + 1 }}"},
    ],
)
def test_a_text_that_fails_on_a_measure_is_reported_in_words(cells: dict[str, str]) -> None:
    with pytest.raises(DxreportError, match="施策 01-01 で表示できません"):
        issued(template(**good(**cells)))


def test_a_text_that_fails_in_a_shape_is_reported_in_words() -> None:
    def change(book, sheet) -> None:
        sheet.insert_textbox("E8", "{{ measure.goal + 1 }}")

    with pytest.raises(DxreportError, match=re.escape("「{{ measure.goal + 1 }}」を施策 01-01 で")):
        issued(template(change, **good()))


def test_a_line_break_in_a_shapes_text_is_a_blank() -> None:
    def change(book, sheet) -> None:
        sheet.insert_textbox("E8", "{{ measure.goal }}")

    sent = Package(issued(template(change, **good())).data).xml("xl/drawings/dxr1.xml")
    assert [t.text for t in sent.iter("{*}t")] == ["目標 二行目"]


def test_a_condition_on_a_list_that_is_at_an_end_is_false() -> None:
    cells = {
        "A5": "{% for activity in measure.activities %}\n{% for outcome in measure.outcomes %}",
        "A6": "{% if outcome.y1.target %}{% endif %}", "c6": "", "C6": "目標あり", "A7": END + "\n" + END, "C7": "終わり",
    }  # fmt: skip
    shown = [value for row in packages.rows_of(issued(template(**good(**cells))).data, "01-01") for value in row]
    assert shown.count("終わり") == 2 and "目標あり" not in shown


def test_quarters_cannot_run_in_parallel_with_a_list() -> None:
    cells = good(
        A5="{% for activity in measure.activities %}\n{% for quarter in measure.quarters %}", A6=END + "\n" + END
    )
    assert any("A5" in fault and "四半期や年度の繰り返し" in fault for fault in template_faults(template(**cells)))


def test_no_control_characters_reach_the_sheet() -> None:
    root = sheet_of(
        template(**good(C2='{{ fiscal_year }}{{ "\\x01\\x05" }}', C3='{{ measure.id }}{{ "\\x020\\x03" }}'))
    )
    texts = {c.get("r"): "".join(c.itertext()) for c in root.iter(f"{S}c")}
    assert (texts["C2"], texts["C3"]) == ("令和４年度", "01-010")


def test_notes_stand_in_the_order_of_their_rows() -> None:
    def change(book, sheet) -> None:
        for ref in ("C5", "C6", "B8", "D2"):
            sheet.write_comment(ref, ref)

    sent = Package(issued(template(change, **good())).data)
    part = next(name for name in sent.names if "comments" in name)
    refs = [c.get("ref") for c in sent.xml(part).iter(f"{S}comment")]
    assert refs == ["D2", "C5", "C6", "C7", "C8", "B10"]

"""What would be lost on the way to the departments is refused with its cell, or kept."""

from __future__ import annotations

import re

import pytest
import xlsxwriter
from lxml import etree

from dxreport.form.compile import compile_form
from dxreport.ooxml.package import RELS_NS, TYPES_NS, Package, serialise
from tests.support.packages import S, edited
from tests.support.templates import Change, compiled, good, issued, template, template_faults

BAG = "xl/featurePropertyBag/featurePropertyBag.xml"
BAG_TYPE = "http://schemas.microsoft.com/office/2022/11/relationships/FeaturePropertyBag"
COMPLEMENT = "http://schemas.microsoft.com/office/spreadsheetml/2022/featurepropertybag"


def _cell(root: etree._Element, where: str) -> etree._Element:
    return next(c for c in root.iter(f"{S}c") if c.get("r") == where)


def test_a_picture_in_a_cell() -> None:
    """Excel stores it as the error #VALUE! with a rich value."""

    def insert(root: etree._Element) -> None:
        c = _cell(root, "C2")
        c[:] = []
        c.attrib.update({"t": "e", "vm": "1"})
        etree.SubElement(c, f"{S}v").text = "#VALUE!"

    (found,) = template_faults(edited(template(**good(C2="ロゴ")), "様式", insert))
    assert found.startswith("シート「様式」 C2: ") and "セルの上に配置" in found


def with_checkboxes(data: bytes, where: str) -> bytes:
    """The workbook as Excel 365 saves it once ``where`` was made a checkbox."""
    package = Package(data)
    styles, rels, types = (
        package.xml(p) for p in ("xl/styles.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml")
    )
    xfs = styles.find(f"{S}cellXfs")
    part = "xl/worksheets/sheet1.xml"
    root = package.xml(part)
    c = _cell(root, where)
    xf = etree.fromstring(etree.tostring(xfs[int(c.get("s", "0"))]))
    extension = etree.SubElement(
        etree.SubElement(xf, f"{S}extLst"), f"{S}ext", uri="{C7286773-470A-42A8-94C5-96B5CB345126}"
    )
    etree.SubElement(extension, f"{{{COMPLEMENT}}}xfComplement", i="0")
    xfs.append(xf)
    c.set("s", str(len(xfs) - 1))
    etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id="rIdBag", Type=BAG_TYPE, Target=f"/{BAG}")
    kind = "application/vnd.ms-excel.featurepropertybag+xml"
    etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName=f"/{BAG}", ContentType=kind)
    changed = {part: root, "xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": rels, "[Content_Types].xml": types}
    return package.with_parts({name: serialise(element) for name, element in changed.items()} | {BAG: b"<bag/>"})


def test_checkboxes_in_cells_are_kept() -> None:
    sent = Package(issued(with_checkboxes(template(**good(C2="☐")), "C2")).data)
    assert sent.read(BAG) == b"<bag/>"
    assert BAG_TYPE in {r.type for r in sent.relationships("xl/workbook.xml")}
    assert BAG in sent.read("[Content_Types].xml").decode()


def test_a_checkbox_as_an_input_is_refused() -> None:
    (found,) = template_faults(with_checkboxes(template(**good()), "B3"))
    assert found.startswith("シート「様式」 B3: ") and "チェックボックス" in found


def _runs(*runs: str) -> str:
    return f'<c xmlns="{S[1:-1]}" r="C2" t="inlineStr"><is>{"".join(f"<r>{run}</r>" for run in runs)}</is></c>'


def _with_runs(*runs: str) -> bytes:
    def change(root: etree._Element) -> None:
        old = _cell(root, "C2")
        new = etree.fromstring(_runs(*runs))
        new.set("s", old.get("s"))
        old.getparent().replace(old, new)

    return edited(template(**good(C2="x")), "様式", change)


@pytest.mark.parametrize(
    "runs",
    [
        ("<t>番号 </t>", "<rPr><b/></rPr><t>{{ measure.id }}</t>"),
        ("<rPr><color rgb='FFFF0000'/></rPr><t>{{ measure.id }}</t>", "<t>号</t>"),
        ("<rPr><sz val='9'/></rPr><t>番号</t>", "<rPr><sz val='14'/></rPr><t>{{ measure.id }}</t>"),
    ],
)
def test_a_text_with_tags_formatted_in_parts(runs: tuple[str, ...]) -> None:
    (found,) = template_faults(_with_runs(*runs))
    assert found.startswith("シート「様式」 C2: ") and "一部だけに書式" in found


def test_runs_that_differ_in_their_font_only_are_none() -> None:
    """LibreOffice splits Japanese texts by script."""
    font = "<rPr><rFont val='{}'/><charset val='128'/><sz val='11'/><color theme='1'/></rPr><t>{}</t>"
    compiled(_with_runs(font.format("Arial", "{{ measure.id }}"), font.format("游ゴシック", "号"), "<t>です</t>"))


@pytest.mark.parametrize(
    ("cells", "where", "names"),
    [
        ({"C2": "{{ years.y5 }}"}, "C2", ("years.y1", "years.y4")),
        ({"C2": "{{ round.nme }}"}, "C2", ("{{ round.name }}", "round.deadline")),
        ({"C2": "{{ fiscal_year.label }}"}, "C2", ("{{ fiscal_year }}",)),
        ({"C2": "{{ measure.risk }}"}, "C2", ("measure.goal", "measure.contact_person")),
        ({"c5": "{{ activity.risk }}"}, "C5", ("activity.name", "activity.q1.plan", "q1～q4")),
    ],
)
def test_an_unknown_name_is_found_at_its_cell_with_the_names_there_are(
    cells: dict[str, str], where: str, names: tuple[str, ...]
) -> None:
    (found,) = template_faults(template(**good(**cells)))
    assert found.startswith(f"シート「様式」 {where}: ") and all(name in found for name in names)


@pytest.mark.parametrize(
    ("cells", "where", "unknown"),
    [
        ({"C2": "{{ measure.risk }}"}, "C2", "{{ measure.risk }}"),
        ({"A8": "{% for 費 in measure.費用 %}\n{% endfor %}", "b8": "{{ 費.予算額 }}"}, "A8", "measure.費用"),
    ],
)
def test_an_unknown_name_says_how_it_is_declared(cells: dict[str, str], where: str, unknown: str) -> None:
    (found,) = template_faults(template(**good(**cells)))
    assert found.startswith(f"シート「様式」 {where}: ") and unknown in found and "「項目」シート" in found


def test_a_list_in_a_cell_says_how_it_is_repeated() -> None:
    (found,) = template_faults(template(**good(C2="{{ measure.outcomes }}")))
    assert found.startswith("シート「様式」 C2: ") and "{% for … in measure.outcomes %}" in found


def test_an_unknown_list_is_found_at_its_dropdown_and_says_how_it_is_declared() -> None:
    def dropdown(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.data_validation("C6:D6", {"validate": "list", "source": ["{{ lists.評価 }}"]})

    (found,) = template_faults(template(dropdown, **good()))
    assert found.startswith("シート「様式」 C6: ") and "lists.評価" in found and "「項目」シート" in found


@pytest.mark.parametrize(
    "text", ["{{ measure.goal", "{{ measure.goal | uper }}", "{{ 1 + }}", "{{ measure.goal is odder }}"]
)
def test_no_message_is_in_the_words_of_a_program(text: str) -> None:
    (found,) = template_faults(template(**good(C2=text)))
    said = found.replace(text, "")
    assert not re.search(r"expected|No (filter|test)|object|unexpected", said), said


def test_the_same_fault_in_many_cells_is_one() -> None:
    (found,) = template_faults(template(**good(**{f"{c}8": "{{ x.name }}・" for c in "BCDEFGH"})))
    assert found.startswith("シート「様式」 B8、C8、D8、E8、F8 ほか 2 か所: 「x」")


@pytest.mark.parametrize(
    "change", [None, lambda book, sheet: sheet.write_blank("C3", None, book.add_format({"locked": 0}))]
)
def test_an_unlocked_cell_is_a_field_or_marked(change: Change | None) -> None:
    cells = {} if change else {"c8": "ここに記入"}
    (found,) = template_faults(template(change, **good(**cells)))
    assert found.startswith(f"シート「様式」 {'C3' if change else 'C8'}: ") and "{{ free }}" in found
    data = template(**good(c8="{{ free }}"))
    assert compiled(data).refusals == () and compile_form(data, "様式.xlsx").notes == ()


def test_a_mark_for_free_text_belongs_to_an_unlocked_cell() -> None:
    (found,) = template_faults(template(**good(C8="{{ free }}")))
    assert found.startswith("シート「様式」 C8: ") and "ロックを外して" in found


def test_columns_and_rows_that_are_unlocked_as_a_whole() -> None:
    def change(book, sheet) -> None:
        sheet.set_column("C:D", 12, book.add_format({"locked": 0}))
        sheet.set_row(2, 20, book.add_format({"locked": 0}))

    column, row = template_faults(template(change, **good()))
    assert column.startswith("シート「様式」 C1: ") and "C 列の全体" in column
    assert row.startswith("シート「様式」 A3: ") and "3 行目の全体" in row

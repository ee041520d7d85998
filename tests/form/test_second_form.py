"""The lens on a form quite unlike the first: the laws hold, and everything that was drawn is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from dxreport.domain.fields import Access, Ref, access
from dxreport.domain.model import Measure, Round
from dxreport.domain.needs import is_actual_of_nothing
from dxreport.form.compile import compile_form
from dxreport.form.read.sheet import read_sheet
from dxreport.form.render.workbook import render_book
from dxreport.form.template import R_ID
from dxreport.ooxml.package import RELS_NS, TYPES_NS, Package, rels_name, serialise
from dxreport.ooxml.refs import address, box
from tests.support.lens import (
    FIRST,
    ISSUE,
    REAL,
    ROUNDS,
    SETTINGS,
    measure_of,
    prepared,
    read,
    render,
    rounds,
    second_form,
    second_template,
    shown_on_second,
    without_spares,
)
from tests.support.packages import S, edited, faults, open_cells, part_of, rows_of, set_text
from tests.support.second_form import AUTHOR, SHEET, X14, XM
from tests.support.strategies import measures, texts

XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
THREE = [REAL["01-01"], REAL["03-05"], REAL["02-03"]]


@cache
def book() -> bytes:
    return render_book(prepared(FIRST, second_form()), THREE, ISSUE).data


def part_xml(sheet: str) -> tuple[Package, str, etree._Element]:
    package = Package(book())
    part = part_of(package, sheet)
    return package, part, package.xml(part)


def test_it_compiles_without_a_remark() -> None:
    assert second_form().notes == ()


@pytest.mark.slow
@given(measures, rounds)
@settings(max_examples=40, deadline=None)
def test_reading_is_the_inverse_of_rendering(measure: Measure, round_: Round) -> None:
    data = render(measure, round_, second_form())
    filled = read(data, measure.id, round_, second_form())
    assert without_spares(filled.values, measure) == shown_on_second(measure, round_)
    assert measure_of(filled, measure) == measure.normal()  # what is not on the form comes from the measure as it was
    assert faults(data) == []


@pytest.mark.slow
@given(measures, rounds)
@settings(max_examples=20, deadline=None)
def test_open_cells_are_the_inputs_of_the_round(measure: Measure, round_: Round) -> None:
    data = render(measure, round_, second_form())
    filled = read(data, measure.id, round_, second_form())
    expected = set()
    for ref, text in filled.values.items():
        how = access(ref.field, ref.period, round_, SETTINGS)
        of_nothing = is_actual_of_nothing(ref, filled.values, round_, SETTINGS)
        if (how is Access.OPEN and not of_nothing) or (how is Access.IF_BLANK and not text):
            expected.add(filled.at[ref])
    assert open_cells(data, measure.id) == expected


@given(st.data(), measures, rounds, texts)
@settings(max_examples=30, deadline=None)
def test_an_edit_is_read_as_that_edit(data: st.DataObject, measure: Measure, round_: Round, text: str) -> None:
    """Although names of activities and plans of this quarter are shown a second time, locked."""
    issued = render(measure, round_, second_form())
    before = read(issued, measure.id, round_, second_form())
    cells = open_cells(issued, measure.id)
    ref = data.draw(st.sampled_from([r for r, at in before.at.items() if at in cells]))
    returned = edited(issued, measure.id, lambda root: set_text(root, before.at[ref], text))
    assert read(returned, measure.id, round_, second_form()).values == before.values | {ref: text}


@pytest.mark.parametrize("name", ROUNDS)
def test_every_input_of_a_sheet_by_itself(name: str) -> None:
    measure, round_ = REAL["01-01"], ROUNDS[name]
    issued = render(measure, round_, second_form())
    before = read(issued, measure.id, round_, second_form())
    for where in open_cells(issued, measure.id):
        (ref,) = [r for r, at in before.at.items() if at == where]
        returned = edited(issued, measure.id, lambda root, at=where: set_text(root, at, "回答"))
        assert read(returned, measure.id, round_, second_form()).values == before.values | {ref: "回答"}


def test_the_package_is_whole() -> None:
    assert faults(second_template()) == []
    assert faults(book()) == []


def test_parts_that_the_form_does_not_touch_are_the_templates_bytes() -> None:
    source, made = Package(second_template()), Package(book())
    form_part = part_of(source, SHEET)
    own = {form_part, *(r.target for r in source.relationships(form_part))}
    rewritten = {"[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "docProps/core.xml",
                 "docProps/app.xml"}  # fmt: skip
    kept = [n for n in source.names if n not in own | rewritten and not n.endswith(".rels")]
    kinds = {n.rstrip("0123456789").partition(".")[0].rstrip("0123456789") for n in kept}
    assert kinds >= {"xl/media/image", "xl/theme/theme", "xl/worksheets/sheet", "xl/tables/table", "xl/charts/chart",
                     "xl/drawings/drawing", "xl/drawings/vmlDrawing", "xl/comments"}  # fmt: skip
    assert [n for n in kept if made.read(n) != _free(source.read(n))] == []


def _free(data: bytes) -> bytes:
    """A part of the template without the selected tab and the author's name, which go out with no workbook."""
    return data.replace(b' tabSelected="1"', b"").replace(AUTHOR.encode(), b"")


def test_each_sheet_has_its_own_drawing_and_notes_and_shares_the_pictures() -> None:
    package = Package(book())
    seen: dict[str, set[str]] = {}
    for measure in THREE:
        for rel in package.relationships(part_of(package, measure.id)):
            seen.setdefault(rel.kind, set()).add(rel.target)
            for inner in package.relationships(rel.target):
                seen.setdefault(f"{rel.kind} → {inner.kind}", set()).add(inner.target)
    assert {kind: len(targets) for kind, targets in seen.items()} == {
        "drawing": 3, "vmlDrawing": 6, "comments": 3, "drawing → image": 1, "vmlDrawing → image": 1,
    }  # fmt: skip


def test_nothing_of_the_template_language_and_no_author_leaks() -> None:
    package = Package(book())
    for name in package.names:
        data = package.read(name)
        assert not re.search(rb"\{\{|\{%|\}\}|%\}", data), name
        assert AUTHOR.encode() not in data, name


def test_printers_and_threads_of_other_sheets_stay_behind() -> None:
    """Their parts, relationships, references and authors; the note that a thread leaves for older programs stays."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = Package(second_template())
    other = next(n for n in package.names if n.startswith("xl/worksheets/sheet") and n != part_of(package, SHEET)
                 and any(r.kind == "comments" for r in package.relationships(n)))  # fmt: skip
    sheet, rels = package.xml(other), package.xml(rels_name(other))
    for id_, kind, target in (("rId91", "printerSettings", "printerSettings/printerSettings9.bin"),
                              ("rId92", "threadedComment", "threadedComments/threadedComment9.xml")):  # fmt: skip
        etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id=id_, Type=f"{office}/{kind}", Target=f"../{target}")
    setup = sheet.find(f"{S}pageSetup")
    if setup is None:
        sheet.find(f"{S}pageMargins").addnext(setup := sheet.makeelement(f"{S}pageSetup", {"paperSize": "9"}))
    setup.set(R_ID, "rId91")
    types = package.xml("[Content_Types].xml")
    etree.SubElement(types, f"{{{TYPES_NS}}}Default", Extension="bin", ContentType="application/octet-stream")
    thread = f'<ThreadedComments><threadedComment personId="{AUTHOR}"/></ThreadedComments>'.encode()
    drawn = package.with_parts({
        other: serialise(sheet), rels_name(other): serialise(rels), "[Content_Types].xml": serialise(types),
        "xl/printerSettings/printerSettings9.bin": "総務課のプリンター".encode(), "xl/threadedComments/threadedComment9.xml": thread,
    })  # fmt: skip
    made = render_book(prepared(FIRST, compile_form(drawn, "第2様式.xlsx")), THREE, ISSUE).data
    assert faults(made) == []
    sent = Package(made)
    assert not [n for n in sent.names if "printerSettings" in n or "threaded" in n]
    assert not [n for n in sent.names if AUTHOR.encode() in sent.read(n)]
    kinds = [r.kind for r in sent.relationships(other)]
    assert "comments" in kinds and not {"printerSettings", "threadedComment"} & set(kinds)
    assert sent.xml(other).find(f"{S}pageSetup").get(R_ID) is None


def test_texts_of_shapes_are_filled_in() -> None:
    for measure in THREE:
        package, part, _ = part_xml(measure.id)
        drawing = next(r.target for r in package.relationships(part) if r.kind == "drawing")
        said = "".join(package.xml(drawing).itertext("{http://schemas.openxmlformats.org/drawingml/2006/main}t"))
        assert f"{measure.id} {measure.name} <控え>" in said


def test_shapes_notes_and_rules_follow_their_rows() -> None:
    for measure in THREE:
        package, part, root = part_xml(measure.id)
        at = read(book(), measure.id, FIRST, second_form()).at
        progress = [f"G{row}" for row in progress_rows(at)]
        rels = {r.kind: r.target for r in package.relationships(part)}
        notes = [c.get("ref") for c in package.xml(rels["comments"]).iter(f"{S}comment")]
        assert notes == [address(*at[Ref("goal")]), *progress]
        (rule,) = [e for e in root.iter(f"{{{X14}}}dataValidation")]
        assert cells(rule.find(f"{{{XM}}}sqref").text) == set(progress)
        late = next(e for e in root.iter(f"{S}conditionalFormatting") if "G" in e.get("sqref"))
        assert cells(late.get("sqref")) == set(progress)
        first = int(progress[0][1:])
        assert late.find(f"{S}cfRule/{S}formula").text == f'AND($G{first}<>"",$G{first}<>選択肢!$A$1)'
        flags = next(v for v in root.iter(f"{S}dataValidation") if v.find(f"{S}formula1").text == '"有,無"')
        assert box(flags.get("sqref")).top == at[Ref("related_flag")][0]
        box_row = next(e for e in package.xml(rels["drawing"]) if "控え" in "".join(e.itertext())).find(
            f"{XDR}from/{XDR}row"
        )
        assert int(box_row.text) + 1 == next(int(r.get("r")) for r in root.iter(f"{S}row") if key_of(r) == "r17")


def progress_rows(at: dict[Ref, tuple[int, int]]) -> list[int]:
    """The rows in which 進捗 can be written."""
    return sorted(row for ref, (row, _) in at.items() if ref.field == "activity.progress")


def key_of(row: etree._Element) -> str:
    return "".join(row[0].itertext()).partition("/")[0]


def cells(sqref: str) -> set[str]:
    """The single cells of column G in a list of ranges."""
    return {f"G{row}" for ref in sqref.split() for row in range(box(ref).top, box(ref).bottom + 1)}


def test_formulas_follow_their_rows() -> None:
    for measure in THREE:
        _, _, root = part_xml(measure.id)
        at = read(book(), measure.id, FIRST, second_form()).at
        progress = progress_rows(at)
        pairs = max(len(measure.activities), len(measure.outcomes))
        assert [f.text for f in root.iter(f"{S}f")] == [
            f'COUNTIF(G{progress[0]}:G{progress[-1]},"予定通り")&"/"&ROWS(D7:D{6 + 2 * pairs})', "選択肢!A1"
        ]  # fmt: skip


def test_x14_rules_stay_paired() -> None:
    for measure in THREE:
        _, _, root = part_xml(measure.id)
        ids = {e.text for e in root.iter(f"{{{X14}}}id")}
        assert ids and ids <= {e.get("id") for e in root.iter(f"{{{X14}}}cfRule")}


def test_print_areas_titles_and_header_picture() -> None:
    package = Package(book())
    names = {
        (n.get("name"), n.get("localSheetId")): n.text for n in package.xml("xl/workbook.xml").iter(f"{S}definedName")
    }
    listed = [s.get("name") for s in package.xml("xl/workbook.xml").iter(f"{S}sheet")]
    assert listed[:3] == ["説明", "図", THREE[0].id]  # in front of the form, as they were drawn
    for measure in THREE:
        i = listed.index(measure.id)
        last = len(rows_of(book(), measure.id))
        assert names["_xlnm.Print_Area", str(i)] == f"'{measure.id}'!$B$2:$K${last}"
        assert names["_xlnm.Print_Titles", str(i)] == f"'{measure.id}'!$2:$3"
        _, _, root = part_xml(measure.id)
        assert (
            root.find(f"{S}headerFooter/{S}oddHeader").text == "&L&G&R&D"
            and root.find(f"{S}legacyDrawingHF") is not None
        )
        assert root.find(f"{S}pageSetup").get("orientation") == "landscape"


def test_side_by_side_lists_of_different_length() -> None:
    """The block has as many copies as the longer list; where the shorter one has ended nothing can be written."""
    measure = next(m for m in REAL.values() if len(m.activities) > len(m.outcomes) > 0)
    data = render(measure, FIRST, second_form())
    at = read(data, measure.id, FIRST, second_form()).at
    actuals = [row for ref, (row, _) in at.items() if ref.field == "outcome.actual" and ref.period == 1]
    names = [row for ref, (row, _) in at.items() if ref.field == "activity.name"]
    assert (
        len(actuals) == len(measure.outcomes)
        and len(names) == len(measure.activities)
        and actuals == names[: len(actuals)]
    )
    beyond = [row for row in names if row not in actuals]
    assert not {(row, column) for row in beyond for column in range(7, 12)} & open_cells(data, measure.id)
    grid = rows_of(data, measure.id)
    assert all(grid[row - 1][6] == "" for row in beyond)  # no 成果⑤ either


def test_a_condition_hides_its_rows() -> None:
    assert (
        Ref("no_report", "", 1)
        in read(render(REAL["01-01"], FIRST, second_form()), "01-01", FIRST, second_form()).values
    )
    planning = ROUNDS["計画"]
    hidden = read(render(REAL["01-01"], planning, second_form()), "01-01", planning, second_form())
    assert not [ref for ref in hidden.values if ref.field == "no_report"]


@pytest.mark.libreoffice
def test_libreoffice_opens_saves_and_prints_it(soffice: Callable[[Path, str], Path], tmp_path: Path) -> None:
    path = tmp_path / "第2様式 産業振興課.xlsx"
    path.write_bytes(book())
    for extension in ("xlsx", "xls", "ods"):
        saved = CalamineWorkbook.from_path(soffice(path, extension))
        for measure in THREE:
            rows = saved.get_sheet_by_name(measure.id).to_python(skip_empty_area=False)
            filled = read_sheet(second_form(), rows, quarter=1, year=1)[measure.id]
            assert without_spares(filled.values, measure) == shown_on_second(measure, FIRST)
    printed = soffice(path, "pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3

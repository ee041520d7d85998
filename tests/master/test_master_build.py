"""The first master: its contents, and its structure for Excel."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from dxreport.lifecycle.sample import load, settings
from dxreport.lifecycle.sample.departments import AREAS, DEPARTMENTS, sample_master
from dxreport.master.build import build_master
from dxreport.master.read import master_from, read_master
from dxreport.master.records import MeasureState, Standing
from dxreport.ooxml.package import MAIN_NS, Package
from dxreport.ooxml.table import sheet_parts, tables
from tests.support.measures import with_texts

N = f"{{{MAIN_NS}}}"
BUNDLED = Path(__file__).parents[2] / "master" / "master.xlsx"


def test_the_bundled_master_is_the_sample_without_answers_to_the_letter() -> None:
    master = read_master(BUNDLED)
    assert list(master.measures) == load(with_answers=False)
    assert master.departments == DEPARTMENTS
    assert master.settings.rounds == settings().rounds
    assert master.settings.areas == AREAS
    assert set(master.standings.values()) == {Standing()}


def test_the_bundled_master_can_be_built_again_byte_for_byte(sample: bytes) -> None:
    assert BUNDLED.read_bytes() == sample == sample_master()


def test_every_department_of_a_measure_is_known_and_each_has_a_measure(sample: bytes) -> None:
    master = master_from(sample)
    assert [d.name for d, _ in master.by_department(1)] == [d.name for d in DEPARTMENTS]
    assert sum(len(measures) for _, measures in master.by_department(1)) == 26


def test_texts_that_look_like_formulas_errors_or_numbers_stay_texts(tmp_path: Path) -> None:
    nasty = ["=1+1", "#N/A", "007", " 前後の空白 ", "a\n\nb", "_x000D_", "<&>", "TRUE", "-1", "+1", "@x", "𠮷🎌"]
    measures = load(with_answers=False)[: len(nasty)]
    measures = [with_texts(m, {"goal": text}) for m, text in zip(measures, nasty, strict=True)]
    build_master(settings(), DEPARTMENTS, measures, tmp_path / "m.xlsx")
    assert [m.goal for m in read_master(tmp_path / "m.xlsx").measures] == nasty


def test_standings_are_kept(tmp_path: Path) -> None:
    standings = {"01-02": Standing(MeasureState.STOPPED, 3)}
    build_master(settings(), DEPARTMENTS, load(False), tmp_path / "m.xlsx", standings)
    read = read_master(tmp_path / "m.xlsx").standings
    assert read["01-02"] == Standing(MeasureState.STOPPED, 3)
    assert read["01-01"] == Standing()


def test_every_table_covers_its_rows_and_its_headers_are_those_of_the_cells(sample: bytes) -> None:
    package = Package(sample)
    for name, part in sheet_parts(package).items():
        rows = {int(r.get("r")): r for r in package.xml(part).find(N + "sheetData")}
        for table in tables(package, part):
            root = package.xml(table.part)
            assert root.get("ref") == root.find(N + "autoFilter").get("ref") == table.box.ref
            cells = {c.get("r"): "".join(c.itertext()) for c in rows[table.box.top]}
            columns = [c.get("name") for c in root.find(N + "tableColumns")]
            texts = list(cells.values())
            assert any(texts[i : i + len(columns)] == columns for i in range(len(texts))), name
    assert package.xml("xl/workbook.xml").find(N + "calcPr").get("fullCalcOnLoad") == "1"


def test_dropdowns_reach_every_row_and_every_cell_is_text(sample: bytes) -> None:
    package = Package(sample)
    part = sheet_parts(package)["施策"]
    root = package.xml(part)
    lists = {v.get("sqref"): v.findtext(N + "formula1") for v in root.iter(N + "dataValidation")}
    assert lists["C2:C27"] == "'部署'!$A$2:$A$18"
    assert lists["P2:P27"] == '"実施中,中止,完了,統合"'
    styles = package.xml("xl/styles.xml").find(N + "cellXfs")
    used = {int(c.get("s")) for c in root.iter(N + "c")}
    assert {styles[s].get("numFmtId") for s in used} == {"49"}


def test_the_workbook_names_no_author_and_no_time(sample: bytes) -> None:
    core = Package(sample).xml("docProps/core.xml")
    assert [etree.QName(e).localname for e in core if e.text] == ["created"]

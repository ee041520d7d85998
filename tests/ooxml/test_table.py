"""Tables found by header and edited in place, in workbooks of any program."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import xlsxwriter
from lxml import etree

from dxreport.domain.errors import MasterError
from dxreport.ooxml.package import MAIN_NS, Package, serialise
from dxreport.ooxml.sheet_texts import sheet_texts
from dxreport.ooxml.table import TableRange, WorkbookEdit, find_header, plain, sheet_parts, tables, workbook_part
from dxreport.ooxml.worksheets import Worksheets

N = f"{{{MAIN_NS}}}"


def two_tables(blank_rows: int = 0, below: str = "") -> tuple[Package, TableRange]:
    """Return a sheet with tables at B3 (品名, 数) and at F3, and the range of the first."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("表")
    blue = book.add_format({"font_color": "blue"})
    bottom = 4 + blank_rows
    sheet.add_table(2, 1, bottom, 2, {"columns": [{"header": "品名"}, {"header": "数"}]})
    sheet.add_table(2, 5, 9, 6, {"columns": [{"header": "甲"}, {"header": "乙"}]})
    for row, name in enumerate(("りんご", "みかん"), 3):
        sheet.write_string(row, 1, name, blue)
        sheet.write_string(row, 2, str(row), blue)
        sheet.write_string(row, 5, f"隣{row}")
    if below:
        sheet.write_string(bottom + 1, 2, below)
    sheet.data_validation(3, 2, bottom, 2, {"validate": "list", "source": ["3", "4"]})
    sheet.conditional_format(3, 1, bottom, 2, {"type": "no_blanks", "format": blue})
    sheet.conditional_format(3, 5, bottom, 5, {"type": "no_blanks", "format": blue})
    book.close()
    package = Package(stream.getvalue())
    part = sheet_parts(package)["表"]
    return package, TableRange("表", part, 3, {"品名": 2, "数": 3}, 5, tables(package, part)[0])


def grid(data: bytes) -> dict[int, dict[int, str]]:
    package = Package(data)
    return sheet_texts(Worksheets(package, workbook_part(package)), sheet_parts(package)["表"]).rows


def test_headers_are_found_among_the_first_rows_whatever_their_width_or_breaks() -> None:
    rows = [["品目の表"], [], ["", "品 名", "数\n（個）", "備考"], ["品名", "", "", ""]]
    assert find_header(rows, ["品名", "数(個)"]) == (3, {"品名": 2, "数(個)": 3})
    assert find_header(rows, ["なし"]) == (0, {})
    assert plain("連絡先（Ｅ-mail） ") == plain("連絡先(E-mail)")


def test_an_appended_row_leaves_the_table_next_to_it_alone() -> None:
    package, area = two_tables()
    edit = WorkbookEdit(package)
    assert edit.append(area, {"品名": "なし", "数": "9"}) == 6
    data = edit.data()
    assert grid(data)[6] == {2: "なし", 3: "9"}
    after = Package(data)
    assert [t.box.ref for t in tables(after, area.part)] == ["B3:C6", "F3:G10"]
    root = after.xml(area.part)
    assert [v.get("sqref") for v in root.iter(N + "dataValidation")] == ["C4:C6"]
    assert sorted(f.get("sqref") for f in root.iter(N + "conditionalFormatting")) == ["B4:C6", "F4:F5"]
    styles = [[c.get("s") for c in row][:2] for row in root.find(N + "sheetData")]
    assert styles[-1] == styles[1] == styles[2]


def test_blank_rows_at_the_end_of_a_table_are_used_first() -> None:
    package, area = two_tables(blank_rows=2)
    edit = WorkbookEdit(package)
    assert [edit.append(area, {"品名": str(n)}) for n in range(3)] == [6, 7, 8]
    assert tables(Package(edit.data()), area.part)[0].box.ref == "B3:C8"


def test_a_cell_in_the_way_is_named() -> None:
    package, area = two_tables(below="合計は別紙")
    with pytest.raises(MasterError, match="C6"):
        WorkbookEdit(package).append(area, {"品名": "x"})


def test_a_table_in_the_way_is_named() -> None:
    package, area = two_tables()
    other = tables(package, area.part)[1]
    root = package.xml(other.part)
    root.set("ref", "B6:C9")
    package = Package(package.with_parts({other.part: serialise(root)}))
    with pytest.raises(MasterError, match="B6:C9"):
        WorkbookEdit(package).append(area, {"品名": "x"})


def test_a_cell_hidden_by_a_merge_is_not_written() -> None:
    package, area = two_tables()
    root = package.xml(area.part)
    merges = etree.Element(N + "mergeCells", count="1")
    etree.SubElement(merges, N + "mergeCell", ref="B4:B5")
    root.find(N + "sheetData").addnext(merges)
    package = Package(package.with_parts({area.part: serialise(root)}))
    edit = WorkbookEdit(package)
    edit.set(area, 4, "品名", "よい")
    with pytest.raises(MasterError, match=r"B5.*B4:B5"):
        edit.set(area, 5, "品名", "見えない")


def test_cells_and_rows_without_references_are_found_by_their_order() -> None:
    package, area = two_tables()
    root = package.xml(area.part)
    sheet_data = root.find(N + "sheetData")
    first = int(sheet_data[0].get("r"))
    assert first == 3
    for row in sheet_data[1:]:
        del row.attrib["r"]
        for c in list(row)[1:]:
            if c.get("r")[0] == "C":
                del c.attrib["r"]
    package = Package(package.with_parts({area.part: serialise(root)}))
    edit = WorkbookEdit(package)
    edit.set(area, 5, "数", "新")
    rows = grid(edit.data())
    assert (rows[4][3], rows[5][3], rows[5][6]) == ("3", "新", "隣4")


def test_no_edit_no_change() -> None:
    package, _ = two_tables()
    assert WorkbookEdit(package).data() is package.data


def test_an_edit_changes_no_other_part() -> None:
    package, area = two_tables()
    edit = WorkbookEdit(package)
    edit.set(area, 4, "品名", "なし")
    after = Package(edit.data())
    assert [n for n in package.names if package.read(n) != after.read(n)] == [area.part]


def changed(package: Package, part: str, change) -> Package:
    root = package.xml(part)
    change(root)
    return Package(package.with_parts({part: serialise(root)}))


def test_a_header_far_down_is_none() -> None:
    blank: list[list[str]] = [[]]
    assert find_header([*blank * 19, ["品名"]], ["品名"]) == (20, {"品名": 1})
    assert find_header([*blank * 20, ["品名"]], ["品名"]) == (0, {})


def test_the_first_row_does_not_take_the_looks_of_the_header() -> None:
    def emptied(root: etree._Element) -> None:
        for c in list(root.iter(N + "c")):
            if c.get("r") in ("B3", "C3"):
                c.set("s", "1")
            elif c.get("r")[0] in "BC":
                c.getparent().remove(c)

    package, area = two_tables()
    edit = WorkbookEdit(changed(package, area.part, emptied))
    assert edit.append(replace(area, last=area.header), {"品名": "最初", "数": "1"}) == 4
    looks = {c.get("r"): c.get("s") for c in Package(edit.data()).xml(area.part).iter(N + "c")}
    assert looks["B3"] == "1" and "1" not in (looks["B4"], looks["C4"])


def test_the_last_blank_row_above_a_total_is_used() -> None:
    package, area = two_tables(blank_rows=2)
    package = changed(package, area.table.part, lambda root: root.set("totalsRowCount", "1"))
    area = replace(area, table=tables(package, area.part)[0])
    edit = WorkbookEdit(package)
    assert edit.append(area, {"品名": "x"}) == 6
    with pytest.raises(MasterError, match="集計行（7 行目）"):
        edit.append(area, {"品名": "y"})


def test_a_table_below_the_last_column_alone_is_named() -> None:
    package, area = two_tables()
    other = tables(package, area.part)[1]
    package = changed(package, other.part, lambda root: root.set("ref", "C6:E9"))
    with pytest.raises(MasterError, match="C6:E9"):
        WorkbookEdit(package).append(area, {"品名": "x"})


def test_a_sorted_range_that_ends_above_does_not_grow_with_the_table() -> None:
    package, area = two_tables()
    package = changed(package, area.table.part, lambda root: etree.SubElement(root, N + "sortState", ref="B4:C4"))
    edit = WorkbookEdit(package)
    edit.append(area, {"品名": "x"})
    root = Package(edit.data()).xml(area.table.part)
    assert (root.get("ref"), root.find(N + "sortState").get("ref")) == ("B3:C6", "B4:C4")

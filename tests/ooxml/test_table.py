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
from dxreport.ooxml.table import TableRange, find_header, folded, sheet_parts, tables
from dxreport.ooxml.table_edit import WorkbookEdit
from dxreport.ooxml.worksheets import Worksheets
from tests.support.packages import faults

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
    return sheet_texts(Worksheets(package), sheet_parts(package)["表"]).rows


def test_headers_are_found_among_the_first_rows_whatever_their_width_or_breaks() -> None:
    rows = [["品目の表"], [], ["", "品 名", "数\n（個）", "備考"], ["品名", "", "", ""]]
    assert find_header(rows, ["品名", "数(個)"]) == (3, {"品名": 2, "数(個)": 3})
    assert find_header(rows, ["なし"]) == (0, {})
    assert folded("連絡先（Ｅ-mail） ") == folded("連絡先(E-mail)")


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


def cell_styles(package: Package, part: str, row: int) -> dict[str, str]:
    """Return the style of each cell of a row by its address."""
    cells = package.xml(part).iterfind(f"{N}sheetData/{N}row[@r='{row}']/{N}c")
    return {c.get("r"): c.get("s", "0") for c in cells}


def with_bold_headers(package: Package, area: TableRange) -> Package:
    """Give the header cells of the area the format of the cells under them."""

    def restyle(root: etree._Element) -> None:
        style = cell_styles(package, area.part, 4)["C4"]
        for c in root.iterfind(f"{N}sheetData/{N}row[@r='3']/{N}c"):
            c.set("s", style)

    return changed(package, area.part, restyle)


def test_a_widened_table_has_the_new_columns() -> None:
    package, area = two_tables()
    package = with_bold_headers(package, area)
    edit = WorkbookEdit(package)
    wider = edit.widen(area, ["備考", "日付"])
    assert (dict(wider.columns), wider.span) == ({"品名": 2, "数": 3, "備考": 4, "日付": 5}, (2, 5))
    edit.set(wider, 4, "備考", "赤い")
    data = edit.data()
    after = Package(data)
    assert faults(data) == []
    assert grid(data)[3] == {2: "品名", 3: "数", 4: "備考", 5: "日付", 6: "甲", 7: "乙"} and grid(data)[4][4] == "赤い"
    assert [t.box.ref for t in tables(after, area.part)] == ["B3:E5", "F3:G10"]
    assert area.table is not None
    root = after.xml(area.table.part)
    columns = root.find(N + "tableColumns")
    assert columns.get("count") == "4"
    assert [(c.get("id"), c.get("name")) for c in columns] == [("1", "品名"), ("2", "数"), ("3", "備考"), ("4", "日付")]
    assert root.find(N + "autoFilter").get("ref") == "B3:E5"
    styles = cell_styles(after, area.part, 3)
    assert styles["C3"] != "0" and styles["D3"] == styles["E3"] == styles["C3"]


def test_the_ids_of_new_columns_follow_the_highest() -> None:
    package, area = two_tables()
    assert area.table is not None

    def renumber(root: etree._Element) -> None:
        root.find(N + "tableColumns")[0].set("id", "9")

    edit = WorkbookEdit(changed(package, area.table.part, renumber))
    edit.widen(area, ["備考"])
    columns = Package(edit.data()).xml(area.table.part).find(N + "tableColumns")
    assert [c.get("id") for c in columns] == ["9", "2", "10"]


@pytest.mark.parametrize("append_first", [False, True])
def test_a_table_grows_both_ways(append_first: bool) -> None:
    package, area = two_tables()
    edit = WorkbookEdit(package)
    if append_first:
        edit.append(area, {"品名": "なし"})
    wider = edit.widen(area, ["備考"])
    if not append_first:
        edit.append(wider, {"品名": "なし"})
    assert edit.append(wider, {"品名": "かき", "備考": "渋い"}) == 7
    data = edit.data()
    assert faults(data) == []
    assert [t.box.ref for t in tables(Package(data), area.part)] == ["B3:D7", "F3:G10"]
    assert (grid(data)[6][2], grid(data)[7][2], grid(data)[7][4]) == ("なし", "かき", "渋い")


def test_the_dimension_covers_new_columns_of_a_range_that_is_no_table() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("表")
    sheet.write_row(0, 0, ["品名", "数"])
    sheet.write_row(1, 0, ["りんご", "3"])
    book.close()
    package = Package(stream.getvalue())
    area = TableRange("表", sheet_parts(package)["表"], 1, {"品名": 1, "数": 2}, 2)
    edit = WorkbookEdit(package)
    wider = edit.widen(area, ["備考"])
    assert edit.append(wider, {"品名": "なし", "備考": "甘い"}) == 3
    data = edit.data()
    assert faults(data) == [] and grid(data)[3] == {1: "なし", 3: "甘い"}
    assert Package(data).xml(area.part).find(N + "dimension").get("ref") == "A1:C3"
    edit = WorkbookEdit(package)
    edit.widen(area, ["備考"])
    assert Package(edit.data()).xml(area.part).find(N + "dimension").get("ref") == "A1:C2"


@pytest.mark.parametrize("row", [3, 4, 5])
def test_a_cell_right_of_a_table_is_named(row: int) -> None:
    package, area = two_tables()
    edit = WorkbookEdit(package)
    edit.set(replace(area, columns={"右": 4}, header=2), row, "右", "メモ")
    with pytest.raises(MasterError, match=f"D{row}"):
        WorkbookEdit(Package(edit.data())).widen(area, ["備考"])


def test_a_merge_right_of_a_table_is_named() -> None:
    package, area = two_tables()

    def merge(root: etree._Element) -> None:
        merges = etree.Element(N + "mergeCells", count="1")
        etree.SubElement(merges, N + "mergeCell", ref="D5:E6")
        root.find(N + "sheetData").addnext(merges)

    with pytest.raises(MasterError, match="D5"):
        WorkbookEdit(changed(package, area.part, merge)).widen(area, ["備考"])


def test_a_table_right_of_a_table_is_named_even_where_its_cells_are_blank() -> None:
    package, area = two_tables()
    lower = replace(area, header=6, last=8, table=None)
    with pytest.raises(MasterError, match="F3:G10"):
        WorkbookEdit(package).widen(lower, ["備考", "日付", "担当"])
    with pytest.raises(MasterError, match="F3:G10"):
        WorkbookEdit(package).widen(area, ["備考", "日付", "担当"])


def test_a_widened_table_keeps_its_blank_rows() -> None:
    package, area = two_tables(blank_rows=2)
    edit = WorkbookEdit(package)
    edit.widen(area, ["備考"])
    data = edit.data()
    assert faults(data) == []
    assert [t.box.ref for t in tables(Package(data), area.part)] == ["B3:D7", "F3:G10"]

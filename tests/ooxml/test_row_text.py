"""Worksheets edited with their rows as text, however a program wrote them."""

from __future__ import annotations

import pytest
from lxml import etree

from dxreport.domain.errors import MasterError, PackageError
from dxreport.ooxml.package import MAIN_NS
from dxreport.ooxml.sheet import SheetEdit

N = f"{{{MAIN_NS}}}"
AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"


def sheet(rows: str, after: str = "") -> bytes:
    """Return a worksheet with these rows."""
    return f'<worksheet xmlns="{MAIN_NS}" xmlns:x14ac="{AC}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def shown(data: bytes) -> dict[str, tuple[str, str]]:
    """Return format and text of each cell."""
    cells = etree.fromstring(data).iter(N + "c")
    return {c.get("r"): (c.get("s", ""), "".join(c.itertext()).strip()) for c in cells}


PLAIN = sheet(
    '<row r="2" spans="1:2" x14ac:dyDescent="0.2"><c r="A2" s="1"><v>1</v></c><c r="B2" s="2"/></row><row r="3"/>'
)
PREFIXED = (
    f'<x:worksheet xmlns:x="{MAIN_NS}"><x:sheetData><x:row r="2"><x:c r="A2" s="1"><x:v>1</x:v></x:c><x:c r="B2" s="2"/>'
    '</x:row><x:row r="3"/></x:sheetData></x:worksheet>'
).encode()
WAYS = {
    "plain": PLAIN,
    "a prefix": PREFIXED,
    "a prefix declared by the row": sheet(
        f'<y:row xmlns:y="{MAIN_NS}" r="2"><y:c r="A2" s="1"><y:v>1</y:v></y:c><y:c r="B2" s="2"/></y:row><row r="3"/>'
    ),
    "single quotes": sheet("<row r='2'><c r='A2' s='1'><v>1</v></c><c r='B2' s='2'/></row><row r='3'/>"),
    "blanks around =": sheet('<row r="2"><c r = "A2" s="1"><v>1</v></c><c r="B2" s ="2"/></row><row r="3"/>'),
    "indented": sheet(
        '\n <row r="2" >\n  <c r="A2" s="1">\n   <v>1</v>\n  </c>\n  <c r="B2" s="2" />\n </row>\n <row r="3" />\n'
    ),
    "a comment": sheet(
        '<row r="2"><!-- <c r="A2"/> --><c r="A2" s="1"><v>1</v></c><c r="B2" s="2"/></row><row r="3"/>'
    ),
    "CDATA": sheet('<row r="2"><c r="A2" s="1"><v><![CDATA[1]]></v></c><c r="B2" s="2"></c></row><row r="3"></row>'),
    "no addresses": sheet('<row/><row><c s="1"><v>1</v></c><c s="2"/></row><row/>'),
    "UTF-16": PLAIN.decode().encode("utf-16"),
}


@pytest.mark.parametrize("way", WAYS)
def test_cells_are_set_however_the_sheet_is_written(way: str) -> None:
    edit = SheetEdit(WAYS[way], "表")
    assert edit.occupied(2, 1) and not edit.occupied(2, 2) and edit.style(2, 2) == 2
    edit.set(2, 2, "a < b & 'c' _x0041_")
    edit.set(5, 1, "下")
    edit.restyle(3, 2, 7)
    assert shown(edit.data()) == {
        "A2": ("1", "1"), "B2": ("2", "a < b & 'c' _x005F_x0041_"), "B3": ("7", ""), "A5": ("1", "下"),
    }  # fmt: skip


def test_rows_that_are_not_touched_keep_their_bytes() -> None:
    touched = '<row r="3"><c r="A3"/></row>'
    rows = '<row r="1"><c r="A1" t="s"><v>&#48;</v></c></row>', '<row r="9" x14ac:dyDescent="0.2"></row>'
    edit = SheetEdit(sheet(rows[0] + touched + rows[1]), "表")
    edit.set(3, 1, "x")
    data = edit.data().decode()
    assert all(row in data for row in rows) and touched not in data


def test_a_part_without_rows_gets_some() -> None:
    for data in (sheet(""), sheet("").replace(b"<sheetData></sheetData>", b"<sheetData/>")):
        edit = SheetEdit(data, "表")
        assert not shown(edit.data())
        edit.set(4, 2, "x")
        assert shown(edit.data()) == {"B4": ("", "x")}
    with pytest.raises(PackageError):
        SheetEdit(f'<worksheet xmlns="{MAIN_NS}"/>'.encode(), "表")


def test_many_rows_are_edited_in_any_order() -> None:
    edit = SheetEdit(sheet("".join(f'<row r="{n}" ht="20"><c r="A{n}" s="{n}"/></row>' for n in range(1, 301))), "表")
    for n in (*range(300, 0, -1), *range(1, 301)):
        edit.set(n, 1, f"{n}回" if edit.occupied(n, 1) else "x")
    edit.set(300, 2, "右")  # the nearest cell above is in none of 299 rows
    found = shown(edit.data())
    assert found == {f"A{n}": (str(n), f"{n}回") for n in range(1, 301)} | {"B300": ("", "右")}
    assert [(n, row) for n, row in edit.rows() if row != {"r": str(n)}] == []


def test_the_look_of_a_new_cell_comes_from_far_above() -> None:
    edit = SheetEdit(
        sheet("".join(f'<row r="{n}"><c r="{"B" if n == 1 else "A"}{n}" s="{n}"/></row>' for n in range(1, 201))), "表"
    )
    edit.set(200, 2, "x")
    edit.set(199, 2, "y", 2)
    assert (edit.style(200, 2), edit.style(199, 2)) == (1, 0)


@pytest.mark.parametrize("kind", ["shared", "array", "dataTable"])
def test_a_formula_of_several_cells_stays(kind: str) -> None:
    data = sheet(f'<row r="1"><c r="A1"><f ref="A1:A2" t="{kind}">B1</f><v>1</v></c><c r="B1"><f>C1</f></c></row>')
    edit = SheetEdit(data, "表")
    with pytest.raises(MasterError, match="「表」シートの A1"):
        edit.set(1, 1, "x")
    assert edit.has_formulas() and not edit.dropped_formula
    edit.set(1, 2, "x")
    assert edit.dropped_formula

"""Worksheets of .ods: their ``text:p`` is what the author saw (ODF 1.2 part 1, 9.1.4 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from lxml import etree

from ...ooxml.cells import At, Cell, CellKind, Grid, text_cell, with_formula
from ...ooxml.package import Package, parse
from ...ooxml.refs import Box
from ..limits import MAX_COLUMNS, MAX_ROWS, MAX_XML, Unreadable, too_far

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE, _STYLE = (f"{{{_NS}{name}:1.0}}" for name in ("table", "text", "office", "style"))
_CALCEXT_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_BARE = {_TABLE + "style-name", _TABLE + "number-columns-repeated"}  # what a cell without content may have
_KINDS: dict[str, CellKind] = {
    "float": "number",
    "percentage": "number",
    "currency": "number",
    "date": "date",
    "time": "date",
    "boolean": "boolean",
}
_RAW = tuple(f"{_OFFICE}{name}" for name in ("value", "date-value", "time-value", "boolean-value"))
_ERROR = re.compile(r"#(REF!|N/A|DIV/0!|NAME\?|VALUE!|NUM!|NULL!)|(Err|エラー):\d{3}")


def read_ods(package: Package) -> list[Grid]:
    """The worksheets of an .ods.

    Raises Unreadable for one with a password (E402) or beyond the limits (E405), PackageError or ValueError
    where it is damaged.
    """
    manifest = "META-INF/manifest.xml"
    if manifest in package and b"encryption-data" in package.read(manifest):
        raise Unreadable("E402", "LibreOffice のパスワード付きファイルは、パスワードがあっても開けません")
    data = package.read("content.xml")
    if len(data) > MAX_XML:
        raise Unreadable("E405", "シートが大きすぎます")
    root = parse(data)
    shown = f"{_STYLE}table-properties[@{_TABLE}display='false']"
    hidden = {style.get(_STYLE + "name") for style in root.iter(_STYLE + "style") if style.find(shown) is not None}
    return [_grid(table, table.get(_TABLE + "style-name") in hidden) for table in root.iter(_TABLE + "table")]


def _grid(table: etree._Element, hidden: bool) -> Grid:
    name = table.get(_TABLE + "name", "")
    cells: dict[At, Cell] = {}
    merges: list[Box] = []
    notes: dict[At, str] = {}
    for node, box in _placed(table):
        rows, columns = (int(node.get(f"{_TABLE}number-{of}-spanned", "1")) for of in ("rows", "columns"))
        if rows > 1 or columns > 1:
            merges.append(Box(box.top, box.left, box.top + rows - 1, box.left + columns - 1))
        cell, note = _cell(node), node.find(_OFFICE + "annotation")
        filled = cell.text or cell.formula
        if filled and (box.bottom > MAX_ROWS or box.right > MAX_COLUMNS):
            raise too_far(name, box.bottom, box.right)
        if filled:
            repeated = product(range(box.top, box.bottom + 1), range(box.left, box.right + 1))
            cells |= dict.fromkeys(repeated, cell)
        if note is not None:
            notes[box.top, box.left] = "\n".join(_paragraph(p) for p in note.iter(_TEXT + "p"))
    return Grid(name, hidden, cells, tuple(merges), notes)


def _placed(table: etree._Element) -> Iterator[tuple[etree._Element, Box]]:
    """The cells that are not bare, each with the places it is repeated in."""
    row = 1
    for line in table.iter(_TABLE + "table-row"):
        rows, column = int(line.get(_TABLE + "number-rows-repeated", "1")), 1
        for node in line.iterchildren(*_CELLS):
            columns = int(node.get(_TABLE + "number-columns-repeated", "1"))
            if len(node) or not _BARE.issuperset(node.keys()):
                yield node, Box(row, column, row + rows - 1, column + columns - 1)
            column += columns
        row += rows


def _cell(node: etree._Element) -> Cell:
    shown = "\n".join(_paragraph(p) for p in node.iterchildren(_TEXT + "p"))
    kind, formula = _KINDS.get(node.get(_OFFICE + "value-type", ""), "text"), node.get(_TABLE + "formula")
    if node.get(_CALCEXT_TYPE) == "error" or (formula and _ERROR.fullmatch(shown)):
        kind = "error"
    raw = next(filter(None, (node.get(name) for name in _RAW)), shown)
    result = text_cell(shown) if kind == "text" else Cell(kind, shown, raw)
    return with_formula(result, re.sub(r"^\w+:(?==)", "", formula)) if formula else result


def _paragraph(node: etree._Element) -> str:
    """The text of a paragraph: white space is one blank, blanks and breaks have elements of their own."""
    out = [_collapsed(node.text)]
    for child in node:
        if child.tag == _TEXT + "s":
            out.append(" " * min(int(child.get(_TEXT + "c", "1")), 32_767))
        elif child.tag in (_TEXT + "line-break", _TEXT + "tab"):
            out.append("\n" if child.tag.endswith("break") else "\t")
        elif isinstance(child.tag, str) and child.tag not in (_OFFICE + "annotation", _TEXT + "ruby-text"):
            out.append(_paragraph(child))
        out.append(_collapsed(child.tail))
    return "".join(out)


def _collapsed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text) if text else ""

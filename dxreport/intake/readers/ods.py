"""Exact cells of .ods: its ``text:p`` is what the author saw (ODF 1.2 part 1, 9.1.4 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from ...ooxml.package import Package, parse
from ..limits import MAX_COLUMNS, MAX_ROWS
from .cell import BLANK, CellKind, ExactCell, as_formula, text_cell

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE = f"{{{_NS}table:1.0}}", f"{{{_NS}text:1.0}}", f"{{{_NS}office:1.0}}"
_CALCEXT_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_KINDS: dict[str, CellKind] = {
    "float": "number",
    "percentage": "number",
    "currency": "number",
    "date": "date",
    "time": "date",
    "boolean": "boolean",
}
_RAW = ("value", "date-value", "time-value", "boolean-value")
_ERROR = re.compile(r"#(REF!|N/A|DIV/0!|NAME\?|VALUE!|NUM!|NULL!)|(Err|エラー):\d{3}")


class OdsExact:
    """One workbook, parsed whole."""

    def __init__(self, data: bytes) -> None:
        root = parse(Package(data).read("content.xml"))
        self._tables = {table.get(_TABLE + "name"): table for table in root.iter(_TABLE + "table")}

    def sheet(self, name: str) -> OdsSheet:
        """The sheet of this name; raises KeyError."""
        return OdsSheet(self._tables[name])


class OdsSheet:
    """One sheet; repeated rows and cells are unfolded within the limits."""

    def __init__(self, table: etree._Element) -> None:
        self._cells: dict[tuple[int, int], etree._Element] = {}
        self._table = table
        row = 0
        for row_node in table.iter(_TABLE + "table-row"):
            rows = int(row_node.get(_TABLE + "number-rows-repeated", "1"))
            column = 0
            for node in row_node.iterchildren(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                columns = int(node.get(_TABLE + "number-columns-repeated", "1"))
                if len(node) or node.get(_OFFICE + "value-type") is not None or node.get(_TABLE + "formula"):
                    self._put(node, row, min(row + rows, MAX_ROWS), column, min(column + columns, MAX_COLUMNS))
                column += columns
            row += rows

    def _put(self, node: etree._Element, top: int, bottom: int, left: int, right: int) -> None:
        for row in range(top, bottom):
            for column in range(left, right):
                self._cells[row + 1, column + 1] = node

    def cell(self, row: int, column: int) -> ExactCell:
        """See ExactSheet."""
        node = self._cells.get((row, column))
        if node is None:
            return BLANK
        shown = "\n".join(_paragraph(p) for p in node.iterchildren(_TEXT + "p"))
        kind = _KINDS.get(node.get(_OFFICE + "value-type", ""), "text")
        formula = node.get(_TABLE + "formula")
        if node.get(_CALCEXT_TYPE) == "error" or (formula and _ERROR.fullmatch(shown)):
            kind = "error"
        if kind == "text":
            result = text_cell(shown)
        else:
            result = ExactCell(kind, shown, next(filter(None, (node.get(_OFFICE + name) for name in _RAW)), shown))
        return as_formula(result, re.sub(r"^\w+:(?==)", "", formula)) if formula else result

    def has_formula(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        node = self._cells.get((row, column))
        return node is not None and node.get(_TABLE + "formula") is not None

    def covered(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        at = 0
        for row_node in self._table.iter(_TABLE + "table-row"):
            at += int(row_node.get(_TABLE + "number-rows-repeated", "1"))
            if at >= row:
                return _is_covered(row_node, column)
        return False

    def notes(self) -> Mapping[tuple[int, int], str]:
        """See ExactSheet."""
        out = {}
        for place, node in self._cells.items():
            note = node.find(_OFFICE + "annotation")
            if note is not None:
                out[place] = "\n".join(_paragraph(p) for p in note.iter(_TEXT + "p"))
        return out


def _is_covered(row: etree._Element, column: int) -> bool:
    at = 0
    for node in row.iterchildren(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
        at += int(node.get(_TABLE + "number-columns-repeated", "1"))
        if at >= column:
            return node.tag == _TABLE + "covered-table-cell"
    return False


def _paragraph(node: etree._Element) -> str:
    """The text of a paragraph: white space is one blank, blanks and breaks have elements of their own."""
    out = [_collapsed(node.text)]
    for child in node:
        if child.tag == _TEXT + "s":
            out.append(" " * min(int(child.get(_TEXT + "c", "1")), 32_767))
        elif child.tag in (_TEXT + "line-break", _TEXT + "tab"):
            out.append("\n" if child.tag.endswith("break") else "\t")
        elif child.tag not in (_OFFICE + "annotation", _TEXT + "ruby-text"):
            out.append(_paragraph(child))
        out.append(_collapsed(child.tail))
    return "".join(out)


def _collapsed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text or "")

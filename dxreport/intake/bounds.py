"""Where the cells with content end, looked at before a reader allocates the rectangle up to there.

Empty cells that carry only a format may stand anywhere; they do no harm.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from lxml import etree

from ..domain.errors import PackageError
from ..ooxml.package import Package
from ..ooxml.refs import address, cell
from .limits import MAX_COLUMNS, MAX_ROWS, MAX_XML, Unreadable

# Any cell that does not begin with a reference within A1:IV9999, as nearly all writers put it; and any with a prefix.
_ODD_CELL = re.compile(rb'<c(?=[\s/>])(?! r="(?:[A-Z]|[A-H][A-Z]|I[A-V])[0-9]{1,4}")')
_PREFIXED = re.compile(rb":c[\s/>]")
_ANY_STRING = re.compile(rb"<(?:[^\s<>/!?]*:)?si[\s/>]")
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT_P = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"


def too_far(sheet: str, row: int, column: int) -> Unreadable:
    """The refusal of a sheet with content in this cell (1-based)."""
    limit = f"上限は {MAX_ROWS:,} 行・{address(1, MAX_COLUMNS)[:-1]} 列まで"
    return Unreadable("E405", f"シート「{sheet}」のセル {address(row, column)} に値があります（{limit}）")


def check_ooxml(package: Package, main: str) -> None:
    """Raises Unreadable when an .xlsx holds content beyond the limits (E405), or has lost its texts (E403).

    ``main`` is the name of the workbook part. Raises PackageError when a part is damaged.
    """
    relationships = {r.id: r for r in package.relationships(main)}
    strings = next((r.target for r in relationships.values() if r.kind == "sharedStrings"), "")
    has_strings = strings in package and _ANY_STRING.search(package.read(strings)) is not None
    for node in package.xml(main).iter("{*}sheet"):
        # By its id alone, as the fast reader finds it: the relationship's type may be damaged.
        part = next((relationships[v].target for v in node.attrib.values() if v in relationships), "")
        if part in package:
            _check_sheet(package.read(part), node.get("name", ""), has_strings)


def _check_sheet(data: bytes, name: str, has_strings: bool) -> None:
    if len(data) > MAX_XML:
        raise Unreadable("E405", f"シート「{name}」が大きすぎます")
    if b't="s"' in data and not has_strings:  # the fast reader would take texts for blanks
        raise Unreadable("E403", "文字の表（sharedStrings）が失われています")
    if _ODD_CELL.search(data) or _PREFIXED.search(data) or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        for row, column in _cells(data):
            if row > MAX_ROWS or column > MAX_COLUMNS:
                raise too_far(name, row, column)


def _cells(data: bytes) -> Iterator[tuple[int, int]]:
    """The places of all cells with content; those without a reference follow the one before."""
    row = column = 0
    try:
        for event, node in etree.iterparse(io.BytesIO(data), ("start", "end"), tag=("{*}row", "{*}c"), huge_tree=True):
            is_row = etree.QName(node).localname == "row"
            if event == "start" and is_row:
                row, column = int(node.get("r", row + 1)), 0
            elif event == "start":
                ref = node.get("r", "")
                row, column = cell(ref.upper()) if ref else (row, column + 1)
            elif is_row:
                node.clear()
            elif len(node):
                yield row, column
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackageError(f"シートの XML が壊れています: {error}") from None


def check_ods(package: Package) -> None:
    """The same for an .ods; raises PackageError too."""
    data = package.read("content.xml")
    if len(data) > MAX_XML:
        raise Unreadable("E405", "シートが大きすぎます")
    sheet, row, column = "", 0, 0
    events = etree.iterparse(io.BytesIO(data), ("start", "end"), tag=_TABLE + "*", huge_tree=True)
    try:
        for event, node in events:
            kind = node.tag.removeprefix(_TABLE)
            if kind == "table" and event == "start":
                sheet, row = node.get(_TABLE + "name", ""), 0
            elif kind == "table-row":
                column = 0
                if event == "end":
                    row += int(node.get(_TABLE + "number-rows-repeated", "1"))
                    node.clear()
            elif kind in ("table-cell", "covered-table-cell") and event == "end":
                column += int(node.get(_TABLE + "number-columns-repeated", "1"))
                last_row = row + int(node.getparent().get(_TABLE + "number-rows-repeated", "1"))
                if (last_row > MAX_ROWS or column > MAX_COLUMNS) and _has_content(node):
                    raise too_far(sheet, last_row, column)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackageError(f"content.xml が壊れています: {error}") from None


def _has_content(node: etree._Element) -> bool:
    return node.get(_OFFICE + "value-type") is not None or node.find(_TEXT_P) is not None

"""The rows of a worksheet under edit, kept as text: trees would take twenty times the memory of their XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lxml import etree

from ..domain.errors import PackageError
from ..domain.visible import writable
from .package import MAIN_NS, parse
from .refs import address, column_number
from .text import escape

_N = f"{{{MAIN_NS}}}"
_ATTRIBUTES = rb'((?:\s+[\w:.]+="[^"<]*")*)\s*'
_DATA, _HOLLOW = re.compile(rb"<((?:\w+:)?)sheetData\s*>"), re.compile(rb"<((?:\w+:)?)sheetData([^>]*)/>")
_ROW = re.compile(rb"\s*<((?:\w+:)?)row" + _ATTRIBUTES + rb"(/?)>")
_CELL = re.compile(rb"\s*<(?:\w+:)?c" + _ATTRIBUTES + rb"(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ODD_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?!" + _ATTRIBUTES + rb"/?>)")
_NUMBER, _COLUMN = re.compile(rb'\sr="([0-9]+)"'), re.compile(rb'\sr="([A-Z]{1,3})[0-9]+"')
_ATTRIBUTE = re.compile(rb'([\w:.]+)="([^"]*)"')
_FORMULA, _CONTENT = re.compile(rb"<(?:\w+:)?f[\s/>]"), re.compile(rb"<(?:\w+:)?(?:f|v|is)[\s/>]")


class CellText:
    """A cell: the attributes of its tag as written, and the XML inside it."""

    __slots__ = ("attributes", "inner")

    def __init__(self, attributes: bytes, inner: bytes = b"") -> None:
        self.attributes, self.inner = attributes, inner

    @property
    def style(self) -> str:
        """The index of its format as written, "" if it has none."""
        return attribute(self.attributes, "s")

    def is_filled(self) -> bool:
        """Return True if it holds a value or a formula."""
        return _CONTENT.search(self.inner) is not None


class RowText:
    """A row: its number, the attributes of its tag as written, and its cells by column.

    ``prefix`` is that of the names of its elements, with the colon.
    """

    __slots__ = ("_rest", "attributes", "cells", "number", "prefix")

    def __init__(self, number: int, text: bytes) -> None:
        """Take a row apart; a cell without an address follows the one before it."""
        start = _ROW.match(text)
        assert start  # as :func:`cut` found it
        self.number, self.prefix = number, start[1]
        self.attributes = with_attribute(start[2], "r", str(number))
        self.cells: dict[int, CellText] = {}
        column, at = 0, start.end()
        while found := _CELL.match(text, at):
            named = _COLUMN.search(found[1])
            column = column_number(named[1].decode()) if named else column + 1
            placed = found[1] if named else with_attribute(found[1], "r", address(number, column))
            self.cells[column] = CellText(placed, found[2] or b"")
            at = found.end()
        self._rest = b"" if start[3] else text[at : text.rindex(b"</")].strip()

    def add(self, column: int, style: str = "") -> CellText:
        """Add an empty cell in the format ``style``."""
        at, look = address(self.number, column), f' s="{style}"' if style else ""
        found = self.cells[column] = CellText(f' r="{at}"{look}'.encode())
        self.attributes = without_attributes(self.attributes, "spans")
        return found

    def put_number(self, cell: CellText, number: str) -> None:
        """Put a number into an empty cell of the row."""
        cell.inner = b"<%bv>%b</%bv>" % (self.prefix, number.encode(), self.prefix)

    def put_text(self, cell: CellText, text: str) -> None:
        """Put a text into an empty cell of the row."""
        p, content = self.prefix, escape(writable(text)).encode()
        cell.attributes += b' t="inlineStr"'
        cell.inner = b'<%bis><%bt xml:space="preserve">%b</%bt></%bis>' % (p, p, content, p, p)

    def text(self) -> bytes:
        """Return the row as XML."""
        p = self.prefix
        cells = [
            b"<%bc%b>%b</%bc>" % (p, c.attributes, c.inner, p) if c.inner else b"<%bc%b/>" % (p, c.attributes)
            for _, c in sorted(self.cells.items())
        ]
        inner, tag = b"".join(cells) + self._rest, b"%brow%b" % (p, self.attributes)
        return b"<%b>%b</%brow>" % (tag, inner, p) if inner else b"<%b/>" % tag


def attribute(attributes: bytes, name: str) -> str:
    """Return the value of an attribute as written, "" if there is none."""
    found = _named(name).search(attributes)
    return found[1].decode() if found else ""


def with_attribute(attributes: bytes, name: str, value: str) -> bytes:
    """Return attributes with one set to a value that needs no escapes."""
    new, found = f' {name}="{value}"'.encode(), _named(name).search(attributes)
    return attributes[: found.start()] + new + attributes[found.end() :] if found else attributes + new


def without_attributes(attributes: bytes, names: str) -> bytes:
    """Return attributes without those of these names, separated by ``|``."""
    return _named(names).sub(b"", attributes) if _named(names).search(attributes) else attributes


@cache
def _named(name: str) -> re.Pattern[bytes]:
    return re.compile(rf'\s+(?:{name})="([^"]*)"'.encode())


def moved(number: int, text: bytes, new: int) -> bytes:
    """Return a row with another number."""
    row = RowText(number, text)
    row.attributes = with_attribute(row.attributes, "r", str(new))
    for column, cell in row.cells.items():
        cell.attributes = with_attribute(cell.attributes, "r", address(new, column))
    return row.text()


def row_attributes(text: bytes) -> dict[str, str]:
    """Return the attributes of a row as written."""
    start = _ROW.match(text)
    return {name.decode(): value.decode() for name, value in _ATTRIBUTE.findall(start[2])} if start else {}


def has_formula(xml: bytes) -> bool:
    """Return True if there is a formula among these cells."""
    return _FORMULA.search(xml) is not None


def cut(sheet: bytes) -> tuple[etree._Element, dict[int, bytes]]:
    """Return a worksheet as a tree without its rows, and the rows as text by their number.

    A row without a number follows the one before it. Raise PackageError if the part is damaged.
    """
    root, texts = _cut_plain(sheet) or _cut_tree(parse(sheet))
    rows: dict[int, bytes] = {}
    number = 0
    for text in texts:
        start = _ROW.match(text)
        named = _NUMBER.search(start[2]) if start else None
        number = int(named[1]) if named else number + 1
        rows[number] = text if named else RowText(number, text).text()
    return root, rows


def joined(sheet: bytes, rows: Sequence[bytes]) -> bytes:
    """Return the XML of a worksheet, given without rows, with these rows in it."""
    found = _HOLLOW.search(sheet)
    if not rows or not found:
        return sheet
    start, end = b"<%bsheetData%b>" % found.groups(), b"</%bsheetData>" % found[1]
    return b"".join((sheet[: found.start()], start, *rows, end, sheet[found.end() :]))


def _cut_plain(sheet: bytes) -> tuple[etree._Element, list[bytes]] | None:
    """Cut a worksheet written as nearly all programs do; return None for any other."""
    start = _DATA.search(sheet)
    closing = b"</%bsheetData>" % start[1] if start else b""
    end = sheet.find(closing, start.end()) if start else -1
    if not start or end < 0:
        return None
    data, end_of_row = sheet[start.end() : end], b"</%brow>" % start[1]
    if b"<!" in data or b"<?" in data or b"xmlns" in data or _ODD_CELL.search(data):
        return None
    rows: list[bytes] = []
    *pieces, rest = data.split(end_of_row)
    for piece in pieces:
        at = _take_hollow(piece, rows)
        if not _ROW.match(piece, at):
            return None
        rows.append(piece[at:] + end_of_row)
    if rest[_take_hollow(rest, rows) :].strip():
        return None
    return parse(b"%b<%bsheetData/>%b" % (sheet[: start.start()], start[1], sheet[end + len(closing) :])), rows


def _take_hollow(piece: bytes, rows: list[bytes]) -> int:
    """Move rows without cells from the beginning of a piece to ``rows``; return where they end."""
    at = 0
    while (found := _ROW.match(piece, at)) and found[3]:
        rows.append(found[0])
        at = found.end()
    return at


def _cut_tree(root: etree._Element) -> tuple[etree._Element, list[bytes]]:
    """Cut a worksheet however it is written."""
    data = root.find(_N + "sheetData")
    if data is None:
        raise PackageError("シートの中身（sheetData）がありません")
    etree.strip_tags(data, etree.Comment, etree.ProcessingInstruction)
    rows = list(data.iterfind(_N + "row"))
    probe = etree.tostring(etree.SubElement(data, _N + "row"))
    declared = probe[probe.index(b" ") : -2]  # the namespaces, which the root declares too
    texts = [etree.tostring(row, encoding="UTF-8", with_tail=False).replace(declared, b"", 1) for row in rows]
    for child in list(data):
        data.remove(child)
    data.text = None
    return root, texts

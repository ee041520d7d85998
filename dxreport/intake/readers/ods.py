"""Read the worksheets of .ods; ``text:p`` is what the author saw (ODF 1.2 part 1, 9.1.4 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from lxml import etree

from ...domain.days import ERAS
from ...domain.errors import PackageError
from ...ooxml import bounds
from ...ooxml.bounds import Bounds
from ...ooxml.cells import BLANK, At, Cell, CellKind, Grid, text_cell, with_formula
from ...ooxml.package import Package
from ...ooxml.refs import Box
from ...ooxml.text import is_stored_number
from ..limits import MAX_COLUMNS, MAX_ROWS, Unreadable, too_far

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE, _STYLE = (f"{{{_NS}{name}:1.0}}" for name in ("table", "text", "office", "style"))
_CALCEXT_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_BARE = {_TABLE + "style-name", _TABLE + "number-columns-repeated"}  # attributes that a cell without content may have
_KINDS: dict[str, CellKind] = {
    "float": "number",
    "percentage": "number",
    "currency": "number",
    "date": "date",
    "time": "date",
    "boolean": "boolean",
    "string": "text",
}
_RAW = tuple(f"{_OFFICE}{name}" for name in ("value", "date-value", "time-value", "boolean-value"))
_GROUPS = tuple(_TABLE + name for name in ("table-rows", "table-header-rows", "table-row-group"))
_READ, _DRAWN = (_TEXT + "p", _OFFICE + "annotation"), f"{{{_NS}drawing:1.0}}"  # shapes have texts of their own
_MOMENT = re.compile(  # a date, a moment or a duration (XML Schema part 2, 3.2)
    r"-?[0-9]{4,5}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?Z?)?|-?P([0-9]+[YMD])*(T([0-9]+([.,][0-9]+)?[HMS])+)?"
)
_PLAIN = re.compile(r"[^0-9.]*([0-9][0-9,]*(?:\.[0-9]+)?)(%?)[^0-9.]*")
_ERROR = re.compile(r"#(REF!|N/A|DIV/0!|NAME\?|VALUE!|NUM!|NULL!)|(Err|エラー):\d{3}")


def read_ods(package: Package, limits: Bounds) -> list[Grid]:
    """Return the worksheets of an .ods.

    Raise Unreadable if it has a password (E402) or a cell lies too far out (E405), PackageTooLarge beyond the limits,
    PackageError or ValueError if it is damaged.
    """
    manifest = "META-INF/manifest.xml"
    if manifest in package and b"encryption-data" in package.read(manifest):
        raise Unreadable("E402", "LibreOffice のパスワード付きファイルは、パスワードがあっても開けません")
    root = package.xml("content.xml")
    shown = f"{_STYLE}table-properties[@{_TABLE}display='false']"
    hidden = {style.get(_STYLE + "name") for style in root.iter(_STYLE + "style") if style.find(shown) is not None}
    tables = root.findall(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table")
    linked = (_TABLE + "dde-link", _OFFICE + "dde-link")  # linked data have tables of their own
    if len(tables) < sum(table.getparent().tag not in linked for table in root.iter(_TABLE + "table")):
        raise PackageError("表がほかの要素の中にあります")
    if not tables:  # every spreadsheet has one; a damaged namespace hides it
        raise PackageError("表がありません")
    return [_grid(table, table.get(_TABLE + "style-name") in hidden, limits) for table in tables]


def _grid(table: etree._Element, hidden: bool, limits: Bounds) -> Grid:
    name = table.get(_TABLE + "name", "")
    limits.take(bounds.SHEETS, 1)
    cells: dict[At, Cell] = {}
    merges: list[Box] = []
    notes: dict[At, str] = {}
    for node, box in _placed(table):
        rows, columns = _count(node, "number-rows-spanned"), _count(node, "number-columns-spanned")
        if rows > 1 or columns > 1:
            limits.take(bounds.MERGES, 1)
            merges.append(Box(box.top, box.left, box.top + rows - 1, box.left + columns - 1))
        cell, note = _cell(node, limits), node.find(_OFFICE + "annotation")
        filled = cell.text or cell.formula or cell.kind == "unclear"
        if filled and (box.bottom > MAX_ROWS or box.right > MAX_COLUMNS):
            raise too_far(name, box.bottom, box.right)
        if filled:
            limits.take(bounds.CELLS, (box.bottom - box.top + 1) * (box.right - box.left + 1))
            repeated = product(range(box.top, box.bottom + 1), range(box.left, box.right + 1))
            cells |= dict.fromkeys(repeated, cell)
        if note is not None:
            notes[box.top, box.left] = "\n".join(_paragraph(p, limits) for p in note.iter(_TEXT + "p"))
    return Grid(name, hidden, cells, tuple(merges), notes)


def _placed(table: etree._Element) -> Iterator[tuple[etree._Element, Box]]:
    """Yield the cells that are not bare, each with the range over which it is repeated."""
    row, seen = 1, 0
    for line in _rows(table):
        seen += 1
        if _stray(line):
            raise ValueError("セルの外に文字があります")
        rows, column = _count(line, "number-rows-repeated"), 1
        for node in line.iterchildren(*_CELLS):
            seen += 1
            columns = _count(node, "number-columns-repeated")
            if len(node) or not _BARE.issuperset(node.keys()):
                yield node, Box(row, column, row + rows - 1, column + columns - 1)
            column += columns
        row += rows
    if seen < sum(1 for _ in table.iter(_TABLE + "table-row", *_CELLS)):  # within elements that only some programs read
        raise ValueError("行やセルがほかの要素の中にあります")


def _stray(node: etree._Element) -> str:
    """Return the text between the children of an element, where the standard allows none."""
    return "".join([node.text or "", *(child.tail or "" for child in node)]).strip()


def _rows(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the rows of a table, grouped or not, but not those of tables within its cells."""
    for child in parent.iterchildren(_TABLE + "table-row", *_GROUPS):
        if child.tag in _GROUPS:
            yield from _rows(child)
        else:
            yield child


def _count(node: etree._Element, name: str) -> int:
    """Return a number of rows or columns, 1 by default. Raise ValueError if it is not written in plain digits."""
    text = node.get(_TABLE + name, "1")
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _cell(node: etree._Element, limits: Bounds) -> Cell:
    shown = "\n".join(_paragraph(p, limits) for p in node.iterchildren(_TEXT + "p"))
    kind, formula = _KINDS.get(node.get(_OFFICE + "value-type", ""), "unclear"), node.get(_TABLE + "formula")
    if node.get(_CALCEXT_TYPE) == "error" or (formula and _ERROR.fullmatch(shown)):
        kind = "error"
    raw = next(filter(None, (node.get(name) for name in _RAW)), "")
    others = (child for child in node.iterchildren("{*}*") if child.tag not in _READ and _DRAWN not in child.tag)
    astray = (_stray(node) + "".join(text for child in others for text in child.itertext())).strip()
    if astray or (raw and (not shown or kind == "text")):  # text outside paragraphs, or a value that does not show
        kind = "unclear"
    if kind == "text":
        clear = node.get(_OFFICE + "string-value", shown) == shown
        result = text_cell(shown) if clear else Cell("unclear", shown)
    elif kind == "error":
        result = Cell(kind, shown, raw or shown)
    elif kind == "unclear":
        result = Cell(kind, shown or raw or astray)
        result = result if result.text else BLANK
    elif _is_stored(kind, raw, shown):
        result = Cell(kind, shown, raw, certain=_agree(kind, raw, shown))
    else:
        result = Cell("unclear", shown)
    return with_formula(result, re.sub(r"^\w+:(?==)", "", formula)) if formula else result


def _is_stored(kind: CellKind, raw: str, shown: str) -> bool:
    """Return True if a value is written as in the standard, so that all programs read it alike."""
    if kind == "boolean":
        return raw in ("true", "false") and shown.lower() == raw
    return is_stored_number(raw) if kind == "number" else _MOMENT.fullmatch(raw) is not None


def _agree(kind: CellKind, raw: str, shown: str) -> bool:
    """Return True if some number format could show the stored value as this text."""
    if kind == "number":
        found = _PLAIN.fullmatch(shown)
        if not found:
            return True
        number = Decimal(found[1].replace(",", ""))
        exact = abs(Decimal(raw)) * (100 if found[2] else 1)
        return abs(exact - number) <= Decimal(1).scaleb(int(number.as_tuple().exponent)) * Decimal("0.5000001")
    day = re.match("([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2}))?", raw)
    if not day:
        return True
    year, *rest = (int(part or 0) for part in day.groups())
    known = {year, year % 100, *(year - before for before in ERAS.values()), *rest, rest[2] % 12 or 12}
    return {int(number) for number in re.findall("[0-9]{1,9}", shown)} <= known


def _paragraph(node: etree._Element, limits: Bounds) -> str:
    """Return the text of a paragraph: white space collapses to one space; elements stand for more spaces and breaks."""
    out = [_collapsed(node.text)]
    for child in node:
        if child.tag == _TEXT + "s":
            spaces = min(int(child.get(_TEXT + "c", "1")), 32_767)
            limits.take(bounds.CHARACTERS, spaces)
            out.append(" " * spaces)
        elif child.tag in (_TEXT + "line-break", _TEXT + "tab"):
            out.append("\n" if child.tag.endswith("break") else "\t")
        elif isinstance(child.tag, str) and child.tag not in (_OFFICE + "annotation", _TEXT + "ruby-text"):
            out.append(_paragraph(child, limits))
        out.append(_collapsed(child.tail))
    return "".join(out)


def _collapsed(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text) if text else ""

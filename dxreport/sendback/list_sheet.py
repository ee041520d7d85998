"""The sheets that a corrected copy adds: 差し戻し and a hidden one.

差し戻し lists the marks for reading and printing. Each row of the hidden sheet holds a cell in a marked format and
one in the format that it replaced: cell formats survive every program that saves a workbook, even when it renumbers
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from ..domain.model import normalise
from ..ooxml.correction import LIST_SHEET, LIST_TITLE, RECORD_SHEET
from ..ooxml.package import DOC_RELS_NS, MAIN_NS
from ..ooxml.refs import column_letters
from ..ooxml.text import escape, escape_attribute
from ..ooxml.text_metrics import column_px, line_pitch, needed_height, usable_em
from .parts import PackageEdit
from .styles import MarkStyles, Swatch, styles_element

_FRAMES = {"error": "太枠で色を付けたセルは修正が必要な箇所", "warning": "破線の枠のセルは確認をお願いする箇所"}
COLUMNS = ("番号", "シート", "セル", "項目", "記入内容", "指摘", "対応")
_WIDTHS = (6.0, 10.0, 12.0, 24.0, 26.0, 40.0, 40.0)
_N = f"{{{MAIN_NS}}}"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MDW = 7
_FROZEN = 12  # a header further down would leave too little to scroll
_BEFORE_NAMES = ("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
                 "functionGroups", "externalReferences")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: its seven texts, its severity, and the target of its link (``'01-01'!E21``)."""

    texts: tuple[str, ...]
    severity: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class _Looks:
    """Indexes of the cell formats used in the list."""

    title: int
    text: int
    head: int
    cell: int
    link: int
    number: dict[str, int]
    font: str

    @classmethod
    def make(cls, styles: MarkStyles) -> _Looks:
        name = styles.font_name or "ＭＳ Ｐゴシック"
        named = f'<name val="{escape_attribute(name)}"/>'

        def font(size: int, before: str = "", colour: str = "") -> int:
            return styles.add("fonts", styles_element(f'<font>{before}<sz val="{size}"/>{colour}{named}</font>'))

        side = ' style="thin"><color indexed="64"/></'
        box = "".join(f"<{s}{side}{s}>" for s in ("left", "right", "top", "bottom"))
        grid = styles.add("borders", styles_element(f"<border>{box}<diagonal/></border>"))
        plain, bold = font(10), font(10, "<b/>")
        blue = font(10, "<u/>", '<color rgb="FF0563C1"/>')

        def xf(font_id: int, border: int = 0, fill: str = "", across: str = "left", down: str = "top") -> int:
            fill_id = styles.fill(fill) if fill else 0
            return styles.add("cellXfs", styles_element(
                f'<xf numFmtId="49" fontId="{font_id}" fillId="{fill_id}" borderId="{border}" applyNumberFormat="1" '
                f'applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
                f'<alignment horizontal="{across}" vertical="{down}" wrapText="1"/></xf>'
            ))  # fmt: skip

        numbers = {"error": xf(bold, grid, "FFFFC9C9", "center"), "warning": xf(plain, grid, "FFFFEBC2", "center")}
        return cls(xf(font(14, "<b/>"), down="center"), xf(plain), xf(bold, grid, "FFE7E6E6", "center", "center"),
                   xf(plain, grid), xf(blue, grid), numbers, name)  # fmt: skip


def add_list(edit: PackageEdit, styles: MarkStyles, lines: Sequence[Line], header: Sequence[str]) -> None:
    """Put 差し戻し before all sheets and let the workbook open on it."""
    name, number = LIST_SHEET, 1
    while name.casefold() in {other.casefold() for other in _names(edit)}:
        number += 1
        name = f"{LIST_SHEET} ({number})"
    xml, head = _list_xml(_Looks.make(styles), lines, header)
    _add_sheet(edit, name, "worksheets/dxreturn.xml", xml, first=True)
    book = edit.tree(edit.workbook)
    for named in book.iter("{*}definedName"):
        if named.get("localSheetId"):
            named.set("localSheetId", str(int(named.get("localSheetId")) + 1))
    titles = etree.SubElement(_defined_names(book), _N + "definedName", name="_xlnm.Print_Titles", localSheetId="0")
    titles.text = f"'{name}'!${head}:${head}"
    for view in book.iterfind(f"{_N}bookViews/{_N}workbookView"):
        for index in ("activeTab", "firstSheet"):
            view.attrib.pop(index, None)
    _deselect(edit)


def add_record(edit: PackageEdit, swatches: Iterable[Swatch]) -> None:
    """Put the hidden sheet after all others, with a marked format and its original in each row."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" s="{swatch.marked}" t="inlineStr"><is><t>1</t></is></c>'
        f'<c r="B{n}" s="{swatch.original}" t="inlineStr"><is><t>0</t></is></c></row>'
        for n, swatch in enumerate(swatches, 1)
    )
    xml = f'{_DECLARATION}<worksheet xmlns="{MAIN_NS}"><sheetData>{rows}</sheetData></worksheet>'
    _add_sheet(edit, RECORD_SHEET, "worksheets/dxmarks.xml", xml, first=False)


def _names(edit: PackageEdit) -> list[str]:
    return [s.get("name", "") for s in edit.tree(edit.workbook).iterfind(f"{_N}sheets/{_N}sheet")]


def _add_sheet(edit: PackageEdit, name: str, part: str, xml: str, *, first: bool) -> None:
    part = edit.free_name(part)
    edit.put(part, xml.encode("utf-8"))
    edit.set_type(part, _SHEET_TYPE)
    sheets = edit.tree(edit.workbook).find(_N + "sheets")
    number = max((int(s.get("sheetId", "0")) for s in sheets), default=0) + 1
    element = etree.Element(_N + "sheet", nsmap={"r": DOC_RELS_NS}, name=name, sheetId=str(number))
    if not first:
        element.set("state", "veryHidden")
    element.set(f"{{{DOC_RELS_NS}}}id", edit.relate(edit.workbook, "worksheet", part))
    sheets.insert(0 if first else len(sheets), element)


def _defined_names(book: etree._Element) -> etree._Element:
    found = book.find(_N + "definedNames")
    if found is None:
        found = etree.Element(_N + "definedNames")
        before = [child for child in book if etree.QName(child).localname in _BEFORE_NAMES]
        book.insert(book.index(before[-1]) + 1, found)
    return found


def _deselect(edit: PackageEdit) -> None:
    # Sheets selected together are edited together: text typed into one goes into all.
    for r in edit.package.relationships(edit.workbook):
        if r.kind in ("worksheet", "chartsheet", "dialogsheet") and r.target in edit.package:
            if edit.is_dropped(r.target) or b"tabSelected" not in edit.package.read(r.target):
                continue
            for view in edit.tree(r.target).iter(_N + "sheetView"):
                view.attrib.pop("tabSelected", None)


def _list_xml(looks: _Looks, lines: Sequence[Line], header: Sequence[str]) -> tuple[str, int]:
    """The XML of the sheet, and the row of its table header."""
    last = column_letters(len(COLUMNS))
    rows, merges, links = [], [], []
    for n, text in enumerate([LIST_TITLE, *header, *_legend(lines)], 1):
        size, look = (14, looks.title) if n == 1 else (10, looks.text)
        rows.append(_row(n, [(text, look)], _height([(text, sum(_WIDTHS))], size, looks.font)))
        merges.append(f'<mergeCell ref="A{n}:{last}{n}"/>')
    head = len(rows) + 2
    rows.append(_row(head, [(name, looks.head) for name in COLUMNS], 21.0))
    for n, line in enumerate(lines, head + 1):
        styles = [looks.number[line.severity], *[looks.cell] * (len(COLUMNS) - 1)]
        if line.link:
            styles[2] = looks.link
            links.append(f'<hyperlink ref="C{n}" location="{escape_attribute(line.link)}"/>')
        height = _height(zip(line.texts, _WIDTHS, strict=True), 10, looks.font)
        rows.append(_row(n, zip(line.texts, styles, strict=True), height))
    pane = f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
    frozen = pane if head <= _FROZEN else ""
    columns = "".join(f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(_WIDTHS, 1))
    hyperlinks = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    xml = (
        f'{_DECLARATION}<worksheet xmlns="{MAIN_NS}">'
        '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>'
        f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>{hyperlinks}'
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
    )
    return xml, head


def _legend(lines: Sequence[Line]) -> list[str]:
    """The meaning of the frames that marked cells have."""
    there = {line.severity for line in lines if line.link}
    said = "、".join(text for severity, text in _FRAMES.items() if severity in there)
    return [f"{said}です。内容は各セルのメモにも記載しています。"] if said else []


def _row(number: int, cells: Iterable[tuple[str, int]], height: float) -> str:
    out = []
    for column, (text, style) in enumerate(cells, 1):
        head, inner = f'<c r="{column_letters(column)}{number}" s="{style}"', escape(normalise(text))
        content = f' t="inlineStr"><is><t xml:space="preserve">{inner}</t></is></c>' if inner else "/>"
        out.append(head + content)
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(out)}</row>'


def _height(cells: Iterable[tuple[str, float]], size: int, font: str) -> float:
    pitch = line_pitch(size, font, None, size)
    needed = (needed_height(text, usable_em(column_px(width, _MDW), size), pitch) for text, width in cells)
    return min(max(needed) + 2, 409.5)

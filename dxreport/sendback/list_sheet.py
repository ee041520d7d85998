"""The sheets that a corrected copy adds: 差し戻し and a hidden one.

差し戻し lists the marks for reading and printing. Each row of the hidden sheet has one cell in a marked format and one
in the format it replaced: the formats of cells survive saving by any program, even one that renumbers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from ..domain.model import normalise
from ..domain.problems import shown
from ..ooxml.correction import LIST_SHEET, LIST_TITLE, RECORD_SHEET
from ..ooxml.edit import PackageEdit
from ..ooxml.package import DOC_RELS_NS, MAIN_NS, child
from ..ooxml.plain_sheet import columns, row_height, text_row
from ..ooxml.refs import column_letters, quote_sheet
from ..ooxml.styles import Look, Styles
from ..ooxml.text import escape_attribute
from ..ooxml.text_metrics import MAX_HEIGHT
from .mark import Mark

_LEGEND = (
    "太枠で色を付けたセルは修正が必要な箇所です。内容は各セルのメモにも記載しています。"
    "回答は各シートに記入してください（この一覧には記入できません）。"
)
# Locked, because nothing typed here is ever read.
_PROTECTION = '<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0"/>'
COLUMNS = ("番号", "シート", "セル", "項目", "記入内容", "指摘", "対応")
_WIDTHS = (6.0, 10.0, 12.0, 24.0, 26.0, 40.0, 40.0)
_TITLE, _TEXT = Look(14, bold=True), Look(10, vertical="top")
_HEAD = Look(10, bold=True, fill="FFE7E6E6", border=True, align="center")
_CELL, _LINK = Look(10, border=True, vertical="top"), Look(10, colour="FF0563C1", border=True, vertical="top")
_NUMBER = Look(10, bold=True, fill="FFFFC9C9", border=True, align="center", vertical="top")
_N = f"{{{MAIN_NS}}}"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FROZEN = 12  # the last row at which to freeze the header: below, too little would be left to scroll
_SHOWN = 200  # the longest quotation of an answer, in characters


def add_list(edit: PackageEdit, styles: Styles, marks: Sequence[Mark], header: Sequence[str]) -> None:
    """Add 差し戻し before all other sheets, and make the workbook open on it."""
    book = edit.tree(edit.workbook)
    taken = {s.get("name") for s in book.iterfind(f"{_N}sheets/{_N}sheet")}
    names = (LIST_SHEET, *(f"{LIST_SHEET} ({n})" for n in range(2, len(taken) + 2)))
    name = next(name for name in names if name not in taken)
    xml, head = _list_xml(edit, styles, marks, header)
    _add_sheet(edit, name, "worksheets/dxreturn.xml", xml, first=True)
    for named in book.iter("{*}definedName"):
        if named.get("localSheetId"):
            named.set("localSheetId", str(int(named.get("localSheetId")) + 1))
    titles = etree.SubElement(child(book, "definedNames"), _N + "definedName", name="_xlnm.Print_Titles")
    titles.set("localSheetId", "0")
    titles.text = f"{quote_sheet(name)}!${head}:${head}"
    for view in book.iterfind(f"{_N}bookViews/{_N}workbookView"):
        for index in ("activeTab", "firstSheet"):
            view.attrib.pop(index, None)
    # Deselect all other sheets: text typed into one of several selected sheets would go into all of them.
    for r in edit.package.relationships(edit.workbook):
        there = r.kind in ("worksheet", "chartsheet", "dialogsheet") and r.target in edit.package
        if there and r.target not in edit.dropped and b"tabSelected" in edit.package.read(r.target):
            for view in edit.tree(r.target).iter(_N + "sheetView"):
                view.attrib.pop("tabSelected", None)


def add_record(edit: PackageEdit, originals: Mapping[int, int]) -> None:
    """Add the hidden sheet after all others, with a marked format and its original in each row."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" s="{marked}" t="inlineStr"><is><t>1</t></is></c>'
        f'<c r="B{n}" s="{original}" t="inlineStr"><is><t>0</t></is></c></row>'
        for n, (marked, original) in enumerate(originals.items(), 1)
    )
    xml = f'{_DECLARATION}<worksheet xmlns="{MAIN_NS}"><sheetData>{rows}</sheetData></worksheet>'
    _add_sheet(edit, RECORD_SHEET, "worksheets/dxmarks.xml", xml, first=False)


def _add_sheet(edit: PackageEdit, name: str, part: str, xml: str, *, first: bool) -> None:
    sheets = edit.tree(edit.workbook).find(_N + "sheets")
    number = max((int(s.get("sheetId", "0")) for s in sheets), default=0) + 1
    element = etree.Element(_N + "sheet", nsmap={"r": DOC_RELS_NS}, name=name, sheetId=str(number))
    if not first:
        element.set("state", "veryHidden")
    id_ = edit.add(edit.workbook, "worksheet", edit.free_name(part), xml.encode(), _SHEET_TYPE)
    element.set(f"{{{DOC_RELS_NS}}}id", id_)
    sheets.insert(0 if first else len(sheets), element)


def _list_xml(edit: PackageEdit, styles: Styles, marks: Sequence[Mark], header: Sequence[str]) -> tuple[str, int]:
    """Return the XML of the sheet and the row of its table header."""
    font = styles.format(styles.added(_TEXT)).font_name
    linked = [bool(mark.cells) and mark.sheet in edit.sheets for mark in marks]
    last = column_letters(len(COLUMNS))
    rows, merges, links = [], [], []
    for n, text in enumerate([LIST_TITLE, *header, *([_LEGEND] if any(linked) else [])], 1):
        look = _TITLE if n == 1 else _TEXT
        height = row_height([text], [sum(_WIDTHS)], look.size, font)
        rows.append(text_row(n, min(height + 2, MAX_HEIGHT), [(normalise(text), styles.added(look))]))
        merges.append(f'<mergeCell ref="A{n}:{last}{n}"/>')
    head = len(rows) + 2
    rows.append(text_row(head, 21.0, [(name, styles.added(_HEAD)) for name in COLUMNS]))
    for n, (mark, link) in enumerate(zip(marks, linked, strict=True), 1):
        value = shown(mark.value, _SHOWN) if mark.value or mark.cells else ""
        texts = (str(n), mark.sheet, "、".join(mark.cells), mark.label, value, mark.message, mark.fix)
        looks = [_NUMBER, _CELL, _LINK if link else _CELL, *[_CELL] * 4]
        if link:
            target = escape_attribute(f"{quote_sheet(mark.sheet)}!{mark.cells[0]}")
            links.append(f'<hyperlink ref="C{head + n}" location="{target}"/>')
        height = min(row_height(texts, _WIDTHS, _CELL.size, font) + 2, MAX_HEIGHT)
        rows.append(text_row(head + n, height, zip(map(normalise, texts), map(styles.added, looks), strict=True)))
    pane = f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
    hyperlinks = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    xml = (
        f'{_DECLARATION}<worksheet xmlns="{MAIN_NS}">'
        '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'{pane if head <= _FROZEN else ""}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{columns(_WIDTHS)}</cols><sheetData>{''.join(rows)}</sheetData>{_PROTECTION}"
        f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>{hyperlinks}'
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
    )
    return xml, head

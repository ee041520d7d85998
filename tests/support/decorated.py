"""A master as people decorate it, with sheets, columns, notes, charts and rules of their own."""

from __future__ import annotations

import io

import xlsxwriter
from lxml import etree

from dxreport.ooxml.package import DOC_RELS_NS, MAIN_NS, RELS_NS, TYPES_NS, Package, parse, serialise
from dxreport.ooxml.table import sheet_parts
from tests.support.packages import S, png


def _extra_book() -> Package:
    """Return a workbook of one sheet with formulas, a chart, a picture, a text box, a note and a data bar of 2010."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("集計")
    sheet.write_formula(0, 0, "=COUNTA(施策!A:A)-1", value=26)
    sheet.write_formula(1, 0, "=A1*2", value=52)
    sheet.write_comment("A1", "件数", {"author": "担当"})
    sheet.conditional_format("A1:A2", {"type": "data_bar", "data_bar_2010": True})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=集計!$A$1:$A$2"})
    sheet.insert_chart("C3", chart)
    sheet.insert_image("C20", "p.png", {"image_data": io.BytesIO(png(1, 1, (255, 255, 255)))})
    sheet.insert_textbox("C25", "メモ")
    book.close()
    return Package(stream.getvalue())


def decorate(data: bytes) -> bytes:
    """Add that sheet and a calculation chain to a master, and an own column and rule to its sheet 取組."""
    master, extra = Package(data), _extra_book()
    changed = {
        name.replace("sheet1.xml", "sheet99.xml"): extra.read(name)
        for name in extra.names
        if name.startswith(("xl/worksheets/", "xl/drawings/", "xl/charts/", "xl/media/", "xl/comments"))
    }
    changed["xl/calcChain.xml"] = (
        f'<calcChain xmlns="{MAIN_NS}"><c r="A1" i="12"/><c r="A2" i="12"/></calcChain>'.encode()
    )
    book, rels = master.xml("xl/workbook.xml"), master.xml("xl/_rels/workbook.xml.rels")
    for id_, kind, target in (
        ("rId98", "calcChain", "calcChain.xml"),
        ("rId99", "worksheet", "worksheets/sheet99.xml"),
    ):
        etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id=id_, Type=f"{DOC_RELS_NS}/{kind}", Target=target)
    new = etree.SubElement(book.find(S + "sheets"), S + "sheet", name="集計", sheetId="99")
    new.set(f"{{{DOC_RELS_NS}}}id", "rId99")
    del book.find(S + "calcPr").attrib["fullCalcOnLoad"]
    changed["xl/workbook.xml"], changed["xl/_rels/workbook.xml.rels"] = serialise(book), serialise(rels)
    changed["[Content_Types].xml"] = _content_types(master, extra)
    changed |= _own_column(master)
    return master.with_parts(changed)


def _content_types(master: Package, extra: Package) -> bytes:
    types = master.xml("[Content_Types].xml")
    known = {(c.get("PartName") or c.get("Extension")) for c in types}
    for child in extra.xml("[Content_Types].xml"):
        name = (child.get("PartName") or child.get("Extension")).replace("sheet1.xml", "sheet99.xml")
        taken = any(word in name for word in ("sheet99", "drawing", "chart", "comments"))
        if name not in known and (taken or child.get("Extension")):
            key = "PartName" if child.get("PartName") else "Extension"
            etree.SubElement(types, child.tag, dict(child.attrib) | {key: name})
    chain = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName="/xl/calcChain.xml", ContentType=chain)
    return serialise(types)


_RULE_OF_2010 = """<extLst xmlns="{main}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
 xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}">
 <x14:conditionalFormattings><x14:conditionalFormatting>
 <x14:cfRule type="containsText" priority="9" operator="containsText" id="{{00000000-0000-4000-8000-000000000001}}">
 <xm:f>NOT(ISERROR(SEARCH("遅延",F2)))</xm:f><x14:dxf><font><b/></font></x14:dxf></x14:cfRule>
 <xm:sqref>F2:F{last}</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"""


def _own_column(master: Package) -> dict[str, bytes]:
    part = sheet_parts(master)["取組"]
    table_part = next(r.target for r in master.relationships(part) if r.kind == "table")
    table, sheet = master.xml(table_part), master.xml(part)
    last = int(table.get("ref").rpartition("P")[2])
    table.set("ref", f"A1:Q{last}")
    table.find(S + "autoFilter").set("ref", f"A1:Q{last}")
    columns = table.find(S + "tableColumns")
    columns.set("count", "17")
    etree.SubElement(columns, S + "tableColumn", id="17", name="係のメモ")
    for row in sheet.find(S + "sheetData"):
        cell = etree.SubElement(row, S + "c", r=f"Q{row.get('r')}", s="2", t="inlineStr")
        text = "係のメモ" if row.get("r") == "1" else f"メモ{row.get('r')}"
        etree.SubElement(etree.SubElement(cell, S + "is"), S + "t").text = text
    sheet.append(parse(_RULE_OF_2010.format(main=MAIN_NS, last=last).encode()))
    return {part: serialise(sheet), table_part: serialise(table)}

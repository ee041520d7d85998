"""Nothing active stands in what is written: a workbook with all of it, cleaned."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from dxreport.collect.run import collect
from dxreport.issue import render
from dxreport.issue.forms import FORM_NAME, Forms
from dxreport.issue.publish import published_sets
from dxreport.ooxml.inert import active_content, inert, is_active
from dxreport.ooxml.package import (
    DOC_RELS_NS,
    MAIN_NS,
    RELS_NS,
    TYPES_NS,
    Package,
    insert,
    member,
    rels_name,
    serialise,
    zip_bytes,
)
from tests.support.packages import rows_of
from tests.support.quarter import ISSUED, OFFICE, RETURNED

S = f"{{{MAIN_NS}}}"
MS = "http://schemas.microsoft.com/office/"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


@pytest.mark.parametrize(
    "formula",
    [
        "[1]Sheet1!$A$1", "SUM('[1]予算 表'!A1:A3)", r"'C:\temp\[b.xlsx]S'!A1", r"'\\host\share\[b.xlsx]S'!A1", "[2]!name",
        "cmd|'/c calc'!A0", "[1]!'!A0'", "WEBSERVICE(\"http://x\")", "_xlfn.WEBSERVICE(A1)", "_xlfn.IMAGE(A1)",
        "RTD(\"a\",,\"b\")", 'HYPERLINK("file://x","a")', "1+CALL(\"k\",\"x\")", "REGISTER.ID(1)", "EXEC(\"calc\")",
        "CUBEVALUE(\"c\")", "'http://x/[b.xlsx]S'!A1",
    ],
)  # fmt: skip
def test_formulas_that_ask_elsewhere_are_known(formula: str) -> None:
    assert is_active(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "SUM(A1:A3)", "'01-01'!B2", "'課 の|表'!A1", 'IF(A1="a|b","[1]x!",1)', "Table1[[#This Row],[2020]]", "Table1[[#All],[a]:[b]]",
        "表1[金額]*2", "recall(1)", "MYIMAGE(1)", "'It''s'!A1", "Sheet1!A1", "COUNTIF(A:A,\">0\")", "#REF!",
    ],
)  # fmt: skip
def test_other_formulas_are_left_alone(formula: str) -> None:
    assert not is_active(formula)


def everything_active(data: bytes, *, formulas: bool = True) -> bytes:
    """The workbook with every kind of active content that a package can hold, with ``formulas`` also in formulas."""
    package = Package(data)
    types, book = package.xml("[Content_Types].xml"), package.xml("xl/workbook.xml")
    rels = {name: package.xml(rels_name(name)) for name in ("", "xl/workbook.xml")}
    first = next(r.target for r in package.relationships("xl/workbook.xml") if r.kind == "worksheet")
    sheet = package.xml(first)
    rels[first] = (
        package.xml(rels_name(first))
        if rels_name(first) in package
        else etree.Element(f"{{{RELS_NS}}}Relationships", nsmap={None: RELS_NS})
    )
    parts: dict[str, bytes] = {}

    def add(
        owner: str, id_: str, type_: str, target: str, content: str = "", kind: str = "", external: bool = False
    ) -> None:
        relation = etree.SubElement(rels[owner], f"{{{RELS_NS}}}Relationship", Id=id_, Type=type_, Target=target)
        if external:
            relation.set("TargetMode", "External")
            return
        name = target.lstrip("/")
        parts[name] = content.encode()
        etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName=f"/{name}", ContentType=kind)

    excel = "application/vnd.ms-excel."
    for o in types:
        if o.get("PartName") == "/xl/workbook.xml":
            o.set("ContentType", excel + "sheet.macroEnabled.main+xml")
    wb, doc = "xl/workbook.xml", "application/vnd.openxmlformats-officedocument."
    add(
        wb,
        "aVba",
        MS + "2006/relationships/vbaProject",
        "/xl/vbaProject.bin",
        "x",
        "application/vnd.ms-office.vbaProject",
    )
    add(wb, "aMacro", MS + "2006/relationships/xlMacrosheet", "/xl/macrosheets/sheet1.xml",
        f'<xm:macrosheet xmlns:xm="{MS}excel/2006/main" xmlns="{MAIN_NS}"><sheetData><row r="1"><c r="A1"><f>EXEC("calc")</f>'
        "</c></row></sheetData></xm:macrosheet>", excel + "macrosheet+xml")  # fmt: skip
    add(wb, "aExt", _REL + "externalLink", "/xl/externalLinks/externalLink1.xml",
        f'<externalLink xmlns="{MAIN_NS}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
        doc + "spreadsheetml.externalLink+xml")  # fmt: skip
    add(wb, "aCon", _REL + "connections", "/xl/connections.xml", f'<connections xmlns="{MAIN_NS}"/>',
        doc + "spreadsheetml.connections+xml")  # fmt: skip
    add(wb, "aXml", _REL + "customXml", "/customXml/item1.xml", "<DataMashup/>", "application/xml")
    add(
        "",
        "aUi",
        MS + "2007/relationships/ui/extensibility",
        "/customUI/customUI14.xml",
        "<customUI/>",
        "application/xml",
    )
    add("", "aWeb", MS + "2011/relationships/webextensiontaskpanes", "/xl/webextensions/taskpanes.xml", "<t/>",
        "application/vnd.ms-office.webextensiontaskpanes+xml")  # fmt: skip
    add(first, "aOle", _REL + "oleObject", "/xl/embeddings/oleObject1.bin", "x", doc + "oleObject")
    add(first, "aOut", _REL + "oleObject", "file:///\\\\host\\share\\a.docx", external=True)
    add(first, "aX", _REL + "control", "/xl/activeX/activeX1.xml", "<ax/>", "application/vnd.ms-office.activeX+xml")
    add(first, "aUnc", _REL + "hyperlink", "file:///\\\\host\\share\\a.xlsx", external=True)
    add(first, "aWww", _REL + "hyperlink", "https://www.example.lg.jp/", external=True)
    add(first, "aQuery", _REL + "queryTable", "/xl/queryTables/queryTable1.xml", f'<queryTable xmlns="{MAIN_NS}" name="q" connectionId="1"/>',
        doc + "spreadsheetml.queryTable+xml")  # fmt: skip

    r = f"{{{DOC_RELS_NS}}}id"
    sheets = book.find(f"{S}sheets")
    macro = etree.Element(f"{S}sheet", name="Macro1", sheetId="99")
    macro.set(r, "aMacro")
    sheets.insert(0, macro)
    for named in book.iter(f"{S}definedName"):
        if named.get("localSheetId"):
            named.set("localSheetId", str(int(named.get("localSheetId")) + 1))
    references = etree.Element(f"{S}externalReferences")
    etree.SubElement(references, f"{S}externalReference").set(r, "aExt")
    sheets.addnext(references)
    names = book.find(f"{S}definedNames")
    if names is None:
        names = etree.Element(f"{S}definedNames")
        references.addnext(names)
    for name, text in (
        ("_xlnm.Auto_Open", "Macro1!$A$1"),
        *((("外", "[1]Sheet1!$A$1"),) if formulas else ()),
        ("内", "1+1"),
        ("マクロ", "Macro1!$B$1"),
    ):
        etree.SubElement(names, f"{S}definedName", name=name).text = text

    row = sheet.find(f"{S}sheetData")[-1]
    last = int(row.get("r"))
    typed = ("cmd|'/c calc'!A0", "[1]Sheet1!A1", 'WEBSERVICE("http://x/")', "1+1") if formulas else ()
    for n, formula in enumerate(typed, 1):
        extra = etree.SubElement(sheet.find(f"{S}sheetData"), f"{S}row", r=str(last + n))
        c = etree.SubElement(extra, f"{S}c", r=f"B{last + n}")
        etree.SubElement(c, f"{S}f").text = formula
        etree.SubElement(c, f"{S}v").text = str(n)
    tail = [
        f'<conditionalFormatting xmlns="{MAIN_NS}" sqref="B2"><cfRule type="expression" priority="99">'
        f"<formula>{'[1]S!A1' if formulas else 'TRUE'}</formula></cfRule></conditionalFormatting>",
        f'<hyperlinks xmlns="{MAIN_NS}" xmlns:r="{DOC_RELS_NS}"><hyperlink ref="B2" r:id="aUnc"/><hyperlink ref="B3" r:id="aWww"/></hyperlinks>',
        f'<oleObjects xmlns="{MAIN_NS}" xmlns:r="{DOC_RELS_NS}"><oleObject progId="Package" shapeId="1025" r:id="aOle"/>'
        '<oleObject progId="Word.Document" link="x" oleUpdate="OLEUPDATE_ALWAYS" shapeId="1026" r:id="aOut"/></oleObjects>',
        f'<controls xmlns="{MAIN_NS}" xmlns:r="{DOC_RELS_NS}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:AlternateContent><mc:Choice Requires="x14"><control shapeId="1027" r:id="aX" name="B1"/></mc:Choice></mc:AlternateContent></controls>',
    ]  # fmt: skip
    for xml in tail:
        insert(sheet, etree.fromstring(xml))
    changed = {
        "[Content_Types].xml": serialise(types),
        "xl/workbook.xml": serialise(book),
        first: serialise(sheet),
        **parts,
    }
    changed |= {rels_name(owner): serialise(root) for owner, root in rels.items()}
    data = package.with_parts(changed)
    smuggled = Package(data)  # a part that nothing leads to
    return zip_bytes([*(smuggled.member(name) for name in smuggled.names), member("xl/hidden/vbaProject.bin", b"x")])


def passive(package: Package) -> None:
    """Look at every part, without the code under test."""
    for name in package.names:
        assert not re.search(
            "vba|macro|externalLink|activeX|embeddings|queryTable|connections|customUI|webext|customXml|hidden", name
        )
        text = package.read(name)
        assert not re.search(
            rb"macroEnabled|vbaProject|ddeLink|cmd\||WEBSERVICE|\[1\]|host|oleObject|activeX|Macro1|externalRef", text
        ), name


def test_everything_active_goes_and_the_rest_stays(issued_quarter) -> None:
    before = issued_quarter.book()
    loaded = Package(everything_active(before))
    assert set(active_content(loaded)) == {
        "マクロ", "ほかのブックへのリンク", "外部データの接続", "埋め込みオブジェクト", "ActiveX コントロール", "リボンの変更", "アドイン",
    }  # fmt: skip
    package, removed = inert(loaded)
    assert set(active_content(loaded)) | {"外部を参照する数式"} == set(removed)
    assert active_content(package) == ()
    assert inert(package) == (package, ())
    passive(package)
    # what was there is there, and what was added and does nothing
    assert set(Package(before).names) <= set(package.names)
    first = next(r.target for r in package.relationships("xl/workbook.xml") if r.kind == "worksheet")
    sheet = package.xml(first)
    assert [f.text for f in sheet.iter(f"{S}f")][-1] == "1+1"
    last = sheet.find(f"{S}sheetData")[-4:]
    assert [[v.text for v in row.iter(f"{S}v")] for row in last] == [["1"], ["2"], ["3"], ["4"]]
    assert [h.get("ref") for h in sheet.iter(f"{S}hyperlink")] == ["B3"]
    assert [n.text for n in package.xml("xl/workbook.xml").iter(f"{S}definedName") if n.get("name") == "内"] == ["1+1"]


def test_a_workbook_with_nothing_active_is_the_same_object(issued_quarter) -> None:
    package = Package(issued_quarter.book())
    assert inert(package) == (package, ())


def test_what_a_template_holds_of_it_is_not_issued_nor_published(quarter) -> None:
    path = quarter.workspace.templates / FORM_NAME
    path.write_bytes(everything_active(path.read_bytes(), formulas=False))
    master = quarter.master
    round_ = master.settings.round("第1四半期")
    [book] = render.plan(master, Forms(quarter.workspace.templates, master), round_, ISSUED, departments=(OFFICE,))
    passive(Package(book.data))
    assert book.form.source.drawn.data == path.read_bytes()  # kept as it was drawn
    [published] = published_sets(master, Forms(quarter.workspace.templates, master, published=True))
    passive(Package(published.data))


def test_a_held_workbook_goes_back_without_it_and_says_so(quarter) -> None:
    filled = quarter.filled({"01-04": {"activity.progress/K1/1": "ほぼ予定通り"}})
    done = collect(quarter.workspace, [quarter.put(everything_active(filled), "返送.xlsm")], RETURNED)
    [copy] = done.copies
    assert copy.name == "U0001_返送_差し戻し.xlsx" and [p.code for p in done.plan.files[0].problems] == ["W641"]
    passive(Package(copy.read_bytes()))
    told = [str(text) for row in rows_of(copy.read_bytes(), "差し戻し") for text in row]
    assert any("マクロ" in text and "取り除きました" in text for text in told)
    plan = collect(quarter.workspace, [copy], RETURNED).plan
    assert "W641" not in {p.code for f in plan.files for p in f.problems}

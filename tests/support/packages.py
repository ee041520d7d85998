"""Inspect a workbook's package, edit it as a spreadsheet program would, and check it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from lxml import etree
from python_calamine import CalamineWorkbook

from dxreport.ooxml.package import DOC_RELS_NS, MAIN_NS, RELS_NS, TYPES_NS, Package, serialise
from dxreport.ooxml.refs import Box, address, box, cell
from dxreport.ooxml.table import sheet_parts
from dxreport.ooxml.text import add_text

S = f"{{{MAIN_NS}}}"
Grid = list[list[object]]


def rows_of(data: bytes, sheet: str) -> Grid:
    """Return the values of a sheet as read by python-calamine."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def part_of(package: Package, sheet: str) -> str:
    """Return the name of the part that holds a sheet."""
    book = package.xml("xl/workbook.xml")
    rel = next(s.get(f"{{{DOC_RELS_NS}}}id") for s in book.iter(f"{S}sheet") if s.get("name") == sheet)
    return next(r.target for r in package.relationships("xl/workbook.xml") if r.id == rel)


def edited(data: bytes, sheet: str, change: Callable[[etree._Element], None]) -> bytes:
    """Return the workbook after ``change`` was applied to the sheet's XML."""
    package = Package(data)
    part = part_of(package, sheet)
    root = package.xml(part)
    change(root)
    return package.with_parts({part: serialise(root)})


def merged(root: etree._Element) -> list[Box]:
    """Return the merged ranges of a sheet."""
    return [box(m.get("ref")) for m in root.iter(f"{S}mergeCell")]


def open_cells(data: bytes, sheet: str) -> set[tuple[int, int]]:
    """Return (row, column) of the unlocked cells of a sheet.

    Of a merged range only the first cell counts.
    """
    package = Package(data)
    xfs = package.xml("xl/styles.xml").find(f"{S}cellXfs")
    opened = {str(i) for i, xf in enumerate(xfs) if xf.find(f"{S}protection[@locked='0']") is not None}
    root = package.xml(part_of(package, sheet))
    found = {cell(c.get("r")) for c in root.iter(f"{S}c") if c.get("s", "0") in opened}
    hidden = {(r, c) for m in merged(root) for r in range(m.top, m.bottom + 1) for c in range(m.left, m.right + 1)}
    return found - (hidden - {(m.top, m.left) for m in merged(root)})


def set_text(root: etree._Element, where: tuple[int, int], text: str) -> None:
    """Type ``text`` into a cell and keep its format."""
    c = next(c for c in root.iter(f"{S}c") if c.get("r") == address(*where))
    for child in list(c):
        c.remove(child)
    c.attrib.pop("t", None)
    if text:
        c.set("t", "inlineStr")
        add_text(etree.SubElement(c, f"{S}is"), text)


def insert_rows(root: etree._Element, before: int, count: int = 1) -> None:
    """Insert blank rows: cells and merged ranges below move, ranges across the place grow."""
    for row in root.iter(f"{S}row"):
        if int(row.get("r")) >= before:
            _move(row, int(row.get("r")) + count)
    _move_merges(
        root,
        lambda m: m._replace(top=m.top + count * (m.top >= before), bottom=m.bottom + count * (m.bottom >= before)),
    )


def insert_columns(root: etree._Element, before: int, count: int = 1) -> None:
    """Insert blank columns in the same way."""
    for c in root.iter(f"{S}c"):
        row, column = cell(c.get("r"))
        c.set("r", address(row, column + count * (column >= before)))
    _move_merges(
        root,
        lambda m: m._replace(left=m.left + count * (m.left >= before), right=m.right + count * (m.right >= before)),
    )


def delete_row(root: etree._Element, number: int) -> None:
    """Delete a row; the text of a merged range is lost with its first row."""
    for row in list(root.iter(f"{S}row")):
        if int(row.get("r")) == number:
            row.getparent().remove(row)
        elif int(row.get("r")) > number:
            _move(row, int(row.get("r")) - 1)
    _move_merges(root, lambda m: m._replace(top=m.top - (m.top > number), bottom=m.bottom - (m.bottom >= number)))


def delete_column(root: etree._Element, number: int) -> None:
    """Delete a column in the same way."""
    for c in list(root.iter(f"{S}c")):
        row, column = cell(c.get("r"))
        if column == number:
            c.getparent().remove(c)
        elif column > number:
            c.set("r", address(row, column - 1))
    _move_merges(root, lambda m: m._replace(left=m.left - (m.left > number), right=m.right - (m.right >= number)))


def copy_row(root: etree._Element, number: int) -> None:
    """Insert a copy of a row below it, hidden key included."""
    insert_rows(root, number + 1)
    row = next(r for r in root.iter(f"{S}row") if r.get("r") == str(number))
    twin = etree.fromstring(etree.tostring(row))
    _move(twin, number + 1)
    row.addnext(twin)


def _move(row: etree._Element, number: int) -> None:
    row.set("r", str(number))
    for c in row.iter(f"{S}c"):
        c.set("r", address(number, cell(c.get("r"))[1]))


def _move_merges(root: etree._Element, moved: Callable[[Box], Box]) -> None:
    for m in list(root.iter(f"{S}mergeCell")):
        new = moved(box(m.get("ref")))
        if new.top > new.bottom or new.left > new.right:
            m.getparent().remove(m)
        m.set("ref", new.ref)


def with_cell(data: bytes, where: str, xml: str, style: str = "", number_format: str = "") -> bytes:
    """Replace the content of a cell of 01-01, and its number format if one is given."""
    package = Package(data)
    styles = package.xml("xl/styles.xml")
    part = part_of(package, "01-01")
    root = package.xml(part)
    c = next(c for c in root.iter(f"{S}c") if c.get("r") == where)
    for child in list(c):
        c.remove(child)
    c.attrib.pop("t", None)
    made = etree.fromstring(f'<c xmlns="{S[1:-1]}" {style}>{xml}</c>')
    c.attrib.update(made.attrib)
    c.extend(list(made))
    if number_format:
        formats = styles.find(f"{S}numFmts")
        if formats is None:
            formats = etree.Element(f"{S}numFmts")
            styles.insert(0, formats)
        etree.SubElement(formats, f"{S}numFmt", numFmtId="200", formatCode=number_format)
        formats.set("count", str(len(formats)))
        xfs = styles.find(f"{S}cellXfs")
        own = etree.fromstring(etree.tostring(xfs[int(c.get("s"))]))
        own.set("numFmtId", "200")
        own.set("applyNumberFormat", "1")
        xfs.append(own)
        xfs.set("count", str(len(xfs)))
        c.set("s", str(len(xfs) - 1))
    return package.with_parts({part: serialise(root), "xl/styles.xml": serialise(styles)})


def sheet_xml(data: bytes, sheet: str) -> bytes:
    """Return the XML of a sheet."""
    package = Package(data)
    return package.read(part_of(package, sheet))


def with_sheet(data: bytes, name: str, xml: bytes) -> bytes:
    """Return the workbook with a sheet of another one (of the same styles) moved into it."""
    package = Package(data)
    book, rels, types = (
        package.xml(p) for p in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml")
    )
    part = f"xl/worksheets/moved{len(sheet_parts(package))}.xml"
    etree.SubElement(
        rels, f"{{{RELS_NS}}}Relationship", Id=f"rM{part[-5]}", Type=f"{DOC_RELS_NS}/worksheet", Target="/" + part
    )
    new = etree.SubElement(book.find(f"{S}sheets"), f"{S}sheet", name=name, sheetId=str(70 + len(sheet_parts(package))))
    new.set(f"{{{DOC_RELS_NS}}}id", f"rM{part[-5]}")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    etree.SubElement(types, etree.QName(types, "Override"), PartName="/" + part, ContentType=kind)
    bare = etree.fromstring(xml)
    for child in [c for c in bare if c.tag not in {f"{S}{t}" for t in ("sheetData", "mergeCells", "cols")}]:
        bare.remove(child)
    changed = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": rels, "[Content_Types].xml": types}
    return package.with_parts({name: serialise(root) for name, root in changed.items()} | {part: serialise(bare)})


def renamed(data: bytes, old: str, new: str) -> bytes:
    """Return the workbook with a sheet renamed."""
    package = Package(data)
    book = package.xml("xl/workbook.xml")
    next(s for s in book.iter(f"{S}sheet") if s.get("name") == old).set("name", new)
    for name in book.iter(f"{S}definedName"):
        name.text = name.text.replace(f"'{old}'", f"'{new}'")
    return package.with_parts({"xl/workbook.xml": serialise(book)})


def without_sheet(data: bytes, sheet: str) -> bytes:
    """Return the workbook with a sheet deleted."""
    package = Package(data)
    book = package.xml("xl/workbook.xml")
    gone = next(s for s in book.iter(f"{S}sheet") if s.get("name") == sheet)
    gone.getparent().remove(gone)
    names = book.find(f"{S}definedNames")
    if names is not None:
        book.remove(names)
    return package.with_parts({"xl/workbook.xml": serialise(book)})


def png(width: int, height: int, color: tuple[int, int, int]) -> bytes:
    """Return a picture of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = (b"\0" + bytes(color) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def faults(data: bytes) -> list[str]:
    """Return the faults, found without Excel, that would make Excel offer to repair the workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        out = [f"{name} is damaged" for name in [archive.testzip()] if name]
    out += [f"{name} is stored twice" for name in sorted(set(names)) if names.count(name) > 1]
    package = Package(data)
    out += _type_faults(package, names)
    for owner in ["", *(n for n in names if not n.endswith(".rels"))]:
        rels = package.relationships(owner)
        out += [f"{owner} → {r.target} is missing" for r in rels if not r.external and r.target not in names]
        if len({r.id for r in rels}) < len(rels):
            out.append(f"{owner}: a relationship id stands twice")
        if owner.endswith(".xml"):
            out += _reference_faults(package.xml(owner), owner, {r.id for r in rels})
    out += _book_faults(package)
    formats = len(package.xml("xl/styles.xml").find(f"{S}cellXfs"))
    for name in names:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            out += [f"{name}: {fault}" for fault in _sheet_faults(package.xml(name), formats)]
    return out


def _type_faults(package: Package, names: list[str]) -> Iterator[str]:
    types = package.xml("[Content_Types].xml")
    defaults = {d.get("Extension") for d in types.iter(f"{{{TYPES_NS}}}Default")}
    overrides = [o.get("PartName").lstrip("/") for o in types.iter(f"{{{TYPES_NS}}}Override")]
    yield from (
        f"{n} has no content type" for n in names if n not in overrides and n.rpartition(".")[2] not in defaults
    )
    yield from (f"a type is given for {n}, which is missing" for n in overrides if n not in names)
    yield from (f"{n} has two types" for n in set(overrides) if overrides.count(n) > 1)


def _book_faults(package: Package) -> Iterator[str]:
    """Yield sheets of the wrong type, and a fault if several are selected: typing would change all of them."""
    types = {
        o.get("PartName").lstrip("/"): o.get("ContentType")
        for o in package.xml("[Content_Types].xml").iter("{*}Override")
    }
    rels = {r.id: r for r in package.relationships("xl/workbook.xml")}
    selected = []
    for sheet in package.xml("xl/workbook.xml").iter(f"{S}sheet"):
        rel = rels[sheet.get(f"{{{DOC_RELS_NS}}}id")]
        if f".{rel.kind}+xml" not in types[rel.target]:
            yield f"{sheet.get('name')}: a {rel.kind} of type {types[rel.target]}"
        selected += [
            sheet.get("name") for v in package.xml(rel.target).iter(f"{S}sheetView") if v.get("tabSelected") == "1"
        ]
    if len(selected) != 1:
        yield f"selected sheets: {selected}"


def _reference_faults(root: etree._Element, name: str, ids: set[str]) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for key, value in element.attrib.items():
            if key.startswith(f"{{{DOC_RELS_NS}}}") and value not in ids:
                yield f"{name}: {element.tag} refers to {value}, which is missing"


def _sheet_faults(root: etree._Element, formats: int) -> Iterator[str]:
    last = 0
    for row in root.iter(f"{S}row"):
        number, left = int(row.get("r")), 0
        if number <= last:
            yield f"row {number} stands after row {last}"
        last = number
        for c in row.iter(f"{S}c"):
            r, column = cell(c.get("r"))
            if r != number or column <= left:
                yield f"cell {c.get('r')} is out of order"
            left = column
            if int(c.get("s", "0")) >= formats:
                yield f"cell {c.get('r')} has an unknown format"
    ranges = merged(root)
    for i, a in enumerate(ranges):
        if a[:2] == a[2:]:
            yield f"merge {a.ref} is one cell"
        if any(a.top <= b.bottom and b.top <= a.bottom and a.left <= b.right and b.left <= a.right for b in ranges[:i]):
            yield f"merge {a.ref} overlaps another"
    for counted in root.iter(f"{S}mergeCells", f"{S}dataValidations", f"{S}rowBreaks"):
        if counted.get("count") not in (None, str(len(counted))):
            yield f"{counted.tag} says {counted.get('count')}, holds {len(counted)}"
    for element in root.iter(etree.Element):
        sqref = element.get("sqref", element.text if element.tag.endswith("}sqref") else "A1")
        if not sqref or any(not re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", ref) for ref in sqref.split()):
            yield f"{element.tag} stands for {sqref!r}"

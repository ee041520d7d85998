"""Edits and ways of sending for the table of cases; edits are made in the package, as Excel would store them."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
from lxml import etree

from dxreport.ooxml.edit import PackageEdit
from dxreport.ooxml.package import DOC_RELS_NS, RELS_NS, TYPES_NS, Package, serialise
from dxreport.ooxml.refs import box, cell
from dxreport.sendback.notes import Notes
from tests.support import ole
from tests.support.packages import (
    S,
    edited,
    insert_rows,
    renamed,
    rows_of,
    sheet_xml,
    with_cell,
    with_sheet,
    without_sheet,
)
from tests.support.quarter import OFFICE, RETURNED, Edits, Quarter, issue, printed, reshaped
from tests.support.sending import mail, outlook, zipped
from tests.support.xlsb import Odd, xlsb

PROCUREMENT, PROGRESS = "procurement", "activity.progress/K1/1"
OTHER, FIVE = "総務課", "経営改革課"
At = Callable[[str], tuple[int, int]]
Steps = list[list]
Returned = list[Path | bytes]
Make = Callable[[Quarter], Returned]
Change = Callable[[Quarter, bytes], bytes]


def good(quarter: Quarter) -> Returned:
    """Make the good return: all answered, no edits."""
    return [quarter.filled({})]


def changed(change: Change) -> Make:
    """Make the good return with its bytes changed."""
    return lambda quarter: [change(quarter, quarter.filled({}))]


def typed(texts: Edits) -> Make:
    """Make the good return with these texts in 01-01."""
    return lambda quarter: [quarter.filled({"01-01": texts})]


def called(name: str) -> Make:
    """Make the good return under another name."""
    return lambda quarter: [quarter.put(quarter.filled({}), name)]


def renamed_to(name: str) -> Callable[[Quarter, Path], Returned]:
    """Send a file that a program saved under another name."""
    return lambda quarter, path: [quarter.put(path.read_bytes(), name)]


def cut_short(quarter: Quarter, path: Path) -> Returned:
    """Send the first half of a file that a program saved, and a good return of another department."""
    data = path.read_bytes()
    return [quarter.put(data[: len(data) // 2], path.name), quarter.put(quarter.filled({}, OTHER), "総務課.xlsx")]


def beside_good(data: bytes | Make, name: str) -> Make:
    """Make a bad file, followed by a good return of another department."""

    def make(quarter: Quarter) -> Returned:
        bad = data if isinstance(data, bytes) else data(quarter)[0]
        assert isinstance(bad, bytes)
        return [quarter.put(bad, name), quarter.put(quarter.filled({}, OTHER), "総務課.xlsx")]

    return make


# Formats and ways of sending


@changed
def by_openpyxl(quarter: Quarter, data: bytes) -> bytes:
    """Open and save the workbook with openpyxl."""
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(out)
    return out.getvalue()


def with_macros(data: bytes) -> bytes:
    """With macros, as Excel stores them."""
    package = Package(data)
    types, rels = package.xml("[Content_Types].xml"), package.xml("xl/_rels/workbook.xml.rels")
    book = next(o for o in types.iter(f"{{{TYPES_NS}}}Override") if o.get("PartName") == "/xl/workbook.xml")
    book.set("ContentType", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    kind = "application/vnd.ms-office.vbaProject"
    etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName="/xl/vbaProject.bin", ContentType=kind)
    where = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id="rVba", Type=where, Target="vbaProject.bin")
    parts = {"[Content_Types].xml": serialise(types), "xl/_rels/workbook.xml.rels": serialise(rels)}
    return package.with_parts({**parts, "xl/vbaProject.bin": ole.container({"PROJECT": b"x" * 100})})


@changed
def xlsm(quarter: Quarter, data: bytes) -> bytes:
    """Saved with macros."""
    return with_macros(data)


def xlsb_with(ref: str = "", value: str | float | Odd = "", notes: Mapping[tuple[int, int], str] | None = None) -> Make:
    """Make a binary workbook, with another value in a cell of 01-01 and with notes, if given."""

    def change(quarter: Quarter, data: bytes) -> bytes:
        sheets = {sheet: rows_of(data, sheet) for sheet in ("01-01", "01-04")}
        cells = {
            s: {(r, c): v for r, row in enumerate(rows) for c, v in enumerate(row) if v != ""}
            for s, rows in sheets.items()
        }
        if ref:
            row, column = cell(quarter.cells(data, "01-01")[ref])
            cells["01-01"][row - 1, column - 1] = value
        return xlsb(cells, notes or {})

    return changed(change)


@changed
def sheets_renamed(quarter: Quarter, data: bytes) -> bytes:
    """Rename the sheets."""
    return renamed(renamed(data, "01-01", "電子通貨（提出用）"), "01-04", "Sheet2")


def twice(quarter: Quarter) -> Returned:
    """Make the same content under two names."""
    data = quarter.filled({})
    return [quarter.put(data, "返送.xlsx"), quarter.put(data, "返送 - コピー.xlsx")]


def zip_of_windows(quarter: Quarter) -> Returned:
    """Make a zip of two returns with names in Shift_JIS that contain the byte of a path separator."""
    files = [("表計算/能率.xlsx", quarter.filled({}, OTHER)), ("表計算/ソフト一覧.xlsx", quarter.filled({}))]
    return [quarter.put(zipped(files, "cp932"), "返送.zip")]


def nested_zips(depth: int) -> Make:
    """Make a return in ``depth`` nested zips."""

    def make(quarter: Quarter) -> Returned:
        data, name = quarter.filled({}), "産業振興課.xlsx"
        for level in range(depth):
            data, name = zipped([(name, data)]), f"{level}.zip"
        return [quarter.put(data, "返送.zip")]

    return make


def folder(quarter: Quarter) -> Returned:
    """Make a folder with two returns, among files that systems leave there."""
    path = quarter.put(quarter.filled({}), "受信箱/1/産業振興課.xlsx")
    quarter.put(quarter.filled({}, OTHER), "受信箱/2/総務課.xlsx")
    for litter in ("1/~$産業振興課.xlsx", "1/.~lock.産業振興課.xlsx#", "Thumbs.db", "desktop.ini", ".DS_Store"):
        quarter.put(b"x", f"受信箱/{litter}")
    return [path.parents[1]]


def eml(quarter: Quarter) -> Returned:
    """Make a saved mail with the return."""
    return [quarter.put(mail([("産業振興課①（最終）.xlsx", quarter.filled({}))]), "回答.eml")]


def foreign(quarter: Quarter) -> Returned:
    """Make a saved mail from an address outside the city."""
    return [quarter.put(mail([("回答.xlsx", quarter.filled({}))], domain="example.com"), "回答.eml")]


def msg(quarter: Quarter) -> Returned:
    """Make a mail as Outlook saves it."""
    attachments = [("産業振興課①（最終）.xlsx", quarter.filled({}))]
    return [quarter.put(outlook(attachments, "産業振興課", "sangyou@city.kisarazu.lg.jp"), "回答.msg")]


def forwarded(quarter: Quarter) -> Returned:
    """Make a mail in which the mail with the return is forwarded as an attachment."""
    inner = EmailMessage()
    inner["From"], inner["Date"], inner["Subject"] = (
        "産業振興課 <sangyou@city.kisarazu.lg.jp>",
        "Fri, 15 Jul 2022 10:02:03 +0900",
        "回答",
    )
    inner.set_content("回答です。")
    inner.add_attachment(quarter.filled({}), maintype="application", subtype="octet-stream", filename="回答.xlsx")
    outer = EmailMessage()
    outer["From"], outer["Date"] = "係長 <kakari@city.kisarazu.lg.jp>", "Mon, 18 Jul 2022 09:00:00 +0900"
    outer.set_content("転送します。")
    outer.add_attachment(inner)
    return [quarter.put(outer.as_bytes(), "転送.eml")]


def bare_mail(quarter: Quarter) -> Returned:
    """Make a mail without attachments."""
    return [quarter.put(mail([]), "回答.eml")]


def read_only(quarter: Quarter) -> Returned:
    """Make a read-only file in a read-only folder."""
    path = quarter.put(quarter.filled({}), "読み取り専用/返送.xlsx")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    return [path]


def deep(quarter: Quarter) -> Returned:
    """Make a file with a path longer than Windows used to allow."""
    path = quarter.put(quarter.filled({}), "/".join(["年間活動計画の返送（産業振興課）" * 3] * 9) + "/返送.xlsx")
    assert len(str(path)) > 400
    return [path]


def decomposed(quarter: Quarter) -> Returned:
    """Make a file with a name in decomposed Unicode (NFD), as macOS writes it."""
    return [quarter.put(quarter.filled({}), unicodedata.normalize("NFD", "がガ行の課.xlsx"))]


# Contents of cells

RUBY = (
    "<r><t>庁内</t></r><r><t>調整中</t></r>"
    '<rPh sb="0" eb="2"><t>チョウナイ</t></rPh><rPh sb="2" eb="4"><t>チョウセイ</t></rPh><phoneticPr fontId="1"/>'
)


def cell_of(ref: str, xml: str, **form: str) -> Make:
    """Make the good return with this XML in a cell of 01-01, and a number format or attributes, if given."""
    return changed(lambda quarter, data: with_cell(data, quarter.cells(data, "01-01")[ref], xml, **form))


@changed
def furigana(quarter: Quarter, data: bytes) -> bytes:
    """Put a shared string with furigana into a cell, as Excel stores Japanese that was typed."""
    package = Package(data)
    strings = package.xml("xl/sharedStrings.xml")
    strings.append(etree.fromstring(f'<si xmlns="{S[1:-1]}">{RUBY}</si>'))
    for name in ("count", "uniqueCount"):
        strings.attrib.pop(name, None)
    index = len(strings) - 1
    data = package.with_parts({"xl/sharedStrings.xml": serialise(strings)})
    return with_cell(data, quarter.cells(data, "01-01")[PROCUREMENT], f"<v>{index}</v>", style='t="s"')


# Passwords


def encrypted(data: bytes, password: str) -> bytes:
    """Encrypt a workbook as Excel does."""
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def locked(password: str) -> Make:
    """Make the good return with a password."""
    return changed(lambda quarter, data: encrypted(data, password))


def two_locked(quarter: Quarter) -> Returned:
    """Make two workbooks with different passwords, and the list of passwords as a CSV saved by Excel."""
    quarter.put(f'{OTHER},"い,ろ"\r\n\r\n{OFFICE},は\r\n'.encode("cp932"), "一覧.csv")
    first, second = encrypted(quarter.filled({}), "は"), encrypted(quarter.filled({}, OTHER), "い,ろ")
    return [quarter.put(first, "産業振興課.xlsx"), quarter.put(second, "a.xlsx")]


def locked_zip(quarter: Quarter) -> Returned:
    """Make a zip with a member marked as encrypted."""
    data = bytearray(zipped([("回答.xlsx", quarter.filled({}))]))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    return [quarter.put(bytes(data), "返送.zip")]


# The shape of sheets and workbooks


def merged_over(first: str, second: str) -> Make:
    """Merge two cells of 01-01 as Excel does: the text of the second one is lost."""

    def change(quarter: Quarter, data: bytes) -> bytes:
        at = quarter.cells(data, "01-01")

        def merge(root: etree._Element) -> None:
            etree.SubElement(root.find(f"{S}mergeCells"), f"{S}mergeCell", ref=f"{at[first]}:{at[second]}")
            root.find(f"{S}mergeCells").attrib.pop("count", None)
            gone = next(c for c in root.iter(f"{S}c") if c.get("r") == at[second])
            gone.attrib.pop("t", None)
            for child in list(gone):
                gone.remove(child)

        return edited(data, "01-01", merge)

    return changed(change)


def of_five(without: Iterable[str]) -> Make:
    """Make a workbook of five sheets, without some of them."""

    def make(quarter: Quarter) -> Returned:
        data = quarter.filled({}, FIVE)
        for sheet in without:
            data = without_sheet(data, sheet)
        return [data]

    return make


def halves(quarter: Quarter) -> Returned:
    """Make two copies of a workbook, each with another sheet filled in."""
    answers = {id_: {str(ref): text for ref, text in printed(id_).items()} for id_ in ("01-01", "01-04")}
    return [quarter.filled({id_: answers[id_]}, full=False) for id_ in answers]


def halves_of_a_sheet(quarter: Quarter, other: Edits | None = None) -> Returned:
    """Make two copies that answer one activity of 01-01 each; the second holds ``other`` as well."""
    first, second = ({f"activity.progress/{key}/1": "予定通り"} for key in ("K1", "K2"))
    sheet = {str(ref): text for ref, text in printed("01-04").items()}
    return [
        quarter.filled({"01-01": first | {"contact_person": "前半の担当者"}, "01-04": sheet}, full=False),
        quarter.filled({"01-01": second | dict(other or {})}, full=False),
    ]


def contradicting_halves(quarter: Quarter) -> Returned:
    """Make two such copies with different 主担当者."""
    return halves_of_a_sheet(quarter, {"contact_person": "後半の担当者"})


def last_quarter(texts: Edits | None = None) -> Make:
    """Make the workbook of 第1四半期, already returned once, after 第2四半期 was issued."""

    def make(quarter: Quarter) -> Returned:
        quarter.collect(quarter.filled({}))
        issue(quarter, "第2四半期", RETURNED, departments=(OFFICE,))
        return [quarter.filled({"01-01": texts} if texts else {})]

    return make


def foreign_sheet(quarter: Quarter) -> Returned:
    """Make a workbook with a sheet moved in from that of another department."""
    return [with_sheet(quarter.filled({}, OTHER), "移したシート", sheet_xml(quarter.filled({}), "01-01"))]


def copied_sheet(quarter: Quarter) -> Returned:
    """Make a workbook with a copy of one of its sheets."""
    data = quarter.filled({})
    return [with_sheet(data, "01-01 (2)", sheet_xml(data, "01-01"))]


def renamed_department(quarter: Quarter) -> Returned:
    """Rename the department before its workbook comes back."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    for name, header, new in (("部署", "部署名", "経済部"), ("施策", "主管部署", "経済部")):
        rows = list(book[name].iter_rows())
        headers = {c.value: c.column - 1 for c in rows[0]}
        for row in rows[1:]:
            if row[headers[header]].value == OFFICE:
                row[headers[header]].value = new
                if name == "部署":
                    row[headers["旧名称"]].value = OFFICE
    book.save(quarter.workspace.master)
    return [quarter.filled({})]


ACTIVITY = {"B": "新しい取組", "E": "調査", "F": "試行"}


def rows_moved(first: int, count: int, *, to: int) -> list[list[object]]:
    """Return the steps in LibreOffice that cut rows of sheet 01-01 and insert them above row ``to``."""
    last = first + 2 * count - 1  # they have moved down by the inserted rows
    return [
        ["rows", "01-01", to, count],
        ["move", "01-01", f"A{first + count}:H{last}", f"A{to}"],
        ["delete_rows", "01-01", first + count, count],
    ]


def new_row(root: etree._Element, number: int, texts: dict[str, str]) -> None:
    """Insert a row as Excel does, with these texts by column."""
    insert_rows(root, number)
    row = etree.Element(f"{S}row", r=str(number))
    for letters, text in texts.items():
        c = etree.SubElement(row, f"{S}c", r=f"{letters}{number}", t="inlineStr")
        etree.SubElement(etree.SubElement(c, f"{S}is"), f"{S}t").text = text
    next(r for r in root.iter(f"{S}row") if int(r.get("r")) > number).addprevious(row)


def with_rows(quarter: Quarter, behind: str, activity: Mapping[str, str] = ACTIVITY) -> bytes:
    """Return the workbook with three rows inserted into 01-01 below a cell, filled in like an activity."""
    data = quarter.filled({})
    row = cell(quarter.cells(data, "01-01")[behind])[0] + 1

    def insert(root: etree._Element) -> None:
        for texts in ({}, {"E": "予定通り"}, activity):
            new_row(root, row, texts)

    return reshaped(data, "01-01", insert)


def own_activity(quarter: Quarter) -> Returned:
    """Make the good return with an own activity in three inserted rows."""
    return [with_rows(quarter, "activity.countermeasure/K1/1")]


def noted(where: str, text: str) -> Make:
    """Make the good return with a classic note, as Excel stores it."""

    def change(quarter: Quarter, data: bytes) -> bytes:
        edit = PackageEdit(Package(data))
        Notes(edit, "01-01").add(box(where), [text])
        return edit.data()

    return changed(change)


# Files that are no form

DOC, EXCEL95 = ole.container({"WordDocument": b"x" * 100}), ole.container({"Book": b"x" * 100})


def _docx() -> bytes:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    rel = f'<Relationship Id="r1" Type="{DOC_RELS_NS}/officeDocument" Target="word/document.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        types = f'<Override PartName="/word/document.xml" ContentType="{main}"/>'
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{TYPES_NS}">{types}</Types>')
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{RELS_NS}">{rel}</Relationships>')
        archive.writestr("word/document.xml", "<document/>")
    return out.getvalue()


def _panic() -> bytes:
    """Return an .xls ([MS-XLS]) of one sheet with a truncated record of merged cells."""

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    def head(sheet_at: int) -> bytes:
        name = "01-01"
        bound = struct.pack("<IBBBB", sheet_at, 0, 0, len(name), 1) + name.encode("utf-16-le")
        return begin(0x0005) + record(0x0085, bound) + record(0x000A)

    sheet = begin(0x0010) + record(0x00E5) + record(0x000A)
    return ole.container({"Workbook": (head(len(head(0))) + sheet).ljust(5000, b"\0")})


DOCX, PANIC = _docx(), _panic()


def truncated(quarter: Quarter) -> Returned:
    """Make the first half of the file."""
    data = quarter.filled({})
    return [data[: len(data) // 2]]


@changed
def far(quarter: Quarter, data: bytes) -> bytes:
    """Put a stray letter into the last possible cell of the sheet."""
    return edited(data, "01-01", lambda root: root.find(f"{S}sheetData").append(
        etree.fromstring(f'<row xmlns="{S[1:-1]}" r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')
    ))  # fmt: skip


def other_workbook(quarter: Quarter) -> Returned:
    """Make a workbook that is no form."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["会議", "日時"])
    book.save(out)
    return [out.getvalue()]

"""Small files that demand much memory or time, each with the code that refuses it ("" if it is simply read)."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

from dxreport.ooxml.package import MAIN_NS, Package, member, zip_bytes
from tests.support.ods import ods
from tests.support.ole import container
from tests.support.sending import mail, outlook, zipped
from tests.support.xls import stream, xls
from tests.support.xlsb import xlsb

_MILLION = 1_000_000
_SHEET = f'<worksheet xmlns="{MAIN_NS}"><sheetData>'.encode()
_TEXT = '<c r="{}" t="inlineStr"><is><t>x</t></is></c>'


def book(sheets: Mapping[str, bytes] | None = None, **parts: bytes) -> bytes:
    """Return an .xlsx of these worksheet parts; ``parts`` replace or add others (``xl__styles`` for xl/styles.xml)."""
    sheets = sheets or {"様式": _SHEET + b"</sheetData></worksheet>"}
    doc = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{doc}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    targets += f'<Relationship Id="s" Type="{doc}/styles" Target="styles.xml"/>'
    targets += f'<Relationship Id="t" Type="{doc}/sharedStrings" Target="strings.xml"/>'
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    made = {
        "[Content_Types].xml": f'<Types xmlns="{types}"><Override PartName="/xl/workbook.xml" ContentType="{main}"/></Types>'.encode(),
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="a" Type="{doc}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN_NS}" xmlns:r="{doc}"><sheets>{listed}</sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}">{targets}</Relationships>'.encode(),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN_NS}"/>'.encode(),
        "xl/strings.xml": f'<sst xmlns="{MAIN_NS}"/>'.encode(),
        **{f"xl/worksheets/sheet{n}.xml": data for n, data in enumerate(sheets.values(), 1)},
        **{name.replace("__", "/") + ".xml": data for name, data in parts.items()},
    }
    return zip_bytes(member(name, data, 9) for name, data in made.items())


def sheet(cells: str | bytes, tail: str = "") -> bytes:
    """Return a worksheet part with these rows."""
    rows = cells.encode() if isinstance(cells, str) else cells
    return _SHEET + rows + f"</sheetData>{tail}</worksheet>".encode()


def _far(ref: str) -> bytes:
    return sheet(f'<row r="{ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}">{_TEXT.format(ref)}</row>')


def _number(style: str = "0") -> bytes:
    return sheet(f'<row r="1"><c r="A1" s="{style}"><v>1</v></c></row>')


def _styles(content: str, number: str = "0") -> bytes:
    return book({"様式": _number()}, xl__styles=f'<styleSheet xmlns="{MAIN_NS}">{content}</styleSheet>'.encode())


def _many_cells(count: int) -> bytes:
    rows = (
        f'<row r="{n + 1}">' + "".join(f'<c r="{c}{n + 1}"><v>1</v></c>' for c in "ABCDEFGHIJ") + "</row>"
        for n in range(count // 10)
    )
    return sheet("".join(rows))


def _entities() -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE x [<!ENTITY e0 "xxxxxxxxxx">{levels}]>'
    return head.encode() + sheet('<row r="1"><c r="A1" t="str"><v>&e11;</v></c></row>')


def _content(xml: str) -> bytes:
    package = Package(ods([["x"]]))
    content = package.read("content.xml").decode()
    return package.with_parts({"content.xml": content.replace("<text:p>x</text:p>", xml).encode()})


def _ods_cell(attributes: str, text: str = "x") -> bytes:
    package = Package(ods([["x"]]))
    content = package.read("content.xml").decode()
    return package.with_parts(
        {
            "content.xml": content.replace("<table:table-cell ", f"<table:table-cell {attributes} ")
            .replace(">x<", f">{text}<")
            .encode()
        }
    )


def _shared_substreams() -> bytes:
    """Return an .xls of 900 sheets that all share the same 60,000 records."""
    data = stream({f"{n}": {} for n in range(900)} | {"末": {(r, c): 1.0 for r in range(3000) for c in range(20)}})
    last = (
        data.rindex(struct.pack("<4H", 0x809, 16, 0x600, 0x10))
        if struct.pack("<4H", 0x809, 16, 0x600, 0x10) in data
        else 0
    )
    out = bytearray(data)
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == 0x85:
            out[at + 4 : at + 8] = struct.pack("<I", last)
        if kind == 0x0A:
            break
        at += 4 + length
    return container({"Workbook": bytes(out)})


def _ole_header(at: int, value: int) -> bytes:
    data = bytearray(xls({"a": {(0, 0): "x"}}))
    data[at : at + 4] = struct.pack("<I", value)
    return bytes(data)


def _spins(count: int) -> bytes:
    info = b"\4\0\4\0\x40\0\0\0" + (
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption"><keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" '
        'cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA=="/><keyEncryptors><keyEncryptor '
        'uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey xmlns:p="http://schemas.microsoft.com/office/2006/'
        f'keyEncryptor/password" spinCount="{count}" saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining='
        '"ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA==" encryptedVerifierHashInput="AAAAAAAAAAAAAAAAAAAAAA==" '
        'encryptedVerifierHashValue="AAAA" encryptedKeyValue="AAAAAAAAAAAAAAAAAAAAAA=="/></keyEncryptor></keyEncryptors></encryption>'
    ).encode()  # fmt: skip
    return container({"EncryptionInfo": info, "EncryptedPackage": bytes(8) + bytes(5000)})


def _multiparts(depth: int) -> bytes:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"From: a@example.jp\nDate: Fri, 15 Jul 2022 10:00:00 +0900\nMIME-Version: 1.0\n{head}Content-Type: text/plain\n\nx\n".encode()


def _forwarded(depth: int) -> bytes:
    one = (
        "From: a@example.jp\nDate: Fri, 15 Jul 2022 10:00:00 +0900\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
    )
    return (one * depth + "From: b@example.jp\nDate: Fri, 15 Jul 2022 10:00:00 +0900\n\nx\n").encode()


def _boundaries(lines: int, depth: int) -> bytes:
    return _multiparts(depth) + b"a\n" * lines


def _compressed(method: int, size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.xlsx", bytes(size))
    return out.getvalue()


def _nested(levels: int) -> bytes:
    data = zipped([(f"{n}.txt", b"x") for n in range(1500)])
    for _ in range(levels):
        data = zipped([(f"{n}.zip", data) for n in range(20)])
    return data


def _plain_mail(attachments: int) -> bytes:
    head = _multiparts(1).partition(b"\n\n")[0] + b"\n\n"
    part = '--b0\nContent-Type: application/octet-stream; name="{}.xlsx"\n\nx{}\n'
    return head + "".join(part.format(n, n) for n in range(attachments)).encode() + b"--b0--\n"


def _listed(space: str, tag: str, child: bytes, count: int) -> bytes:
    return f'<{tag} xmlns="http://schemas.openxmlformats.org/{space}">'.encode() + child * count + f"</{tag}>".encode()


_TYPE = b'<Default Extension="a" ContentType="b"/>'
_RELATIONSHIP = b'<Relationship Id="a" Type="b" Target="c"/>'
_REPEATED = (
    'x</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="9000">'
    '<table:table-cell table:number-columns-repeated="250"><text:p>y'
)
BOMBS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "200 sheets with a far cell": (lambda: book({f"{n}": _far("IV10000") for n in range(200)}), "E405"),
    "a cell at the end of the world": (lambda: book({"a": _far("XFD1048576")}), "E405"),
    "2,000 sheets": (lambda: book({f"{n}": sheet("") for n in range(2000)}), "E405"),
    "a million cells": (lambda: book({"a": _many_cells(_MILLION)}), "E405"),
    "two million empty cells": (lambda: book({"a": sheet('<row r="1">' + "<c/>" * 2 * _MILLION + "</row>")}), ""),
    "two million comments": (lambda: book({"a": sheet("<!---->" * 2 * _MILLION)}), ""),
    "attributes": (lambda: book({"a": sheet("<row" + "".join(f' a{n}=""' for n in range(_MILLION * 2)) + "/>")}), ""),
    "deep elements": (lambda: book({"a": sheet("<row>" * 100_000 + "</row>" * 100_000)}), ""),
    "a text of 60 MB": (lambda: book({"a": sheet('<row r="1"><c r="A1" t="str"><v>' + "x" * 60 * _MILLION + "</v></c></row>")}), "E405"),
    "merges": (lambda: book({"a": sheet("", "<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 200_000 + "</mergeCells>")}), "E405"),
    "styles": (lambda: _styles("<cellXfs>" + '<xf numFmtId="0"/>' * 2 * _MILLION + "</cellXfs>"), "E405"),
    "a number format of 30 MB": (
        lambda: _styles(f'<numFmts><numFmt numFmtId="9" formatCode="{"0" * 30 * _MILLION}"/></numFmts><cellXfs><xf numFmtId="9"/></cellXfs>'), "E403",
    ),
    "types": (lambda: book(**{"[Content_Types]": _listed("package/2006/content-types", "Types", _TYPE, _MILLION)}), "E405"),
    "relationships": (
        lambda: Package(book()).with_parts({
            "xl/worksheets/_rels/sheet1.xml.rels": _listed("package/2006/relationships", "Relationships", _RELATIONSHIP, 100_000)
        }), "",
    ),
    "shared strings": (
        lambda: book(
            {"a": sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')},
            xl__strings=_listed("spreadsheetml/2006/main", "sst", b"<si><r><t>x</t></r></si>", _MILLION),
        ), "E405",
    ),
    "entities": (lambda: book({"a": _entities()}), "E403"),
    "parts": (lambda: Package(book()).with_parts({f"{n}": b"" for n in range(20_000)}), "E405"),
    "a part of 300 MB": (lambda: book({"a": bytes(300 * _MILLION)}), "E405"),
    "50 sheets of 5 MB": (lambda: book({f"{n}": sheet(" " * 5 * _MILLION) for n in range(50)}), "E405"),
    "repeated cells of .ods": (lambda: _ods_cell('table:number-columns-repeated="256"', _REPEATED), "E405"),
    "repeated beyond numbers": (lambda: _ods_cell(f'table:number-columns-repeated="{"9" * 5000}"'), "E403"),
    "blanks of .ods": (lambda: _content("<text:p>" + '<text:s text:c="32767"/>' * 100_000 + "</text:p>"), "E405"),
    "deep paragraphs of .ods": (lambda: _content("<text:p>" + "<text:span>" * 100 + "x" + "</text:span>" * 100 + "</text:p>"), ""),
    "900 sheets of the same records": (_shared_substreams, "E405"),
    "tables of an OLE container": (lambda: _ole_header(44, 0x0FFFFFFF), "E403"),
    "further tables": (lambda: _ole_header(72, 0x0FFFFFFF), "E403"),
    "mini tables": (lambda: _ole_header(64, 0x0FFFFFFF), "E403"),
    "sectors of a gigabyte": (lambda: _ole_header(30, 0x0006001E), "E403"),
    "key stretching": (lambda: _spins(9_999_999), "E431"),
    "key stretching as usual": (lambda: _spins(100_000), "E402"),
    "records of .xlsb": (lambda: _xlsb_records(), "E405"),
    "1,500 multiparts": (lambda: _multiparts(1500), "E405"),
    "3,000 forwarded mails": (lambda: _forwarded(3000), "E405"),
    "5,000 attachments": (lambda: _plain_mail(5000), "E405"),
    "200,000 parts": (lambda: _plain_mail(200_000), "E405"),
    "boundaries around many lines": (lambda: _boundaries(2 * _MILLION, 200), "E405"),
    "lines of a mail": (lambda: _multiparts(1) + b"\n" * 50 * _MILLION, "E405"),
    "bzip2": (lambda: _compressed(zipfile.ZIP_BZIP2, 90 * _MILLION), "E404"),
    "lzma": (lambda: _compressed(zipfile.ZIP_LZMA, 9 * _MILLION), "E404"),
    "zips in zips": (lambda: _nested(2), "E405"),
    "entries of a zip": (lambda: _directory(300_000), "E405"),
    "300 attachments of Outlook": (lambda: outlook([(f"{n}.txt", b"x") for n in range(300)]), "E401"),
    "a mail of 30 MB": (lambda: mail([("a.bin", bytes(22 * _MILLION))]), "E403"),
}  # fmt: skip


HEAVY = {  # these take seconds and are left to ``make attack``
    "900 sheets of the same records", "zips in zips", "50 sheets of 5 MB", "records of .xlsb", "two million empty cells", "a mail of 30 MB",
    "a million cells", "two million comments", "a text of 60 MB", "lines of a mail", "attributes",
}  # fmt: skip


def _xlsb_records() -> bytes:
    package = Package(xlsb({"a": {(0, 0): "x"}}))
    name = next(n for n in package.names if "sheet1" in n and n.endswith(".bin"))
    return package.with_parts({name: package.read(name) + b"\x3c\x00" * 5 * _MILLION})


def _directory(count: int) -> bytes:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(entry) * count, 0, 0)
    return b"PK\3\4" + bytes(26) + entry * count + end

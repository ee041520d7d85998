"""Write minimal binary workbooks ([MS-XLSB]) of texts and numbers."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

Cells = Mapping[tuple[int, int], "str | float | Odd"]
_MAIN = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SCHEMA = "http://schemas.openxmlformats.org"


@dataclass(frozen=True)
class Odd:
    """A record other than a plain value, with its content after the place of the cell."""

    record: int
    content: bytes
    placed: bool = True


def text_of_formula(text: str) -> Odd:
    """Return a formula that results in a text."""
    return Odd(8, _wide(text) + bytes(10))


def merge(top: int, left: int, bottom: int, right: int) -> Odd:
    """Return a merged range, to be put among the cells at its first one, where readers accept it."""
    return Odd(177, struct.pack("<4I", top, bottom, left, right), placed=False)


REF_ERROR, TRUE = Odd(3, b"\x17"), Odd(4, b"\x01")


def shared(index: int) -> Odd:
    """Return a text from the table of ``strings``."""
    return Odd(7, struct.pack("<I", index))


def small(stored: int) -> Odd:
    """Return a number stored in 30 bits and two flags ([MS-XLSB] 2.5.122)."""
    return Odd(2, struct.pack("<i", stored))


def xlsb(
    sheets: Mapping[str, Cells],
    notes: Mapping[tuple[int, int], str] = MappingProxyType({}),
    strings: Sequence[str] = (),
    number_format: str = "",
    hidden: Collection[str] = (),
    date1904: bool = False,
) -> bytes:
    """Return a binary workbook of these cells, by (row, column) counted from 0; ``notes`` are on the first sheet.

    ``strings`` are the shared ones; ``number_format`` is that of all cells; ``hidden`` names the hidden sheets.
    """
    book, rels = _record(131) + _record(153, struct.pack("<2I", date1904, 0) + _wide("")) + _record(143), []
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml", f'<Types xmlns="{_TYPES}"><Default Extension="bin" ContentType="{_MAIN}"/></Types>'
        )
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.bin")]))
        for number, (name, cells) in enumerate(sheets.items(), 1):
            part = f"worksheets/sheet{number}.bin"
            book += _record(156, struct.pack("<II", name in hidden, number) + _wide(f"rId{number}") + _wide(name))
            rels.append(("worksheet", part))
            archive.writestr(f"xl/{part}", _sheet(cells))
        if notes:
            archive.writestr("xl/worksheets/_rels/sheet1.bin.rels", _relations([("comments", "../comments1.bin")]))
            archive.writestr("xl/comments1.bin", b"".join(_note(*at, text) for at, text in notes.items()))
        if strings:
            rels.append(("sharedStrings", "sharedStrings.bin"))
            items = b"".join(_record(19, b"\0" + _wide(text)) for text in strings)
            counts = struct.pack("<II", len(strings), len(strings))
            archive.writestr("xl/sharedStrings.bin", _record(159, counts) + items + _record(160))
        if number_format:
            rels.append(("styles", "styles.bin"))
            xf = _record(47, struct.pack("<HH", 0xFFFF, 200) + bytes(12))
            code = _record(44, struct.pack("<H", 200) + _wide(number_format))
            archive.writestr("xl/styles.bin", code + _record(617) + xf + _record(618))
        archive.writestr("xl/_rels/workbook.bin.rels", _relations(rels))
        archive.writestr("xl/workbook.bin", book + _record(144) + _record(132))
    return out.getvalue()


def _sheet(cells: Cells) -> bytes:
    bounds = struct.pack("<4I", 0, max(row for row, _ in cells), 0, max(column for _, column in cells))
    out, at = _record(129) + _record(148, bounds) + _record(145), -1
    for (row, column), value in sorted(cells.items()):
        if row != at:
            out, at = out + _record(0, struct.pack("<II", row, 0) + bytes(13)), row
        place = struct.pack("<II", column, 0)
        if isinstance(value, Odd):
            out += _record(value.record, (place if value.placed else b"") + value.content)
        elif isinstance(value, str):
            out += _record(6, place + _wide(value))
        else:
            out += _record(5, place + struct.pack("<d", value))
    return out + _record(146) + _record(130)


def _note(row: int, column: int, text: str) -> bytes:
    return (
        _record(635, struct.pack("<5I", 0, row, row, column, column) + bytes(16))
        + _record(637, b"\0" + _wide(text))
        + _record(636)
    )


def _record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = len(data), b""
    while length > 127:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return head + size + bytes([length]) + data


def _wide(text: str) -> bytes:
    coded = text.encode("utf-16-le")
    return struct.pack("<I", len(coded) // 2) + coded


def _relations(targets: list[tuple[str, str]]) -> str:
    kinds = f"{_SCHEMA}/officeDocument/2006/relationships"
    each = "".join(
        f'<Relationship Id="rId{n}" Type="{kinds}/{kind}" Target="{to}"/>' for n, (kind, to) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_SCHEMA}/package/2006/relationships">{each}</Relationships>'

"""Read the records of an .xls workbook (BIFF8) and the texts in them ([MS-XLS] 2.1.4, 2.4 and 2.5).

Also what it shares with .xlsb: numbers, errors and duplicate cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ...ooxml import bounds
from ...ooxml.bounds import Bounds
from ...ooxml.cells import BLANK, At, Cell

BOF, _EOF, _CONTINUE = 0x809, 0x0A, b"\x3c\0"
_HEAD = struct.Struct("<HH").unpack_from
_WIDE, _EXTENDED, _RICH = 1, 4, 8  # flags of a text
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


class BiffRecord(NamedTuple):
    """A record: its type, its content, and the contents of the CONTINUE records after it."""

    kind: int
    data: bytes
    more: tuple[bytes, ...] = ()


def records(stream: bytes, offset: int, limits: Bounds) -> Iterator[BiffRecord]:
    """Yield the records of the substream at ``offset``, without those of substreams nested in it.

    Raise struct.error or IndexError if it breaks off, PackageTooLarge beyond the limits.
    """
    depth = 0
    while True:
        limits.take(bounds.RECORDS, 1)
        kind, length = _HEAD(stream, offset)
        start, offset = offset + 4, offset + 4 + length
        if kind == BOF:
            depth += 1  # a chart is a substream nested in that of its sheet
        elif kind == _EOF:
            depth -= 1
            if not depth:
                return
        more = []
        while stream[offset : offset + 2] == _CONTINUE:
            limits.take(bounds.RECORDS, 1)
            _, length = _HEAD(stream, offset)
            more.append(stream[offset + 4 : offset + 4 + length])
            offset += 4 + length
        if depth < 2:
            yield BiffRecord(kind, stream[start : start + _HEAD(stream, start - 2)[0]], tuple(more))


class TextReader:
    """Reads texts that continue over the contents of several records."""

    def __init__(self, segments: tuple[bytes, ...]) -> None:
        self._segments = segments
        self._segment, self._at = 0, 0

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes. Raise IndexError if there are fewer."""
        out = b""
        while len(out) < count:
            data = self._segments[self._segment]
            part = data[self._at : self._at + count - len(out)]
            out += part
            self._at += len(part)
            if len(out) < count:
                self._segment, self._at = self._segment + 1, 0
        return out

    def text(self, count: int, flags: int) -> str:
        """Return the next ``count`` characters; each further record they run into begins with flags of its own."""
        out = []
        while count:
            if self._at >= len(self._segments[self._segment]):
                self._segment, self._at = self._segment + 1, 1
                flags = self._segments[self._segment][0]
            size = 2 if flags & _WIDE else 1
            part = self._segments[self._segment][self._at : self._at + count * size]
            if size == 2 and len(part) < 2:
                raise IndexError("half a character")
            part = part[: len(part) // size * size]
            out.append(part.decode("utf-16-le", "surrogatepass") if size == 2 else part.decode("latin-1"))
            self._at += len(part)
            count -= len(part) // size
        return whole("".join(out))

    def rich_text(self) -> str:
        """Return the next text of the string table, without its formatting and furigana."""
        count, flags = struct.unpack("<HB", self.bytes(3))
        runs = struct.unpack("<H", self.bytes(2))[0] if flags & _RICH else 0
        extension = struct.unpack("<I", self.bytes(4))[0] if flags & _EXTENDED else 0
        text = self.text(count, flags)
        self.bytes(4 * runs)
        self.bytes(extension)
        return text


def text_at(record: BiffRecord, at: int) -> str:
    """Return the text at offset ``at`` of a record, preceded by its length in two bytes."""
    count, flags = struct.unpack_from("<HB", record.data, at)
    return TextReader((record.data[at + 3 :], *record.more)).text(count, flags)


def short_text(data: bytes) -> str:
    """Return a text that begins with its length in one byte."""
    return TextReader((data[2:],)).text(data[0], data[1])


def whole(text: str) -> str:
    """Return a text with surrogate pairs joined; a lone surrogate becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def error_cell(code: int) -> Cell:
    """Return the cell of an error value."""
    return Cell("error", _ERRORS.get(code, "#VALUE!"))


def rk_number(stored: int) -> float:
    """Decode an RK number ([MS-XLS] 2.5.217): 30 bits of an integer or a float, divided by 100 if flagged."""
    value = stored >> 2 if stored & 2 else struct.unpack("<d", struct.pack("<q", (stored & ~3) << 32))[0]
    return value / 100 if stored & 1 else float(value)


def put(cells: dict[At, Cell], at: At, cell: Cell) -> None:
    """Add a cell unless it is blank; a duplicate is unclear, because programs differ on which one counts."""
    if at in cells:
        cell = Cell("unclear", cell.text)
    if cell is not BLANK:
        cells[at] = cell

"""Write minimal .xls workbooks (BIFF8, [MS-XLS]) of texts, numbers, booleans, errors and formulas."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.support.ole import container

NONE: Mapping[str, int] = MappingProxyType({})
Cells = Mapping[tuple[int, int], "str | float | bool | Result | Shown | Raw"]
_FORMATS = {164: "General", 165: "0.0%", 166: "yyyy/m/d", 167: '#,##0"千円"', 14: "m/d/yy"}


@dataclass(frozen=True)
class Result:
    """A formula, given by its last result."""

    value: str | float


@dataclass(frozen=True)
class Shown:
    """A number with one of the formats above, by position."""

    value: float
    style: int


@dataclass(frozen=True)
class Raw:
    """Records of a cell: each its type, and its content after the place of the cell."""

    records: tuple[tuple[int, bytes], ...]


def xls(sheets: Mapping[str, Cells], *, states: Mapping[str, int] = NONE, date1904: bool = False) -> bytes:
    """Return a workbook of these cells, by (row, column) counted from 0.

    ``states`` of sheets are 1 (hidden) or 2 (very hidden).
    """
    return container({"Workbook": stream(sheets, states=states, date1904=date1904)})


def stream(sheets: Mapping[str, Cells], *, states: Mapping[str, int] = NONE, date1904: bool = False) -> bytes:
    """Return the stream ``Workbook`` of such a workbook."""
    texts = list(dict.fromkeys(v for cells in sheets.values() for v in cells.values() if isinstance(v, str)))
    bodies = [_sheet(cells, texts) for cells in sheets.values()]
    head = _record(0x809, struct.pack("<4H2I", 0x600, 5, 0x0DBB, 0x07CC, 0, 6)) + _record(0x42, b"\xb0\x04")
    head += _record(0x22, struct.pack("<H", date1904))
    head += b"".join(_record(0x41E, struct.pack("<H", index) + _text(code)) for index, code in _FORMATS.items())
    head += b"".join(_record(0xE0, struct.pack("<HHH14x", 0, index, 0)) for index in _FORMATS)
    strings = _record(0xFC, struct.pack("<II", len(texts), len(texts)) + b"".join(map(_text, texts)))
    tail = strings + _record(0x0A, b"")
    names = [len(_record(0x85, bytes(6) + _text(name)[:1] + _text(name)[2:])) for name in sheets]
    offset, listed = len(head) + sum(names) + len(tail), b""
    for name, body in zip(sheets, bodies, strict=True):
        coded = _text(name)
        listed += _record(0x85, struct.pack("<IBB", offset, states.get(name, 0), 0) + coded[:1] + coded[2:])
        offset += len(body)
    return head + listed + tail + b"".join(bodies)


def _sheet(cells: Cells, texts: list[str]) -> bytes:
    out = _record(0x809, struct.pack("<4H2I", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    for (row, column), value in sorted(cells.items()):
        style = value.style if isinstance(value, Shown) else 0
        at = struct.pack("<3H", row, column, style)
        if isinstance(value, Raw):
            out += b"".join(_record(kind, at + data) for kind, data in value.records)
        elif isinstance(value, bool):
            out += _record(0x205, at + bytes([value, 0]))
        elif isinstance(value, str) and value.startswith("#"):
            out += _record(0x205, at + b"\x2a\x01")
        elif isinstance(value, str):
            out += _record(0xFD, at + struct.pack("<I", texts.index(value)))
        elif isinstance(value, Result):
            stored = struct.pack("<d", value.value) if isinstance(value.value, float) else b"\0\0\0\0\0\0\xff\xff"
            out += _record(0x06, at + stored + struct.pack("<HIH", 0, 0, 3) + b"\x1e\1\0")
            out += b"" if isinstance(value.value, float) else _record(0x207, _text(value.value))
        else:
            number = value.value if isinstance(value, Shown) else float(value)
            out += _record(0x203, at + struct.pack("<d", number))
    return out + _record(0xE5, struct.pack("<5H", 1, 8, 9, 0, 1)) + _record(0x0A, b"")


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _text(text: str) -> bytes:
    return struct.pack("<HB", len(text.encode("utf-16-le")) // 2, 1) + text.encode("utf-16-le")

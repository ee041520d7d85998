"""The records of an .xls workbook (BIFF8) for what xlrd does not tell ([MS-XLS] 2.3 and 2.4).

These are the cells that hold formulas, and the merged ranges where the table of styles is broken. Values beyond the
limits are found here too, before xlrd reads them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...ooxml.cells import At
from ...ooxml.refs import Box
from ..limits import DAMAGED, MAX_COLUMNS, MAX_ROWS, Unreadable, too_far

_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _FORMULA, _MULRK, _MERGES = 0x809, 0x0A, 0x85, 0x2F, 0x06, 0xBD, 0xE5
_PAIR = struct.Struct("<HH").unpack_from
_VALUES = {0xFD, 0x203, 0x27E, 0x204, 0x205, 0xD6, _FORMULA, _MULRK}  # not BLANK and MULBLANK


@dataclass(frozen=True, slots=True)
class SheetRecords:
    """A worksheet's name, its formula cells and merged ranges."""

    name: str
    formulas: frozenset[At]
    merges: tuple[Box, ...]


def records(data: bytes) -> tuple[bytes, list[SheetRecords]] | None:
    """The ``Workbook`` stream of an .xls and its worksheets, None where it is encrypted.

    Raises Unreadable when the container or a record is broken (E403), the workbook is of Excel 95 (E404), or a value
    is beyond the limits (E405).
    """
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as ole:
            stream = ole.openstream("Workbook").read()
        return _workbook(stream)
    except Unreadable:
        raise
    except Exception:  # whatever the parser meets in a broken container
        raise Unreadable("E403", DAMAGED) from None


def _workbook(stream: bytes) -> tuple[bytes, list[SheetRecords]] | None:
    if struct.unpack_from("<HHH", stream)[::2] != (_BOF, 0x0600):
        raise Unreadable("E404", "Excel 95 以前の形式（.xls）")
    places = []
    for kind, start, length in _records(stream, 0):
        if kind == _FILEPASS:
            return None
        if kind == _BOUNDSHEET:
            offset, _, sheet_type = struct.unpack_from("<IBB", stream, start)
            if sheet_type == 0:
                places.append((offset, _sheet_name(stream[start + 6 : start + length])))
    return stream, [_sheet(stream, offset, name) for offset, name in places]


def _records(stream: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """(type, start of the content, its length) of each record, up to the end of the substream that begins here."""
    depth = 0
    while True:
        kind, length = _PAIR(stream, offset)
        if kind == _BOF:
            depth += 1  # a chart on a sheet is a substream in the sheet's own
        elif kind == _EOF:
            depth -= 1
            if not depth:
                return
        if depth < 2:
            yield kind, offset + 4, length
        offset += 4 + length


def _sheet_name(record: bytes) -> str:
    count, wide = record[0], record[1] & 1
    return record[2 : 2 + count * 2].decode("utf-16-le") if wide else record[2 : 2 + count].decode("latin-1")


def _sheet(stream: bytes, offset: int, name: str) -> SheetRecords:
    formulas: list[At] = []
    merges: list[Box] = []
    far = None
    for kind, start, length in _records(stream, offset):
        if kind == _MERGES:
            merges += _merges(stream[start : start + length])
        if kind not in _VALUES:
            continue
        row, column = _PAIR(stream, start)
        if kind == _FORMULA:
            formulas.append((row + 1, column + 1))
        elif kind == _MULRK:
            column = struct.unpack_from("<H", stream, start + length - 2)[0]
        if row >= MAX_ROWS or column >= MAX_COLUMNS:
            far = (row + 1, column + 1)
    if far:
        raise too_far(name, *far)
    return SheetRecords(name, frozenset(formulas), tuple(merges))


def _merges(record: bytes) -> Iterator[Box]:
    for n in range(struct.unpack_from("<H", record)[0]):
        top, bottom, left, right = struct.unpack_from("<4H", record, 2 + 8 * n)
        yield Box(top + 1, left + 1, bottom + 1, right + 1)

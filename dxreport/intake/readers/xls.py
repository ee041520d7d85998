"""Read the worksheets of .xls (Excel 97 to 2003) from their records ([MS-XLS] 2.1.7.20 and 2.4)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator

from ...ooxml import bounds
from ...ooxml.bounds import Bounds
from ...ooxml.cells import BLANK, At, Cell, Grid, boolean_cell, number_cell, text_cell, with_formula
from ...ooxml.formats import BUILT_IN
from ...ooxml.refs import Box
from ..limits import MAX_COLUMNS, MAX_ROWS, Unreadable, too_far, unreadable
from .biff import BOF, BiffRecord, TextReader, error_cell, put, records, rk_number, short_text, text_at

_BOUNDSHEET, _FILEPASS, _DATEMODE, _FORMAT, _XF, _SST = 0x85, 0x2F, 0x22, 0x41E, 0xE0, 0xFC
_LABELSST, _LABEL, _RSTRING, _NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA = (
    0xFD, 0x204, 0xD6, 0x203, 0x27E, 0xBD, 0x205, 0x06,
)  # fmt: skip
_STRING, _MERGES, _NOTE, _OBJECT, _TEXT_OBJECT = 0x207, 0xE5, 0x1C, 0x5D, 0x1B6
_VALUES = {_LABELSST, _LABEL, _RSTRING, _NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA}  # not BLANK and MULBLANK
_AT = struct.Struct("<3H").unpack_from  # row, column, format
_LOCAL_DATES = {14, *range(27, 37), *range(50, 59)}  # built-in date formats that depend on the country


def read_xls(data: bytes, limits: Bounds) -> list[Grid] | None:
    """Return the worksheets of an .xls, None if it has a password.

    Raise Unreadable: E403 damaged, E404 of Excel 95, E405 beyond the limits.
    """
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as ole:
            stream = ole.openstream("Workbook").read()
        if struct.unpack_from("<HHH", stream)[::2] != (BOF, 0x0600):
            raise Unreadable("E404", "Excel 95 以前の形式（.xls）")
        book = _Workbook(stream, limits)
        return None if book.locked else book.grids()
    except Unreadable:
        raise
    except Exception as error:  # beyond the limits, or a broken container, or records that break off
        raise unreadable(error) from None


class _Workbook:
    """The globals of a workbook; if it has a password, ``locked`` is True and nothing else is known."""

    def __init__(self, stream: bytes, limits: Bounds) -> None:
        self._stream, self._limits = stream, limits
        self.locked = self._date1904 = False
        self._sheets: list[tuple[int, bool, str]] = []  # offset, whether it is hidden, name
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._strings: list[str] = []
        for record in records(stream, 0, limits):
            kind, data = record.kind, record.data
            if kind == _FILEPASS:
                self.locked = True
                return
            if kind == _XF:
                self._formats.append(struct.unpack_from("<H", data, 2)[0])
            elif kind == _FORMAT:
                self._codes[struct.unpack_from("<H", data)[0]] = text_at(record, 2)
            elif kind == _DATEMODE:
                self._date1904 = data[:2] == b"\1\0"
            elif kind == _SST:
                self._strings = list(self._texts(record))
            elif kind == _BOUNDSHEET:
                offset, state, sheet_type = struct.unpack_from("<IBB", data)
                if sheet_type == 0:
                    limits.take(bounds.SHEETS, 1)
                    self._sheets.append((offset, state & 3 != 0, short_text(data[6:])))

    def _texts(self, record: BiffRecord) -> Iterator[str]:
        reader = TextReader((record.data[8:], *record.more))
        for _ in range(struct.unpack_from("<I", record.data, 4)[0]):
            self._limits.take(bounds.RECORDS, 1)
            yield reader.rich_text()

    def grids(self) -> list[Grid]:
        """Return the worksheets in order."""
        return [self._grid(*sheet) for sheet in self._sheets]

    def _grid(self, offset: int, hidden: bool, name: str) -> Grid:
        cells: dict[At, Cell] = {}
        merges: list[Box] = []
        texts: dict[int, str] = {}  # the texts of shapes by their numbers
        notes: dict[At, int] = {}
        shape, pending = 0, (0, 0)  # the last shape, and the formula whose text follows
        for record in records(self._stream, offset, self._limits):
            kind, data = record.kind, record.data
            if kind in _VALUES:
                for at, cell in self._cells(record):
                    if at[0] > MAX_ROWS or at[1] > MAX_COLUMNS:
                        raise too_far(name, *at)
                    self._limits.take(bounds.CELLS, 1)
                    put(cells, at, cell)
                    pending = at
            elif kind == _STRING and cells.get(pending, BLANK).formula:
                cells[pending] = with_formula(_text(text_at(record, 0)), "=")
            elif kind == _MERGES:
                merges += _merges(data)
            elif kind == _OBJECT:
                shape = struct.unpack_from("<H", data, 6)[0]
            elif kind == _TEXT_OBJECT:
                texts[shape] = _shape_text(record)
            elif kind == _NOTE:
                row, column, _, number = struct.unpack_from("<4H", data)
                notes[row + 1, column + 1] = number
        self._limits.take(bounds.MERGES, len(merges))
        found = {at: texts[number] for at, number in notes.items() if number in texts}
        return Grid(name, hidden, cells, tuple(merges), found)

    def _cells(self, record: BiffRecord) -> Iterable[tuple[At, Cell]]:
        kind, data = record.kind, record.data
        row, column, style = _AT(data)
        at = row + 1, column + 1
        if kind == _MULRK:
            columns = range(column, struct.unpack_from("<H", data, len(data) - 2)[0] + 1)
            stored = struct.iter_unpack("<Hi", data[4:-2])
            return [
                ((row + 1, c + 1), self._number(rk_number(rk), xf)) for c, (xf, rk) in zip(columns, stored, strict=True)
            ]
        if kind == _LABELSST:
            return [(at, _text(self._strings[struct.unpack_from("<I", data, 6)[0]]))]
        if kind in (_LABEL, _RSTRING):
            return [(at, _text(text_at(record, 6)))]
        if kind == _RK:
            return [(at, self._number(rk_number(struct.unpack_from("<i", data, 6)[0]), style))]
        if kind == _NUMBER:
            return [(at, self._number(struct.unpack_from("<d", data, 6)[0], style))]
        if kind == _BOOLERR:
            return [(at, error_cell(data[6]) if data[7] else boolean_cell(bool(data[6])))]
        return [(at, with_formula(self._result(data[6:14], style), "="))]

    def _result(self, stored: bytes, style: int) -> Cell:
        """Return the last result of a formula; BLANK for a text, which follows in a record of its own."""
        if stored[6:8] != b"\xff\xff":
            return self._number(struct.unpack("<d", stored)[0], style)
        if stored[0] in (0, 3):
            return BLANK
        return boolean_cell(bool(stored[2])) if stored[0] == 1 else error_cell(stored[2])

    def _number(self, value: float, style: int) -> Cell:
        known = style < len(self._formats)
        index = self._formats[style] if known else 0
        code = BUILT_IN.get(index, "General") if index in _LOCAL_DATES else self._codes.get(index)
        if code is None:
            code = BUILT_IN.get(index, "General")
        cell = number_cell(repr(value).removesuffix(".0"), code, self._date1904)
        return cell if known else cell._replace(certain=False)


def _text(text: str) -> Cell:
    return text_cell(text)._replace(certain="\ufffd" not in text) if text else BLANK


def _shape_text(record: BiffRecord) -> str:
    count = struct.unpack_from("<H", record.data, 10)[0]
    return TextReader((record.more[0][1:], *record.more[1:])).text(count, record.more[0][0]) if count else ""


def _merges(data: bytes) -> Iterator[Box]:
    for n in range(struct.unpack_from("<H", data)[0]):
        top, bottom, left, right = struct.unpack_from("<4H", data, 2 + 8 * n)
        yield Box(top + 1, left + 1, bottom + 1, right + 1)

"""Read the worksheets of .xlsb from their records ([MS-XLSB] 2.1.4 and 2.4).

A record is its type, its size (both in seven bits per byte) and its content.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import cached_property

from ...domain.errors import PackageError
from ...ooxml import bounds
from ...ooxml.bounds import Bounds
from ...ooxml.cells import At, Cell, Grid, boolean_cell, number_cell, text_cell, with_formula
from ...ooxml.formats import BUILT_IN
from ...ooxml.package import Package
from ...ooxml.refs import Box
from ...ooxml.worksheets import OTHER_SHEETS
from .biff import error_cell, put, rk_number

_ROW, _STRING, _FORMAT, _XF, _PROPERTIES, _SHEET, _MERGE, _BEGIN_XFS, _END_XFS = (0, 19, 44, 47, 153, 156, 177, 617, 618)  # fmt: skip
_NOTE, _NOTE_TEXT = 635, 637
_FORMULAS = range(8, 12)


def read_xlsb(package: Package, workbook: str, limits: Bounds) -> Iterator[Grid]:
    """Yield the worksheets of an .xlsb; ``workbook`` is its main part. Raise PackageError if it is damaged."""
    try:
        yield from _Xlsb(package, workbook, limits).grids()
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise PackageError(f"壊れています（{error}）") from None


class _Xlsb:
    """One workbook. Its numbers are never ``certain``, since how they show was never compared with Excel."""

    def __init__(self, package: Package, workbook: str, limits: Bounds) -> None:
        self._package, self._workbook, self._limits = package, workbook, limits
        self._related = {r.kind: r.target for r in package.relationships(workbook)}
        self._date1904 = False
        self._results: dict[int, Callable[[bytes, int], Cell]] = {
            2: lambda data, style: self._number(rk_number(struct.unpack_from("<i", data)[0]), style),
            3: lambda data, _: error_cell(data[0]),
            4: lambda data, _: boolean_cell(bool(data[0])),
            5: lambda data, style: self._number(struct.unpack_from("<d", data)[0], style),
            6: lambda data, _: text_cell(_wide(data, 0)[0]),
            7: lambda data, _: text_cell(self._strings[struct.unpack_from("<I", data)[0]]),
            62: lambda data, _: text_cell(_wide(data, 1)[0]),
        }
        self._results |= {8: self._results[6], 9: self._results[5], 10: self._results[4], 11: self._results[3]}

    def grids(self) -> Iterator[Grid]:
        """Yield the worksheets in order."""
        related = {r.id: r for r in self._package.relationships(self._workbook)}
        for kind, content in self._records(self._workbook):
            if kind == _PROPERTIES:
                self._date1904 = bool(content[0] & 1)
            elif kind == _SHEET:
                relation, end = _wide(content, 8)
                name = _wide(content, end)[0]
                self._limits.take(bounds.SHEETS, 1)
                if relation not in related:
                    raise PackageError(f"シート「{name}」の部品がありません")
                if related[relation].kind not in OTHER_SHEETS:
                    yield self._grid(name, content[:4] != bytes(4), related[relation].target)

    def _grid(self, name: str, hidden: bool, part: str) -> Grid:
        cells: dict[At, Cell] = {}
        merges, row = [], 0
        for kind, content in self._records(part):
            if kind == _ROW:
                row, above = struct.unpack_from("<I", content)[0] + 1, row
                if row <= above:  # rows ascend; programs read others in different ways
                    raise PackageError("行の順序が正しくありません")
            elif kind == _MERGE:
                top, bottom, left, right = struct.unpack_from("<4I", content)
                merges.append(Box(top + 1, left + 1, bottom + 1, right + 1))
            elif kind in self._results:
                column, style = struct.unpack_from("<2I", content)
                cell = self._results[kind](content[8:], style & 0xFFFFFF)
                if kind in _FORMULAS:
                    cell = with_formula(cell, "=")
                self._limits.take(bounds.CELLS, 1)
                put(cells, (row, column + 1), cell)
        return Grid(name, hidden, cells, tuple(merges), self._notes(part))

    def _number(self, value: float, style: int) -> Cell:
        code = self._formats[style] if style < len(self._formats) else "General"
        return number_cell(repr(value).removesuffix(".0"), code, self._date1904)._replace(certain=False)

    @cached_property
    def _strings(self) -> list[str]:
        return [_wide(content, 1)[0] for kind, content in self._part("sharedStrings") if kind == _STRING]

    @cached_property
    def _formats(self) -> list[str]:
        """The number format code of each cell format."""
        codes, out, inside = dict(BUILT_IN), [], False
        for kind, content in self._part("styles"):
            if kind in (_BEGIN_XFS, _END_XFS):
                inside = kind == _BEGIN_XFS
            elif kind == _FORMAT:
                codes[struct.unpack_from("<H", content)[0]] = _wide(content, 2)[0]
            elif kind == _XF and inside:
                out.append(codes.get(struct.unpack_from("<H", content, 2)[0], "General"))
        return out

    def _part(self, kind: str) -> Iterator[tuple[int, bytes]]:
        part = self._related.get(kind, "")
        return self._records(part) if part in self._package else iter(())

    def _records(self, part: str) -> Iterator[tuple[int, bytes]]:
        data = self._package.read(part)
        self._limits.take(bounds.BYTES, len(data))
        for record in _records(data):
            self._limits.take(bounds.RECORDS, 1)
            yield record

    def _notes(self, part: str) -> dict[At, str]:
        out, at = {}, (0, 0)
        try:
            for comments in (r.target for r in self._package.relationships(part) if r.kind == "comments"):
                for kind, content in self._records(comments):
                    if kind == _NOTE:
                        row, _, column = struct.unpack_from("<3I", content, 4)
                        at = row + 1, column + 1
                    elif kind == _NOTE_TEXT:
                        out[at] = _wide(content, 1)[0]
        except (PackageError, struct.error, IndexError, UnicodeDecodeError):  # the answers count without them
            return {}
        return out


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and content of each record. Raise PackageError if one is cut short."""
    at = 0
    while at < len(data):
        kind, at = _seven_bits(data, at, 2)
        size, at = _seven_bits(data, at, 4)
        if at + size > len(data):
            raise PackageError("レコードが途中で切れています")
        yield kind, data[at : at + size]
        at += size


def _seven_bits(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """Return a number with seven bits per byte, lowest first, and the offset where it ends."""
    value = 0
    for n in range(longest):
        byte = data[at + n]
        value |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return value, at + n + 1
    return value, at + longest


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """Return the string at ``at``, preceded by its length, and the offset where it ends."""
    length = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * length
    if end > len(data):
        raise PackageError("文字列が途中で切れています")
    return data[at + 4 : end].decode("utf-16-le"), end

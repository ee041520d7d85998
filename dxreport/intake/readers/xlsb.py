"""Exact cells of .xlsb: the fast reader's values, and what the records say of formulas, errors and merges.

[MS-XLSB] 2.1.4 and 2.4: a record is its type and its size, seven bits a byte, and its content. Number
formats are not followed, so that numbers and dates stay uncertain.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from ...ooxml.package import Package
from ...ooxml.refs import Box
from ..limits import DAMAGED, Unreadable
from ..workbook import Book, Sheet
from .cell import BLANK, ExactCell, as_formula, value_cell

_ROW, _ERROR, _FORMULA_ERROR, _BUNDLE_SHEET, _MERGE = 0, 3, 11, 156, 177
_NOTE_BEGINS, _NOTE_TEXT = 635, 637
_FORMULAS = range(8, 12)
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


class XlsbExact:
    """One workbook; raises PackageError or Unreadable when it is damaged."""

    def __init__(self, book: Book) -> None:
        self._book, self._package = book, Package(book.data)
        main = next(r.target for r in self._package.relationships() if r.kind == "officeDocument")
        targets = {r.id: r.target for r in self._package.relationships(main)}
        self._parts: dict[str, str] = {}
        for kind, content in _records(self._package.read(main)):
            if kind == _BUNDLE_SHEET:
                relation, end = _wide(content, 8)
                self._parts[_wide(content, end)[0]] = targets.get(relation, "")

    def sheet(self, name: str) -> XlsbSheet:
        """The sheet of this name; raises KeyError, PackageError or Unreadable."""
        part = self._parts[name]
        notes = [self._package.read(r.target) for r in self._package.relationships(part) if r.kind == "comments"]
        return XlsbSheet(self._book.sheet(name), self._package.read(part), notes)


class XlsbSheet:
    """One sheet."""

    def __init__(self, sheet: Sheet, data: bytes, notes: list[bytes]) -> None:
        self._rows, self._comments = sheet.rows, notes
        self._formulas: set[tuple[int, int]] = set()
        self._errors: dict[tuple[int, int], str] = {}
        self._merges: list[Box] = []
        row = 0
        for kind, content in _records(data):
            try:
                if kind == _ROW:
                    row = struct.unpack_from("<I", content)[0] + 1
                elif kind == _MERGE:
                    top, bottom, left, right = struct.unpack_from("<4I", content)
                    self._merges.append(Box(top + 1, left + 1, bottom + 1, right + 1))
                elif kind == _ERROR or kind in _FORMULAS:
                    self._note(kind, (row, struct.unpack_from("<I", content)[0] + 1), content)
            except (struct.error, IndexError):
                raise Unreadable("E403", DAMAGED) from None

    def _note(self, kind: int, at: tuple[int, int], content: bytes) -> None:
        if kind in _FORMULAS:
            self._formulas.add(at)
        if kind in (_ERROR, _FORMULA_ERROR):
            self._errors[at] = _ERRORS.get(content[8], "#VALUE!")

    def cell(self, row: int, column: int) -> ExactCell:
        """See ExactSheet; ``raw`` of a formula is only ``=``, since the file holds it as tokens."""
        at = row, column
        inside = 0 < row <= len(self._rows) and 0 < column <= len(self._rows[row - 1])
        value = self._rows[row - 1][column - 1] if inside else ""
        result = value_cell(value) if value != "" else BLANK
        if at in self._errors:
            result = ExactCell("error", self._errors[at], self._errors[at])
        return as_formula(result, "=") if at in self._formulas else result

    def has_formula(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        return (row, column) in self._formulas

    def covered(self, row: int, column: int) -> bool:
        """See ExactSheet."""
        return any(m.contains(row, column) and (row, column) != (m.top, m.left) for m in self._merges)

    def notes(self) -> Mapping[tuple[int, int], str]:
        """See ExactSheet."""
        out, at = {}, (0, 0)
        for kind, content in (record for part in self._comments for record in _records(part)):
            if kind == _NOTE_BEGINS:
                row, _, column = struct.unpack_from("<3I", content.ljust(16, b"\0"), 4)
                at = row + 1, column + 1
            elif kind == _NOTE_TEXT:
                out[at] = _wide(content, 1)[0]
        return out


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each record; raises Unreadable when one is cut short."""
    at = 0
    while at < len(data):
        try:
            kind, at = _number(data, at, 2)
            size, at = _number(data, at, 4)
        except IndexError:
            raise Unreadable("E403", DAMAGED) from None
        if at + size > len(data):
            raise Unreadable("E403", DAMAGED)
        yield kind, data[at : at + size]
        at += size


def _number(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first."""
    value = 0
    for n in range(longest):
        byte = data[at + n]
        value |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return value, at + n + 1
    return value, at + longest


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """A string with its length before it, and where it ends; raises Unreadable."""
    try:
        length = struct.unpack_from("<I", data, at)[0]
        end = at + 4 + 2 * length
        return data[at + 4 : end].decode("utf-16-le"), end
    except (struct.error, UnicodeDecodeError):
        raise Unreadable("E403", DAMAGED) from None

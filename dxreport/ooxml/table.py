"""Tables of a workbook, found by their header texts.

A :class:`TableRange` is a header row and the rows below it, usually a real Excel table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..domain.errors import PackageError
from .package import DOC_RELS_NS, MAIN_NS, Package
from .refs import Box, address, box

_N = f"{{{MAIN_NS}}}"
HEADER_ROWS = 20  # headers are searched for in this many rows at the top of a sheet


class Table(NamedTuple):
    """An Excel table: its part, name, range (with header and totals rows) and number of totals rows."""

    part: str
    name: str
    box: Box
    totals: int = 0

    @property
    def bottom(self) -> int:
        """The last row of data."""
        return self.box.bottom - self.totals


@dataclass(frozen=True, slots=True)
class TableRange:
    """A header row and the rows under it, numbered from 1.

    ``columns`` maps header texts to columns, ``rows`` the keys of records to rows; ``last`` is the last row that holds
    anything, ``table`` the Excel table, if it is one.
    """

    sheet: str
    part: str
    header: int
    columns: Mapping[str, int]
    last: int
    table: Table | None = None
    rows: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def cell(self, row: int, header: str) -> str:
        """Return the address of the cell in this row, in the column of this header."""
        return address(row, self.columns[header])

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last column: those of the Excel table, or else of the known headers."""
        if self.table:
            return self.table.box.left, self.table.box.right
        return min(self.columns.values()), max(self.columns.values())


def workbook_part(package: Package) -> str:
    """Return the name of the workbook part. Raise PackageError if there is none."""
    for r in package.relationships():
        if r.kind == "officeDocument":
            return r.target
    raise PackageError("ブックの本体（workbook.xml）がありません")


def sheet_parts(package: Package) -> dict[str, str]:
    """Return the parts of the worksheets by sheet name, in the order of the workbook."""
    book = workbook_part(package)
    targets = {r.id: r.target for r in package.relationships(book) if r.kind == "worksheet"}
    sheets = package.xml(book).iterfind(f"{_N}sheets/{_N}sheet")
    found = {s.get("name", ""): targets.get(s.get(f"{{{DOC_RELS_NS}}}id", "")) for s in sheets}
    return {name: part for name, part in found.items() if part}


def tables(package: Package, sheet_part: str) -> tuple[Table, ...]:
    """Return the Excel tables of a worksheet part."""
    out = []
    for r in package.relationships(sheet_part):
        if r.kind == "table" and r.target in package:
            root = package.xml(r.target)
            totals = int(root.get("totalsRowCount", "0"))
            out.append(Table(r.target, root.get("displayName", ""), box(root.get("ref")), totals))
    return tuple(out)


@lru_cache(maxsize=4_096)
def folded(header: str) -> str:
    """Return a header in the form in which headers are compared: no white space, width and case folded."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()


def find_header(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Find the row with most of these headers among the first rows.

    Return its number and the columns by header, counted from 1; (0, {}) if no row has any.
    """
    wanted = {folded(h): h for h in headers}
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(rows[:HEADER_ROWS], 1):
        found: dict[str, int] = {}
        for column, text in enumerate(row, 1):
            header = wanted.get(folded(text)) if text else None
            if header is not None:
                found.setdefault(header, column)
        if len(found) > len(best[1]):
            best = number, found
    return best

"""Read a master workbook: its sheets as texts, and the tables found in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from ..ooxml.package import Package
from ..ooxml.refs import address
from ..ooxml.sheet_texts import SheetTexts, sheet_texts
from ..ooxml.table import HEADER_ROWS, Table, TableRange, find_header, folded, sheet_parts, tables
from ..ooxml.worksheets import Worksheets
from .faults import Faults, suggestion
from .records import Place
from .schema import ID, TableSchema

_ID_LIKE = re.compile(r"[0-9A-Za-z]+(?:[-_.][0-9A-Za-z]+)*")
_DASHES = str.maketrans("‐‑‒–—―−ー", "--------")


@lru_cache(maxsize=4_096)
def plain_id(text: str) -> str:
    """Return an ID in the form in which IDs are compared: half-width, upper case, stripped, dashes as hyphens."""
    return unicodedata.normalize("NFKC", text).strip().translate(_DASHES).upper()


class TableRow:
    """One row of a table: its texts by header or column number; faults of its cells go to those of the workbook."""

    __slots__ = ("_columns", "_faults", "_grid", "_range", "number", "texts")

    def __init__(self, found: TableRange, grid: SheetTexts, number: int, faults: Faults) -> None:
        self._range, self._grid, self.number, self._faults = found, grid, number, faults
        self._columns, self.texts = found.columns, grid.rows.get(number, {})

    def __getitem__(self, header: str) -> str:
        """Return the normalised text under a header; ``""`` if the column is missing."""
        return self.texts.get(self._columns.get(header, 0), "")

    def stored_number(self, header: str) -> str:
        """Return the number under a header as stored; ``""`` if the cell holds none."""
        return self._grid.numbers.get((self.number, self._range.columns.get(header, 0)), "")

    def place(self, header: str) -> Place:
        """Return the cell under a header, or the first cell of the row if the column is missing."""
        column = self._range.columns.get(header, self._range.span[0])
        return Place(self._range.sheet, address(self.number, column))

    def fault(self, header: str, message: str) -> None:
        """Add a fault of the cell under a header to those of the workbook."""
        self._faults.add(self.place(header), message)

    def kind(self, header: str) -> str:
        """Return the kind of the cell under a header if it is not plain text (see ``SheetTexts.kinds``), else ``""``."""
        return self._grid.kinds.get((self.number, self._range.columns.get(header, 0)), "")

    def not_text(self) -> list[str]:
        """Return the headers of the cells that are not plain text."""
        return [header for header in self._range.columns if self.kind(header)] if self._grid.kinds else []

    def blank(self) -> bool:
        """Return True if all columns of the schema are blank in this row."""
        columns = self._columns.values()
        return not any(text.strip() and column in columns for column, text in self.texts.items())


class MasterWorkbook:
    """A master workbook in memory; faults of its structure are collected in ``faults``."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.faults = Faults()
        self._parts = {folded(name): (name, part) for name, part in sheet_parts(package).items()}
        self._worksheets = Worksheets(package)
        self._last: tuple[str, SheetTexts, tuple[Table, ...]] | None = None  # the part read last, and its contents

    def has_sheet(self, schema: TableSchema) -> bool:
        """Return True if the workbook has the sheet of this table."""
        return folded(schema.name) in self._parts

    def find_table(self, schema: TableSchema) -> TableRange | None:
        """Find a table by its sheet and headers; report why and return None if it cannot be used."""
        found = self._parts.get(folded(schema.name))
        if found is None:
            names = [name for name, _ in self._parts.values()]
            self.faults.add("", f"シート「{schema.name}」がありません。{suggestion(schema.name, names)}")
            return None
        name, part = found
        grid, all_tables = self._sheet(part)
        lines = [_line(grid, row) for row in range(1, HEADER_ROWS + 1)]
        header, columns = find_header(lines, schema.all_headers)
        columns = schema.current(columns)
        if missing := [c.header for c in schema.columns if c.header not in columns and not c.optional]:
            self._missing_columns(name, schema, missing, lines[header - 1] if header else [])
            return None
        first = columns[schema.keys[0]]
        table = next((t for t in all_tables if t.box.top == header and t.box.left <= first <= t.box.right), None)
        return TableRange(name, part, header, columns, header, table)

    def read_table(self, schema: TableSchema) -> tuple[TableRange | None, list[TableRow]]:
        """Return a table with its last row, and its rows that are not blank.

        Return None and no rows if the table cannot be used (see :meth:`find_table`).
        """
        found = self.find_table(schema)
        if found is None:
            return None, []
        grid, _ = self._sheet(found.part)
        left, right = found.span
        filled = sorted(
            n for n, texts in grid.rows.items() if n > found.header and any(left <= c <= right for c in texts)
        )
        if found.table:
            numbers, end = [n for n in filled if n <= found.table.bottom], found.table.box.bottom
        else:
            numbers = list(_contiguous(filled, found.header))
            end = found.header + len(numbers)
        key = found.columns[schema.keys[0]]
        below = [n for n in filled if n > end and _is_key(grid.text(n, key), schema.keys[0])]
        numbers += (attached := list(_contiguous(below, end)))
        if schema.keys[0] == ID:
            for n in below[len(attached) :]:
                self.faults.add(
                    Place(found.sheet, address(n, key)),
                    "表から離れた行にデータがあります。間の空行を削除し、表のすぐ下に続けてください。",
                )
        found = replace(found, last=numbers[-1] if numbers else found.header)
        rows = (TableRow(found, grid, n, self.faults) for n in numbers)
        return found, [row for row in rows if not row.blank()]

    def headers(self, area: TableRange) -> list[str]:
        """Return the texts in the header row of a table, and those to its right: only Excel adds them to the table."""
        grid, _ = self._sheet(area.part)
        row = grid.rows.get(area.header, {})
        return [" ".join(row[column].split()) for column in sorted(row) if column >= area.span[0]]

    def _sheet(self, part: str) -> tuple[SheetTexts, tuple[Table, ...]]:
        if self._last is None or self._last[0] != part:  # tables of one sheet are read one after the other
            self._last = part, sheet_texts(self._worksheets, part), tables(self.package, part)
        return self._last[1:]

    def _missing_columns(self, name: str, schema: TableSchema, missing: list[str], line: list[str]) -> None:
        known = {folded(h) for h in schema.headers}
        others = [text for text in line if text and folded(text) not in known]
        for header in missing:
            near = suggestion(header, others)
            hint = f"見出し{near}" if near else "列を消したときは元に戻し、見出しを書き換えたときは直してください。"
            self.faults.add(name, f"見出し「{header}」の列がありません。{hint}")


def _line(grid: SheetTexts, row: int) -> list[str]:
    texts = grid.rows.get(row, {})
    return [texts.get(column, "") for column in range(1, max(texts, default=0) + 1)]


def _contiguous(numbers: list[int], after: int) -> Iterator[int]:
    for expected, number in enumerate(numbers, after + 1):
        if number != expected:
            return
        yield number


def _is_key(text: str, header: str) -> bool:
    return bool(_ID_LIKE.fullmatch(plain_id(text)) if header == ID else text.strip())

"""A master workbook opened for reading: its sheets as texts, and the areas of the schema found in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..domain.model import normalise
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..ooxml.sheet_texts import SheetTexts, sheet_texts
from ..ooxml.table import HEADER_ROWS, Area, Table, find_header, plain, sheet_parts, tables, workbook_part
from ..ooxml.worksheets import Worksheets
from .faults import Faults, suggestion
from .records import Place
from .schema import ID, Sheet

_ID_LIKE = re.compile(r"[0-9A-Za-z]+(?:[-_.][0-9A-Za-z]+)*")
_DASHES = str.maketrans("‐‑‒–—―−ー", "--------")


def plain_id(text: str) -> str:
    """An ID as it is compared: half-width, upper case, no blanks around, every dash a hyphen."""
    return unicodedata.normalize("NFKC", text).strip().translate(_DASHES).upper()


class Row:
    """One row of an area: its texts by header, and where they stand."""

    __slots__ = ("_area", "_columns", "_grid", "_texts", "number")

    def __init__(self, area: Area, grid: SheetTexts, number: int) -> None:
        self._area, self._grid, self.number = area, grid, number
        self._columns, self._texts = area.columns, grid.rows.get(number, {})

    def __getitem__(self, header: str) -> str:
        """The text under a header as written, normalised; ``""`` where the column is missing."""
        text = self._texts.get(self._columns.get(header, 0))
        return normalise(text) if text else ""

    def place(self, header: str) -> Place:
        """The cell under a header."""
        return Place(self._area.sheet, address(self.number, self._area.columns.get(header, self._area.span[0])))

    def kind(self, header: str) -> str:
        """What stands under a header if it is no plain text (see SheetTexts.kinds)."""
        return self._grid.kinds.get((self.number, self._columns.get(header, 0)), "")

    def odd(self) -> list[str]:
        """The headers under which no plain text stands."""
        return [h for h, c in self._columns.items() if (self.number, c) in self._grid.kinds] if self._grid.kinds else []

    def blank(self) -> bool:
        """Whether nothing of the schema's columns is written here."""
        return not any(self[header].strip() for header in self._columns)


class Book:
    """A master workbook in memory; faults of its structure are collected in ``faults``."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.faults = Faults()
        self._parts = {plain(name): (name, part) for name, part in sheet_parts(package).items()}
        self._worksheets = Worksheets(package, workbook_part(package))
        self._grids: dict[str, tuple[SheetTexts, tuple[Table, ...]]] = {}

    def holds(self, sheet: Sheet) -> bool:
        """Whether there is a sheet of this name."""
        return plain(sheet.name) in self._parts

    def area(self, sheet: Sheet, optional: tuple[str, ...] = ()) -> Area | None:
        """Where the table of a schema sheet stands; None where it cannot be used (the faults say why)."""
        found = self._parts.get(plain(sheet.name))
        if found is None:
            names = [name for name, _ in self._parts.values()]
            self.faults.add("", f"シート「{sheet.name}」がありません。{suggestion(sheet.name, names)}")
            return None
        name, part = found
        grid, all_tables = self._sheet(name, part)
        lines = [_line(grid, row) for row in range(1, HEADER_ROWS + 1)]
        header, columns = find_header(lines, sheet.headers)
        if missing := [h for h in sheet.headers if h not in columns and h not in optional]:
            self._missing_columns(name, sheet, missing, lines[header - 1] if header else [])
            return None
        first = columns[sheet.keys[0]]
        table = next((t for t in all_tables if t.box.top == header and t.box.left <= first <= t.box.right), None)
        return Area(name, part, header, columns, header, table)

    def rows(self, area: Area, keys: tuple[str, ...]) -> tuple[Area, list[Row]]:
        """The rows of an area that hold anything, and the area with its last row known."""
        grid, _ = self._sheet(area.sheet, area.part)
        left, right = area.span
        filled = sorted(
            n for n, texts in grid.rows.items() if n > area.header and any(left <= c <= right for c in texts)
        )
        numbers = (
            [n for n in filled if n <= area.table.bottom] if area.table else list(_contiguous(filled, area.header))
        )
        end = area.table.box.bottom if area.table else (numbers[-1] if numbers else area.header)
        key = area.columns[keys[0]]
        below = [n for n in filled if n > end and _is_key(grid.text(n, key), keys[0])]
        numbers += (attached := list(_contiguous(below, end)))
        if keys[0] == ID:
            for n in below[len(attached) :]:
                self.faults.add(
                    Place(area.sheet, address(n, key)),
                    "表から離れた行にデータがあります。間の空行を削除し、表のすぐ下に続けてください。",
                )
        return replace(area, last=numbers[-1] if numbers else area.header), [Row(area, grid, n) for n in numbers]

    def _sheet(self, name: str, part: str) -> tuple[SheetTexts, tuple[Table, ...]]:
        if part not in self._grids:
            self._grids[part] = sheet_texts(self._worksheets, part), tables(self.package, part)
        return self._grids[part]

    def _missing_columns(self, name: str, sheet: Sheet, missing: list[str], line: list[str]) -> None:
        known = {plain(h) for h in sheet.headers}
        others = [text for text in line if text and plain(text) not in known]
        for header in missing:
            near = suggestion(header, others)
            hint = f"見出し{near}" if near else "列を消したときは元に戻し、見出しを書き換えたときは直してください。"
            self.faults.add(name, f"見出し「{header}」の列がありません。{hint}")


def _line(grid: SheetTexts, row: int) -> list[str]:
    texts: Mapping[int, str] = grid.rows.get(row, {})
    return [texts.get(column, "") for column in range(1, max(texts, default=0) + 1)]


def _contiguous(numbers: list[int], after: int) -> Iterator[int]:
    for expected, number in enumerate(numbers, after + 1):
        if number != expected:
            return
        yield number


def _is_key(text: str, header: str) -> bool:
    return bool(_ID_LIKE.fullmatch(plain_id(text)) if header == ID else text.strip())

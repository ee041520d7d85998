"""Tables of a workbook, found by their header texts and edited in place.

A :class:`TableRange` is a header row and the rows under it, usually a real Excel table. A
:class:`WorkbookEdit` sets their cells and appends rows. Only the worksheet and table parts concerned
are rewritten; every other part of the package stays byte for byte.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lxml import etree

from ..domain.errors import MasterError, PackageError
from .package import DOC_RELS_NS, MAIN_NS, TYPES_NS, Package, rels_name, serialise
from .refs import Box, address, box
from .sheet import SheetEdit
from .text import MAX_TEXT, utf16_length

_N = f"{{{MAIN_NS}}}"
HEADER_ROWS = 20  # a header is looked for in these first rows of a sheet
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_BEFORE_CALC = ("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
                "functionGroups", "externalReferences", "definedNames")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
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
    """A header row and the rows under it; rows and columns are 1-based numbers.

    ``columns`` are the columns by header text, ``last`` the last row that holds anything, ``rows``
    the rows of the records by their keys. ``table`` is the Excel table, if it is one.
    """

    sheet: str
    part: str
    header: int
    columns: Mapping[str, int]
    last: int
    table: Table | None = None
    rows: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def cell(self, row: int, header: str) -> str:
        """Return the address of the cell in this row under this header."""
        return address(row, self.columns[header])

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last column: those of the Excel table, or else of the known headers."""
        if self.table:
            return self.table.box.left, self.table.box.right
        return min(self.columns.values()), max(self.columns.values())


def workbook_part(package: Package) -> str:
    """Return the name of the workbook part; raise PackageError if there is none."""
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
    """Return the tables of a worksheet."""
    out = []
    for r in package.relationships(sheet_part):
        if r.kind == "table" and r.target in package:
            root = package.xml(r.target)
            totals = int(root.get("totalsRowCount", "0"))
            out.append(Table(r.target, root.get("displayName", ""), box(root.get("ref")), totals))
    return tuple(out)


@lru_cache(maxsize=4_096)
def plain(header: str) -> str:
    """Return a header for comparison: without blanks and line breaks, width and case folded."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()


def find_header(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Find the row with the most of these headers among the first rows.

    Returns its 1-based number and the 1-based columns by header; (0, {}) if no row has any.
    """
    wanted = {plain(h): h for h in headers}
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(rows[:HEADER_ROWS], 1):
        found: dict[str, int] = {}
        for column, text in enumerate(row, 1):
            header = wanted.get(plain(text)) if text else None
            if header is not None:
                found.setdefault(header, column)
        if len(found) > len(best[1]):
            best = number, found
    return best


class WorkbookEdit:
    """Edits of one workbook, collected and then written by :meth:`data`."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._sheets: dict[str, SheetEdit] = {}
        self._tables: dict[str, tuple[Table, ...]] = {}
        self._last: dict[tuple[str, int, int], tuple[TableRange, int]] = {}
        self._added: dict[str, list[str]] = {}
        self._parts: dict[str, bytes] = {}

    def set(self, area: TableRange, row: int, header: str, text: str) -> None:
        """Set the text of a cell.

        Raises MasterError if it is inside a merge or a shared formula, or the text is too long for a cell.
        """
        sheet, column = self._sheet(area), area.columns[header]
        merge = sheet.merge_at(row, column)
        if merge and box(merge)[:2] != (row, column):
            raise MasterError(
                f"「{area.sheet}」シートの {address(row, column)} は結合セル {merge} の中にあるので書き込めません。",
                "セルの結合を解除して保存してから、もう一度実行してください。",
            )
        if (length := utf16_length(text)) > MAX_TEXT:
            raise MasterError(
                f"「{area.sheet}」シートの {address(row, column)} に入れる文が長すぎます（{length:,}字、上限 {MAX_TEXT:,}字）。",
                "文を短くしてから、もう一度実行してください。",
            )
        sheet.set(row, column, text, area.header + 1)

    def append(self, area: TableRange, texts: Mapping[str, str]) -> int:
        """Append a row under the last one and return its number.

        Raises MasterError, naming the cell, if something else is in the way.
        """
        key = (area.part, area.header, area.span[0])
        row = self._last.get(key, (area, area.last))[1] + 1
        self._check_free(area, row)
        sheet = self._sheet(area)
        if row > area.header + 1:
            sheet.copy_styles(row - 1, row, *area.span)
        for header, text in texts.items():
            self.set(area, row, header, text)
        self._last[key] = area, row
        return row

    def widen(self, area: TableRange, headers: Sequence[str]) -> TableRange:
        """Add columns at the right end of an area and return the area with them.

        Raises MasterError, naming the cell or table, if something is in the way.
        """
        sheet, (left, right) = self._sheet(area), area.span
        self._check_free_columns(area, right + 1, right + len(headers))
        columns = {header: right + n for n, header in enumerate(headers, 1)}
        table = area.table and replace(area.table, box=area.table.box._replace(right=right + len(headers)))
        wider = replace(area, columns={**area.columns, **columns}, table=table)
        for header, column in columns.items():
            sheet.set(area.header, column, header)
            sheet.restyle(area.header, column, sheet.style(area.header, right))
        if table:
            self._added.setdefault(table.part, []).extend(headers)
        key = area.part, area.header, left
        self._last[key] = wider, self._last.get(key, (area, area.last))[1]
        return wider

    def put_parts(self, parts: Mapping[str, bytes]) -> None:
        """Put other parts of the package in place."""
        self._parts |= parts

    def data(self) -> bytes:
        """Return the workbook with all edits; without any, the bytes as read."""
        if not self._sheets:
            return self.package.with_parts(self._parts) if self._parts else self.package.data
        changed: dict[str, bytes] = dict(self._parts)
        removed: list[str] = []
        for area, last in self._last.values():
            self._grow(area, last, changed)
        changed |= {part: sheet.bytes() for part, sheet in self._sheets.items()}
        if any(sheet.dropped_formula for sheet in self._sheets.values()):
            removed = self._without_calc_chain(changed)
        self._recalculate(changed)
        return self.package.with_parts(changed, removed)

    def _sheet(self, area: TableRange) -> SheetEdit:
        if area.part not in self._sheets:
            self._sheets[area.part] = SheetEdit(self.package, area.part, area.sheet)
        return self._sheets[area.part]

    def _check_free(self, area: TableRange, row: int) -> None:
        fix = (
            f"表のすぐ下（{address(row, area.span[0])} から下）を空けて保存してから、もう一度実行してください。"
            "メモなどは表の右か、別のシートに移してください。"
        )
        where = f"「{area.sheet}」シートの表"
        inside = area.table is not None and row <= area.table.bottom
        if not inside and area.table and area.table.totals:
            raise MasterError(
                f"{where}に集計行（{row} 行目）があるので、行を追加できません。",
                "テーブル デザイン → 集計行 のチェックを外して保存してから、もう一度実行してください。",
            )
        left, right = area.span
        if not inside and (other := self._other_table(area, Box(row, left, row, right))):
            raise MasterError(f"{where}のすぐ下に別の表（{other.box.ref}）があるので、行を追加できません。", fix)
        sheet = self._sheet(area)
        for column in range(left, right + 1):
            if sheet.merge_at(row, column) or (not inside and sheet.occupied(row, column)):
                raise MasterError(
                    f"{where}のすぐ下のセル {address(row, column)} がふさがっているので、行を追加できません。", fix
                )

    def _check_free_columns(self, area: TableRange, first: int, last: int) -> None:
        fix = "表の右を空けて（メモなどは別のシートに移して）保存してから、もう一度実行してください。"
        where, sheet = f"「{area.sheet}」シートの表の右", self._sheet(area)
        bottom = max(area.last, area.table.box.bottom if area.table else area.header)
        if other := self._other_table(area, Box(area.header, first, bottom, last)):
            raise MasterError(f"{where}に別の表（{other.box.ref}）があるので、列を追加できません。", fix)
        for column in range(first, last + 1):
            for row in range(area.header, bottom + 1):
                if sheet.occupied(row, column) or sheet.merge_at(row, column):
                    raise MasterError(
                        f"{where}のセル {address(row, column)} がふさがっているので、列を追加できません。", fix
                    )

    def _other_table(self, area: TableRange, cells: Box) -> Table | None:
        """Return another table that covers any of these cells of the area's sheet."""
        if area.part not in self._tables:
            self._tables[area.part] = tables(self.package, area.part)
        others = (t for t in self._tables[area.part] if area.table is None or t.part != area.table.part)
        return next((t for t in others if t.box.overlaps(cells)), None)

    def _grow(self, area: TableRange, last: int, changed: dict[str, bytes]) -> None:
        left, right = area.span
        sheet = self._sheet(area)
        old_last = area.table.bottom if area.table else area.last
        sheet.cover(last, right)
        added = self._added.get(area.table.part, []) if area.table else []
        if last <= old_last and not added:
            return
        sheet.stretch(old_last, last, left, right)
        if area.table:
            root = self.package.xml(area.table.part)
            for element in (root, *root.iter(_N + "autoFilter", _N + "sortState")):
                _lengthen(element, old_last, max(last, old_last))
            _add_columns(root, added)
            changed[area.table.part] = serialise(root)

    def _without_calc_chain(self, changed: dict[str, bytes]) -> list[str]:
        # A calculation chain that lists a cell without a formula makes Excel offer a repair. Without a chain it builds
        # its own.
        book = workbook_part(self.package)
        chain = next((r for r in self.package.relationships(book) if r.kind == "calcChain"), None)
        if chain is None or chain.target not in self.package:
            return []
        rels = self.package.xml(rels_name(book))
        types = self.package.xml("[Content_Types].xml")
        for child in list(rels):
            if child.get("Id") == chain.id:
                rels.remove(child)
        for child in list(types.iterfind(f"{{{TYPES_NS}}}Override")):
            if child.get("PartName", "").casefold() == f"/{chain.target}".casefold():
                types.remove(child)
        changed[rels_name(book)] = serialise(rels)
        changed["[Content_Types].xml"] = serialise(types)
        return [chain.target]

    def _recalculate(self, changed: dict[str, bytes]) -> None:
        # Formulas that people added may refer to the cells just written; their stored results are out of date.
        book = workbook_part(self.package)
        parts = sheet_parts(self.package).values()
        if not any(_FORMULA.search(changed.get(part) or self.package.read(part)) for part in parts):
            return
        root = self.package.xml(book)
        calc = root.find(_N + "calcPr")
        if calc is None:
            calc = etree.Element(_N + "calcPr")
            before = [child for child in root if etree.QName(child).localname in _BEFORE_CALC]
            root.insert(root.index(before[-1]) + 1, calc)
        if calc.get("fullCalcOnLoad") not in ("1", "true"):
            calc.set("fullCalcOnLoad", "1")
            changed[book] = serialise(root)


def _lengthen(element: etree._Element, old_last: int, new_last: int) -> None:
    if element.get("ref"):
        b = box(element.get("ref"))
        if b.bottom == old_last:
            element.set("ref", b._replace(bottom=new_last).ref)


def _add_columns(table: etree._Element, headers: Sequence[str]) -> None:
    """Add columns at the right end of a table part."""
    columns = table.find(_N + "tableColumns")
    ids = [int(c.get("id", "0")) for c in columns]
    for n, header in enumerate(headers, 1):
        etree.SubElement(columns, _N + "tableColumn", id=str(max(ids, default=0) + n), name=header)
    columns.set("count", str(len(columns)))
    for element in (table, table.find(_N + "autoFilter")):
        if headers and element is not None and element.get("ref"):
            b = box(element.get("ref"))
            element.set("ref", b._replace(right=b.right + len(headers)).ref)

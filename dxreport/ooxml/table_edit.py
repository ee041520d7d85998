"""Edit tables in place: set cells, append and remove rows, add columns.

Only the parts concerned are rewritten; every other part of the package stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from lxml import etree

from ..domain.errors import MasterError
from .edit import PackageEdit
from .package import DOC_RELS_NS, MAIN_NS, Package, child
from .plain_sheet import columns as width_columns
from .plain_sheet import text_row
from .refs import Box, address, box, column_letters, quote_sheet
from .row_text import has_formula
from .sheet import SheetEdit, stretched
from .styles import Styles
from .table import Table, TableRange, tables
from .text import MAX_TEXT, TRUE, escape_attribute, utf16_length

_N = f"{{{MAIN_NS}}}"
_NO_FORMATS: Mapping[str, str] = MappingProxyType({})
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
_NEW_SHEET = (
    f'<worksheet xmlns="{MAIN_NS}"><sheetViews><sheetView zoomScale="90" workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="13.5"/><cols>{columns}</cols><sheetData>{rows}</sheetData></worksheet>'
)
_NEW_TABLE = (
    f'<table xmlns="{MAIN_NS}" id="{{id}}" name="{{name}}" displayName="{{name}}" ref="{{ref}}" totalsRowShown="0">'
    '<autoFilter ref="{ref}"/><tableColumns count="{count}">{columns}</tableColumns>'
    '<tableStyleInfo name="TableStyleLight1" showRowStripes="0"/></table>'
)


class WorkbookEdit(PackageEdit):
    """Edits of one workbook, collected until :meth:`data` writes them, which is called once, at the end."""

    def __init__(self, package: Package) -> None:
        super().__init__(package)
        self._tables: dict[str, tuple[Table, ...]] = {}
        self._last: dict[tuple[str, int, int], tuple[TableRange, int]] = {}
        self._styles: Styles | None = None
        self._table_id = 1000  # id of the last table added; Excel numbers its own from 1

    def set(self, area: TableRange, row: int, header: str, text: str, *, number: bool = False) -> None:
        """Set a cell to a text, or with ``number`` to the number that the text holds.

        Raise MasterError if the cell is hidden in a merge or belongs to a shared formula, or the text is too long.
        """
        sheet, column = self.sheet(area.sheet), area.columns[header]
        merge = sheet.merge_at(row, column)
        if merge and merge[:2] != (row, column):
            raise MasterError(
                f"「{area.sheet}」シートの {address(row, column)} は結合セル {merge.ref} の中にあるので書き込めません。",
                "セルの結合を解除して保存してから、もう一度実行してください。",
            )
        if (length := utf16_length(text)) > MAX_TEXT:
            raise MasterError(
                f"「{area.sheet}」シートの {address(row, column)} に入れる文が長すぎます（{length:,}字、上限 {MAX_TEXT:,}字）。",
                "文を短くしてから、もう一度実行してください。",
            )
        sheet.set(row, column, text, area.header + 1, number=number)

    def append(self, area: TableRange, texts: Mapping[str, str], numbers: Collection[str] = ()) -> int:
        """Append a row and return its number; the columns ``numbers`` hold numbers.

        Raise MasterError, naming the cell, if something is in the way.
        """
        key = area.part, area.header, area.span[0]
        row = self._last.get(key, (area, area.last))[1] + 1
        left, right = area.span
        inside = area.table is not None and row <= area.table.bottom
        if not inside and area.table and area.table.totals:
            raise MasterError(
                f"「{area.sheet}」シートの表に集計行（{row} 行目）があるので、行を追加できません。",
                "テーブル デザイン → 集計行 のチェックを外して保存してから、もう一度実行してください。",
            )
        fix = (
            f"表のすぐ下（{address(row, left)} から下）を空けて保存してから、もう一度実行してください。"
            "メモなどは表の右か、別のシートに移してください。"
        )
        self._check_free(area, Box(row, left, row, right), ("すぐ下", "行", fix), inside=inside)
        if row > area.header + 1:
            self.sheet(area.sheet).copy_styles(row - 1, row, left, right)
        for header, text in texts.items():
            self.set(area, row, header, text, number=header in numbers)
        self._last[key] = area, row
        return row

    def remove_rows(self, area: TableRange, rows: Collection[int]) -> list[int]:
        """Remove rows of an area; return the numbers of those that stay as blank rows.

        Rows close up only if no formula, comment or merge names rows of the sheet; validations and conditional formats
        move along if their formulas allow it. Raise MasterError if blank rows would split an area that is not an Excel
        table.
        """
        sheet, (left, right) = self.sheet(area.sheet), area.span
        gone = sorted(row for row in rows if area.header < row <= area.last)
        bottom = area.table.bottom if area.table else area.last
        kept = [row for row in range(area.header + 1, area.last + 1) if row not in set(gone)]
        for row in gone:
            sheet.clear(row, left, right)
        inner = [row for row in gone if kept and row < kept[-1]]
        alone = not any(sheet.occupied_outside(row, left, right) for row in inner)
        closes = inner and alone and self._closes_up(area, bottom)
        if inner and not closes and not area.table:
            raise MasterError(
                f"「{area.sheet}」シートの {inner[0]} 行目を消すと、その下の行が表から離れます。",
                "表を「挿入」→「テーブル」でテーブルにして保存してから、もう一度実行してください。",
            )
        if closes:
            sheet.close_up(inner, area.header, bottom)
        last = max(area.header + 1, kept[-1] - len(inner) * bool(closes) if kept else 0)
        if gone and not (area.table and area.table.totals) and last < bottom:
            self._resize(area, bottom, last)
            sheet.drop_blank_rows(last + 1, bottom)
        return [] if closes else inner

    def _closes_up(self, area: TableRange, bottom: int) -> bool:
        """Return True if the rows of an area can close up without changing what anything else means."""
        sheet = self.sheet(area.sheet)
        others = {r.kind for r in self.package.relationships(area.part)} - {"table", "printerSettings"}
        if others or len(tables(self.package, area.part)) > 1 or not sheet.can_close_up(area.header, bottom):
            return False
        addressed = re.compile(rf"(?:{re.escape(area.sheet)}|{re.escape(quote_sheet(area.sheet))})'?!\$?[A-Z]+\$?[0-9]")
        names = self.package.xml(self.workbook).iterfind(f"{_N}definedNames/{_N}definedName")
        if any(addressed.search(n.text or "") for n in names if not (n.get("name") or "").startswith("_xlnm.")):
            return False
        parts = [p for p in self.package.names if p.endswith(".xml") and p != area.part and "/tables/" not in p]
        texts = (self.package.read(p).decode("utf-8", "replace") for p in parts if p != self.workbook)
        return not any(addressed.search(text) for text in texts if f"{area.sheet}" in text)

    def _resize(self, area: TableRange, old_last: int, last: int) -> None:
        """Make an area, its validations and its formats end in another row."""
        left, right = area.span
        self.sheet(area.sheet).stretch(old_last, last, left, right)
        if area.table:
            root = self.tree(area.table.part)
            for element in (root, *root.iter(_N + "autoFilter", _N + "sortState")):
                if ref := element.get("ref"):
                    element.set("ref", stretched(ref, old_last, last, left, right))

    def widen(self, area: TableRange, headers: Sequence[str], formats: Mapping[str, str] = _NO_FORMATS) -> TableRange:
        """Add columns at the right end of an area and return the wider area.

        ``formats`` are the Excel formats of columns of numbers, by header. Raise MasterError, naming the
        cell or table, if something is in the way.
        """
        sheet, (left, right) = self.sheet(area.sheet), area.span
        bottom = max(area.last, area.table.box.bottom if area.table else area.header)
        fix = "表の右を空けて（メモなどは別のシートに移して）保存してから、もう一度実行してください。"
        self._check_free(area, Box(area.header, right + 1, bottom, right + len(headers)), ("右", "列", fix))
        columns = {header: right + n for n, header in enumerate(headers, 1)}
        table = area.table and area.table._replace(box=area.table.box._replace(right=right + len(headers)))
        wider = replace(area, columns={**area.columns, **columns}, table=table)
        for header, column in columns.items():
            sheet.set(area.header, column, header)
            sheet.restyle(area.header, column, sheet.style(area.header, right))
            for row in range(area.header + 1, bottom + 1):
                style = sheet.style(row, right)
                sheet.restyle(row, column, self.number_style(style, formats[header]) if header in formats else style)
        if table:
            _add_columns(self.tree(table.part), headers)
        key = area.part, area.header, left
        self._last[key] = wider, self._last.get(key, (area, area.last))[1]
        return wider

    def number_style(self, style: int, code: str) -> int:
        """Return the index of the same cell format with this number format."""
        if self._styles is None:
            part = next(r.target for r in self.package.relationships(self.workbook) if r.kind == "styles")
            self._styles = Styles(self.tree(part))
        return self._styles.with_number_format(style, code)

    def add_table(
        self, name: str, table: str, columns: Mapping[str, float], like: TableRange, formats: Mapping[str, str]
    ) -> TableRange:
        """Add a sheet with a table of one blank row, drawn like the table ``like``, and return its area.

        ``columns`` are widths by header, ``formats`` the Excel formats of columns of numbers.
        """
        drawn, last = self.sheet(like.sheet), column_letters(len(columns))
        head, body = (drawn.style(like.header + n, like.span[0]) for n in (0, 1))
        ref, part = f"A1:{last}2", self.free_name("worksheets/sheet.xml")
        rows = text_row(1, 27, [(header, head) for header in columns]) + text_row(
            2, 13.5, [("", self.number_style(body, formats[h]) if h in formats else body) for h in columns]
        )
        xml = _NEW_SHEET.format(columns=width_columns(columns.values()), rows=rows)
        id_ = self.add(self.workbook, "worksheet", part, etree.fromstring(xml), _SHEET_TYPE)
        sheets = self.tree(self.workbook).find(_N + "sheets")
        number = max(int(s.get("sheetId", "0")) for s in sheets) + 1
        etree.SubElement(sheets, _N + "sheet", {"name": name, "sheetId": str(number), f"{{{DOC_RELS_NS}}}id": id_})
        self.sheets[name], self._tables[part] = part, ()
        table_part, self._table_id = self.free_name("tables/table.xml"), self._table_id + 1
        listed = "".join(f'<tableColumn id="{n}" name="{escape_attribute(h)}"/>' for n, h in enumerate(columns, 1))
        xml = _NEW_TABLE.format(
            id=self._table_id, name=escape_attribute(table), ref=ref, count=len(columns), columns=listed
        )
        rel = self.add(part, "table", table_part, etree.fromstring(xml), _TABLE_TYPE)
        holder = etree.SubElement(self.tree(part), _N + "tableParts", count="1")
        etree.SubElement(holder, _N + "tablePart", {f"{{{DOC_RELS_NS}}}id": rel})
        places = {header: n for n, header in enumerate(columns, 1)}
        return TableRange(name, part, 1, places, 1, Table(table_part, table, box(ref)))

    def data(self) -> bytes:
        """Return the workbook with all edits; without any, the bytes as read."""
        for area, last in self._last.values():
            self._grow(area, last)
        edits = [part for part in self._parts.values() if isinstance(part, SheetEdit)]
        if any(sheet.dropped_formula for sheet in edits):
            self._drop_calc_chain()
        if edits and any(map(self._has_formulas, self.sheets)):
            # Formulas may refer to the cells just written, so that their stored results are out of date.
            calc = self.package.xml(self.workbook).find(_N + "calcPr")
            if calc is None or calc.get("fullCalcOnLoad") not in TRUE:
                child(self.tree(self.workbook), "calcPr").set("fullCalcOnLoad", "1")
        return super().data()

    def _check_free(self, area: TableRange, cells: Box, words: tuple[str, str, str], *, inside: bool = False) -> None:
        """Raise MasterError unless these cells are free; ``inside`` the table, only merges are in the way.

        ``words`` say where the cells are, what is added, and what to do.
        """
        side, what, fix = words
        where, then = f"「{area.sheet}」シートの表の{side}", f"ので、{what}を追加できません。"
        if area.part not in self._tables:  # a sheet that was added has one table
            self._tables[area.part] = tables(self.package, area.part) if area.part in self.package else ()
        others = [t for t in self._tables[area.part] if area.table is None or t.part != area.table.part]
        if not inside and (other := next((t for t in others if t.box.overlaps(cells)), None)):
            raise MasterError(f"{where}に別の表（{other.box.ref}）がある{then}", fix)
        sheet = self.sheet(area.sheet)
        for column in range(cells.left, cells.right + 1):
            for row in range(cells.top, cells.bottom + 1):
                if sheet.merge_at(row, column) or (not inside and sheet.occupied(row, column)):
                    raise MasterError(f"{where}のセル {address(row, column)} がふさがっている{then}", fix)

    def _grow(self, area: TableRange, last: int) -> None:
        self.sheet(area.sheet).cover(last, area.span[1])
        old_last = area.table.bottom if area.table else area.last
        if last <= old_last:
            return
        self._resize(area, old_last, last)

    def _drop_calc_chain(self) -> None:
        # Excel offers a repair if the calculation chain lists a cell without a formula. It rebuilds a missing chain.
        for r in self.package.relationships(self.workbook):
            if r.kind == "calcChain" and r.target in self.package:
                self.drop(self.workbook, r.target)

    def _has_formulas(self, name: str) -> bool:
        edit = self._parts.get(self.sheets[name])
        return edit.has_formulas() if isinstance(edit, SheetEdit) else has_formula(self.package.read(self.sheets[name]))


def _add_columns(table: etree._Element, headers: Sequence[str]) -> None:
    """Add columns at the right end of a table part."""
    columns = table.find(_N + "tableColumns")
    highest = max((int(c.get("id", "0")) for c in columns), default=0)
    for n, header in enumerate(headers, 1):
        etree.SubElement(columns, _N + "tableColumn", id=str(highest + n), name=header)
    columns.set("count", str(len(columns)))
    for element in (table, table.find(_N + "autoFilter")):
        if element is not None and element.get("ref"):
            b = box(element.get("ref"))
            element.set("ref", b._replace(right=b.right + len(headers)).ref)

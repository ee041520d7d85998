"""Edit cells in the XML of a worksheet, and keep everything else.

Texts are written as inline strings, so that no other part has to change.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from functools import partial

from lxml import etree

from ..domain.errors import MasterError
from .package import MAIN_NS
from .refs import Box, address, box, cell
from .text import TRUE, add_text, is_number

_N = f"{{{MAIN_NS}}}"
_ROW, _C, _F, _V, _IS = (_N + tag for tag in ("row", "c", "f", "v", "is"))
_SQREF = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
_MOVING = (_N + "dataValidation", _N + "conditionalFormatting")
_ELSEWHERE = re.compile(r"""\"[^"]*"|(?:'[^']*'|[\w.]+)!\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?""")
_CELL_NAMED, _ROW_FIXED = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]"), re.compile(r"\$?[A-Z]{1,3}\$[0-9]")


class SheetEdit:
    """A worksheet part under edit; ``dropped_formula`` is set once a text has replaced a formula."""

    def __init__(self, root: etree._Element, title: str) -> None:
        """Edit ``root``; ``title`` is the name of the sheet, for messages."""
        self.root, self._title = root, title
        self.dropped_formula = False
        self._data = self.root.find(_N + "sheetData")
        self._merges = [box(m.get("ref")) for m in self.root.iterfind(f"{_N}mergeCells/{_N}mergeCell")]
        self._rows: dict[int, etree._Element] = {}
        number = 0
        for row in self._data.iterfind(_ROW):
            number = int(row.get("r", number + 1))
            row.set("r", str(number))
            self._rows[number] = row
        self._numbers = sorted(self._rows)
        self._cells: dict[int, dict[int, etree._Element]] = {}

    def occupied(self, row: int, column: int) -> bool:
        """Return True if the cell holds a value or a formula; a style alone does not count."""
        found = self._row_cells(row).get(column)
        return found is not None and any(child.tag in (_F, _V, _IS) for child in found)

    def occupied_outside(self, row: int, left: int, right: int) -> bool:
        """Return True if a cell of the row outside columns ``left`` to ``right`` holds a value or a formula."""
        return any(self.occupied(row, column) for column in self._row_cells(row) if not left <= column <= right)

    def merge_at(self, row: int, column: int) -> Box | None:
        """Return the merged range that covers the cell, or None."""
        return next((merge for merge in self._merges if merge.contains(row, column)), None)

    def set(self, row: int, column: int, text: str, top: int = 1, *, number: bool = False) -> None:
        """Set a cell to a text, or to the ``number`` that a text in standard form is.

        A cell keeps its style; a new one takes that of the nearest cell above, from row ``top`` on. Raise MasterError
        if the cell belongs to a formula that fills several cells.
        """
        found = self._row_cells(row).get(column)
        if found is None:
            if not text:
                return
            found = self._new_cell(row, column, self._style_above(row, column, top))
        self._clear(found)
        if number and is_number(text):
            etree.SubElement(found, _V).text = text
        elif text:
            found.set("t", "inlineStr")
            add_text(etree.SubElement(found, _IS), text)
        # Without a stored height, Excel fits the row to its text when it opens the workbook.
        if self._rows[row].get("customHeight") not in TRUE:
            self._rows[row].attrib.pop("ht", None)

    def height(self, row: int) -> float | None:
        """Return the stored height of a row in points, None if it has none."""
        stored = self._rows[row].get("ht") if row in self._rows else None
        return float(stored) if stored else None

    def set_height(self, row: int, points: float) -> None:
        """Store the height of a row; unless it was fixed before, the row still grows as people type."""
        self._rows[row].set("ht", f"{points:g}")

    def clear(self, row: int, left: int, right: int) -> None:
        """Clear the cells of a row from column ``left`` to ``right``; their styles stay.

        Raise MasterError if one belongs to a formula that fills several cells.
        """
        for column, found in self._row_cells(row).items():
            if left <= column <= right and len(found):
                self._clear(found)

    def is_plain(self, header: int, bottom: int) -> bool:
        """Return True if the rows of a table, from ``header`` to ``bottom``, can close up.

        The sheet then has no formulas and no merges below ``header``. Its validations and conditional formats avoid
        these rows, cover all of them, or mean the same after the move.
        """
        if next(self.root.iter(_F), None) is not None or any(m.bottom > header for m in self._merges):
            return False
        for element in self._with_ranges():
            boxes = _boxes(element)
            over = all(b.bottom <= header or b.top > bottom or _covers(b, header, bottom) for b in boxes)
            if not over and not (element.tag in _MOVING and _moves(element, boxes, header + 1)):
                return False
        return True

    def _with_ranges(self) -> list[etree._Element]:
        """Return the elements with cell ranges, except those that Excel rewrites itself."""
        elements = (e for part in self.root if part is not self._data for e in part.iter(etree.Element))
        found = (e for e in elements if e.get("sqref") or e.tag == _SQREF)
        return [e for e in found if e.tag not in (_N + "selection", _N + "ignoredError")]

    def close_up(self, rows: list[int], header: int, bottom: int) -> None:
        """Remove rows of a table and move those below up, with their validations and conditional formats."""
        gone = set(rows)
        for number in self._numbers:
            row, cells = self._rows[number], self._row_cells(number)
            if number in gone:
                self._data.remove(row)
                continue
            new = number - bisect_left(rows, number)
            row.set("r", str(new))
            for column, c in cells.items():
                c.set("r", address(new, column))
        self._rows = {int(row.get("r")): row for row in self._data.iterfind(_ROW)}
        self._numbers, self._cells = sorted(self._rows), {}
        for element in (e for e in self._with_ranges() if e.tag in _MOVING):
            boxes = _boxes(element)
            if any(header < b.top <= bottom and not _covers(b, header, bottom) for b in boxes):
                left = [b for b in boxes if not gone.issuperset(range(b.top, b.bottom + 1))] or boxes
                element.set("sqref", " ".join(_moved(b, rows, header + 1, bottom).ref for b in left))

    def drop_blank_rows(self, first: int, last: int) -> None:
        """Remove the rows without values from row ``first`` to ``last``."""
        for number in [n for n in self._numbers if first <= n <= last]:
            if not any(self.occupied(number, column) for column in self._row_cells(number)):
                self._data.remove(self._rows.pop(number))
                self._numbers.remove(number)
                self._cells.pop(number, None)

    def style(self, row: int, column: int) -> int:
        """Return the index of the format of a cell; if none is stored, that of its row, else of its column."""
        found = self._row_cells(row).get(column)
        line = self._rows.get(row)
        if found is None and line is not None and line.get("customFormat") in TRUE:
            found = line
        if found is not None:
            return int(found.get("s", "0"))
        for col in self.root.iterfind(f"{_N}cols/{_N}col"):
            if int(col.get("min", "0")) <= column <= int(col.get("max", "0")):
                return int(col.get("style", "0"))
        return 0

    def restyle(self, row: int, column: int, style: int) -> None:
        """Set the format of a cell by its index and keep its content."""
        found = self._row_cells(row).get(column)
        if found is None:
            found = self._new_cell(row, column)
        found.set("s", str(style))

    def copy_styles(self, source: int, target: int, left: int, right: int) -> None:
        """Add the cells that row ``target`` lacks from column ``left`` to ``right``, in the styles of row ``source``."""
        above, here = self._row_cells(source), self._row_cells(target)
        for column in range(left, right + 1):
            if column in above and column not in here and above[column].get("s"):
                self._new_cell(target, column, above[column].get("s"))

    def stretch(self, old_last: int, new_last: int, left: int, right: int) -> None:
        """Let the ranges of validations and the like that end in row ``old_last`` end in row ``new_last`` instead.

        Only those that meet columns ``left`` to ``right`` change.
        """
        grown = partial(stretched, old_last=old_last, new_last=new_last, left=left, right=right)
        for element in (e for part in self.root if part is not self._data for e in part.iter(etree.Element)):
            if element.get("sqref"):
                element.set("sqref", grown(element.get("sqref")))
            elif element.tag == _SQREF and element.text:
                element.text = grown(element.text)

    def cover(self, row: int, column: int) -> None:
        """Extend the dimension of the sheet to this cell."""
        dimension = self.root.find(_N + "dimension")
        if dimension is not None and dimension.get("ref"):
            b = box(dimension.get("ref"))
            dimension.set("ref", b._replace(bottom=max(b.bottom, row), right=max(b.right, column)).ref)

    def _row_cells(self, row: int) -> dict[int, etree._Element]:
        if row not in self._cells:
            cells: dict[int, etree._Element] = {}
            column = 0
            for c in self._rows[row].iterfind(_C) if row in self._rows else ():
                column = cell(c.get("r"))[1] if c.get("r") else column + 1
                c.set("r", address(row, column))
                cells[column] = c
            self._cells[row] = cells
        return self._cells[row]

    def _new_cell(self, row: int, column: int, style: str = "") -> etree._Element:
        if row not in self._rows:
            at = bisect_left(self._numbers, row)
            element = etree.Element(_ROW, r=str(row))
            _insert(self._data, element, self._rows[self._numbers[at]] if at < len(self._numbers) else None)
            self._rows[row] = element
            insort(self._numbers, row)
        cells = self._row_cells(row)
        c = etree.Element(_C, r=address(row, column))
        if style:
            c.set("s", style)
        _insert(self._rows[row], c, cells.get(min((other for other in cells if other > column), default=0)))
        cells[column] = c
        self._rows[row].attrib.pop("spans", None)
        return c

    def _style_above(self, row: int, column: int, top: int) -> str:
        for at in range(bisect_left(self._numbers, row) - 1, bisect_left(self._numbers, top) - 1, -1):
            if (above := self._row_cells(self._numbers[at]).get(column)) is not None:
                return str(above.get("s", ""))
        return ""

    def _clear(self, c: etree._Element) -> None:
        f = c.find(_F)
        if f is not None:
            if f.get("t") in ("shared", "array", "dataTable"):
                raise MasterError(
                    f"「{self._title}」シートの {c.get('r')} は、ほかのセルと共通の数式なので書き換えられません。",
                    "数式を値に置きかえて（コピー → 値の貼り付け）保存してから、もう一度実行してください。",
                )
            self.dropped_formula = True
        for child in list(c):
            c.remove(child)
        for name in ("t", "cm", "vm"):
            c.attrib.pop(name, None)


def _insert(parent: etree._Element, element: etree._Element, before: etree._Element | None) -> None:
    """Insert an element by its neighbour: to insert at an index, lxml would count its way there."""
    if before is None:
        parent.append(element)
    else:
        before.addprevious(element)


def _boxes(element: etree._Element) -> list[Box]:
    """Return the ranges of an element, without whole columns."""
    return [box(ref) for ref in (element.get("sqref") or element.text or "").split() if any(map(str.isdigit, ref))]


def _covers(b: Box, header: int, bottom: int) -> bool:
    """Return True if a range covers all data rows of a table."""
    return b.top <= header + 1 and b.bottom >= bottom


def _moves(element: etree._Element, boxes: list[Box], first: int) -> bool:
    """Return True if a validation or conditional format means the same after rows within its range are removed.

    Its formulas are written for its top row: either that stays, or they name no cell of the sheet.
    """
    written = [*element.itertext(), *(e.get("val", "") for e in element.iter(_N + "cfvo"))]
    formulas = [_ELSEWHERE.sub("", text) for text in written]
    named = _ROW_FIXED if min(b.top for b in boxes) <= first else _CELL_NAMED
    return not any(named.search(text) for text in formulas)


def _moved(b: Box, rows: list[int], first: int, bottom: int) -> Box:
    """Return a range after ``rows`` were removed; a range to the ``bottom`` is left to :meth:`SheetEdit.stretch`."""
    top = b.top if b.top <= first or b.top > bottom else b.top - sum(row < b.top for row in rows)
    end = b.bottom if b.bottom >= bottom else b.bottom - sum(row <= b.bottom for row in rows)
    return b._replace(top=top, bottom=max(top, end))


def stretched(refs: str, old_last: int, new_last: int, left: int, right: int) -> str:
    """Return ranges, separated by blanks, changed as :meth:`SheetEdit.stretch` does."""
    out = []
    for ref in refs.split():
        try:
            b = box(ref)
        except ValueError:  # whole columns (A:A), which some programs write
            out.append(ref)
            continue
        reaches = b.bottom == old_last and b.left <= right and b.right >= left
        out.append(b._replace(bottom=new_last).ref if reaches else ref)
    return " ".join(out)

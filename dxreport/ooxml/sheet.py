"""Edit cells in the XML of a worksheet, and keep everything else.

Texts are written as inline strings, so that no other part has to change. Rows stay text; only some are taken apart at
a time, so that a large sheet takes hardly more memory than its XML.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType

from lxml import etree

from ..domain.errors import MasterError
from .package import MAIN_NS, serialise
from .refs import Box, address, box
from .row_text import (
    CellText,
    RowText,
    attribute,
    cut,
    has_formula,
    joined,
    moved,
    row_attributes,
    with_attribute,
    without_attributes,
)
from .text import TRUE, is_number

_N = f"{{{MAIN_NS}}}"
_OPEN_ROWS = 64  # taken apart at a time
_NO_CELLS: Mapping[int, CellText] = MappingProxyType({})
_SHARED = re.compile(rb'<(?:\w+:)?f\s[^>]*\bt="(?:shared|array|dataTable)"')
_SQREF = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
_MOVING = (_N + "dataValidation", _N + "conditionalFormatting")
_ELSEWHERE = re.compile(r"""\"[^"]*"|(?:'[^']*'|[\w.]+)!\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?""")
_CELL_NAMED, _ROW_FIXED = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]"), re.compile(r"\$?[A-Z]{1,3}\$[0-9]")


class SheetEdit:
    """A worksheet part under edit; ``dropped_formula`` is set once a text has replaced a formula.

    ``root`` is the part without its rows.
    """

    def __init__(self, data: bytes, title: str) -> None:
        """Edit the part ``data``; ``title`` is the name of the sheet, for messages. Raise PackageError if damaged."""
        self.root, self._rows = cut(data)
        self._prefix = f"{self.root.prefix}:".encode() if self.root.prefix else b""
        self._title, self.dropped_formula = title, False
        self._merges = [box(m.get("ref")) for m in self.root.iterfind(f"{_N}mergeCells/{_N}mergeCell")]
        self._numbers = sorted(self._rows)
        self._open: dict[int, RowText] = {}

    def data(self) -> bytes:
        """Return the part with all edits."""
        self._close()
        return joined(serialise(self.root), [self._rows[number] for number in self._numbers])

    def has_formulas(self) -> bool:
        """Return True if any cell holds a formula."""
        self._close()
        return any(map(has_formula, self._rows.values()))

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the number and attributes of each row."""
        self._close()
        return ((number, row_attributes(self._rows[number])) for number in self._numbers)

    def styles(self) -> Iterator[tuple[int, int, int]]:
        """Yield row, column and index of the format of each cell."""
        for number in self._numbers:
            yield from [(number, column, int(c.style or 0)) for column, c in self._cells(number).items()]

    def occupied(self, row: int, column: int) -> bool:
        """Return True if the cell holds a value or a formula; a style alone does not count."""
        found = self._cells(row).get(column)
        return found is not None and found.is_filled()

    def occupied_outside(self, row: int, left: int, right: int) -> bool:
        """Return True if a cell of the row outside columns ``left`` to ``right`` holds a value or a formula."""
        return any(c.is_filled() for column, c in self._cells(row).items() if not left <= column <= right)

    def merge_at(self, row: int, column: int) -> Box | None:
        """Return the merged range that covers the cell, or None."""
        return next((merge for merge in self._merges if merge.contains(row, column)), None) if self._merges else None

    def set(self, row: int, column: int, text: str, top: int = 1, *, number: bool = False) -> None:
        """Set a cell to a text, or with ``number`` to the number that the text holds in standard form.

        A cell keeps its style; a new one takes that of the nearest cell above, from row ``top`` on. Raise MasterError
        if the cell belongs to a formula that fills several cells.
        """
        found = self._cells(row).get(column)
        if found is not None:
            self._clear(found, row, column)
        elif text:
            style = self._style_above(row, column, top)
            found = self._row(row).add(column, style)
        else:
            return
        line = self._row(row)
        if number and is_number(text):
            line.put_number(found, text)
        elif text:
            line.put_text(found, text)
        # Without a stored height, Excel fits the row to its text when it opens the workbook.
        if attribute(line.attributes, "ht") and attribute(line.attributes, "customHeight") not in TRUE:
            line.attributes = without_attributes(line.attributes, "ht")

    def height(self, row: int) -> float | None:
        """Return the stored height of a row in points, None if it has none."""
        stored = attribute(self._row(row).attributes, "ht") if row in self._rows else ""
        return float(stored) if stored else None

    def set_height(self, row: int, points: float) -> None:
        """Store the height of a row; unless it was fixed before, the row still grows as people type."""
        line = self._row(row)
        line.attributes = with_attribute(line.attributes, "ht", f"{points:g}")

    def clear(self, row: int, left: int, right: int) -> None:
        """Clear the cells of a row from column ``left`` to ``right``; their styles stay.

        Raise MasterError if one belongs to a formula that fills several cells.
        """
        for column, found in self._cells(row).items():
            if left <= column <= right and found.inner:
                self._clear(found, row, column)

    def can_close_up(self, header: int, bottom: int) -> bool:
        """Return True if the rows of a table, from ``header`` to ``bottom``, can close up.

        The sheet then has no formulas and no merges below ``header``. Its validations and conditional formats avoid
        these rows, cover all of them, or mean the same after the move.
        """
        if self.has_formulas() or any(m.bottom > header for m in self._merges):
            return False
        for element in self._with_ranges():
            boxes = _boxes(element)
            over = all(b.bottom <= header or b.top > bottom or _covers(b, header, bottom) for b in boxes)
            if not over and not (element.tag in _MOVING and _moves(element, boxes, header + 1)):
                return False
        return True

    def _with_ranges(self) -> list[etree._Element]:
        """Return the elements with cell ranges, except those that Excel rewrites itself."""
        found = (e for e in self.root.iterdescendants(etree.Element) if e.get("sqref") or e.tag == _SQREF)
        return [e for e in found if e.tag not in (_N + "selection", _N + "ignoredError")]

    def close_up(self, rows: list[int], header: int, bottom: int) -> None:
        """Remove rows of a table and move those below up, with their validations and conditional formats."""
        gone, kept = set(rows), dict[int, bytes]()
        self._close()
        for number in (n for n in self._numbers if n not in gone):
            new = number - bisect_left(rows, number)
            kept[new] = moved(number, self._rows[number], new) if new != number else self._rows[number]
        self._rows, self._numbers = kept, sorted(kept)
        for element in (e for e in self._with_ranges() if e.tag in _MOVING):
            boxes = _boxes(element)
            if any(header < b.top <= bottom and not _covers(b, header, bottom) for b in boxes):
                left = [b for b in boxes if not gone.issuperset(range(b.top, b.bottom + 1))] or boxes
                element.set("sqref", " ".join(_moved(b, rows, header + 1, bottom).ref for b in left))

    def drop_blank_rows(self, first: int, last: int) -> None:
        """Remove the rows without values from row ``first`` to ``last``."""
        for number in [n for n in self._numbers if first <= n <= last]:
            if not any(c.is_filled() for c in self._cells(number).values()):
                self._numbers.remove(number)
                del self._rows[number], self._open[number]

    def style(self, row: int, column: int) -> int:
        """Return the index of the format of a cell; if none is stored, that of its row, else of its column."""
        found = self._cells(row).get(column)
        if found is not None:
            return int(found.style or 0)
        if row in self._rows and attribute(self._row(row).attributes, "customFormat") in TRUE:
            return int(attribute(self._row(row).attributes, "s") or 0)
        for col in self.root.iterfind(f"{_N}cols/{_N}col"):
            if int(col.get("min", "0")) <= column <= int(col.get("max", "0")):
                return int(col.get("style", "0"))
        return 0

    def restyle(self, row: int, column: int, style: int) -> None:
        """Set the format of a cell by its index and keep its content."""
        found = self._cells(row).get(column)
        if found is None:
            found = self._row(row).add(column)
        found.attributes = with_attribute(found.attributes, "s", str(style))

    def copy_styles(self, source: int, target: int, left: int, right: int) -> None:
        """Add the cells that row ``target`` lacks from column ``left`` to ``right``, in the styles of row ``source``."""
        above, here = self._cells(source), self._cells(target)
        for column in range(left, right + 1):
            if column in above and column not in here and (style := above[column].style):
                self._row(target).add(column, style)

    def stretch(self, old_last: int, new_last: int, left: int, right: int) -> None:
        """Make the ranges of validations and the like that end in row ``old_last`` end in row ``new_last``.

        Only those that meet columns ``left`` to ``right`` change.
        """
        grown = partial(stretched, old_last=old_last, new_last=new_last, left=left, right=right)
        for element in self.root.iterdescendants(etree.Element):
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

    def _row(self, number: int) -> RowText:
        """Return a row to be changed, a new one if there is none; use it at once, since later calls may put it back."""
        if number not in self._rows:
            self._rows[number] = b"<%brow/>" % self._prefix
            insort(self._numbers, number)
        if number not in self._open:
            if len(self._open) >= _OPEN_ROWS:
                self._put_back(next(iter(self._open)))
            self._open[number] = RowText(number, self._rows[number])
        return self._open[number]

    def _cells(self, row: int) -> Mapping[int, CellText]:
        return self._row(row).cells if row in self._rows else _NO_CELLS

    def _close(self) -> None:
        for number in list(self._open):
            self._put_back(number)

    def _put_back(self, number: int) -> None:
        self._rows[number] = self._open.pop(number).text()

    def _style_above(self, row: int, column: int, top: int) -> str:
        for at in range(bisect_left(self._numbers, row) - 1, bisect_left(self._numbers, top) - 1, -1):
            if (above := self._cells(self._numbers[at]).get(column)) is not None:
                return above.style
        return ""

    def _clear(self, found: CellText, row: int, column: int) -> None:
        if has_formula(found.inner):
            if _SHARED.search(found.inner):
                raise MasterError(
                    f"「{self._title}」シートの {address(row, column)} は、ほかのセルと共通の数式なので書き換えられません。",
                    "数式を値に置きかえて（コピー → 値の貼り付け）保存してから、もう一度実行してください。",
                )
            self.dropped_formula = True
        found.inner, found.attributes = b"", without_attributes(found.attributes, "t|cm|vm")


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
    """Return ranges, separated by spaces, changed as :meth:`SheetEdit.stretch` does."""
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

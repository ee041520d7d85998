"""The area of the form's sheet that was drawn on: rows and columns without content or look are dropped.

LibreOffice writes a row 1,048,576 after a row was deleted, and Excel keeps rows and columns that were formatted by
mistake. If rendered, they would make every sheet as tall as Excel allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lxml import etree

from ..ooxml.refs import Box, address, box, column_letters
from .faults import TextFault
from .template import DrawnCell, S, SheetEntry, Source

LAST_ROW, LAST_COLUMN = 2_000, 256  # returns of a larger form would be refused as too large
_REACH = 50  # borders, fills and empty merges count as drawn up to this many rows or columns beyond the content


class UsedArea(NamedTuple):
    """What was drawn on a sheet: its cells, its merges, and its last row, at least 2."""

    cells: list[DrawnCell]
    merged: list[Box]
    last_row: int


def used_area(
    source: Source, sheet: SheetEntry, root: etree._Element, *, anchored: int, printed: Iterable[Box]
) -> UsedArea:
    """Find the area drawn on, and remove the cells, rows and merges outside it from ``root``, the XML of the sheet.

    ``anchored`` is the last row of a picture, shape or note, ``printed`` the ranges of the print area. Raise TextFault
    if the form is too large to be filled in and read back.
    """
    drawn = list(source.cells(root))
    content = [c for c in drawn if _has_content(c)]
    merges = {m: box(m.get("ref", "")) for m in root.iterfind(f"{S}mergeCells/{S}mergeCell")}
    held = [m for m in merges.values() if any(m.contains(*c.at) for c in content)]
    looks = [c.at for c in drawn if source.styles.is_visible(c.style)]
    ends = [*looks, *(m[2:] for m in (*merges.values(), *printed))]
    bottom = _end([2, anchored, *(c.row for c in content), *(m.bottom for m in held)], [row for row, _ in ends])
    right = _end([2, *(c.column for c in content), *(m.right for m in held)], [column for _, column in ends])
    rows = {row: int(row.get("r", "0")) for row in root.iterfind(f"{S}sheetData/{S}row")}
    unused = [c.element for c in drawn if c.row > bottom or c.column > right]
    unused += [row for row, number in rows.items() if number > bottom]
    unused += [merge for merge, m in merges.items() if m.top > bottom or m.left > right]
    for element in unused:
        element.getparent().remove(element)
    cells = [c for c in drawn if c.row <= bottom and c.column <= right]
    merged = [m for m in merges.values() if m.top <= bottom and m.left <= right]
    kept = [number for number in rows.values() if number <= bottom]
    last = max([2, anchored, *kept, *(c.row for c in cells), *(m.bottom for m in merged)])
    for at in [*(c.at for c in cells), *(m[2:] for m in merged), (last, 1)]:
        if at[0] > LAST_ROW or at[1] > LAST_COLUMN:
            limit = f"様式は {LAST_ROW:,} 行、{column_letters(LAST_COLUMN)} 列までに描いてください"
            fault = f"離れたところに文字・結合・図形があります。削除するか、縮めてください（{limit}）。"
            raise TextFault(f"シート「{sheet.name}」 {address(*at)}: {fault}")
    return UsedArea(cells, merged, last)


def _has_content(c: DrawnCell) -> bool:
    """Return True if a cell holds a formula, a value or a text."""
    return any(child.text or len(child) or child.attrib for child in c.element.iterchildren(f"{S}f", f"{S}v", f"{S}is"))


def _end(contents: Sequence[int], looks: Iterable[int]) -> int:
    """Return the last row or column with content, or with a look at most ``_REACH`` beyond it."""
    last = max(contents)
    return max([last, *(n for n in looks if n <= last + _REACH)])

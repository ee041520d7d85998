"""The area of the form's sheet that was drawn on: rows and columns without content or look are dropped.

LibreOffice writes a row 1,048,576 once a row was deleted, and Excel keeps rows and columns that were formatted by
mistake. Rendered, they would make each sheet as tall as Excel allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from ..domain.errors import TemplateError
from ..ooxml.refs import Box, address, box, column_letters
from ..ooxml.styles import Styles
from .template import DrawnCell, S

LAST_ROW, LAST_COLUMN = 2_000, 256  # a form that is larger, filled in, would be refused as too large
_REACH = 50  # rows and columns beyond the content in which borders, fills and empty merges count as drawn


def drop_unused(
    root: etree._Element, drawn: Sequence[DrawnCell], styles: Styles, *, anchored: int, printed: Iterable[Box]
) -> list[DrawnCell]:
    """Remove from a sheet the cells, rows and merges outside the area drawn on; return the cells that stay.

    ``anchored`` is the last row of a picture, shape or note, ``printed`` the ranges of the print area.
    """
    content = [c for c in drawn if _has_content(c)]
    merged = [box(m.get("ref", "")) for m in root.iterfind(f"{S}mergeCells/{S}mergeCell")]
    held = [m for m in merged if any(m.contains(*c.at) for c in content)]
    looks = [c.at for c in drawn if styles.is_visible(c.style)]
    ends = [*looks, *(m[2:] for m in merged), *((b.bottom, b.right) for b in printed)]
    rows = [2, anchored, *(c.row for c in content), *(m.bottom for m in held)]
    columns = [2, *(c.column for c in content), *(m.right for m in held)]
    bottom, right = _end(rows, [row for row, _ in ends]), _end(columns, [column for _, column in ends])
    for c in drawn:
        if c.row > bottom or c.column > right:
            c.element.getparent().remove(c.element)
    for row in root.findall(f"{S}sheetData/{S}row"):
        if int(row.get("r", "0")) > bottom:
            row.getparent().remove(row)
    for element in root.findall(f"{S}mergeCells/{S}mergeCell"):
        m = box(element.get("ref", ""))
        if m.top > bottom or m.left > right:
            element.getparent().remove(element)
    return [c for c in drawn if c.row <= bottom and c.column <= right]


def check_extent(name: str, sheet: str, drawn: Iterable[DrawnCell], merged: Iterable[Box], *, last_row: int) -> None:
    """Raise TemplateError for a form that is too large to be filled in and read back."""
    ends = [*(c.at for c in drawn), *(m[2:] for m in merged), (last_row, 1)]
    far = next((at for at in ends if at[0] > LAST_ROW or at[1] > LAST_COLUMN), None)
    if far is not None:
        limit = f"様式は {LAST_ROW:,} 行、{column_letters(LAST_COLUMN)} 列までに描いてください"
        fault = f"離れたところに文字・結合・図形があります。削除するか、縮めてください（{limit}）。"
        raise TemplateError(name, (f"シート「{sheet}」 {address(*far)}: {fault}",))


def _has_content(c: DrawnCell) -> bool:
    """Whether a cell holds a formula, a value or a text."""
    return any(child.text or len(child) or child.attrib for child in c.element.iterchildren(f"{S}f", f"{S}v", f"{S}is"))


def _end(contents: Sequence[int], looks: Iterable[int]) -> int:
    """The last row or column: of content, or of looks that are no further than the reach from it."""
    last = max(contents)
    return max([last, *(n for n in looks if n <= last + _REACH)])

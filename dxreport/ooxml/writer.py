"""Helpers for sheets made with XlsxWriter: checked writing, row heights, A4 landscape pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..domain.errors import DxreportError
from .text import MAX_TEXT, utf16_length
from .text_metrics import MAX_HEIGHT, column_px, line_pitch, needed_height, usable_em

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FONT, SIZE = "ＭＳ Ｐゴシック", 10
ROW = 15.0  # the usual height of a row in points
_A4 = 9
_MDW, _NORMAL = 7, 11.0  # XlsxWriter's Normal font is Calibri 11, whose digits are 7 pixels wide
_STORED = 0.7109375  # Excel adds this to the width that people see
# Noto has the tallest lines of the fonts that LibreOffice uses if FONT is missing.
_PITCH = max(line_pitch(SIZE, font, ROW, _NORMAL) for font in (FONT, "Noto Sans CJK JP"))


def check(code: Any) -> None:
    """Raise DxreportError for a negative ``code``, by which XlsxWriter says that it left something out."""
    if isinstance(code, int) and code < 0:
        raise DxreportError(f"Excel ファイルを作れませんでした（XlsxWriter: {code}）。")


def put(ws: Worksheet, row: int, column: int, value: str | int | Decimal | None, style: Format) -> None:
    """Write a cell: a text as text (even ``=1``), a number as a number, None and ``""`` as an empty cell."""
    if value is None or value == "":
        check(ws.write_blank(row, column, None, style))
    elif isinstance(value, str):
        check(ws.write_string(row, column, _shortened(value), style))
    else:
        check(ws.write_number(row, column, value if isinstance(value, int) else float(value), style))


def put_across(ws: Worksheet, row: int, text: str, style: Format, *, widths: Sequence[float], first: int = 0) -> float:
    """Write a wrapped text across columns of these widths, from column ``first``; return the height in points."""
    if len(widths) > 1:
        check(ws.merge_range(row, first, row, first + len(widths) - 1, "", style))
    put(ws, row, first, text, style)
    return text_height(text, *widths)


def set_height(ws: Worksheet, row: int, points: float) -> None:
    """Set the height of a row: at least the usual height, at most what Excel allows."""
    check(ws.set_row(row, min(MAX_HEIGHT, max(ROW, points))))


def text_height(text: str, *widths: float) -> float:
    """Return the height in points that a text needs across columns of these widths; may exceed Excel's maximum."""
    pixels = sum(column_px(width + _STORED, _MDW) for width in widths)
    return needed_height(text, usable_em(pixels, SIZE), _PITCH)


def landscape(ws: Worksheet) -> None:
    """Set a sheet to print on A4 landscape, scaled to the width of the page."""
    ws.set_landscape()
    ws.set_paper(_A4)
    ws.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    ws.fit_to_pages(1, 0)


def too_long(text: str) -> bool:
    """Return True if a text is too long for a cell of Excel, so that ``put`` shortens it."""
    return utf16_length(text) > MAX_TEXT


def _shortened(text: str) -> str:
    if not too_long(text):
        return text
    return text.encode("utf-16-le")[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore") + "…"

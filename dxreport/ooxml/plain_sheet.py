"""Write the XML of small sheets that hold only texts; column widths are as stored, in characters."""

from __future__ import annotations

from collections.abc import Iterable

from .refs import column_letters
from .text import escape
from .text_metrics import column_px, line_pitch, needed_height, usable_em

_MDW = 7  # width of a digit in pixels


def columns(widths: Iterable[float]) -> str:
    """Return the ``<col>`` of columns from A on."""
    return "".join(f'<col min="{n}" max="{n}" width="{w:g}" customWidth="1"/>' for n, w in enumerate(widths, 1))


def row_height(texts: Iterable[str], widths: Iterable[float], size: float, font: str) -> float:
    """Return the points that a row of texts needs in a font of ``size`` points."""
    pitch = line_pitch(size, font, None, size)
    ems = (usable_em(column_px(width, _MDW), size) for width in widths)
    return max(needed_height(text, em, pitch) for text, em in zip(texts, ems, strict=True))


def text_row(number: int, height: float, cells: Iterable[tuple[str, int]]) -> str:
    """Return a row of texts from column A on, each with the index of its format; ``height`` in points."""
    inner = "".join(
        f'<c r="{column_letters(column)}{number}" s="{style}"'
        + (f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' if text else "/>")
        for column, (text, style) in enumerate(cells, 1)
    )
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{inner}</row>'

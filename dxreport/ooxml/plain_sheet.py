"""Pieces of a small sheet of texts that is written as XML."""

from __future__ import annotations

from collections.abc import Iterable

from .refs import column_letters
from .text import escape


def columns(widths: Iterable[float]) -> str:
    """The ``<col>`` of columns from A on; widths as stored."""
    return "".join(f'<col min="{n}" max="{n}" width="{w:g}" customWidth="1"/>' for n, w in enumerate(widths, 1))


def text_row(number: int, height: float, cells: Iterable[tuple[str, int]]) -> str:
    """A row of texts from column A on, each with the index of its format; ``height`` in points."""
    inner = "".join(
        f'<c r="{column_letters(column)}{number}" s="{style}"'
        + (f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' if text else "/>")
        for column, (text, style) in enumerate(cells, 1)
    )
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{inner}</row>'

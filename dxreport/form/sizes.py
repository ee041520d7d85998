"""What the form sheet says of its rows and columns: heights, widths, and the room that a text has in a cell."""

from __future__ import annotations

import re
from functools import cached_property

from lxml import etree

from ..ooxml import text_metrics
from ..ooxml.refs import Box
from ..ooxml.styles import CellFormat, Styles
from ..ooxml.text import escape
from .records import Cell, Fit, Row
from .template import S

_DECLARATION = re.compile(' xmlns(:[A-Za-z0-9]+)?="[^"]*"')
_ROW_KEPT = ("s", "customFormat", "hidden", "outlineLevel", "collapsed", "thickTop", "thickBot")


class Sizes:
    """Heights in points and widths in pixels of a sheet as it was drawn."""

    def __init__(self, root: etree._Element, styles: Styles) -> None:
        self._root, self._styles = root, styles

    @cached_property
    def default_height(self) -> float:
        """Height in points of a row that says none."""
        given = self._root.find(f"{S}sheetFormatPr")
        return float(given.get("defaultRowHeight", "15")) if given is not None else 15.0

    @cached_property
    def widths(self) -> dict[int, int]:
        """Column widths in pixels as drawn, by column; 0 holds the default."""
        given = self._root.find(f"{S}sheetFormatPr")
        drawn = [
            (
                int(c.get("min")),
                min(int(c.get("max")), 256),
                float(c.get("width", "9")),
                c.get("hidden") in ("1", "true"),
            )
            for c in self._root.iterfind(f"{S}cols/{S}col")
        ]
        digit = text_metrics.max_digit_width([w for _, _, w, _ in drawn])
        default = float(given.get("defaultColWidth", "9.0")) if given is not None else 9.0
        out = {0: text_metrics.column_px(default, digit)}
        for first, last, width, hidden in drawn:
            for column in range(first, last + 1):
                out[column] = 0 if hidden else text_metrics.column_px(width, digit)
        return out

    def fitting(self, box: Box, look: CellFormat) -> Fit:
        """How a text in ``box`` makes its row taller."""
        px = sum(self.widths.get(column, self.widths[0]) for column in range(box.left, box.right + 1))
        given = self._root.find(f"{S}sheetFormatPr")
        custom = given is not None and given.get("customHeight") in ("1", "true")
        pitch = text_metrics.line_pitch(
            look.font_size, look.font_name, None if custom else self.default_height, self._styles.normal_size
        )
        return Fit(0.0 if look.stacked else text_metrics.usable_em(px, look.font_size, look.indent), pitch, box.bottom)


def drawn_row(number: int, element: etree._Element | None, cells: list[Cell]) -> Row:
    """Row ``number`` with its cells; ``element`` is what the sheet says of it, if anything."""
    if element is None:
        return Row(number, "", None, False, tuple(cells))
    kept = "".join(f' {name}="{element.get(name)}"' for name in _ROW_KEPT if element.get(name) is not None)
    height = float(element.get("ht")) if element.get("ht") else None
    return Row(
        number, kept, height, element.get("hidden") in ("1", "true"), tuple(sorted(cells, key=lambda c: c.column))
    )


def static(c: etree._Element) -> str:
    """A drawn cell's inner XML behind its type, e.g. ``t="s"><v>3</v>``; "" for an empty cell."""
    value, inline = c.find(f"{S}v"), c.find(f"{S}is")
    kind = f' t="{c.get("t")}"' if c.get("t") else ""
    if inline is not None:
        xml = etree.tostring(inline, encoding="unicode", with_tail=False)
        return f"{kind}>{_DECLARATION.sub('', xml)}"
    if value is None or value.text is None:
        return ""
    return f"{kind}><v>{escape(value.text)}</v>"

"""Row heights and column widths of the form's sheet as drawn, and the space for text in its cells."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from ..ooxml import text_metrics
from ..ooxml.refs import Box
from ..ooxml.styles import CellFormat, Styles
from ..ooxml.text import TRUE, escape
from .parts.markup import undeclared
from .records import TemplateCell, TemplateRow, TextSpace
from .template import S

_ROW_ATTRIBUTES = ("s", "customFormat", "hidden", "outlineLevel", "collapsed", "thickTop", "thickBot")
_LAST_COLUMN = 256  # widths further to the right are not read


class Sizes:
    """Row heights in points and column widths in pixels of a sheet as drawn.

    ``default_height`` is the height of rows that have none of their own.
    """

    def __init__(self, root: etree._Element, styles: Styles) -> None:
        given = root.find(f"{S}sheetFormatPr")
        defaults: dict[str, str] = dict(given.attrib) if given is not None else {}
        self.default_height = float(defaults.get("defaultRowHeight", "15"))
        self._line_height = None if defaults.get("customHeight") in TRUE else self.default_height
        self._normal_size = styles.normal_size
        drawn = list(root.iterfind(f"{S}cols/{S}col"))
        digit = text_metrics.max_digit_width(float(c.get("width", "9")) for c in drawn)
        self._default_width = text_metrics.column_px(float(defaults.get("defaultColWidth", "9.0")), digit)
        self._widths: dict[int, int] = {}
        for c in drawn:
            hidden = c.get("hidden") in TRUE
            width = 0 if hidden else text_metrics.column_px(float(c.get("width", "9")), digit)
            last = min(int(c.get("max")), _LAST_COLUMN)
            self._widths |= dict.fromkeys(range(int(c.get("min")), last + 1), width)

    def width(self, first: int, last: int) -> int:
        """Return the total width of columns ``first``–``last`` in pixels."""
        return sum(self._widths.get(column, self._default_width) for column in range(first, last + 1))

    def space(self, box: Box, look: CellFormat) -> TextSpace:
        """Return the space for text in ``box``."""
        pitch = text_metrics.line_pitch(look.font_size, look.font_name, self._line_height, self._normal_size)
        px, font = self.width(box.left, box.right), text_metrics.font_widths(look.font_name)
        em = text_metrics.usable_em(px, look.font_size, look.indent, font)
        return TextSpace(0 if look.stacked else text_metrics.budget(em), pitch, box.bottom, font)


def drawn_row(number: int, element: etree._Element, cells: Iterable[TemplateCell]) -> TemplateRow:
    """Return row ``number`` with its cells; ``element`` is its XML."""
    by_column = tuple(sorted(cells, key=lambda c: c.column))
    attributes = "".join(f' {name}="{value}"' for name in _ROW_ATTRIBUTES if (value := element.get(name)) is not None)
    height = float(element.get("ht")) if element.get("ht") else None
    return TemplateRow(number, attributes, height, element.get("hidden") in TRUE, by_column)


def drawn_content(c: etree._Element) -> str:
    """Return a drawn cell's type and inner XML, e.g. ``t="s"><v>3</v>``; "" for an empty cell."""
    value, inline = c.find(f"{S}v"), c.find(f"{S}is")
    kind = f' t="{c.get("t")}"' if c.get("t") else ""
    if inline is not None:
        return f"{kind}>{undeclared(inline)}"
    if value is None or value.text is None:
        return ""
    return f"{kind}><v>{escape(value.text)}</v>"

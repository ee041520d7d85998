"""The boxes of notes: VML shapes, added to and removed from a part as bytes.

No XML parser is used, because Excel itself writes VML that is not well-formed (an unclosed ``<br>``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..domain.errors import PackageError
from ..ooxml.package import MAIN_NS
from ..ooxml.refs import MAX_COLUMN, MAX_ROW, Box
from ..ooxml.sheet import SheetEdit
from ..ooxml.text import TRUE
from ..ooxml.text_metrics import column_px, lines, max_digit_width

_N = f"{{{MAIN_NS}}}"
_SPACES = {
    prefix: f' xmlns:{prefix}="urn:schemas-microsoft-com:{name}"'
    for prefix, name in (("v", "vml"), ("o", "office:office"), ("x", "office:excel"))
}
_SHAPE = re.compile(rb"<((?:\w+:)?shape)(?=[\s>])[^>]*(?<!/)>.*?</\1>\s*", re.DOTALL)
_NOTE = re.compile(rb"ObjectType\s*=\s*[\"']Note[\"']")
_PLACE = re.compile(rb"<(?:\w+:)?(Row|Column)>\s*(\d+)\s*<")
_ANCHOR = re.compile(rb"(<(?:\w+:)?Anchor>)[^<]*(?=<)")
_END = re.compile(rb"</xml\s*>\s*\Z")
_SHAPE_ID = re.compile(rb"_x0000_s(\d+)")
_ID_MAP = re.compile(rb"idmap\b[^>]*?\bdata\s*=\s*[\"'](\d+)")
_NOTE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_GAP_PX, _WIDTH_PX, _LINE_PX, _TALLEST_PX = 15, 300, 16, 800
_EMS = 22.0  # ems of 9 points that fit into a box of that width
_FAR = 500  # the most rows or columns that a box may span


def new_part(number: int) -> bytes:
    """Return a VML part without shapes; ``number`` keeps the shape ids of different sheets apart."""
    layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{number}"/></o:shapelayout>'
    return f"<xml{''.join(_SPACES.values())}>{layout}{_NOTE_TYPE}</xml>".encode()


def has_shapes(part: bytes) -> bool:
    """Return True if the part holds any shape."""
    return _SHAPE.search(part) is not None


def without_note(part: bytes, row: int, column: int) -> bytes:
    """Return the part without the box of the note in this cell (row and column count from 1)."""
    return _SHAPE.sub(lambda m: b"" if _is_at(m[0], row, column) else m[0], part)


def with_note(part: bytes, row: int, column: int, anchor: str) -> bytes:
    """Return the part with the box of this cell's note at ``anchor``, moved there or added.

    Raise PackageError if a box is to be added and the end of the part cannot be found.
    """
    if any(_is_at(shape[0], row, column) for shape in _SHAPE.finditer(part)):
        place = rb"\g<1>" + anchor.encode()
        return _SHAPE.sub(lambda m: _ANCHOR.sub(place, m[0], count=1) if _is_at(m[0], row, column) else m[0], part)
    end = _END.search(part)
    if end is None:
        raise PackageError("メモの図形（VML）が壊れています")
    cluster = _ID_MAP.search(part)
    first = (int(cluster[1]) if cluster else 1) * 1024
    number = max([first, *(int(m[1]) for m in _SHAPE_ID.finditer(part))]) + 1
    head = part[: part.find(b">", part.find(b"<xml")) + 1]
    spaces = "".join(text for prefix, text in _SPACES.items() if f"xmlns:{prefix}=".encode() not in head)
    typed = re.search(rb"id\s*=\s*[\"']_x0000_t202[\"']", part)
    kind = "" if typed else _NOTE_TYPE.replace("<v:shapetype", f"<v:shapetype{spaces}")
    shape = (
        f'{kind}<v:shape{spaces} id="_x0000_s{number}" type="#_x0000_t202" '
        'style="position:absolute;margin-left:80pt;margin-top:2pt;width:225pt;height:60pt;z-index:1;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )
    return part[: end.start()] + shape.encode() + part[end.start() :]


def _is_at(shape: bytes, row: int, column: int) -> bool:
    places = {name: int(number) for name, number in _PLACE.findall(shape)}
    return bool(_NOTE.search(shape)) and places == {b"Row": row - 1, b"Column": column - 1}


class Geometry:
    """The sizes of a sheet's columns and rows in pixels, 0 for hidden ones."""

    def __init__(self, sheet: SheetEdit) -> None:
        root = sheet.root
        columns = list(root.iterfind(f"{_N}cols/{_N}col"))
        mdw = max_digit_width(float(c.get("width", "9")) for c in columns)
        plain = root.find(_N + "sheetFormatPr")
        given = {} if plain is None else plain.attrib
        self._column = column_px(float(given.get("defaultColWidth", "9.14")), mdw)
        self._columns = [
            (int(c.get("min")), int(c.get("max")), _unless_hidden(c.attrib, column_px(float(c.get("width", "9")), mdw)))
            for c in columns
        ]
        self._row = 0.0 if given.get("zeroHeight") in TRUE else float(given.get("defaultRowHeight", "15"))
        self._rows = {n: _unless_hidden(row, float(row.get("ht", self._row))) for n, row in sheet.rows()}

    def anchor(self, box: Box, text: str) -> str:
        """Return the ``<x:Anchor>`` of a note to the right of its cell or merged range, sized for its text."""
        count = sum(lines(paragraph, _EMS) for paragraph in text.split("\n")) + 1
        height = min(count * _LINE_PX + 10, _TALLEST_PX)
        above = max(box.top - 2, 0)
        left, right = (_reach(self._column_px, box.right, px, MAX_COLUMN) for px in (_GAP_PX, _GAP_PX + _WIDTH_PX))
        top, bottom = (_reach(self._row_px, above, px, MAX_ROW) for px in (2, 2 + height))
        return ", ".join(str(n) for n in (*left, *top, *right, *bottom))

    def _column_px(self, index: int) -> int:
        return int(next((px for first, last, px in self._columns if first <= index + 1 <= last), self._column))

    def _row_px(self, index: int) -> int:
        return round(self._rows.get(index + 1, self._row) / 0.75)


def _unless_hidden(attributes: Mapping[str, str], size: float) -> float:
    return 0.0 if attributes.get("hidden") in TRUE else size


def _reach(size: Callable[[int], int], start: int, distance: int, end: int) -> tuple[int, int]:
    """Return the row or column (from 0) that is ``distance`` pixels after the beginning of ``start``, and the rest."""
    index = start
    while distance >= size(index) and index < min(start + _FAR, end - 1):
        distance -= size(index)
        index += 1
    return index, min(distance, max(size(index) - 1, 0))

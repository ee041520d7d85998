"""Cell formats of a template: what rendering needs to know of them, and their variants for inputs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from .package import MAIN_NS, serialise

GENERAL, TEXT_FORMAT = "0", "49"  # built-in number formats General and @
INPUT_FILL = "FFFFFFCC"
_TRUE = ("1", "true")
_STACKED = "255"  # textRotation: letters upright, one below the other


def _tag(name: str) -> str:
    return f"{{{MAIN_NS}}}{name}"


def _attributes(parent: etree._Element, name: str) -> Mapping[str, str]:
    """The attributes of a child; empty where there is none."""
    child = parent.find(_tag(name))
    return {} if child is None else dict(child.attrib)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """What matters in a cell format: font size in points, font name, wrapping, indent, text rotation, lock."""

    font_size: float
    font_name: str
    wrap: bool
    indent: int
    upright: bool
    stacked: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A cell format to be added: points, ARGB colours ("" for none; a coloured text is underlined), thin borders."""

    size: float
    bold: bool = False
    colour: str = ""
    fill: str = ""
    border: bool = False
    align: str = "left"


def look_of(font: etree._Element) -> str:
    """Return a font's look but for its name, so that looks can be compared: black and automatic are the same."""
    out = []
    for name in ("b", "i", "strike", "u", "vertAlign"):
        child = font.find(_tag(name))
        if child is not None and child.get("val", "1") not in ("0", "false", "none", "baseline"):
            out.append(name + child.get("val", "").replace("true", "").replace("single", ""))
    color, size = _attributes(font, "color"), _attributes(font, "sz")
    plain = (
        color.get("auto") or color.get("theme") == "1" or color.get("rgb") == "FF000000" or color.get("indexed") == "8"
    )
    out += [] if plain else [f"{key}={value}" for key, value in sorted(color.items())]
    return " ".join([*out, f"{float(size.get('val', '11')):g}"])


class Styles:
    """styles.xml of a template; formats that rendering needs are added to it."""

    def __init__(self, data: etree._Element | None) -> None:
        self._root = data if data is not None else etree.Element(_tag("styleSheet"), nsmap={None: MAIN_NS})
        self._xfs = self._list("cellXfs")
        self._fills = self._list("fills")
        self._fonts = self._list("fonts")
        self._borders = self._list("borders")
        self._made: dict[tuple[int, bool, bool], int] = {}
        self._added: dict[Look, int] = {}
        self._input_fill: int | None = None

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(_tag(name))
        return found if found is not None else etree.SubElement(self._root, _tag(name))

    @property
    def normal_size(self) -> float:
        """Points of the Normal style's font."""
        return self._font(0)[0]

    def format(self, index: int) -> CellFormat:
        """Return the format with this index in cellXfs."""
        xf = self._xf(index)
        size, name = self._font(int(xf.get("fontId", "0")))
        alignment, protection = _attributes(xf, "alignment"), _attributes(xf, "protection")
        rotation = alignment.get("textRotation", "0")
        return CellFormat(
            size,
            name,
            wrap=alignment.get("wrapText") in _TRUE,
            indent=int(alignment.get("indent", "0")),
            upright=rotation == "0",
            stacked=rotation == _STACKED,
            locked=protection.get("locked", "1") in _TRUE,
        )

    def is_numeric(self, index: int) -> bool:
        """Whether a format shows numbers in a way of its own: neither General nor @."""
        return self._xf(index).get("numFmtId", GENERAL) not in (GENERAL, TEXT_FORMAT)

    def is_visible(self, index: int) -> bool:
        """Whether a cell of this format shows even when it is empty: a border or a fill."""
        xf = self._xf(index)
        border, fill = int(xf.get("borderId", "0")), int(xf.get("fillId", "0"))
        bordered = border < len(self._borders) and any(
            side.get("style", "none") != "none" for side in self._borders[border]
        )
        pattern = self._fills[fill].find(_tag("patternFill")) if fill < len(self._fills) else None
        return bordered or (pattern is not None and pattern.get("patternType", "none") != "none")

    def font_look(self, index: int) -> str:
        """Return the look of a format's font, as :func:`look_of` does."""
        font = int(self._xf(index).get("fontId", "0"))
        return look_of(self._fonts[font]) if font < len(self._fonts) else look_of(etree.Element(_tag("font")))

    def is_checkbox(self, index: int) -> bool:
        """Whether Excel 365 shows a cell of this format as a checkbox."""
        return self._xf(index).find(f"{_tag('extLst')}//{{*}}xfComplement") is not None

    def variant(self, index: int, is_input: bool, number: bool = False) -> int:
        """Return the index of a format as text, or as drawn for a number: unlocked and tinted for an input, else locked."""
        key = (index, is_input, number)
        if key not in self._made:
            xf = deepcopy(self._xf(index))
            if not number or xf.get("numFmtId") == TEXT_FORMAT:
                xf.set("numFmtId", GENERAL if number else TEXT_FORMAT)
            xf.set("applyNumberFormat", "1")
            self._protect(xf, locked=not is_input)
            drawn = xf.get("fillId", "0")
            fill = (drawn if drawn != "0" else str(self._tint())) if is_input else "0"
            xf.set("fillId", fill)
            xf.set("applyFill", "1")
            self._xfs.append(xf)
            self._made[key] = len(self._xfs) - 1
        return self._made[key]

    def added(self, look: Look) -> int:
        """Return the index of a format that was not drawn, in the font of the Normal style."""
        if look not in self._added:
            xf = etree.SubElement(self._xfs, _tag("xf"), numFmtId=TEXT_FORMAT, xfId="0", applyNumberFormat="1")
            for name, index in (
                ("font", self._added_font(look)),
                ("fill", self._added_fill(look.fill) if look.fill else 0),
                ("border", self._added_border() if look.border else 0),
            ):
                xf.set(f"{name}Id", str(index))
                xf.set(f"apply{name.capitalize()}", "1")
            xf.set("applyAlignment", "1")
            etree.SubElement(xf, _tag("alignment"), horizontal=look.align, vertical="center", wrapText="1")
            self._added[look] = len(self._xfs) - 1
        return self._added[look]

    def _added_font(self, look: Look) -> int:
        font = deepcopy(self._fonts[0]) if len(self._fonts) else etree.Element(_tag("font"))
        kept = {_tag(name) for name in ("name", "family", "charset", "scheme")}
        for child in list(font):
            if child.tag not in kept:
                font.remove(child)
        properties: list[tuple[str, dict[str, str]]] = [("sz", {"val": f"{look.size:g}"})]
        if look.colour:
            properties = [("u", {}), *properties, ("color", {"rgb": look.colour})]
        if look.bold:
            properties.insert(0, ("b", {}))
        for position, (name, values) in enumerate(properties):
            font.insert(position, etree.Element(_tag(name), values))
        self._fonts.append(font)
        return len(self._fonts) - 1

    def _added_fill(self, colour: str) -> int:
        pattern = etree.SubElement(
            etree.SubElement(self._fills, _tag("fill")), _tag("patternFill"), patternType="solid"
        )
        etree.SubElement(pattern, _tag("fgColor"), rgb=colour)
        etree.SubElement(pattern, _tag("bgColor"), indexed="64")
        return len(self._fills) - 1

    def _added_border(self) -> int:
        border = etree.SubElement(self._borders, _tag("border"))
        for side in ("left", "right", "top", "bottom"):
            etree.SubElement(etree.SubElement(border, _tag(side), style="thin"), _tag("color"), auto="1")
        etree.SubElement(border, _tag("diagonal"))
        return len(self._borders) - 1

    def bytes(self) -> bytes:
        """Return styles.xml with the formats made so far."""
        for group in (self._xfs, self._fills, self._fonts, self._borders):
            group.set("count", str(len(group)))
        return serialise(self._root)

    def _xf(self, index: int) -> etree._Element:
        return self._xfs[index] if index < len(self._xfs) else etree.Element(_tag("xf"))

    def _font(self, index: int) -> tuple[float, str]:
        if index >= len(self._fonts):
            return 11.0, "Calibri"
        font = self._fonts[index]
        return float(_attributes(font, "sz").get("val", "11")), _attributes(font, "name").get("val", "")

    @staticmethod
    def _protect(xf: etree._Element, *, locked: bool) -> None:
        protection = xf.find(_tag("protection"))
        if protection is None:
            protection = etree.Element(_tag("protection"))
            after = xf.find(_tag("alignment"))
            xf.insert(0 if after is None else 1, protection)
        protection.set("locked", "1" if locked else "0")
        xf.set("applyProtection", "1")

    def _tint(self) -> int:
        if self._input_fill is None:
            self._input_fill = self._added_fill(INPUT_FILL)
        return self._input_fill

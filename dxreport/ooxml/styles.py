"""Cell formats of a workbook: read, varied for inputs, and added."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ..domain.needs import Need
from .package import MAIN_NS, child, serialise
from .text import TRUE

GENERAL, TEXT_FORMAT = "0", "49"  # built-in number formats General and @
_PERCENT = ("9", "10")  # built-in number formats 0% and 0.00%
_BUILT_IN_FORMATS = {"#,##0": "3", "#,##0.00": "4"}
INPUT_FILL = "FFFFFFCC"  # earlier releases filled every input with this, and forms made for them still do
_STATE_FILLS = {Need.REQUIRED: "FFFFEFA8", Need.CONDITIONAL: "FFFFEFA8", Need.OPTIONAL: "FFFFFAE0"}
_STATE_LINES = {
    Need.REQUIRED: ("medium", "FF1A1A1C"), Need.CONDITIONAL: ("mediumDashed", "FF1A1A1C"), Need.OPTIONAL: ("dashed", "FF6B6B6B"),
}  # fmt: skip
_DIAGONAL = ("thin", "FFA6A6A6")
_STACKED = "255"  # textRotation: letters upright, one below the other
_SIDES = ("left", "right", "top", "bottom")
_GRID = "".join(f'<{side} style="thin"><color auto="1"/></{side}>' for side in _SIDES)
_FIRST = {  # the entries that each list must begin with
    "fonts": ['<font><sz val="11"/><name val="ＭＳ Ｐゴシック"/></font>'],
    "fills": ['<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'],
    "borders": ["<border><left/><right/><top/><bottom/><diagonal/></border>"],
    "cellXfs": ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'],
}
_Key = tuple[Any, ...]


def _tag(name: str) -> str:
    return f"{{{MAIN_NS}}}{name}"


def _attributes(parent: etree._Element, name: str) -> Mapping[str, str]:
    """Return the attributes of a child, none if there is no such child."""
    found = parent.find(_tag(name))
    return {} if found is None else dict(found.attrib)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """A cell format: font size in points, font name, wrapping, indent, rotation of the text, lock."""

    font_size: float
    font_name: str
    wrap: bool
    indent: int
    upright: bool
    stacked: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A cell format to be added: size in points, ARGB colours ("" for none; coloured text is underlined), borders."""

    size: float
    bold: bool = False
    colour: str = ""
    fill: str = ""
    border: bool = False
    align: str = "left"
    vertical: str = "center"


def look_of(font: etree._Element) -> str:
    """Return the look of a font without its name, for comparison; black and automatic are the same."""
    out = []
    for name in ("b", "i", "strike", "u", "vertAlign"):
        found = font.find(_tag(name))
        if found is not None and found.get("val", "1") not in ("0", "false", "none", "baseline"):
            out.append(name + found.get("val", "").replace("true", "").replace("single", ""))
    color, size = _attributes(font, "color"), _attributes(font, "sz").get("val", "11")
    black = {("theme", "1"), ("rgb", "FF000000"), ("indexed", "8")}
    if not color.get("auto") and not black & color.items():
        out += [f"{key}={value}" for key, value in sorted(color.items())]
    return " ".join([*out, f"{float(size):g}"])


class Styles:
    """styles.xml under edit; except for variants, no element is added twice."""

    def __init__(self, root: etree._Element | None) -> None:
        self._root = root if root is not None else etree.Element(_tag("styleSheet"), nsmap={None: MAIN_NS})
        self._lists = {name: child(self._root, name) for name in _FIRST}
        self._known: dict[str, dict[_Key, int]] = {}
        self._variants: dict[tuple[int, Need, bool, bool], int] = {}
        for name, first in _FIRST.items():
            if not len(self._lists[name]):
                for xml in first:
                    self.add(name, xml)

    def add(self, group: str, new: etree._Element | str) -> int:
        """Add an element to ``fonts``, ``fills``, ``borders`` or ``cellXfs`` unless it is there; return its index.

        It may be given as XML without the namespace.
        """
        element = _elements(new)[0] if isinstance(new, str) else new
        if group not in self._known:
            self._known[group] = {}
            for index, old in enumerate(self._lists[group]):
                self._known[group].setdefault(_key(old), index)
        known, key = self._known[group], _key(element)
        if key not in known:
            known[key] = self._append(group, element)
        return known[key]

    def _append(self, group: str, element: etree._Element) -> int:
        listed = self._lists[group]
        listed.append(element)
        listed.set("count", str(len(listed)))
        return len(listed) - 1

    def fill(self, rgb: str) -> int:
        """Return the index of a solid fill in this colour (``FFRRGGBB``)."""
        colours = f'<fgColor rgb="{rgb}"/><bgColor indexed="64"/>'
        return self.add("fills", f'<fill><patternFill patternType="solid">{colours}</patternFill></fill>')

    @property
    def normal_size(self) -> float:
        """The size of the Normal style's font, in points."""
        return float(_attributes(self._lists["fonts"][0], "sz").get("val", "11"))

    def format(self, index: int) -> CellFormat:
        """Return the format with this index in cellXfs."""
        xf = self._xf(index)
        font, alignment = self._part(xf, "font"), _attributes(xf, "alignment")
        rotation = alignment.get("textRotation", "0")
        return CellFormat(
            float(_attributes(font, "sz").get("val", "11")),
            _attributes(font, "name").get("val", ""),
            wrap=alignment.get("wrapText") in TRUE,
            indent=int(alignment.get("indent", "0")),
            upright=rotation == "0",
            stacked=rotation == _STACKED,
            locked=_attributes(xf, "protection").get("locked", "1") in TRUE,
        )

    def is_numeric(self, index: int) -> bool:
        """Return True if a format has a number format other than General and @."""
        return self._xf(index).get("numFmtId", GENERAL) not in (GENERAL, TEXT_FORMAT) and self._own_code(index) != "@"

    def is_percent(self, index: int) -> bool:
        """Return True if a format shows numbers as percentages: 0.5 as 50%."""
        built_in = "%" if self._xf(index).get("numFmtId") in _PERCENT else ""
        return "%" in (self._own_code(index) or built_in)

    def _own_code(self, index: int) -> str:
        """Return the code of a number format that is not built in."""
        id_ = self._xf(index).get("numFmtId", GENERAL)
        own = (f for f in self._root.iterfind(f"{_tag('numFmts')}/{_tag('numFmt')}") if f.get("numFmtId") == id_)
        return next((f.get("formatCode", "") for f in own), "")

    def is_visible(self, index: int) -> bool:
        """Return True if a cell of this format is visible even if it is empty, by a border or a fill."""
        xf = self._xf(index)
        sides = self._part(xf, "border")
        pattern = _attributes(self._part(xf, "fill"), "patternFill").get("patternType", "none")
        return pattern != "none" or any(side.get("style", "none") != "none" for side in sides)

    def font_look(self, index: int) -> str:
        """Return the look of a format's font, as :func:`look_of` does."""
        return look_of(self._part(self._xf(index), "font"))

    def is_checkbox(self, index: int) -> bool:
        """Return True if Excel 365 shows a cell of this format as a checkbox."""
        return self._xf(index).find(f"{_tag('extLst')}//{{*}}xfComplement") is not None

    def variant(self, index: int, need: Need, *, number: bool = False, struck: bool = False) -> int:
        """Return the index of a format for a cell with this need.

        An input is unlocked and marked by lines and a tint, unless the office drew its own colour. A closed cell is
        locked and white, with a diagonal if ``struck``. The number format is @; that of a ``number`` stays as drawn.
        """
        key = index, need, number, struck
        if key not in self._variants:
            xf, is_input = self._as_state(index, need, struck=struck), need is not Need.CLOSED
            protection = xf.find(_tag("protection"))
            if protection is None:
                protection = etree.Element(_tag("protection"))
                xf.insert(0 if xf.find(_tag("alignment")) is None else 1, protection)
            protection.set("locked", "0" if is_input else "1")
            if not number or xf.get("numFmtId") == TEXT_FORMAT:
                xf.set("numFmtId", GENERAL if number else TEXT_FORMAT)
            xf.attrib.update({"applyNumberFormat": "1", "applyProtection": "1"})
            self._variants[key] = self._append("cellXfs", xf)
        return self._variants[key]

    def sample(self, index: int, need: Need) -> int:
        """Return the index of a locked format that looks like :meth:`variant`, for a legend."""
        return self.add("cellXfs", self._as_state(index, need, struck=need is Need.CLOSED))

    def _as_state(self, index: int, need: Need, *, struck: bool) -> etree._Element:
        """Return a copy of a format with the fill and borders of a need."""
        xf = deepcopy(self._xf(index))
        xf.attrib.update({"fillId": str(self._state_fill(xf, need)), "applyFill": "1"})
        lines = dict.fromkeys(_SIDES, _STATE_LINES[need]) if need in _STATE_LINES else {}
        if lines or struck:
            border = deepcopy(self._part(xf, "border"))
            if struck:
                lines["diagonal"] = _DIAGONAL
                border.set("diagonalDown", "1")
            for at, name in enumerate((*_SIDES, "diagonal")):
                side = border.find(_tag(name))
                if side is None:
                    side = etree.Element(_tag(name))
                    border.insert(at, side)
                if name in lines:
                    style, colour = lines[name]
                    side[:] = [etree.Element(_tag("color"), rgb=colour)]
                    side.set("style", style)
            xf.attrib.update({"borderId": str(self.add("borders", border)), "applyBorder": "1"})
        return xf

    def _state_fill(self, xf: etree._Element, need: Need) -> int:
        """Return the fill for a need; an input keeps a colour that the office drew."""
        if need is Need.CLOSED:
            return 0
        drawn = int(xf.get("fillId", "0"))
        colour = self._part(xf, "fill").find(f"{_tag('patternFill')}/{_tag('fgColor')}")
        own = drawn != 0 and (colour is None or colour.get("rgb") != INPUT_FILL)
        return drawn if own else self.fill(_STATE_FILLS[need])

    def with_number_format(self, index: int, code: str) -> int:
        """Return the index of a copy of a format with another number format."""
        xf = deepcopy(self._xf(index))
        xf.attrib.update({"numFmtId": self._number_format(code), "applyNumberFormat": "1"})
        return self.add("cellXfs", xf)

    def _number_format(self, code: str) -> str:
        if code in _BUILT_IN_FORMATS:
            return _BUILT_IN_FORMATS[code]
        listed = child(self._root, "numFmts")
        found = next((f.get("numFmtId", "") for f in listed if f.get("formatCode") == code), "")
        if not found:
            found = str(max((int(f.get("numFmtId", "0")) for f in listed), default=163) + 1)
            etree.SubElement(listed, _tag("numFmt"), numFmtId=found, formatCode=code)
            listed.set("count", str(len(listed)))
        return found

    def added(self, look: Look) -> int:
        """Add a format with this look, in the font of the Normal style, and return its index."""
        font = deepcopy(self._lists["fonts"][0])
        for other in [e for e in font if etree.QName(e).localname not in ("name", "family", "charset", "scheme")]:
            font.remove(other)
        line, colour = ("<u/>", f'<color rgb="{look.colour}"/>') if look.colour else ("", "")
        font[:0] = _elements(f'{"<b/>" if look.bold else ""}{line}<sz val="{look.size:g}"/>{colour}')
        border = self.add("borders", f"<border>{_GRID}<diagonal/></border>") if look.border else 0
        return self.add(
            "cellXfs",
            f'<xf numFmtId="{TEXT_FORMAT}" xfId="0" applyNumberFormat="1" fontId="{self.add("fonts", font)}" applyFont="1" '
            f'fillId="{self.fill(look.fill) if look.fill else 0}" applyFill="1" borderId="{border}" applyBorder="1" '
            f'applyAlignment="1"><alignment horizontal="{look.align}" vertical="{look.vertical}" wrapText="1"/></xf>',
        )

    def copy(self) -> Styles:
        """Return a copy, to which formats can be added independently."""
        out = Styles(deepcopy(self._root))
        out._variants = dict(self._variants)
        return out

    def bytes(self) -> bytes:
        """Return styles.xml with the formats made so far."""
        return serialise(self._root)

    def _xf(self, index: int) -> etree._Element:
        xfs = self._lists["cellXfs"]
        return xfs[index if index < len(xfs) else 0]

    def _part(self, xf: etree._Element, kind: str) -> etree._Element:
        """Return the ``font``, ``fill`` or ``border`` of a format."""
        listed, index = self._lists[f"{kind}s"], int(xf.get(f"{kind}Id", "0"))
        return listed[index if index < len(listed) else 0]


def _elements(xml: str) -> list[etree._Element]:
    """Return elements written without their namespace."""
    return list(etree.fromstring(f'<wrap xmlns="{MAIN_NS}">{xml}</wrap>'))


def _key(element: etree._Element) -> _Key:
    """Return a key to compare elements of styles.xml."""
    children = tuple(_key(part) for part in element if isinstance(part.tag, str))
    return element.tag, tuple(sorted(element.attrib.items())), children

"""Formats of marked cells: the former format with a tint and a strong border.

Marks must be removable after Excel or LibreOffice saved the workbook, and both renumber all formats. So each tint
identifies the look that it replaced, in two digits too small for the eye to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any, NamedTuple

from lxml import etree

from ..ooxml.package import MAIN_NS
from ..ooxml.styles import INPUT_FILL

_N = f"{{{MAIN_NS}}}"
SIDES = ("left", "right", "top", "bottom")
_TINT = {"error": "FFF9C{:X}C{:X}", "warning": "FFFCE{:X}B{:X}"}
_TINTED = {"error": re.compile("FFF9C([0-9A-F])C([0-9A-F])"), "warning": re.compile("FFFCE([0-9A-F])B([0-9A-F])")}
_LINE = {"error": ("thick", "FFB8000B"), "warning": ("mediumDashed", "FFB35C0B")}
_LINE_COLOURS = {colour for _, colour in _LINE.values()}
_LOOKS = 256
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
          "colors", "extLst")  # fmt: skip
_FIRST = {
    "fonts": ['<font><sz val="11"/><name val="ＭＳ Ｐゴシック"/></font>'],
    "fills": ['<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'],
    "borders": ["<border><left/><right/><top/><bottom/><diagonal/></border>"],
    "cellXfs": ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'],
}


_Key = tuple[Any, ...]


class Swatch(NamedTuple):
    """The index of a marked format, and of its original."""

    marked: int
    original: int


def styles_element(xml: str) -> etree._Element:
    """Parse an element of styles.xml written without its namespace."""
    return etree.fromstring(xml.replace("<", f'<wrap xmlns="{MAIN_NS}"><', 1) + "</wrap>")[0]


class MarkStyles:
    """styles.xml under edit. An element equal to an existing one is never added again."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._lists = {name: self._list(name) for name in _FIRST}
        self._known: dict[str, dict[_Key, int]] = {}
        self._looks: dict[tuple[str, str], int] = {}
        self._swatches: dict[tuple[int, str, frozenset[str]], int] = {}

    @property
    def swatches(self) -> list[Swatch]:
        """The marked formats created so far."""
        return [Swatch(marked, original) for (original, _, _), marked in self._swatches.items()]

    @property
    def font_name(self) -> str:
        """The name of the workbook's Normal font."""
        name = self._lists["fonts"][0].find(_N + "name")
        return name.get("val", "") if name is not None else ""

    def add(self, group: str, element: etree._Element) -> int:
        """The index of an element in ``fonts``, ``fills``, ``borders`` or ``cellXfs``, added if it is new."""
        listed = self._lists[group]
        if group not in self._known:
            self._known[group] = {}
            for index, known in enumerate(listed):
                self._known[group].setdefault(_key(known), index)
        key = _key(element)
        if key not in self._known[group]:
            listed.append(element)
            listed.set("count", str(len(listed)))
            self._known[group][key] = len(listed) - 1
        return self._known[group][key]

    def marked(self, index: int, severity: str, sides: Iterable[str]) -> int:
        """The format ``index`` tinted, with a strong line on these sides; lock, font and number format stay."""
        key = (index, severity, frozenset(sides))
        if key not in self._swatches:
            xf = deepcopy(self._xf(index))
            look = (xf.get("fillId", "0"), xf.get("borderId", "0"))
            number = self._looks.setdefault(look, len(self._looks)) % _LOOKS
            xf.set("fillId", str(self.fill(_TINT[severity].format(number // 16, number % 16))))
            xf.set("borderId", str(self._strong(look[1], severity, key[2])))
            xf.set("applyFill", "1")
            xf.set("applyBorder", "1")
            self._swatches[key] = self.add("cellXfs", xf)
        return self._swatches[key]

    def fill(self, rgb: str) -> int:
        """The index of a solid fill in this colour (``FFRRGGBB``)."""
        pattern = f'<patternFill patternType="solid"><fgColor rgb="{rgb}"/><bgColor indexed="64"/></patternFill>'
        return self.add("fills", styles_element(f"<fill>{pattern}</fill>"))

    def former(self, index: int) -> bool:
        """Whether the format is a marked one of an earlier corrected copy."""
        xf = self._xf(index)
        return self._look(xf) is not None or any(self._our_sides(xf))

    def formers(self) -> set[int]:
        """The indexes of all such formats."""
        return {index for index in range(len(self._lists["cellXfs"])) if self.former(index)}

    def restored(self, index: int, swatches: Iterable[Swatch]) -> int:
        """The original of a marked format, according to the swatches kept in the workbook.

        Where none fits, tint and border are removed, and an unlocked cell is tinted as an input again.
        """
        swatches = list(swatches)
        for swatch in swatches:
            if swatch.marked == index:
                return swatch.original
        xf = deepcopy(self._xf(index))
        look = self._look(xf)
        same = [s.original for s in swatches if look is not None and self._look(self._xf(s.marked)) == look]
        if same:
            for name in ("fillId", "borderId", "applyFill", "applyBorder"):
                value = self._xf(same[0]).get(name)
                xf.attrib.pop(name, None)
                if value is not None:
                    xf.set(name, value)
        else:
            self._wipe(xf, look is not None)
        return self.add("cellXfs", xf)

    def _wipe(self, xf: etree._Element, tinted: bool) -> None:
        if tinted:
            protection = xf.find(_N + "protection")
            unlocked = protection is not None and protection.get("locked") in ("0", "false")
            xf.set("fillId", str(self.fill(INPUT_FILL)) if unlocked else "0")
        border = deepcopy(self._border(xf.get("borderId", "0")))
        for name in SIDES:
            side = border.find(_N + name)
            if side is not None and _is_ours(side):
                _draw(side, "thin", auto="1")
        xf.set("borderId", str(self.add("borders", border)))

    def _look(self, xf: etree._Element) -> tuple[str, str] | None:
        fills, number = self._lists["fills"], int(xf.get("fillId", "0"))
        colour = fills[number].find(f"{_N}patternFill/{_N}fgColor") if number < len(fills) else None
        rgb = colour.get("rgb", "") if colour is not None else ""
        for severity, pattern in _TINTED.items():
            if pattern.fullmatch(rgb):
                return severity, rgb
        return None

    def _our_sides(self, xf: etree._Element) -> Iterable[bool]:
        return (_is_ours(side) for side in self._border(xf.get("borderId", "0")))

    def _strong(self, border_id: str, severity: str, sides: frozenset[str]) -> int:
        border = deepcopy(self._border(border_id))
        style, colour = _LINE[severity]
        at = 0
        for name in SIDES:
            side = border.find(_N + name)
            if side is None:
                side = etree.Element(_N + name)
                border.insert(at, side)
            at = border.index(side) + 1
            if name in sides:
                _draw(side, style, rgb=colour)
        return self.add("borders", border)

    def _border(self, index: str) -> etree._Element:
        borders = self._lists["borders"]
        return borders[int(index) if int(index) < len(borders) else 0]

    def _xf(self, index: int) -> etree._Element:
        xfs = self._lists["cellXfs"]
        return xfs[index if index < len(xfs) else 0]

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(_N + name)
        if found is None:
            found = etree.Element(_N + name)
            before = _ORDER[: _ORDER.index(name)]
            self._root.insert(sum(1 for e in self._root if etree.QName(e).localname in before), found)
        if not len(found):
            found.extend(styles_element(xml) for xml in _FIRST[name])
            found.set("count", str(len(found)))
        return found


def _draw(side: etree._Element, style: str, **colour: str) -> None:
    for child in list(side):
        side.remove(child)
    side.set("style", style)
    etree.SubElement(side, _N + "color", colour)


def _is_ours(side: etree._Element) -> bool:
    colour = side.find(_N + "color")
    return colour is not None and colour.get("rgb") in _LINE_COLOURS


def _key(element: etree._Element) -> _Key:
    """A key to compare elements of styles.xml."""
    name = etree.QName(element).localname
    children = tuple(_key(child) for child in element if isinstance(child.tag, str))
    return name, tuple(sorted(element.attrib.items())), children

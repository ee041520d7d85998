"""Formats of marked cells: the former format with a tint and a strong border.

Marks must be removable after Excel or LibreOffice has saved the workbook, and both renumber all formats. Two digits
of each tint, too small a difference to see, therefore identify the look that it replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy

from lxml import etree

from ..ooxml.package import MAIN_NS
from ..ooxml.styles import INPUT_FILL, Styles

_N = f"{{{MAIN_NS}}}"
SIDES = ("left", "right", "top", "bottom")
_TINT, _STROKE = "FFF9C{:X}C{:X}", "FFB8000B"
# Earlier releases also marked warnings, in colours of their own.
_TINTED, _STROKES = re.compile("FFF9C[0-9A-F]C[0-9A-F]|FFFCE[0-9A-F]B[0-9A-F]"), (_STROKE, "FFB35C0B")
_LOOKS = 256


class MarkStyles(Styles):
    """Styles that can also hold formats for marked cells; ``originals`` has the original of each that was added."""

    def __init__(self, root: etree._Element) -> None:
        super().__init__(root)
        self._looks: dict[tuple[str, str], int] = {}
        self._marked: dict[tuple[int, frozenset[str]], int] = {}
        self.originals: dict[int, int] = {}

    def marked(self, index: int, sides: Iterable[str]) -> int:
        """Return the index of format ``index`` with a tint, and a strong line on ``sides``; add it if necessary.

        Lock, font and number format stay.
        """
        key = (index, frozenset(sides))
        if key not in self._marked:
            xf = deepcopy(self._xf(index))
            look = (xf.get("fillId", "0"), xf.get("borderId", "0"))
            number = self._looks.setdefault(look, len(self._looks)) % _LOOKS
            border = deepcopy(self._part(xf, "border"))
            for at, name in enumerate(SIDES):
                if border.find(_N + name) is None:
                    border.insert(at, etree.Element(_N + name))
                if name in key[1]:
                    _draw(border.find(_N + name), "thick", rgb=_STROKE)
            fill = self.fill(_TINT.format(number // 16, number % 16))
            xf.attrib.update({"fillId": str(fill), "borderId": str(self.add("borders", border))})
            xf.attrib.update({"applyFill": "1", "applyBorder": "1"})
            self._marked[key] = self.add("cellXfs", xf)
            self.originals.setdefault(self._marked[key], index)
        return self._marked[key]

    def formers(self) -> set[int]:
        """Return the indexes of the marked formats of an earlier corrected copy."""
        xfs = self._lists["cellXfs"]
        return {n for n, xf in enumerate(xfs) if self._tint(xf) or any(map(_is_ours, self._part(xf, "border")))}

    def restored(self, index: int, originals: Mapping[int, int]) -> int:
        """Return the index of the original of a marked format, according to the record in the workbook.

        If none fits, tint and border are removed, and an unlocked cell is tinted as an input again.
        """
        if index in originals:
            return originals[index]
        xf = deepcopy(self._xf(index))
        tint = self._tint(xf)
        same = next((o for marked, o in originals.items() if tint and self._tint(self._xf(marked)) == tint), None)
        if same is not None:
            for name in ("fillId", "borderId", "applyFill", "applyBorder"):
                xf.attrib.pop(name, None)
                if (value := self._xf(same).get(name)) is not None:
                    xf.set(name, value)
            return self.add("cellXfs", xf)
        if tint:
            protection = xf.find(_N + "protection")
            unlocked = protection is not None and protection.get("locked") in ("0", "false")
            xf.set("fillId", str(self.fill(INPUT_FILL)) if unlocked else "0")
        border = deepcopy(self._part(xf, "border"))
        for side in border.iterchildren(*(_N + name for name in SIDES)):
            if _is_ours(side):
                _draw(side, "thin", auto="1")
        xf.set("borderId", str(self.add("borders", border)))
        return self.add("cellXfs", xf)

    def _tint(self, xf: etree._Element) -> str:
        """Return the tint of a marked format, ``""`` for any other."""
        colour = self._part(xf, "fill").find(f"{_N}patternFill/{_N}fgColor")
        rgb: str = colour.get("rgb", "") if colour is not None else ""
        return rgb if _TINTED.fullmatch(rgb) else ""


def _draw(side: etree._Element, style: str, **colour: str) -> None:
    for child in list(side):
        side.remove(child)
    side.set("style", style)
    etree.SubElement(side, _N + "color", colour)


def _is_ours(side: etree._Element) -> bool:
    colour = side.find(_N + "color")
    return colour is not None and colour.get("rgb") in _STROKES

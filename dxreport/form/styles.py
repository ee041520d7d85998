"""Cell formats of a template: what the lens must know of them, and their variants for inputs."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from ..ooxml.package import MAIN_NS, serialise

TEXT_FORMAT = "49"  # built-in number format @
INPUT_FILL = "FFFFFFCC"


def _tag(name: str) -> str:
    return f"{{{MAIN_NS}}}{name}"


@dataclass(frozen=True, slots=True)
class CellFormat:
    """What matters of a cell format: font size in points, font name, wrapping, indent, lock."""

    font_size: float
    font_name: str
    wrap: bool
    indent: int
    upright: bool
    locked: bool


class Styles:
    """styles.xml of a template, growing by the variants that rendering needs."""

    def __init__(self, data: etree._Element | None) -> None:
        self._root = data if data is not None else etree.Element(_tag("styleSheet"), nsmap={None: MAIN_NS})
        self._xfs = self._list("cellXfs")
        self._fills = self._list("fills")
        self._fonts = self._list("fonts")
        self._made: dict[tuple[int, bool], int] = {}
        self._input_fill: int | None = None

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(_tag(name))
        return found if found is not None else etree.SubElement(self._root, _tag(name))

    @property
    def normal_size(self) -> float:
        """Points of the Normal style's font."""
        return self._font(0)[0]

    def format(self, index: int) -> CellFormat:
        """The format with this index in cellXfs."""
        xf = self._xf(index)
        size, name = self._font(int(xf.get("fontId", "0")))
        alignment = xf.find(_tag("alignment"))
        protection = xf.find(_tag("protection"))
        wrap = alignment is not None and alignment.get("wrapText") in ("1", "true")
        indent = int(alignment.get("indent", "0")) if alignment is not None else 0
        turned = alignment is not None and alignment.get("textRotation", "0") != "0"
        locked = protection is None or protection.get("locked", "1") in ("1", "true")
        return CellFormat(size, name, wrap, indent, not turned, locked)

    def variant(self, index: int, is_input: bool) -> int:
        """The index of an input cell's format as text, unlocked and tinted; or locked and plain."""
        key = (index, is_input)
        if key not in self._made:
            xf = deepcopy(self._xf(index))
            xf.set("numFmtId", TEXT_FORMAT)
            xf.set("applyNumberFormat", "1")
            self._protect(xf, locked=not is_input)
            drawn = xf.get("fillId", "0")
            fill = (drawn if drawn != "0" else str(self._tint())) if is_input else "0"
            xf.set("fillId", fill)
            xf.set("applyFill", "1")
            self._xfs.append(xf)
            self._made[key] = len(self._xfs) - 1
        return self._made[key]

    def bytes(self) -> bytes:
        """styles.xml with the variants made so far."""
        for group in (self._xfs, self._fills):
            group.set("count", str(len(group)))
        return serialise(self._root)

    def _xf(self, index: int) -> etree._Element:
        return self._xfs[index] if index < len(self._xfs) else etree.Element(_tag("xf"))

    def _font(self, index: int) -> tuple[float, str]:
        if index >= len(self._fonts):
            return 11.0, "Calibri"
        font = self._fonts[index]
        size, name = font.find(_tag("sz")), font.find(_tag("name"))
        return (
            float(size.get("val", "11")) if size is not None else 11.0,
            name.get("val", "") if name is not None else "",
        )

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
            fill = etree.SubElement(self._fills, _tag("fill"))
            pattern = etree.SubElement(fill, _tag("patternFill"), patternType="solid")
            etree.SubElement(pattern, _tag("fgColor"), rgb=INPUT_FILL)
            etree.SubElement(pattern, _tag("bgColor"), indexed="64")
            self._input_fill = len(self._fills) - 1
        return self._input_fill

"""Elements of the sheet's XML as strings with holes: ranges and formulas that follow the rows.

An element whose ranges have all vanished is left out; so is a container that lost all it held.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from ..ooxml.package import MAIN_NS
from ..ooxml.refs import Box, box, column_letters
from ..ooxml.text import escape, escape_attribute
from .blocks import Layout
from .formulas import Formula, formula
from .rowmap import Path, RowMap

X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_COUNTED = {"mergeCells", "dataValidations"}


class Area(NamedTuple):
    """A drawn range: its column letters, its rows, how many blocks it is repeated with, and whether it is
    one row that is repeated with all blocks around it."""

    left: str
    right: str
    top: int
    bottom: int
    depth: int
    flat: bool


@dataclass(frozen=True, slots=True)
class Ranges:
    """A list of drawn ranges (``sqref`` or ``ref``)."""

    areas: tuple[Area, ...]

    def refs(self, rows: RowMap, *, singles: bool = True) -> list[str]:
        """The ranges after the rows were written, ``B2:D4``; without ``singles`` those of one cell are left out."""
        out = []
        for left, right, top, bottom, depth, flat in self.areas:
            if flat:
                if left != right:
                    out += [f"{left}{row}:{right}{row}" for row in rows.rows.get(top, ())]
                elif singles:
                    out += [f"{left}{row}" for row in rows.rows.get(top, ())]
                continue
            for first, last in rows.spans(top, bottom, depth):
                if first != last or left != right:
                    out.append(f"{left}{first}:{right}{last}")
                elif singles:
                    out.append(f"{left}{first}")
        return out

    def first_path(self, rows: RowMap) -> Path:
        """The copies of blocks that the first row of the first range belongs to."""
        paths = rows.paths.get(self.areas[0].top)
        return paths[0] if paths else ()


@dataclass(frozen=True, slots=True)
class Element:
    """An element as text with holes. One with ``repeat`` is written once for each of its ranges."""

    texts: tuple[str, ...]
    holes: tuple[Ranges | Formula, ...]
    repeat: bool = False

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Its text and how many elements that is (0: gone)."""
        if self.repeat:
            head, tail = self.texts
            # What spans a block of one copy may be a single cell, which is no merge.
            refs = self.holes[0].refs(rows, singles="mergeCell" not in head)
            return "".join([f"{head}{ref}{tail}" for ref in refs]), len(refs)
        ranges = next(hole for hole in self.holes if isinstance(hole, Ranges))
        refs = ranges.refs(rows)
        if not refs:
            return "", 0
        out = [self.texts[0]]
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            if isinstance(hole, Ranges):
                out += (" ".join(refs), text)
                continue
            filled = hole.text(rows, ranges.first_path(rows))
            if filled is None:
                return "", 0
            out += (escape(filled), text)
        return "".join(out), 1


@dataclass(frozen=True, slots=True)
class Container:
    """An element around others; gone when everything in it that follows rows is gone."""

    head: str
    children: tuple[str | Element | Container, ...]
    tail: str

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Its text and 1, or ("", 0)."""
        total, out = 0, []
        for child in self.children:
            if isinstance(child, str):
                out.append(child)
                continue
            text, count = child.render(rows)
            total += count
            out.append(text)
        if not total:
            return "", 0
        return f"{self.head.replace(chr(0xE000), str(total))}{''.join(out)}{self.tail}", 1


Piece = str | Element | Container


class Builder:
    """Turns elements of the form's sheet into pieces."""

    def __init__(self, sheet: str, layout: Layout, rewrite: Callable[[str], str], declared: dict[str | None, str],
                 depths: dict[tuple[int, int], int]) -> None:  # fmt: skip
        """``rewrite`` marks names of lists in formulas; ``declared`` are the root's namespaces; ``depths`` says
        for the top left cell of a merge how many blocks repeat it, where that is less than hold it."""
        self.sheet, self.layout, self.rewrite, self.depths = sheet, layout, rewrite, depths
        self._declarations = [
            f' xmlns{":" + prefix if prefix else ""}="{escape_attribute(uri)}"' for prefix, uri in declared.items()
        ]

    def xml(self, element: etree._Element) -> str:
        """An element's text without what the root declares already."""
        text = etree.tostring(element, encoding="unicode", with_tail=False)
        for declaration in self._declarations:
            text = text.replace(declaration, "")
        return text

    def piece(self, element: etree._Element) -> Piece:
        """The piece for an element and all below it."""
        if self._ranged(element):
            return self._element(element)
        if not any(self._ranged(child) for child in element.iter(etree.Element)):
            return self.xml(element)
        if element.tag == f"{{{MAIN_NS}}}mergeCells":
            areas = self.ranges(" ".join(child.get("ref", "") for child in element))
            merges = Element(('<mergeCell ref="', '"/>'), (areas,), repeat=True)
            return Container('<mergeCells count="\ue000">', (merges,), "</mergeCells>")
        children = tuple(self.piece(child) for child in element)
        if etree.QName(element).localname in _COUNTED or element.get("count") is not None:
            element.set("count", "\ue000")
        for child in list(element):
            element.remove(child)
        element.text = "\ue000"
        head, tail = self.xml(element).rsplit("\ue000", 1)
        return Container(head, children, tail)

    @staticmethod
    def _ranged(element: etree._Element) -> bool:
        if element.get("sqref") is not None or element.find(f"{{{XM}}}sqref") is not None:
            return True
        return element.get("ref") is not None and etree.QName(element).localname in ("mergeCell", "hyperlink")

    def _element(self, element: etree._Element) -> Piece:
        holes: list[Ranges | Formula] = []

        def hole(value: Ranges | Formula) -> str:
            holes.append(value)
            return f"\ue000{len(holes) - 1}\ue001"

        attribute = "sqref" if element.get("sqref") is not None else "ref" if element.get("ref") is not None else ""
        below = element.find(f"{{{XM}}}sqref")
        ranges = self.ranges(element.get(attribute) if attribute else below.text or "")
        if not ranges.areas:
            return ""
        if attribute:
            element.set(attribute, hole(ranges))
        else:
            below.text = hole(ranges)
        home = ranges.areas[0].top
        for f in [*element.iter(f"{{{MAIN_NS}}}formula", f"{{{MAIN_NS}}}formula1", f"{{{MAIN_NS}}}formula2"),
                  *element.iter(f"{{{XM}}}f")]:  # fmt: skip
            f.text = hole(formula(self.rewrite(f.text or ""), home, self.sheet, self.layout))
        pieces = _HOLE.split(self.xml(element))
        order = [int(n) for n in pieces[1::2]]
        repeat = attribute == "ref"
        return Element(tuple(pieces[0::2]), tuple(holes[n] for n in order), repeat)

    def ranges(self, sqref: str) -> Ranges:
        """The ranges of a ``sqref``."""
        boxes = [box(ref) for ref in sqref.split()]
        last = max(self.layout.chains)
        clipped = [Box(max(b.top, 2), b.left, min(b.bottom, last), b.right) for b in boxes]
        return Ranges(tuple(self._area(b) for b in clipped if b.top <= b.bottom))

    def _area(self, b: Box) -> Area:
        depth = self._depth(b)
        flat = b.top == b.bottom and depth >= len(self.layout.chains[b.top])
        return Area(column_letters(b.left), column_letters(b.right), b.top, b.bottom, depth, flat)

    def _depth(self, b: Box) -> int:
        depth = self.layout.common_depth(b.top, b.bottom)
        return min(depth, self.depths.get((b.top, b.left), depth))


def name_ranges(text: str, sheet: str, layout: Layout) -> tuple[tuple[str, Box | None, str], ...]:
    """A print area or print titles (``'form'!$B$2:$H$40,'form'!$2:$3``) as (kind, box, literal) items."""
    out = []
    for item in split_areas(text):
        ref = item.rpartition("!")[2].replace("$", "")
        last = max(layout.chains)
        if m := re.fullmatch(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?", ref):
            area = box(ref)
            out.append(("cells", Box(max(area.top, 2), area.left, min(area.bottom, last), area.right), ""))
        elif m := re.fullmatch(r"([0-9]+):([0-9]+)", ref):
            out.append(("rows", Box(max(int(m[1]), 2), 1, min(int(m[2]), last), 1), ""))
        else:
            out.append(("literal", None, re.sub(r"([A-Z]+)", r"$\1", ref)))
    return tuple(out)


def split_areas(text: str) -> list[str]:
    """The areas of a name, split at commas that stand outside quoted sheet names."""
    return [area for area in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text) if area.strip()]


def name_text(items: tuple[tuple[str, Box | None, str], ...], sheet: str, rows: RowMap, layout: Layout) -> str:
    """The areas of :func:`name_ranges` in a written sheet; ``""`` when no row of them is left."""
    out = []
    prefix = "'" + sheet.replace("'", "''") + "'!"
    for kind, area, literal in items:
        if area is None:
            out.append(prefix + literal)
            continue
        for top, bottom in rows.spans(area.top, area.bottom, layout.common_depth(area.top, area.bottom)):
            if kind == "rows":
                out.append(f"{prefix}${top}:${bottom}")
            else:
                out.append(f"{prefix}${column_letters(area.left)}${top}:${column_letters(area.right)}${bottom}")
    return ",".join(out)

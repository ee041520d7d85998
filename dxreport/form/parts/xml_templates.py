"""Elements of the sheet's XML as strings with holes: ranges and formulas that follow the rows.

An element whose ranges have all vanished is left out; so is a container that lost all it held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from ...ooxml.package import MAIN_NS
from ...ooxml.refs import Box, address, box, column_letters
from ...ooxml.text import escape, escape_attribute
from ..blocks import Layout
from .formulas import Formula, formula, moved
from .row_map import Path, RowMap

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

    def home(self, rows: RowMap) -> tuple[Home, Path] | None:
        """The drawn cell that the first cell of the first range left is, and the copies of blocks it belongs to."""
        for left, _, top, bottom, depth, _ in self.areas:
            spans = rows.spans(top, bottom, depth)
            for row in range(top, bottom + 1) if spans else ():
                if spans[0][0] in (written := rows.rows.get(row, ())):
                    return (row, left), rows.paths[row][written.index(spans[0][0])]
        return None


Home = tuple[int, str]  # a cell of the template that a rule's formulas can be relative to: row, column letters


@dataclass(frozen=True, slots=True)
class RuleFormula:
    """A formula of a rule, as it reads from each cell that can be the first of the rule's ranges; None where it cannot."""

    by_home: Mapping[Home, Formula | None]

    def text(self, rows: RowMap, home: Home, path: Path) -> str | None:
        """The formula in the sheet; None when something it refers to has no rows left."""
        found = self.by_home[home]
        return found.text(rows, path) if found else None


@dataclass(frozen=True, slots=True)
class Element:
    """An element as text with holes. One with ``repeat`` is written once for each of its ranges."""

    texts: tuple[str, ...]
    holes: tuple[Ranges | RuleFormula, ...]
    repeat: bool = False

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Its text and how many elements that is (0: gone)."""
        if self.repeat:
            head, tail = self.texts
            # What spans a block of one copy may be a single cell, which is no merge.
            refs = self.holes[0].refs(rows, singles="mergeCell" not in head)
            return "".join([f"{head}{ref}{tail}" for ref in refs]), len(refs)
        ranges = next(hole for hole in self.holes if isinstance(hole, Ranges))
        refs, home = ranges.refs(rows), ranges.home(rows)
        if home is None:
            return "", 0
        out = [self.texts[0]]
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            if isinstance(hole, Ranges):
                out += (" ".join(refs), text)
                continue
            filled = hole.text(rows, *home)
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
        holes: list[Ranges | RuleFormula] = []

        def hole(value: Ranges | RuleFormula) -> str:
            holes.append(value)
            return f"\ue000{len(holes) - 1}\ue001"

        attribute = "sqref" if element.get("sqref") is not None else "ref" if element.get("ref") is not None else ""
        below = element.find(f"{{{XM}}}sqref")
        drawn = element.get(attribute) if attribute else below.text or ""
        ranges = self.ranges(drawn)
        if not ranges.areas:
            return ""
        if attribute:
            element.set(attribute, hole(ranges))
        else:
            below.text = hole(ranges)
        for f in [*element.iter(f"{{{MAIN_NS}}}formula", f"{{{MAIN_NS}}}formula1", f"{{{MAIN_NS}}}formula2"),
                  *element.iter(f"{{{XM}}}f")]:  # fmt: skip
            f.text = hole(self._formula(f.text or "", box(drawn.split()[0]), ranges))
        pieces = _HOLE.split(self.xml(element))
        order = [int(n) for n in pieces[1::2]]
        repeat = attribute == "ref"
        return Element(tuple(pieces[0::2]), tuple(holes[n] for n in order), repeat)

    def _formula(self, drawn: str, first: Box, ranges: Ranges) -> RuleFormula:
        """A formula drawn relative to the top left cell of ``first``, shifted to each cell that can stand for it."""
        text, origin = self.rewrite(drawn), address(first.top, first.left)
        by_home: dict[Home, Formula | None] = {}
        for home in self._homes(ranges):
            shifted = moved(text, origin, f"{home[1]}{home[0]}")
            by_home[home] = None if shifted is None else formula(shifted, home[0], self.sheet, self.layout)
        return RuleFormula(by_home)

    def _homes(self, ranges: Ranges) -> Iterator[Home]:
        """The cells that :meth:`Ranges.home` can give: of rows in the same blocks always the first, none behind a row in no block."""
        for area in ranges.areas:
            seen = []
            for row in range(area.top, area.bottom + 1):
                chain = self.layout.chains[row]
                if chain not in seen:
                    seen.append(chain)
                    yield row, area.left
                if not chain:
                    return

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
    """A print area or print titles (``'form'!$B$2:$H$40,'form'!$2:$3``) as (kind, box, literal) items.

    What reaches beyond the form's rows is cut to them; an area outside of them is left out.
    """
    out = []
    for item in split_areas(text):
        ref = item.rpartition("!")[2].replace("$", "")
        last = max(layout.chains)
        if m := re.fullmatch(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?", ref):
            area = box(ref)
            out.append(("cells", area._replace(top=max(area.top, 2), bottom=min(area.bottom, last)), ""))
        elif m := re.fullmatch(r"([0-9]+):([0-9]+)", ref):
            out.append(("rows", Box(max(int(m[1]), 2), 1, min(int(m[2]), last), 1), ""))
        else:
            out.append(("literal", None, re.sub(r"([A-Z]+)", r"$\1", ref)))
    return tuple(item for item in out if item[1] is None or item[1].top <= item[1].bottom)


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

"""Elements of the sheet's XML as templates, whose ranges and formulas follow the rows.

An element is left out if all its ranges have vanished, a container if everything in it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from ...ooxml.package import MAIN_NS
from ...ooxml.refs import Box, address, box
from ...ooxml.text import escape, escape_attribute
from ..blocks import Layout
from ..lists import marked
from .formulas import parse_formula, shifted
from .markup import INSIDE, xml_of
from .row_map import DrawnRange, Path, RowMap

X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_COUNTED = {"mergeCells", "dataValidations"}
_FORMULAS = [f"{{{MAIN_NS}}}formula", f"{{{MAIN_NS}}}formula1", f"{{{MAIN_NS}}}formula2", f"{{{XM}}}f"]


def _refs(ranges: Sequence[DrawnRange], rows: RowMap) -> list[str]:
    """Return the ranges in a rendered sheet (``B2:D4``)."""
    return [Box(first, r.box.left, last, r.box.right).ref for r in ranges for first, last in r.spans(rows)]


@dataclass(frozen=True, slots=True)
class RuleTemplate:
    """An element with ``ranges``: ``texts`` with holes between them, each for the ranges (None) or a formula.

    The formulas are those of cell ``origin`` on the sheet as drawn, which is called ``sheet``.
    """

    ranges: tuple[DrawnRange, ...]
    texts: tuple[str, ...]
    holes: tuple[str | None, ...]
    origin: str
    sheet: str

    def render(self, rows: RowMap) -> list[str]:
        """Return its XML; nothing if its ranges, or something that a formula refers to, have no rows left."""
        home = self._home(rows)
        if home is None:
            return []
        out = [self.texts[0]]
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            filled = " ".join(_refs(self.ranges, rows)) if hole is None else self._formula(hole, rows, *home)
            if filled is None:
                return []
            out += (filled, text)
        return ["".join(out)]

    def _home(self, rows: RowMap) -> tuple[int, int, Path] | None:
        """Return the drawn cell that became the first cell of the ranges, and the copies of the blocks around it."""
        for r in self.ranges:
            spans = r.spans(rows)
            for row in range(r.box.top, r.box.bottom + 1) if spans else ():
                if spans[0][0] in (written := rows.rows.get(row, ())):
                    return row, r.box.left, rows.paths[row][written.index(spans[0][0])]
        return None

    def _formula(self, drawn: str, rows: RowMap, row: int, column: int, path: Path) -> str | None:
        """Return a formula as it reads in the copy at ``path`` of a drawn cell; None if a reference is lost."""
        moved = shifted(drawn, self.origin, address(row, column))
        text = None if moved is None else parse_formula(moved, row, self.sheet, rows.layout).text(rows, path)
        return None if text is None else escape(text)


@dataclass(frozen=True, slots=True)
class RepeatedTemplate:
    """An element that is written once for each of its ranges: a merge or a link."""

    head: str
    ranges: tuple[DrawnRange, ...]
    end: str

    def render(self, rows: RowMap) -> list[str]:
        """Return the XML of all copies; a merge that spans a block and shrinks to a single cell is left out."""
        is_merge = "mergeCell" in self.head
        return [f"{self.head}{ref}{self.end}" for ref in _refs(self.ranges, rows) if ":" in ref or not is_merge]


@dataclass(frozen=True, slots=True)
class ContainerTemplate:
    """An element around others."""

    head: str
    children: tuple[XmlTemplate, ...]
    end: str

    def render(self, rows: RowMap) -> list[str]:
        """Return its XML; nothing if everything in it that follows rows is gone."""
        total, out = 0, []
        for child in self.children:
            copies = [child] if isinstance(child, str) else child.render(rows)
            total += 0 if isinstance(child, str) else len(copies)
            out += copies
        return [f"{self.head.replace(INSIDE, str(total))}{''.join(out)}{self.end}"] if total else []


XmlTemplate = str | RuleTemplate | RepeatedTemplate | ContainerTemplate


class TemplateBuilder:
    """Turns elements of the form's sheet into templates."""

    def __init__(self, root: etree._Element, sheet: str, layout: Layout, depths: Mapping[tuple[int, int], int]) -> None:
        """Set up the builder.

        ``depths`` holds, by first cell, how many blocks repeat a merge, if these are fewer than the blocks around it.
        """
        self._sheet, self._layout, self._depths = sheet, layout, depths
        self._declarations = [
            f' xmlns{":" + prefix if prefix else ""}="{escape_attribute(uri)}"' for prefix, uri in root.nsmap.items()
        ]

    def xml(self, element: etree._Element) -> str:
        """Return an element as XML without the namespaces that the root declares."""
        text = xml_of(element)
        for declaration in self._declarations:
            text = text.replace(declaration, "")
        return text

    def template(self, element: etree._Element) -> XmlTemplate:
        """Return the template of an element and everything in it."""
        if _has_range(element):
            return self._ranged(element)
        if not any(_has_range(child) for child in element.iter(etree.Element)):
            return self.xml(element)
        children = tuple(self.template(child) for child in element)
        if etree.QName(element).localname in _COUNTED or element.get("count") is not None:
            element.set("count", INSIDE)
        element[:] = ()
        element.text = INSIDE
        head, end = self.xml(element).rsplit(INSIDE, 1)
        return ContainerTemplate(head, children, end)

    def is_single(self, ref: str) -> bool:
        """Return True if a range of the template becomes a single range, since no block repeats it."""
        return [drawn.depth for drawn in self._ranges(ref)] == [0]

    def _ranged(self, element: etree._Element) -> XmlTemplate:
        below = element.find(f"{{{XM}}}sqref")
        attribute = next((name for name in ("sqref", "ref") if element.get(name) is not None), "")
        drawn = element.get(attribute) if attribute else below.text or ""
        ranges = self._ranges(drawn)
        if not ranges:
            return ""
        if attribute:
            element.set(attribute, "\ue0000\ue001")
        else:
            below.text = "\ue0000\ue001"
        formulas: list[str | None] = [None]
        for f in element.iter(*_FORMULAS):
            formulas.append(marked(f.text or ""))
            f.text = f"\ue000{len(formulas) - 1}\ue001"
        texts = _HOLE.split(self.xml(element))
        if attribute == "ref":
            return RepeatedTemplate(texts[0], ranges, texts[2])
        holes = tuple(formulas[int(n)] for n in texts[1::2])
        return RuleTemplate(ranges, tuple(texts[0::2]), holes, address(*box(drawn.split()[0])[:2]), self._sheet)

    def _ranges(self, sqref: str) -> tuple[DrawnRange, ...]:
        """Return the ranges of an attribute ``sqref``, cut to the rows of the form."""
        last = max(self._layout.chains)
        boxes = [box(ref) for ref in sqref.split()]
        cut = [b._replace(top=max(b.top, 2), bottom=min(b.bottom, last)) for b in boxes]
        return tuple(DrawnRange(b, self._depth(b)) for b in cut if b.top <= b.bottom)

    def _depth(self, b: Box) -> int:
        depth = self._layout.common_depth(b.top, b.bottom)
        return min(depth, self._depths.get((b.top, b.left), depth))


def _has_range(element: etree._Element) -> bool:
    if element.get("sqref") is not None or element.find(f"{{{XM}}}sqref") is not None:
        return True
    return element.get("ref") is not None and etree.QName(element).localname in ("mergeCell", "hyperlink", "autoFilter")

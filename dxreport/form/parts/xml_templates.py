"""Elements of the sheet's XML as templates: their ranges and formulas follow the rows.

An element whose ranges have all vanished is left out; so is a container that lost everything it held.
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
from .formulas import Formula, formula, shifted
from .markup import INSIDE, xml_of
from .row_map import Path, RowMap

X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_COUNTED = {"mergeCells", "dataValidations"}
_FORMULAS = [f"{{{MAIN_NS}}}formula", f"{{{MAIN_NS}}}formula1", f"{{{MAIN_NS}}}formula2", f"{{{XM}}}f"]


class DrawnRange(NamedTuple):
    """A range as drawn: its column letters, its rows, and how many blocks repeat it.

    ``flat`` is set where it is one row that all blocks around it repeat.
    """

    left: str
    right: str
    top: int
    bottom: int
    depth: int
    flat: bool


Home = tuple[int, str]  # a cell of the template that a rule's formulas can be relative to: row, column letters


@dataclass(frozen=True, slots=True)
class DrawnRanges:
    """A list of drawn ranges (``sqref`` or ``ref``)."""

    ranges: tuple[DrawnRange, ...]

    def refs(self, rows: RowMap, *, singles: bool = True) -> list[str]:
        """Return the ranges in a rendered sheet (``B2:D4``); without ``singles`` those of one cell are left out."""
        out = []
        for left, right, top, bottom, depth, flat in self.ranges:
            spans = [(row, row) for row in rows.rows.get(top, ())] if flat else rows.spans(top, bottom, depth)
            for first, last in spans:
                if first != last or left != right:
                    out.append(f"{left}{first}:{right}{last}")
                elif singles:
                    out.append(f"{left}{first}")
        return out

    def home(self, rows: RowMap) -> tuple[Home, Path] | None:
        """Return the drawn cell that became the first cell of the ranges, and the copies of the blocks around it."""
        for left, _, top, bottom, depth, _ in self.ranges:
            spans = rows.spans(top, bottom, depth)
            for row in range(top, bottom + 1) if spans else ():
                if spans[0][0] in (written := rows.rows.get(row, ())):
                    return (row, left), rows.paths[row][written.index(spans[0][0])]
        return None


@dataclass(frozen=True, slots=True)
class RuleFormula:
    """A formula of a rule, as it reads from each cell that can become the first one; None where it cannot."""

    by_home: Mapping[Home, Formula | None]

    def text(self, rows: RowMap, home: Home, path: Path) -> str | None:
        """Return the formula in a rendered sheet; None when something it refers to has no rows left."""
        found = self.by_home[home]
        return found.text(rows, path) if found else None


@dataclass(frozen=True, slots=True)
class RuleTemplate:
    """An element with ``ranges``: ``texts`` with a hole between each two, for the ranges (None) or a formula."""

    ranges: DrawnRanges
    texts: tuple[str, ...]
    holes: tuple[RuleFormula | None, ...]

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Return its text and 1, or ("", 0) when it is gone."""
        home = self.ranges.home(rows)
        if home is None:
            return "", 0
        out = [self.texts[0]]
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            filled = " ".join(self.ranges.refs(rows)) if hole is None else hole.text(rows, *home)
            if filled is None:
                return "", 0
            out += (filled if hole is None else escape(filled), text)
        return "".join(out), 1


@dataclass(frozen=True, slots=True)
class RepeatedTemplate:
    """An element that is written once for each of its ranges: a merge or a link."""

    head: str
    ranges: DrawnRanges
    end: str

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Return the texts of all copies and their number."""
        # A merge that spans a block may come down to a single cell, which is no merge.
        refs = self.ranges.refs(rows, singles="mergeCell" not in self.head)
        return "".join([f"{self.head}{ref}{self.end}" for ref in refs]), len(refs)


@dataclass(frozen=True, slots=True)
class ContainerTemplate:
    """An element around others; gone when everything in it that follows rows is gone."""

    head: str
    children: tuple[XmlTemplate, ...]
    end: str

    def render(self, rows: RowMap) -> tuple[str, int]:
        """Return its text and 1, or ("", 0) when it is gone."""
        total, out = 0, []
        for child in self.children:
            text, count = (child, 0) if isinstance(child, str) else child.render(rows)
            total += count
            out.append(text)
        return (f"{self.head.replace(INSIDE, str(total))}{''.join(out)}{self.end}", 1) if total else ("", 0)


XmlTemplate = str | RuleTemplate | RepeatedTemplate | ContainerTemplate


class TemplateBuilder:
    """Turns elements of the form's sheet into templates."""

    def __init__(
        self, root: etree._Element, sheet: str, layout: Layout, rewrite: Callable[[str], str],
        depths: Mapping[tuple[int, int], int],
    ) -> None:  # fmt: skip
        """``rewrite`` marks the names of lists in formulas. ``depths`` holds the number of blocks that repeat a merge,
        by its first cell, where that is less than the number around it."""
        self._sheet, self._layout, self._rewrite, self._depths = sheet, layout, rewrite, depths
        self._declarations = [
            f' xmlns{":" + prefix if prefix else ""}="{escape_attribute(uri)}"' for prefix, uri in root.nsmap.items()
        ]

    def xml(self, element: etree._Element) -> str:
        """Return an element's text without the namespaces that the root declares."""
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
        if element.tag == f"{{{MAIN_NS}}}mergeCells":
            ranges = self._ranges(" ".join(child.get("ref", "") for child in element))
            merges = RepeatedTemplate('<mergeCell ref="', ranges, '"/>')
            return ContainerTemplate(f'<mergeCells count="{INSIDE}">', (merges,), "</mergeCells>")
        children = tuple(self.template(child) for child in element)
        if etree.QName(element).localname in _COUNTED or element.get("count") is not None:
            element.set("count", INSIDE)
        for child in list(element):
            element.remove(child)
        element.text = INSIDE
        head, end = self.xml(element).rsplit(INSIDE, 1)
        return ContainerTemplate(head, children, end)

    def _ranged(self, element: etree._Element) -> XmlTemplate:
        below = element.find(f"{{{XM}}}sqref")
        attribute = next((name for name in ("sqref", "ref") if element.get(name) is not None), "")
        drawn = element.get(attribute) if attribute else below.text or ""
        ranges = self._ranges(drawn)
        if not ranges.ranges:
            return ""
        formulas: list[RuleFormula | None] = [None]
        if attribute:
            element.set(attribute, "\ue0000\ue001")
        else:
            below.text = "\ue0000\ue001"
        for f in element.iter(*_FORMULAS):
            formulas.append(self._formula(f.text or "", box(drawn.split()[0]), ranges))
            f.text = f"\ue000{len(formulas) - 1}\ue001"
        texts = _HOLE.split(self.xml(element))
        if attribute == "ref":
            return RepeatedTemplate(texts[0], ranges, texts[2])
        return RuleTemplate(ranges, tuple(texts[0::2]), tuple(formulas[int(n)] for n in texts[1::2]))

    def _formula(self, drawn: str, first: Box, ranges: DrawnRanges) -> RuleFormula:
        """A formula drawn relative to the first cell of ``first``, shifted to each cell that can become the first."""
        text, origin = self._rewrite(drawn), address(first.top, first.left)
        by_home: dict[Home, Formula | None] = {}
        for row, letters in self._homes(ranges):
            moved = shifted(text, origin, f"{letters}{row}")
            by_home[row, letters] = None if moved is None else formula(moved, row, self._sheet, self._layout)
        return RuleFormula(by_home)

    def _homes(self, ranges: DrawnRanges) -> Iterator[Home]:
        """The cells that :meth:`DrawnRanges.home` can return.

        Of rows in the same blocks that is always the first; a row in no block is always there, so none behind it.
        """
        for drawn in ranges.ranges:
            seen = []
            for row in range(drawn.top, drawn.bottom + 1):
                chain = self._layout.chains[row]
                if chain not in seen:
                    seen.append(chain)
                    yield row, drawn.left
                if not chain:
                    return

    def _ranges(self, sqref: str) -> DrawnRanges:
        last = max(self._layout.chains)
        boxes = [box(ref) for ref in sqref.split()]
        cut = [b._replace(top=max(b.top, 2), bottom=min(b.bottom, last)) for b in boxes]
        return DrawnRanges(tuple(self._range(b) for b in cut if b.top <= b.bottom))

    def _range(self, b: Box) -> DrawnRange:
        depth = self._layout.common_depth(b.top, b.bottom)
        depth = min(depth, self._depths.get((b.top, b.left), depth))
        flat = b.top == b.bottom and depth >= len(self._layout.chains[b.top])
        return DrawnRange(column_letters(b.left), column_letters(b.right), b.top, b.bottom, depth, flat)


def _has_range(element: etree._Element) -> bool:
    if element.get("sqref") is not None or element.find(f"{{{XM}}}sqref") is not None:
        return True
    return element.get("ref") is not None and etree.QName(element).localname in ("mergeCell", "hyperlink")

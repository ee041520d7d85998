"""Exact cells of .xlsx and .xlsm, from the sheet's XML, the styles and the shared strings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from lxml import etree

from ...domain.errors import PackageError
from ...ooxml.formats import BUILT_IN
from ...ooxml.package import MAIN_NS, Package, parse
from ...ooxml.refs import Box, box
from ...ooxml.refs import cell as parse_ref
from ...ooxml.text import string_item, unescape
from ..limits import DAMAGED, Unreadable
from .cell import BLANK, ExactCell, as_formula, number_cell, text_cell

_STRICT_NS = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # ISO/IEC 29500 strict
_C, _ROW, _V, _F, _IS = (f"{{{MAIN_NS}}}{name}" for name in ("c", "row", "v", "f", "is"))


class XlsxExact:
    """One workbook; parts are read when first asked for."""

    def __init__(self, data: bytes) -> None:
        self._package = Package(data)
        self._main = next(r.target for r in self._package.relationships() if r.kind == "officeDocument")
        self._relations = self._package.relationships(self._main)
        self._workbook = self._xml(self._main)

    def sheet(self, name: str) -> XlsxSheet:
        """The sheet of this name; raises KeyError, or Unreadable when its part is damaged."""
        for node in self._workbook.iter(f"{{{MAIN_NS}}}sheet"):
            if node.get("name") != name:
                continue
            ids = set(node.attrib.values())
            part = next((r.target for r in self._relations if r.kind == "worksheet" and r.id in ids), None)
            if part is not None:
                return XlsxSheet(self, part)
        raise KeyError(name)

    @cached_property
    def date1904(self) -> bool:
        """Dates count from 1904, as on old Macs."""
        node = self._workbook.find(f"{{{MAIN_NS}}}workbookPr")
        return node is not None and node.get("date1904") in ("1", "true")

    @cached_property
    def formats(self) -> list[str]:
        """The number format code of every cell format (``s`` of a cell)."""
        root = self._related("styles")
        if root is None:
            return []
        own = {n.get("numFmtId"): n.get("formatCode", "") for n in root.iter(f"{{{MAIN_NS}}}numFmt")}
        xfs = root.find(f"{{{MAIN_NS}}}cellXfs")
        ids = [xf.get("numFmtId", "0") for xf in xfs] if xfs is not None else []
        return [own[i] if i in own else BUILT_IN.get(int(i) if i.isdigit() else 0, "General") for i in ids]

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings."""
        root = self._related("sharedStrings")
        return [] if root is None else [string_item(si) for si in root.iterfind(f"{{{MAIN_NS}}}si")]

    def merges(self, part: str) -> list[Box]:
        """The merged ranges of a sheet."""
        return [box(node.get("ref", "A1")) for node in self._xml(part).iter(f"{{{MAIN_NS}}}mergeCell")]

    def rows(self, part: str) -> dict[tuple[int, int], etree._Element]:
        """The ``<c>`` elements of a sheet by place; those without a reference follow the one before."""
        out = {}
        row = 0
        for row_node in self._xml(part).iter(_ROW):
            row = int(row_node.get("r", row + 1))
            column = 0
            for node in row_node.iterfind(_C):
                ref = node.get("r")
                at, column = parse_ref(ref.upper()) if ref else (row, column + 1)
                out[at, column] = node
        return out

    def comments(self, part: str) -> dict[tuple[int, int], str]:
        """Notes of a sheet; threaded comments stand in the place of the note made for old readers."""
        out: dict[tuple[int, int], str] = {}
        threads: dict[tuple[int, int], list[str]] = {}
        for relation in self._package.relationships(part):
            if relation.target not in self._package or relation.kind not in ("comments", "threadedComment"):
                continue
            for node in self._xml(relation.target).iter("{*}comment", "{*}threadedComment"):
                place, text = parse_ref(node.get("ref", "A1")), node.find("{*}text")
                if text is None:
                    continue
                if relation.kind == "comments":
                    out[place] = string_item(text)
                else:
                    threads.setdefault(place, []).append(text.text or "")
        return out | {place: "\n".join(texts) for place, texts in threads.items()}

    def _related(self, kind: str) -> etree._Element | None:
        part = next((r.target for r in self._relations if r.kind == kind), None)
        return self._xml(part) if part is not None and part in self._package else None

    def _xml(self, part: str) -> etree._Element:
        return parse(self._package.read(part).replace(_STRICT_NS, MAIN_NS.encode()))


class XlsxSheet:
    """One sheet, parsed once, on the first question."""

    def __init__(self, book: XlsxExact, part: str) -> None:
        self._book = book
        self._part = part

    @cached_property
    def _cells(self) -> dict[tuple[int, int], etree._Element]:
        try:
            return self._book.rows(self._part)
        except (PackageError, ValueError):
            raise Unreadable("E403", DAMAGED) from None

    def cell(self, row: int, column: int) -> ExactCell:
        """See ExactSheet; raises Unreadable when a part is damaged."""
        node = self._cells.get((row, column))
        if node is None:
            return BLANK
        try:
            result = self._result(node)
        except (PackageError, ValueError):
            raise Unreadable("E403", DAMAGED) from None
        formula = node.find(_F)
        return result if formula is None else as_formula(result, f"={formula.text or ''}")

    def _result(self, node: etree._Element) -> ExactCell:
        kind = node.get("t", "n")
        if kind == "inlineStr":
            inline = node.find(_IS)
            return BLANK if inline is None else text_cell(string_item(inline))
        value = node.findtext(_V) or ""
        if kind == "str":
            return text_cell(unescape(value))
        value = value.strip()
        if not value:
            return BLANK
        if kind == "b":
            return ExactCell("boolean", "TRUE" if value in ("1", "true") else "FALSE", value)
        if kind == "e":
            return ExactCell("error", value, value)
        if kind == "d":
            return ExactCell("date", value.replace("-", "/").replace("T", " "), value, False)
        if kind == "s":
            return text_cell(self._shared(value))
        try:
            return number_cell(value, self._format(node), self._book.date1904)
        except (ValueError, OverflowError):
            return ExactCell("text", value, value, False)

    def _shared(self, index: str) -> str:
        try:
            return self._book.strings[int(index)]
        except (ValueError, IndexError):
            raise Unreadable("E403", "文字の表（sharedStrings）が失われています") from None

    def _format(self, node: etree._Element) -> str:
        index = int(node.get("s", "0"))
        return self._book.formats[index] if index < len(self._book.formats) else "General"

    def has_formula(self, row: int, column: int) -> bool:
        """See ExactSheet; raises Unreadable when the sheet is damaged."""
        return (row, column) in self._formulas

    def covered(self, row: int, column: int) -> bool:
        """See ExactSheet; raises Unreadable when the sheet is damaged."""
        try:
            merges = self._book.merges(self._part)
        except (PackageError, ValueError):
            raise Unreadable("E403", DAMAGED) from None
        return any(m.contains(row, column) and (row, column) != (m.top, m.left) for m in merges)

    @cached_property
    def _formulas(self) -> frozenset[tuple[int, int]]:
        return frozenset(place for place, node in self._cells.items() if node.find(_F) is not None)

    def notes(self) -> Mapping[tuple[int, int], str]:
        """See ExactSheet."""
        try:
            return self._book.comments(self._part)
        except (PackageError, ValueError):
            raise Unreadable("E403", DAMAGED) from None

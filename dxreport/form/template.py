"""A template workbook as it was drawn: its sheets, cells, texts and styles."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from lxml import etree

from ..domain.errors import PackageError
from ..ooxml.inert import inert
from ..ooxml.package import DOC_RELS_NS, MAIN_NS, Package
from ..ooxml.refs import cell
from ..ooxml.styles import Styles, look_of
from ..ooxml.text import string_item

S = f"{{{MAIN_NS}}}"
R_ID = f"{{{DOC_RELS_NS}}}id"
# Setup sheets of a template, recognised by name and headers. They configure a new master and are never sent.
_DECLARATIONS = {"項目": {"名前", "見出し", "場所", "種類"}, "回": {"回", "四半期", "入力欄"}}


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell as drawn: its style index, its text ("" unless it holds text), and its element."""

    row: int
    column: int
    style: int
    text: str
    element: etree._Element

    @property
    def at(self) -> tuple[int, int]:
        """Row and column."""
        return self.row, self.column


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet of the template workbook; ``kind`` is its relationship's: ``worksheet``, ``chartsheet`` …"""

    name: str
    part: str
    state: str
    kind: str


class Source:
    """The parts of a template that the compiler reads, without active content; ``drawn`` is the original package.

    Raise PackageError if ``data`` is not a workbook.
    """

    def __init__(self, data: bytes) -> None:
        self.drawn = Package(data)
        self.package, self.removed = inert(self.drawn)
        main = next((r for r in self.package.relationships() if r.kind == "officeDocument"), None)
        if main is None or main.target not in self.package:
            raise PackageError("Excel ブックではありません")
        self.workbook_part = main.target
        self.workbook = self.package.xml(main.target)
        self.relationships = self.package.relationships(main.target)
        by_id = {r.id: r for r in self.relationships}
        self.sheets = [
            SheetEntry(s.get("name", ""), rel.target, s.get("state", "visible"), rel.kind)
            for s in self.workbook.iterfind(f"{S}sheets/{S}sheet")
            if (rel := by_id.get(s.get(R_ID))) is not None and rel.target in self.package
        ]
        self.strings_part = self._target("sharedStrings")
        self.strings = self.package.xml(self.strings_part) if self.strings_part else None
        self.styles_part = self._target("styles")
        self.styles = Styles(self.package.xml(self.styles_part) if self.styles_part else None)

    def _target(self, kind: str) -> str | None:
        return next((r.target for r in self.relationships if r.kind == kind and r.target in self.package), None)

    def with_own_styles(self) -> Source:
        """Return a copy with its own styles, to which rendering can add."""
        found = copy(self)
        found.styles = self.styles.copy()
        return found

    def form_sheets(self) -> list[SheetEntry]:
        """Return the sheets that contain tags."""
        return [
            s
            for s in self.sheets
            if any("{{" in c.text or "{%" in c.text for c in self.cells(self.package.xml(s.part)))
        ]

    def declares(self, entry: SheetEntry) -> bool:
        """Return True if ``entry`` is a setup sheet, which declares fields or rounds."""
        headers = _DECLARATIONS.get(entry.name)
        return headers is not None and headers <= {c.text.strip() for c in self.cells(self.package.xml(entry.part))}

    def cells(self, root: etree._Element) -> Iterator[DrawnCell]:
        """Yield every cell of a sheet, in order."""
        row_number = 0
        for row in root.iterfind(f"{S}sheetData/{S}row"):
            row_number = int(row.get("r", row_number + 1))
            column = 0
            for c in row.iterfind(f"{S}c"):
                column = cell(c.get("r"))[1] if c.get("r") else column + 1
                yield DrawnCell(row_number, column, int(c.get("s", "0")), self._text(c), c)

    def text_formats(self, c: DrawnCell) -> Iterator[str]:
        """Yield the look of each run of a cell's text that is not blank; the name of its font does not count."""
        if c.element.get("t") == "s" and self.strings is not None:
            item = self.strings[int(c.element.findtext(f"{S}v", "0"))]
        else:
            item = c.element.find(f"{S}is")
        for run in item.iterfind(f"{S}r") if item is not None else ():
            if not run.findtext(f"{S}t", "").strip():
                continue
            font = run.find(f"{S}rPr")
            yield self.styles.font_look(c.style) if font is None else look_of(font)

    def _text(self, c: etree._Element) -> str:
        kind, value = c.get("t"), c.find(f"{S}v")
        if kind == "s" and value is not None and self.strings is not None:
            index = int(value.text or 0)
            return string_item(self.strings[index]) if index < len(self.strings) else ""
        inline = c.find(f"{S}is")
        if kind == "inlineStr" and inline is not None:
            return string_item(inline)
        return (value.text or "") if kind == "str" and value is not None else ""

"""Drawings, notes and header pictures of the form: one set of parts for each sheet, following its rows.

Pictures and other media are shared by all sheets; the parts that point at rows are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml import etree

from ...domain.errors import PackageError
from ...ooxml.package import Package, Relationship, parse
from ...ooxml.refs import cell
from ..blocks import Layout
from ..expressions import Computed, Consequence, Fault, computed
from ..template import S, Source
from .row_map import RowMap

XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
V, X = "{urn:schemas-microsoft-com:vml}", "{urn:schemas-microsoft-com:office:excel}"
OFFICE = "{urn:schemas-microsoft-com:office:office}"
_TOP, _BOTTOM, _ID, _TEXT = "\ue010", "\ue011", "\ue012", "\ue013"
_MARKS = re.compile("\ue013([0-9]+)\ue014")
_SHIFTED = re.compile("\ue017(-?[0-9]+)\ue018")
DROPPED = {"printerSettings", "threadedComment", "person", "customProperty"}
_KEPT = {"hyperlink", "image"}
_TOLD = {"table", "oleObject", "package", "control", "ctrlProp"}  # the sheet's own elements name them
_KINDS = {
    "chart": "グラフ", "chartEx": "グラフ", "pivotTable": "ピボットテーブル", "slicer": "スライサー", "timeline": "タイムライン",
    "queryTable": "外部データ", "diagramData": "SmartArt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Anchored:
    """A piece of XML that hangs on template rows ``top``–``bottom`` (0: on none)."""

    xml: str
    top: int = 0
    bottom: int = 0
    depth: int = 0
    ids: int = 1

    def render(self, rows: RowMap, next_id: Callable[[], int]) -> str:
        """One copy for each copy of its rows; "" when they are gone."""
        if not self.top:
            return self._numbered(self.xml, next_id)
        out = []
        for top, bottom in rows.spans(self.top, self.bottom, self.depth):
            text = self.xml.replace(_TOP, str(top - 1)).replace(_BOTTOM, str(bottom - 1))
            if "\ue017" in text:
                text = _SHIFTED.sub(lambda m, top=top: str(max(0, top - 1 + int(m[1]))), text)
            out.append(self._numbered(text, next_id))
        return "".join(out)

    @staticmethod
    def _numbered(text: str, next_id: Callable[[], int]) -> str:
        return re.sub(_ID, lambda _: str(next_id()), text) if _ID in text else text


@dataclass(frozen=True, slots=True)
class HangingPart:
    """A part that each sheet has its own copy of: ``kind`` of its relationship, its id there, its pieces."""

    kind: str
    rel: Relationship
    name: str
    content_type: str
    head: str
    anchored: tuple[Anchored, ...]
    tail: str
    relationships: tuple[Relationship, ...] = ()
    texts: tuple[Computed, ...] = ()

    def render(self, rows: RowMap, sheet_number: int, text_of: Callable[[Computed], str | None]) -> str:
        """The part's XML on the ``sheet_number``-th sheet (1-based); ``text_of`` gives the texts of shapes."""
        counter = iter(range(1024 * sheet_number + 1 if self.kind == "vmlDrawing" else 2, 1_000_000_000))
        body = "".join(a.render(rows, lambda: next(counter)) for a in self.anchored)
        text = f"{self.head}{body}{self.tail}".replace("\ue015", str(sheet_number))
        if self.texts:
            text = _MARKS.sub(lambda m: _xml_text(text_of(self.texts[int(m[1])]) or ""), text)
        return text


def _xml_text(text: str) -> str:
    """A text of one run, which holds no line break."""
    return text.replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True, slots=True)
class Hangings:
    """All that hangs on the form's sheet: parts to clone, relationships to keep."""

    parts: tuple[HangingPart, ...]
    kept: tuple[Relationship, ...]
    last_row: int

    @classmethod
    def read(
        cls, source: Source, part: str, fault: Callable[[int, int, str], None], gone: frozenset[str] = frozenset()
    ) -> Hangings:
        """Read the parts that hang on sheet ``part``; what cannot be carried along is a fault.

        ``gone`` are ids of relationships that are left out.
        """
        parts, kept = [], []
        for rel in source.package.relationships(part):
            if rel.kind in DROPPED or rel.id in gone:
                continue
            if rel.kind in _KEPT:
                kept.append(rel)
            elif rel.kind in _READERS:
                parts.append(_READERS[rel.kind](source.package, rel, fault))
            elif rel.kind not in _TOLD:
                fault(
                    0,
                    0,
                    f"様式のシートに{_KINDS.get(rel.kind, f'付いている「{rel.kind}」')}は使えません。セルと入力規則だけで描いてください。",
                )
        last = max((a.bottom for p in parts for a in p.anchored), default=0)
        return cls(tuple(parts), tuple(kept), last)

    def bound(self, layout: Layout, fault: Callable[[int, int, str], None]) -> Hangings:
        """The same with every anchor's place among the blocks known, and texts of shapes compiled."""
        parts = []
        for p in self.parts:
            anchored = tuple(replace(a, depth=layout.common_depth(a.top, a.bottom)) if a.top else a for a in p.anchored)
            try:
                texts = tuple(computed(t, layout.variables[2]) for t in p.texts)
            except Fault as error:
                if not isinstance(error, Consequence):
                    fault(0, 0, f"図形の文字: {error}")
                texts = ()
            parts.append(replace(p, anchored=anchored, texts=texts))
        return replace(self, parts=tuple(parts))


def _frame(root: etree._Element) -> tuple[str, str]:
    """Start and end tag of an element, with its namespaces."""
    bare = etree.Element(root.tag, nsmap=root.nsmap)
    for name, value in root.attrib.items():
        bare.set(name, value)
    bare.text = "\ue000"
    head, tail = etree.tostring(bare, encoding="unicode").split("\ue000")
    return head, tail


def _drawing(package: Package, rel: Relationship, fault: Callable[[int, int, str], None]) -> HangingPart:
    root = package.xml(rel.target)
    relationships = tuple(package.relationships(rel.target))
    for kind in dict.fromkeys(
        r.kind
        for r in relationships
        if (r.kind not in _KEPT and not r.kind.startswith("diagram")) or r.kind == "diagramData"
    ):
        fault(
            0,
            0,
            f"様式のシートに{_KINDS.get(kind, f'「{kind}」')}は置けません。図形・画像・テキストボックスは使えます。",
        )
    texts: list[str] = []
    anchored = []
    for anchor in root:
        start, end = anchor.find(f"{XDR}from/{XDR}row"), anchor.find(f"{XDR}to/{XDR}row")
        top = int(start.text) + 1 if start is not None else 0
        bottom = int(end.text) + 1 if end is not None else top
        if start is not None:
            start.text = _TOP
        if end is not None:
            end.text = _BOTTOM
        for properties in anchor.iter(f"{XDR}cNvPr"):
            properties.set("id", _ID)
        for paragraph in anchor.iter(f"{A}p"):
            _mark_text(paragraph, texts)
        anchored.append(
            Anchored(
                etree.tostring(anchor, encoding="unicode", with_tail=False), max(top, 2) if top else 0, max(bottom, 2)
            )
        )
    head, tail = _frame(root)
    kind = "application/vnd.openxmlformats-officedocument.drawing+xml"
    return HangingPart(
        "drawing", rel, "xl/drawings/dxr{}.xml", kind, head, tuple(anchored), tail, relationships, tuple(texts)
    )


def _mark_text(paragraph: etree._Element, texts: list) -> None:
    """A paragraph of a shape that holds {{ … }}: its runs are joined into the first, to be filled in."""
    runs = list(paragraph.iter(f"{A}t"))
    joined = "".join(t.text or "" for t in runs)
    if "{{" not in joined:
        return
    runs[0].text = f"{_TEXT}{len(texts)}\ue014"
    for other in runs[1:]:
        other.text = ""
    texts.append(joined)


def _comments(package: Package, rel: Relationship, fault: Callable[[int, int, str], None]) -> HangingPart:
    root = package.xml(rel.target)
    notes = root.find(f"{S}commentList")
    anchored = []
    for note in list(notes):
        row, column = cell(note.get("ref", "A1"))
        if "{{" in "".join(t.text or "" for t in note.iter(f"{S}t")):
            fault(row, column, "メモに {{ }} は入れられません。セルに書いてください。")
        letters = note.get("ref", "A1").rstrip("0123456789")
        note.attrib.pop("{http://schemas.microsoft.com/office/spreadsheetml/2014/revision}uid", None)
        note.set("ref", f"{letters}{_TOP}")
        anchored.append((row, column, etree.tostring(note, encoding="unicode", with_tail=False)))
        notes.remove(note)
    authors = root.find(f"{S}authors")
    for author in authors if authors is not None else ():
        author.text = ""
    notes.text = "\ue000"
    head, tail = etree.tostring(root, encoding="unicode").split("\ue000")
    # Anchors count rows from 0; a note's cell counts from 1.
    pieces = tuple(Anchored(xml.replace(_TOP, "\ue016"), row, row) for row, _, xml in sorted(anchored))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
    return _Notes("comments", rel, "xl/dxrcomments{}.xml", kind, head, pieces, tail)


class _Notes(HangingPart):
    """comments.xml, whose references count rows from 1 and must stand in reading order."""

    __slots__ = ()

    def render(self, rows: RowMap, sheet_number: int, text_of: Callable[[Computed], str | None]) -> str:
        """The notes of every copy of their rows."""
        found = [(top, a.xml) for a in self.anchored for top, _ in rows.spans(a.top, a.bottom, a.depth)]
        found.sort(key=lambda item: item[0])  # those of one row stand in the order of their columns already
        return f"{self.head}{''.join(xml.replace(chr(0xE016), str(top)) for top, xml in found)}{self.tail}"


def _vml(package: Package, rel: Relationship, fault: Callable[[int, int, str], None]) -> HangingPart:
    root = _vml_root(package.read(rel.target))
    for shape_map in root.iter(f"{OFFICE}idmap"):
        shape_map.set("data", "\ue015")
    anchored = []
    for shape in root.findall(f"{V}shape"):
        data = shape.find(f"{X}ClientData")
        row = data.find(f"{X}Row") if data is not None else None
        if data is None:
            continue  # a header picture: no row, stays in place
        if data.get("ObjectType") != "Note" or row is None:
            fault(
                0,
                0,
                "様式のシートにフォームコントロール（ボタンやチェックボックス）は使えません。セルと入力規則だけで描いてください。",
            )
            continue
        top = int(row.text) + 1
        row.text = _TOP
        shape.set("id", f"_x0000_s{_ID}")
        at = data.find(f"{X}Anchor")
        if at is not None:
            at.text = _relative(at.text or "", top - 1)
        anchored.append(Anchored(etree.tostring(shape, encoding="unicode", with_tail=False), top, top))
        root.remove(shape)
    root.text = (root.text or "") + "\ue000"
    head, tail = etree.tostring(root, encoding="unicode").split("\ue000")
    relationships = tuple(package.relationships(rel.target))
    kind = "application/vnd.openxmlformats-officedocument.vmlDrawing"
    if anchored:
        head, tail = head + _after_layout(root), "</xml>"
    return HangingPart(
        "vmlDrawing", rel, "xl/drawings/dxr{}_" + rel.id + ".vml", kind, head, tuple(anchored), tail, relationships
    )


def _relative(anchor: str, row: int) -> str:
    """A note's anchor (column, offset, row, offset, twice) with its rows as marks relative to the note's row."""
    values = [v.strip() for v in anchor.split(",")]
    for i in (2, 6):
        if len(values) == 8 and values[i].lstrip("-").isdigit():
            values[i] = f"\ue017{int(values[i]) - row}\ue018"
    return ", ".join(values)


def _after_layout(root: etree._Element) -> str:
    """What stands in a VML part before its shapes: layout and shape types."""
    return "".join(etree.tostring(e, encoding="unicode", with_tail=False) for e in root)


def _vml_root(data: bytes) -> etree._Element:
    try:
        return parse(data)
    except PackageError:  # Excel writes unclosed <br> in notes of old
        return etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))


_READERS = {"drawing": _drawing, "comments": _comments, "vmlDrawing": _vml}

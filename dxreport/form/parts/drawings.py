"""Drawings, notes and header pictures of the form: cloned for each sheet, with anchors that follow its rows.

All sheets share pictures and other media; only the parts that refer to rows are cloned.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from lxml import etree

from ...domain.errors import PackageError
from ...ooxml.package import Package, Relationship, parse
from ...ooxml.refs import cell
from ..expressions import Computed, computed
from ..faults import TemplateFaults, TextFault
from ..template import S
from ..variables import Variable
from .markup import around, xml_of
from .row_map import RowMap

XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
V, X = "{urn:schemas-microsoft-com:vml}", "{urn:schemas-microsoft-com:office:excel}"
OFFICE = "{urn:schemas-microsoft-com:office:office}"
_REVISION_UID = "{http://schemas.microsoft.com/office/spreadsheetml/2014/revision}uid"

# Placeholders in the XML of a clone, filled in once the rows of its sheet are known.
_SHIFTED = re.compile("\ue010(-?[0-9]+)\ue011")  # a row, counted from 0, relative to the first
_TOP, _BOTTOM = "\ue0100\ue011", "\ue012"  # the first row and the last, counted from 0
_ROW = "\ue013"  # the first row, counted from 1
_ID, _SHEET = "\ue014", "\ue015"
_TEXT = re.compile("\ue016([0-9]+)\ue017")

DROPPED = {"printerSettings", "threadedComment", "person", "customProperty"}
_SHARED = {"hyperlink", "image"}
_REFUSED_ELSEWHERE = {"table", "oleObject", "package", "control", "ctrlProp"}  # reported for the sheet's own elements
_NAMES = {
    "chart": "グラフ", "chartEx": "グラフ", "pivotTable": "ピボットテーブル", "slicer": "スライサー", "timeline": "タイムライン",
    "queryTable": "外部データ", "diagramData": "SmartArt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Anchored:
    """XML that is anchored to template rows ``top``–``bottom``; to none if ``top`` is 0."""

    xml: str
    top: int = 0
    bottom: int = 0

    def render(self, rows: RowMap) -> Iterator[tuple[int, str]]:
        """Yield one copy for each copy of its rows, as (first row or 0, XML)."""
        if not self.top:
            yield 0, self.xml
            return
        for top, bottom in rows.spans(self.top, self.bottom):
            yield top, self._copy(top, bottom)

    def _copy(self, top: int, bottom: int) -> str:
        text = self.xml.replace(_BOTTOM, str(bottom - 1)).replace(_ROW, str(top))
        return _SHIFTED.sub(lambda match: str(max(0, top - 1 + int(match[1]))), text)


@dataclass(frozen=True, slots=True)
class AttachedPart:
    """A part that is cloned for each sheet: its relationship, its name with ``{}`` for the sheet's number, its XML.

    ``texts`` are the texts of its shapes.
    """

    rel: Relationship
    name: str
    content_type: str
    head: str
    anchored: tuple[Anchored, ...]
    end: str
    relationships: tuple[Relationship, ...] = ()
    texts: tuple[Computed, ...] = ()

    def render(self, rows: RowMap, sheet_number: int, text_of: Callable[[Computed], str | None]) -> str:
        """Return the XML of the part for a sheet (numbers begin at 1); ``text_of`` evaluates the texts of shapes."""
        copies = [copy for anchored in self.anchored for copy in anchored.render(rows)]
        if self.rel.kind == "comments":  # these must be in the order of their rows
            copies.sort(key=lambda copy: copy[0])
        ids = count(1024 * sheet_number + 1 if self.rel.kind == "vmlDrawing" else 2)
        body = re.sub(_ID, lambda _: str(next(ids)), "".join([xml for _, xml in copies]))
        text = f"{self.head}{body}{self.end}".replace(_SHEET, str(sheet_number))
        return _TEXT.sub(lambda match: _run_text(text_of(self.texts[int(match[1])]) or ""), text)


def _run_text(text: str) -> str:
    """Return a text as XML for a run, which cannot contain line breaks."""
    return html.escape(text.replace("\n", " "), quote=False)


@dataclass(frozen=True, slots=True)
class AttachedParts:
    """All parts attached to the form's sheet: those to clone, and the relationships to shared ones."""

    cloned: tuple[AttachedPart, ...]
    shared: tuple[Relationship, ...]

    @property
    def last_row(self) -> int:
        """The last template row that something is anchored to, 0 for none."""
        return max((a.bottom for part in self.cloned for a in part.anchored), default=0)


def read_attached(
    package: Package, relationships: Iterable[Relationship], measure: Variable, found: TemplateFaults
) -> AttachedParts:
    """Read the parts that a sheet with these ``relationships`` refers to; report those that cannot be cloned.

    Texts of shapes may show what ``measure`` has.
    """
    cloned, shared = [], []
    for rel in relationships:
        if rel.kind in _SHARED:
            shared.append(rel)
        elif rel.kind in _READERS:
            cloned.append(_READERS[rel.kind](package, rel, measure, found))
        elif rel.kind not in DROPPED | _REFUSED_ELSEWHERE:
            what = _NAMES.get(rel.kind, f"付いている「{rel.kind}」")
            found.fault(f"様式のシートに{what}は使えません。セルと入力規則だけで描いてください。")
    return AttachedParts(tuple(cloned), tuple(shared))


def _drawing(package: Package, rel: Relationship, measure: Variable, found: TemplateFaults) -> AttachedPart:
    relationships = tuple(package.relationships(rel.target))
    kinds = dict.fromkeys(r.kind for r in relationships if r.kind not in _SHARED)
    for kind in (k for k in kinds if k == "diagramData" or not k.startswith("diagram")):
        what = _NAMES.get(kind, f"「{kind}」")
        found.fault(f"様式のシートに{what}は置けません。図形・画像・テキストボックスは使えます。")
    root = package.xml(rel.target)
    texts = _texts(root, measure, found)
    for properties in root.iter(f"{XDR}cNvPr"):
        properties.set("id", _ID)
    anchored = []
    for anchor in root:
        start, end = anchor.find(f"{XDR}from/{XDR}row"), anchor.find(f"{XDR}to/{XDR}row")
        top = int(start.text) + 1 if start is not None else 0
        bottom = int(end.text) + 1 if end is not None else top
        if start is not None:
            start.text = _TOP
        if end is not None:
            end.text = _BOTTOM
        anchored.append(Anchored(xml_of(anchor), max(top, 2) if top else 0, max(bottom, 2)))
    head, end = around(etree.Element(root.tag, root.attrib, nsmap=root.nsmap))
    kind = "application/vnd.openxmlformats-officedocument.drawing+xml"
    return AttachedPart(rel, "xl/drawings/dxr{}.xml", kind, head, tuple(anchored), end, relationships, texts)


def _texts(root: etree._Element, measure: Variable, found: TemplateFaults) -> tuple[Computed, ...]:
    """Return the texts of paragraphs with {{ … }} in shapes, and leave a mark in the first run of each."""
    texts: list[Computed] = []
    for paragraph in root.iter(f"{A}p"):
        runs = list(paragraph.iter(f"{A}t"))
        joined = "".join(run.text or "" for run in runs)
        if "{{" not in joined:
            continue
        runs[0].text = f"\ue016{len(texts)}\ue017"
        for other in runs[1:]:
            other.text = ""
        try:
            texts.append(computed(joined, {"measure": measure}))
        except TextFault as error:
            found.fault(f"図形の文字: {error}")
    return tuple(texts)


def _comments(package: Package, rel: Relationship, _: Variable, found: TemplateFaults) -> AttachedPart:
    """Read notes, whose references count rows from 1."""
    root = package.xml(rel.target)
    notes = root.find(f"{S}commentList")
    anchored = []
    for note in sorted(notes, key=lambda note: cell(note.get("ref", "A1"))):
        ref = note.get("ref", "A1")
        row, column = cell(ref)
        if "{{" in "".join(t.text or "" for t in note.iter(f"{S}t")):
            found.fault("メモに {{ }} は入れられません。セルに書いてください。", (row, column))
        note.attrib.pop(_REVISION_UID, None)
        note.set("ref", ref.rstrip("0123456789") + _ROW)
        anchored.append(Anchored(xml_of(note), row, row))
    notes[:] = ()
    for author in root.iterfind(f"{S}authors/*"):
        author.text = ""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
    notes.text = None
    head, end = around(root, notes)
    return AttachedPart(rel, "xl/dxrcomments{}.xml", kind, head, tuple(anchored), end)


def _vml(package: Package, rel: Relationship, _: Variable, found: TemplateFaults) -> AttachedPart:
    """Read the shapes of notes, and header pictures."""
    root = _vml_root(package.read(rel.target))
    for shape_map in root.iter(f"{OFFICE}idmap"):
        shape_map.set("data", _SHEET)
    anchored = []
    for shape in root.findall(f"{V}shape"):
        data = shape.find(f"{X}ClientData")
        if data is None:
            continue  # a header picture has no row and stays in place
        row = data.find(f"{X}Row")
        if data.get("ObjectType") != "Note" or row is None:
            message = "様式のシートにフォームコントロール（ボタンやチェックボックス）は使えません。セルと入力規則だけで描いてください。"
            found.fault(message)
            continue
        top = int(row.text) + 1
        row.text = _TOP
        shape.set("id", f"_x0000_s{_ID}")
        at = data.find(f"{X}Anchor")
        if at is not None:
            at.text = _relative(at.text or "", top - 1)
        anchored.append(Anchored(xml_of(shape), top, top))
        root.remove(shape)
    head, end = around(root)
    if anchored:  # layout and shape types must come before the shapes
        head, end = head + "".join(xml_of(e) for e in root), "</xml>"
    kind = "application/vnd.openxmlformats-officedocument.vmlDrawing"
    relationships = tuple(package.relationships(rel.target))
    return AttachedPart(rel, "xl/drawings/dxr{}_" + rel.id + ".vml", kind, head, tuple(anchored), end, relationships)


def _relative(anchor: str, row: int) -> str:
    """Return a note's anchor (column, offset, row, offset, twice) with its rows as marks relative to the note's row."""
    values = [v.strip() for v in anchor.split(",")]
    for i in (2, 6):
        if len(values) == 8 and values[i].lstrip("-").isdecimal():
            values[i] = f"\ue010{int(values[i]) - row}\ue011"
    return ", ".join(values)


def _vml_root(data: bytes) -> etree._Element:
    try:
        return parse(data)
    except PackageError:  # early versions of Excel wrote an unclosed <br> in notes
        return etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))


_READERS = {"drawing": _drawing, "comments": _comments, "vmlDrawing": _vml}

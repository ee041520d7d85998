"""Add notes (classic comments) to the cells of a sheet, next to existing ones, and remove them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy

from lxml import etree

from ..ooxml.correction import LIST_SHEET, NOTE, NOTE_MARK
from ..ooxml.edit import PackageEdit
from ..ooxml.package import DOC_RELS_NS, MAIN_NS, TYPES_NS, TYPES_PART, child, insert
from ..ooxml.refs import Box, address, cell
from ..ooxml.text import add_text
from . import note_shapes

AUTHOR = LIST_SHEET
_N = f"{{{MAIN_NS}}}"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_DRAWN = re.compile(rb"<(?:\w+:)?legacyDrawing\s[^>]*?\bid=[\"']([^\"']+)")
_RUN = etree.fromstring(
    f'<r xmlns="{MAIN_NS}"><rPr><sz val="9"/><color indexed="81"/><rFont val="ＭＳ Ｐゴシック"/><family val="3"/>'
    '<charset val="128"/></rPr></r>'
)


class Notes:
    """The notes of one sheet; their parts are created with the first note and dropped after the last."""

    def __init__(self, edit: PackageEdit, sheet: str) -> None:
        self._edit, self._sheet = edit, sheet
        self._part = edit.sheets[sheet]
        relations = edit.package.relationships(self._part)
        present = [r for r in relations if not r.external and r.target in edit.package]
        self._comments = next((r.target for r in present if r.kind == "comments"), "")
        drawn = _DRAWN.search(edit.package.read(self._part))
        self._vml = next((r.target for r in present if drawn and r.id == drawn[1].decode()), "")
        threads = [r.target for r in present if r.kind == "threadedComment"]
        self._threaded = {c.get("ref") for part in threads for c in edit.package.xml(part).iter("{*}threadedComment")}
        self._geometry: note_shapes.Geometry | None = None
        self._stripped = False

    def strip(self) -> None:
        """Remove the marks of an earlier corrected copy from all notes, and notes left empty by that."""
        if not self._comments or NOTE_MARK.encode() not in self._edit.package.read(self._comments):
            return
        self._stripped = True
        for comment in list(self._list().iterfind(_N + "comment")):
            text = comment.find(_N + "text")
            found = [m.span() for m in NOTE.finditer(_joined(text))] if text is not None else []
            for start, end in reversed(found):
                _cut(text, start, end)
            if found and not _joined(text).strip():
                self._list().remove(comment)
                if self._vml:
                    without = note_shapes.without_note(self._edit.raw(self._vml), *cell(comment.get("ref")))
                    self._edit.put(self._vml, without)

    def prune(self) -> None:
        """Drop the parts that :meth:`strip` left without notes."""
        if not self._stripped or self._list().find(_N + "comment") is not None:
            return
        self._edit.drop(self._part, self._comments)
        if self._vml and not note_shapes.has_shapes(self._edit.raw(self._vml)):
            self._edit.drop(self._part, self._vml)
            root = self._edit.sheet(self._sheet).root
            root.remove(root.find(_N + "legacyDrawing"))

    def add(self, box: Box, texts: Sequence[str]) -> None:
        """Add a note to a cell or merged range, after the text of a note it already has.

        A cell with threaded comments stays as it is: Excel would not show a note there.
        """
        ref = address(box.top, box.left)
        if ref in self._threaded:
            return
        self._make_parts()
        comment = next((c for c in self._list().iterfind(_N + "comment") if c.get("ref") == ref), None)
        text = self._new_text(ref) if comment is None else comment.find(_N + "text")
        run = deepcopy(_RUN)
        add_text(run, "\n".join([*([""] if _joined(text) else []), *texts]))
        for plain in text.findall(_N + "t"):  # plain content and runs exclude each other
            wrapped = etree.Element(_N + "r")
            text.replace(plain, wrapped)
            wrapped.append(plain)
        runs = text.findall(_N + "r")
        text.insert(text.index(runs[-1]) + 1 if runs else 0, run)
        if self._geometry is None:
            self._geometry = note_shapes.Geometry(self._edit.sheet(self._sheet))
        anchor = self._geometry.anchor(box, _joined(text))
        self._edit.put(self._vml, note_shapes.with_note(self._edit.raw(self._vml), box.top, box.left, anchor))

    def _list(self) -> etree._Element:
        return child(self._edit.tree(self._comments), "commentList")

    def _new_text(self, ref: str) -> etree._Element:
        authors = child(self._edit.tree(self._comments), "authors")
        names = [author.text or "" for author in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, _N + "author").text = AUTHOR
            names.append(AUTHOR)
        comment = etree.Element(_N + "comment", ref=ref, authorId=str(names.index(AUTHOR)))
        before = [c for c in self._list().iterfind(_N + "comment") if cell(c.get("ref")) < cell(ref)]
        self._list().insert(self._list().index(before[-1]) + 1 if before else 0, comment)
        return etree.SubElement(comment, _N + "text")

    def _make_parts(self) -> None:
        edit = self._edit
        if not self._comments:
            self._comments = edit.free_name("dxmarks_comments.xml")
            root = etree.Element(_N + "comments", nsmap={None: MAIN_NS})
            edit.add(self._part, "comments", self._comments, root, _COMMENTS_TYPE)
        if not self._vml:
            self._vml = edit.free_name("drawings/dxmarks.vml")
            edit.put(self._vml, note_shapes.new_part(1 + list(edit.sheets).index(self._sheet)))
            types = edit.tree(TYPES_PART)
            if "vml" not in {d.get("Extension", "").lower() for d in types.iterfind(f"{{{TYPES_NS}}}Default")}:
                types.insert(0, etree.Element(f"{{{TYPES_NS}}}Default", Extension="vml", ContentType=_VML_TYPE))
            drawing = etree.Element(_N + "legacyDrawing", nsmap={"r": DOC_RELS_NS})
            drawing.set(f"{{{DOC_RELS_NS}}}id", edit.relate(self._part, "vmlDrawing", self._vml))
            sheet = edit.sheet(self._sheet).root
            for old in sheet.findall(_N + "legacyDrawing"):  # one that refers to no part
                sheet.remove(old)
            insert(sheet, drawing)


def _texts(text: etree._Element) -> list[etree._Element]:
    """Return the ``<t>`` elements of a note, without furigana."""
    return [t for part in text for t in ([part] if part.tag == _N + "t" else part.iterfind(_N + "t"))
            if part.tag != _N + "rPh"]  # fmt: skip


def _joined(text: etree._Element) -> str:
    return "".join(t.text or "" for t in _texts(text))


def _cut(text: etree._Element, start: int, end: int) -> None:
    """Remove the characters from ``start`` to ``end`` from a note, and runs left empty by that."""
    at = 0
    for t in _texts(text):
        content = t.text or ""
        first, last = max(start - at, 0), min(end - at, len(content))
        at += len(content)
        if first < last:
            t.text = content[:first] + content[last:]
            run = t.getparent()
            if not t.text and run is not text:
                text.remove(run)

"""Notes (classic comments) on the cells of a sheet: added to existing ones, and removed again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from ..ooxml.correction import LIST_SHEET, NOTE, NOTE_MARK
from ..ooxml.package import DOC_RELS_NS, MAIN_NS
from ..ooxml.refs import Box, address, cell
from ..ooxml.text import literal
from . import note_shapes
from .parts import PackageEdit

AUTHOR = LIST_SHEET
_N = f"{{{MAIN_NS}}}"
_R_ID = f"{{{DOC_RELS_NS}}}id"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER = ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
          "extLst", "AlternateContent")  # fmt: skip
_DRAWN = re.compile(rb"<(?:\w+:)?legacyDrawing\s[^>]*?\bid=[\"']([^\"']+)")


class Notes:
    """The notes of one sheet; their parts are created with the first note and dropped with the last."""

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
        """Remove the marks of an earlier corrected copy from all notes, and notes that held nothing else."""
        if not self._comments or NOTE_MARK.encode() not in self._edit.package.read(self._comments):
            return
        self._stripped = True
        for comment in list(self._list().iterfind(_N + "comment")):
            text = comment.find(_N + "text")
            found = [m.span() for m in NOTE.finditer(_joined(text))] if text is not None else []
            if not found:
                continue
            for start, end in reversed(found):
                _cut(text, start, end)
            if not _joined(text).strip():
                self._list().remove(comment)
                if self._vml:
                    without = note_shapes.without_note(self._edit.raw(self._vml), *cell(comment.get("ref")))
                    self._edit.put(self._vml, without)

    def prune(self) -> None:
        """Drop the parts that :meth:`strip` has left empty."""
        if not self._stripped or self._list().find(_N + "comment") is not None:
            return
        self._edit.drop(self._part, self._comments)
        if self._vml and not note_shapes.has_shapes(self._edit.raw(self._vml)):
            self._edit.drop(self._part, self._vml)
            root = self._edit.sheet(self._sheet).root
            root.remove(root.find(_N + "legacyDrawing"))

    def add(self, box: Box, texts: Sequence[str]) -> None:
        """Add a note to the cell or merged range, after the text of its own note.

        A cell with a thread of replies stays as it is: Excel would not show another note there.
        """
        ref = address(box.top, box.left)
        if ref in self._threaded:
            return
        self._make_parts()
        comment = next((c for c in self._list().iterfind(_N + "comment") if c.get("ref") == ref), None)
        if comment is None:
            comment = self._new_comment(ref)
        text = comment.find(_N + "text")
        before = _joined(text)
        run = _run("\n".join([*([""] if before else []), *texts]))
        for plain in text.findall(_N + "t"):  # a text has either plain content or runs
            _as_run(plain)
        last_run = [child for child in text if child.tag == _N + "r"]
        text.insert(text.index(last_run[-1]) + 1 if last_run else 0, run)
        self._draw(box, _joined(text))

    def _draw(self, box: Box, text: str) -> None:
        if self._geometry is None:
            self._geometry = note_shapes.Geometry(self._edit.sheet(self._sheet).root)
        anchor = self._geometry.anchor(box, text)
        part = self._edit.raw(self._vml)
        change = note_shapes.resized if note_shapes.has_note(part, box.top, box.left) else note_shapes.with_note
        self._edit.put(self._vml, change(part, box.top, box.left, anchor))

    def _list(self) -> etree._Element:
        root = self._edit.tree(self._comments)
        found = root.find(_N + "commentList")
        return found if found is not None else etree.SubElement(root, _N + "commentList")

    def _new_comment(self, ref: str) -> etree._Element:
        root = self._edit.tree(self._comments)
        authors = root.find(_N + "authors")
        if authors is None:
            authors = etree.Element(_N + "authors")
            root.insert(0, authors)
        names = [author.text or "" for author in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, _N + "author").text = AUTHOR
            names.append(AUTHOR)
        comment = etree.Element(_N + "comment", ref=ref, authorId=str(names.index(AUTHOR)))
        etree.SubElement(comment, _N + "text")
        before = [c for c in self._list().iterfind(_N + "comment") if cell(c.get("ref")) < cell(ref)]
        self._list().insert(self._list().index(before[-1]) + 1 if before else 0, comment)
        return comment

    def _make_parts(self) -> None:
        if not self._comments:
            self._comments = self._edit.free_name("dxmarks_comments.xml")
            root = etree.Element(_N + "comments", nsmap={None: MAIN_NS})
            etree.SubElement(root, _N + "authors")
            etree.SubElement(root, _N + "commentList")
            self._edit.put(self._comments, root)
            self._edit.set_type(self._comments, _COMMENTS_TYPE)
            self._edit.relate(self._part, "comments", self._comments)
        if not self._vml:
            self._vml = self._edit.free_name("drawings/dxmarks.vml")
            number = 1 + list(self._edit.sheets).index(self._sheet)
            self._edit.put(self._vml, note_shapes.new_part(number))
            self._edit.set_default_type("vml", _VML_TYPE)
            self._refer(self._edit.relate(self._part, "vmlDrawing", self._vml))

    def _refer(self, rel_id: str) -> None:
        root = self._edit.sheet(self._sheet).root
        element = etree.Element(_N + "legacyDrawing", nsmap={"r": DOC_RELS_NS})
        element.set(_R_ID, rel_id)
        for old in root.findall(_N + "legacyDrawing"):  # it has no part
            root.remove(old)
        after = [child for child in root.iterchildren("{*}*") if etree.QName(child).localname in _AFTER]
        root.insert(root.index(after[0]) if after else len(root), element)


def _texts(text: etree._Element) -> list[etree._Element]:
    return [t for child in text for t in ([child] if child.tag == _N + "t" else child.iterfind(_N + "t"))
            if child.tag != _N + "rPh"]  # fmt: skip


def _joined(text: etree._Element) -> str:
    return "".join(t.text or "" for t in _texts(text))


def _cut(text: etree._Element, start: int, end: int) -> None:
    """Remove the characters from ``start`` to ``end`` from a note, and runs left empty."""
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


def _run(content: str) -> etree._Element:
    run = etree.Element(_N + "r")
    look = etree.SubElement(run, _N + "rPr")
    for name, attributes in (("sz", {"val": "9"}), ("color", {"indexed": "81"}), ("rFont", {"val": "ＭＳ Ｐゴシック"}),
                             ("family", {"val": "3"}), ("charset", {"val": "128"})):  # fmt: skip
        etree.SubElement(look, _N + name, attributes)
    t = etree.SubElement(run, _N + "t")
    t.text = literal(content)
    t.set(_SPACE, "preserve")
    return run


def _as_run(plain: etree._Element) -> None:
    """Turn the plain text of a note into a run, so that another can follow."""
    run = etree.Element(_N + "r")
    plain.getparent().replace(plain, run)
    run.append(plain)

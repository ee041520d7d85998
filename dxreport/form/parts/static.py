"""The parts of the template that all workbooks of a form contain as drawn, deflated only once."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import lru_cache

from lxml import etree

from ...ooxml.package import RELS_NS, TYPES_NS, Member, Package, Relationship, member, rels_name, serialise
from ...ooxml.text import string_item
from ..records import Form
from ..template import R_ID, S
from .drawings import DROPPED
from .markup import undeclared

# FeaturePropertyBag holds the checkboxes in cells. Parts not listed here concern history, people or other workbooks.
_BOOK_PARTS = {"theme", "styles", "sharedStrings", "FeaturePropertyBag"}
_CLEANED = (  # what may not be sent, by the end of the content type
    # Excel writes what people type into all selected sheets at once; notes and threads name their authors.
    ("sheet+xml", re.compile(rb'\s+tabSelected="[^"]*"'), b""),
    ("comments+xml", re.compile(rb"(<(?:\w+:)?author>)[^<]+(?=</)"), rb"\1"),
)
_WORKBOOK_PARTS = ("fileVersion", "workbookPr", "bookViews")
_SESSION = ("codeName", "firstSheet", "activeTab", "filterPrivacy")
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


class SharedParts:
    """What all workbooks of a form share: deflated parts, their content types, and what the workbook part needs.

    The parts are as drawn, except for the styles, the shared strings and what is private.
    """

    def __init__(self, form: Form) -> None:
        source = form.source
        self.defaults, types = _content_types(form)
        self.workbook_rels = tuple(r for r in source.relationships if r.kind in _BOOK_PARTS)
        self.workbook_head = "".join(_workbook_part(form, name) for name in _WORKBOOK_PARTS)
        names = _reached(form, self.workbook_rels)
        self.overrides = tuple((name, types[name]) for name in names if name in types)
        self.entries: list[Member] = []
        for name in names:
            if name == source.styles_part:
                self.entries.append(member(name, source.styles.bytes()))
            elif name == source.strings_part:
                self.entries.append(member(name, _strings(form)))
            else:
                self.entries += _as_drawn(source.package, name, types.get(name, ""))


shared_parts = lru_cache(maxsize=16)(SharedParts)


def _reached(form: Form, rels: tuple[Relationship, ...]) -> list[str]:
    """Return the parts that the workbook's ``rels``, the other sheets and the attached parts lead to, sorted."""
    package = form.source.package
    own = {form.part, *(part.rel.target for part in form.attached.cloned)}
    waiting = [s.part for s in form.others]
    for r in [*rels, *form.attached.shared, *(r for part in form.attached.cloned for r in part.relationships)]:
        waiting += [] if r.external else [r.target]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached and name in package and name not in own:
            reached.add(name)
            waiting += [r.target for r in package.relationships(name) if not r.external and r.kind not in DROPPED]
    return sorted(reached)


def _as_drawn(package: Package, name: str, content_type: str) -> list[Member]:
    """Return a part and its relationships, byte for byte unless something in it may not be sent."""
    before = after = package.read(name)
    dropped = {r.id for r in package.relationships(name) if r.kind in DROPPED}
    if dropped:
        after = _without(package.xml(name), dropped)
    for ending, pattern, replacement in _CLEANED:
        if content_type.endswith(ending):
            after = pattern.sub(replacement, after)
    out = [package.member(name) if after == before else member(name, after)]
    if dropped:
        rels = package.xml(rels_name(name))
        for r in [r for r in rels.iter(f"{{{RELS_NS}}}Relationship") if r.get("Id") in dropped]:
            rels.remove(r)
        out.append(member(rels_name(name), serialise(rels)))
    elif rels_name(name) in package:
        out.append(package.member(rels_name(name)))
    return out


def _without(root: etree._Element, ids: set[str]) -> bytes:
    """Return a sheet without references to these relationships."""
    for e in [e for e in root.iter(etree.Element) if e.get(R_ID) in ids]:
        del e.attrib[R_ID]
        if e.tag == f"{S}customPr":  # means nothing without its part
            group = e.getparent()
            group.remove(e)
            if not len(group):
                group.getparent().remove(group)
    return serialise(root)


def _content_types(form: Form) -> tuple[dict[str, str], dict[str, str]]:
    root = form.source.package.xml("[Content_Types].xml")
    defaults = {d.get("Extension").lower(): d.get("ContentType") for d in root.iter(f"{{{TYPES_NS}}}Default")}
    overrides = {o.get("PartName").lstrip("/"): o.get("ContentType") for o in root.iter(f"{{{TYPES_NS}}}Override")}
    defaults |= {"rels": _RELS_TYPE, "xml": "application/xml"}
    if any(part.rel.kind == "vmlDrawing" for part in form.attached.cloned):
        defaults["vml"] = "application/vnd.openxmlformats-officedocument.vmlDrawing"
    return defaults, overrides


def _strings(form: Form) -> bytes:
    """Return the shared strings of the template, with those emptied that have tags or belong to unsent sheets."""
    root, used = form.source.strings, None
    assert root is not None
    if form.published:
        shown = form.source.package.xml(form.part).iterfind(f"{S}sheetData/{S}row/{S}c[@t='s']/{S}v")
        used = {int(value.text or 0) for value in shown}
    for index, si in enumerate(root.iterfind(f"{S}si")):
        text = string_item(si)
        if "{{" in text or "{%" in text or (used is not None and index not in used):
            si[:] = [etree.Element(f"{S}t")]
    for count in ("count", "uniqueCount"):
        root.attrib.pop(count, None)
    return serialise(root)


def _workbook_part(form: Form, name: str) -> str:
    """Return an element of workbook.xml without the window state and private attributes of its author."""
    drawn = form.source.workbook.find(f"{S}{name}")
    if drawn is None:
        return ""
    element = deepcopy(drawn)
    for e in element.iter():
        for key in [k for k in e.attrib if k.startswith("{") or k in _SESSION]:
            del e.attrib[key]
    if name == "bookViews":
        element[1:] = ()
    return undeclared(element)

"""What all workbooks of a form carry over from its template: parts as they were drawn, deflated once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from ...ooxml.package import RELS_NS, TYPES_NS, Entry, Package, Relationship, entry, rels_name, serialise
from ...ooxml.text import string_item
from ..records import Form
from ..template import R_ID, S
from .drawings import DROPPED

_OF_THE_BOOK = {"theme", "styles", "sharedStrings"}  # all else of a workbook tells of its past, its people, other books
_CLEANED = (
    ("sheet+xml", re.compile(rb'\s+tabSelected="[^"]*"'), b""),
    ("comments+xml", re.compile(rb"(<(?:\w+:)?author>)[^<]+(?=</)"), rb"\1"),
)
_WORKBOOK_PARTS = ("fileVersion", "workbookPr", "bookViews")
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


@dataclass(frozen=True, slots=True)
class SharedParts:
    """What all workbooks of a form have in common, deflated: parts, their types, the workbook's relationships."""

    entries: tuple[Entry, ...]
    defaults: Mapping[str, str]
    overrides: tuple[tuple[str, str], ...]
    workbook_rels: tuple[Relationship, ...]
    workbook_head: str


def shared_parts(form: Form) -> SharedParts:
    """The parts of the template that are carried over: as bytes, but for styles and the tags' texts."""
    if not form.shared:
        form.shared.append(_shared_parts(form))
    return form.shared[0]


def _shared_parts(form: Form) -> SharedParts:
    source, package = form.source, form.source.package
    defaults, overrides = _content_types(form)
    form_part = next(s.part for s in source.sheets if s.name == form.sheet)
    rels = [r for r in source.relationships if r.kind in _OF_THE_BOOK]
    cloned = {p.rel.target for p in form.hangings.parts}
    reached: dict[str, None] = {}
    waiting = [r.target for r in rels if not r.external]
    waiting += [s.part for s in form.others]
    waiting += [r.target for r in form.hangings.kept if not r.external]
    waiting += [r.target for p in form.hangings.parts for r in p.relationships if not r.external]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in package or name in cloned or name == form_part:
            continue
        reached[name] = None
        waiting += [r.target for r in package.relationships(name) if not r.external and r.kind not in DROPPED]
    entries = []
    for name in sorted(reached):
        if name == source.styles_part:
            entries.append(entry(name, source.styles.bytes()))
        elif name == source.strings_part:
            entries.append(entry(name, _strings(form)))
        else:
            entries += _carried(package, name, overrides.get(name, ""))
    kept = tuple((n, overrides[n]) for n in sorted(reached) if n in overrides)
    head = "".join(_workbook_part(form, name) for name in _WORKBOOK_PARTS)
    return SharedParts(tuple(entries), defaults, kept, tuple(rels), head)


def _carried(package: Package, name: str, content_type: str) -> list[Entry]:
    """A part and its relationships, without what may not go out with it: byte for byte where there is nothing of that.

    A second sheet that is selected beside the first makes Excel write what is typed into both; notes and threads name
    their authors, and a printer is the coordinator's own.
    """
    before = after = package.read(name)
    dropped = {r.id for r in package.relationships(name) if r.kind in DROPPED}
    if dropped:
        after = _without(package.xml(name), dropped)
    for ending, found, put in _CLEANED:
        if content_type.endswith(ending):
            after = found.sub(put, after)
    out = [package.entry(name) if after == before else entry(name, after)]
    if dropped:
        out.append(entry(rels_name(name), _relationships_without(package.xml(rels_name(name)), dropped)))
    elif rels_name(name) in package:
        out.append(package.entry(rels_name(name)))
    return out


def _without(root: etree._Element, ids: set[str]) -> bytes:
    """A sheet that no longer speaks of these relationships."""
    for e in [e for e in root.iter(etree.Element) if e.get(R_ID) in ids]:
        del e.attrib[R_ID]
        if e.tag == f"{S}customPr":  # nothing without its part
            group = e.getparent()
            group.remove(e)
            if not len(group):
                group.getparent().remove(group)
    return serialise(root)


def _relationships_without(root: etree._Element, ids: set[str]) -> bytes:
    for r in [r for r in root.iter(f"{{{RELS_NS}}}Relationship") if r.get("Id") in ids]:
        root.remove(r)
    return serialise(root)


def _content_types(form: Form) -> tuple[dict[str, str], dict[str, str]]:
    root = form.source.package.xml("[Content_Types].xml")
    defaults = {d.get("Extension").lower(): d.get("ContentType") for d in root.iter(f"{{{TYPES_NS}}}Default")}
    overrides = {o.get("PartName").lstrip("/"): o.get("ContentType") for o in root.iter(f"{{{TYPES_NS}}}Override")}
    defaults |= {"rels": _RELS_TYPE, "xml": "application/xml"}
    if any(p.kind == "vmlDrawing" for p in form.hangings.parts):
        defaults["vml"] = "application/vnd.openxmlformats-officedocument.vmlDrawing"
    return defaults, overrides


def _strings(form: Form) -> bytes:
    """The template's shared strings with those that hold tags emptied: they are no text to send out.

    So are those of sheets that are not published.
    """
    root, used = form.source.strings, _used_strings(form) if form.published else None
    for index, si in enumerate(root.iterfind(f"{S}si")):
        text = string_item(si)
        if "{{" in text or "{%" in text or (used is not None and index not in used):
            for child in list(si):
                si.remove(child)
            etree.SubElement(si, f"{S}t")
    for count in ("count", "uniqueCount"):
        root.attrib.pop(count, None)
    return serialise(root)


def _used_strings(form: Form) -> set[int]:
    """The indices of the shared strings that the form's own sheet shows."""
    part = next(s.part for s in form.source.sheets if s.name == form.sheet)
    shown = form.source.package.xml(part).iterfind(f"{S}sheetData/{S}row/{S}c[@t='s']/{S}v")
    return {int(value.text or 0) for value in shown}


def _workbook_part(form: Form, name: str) -> str:
    element = form.source.workbook.find(f"{S}{name}")
    if element is None:
        return ""
    for e in element.iter():
        for key in [
            k for k in e.attrib if k.startswith("{") or k in ("codeName", "firstSheet", "activeTab", "filterPrivacy")
        ]:
            del e.attrib[key]
    if name == "bookViews":
        for other in list(element)[1:]:
            element.remove(other)
    text = etree.tostring(etree.fromstring(etree.tostring(element)), encoding="unicode", with_tail=False)
    start, end = text.index("<") + 1 + len(name), text.index(">")
    kept = " ".join(p for p in text[start:end].rstrip("/").split() if not p.startswith("xmlns"))
    return f"<{name}{' ' + kept if kept else ''}{'/' if text[end - 1] == '/' else ''}{text[end:]}"

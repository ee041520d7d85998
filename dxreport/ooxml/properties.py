"""Custom document properties of a package (``docProps/custom.xml``, ECMA-376 part 1, 22.3)."""

from __future__ import annotations

from lxml import etree

from .package import DOC_RELS_NS, RELS_NS, TYPES_NS, Package, serialise

_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_KIND = f"{DOC_RELS_NS}/custom-properties"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the one that Office gives every property
_PART = "docProps/custom.xml"


def read_property(package: Package, name: str) -> str:
    """Return the text of a custom property, or ``""`` if the package has none of this name."""
    part = _part(package)
    if not part:
        return ""
    for p in package.xml(part).iterfind(f"{{{_PROPERTIES}}}property"):
        if p.get("name") == name:
            return "".join(p.itertext())
    return ""


def property_parts(package: Package, name: str, text: str) -> dict[str, bytes]:
    """Return the parts to write, by name, so that the custom property ``name`` holds ``text``."""
    part = _part(package)
    if part:
        root = package.xml(part)
        return {part: serialise(_with(root, name, text))}
    root = etree.Element(f"{{{_PROPERTIES}}}Properties", nsmap={None: _PROPERTIES, "vt": _TYPES})
    rels, types = package.xml("_rels/.rels"), package.xml("[Content_Types].xml")
    taken = {r.get("Id") for r in rels}
    id_ = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    etree.SubElement(rels, f"{{{RELS_NS}}}Relationship", Id=id_, Type=_KIND, Target=_PART)
    etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName=f"/{_PART}", ContentType=_CONTENT_TYPE)
    return {
        _PART: serialise(_with(root, name, text)),
        "_rels/.rels": serialise(rels),
        "[Content_Types].xml": serialise(types),
    }


def _part(package: Package) -> str:
    found = (r.target for r in package.relationships() if r.kind == "custom-properties")
    return next((target for target in found if target in package), "")


def _with(root: etree._Element, name: str, text: str) -> etree._Element:
    known = {p.get("name"): p for p in root}
    element = known.get(name)
    if element is None:
        pid = max((int(p.get("pid", "1")) for p in root), default=1) + 1  # 0 and 1 are reserved
        element = etree.SubElement(root, f"{{{_PROPERTIES}}}property", fmtid=_FORMAT_ID, pid=str(pid), name=name)
    for child in list(element):
        element.remove(child)
    etree.SubElement(element, f"{{{_TYPES}}}lpwstr").text = text
    return root

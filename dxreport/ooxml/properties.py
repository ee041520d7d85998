"""Custom document properties of a package (``docProps/custom.xml``, ECMA-376 part 1, 22.3)."""

from __future__ import annotations

from lxml import etree

from .edit import PackageEdit
from .package import Package

_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # Office writes this one for every property
_PART = "docProps/custom.xml"


def read_property(package: Package, name: str) -> str:
    """Return the text of a custom property, ``""`` for one that the package does not have."""
    part = _part(package)
    found = package.xml(part).iterfind(f"{{{_PROPERTIES}}}property") if part else ()
    return next(("".join(p.itertext()) for p in found if p.get("name") == name), "")


def set_property(edit: PackageEdit, name: str, text: str) -> None:
    """Set a custom property."""
    part = _part(edit.package)
    if not part:
        part = _PART
        empty = etree.Element(f"{{{_PROPERTIES}}}Properties", nsmap={None: _PROPERTIES, "vt": _TYPES})
        edit.add("", "custom-properties", part, empty, _CONTENT_TYPE)
    root = edit.tree(part)
    element = next((p for p in root if p.get("name") == name), None)
    if element is None:
        pid = max((int(p.get("pid", "1")) for p in root), default=1) + 1  # 0 and 1 are reserved
        element = etree.SubElement(root, f"{{{_PROPERTIES}}}property", fmtid=_FORMAT_ID, pid=str(pid), name=name)
    for child in list(element):
        element.remove(child)
    etree.SubElement(element, f"{{{_TYPES}}}lpwstr").text = text


def _part(package: Package) -> str:
    found = (r.target for r in package.relationships() if r.kind == "custom-properties")
    return next((target for target in found if target in package), "")

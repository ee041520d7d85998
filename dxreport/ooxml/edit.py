"""Edit a package: change, add and drop parts, and keep all others byte for byte."""

from __future__ import annotations

import posixpath

from lxml import etree

from .package import REL_TYPE, RELS_NS, TYPES_NS, TYPES_PART, Package, rels_name, serialise
from .sheet import SheetEdit
from .table import sheet_parts, workbook_part


class PackageEdit:
    """A workbook under edit; :meth:`data` writes every part that :meth:`tree` or :meth:`sheet` returned.

    Worksheets are edited by :meth:`sheet`; their :meth:`tree` is without rows.
    """

    def __init__(self, package: Package) -> None:
        """Raise PackageError if the package is not a workbook."""
        self.package = package
        self.workbook = workbook_part(package)
        self.sheets = sheet_parts(package)
        self.dropped: set[str] = set()
        self._parts: dict[str, etree._Element | SheetEdit] = {}
        self._raw: dict[str, bytes] = {}

    def tree(self, name: str) -> etree._Element:
        """Return the root of a part, to be changed."""
        sheet = next((sheet for sheet, part in self.sheets.items() if part == name), "")
        if sheet:
            return self.sheet(sheet).root
        if name not in self._parts:
            self._parts[name] = self.package.xml(name)
        return self._parts[name]

    def sheet(self, name: str) -> SheetEdit:
        """Return a worksheet by its name, to be changed; raise KeyError if there is none."""
        part = self.sheets[name]
        found = self._parts.get(part)
        if not isinstance(found, SheetEdit):
            data = self.package.read(part) if found is None else serialise(found)
            self.package.admit(data)
            found = self._parts[part] = SheetEdit(data, name)
        return found

    def raw(self, name: str) -> bytes:
        """Return the bytes of a part that was not parsed, as they are now."""
        return self._raw[name] if name in self._raw else self.package.read(name)

    def put(self, name: str, data: bytes | etree._Element) -> None:
        """Store a part, new or changed."""
        if isinstance(data, bytes):
            self._raw[name] = data
        else:
            self._parts[name] = data
        self.dropped.discard(name)

    def add(self, owner: str, kind: str, name: str, data: bytes | etree._Element, content_type: str) -> str:
        """Store a new part with its content type, related to part ``owner``; return the id of the relationship."""
        self.put(name, data)
        etree.SubElement(
            self.tree(TYPES_PART), f"{{{TYPES_NS}}}Override", PartName=f"/{name}", ContentType=content_type
        )
        return self.relate(owner, kind, name)

    def free_name(self, name: str) -> str:
        """Return a free name for a part next to the workbook: ``name``, numbered if it is taken."""
        stem, extension = posixpath.splitext(posixpath.join(posixpath.dirname(self.workbook), name))
        full, number = stem + extension, 1
        while (full in self.package and full not in self.dropped) or full in self._raw or full in self._parts:
            number += 1
            full = f"{stem}{number}{extension}"
        return full

    def relate(self, owner: str, kind: str, target: str) -> str:
        """Add a relationship to part ``owner`` (``""``: to the package), and return its id."""
        rels = self._rels(owner)
        if rels not in self.package and rels not in self._parts:
            self.put(rels, etree.Element(f"{{{RELS_NS}}}Relationships", nsmap={None: RELS_NS}))
        root = self.tree(rels)
        taken = {r.get("Id") for r in root}
        id_ = next(f"dxm{n}" for n in range(1, len(taken) + 2) if f"dxm{n}" not in taken)
        relative = posixpath.relpath(target, posixpath.dirname(owner))
        etree.SubElement(root, f"{{{RELS_NS}}}Relationship", Id=id_, Type=REL_TYPE + kind, Target=relative)
        return id_

    def drop(self, owner: str, name: str) -> None:
        """Drop a part, its relationships, its content type, and the relationship of ``owner`` to it."""
        ids = {r.id for r in self.package.relationships(owner) if r.target == name and not r.external}
        rels, types = self.tree(self._rels(owner)), self.tree(TYPES_PART)
        for r in [r for r in rels if r.get("Id") in ids]:
            rels.remove(r)
        for o in [o for o in types if o.get("PartName", "").casefold() == f"/{name}".casefold()]:
            types.remove(o)
        for part in (name, rels_name(name)):
            if stored := self.package.find(part):
                self.dropped.add(stored)
            self._parts.pop(part, None)
            self._raw.pop(part, None)

    def _rels(self, owner: str) -> str:
        name = rels_name(owner)
        return self.package.find(name) or name

    def data(self) -> bytes:
        """Return the package with all changes; without any, the bytes as read."""
        changed = {
            n: p.data() if isinstance(p, SheetEdit) else serialise(p) for n, p in self._parts.items()
        } | self._raw
        return self.package.with_parts(changed, self.dropped) if changed or self.dropped else self.package.data

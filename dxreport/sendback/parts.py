"""A package under edit: parts are changed, added and dropped; all others stay byte for byte."""

from __future__ import annotations

import posixpath

from lxml import etree

from ..domain.errors import PackageError
from ..ooxml.package import MAIN_NS, REL_TYPE, RELS_NS, TYPES_NS, Package, rels_name, serialise
from ..ooxml.sheet import SheetEdit
from ..ooxml.table import sheet_parts, workbook_part

_TYPES = "[Content_Types].xml"


class PackageEdit:
    """A workbook under edit; :meth:`data` writes every part that :meth:`tree` or :meth:`sheet` gave."""

    def __init__(self, package: Package) -> None:
        """Raises PackageError where the package is no workbook, or one that cannot be edited (Strict, shared)."""
        self.package = package
        self.workbook = workbook_part(self.package)
        if self.package.xml(self.workbook).tag != f"{{{MAIN_NS}}}workbook":
            raise PackageError("この形のブック（Strict Open XML など）には書き込めません")
        if any(r.kind == "revisionHeaders" for r in self.package.relationships(self.workbook)):
            raise PackageError("共有ブックには書き込めません")  # its log of changes would name sheets it has not
        self.sheets = sheet_parts(self.package)
        self._trees: dict[str, etree._Element] = {}
        self._edits: dict[str, SheetEdit] = {}
        self._raw: dict[str, bytes] = {}
        self._dropped: set[str] = set()

    def tree(self, name: str) -> etree._Element:
        """The root of a part, for changing."""
        if name not in self._trees:
            self._trees[name] = self.package.xml(name)
        return self._trees[name]

    def sheet(self, name: str) -> SheetEdit:
        """A worksheet by its name, for changing; raises KeyError."""
        part = self.sheets[name]
        if part not in self._edits:
            self._edits[part] = SheetEdit(self.package, part, name)
            self._trees[part] = self._edits[part].root
        return self._edits[part]

    def raw(self, name: str) -> bytes:
        """The present bytes of a part that was not parsed."""
        return self._raw[name] if name in self._raw else self.package.read(name)

    def put(self, name: str, data: bytes | etree._Element) -> None:
        """Store a part, new or changed."""
        if isinstance(data, bytes):
            self._raw[name] = data
        else:
            self._trees[name] = data
        self._dropped.discard(name)

    def free_name(self, name: str) -> str:
        """``name`` in the folder of the workbook part, numbered if it is taken."""
        stem, extension = posixpath.splitext(posixpath.join(posixpath.dirname(self.workbook), name))
        full, number = stem + extension, 1
        while (full in self.package and full not in self._dropped) or full in self._raw or full in self._trees:
            number += 1
            full = f"{stem}{number}{extension}"
        return full

    def set_type(self, name: str, content_type: str) -> None:
        """Set the content type of a new part."""
        types = self.tree(_TYPES)
        etree.SubElement(types, f"{{{TYPES_NS}}}Override", PartName=f"/{name}", ContentType=content_type)

    def set_default_type(self, extension: str, content_type: str) -> None:
        """Set the content type of all parts with this extension, unless the package has one."""
        types = self.tree(_TYPES)
        stated = {d.get("Extension", "").lower() for d in types.iterfind(f"{{{TYPES_NS}}}Default")}
        if extension not in stated:
            types.insert(0, etree.Element(f"{{{TYPES_NS}}}Default", Extension=extension, ContentType=content_type))

    def relate(self, owner: str, kind: str, target: str) -> str:
        """Add a relationship to part ``owner`` and return its id."""
        rels = rels_name(owner)
        if rels not in self.package and rels not in self._trees:
            self.put(rels, etree.Element(f"{{{RELS_NS}}}Relationships", nsmap={None: RELS_NS}))
        root = self.tree(self.package.find(rels) or rels)
        taken = {r.get("Id") for r in root}
        number = 1
        while f"dxm{number}" in taken:
            number += 1
        relative = posixpath.relpath(target, posixpath.dirname(owner))
        etree.SubElement(root, f"{{{RELS_NS}}}Relationship", Id=f"dxm{number}", Type=REL_TYPE + kind, Target=relative)
        return f"dxm{number}"

    def drop(self, owner: str, name: str) -> None:
        """Drop a part, its relationships, and the relationship of ``owner`` to it."""
        ids = {r.id for r in self.package.relationships(owner) if r.target == name and not r.external}
        rels = self.tree(self.package.find(rels_name(owner)) or rels_name(owner))
        for r in [r for r in rels if r.get("Id") in ids]:
            rels.remove(r)
        types = self.tree(_TYPES)
        for o in [o for o in types if o.get("PartName", "").casefold() == f"/{name}".casefold()]:
            types.remove(o)
        for part in (name, rels_name(name)):
            stored = self.package.find(part)
            if stored:
                self._dropped.add(stored)
            self._trees.pop(part, None)
            self._raw.pop(part, None)

    def is_dropped(self, name: str) -> bool:
        """Whether the part was dropped."""
        return name in self._dropped

    def data(self) -> bytes:
        """The package with all changes."""
        changed = {name: serialise(root) for name, root in self._trees.items()} | self._raw
        return self.package.with_parts(changed, self._dropped)

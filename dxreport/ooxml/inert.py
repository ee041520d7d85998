"""Remove active content from a workbook: whatever runs, or reaches out, on the machine that opens it.

A part stays only if relationships of known passive kinds lead to it. So macros, Excel 4 macro sheets, ActiveX, embedded
objects, links to other workbooks, DDE, queries, custom ribbons and web extensions go, and so does anything invented
later. A formula that asks another file, program or server is replaced by its last result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from ..domain.errors import PackageError
from .package import DOC_RELS_NS, MAIN_NS, RELS_NS, TYPES_NS, TYPES_PART, Package, Relationship, rels_name, serialise
from .text import TRUE

_N = f"{{{MAIN_NS}}}"
_PASSIVE = frozenset((
    "officeDocument", "core-properties", "extended-properties", "custom-properties", "thumbnail",
    "classificationlabels", "worksheet", "chartsheet", "styles", "theme", "sharedStrings", "calcChain",
    "sheetMetadata", "person", "FeaturePropertyBag", "drawing", "vmlDrawing", "comments", "threadedComment",
    "printerSettings", "hyperlink", "table", "image", "ctrlProp", "chart", "chartEx", "chartUserShapes", "chartStyle",
    "chartColorStyle", "themeOverride", "diagramData", "diagramLayout", "diagramQuickStyle", "diagramColors",
    "diagramDrawing", "pivotTable", "pivotCacheDefinition", "pivotCacheRecords", "slicer", "slicerCache", "timeline",
    "timelineCache", "rdRichValue", "rdRichValueStructure", "rdRichValueTypes", "rdArray", "rdSupportingPropertyBag",
    "rdSupportingPropertyBagStructure", "richValueRel", "richStyles",
))  # fmt: skip
_ACTIVE_TYPE = re.compile(
    r"macrosheet|vba|activex|oleobject|dialogsheet|externallink|connections|querytable|customui|webextension"
    r"|volatiledependencies|xmlmaps|tablesinglecells|x-msdownload|octet-stream",
    re.IGNORECASE,
)
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_LINKS = re.compile(r"(?:https?|mailto):|#", re.IGNORECASE)
_NAMES = {  # what people call removed content, by the kind of its relationship
    "vbaProject": "マクロ", "xlMacrosheet": "マクロ", "xlIntlMacrosheet": "マクロ", "dialogsheet": "マクロ",
    "wsSortMap": "", "externalLink": "ほかのブックへのリンク", "externalLinkPath": "ほかのブックへのリンク",
    "connections": "外部データの接続", "queryTable": "外部データの接続", "volatileDependencies": "外部データの接続",
    "oleObject": "埋め込みオブジェクト", "package": "埋め込みオブジェクト", "control": "ActiveX コントロール",
    "extensibility": "リボンの変更", "webextension": "アドイン", "webextensiontaskpanes": "アドイン",
}  # fmt: skip
_FORMULAS = "外部を参照する数式"

_TEXT = re.compile(r'"[^"]*"')
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_OTHER_BOOK = re.compile(r"\[[^\[\]]+\][^\[\]!'()+\-*/,;<>=&\s]*!")  # [1]Sheet1!A1, [1]!name
_ASKING = re.compile(
    r"(?<![\w.])(?:_xl\w+\.)*(?:WEBSERVICE|IMAGE|RTD|HYPERLINK|DDE|CALL|REGISTER(?:\.ID)?|EXEC|EXECUTE|EVALUATE|INITIATE"
    r"|REQUEST|POKE|FOPEN|FWRITELN?|RUN|STOCKHISTORY|TRANSLATE|COPILOT|PY|SQL\.REQUEST|CUBE\w+)\s*\(",
    re.IGNORECASE,
)
_RUNS = re.compile(r"(?:_xlnm\.)?auto_(?:open|close|activate|deactivate)\w*", re.IGNORECASE)
_FORMULA_TAGS = tuple(
    f"{{*}}{name}"
    for name in (
        "f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula",
    )
)  # fmt: skip
_OWNERS = ("cfRule", "dataValidation", "sparkline")  # these go as a whole if their formula does
_EMPTIED = frozenset((
    "oleObjects", "controls", "hyperlinks", "tableParts", "externalReferences", "pivotCaches", "customProperties",
    "definedNames", "AlternateContent", "Choice", "ext", "extLst", "conditionalFormatting", "conditionalFormattings",
    "dataValidations", "sparklines", "sparklineGroup", "sparklineGroups", "slicerList", "slicerCaches",
    "timelineRefs", "timelineCacheRefs", "webPublishItems",
))  # fmt: skip
_COUNTED = ("tableParts", "dataValidations")
# These stay if what they refer to goes; all other elements go with it.
_UNREFERRED = frozenset(("blip", "pageSetup", "imagedata", "fill", "stroke", "cacheSource", "worksheetSource"))


def is_active(formula: str) -> bool:
    """Return True if a formula asks another workbook, a program or a server (also by DDE: ``cmd|'/c calc'!A0``)."""
    bare = _TEXT.sub('""', formula)
    outside = _QUOTED.sub("''", bare)
    return bool(
        "|" in outside
        or _OTHER_BOOK.search(bare)
        or _ASKING.search(outside)
        or any(set("[]\\/") & set(name) for name in _QUOTED.findall(bare))
    )


# Attributes that act if their value does, by name.
_ACTING: Mapping[str, Callable[[str], object]] = {
    "macro": bool,
    "action": re.compile("ppaction|macro|program|javascript", re.IGNORECASE).match,
    **dict.fromkeys(("textlink", "fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup"), is_active),
    **dict.fromkeys(("src", "href", "althref"), re.compile(r"\w+:|\\\\|//").match),
}
_MAY_ACT = etree.XPath(f"//@*[contains(' {' '.join(_ACTING)} ', concat(' ', local-name(), ' '))]")


def active_content(package: Package) -> tuple[str, ...]:
    """Return, sorted, the active content of a workbook as people call it, by its relationships alone."""
    owners = ("", *(name for name in package.names if not name.endswith(".rels")))
    return _called(r.kind for name in owners for r in package.relationships(name))


def inert(package: Package) -> tuple[Package, tuple[str, ...]]:
    """Return the workbook without active content, and what was removed, as people call it.

    Without any, the package is returned itself; unchanged parts stay byte for byte. Raise PackageError if the package
    is not a workbook, or has no sheet left.
    """
    return _Cleaning(package).done()


def _called(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for kind in kinds if (name := _NAMES.get(kind))}))


@dataclass
class _Cleaning:
    """One cleaning: the parts that stay, the relationships that they lose, and the parts changed so far."""

    package: Package
    reached: dict[str, None] = field(default_factory=dict)  # in the order found
    cut: dict[str, set[str]] = field(default_factory=dict)  # ids of relationships, by part
    gone: set[str] = field(default_factory=set)  # what was removed, as people call it
    trees: dict[str, etree._Element] = field(default_factory=dict)
    shapes: set[str] = field(default_factory=set)  # ids of the shapes of embedded objects and controls
    frozen: bool = False  # a cell lost its formula or a sheet went, so the calculation chain is out of date

    def done(self) -> tuple[Package, tuple[str, ...]]:
        types = self.package.xml(TYPES_PART)
        self._types = {o.get("PartName", "").lstrip("/").casefold(): o.get("ContentType", "") for o in types}
        self._defaults = {d.get("Extension", "").lower(): d.get("ContentType", "") for d in types}
        self._walk()
        for name in list(self.reached):
            if self._is_xml(name):
                self._clean(name)
        for name in list(self.reached):
            self._without_shapes(name)
        if self.frozen:
            self._without_calc_chain()
        stay = {*self.reached, TYPES_PART} | {
            rels for name in ("", *self.reached) if (rels := self.package.find(rels_name(name)))
        }
        removed = [name for name in self.package.names if name not in stay]
        self._relationships()
        self._content_types(types, {name.casefold() for name in stay})
        if not removed and not self.trees:
            return self.package, ()
        data = self.package.with_parts({name: serialise(root) for name, root in self.trees.items()}, removed)
        return Package(data), tuple(sorted(self.gone))

    # Which parts stay

    def _walk(self) -> None:
        waiting = [""]
        while waiting:
            owner = waiting.pop(0)
            for r in self.package.relationships(owner):
                if not self._stays(r):
                    self.cut.setdefault(owner, set()).add(r.id)
                    self.gone.update(_called([r.kind]))
                    if r.external and r.kind == "image":
                        self.gone.add("外部の画像")
                elif not r.external and r.target in self.package and r.target not in self.reached:
                    self.reached[r.target] = None
                    waiting.append(r.target)

    def _stays(self, r: Relationship) -> bool:
        if r.external:
            return r.kind == "hyperlink" and bool(_LINKS.match(r.target))
        if r.kind == "hyperlink":
            return True
        if r.kind not in _PASSIVE or r.target not in self.package or _ACTIVE_TYPE.search(self._type(r.target)):
            return False
        if r.kind == "pivotCacheDefinition":
            source = self.package.xml(r.target).find(f"{_N}cacheSource")
            here = source is not None and source.get("type") == "worksheet"
            own = here and not any(o.external for o in self.package.relationships(r.target))
            self.gone.update(() if own else ("外部データの接続",))
            return own
        if r.kind == "pivotTable":
            return all(map(self._stays, self.package.relationships(r.target)))
        return True

    def _type(self, name: str) -> str:
        return str(self._types.get(name.casefold()) or self._defaults.get(name.rpartition(".")[2].lower(), ""))

    def _is_xml(self, name: str) -> bool:
        return name.lower().endswith((".xml", ".vml")) or self._type(name).endswith("xml")

    def _without_calc_chain(self) -> None:
        book = next(r.target for r in self.package.relationships() if r.kind == "officeDocument")
        for r in self.package.relationships(book):
            if r.kind == "calcChain":
                self.cut.setdefault(book, set()).add(r.id)
                self.reached.pop(r.target, None)

    # What changes in a part

    def _root(self, name: str) -> etree._Element:
        """Return the root of a part as changed so far."""
        root = self.trees.get(name)
        return self.package.xml(name) if root is None else root

    def _clean(self, name: str) -> None:
        """Remove active formulas from a part, and what refers to parts that go."""
        try:
            root = self._root(name)
        except PackageError:
            return  # damaged: the reader of the part reports it
        changed = self._unrefer(root, self.cut.get(name, set()))
        changed |= self._passive_attributes(root)
        changed |= self._passive_table(root)
        changed |= self._without_formulas(root)
        if changed:
            self.trees[name] = root

    def _unrefer(self, root: etree._Element, ids: set[str]) -> bool:
        """Remove what refers to these relationships; return True if anything changed."""
        changed = False
        dropped: list[tuple[int, str]] = []
        for e in list(root.iter(etree.Element)) if ids else ():
            found = [key for key, value in e.attrib.items() if value in ids]
            keys = [key for key in found if _ns(key) == DOC_RELS_NS or key.endswith("}relid")]
            if not keys:
                continue
            changed = True
            name = _local(e)
            if name in _UNREFERRED:
                for key in keys:
                    del e.attrib[key]
                continue
            if name in ("control", "oleObject") and e.get("shapeId"):
                self.shapes.add(f"_x0000_s{e.get('shapeId')}")
            if name == "sheet":
                dropped.append((e.getparent().index(e), e.get("name", "")))
            if e is not root:
                _take_out(e)
        if dropped:
            self._without_sheets(root, dropped)
        return changed

    def _without_sheets(self, book: etree._Element, dropped: list[tuple[int, str]]) -> None:
        """Renumber the sheets that names belong to; ``dropped`` are index and name of each removed one, in order."""
        self.frozen = True
        if not len(book.find(f"{_N}sheets")):
            raise PackageError("シートがありません")
        for at, name in dropped:
            for named in list(book.iter(f"{_N}definedName")):
                local = int(named.get("localSheetId", "-1"))
                if local == at or f"{name.casefold()}!" in (named.text or "").casefold().replace("'", ""):
                    _take_out(named)
                elif local > at:
                    named.set("localSheetId", str(local - 1))
        for view in book.iter(f"{_N}workbookView"):
            for key in ("activeTab", "firstSheet"):
                view.attrib.pop(key, None)

    def _passive_attributes(self, root: etree._Element) -> bool:
        changed = False
        for found in _MAY_ACT(root):
            local = found.attrname.rpartition("}")[2]
            if _ACTING[local](str(found)):
                del found.getparent().attrib[found.attrname]
                self.gone.update(("マクロ",) if local == "macro" else ())
                changed = True
        for e in list(root.iter("{urn:schemas-microsoft-com:office:excel}FmlaMacro")):
            e.getparent().remove(e)
            changed = True
        return changed

    def _passive_table(self, root: etree._Element) -> bool:
        """Turn a table filled by a query or an XML map into an ordinary one."""
        if root.tag != f"{_N}table" or not {"tableType", "connectionId"} & set(root.attrib):
            return False
        for key in ("tableType", "connectionId"):
            root.attrib.pop(key, None)
        for column in root.iter(f"{_N}tableColumn"):
            column.attrib.pop("queryTableFieldId", None)
            for e in column.findall(f"{_N}xmlColumnPr"):
                column.remove(e)
        return True

    def _without_formulas(self, root: etree._Element) -> bool:
        shared: set[str] = set()
        found: list[etree._Element] = []
        for e in root.iter(*_FORMULA_TAGS):
            if is_active(e.text or "") or (_local(e) == "definedName" and _is_macro(e)):
                found.append(e)
                if _local(e) == "f" and e.get("t") == "shared" and e.get("si"):
                    shared.add(e.get("si", ""))
        found += [e for e in root.iter(f"{_N}f") if shared and e.get("si") in shared and e not in found]
        for e in found:
            self.gone.add(_FORMULAS)
            self._freeze(e)
        return bool(found)

    def _freeze(self, e: etree._Element) -> None:
        parent = e.getparent()
        if parent is None:
            return
        owner = next((a for a in e.iterancestors() if _local(a) in _OWNERS), None)
        if parent.tag == f"{_N}c":
            parent.remove(e)
            self.frozen = True
        elif owner is not None:
            _take_out(owner)
        elif _local(parent) in ("strRef", "numRef"):
            _as_literal(parent)
        elif _ns(e.tag) == MAIN_NS:
            _take_out(e)
        else:
            e.text = None

    def _without_shapes(self, name: str) -> None:
        """Remove from a part the pictures of embedded objects and controls that are gone."""
        if not self.shapes or not self._is_xml(name):
            return
        root = self._root(name)
        found = [e for e in root.iter("{urn:schemas-microsoft-com:vml}shape") if e.get("id") in self.shapes]
        for e in root.iter("{http://schemas.microsoft.com/office/drawing/2010/main}compatExt"):
            if e.get("spid") in self.shapes:
                found += [a for a in e.iterancestors() if _local(a).endswith("CellAnchor")][-1:]
        for e in found:
            if e.getparent() is not None:
                _take_out(e)
                self.trees[name] = root

    # The package

    def _relationships(self) -> None:
        for owner, ids in self.cut.items():
            if owner and owner not in self.reached:
                continue
            name = self.package.find(rels_name(owner)) or rels_name(owner)
            self.trees[name] = root = self._root(name)
            for r in [r for r in root.iter(f"{{{RELS_NS}}}Relationship") if r.get("Id") in ids]:
                root.remove(r)

    def _content_types(self, types: etree._Element, stay: set[str]) -> None:
        """Remove the types of parts that went; a workbook with macros becomes an ordinary one."""
        changed = False
        extensions = {name.rpartition(".")[2] for name in stay}
        for e in list(types):
            part, kind = e.get("PartName", "").lstrip("/").casefold(), e.get("ContentType", "")
            if kind.endswith("main+xml") and part in stay and kind != _BOOK_TYPE:
                e.set("ContentType", _BOOK_TYPE)
                changed = True
            over = e.tag == f"{{{TYPES_NS}}}Override" and part not in stay
            if over or (_ACTIVE_TYPE.search(kind) and (over or e.get("Extension", "").lower() not in extensions)):
                types.remove(e)
                changed = True
        if changed:
            self.trees[TYPES_PART] = types


def _local(e: etree._Element) -> str:
    return str(etree.QName(e).localname)


def _ns(key: str) -> str:
    return key[1:].partition("}")[0] if key.startswith("{") else ""


def _is_macro(name: etree._Element) -> bool:
    flags = ("function", "vbProcedure", "xlm")
    return any(name.get(key) in TRUE for key in flags) or bool(_RUNS.fullmatch(name.get("name", "")))


def _take_out(e: etree._Element) -> None:
    """Remove an element and any ancestors it leaves empty."""
    parent = e.getparent()
    if e.tail and e.tail.strip():
        e.tail = None
    parent.remove(e)
    if _local(parent) in _COUNTED and parent.get("count"):
        parent.set("count", str(len(parent)))
    left: Iterator[etree._Element] = parent.iterchildren("{*}*")
    if _local(parent) == "AlternateContent":
        left = (c for c in left if _local(c) == "Choice")
    kept = [c for c in left if not (_local(parent) == "sparklineGroup" and _local(c).startswith("color"))]
    if not kept and _local(parent) in _EMPTIED and parent.getparent() is not None:
        _take_out(parent)


def _as_literal(reference: etree._Element) -> None:
    """Replace a reference of a chart by the values that it last showed."""
    space = f"{{{_ns(reference.tag)}}}"
    kind = _local(reference)[:3]
    cache = reference.find(f"{space}{kind}Cache")
    parent = reference.getparent()
    if _local(parent) == "tx":
        value = etree.Element(f"{space}v")
        value.text = "".join(cache.itertext(f"{space}v")) if cache is not None else ""
        parent.replace(reference, value)
        return
    literal = etree.Element(f"{space}{kind}Lit")
    literal.extend(list(cache) if cache is not None else [])
    parent.replace(reference, literal)

"""An .xlsx package as parts, and a zip writer that copies unchanged parts without recompressing them.

zipfile can neither copy a compressed member nor write one that is already compressed. Both are needed: the unchanged
parts of a workbook stay byte for byte, and the parts that all workbooks of a form share are deflated only once.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from lxml import etree

from ..domain.errors import PackageError, PackageTooLarge
from .bounds import MAX_MARKUP, MAX_MARKUP_OF_ALL, MAX_PARTS, MAX_RELATIONSHIPS, MAX_TEXT_PART

MAX_ENTRIES = 200_000  # entries in the directory of any zip
MAX_PART = 256 * 1024 * 1024  # bytes unzipped; a sheet of a form has about 30 kB
MAX_PACKAGE = 1024 * 1024 * 1024
_SHARED = 100_000  # bytes of a part whose content is remembered
_DATE = 0x0021  # 1980-01-01, so that the same content gives the same bytes
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_ENCRYPTED, _UTF8 = 0x1, 0x800  # bits of the flags
_END = struct.Struct("<4s4H2LH")

RELS_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES_NS = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC_RELS_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
REL_TYPE = DOC_RELS_NS + "/"
TYPES_PART = "[Content_Types].xml"
ORDERS = {  # the children of an element, in the order of the schema
    "workbook": (
        "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
        "externalReferences", "definedNames", "calcPr",
    ),
    "styleSheet": (
        "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
        "extLst",
    ),
    "comments": ("authors", "commentList"),
    "worksheet": (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
        "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
        "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
        "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
        "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
        "webPublishItems", "tableParts", "extLst",
    ),
}  # fmt: skip
T = TypeVar("T")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_ENCODINGS = (b"utf-8", b"utf8", b"us-ascii", b"ascii")


def parse(data: bytes) -> etree._Element:
    """Return the root of an XML part; raise PackageError if it is not well-formed or declares what it may not.

    Forbidden are document types, whose entities can grow without bounds (ISO/IEC 29500-2, 6.5.2), and all encodings
    except UTF-8 and UTF-16.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise PackageError(f"XML が壊れています: {error}") from None
        data = re.sub(r"\A<\?xml[^>]*\?>", "", text).encode("utf-8", "surrogatepass")
    declared = _DECLARED.match(data)
    if b"<!DOCTYPE" in data or (declared and declared[1].lower() not in _ENCODINGS):
        raise PackageError("XML に、使えない宣言があります")
    try:
        return etree.fromstring(data, PARSER)
    except etree.XMLSyntaxError as error:
        raise PackageError(f"XML が壊れています: {error}") from None


def serialise(root: etree._Element) -> bytes:
    """Return an XML part as Excel writes it: UTF-8 with a standalone declaration."""
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data


def insert(parent: etree._Element, element: etree._Element) -> etree._Element:
    """Insert an element in the order of the schema, after the last one that must precede it, and return it."""
    order = ORDERS[etree.QName(parent).localname]
    before = order[: order.index(etree.QName(element).localname)]
    earlier = [child for child in parent.iterchildren("{*}*") if etree.QName(child).localname in before]
    parent.insert(parent.index(earlier[-1]) + 1 if earlier else 0, element)
    return element


def child(parent: etree._Element, name: str) -> etree._Element:
    """Return the child of this name; add it in its place if there is none."""
    found = parent.find(f"{{{MAIN_NS}}}{name}")
    return found if found is not None else insert(parent, etree.Element(f"{{{MAIN_NS}}}{name}"))


class Member(NamedTuple):
    """One file of a zip: its name, compression method, CRC, size unzipped in bytes, and compressed data."""

    name: str
    method: int
    crc: int
    size: int
    data: bytes


def member(name: str, data: bytes, level: int = 6) -> Member:
    """Return ``data`` deflated under this name."""
    # zlib clears a quarter of a megabyte for its largest window; small parts do not need it.
    deflate = zlib.compressobj(level, zlib.DEFLATED, *((-11, 4) if len(data) < 2048 else (-15, 8)))
    return Member(name, zipfile.ZIP_DEFLATED, zlib.crc32(data), len(data), deflate.compress(data) + deflate.flush())


def zip_bytes(members: Iterable[Member]) -> bytes:
    """Return a zip archive of these members, in this order, with fixed dates."""
    out: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for m in members:
        name = m.name.encode("utf-8")
        flags = 0 if name.isascii() else _UTF8
        head = _LOCAL.pack(b"PK\3\4", 20, flags, m.method, 0, _DATE, m.crc, len(m.data), m.size, len(name), 0)
        out += (head, name, m.data)
        central.append(
            _CENTRAL.pack(b"PK\1\2", 20, 20, flags, m.method, 0, _DATE, m.crc, len(m.data), m.size,
                          len(name), 0, 0, 0, 0, 0, offset) + name
        )  # fmt: skip
        offset += len(head) + len(name) + len(m.data)
    directory = b"".join(central)
    out += (directory, _END.pack(b"PK\5\6", 0, 0, len(central), len(central), len(directory), offset, 0))
    return b"".join(out)


class Relationship(NamedTuple):
    """One relationship; ``target`` is the name of a part in the package, or the URL if ``external``."""

    id: str
    type: str
    target: str
    external: bool = False

    @property
    def kind(self) -> str:
        """The last word of the type: ``worksheet``, ``table``, ``drawing`` …"""
        return self.type.rsplit("/", 1)[-1]


class Package:
    """A package in memory: ``read`` returns the bytes of a part, ``with_parts`` the bytes of a changed package."""

    def __init__(self, data: bytes, *, outside: bool = False) -> None:
        """Raise PackageError if the data is damaged or not a zip, PackageTooLarge beyond the limits.

        The limits are tighter for packages from ``outside``; all others were made by us or chosen by the office.
        """
        self.data, self._outside, self._parsed = data, outside, 0
        infos = zip_directory(data).infolist()
        if outside and len(infos) > MAX_PARTS:
            raise PackageTooLarge(f"ファイルの中の部品の数が上限（{MAX_PARTS:,}）を超えています")
        if sum(i.file_size for i in infos) > MAX_PACKAGE or any(i.file_size > MAX_PART for i in infos):
            raise PackageTooLarge("展開後の大きさが上限を超えています")
        parts = [i for i in infos if not i.filename.endswith("/")]
        self._infos = {i.filename: i for i in parts}
        # Part names are compared without case (ISO/IEC 29500-2, 6.2.2.3), and some writers rely on it.
        self._folded = {name.casefold(): name for name in self._infos}
        if len(self._folded) < len(parts):  # programs do not agree on which of two they read
            raise PackageError("同じ名前の部品が 2 つあります")
        self._relationships: dict[str, tuple[Relationship, ...]] = {}

    @classmethod
    def open(cls, path: Path | str) -> Package:
        """Return the package stored at ``path``; raise OSError or PackageError."""
        return cls(Path(path).read_bytes())

    @property
    def names(self) -> list[str]:
        """The names of the parts, in the order of the archive."""
        return list(self._infos)

    def find(self, name: str) -> str | None:
        """Return the name of a part as stored, whatever its case; None if there is none."""
        return name if name in self._infos else self._folded.get(name.casefold())

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def read(self, name: str) -> bytes:
        """Return the bytes of a part; raise PackageError if it is missing or damaged."""
        if name not in self:
            raise PackageError(f"部品 {name} がありません")
        found = self.member(name)
        data = found.data
        try:
            if found.method == zipfile.ZIP_DEFLATED:
                data = zlib.decompressobj(-15).decompress(data, MAX_PART + 1)
            elif found.method != zipfile.ZIP_STORED:
                raise ValueError(f"method {found.method}")
            if len(data) <= MAX_PART and zlib.crc32(data) != found.crc:
                raise ValueError("CRC")
        except (ValueError, zlib.error) as error:
            raise PackageError(f"部品 {name} が壊れています（{error}）") from None
        if len(data) > MAX_PART:
            raise PackageTooLarge(f"部品 {name} が大きすぎます")
        return data

    def xml(self, name: str) -> etree._Element:
        """Return the root element of a part, parsed again at each call."""
        return self.parsed(self.read(name))

    def parsed(self, data: bytes) -> etree._Element:
        """Return the root of an XML part of this package, within its limits; raise PackageError as :func:`parse`."""
        self.admit(data)
        return parse(data)

    def admit(self, data: bytes) -> None:
        """Count an XML part against the limits of this package before it is parsed; raise PackageTooLarge."""
        if self._outside:
            markup = data.count(b"<") + 2 * data.count(b"=")
            self._parsed += markup
            if len(data) > MAX_TEXT_PART or markup > MAX_MARKUP or self._parsed > MAX_MARKUP_OF_ALL:
                raise PackageTooLarge("大きすぎる部品があります")

    def relationships(self, name: str = "") -> tuple[Relationship, ...]:
        """Return the relationships of a part, or of the package for ``""``, with resolved targets."""
        if name not in self._relationships:
            rels, out = rels_name(name), list[Relationship]()
            data = self.read(rels) if rels in self else b""
            self.admit(data)
            stored = _stored_relationships(data) if data else ()
            if self._outside and len(stored) > MAX_RELATIONSHIPS:
                raise PackageTooLarge("部品どうしの関係が多すぎます")
            for id_, type_, target, external in stored:
                if not external:
                    full = _full_name(name, target)
                    target = self.find(full) or full
                out.append(Relationship(id_, type_, target, external))
            self._relationships[name] = tuple(out)
        return self._relationships[name]

    def member(self, name: str) -> Member:
        """Return a part as stored, still compressed; raise KeyError, or PackageError if it is damaged."""
        info = self._infos[self.find(name) or name]
        header = self.data[info.header_offset : info.header_offset + _LOCAL.size]
        if len(header) < _LOCAL.size or info.flag_bits & _ENCRYPTED:
            raise PackageError(f"部品 {name} が壊れています")
        name_length, extra_length = _LOCAL.unpack(header)[-2:]
        named = info.header_offset + _LOCAL.size
        begin = named + name_length + extra_length
        data = self.data[begin : begin + info.compress_size]
        if len(data) < info.compress_size or self.data[named : named + name_length] != _raw_name(info):
            raise PackageError(f"部品 {name} が壊れています")
        return Member(info.filename, info.compress_type, info.CRC, info.file_size, data)

    def with_parts(self, changed: Mapping[str, bytes], removed: Iterable[str] = ()) -> bytes:
        """Return the package with these parts replaced or added; all others keep their compressed bytes."""
        new = {self.find(name) or name: data for name, data in changed.items()}
        gone = set(removed)
        kept = [name for name in self._infos if name not in gone]
        out = [member(name, new.pop(name)) if name in new else self.member(name) for name in kept]
        return zip_bytes([*out, *(member(name, data) for name, data in new.items())])


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """Return the name of a member as the directory holds it; the member itself must say the same."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "surrogateescape")


def zip_directory(data: bytes) -> zipfile.ZipFile:
    """Open a zip; raise PackageError if it has no directory, PackageTooLarge for an enormous one."""
    if data.count(b"PK\1\2") > MAX_ENTRIES:  # each takes half a kilobyte of memory
        raise PackageTooLarge(f"圧縮ファイルの中のファイルの数が上限（{MAX_ENTRIES:,}）を超えています")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError, OverflowError) as error:
        raise PackageError(f"zip 形式のファイルとして開けません（{error}）") from None


def shared(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Cache what ``read`` returns for small parts: files from one program, or one form, have many in common."""
    remembered = lru_cache(maxsize=128)(read)
    return lambda part: remembered(part) if len(part) <= _SHARED else read(part)


@shared
def _stored_relationships(part: bytes) -> tuple[tuple[str, str, str, bool], ...]:
    """Return the id, type and target of each relationship in a part, and whether it is external."""
    nodes = parse(part).iter(f"{{{RELS_NS}}}Relationship")
    return tuple(
        (r.get("Id", ""), r.get("Type", ""), r.get("Target", ""), r.get("TargetMode") == "External") for r in nodes
    )


@lru_cache(maxsize=1024)  # parts have the same few names in most packages
def _full_name(owner: str, target: str) -> str:
    """Return the name of the part that a relationship of another part points to."""
    path = posixpath.join(posixpath.dirname(owner), target)
    return target[1:] if target.startswith("/") else posixpath.normpath(path)


@lru_cache(maxsize=1024)
def rels_name(name: str) -> str:
    """Return the name of the part with the relationships of part ``name``."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")

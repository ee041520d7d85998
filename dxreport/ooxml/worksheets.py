"""The worksheets of an .xlsx package, each read in one pass over its XML (ECMA-376 part 1, 18.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from lxml import etree

from ..domain.errors import PackageError, PackageTooLarge
from .cells import BLANK, At, Cell, Grid, boolean_cell, number_cell, with_formula
from .formats import BUILT_IN
from .package import MAIN_NS, MAX_PART, Package, parse
from .refs import Box, box, column_number
from .refs import cell as parse_ref
from .table import workbook_part
from .text import TRUE, XML_SPACE, string_item, unescape

_STRICT_NS = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # ISO/IEC 29500 strict
_N = f"{{{MAIN_NS}}}"
_C, _F, _V, _IS = (_N + name for name in ("c", "f", "v", "is"))
_OTHER_SHEETS = ("chartsheet", "dialogsheet", "xlMacrosheet")
# A cell with content as nearly all programs write it. A sheet with any other is parsed, which takes three times as long.
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,6})")?(?: t="([a-zA-Z]+)")?>(?:<f(?: aca="false")?>([^<]+)</f>)?'
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t( xml:space="preserve")?>([^<]*)</t></is>)?</c>'
)
_STRING = re.compile(r'<si><t( xml:space="preserve")?(?:/>|>([^<]*)</t>)</si>')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?)" ?/>')
# A cell as the XML holds it: row, column, style, type, formula, and its value or the text of its inline string.
_Stored = tuple[int, int, str, str, str, str]


class Worksheets:
    """Reads the worksheets of a package. Shared strings and number formats are looked up once, when needed."""

    def __init__(self, package: Package, largest: int = MAX_PART) -> None:
        """``largest`` is the bytes that a sheet may have unzipped.

        Raises PackageError where the workbook part is missing or damaged.
        """
        self._package, self._largest = package, largest
        workbook = workbook_part(package)
        self._relationships = package.relationships(workbook)
        self._sheets: dict[str, tuple[str, bool]] = {}  # part, and whether it is hidden
        root = package.xml(workbook)
        properties = root.find("{*}workbookPr")
        self.date1904 = properties is not None and properties.get("date1904") in TRUE
        for node in root.iterfind("{*}sheets/{*}sheet"):
            ids = [value for name, value in node.attrib.items() if name.endswith("}id")]
            found = next((r for r in self._relationships if r.id in ids), None)
            if found is None:
                raise PackageError(f"シート「{node.get('name')}」の部品がありません")
            if found.kind not in _OTHER_SHEETS:  # whatever type of sheet a program wrote
                self._sheets[node.get("name", "")] = found.target, node.get("state", "visible") != "visible"

    @property
    def names(self) -> list[str]:
        """The names of the worksheets in their order, hidden ones among them."""
        return list(self._sheets)

    def grid(self, name: str) -> Grid:
        """The worksheet of this name. A damaged part of notes counts as none.

        Raises KeyError where there is no such worksheet, PackageError where its part is damaged.
        """
        part, hidden = self._sheets[name]
        cells, merges = self.cells(part)
        return Grid(name, hidden, cells, merges, self._notes(part))

    def cells(self, part: str) -> tuple[dict[At, Cell], tuple[Box, ...]]:
        """The cells of a worksheet part that hold anything, and its merged ranges; raises PackageError."""
        raw = self._package.read(part)
        if len(raw) > self._largest:
            raise PackageTooLarge("大きすぎるシートがあります")
        try:
            stored, merges = _scanned(raw) or _parsed(raw)
            cells = {}
            for row, column, style, kind, formula, content in stored:
                cell = self._value(kind, content, style)
                if formula:
                    cell = with_formula(cell, formula)
                if cell.text or cell.formula or cell.kind not in ("blank", "text"):
                    cells[row, column] = cell
        except ValueError as error:
            raise PackageError(f"部品 {part} が壊れています（{error}）") from None
        return cells, merges

    def _value(self, kind: str, content: str, style: str) -> Cell:
        if kind == "inlineStr":
            return Cell("text", content)
        if kind == "s" and content:
            number = int(content)
            if not 0 <= number < len(self._strings):
                raise PackageError("文字の表（sharedStrings）が失われています")
            return Cell("text", self._strings[number])
        if kind == "str":
            return Cell("text", unescape(content))
        value = content.strip()
        if not value:
            return BLANK
        if kind == "b":
            return boolean_cell(value in TRUE)
        if kind == "e":
            return Cell("error", value)
        if kind == "d":
            return Cell("date", value.replace("-", "/").replace("T", " "), value, certain=False)
        try:
            index = int(style or "0")
            code = self._formats[index] if index < len(self._formats) else "General"
            return number_cell(value, code, self.date1904)
        except ValueError:
            return Cell("text", value)

    @cached_property
    def _strings(self) -> list[str]:
        raw = self._related("sharedStrings")
        text = _plain(raw)
        found = _STRING.findall(text)
        if found and len(found) == text.count("<si>"):
            return [_inline(text, spaced) for spaced, text in found]
        return [string_item(si) for si in _xml(raw).iterfind(_N + "si")]

    @cached_property
    def _formats(self) -> list[str]:
        """The number format code of every cell format (``s`` of a cell)."""
        root = _xml(self._related("styles"))
        own = {n.get("numFmtId"): n.get("formatCode", "") for n in root.iterfind(f"{_N}numFmts/{_N}numFmt")}
        ids = [xf.get("numFmtId", "0") for xf in root.iterfind(f"{_N}cellXfs/*")]
        return [own[i] if i in own else BUILT_IN.get(int(i) if i.isdigit() else 0, "General") for i in ids]

    def _related(self, kind: str) -> bytes:
        """The part of this kind, or an empty element where there is none."""
        part = next((r.target for r in self._relationships if r.kind == kind), "")
        return self._package.read(part) if part in self._package else b"<none/>"

    def _notes(self, part: str) -> dict[At, str]:
        """Notes by cell; a thread of comments replaces the note that old programs show in its place."""
        notes: dict[At, str] = {}
        threads: dict[At, list[str]] = {}
        try:
            for relation in self._package.relationships(part):
                if relation.kind not in ("comments", "threadedComment") or relation.target not in self._package:
                    continue
                for node in _xml(self._package.read(relation.target)).iter("{*}comment", "{*}threadedComment"):
                    at, text = parse_ref(node.get("ref", "A1")), node.find("{*}text")
                    if text is not None and relation.kind == "comments":
                        notes[at] = string_item(text)
                    elif text is not None:
                        threads.setdefault(at, []).append(text.text or "")
        except (PackageError, ValueError):
            return {}
        return notes | {at: "\n".join(texts) for at, texts in threads.items()}


def _xml(data: bytes) -> etree._Element:
    return parse(data.replace(_STRICT_NS, MAIN_NS.encode()))


def _scanned(raw: bytes) -> tuple[Iterable[_Stored], tuple[Box, ...]] | None:
    """The cells and merged ranges of a sheet by its text alone; None where a cell is written in another way."""
    _, _, rest = _plain(raw).partition("<sheetData>")
    data, end, tail = rest.partition("</sheetData>")
    found, merges = _CELL.findall(data), _MERGE.findall(tail)
    if not end or len(found) != data.count("</c>") or len(merges) != tail.count("<mergeCell "):
        return None
    cells = (
        (int(row), column_number(letters), style, kind, f"={_unquoted(formula)}" if formula else "",
         _inline(inline, spaced) if kind == "inlineStr" else _unquoted(value))
        for letters, row, style, kind, formula, value, spaced, inline in found
    )  # fmt: skip
    return cells, tuple(map(box, merges))


def _plain(raw: bytes) -> str:
    """The text of an XML part in UTF-8 without comments and the like; ``""`` for any other."""
    try:
        return raw.decode() if b"<!" not in raw else ""
    except UnicodeDecodeError:
        return ""


def _inline(text: str, spaced: str) -> str:
    text = _unquoted(text)
    return unescape(text if spaced else text.strip(XML_SPACE))


def _unquoted(text: str) -> str:
    """Character data as an XML parser gives it; raises PackageError where it is malformed."""
    return parse(f"<t>{text}</t>".encode()).text or "" if "&" in text or "\r" in text else text


def _parsed(raw: bytes) -> tuple[Iterable[_Stored], tuple[Box, ...]]:
    """The same by the XML, however it is written; raises PackageError, or ValueError for a wrong reference."""
    root = _xml(raw)
    return _cells_of(root), tuple(box(node.get("ref", "A1")) for node in root.iter(_N + "mergeCell"))


def _cells_of(root: etree._Element) -> Iterator[_Stored]:
    row = 0
    for line in root.iterfind(f"{_N}sheetData/{_N}row"):
        row, column = int(line.get("r", row + 1)), 0
        for c in line.iterfind(_C):
            ref = c.get("r")
            at, column = parse_ref(ref.upper()) if ref else (row, column + 1)
            if len(c):
                kind, inline, formula = c.get("t", "n"), c.find(_IS), c.find(_F)
                content = c.findtext(_V) if kind != "inlineStr" else None if inline is None else string_item(inline)
                written = "" if formula is None else f"={formula.text or ''}"
                yield at, column, c.get("s", "0"), kind, written, content or ""

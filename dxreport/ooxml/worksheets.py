"""Read the worksheets of an .xlsx package, each in one pass over its XML (ECMA-376 part 1, 18.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from operator import itemgetter
from typing import Generic, TypeVar

from lxml import etree

from ..domain.errors import PackageError
from . import bounds
from .bounds import Bounds
from .cells import BLANK, At, Cell, Grid, boolean_cell, number_cell, with_formula
from .formats import BUILT_IN
from .package import MAIN_NS, Package, parse, shared
from .refs import Box, box, column_number
from .refs import cell as parse_ref
from .table import workbook_part
from .text import TRUE, XML_SPACE, string_item, unescape

_STRICT_NS = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # ISO/IEC 29500 strict
_N = f"{{{MAIN_NS}}}"
_C, _F, _V, _IS, _T = (_N + name for name in ("c", "f", "v", "is", "t"))
OTHER_SHEETS = ("chartsheet", "dialogsheet", "xlMacrosheet")
# A cell with content as nearly all programs write it. A sheet with any other cell is parsed, which takes three times as
# long.
_CONTENT = (  # possessive quantifiers, since nothing can match in two ways: they take a third less time
    r'(?: s="([0-9]{1,6}+)")?+(?: t="([a-zA-Z]++)")?+>(?:<is><t( xml:space="preserve")?+>([^<]*+)</t>(</is>)'
    r'|(?:<f(?: aca="false")?+>([^<]++)</f>)?+(?:<v>([^<]*+)</v>|<v ?+/>)?+)'
)
_UNGROUPED = re.sub(r"\((?!\?)", "(?:", _CONTENT)
_CELL = re.compile(r'<c r="([A-Z]{1,3}+)([1-9][0-9]{0,6}+)"(?:(' + _UNGROUPED + ")</c>|[^<>/]*+/>)")
_PARTS = re.compile(_CONTENT)
# The content of a text: the text, or its number among the shared strings. Most cells are of this form.
_TEXT_CELL = re.compile(
    r'(?: s="[0-9]{1,6}+")?+ t="(?:s"><v>([0-9]{1,9}+)</v>'
    r'|inlineStr"><is><t( xml:space="preserve")?+>([^<&\r]*+)</t></is>)'
)
_STRING = re.compile(r'<si><t( xml:space="preserve")?(?:/>|>([^<]*)</t>)</si>')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?)" ?/>')
_PREFIX = re.compile(r"xmlns:([^\s=]+)\s*=")
_BOOLEANS = {*TRUE, "0", "false"}
_KINDS = {"", "n", "s", "str", "b", "e", "d", "inlineStr"}
_INDEX = re.compile("[0-9]{1,9}")
# A cell as the XML holds it: style, type, formula, value and the text of its inline string (None: neither).
_Stored = tuple[str, str, str, str | None, str | None]
_Content = str | _Stored  # of a cell: its XML after the reference, or the same parsed
_Shown = TypeVar("_Shown")  # what a caller wants of a cell
_PIECE = 1 << 17  # bytes of a sheet that are scanned at once
_MANY = 1 << 12  # cells that are remembered at once


@dataclass(slots=True)
class _Found(Generic[_Shown]):
    """The cells of a worksheet with any content: their rows, columns and what they show; and its merged ranges."""

    merges: tuple[Box, ...]
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    shown: list[_Shown | None] = field(default_factory=list)


class _Known(dict[_Content, _Shown | None]):
    """A cache of what cells show, so that equal ones are read once."""

    def __init__(self, make: Callable[[_Content], _Shown | None]) -> None:
        self._make = make

    def __missing__(self, content: _Content) -> _Shown | None:
        if len(self) >= _MANY:
            self.clear()
        made = self[content] = self._make(content)
        return made


class Worksheets:
    """Reads the worksheets of a package; shared strings, number formats and equal cells are read once, when needed."""

    def __init__(self, package: Package, limits: Bounds | None = None, like: Worksheets | None = None) -> None:
        """Open a package, within ``limits`` if from outside; ``like`` has read one with the same strings and formats.

        Raise PackageError if the workbook part is missing or damaged, or names a sheet twice.
        """
        self._package, self._limits = package, limits
        self._known: _Known[Cell] = _Known(self._cell) if like is None else like._known  # labels and keys recur
        workbook = workbook_part(package)
        self._relationships = package.relationships(workbook)
        self._sheets: dict[str, tuple[str, bool]] = {}  # part, and True if hidden
        root = package.xml(workbook)
        properties = root.find("{*}workbookPr")
        self.date1904 = properties is not None and properties.get("date1904") in TRUE
        by_id = {r.id: r for r in reversed(self._relationships)}
        for node in root.iterfind("{*}sheets/{*}sheet"):
            self._take(bounds.SHEETS, 1)
            ids = [value for name, value in node.attrib.items() if name.endswith("}id")]
            found = next((by_id[id_] for id_ in ids if id_ in by_id), None)
            if node.get("name", "") in self._sheets:
                raise PackageError(f"シート「{node.get('name')}」が 2 枚あります")
            if found is None:
                raise PackageError(f"シート「{node.get('name')}」の部品がありません")
            if found.kind not in OTHER_SHEETS:  # whatever type of sheet a program wrote
                self._sheets[node.get("name", "")] = found.target, node.get("state", "visible") != "visible"

    @property
    def names(self) -> list[str]:
        """The names of the worksheets in order, including hidden ones."""
        return list(self._sheets)

    def grid(self, name: str) -> Grid:
        """Return the worksheet of this name; without notes if these are damaged.

        Raise KeyError if there is no such worksheet, PackageError if its part is damaged.
        """
        part, hidden = self._sheets[name]
        cells, merges = self.cells(part)
        return Grid(name, hidden, cells, merges, self._notes(part))

    def cells(self, part: str) -> tuple[dict[At, Cell], tuple[Box, ...]]:
        """Return the cells of a worksheet part with any content, and its merged ranges.

        Raise PackageError if the part is damaged.
        """
        found = self._found(part, self._known)
        at = zip(found.rows, found.columns, strict=True)
        return {place: cell for place, cell in zip(at, found.shown, strict=True) if cell is not None}, found.merges

    def shown(self, part: str, show: Callable[[Cell], _Shown]) -> Iterable[tuple[int, int, _Shown | None]]:
        """Yield the row and column of each cell, with what ``show`` returns for it; None for one that turns out blank.

        ``show`` must be a pure function: of equal cells, not every one is passed to it. Raise PackageError if the part
        is damaged.
        """

        def shown(content: _Content) -> _Shown | None:
            cell = self._cell(content)
            return None if cell is None else show(cell)

        found = self._found(part, _Known(shown))
        return zip(found.rows, found.columns, found.shown, strict=True)

    def _found(self, part: str, known: _Known[_Shown]) -> _Found[_Shown]:
        raw = self._package.read(part)
        self._take(bounds.BYTES, len(raw))
        if self._limits:
            self._take(bounds.CELLS, raw.count(b"</c>") + raw.count(b":c>"))
        try:
            return self._scanned(raw, known) or self._parsed(raw, known)
        except ValueError as error:
            raise PackageError(f"部品 {part} が壊れています（{error}）") from None

    def _take(self, what: str, count: int) -> None:
        if self._limits:
            self._limits.take(what, count)

    def _cell(self, content: _Content) -> Cell | None:
        """Return the cell with this content, None if it turns out blank."""
        if isinstance(content, str):
            if match := _TEXT_CELL.fullmatch(content):
                number, spaced, inline = match.groups()
                text = self._shared(number) if number else unescape(inline if spaced else inline.strip(XML_SPACE))
                return Cell("text", text) if text else None
            content = _stored_in(content)
        style, kind, formula, value, inline = content
        cell = self._value(kind, value, inline, style)
        if formula:
            return with_formula(cell, formula)
        return cell if cell.text or cell.kind not in ("blank", "text") else None

    def _value(self, kind: str, content: str | None, inline: str | None, style: str) -> Cell:
        """Return a cell as Excel shows it; ``unclear`` if the file breaks the rules and so does not say."""
        if kind == "inlineStr" and not content:
            return Cell("text", inline or "")
        if inline is not None or kind not in _KINDS:
            return Cell("unclear", inline or content or "")
        if not content:
            return BLANK
        if kind == "s" and content.isdecimal() and content.isascii():
            return Cell("text", self._shared(content))
        if kind == "str":
            return Cell("text", unescape(content))
        value = content.strip(XML_SPACE)
        return self._plain_value(kind, value, style) if value else BLANK

    def _plain_value(self, kind: str, value: str, style: str) -> Cell:
        if kind in ("", "n"):
            return self._number(value, style)
        if kind == "b" and value in _BOOLEANS:
            return boolean_cell(value in TRUE)
        if kind == "e":
            return Cell("error", value)
        if kind == "d":
            return Cell("date", value.replace("-", "/").replace("T", " "), value, certain=False)
        return Cell("unclear", value)

    def _number(self, value: str, style: str) -> Cell:
        index = int(style or 0) if _INDEX.fullmatch(style or "0") else -1
        known = 0 <= index < max(1, len(self._formats))
        cell = number_cell(value, self._formats[index] if known and self._formats else "General", self.date1904)
        return cell if known else cell._replace(certain=False)

    def _shared(self, number: str) -> str:
        """Return the shared string of this number, counted from 0. Raise PackageError if there is none."""
        try:
            return self._strings[int(number)]
        except IndexError:
            raise PackageError("文字の表（sharedStrings）が失われています") from None

    @cached_property
    def _strings(self) -> list[str]:
        raw = self._related("sharedStrings")
        text = raw.decode() if _is_plain(raw) else ""
        found = _STRING.findall(text)
        if found and len(found) == text.count("<si>"):
            return [_inline(text, spaced) for spaced, text in found]
        items = list(self._xml(raw).iterfind(_N + "si"))
        if any(len(si.findall(_T)) > 1 for si in items):  # some programs join the texts, some show the last one
            raise PackageError("文字の表（sharedStrings）が壊れています")
        return [string_item(si) for si in items]

    @cached_property
    def _formats(self) -> tuple[str, ...]:
        """The number format code of every cell format (``s`` of a cell)."""
        styles = self._related("styles")
        self._package.admit(styles)
        return _number_formats(styles)

    def _related(self, kind: str) -> bytes:
        """Return the part of this kind, or an empty element if there is none."""
        part = next((r.target for r in self._relationships if r.kind == kind), "")
        return self._package.read(part) if part in self._package else b"<none/>"

    def _notes(self, part: str) -> dict[At, str]:
        """Return notes by cell; a thread of comments replaces the note that old programs show instead of it."""
        notes: dict[At, str] = {}
        threads: dict[At, list[str]] = {}
        try:
            for relation in self._package.relationships(part):
                if relation.kind not in ("comments", "threadedComment") or relation.target not in self._package:
                    continue
                for node in self._xml(self._package.read(relation.target)).iter("{*}comment", "{*}threadedComment"):
                    at, text = parse_ref(node.get("ref", "A1")), node.find("{*}text")
                    if text is not None and relation.kind == "comments":
                        notes[at] = string_item(text)
                    elif text is not None:
                        threads.setdefault(at, []).append(text.text or "")
        except (PackageError, ValueError):
            return {}
        return notes | {at: "\n".join(texts) for at, texts in threads.items()}

    def _xml(self, data: bytes) -> etree._Element:
        return self._package.parsed(_transitional(data))

    def _scanned(self, raw: bytes, known: _Known[_Shown]) -> _Found[_Shown] | None:
        """Read a worksheet by regular expressions alone; return None if a cell is written unusually."""
        start, end = raw.find(b"<sheetData>"), raw.find(b"</sheetData>")
        if not 0 <= start < end or not _is_plain(raw):
            return None
        head, tail = raw[:start].decode(), raw[end:].decode()
        merges, prefixes = _MERGE.findall(tail), _PREFIX.findall(head)
        if "<sheetData" in tail or not _is_plain_head(head) or len(merges) != tail.count("<mergeCell "):
            return None
        out, last = _Found[_Shown](tuple(map(box, merges))), 0
        for text in _rows(raw, start, end):
            if "xmlns" in text or any(f"<{prefix}:" in text for prefix in prefixes):
                return None
            found = _CELL.findall(text)
            letters, rows, contents = (list(map(itemgetter(n), found)) for n in range(3))
            if len(contents) - contents.count("") != text.count("</c>"):
                return None
            if len(found) != text.count("<c"):
                return None  # the XML is not well-formed, or an empty cell is written in another way
            numbers = set(map(int, set(rows)))
            if min(numbers, default=last + 1) <= last:
                return None
            last = max(numbers, default=last)
            _check_single(list(zip(letters, rows, strict=True)))
            out.rows += map(int, compress(rows, contents))
            out.columns += map(column_number, compress(letters, contents))
            out.shown += map(known.__getitem__, filter(None, contents))
        self._take(bounds.MERGES, len(merges))  # last, since a sheet that is parsed instead counts them itself
        return out

    def _parsed(self, raw: bytes, known: _Known[_Shown]) -> _Found[_Shown]:
        """Read a worksheet however its XML is written. Raise PackageError, or ValueError for a wrong reference."""
        root = self._xml(raw)
        out = _Found[_Shown](tuple(box(node.get("ref", "A1")) for node in root.iter(_N + "mergeCell")))
        self._take(bounds.MERGES, len(out.merges))
        for row, column, stored in _stored(root):
            out.rows.append(row)
            out.columns.append(column)
            out.shown.append(known[stored])
        return out


@shared
def _number_formats(styles: bytes) -> tuple[str, ...]:
    root = parse(_transitional(styles))
    own = {n.get("numFmtId"): n.get("formatCode", "") for n in root.iterfind(f"{_N}numFmts/{_N}numFmt")}
    ids = [xf.get("numFmtId", "0") for xf in root.iterfind(f"{_N}cellXfs/*")]
    return tuple(own[i] if i in own else BUILT_IN.get(int(i) if _INDEX.fullmatch(i) else 0, "General") for i in ids)


def _transitional(part: bytes) -> bytes:
    """Return a part with the names of ISO/IEC 29500 Transitional instead of Strict."""
    return part.replace(_STRICT_NS, MAIN_NS.encode())


def _is_plain_head(head: str) -> bool:
    """Return True if the spreadsheet namespace is the default one, and no prefix stands for it as well."""
    return f'xmlns="{MAIN_NS}"' in head and not re.search(rf'xmlns:[^=]*=\s*["\']{MAIN_NS}', head)


def _check_single(refs: Sequence[object]) -> None:
    """Raise ValueError if a cell occurs twice: programs do not agree on which one counts."""
    if len(set(refs)) < len(refs):
        raise ValueError("同じセルが 2 つあります")


def _is_plain(raw: bytes) -> bool:
    """Return True if an XML part has no comments, CDATA and the like."""
    return b"<!" not in raw and raw.find(b"<?", 5) < 0


def _rows(raw: bytes, start: int, end: int) -> Iterator[str]:
    """Yield the XML of rows in pieces that take little memory, each of whole rows."""
    while start < end:
        cut = raw.find(b"</row>", start + _PIECE, end)
        cut = end if cut < 0 else cut
        yield raw[start:cut].decode()
        start = cut


def _inline(text: str, spaced: str | bool) -> str:
    text = _unquoted(text)
    return unescape(text if spaced else text.strip(XML_SPACE))


def _unquoted(text: str) -> str:
    """Return character data as an XML parser would. Raise PackageError if it is malformed."""
    return parse(f"<t>{text}</t>".encode()).text or "" if "&" in text or "\r" in text else text


def _stored_in(content: str) -> _Stored:
    """Return what the XML of a cell holds after its reference."""
    match = _PARTS.fullmatch(content)
    assert match
    style, kind, spaced, inline, end_of_inline, formula, value = match.groups("")
    text = _inline(inline, spaced) if end_of_inline else None
    return style, kind, f"={_unquoted(formula)}" if formula else "", _unquoted(value), text


def _stored(root: etree._Element) -> Iterator[tuple[int, int, _Stored]]:
    row, refs = 0, []
    for line in root.iterfind(f"{_N}sheetData/{_N}row"):
        row, column = _count(line.get("r"), row + 1), 0
        for c in line.iterfind(_C):
            ref = c.get("r")
            at, column = parse_ref(ref.upper()) if ref else (row, column + 1)
            refs.append((at, column))
            if len(c):
                inline, formula = c.find(_IS), c.find(_F)
                written = "" if formula is None else f"={formula.text or ''}"
                text = None if inline is None else string_item(inline)
                inner = () if inline is None else tuple(inline.iterchildren(etree.Element))
                tags = [child.tag for child in (*c, *inner) if child.tag in (_F, _V, _IS, _T)]
                foreign = any(not child.tag.startswith(_N) for child in (*c.iterchildren(etree.Element), *inner))
                odd = foreign or len(set(tags)) < len(tags)  # some programs show the text of foreign elements too
                kind = "odd" if odd else c.get("t", "n") or "none"
                yield at, column, (c.get("s", "0"), kind, written, c.findtext(_V), text)
    _check_single(refs)
    if len(refs) < sum(1 for _ in root.iter(_C)):  # cells within elements that only some programs look into
        raise ValueError("セルがほかの要素の中にあります")


def _count(text: str | None, default: int) -> int:
    """Return a row number, ``default`` if there is none. Raise ValueError if it is not written in plain digits."""
    if text is not None and not _INDEX.fullmatch(text):
        raise ValueError(f"行 {text}")
    return default if text is None else int(text)

"""Put sheets into a workbook: one per measure or list, the template's others, the stamp; nothing about its author.

Parts that all workbooks of a form share are deflated only once. Every other part is one string and one deflate.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count, zip_longest

from ...domain.errors import DxreportError
from ...domain.model import Measure
from ...ooxml.package import MAIN_NS, REL_TYPE, RELS_NS, TYPES_NS, Member, Relationship, member, rels_name, zip_bytes
from ...ooxml.refs import MAX_SHEET_NAME, column_letters, is_sheet_name, quote_sheet
from ...ooxml.text import escape, escape_attribute, utf16_length
from ..parts.static import SharedParts, shared_parts
from ..records import Form
from ..stamp import SHEET
from ..template import SheetEntry
from .prepare import TEXT_HEAD, TEXT_TAIL, PreparedForm
from .sheet import RenderedSheet, SheetWriter

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_VISIBLE = "visible"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_CORE_REL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_CORE = (
    _DECLARATION
    + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">{}<dc:creator></dc:creator></cp:coreProperties>'
)


@dataclass(frozen=True, slots=True)
class IssuedBook:
    """A workbook as bytes, and the cells (``"01-05!F21"``) whose text is taller than any row can be.

    ``rows`` are the template rows that were rendered, by measure; ``keys`` is the digest of the keys of each sheet, by
    the measure in its stamp.
    """

    data: bytes
    too_tall: tuple[str, ...]
    rows: Mapping[str, frozenset[int]]
    keys: Mapping[str, str]


def render_book(
    prepared: PreparedForm, measures: Sequence[Measure], issue: str, used: Mapping[str, Sequence[str]] | None = None
) -> IssuedBook:
    """Render ``measures`` as sheets named by their IDs, or as one list, stamped as ``issue``.

    ``used`` holds, by measure, all ids that its items ever had. Raise DxreportError as ``SheetWriter`` does, or if an
    ID cannot be the name of a sheet.
    """
    form = prepared.form
    groups = [measures] if form.layout.is_list else [[m] for m in measures]
    sheets = [SheetWriter(prepared, own, issue, used or {}).sheet(first=not i) for i, own in enumerate(groups)]
    stamped = PlainSheet(SHEET, "dxreport", _stamp_xml(prepared, sheets, issue), "veryHidden")
    return _WorkbookWriter(form, sheets, after=(stamped,)).book()


def render_published(
    form: Form, pages: Iterable[tuple[PreparedForm, Sequence[Measure]]], index: Index, title: str
) -> IssuedBook:
    """Render a workbook for reading only, called ``title``: an index, then a sheet for each of ``pages``.

    Every page comes with its own preparation of ``form``; ``index`` makes the first sheet from the place of each
    measure. No other sheet of the template is included. Raise DxreportError as ``render_book`` does.
    """
    sheets = [SheetWriter(prepared, measures, "", {}).sheet(first=False) for prepared, measures in pages]
    places = {id_: f"{quote_sheet(s.name)}!B{own.first}" for s in sheets for id_, own in s.measures.items()}
    return _WorkbookWriter(form, sheets, before=(index(places),), title=title).book()


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """A sheet that is not a form: its name, the name of its part, its ``<worksheet>`` as XML, and its state.

    ``titles`` are the rows repeated on each printed page (``$3:$3``).
    """

    name: str
    part_name: str
    xml: str
    state: str = _VISIBLE
    titles: str = ""

    @property
    def entry(self) -> SheetEntry:
        """The sheet as the workbook lists it."""
        return SheetEntry(self.name, f"xl/worksheets/{self.part_name}.xml", self.state, "worksheet")


Index = Callable[[Mapping[str, str]], PlainSheet]
"""Makes the index from the place of each measure (``'01-01'!B2``)."""


@dataclass(slots=True)
class _WorkbookWriter:
    """Collects the parts of a workbook and their content types."""

    form: Form
    sheets: list[RenderedSheet]
    before: tuple[PlainSheet, ...] = ()
    after: tuple[PlainSheet, ...] = ()
    title: str = ""
    made: list[Member] = field(default_factory=list)
    overrides: list[tuple[str, str]] = field(default_factory=list)

    def book(self) -> IssuedBook:
        """Return the workbook, with its parts in a fixed order."""
        listed, shared = self._listed(), shared_parts(self.form)
        for number, sheet in enumerate(self.sheets, 1):
            self._add_sheet(number, sheet)
        for plain in (*self.before, *self.after):
            self._add(plain.entry.part, _DECLARATION + plain.xml, _SHEET_TYPE)
        self._add("xl/workbook.xml", self._workbook(shared, listed), _WORKBOOK_TYPE)
        rels = [Relationship(f"dxr{i}", REL_TYPE + s.kind, s.part) for i, s in enumerate(listed, 1)]
        self._add("xl/_rels/workbook.xml.rels", _rels_xml("xl/workbook.xml", [*rels, *shared.workbook_rels]))
        title = f"<dc:title>{escape(self.title)}</dc:title>" if self.title else ""
        self._add("docProps/core.xml", _CORE.format(title), _CORE_TYPE)
        types = _small_member("[Content_Types].xml", self._types(shared).encode())
        too_tall = tuple(f"{s.name}!{cell}" for s in self.sheets for cell in s.too_tall)
        rows = {id_: own.drawn for s in self.sheets for id_, own in s.measures.items()}
        keys = {"" if self.form.layout.is_list else next(iter(s.measures)): s.keys for s in self.sheets}
        return IssuedBook(zip_bytes([types, _ROOT_RELS, *self.made, *shared.entries]), too_tall, rows, keys)

    def _add(self, name: str, text: str, content_type: str = "") -> None:
        data = text.encode("utf-8")
        self.made.append(member(name, data, 1) if "worksheets" in name else _small_member(name, data))
        if content_type:
            self.overrides.append((name, content_type))

    def _add_sheet(self, number: int, sheet: RenderedSheet) -> None:
        """Add a sheet of the form with its clones of the attached parts."""
        form, name = self.form, _sheet_part(number)
        self._add(name, _DECLARATION + sheet.xml, _SHEET_TYPE)
        rels = list(form.attached.shared)
        for part in form.attached.cloned:
            clone = part.name.format(number)
            rels.append(Relationship(part.rel.id, part.rel.type, clone))
            in_defaults = part.rel.kind == "vmlDrawing"
            self._add(clone, part.render(sheet.rows, number, sheet.text_of), "" if in_defaults else part.content_type)
            if part.relationships:
                self._add(rels_name(clone), _rels_xml(clone, part.relationships))
        if rels:
            self._add(rels_name(name), _rels_xml(name, rels))

    def _listed(self) -> list[SheetEntry]:
        """Return all sheets in order. The template's other sheets keep their place, but are renamed on a clash.

        Raise DxreportError if an ID cannot be the name of a sheet.
        """
        listed, after = ([plain.entry for plain in plains] for plains in (self.before, self.after))
        taken = {entry.name.casefold() for entry in (*listed, *after)}
        forms: list[SheetEntry] = []
        for number, sheet in enumerate(self.sheets, 1):
            if not is_sheet_name(sheet.name) or sheet.name.casefold() in taken:
                what = "部署" if self.form.layout.is_list else "施策ID"
                raise DxreportError(
                    f"{what}「{sheet.name}」は、シートの名前にできません。",
                    f"{what}を、: \\ / ? * [ ] を含まない {MAX_SHEET_NAME} 字までのものにしてください（同じものを二つは使えません）。",
                )
            taken.add(sheet.name.casefold())
            forms.append(SheetEntry(sheet.name, _sheet_part(number), _VISIBLE, "worksheet"))
        drawn = {other.name.casefold() for other in self.form.others}
        others = []
        for other in self.form.others:
            name = _free_name(other.name, taken | drawn) if other.name.casefold() in taken else other.name
            taken.add(name.casefold())
            others.append(replace(other, name=name))
        at = self.form.place
        return [*listed, *others[:at], *forms, *others[at:], *after]

    def _workbook(self, shared: SharedParts, listed: Sequence[SheetEntry]) -> str:
        sheets = []
        for i, s in enumerate(listed, 1):
            state = f' state="{s.state}"' if s.state != _VISIBLE else ""
            sheets.append(f'<sheet name="{escape_attribute(s.name)}" sheetId="{i}"{state} r:id="dxr{i}"/>')
        first = len(self.before) + self.form.place
        others = enumerate(self.form.others, len(self.before))
        positions = {s.name: i if i < first else i + len(self.sheets) for i, s in others}
        head = shared.workbook_head
        if first and not self.before:  # open at the first form even if other sheets precede it
            views = head if "<workbookView" in head else f"{head}<bookViews><workbookView/></bookViews>"
            head = views.replace("<workbookView", f'<workbookView activeTab="{first}"', 1)
        titles = [(i, p.name, p.titles) for i, p in enumerate(self.before) if p.titles]
        defined = self.form.names.xml(titles, first, [(s.name, s.rows) for s in self.sheets], positions)
        return (
            f'{_DECLARATION}<workbook xmlns="{MAIN_NS}" xmlns:r="{REL_TYPE[:-1]}">{head}'
            f'<sheets>{"".join(sheets)}</sheets>{defined}<calcPr fullCalcOnLoad="1"/></workbook>'
        )

    def _types(self, shared: SharedParts) -> str:
        defaults = "".join(f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in sorted(shared.defaults.items()))
        overrides = "".join(
            f'<Override PartName="/{escape_attribute(n)}" ContentType="{t}"/>'
            for n, t in [*self.overrides, *shared.overrides]
        )
        return f'{_DECLARATION}<Types xmlns="{TYPES_NS}">{defaults}{overrides}</Types>'


def _free_name(name: str, taken: set[str]) -> str:
    """Return ``name`` with a suffix that makes it unique, cut to the length that Excel allows."""
    numbers = count(2)
    ending = "（様式）"
    while True:
        kept = name
        while utf16_length(kept + ending) > MAX_SHEET_NAME:
            kept = kept[:-1]
        if (kept + ending).casefold() not in taken:
            return kept + ending
        ending = f"（様式{next(numbers)}）"


def _sheet_part(number: int) -> str:
    return f"xl/worksheets/dxr{number}.xml"


def _stamp_xml(prepared: PreparedForm, sheets: Sequence[RenderedSheet], issue: str) -> str:
    """Return the XML of the hidden sheet.

    Columns A and B repeat the facts of the stamp; from D on are the lists that are too long for a rule.
    """
    facts = [("issue", issue), ("form", prepared.form.digest), ("department", prepared.department),
             ("round", prepared.round.name), ("fiscal_year", prepared.settings.fiscal_year.label),
             *(("measure", id_) for s in sheets for id_ in s.measures)]  # fmt: skip
    columns = [*zip(*facts, strict=True), (), *prepared.long_lists]
    out = []
    for n, texts in enumerate(zip_longest(*columns, fillvalue=""), 1):
        cells = "".join(
            f'<c r="{column_letters(c)}{n}"{TEXT_HEAD}{escape(text)}{TEXT_TAIL}'
            for c, text in enumerate(texts, 1)
            if text
        )
        out.append(f'<row r="{n}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN_NS}"><sheetData>{"".join(out)}</sheetData></worksheet>'


def _rels_xml(owner: str, rels: Sequence[Relationship]) -> str:
    folder = posixpath.dirname(owner)
    out = []
    for r in rels:
        target = r.target
        if not r.external:
            within = target.startswith(f"{folder}/")
            target = target[len(folder) + 1 :] if within else posixpath.relpath(target, folder)
        mode = ' TargetMode="External"' if r.external else ""
        out.append(f'<Relationship Id="{r.id}" Type="{r.type}" Target="{escape_attribute(target)}"{mode}/>')
    return f'{_DECLARATION}<Relationships xmlns="{RELS_NS}">{"".join(out)}</Relationships>'


# Most small parts are the same in all workbooks of a form.
_small_member = lru_cache(maxsize=256)(member)
_ROOT = (
    Relationship("rId1", REL_TYPE + "officeDocument", "xl/workbook.xml"),
    Relationship("rId2", _CORE_REL, "docProps/core.xml"),
)
_ROOT_RELS = member("_rels/.rels", _rels_xml("", _ROOT).encode())

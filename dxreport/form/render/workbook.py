"""Sheets → a workbook: one sheet a measure, the template's other sheets, the stamp; nothing of who drew it.

Parts that all workbooks of a form share are deflated once; the rest is one string and one deflate each.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import count

from ...domain.errors import DxreportError
from ...domain.model import Measure
from ...ooxml.package import MAIN_NS, REL_TYPE, RELS_NS, TYPES_NS, Entry, Relationship, entry, rels_name, zip_bytes
from ...ooxml.refs import MAX_SHEET_NAME, column_letters, is_sheet_name
from ...ooxml.text import escape, escape_attribute, utf16_length
from ..parts.drawings import HangingPart
from ..parts.static import SharedParts, shared_parts
from ..records import Form
from ..stamp import SHEET, Stamp
from .prepare import TEXT_HEAD, TEXT_TAIL, Edition
from .sheet import RenderedSheet, render_sheet, shown_text

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CORE = (
    _DECLARATION
    + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">{}<dc:creator></dc:creator></cp:coreProperties>'
)


@dataclass(frozen=True, slots=True)
class IssuedBook:
    """A workbook as bytes, and the cells (``"01-05!F21"``) whose text is taller than any row."""

    data: bytes
    too_tall: tuple[str, ...]


def render_book(
    edition: Edition, measures: Sequence[Measure], issue: str, used: Mapping[str, Sequence[str]] | None = None
) -> IssuedBook:
    """One workbook: ``measures`` as sheets named by their IDs, stamped as ``issue``.

    ``used`` gives, by measure, ids that its items ever had. Raises DxreportError as ``render_sheet``.
    """
    sheets = [
        render_sheet(edition, m, Stamp(issue, m.id, edition.form.digest), first=not i, used=(used or {}).get(m.id, ()))
        for i, m in enumerate(measures)
    ]
    stamped = PlainSheet(SHEET, "dxreport", _stamp_xml(edition, sheets, issue), "veryHidden")
    data = zip_bytes(_Book(edition.form, sheets, after=(stamped,)).entries())
    return IssuedBook(data, _too_tall(sheets))


def render_published(form: Form, pages: Sequence[tuple[Edition, Measure]], front: PlainSheet, title: str) -> IssuedBook:
    """One workbook to be read only, called ``title``: ``front``, then a sheet a measure, each in its own edition of ``form``.

    It holds no other sheet of the template. Raises DxreportError as ``render_sheet``.
    """
    sheets = [render_sheet(edition, measure, None, first=False) for edition, measure in pages]
    return IssuedBook(zip_bytes(_Book(form, sheets, before=(front,), title=title).entries()), _too_tall(sheets))


def _too_tall(sheets: Sequence[RenderedSheet]) -> tuple[str, ...]:
    return tuple(f"{s.measure}!{cell}" for s in sheets for cell in s.too_tall)


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """A sheet that is no form: its name, the name of its part, ``<worksheet>`` as XML, its state.

    ``titles`` are the rows repeated on each printed page (``$3:$3``).
    """

    name: str
    part: str
    xml: str
    state: str = "visible"
    titles: str = ""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    state: str = "visible"
    kind: str = "worksheet"


@dataclass(slots=True)
class _Book:
    form: Form
    sheets: list[RenderedSheet]
    before: tuple[PlainSheet, ...] = ()
    after: tuple[PlainSheet, ...] = ()
    title: str = ""
    made: list[Entry] = field(default_factory=list)
    overrides: list[tuple[str, str]] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        """All members, in a fixed order."""
        self._check_names()
        shared = shared_parts(self.form)
        for number, sheet in enumerate(self.sheets, 1):
            self._sheet(number, sheet)
        for plain in (*self.before, *self.after):
            self._text(_part(plain), _DECLARATION + plain.xml, _SHEET_TYPE)
        self._text("xl/workbook.xml", self._workbook(), _WORKBOOK_TYPE)
        self._text("xl/_rels/workbook.xml.rels", self._workbook_rels(shared), "")
        title = f"<dc:title>{escape(self.title)}</dc:title>" if self.title else ""
        self._text(
            "docProps/core.xml", _CORE.format(title), "application/vnd.openxmlformats-package.core-properties+xml"
        )
        types = self._types(shared)
        return [_small_entry("[Content_Types].xml", types.encode()), _root_rels(), *self.made, *shared.entries]

    def _text(self, name: str, text: str, content_type: str) -> None:
        data = text.encode("utf-8")
        self.made.append(entry(name, data, 1) if "worksheets" in name else _small_entry(name, data))
        if content_type:
            self.overrides.append((name, content_type))

    def _sheet(self, number: int, sheet: RenderedSheet) -> None:
        form, name = self.form, _sheet_part(number)
        self._text(name, _DECLARATION + sheet.xml, _SHEET_TYPE)
        rels = list(form.hangings.kept)
        for part in form.hangings.parts:
            own = part.name.format(number)
            rels.append(Relationship(part.rel.id, part.rel.type, own))
            text_of = partial(shown_text, names=sheet.names, form=form.name, measure=sheet.measure)
            self._text(own, part.render(sheet.rows, number, text_of), _override(part))
            if part.relationships:
                self._text(rels_name(own), _rels_xml(own, part.relationships), "")
        if rels:
            self._text(rels_name(name), _rels_xml(name, rels), "")

    def _check_names(self) -> None:
        """Raises DxreportError for an ID that is no name of a sheet."""
        taken = {plain.name.casefold() for plain in (*self.before, *self.after)}
        for sheet in self.sheets:
            if not is_sheet_name(sheet.measure) or sheet.measure.casefold() in taken:
                raise DxreportError(
                    f"施策ID「{sheet.measure}」は、シートの名前にできません。",
                    f"施策IDを、: \\ / ? * [ ] を含まない {MAX_SHEET_NAME} 字までのものにしてください（二つの施策が同じIDを使うこともできません）。",
                )
            taken.add(sheet.measure.casefold())

    def _others(self) -> list[_Listed]:
        """The template's other sheets, under names that no measure has."""
        taken = {s.measure.casefold() for s in self.sheets} | {p.name.casefold() for p in (*self.before, *self.after)}
        taken_by_others = {s.name.casefold() for s in self.form.others}
        out = []
        for s in self.form.others:
            name = s.name
            if name.casefold() in taken:
                name = _free_name(s.name, taken | taken_by_others)
            taken.add(name.casefold())
            out.append(_Listed(name, s.part, s.state, s.kind))
        return out

    def _listed(self) -> list[_Listed]:
        """All sheets, in order."""
        forms = [_Listed(s.measure, _sheet_part(number)) for number, s in enumerate(self.sheets, 1)]
        before, after = ([_Listed(p.name, _part(p), p.state) for p in plain] for plain in (self.before, self.after))
        return [*before, *forms, *self._others(), *after]

    def _workbook(self) -> str:
        form = self.form
        listed = []
        for i, s in enumerate(self._listed(), 1):
            state = f' state="{s.state}"' if s.state != "visible" else ""
            listed.append(f'<sheet name="{escape_attribute(s.name)}" sheetId="{i}"{state} r:id="dxr{i}"/>')
        first = len(self.before)
        positions = {s.name: i for i, s in enumerate(form.others, first + len(self.sheets))}
        titles = [(i, p.name, p.titles) for i, p in enumerate(self.before) if p.titles]
        defined = form.names.xml(titles, first, [(s.measure, s.rows) for s in self.sheets], positions, form.layout)
        head = shared_parts(self.form).workbook_head
        return (
            f'{_DECLARATION}<workbook xmlns="{MAIN_NS}" xmlns:r="{REL_TYPE[:-1]}">{head}'
            f'<sheets>{"".join(listed)}</sheets>{defined}<calcPr fullCalcOnLoad="1"/></workbook>'
        )

    def _workbook_rels(self, shared: SharedParts) -> str:
        rels = [Relationship(f"dxr{i}", REL_TYPE + s.kind, s.part) for i, s in enumerate(self._listed(), 1)]
        return _rels_xml("xl/workbook.xml", [*rels, *shared.workbook_rels])

    def _types(self, shared: SharedParts) -> str:
        defaults = "".join(f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in sorted(shared.defaults.items()))
        overrides = "".join(
            f'<Override PartName="/{escape_attribute(n)}" ContentType="{t}"/>'
            for n, t in [*self.overrides, *shared.overrides]
        )
        return f'{_DECLARATION}<Types xmlns="{TYPES_NS}">{defaults}{overrides}</Types>'


def _free_name(name: str, taken: set[str]) -> str:
    """``name`` with something behind that sets it apart, cut to what a sheet's name may hold."""
    for number in count(1):
        ending = "（様式）" if number == 1 else f"（様式{number}）"
        kept = name
        while utf16_length(kept + ending) > MAX_SHEET_NAME:
            kept = kept[:-1]
        if (kept + ending).casefold() not in taken:
            return kept + ending
    raise AssertionError


def _sheet_part(number: int) -> str:
    return f"xl/worksheets/dxr{number}.xml"


def _part(plain: PlainSheet) -> str:
    return f"xl/worksheets/{plain.part}.xml"


def _stamp_xml(edition: Edition, sheets: Sequence[RenderedSheet], issue: str) -> str:
    """The hidden sheet: the stamp once more, and the lists that are too long for a rule."""
    facts = [("issue", issue), ("form", edition.form.digest), ("department", edition.department),
             ("round", edition.round.name), ("fiscal_year", edition.settings.fiscal_year.label),
             *(("measure", s.measure) for s in sheets)]  # fmt: skip
    rows = max([len(facts), *(len(words) for words in edition.long_lists)])
    out = []
    for n in range(rows):
        cells = list(facts[n]) if n < len(facts) else ["", ""]
        cells += ["", *(words[n] if n < len(words) else "" for words in edition.long_lists)]
        inner = "".join(
            f'<c r="{column_letters(c)}{n + 1}"{TEXT_HEAD}{escape(text)}{TEXT_TAIL}'
            for c, text in enumerate(cells, 1)
            if text
        )
        out.append(f'<row r="{n + 1}">{inner}</row>')
    return f'<worksheet xmlns="{MAIN_NS}"><sheetData>{"".join(out)}</sheetData></worksheet>'


def _override(part: HangingPart) -> str:
    return "" if part.kind == "vmlDrawing" else part.content_type


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


# Workbooks of one form differ in few of their small parts.
_small_entry = lru_cache(maxsize=256)(entry)


@lru_cache(maxsize=1)
def _root_rels() -> Entry:
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    rels = [
        Relationship("rId1", REL_TYPE + "officeDocument", "xl/workbook.xml"),
        Relationship("rId2", core, "docProps/core.xml"),
    ]
    return entry("_rels/.rels", _rels_xml("", rels).encode())

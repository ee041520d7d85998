"""Defined names of a template: the form's own are cloned for each sheet, the others stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from ...ooxml.refs import Box, box, column_letters
from ...ooxml.text import escape, escape_attribute
from ..blocks import Layout
from ..faults import TemplateFaults
from ..template import S, Source
from .formulas import RANGE, sheet_prefix
from .row_map import RowMap

_PRINT_AREA, _TITLES = "_xlnm.Print_Area", "_xlnm.Print_Titles"
OTHER_BOOK = re.compile(r"(?<![\w\]\[])\[[0-9]+\][^\[\]!]*!")  # [1]表!A1, '[1]表 1'!A1; but not 表[1], a table's column
_DROPPED = {"_xlnm._FilterDatabase"}


class NamedArea(NamedTuple):
    """One area of a name: the cells or whole rows of ``box``, or ``literal`` whole columns."""

    box: Box | None
    whole_rows: bool = False
    literal: str = ""

    def refs(self, rows: RowMap) -> list[str]:
        """Return the area in a rendered sheet, one reference for each copy of its rows."""
        if self.box is None:
            return [self.literal]
        top, left, bottom, right = self.box
        first, last = ("", "") if self.whole_rows else (f"${column_letters(left)}", f"${column_letters(right)}")
        return [f"{first}${low}:{last}${high}" for low, high in rows.spans(top, bottom)]


class DefinedNames(NamedTuple):
    """The names of a template.

    ``local`` are the form's own, with their areas; ``others`` have attributes, a sheet (None: global) and a text.
    """

    local: Mapping[str, Sequence[NamedArea]]
    others: Sequence[tuple[Mapping[str, str], str | None, str]]

    @property
    def print_area(self) -> Sequence[NamedArea]:
        """The areas of the form that are printed; none for all of it."""
        return self.local.get(_PRINT_AREA, ())

    @property
    def titles(self) -> Sequence[NamedArea]:
        """The rows (and columns) repeated on each page."""
        return self.local.get(_TITLES, ())

    def xml(
        self, titled: Sequence[tuple[int, str, str]], first: int, sheets: Sequence[tuple[str, RowMap]],
        positions: Mapping[str, int],
    ) -> str:  # fmt: skip
        """Return ``<definedNames>`` of a workbook.

        ``titled`` are the printed titles of sheets that are not forms (position, name, rows), ``sheets`` the forms
        (name, row map), of which the first is at position ``first``, and ``positions`` the positions of the template's
        other sheets.
        """
        names: list[tuple[Mapping[str, str], int, str]] = [
            ({"name": _TITLES}, at, sheet_prefix(sheet) + rows) for at, sheet, rows in titled
        ]
        for at, (sheet, rows) in enumerate(sheets, first):
            for name, areas in self.local.items():
                if refs := [sheet_prefix(sheet) + ref for area in areas for ref in area.refs(rows)]:
                    names.append(({"name": name}, at, ",".join(refs)))
        for attributes, owner, text in self.others:
            if owner is None or owner in positions:
                names.append((attributes, -1 if owner is None else positions[owner], text))
        names.sort(key=lambda item: (item[0]["name"].casefold(), item[1]))
        return f"<definedNames>{''.join(_xml(*name) for name in names)}</definedNames>" if names else ""


def _xml(attributes: Mapping[str, str], position: int, text: str) -> str:
    """Return the XML of a name of the sheet at ``position``, or of a global one (-1)."""
    where = f' localSheetId="{position}"' if position >= 0 else ""
    written = "".join(f' {key}="{escape_attribute(value)}"' for key, value in attributes.items())
    return f"<definedName{written}{where}>{escape(text)}</definedName>"


def pointing_at(sheet: str) -> re.Pattern[str]:
    """Return a pattern for the start of a reference to ``sheet`` in a formula."""
    return re.compile(rf"(?<![\w'!.]){re.escape(sheet)}!|{re.escape(sheet_prefix(sheet))}")


def read_names(
    source: Source, sheet: str, layout: Layout, found: TemplateFaults, *, published: bool = False
) -> DefinedNames:
    """Read the names of a template; report names that cannot be sent, such as a global one that refers to the form.

    A ``published`` form goes without the template's other sheets, and so without names that refer to them.
    """
    local: dict[str, Sequence[NamedArea]] = {}
    others: list[tuple[Mapping[str, str], str | None, str]] = []
    points_here, last = pointing_at(sheet), max(layout.chains)
    if not published:
        for element in source.drawn.xml(source.workbook_part).iterfind(f"{S}definedNames/{S}definedName"):
            if OTHER_BOOK.search(element.text or ""):
                name = element.get("name", "")
                found.fault(f"名前「{name}」が、ほかのブックを参照しています。削除してください（数式 → 名前の管理）。")
    for element in source.workbook.iterfind(f"{S}definedNames/{S}definedName"):
        name, text, owner = element.get("name", ""), element.text or "", _owner(source, element)
        if name in _DROPPED or "#REF!" in text:
            continue
        if owner == sheet and not all(RANGE.fullmatch(points_here.sub("", area)) for area in _split_areas(text)):
            message = f"名前「{name}」は範囲ではないので、送るシートに付けられません。削除するか、範囲だけの名前にしてください（数式 → 名前の管理）。"
            found.fault(message)
        elif owner == sheet:
            local[name] = [area for ref in _refs(text) if (area := _area(ref, last))]
        elif points_here.search(text):
            found.fault(
                f"名前「{name}」が様式のシートを指しています。シートが施策の数だけできるので、"
                "名前の範囲をそのシートだけにしてください（数式 → 名前の管理）。"
            )
        elif not published or (owner is None and "!" not in text):
            kept = {k: v for k, v in element.attrib.items() if k != "localSheetId" and not k.startswith("{")}
            others.append((kept, owner, text))
    return DefinedNames(local, others)


def printed_ranges(source: Source, sheet: str) -> list[Box]:
    """Return the ranges of a sheet's print area, except whole rows and columns."""
    return [
        box(ref)
        for element in source.workbook.iterfind(f"{S}definedNames/{S}definedName")
        if element.get("name") == _PRINT_AREA and _owner(source, element) == sheet
        for ref in _refs(element.text or "")
        if re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", ref)
    ]


def _owner(source: Source, element: etree._Element) -> str | None:
    """Return the sheet that a name belongs to; None for a global one."""
    at = element.get("localSheetId", "")
    return source.sheets[int(at)].name if at.isdecimal() and int(at) < len(source.sheets) else None


def _split_areas(text: str) -> list[str]:
    """Split a name into its areas, at commas outside quoted sheet names."""
    return [area for area in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text) if area.strip()]


def _refs(text: str) -> list[str]:
    """Return the areas of a name (``'form'!$B$2:$H$40,'form'!$2:$3``) without sheets and ``$``."""
    return [area.rpartition("!")[2].replace("$", "") for area in _split_areas(text)]


def _area(ref: str, last: int) -> NamedArea | None:
    """Return an area, cut to rows 2–``last``; None if it lies outside."""
    if not ref[-1].isdecimal():
        return NamedArea(None, literal=re.sub(r"([A-Z]+)", r"$\1", ref))
    whole_rows = ref[0].isdecimal()
    drawn = box("A" + ref.replace(":", ":A") if whole_rows else ref)
    cut = drawn._replace(top=max(drawn.top, 2), bottom=min(drawn.bottom, last))
    return NamedArea(cut, whole_rows) if cut.top <= cut.bottom else None

"""Defined names of a template: those of the form are cloned for each sheet, the others stay."""

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
from .formulas import sheet_prefix
from .row_map import RowMap

_PRINT_AREA, _TITLES = "_xlnm.Print_Area", "_xlnm.Print_Titles"
OTHER_BOOK = re.compile(r"(?<![\w\]\[])\[[0-9]+\][^\[\]!]*!")  # [1]表!A1, '[1]表 1'!A1; but not 表[1], a table's column
_DROPPED = {"_xlnm._FilterDatabase"}
_RANGE = re.compile(r"\$?[A-Z]+\$?[0-9]+(:\$?[A-Z]+\$?[0-9]+)?|\$?[A-Z]+:\$?[A-Z]+|\$?[0-9]+:\$?[0-9]+")
_POSITION = "\ue030"  # replaced by the position of the sheet that a name belongs to


class NamedArea(NamedTuple):
    """An area of a name: the cells or whole rows of ``box``, or ``literal`` columns."""

    box: Box | None
    whole_rows: bool = False
    literal: str = ""

    def refs(self, rows: RowMap) -> list[str]:
        """Return the area in a rendered sheet, one reference for each copy of its rows."""
        if self.box is None:
            return [self.literal]
        top, left, bottom, right = self.box
        spans = rows.spans(top, bottom, rows.layout.common_depth(top, bottom))
        if self.whole_rows:
            return [f"${first}:${last}" for first, last in spans]
        return [f"${column_letters(left)}${first}:${column_letters(right)}${last}" for first, last in spans]


class Names(NamedTuple):
    """``local`` are the form's own names with their areas; ``others`` name, sheet (None: global), XML."""

    local: Mapping[str, Sequence[NamedArea]]
    others: Sequence[tuple[str, str | None, str]]

    @property
    def print_area(self) -> Sequence[NamedArea]:
        """The print area."""
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

        ``titled`` are the printed titles of sheets that are not forms (position, name, rows); ``sheets`` the forms
        (name, row map), the first of them at position ``first``; ``positions`` those of the template's other sheets.
        """
        out = [(_TITLES, at, _local_name(_TITLES, at, sheet_prefix(sheet) + rows)) for at, sheet, rows in titled]
        for at, (sheet, rows) in enumerate(sheets, first):
            for name, areas in self.local.items():
                refs = [sheet_prefix(sheet) + ref for area in areas for ref in area.refs(rows)]
                if refs:
                    out.append((name, at, _local_name(name, at, ",".join(refs))))
        for name, owner, xml in self.others:
            if owner is None:
                out.append((name, -1, xml))
            elif owner in positions:
                out.append((name, positions[owner], xml.replace(_POSITION, str(positions[owner]))))
        out.sort(key=lambda item: (item[0].casefold(), item[1]))
        return f"<definedNames>{''.join(xml for _, _, xml in out)}</definedNames>" if out else ""


def _local_name(name: str, position: int, text: str) -> str:
    return f'<definedName name="{name}" localSheetId="{position}">{escape(text)}</definedName>'


def pointing_at(sheet: str) -> re.Pattern[str]:
    """Return a pattern for the beginning of a reference to ``sheet`` in a formula."""
    return re.compile(rf"(?<![\w'!.]){re.escape(sheet)}!|{re.escape(sheet_prefix(sheet))}")


def read_names(source: Source, sheet: str, layout: Layout, found: TemplateFaults, *, published: bool = False) -> Names:
    """Read the names of a template; a global name that refers to the form is a fault: it could mean any sheet.

    A ``published`` form goes without the template's other sheets, and so without names that refer to them.
    """
    local: dict[str, Sequence[NamedArea]] = {}
    others: list[tuple[str, str | None, str]] = []
    points_here = pointing_at(sheet)
    for element in source.workbook.iterfind(f"{S}definedNames/{S}definedName"):
        name, text, at = element.get("name", ""), element.text or "", element.get("localSheetId")
        if name in _DROPPED or "#REF!" in text:
            continue
        owner = source.sheets[int(at)].name if at is not None and int(at) < len(source.sheets) else None
        if owner == sheet and not all(_RANGE.fullmatch(points_here.sub("", area)) for area in _split_areas(text)):
            found.fault(
                f"名前「{name}」は範囲ではないので、送るシートに付けられません。削除するか、範囲だけの名前にしてください（数式 → 名前の管理）。"
            )
        elif owner == sheet:
            local[name] = _areas(text, max(layout.chains))
        elif points_here.search(text):
            found.fault(
                f"名前「{name}」が様式のシートを指しています。シートが施策の数だけできるので、"
                "名前の範囲をそのシートだけにしてください（数式 → 名前の管理）。"
            )
        elif OTHER_BOOK.search(text) and not published:
            found.fault(f"名前「{name}」が、ほかのブックを参照しています。削除してください（数式 → 名前の管理）。")
        elif not published or (owner is None and "!" not in text):
            others.append((name, owner, _xml(element, is_local=at is not None)))
    return Names(local, others)


def printed_ranges(source: Source, sheet: str) -> list[str]:
    """Return the ranges of a sheet's print area (``B2:H40``); none where it names whole rows or columns."""
    out = []
    for element in source.workbook.iterfind(f"{S}definedNames/{S}definedName"):
        at = element.get("localSheetId", "")
        ours = at.isdigit() and int(at) < len(source.sheets) and source.sheets[int(at)].name == sheet
        if ours and element.get("name") == _PRINT_AREA:
            refs = (item.rpartition("!")[2].replace("$", "") for item in _split_areas(element.text or ""))
            out += [ref for ref in refs if re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", ref)]
    return out


def _areas(text: str, last: int) -> list[NamedArea]:
    """The areas of a name (``'form'!$B$2:$H$40,'form'!$2:$3``), cut to rows 2–``last``; those outside are left out."""
    out = []
    for item in _split_areas(text):
        ref = item.rpartition("!")[2].replace("$", "")
        rows = re.fullmatch(r"([0-9]+):([0-9]+)", ref)
        if not rows and not re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", ref):
            out.append(NamedArea(None, literal=re.sub(r"([A-Z]+)", r"$\1", ref)))
            continue
        drawn = Box(int(rows[1]), 1, int(rows[2]), 1) if rows else box(ref)
        cut = drawn._replace(top=max(drawn.top, 2), bottom=min(drawn.bottom, last))
        if cut.top <= cut.bottom:
            out.append(NamedArea(cut, whole_rows=bool(rows)))
    return out


def _split_areas(text: str) -> list[str]:
    """The areas of a name, split at commas outside quoted sheet names."""
    return [area for area in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text) if area.strip()]


def _xml(element: etree._Element, *, is_local: bool) -> str:
    attributes = "".join(
        f' {k}="{escape_attribute(v)}"'
        for k, v in element.attrib.items()
        if k != "localSheetId" and not k.startswith("{")
    )
    where = f' localSheetId="{_POSITION}"' if is_local else ""
    return f"<definedName{attributes}{where}>{escape(element.text or '')}</definedName>"

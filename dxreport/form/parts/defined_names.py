"""Defined names of a template: those of the form are cloned for each sheet, the others stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from ...ooxml.refs import Box
from ...ooxml.text import escape, escape_attribute
from ..blocks import Layout
from ..template import S, Source
from .row_map import RowMap
from .xml_templates import name_ranges, name_text, split_areas

Areas = tuple[tuple[str, Box | None, str], ...]
_AREA, _TITLES = "_xlnm.Print_Area", "_xlnm.Print_Titles"
OTHER_BOOK = re.compile(r"(?<![\w\]\[])\[[0-9]+\][^\[\]!]*!")  # [1]表!A1, '[1]表 1'!A1; 表[1] is a column of a table
_DROPPED = {"_xlnm._FilterDatabase"}
_RANGE = re.compile(r"\$?[A-Z]+\$?[0-9]+(:\$?[A-Z]+\$?[0-9]+)?|\$?[A-Z]+:\$?[A-Z]+|\$?[0-9]+:\$?[0-9]+")


@dataclass(frozen=True, slots=True)
class Names:
    """``local`` are the form's own names with their areas; ``others`` name, sheet (None: global), XML."""

    local: tuple[tuple[str, Areas], ...]
    others: tuple[tuple[str, str | None, str], ...]

    @property
    def area(self) -> Areas:
        """The print area."""
        return dict(self.local).get(_AREA, ())

    @property
    def titles(self) -> Areas:
        """The rows (and columns) repeated on each page."""
        return dict(self.local).get(_TITLES, ())

    def xml(
        self, titled: Sequence[tuple[int, str, str]], first: int, sheets: Sequence[tuple[str, RowMap]],
        positions: Mapping[str, int], layout: Layout,
    ) -> str:  # fmt: skip
        """``<definedNames>`` of a workbook.

        ``titled`` are the printed titles of sheets that are no forms (position, name, rows); ``sheets`` the
        forms (name, row map), the first of them at position ``first``; ``positions`` those of the template's
        other sheets.
        """
        out = [
            (
                _TITLES,
                at,
                f'<definedName name="{_TITLES}" localSheetId="{at}">{escape(_qualified(sheet, rows))}</definedName>',
            )
            for at, sheet, rows in titled
        ]
        for index, (sheet, rows) in enumerate(sheets, first):
            for name, areas in self.local:
                text = name_text(areas, sheet, rows, layout)
                if text:
                    out.append(
                        (name, index, f'<definedName name="{name}" localSheetId="{index}">{escape(text)}</definedName>')
                    )
        for name, sheet, xml in self.others:
            if sheet is None:
                out.append((name, -1, xml))
            elif sheet in positions:
                out.append((name, positions[sheet], xml.replace("\ue030", str(positions[sheet]))))
        out.sort(key=lambda item: (item[0].casefold(), item[1]))
        return f"<definedNames>{''.join(xml for _, _, xml in out)}</definedNames>" if out else ""


def pointing_at(sheet: str) -> re.Pattern[str]:
    """Matches the beginning of a reference to ``sheet`` in a formula."""
    quoted = f"'{sheet.replace(chr(39), chr(39) * 2)}'!"
    return re.compile(rf"(?<![\w'!.]){re.escape(sheet)}!|{re.escape(quoted)}")


def read_names(
    source: Source, sheet: str, layout: Layout, fault: Callable[[str], None], *, published: bool = False
) -> Names:
    """The names of a template; a global name that points at the form is a fault: it could mean any sheet.

    A ``published`` form goes without the template's other sheets, and so without names that point at them.
    """
    local, others = [], []
    points_here = pointing_at(sheet)
    for element in source.workbook.iterfind(f"{S}definedNames/{S}definedName"):
        name, text, at = element.get("name", ""), element.text or "", element.get("localSheetId")
        if name in _DROPPED or "#REF!" in text:
            continue
        owner = source.sheets[int(at)].name if at is not None and int(at) < len(source.sheets) else None
        if owner == sheet and not all(_RANGE.fullmatch(points_here.sub("", area)) for area in split_areas(text)):
            fault(
                f"名前「{name}」は範囲ではないので、送るシートに付けられません。削除するか、範囲だけの名前にしてください（数式 → 名前の管理）。"
            )
        elif owner == sheet:
            local.append((name, name_ranges(text, sheet, layout)))
        elif points_here.search(text):
            fault(
                f"名前「{name}」が様式のシートを指しています。シートが施策の数だけできるので、"
                "名前の範囲をそのシートだけにしてください（数式 → 名前の管理）。"
            )
        elif OTHER_BOOK.search(text) and not published:
            fault(f"名前「{name}」が、ほかのブックを参照しています。削除してください（数式 → 名前の管理）。")
        elif not published or (owner is None and "!" not in text):
            others.append((name, owner, _xml(element, at is not None)))
    return Names(tuple(local), tuple(others))


def _qualified(sheet: str, rows: str) -> str:
    return "'" + sheet.replace("'", "''") + "'!" + rows


def _xml(element: etree._Element, is_local: bool) -> str:
    kept = "".join(
        f' {k}="{escape_attribute(v)}"'
        for k, v in element.attrib.items()
        if k != "localSheetId" and not k.startswith("{")
    )
    where = ' localSheetId="\ue030"' if is_local else ""
    return f"<definedName{kept}{where}>{escape(element.text or '')}</definedName>"

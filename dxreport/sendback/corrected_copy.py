"""The corrected copy: a department's own workbook, sent back with the cells in question marked.

Marked cells get a tint, a strong border and a note, and a new first sheet lists them all. Everything else stays
byte for byte. Marks of an earlier copy are removed first. Read as a return, a marked workbook gives the same
answers as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from ..domain.problems import shown
from ..ooxml.correction import note_text
from ..ooxml.package import MAIN_NS, Package
from ..ooxml.refs import Box, box
from ..ooxml.sheet import SheetEdit
from .former_marks import remove_marks
from .list_sheet import Line, add_list, add_record
from .notes import Notes
from .parts import PackageEdit
from .styles import SIDES, MarkStyles

_DEMANDS = {"error": "修正が必要です", "warning": "ご確認ください"}
_SHOWN = 200  # characters of an answer that the list quotes
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"


@dataclass(frozen=True, slots=True)
class Mark:
    """A problem to show in the file, worded as in :class:`dxreport.domain.problems.Problem`.

    ``cells`` are addresses on ``sheet`` (``("E21", "G21")``), empty where the problem concerns the whole sheet or
    file. ``severity`` is ``error`` or ``warning``.
    """

    sheet: str
    cells: tuple[str, ...]
    label: str
    value: str
    message: str
    fix: str
    severity: str


def corrected_copy(package: Package, marks: Sequence[Mark], header: Sequence[str]) -> bytes:
    """The .xlsx or .xlsm with these marks, listed under the lines of ``header`` on 差し戻し.

    Raises PackageError where the workbook is damaged or cannot be edited (Strict Open XML, shared), ValueError where
    a mark's cell is no address.
    """
    edit = PackageEdit(package)
    styles = MarkStyles(edit.tree(_styles_part(edit)))
    notes = {sheet: Notes(edit, sheet) for sheet in edit.sheets}
    remove_marks(edit, styles, notes)
    for sheet in edit.sheets:
        numbered = [(n, mark) for n, mark in enumerate(marks, 1) if mark.sheet == sheet and mark.cells]
        if numbered:
            _mark_sheet(edit.sheet(sheet), styles, notes[sheet], numbered)
    for own in notes.values():
        own.prune()
    add_list(edit, styles, [_line(edit, n, mark) for n, mark in enumerate(marks, 1)], header)
    if styles.swatches:
        add_record(edit, styles.swatches)
    return edit.data()


def _styles_part(edit: PackageEdit) -> str:
    found = next((r.target for r in edit.package.relationships(edit.workbook) if r.kind == "styles"), "")
    if found in edit.package:
        return found
    name = edit.free_name("styles.xml")
    edit.put(name, etree.Element(f"{{{MAIN_NS}}}styleSheet", nsmap={None: MAIN_NS}))
    edit.set_type(name, _STYLES_TYPE)
    edit.relate(edit.workbook, "styles", name)
    return name


def _mark_sheet(cells: SheetEdit, styles: MarkStyles, notes: Notes, numbered: Sequence[tuple[int, Mark]]) -> None:
    by_place: dict[Box, list[tuple[int, Mark]]] = {}
    for number, mark in numbered:
        for place in dict.fromkeys(_place(cells, ref) for ref in mark.cells):
            by_place.setdefault(place, []).append((number, mark))
    for place, here in sorted(by_place.items()):
        severity = "error" if any(mark.severity == "error" for _, mark in here) else "warning"
        _tint(cells, styles, place, severity)
        notes.add(place, [note_text(n, _DEMANDS[mark.severity], (mark.message, mark.fix)) for n, mark in here])


def _place(cells: SheetEdit, ref: str) -> Box:
    """The cell, or the merged range it belongs to."""
    place = box(ref)
    return box(cells.merge_at(place.top, place.left) or ref)


def _tint(cells: SheetEdit, styles: MarkStyles, place: Box, severity: str) -> None:
    for row in range(place.top, place.bottom + 1):
        for column in range(place.left, place.right + 1):
            at_edge = (column == place.left, column == place.right, row == place.top, row == place.bottom)
            if any(at_edge):
                sides = [side for side, here in zip(SIDES, at_edge, strict=True) if here]
                cells.restyle(row, column, styles.marked(cells.style(row, column), severity, sides))


def _line(edit: PackageEdit, number: int, mark: Mark) -> Line:
    value = shown(mark.value, _SHOWN) if mark.value or mark.cells else ""
    texts = (str(number), mark.sheet, "、".join(mark.cells), mark.label, value, mark.message, mark.fix)
    link = ""
    if mark.cells and mark.sheet in edit.sheets:
        quoted = mark.sheet.replace("'", "''")
        link = f"'{quoted}'!{mark.cells[0]}"
    return Line(texts, mark.severity, link)

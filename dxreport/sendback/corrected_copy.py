"""The corrected copy: a department's own workbook, sent back with the cells in question marked.

Marked cells get a tint, a strong border and a note, and a new first sheet lists them all. Everything else stays byte
for byte. Marks of an earlier copy, macros and other active content are removed first. Read as a return, a marked
workbook gives the same answers as before.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from ..domain.errors import PackageError
from ..ooxml.correction import note_text, removed_line
from ..ooxml.edit import PackageEdit
from ..ooxml.inert import inert
from ..ooxml.package import MAIN_NS, Package
from ..ooxml.refs import Box, box
from ..ooxml.table import workbook_part
from .former_marks import remove_marks
from .list_sheet import add_list, add_record
from .mark import Mark
from .notes import Notes
from .styles import SIDES, MarkStyles

_DEMAND = "修正が必要です"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"


def corrected_copy(package: Package, marks: Sequence[Mark], header: Sequence[str]) -> bytes:
    """Return an .xlsx or .xlsm as an .xlsx with these marks, listed under the lines of ``header`` on 差し戻し.

    Macros and other active content are removed, and the list says so. Raise PackageError if the workbook is damaged or
    cannot be edited (Strict Open XML, shared), ValueError if a mark's cell is not an address.
    """
    book = workbook_part(package)
    if package.xml(book).tag != f"{{{MAIN_NS}}}workbook":
        raise PackageError("この形のブック（Strict Open XML など）には書き込めません")
    if any(r.kind == "revisionHeaders" for r in package.relationships(book)):
        raise PackageError("共有ブックには書き込めません")  # its change log would not match its sheets
    package, removed = inert(package)
    edit = PackageEdit(package)
    styles = MarkStyles(edit.tree(_styles_part(edit)))
    notes = {sheet: Notes(edit, sheet) for sheet in edit.sheets}
    remove_marks(edit, styles, notes)
    for sheet, own in notes.items():
        numbered = [(n, mark) for n, mark in enumerate(marks, 1) if mark.sheet == sheet and mark.cells]
        for place, here in sorted(_by_place(edit, numbered).items()):
            _tint(edit, sheet, styles, place)
            own.add(place, [note_text(n, _DEMAND, (m.message, m.fix)) for n, m in here])
        own.prune()
    add_list(edit, styles, marks, [*header, *([removed_line(removed)] if removed else [])])
    if styles.originals:
        add_record(edit, styles.originals)
    return edit.data()


def _styles_part(edit: PackageEdit) -> str:
    found = next((r.target for r in edit.package.relationships(edit.workbook) if r.kind == "styles"), "")
    if found in edit.package:
        return found
    name = edit.free_name("styles.xml")
    edit.add(
        edit.workbook, "styles", name, etree.Element(f"{{{MAIN_NS}}}styleSheet", nsmap={None: MAIN_NS}), _STYLES_TYPE
    )
    return name


def _by_place(edit: PackageEdit, numbered: Sequence[tuple[int, Mark]]) -> dict[Box, list[tuple[int, Mark]]]:
    """Return the marks of a sheet by cell, or by the merged range that contains the cell."""
    out: dict[Box, list[tuple[int, Mark]]] = {}
    for number, mark in numbered:
        merge_at = edit.sheet(mark.sheet).merge_at
        for place in dict.fromkeys(merge_at(*b[:2]) or b for b in map(box, mark.cells)):
            out.setdefault(place, []).append((number, mark))
    return out


def _tint(edit: PackageEdit, sheet: str, styles: MarkStyles, place: Box) -> None:
    cells = edit.sheet(sheet)
    for row in range(place.top, place.bottom + 1):
        for column in range(place.left, place.right + 1):
            at_edge = (column == place.left, column == place.right, row == place.top, row == place.bottom)
            if any(at_edge):
                sides = [side for side, here in zip(SIDES, at_edge, strict=True) if here]
                cells.restyle(row, column, styles.marked(cells.style(row, column), sides))

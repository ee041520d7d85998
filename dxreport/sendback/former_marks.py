"""Remove the marks of an earlier corrected copy, so that marks do not pile up."""

from __future__ import annotations

from collections.abc import Mapping

from ..ooxml.cells import BLANK
from ..ooxml.correction import LIST_SHEET, LIST_TITLE, RECORD_SHEET
from ..ooxml.edit import PackageEdit
from ..ooxml.package import MAIN_NS
from ..ooxml.sheet import SheetEdit
from ..ooxml.worksheets import Worksheets
from .notes import Notes
from .styles import MarkStyles

_N = f"{{{MAIN_NS}}}"
_ITS_OWN = ("comments", "vmlDrawing", "threadedComment", "drawing", "printerSettings")  # parts of a single sheet


def remove_marks(edit: PackageEdit, styles: MarkStyles, notes: Mapping[str, Notes]) -> None:
    """Restore the formats of marked cells, and remove the added notes and sheets.

    ``notes`` are those of every sheet, by sheet name.
    """
    ours = _our_sheets(edit)
    formers = styles.formers()
    originals = _originals(edit) if RECORD_SHEET in edit.sheets else {}
    for name, part in edit.sheets.items():
        if name in ours or part not in edit.package:
            continue
        for row, column, style in SheetEdit(edit.package.read(part), name).styles() if formers else ():
            if style in formers:
                edit.sheet(name).restyle(row, column, styles.restored(style, originals))
        notes[name].strip()
    for name in ours:
        _drop_sheet(edit, name)


def _our_sheets(edit: PackageEdit) -> list[str]:
    worksheets = Worksheets(edit.package)
    lists = [
        name
        for name, part in edit.sheets.items()
        if name.startswith(LIST_SHEET) and worksheets.cells(part)[0].get((1, 1), BLANK).text == LIST_TITLE
    ]
    return lists + [RECORD_SHEET] * (RECORD_SHEET in edit.sheets)


def _originals(edit: PackageEdit) -> dict[int, int]:
    """Return the original of each marked format, as recorded in the hidden sheet."""
    out: dict[int, int] = {}
    for row in edit.package.xml(edit.sheets[RECORD_SHEET]).iter(_N + "row"):
        formats = [int(c.get("s", "0")) for c in row.iterfind(_N + "c")]
        if len(formats) >= 2:
            out.setdefault(*formats[:2])
    return out


def _drop_sheet(edit: PackageEdit, name: str) -> None:
    book = edit.tree(edit.workbook)
    sheets = book.find(_N + "sheets")
    at, element = next((i, s) for i, s in enumerate(sheets) if s.get("name") == name)
    part = edit.sheets[name]
    for r in edit.package.relationships(part):
        if r.kind in _ITS_OWN and r.target in edit.package:
            edit.drop(part, r.target)
    edit.drop(edit.workbook, part)
    sheets.remove(element)
    for named in list(book.iter("{*}definedName")):
        local = int(named.get("localSheetId", "-1"))
        if local == at:
            names = named.getparent()
            names.remove(named)
            if not len(names):
                book.remove(names)
        elif local > at:
            named.set("localSheetId", str(local - 1))

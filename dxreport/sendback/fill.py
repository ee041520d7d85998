"""Fill in an issued workbook as a department would, by editing single cells of its package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from ..domain.fields import FieldKind, Ref
from ..domain.quantities import number_for_cell
from ..form.read.sheet import read_sheet
from ..form.records import Form
from ..form.sizes import Sizes
from ..ooxml.cells import At
from ..ooxml.edit import PackageEdit
from ..ooxml.package import Package
from ..ooxml.refs import Box, address, cell
from ..ooxml.sheet import SheetEdit
from ..ooxml.styles import Styles
from ..ooxml.text_metrics import MAX_HEIGHT
from ..ooxml.worksheets import Worksheets


def fill(data: bytes, form: Form, answers: Mapping[str, Mapping[Ref, str]], *, quarter: int, year: int) -> bytes:
    """Return the workbook with ``answers`` (by measure, then Ref) filled in and everything else unchanged.

    Numbers are given in their standard form, as they are read. Raise KeyError if the workbook has no such measure or
    its form does not show a Ref.
    """
    edit = PackageEdit(Package(data))
    sizes: dict[str, Sizes] = {}
    placed, styles = _positions(edit.package, form, quarter, year), Styles(_styles_of(edit))
    for measure, texts in answers.items():
        name, cells = placed[measure].sheet, placed[measure].cells
        for ref, text in texts.items():
            field, where, sheet = form.catalogue.field[ref.field], cell(cells[ref]), edit.sheet(name)
            if field.kind is FieldKind.NUMBER:
                percent = styles.is_percent(sheet.style(*where))
                sheet.set(*where, number_for_cell(text, field.unit, percent=percent), number=True)
            else:
                if name not in sizes:
                    sizes[name] = Sizes(sheet.root, styles)
                _set_text(sheet, where, text, styles, sizes[name])
    return edit.data()


def _set_text(sheet: SheetEdit, where: At, text: str, styles: Styles, sizes: Sizes) -> None:
    """Set a text; its row becomes as tall as the text needs, and no lower than it was.

    Without a stored height Excel would fit the row, but LibreOffice would use the sheet's default.
    """
    row, before = where[0], sheet.height(where[0])
    sheet.set(*where, text)
    box = sheet.merge_at(*where) or Box(*where, *where)
    if before and box.top == box.bottom:
        needed = sizes.space(box, styles.format(sheet.style(*where))).needed(text)
        sheet.set_height(row, max(before, min(needed, MAX_HEIGHT)))


def _styles_of(edit: PackageEdit) -> etree._Element | None:
    """Return the root of styles.xml, not to be edited; None if there is none."""
    part = next((r.target for r in edit.package.relationships(edit.workbook) if r.kind == "styles"), "")
    return edit.package.xml(part) if part in edit.package else None


@dataclass(frozen=True, slots=True)
class Positions:
    """The place of a measure in a workbook: its sheet, and the cell of each text (``E21``)."""

    sheet: str
    cells: Mapping[Ref, str]


def positions(data: bytes, form: Form, *, quarter: int, year: int) -> dict[str, Positions]:
    """Return the positions of each measure in a workbook of ``form``."""
    return _positions(Package(data), form, quarter, year)


def _positions(package: Package, form: Form, quarter: int, year: int) -> dict[str, Positions]:
    worksheets = Worksheets(package)
    return {
        measure: Positions(sheet, {ref: address(*at) for ref, at in filled.at.items()})
        for sheet in worksheets.names
        for measure, filled in read_sheet(form, worksheets.grid(sheet).rows, quarter=quarter, year=year).items()
    }

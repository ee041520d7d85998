"""Fill in the cells of an issued workbook, as a department would: in its package, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from ..domain.fields import FieldKind
from ..domain.model import Ref
from ..domain.values import number_for_cell, number_text
from ..form.read.sheet import read_sheet
from ..form.records import Form
from ..ooxml.edit import PackageEdit
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..ooxml.styles import Styles
from ..ooxml.worksheets import Worksheets


def fill(data: bytes, form: Form, answers: Mapping[str, Mapping[Ref, str]], *, quarter: int, year: int) -> bytes:
    """The workbook with ``answers`` (by sheet name, then Ref) written in; all else stays as it is.

    Raises KeyError for a sheet that is not there or a Ref that its form does not show.
    """
    edit = PackageEdit(Package(data))
    worksheets, styles = Worksheets(edit.package), Styles(_styles_of(edit))
    for sheet, texts in answers.items():
        at = _positions(worksheets, form, sheet, quarter, year)
        for ref, text in texts.items():
            field, where = form.catalogue.field[ref.field], at[ref]
            if field.kind is FieldKind.NUMBER:
                percent = styles.is_percent(edit.sheet(sheet).style(*where))
                stored = number_for_cell(number_text(text, field.unit) or text, field.unit, percent=percent)
                edit.sheet(sheet).set(*where, stored, number=True)
            else:
                edit.sheet(sheet).set(*where, text)
    return edit.data()


def _styles_of(edit: PackageEdit) -> etree._Element | None:
    """The root of styles.xml as it is, None where there is none."""
    part = next((r.target for r in edit.package.relationships(edit.workbook) if r.kind == "styles"), "")
    return edit.package.xml(part) if part in edit.package else None


def positions(data: bytes, form: Form, sheet: str, *, quarter: int, year: int) -> dict[Ref, str]:
    """The cell of each text of a sheet (``E21``); raises KeyError when there is no such sheet of a form."""
    found = _positions(Worksheets(Package(data)), form, sheet, quarter, year)
    return {ref: address(*at) for ref, at in found.items()}


def _positions(
    worksheets: Worksheets, form: Form, sheet: str, quarter: int, year: int
) -> Mapping[Ref, tuple[int, int]]:
    filled = read_sheet(form, worksheets.grid(sheet).rows, quarter=quarter, year=year)
    if filled is None:
        raise KeyError(sheet)
    return filled.at

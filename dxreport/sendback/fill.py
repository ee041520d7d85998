"""Fill in the cells of an issued workbook, as a department would: by the package, cell by cell."""

from __future__ import annotations

import io
from collections.abc import Mapping

from ..domain.model import Ref
from ..form.read.sheet import read_sheet
from ..form.records import Form
from ..ooxml.package import Package
from ..ooxml.refs import address, cell
from ..ooxml.sheet import SheetEdit
from ..ooxml.table import sheet_parts


def fill(data: bytes, form: Form, answers: Mapping[str, Mapping[Ref, str]], *, quarter: int, year: int) -> bytes:
    """The workbook with ``answers`` (by sheet name, then Ref) written in; all else stays as it is.

    Raises KeyError for a sheet that is not there or a Ref that its form does not show.
    """
    package = Package(data)
    parts = sheet_parts(package)
    changed = {}
    for sheet, texts in answers.items():
        at = positions(data, form, sheet, quarter=quarter, year=year)
        edit = SheetEdit(package, parts[sheet], sheet)
        for ref, text in texts.items():
            edit.set(*cell(at[ref]), text)
        changed[parts[sheet]] = edit.bytes()
    return package.with_parts(changed)


def positions(data: bytes, form: Form, sheet: str, *, quarter: int, year: int) -> dict[Ref, str]:
    """Where each text of a sheet stands (``E21``); raises KeyError when there is no such sheet of a form."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    if sheet not in book.sheet_names:
        raise KeyError(sheet)
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    filled = read_sheet(form, rows, quarter=quarter, year=year)
    if filled is None:
        raise KeyError(sheet)
    return {ref: address(*at) for ref, at in filled.at.items()}

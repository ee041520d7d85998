"""Fill in the cells of an issued workbook, as a department would: by the package, cell by cell."""

from __future__ import annotations

import io
from collections.abc import Mapping

from .form.compile import Form
from .form.read import read_sheet
from .model import Ref
from .ooxml.package import DOC_RELS_NS, MAIN_NS, Package
from .ooxml.sheet import SheetEdit


def fill(data: bytes, form: Form, answers: Mapping[str, Mapping[Ref, str]], *, quarter: int, year: int) -> bytes:
    """The workbook with ``answers`` (by sheet name, then Ref) written in; all else stays as it is.

    Raises KeyError for a sheet that is not there or a Ref that its form does not show.
    """
    from python_calamine import CalamineWorkbook

    book, package = CalamineWorkbook.from_filelike(io.BytesIO(data)), Package(data)
    parts = sheet_parts(package)
    changed = {}
    for sheet, texts in answers.items():
        filled = read_sheet(form, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), quarter=quarter, year=year)
        if filled is None:
            raise KeyError(sheet)
        edit = SheetEdit(package, parts[sheet], sheet)
        for ref, text in texts.items():
            edit.set(*filled.at[ref], text)
        changed[parts[sheet]] = edit.bytes()
    return package.with_parts(changed)


def sheet_parts(package: Package) -> dict[str, str]:
    """The parts of a workbook's sheets by sheet name."""
    main = next(r.target for r in package.relationships() if r.kind == "officeDocument")
    targets = {r.id: r.target for r in package.relationships(main)}
    sheets = package.xml(main).iterfind(f"{{{MAIN_NS}}}sheets/{{{MAIN_NS}}}sheet")
    return {s.get("name", ""): targets[s.get(f"{{{DOC_RELS_NS}}}id")] for s in sheets}

"""Read a rendered workbook back before it is issued, as its return will be read."""

from __future__ import annotations

from ..domain.errors import DxreportError
from ..domain.fields import label
from ..domain.model import Measure, normalise
from ..form.read.filled import read_filled
from ..form.render.prepare import PreparedForm
from ..intake.limits import MAX_COLUMNS, MAX_ROWS
from ..ooxml.package import Package
from ..ooxml.table import workbook_part
from ..ooxml.worksheets import Worksheets


class UnreadableForm(DxreportError):
    """A sheet does not read back as it was written."""


def check_readable(data: bytes, prepared: PreparedForm, measure: Measure) -> None:
    """Read the sheet of ``measure`` in a rendered workbook; raise UnreadableForm where it is not what was written."""
    form, package = prepared.form, Package(data)
    grid = Worksheets(package, workbook_part(package)).grid(measure.id)
    row, column = max((r for r, _ in grid.cells), default=0), max((c for _, c in grid.cells), default=0)
    if row > MAX_ROWS or column > MAX_COLUMNS:
        raise _unusable(form.name, measure.id, f"シートが大きすぎます（{row:,} 行 {column:,} 列）")
    issued, this = measure.values(), prepared.this
    read = read_filled(grid, form, issued, prepared.settings, quarter=this.quarter, year=this.year)
    for found in read.problems:
        if found.severity == "error":
            raise _unusable(form.name, measure.id, f"{found.label or found.cell}: {found.message}")
    for ref, text in read.texts.items():
        if text != normalise(issued.get(ref, "")):
            raise _unusable(form.name, measure.id, f"セル {read.cells[ref]} {label(ref, prepared.settings)}")


def _unusable(form: str, measure: str, what: str) -> UnreadableForm:
    return UnreadableForm(
        f"様式 {form} で作ったシート「{measure}」は、書いたとおりに読み戻せません（{what}）。何も書いていません。",
        "様式のこの欄を直してください（`dxreport check` で確かめられます）。",
    )

"""Read a rendered workbook back before it is issued, as its return will be read."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from ..domain.errors import DxreportError
from ..domain.fields import label
from ..domain.model import Measure, normalise
from ..form.read.filled import text_of
from ..form.read.sheet import Filled, read_sheet
from ..form.render.prepare import PreparedForm
from ..intake.limits import MAX_COLUMNS, MAX_ROWS
from ..ooxml.cells import Grid
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..ooxml.worksheets import Worksheets


class UnreadableForm(DxreportError):
    """A rendered sheet does not read back as written; ``what`` says where."""

    def __init__(self, form: str, measure: str, what: str) -> None:
        super().__init__(
            f"様式 {form} で作ったシート「{measure}」は、書いたとおりに読み戻せません（{what}）。何も書いていません。",
            "様式のこの欄を直してください（`dxreport check` で確かめられます）。",
        )


def check_readable(
    data: bytes, prepared: PreparedForm, measures: Sequence[Measure], like: Worksheets | None = None
) -> Worksheets:
    """Read back the first sheet of a workbook with ``measures``; raise UnreadableForm if it is not what was written.

    Return the reader, for the ``like`` of the next workbook of the form: they share strings and formats.
    """
    form, first = prepared.form, measures[0]
    reader = Worksheets(Package(data), like=like)
    grid = reader.grid(prepared.sheet_name(first.id))
    row, column = (max(map(itemgetter(n), grid.cells), default=0) for n in (0, 1))
    if row > MAX_ROWS or column > MAX_COLUMNS:
        raise UnreadableForm(form.name, grid.name, f"シートが大きすぎます（{row:,} 行 {column:,} 列）")
    read = read_sheet(form, grid.rows, quarter=prepared.this.quarter, year=prepared.this.year)
    for measure in measures if form.layout.is_list else (first,):
        if measure.id not in read:
            raise UnreadableForm(form.name, measure.id, "シートの目印がありません")
        _check(prepared, measure, read[measure.id], grid)
    return reader


def _check(prepared: PreparedForm, measure: Measure, read: Filled, grid: Grid) -> None:
    form = prepared.form
    for ref, text in measure.values().items():
        if ref not in read.values:
            if (ref.field, ref.period) in read.targets.always_shown:
                raise UnreadableForm(form.name, measure.id, f"{label(ref, prepared.settings)}の行か列がありません")
        elif text_of(grid.cell(*read.at[ref]), form.catalogue.field[ref.field], text) != normalise(text):
            raise UnreadableForm(
                form.name, measure.id, f"セル {address(*read.at[ref])} {label(ref, prepared.settings)}"
            )

"""The lens over any catalogue: what is rendered is read, inputs are those of the round, numbers are numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxreport.domain.fields import BUILT_IN, Access, Catalogue, Field, FieldKind, Ref, access
from dxreport.domain.model import FiscalYear, Measure, Settings
from dxreport.form.compile import compile_form
from dxreport.form.read.filled import FilledSheet, read_filled
from dxreport.form.read.sheet import read_sheet
from dxreport.form.records import Form
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.lifecycle import sample
from dxreport.ooxml.cells import Grid
from dxreport.ooxml.package import Package
from dxreport.ooxml.refs import cell
from dxreport.ooxml.text import is_number
from dxreport.ooxml.worksheets import Worksheets
from dxreport.sendback.fill import fill
from tests.support.declared_form import number_format, template
from tests.support.lens import without_spares
from tests.support.packages import faults, open_cells
from tests.support.strategies import catalogues, measures_with, texts_of


def settings_with(catalogue: Catalogue) -> Settings:
    """設定 whose rounds open every group."""
    given = sample.settings()
    years = tuple(FiscalYear(2022 + n) for n in range(catalogue.years))
    rounds = tuple(replace(r, opens=frozenset(catalogue.groups)) for r in given.rounds)
    return replace(given, plan_years=years, rounds=rounds, catalogue=catalogue)


@pytest.mark.parametrize(
    ("unit", "text", "stored"),
    [("%", "48.5", 0.485), ("%", "0.001", 0.00001), ("%", "-120", -1.2), ("千円", "12500", 12500), ("", "0.485", 0.485),
     ("%", "集計中", "集計中")],
)  # fmt: skip
def test_a_number_is_stored_as_its_cell_shows_it(unit: str, text: str, stored: object) -> None:
    """48.5 in a cell of the format 0.0% is 0.485, and is read as 48.5."""
    catalogue = BUILT_IN.extended([Field("率", "率", FieldKind.NUMBER, "率", unit=unit, declared=True)], 4)
    measure, office = Measure({Ref("id"): "01-01", Ref("率"): text}, catalogue), settings_with(catalogue)
    form, round_ = compile_form(template(catalogue), "様式.xlsx", catalogue), office.rounds[1]
    book = render_book(PreparedForm(form, round_, office, "課"), [measure], "R04X-001").data
    filled = read_back(Worksheets(Package(book)).grid("01-01"), form, office)
    assert openpyxl.load_workbook(io.BytesIO(book))["01-01"][filled.cells[Ref("率")]].value == stored
    assert filled.texts[Ref("率")] == text
    again = fill(book, form, {"01-01": {Ref("率"): "12.5"}}, quarter=1, year=1)
    assert read_back(Worksheets(Package(again)).grid("01-01"), form, office).texts[Ref("率")] == "12.5"


def read_back(grid: Grid, form: Form, office: Settings) -> FilledSheet:
    """The sheet of 01-01, of which nothing was issued."""
    return read_filled(grid, read_sheet(form, grid.rows, quarter=1, year=1)["01-01"], {}, office)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_form_of_any_catalogue_is_a_lens(data: st.DataObject) -> None:
    catalogue = data.draw(catalogues())
    measure: Measure = data.draw(measures_with(catalogue)).tidy()
    office = settings_with(catalogue)
    round_ = data.draw(st.sampled_from(office.rounds))
    form = compile_form(template(catalogue), "様式.xlsx", catalogue)
    book = render_book(PreparedForm(form, round_, office, "課"), [measure], "R04X-001").data
    grid, values = Worksheets(Package(book)).grid(measure.id), measure.values()
    [found] = read_sheet(form, grid.rows, quarter=round_.quarter, year=1).values()
    filled = read_filled(grid, found, values, office)
    assert [p for p in filled.problems if p.severity == "error"] == []
    assert without_spares(dict(filled.texts), measure) == values
    assert faults(book) == []

    opened = open_cells(book, measure.id)
    own = {(ref.prefix, ref.item) for ref in values}
    sheet = openpyxl.load_workbook(io.BytesIO(book))[measure.id]
    for ref, at in found.at.items():
        how, field = access(ref.field, ref.period, round_, office), catalogue.field[ref.field]
        blank = not values.get(ref)
        assert (at in opened) == (how is Access.OPEN or (how is Access.IF_BLANK and blank)), ref
        if (ref.prefix, ref.item) in own and field.kind is FieldKind.NUMBER:
            assert sheet.cell(*at).number_format == number_format(field)
            assert (grid.cell(*at).kind == "number") == is_number(values[ref])
    rules = {v.formula1 for v in sheet.data_validations.dataValidation}
    words = {f'"{",".join(f.choices)}"' for f in catalogue.declared if f.choices and not f.prefix}
    assert words <= rules
    assert all(cell(at) for at in filled.cells.values())


@given(st.data(), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_edit_of_a_form_of_any_catalogue_is_exactly_that_edit(data: st.DataObject, as_list: bool) -> None:
    """On a sheet for each measure and on a list of them; what is read of the others stays as it was."""
    catalogue = data.draw(catalogues())
    drawn = data.draw(st.lists(measures_with(catalogue), min_size=1, max_size=3, unique_by=lambda m: m.id))
    given_ = {m.id: m.tidy() for m in drawn}
    office = settings_with(catalogue)
    round_ = data.draw(st.sampled_from(office.rounds))
    form = compile_form(template(catalogue, as_list=as_list), "様式.xlsx", catalogue)
    book = render_book(PreparedForm(form, round_, office, "課"), list(given_.values()), "R04X-001").data
    before = read_all(book, form, office, given_, round_.quarter)
    assert Worksheets(Package(book)).names == [*(["課"] if as_list else given_), "_dxreport"] and faults(book) == []
    for id_, filled in before.items():
        assert without_spares(dict(filled.texts), given_[id_]) == given_[id_].values()

    id_ = data.draw(st.sampled_from(sorted(given_)))
    opened = [ref for ref in before[id_].cells if access(ref.field, ref.period, round_, office) is Access.OPEN]
    ref = data.draw(st.sampled_from(opened))
    field = catalogue.field[ref.field]
    text = data.draw(texts_of(field).map(lambda text: text.strip() or "済"))
    again = fill(book, form, {id_: {ref: text}}, quarter=round_.quarter, year=1)
    after = read_all(again, form, office, given_, round_.quarter)
    found, expected = after[id_].texts, dict(before[id_].texts) | {ref: text}
    others = {r for r in {*found, *expected} if r.field != "activity.plan_label"}  # spare items have one too
    assert {r: found.get(r, "") for r in others} == {r: expected.get(r, "") for r in others}
    assert all(after[other].texts == before[other].texts for other in before if other != id_)


def read_all(
    book: bytes, form: Form, office: Settings, issued: Mapping[str, Measure], quarter: int
) -> dict[str, FilledSheet]:
    """What is read of each measure in a workbook."""
    worksheets, out = Worksheets(Package(book)), dict[str, FilledSheet]()
    for grid in map(worksheets.grid, worksheets.names):
        for id_, found in read_sheet(form, grid.rows, quarter=quarter, year=1).items():
            out[id_] = read_filled(grid, found, issued[id_].values(), office)
    return out

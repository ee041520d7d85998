"""The laws of the lens: reading is the inverse of rendering, and of any edit a department can make."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxreport.domain.errors import DxreportError
from dxreport.domain.fields import Access, Ref, access
from dxreport.domain.model import Measure, Round
from dxreport.domain.needs import is_actual_of_nothing
from dxreport.form.render.workbook import render_book
from tests.support.lens import (
    FORM,
    REAL,
    ROUNDS,
    SETTINGS,
    TEMPLATE,
    measure_of,
    prepared,
    read,
    render,
    rounds,
    shown,
    without_spares,
)
from tests.support.measures import measure as made
from tests.support.packages import (
    copy_row,
    delete_column,
    delete_row,
    edited,
    faults,
    insert_columns,
    insert_rows,
    open_cells,
    rows_of,
    set_text,
)
from tests.support.strategies import measures, texts


@given(measures, rounds)
@settings(max_examples=60, deadline=None)
def test_reading_is_the_inverse_of_rendering(measure: Measure, round_: Round) -> None:
    data = render(measure, round_)
    filled = read(data, measure.id, round_)
    values = without_spares(filled.values, measure)
    assert values == shown(measure, round_)
    assert measure_of(filled, measure) == measure.normal()
    assert (filled.copied, filled.inserted, filled.inserted_columns, filled.lost_columns) == ((), (), (), ())
    assert (filled.keys.stamp.issue, filled.keys.stamp.measure, filled.keys.stamp.form) == (
        "R04Q1-001",
        measure.id,
        FORM.digest,
    )
    assert faults(data) == []


@given(measures, rounds)
@settings(max_examples=30, deadline=None)
def test_open_cells_are_the_inputs_of_the_round(measure: Measure, round_: Round) -> None:
    """No cell is open that is not read back, and those are open that the field catalogue says."""
    data = render(measure, round_)
    filled = read(data, measure.id, round_)
    expected = set()
    for ref, text in filled.values.items():
        how = access(ref.field, ref.period, round_, SETTINGS)
        of_nothing = is_actual_of_nothing(ref, filled.values, round_, SETTINGS)
        if (how is Access.OPEN and not of_nothing) or (how is Access.IF_BLANK and not text):
            expected.add(filled.at[ref])
    assert open_cells(data, measure.id) == expected
    assert bool(expected) == (round_.name != "") and len(set(filled.at.values())) == len(filled.at)


@pytest.mark.slow
@given(st.data(), measures, rounds, texts)
@settings(max_examples=60, deadline=None)
def test_an_edit_is_read_as_that_edit(data: st.DataObject, measure: Measure, round_: Round, text: str) -> None:
    issued = render(measure, round_)
    before = read(issued, measure.id, round_)
    cells = open_cells(issued, measure.id)
    ref = data.draw(st.sampled_from([r for r, at in before.at.items() if at in cells]))
    returned = edited(issued, measure.id, lambda root: set_text(root, before.at[ref], text))
    after = read(returned, measure.id, round_)
    assert after.values == before.values | {ref: text}
    assert measure_of(after, measure) == Measure({**measure.values(), **before.values, ref: text}).normal()


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUNDS)
def test_every_input_of_a_sheet_by_itself(name: str) -> None:
    measure, round_ = REAL["04-02"], ROUNDS[name]
    issued = render(measure, round_)
    before = read(issued, measure.id, round_)
    cells = open_cells(issued, measure.id)
    assert len(cells) >= 5
    for where in cells:
        (ref,) = [r for r, at in before.at.items() if at == where]
        after = read(
            edited(issued, measure.id, lambda root, at=where: set_text(root, at, "回答\n=1+1 ")), measure.id, round_
        )
        assert after.values == before.values | {ref: "回答\n=1+1 "}


@pytest.mark.slow
@given(st.data(), measures, texts)
@settings(max_examples=40, deadline=None)
def test_inserted_rows_and_columns_change_nothing(data: st.DataObject, measure: Measure, text: str) -> None:
    issued = render(measure)
    before = read(issued, measure.id)
    height, width = len(rows_of(issued, measure.id)), 8
    rows = data.draw(st.lists(st.integers(1, height + 1), max_size=3))
    columns = data.draw(st.lists(st.integers(1, width + 1), max_size=2))
    cells = open_cells(issued, measure.id)
    ref = data.draw(st.sampled_from([r for r, at in before.at.items() if at in cells]))

    def change(root) -> None:
        set_text(root, before.at[ref], text)
        for row in rows:
            insert_rows(root, row)
        for column in columns:
            insert_columns(root, column)

    after = read(edited(issued, measure.id, change), measure.id)
    assert after.values == before.values | {ref: text}
    assert measure_of(after, measure) == Measure({**measure.values(), **before.values, ref: text}).normal()
    assert after.lost_columns == () and after.copied == ()


def test_inserted_rows_are_reported() -> None:
    measure = REAL["01-01"]
    issued = render(measure)
    at = read(issued, measure.id).at[Ref("activity.plan", "K2", 1)][0]
    after = read(edited(issued, measure.id, lambda root: insert_rows(root, at, 2)), measure.id)
    assert after.inserted == (at, at + 1)
    after = read(edited(issued, measure.id, lambda root: insert_columns(root, 5)), measure.id)
    assert after.inserted_columns == (5,)


def test_a_removed_row_is_never_read_as_blank() -> None:
    measure = REAL["04-02"]
    issued = render(measure)
    before = read(issued, measure.id)
    for row in range(2, len(rows_of(issued, measure.id)) + 1):
        after = read(edited(issued, measure.id, lambda root, n=row: delete_row(root, n)), measure.id)
        gone = {ref for ref, at in before.at.items() if at[0] == row}
        assert after.values == {ref: text for ref, text in before.values.items() if ref not in gone}


def test_a_removed_column_is_never_read_as_blank() -> None:
    measure = REAL["04-02"]
    issued = render(measure)
    before = read(issued, measure.id)
    for column in range(2, 9):
        after = read(edited(issued, measure.id, lambda root, n=column: delete_column(root, n)), measure.id)
        gone = {ref for ref, at in before.at.items() if at[1] == column}
        assert after.values == {ref: text for ref, text in before.values.items() if ref not in gone}
        assert bool(gone) == bool(after.lost_columns)


def test_a_copied_row_is_reported_and_its_original_read() -> None:
    measure = REAL["01-01"]
    issued = render(measure)
    before = read(issued, measure.id)
    row = before.at[Ref("activity.progress", "K1", 1)][0]

    def change(root) -> None:
        copy_row(root, row)
        set_text(root, (row + 1, 5), "写し")

    after = read(edited(issued, measure.id, change), measure.id)
    assert after.values == before.values and after.copied == (row + 1,)


def test_a_text_longer_than_a_cell_is_refused() -> None:
    with pytest.raises(DxreportError, match="32,767"):
        render(made("01-01", {"goal": "𠮷" * 16_384}))
    assert read(render(made("01-01", {"goal": "𠮷" * 16_383})), "01-01").values[Ref("goal")] == "𠮷" * 16_383


def test_a_text_taller_than_any_row_is_reported() -> None:
    measure = made("01-01", {"goal": "一\n" * 60, "activity.name/K1": "取組\n" * 200})
    at = read(render(measure), "01-01").at
    where = {ref: f"01-01!{'ABCDEFGH'[column - 1]}{row}" for ref, (row, column) in at.items()}
    assert set(render_book(prepared(), [measure], "R04Q1-001").too_tall) == {
        where[Ref("goal")],
        where[Ref("activity.name", "K1")],
    }
    assert render_book(prepared(), list(REAL.values()), "R04Q1-001").too_tall == ()


def test_spare_items_never_take_an_id_that_was_given_before() -> None:
    data = render_book(prepared(), [made("01-01")], "R04Q1-001", used={"01-01": ["K7", "O3"]}).data
    ids = {ref.item for ref in read(data, "01-01").values}
    assert {"K8", "O4", "R1", "S1"} <= ids and not ids & {"K1", "K7", "O1", "O3"}


def test_same_measures_same_bytes_in_another_process() -> None:
    """Whatever order sets and dictionaries have there."""
    code = (
        "import hashlib, sys; from pathlib import Path; from dxreport.lifecycle import sample; "
        "from dxreport.form.render.workbook import render_book; from dxreport.form.compile import load_form; "
        "from dxreport.form.render.prepare import PreparedForm; s = sample.settings(); "
        "made = PreparedForm(load_form(Path(sys.argv[1])), s.round('第1四半期'), s, '産業振興課'); "
        "book = render_book(made, sample.load(with_answers=True), 'R04Q1-001'); "
        "sys.stdout.write(hashlib.sha256(book.data).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code, str(TEMPLATE)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(TEMPLATE.parents[1])},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert seen == {hashlib.sha256(render_book(prepared(), list(REAL.values()), "R04Q1-001").data).hexdigest()}


def test_real_measures_are_in_normal_form() -> None:
    """So that nothing of theirs is lost in the laws above."""
    for measure in REAL.values():
        assert measure.normal() == measure
        assert not any(item.is_empty() for prefix in measure.catalogue.by_prefix for item in measure.items(prefix))

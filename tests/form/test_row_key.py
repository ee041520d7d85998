"""The keys of rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxreport.form.row_key import RowKey, parse_row_key, template_row

_IDS = st.text("KRSO0123456789,-\n", min_size=1, max_size=6)


@given(st.integers(1, 9_999_999), st.lists(_IDS, max_size=3).map(tuple), st.booleans())
def test_a_key_is_read_as_it_was_written(row: int, blocks: tuple[str, ...], later: bool) -> None:
    key = RowKey(row, blocks, later)
    assert parse_row_key(str(key)) == key


@pytest.mark.parametrize(
    ("text", "ids", "in_list", "later"),
    [
        ("r20", [""], [""], False),
        ("r20/K1", ["", "K1"], ["", "K1"], False),
        ("r20/K1,S2/3", ["", "K1", "S2", "3"], ["", "K1,S2", "3"], False),
        ("r20/01-01/K1+", ["", "01-01", "K1"], ["", "01-01", "K1"], True),
        ("r20/1,2/K1,-", ["", "1", "2", "K1", "-"], ["", "1,2", "K1", "-"], False),
    ],
)
def test_the_ids_of_a_key(text: str, ids: list[str], in_list: list[str], later: bool) -> None:
    key = parse_row_key(text)
    assert key and key.later is later
    assert key.ids(of_measure=False) == ids
    assert key.ids(of_measure=True) == in_list


@pytest.mark.parametrize("text", ["", "cE", "r", "rX", "r12345678", "20/K1", "R20/K1", "row 20", "r20 K1"])
def test_other_texts_are_no_keys_of_rows(text: str) -> None:
    assert parse_row_key(text) is None
    assert template_row(text) == 0

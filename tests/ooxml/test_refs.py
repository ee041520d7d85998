"""Cell references and sheet names."""

from __future__ import annotations

import pytest

from dxreport.ooxml.refs import address, box, cell, column_letters, column_number, is_sheet_name, quote_sheet


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (16_384, "XFD")])
def test_columns(number: int, letters: str) -> None:
    assert (column_letters(number), column_number(letters)) == (letters, number)


def test_cells_and_ranges() -> None:
    assert cell("$B$12") == cell("B12") == (12, 2) and address(12, 2) == "B12"
    assert box("D4:B2") == box("B2:D4") == (2, 2, 4, 4) and box("C3").ref == "C3"
    with pytest.raises(ValueError):
        box("A:A")


@pytest.mark.parametrize("other", ["A1:B2", "D4:E9", "A3:Z3", "C1:C9", "C3"])
def test_ranges_that_share_a_cell_overlap(other: str) -> None:
    assert box("B2:D4").overlaps(box(other)) and box(other).overlaps(box("B2:D4"))


@pytest.mark.parametrize("other", ["A1:A9", "E2:F4", "B1:D1", "B5:D9"])
def test_neighbours_do_not_overlap(other: str) -> None:
    assert not box("B2:D4").overlaps(box(other)) and not box(other).overlaps(box("B2:D4"))


def test_sheet_names() -> None:
    assert quote_sheet("Q1's") == "'Q1''s'"
    assert is_sheet_name("あ" * 31) and is_sheet_name("it's")
    assert not any(map(is_sheet_name, ["", "あ" * 32, "𠮷" * 16, "a/b", "a[1]", "'a", "History"]))

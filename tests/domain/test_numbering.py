"""Numbers of records and of list items."""

from __future__ import annotations

from dxreport.domain.numbering import circled, next_number


def test_the_next_number_follows_the_highest_of_its_series():
    assert next_number("K", ["K2", "K10", "S99", "K", "Kx", "K²", "k50"]) == 11
    assert next_number("R04Q1-", ["R04Q1-007", "R04Q2-100"]) == 8
    assert next_number("U", []) == 1


def test_numbers_beyond_the_circled_ones_are_in_brackets():
    assert [circled(n) for n in (1, 9, 20, 21)] == ["①", "⑨", "⑳", "(21)"]

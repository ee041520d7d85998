"""Days as printed."""

from __future__ import annotations

from datetime import date

import pytest

from dxreport.domain.days import printed_day, printed_year, short_day


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2022-07-15", "令和４年７月15日（金）"),
        ("2028-12-01", "令和10年12月１日（金）"),
        ("2019-05-01", "令和元年５月１日（水）"),
        ("2019-04-30", "2019年４月30日（火）"),
    ],
)
def test_days(day: str, text: str) -> None:
    assert printed_day(date.fromisoformat(day)) == text
    assert printed_day(date.fromisoformat(day), weekday=False) == text[:-3]
    assert text.endswith(short_day(date.fromisoformat(day)))


def test_a_year_before_reiwa() -> None:
    with pytest.raises(ValueError, match="2018"):
        printed_year(2018)

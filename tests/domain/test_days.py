"""Days as printed."""

from __future__ import annotations

from datetime import date

import pytest

from dxreport.domain.days import day_of, printed_day, printed_moment, printed_year, short_day, wrong_weekday


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


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("令和４年７月15日（金）", ""),
        ("令和４年７月22日（木）", "木"),
        ("R4.7.22(木曜日)", "木"),
        ("2022-07-22", ""),
        ("令和４年７月22日（必着）", ""),
        ("令和４年２月30日（水）", ""),
    ],
)
def test_a_weekday_that_does_not_fit_its_day(text: str, weekday: str) -> None:
    assert wrong_weekday(text) == weekday
    assert day_of(text) in ("2022-07-15", "2022-07-22", None)


def test_a_time_of_the_ledgers() -> None:
    assert printed_moment("2022-07-14 17:00:00") == "令和４年７月14日（木）17:00"
    assert printed_moment("きのう") == "きのう"

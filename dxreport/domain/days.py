"""Days as papers of a Japanese office print them."""

from __future__ import annotations

from datetime import date

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_REIWA = date(2019, 5, 1)


def printed_number(number: int) -> str:
    """Return a number as years, months and days show it: one digit in full width (``４``), more in half width."""
    return str(number).translate(_FULL_WIDTH) if 0 <= number < 10 else str(number)


def printed_year(western: int) -> str:
    """Return ``令和元``, ``令和４``, ``令和10`` for a year of the western calendar; raise ValueError before 2019."""
    era = western - 2018
    if era < 1:
        raise ValueError(f"{western} is before 令和")
    return f"令和{'元' if era == 1 else printed_number(era)}"


def printed_day(day: date, *, weekday: bool = True) -> str:
    """Return ``令和４年７月15日（金）``; before 令和 the western year."""
    year = str(day.year) if day < _REIWA else printed_year(day.year)
    return f"{year}年{short_day(day, weekday=weekday)}"


def short_day(day: date, *, weekday: bool = True) -> str:
    """Return ``７月15日（金）``, where the year is clear."""
    text = f"{printed_number(day.month)}月{printed_number(day.day)}日"
    return f"{text}（{'月火水木金土日'[day.weekday()]}）" if weekday else text

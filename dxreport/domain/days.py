"""Dates as a Japanese office prints them, and as people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_REIWA = date(2019, 5, 1)
# The year before the first of each era.
ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
        "M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018}  # fmt: skip
_WRITTEN = re.compile(r"(令和|R)?(元|\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\((.*)\))?")
WEEKDAYS = "月火水木金土日"


def printed_number(number: int) -> str:
    """Return a number as dates show it: a single digit in full width (``４``), others in half width (``15``)."""
    return str(number).translate(_FULL_WIDTH) if 0 <= number < 10 else str(number)


def western_year(era: str | None, year: str) -> int:
    """Return a year of the western calendar: (``令和``, ``元``) is 2019, (``R``, ``4``) is 2022, (None, ``2022``) is 2022."""
    return ERAS.get(era or "", 0) + (1 if year == "元" else int(year))


def printed_year(western: int) -> str:
    """Return ``令和元``, ``令和４``, ``令和10`` for a year of the western calendar; raise ValueError before 2019."""
    era = western - ERAS["令和"]
    if era < 1:
        raise ValueError(f"{western} is before 令和")
    return f"令和{'元' if era == 1 else printed_number(era)}"


def printed_day(day: date, *, weekday: bool = True) -> str:
    """Return ``令和４年７月15日（金）``; days before 令和 show the western year."""
    year = str(day.year) if day < _REIWA else printed_year(day.year)
    return f"{year}年{short_day(day, weekday=weekday)}"


def short_day(day: date, *, weekday: bool = True) -> str:
    """Return a day without its year: ``７月15日（金）``."""
    text = f"{printed_number(day.month)}月{printed_number(day.day)}日"
    return f"{text}（{WEEKDAYS[day.weekday()]}）" if weekday else text


def printed(iso: str, *, weekday: bool = True) -> str:
    """Return an ISO date as :func:`printed_day` does; ``""`` stays ``""``."""
    return printed_day(date.fromisoformat(iso), weekday=weekday) if iso else ""


def printed_moment(when: str) -> str:
    """Return a time of the ledgers as ``令和４年７月14日（木）17:00``; other texts unchanged."""
    try:
        then = datetime.fromisoformat(when)
    except ValueError:
        return when
    return f"{printed_day(then.date())}{then:%H:%M}"


def day_of(text: str) -> str | None:
    """Read ``2022-07-15``, ``2022/7/15``, ``令和４年７月15日（金）`` or ``R4.7.15`` as ``2022-07-15``; None for other texts."""
    match = _written(text)
    if not match:
        return None
    era, year, month, day, _ = match.groups()
    western = western_year(era, year)
    try:
        return date(western, int(month), int(day)).isoformat() if western >= 2000 else None
    except ValueError:
        return None


def wrong_weekday(text: str) -> str:
    """Return the weekday that a written day names if the day falls on another, else ``""``."""
    match, day = _written(text), day_of(text)
    said = match[5].removesuffix("曜日").removesuffix("曜") if match and match[5] else ""
    return said if day and said in tuple(WEEKDAYS) and said != WEEKDAYS[date.fromisoformat(day).weekday()] else ""


def _written(text: str) -> re.Match[str] | None:
    return _WRITTEN.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))

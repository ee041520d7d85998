"""Show serial numbers as dates and times, in western and Japanese years."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from ..domain.days import WEEKDAYS
from .formats import Section, Token, sections

# (first day, kanji, abbreviation, letter)
_ERAS = (
    (date(2019, 5, 1), "令和", "令", "R"),
    (date(1989, 1, 8), "平成", "平", "H"),
    (date(1926, 12, 25), "昭和", "昭", "S"),
    (date(1912, 7, 30), "大正", "大", "T"),
    (date(1868, 1, 25), "明治", "明", "M"),
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SYSTEM = {"f800": 'yyyy"年"m"月"d"日"', "f400": "h:mm:ss"}  # the long date and time of a Japanese Windows
_LAST = 2_958_465  # 9999-12-31


def serial_date(days: int, date1904: bool = False) -> date | None:
    """Return the date of a serial day number; None outside Excel's range and for 1900-02-29, which never existed."""
    if date1904:
        return date(1904, 1, 1) + timedelta(days) if 0 <= days <= _LAST - 1462 else None
    if days == 60 or not 1 <= days <= _LAST:
        return None
    return date(1899, 12, 31 if days < 60 else 30) + timedelta(days)


def era(day: date) -> tuple[str, str, str, int]:
    """Return the kanji (``令和``), abbreviation (``令``) and letter (``R``) of the era of a day, and the year in it.

    Raise ValueError for a day before 明治.
    """
    for first, kanji, short, letter in _ERAS:
        if day >= first:
            return kanji, short, letter, day.year - first.year + 1
    raise ValueError(day)


def show_date(number: float, section: Section, date1904: bool = False) -> str | None:
    """Return the text of a date or time; None if the number is not a date or the format is not supported."""
    if not 0 <= number < 1e9 or section.has("exponent"):
        return None
    if section.locale in _SYSTEM:
        section = sections(_SYSTEM[section.locale])[0]
    if section.has("general") or section.has("text"):
        return None
    tokens = _with_minutes(section.tokens)
    places = sum(t.kind == "digit" for t in tokens)  # decimal places of the seconds (ss.00)
    seconds = (Decimal(f"{number:.15g}") * 86400).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    needs_day = any(t.kind == "date" and t.text[0] in "ymdgea" for t in tokens)
    day = serial_date(int(seconds // 86400), date1904) if needs_day else date(1900, 1, 1)
    if day is None:
        return None
    moment = _Moment(day, seconds, section.locale, section.has("ampm"))
    fraction, out = f"{seconds % 1:f}"[2:], []
    for token in tokens:
        if token.kind == "digit":  # the first digit shows the whole fraction
            out.append(fraction)
            fraction = ""
        else:
            out.append(moment.show(token))
    return "".join(out).strip()


def _with_minutes(tokens: tuple[Token, ...]) -> list[Token]:
    """Return the tokens with ``m`` after hours or before seconds turned into kind ``minute``."""
    out = [Token(t.kind, t.text.lower()) if t.kind in ("date", "elapsed") else t for t in tokens]
    units = [i for i, t in enumerate(out) if t.kind in ("date", "elapsed")]
    for n, i in enumerate(units):
        after_hours = n > 0 and out[units[n - 1]].text[0] == "h"
        before_seconds = any(out[j].text[0] == "s" for j in units[n + 1 : n + 2])
        if out[i] in (("date", "m"), ("date", "mm")) and (after_hours or before_seconds):
            out[i] = Token("minute", out[i].text)
    return out


class _Moment(NamedTuple):
    """A day, the seconds since day 0, and how to show them: in a locale, and if ``twelve``, on a 12-hour clock."""

    day: date
    seconds: Decimal
    locale: str
    twelve: bool

    def show(self, token: Token) -> str:
        kind, text = token
        count, within = len(text), int(self.seconds % 86400)
        if kind == "minute":
            return f"{within // 60 % 60:0{count}d}"
        if kind == "elapsed":
            return f"{int(self.seconds) // {'h': 3600, 'm': 60, 's': 1}[text[0]]:0{count}d}"
        if kind == "ampm":
            return text.split("/")[within >= 43200]
        if kind != "date":
            return {"literal": text, "point": ".", "comma": ",", "percent": "%"}[kind]
        if text[0] == "h":
            hour = within // 3600
            return f"{(hour % 12 or 12) if self.twelve else hour:0{min(count, 2)}d}"
        if text[0] == "s":
            return f"{within % 60:0{min(count, 2)}d}"
        return self._day(text[0], count)

    def _day(self, letter: str, count: int) -> str:
        day = self.day
        if letter == "y":
            return f"{day.year:04d}" if count > 2 else f"{day.year % 100:02d}"
        if letter == "a":
            return WEEKDAYS[day.weekday()] + ("曜日" if count > 3 else "")
        if letter in "md" and count < 3:
            return f"{day.month if letter == 'm' else day.day:0{count}d}"
        if letter in "md":
            name = _MONTHS[day.month - 1] if letter == "m" else _DAYS[day.weekday()]
            return name[:3] if count == 3 else name[0] if (letter, count) == ("m", 5) else name
        if self.locale and not self.locale.startswith("ja") and not self.locale.endswith("411"):
            return str(day.year) if letter == "e" else ""
        kanji, short, initial, year = era(day)
        if letter == "g":
            return {1: initial, 2: short}.get(count, kanji)
        return "元" if year == 1 and "gannen" in self.locale else f"{year:0{min(count, 2)}d}"

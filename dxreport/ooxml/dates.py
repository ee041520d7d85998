"""Show serial numbers as dates and times, in western and Japanese years."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

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
_KANJI_DAYS = "月火水木金土日"
_SYSTEM = {"f800": 'yyyy"年"m"月"d"日"', "f400": "h:mm:ss"}  # long date and time as a Japanese Windows shows them
_LAST = 2_958_465  # 9999-12-31


def serial_date(days: int, date1904: bool = False) -> date | None:
    """The date of a serial day number; None for 1900-02-29, which Lotus 1-2-3 invented, and beyond."""
    if date1904:
        return date(1904, 1, 1) + timedelta(days) if 0 <= days <= _LAST - 1462 else None
    if days == 60 or not 1 <= days <= _LAST:
        return None
    return date(1899, 12, 31 if days < 60 else 30) + timedelta(days)


def era(day: date) -> tuple[str, str, str, int]:
    """Kanji (``令和``), abbreviation (``令``), letter (``R``) and year of the era."""
    for first, kanji, short, letter in _ERAS:
        if day >= first:
            return kanji, short, letter, day.year - first.year + 1
    raise ValueError(day)


def show_date(number: float, section: Section, date1904: bool = False) -> str | None:
    """The text of a date or time; None where the number is no date or the format is not supported."""
    if not 0 <= number < 1e9 or any(t.kind == "exponent" for t in section.tokens):
        return None
    if section.locale in _SYSTEM:
        section = sections(_SYSTEM[section.locale])[0]
    tokens = _with_minutes(section.tokens)
    places = _second_places(tokens)
    seconds = (Decimal(f"{number:.15g}") * 86400).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    days, within = divmod(seconds, 86400)
    needs_day = any(t.kind == "date" and t.text[0] in "ymdgea" for t in tokens)
    day = serial_date(int(days), date1904) if needs_day else date(1900, 1, 1)
    if day is None:
        return None
    return _Clock(day, seconds, within, section.locale, any(t.kind == "ampm" for t in tokens)).show(tokens)


def _with_minutes(tokens: tuple[Token, ...]) -> list[Token]:
    """The tokens with ``m`` after hours or before seconds as kind ``minute``."""
    out = [Token(t.kind, t.text.lower()) if t.kind in ("date", "elapsed") else t for t in tokens]
    units = [i for i, t in enumerate(out) if t.kind in ("date", "elapsed")]
    for n, i in enumerate(units):
        if out[i].kind != "date" or out[i].text not in ("m", "mm"):
            continue
        before = out[units[n - 1]].text[0] if n else ""
        after = out[units[n + 1]].text[0] if n + 1 < len(units) else ""
        if before == "h" or after == "s":
            out[i] = Token("minute", out[i].text)
    return out


def _second_places(tokens: list[Token]) -> int:
    """The number of digits after the point of the seconds (``ss.00``)."""
    return sum(t.kind == "digit" for t in tokens)


class _Clock:
    """A moment: ``seconds`` since day 0 and ``within`` its day."""

    def __init__(self, day: date, seconds: Decimal, within: Decimal, locale: str, twelve: bool) -> None:
        self.day, self.seconds, self.within, self.locale, self.twelve = day, seconds, within, locale, twelve
        self.japanese = not locale or locale.startswith("ja") or locale.endswith("411")

    def show(self, tokens: list[Token]) -> str | None:
        out = []
        for token in tokens:
            text = self._token(token, tokens)
            if text is None:
                return None
            out.append(text)
        return "".join(out).strip()

    def _token(self, token: Token, tokens: list[Token]) -> str | None:
        kind, text = token
        if kind == "date":
            return self._unit(text)
        if kind == "minute":
            return f"{int(self.within // 60 % 60):0{len(text)}d}"
        if kind == "elapsed":
            size = {"h": 3600, "m": 60, "s": 1}[text[0]]
            return f"{int(self.seconds // size):0{len(text)}d}"
        if kind == "ampm":
            late = self.within >= 43200
            first, second = text.split("/")
            return second if late else first
        if kind == "digit":
            return f"{self.within % 1:f}"[2:] if token is next(t for t in tokens if t.kind == "digit") else ""
        return {"literal": text, "point": ".", "comma": ",", "percent": "%"}.get(kind)

    def _unit(self, text: str) -> str | None:
        letter, count = text[0], len(text)
        if letter == "h":
            hour = int(self.within // 3600)
            return f"{(hour % 12 or 12) if self.twelve else hour:0{min(count, 2)}d}"
        if letter == "s":
            return f"{int(self.within % 60):0{min(count, 2)}d}"
        if letter == "y":
            return f"{self.day.year:04d}" if count > 2 else f"{self.day.year % 100:02d}"
        if letter == "m":
            name = _MONTHS[self.day.month - 1]
            return f"{self.day.month:0{count}d}" if count < 3 else {3: name[:3], 5: name[0]}.get(count, name)
        if letter == "d":
            name = _DAYS[self.day.weekday()]
            return f"{self.day.day:0{count}d}" if count < 3 else name[:3] if count == 3 else name
        if letter == "a":
            return _KANJI_DAYS[self.day.weekday()] + ("曜日" if count > 3 else "")
        return self._era(letter, count)

    def _era(self, letter: str, count: int) -> str | None:
        if not self.japanese:
            return str(self.day.year) if letter == "e" else ""
        kanji, short, initial, year = era(self.day)
        if letter == "g":
            return {1: initial, 2: short}.get(count, kanji)
        if year == 1 and "gannen" in self.locale:
            return "元"
        return f"{year:0{min(count, 2)}d}"

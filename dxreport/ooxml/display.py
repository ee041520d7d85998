"""Show a stored number in its number format, as its author saw it.

Column widths are ignored: numbers that Excel shows as ``####`` are shown in full.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from .dates import show_date
from .formats import Section, Token, sections

_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)  # enough for the largest float in the longest format


class Shown(NamedTuple):
    """The text of a number; if ``certain`` is False, Excel may show it differently and ``text`` is the plain number."""

    text: str
    certain: bool = True


def is_date_format(code: str) -> bool:
    """Return True if this format shows numbers as dates or times."""
    return sections(code)[0].is_date


def show_number(number: float, code: str, date1904: bool = False) -> Shown:
    """Return the text of a number in a cell with this format code."""
    section, minus = _choose(number, sections(code))
    if section is None or not section.understood:
        return show_general(number)._replace(certain=False)
    if section.is_date:
        text = show_date(number, section, date1904)
        return Shown(text) if text is not None else show_general(number)._replace(certain=False)
    sign = "-" if minus and number < 0 else ""
    if section.has("general") or section.has("text"):
        inner = show_general(abs(number))
        body = "".join(t.text if t.kind == "literal" else inner.text for t in section.tokens)
        return Shown(sign + body.strip(), inner.certain)
    if section.has("digit") and any(t == ("literal", "/") for t in section.tokens):
        return show_general(number)._replace(certain=False)  # a fraction
    value = abs(_decimal(number))
    if section.has("exponent"):
        return Shown(sign + _exponential(value, section.tokens).strip())
    body, zero = _fill(value, section.tokens)
    return Shown(("" if zero else sign) + body.strip())


def show_general(number: float) -> Shown:
    """Return a number as Excel's ``General`` shows it, in 11 characters at most: 45.00000000000001 is 45.

    Numbers that General would shorten to ``1.23E+12`` are shown in full (15 digits), and are not certain.
    """
    value = _decimal(number)
    size = abs(value)
    if size and not Decimal("1e-9") <= size < Decimal("1e11"):
        return Shown(_unpadded(f"{value:f}"), False)
    digits = max(0, 10 - max(1, size.adjusted() + 1)) if size else 0  # one of the 11 characters is the point
    rounded = value.quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    return Shown(_unpadded(f"{rounded:f}"))


def _decimal(number: float) -> Decimal:
    """Return a number rounded to the 15 digits that Excel keeps."""
    return Decimal(f"{number:.15g}")


def _unpadded(text: str) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _choose(number: float, parts: tuple[Section, ...]) -> tuple[Section | None, bool]:
    """Return the section for a number, if any, and True if a negative number shows its minus sign in it."""
    numeric = [p for p in parts[:3] if len(parts) == 1 or not p.has("text")]
    if any(p.condition for p in numeric):
        for part in numeric:
            if part.condition is None or part.admits(number):
                return part, part.condition is None or not _only_negative(part.condition)
        return None, True
    if not numeric:
        return parts[0], True
    if number < 0 and len(numeric) > 1:
        return numeric[1], False
    return numeric[2 if number == 0 and len(numeric) > 2 else 0], True


def _only_negative(condition: tuple[str, float]) -> bool:
    """Return True if a section is for negative numbers only, and so writes its own sign."""
    comparison, limit = condition
    return limit < 0 if comparison in ("=", "<=") else limit <= 0 and comparison == "<"


def _fill(value: Decimal, tokens: tuple[Token, ...]) -> tuple[str, bool]:
    """Return the number in its placeholders, and True if it is rounded to zero."""
    digits = [i for i, t in enumerate(tokens) if t.kind == "digit"]
    if not digits:  # only literals
        return "".join(map(_literal, tokens)), False
    whole, fraction = _at_point(tokens)
    commas = [i for i, t in enumerate(tokens) if t.kind == "comma"]
    value = value.scaleb(2 * _count(tokens, "percent") - 3 * sum(i > digits[-1] for i in commas))
    rounded = value.quantize(Decimal(1).scaleb(-_count(fraction, "digit")), context=_EXACT)
    before, _, after = f"{rounded:f}".partition(".")
    grouped = any(digits[0] < i < min(digits[-1], len(whole)) for i in commas)
    return _whole(before, whole, grouped) + _fraction(after, fraction), not rounded


def _count(tokens: tuple[Token, ...], kind: str) -> int:
    return sum(t.kind == kind for t in tokens)


def _at_point(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """Return the tokens before the decimal point, and the rest."""
    point = next((i for i, t in enumerate(tokens) if t.kind == "point"), len(tokens))
    return tokens[:point], tokens[point:]


def _literal(token: Token) -> str:
    return token.text if token.kind in ("literal", "percent", "exponent") else ""


def _whole(digits: str, tokens: tuple[Token, ...], grouped: bool) -> str:
    """Return the digits before the point, filled in from the right; the first placeholder takes all remaining ones."""
    rest = digits.lstrip("0")
    left = _count(tokens, "digit")
    if not left:
        return rest + "".join(map(_literal, tokens))
    out: list[str] = []
    done = 0
    for token in reversed(tokens):
        if token.kind != "digit":
            out.append(_literal(token))
            continue
        left -= 1
        take, rest = (rest[-1:], rest[:-1]) if left else (rest, "")
        for digit in reversed(take or {"0": "0", "?": " "}.get(token.text, "")):
            out.append("," if grouped and done and done % 3 == 0 else "")
            out.append(digit)
            done += 1
    return "".join(reversed(out))


def _fraction(digits: str, tokens: tuple[Token, ...]) -> str:
    needed = len(digits.rstrip("0"))
    out, used = [], 0
    for token in tokens:
        if token.kind == "digit":
            blank = {"#": "", "?": " "}.get(token.text)
            out.append(digits[used] if used < needed or blank is None else blank)
            used += 1
        else:
            out.append("." if token.kind == "point" else _literal(token))
    return "".join(out)


def _exponential(value: Decimal, tokens: tuple[Token, ...]) -> str:
    mark = next(i for i, t in enumerate(tokens) if t.kind == "exponent")
    mantissa, tail = tokens[:mark], tokens[mark + 1 :]
    whole, fraction = _at_point(mantissa)
    step = max(1, _count(whole, "digit"))
    power = value.adjusted() if value else 0
    power -= power % step
    scaled = value.scaleb(-power).quantize(Decimal(1).scaleb(-_count(fraction, "digit")), context=_EXACT)
    if scaled >= Decimal(10) ** step:
        power += step
        scaled = value.scaleb(-power)
    sign = "-" if power < 0 else "+" if tokens[mark].text[1] == "+" else ""
    rest = "".join(map(_literal, tail))
    return f"{_fill(scaled, mantissa)[0]}E{sign}{abs(power):0{_count(tail, 'digit')}d}{rest}"

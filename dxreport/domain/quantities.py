"""Numbers with units, and dates, as people write them in cells.

Texts are kept as written, and read when needed. Nothing is guessed: a number consists of label, number, unit, bound
(以上, 未満 …) and parentheses; anything else is text, which is shown but not compared. 万 and 億 belong to the number
(``400万枚``), 千円 and 百万円 are units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache

from .days import ERAS, western_year
from .values import fold, is_blank, is_undecided, without_parentheses

_PERCENT = "%"
_LONGEST = 500  # characters; longer texts are prose


class ValueKind(Enum):
    """The kinds of meaning a text can have."""

    BLANK = "blank"
    UNDECIDED = "undecided"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a text.

    ``label`` is the text before it as written (``小``, ``協定締結数``, ``計``); ``number`` is exact; ``unit`` is folded, in
    one spelling (``ヶ所`` → ``箇所``), or ``""``; ``bound`` is 以上, 以下, 未満, 以内, 超 or ``""``; ``about`` is True with 約 or 程度;
    ``scaled`` is the number as written if it has 万 or 億 (``1億2,000万``).
    """

    number: Decimal
    unit: str = ""
    label: str = ""
    bound: str = ""
    about: bool = False
    scaled: str = ""

    @property
    def number_text(self) -> str:
        """The number as shown: ``12,500``; if written with 万 or 億, ``400万``."""
        return ("-" if self.number < 0 else "") + self.scaled if self.scaled else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Value:
    """The meaning of a text; only a NUMBER has ``quantities``, one or more.

    Several either have a label each (``小 8.9%`` / ``中 12.8%``) or are told apart by their place between slashes
    (``550回/1/1``).
    """

    kind: ValueKind
    quantities: tuple[Quantity, ...] = ()


_COUNTERS = """人|件|回|箇所|頭|匹|羽|枚|冊|部|校|園|社|店舗|店|台|基|本|個|点|歩|世帯|戸|団体|事業者|事業所|事業|業務|手続|種類|種|項目
施設|地区|地域|学級|クラス|課|組|講座|科目|コース|テーマ|サービス|システム|アカウント""".replace("\n", "|").split("|")
_UNITS = """%|パーセント|ポイント|pt|千円|百万円|円|千人|名|人日|か所|カ所|ヶ所|ヵ所|ケ所|か月|カ月|ヶ月|ヵ月|ケ月|週間|年間|時間|分間
日間|分|秒|日|年|倍|割|位|度|km|kg|m|ha|㎡|㎢|㎥|t|kWh|MB|GB|TB|Mbps|Gbps""".replace("\n", "|").split("|")
_UNIT_NAMES = {"パーセント": "%", "名": "人", "pt": "ポイント"}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGN, _END = "(?P<sign>[-△▲]|マイナス)?", r"(?![\d.,]*\d)"
_SCALES = {"億": 10**8, "万": 10**4, "": 1}
_SCALE_SIGN, _SCALE = re.compile("[億万]"), re.compile(rf"({_DIGITS})([億万]?)")
_STEP = 10**4  # from one scale to the next: 1億2,000万 is a number, 1億20,000万 is not
_NUMBER = rf"{_SIGN}(?P<number>(?=\d)(?:{_DIGITS}億)?(?:{_DIGITS}万)?(?:{_DIGITS})?){_END}"
_KNOWN = "|".join(sorted(map(re.escape, [*_COUNTERS, *_UNITS]), key=len, reverse=True))
_PLAIN_NUMBER = re.compile(f"{_SIGN}(?P<number>{_DIGITS}){_END}")
_PER = r"(?P<per>/(?:年度|年|か月|月|週|日|時間|分|回|人|件|校|世帯))?"
_TAIL = r"(?:\s?(?P<bound>以上|以下|未満|以内|超))?(?:\s?(?P<about>程度|前後))?"
_ABOUT = r"(?P<circa>約|およそ|おおよそ|おおむね|概ね)?"
_LABEL = r"(?P<label>[^\d\n()。、,;/△▲-]{0,20}?(?<!第))[\s:=]*"
_LABELLED = rf"{_LABEL}{_ABOUT}{_NUMBER}(?:\s?(?P<unit>{_KNOWN}){_PER})?{_TAIL}"
_BARE = rf"(?P<label>){_ABOUT}{_NUMBER}(?P<unit>(?![月第以未超程前約万億])[一-鿿]|[A-Za-z]{{1,6}}){_PER}{_TAIL}"
_SEPARATOR = re.compile(r"[\s、,;・/]+")
_WAYS = {
    "累計": "累計|累積|通算", "延べ": "延べ|のべ|延(?=人|数|回|件|[0-9])", "実数": "実(?=人|数|利用|参加|[0-9])",
    "単年": "単年", "年": "年間|年度?平均|年当|年あた", "月": "月平均|月間|毎月|月当|月あた", "日": "日平均|毎日|日当|日あた",
    "期": "半期|上期|下期|四半期", "平均": "平均", "1人": "人当|人あた", "比": "比(?![率較例])", "新規": "新規",
    "最大": "最大|最高|最多", "最小": "最小|最低|最少", "見込": "見込|予測|推計|推定",
}  # fmt: skip
_OF_THE_YEAR = re.compile(r"\(年度?平均\)")
_DATE = re.compile(
    rf"(?:(?P<era>{'|'.join(ERAS)})\s?(?P<year>元|\d{{1,2}})|(?P<western>(?:19|20)\d\d))"
    r"(?:年度|(?:年|[./-](?=\d))(?:(?P<month>\d{1,2})(?:月|(?=[./-]\d)|$)(?:[./-]?(?P<day>\d{1,2})日?)?)?)"
)


def read_value(text: str) -> Value:
    """Read a 目標 or 実績.

    ``１，２５０件`` → 1250 件; ``48.5％（年平均）`` → 48.5 %; ``△5`` → -5; ``５％未満`` → 5 %, bound 未満;
    ``小　８．９％\\n中　１２．８％`` → two labelled quantities; ``550回/1/1`` → three quantities by place
    (only because one has a unit: ``1/2`` may be a fraction or a day); ``令和５年３月`` → a date;
    ``整備完了`` and ``設計金額が５０万円を超える業務`` → text.
    """
    if is_blank(text):
        return Value(ValueKind.BLANK)
    if len(text) > _LONGEST:
        return Value(ValueKind.TEXT)
    if is_undecided(text):
        return Value(ValueKind.UNDECIDED)
    plain = without_parentheses(fold(text))
    if _date(plain):
        return Value(ValueKind.DATE)
    found = _quantities(plain)
    return Value(ValueKind.NUMBER, found) if found else Value(ValueKind.TEXT)


def number_text(text: str, unit: str = "") -> str | None:
    """Return a number in its standard form, without the unit: ``１，２５０千円`` → ``1250``, ``△5.50`` → ``-5.5``.

    Return ``""`` for a blank, and None if the text is anything but one number, with or without this unit.
    """
    plain = fold(text).replace(" ", "").removesuffix(fold(unit)) if unit else fold(text)
    plain = plain.removeprefix("¥").removeprefix("￥").removesuffix("円" if unit in ("", "円") else "")
    if not plain:
        return ""
    match = _PLAIN_NUMBER.fullmatch(plain)
    return stored_number(("-" if match["sign"] else "") + match["number"].replace(",", "")) if match else None


def stored_number(raw: str) -> str:
    """Return a number as stored (``1.25E3``) in its standard form, with the 15 digits that Excel keeps.

    Raise ValueError for anything else.
    """
    number = Decimal(f"{float(raw):.15g}")
    return f"{number.normalize() if number else Decimal(0):f}"


def cell_number(raw: str, shown: str, unit: str = "") -> str:
    """Return a stored number in its standard form; in per cent if that is the unit and the cell shows it so."""
    return stored_number(str(Decimal(raw) * 100) if unit == _PERCENT and shown.endswith(_PERCENT) else raw)


def number_for_cell(text: str, unit: str, *, percent: bool) -> str:
    """Invert :func:`cell_number` for a cell that shows ``percent`` or not; return other texts unchanged."""
    if unit != _PERCENT or not percent or not text or number_text(text) != text:
        return text
    return stored_number(str(Decimal(text) / 100))


def date_text(text: str) -> str | None:
    """Return ``令和４年７月15日``, ``R4.7.15`` or ``2022/7/15`` as ``2022-07-15``, a blank as ``""``, other texts as None."""
    plain = re.sub(r"\(.*?\)$", "", fold(text)).replace(" ", "")
    if not plain:
        return ""
    parts = _date(plain)
    try:
        return date(*parts).isoformat() if len(parts) == 3 else None
    except ValueError:
        return None


def _date(plain: str) -> tuple[int, ...]:
    """Read (year,), (year, month) or (year, month, day) of the western calendar, () if none; 令和４年度 is a year."""
    match = _DATE.fullmatch(plain)
    if not match:
        return ()
    rest = [int(n) for n in (match["month"], match["day"]) if n]
    sound = all(1 <= n <= last for n, last in zip(rest, (12, 31), strict=False))
    return (western_year(match["era"], match["year"] or match["western"]), *rest) if sound else ()


def _quantities(plain: str) -> tuple[Quantity, ...]:
    """Return the numbers of a folded text without parentheses, or () if it holds anything else."""
    if "/" in plain and (placed := _placed(plain)):
        return placed
    found, at = [], 0
    while at < len(plain):
        quantity, at = _one(plain, at)
        if quantity is None:
            return ()
        found.append(quantity)
        gap = _SEPARATOR.match(plain, at)
        at = gap.end() if gap else at
    labels = {quantity.label for quantity in found}
    if len(found) > 1 and (len(labels) < len(found) or "" in labels):
        return ()
    return tuple(found)


def _placed(plain: str) -> tuple[Quantity, ...]:
    """Read ``550回/1/1``: three or more bare numbers between slashes, at least one with a unit.

    Two may be a ratio: ``50/100人``.
    """
    found = []
    for piece in map(str.strip, plain.split("/")):
        quantity, end = _one(piece, 0)
        if quantity is None or quantity.label or end < len(piece):
            return ()
        found.append(quantity)
    return tuple(found) if len(found) > 2 and any(quantity.unit for quantity in found) else ()


def _one(plain: str, at: int) -> tuple[Quantity | None, int]:
    """Return the number at ``at`` and where it ends; None unless a separator or the end of the text follows it."""
    for pattern in _compiled(_LABELLED, _BARE):
        match = pattern.match(plain, at)
        if match and (match.end() == len(plain) or _SEPARATOR.match(plain, match.end())):
            return _quantity(match), match.end()
    return None, at


def _scaled(number: str, unit: str) -> Decimal | None:
    """Return ``1億2,000万`` as a number; None if its parts do not fit together (``3万5`` of 3万5千円)."""
    if not _SCALE_SIGN.search(number):
        return Decimal(number.replace(",", ""))
    parts = [(scale, Decimal(digits.replace(",", ""))) for digits, scale in _SCALE.findall(number)]
    below = all(n < _STEP for _, n in parts[1:])
    whole = all(n == int(n) for _, n in parts[:-1])
    if not (below and whole) or unit[:1] in ("十", "百", "千"):
        return None
    total = sum((n * _SCALES[scale] for scale, n in parts), Decimal(0))
    return Decimal(int(total)) if total == int(total) else total.normalize()


def _quantity(match: re.Match[str]) -> Quantity | None:
    number = _scaled(match["number"], match["unit"] or "")
    if number is None:
        return None
    unit = re.sub("[かカヶヵケ](?=所)", "箇", match["unit"] or "")
    unit = re.sub("[カヶヵケ](?=月)", "か", unit)
    return Quantity(
        number=-number if match["sign"] else number,
        unit=_UNIT_NAMES.get(unit, unit) + (match["per"] or ""),
        label=match["label"].strip(),
        bound=match["bound"] or "",
        about=bool(match["circa"] or match["about"]),
        scaled=match["number"] if _SCALE_SIGN.search(match["number"]) else "",
    )


def same_unit(one: Quantity, other: Quantity) -> bool:
    """Return True if two numbers certainly have the same unit.

    A number without a unit may have any counter (``200`` beside ``200人``), except beside one with 万 or 億: next to
    ``400万枚``, ``380`` may mean 380万枚.
    """
    if not (one.unit and other.unit) and bool(one.scaled) is not bool(other.scaled):
        return False
    if one.unit and other.unit:
        return one.unit == other.unit
    return one.unit == other.unit or (one.unit or other.unit) in _COUNTERS


def ways_of_counting(text: str) -> frozenset[str]:
    """Return how a text says that its numbers were counted: ``延べ200人`` → 延べ; ``月平均80件`` → 月, 平均.

    The remark （年平均） is ignored: every figure covers one year.
    """
    plain = _OF_THE_YEAR.sub("", fold(text))
    spellings = _compiled(*_WAYS.values())
    return frozenset(way for way, spelling in zip(_WAYS, spellings, strict=True) if spelling.search(plain))


@cache
def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Compile patterns on first use: it takes 3 ms, and many commands, such as status, read no 目標."""
    return tuple(map(re.compile, patterns))

"""Parse number format codes into sections, conditions and tokens (ECMA-376 part 1, 18.8.30 and 18.8.31)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

# Formats that files name only by number, as Excel shows them on a Japanese Windows.
_ERA_SHORT, _ERA_LONG = "[$-411]ge.m.d", '[$-411]ggge"年"m"月"d"日"'
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"¥"#,##0;"¥"\\-#,##0', 6: '"¥"#,##0;[Red]"¥"\\-#,##0',
    7: '"¥"#,##0.00;"¥"\\-#,##0.00', 8: '"¥"#,##0.00;[Red]"¥"\\-#,##0.00',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: _ERA_SHORT, 28: _ERA_LONG, 29: _ERA_LONG, 30: "m/d/yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"時"mm"分"',
    33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"', 36: _ERA_SHORT,
    37: "#,##0;-#,##0", 38: "#,##0;[Red]-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;[Red]-#,##0.00",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 42: '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: _ERA_SHORT, 51: _ERA_LONG, 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: _ERA_LONG, 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: _ERA_SHORT, 58: _ERA_LONG,
}  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)
      |\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^\]]*)\]
      |(?P<ampm>AM/PM|A/P|午前/午後)|(?P<general>General|G/標準)|(?P<exponent>E[+-])
      |(?P<date>y+|m+|d+|h+|s+|g+|e+|a{3,4}(?![a-z]))
      |(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<text>@)|(?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_COLOURS = re.compile(r"(?i)(black|blue|cyan|green|magenta|red|white|yellow|[黒青緑赤白黄]色?|水|紫|色\d+|color ?\d+)$")


class Token(NamedTuple):
    """One token: ``kind`` is ``literal`` or a group of ``_TOKEN``; ``text`` is its source, or the literal itself."""

    kind: str
    text: str


class Section(NamedTuple):
    """One of up to four sections. ``locale`` is the code after ``$-``, in lower case.

    ``understood`` is False if the section uses something that is not supported.
    """

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    locale: str = ""
    understood: bool = True

    @property
    def is_date(self) -> bool:
        """True if the section shows numbers as dates or times."""
        return any(t.kind in ("date", "elapsed", "ampm") for t in self.tokens)

    def has(self, kind: str) -> bool:
        """Return True if the section has a token of this kind."""
        return any(t.kind == kind for t in self.tokens)

    def admits(self, number: float) -> bool:
        """Return True if the section has a condition and it holds for ``number``."""
        return self.condition is not None and _COMPARE[self.condition[0]](number, self.condition[1])


@lru_cache(maxsize=512)
def sections(code: str) -> tuple[Section, ...]:
    """Return the sections of a format code; any string is accepted."""
    parts: list[list[Token]] = [[]]
    notes: list[dict[str, Any]] = [{}]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if kind == "other" and text == ";":
            parts.append([])
            notes.append({})
        elif kind == "bracket":
            _bracket(text, parts[-1], notes[-1])
        elif kind == "quoted":
            parts[-1].append(Token("literal", text.strip('"')))
        elif kind in ("escaped", "other"):
            parts[-1].append(Token("literal", text))
        elif kind == "space":
            parts[-1].append(Token("literal", " "))
        elif kind != "fill":
            parts[-1].append(Token(kind, text))
    return tuple(Section(tuple(tokens), **note) for tokens, note in zip(parts, notes, strict=True))


def _bracket(text: str, tokens: list[Token], note: dict[str, Any]) -> None:
    """Read what is in brackets: ``[Red]``, ``[>=100]``, ``[$¥-411]``, ``[DBNum1]`` …"""
    if text.startswith("$"):
        symbol, _, locale = text[1:].partition("-")
        note["locale"] = locale.lower()
        if symbol:
            tokens.append(Token("literal", symbol))
    elif match := _CONDITION.fullmatch(text.strip()):
        note["condition"] = (match[1], float(match[2]))
    elif not _COLOURS.fullmatch(text):
        note["understood"] = False  # digits in kanji, other calendars

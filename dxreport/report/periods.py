"""時期 of support requests, in the order of the fiscal year."""

from __future__ import annotations

import re

from ..domain.values import fold, is_blank

NOT_SAID = "時期の記入なし"
_MONTHS = re.compile(r"(?P<first>\d{1,2})月(?:\s*[~～〜ー-]\s*(?P<last>\d{1,2})月)?(?:頃|ごろ)?")
_LATEST = 99

Key = tuple[int, int, str]


def period(text: str) -> tuple[Key, str]:
    """Return a key to sort and group by, and the plain spelling: ``8月～１０月`` → 8月～10月.

    Months sort by the fiscal year, April first; texts that are no month or span of months follow as written, and a
    blank comes last.
    """
    plain = fold(text)
    if is_blank(text):
        return (_LATEST, _LATEST, NOT_SAID), NOT_SAID
    match = _MONTHS.fullmatch(plain)
    first, last = (int(match[n] or match["first"]) for n in ("first", "last")) if match else (0, 0)
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return (_LATEST - 1, 0, plain), " ".join(text.split())
    label = f"{first}月～{last}月" if last != first else f"{first}月"
    return (_fiscal(first), _fiscal(last), ""), label


def _fiscal(month: int) -> int:
    return (month - 4) % 12

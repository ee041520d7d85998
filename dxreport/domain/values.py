"""What short texts mean: nothing, yes or no, not decided yet.

Full-width letters and digits are folded, but not by NFKC, which would turn ``①50件`` into ``150件`` and ``10²`` into
``102``.
"""

from __future__ import annotations

import re

_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_BLANKS = frozenset({
    "", "-", "--", "―", "ー", "—", "–", "─", "━", "‐", "ｰ", "N/A",
    "なし", "無し", "無", "特になし", "特に無し", "該当なし",
})  # fmt: skip
_NO_PLANS = _BLANKS | {"予定なし", "作業予定なし", "実施なし"}
_UNDECIDED = frozenset({"未確定", "未定", "集計中", "確認中", "調査中", "精査中", "算定中"})
_MARKS = frozenset({"○", "〇", "◯", "レ", "✓", "✔", "☑", "報告事項なし"})
_EMPTY_BOXES = frozenset({"□", "☐"})
_PARENTHESIS = re.compile(r"\([^()]*\)")


def fold(text: str) -> str:
    """Turn full-width ASCII and spaces into half-width, and strip spaces at both ends: ``５％ `` → ``5%``."""
    return text.translate(_FOLD).strip()


def unspaced(text: str) -> str:
    """Return a text for comparison: full-width ASCII in half width, no spaces or line breaks."""
    return "".join(fold(text).split())


def is_blank(text: str) -> bool:
    """Return True if a text says nothing: empty, spaces, a dash of any kind, or なし, 特になし, 該当なし …"""
    return not text or _bare(text) in _BLANKS


def plan_is_none(text: str) -> bool:
    """Return True if a 作業予定 says that nothing is planned: blank, ``-``, なし, 特になし, 予定なし …"""
    return _bare(text) in _NO_PLANS


def _bare(text: str) -> str:
    return fold(text).lstrip("・").rstrip("。")


def is_marked(text: str) -> bool:
    """Return True if a check is ticked: ○ or a look-alike, a tick, or the words 報告事項なし."""
    return fold(text) in _MARKS


def is_unmarked(text: str) -> bool:
    """Return True if a check is not ticked: an empty box, or blank."""
    return fold(text) in _EMPTY_BOXES or is_blank(text)


def is_undecided(text: str) -> bool:
    """Return True if the value will follow later: 未確定, 未定, 集計中 …, with or without a remark in parentheses."""
    return without_parentheses(fold(text)) in _UNDECIDED


def without_parentheses(plain: str) -> str:
    """Return a folded text with each parenthesis replaced by a space."""
    count = 1
    while count:  # innermost first
        plain, count = _PARENTHESIS.subn(" ", plain)
    return plain.strip()

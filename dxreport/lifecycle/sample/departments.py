"""The departments of the sample, in 建制順, with the addresses printed on their forms."""

from __future__ import annotations

from dataclasses import replace

from ...domain.model import Department
from ...master.build import master_bytes
from . import load, settings
from .directions import DIRECTIONS

_DOMAIN = "city.kisarazu.lg.jp"
# 収税対策室 printed no address; the one that 健康推進課 mistyped is corrected here.
_MAILBOXES = {
    "総務課": "soumu", "職員課": "shokuin", "管財課": "kanzai", "危機管理課": "kikikanri", "オーガニックシティ推進課": "sousei",
    "シティプロモーション課": "promo", "経営改革課": "gyoukaku", "収税対策室": "", "市民活動支援課": "seikatsu", "健康推進課": "kensui",
    "高齢者福祉課": "kourei", "こども保育課": "kodomohoiku", "産業振興課": "sangyou", "農林水産課": "nousui", "学校教育課": "k.iwai",
    "まなび支援センター": "manabi", "木更津市立中央公民館": "chuo-k",
}  # fmt: skip
DEPARTMENTS = tuple(Department(name, to=f"{box}@{_DOMAIN}" if box else "") for name, box in _MAILBOXES.items())

# The forms number four areas and do not name them.
AREAS = {f"0{n}": "" for n in range(1, 5)}


def sample_master() -> bytes:
    """Return the master of the sample as the year began: with plans and targets, without answers."""
    measures = load(with_answers=False)
    return master_bytes(replace(settings(), areas=AREAS), DEPARTMENTS, measures, directions=DIRECTIONS)

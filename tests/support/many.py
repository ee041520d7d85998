"""A master as large as a prefecture's: the real 第1四半期, copy after copy."""

from __future__ import annotations

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.master.records import Master

from .scenes import in_memory, real


def copied(copies: int) -> Master:
    """Return ``copies`` times the real measures: 01-07 of 総務課 is 01-1007 of 総務課10, then 01-1107 of 総務課11 …"""
    measures = [
        Measure(
            m.values()
            | {
                Ref("id"): m.id.replace("-", f"-{n}"),
                Ref("lead_department"): f"{m.lead_department}{n}",
            }
        )
        for n in range(10, 10 + copies)
        for m in real()
    ]
    return in_memory(sorted(measures, key=lambda m: m.id))

"""The sample: 26 real measures of 令和４年度, as 木更津市 published them after 第1四半期.

The texts are as printed, including faults (a mistyped mail domain, 02-03 under an abridged name, 無 above two
requests); the tests assert what the rules find in them.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from ...domain.fields import CLOSING_GROUPS, PLAN_GROUPS, QUARTER_GROUPS, QUARTER_LABELS, Ref
from ...domain.model import FiscalYear, Measure, ProgressWord, Round, Settings, normalise

_DEADLINES = ("2022-07-15", "2022-10-14", "2023-01-13", "2023-04-14")
_TEXTS = ("id", "name", "lead_department", "related_departments", "contact_person", "contact_email", "goal",
          "related_flag", "procurement", "support_flag")  # fmt: skip
_LISTED = {"related": ("id", "name"), "support": ("period", "content")}


def load(with_answers: bool) -> list[Measure]:
    """Return the 26 measures in the order of their IDs, items numbered K1…, R1…, S1…, O1… as printed.

    Without answers, 進捗 and 対応策 are blank, as in the forms sent for 第1四半期; 実績 stays as printed (a single
    ``-``, where 目標 is ``-`` too).
    """
    data = json.loads(resources.files(__package__).joinpath("measures.json").read_text(encoding="utf-8"))
    return [_measure(record, with_answers) for record in data]


def settings() -> Settings:
    """Return 設定 of 令和４年度 with the rounds of a whole year."""
    year = FiscalYear(2022)
    quarters = [
        Round(QUARTER_LABELS[n], n, _DEADLINES[n - 1], frozenset(QUARTER_GROUPS), frozenset({"進捗", "対応策"}))
        for n in QUARTER_LABELS
    ]
    return Settings(
        fiscal_year=year,
        plan_years=tuple(year + n for n in range(4)),
        rounds=(
            Round("計画", 0, "2022-05-13", frozenset(PLAN_GROUPS), frozenset({"到達目標", "取組内容"})),
            *quarters,
            Round("年度実績", 0, "2023-05-31", frozenset(CLOSING_GROUPS), frozenset({"実績"})),
        ),
        progress_words=(ProgressWord("予定通り"), ProgressWord("進捗遅延・課題あり", needs_countermeasure=True)),
        mail_domain="city.kisarazu.lg.jp",
    )


def _measure(record: dict[str, Any], with_answers: bool) -> Measure:
    values = {Ref(name): record[name] for name in _TEXTS} | {Ref("budgeted"): record["budget_flag"]}
    for prefix, letter, items in (("related", "R", "related_measures"), ("support", "S", "support_requests")):
        for n, item in enumerate(record[items], 1):
            values |= {Ref(f"{prefix}.{name}", f"{letter}{n}"): item[name] for name in _LISTED[prefix]}
    for n, item in enumerate(record["activities"], 1):
        values |= {Ref(f"activity.{name}", f"K{n}"): item[name] for name in ("name", "plan_label")}
        names = ("plan", "progress", "countermeasure") if with_answers else ("plan",)
        values |= _periods("activity", f"K{n}", item, names)
    for n, item in enumerate(record["outcomes"], 1):
        values |= _periods("outcome", f"O{n}", item, ("indicator", "target", "actual"))
    return Measure({ref: normalise(text) for ref, text in values.items()})


def _periods(prefix: str, key: str, item: dict[str, Any], names: tuple[str, ...]) -> dict[Ref, str]:
    return {Ref(f"{prefix}.{name}", key, n): text for name in names for n, text in enumerate(item[name], 1)}

"""The sample: 26 real measures of 令和４年度, as 木更津市 published them after 第1四半期.

The texts are as printed, including faults (a mistyped mail domain, 02-03 under an abridged name, 無 above two
requests); the tests assert what the rules find in them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from typing import Any

from ...domain.fields import BUILT_IN, CLOSING_GROUPS, PLAN_GROUPS, QUARTER_GROUPS, QUARTER_LABELS, Period, Ref
from ...domain.model import FiscalYear, Measure, ProgressWord, Round, Settings, Treatment
from ...domain.names import FORM, REPORT, Names

NAMES = Names("木更津市", "木更津市DX推進計画", FORM, f"{FORM} {REPORT}")  # the forms do not name the office in charge
_DEADLINES = ("2022-07-15", "2022-10-14", "2023-01-13", "2023-04-14")


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
        progress_words=(
            ProgressWord("予定通り", weight=Decimal(10), said=Treatment.ON_TRACK),
            ProgressWord("進捗遅延・課題あり", True, weight=Decimal(20), said=Treatment.LATE),
        ),
        mail_domain="city.kisarazu.lg.jp",
        names=NAMES,
    )


def _measure(record: dict[str, Any], with_answers: bool) -> Measure:
    values = {Ref(key): record["budget_flag" if key == "budgeted" else key] for key, _ in BUILT_IN.cells[""]}
    for items in BUILT_IN.lists:
        fields = BUILT_IN.members[items.prefix].values()
        for n, item in enumerate(record[items.attribute], 1):
            for field in (f for f in fields if with_answers or f.name not in ("progress", "countermeasure")):
                texts = [item[field.name]] if field.period is Period.NONE else item[field.name]
                cells = zip(BUILT_IN.periods(field), texts, strict=True)
                values |= {Ref(field.key, f"{items.letter}{n}", period): text for period, text in cells}
    return Measure(values)

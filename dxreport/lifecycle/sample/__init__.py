"""The sample: 26 real measures of 令和４年度, as 木更津市 published them after 第1四半期.

The texts are as printed, including faults (a mistyped mail domain, 02-03 under an abridged name, 無 above two
requests); the tests assert what the rules find in them.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from ...domain.fields import CLOSING_GROUPS, PLAN_GROUPS, QUARTER_GROUPS
from ...domain.model import (
    MEASURE_TEXTS,
    QUARTER_LABELS,
    Activity,
    ActivityQuarter,
    FiscalYear,
    Measure,
    Outcome,
    OutcomeYear,
    ProgressWord,
    RelatedMeasure,
    Round,
    Settings,
    SupportRequest,
)

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
        progress_words=(ProgressWord("予定通り"), ProgressWord("進捗遅延・課題あり", needs_countermeasure=True)),
        mail_domain="city.kisarazu.lg.jp",
    )


def _measure(printed: dict[str, Any], with_answers: bool) -> Measure:
    texts: dict[str, Any] = {name: printed[name] for name in MEASURE_TEXTS if name != "budgeted"}
    return Measure(
        **texts,
        budgeted=printed["budget_flag"],
        related_measures=tuple(RelatedMeasure(f"R{n}", **r) for n, r in enumerate(printed["related_measures"], 1)),
        activities=tuple(_activity(f"K{n}", a, with_answers) for n, a in enumerate(printed["activities"], 1)),
        support_requests=tuple(SupportRequest(f"S{n}", **s) for n, s in enumerate(printed["support_requests"], 1)),
        outcomes=tuple(_outcome(f"O{n}", o) for n, o in enumerate(printed["outcomes"], 1)),
    )


def _activity(key: str, printed: dict[str, Any], with_answers: bool) -> Activity:
    answers = (printed["progress"], printed["countermeasure"]) if with_answers else ()
    quarters = map(ActivityQuarter, printed["plan"], *answers)
    return Activity(key, printed["name"], printed["plan_label"], tuple(quarters))


def _outcome(key: str, printed: dict[str, Any]) -> Outcome:
    return Outcome(key, tuple(map(OutcomeYear, printed["indicator"], printed["target"], printed["actual"])))

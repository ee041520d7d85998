"""実績 against 目標."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.domain.fields import BUILT_IN, Field, FieldKind, Period, When
from dxreport.domain.model import MeasureIndex
from dxreport.lifecycle import sample
from dxreport.rules import Case, judge
from tests.support.measures import measure

ACTUAL = "outcome.actual/O1/1"


def target(text: str) -> dict[str, str]:
    return {"outcome.target/O1/1": text}


@pytest.mark.parametrize(
    ("goal", "actual"),
    [
        ("30,000千円", "２９，８００千円"),
        ("200", "180人"),
        ("延べ200人", "延べ180人"),
        ("48.5％（年平均）", "49%"),
        ("小　８．９％\n中　１２．８％", "中 12.5％　小 8.7％"),
        ("５％未満", "4.8％"),
        ("市内公民館で計40回", "42回"),
        ("公民館等における地域別研修５箇所以上", "6か所"),
        ("550回/1/1", "612回/1/2"),
        ("550回/1件/1人", "612回/2件/3人"),
        ("整備完了", "9月に整備完了"),
        ("設計金額が５０万円を超える測量等の業務委託", "3件"),
        ("-", "120件"),
        ("30%", "未確定"),
        ("30%", "集計中（8月公表予定）"),
        ("30%", "-"),
    ],
)
def test_comparable_or_exempt(judged, goal, actual):
    assert judged({ACTUAL: actual}, issued=target(goal)) == []


@pytest.mark.parametrize(
    ("goal", "actual", "code"),
    [
        ("30,000千円", "実施済み", "W201"),
        ("30,000千円", "6月末時点で12件", "W201"),
        ("30,000千円", "29,800,000円", "W202"),
        ("30%", "12件", "W202"),
        ("30,000千円", "29800", "W202"),  # 29,800 thousand, or 29,800?
        ("30%", "0.3", "W202"),
        ("1,000", "950時間", "W202"),
        ("市内公民館で計40回", "延べ200回", "W205"),
        ("小　８．９％\n中　１２．８％", "8.7%", "W203"),
        ("小　８．９％\n中　１２．８％", "小 8.7％　高 12.5％", "W203"),
        ("30件", "小 10件　中 20件", "W203"),
        ("550回/1/1", "612回", "W203"),
    ],
)
def test_a_mismatch_is_a_warning(judged, goal, actual, code):
    assert judged({ACTUAL: actual}, issued=target(goal)) == [(code, "warning", (ACTUAL,))]


def test_the_way_of_counting_may_be_in_the_indicator(judged):
    indicator = {"outcome.indicator/O1/1": "年間延べ利用者数"}
    assert judged({ACTUAL: "延べ2,800人"}, issued=target("3,000人") | indicator) == []
    assert judged({ACTUAL: "累計2,800人"}, issued=target("3,000人") | indicator) == [("W205", "warning", (ACTUAL,))]


def test_a_coming_year_has_no_actual(checked, judged):
    later = "outcome.actual/O1/2"
    assert checked({later: "100千円"}) == [("W204", "warning", (later,))]
    assert judged({later: "100千円"}) == [("E301", "error", (later,))]  # a locked cell, told once
    assert checked({later: "-"}) == []


def test_the_closing_round_requires_an_actual_for_every_target_of_the_year(judged):
    q1 = {"activity.progress/K1/1": "予定通り", "activity.progress/K2/1": "予定通り"}
    missing = judged(round="年度実績", issued=q1)
    assert missing == [("E108", "error", (ACTUAL, "outcome.actual/O2/1"))]
    answered = {ACTUAL: "未確定", "outcome.actual/O2/1": "1,300件"}
    assert judged(answered, round="年度実績", issued=q1) == []
    assert judged(answered, round="年度実績", issued=q1 | target("-")) == []
    dash = judged(answered | {ACTUAL: "―"}, round="年度実績", issued=q1)
    assert dash == [("W201", "warning", (ACTUAL,))]


def test_a_year_without_a_target_needs_no_actual(judged):
    issued = {f"activity.progress/{k}/1": "予定通り" for k in ("K1", "K2")} | target("") | {"outcome.target/O2/1": "-"}
    assert judged(round="年度実績", issued=issued) == []


def test_an_interim_round_requires_no_actual(judged):
    assert judged({ACTUAL: ""}) == []


def test_labelled_numbers_are_compared_by_their_labels(judged):
    goal = target("受講者 40人\n開催 2回")
    assert judged({ACTUAL: "開催 3回\n受講者 38人"}, issued=goal) == []
    assert [code for code, *_ in judged({ACTUAL: "受講者 3回\n開催 38人"}, issued=goal)] == ["W202"]


def test_a_declared_result_is_compared_with_the_declared_target_beside_it() -> None:
    own = BUILT_IN.extended(
        [
            Field("数値目標", "数値目標", FieldKind.TARGET, "成果", period=Period.YEARS, declared=True),
            Field("達成値", "達成値", FieldKind.ACTUAL, "成果", When.THIS_YEAR, Period.YEARS, declared=True),
        ],
        4,
    )
    settings = replace(sample.settings(), catalogue=own)
    texts = {"数値目標/1": "40回", "達成値/1": "40人", "達成値/2": "10回"}
    case = Case(measure("01-01", texts, own), None, MeasureIndex(), settings.rounds[1], settings)
    found = {(f.kind.code, *map(str, f.refs)) for f in judge(case)}
    assert {("W202", "達成値/1"), ("W204", "達成値/2")} <= found

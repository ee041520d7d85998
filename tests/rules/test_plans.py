"""作業予定 and 目標 in the round for plans."""

from __future__ import annotations

from dataclasses import replace

from dxreport.domain.fields import Ref
from dxreport.rules import judge

PLANS = ("activity.plan/K1/{}", "activity.plan/K2/{}")
TARGET = "outcome.target/O1/1"


def blank(*patterns: str) -> dict[str, str]:
    return {pattern.format(n): "" for pattern in patterns for n in (1, 2, 3, 4)}


def plans(judged, edits, **kwargs):
    """The findings on plans alone."""
    return [f for f in judged(edits, **kwargs) if f[0] in ("W106", "W107")]


def test_a_plan_that_came_back_blank_is_said_once_for_all_activities(judged):
    cells = ("activity.plan/K1/1", "activity.plan/K2/1")
    assert plans(judged, blank(*PLANS), round="計画") == [("W106", "warning", cells)]
    assert plans(judged, blank(PLANS[0]) | {"activity.plan/K1/3": "―"}, round="計画") == []


def test_sheets_that_were_sent_blank_and_came_back_blank_are_told_too(judged):
    assert [f[0] for f in plans(judged, {}, round="計画", issued=blank(PLANS[0]))] == ["W106"]


def test_an_empty_row_needs_no_plan_and_an_indicator_needs_a_target(judged):
    assert plans(judged, {}, round="計画") == []
    assert plans(judged, blank(PLANS[0]) | {"activity.name/K1": ""}, round="計画") == []
    assert plans(judged, {TARGET: ""}, round="計画") == [("W107", "warning", (TARGET,))]
    assert plans(judged, {TARGET: "", "outcome.indicator/O1/1": ""}, round="計画") == []


def test_only_the_round_that_opens_them_asks(judged, checked, case):
    everything = blank(*PLANS) | {TARGET: ""}
    for name in ("第1四半期", "年度実績"):
        assert plans(judged, {}, round=name, issued=everything) == []
    assert [f for f in checked(everything, round="計画") if f[0] in ("W106", "W107")] == []
    without = case(everything, round="計画")
    object.__setattr__(without, "inputs", {("goal", 0)})
    assert [f for f in judge(without) if f.kind.code in ("W106", "W107")] == []


def test_a_cell_whose_content_could_not_be_used_is_not_blank(case):
    edits = blank(*PLANS) | {TARGET: "", "goal": ""}
    unread = {Ref("activity.plan", "K2", 3), Ref("outcome.target", "O1", 1), Ref("goal")}
    made = replace(case(edits, round="計画"), unread=unread)
    assert [f.refs for f in judge(made) if f.kind.code == "W106"] == [(Ref("activity.plan", "K1", 1),)]
    strict = replace(made.round, requires=frozenset({"作業予定", "到達目標"}))
    assert not {"W107"} & {f.kind.code for f in judge(made)}
    assert [f.refs for f in judge(replace(made, round=strict)) if f.kind.code == "E107"] == [
        (Ref("activity.plan", "K1", 1),)
    ]

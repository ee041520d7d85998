"""The fields that the 計画 round requires."""

from __future__ import annotations

from dataclasses import replace

from dxreport.domain.fields import Ref
from dxreport.rules import judge
from tests.support.measures import with_items


def test_a_missing_goal_and_a_nameless_activity(judged):
    found = judged({"goal": " ", "activity.name/K2": ""}, round="計画", issued={"goal": "", "activity.name/K2": ""})
    answers = ("activity.progress/K1/1", "activity.progress/K2/1")  # 計画 opens no 進捗
    assert found == [
        ("E107", "error", ("goal",)),
        ("E301", "error", answers),
        ("E107", "error", ("activity.name/K2",)),
    ]


def test_a_spare_line_need_not_be_filled_in(judged):
    spare = {"activity.name/K3": "", "activity.plan/K3/2": ""}
    assert "E107" not in {code for code, _, _ in judged(round="計画", issued=spare)}


def test_one_target_in_four_years_is_enough_and_none_is_one_finding(case):
    asked = case(round="計画", issued={"activity.progress/K1/1": "", "activity.progress/K2/1": ""})
    asked = replace(asked, round=replace(asked.round, requires=frozenset({"目標"})))
    assert judge(asked) == []
    blank = case(
        {f"outcome.target/O2/{n}": "" for n in (1, 2, 3, 4)}, round="計画", issued={"activity.progress/K1/1": ""}
    )
    [found] = [f for f in judge(replace(blank, round=asked.round)) if f.kind.code == "E107"]
    assert [str(ref) for ref in found.refs] == ["outcome.target/O2/1"]


def test_a_target_that_only_an_earlier_form_asked_for_is_enough(case):
    blank = {f"outcome.target/O2/{n}": "" for n in (1, 2, 3, 4)}
    for targets, missed in ((blank | {"outcome.target/O2/1": "10件"}, []), (blank, ["outcome.target/O2/2"])):
        sent = case(round="計画", issued=targets)
        asked = replace(
            sent, round=replace(sent.round, requires=frozenset({"目標"})), inputs=[("outcome.target", 2)],
            settings=replace(sent.settings, fiscal_year=sent.settings.fiscal_year + 1),
        )  # fmt: skip
        assert [str(ref) for f in judge(asked) if f.kind.code == "E107" for ref in f.refs] == missed


def test_a_check_of_the_master_requires_nothing(checked):
    assert checked({"goal": "", "activity.name/K1": ""}, round="計画") == []


def test_what_the_form_has_no_cell_for_is_not_asked(case):
    blank = case({"goal": ""}, round="計画", issued={"goal": ""})
    asked = [("goal", 0), ("activity.name", 0)]
    assert "E107" in {f.kind.code for f in judge(replace(blank, inputs=asked))}
    assert "E107" not in {f.kind.code for f in judge(replace(blank, inputs=asked[1:]))}


def test_an_empty_list_is_missed_in_the_line_that_it_has(case):
    sent = case(round="計画")
    spare = {Ref("activity.name", key): "" for key in ("K3", "K4")}
    measure = with_items(sent.measure, "activity", ()).with_texts(spare)
    [found] = [
        f for f in judge(replace(sent, measure=measure, issued=measure)) if str(f.refs[0]).startswith("activity.name")
    ]
    assert (found.kind.code, [str(ref) for ref in found.refs]) == ("E107", ["activity.name/K3"])

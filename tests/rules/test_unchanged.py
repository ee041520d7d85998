"""Cells that a round did not open."""

from __future__ import annotations

import pytest

LATER = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}
DELAYED = "進捗遅延・課題あり"


@pytest.mark.parametrize(
    "ref",
    ["id", "name", "lead_department", "goal", "related_flag", "activity.name/K1", "activity.plan_label/K1",
     "activity.plan/K1/1", "outcome.target/O1/1", "outcome.actual/O1/3", "related.name/R1"],
)  # fmt: skip
def test_a_changed_locked_cell_is_one_error(judged, ref):
    assert judged({ref: "別の内容"}) == [("E301", "error", (ref,))]


@pytest.mark.parametrize(
    "ref", ["contact_person", "activity.plan/K1/2", "activity.plan/K1/4", "procurement", "activity.countermeasure/K1/1"]
)
def test_an_open_cell_may_change(judged, ref):
    assert judged({ref: "別の内容"}) == []


def test_both_texts_are_named(case):
    from dxreport.rules import judge

    [found] = judge(case({"goal": "別の目標"}))
    assert found.params["new"] == "別の目標"
    assert found.params["old"].startswith("利用促進事業及び加盟促進事業")


def test_the_same_change_in_several_cells_is_one_finding(judged):
    cells = tuple(f"outcome.indicator/O1/{n}" for n in (1, 2, 3, 4))
    assert judged(dict.fromkeys(cells, "利用額")) == [("E301", "error", cells)]


def test_a_line_break_dropped_by_a_program_holds_nothing_back(judged):
    assert judged({"outcome.indicator/O1/1": "月間利用金額 （年度月平均）"}) == [
        ("E301", "warning", ("outcome.indicator/O1/1",))
    ]


def test_an_answer_of_an_earlier_round_may_be_corrected(judged):
    q1 = {"activity.progress/K1/1": "予定通り", "activity.progress/K2/1": "予定通り"}
    edits = LATER | {"activity.progress/K1/1": DELAYED, "activity.countermeasure/K1/1": "協議中"}
    # 対応策 was blank, so it was open
    assert judged(edits, round="第2四半期", issued=q1) == [("W105", "warning", ("activity.progress/K1/1",))]


def test_a_faulty_correction_is_one_finding(judged):
    q1 = {"activity.progress/K1/1": "予定通り", "activity.progress/K2/1": "予定通り"}
    found = judged(LATER | {"activity.progress/K1/1": "予定どおり"}, round="第2四半期", issued=q1)
    assert found == [("E102", "error", ("activity.progress/K1/1",))]
    found = judged(LATER | {"activity.progress/K1/1": ""}, round="第2四半期", issued=q1)
    assert found == [("E103", "error", ("activity.progress/K1/1",))]


def test_the_printed_label_of_a_new_item_is_no_finding(judged):
    added = {"support_flag": "有", "support.period/S1": "7月", "support.content/S1": "相談"}
    assert judged(added) == []
    spare = {"activity.name/K3": "", "activity.plan_label/K3": "作業予定"}
    assert judged(spare) == []
    assert judged({"activity.name/K3": "新しい取組", "activity.plan_label/K3": "作業予定"}) == [
        ("E301", "error", ("activity.name/K3",))
    ]

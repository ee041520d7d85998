"""The sample is the published data, to the letter."""

from __future__ import annotations

import json
from importlib import resources

from dxreport.domain.fields import BUILT_IN, Ref
from dxreport.lifecycle import sample


def test_26_measures_with_ids_in_printed_order():
    measures = sample.load(with_answers=True)
    assert [m.id for m in measures] == sorted(m.id for m in measures)
    assert len(measures) == 26
    assert sum(len(m.activities) for m in measures) == 64
    assert [r.key for r in next(m for m in measures if m.id == "04-02").support_requests] == ["S1", "S2"]


def test_every_printed_text_is_there():
    printed = json.loads(
        resources.files("dxreport.lifecycle.sample").joinpath("measures.json").read_text(encoding="utf-8")
    )
    for record, measure in zip(printed, sample.load(with_answers=True), strict=True):
        values = measure.values()
        for a, activity in enumerate(record["activities"], 1):
            for n in range(4):
                assert values[Ref("activity.plan", f"K{a}", n + 1)] == activity["plan"][n]
                assert values[Ref("activity.countermeasure", f"K{a}", n + 1)] == activity["countermeasure"][n]
        for o, outcome in enumerate(record["outcomes"], 1):
            assert [values[Ref("outcome.target", f"O{o}", n)] for n in (1, 2, 3, 4)] == outcome["target"]
        assert measure.goal == record["goal"] and measure.budgeted == record["budget_flag"]


def test_without_answers_only_progress_and_countermeasures_are_gone():
    for full, blank in zip(sample.load(with_answers=True), sample.load(with_answers=False), strict=True):
        gone = {ref.field for ref, text in full.values().items() if blank.values()[ref] != text}
        assert gone <= {"activity.progress", "activity.countermeasure"}
        assert not any(q.progress or q.countermeasure for a in blank.activities for q in a.quarters)


def test_rounds_open_and_require_known_groups():
    rounds = sample.settings().rounds
    assert [r.name for r in rounds] == ["計画", "第1四半期", "第2四半期", "第3四半期", "第4四半期", "年度実績"]
    assert all((r.opens | r.requires) <= set(BUILT_IN.groups) and r.requires <= r.opens for r in rounds)

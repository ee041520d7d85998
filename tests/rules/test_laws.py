"""Laws over all 26 measures and all rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.domain.fields import Access, Ref
from dxreport.domain.model import Measure, MeasureIndex
from dxreport.domain.problems import KINDS
from dxreport.lifecycle import sample
from dxreport.rules import Case, judge

MEASURES = MeasureIndex((m.id, m) for m in sample.load(with_answers=True))
SETTINGS = sample.settings()
ROUNDS = [r.name for r in SETTINGS.rounds]
OWED = {"E103", "E107", "E108"}  # what a round requires is owed even where it stood blank


def untouched(id_: str, round_: str) -> Case:
    return Case(MEASURES[id_], MEASURES[id_], MEASURES, SETTINGS.round(round_), SETTINGS)


@pytest.mark.parametrize("round_", ROUNDS)
def test_cells_as_issued_hold_nothing_back_unless_the_round_requires_them(round_):
    for id_ in MEASURES:
        errors = {f.kind.code for f in judge(untouched(id_, round_)) if f.severity == "error"}
        assert errors <= OWED, id_


@pytest.mark.parametrize("round_", ROUNDS)
def test_every_changed_locked_cell_is_reported_exactly_once(round_):
    """Check 04-02, which has all kinds of lists, and 03-04, which was answered too early."""
    for id_ in ("04-02", "03-04"):
        case = untouched(id_, round_)
        for ref in case.values:
            if case.access(ref) is not Access.LOCKED:
                continue
            changed = replace(case, measure=Measure(case.values | {ref: "予定通り？"}))
            told = [f for f in judge(changed) if ref in f.refs]
            assert len(told) == 1, (id_, ref)
            assert told[0].kind.code in {"E301", "E104", "E102"}, (id_, ref)
            assert told[0].severity == "error"


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_finding_is_about_cells_that_exist_in_the_order_of_the_form(round_):
    for id_ in MEASURES:
        case = untouched(id_, round_)
        order = list(case.values)
        for found in judge(case):
            places = [order.index(ref) for ref in found.refs]
            assert places == sorted(set(places))
            assert found.kind is KINDS[found.kind.code]


def test_the_order_of_the_rules_does_not_matter():
    from dxreport.rules import RULES

    edits = {
        Ref("goal"): "x",
        Ref("support_flag"): "多分",
        Ref("activity.progress", "K1", 1): "遅延",
        Ref("contact_email"): "x",
    }
    case = untouched("03-04", "第1四半期")
    case = replace(case, measure=Measure(case.values | edits))
    assert judge(case) == judge(case, RULES[::-1])
    assert len(judge(case)) == 5

"""A measure is its texts by address; the catalogue gives their shape."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings

from dxreport.domain.fields import BUILT_IN, Catalogue, Field, FieldKind, Period, Ref
from dxreport.domain.model import Measure
from tests.support.measures import measure, with_items, with_texts
from tests.support.strategies import measures

OWN = BUILT_IN.extended(
    [
        Field("評価", "一次評価", FieldKind.CHOICE, choices=("A", "B"), declared=True),
        Field("activity.リスク", "リスク", period=Period.QUARTERS, declared=True),
        Field("費用.費目", "費目", declared=True),
        Field("費用.予算額", "予算額", FieldKind.NUMBER, period=Period.YEARS, declared=True),
    ],
    5,
)


@given(measures)
@settings(max_examples=30, deadline=None)
def test_the_texts_of_a_measure_make_it_again(found: Measure) -> None:
    again = Measure(found.values(), found.catalogue)
    assert again == found and list(again.values()) == list(found.values())


def test_what_is_not_given_is_blank_and_what_is_no_field_is_left_out() -> None:
    found = measure("01-01", {"goal": "目標", "gaol": "綴り違い", "費用.費目/費用1": "旅費"})
    assert found.goal == "目標" and found.procurement == "" and Ref("gaol") not in found.values()
    assert not any(ref.item for ref in found.values())


def test_a_new_item_has_the_label_of_the_form() -> None:
    [activity] = measure("01-01", {"activity.name/K1": "研修"}).activities
    assert (activity.plan_label, activity.q1.plan) == ("作業予定", "")
    [blank] = measure("01-01", {"activity.plan_label/K1": ""}).activities
    assert blank.plan_label == "" and blank.is_empty()


def test_declared_fields_are_named_like_built_in_ones() -> None:
    texts = {"評価": "A", "activity.リスク/K1/2": "人手", "費用.費目/費用1": "旅費", "費用.予算額/費用1/5": "1250"}
    found = measure("01-01", texts, OWN)
    assert (found.評価, found.activities[0].q2.リスク, found.activities[0].q1.リスク) == ("A", "人手", "")
    [cost] = found.費用
    assert (cost.key, cost.費目, cost.y5.予算額, [y.予算額 for y in cost.years]) == (
        "費用1",
        "旅費",
        "1250",
        ["", "", "", "", "1250"],
    )
    assert [year.target for year in with_texts(found, {"outcome.target/O1/5": "5件"}).outcomes[0].years][-1] == "5件"


@pytest.mark.parametrize("name", ["評価", "gaol", "q5", "y5", "q0", "費用", "_values_"])
def test_a_name_that_the_catalogue_does_not_have_is_no_attribute(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(measure("01-01"), name)
    with pytest.raises(AttributeError):
        getattr(measure("01-01", {"activity.name/K1": "研修"}).activities[0].q1, name)


def test_items_keep_their_order_and_blank_ones_go() -> None:
    found = measure("01-01", {"activity.name/K7": "後", "activity.name/K2": "", "activity.name/K1": "先"})
    assert [a.key for a in found.activities] == ["K7", "K2", "K1"]
    assert [a.key for a in found.tidy().activities] == ["K7", "K1"]
    assert [a.key for a in with_items(found, "activity", ["K1", "K7"]).activities] == ["K1", "K7"]
    assert found != found.tidy() and found.tidy() == found.tidy().tidy()


def test_an_outcome_between_others_keeps_its_number() -> None:
    found = measure("01-01", {"outcome.target/O1/1": "", "outcome.target/O2/1": "5件", "outcome.target/O3/1": ""})
    assert [o.key for o in found.tidy().outcomes] == ["O1", "O2"]


def test_copies_are_equal() -> None:
    found = measure("01-01", {"activity.name/K1": "研修"}, OWN)
    assert copy.deepcopy(found) == found == pickle.loads(pickle.dumps(found))
    assert pickle.loads(pickle.dumps(found.activities[0])) == found.activities[0]


def test_a_catalogue_is_stored_as_what_differs_from_the_built_in_one() -> None:
    assert BUILT_IN.stored == () and Catalogue.parse([], 4) is BUILT_IN
    assert Catalogue.parse(OWN.stored, 5) == OWN

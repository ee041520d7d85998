"""関連施策 against the other measures."""

from __future__ import annotations

ID, NAME = "related.id/R1", "related.name/R1"


def test_a_full_width_id_is_the_same_id(checked):
    assert checked({ID: "０１－０７"}) == []
    assert checked(id="01-10") == []  # names ０１－０９ in the published sheet


def test_an_unknown_id_is_the_only_finding(checked):
    assert checked({ID: "01-99", NAME: "そのような施策"}) == [("W301", "warning", (ID,))]
    assert checked({ID: ""}) == [("W301", "warning", (ID,))]


def test_a_measure_is_not_related_to_itself(checked):
    assert checked({ID: "01-01", NAME: "電子地域通貨"}) == [("W302", "warning", (ID,))]


def test_the_name_equals_that_in_the_master_except_for_width_and_blanks(checked):
    assert checked({NAME: "アプリを活用した\n健康増進の推進"}) == []
    assert checked({NAME: ""}) == []
    assert checked({NAME: "健康増進の推進"}) == [("W303", "warning", (NAME,))]


def test_a_one_way_relation_is_reported_on_the_naming_side(checked):
    two = {"related.id/R2": "01-02", "related.name/R2": "スマート農業の実現に向けた支援"}
    assert checked(two) == [("W304", "warning", ("related.id/R2",))]
    assert checked(id="01-02") == []


def test_a_blank_line_is_no_relation(checked):
    assert checked({"related.id/R2": "", "related.name/R2": "－"}) == []

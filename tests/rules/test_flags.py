"""有/無 and the fields they govern."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.rules import judge


@pytest.mark.parametrize(("text", "code"), [("あり", "E110"), ("有 ", "E110"), ("なし", "E110"), ("多分", "E109")])
def test_only_the_two_words(judged, text, code):
    assert judged({"support_flag": text}) == [(code, "error", ("support_flag",))]


def test_a_blank_flag_is_the_only_finding_and_a_warning(judged):
    request = {"support.period/S1": "7月", "support.content/S1": "仕様の相談"}
    assert judged({"support_flag": ""} | request) == [("W102", "warning", ("support_flag",))]


def test_yes_needs_content(judged):
    assert judged({"procurement": "―"}) == [("W103", "warning", ("budgeted",))]
    assert judged({"support_flag": "有"}) == [("W103", "warning", ("support_flag",))]
    assert judged({"support_flag": "有", "support.content/S1": "仕様の相談", "support.period/S1": "7月"}) == []


def test_no_excludes_content(judged):
    assert judged({"budgeted": "無"}) == [("W104", "warning", ("budgeted", "procurement"))]
    assert judged({"budgeted": "無", "procurement": "なし"}) == []


def test_a_missing_required_flag_is_one_error(case):
    blank = case({"support_flag": ""})
    strict = replace(blank.round, requires=frozenset({"CIO補佐への支援依頼"}))
    [found] = judge(replace(blank, round=strict))
    assert (found.kind.code, found.severity, found.params["group"]) == ("E107", "error", "CIO補佐への支援依頼")


@pytest.mark.parametrize(("field", "code"), [("budgeted", "W102"), ("contact_email", "W401")])
def test_a_blank_that_the_form_has_no_cell_for_is_no_finding(case, field, code):
    sent = case({field: "", "procurement": ""}, issued={field: "", "procurement": ""})
    for measure in (sent, replace(sent, issued=None)):
        assert code in {f.kind.code for f in judge(replace(measure, inputs=[(field, 0)]))}
        assert code not in {f.kind.code for f in judge(replace(measure, inputs=[("goal", 0)]))}


def test_what_is_wrong_is_a_finding_of_the_master_though_no_form_shows_it(case):
    found = judge(replace(case({"budgeted": "たぶん"}), issued=None, inputs=[("goal", 0)]))
    assert [f.kind.code for f in found] == ["E109"]


def test_a_check_asks_for_a_flag_unless_the_round_for_plans_is_yet_to_ask(case):
    """Nothing is planned so far: in 計画 that is no news, in a quarter it is."""
    nothing = {"goal": "", "budgeted": "", "procurement": "", "contact_email": ""} | {
        f"activity.plan/{key}/{n}": "" for key in ("K1", "K2") for n in (1, 2, 3, 4)
    }

    def codes(round_name: str) -> list[str]:
        checked = replace(case(nothing, round=round_name), issued=None)
        opens = replace(checked.round, opens=checked.round.opens | {"次年度予算化予定"})
        found = judge(replace(checked, round=opens))
        return [f.kind.code for f in found if str(f.refs[0]) in ("budgeted", "contact_email")]

    assert codes("計画") == []
    assert sorted(codes("第1四半期")) == ["W102", "W401"]

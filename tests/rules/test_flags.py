"""有/無 and the fields they govern."""

from __future__ import annotations

import pytest


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
    from dataclasses import replace

    from dxreport.rules import judge

    blank = case({"support_flag": ""})
    strict = replace(blank.round, requires=frozenset({"CIO補佐への支援依頼"}))
    [found] = judge(replace(blank, round=strict))
    assert (found.kind.code, found.severity, found.params["group"]) == ("E107", "error", "CIO補佐への支援依頼")

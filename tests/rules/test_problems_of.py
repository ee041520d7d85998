"""Findings as problems for people."""

from __future__ import annotations

import pytest

from dxreport.domain.fields import BUILT_IN, Ref
from dxreport.domain.problems import KINDS
from dxreport.lifecycle import sample
from dxreport.rules import RULES, item_name, judge, problems_of

SETTINGS = sample.settings()


def addresses(case):
    """Return a locate function that numbers the cells in form order."""
    place = {ref: ("様式", f"C{n}") for n, ref in enumerate(case.values, 1)}
    return lambda ref: place.get(ref, ("様式", ""))


def test_after_six_cells_the_rest_is_a_count(case):
    cells = [f"outcome.indicator/{key}/{n}" for key in ("O1", "O2") for n in (1, 2, 3, 4)]
    changed = case(dict.fromkeys(cells, "利用額"), issued=dict.fromkeys(cells, "金額"))
    [problem] = problems_of(judge(changed), addresses(changed), SETTINGS, changed.values)
    assert problem.cell.count("、") == 5
    assert problem.cell.endswith(" ほか2か所")
    assert problem.label == "成果目標① 令和４年度 評価項目 ほか7か所"
    assert problem.field == "outcome.indicator/O1/1"
    assert "利用額" in problem.message


def test_a_text_without_a_cell_keeps_its_sheet(case):
    changed = case({"goal": "別の目標"})
    [problem] = problems_of(judge(changed), lambda ref: ("様式", ""), SETTINGS, changed.values)
    assert (problem.sheet, problem.cell, problem.label) == ("様式", "", "到達目標")


def test_items_are_named_by_name_or_number(case):
    values = case({"support.content/S2": "相談", "activity.name/K9": ""}, id="01-04").values
    names = {
        ref.item: item_name(ref, values, BUILT_IN)
        for ref in values
        if ref.field in ("activity.plan", "support.content")
    }
    assert names["K1"] == "「市内事業者に対し、IT・ＷＥＢやビジュ…」"
    assert names["K9"] == "取組③"
    assert names["S2"] == "支援依頼①"
    quoted = case({"activity.name/K1": "「Ｊコイン」の利用促進"}, id="01-04").values
    assert item_name(Ref("activity.plan", "K1", 1), quoted, BUILT_IN) == "『「Ｊコイン」の利用促進』"


@pytest.mark.parametrize(
    ("edits", "round_"),
    [
        (
            {"activity.progress/K1/1": "順調", "activity.progress/K2/1": "", "no_report/2": "○", "no_report/1": "x"},
            "第1四半期",
        ),
        ({"activity.progress/K1/1": "遅延", "activity.progress/K2/1": "進捗遅延・課題あり", "goal": "x"}, "第1四半期"),
        (
            {"support_flag": "多分", "budgeted": "あり", "contact_email": "x、y@example.jp", "no_report/1": "○"},
            "第1四半期",
        ),
        ({"support_flag": "", "budgeted": "無", "contact_email": "", "outcome.actual/O1/1": "x"}, "第1四半期"),
        ({"support_flag": "有", "outcome.actual/O1/1": "3人", "outcome.actual/O2/1": "小1件 中2件"}, "第1四半期"),
        ({"goal": "", "contact_person": "あ" * 40_000}, "計画"),
        (
            {"related.id/R1": "99-99", "related.id/R2": "01-01", "related.id/R3": "01-02", "related.name/R3": "x"},
            "計画",
        ),
        ({}, "年度実績"),
    ],
)
def test_every_finding_has_the_parameters_of_its_texts(case, edits, round_):
    returned = case(edits, round=round_)
    findings = judge(returned)
    assert len(findings) >= 2
    for found, problem in zip(
        findings, problems_of(findings, addresses(returned), SETTINGS, returned.values), strict=True
    ):
        assert set(found.params) >= found.kind.params
        assert "{" not in problem.message + problem.fix
        assert problem.cell and problem.label and problem.code in KINDS


def test_a_single_rule_can_be_run(case):
    wrong = case({"support_flag": "多分", "goal": "x"})
    assert [f.kind.code for rule in RULES for f in judge(wrong, [rule])] == ["E109", "E301"]


def test_the_first_cell_that_is_not_named_is_counted(case):
    cells = [
        f"outcome.indicator/{key}/{n}" for key, n in zip(("O1",) * 4 + ("O2",) * 3, (1, 2, 3, 4) * 2, strict=False)
    ]
    changed = case(dict.fromkeys(cells, "利用額"), issued=dict.fromkeys(cells, "金額"))
    [problem] = problems_of(judge(changed), addresses(changed), SETTINGS, changed.values)
    assert problem.cell.count("、") == 5 and problem.cell.endswith(" ほか1か所")


def test_six_cells_are_all_named(case):
    cells = [f"outcome.indicator/{key}/{n}" for key in ("O1", "O2") for n in (1, 2, 3)]
    changed = case(dict.fromkeys(cells, "利用額"), issued=dict.fromkeys(cells, "金額"))
    [problem] = problems_of(judge(changed), addresses(changed), SETTINGS, changed.values)
    assert problem.cell.count("、") == 5 and "ほか" not in problem.cell


def test_a_name_of_twenty_characters_is_not_cut(case):
    names = {20: "あ" * 20, 21: "い" * 21}
    shown = [
        item_name(Ref("activity.plan", "K1", 1), case({"activity.name/K1": name}).values, BUILT_IN)
        for name in names.values()
    ]
    assert shown == [f"「{'あ' * 20}」", f"「{'い' * 19}…」"]

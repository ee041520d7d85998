"""進捗, 対応策, 報告事項なし."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.domain.fields import Ref
from dxreport.domain.model import ProgressWord, Treatment
from dxreport.lifecycle import sample
from dxreport.rules import judge
from dxreport.rules.verdict import problems_of

DELAYED = "進捗遅延・課題あり"

SETTINGS = sample.settings()


def test_the_real_answers_of_01_01_are_right(judged):
    assert judged() == []


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("予定どおり", "E102"),
        ("予定通り\n", "E102"),
        ("　予定通り", "E102"),
        ("進捗遅延･課題あり", "E102"),
        ("遅延", "E102"),
        ("順調", "E101"),
        ("予定通りではない", "E101"),
    ],
)
def test_only_the_words_of_the_settings(judged, word, code):
    assert judged({"activity.progress/K1/1": word}) == [(code, "error", ("activity.progress/K1/1",))]


def test_the_same_wrong_word_in_two_cells_is_one_finding(judged):
    cells = ("activity.progress/K1/1", "activity.progress/K2/1")
    assert judged(dict.fromkeys(cells, "予定通")) == [("E102", "error", cells)]


@pytest.mark.parametrize(
    ("word", "blanks"),
    [
        ("遅延・課題あり", False),
        ("予定どおり", False),
        ("予定通り\n", True),
        ("　予定通り", True),
        ("予定 どおり", False),
    ],
)
def test_blanks_are_named_only_where_they_are_the_fault(case, word, blanks):
    [found] = judge(case({"activity.progress/K1/1": word}))
    assert ("空白" in found.params["how"]) is blanks


@pytest.mark.parametrize("has_box", [True, False])
def test_the_box_for_nothing_to_report_is_named_only_where_there_is_one(case, has_box):
    inputs = {("activity.progress", 1), *([("no_report", 1)] if has_box else [])}
    asked = replace(case({"activity.progress/K1/1": ""}), inputs=inputs)
    [found] = problems_of(judge(asked), lambda ref: ("01-01", "E20"), SETTINGS, asked.values)
    assert ("報告事項なし" in found.fix) is has_box and "空白" not in found.fix


@pytest.mark.parametrize("blank", ["", " ", "―", "なし"])
def test_planned_work_needs_its_progress(judged, blank):
    assert judged({"activity.progress/K1/1": blank}) == [("E103", "error", ("activity.progress/K1/1",))]


@pytest.mark.parametrize("also", [(), (("no_report", 1),)])
def test_nothing_to_report_is_offered_only_by_a_form_that_has_the_cell(case, also):
    inputs = {("activity.progress", 1), *also}
    [found] = judge(replace(case({"activity.progress/K1/1": ""}), inputs=inputs))
    assert ("報告事項なし" in found.kind.fix.format(**found.params)) is bool(also)


@pytest.mark.parametrize("plan", ["", "-", "なし", "特になし", "―", " " * 40, "なし" + "　" * 40])
def test_nothing_planned_needs_no_progress(judged, plan):
    assert judged({"activity.progress/K1/1": ""}, issued={"activity.plan/K1/1": plan}) == []


def test_an_answer_missing_from_an_earlier_quarter_is_still_required(judged):
    answers = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り", "activity.progress/K1/1": ""}
    assert judged(answers, round="第2四半期") == [("E103", "error", ("activity.progress/K1/1",))]


@pytest.mark.parametrize("mark", ["○", "〇", "◯", "レ", "✓", "✔", "報告事項なし"])
def test_nothing_to_report_answers_for_the_quarter(judged, mark):
    blank = {"activity.progress/K1/1": "", "activity.progress/K2/1": ""}
    assert judged(blank | {"no_report/1": mark}) == []


def test_nothing_to_report_is_ticked_or_blank(judged):
    blank = {"activity.progress/K1/1": "", "activity.progress/K2/1": ""}
    assert [f[0] for f in judged(blank | {"no_report/1": "いいえ"})] == [
        "E106"
    ]  # the wrong mark is told, not what follows


def test_nothing_to_report_contradicts_a_progress(judged):
    assert judged({"no_report/1": "○"}) == [("W101", "warning", ("no_report/1",))]


@pytest.mark.parametrize("ref", ["activity.progress/K1/2", "activity.countermeasure/K1/3", "no_report/4"])
def test_an_answer_for_a_coming_quarter_is_one_finding(judged, ref):
    assert judged({ref: "予定通り"}) == [("E104", "error", (ref,))]


def test_an_early_answer_already_in_the_issue_holds_nothing_back(judged):
    assert judged(issued={"activity.progress/K1/4": "予定通り"}) == [("E104", "warning", ("activity.progress/K1/4",))]


def test_an_early_answer_may_be_removed(judged):
    early = {"activity.progress/K1/4": "予定通り"}
    assert judged({"activity.progress/K1/4": ""}, issued=early) == [("W105", "warning", ("activity.progress/K1/4",))]


def test_a_round_without_a_quarter_has_no_coming_quarters(checked):
    answers = {f"activity.progress/K1/{n}": "予定通り" for n in (2, 3, 4)}
    assert checked(answers, round="年度実績") == []
    assert [f[0] for f in checked(answers)] == ["E104"]


@pytest.mark.parametrize("text", ["", "なし", "－"])
def test_a_delay_needs_a_countermeasure(judged, text):
    edits = {"activity.progress/K1/1": DELAYED, "activity.countermeasure/K1/1": text}
    assert judged(edits) == [("E105", "error", ("activity.countermeasure/K1/1",))]


@pytest.mark.parametrize(("text", "lack"), [(" ", "が記入されていません"), ("なし\n", "は「なし」では足りません")])
def test_what_was_written_is_not_said_to_be_missing(case, text, lack):
    [found] = judge(case({"activity.progress/K1/1": DELAYED, "activity.countermeasure/K1/1": text}))
    assert found.params["lack"] == lack


def test_a_delay_with_a_countermeasure_and_a_misspelt_delay_without_one_give_no_further_finding(judged):
    assert judged({"activity.progress/K1/1": DELAYED, "activity.countermeasure/K1/1": "業者と協議中"}) == []
    assert [f[0] for f in judged({"activity.progress/K1/1": "遅延"})] == ["E102"]


def test_a_delay_issued_without_countermeasure_is_a_warning(judged):
    answers = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}
    found = judged(
        answers, round="第2四半期", issued={"activity.progress/K1/1": DELAYED, "activity.progress/K2/1": "予定通り"}
    )
    assert found == [("E105", "warning", ("activity.countermeasure/K1/1",))]


def test_a_word_issued_outside_the_vocabulary_holds_nothing_back(judged):
    answers = {"activity.progress/K1/2": "予定通り", "activity.progress/K2/2": "予定通り"}
    found = judged(
        answers, round="第2四半期", issued={"activity.progress/K1/1": "順調", "activity.progress/K2/1": "予定通り"}
    )
    assert found == [("E101", "warning", ("activity.progress/K1/1",))]


WORDS = ("予定通り", "完了", "一部完了", "未完了", "中止（統合のため）")
K1, K2 = "activity.progress/K1/2", "activity.progress/K2/2"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("完了", "完了", [K1, K2]),
        ("中止（統合のため）", "完了", [K1, K2]),
        ("完了", "予定通り", []),
        ("完了", "一部完了", []),
        ("完了", "未完了", []),
        ("完了", "", []),  # the second activity said 予定通り in the first quarter
    ],
)
def test_a_measure_that_is_over_by_its_progress_but_not_by_its_state(case, first: str, second: str, said) -> None:
    settings = replace(SETTINGS, progress_words=tuple(map(ProgressWord, WORDS)))
    made = case({K1: first, K2: second}, round="第2四半期")
    made = replace(made, settings=settings, round=settings.round("第2四半期"))
    assert [list(map(str, f.refs)) for f in judge(made) if f.kind.code == "W307"] == ([said] if said else [])
    assert not [f for f in judge(replace(made, ended="中止")) if f.kind.code == "W307"]


def test_answers_of_a_measure_that_is_not_counted_are_told(case) -> None:
    made = replace(case({"goal": "書き換えた目標"}), ended="第2四半期から中止")
    of = {f.kind.code: f for f in judge(replace(made, counted=False))}
    assert of["W308"].severity == "warning" and Ref("activity.progress", "K1", 1) in of["W308"].refs
    assert Ref("goal") not in of["W308"].refs  # locked
    assert "W308" not in [f.kind.code for f in judge(made)]
    assert "W308" not in [f.kind.code for f in judge(replace(made, measure=made.issued, counted=False))]


def test_what_a_word_says_of_the_state_follows_its_treatment(case) -> None:
    words = (ProgressWord("打切り", said=Treatment.STOPPED), ProgressWord("完了", said=Treatment.ON_TRACK))
    settings = replace(SETTINGS, progress_words=words)
    for word, said in (("打切り", ["W307"]), ("完了", [])):
        made = case({K1: word, K2: word}, round="第2四半期")
        made = replace(made, settings=settings, round=settings.round("第2四半期"))
        assert [f.kind.code for f in judge(made) if f.kind.code == "W307"] == said


def test_an_activity_that_was_over_before_counts_as_over(case) -> None:
    settings = replace(SETTINGS, progress_words=tuple(map(ProgressWord, WORDS)))
    made = case({"activity.progress/K1/1": "完了", K1: "", K2: "完了"}, round="第2四半期")
    made = replace(made, settings=settings, round=settings.round("第2四半期"))
    assert [list(map(str, f.refs)) for f in judge(made) if f.kind.code == "W307"] == [[K2]]


def test_an_activity_without_any_answer_is_not_over(case) -> None:
    settings = replace(SETTINGS, progress_words=tuple(map(ProgressWord, WORDS)))
    made = case({"activity.progress/K2/1": "", K1: "完了", K2: ""}, round="第2四半期")
    made = replace(made, settings=settings, round=settings.round("第2四半期"))
    assert not [f for f in judge(made) if f.kind.code == "W307"]

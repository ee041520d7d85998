"""Declared fields: what each kind may hold, and when a field must be filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dxreport.domain.fields import BUILT_IN, Catalogue, Field, FieldKind, Period, Ref, Requirement, When
from dxreport.domain.model import Measure, MeasureIndex
from dxreport.lifecycle import sample
from dxreport.rules import Case, judge

ISSUED = MeasureIndex((measure.id, measure) for measure in sample.load(with_answers=False))
ANSWERED = MeasureIndex((measure.id, measure) for measure in sample.load(with_answers=True))
GROUP = "評価欄"
QUARTERLY = {"when": When.THIS_QUARTER, "period": Period.QUARTERS}


def declared(key: str, kind: FieldKind = FieldKind.TEXT, **given: object) -> Field:
    return Field(key, f"【{key}】", kind, **{"group": GROUP, "declared": True, **given})


def case(catalogue: Catalogue, back: Mapping[str, str], sent: Mapping[str, str] | None = None, round_: int = 1) -> Case:
    """Measure 01-01 with answers for the first quarter, returned with these texts; ``sent`` are those it was issued with."""
    settings = replace(sample.settings(), catalogue=catalogue)
    round_of = replace(settings.rounds[round_], opens=settings.rounds[round_].opens | {GROUP})
    before = ISSUED["01-01"].values() | {Ref.parse(ref): text for ref, text in (sent or {}).items()}
    after = ANSWERED["01-01"].values() | {Ref.parse(ref): text for ref, text in {**(sent or {}), **back}.items()}
    return Case(Measure(after, catalogue), Measure(before, catalogue), ISSUED, round_of, settings)


def found(fields: list[Field], back: Mapping[str, str], **more: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """Code, severity and cells of the findings about declared fields."""
    catalogue = BUILT_IN.extended(fields, 4)
    keys = {field.key for field in fields}
    findings = judge(case(catalogue, back, **more))
    return [(f.kind.code, f.severity, tuple(map(str, f.refs))) for f in findings if f.refs[0].field in keys]


CHOICE = declared("評価", FieldKind.CHOICE, choices=("A", "B", "C", "D"))
NUMBER = declared("額", FieldKind.NUMBER, unit="千円")


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (CHOICE, "A", None), (CHOICE, "", None), (CHOICE, "Ａ", "E112"), (CHOICE, " B", "E112"), (CHOICE, "E", "E111"),
        (CHOICE, "a", "E112"),
        (NUMBER, "1250", None), (NUMBER, "-5.5", None), (NUMBER, "1,250千円", None), (NUMBER, "１２千円", None), (NUMBER, "１２　千円", None),
        (NUMBER, "1250円", "E113"), (NUMBER, "約5", "E113"), (NUMBER, "未定", "E113"), (NUMBER, "-", "E113"),
        (declared("率", FieldKind.NUMBER, unit="%"), "48.5％", None),
        (declared("率", FieldKind.NUMBER, unit="%"), "半分", "E113"),
        (declared("期日", FieldKind.DATE), "2022-07-15", None), (declared("期日", FieldKind.DATE), "令和４年７月15日", None),
        (declared("期日", FieldKind.DATE), "R4.7.15", None), (declared("期日", FieldKind.DATE), "7月15日", "E114"),
        (declared("期日", FieldKind.DATE), "2022-02-30", "E114"),
        (declared("済", FieldKind.CHECK), "☑", None), (declared("済", FieldKind.CHECK), "□", None),
        (declared("済", FieldKind.CHECK), "○", None), (declared("済", FieldKind.CHECK), "✓", None),
        (declared("済", FieldKind.CHECK), "済み", "E111"),
        (declared("可否", FieldKind.FLAG), "有", None), (declared("可否", FieldKind.FLAG), "あり", "E112"),
        (declared("可否", FieldKind.FLAG), "多分", "E111"),
        (declared("状況", FieldKind.PROGRESS), "予定通り", None), (declared("状況", FieldKind.PROGRESS), "予定どおり", "E112"),
        (declared("相手", FieldKind.MEASURE_ID), "01-02", None), (declared("相手", FieldKind.MEASURE_ID), "１－２", None),
        (declared("相手", FieldKind.MEASURE_ID), "99-99", "E"),
        (declared("宛先", FieldKind.EMAIL), "a@city.kisarazu.lg.jp", None),
        (declared("宛先", FieldKind.EMAIL), "a.city.kisarazu.lg.jp", "W"),
        (declared("理由"), "何でも", None),
        (declared("目標値", FieldKind.TARGET), "100人以上", None), (declared("実績値", FieldKind.ACTUAL), "集計中", None),
    ],
)  # fmt: skip
def test_what_a_kind_may_hold(field: Field, text: str, code: str | None) -> None:
    codes = [found_code for found_code, _, refs in found([field], {field.key: text}) if refs == (field.key,)]
    if code is None:
        assert codes == []
    else:
        assert len(codes) == 1 and (codes[0] == code or len(code) == 1)


def test_a_number_without_a_unit_is_asked_for_without_one() -> None:
    for field, asked in ((NUMBER, "千円で、数字だけ"), (replace(NUMBER, unit=""), "数字だけ")):
        findings = judge(case(BUILT_IN.extended([field], 4), {field.key: "約5"}))
        assert [f.params["unit"] for f in findings if f.kind.code == "E113"] == [asked]


def test_a_wrong_word_that_was_issued_is_a_warning() -> None:
    assert found([CHOICE], {}, sent={"評価": "E"}) == [("E111", "warning", ("評価",))]


@pytest.mark.parametrize(("text", "missing"), [("", True), ("-", True), ("なし", True), ("検討中", False)])
def test_what_is_always_required(text: str, missing: bool) -> None:
    expected = [("E115", "error", ("理由",))] if missing else []
    assert found([declared("理由", required=Requirement())], {"理由": text}) == expected


def test_an_empty_box_is_no_answer() -> None:
    check = declared("済", FieldKind.CHECK, required=Requirement())
    assert found([check], {"済": "□"}) == [("E115", "error", ("済",))]
    assert found([check], {"済": "☑"}) == []


@pytest.mark.parametrize(("rating", "missing"), [("A", False), ("C", True), ("D", True), ("", False)])
def test_what_is_required_for_some_values(rating: str, missing: bool) -> None:
    reason = declared("理由", required=Requirement("評価", ("C", "D")))
    expected = [("E116", "error", ("理由",))] if missing else []
    assert found([CHOICE, reason], {"評価": rating}) == expected
    assert found([CHOICE, reason], {"評価": rating, "理由": "遅れた"}) == []


@pytest.mark.parametrize(
    ("field", "values", "text", "holds"),
    [
        (declared("済", FieldKind.CHECK), ("○",), "☑", True), (declared("済", FieldKind.CHECK), ("☑",), "□", False),
        (declared("済", FieldKind.CHECK), ("□",), "", True),
        (NUMBER, ("０",), "0", True), (NUMBER, ("0",), "", False), (declared("可否", FieldKind.FLAG), ("有",), "有", True),
    ],
)  # fmt: skip
def test_conditions_on_other_kinds(field: Field, values: tuple[str, ...], text: str, holds: bool) -> None:
    reason = declared("理由", required=Requirement(field.key, values))
    assert bool(found([field, reason], {field.key: text})) == holds


def test_the_message_names_both_fields() -> None:
    reason = declared("理由", required=Requirement("評価", ("C",)))
    catalogue = BUILT_IN.extended([CHOICE, reason], 4)
    [finding] = [f for f in judge(case(catalogue, {"評価": "C"})) if f.kind.code == "E116"]
    assert finding.kind.message.format(**finding.params) == "【評価】が「C」ですが、【理由】が記入されていません。"


def test_items_that_hold_nothing_are_not_asked() -> None:
    amount = declared("費用.額", FieldKind.NUMBER, required=Requirement())
    kind = declared("費用.費目")
    rows = {"費用.費目/費用1": "委託料", "費用.額/費用1": "", "費用.費目/費用2": "", "費用.額/費用2": ""}
    assert found([kind, amount], rows) == [("E115", "error", ("費用.額/費用1",))]
    spare = {"activity.name/K9": "", "activity.plan_label/K9": "作業予定"}
    risk = declared("activity.リスク", required=Requirement())
    assert "activity.リスク/K9" not in str(found([risk], spare))


def test_a_quarter_is_asked_in_its_round() -> None:
    risk = declared("リスク", required=Requirement(), **QUARTERLY)
    assert found([risk], {}) == [("E115", "error", ("リスク/1",))]
    later = found([risk], {"リスク/2": "なし"}, round_=2)  # what the first quarter left blank is known
    assert later == [("E115", "warning", ("リスク/1",)), ("E115", "error", ("リスク/2",))]


def test_a_condition_looks_at_the_same_item_and_quarter() -> None:
    risk = declared("activity.リスク", required=Requirement("activity.progress", ("進捗遅延・課題あり",)), **QUARTERLY)
    late = {"activity.progress/K1/1": "進捗遅延・課題あり", "activity.countermeasure/K1/1": "増員"}
    assert found([risk], late) == [("E116", "error", ("activity.リスク/K1/1",))]


def test_a_condition_of_a_quarter_may_be_about_the_whole_measure() -> None:
    risk = declared("リスク", required=Requirement("評価", ("C",)), **QUARTERLY)
    assert found([CHOICE, risk], {"評価": "C"}) == [("E116", "error", ("リスク/1",))]
    assert found([CHOICE, risk], {"評価": "B"}) == []


def test_of_the_plan_years_only_this_one_is_asked() -> None:
    budget = declared("予算額", FieldKind.NUMBER, period=Period.YEARS, required=Requirement())
    assert found([budget], {}) == [("E115", "error", ("予算額/1",))]


def test_what_departments_never_write_is_not_asked() -> None:
    second = declared("二次評価", FieldKind.CHOICE, choices=("A", "B"), group="", required=Requirement())
    assert found([second], {}) == []
    assert found([second], {"二次評価": "A"}) == [("E301", "error", ("二次評価",))]


def test_what_the_form_has_no_input_for_is_not_asked() -> None:
    reason = declared("理由", required=Requirement())
    given = case(BUILT_IN.extended([reason], 4), {})
    assert "E115" in {f.kind.code for f in judge(replace(given, inputs=[("理由", 0)]))}
    assert "E115" not in {f.kind.code for f in judge(replace(given, inputs=[("goal", 0)]))}


def test_a_check_of_the_master_requires_nothing() -> None:
    given = case(BUILT_IN.extended([declared("理由", required=Requirement())], 4), {})
    assert "E115" not in {f.kind.code for f in judge(replace(given, issued=None))}

"""The figures: counted by hand on the real 第1四半期 and on a made-up third quarter, and the sums that always hold."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxreport.domain.model import ProgressWord, Treatment
from dxreport.master.records import MeasureState, Standing
from dxreport.report import words
from dxreport.report.activity_records import Progress, Standings, Tally
from dxreport.report.figures import figures
from dxreport.report.records import Figures
from dxreport.report.states import by_severity
from tests.support.measures import with_items
from tests.support.scenes import LATE, ON_TRACK, SETTINGS, built, edited, first_quarter, in_memory, real, third_quarter

NOW = datetime(2022, 7, 19, 9)
REAL = real()


@pytest.fixture(scope="module")
def first() -> Figures:
    return figures(first_quarter(), 1, NOW, coordinator=True)


@pytest.fixture(scope="module")
def third() -> Figures:
    return figures(third_quarter(), 3, NOW)


def counts(found: Figures, tally: Tally, *, measures: bool = False) -> dict[str, int]:
    numbers = tally.measures if measures else tally.activities
    return {c.label: n for c, n in zip(found.overview.categories, numbers, strict=True) if n}


def test_the_64_activities_of_the_real_first_quarter(first: Figures) -> None:
    """Counted by hand in measures.json.

    64 activities. Ten have no 進捗, and all ten have nothing planned for 第1四半期: 01-02 K2, 01-05 K2 (blank), 02-04 K2
    (``-``) and K3 (blank), 04-01 K1–K3 and 04-02 K1–K3 (blank). So 予定なし is 10 and 未報告 is 0. Five are
    進捗遅延・課題あり: 01-07 K2, 01-09 K1 and K3, 03-01 K1, 03-03 K2. The other 49 are 予定通り; among them are 01-12 K1
    (作業予定 特になし) and 03-05 K3 (なし), which say 予定通り all the same: a 進捗 that is written counts.
    """
    assert counts(first, first.overview.whole) == {ON_TRACK: 49, LATE: 5, "予定なし": 10}
    assert [c.label for c in first.overview.categories] == [ON_TRACK, LATE, "報告事項なし", "未報告", "予定なし"]
    late = ["01-07 K2", "01-09 K1", "01-09 K3", "03-01 K1", "03-03 K2"]
    assert [f"{x.measure.id} {x.key}" for x in first.late] == late
    assert {x.streak for x in first.late} == {1}
    assert first.overview.turn is None and len(first.overview.quarters) == 1


def test_the_26_measures_count_by_their_worst_activity(first: Figures) -> None:
    """Late: 01-07, 01-09, 03-01, 03-03. 04-01 and 04-02 have nothing planned at all. 20 are left."""
    assert counts(first, first.overview.whole, measures=True) == {ON_TRACK: 20, LATE: 4, "予定なし": 2}


def test_areas_and_departments_stand_in_their_order(first: Figures) -> None:
    """01: 14 measures with 34 activities, three late, two unplanned (01-02 K2, 01-05 K2). 04: nothing planned."""
    areas = {t.code: counts(first, t) for t in first.overview.areas}
    assert areas == {
        "01": {ON_TRACK: 29, LATE: 3, "予定なし": 2},
        "02": {ON_TRACK: 10, "予定なし": 2},
        "03": {ON_TRACK: 10, LATE: 2},
        "04": {"予定なし": 6},
    }
    names = [t.name for t in first.overview.departments]
    assert (names[0], names[6], names[-1], len(names)) == ("総務課", "経営改革課", "木更津市立中央公民館", 17)
    # 経営改革課: 02-02 (2), 02-03 (3), 03-03 (3, one late), 03-04 (2), 04-02 (3 unplanned)
    assert counts(first, first.overview.departments[6]) == {ON_TRACK: 9, LATE: 1, "予定なし": 3}


def test_a_pivot_over_the_master_in_excel_gives_the_same_sums(first: Figures) -> None:
    """What people get who count the cells of 取組 themselves: 進捗 by department, blank where there is none."""
    book = openpyxl.load_workbook(io.BytesIO(first_quarter().data))
    measures, activities = (list(book[name].iter_rows(values_only=True)) for name in ("施策", "取組"))
    department = dict(zip(column(measures, "施策ID"), column(measures, "主管部署"), strict=True))
    words = column(activities, "第1四半期 進捗")
    by_department = Counter(zip([department[i] for i in column(activities, "施策ID")], words, strict=True))

    assert Counter(words) == {ON_TRACK: 49, LATE: 5, None: 10}
    for tally in first.overview.departments:
        found = counts(first, tally)
        assert by_department[tally.name, ON_TRACK] == found.get(ON_TRACK, 0)
        assert by_department[tally.name, LATE] == found.get(LATE, 0)
        assert by_department[tally.name, None] == found.get("予定なし", 0)
    assert Counter(column(measures, "予算化有無"))["有"] == len(first.budgets) == 10
    assert len(column(book["支援依頼"].iter_rows(values_only=True), "時期")) == 5


def column(rows: object, header: str) -> list[object]:
    heads, *rest = rows
    return [row[heads.index(header)] for row in rest if row[0]]


def test_budget_and_support(first: Figures) -> None:
    """予算化 有, read off the 26 forms; requests by the fiscal year's months, also where the flag says 無 (04-02)."""
    with_budget = ["01-01", "01-03", "01-04", "01-10", "01-13", "01-14", "02-01", "02-03", "03-02", "03-04"]
    assert [b.measure.id for b in first.budgets] == with_budget
    assert [(p.label, [s.measure.id for s in p.requests]) for p in first.support] == [
        ("7月～3月", ["03-04"]),
        ("8月～10月", ["02-03"]),
        ("8月～3月", ["04-02", "04-02"]),
        ("10月～12月", ["04-01"]),
    ]


def test_only_the_coordinator_reads_who_is_missing_and_what_is_wrong(first: Figures) -> None:
    assert figures(first_quarter(), 1, NOW).coordination is None
    extra = first.coordination
    assert extra is not None and extra.issued == 0 and len(extra.missing) == 26
    assert {(p.measure.id, p.code) for p in extra.points} == {
        ("01-07", "W403"),  # kensui@city.kisarazulg.jp
        ("01-14", "W102"), ("02-02", "W102"),  # a flag left blank
        ("03-03", "W604"),  # 導入前比各手続15分: more or less?
        ("02-04", "W401"),  # no address
        ("04-02", "W104"), ("04-02", "W303"), ("04-02", "W304"),  # 無 above two requests; an abridged name; not mutual
    }  # fmt: skip


def test_a_blank_that_the_form_did_not_ask_for_is_no_open_point() -> None:
    asked = {
        "01-14": frozenset({("goal", 0)}),
        "02-02": frozenset({("budgeted", 0), ("related_flag", 0), ("support_flag", 0)}),
    }
    extra = figures(first_quarter(), 1, NOW, coordinator=True, asked=asked).coordination
    assert extra and [p.measure.id for p in extra.points if p.code == "W102"] == ["02-02"]


def test_a_third_quarter(third: Figures) -> None:
    """Counted by hand. Nothing is planned in six: 01-02 K2, 01-04 K2, 01-05 K1, 02-04 K2 and K3, 04-01 K2.

    01-06, completed, counts nowhere: 63 activities of 25 measures. 01-02 K1 is covered by 報告事項なし, 01-13 K1 is
    unreported, 02-05 K1 says 完了, which is no word of 設定; three are late.
    """
    assert counts(third, third.overview.whole) == {
        ON_TRACK: 51, LATE: 3, "設定にない語": 1, "報告事項なし": 1, "未報告": 1, "予定なし": 6,
    }  # fmt: skip
    assert counts(third, third.overview.whole, measures=True) == {
        ON_TRACK: 19, LATE: 3, "設定にない語": 1, "報告事項なし": 1, "未報告": 1,
    }  # fmt: skip
    assert third.overview.stopped == 1
    # 第2四半期: nine unplanned, 03-03 K2 unreported, 01-07 K2 and 01-09 K3 late, and 01-06 still runs
    assert counts(third, third.overview.quarters[1]) == {ON_TRACK: 52, LATE: 2, "未報告": 1, "予定なし": 9}


def test_late_quarters_in_a_row_and_against_the_last(third: Figures) -> None:
    """01-07 K2 was late in all three; 01-09 K1 in the first and third; 03-03 K2 was unreported in between."""
    assert [(x.measure.id, x.key, x.streak, x.answer) for x in third.late] == [
        ("01-07", "K2", 3, "（記入なし）"),
        ("01-09", "K1", 1, "既読率の低い地区を訪問する。"),
        ("03-03", "K2", 1, "=システムの増設を次年度に要求する。"),
    ]
    turn = third.overview.turn
    assert turn is not None and (turn.new, turn.still, turn.resolved) == (2, 1, 1)  # 01-09 K3 is on track again
    assert (turn.unreported, turn.other) == (0, 0)


def test_late_activities_do_not_vanish_from_the_next_quarter() -> None:
    """Of the five of 第1四半期: 01-07 K2 is late again, 01-09 K1 on track, 01-09 K3 has nothing planned, and

    03-01 and 03-03 are not answered yet.
    """
    answers = {
        "01-07": {"activity.progress/K2/2": LATE},
        "01-09": {"activity.progress/K1/2": ON_TRACK, "activity.plan/K3/2": ""},
    }
    found = figures(first_quarter(answers), 2, NOW).overview
    assert found.turn is not None
    assert (found.turn.new, found.turn.still, found.turn.resolved, found.turn.unreported, found.turn.other) == (
        0,
        1,
        1,
        2,
        1,
    )
    assert words.turn(found) == (
        "遅延・課題のある取組は、第1四半期から引き続き 1取組、新たに 0取組、順調に戻ったか完了したもの 1取組、今回は未報告 2取組、"
        "そのほか（予定なし・報告事項なし・中止・終了など） 1取組です。"
    )
    assert "未報告" not in words.turn(figures(third_quarter(), 3, NOW).overview)


def test_where_nothing_runs_or_is_written_the_sentence_says_so() -> None:
    ended = {m.id: Standing(MeasureState.STOPPED, 1) for m in REAL}
    nothing = figures(built(REAL, standings=ended), 1, NOW)
    assert words.headline(nothing) == ("この四半期に実施している施策はありません。",)
    bare = figures(built([with_items(REAL[0], "activity", ())]), 1, NOW)
    assert words.headline(bare) == ("この四半期に実施する予定の取組はありません。",)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", "-", "01", "1", "分野01", "分野１", " 分野 01", "第１分野", "○○分野", "○○"])
def test_a_placeholder_is_no_name_of_an_area(name: str) -> None:
    areas = {"01": name, "02": "暮らし", "03": "分野横断"}
    found = figures(built(REAL, replace(SETTINGS, areas=areas)), 1, NOW)
    assert [t.name for t in found.overview.areas] == ["01", "暮らし", "分野横断", "04"]
    assert [t.title for t in found.overview.areas] == ["", "暮らし", "分野横断", ""]


@pytest.mark.parametrize("typed", ["01", "1", "０１", " １ "])
def test_a_number_of_an_area_may_be_typed_in_any_way(typed: str) -> None:
    found = figures(built(REAL, replace(SETTINGS, areas={typed: "暮らし"})), 1, NOW)
    assert [t.name for t in found.overview.areas] == ["暮らし", "02", "03", "04"]


def test_words_of_setting_are_taken_to_stand_from_good_to_bad() -> None:
    words = (ProgressWord("完了"), ProgressWord(ON_TRACK), ProgressWord("やや遅れ", True), ProgressWord("中断", True))
    assert [c.label for c in by_severity(replace(SETTINGS, progress_words=words))] == [
        "予定なし", "報告事項なし", "完了", ON_TRACK, "設定にない語", "未報告", "やや遅れ", "中断",
    ]  # fmt: skip


def test_the_weight_of_a_word_decides_and_not_its_row() -> None:
    words = (
        ProgressWord("中断", weight=Decimal("30.5"), said=Treatment.LATE),
        ProgressWord("やや遅れ", weight=Decimal(20), said=Treatment.LATE),
        ProgressWord(ON_TRACK, weight=Decimal(10)),
        ProgressWord("完了", weight=Decimal(10), said=Treatment.COMPLETED),
    )
    assert [c.label for c in by_severity(replace(SETTINGS, progress_words=words))] == [
        "予定なし", "報告事項なし", ON_TRACK, "完了", "設定にない語", "未報告", "やや遅れ", "中断",
    ]  # fmt: skip
    # One word without a weight: 課題の扱い and the rows decide.
    assert [c.label for c in by_severity(replace(SETTINGS, progress_words=(*words, ProgressWord("中止"))))] == [
        "予定なし", "報告事項なし", "完了", ON_TRACK, "中止", "設定にない語", "未報告", "中断", "やや遅れ",
    ]  # fmt: skip


ENDS = (
    *SETTINGS.progress_words,
    ProgressWord("完了", weight=Decimal(5), said=Treatment.COMPLETED),
    ProgressWord("中止", True, Decimal(6), Treatment.STOPPED),  # needs a 対応策, and is not late
    ProgressWord("要注意", weight=Decimal(15), said=Treatment.LATE),  # late, and needs none
)


def test_what_is_stopped_is_not_late_and_in_no_denominator() -> None:
    """Of the 49 予定通り, 01-02 K1 is now 中止, 01-08 K1 完了, 02-01 K1 要注意: 53 are due, 47 of them on plan."""
    texts = {"01-02": "中止", "01-08": "完了", "02-01": "要注意"}
    edits = {id_: {"activity.progress/K1/1": word} for id_, word in texts.items()}
    found = figures(first_quarter(edits, replace(SETTINGS, progress_words=ENDS)), 1, NOW)
    whole = found.overview.whole
    assert counts(found, whole) == {ON_TRACK: 46, LATE: 5, "完了": 1, "中止": 1, "要注意": 1, "予定なし": 10}
    assert (whole.standings.due, whole.standings.on_plan, whole.standings.late) == (53, 47, 6)
    assert [x.measure.id for x in found.late] == ["01-07", "01-09", "01-09", "02-01", "03-01", "03-03"]
    labels = [c.label for c in found.overview.categories]
    stopped = dict(zip(labels, words.shares(found.overview, whole.activities), strict=True))
    assert stopped["中止"] == stopped["予定なし"] == "–" and stopped["要注意"] == "1.9%"


def test_a_late_activity_that_is_done_is_resolved_and_one_that_is_stopped_is_not() -> None:
    """Of the five of 第1四半期 two are answered: 01-07 K2 is done, 01-09 K1 is stopped."""
    edits = {"01-07": {"activity.progress/K2/2": "完了"}, "01-09": {"activity.progress/K1/2": "中止"}}
    turn = figures(first_quarter(edits, replace(SETTINGS, progress_words=ENDS)), 2, NOW).overview.turn
    assert turn is not None
    assert (turn.new, turn.still, turn.resolved, turn.unreported, turn.other) == (0, 0, 1, 3, 1)


def test_of_the_54_that_were_due_49_are_on_plan_and_two_of_them_carry_a_mark(first: Figures) -> None:
    """01-12 K1 had planned 特になし and 03-05 K3 なし; both report 予定通り, and count."""
    whole = first.overview.whole
    assert (whole.standings.due, whole.standings.on_plan, whole.standings.late) == (54, 49, 5)
    assert first.overview.due(whole.measures) == 24
    measures = counts(first, whole, measures=True)
    assert (measures[ON_TRACK], measures[LATE]) == (20, 4)
    marked = {(x.measure.id, x.key): x.notes for x in first.activities if x.notes}
    assert marked == {
        ("01-12", "K1"): ("作業予定は「特になし」ですが、進捗は「予定通り」と報告されています。",),
        ("03-05", "K3"): ("作業予定は「なし」ですが、進捗は「予定通り」と報告されています。",),
    }
    blank = {"01-12": {"activity.plan/K1/1": " "}, "03-05": {"activity.progress/K3/1": ""}}
    found = figures(first_quarter(blank), 1, NOW)
    assert [x.notes for x in found.activities if x.notes] == [
        ("作業予定は空欄ですが、進捗は「予定通り」と報告されています。",)
    ]
    assert counts(found, found.overview.whole) == {ON_TRACK: 48, LATE: 5, "予定なし": 11}


def test_contradictions_that_check_knows_stand_beside_the_request(first: Figures) -> None:
    note = "依頼有無が「無」ですが、支援依頼の時期・支援内容が記入されています。"
    assert [(c.measure.id, c.label, c.note) for c in first.contradictions] == [("04-02", "依頼有無", note)]
    notes = {s.measure.id: s.notes for p in first.support for s in p.requests}
    assert notes == {"03-04": (), "02-03": (), "04-02": (note,), "04-01": ()}
    edits = {"01-01": {"procurement": "-"}, "01-02": {"related_flag": "有"}, "01-05": {"procurement": "端末の購入"}}
    found = figures(in_memory(edited(REAL, edits)), 1, NOW)
    assert [(c.measure.id, c.label) for c in found.contradictions if c.measure.id != "04-02"] == [
        ("01-01", "予算化有無"), ("01-02", "関連施策有無"), ("01-05", "予算化有無"),
    ]  # fmt: skip
    assert {b.measure.id: b.notes for b in found.budgets if b.notes} == {
        "01-01": ("予算化有無が「有」ですが、調達内容（具体的に）が記入されていません。",)
    }


def test_a_word_added_in_setting_is_a_category_of_its_own() -> None:
    words = (ProgressWord("完了"), *SETTINGS.progress_words)
    master = first_quarter({"01-02": {"activity.progress/K2/1": "完了"}}, replace(SETTINGS, progress_words=words))
    found = figures(master, 1, NOW)
    assert counts(found, found.overview.whole) == {"完了": 1, ON_TRACK: 49, LATE: 5, "予定なし": 9}


def test_a_measure_without_activities_has_nothing_planned() -> None:
    measures = [with_items(m, "activity", ()) if m.id == "01-01" else m for m in real()]
    found = figures(built(measures), 1, NOW)
    assert found.overview.whole.activity_total == 62
    assert counts(found, found.overview.whole, measures=True) == {ON_TRACK: 19, LATE: 4, "予定なし": 3}


def test_no_measures_at_all() -> None:
    found = figures(built([]), 2, NOW)
    assert (found.overview.whole.activity_total, found.overview.areas, found.activities, found.late) == (0, (), (), ())


WORDS = st.sampled_from([ON_TRACK, LATE, "", "-", "予定どおり"])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=64, max_size=64), st.booleans())
def test_sums_agree_whatever_was_answered(answers: list[tuple[str, str]], nothing: bool) -> None:
    items = [(m.id, a.key) for m in REAL for a in m.activities]
    edits: dict[str, dict[str, str]] = {"01-01": {"no_report/2": "○" if nothing else ""}}
    for (id_, key), (before, now) in zip(items, answers, strict=True):
        both = {f"activity.progress/{key}/1": before, f"activity.progress/{key}/2": now}
        edits.setdefault(id_, {}).update(both)
    master = in_memory(edited(REAL, edits))
    found = figures(master, 2, NOW)
    whole = found.overview.whole

    assert whole.activity_total == 64 == len(found.activities) and whole.measure_total == 26
    for rows in (found.overview.areas, found.overview.departments):
        assert tuple(map(sum, zip(*(t.activities for t in rows), strict=True))) == whole.activities
        assert tuple(map(sum, zip(*(t.measures for t in rows), strict=True))) == whole.measures
    assert found.overview.quarters[-1].activities == whole.activities
    assert counts(found, whole).get(LATE, 0) == len(found.late) == sum(now == LATE for _, now in answers)
    turn = found.overview.turn
    assert turn is not None and turn.new + turn.still == len(found.late)
    assert turn.still == sum(pair == (LATE, LATE) for pair in answers) == sum(x.streak == 2 for x in found.late)
    worst = {x.measure.id for x in found.activities if x.category.standing is Progress.LATE}
    assert counts(found, whole, measures=True).get(LATE, 0) == len(worst)


def test_streaks_end_with_the_quarter_asked_for() -> None:
    found = figures(third_quarter(), 2, NOW)
    assert {(x.measure.id, x.key): x.streak for x in found.late} == {("01-07", "K2"): 2, ("01-09", "K3"): 2}


def test_the_reported_quarter_is_read_from_the_master_alone(first: Figures) -> None:
    """Later quarters do not matter to the report of an earlier one."""
    later = figures(third_quarter(), 1, NOW)
    assert later.overview.whole == first.overview.whole
    assert [x.plan for x in later.activities] == [x.plan for x in first.activities]


def test_a_request_needs_only_one_of_period_and_content() -> None:
    requests = (
        {"support.period/S1": "7月", "support.content/S1": ""},
        {"support.period/S1": "", "support.content/S1": "相談"},
    )
    blank = {"support.period/S1": "-", "support.content/S1": ""}
    edits = dict(zip(("01-01", "01-02", "01-03"), (*requests, blank), strict=True))
    before, found = (figures(in_memory(measures), 1, NOW).support for measures in (REAL, edited(REAL, edits)))
    listed = [{s.measure.id for p in periods for s in p.requests} for periods in (before, found)]
    assert listed[1] - listed[0] == {"01-01", "01-02"}


def test_a_department_that_the_master_does_not_know_comes_last() -> None:
    measures = edited(REAL, {"01-01": {"lead_department": "あたらしい課"}})
    assert figures(in_memory(measures), 1, NOW).overview.departments[-1].name == "あたらしい課"


def test_the_verdict_of_the_real_first_quarter(first: Figures) -> None:
    """49 of the 54 that were due: the ten without a plan are in no denominator."""
    assert words.headline(first) == (
        "実施予定の54取組のうち、49（90.7%）が予定通り。",
        "遅延・課題は5取組で、対応策はすべて記入されています。",
    )
    assert first.now == Standings(on_track=49, late=5, no_plan=10) and first.now.due == 54
    assert [(card.value, card.unit) for card in words.cards(first)] == [
        ("49", "／ 54 取組"), ("5", "取組（4施策）"), ("初回", ""), ("10", "／ 26 施策"),
    ]  # fmt: skip
    assert first.before is None and first.late_before == ()
    assert [words.late_ids(first.late, area) for area in first.overview.areas] == [
        "01-07　01-09（2）", "", "03-01　03-03", "",
    ]  # fmt: skip


def test_the_verdict_of_a_third_quarter(third: Figures) -> None:
    """57 of 63 were due, 51 of them on track (89.5 %); in 第2四半期 52 of 55, and two were late."""
    assert words.headline(third) == (
        "実施予定の57取組のうち、51（89.5%）が予定通り。",
        "遅延・課題は3取組。前回の2から1増えました。対応策の記入は2取組です。",
        "未報告は1、報告事項なしは1、設定にない語は1取組。",
    )
    assert [(q.year, q.quarter, q.standings.late, q.standings.due) for q in third.trend] == [
        ("令和４年度", 1, 5, 54), ("令和４年度", 2, 2, 55), ("令和４年度", 3, 3, 57),
    ]  # fmt: skip
    on_track, late, turn, money = words.cards(third)
    assert on_track.note == "前回 94.5%。ほかに予定なし6取組。報告事項なし1、設定にない語1"
    assert (late.value, late.note) == ("3", "最も長いもの 3四半期目（01-07）")
    assert (turn.value, turn.note) == ("+1", "解消 1　継続 1　新たに 2")
    assert (money.value, money.unit) == ("10", "／ 25 施策")


def test_a_late_activity_without_a_countermeasure_is_not_counted_as_none() -> None:
    blank = {
        id_: {f"activity.countermeasure/K{n}/1": "" for n in (1, 2, 3)} for id_ in ("01-07", "01-09", "03-01", "03-03")
    }
    assert words.headline(figures(in_memory(edited(REAL, blank)), 1, NOW))[1] == (
        "遅延・課題は5取組で、対応策はまだ記入されていません。"
    )


def test_the_parts_of_the_verdict_add_up() -> None:
    one = {"01-01": {"activity.progress/K1/4": ON_TRACK, "activity.progress/K2/4": "ぼちぼち"}}
    said = words.headline(figures(in_memory(edited(third_quarter().measures, one)), 4, NOW))
    assert (said[0][:15], said[-1]) == ("実施予定の58取組のうち、1（", "未報告は56、設定にない語は1取組。")


def test_a_quarter_that_nobody_has_reported_is_not_praised() -> None:
    """In 第4四半期 58 are due and none is reported; with one on track and the rest to come nobody can say fewer are late."""
    measures = third_quarter().measures
    assert words.headline(figures(in_memory(measures), 4, NOW)) == (
        "実施予定の58取組の報告は、まだ1つも届いていません。",
    )
    one = {"01-01": {"activity.progress/K1/4": ON_TRACK}}
    said = words.headline(figures(in_memory(edited(measures, one)), 4, NOW))
    assert said[1:] == ("報告のあったなかに、遅延・課題のある取組はありません。", "未報告は57取組。")
    turn = words.cards(figures(in_memory(edited(measures, one)), 4, NOW))[2]
    assert (turn.value, turn.unit, turn.note) == ("―", "", "未報告 3")


@pytest.mark.parametrize(("last", "shown"), [("", ("―", "")), (ON_TRACK, ("−3", "遅延の数"))])
def test_fewer_late_ones_are_counted_once_all_have_reported(last: str, shown: tuple[str, str]) -> None:
    """Of the five in 第1四半期 two are late in 第2四半期, and one other activity may not have reported."""
    measures = edited(third_quarter().measures, {"03-03": {"activity.progress/K2/2": last}})
    turn = words.cards(figures(in_memory(measures), 2, NOW))[2]
    assert (turn.value, turn.unit) == shown


def test_measures_that_do_not_run_are_named_while_they_are_few(third: Figures) -> None:
    [ended] = third.overview.ended
    [said] = words.remarks(third.overview)
    assert (
        said == f"この四半期に実施していない1施策（01-06「{ended.measure.name}」第3四半期から完了）は、数えていません。"
    )
    four = replace(third.overview, stopped=4, ended=(ended,) * 4)
    assert words.remarks(four) == ("この四半期に実施していない4施策（中止・完了・統合）は、数えていません。",)


def test_each_late_activity_has_its_past_and_what_comes_next(third: Figures) -> None:
    """03-03 K2 was late, not reported, and is late again; 01-09 K3 was late in 第2四半期 and is no longer."""
    late, unreported, fine = Progress.LATE, Progress.UNREPORTED, Progress.ON_TRACK
    assert [(x.measure.id, x.since_when, x.past, x.next_plan) for x in third.late] == [
        ("01-07", "3四半期目", (late, late, late), "事業評価"),
        ("01-09", "新たに", (late, fine, late), "情報発信（テスト）"),
        ("03-03", "新たに", (late, unreported, late), "稼働開始"),
    ]
    [resolved] = third.late_before
    assert (resolved.measure.id, resolved.key, resolved.since_when) == ("01-09", "K3", "解消")
    assert {x.next_plan for x in figures(third_quarter(), 4, NOW).activities} == {""}


def test_an_area_without_a_name_is_a_number(first: Figures) -> None:
    named = figures(built(REAL, replace(SETTINGS, areas={"01": "暮らし", "03": "業務"})), 1, NOW)
    assert [area.title for area in named.overview.areas] == ["暮らし", "", "業務", ""]
    assert words.areas_heading(named) == "遅れは「暮らし」3、「業務」2"
    alone = replace(named, overview=replace(named.overview, areas=named.overview.areas[:1]))
    assert words.areas_heading(alone) == ""  # there is no other place
    assert words.areas_heading(first) == ""


def test_targets_that_a_line_can_join(first: Figures) -> None:
    """33 of 53, read off the forms.

    Of the other 20, 01-05 O3 counts by three months in one year and by year in the others, 01-11 O3 tells its numbers
    apart by places (550回/1/1), 01-06 O1 has one year, and 17 say it in words in some year or all.
    """
    drawn = [o for o in first.results.outcomes if o.has_path]
    assert len(drawn) == 33 and len(first.results.outcomes) == 53
    shown = {(o.measure.id, o.key): [y.target_amount.text for y in o.years] for o in drawn}
    assert shown["01-03", "O2"] == ["15,900千円", "13,000千円", "10,000千円", "10,000千円"]
    assert shown["01-13", "O1"][0] == "小 8.9%"
    assert not {"01-12 O1", "02-04 O1", "01-11 O3", "01-05 O3"} & {f"{id_} {key}" for id_, key in shown}


def test_requests_that_can_be_drawn_as_months(first: Figures) -> None:
    assert [p.months for p in first.support] == [(3, 11), (4, 6), (4, 11), (6, 8)]
    said = {"01-01": {"support.period/S1": "3月～5月", "support.content/S1": "相談"}, "01-02": {
        "support.period/S1": "年度末", "support.content/S1": "相談"}}  # fmt: skip
    found = figures(in_memory(edited(REAL, said)), 1, NOW).support
    assert {p.label: p.months for p in found if p.months is None} == {"3月～5月": None, "年度末": None}


def test_what_missed_its_target_stands_first_by_how_much() -> None:
    """Judged in 第4四半期: 01-01 O1 misses by 1 of 30, 01-09 O1 by 10 of 50; 01-01 O2 meets its target."""
    actuals = {
        "01-01": {"outcome.actual/O1/1": "29,000千円", "outcome.actual/O2/1": "1,300件"},
        "01-09": {"outcome.actual/O1/1": "40%"},
    }
    results = figures(in_memory(edited(REAL, actuals)), 4, NOW).results
    assert results.judged_year == 0
    assert [(o.measure.id, o.key) for o in results.missed] == [("01-09", "O1"), ("01-01", "O1")]
    assert [(o.measure.id, o.key) for o in results.reported] == [("01-01", "O2")]
    assert len(results.waiting) == 50
    early = figures(in_memory(edited(REAL, actuals)), 3, NOW).results
    assert early.judged_year is None and early.missed == () and len(early.reported) == 3


def test_a_word_that_is_not_in_the_settings_is_told_where_it_is() -> None:
    found = figures(first_quarter({"01-01": {"activity.progress/K1/1": "順調"}}), 1, NOW)
    assert words.doubts(found)[0] == "01-01「利用促進事業費」　進捗は、設定にない語の「順調」です。"

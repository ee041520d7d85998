"""目標 against 実績: what is computed, and above all what is not."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest

from dxreport.domain.model import Outcome, Settings
from dxreport.lifecycle import sample
from dxreport.lifecycle.sample.directions import DIRECTIONS
from dxreport.master.read import master_from
from dxreport.master.records import Direction, Master
from dxreport.report import words
from dxreport.report.achievement import compare, is_comparable, is_opposed, outcome_result
from dxreport.report.activity_records import MeasureName
from dxreport.report.figures import period, results
from dxreport.report.outcome_records import Attainment, OutcomeResult, YearResult
from tests.support.measures import measure
from tests.support.scenes import SETTINGS, first_quarter, in_memory, third_quarter

MORE, LESS, RANGE, UNKNOWN = Direction.MORE, Direction.LESS, Direction.RANGE, Direction.UNKNOWN


def said(target: str, actual: str, way: Direction = MORE) -> list[tuple[str, Decimal | None, bool | None]]:
    return [(p.label, p.rate, p.met) for p in compare(target, actual, way)]


@pytest.mark.parametrize(
    ("target", "actual", "rate", "met"),
    [
        ("30,000千円", "29,000千円", "96.7", False),
        ("1,250件", "１，３００件", "104.0", True),
        ("200", "200人", "100.0", True),  # a unit on one side only
        ("公民館等における地域別研修５箇所以上", "４か所", "80.0", False),
        ("60%", "59.99%", "99.9", False),  # what falls short never reads 100.0
        ("10回超", "10回", "100.0", False),  # as much as the target, which asks for more
        ("300件", "0件", "0.0", False),
        ("400万枚", "3,950,000枚", "98.8", False),
        ("400万枚", "380万枚", "95.0", False),
        ("1億円", "12,000万円", "120.0", True),
    ],
)
def test_a_number_against_a_number(target: str, actual: str, rate: str, met: bool) -> None:
    assert said(target, actual) == [("", Decimal(rate), met)]


@pytest.mark.parametrize(
    ("target", "actual", "met"),
    [
        ("15,900千円", "15,000千円", True),
        ("15,900千円", "16,000千円", False),
        ("105分\n（前年度に対し１５分減）", "105分", True),
    ],
)
def test_where_less_is_better_no_rate_is_made_up(target: str, actual: str, met: bool) -> None:
    assert said(target, actual, LESS) == [("", None, met)]


def test_a_bound_is_kept_to_and_does_not_say_which_way_is_better() -> None:
    assert said("５％未満", "５％", LESS) == [("", None, False)]
    assert said("５％未満", "4.9％", LESS) == [("", None, True)]
    assert said("30件以上", "27件", MORE) == [("", Decimal("90.0"), False)]
    assert said("５％未満", "4.9％", UNKNOWN) == said("30件以上", "40件", UNKNOWN) == [("", None, None)]


def test_a_bound_against_the_direction_is_not_judged() -> None:
    assert said("５％以下", "５％", MORE) == said("30件以上", "27件", LESS) == [("", None, None)]
    assert said("20度以下", "10度", RANGE) == [("", None, None)]
    assert [is_opposed("30件以上", way) for way in (MORE, LESS, RANGE, UNKNOWN, Direction.NOT_JUDGED)] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert not is_opposed("5件以上10件以下", RANGE) and not is_opposed("30件", LESS)


def test_parts_are_compared_part_by_part() -> None:
    assert said("小　２５％\n中　１０％", "中　１２％　小　20％") == [
        ("小", Decimal("80.0"), False), ("中", Decimal("120.0"), True),
    ]  # fmt: skip
    assert said("550回/1/1", "600回/1/0") == [
        ("", Decimal("109.1"), True), ("", Decimal("100.0"), True), ("", Decimal("0.0"), False),
    ]  # fmt: skip


def test_without_a_direction_nothing_is_met_or_missed() -> None:
    assert said("2", "2", UNKNOWN) == said("2", "3", UNKNOWN) == [("", None, None)]
    assert said("小　５％未満\n中　１０％", "小　４％\n中　９％", UNKNOWN) == [
        ("小", None, None), ("中", None, None),
    ]  # fmt: skip


def test_what_is_declared_not_to_be_judged_is_not_compared() -> None:
    assert compare("5件以上", "6件", Direction.NOT_JUDGED) == ()


@pytest.mark.parametrize(
    ("target", "actual", "met"),
    [
        ("20度", "20.0度", True),
        ("20度", "21度", False),
        ("20度", "19度", False),
        ("18～28度", "18度", True),
        ("18～28度", "28度", True),
        ("18度〜28度", "２３.５度", True),
        ("18～28度", "28.1度", False),
        ("18～28度", "17.9度", False),
        ("5件以上10件以下", "10件", True),
        ("5件以上、10件未満", "10件", False),
        ("５件以上１０件未満", "4件", False),
        ("平日　18～28度（日平均）", "20度", None),  # not read as two limits
        ("延べ5～10人", "7人", None),
        ("5～延べ10人", "7人", None),
        ("5～10人（延べ）", "7人", None),
        ("5人～10件", "7件", None),
        ("10～5件", "7件", None),
        ("5～10件以上", "7件", None),
        ("5～10件超", "7件", None),
        ("約5～10件", "7件", None),
        ("5～10件", "7人", None),
        ("5～10件", "約7件", None),
        ("5～10件", "7件以上", None),
        ("5～10件", "おおむね", None),
        ("1～2～3件", "2件", None),
        ("4月～6月", "5月", None),
        ("小　5～10件　中　5～10件", "小　7件　中　7件", None),
    ],
)
def test_a_range_is_met_only_within(target: str, actual: str, met: bool | None) -> None:
    """What cannot be computed is never scored; and there is no rate."""
    assert [(p.rate, p.met) for p in compare(target, actual, RANGE)] == ([] if met is None else [(None, met)])


def test_a_range_shows_both_limits() -> None:
    [part] = compare("1,000～2,000件未満", "1,500件", RANGE)
    assert (part.target, part.bound, part.actual, part.unit) == (1000, "～2,000未満", 1500, "件")
    assert compare("18～28度", "20度", MORE) == ()  # only where it is declared


@pytest.mark.parametrize(
    ("target", "comparable"),
    [
        ("10件", True),
        ("5～10件", True),
        ("小　５％未満\n中　１０％", True),
        ("5件以上", True),
        ("整備完了", False),
        ("", False),
    ],
)
def test_which_targets_ask_for_a_direction(target: str, comparable: bool) -> None:
    assert is_comparable(target) is comparable


@pytest.mark.parametrize(
    ("target", "actual"),
    [
        ("30,000千円", "29,000円"),  # another unit
        ("1,000", "約900"),  # no exact number
        ("40回", "40回以上"),
        ("小　２５％\n中　１０％", "20％"),  # another shape
        ("550回/1/1", "600回/1"),
        ("整備完了", "整備完了"),
        ("設計金額が５０万円を超える測量等の業務委託", "５０万円"),
        ("40回", "未確定"),
        ("", "3"),
        ("30,000千円", "28500000"),  # of another scale, perhaps
        ("28500000", "30,000千円"),
        ("30%", "0.3"),
        ("2時間", "150"),
        ("2倍", "1.8"),
        ("10人/年", "12"),
        ("市内公民館で計40回", "延べ200回"),  # counted in other ways
        ("月平均80件", "年間960件"),
        ("実人数50人", "延べ200人"),
        ("累計100人", "単年120人"),
        ("100人（累計）", "120人（単年度）"),
        ("累計100人", "120人"),
        ("導入前比15分", "15分"),
    ],
)
def test_what_cannot_be_compared_is_not_scored(target: str, actual: str) -> None:
    assert compare(target, actual, MORE) == ()


def test_how_it_was_counted_may_be_said_by_the_indicator() -> None:
    assert said("48.5％（年平均）", "48.5％") == said("累計100人", "累計100人") == [("", Decimal("100.0"), True)]
    assert [p.rate for p in compare("3,000人", "延べ2,700人", MORE, "年間延べ利用者数")] == [Decimal("90.0")]
    assert compare("3,000人", "累計2,700人", MORE, "年間延べ利用者数") == ()


def declared(direction: Direction, settings: Settings = SETTINGS) -> Master:
    """A master that declares the direction of the one outcome of these tests."""
    return replace(in_memory([], settings), directions={("01-01", "O1"): direction.value})


def outcome_of(texts: dict[str, str]) -> Outcome:
    return measure("01-01", texts).outcomes[0]


def result(target: str, actual: str, year: int = 1, quarter: int = 4, direction: Direction = MORE) -> YearResult:
    texts = zip(("indicator", "target", "actual"), ("人数", target, actual), strict=True)
    outcome = outcome_of({f"outcome.{name}/O1/{year}": text for name, text in texts})
    name = MeasureName("01-01", "", "", "")
    return outcome_result(declared(direction), name, 1, outcome, quarter).years[year - 1]


@pytest.mark.parametrize(
    ("target", "shortened"),
    [("12500枚", False), ("１２，５００ 枚", False), ("小 8.9%\n中 12.8%", True), ("整備完了", False), ("", False)],
)
def test_a_target_that_a_chart_shows_in_part_is_written_beside_it(target: str, shortened: bool) -> None:
    outcome = outcome_of({"outcome.indicator/O1/1": "配布", "outcome.target/O1/1": target})
    found = outcome_result(declared(MORE), MeasureName("01-01", "", "", ""), 1, outcome, 4)
    assert words.is_shortened(found) is shortened


def verdicts(target: str, actual: str, year: int = 1, quarter: int = 4, direction: Direction = MORE) -> Attainment:
    return result(target, actual, year, quarter, direction).verdict


def test_verdicts() -> None:
    assert SETTINGS.fiscal_year.label == "令和４年度"
    assert verdicts("10人", "10人") is Attainment.MET
    assert verdicts("10人", "9人") is Attainment.SHORT
    assert verdicts("10人", "未確定") is verdicts("10人", "-") is verdicts("10人", "") is Attainment.OPEN
    assert verdicts("10人", "おおむね達成") is verdicts("", "9人") is Attainment.AS_WRITTEN
    assert verdicts("-", "-") is Attainment.NO_TARGET
    assert verdicts("10人", "", year=2) is Attainment.TO_COME
    assert verdicts("10人", "9人", year=2) is Attainment.AS_WRITTEN  # a year that has not begun is not judged


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_nothing_is_met_or_missed_before_the_year_has_ended(quarter: int) -> None:
    """The rate is shown all the same; what is compared with nothing is as at the end of the year."""
    for actual, rate in (("9人", "90.0%"), ("10人", "100.0%"), ("12人", "120.0%")):
        now = result("10人", actual, 1, quarter)
        assert (now.verdict, now.achievement, words.verdict(now)) == (Attainment.INTERIM, rate, f"途中\n{rate}")
        assert [p.met for p in now.parts] == [None] and now.verdict_of(now.parts[0]) is Attainment.INTERIM
    assert words.verdict(result("10人以下", "9人", 1, quarter, LESS)) == "途中"
    assert verdicts("10人", "約9人", quarter=quarter) is Attainment.AS_WRITTEN
    assert verdicts("10人", "", quarter=quarter) is Attainment.OPEN


def test_years_before_this_one_are_judged_in_every_quarter() -> None:
    texts = {"outcome.indicator": "利用者数", "outcome.target": "10人", "outcome.actual": "9人"}
    outcome = outcome_of({f"{field}/O1/{n}": text for field, text in texts.items() for n in (1, 2)})
    later = declared(MORE, replace(SETTINGS, fiscal_year=SETTINGS.fiscal_year + 1))
    found = outcome_result(later, MeasureName("01-01", "", "", ""), 1, outcome, 1)
    assert [y.verdict for y in found.years[:2]] == [Attainment.SHORT, Attainment.INTERIM]


def test_less_is_better_where_it_is_declared() -> None:
    assert verdicts("10日", "14日", direction=LESS) is Attainment.SHORT
    assert verdicts("10日", "8日", direction=LESS) is Attainment.MET


@pytest.mark.parametrize("quarter", [1, 4])
def test_without_a_direction_the_result_says_why_it_is_not_judged(quarter: int) -> None:
    unknown = result("10人", "12人", quarter=quarter, direction=UNKNOWN)
    assert (unknown.verdict, unknown.reason, words.verdict(unknown)) == (
        Attainment.AS_WRITTEN, "方向が決まっていません。", "判定なし\n方向が決まっていません。",
    )  # fmt: skip
    assert result("10人以上", "12人", quarter=quarter, direction=UNKNOWN).reason == "方向が決まっていません。"


@pytest.mark.parametrize(
    ("target", "actual", "direction", "reason"),
    [
        ("10人", "12人", Direction.NOT_JUDGED, "方向が「判定しない」です。"),
        ("", "12人", MORE, "目標が記入されていません。"),
        ("未定", "12人", MORE, "目標は「未定」です。"),
        ("整備完了", "整備中", UNKNOWN, "目標が数値ではありません。"),
        ("令和５年３月", "令和５年３月", MORE, "目標が数値ではありません。"),
        ("5～10人", "7人", MORE, "目標が数値ではありません。"),
        ("5～10人", "多数", RANGE, "実績が数値ではありません。"),
        ("10人", "おおむね達成", MORE, "実績が数値ではありません。"),
        ("小 5%\n中 10%", "7%", MORE, "目標と実績で、数値の数や内訳が違います。"),
        ("30,000千円", "29,000円", MORE, "目標と実績の単位が違います。"),
        ("400万枚", "380", MORE, "目標と実績の単位が違います。"),
        ("400", "380万", MORE, "目標と実績の単位が違います。"),
        ("2～3万人", "2.5万人", RANGE, "目標が数値ではありません。"),
        ("100人", "延べ120人", MORE, "目標と実績の数え方（累計、延べなど）が違います。"),
        ("10人", "約12人", UNKNOWN, "「約」「程度」などの付いた数値は、比べられません。"),
        ("10人", "12人以上", MORE, "「以上」「未満」などの付いた実績は、比べられません。"),
        ("10人以上", "12人", LESS, "目標の「以上」と方向の「少ないほど良い」が合いません。"),
        ("小 5%以上\n中 10%以下", "小 6%\n中 9%", MORE, "目標の「以下」と方向の「多いほど良い」が合いません。"),
    ],
)
def test_each_result_that_is_not_judged_has_its_reason(
    target: str, actual: str, direction: Direction, reason: str
) -> None:
    found = result(target, actual, direction=direction)
    assert (found.verdict, found.reason) == (Attainment.AS_WRITTEN, reason)
    assert words.verdict(found) == f"判定なし\n{reason}"


@pytest.mark.parametrize(
    ("target", "actual", "year", "verdict", "reason"),
    [
        ("10人", "", 1, Attainment.OPEN, "実績がまだ記入されていません。"),
        ("10人", "集計中", 1, Attainment.OPEN, "実績は「集計中」です。"),
        ("-", "-", 1, Attainment.NO_TARGET, "目標が記入されていません。"),
        ("10人", "12人", 2, Attainment.AS_WRITTEN, "まだ始まっていない年度の実績です。"),
        ("10人", "", 2, Attainment.TO_COME, ""),
        ("10人", "12人", 1, Attainment.MET, ""),
    ],
)
def test_what_there_is_nothing_to_judge_of_has_a_reason_too(
    target: str, actual: str, year: int, verdict: Attainment, reason: str
) -> None:
    found = result(target, actual, year)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_results_of_the_third_quarter_are_counted() -> None:
    """Of 53 成果目標, one is 01-06's, which was completed; by hand in ACTUALS: eleven compared, three as written.

    Were it the last quarter, five were met (01-01 O2, 01-03 O2, 01-08 O2, 01-14 O1, 02-02 O1) and six short.
    """
    found = results(third_quarter(), 3)
    assert dict(found.counts) == {
        Attainment.MET: 0, Attainment.SHORT: 0, Attainment.INTERIM: 11, Attainment.AS_WRITTEN: 3, Attainment.OPEN: 37,
        Attainment.NO_TARGET: 1,
    }  # fmt: skip
    assert "途中 11件、" in words.results(found) and "達成か未達かは第4四半期の報告で判定" in words.results(found)
    found = results(third_quarter(), 4)
    assert dict(found.counts) == {
        Attainment.MET: 5, Attainment.SHORT: 6, Attainment.INTERIM: 0, Attainment.AS_WRITTEN: 3, Attainment.OPEN: 37,
        Attainment.NO_TARGET: 1,
    }  # fmt: skip
    assert "途中" not in words.results(found)
    by_place = {(o.measure.id, o.key): o for o in found.outcomes}
    assert achievement(by_place["01-01", "O1"]) == "96.7%"
    assert (
        achievement(by_place["01-13", "O1"]) == "小 達成、中 未達"
    )  # 不読率: less is better, and no rate is agreed on
    assert achievement(by_place["01-11", "O3"]) == "109.1%、100.0%、0.0%"
    assert achievement(by_place["01-08", "O1"]) == "50.0%"
    assert [y.target for y in by_place["02-02", "O1"].years] == ["60％", "70％", "80％", "90％"]


def achievement(outcome: OutcomeResult) -> str:
    return outcome.years[0].achievement


def test_the_directions_of_the_real_targets() -> None:
    """Read through by hand: of 53, 36 are better when more, four when less.

    Blank are 12 without a number in any year, and 03-03 O2 (導入前比各手続15分): 15 minutes, or 15 minutes less?
    """
    outcomes = {(m.id, o.key): o for m in sample.load(with_answers=False) for o in m.outcomes}
    less = {place for place, text in DIRECTIONS.items() if text == "少ないほど良い"}
    assert less == {
        ("01-03", "O2"),  # 農作物被害額
        ("01-13", "O1"),  # 不読率
        ("01-14", "O1"),  # 職員事務作業時間（前年度に対し１５分減）
        ("01-14", "O2"),  # コピー紙の配布枚数（前年度の配布枚数に対し３,０００枚減）
    }
    assert (len(outcomes), len(DIRECTIONS)) == (53, 40)
    assert {DIRECTIONS[place] for place in DIRECTIONS.keys() - less} == {"多いほど良い"}
    blank = outcomes.keys() - DIRECTIONS.keys()
    assert {place for place in blank if any(is_comparable(y.target) for y in outcomes[place].years)} == {
        ("03-03", "O2")
    }
    assert first_quarter().directions == DIRECTIONS


def with_directions(texts: dict[tuple[str, str], str], *, heading: str = "方向") -> Master:
    """The real first quarter with these texts in its column 方向, which is called ``heading``."""
    book = openpyxl.load_workbook(io.BytesIO(first_quarter().data))
    sheet = book["成果目標"]
    [at] = [cell.column for cell in sheet[1] if cell.value == "方向"]
    sheet.cell(1, at).value = heading
    for row in sheet.iter_rows(min_row=2):
        sheet.cell(row[0].row, at).value = texts.get((row[0].value, row[1].value))
    stream = io.BytesIO()
    book.save(stream)
    return master_from(stream.getvalue())


def test_the_column_of_the_master_declares_it() -> None:
    texts = {
        ("01-01", "O1"): " 少ないほど良い ",
        ("01-01", "O2"): "未定",
        ("01-02", "O1"): "範囲",
        ("01-04", "O1"): "判定しない",
    }
    ways = {(o.measure.id, o.key): o.direction for o in results(with_directions(texts), 1).outcomes}
    assert {place: way for place, way in ways.items() if way is not UNKNOWN} == {
        ("01-01", "O1"): LESS, ("01-02", "O1"): RANGE, ("01-04", "O1"): Direction.NOT_JUDGED,
    }  # fmt: skip


def test_a_master_without_the_column_is_read_and_nothing_is_guessed() -> None:
    master = with_directions({}, heading="備考")
    assert master.directions == {} and master.measures == first_quarter().measures
    assert {o.direction for o in results(master, 1).outcomes} == {UNKNOWN}


def test_periods_stand_in_the_order_of_the_fiscal_year() -> None:
    written = ["未定", "１月", "8月～１０月", "", "４月", "８月～３月", "８月〜９月", "13月"]
    ordered = [period(text)[1] for text in sorted(written, key=lambda text: period(text)[0])]
    assert ordered == ["4月", "8月～9月", "8月～10月", "8月～3月", "1月", "13月", "未定", "時期の記入なし"]
    assert period("８月～３月") == period("8月～3月")


def test_a_target_of_nothing_has_no_rate() -> None:
    assert said("0件", "3件", MORE) == [("", None, True)]
    assert said("0件", "0件", MORE) == [("", None, True)]


def test_a_result_below_nothing_has_no_rate() -> None:
    assert said("10千円", "△3千円", MORE) == [("", None, False)]
    assert said("10千円", "0千円", MORE) == [("", Decimal("0.0"), False)]


def test_an_actual_is_drawn_only_in_the_unit_of_its_target() -> None:
    drawn = {actual: result("60%", actual).actual_amount for actual in ("45%", "45", "45件", "小 45%")}
    assert {actual: amount.number for actual, amount in drawn.items() if amount} == {"45%": 45, "45": 45}


def test_a_unit_is_shown_where_only_the_actual_has_one() -> None:
    assert [(p.unit, p.met) for target, actual in (("200", "180人"), ("200人", "180")) for p in compare(target, actual, MORE)] == [
        ("人", False), ("人", False),
    ]  # fmt: skip

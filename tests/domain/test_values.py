"""What people write: every form found in the published sheets, and near misses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxreport.domain.quantities import Quantity, Value, ValueKind, read_value
from dxreport.domain.spelling import by_number, known_names, measure_id, nearest, same_word
from dxreport.domain.values import fold, is_blank, is_marked, is_undecided, plan_is_none
from dxreport.lifecycle import sample

WORDS = ("予定通り", "進捗遅延・課題あり")


def number(
    number: str, unit: str = "", label: str = "", bound: str = "", about: bool = False, scaled: str = ""
) -> Quantity:
    return Quantity(Decimal(number), unit, label, bound, about, scaled)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("１，２５０件", number("1250", "件")),
        ("1,250件", number("1250", "件")),
        ("30,000千円", number("30000", "千円")),
        ("2", number("2")),
        ("48.5％（年平均）", number("48.5", "%")),
        ("105分\n（前年度に対し１５分減）", number("105", "分")),
        ("11,000枚\n（前年度の配布枚数に対し３,０００枚減）", number("11000", "枚")),
        ("90分（前年度（令和３年度）に対し15分減）", number("90", "分")),
        ("約300件", number("300", "件", about=True)),
        ("30件程度", number("30", "件", about=True)),
        ("△5", number("-5")),
        ("▲３．５％", number("-3.5", "%")),
        ("前年比マイナス5%", number("-5", "%", "前年比")),
        ("５％未満", number("5", "%", bound="未満")),
        ("１０回以上", number("10", "回", bound="以上")),
        ("5ヶ月以内", number("5", "か月", bound="以内")),
        ("協定締結数1件", number("1", "件", "協定締結数")),
        ("市内公民館で計40回", number("40", "回", "市内公民館で計")),
        ("公民館等における地域別研修５箇所以上", number("5", "箇所", "公民館等における地域別研修", "以上")),
        ("スマート窓口システム導入前比各手続1５分", number("15", "分", "スマート窓口システム導入前比各手続")),
        ("10人/年", number("10", "人/年")),
        ("6ヶ所", number("6", "箇所")),
        ("8名", number("8", "人")),
        ("5匹", number("5", "匹")),
        ("1,000 件", number("1000", "件")),
        ("①50件", number("50", "件", "①")),
        ("0.10%", number("0.10", "%")),
        ("４００万枚", number("4000000", "枚", scaled="400万")),
        ("1.5億円以上", number("150000000", "円", bound="以上", scaled="1.5億")),
        ("1億2,000万円", number("120000000", "円", scaled="1億2,000万")),
        ("△3万", number("-30000", scaled="3万")),
        ("約1万2500 人", number("12500", "人", about=True, scaled="1万2500")),
        ("0.00005万件", number("0.5", "件", scaled="0.00005万")),
        ("30百万円", number("30", "百万円")),
    ],
)
def test_one_number(text, part):
    value = read_value(text)
    assert (value.kind, value.quantities) == (ValueKind.NUMBER, (part,))


@pytest.mark.parametrize(("text", "shown"), [("1.5万人", "15,000"), ("400万枚", "4,000,000"), ("0.00005万件", "0.5")])
def test_a_number_with_a_scale_is_shown_without_exponent_or_needless_zeros(text, shown):
    """The report shows it in its tables, and a final report keeps it."""
    [part] = read_value(text).quantities
    assert (f"{part.number:,}", str(part.number)) == (shown, shown.replace(",", ""))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("小　８．９％\n中　１２．８％", [number("8.9", "%", "小"), number("12.8", "%", "中")]),
        ("小 8.7％　中 12.5％", [number("8.7", "%", "小"), number("12.5", "%", "中")]),
        ("小　５％未満\n中　１０％未満", [number("5", "%", "小", "未満"), number("10", "%", "中", "未満")]),
        ("小50冊\n中１２冊", [number("50", "冊", "小"), number("12", "冊", "中")]),
        ("①50件　②30件", [number("50", "件", "①"), number("30", "件", "②")]),
        ("小10 中20", [number("10", "", "小"), number("20", "", "中")]),
        ("550回/1/1", [number("550", "回"), number("1"), number("1")]),
    ],
)
def test_several_numbers(text, parts):
    value = read_value(text)
    assert (value.kind, value.quantities) == (ValueKind.NUMBER, tuple(parts))


@pytest.mark.parametrize(
    "text",
    [
        "整備完了",
        "設計金額が５０万円を超える測量等の業務委託",
        "設計金額が５００万円以上の測量等以外の業務委託",
        "測量等の業務委託にかかる随意契約案件",
        "前年比増加",
        "前年度比１０％増",
        "5月30日稼働開始",
        "6月末時点で12件",
        "3月",
        "第3回",
        "3園開設",
        "1人当たり5冊",
        "5～10件",
        "30件、20件",
        "小5件、小7件",
        "10 20",
        "1/2",
        "7/1",
        "50/100人",
        "1/1/1",
        "1,25",
        "1.2.3",
        "10²件",
        "3万5千円",
        "2万5千",
        "300万千円",
        "1億5百万円",
        "1.5億2,000万円",
        "1億20,000万円",
        "1億2億",
        "5万億円",
        "数万枚",
        "百万枚",
        "十万人",
        "400万枚増",
        "令和5年13月",
        "（30件）",
    ],
)
def test_nothing_is_guessed(text):
    assert read_value(text).kind is ValueKind.TEXT


@pytest.mark.parametrize(
    "text", ["令和５年３月", "令和４年度", "令和元年５月１日", "平成31年4月", "R5.4月", "H31.4.1", "2022/7/1"]
)
def test_dates(text):
    assert read_value(text) == Value(ValueKind.DATE)


@pytest.mark.parametrize("text", ["", " \n", "-", "―", "－", "ー", "なし", "　なし。", "特になし", "該当なし"])
def test_blanks(text):
    assert is_blank(text) and plan_is_none(text)
    assert read_value(text).kind is ValueKind.BLANK


@pytest.mark.parametrize("text", ["0", "0件", "問題なし", "課題なし（9月）", "-5", "予定通り"])
def test_no_blanks(text):
    assert not is_blank(text) and not plan_is_none(text)


def test_a_plan_may_be_none():
    assert plan_is_none("予定なし") and not is_blank("予定なし")


def test_undecided():
    assert is_undecided("未確定") and is_undecided("集計中（７月公表）")
    assert read_value("未 確定").kind is ValueKind.TEXT
    assert not is_undecided("未確定の案件3件")


def test_ticks():
    assert all(map(is_marked, ["○", "〇", "◯", " ○ ", "レ", "✓", "✔", "報告事項なし"]))
    assert not any(map(is_marked, ["", "×", "-", "なし", "0"]))


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("01-09", "01-09"),
        ("０１－０９", "01-09"),
        (" 1-9 ", "01-09"),
        ("01ー09", "01-09"),
        ("01 – 09", "01-09"),
        ("DX１", "DX1"),
    ],
)
def test_measure_ids(text, id_):
    assert measure_id(text) == id_


def test_ids_are_in_the_order_of_their_numbers():
    ids = ["01", "01-02", "01-9", "01-10", "01-101", "01-101a", "01-1001", "02-01-2", "10-01", "DX2", "DX10"]
    assert sorted(reversed(ids), key=by_number) == ids
    two_digits = [f"{area:02}-{n:02}" for area in range(1, 100, 7) for n in range(1, 100)]
    assert sorted(reversed(two_digits), key=by_number) == two_digits == sorted(two_digits)


@pytest.mark.parametrize("word", ["予定どおり", "予定通", " 予定通り\n", "予定とおり", "概ね予定通り", "予定通り。"])
def test_near_misses_of_on_schedule(word):
    assert nearest(word, WORDS) == "予定通り"


@pytest.mark.parametrize(
    "word", ["遅延", "遅れ", "進捗遅延", "課題あり", "進捗遅延、課題あり", "進捗遅延･課題あり", "進捗遅れ・課題あり"]
)
def test_near_misses_of_delayed(word):
    assert nearest(word, WORDS) == "進捗遅延・課題あり"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (" 順調", "順調"),
        ("順　調\n", "順調"),
        ("順調。", "順調"),
        ("予定どおり", "予定通り"),
        ("予定通", "予定通り"),
        ("進捗遅延･課題あり", "進捗遅延・課題あり"),
        ("見直", "見直し"),
        ("終り", "終わり"),
        ("遅", "遅れ"),
        ("Ｂ", "b"),
        ("有り", "有"),
        ("なし", "無"),
        ("見直なし", None),
        ("見直す", None),
        ("問題", None),  # 問題あり and 問題なし are two words
        ("遅れず", None),
        ("予定通りではない", None),
        ("概ね予定通り", None),
        ("引継", None),  # 引継ぎ or 引き継ぎ
        ("順調？", None),
        ("", None),
    ],
)
def test_the_same_word_typed_in_another_way(text, word):
    words = (
        "順調",
        "予定通り",
        "進捗遅延・課題あり",
        "見直し",
        "終わり",
        "遅れ",
        "b",
        "有",
        "無",
        "問題あり",
        "問題なし",
    )
    assert same_word(text, (*words, "引継ぎ", "引き継ぎ")) == word


def test_kana_may_be_left_out_only_after_a_kanji():
    assert same_word("取消し", ("取消", "キャンセル")) == "取消"
    assert same_word("キャンセルし", ("取消", "キャンセル")) is None


@pytest.mark.parametrize("word", ["", "順調", "予定通りではない", "A", "・", "完了"])
def test_no_near_miss(word):
    assert nearest(word, WORDS) is None


def test_a_word_contained_in_several_is_not_guessed():
    assert nearest("課題", ("課題なし", "進捗遅延・課題あり")) is None
    assert nearest("課題あり", ("課題なし", "進捗遅延・課題あり")) == "進捗遅延・課題あり"


def test_flags_in_kana():
    assert [nearest(word, ("有", "無")) for word in ("あり", "有り", "なし", "無し", "有無")] == [
        "有",
        "有",
        "無",
        "無",
        None,
    ]


def test_the_published_targets_are_read_as_printed():
    """Count the kinds over the real data, and check that every number is printed."""
    targets = {year.target for m in sample.load(with_answers=True) for o in m.outcomes for year in o.years}
    kinds = {kind: {t for t in targets if read_value(t).kind is kind} for kind in ValueKind}
    assert kinds[ValueKind.BLANK] == {"", "-"}
    assert kinds[ValueKind.DATE] == kinds[ValueKind.UNDECIDED] == set()
    assert not any(c.isdigit() for t in kinds[ValueKind.TEXT] for c in t if "設計金額" not in t)
    for text in kinds[ValueKind.NUMBER]:
        assert all(str(part.number) in fold(text).replace(",", "") for part in read_value(text).quantities)


numbers = st.decimals(0, 10**9, places=2, allow_nan=False)
units = st.sampled_from(["", "件", "%", "千円", "人", "箇所", "時間", "か月", "校"])
labels = st.sampled_from(["小", "中", "計", "市民課", "①", "前年比"])
FULL = str.maketrans("0123456789.,%", "０１２３４５６７８９．，％")


@given(numbers, units, labels, st.booleans())
def test_width_and_thousands_never_change_a_number(value, unit, label, wide):
    text = f"{label}{value:,}{unit}"
    read = read_value(text.translate(FULL) if wide else text)
    assert read.quantities == (Quantity(value, unit, label),)


@given(st.lists(st.tuples(numbers, units), min_size=2, max_size=4), st.sampled_from([" ", "\n", "　", "、"]))
def test_labelled_parts_are_the_same_on_one_line_and_on_several(pairs, between):
    marks = "甲乙丙丁"
    text = between.join(f"{mark} {value:,}{unit}" for mark, (value, unit) in zip(marks, pairs, strict=False))
    assert read_value(text).quantities == tuple(
        Quantity(value, unit, mark) for mark, (value, unit) in zip(marks, pairs, strict=False)
    )


@given(st.text())
def test_any_text_has_a_meaning_of_one_kind(text):
    value = read_value(text)
    assert bool(value.quantities) is (value.kind is ValueKind.NUMBER)
    nearest(text, WORDS)
    measure_id(text)


def test_a_day_of_the_calendar_is_a_date_and_no_other():
    assert {read_value(text).kind for text in ("2023/3/31", "令和５年１２月３１日")} == {ValueKind.DATE}
    assert {read_value(text).kind for text in ("2023/3/32", "2023/13/1", "2023/0/1", "2023/1/0")} == {ValueKind.TEXT}


@pytest.mark.parametrize("text", ["小 8.9%、12.8%", "8.9%、中 12.8%"])
def test_of_several_numbers_each_needs_a_label(text):
    assert read_value(text).kind is ValueKind.TEXT


def test_a_single_character_is_no_near_miss():
    assert nearest("予", WORDS) is None and nearest("題", WORDS) is None


def test_a_long_text_is_prose_whatever_stands_in_it():
    assert read_value(f"100件（{'注' * 400}）").kind is ValueKind.NUMBER
    assert read_value(f"100件（{'注' * 500}）").kind is ValueKind.TEXT


@pytest.mark.parametrize(
    ("word", "named", "others"),
    [
        ("01-99", 9, False),  # as near as its neighbours
        ("総務部", 1, False),
        ("A", 10, True),  # near none
    ],
)
def test_of_many_names_an_error_lists_the_near_ones_or_ten(word: str, named: int, others: bool) -> None:
    names = [*(f"01-0{n}" for n in range(1, 10)), "総務課", "経営改革課", "財政課"]
    said = known_names(word, "名前", names)
    assert (sum(name in said.partition("は、")[2] for name in names), "ほか2件" in said) == (named, others)
    assert ("近い名前は、総務課 です。" in said) is (word == "総務部")
    assert known_names(word, "名前", names[:9]).count("01-0") >= 9

"""Numbers under their formats: the expected texts are what Excel shows on a Japanese Windows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxreport.ooxml.dates import era, serial_date
from dxreport.ooxml.display import is_date_format, show_general, show_number
from dxreport.ooxml.formats import BUILT_IN

WAREKI = '[$-411]ggge"年"m"月"d"日"'
GANNEN = '[$-ja-JP-x-gannen]ggge"年"m"月"d"日"'


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (45.00000000000001, "General", "45"),
        (3.14159265358979, "General", "3.141592654"),
        (0.1234567891, "General", "0.123456789"),
        (-1.5, "General", "-1.5"),
        (5, "G/標準", "5"),
        (-5, 'General"人"', "-5人"),
        (44927, "@", "44927"),
        (0.485, "0.0%", "48.5%"),
        (0.005, "0%", "1%"),
        (30000, '#,##0"千円"', "30,000千円"),
        (1234567, "#,##0,", "1,235"),
        (1000000, '0.0,,"百万円"', "1.0百万円"),
        (1.005, "0.00", "1.01"),
        (-1.5, "0", "-2"),
        (-0.001, "0.0", "0.0"),
        (1.2, "#.##", "1.2"),
        (0, "#", ""),
        (100, '"約"0"件"', "約100件"),
        (-5, "#,##0;△#,##0", "△5"),
        (-5, '#,##0;"▲ "#,##0', "▲ 5"),
        (0, '0"件";;"なし"', "なし"),
        (0, "#,##0;-#,##0;-", "-"),
        (-3, "[赤]-#,##0;[Red]▲#,##0", "▲3"),
        (150, '[>=100]"多";[<0]"負"0;0', "多"),
        (-7, '[>=100]"多";[<0]"負"0;0', "負7"),
        (50, '[>=100]"多";[<0]"負"0;0', "50"),
        (-5, "[<=-1]△0;0", "△5"),
        (9012345678, "000-0000-0000", "090-1234-5678"),
        (2920838, '"〒"000-0000', "〒292-0838"),
        (-3, "[$¥-411]#,##0", "-¥3"),
        (1234.5, BUILT_IN[41], "1,235"),
        (12345, "0.00E+00", "1.23E+04"),
        (12345, "##0.0E+0", "12.3E+3"),
        (1e12, "0", "1000000000000"),
    ],
)
def test_numbers(number: float, code: str, shown: str) -> None:
    assert show_number(number, code) == (shown, True)


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (44927, WAREKI, "令和5年1月1日"),
        (43585, WAREKI, "平成31年4月30日"),
        (43586, WAREKI, "令和1年5月1日"),
        (43586, GANNEN, "令和元年5月1日"),
        (44927, "[$-411]ge.m.d", "R5.1.1"),
        (44927, BUILT_IN[14], "2023/1/1"),
        (44927, BUILT_IN[58], "令和5年1月1日"),
        (44927, 'm"月"d"日"(aaa)', "1月1日(日)"),
        (44927, "yyyy年m月", "2023年1月"),
        (44927, "yyyy-mm-dd;@", "2023-01-01"),
        (44927, "[$-409]d-mmm-yy", "1-Jan-23"),
        (44927, "[$-409]e", "2023"),
        (44927, r"[$-F800]dddd\,\ mmmm\ dd\,\ yyyy", "2023年1月1日"),
        (44927.75, "yyyy/m/d h:mm", "2023/1/1 18:00"),
        (44927.5, "m/d h:mm:ss.0", "1/1 12:00:00.0"),
        (1.5, "[h]:mm", "36:00"),
        (0.75, "h:mm AM/PM", "6:00 PM"),
        (0.5, 'h"時"mm"分"', "12時00分"),
        (59, "yyyy/m/d", "1900/2/28"),
        (61, "yyyy/m/d", "1900/3/1"),
    ],
)
def test_dates(number: float, code: str, shown: str) -> None:
    assert is_date_format(code)
    assert show_number(number, code) == (shown, True)


def test_dates_from_1904() -> None:
    assert show_number(43465, "yyyy/m/d", date1904=True).text == "2023/1/1"


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (1234567890123, "General", "1234567890123"),
        (0.5, "# ?/?", "0.5"),
        (12, "[DBNum1]0", "12"),
        (60, "yyyy/m/d", "60"),
        (-1, "yyyy/m/d", "-1"),
        (5, "[>10]0;[<0]0", "5"),
    ],
)
def test_what_cannot_be_shown_is_the_plain_number_and_uncertain(number: float, code: str, shown: str) -> None:
    assert show_number(number, code) == (shown, False)


@given(st.dates(date(1900, 3, 1), date(2100, 1, 1)))
def test_wareki_and_western_dates_are_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert serial_date(serial) == day
    assert show_number(serial, "yyyy/m/d").text == f"{day.year}/{day.month}/{day.day}"
    kanji, _, _, year = era(day)
    assert show_number(serial, WAREKI).text == f"{kanji}{year}年{day.month}月{day.day}日"
    assert day.year - year == {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}[kanji]


@given(st.integers(-(10**10), 10**10))
def test_whole_numbers_read_back(number: int) -> None:
    assert show_general(number) == (str(number), True)
    assert show_number(number, "#,##0").text == f"{number:,}"


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12) | st.sampled_from([*BUILT_IN.values()]))
def test_any_format_gives_some_text(number: float, code: str) -> None:
    shown = show_number(number, code)
    assert isinstance(shown.text, str)
    assert shown.text.isprintable() or not code.isprintable()

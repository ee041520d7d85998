"""The workbook: its first sheet answers like the first page, its tables are real, nothing is empty, nothing is cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from dxreport.ooxml.package import Package, parse
from dxreport.report.activity_records import Category, Progress
from dxreport.report.excel import excel
from dxreport.report.excel_charts import fills
from dxreport.report.figures import figures
from dxreport.report.records import Figures
from tests.support.report_book import listed, opened, table
from tests.support.scenes import LATE, SETTINGS, edited, first_quarter, in_memory, kept, real, third_quarter

JULY, JANUARY = datetime(2022, 7, 25, 9), datetime(2023, 1, 22, 9)
LATE_HEAD = "遅延・課題のある取組と対応策"
C = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}


@pytest.fixture(scope="module")
def first() -> bytes:
    """The real 第1四半期."""
    return excel(figures(first_quarter(), 1, JULY))


@pytest.fixture(scope="module")
def third_figures() -> Figures:
    return figures(third_quarter(), 3, JANUARY, previous_final=kept(first_quarter()), coordinator=True)


@pytest.fixture(scope="module")
def third(third_figures: Figures) -> bytes:
    return excel(third_figures)


@pytest.fixture(scope="module")
def book(first: bytes) -> openpyxl.Workbook:
    return opened(first)


@pytest.fixture(scope="module")
def later(third: bytes) -> openpyxl.Workbook:
    return opened(third)


def test_the_first_sheet_answers_like_the_first_page(book: openpyxl.Workbook) -> None:
    """Counted in the master: 54 activities due, 49 on plan, 5 late in 4 measures, 10 of 26 measures with 予算化 有."""
    sheet = book["概要"]
    assert sheet["A2"].value == "実施予定の54取組のうち、49（90.7%）が予定通り。"
    assert sheet["A3"].value == "遅延・課題は5取組で、対応策はすべて記入されています。"
    assert [sheet.cell(5, n).value for n in (1, 3, 4, 6)] == [
        "予定通り", "遅延・課題あり", "前回からの変化", "次年度に費用がかかる",
    ]  # fmt: skip
    assert [sheet.cell(6, n).value for n in (1, 3, 4, 6)] == [49, 5, "初回", 10]
    assert [sheet.cell(7, n).value for n in (1, 3, 6)] == ["／ 54 取組", "取組（4施策）", "／ 26 施策"]
    late = listed(book, LATE_HEAD)
    assert [row[0] for row in late] == ["01-07", "01-09", "01-09", "03-01", "03-03"]
    assert late[0][1:] == (
        "アプリを活用した健康増進の推進\n健康推進課", "歩数増加に向けた取組\nイベント実施に向けた検討",
        "7月上旬には具体案を完成し協賛企業と調整終了する。", None, "イベント実施（9月～11月予定）",
    )  # fmt: skip
    costs = ["01-01", "01-03", "01-04", "01-10", "01-13", "01-14", "02-01", "02-03", "03-02", "03-04"]
    assert [row[0] for row in listed(book, "次年度に費用がかかる施策")] == costs


def test_sheets_follow_the_report_and_none_is_empty(book: openpyxl.Workbook, later: openpyxl.Workbook) -> None:
    """第1四半期: no trend yet, no result, no final report to compare with."""
    assert book.sheetnames == ["概要", "分野別", "部署別", "支援依頼", "実績待ち", "取組一覧"]
    assert later.sheetnames == [
        "概要", "推移", "分野別", "成果目標", "部署別", "支援依頼", "変更点", "未提出", "点検", "実績待ち", "達成率の計算", "取組一覧",
    ]  # fmt: skip
    for sheet in (*book.worksheets[1:], *later.worksheets[1:]):
        heads, *rows = sheet.iter_rows(min_row=4, values_only=True)
        heads = [head for head in heads if head]
        assert rows and all(any(row[n] not in (None, "") for row in rows) for n in range(len(heads))), sheet.title


def test_areas_departments_and_quarters_are_numbers(book: openpyxl.Workbook, later: openpyxl.Workbook) -> None:
    assert list(table(book, "分野別")[0].values())[:8] == ["01", 14, 29, 3, 32, 0.906, 2, "01-07　01-09（2）"]
    assert list(table(book, "分野別")[3].values())[:7] == ["04", 2, None, None, 0, None, 6]
    departments = {row["部署"]: row for row in table(book, "部署別")}
    assert len(departments) == 17 and sum(row["実施予定"] for row in departments.values()) == 54
    late = {name: row["進捗遅延・課題あり"] for name, row in departments.items() if row["進捗遅延・課題あり"]}
    assert late == {"総務課": 1, "経営改革課": 1, "市民活動支援課": 2, "健康推進課": 1}
    assert book["部署別"]["F5"].number_format == "0.0%" and book["部署別"]["C5"].data_type == "n"
    assert [tuple(row.values()) for row in table(later, "推移")] == [
        ("令和４年度", "第1四半期", 49, None, None, None, 5, 54, 0.907, 10),
        ("令和４年度", "第2四半期", 52, None, None, 1, 2, 55, 0.945, 9),
        ("令和４年度", "第3四半期", 51, 1, 1, 1, 3, 57, 0.895, 6),
    ]


def charts(data: bytes) -> Iterator[tuple[str, dict[str, list[object]]]]:
    """Each chart: the sheet of its numbers, and these by the name of their series."""
    package, book = Package(data), opened(data)
    for name in sorted(n for n in package.names if re.fullmatch(r"xl/charts/chart\d+\.xml", n)):
        series = {}
        for one in parse(package.read(name)).iterfind(".//c:ser", C):
            sheet, at = one.findtext("c:tx//c:f", None, C).split("!")
            _, cells = one.findtext("c:val//c:f", None, C).split("!")
            title = book[sheet.strip("'")][at.replace("$", "")].value
            series[title] = [cell.value for (cell,) in book[sheet.strip("'")][cells.replace("$", "")]]
        yield sheet.strip("'"), series


def test_charts_draw_the_tables(first: bytes, third: bytes) -> None:
    [(area, by_area), (department, by_department)] = charts(first)
    assert (area, department) == ("分野別", "部署別")
    assert by_area == {"予定通り": [29, 10, 10, None], "進捗遅延・課題あり": [3, None, 2, None]}
    assert sum(filter(None, by_department["予定通り"])) == 49
    (trend, by_quarter), *rest = charts(third)
    assert trend == "推移" and [sheet for sheet, _ in rest] == ["分野別", "部署別"]
    assert (by_quarter["予定通り"], by_quarter["遅延・課題あり"]) == ([49, 52, 51], [5, 2, 3])


def test_bars_begin_at_nothing(third: bytes) -> None:
    """Lengths are compared: an axis that began at 45 would make 5 late activities look like many."""
    package = Package(third)
    for name in (n for n in package.names if re.fullmatch(r"xl/charts/chart\d+\.xml", n)):
        assert parse(package.read(name)).find(".//c:valAx/c:scaling/c:min", C).get("val") == "0", name


@pytest.mark.parametrize(
    "standings",
    [
        [standing for standing in Progress if standing is not Progress.WORD],
        [*[Progress.WORD] * 8, Progress.UNKNOWN, Progress.UNREPORTED],
    ],
)
def test_no_two_categories_look_alike_without_colour(standings: list[Progress]) -> None:
    known = [Category(f"{n}", standing) for n, standing in enumerate(standings)]
    drawn = [
        str((look.get("fill"), look.get("pattern", {}).get("pattern"), look["border"].get("width")))
        for look in fills(known)
    ]
    assert len(set(drawn)) == len(drawn)
    shades = fills([Category("完了", Progress.ON_TRACK), Category("予定通り", Progress.ON_TRACK)])
    assert shades[0] != shades[1]


def test_every_sheet_is_ready_to_print(later: openpyxl.Workbook) -> None:
    for sheet in later.worksheets:
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9  # A4
        # fitToWidth is 1 where nothing is written
        assert sheet.page_setup.fitToWidth in (1, None) and sheet.page_setup.fitToHeight == 0
        foot = sheet.oddFooter
        assert (
            foot.left.text == "木更津市DX推進計画　年間活動計画 進捗報告書　令和４年度 第3四半期　令和５年１月22日 作成"
        )
        assert foot.right.text == "&A　&P / &N頁" and not sheet.oddHeader.left.text
        if sheet.title == "概要":
            continue
        [found] = sheet.tables.values()
        assert found.autoFilter is not None and found.ref.startswith("A4:")
        assert sheet.freeze_panes == "A5" and sheet.print_title_rows == "$4:$4"
        assert sheet["A3"].hyperlink.location == "'概要'!A1"


def test_the_foot_names_the_office(third_figures: Figures) -> None:
    named = replace(third_figures, names=replace(third_figures.names, office="経営改革課", contact="内線 & 123"))
    foot = opened(excel(named))["概要"].oddFooter.left.text
    assert "作成 木更津市　経営改革課　内線 && 123" in foot


def test_pages_of_the_first_sheet_break_before_headings_and_its_links_are_not_printed(book: openpyxl.Workbook) -> None:
    sheet = book["概要"]
    heads = {row[0].value: row[0].row for row in sheet.iter_rows() if row[0].value}
    assert [b.id + 1 for b in sheet.row_breaks.brk] == [heads["次年度に費用がかかる施策"]]
    links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert {link.location.split("!")[0].strip("'") for link in links} == set(book.sheetnames) - {"概要"}
    assert int(sheet.print_area.split("$")[-1]) < heads["くわしい内容（シートへのリンク）"]


def test_days_are_printed_as_papers_print_them(later: openpyxl.Workbook) -> None:
    texts = [str(c.value) for sheet in later.worksheets for row in sheet.iter_rows() for c in row if c.value]
    assert not [text for text in texts if re.search(r"\d{4}-\d\d?-\d\d?|\d{4}年", text)]
    assert any("（令和４年７月19日）" in text for text in texts)


def test_names_and_texts_are_seen_whole() -> None:
    """400 characters over columns of 62 digits take 13 lines or more; 58 of a name in 34 take 4."""
    texts = {
        "01-07": {"activity.countermeasure/K2/1": "対策" * 200, "name": "六十字の施策の名前です" * 5 + "おわりまで"}
    }
    sheet = opened(excel(figures(in_memory(edited(real(), texts)), 1, JULY)))["概要"]
    [row] = [cell.row for cell in sheet["A"] if cell.value == "01-07"]
    assert sheet.row_dimensions[row].height >= 13 * 12
    alone = {"01-07": {"name": texts["01-07"]["name"]}}
    sheet = opened(excel(figures(in_memory(edited(real(), alone)), 1, JULY)))["概要"]
    assert sheet.row_dimensions[row].height >= (4 + 1) * 12  # and the department
    assert all(sheet.cell(row, n).alignment.wrap_text for n in (1, 2, 3, 4, 6))


def test_an_area_with_a_long_name_stands_whole() -> None:
    long = replace(SETTINGS, areas={code: "地域社会のデジタル化" * 4 for code in ("01", "02", "03", "04")})
    sheet = opened(excel(figures(in_memory(real(), long), 1, JULY)))["分野別"]
    assert sheet["A5"].value == "01　" + "地域社会のデジタル化" * 4
    assert sheet.row_dimensions[5].height >= 3 * 15


def test_rows_leave_room_for_a_font_with_taller_lines(later: openpyxl.Workbook) -> None:
    """A line of 10 points takes 15 in Noto Sans CJK, which stands in for ＭＳ Ｐゴシック where that is missing."""
    sheet = later["取組一覧"]
    for row in sheet.iter_rows(min_row=5):
        lines = max(str(cell.value or "").count("\n") + 1 for cell in row)
        assert sheet.row_dimensions[row[0].row].height >= 15 * lines


def test_what_excel_cuts_in_print_is_named() -> None:
    """60 lines do not fit in a row of 409 points; 20,000 characters of two UTF-16 units each do not fit in a cell."""
    texts = {
        "01-07": {"activity.countermeasure/K2/1": "一行\n" * 60 + "終"},
        "01-09": {"activity.plan/K1/1": "𠮷" * 20000},
    }
    found = opened(excel(figures(in_memory(edited(real(), texts)), 1, JULY)))
    lines = (
        "印刷では下が切れることのある欄（セルには全文があります）: {}\n"
        "Excel に入りきらず、途中までの欄（全文はマスターにあります）: {}"
    )
    late = listed(found, LATE_HEAD)
    assert late[0][3].count("\n") == 60
    assert lines.format("D22", "C23") in [cell.value for cell in found["概要"]["A"]]
    sheet = found["取組一覧"]
    rows = {str(cell.value): cell.row for column in "GI" for cell in sheet[column] if len(str(cell.value)) > 120}
    assert sheet["B3"].value == lines.format(f"I{min(rows.values())}", f"G{max(rows.values())}")
    assert found["部署別"]["B3"].value is None
    assert max(len(text) for text in rows) == 16383 + 1 and max(rows, key=len).endswith("…")


def test_text_that_begins_with_an_equals_sign_is_text(later: openpyxl.Workbook) -> None:
    cells = [c for sheet in later.worksheets for row in sheet.iter_rows() for c in row if str(c.value).startswith("=")]
    assert [(c.parent.title, c.data_type, c.value) for c in cells] == [
        (sheet, "s", "=システムの増設を次年度に要求する。") for sheet in ("概要", "取組一覧")
    ]


def test_the_same_figures_give_the_same_bytes(third_figures: Figures, third: bytes) -> None:
    assert excel(third_figures) == third


def test_without_late_activities_the_verdict_says_so() -> None:
    fine = {m.id: {f"activity.progress/{a.key}/1": "予定通り" for a in m.activities} for m in real()}
    sheet = opened(excel(figures(in_memory(edited(real(), fine)), 1, JULY)))["概要"]
    said = [cell.value for cell in sheet["A"]]
    assert "遅延・課題のある取組はありません。" in said and LATE_HEAD not in said and sheet["C6"].value == 0


def test_thirty_late_activities_are_all_listed() -> None:
    keys = [(m.id, a.key) for m in real() for a in m.activities][:30]
    texts: dict[str, dict[str, str]] = {}
    for id_, key in keys:
        answer = {f"activity.progress/{key}/1": LATE, f"activity.countermeasure/{key}/1": "対応策を四百字で書く。" * 36}
        texts.setdefault(id_, {}).update(answer)
    found = opened(excel(figures(in_memory(edited(real(), texts)), 1, JULY)))
    late = listed(found, LATE_HEAD)
    assert [row[0] for row in late][:30] == [id_ for id_, _ in keys]
    sheet = found["概要"]
    assert _tallest_page(sheet) <= 600 * 1.1


def _tallest_page(sheet: Worksheet) -> float:
    """The points of the rows between two page breaks, at most."""
    breaks = [0, *(b.id for b in sheet.row_breaks.brk), int(sheet.print_area.split("$")[-1])]
    heights = [sheet.row_dimensions[n].height or 15 for n in range(1, breaks[-1] + 1)]
    return max(sum(heights[first:last]) for first, last in pairwise(breaks))


@pytest.mark.libreoffice
def test_libreoffice_opens_the_workbook_with_its_charts(
    third: bytes, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "報告.xlsx"
    path.write_bytes(third)
    again = Package(soffice(path, "xlsx").read_bytes())
    assert sum(bool(re.fullmatch(r"xl/charts/chart\d+\.xml", name)) for name in again.names) == 3
    assert sum(bool(re.fullmatch(r"xl/tables/table\d+\.xml", name)) for name in again.names) == 11


def test_a_verdict_of_the_year_before_says_its_year_where_it_stands() -> None:
    """In the second year 01-01 O1 still stands with 未達 96.7% of the first; so does the list of those that wait."""
    settings = replace(SETTINGS, fiscal_year=SETTINGS.plan_years[1])
    actuals = {"01-01": {"outcome.actual/O1/1": "29,000千円"}}
    found = figures(in_memory(edited(real(), actuals), settings), 1, JULY)
    book = opened(excel(found))
    heads = [cell.value for cell in book["成果目標"][4]]
    at = heads.index("判定")
    assert heads[at - 1 : at + 2] == ["判定の年度", "判定", "達成率"]
    row = [cell.value for cell in book["成果目標"][5]]
    assert row[at - 1 : at + 1] == ["令和４年度", "未達"] and float(row[at + 1]) == pytest.approx(0.967, abs=1e-6)
    assert book["実績待ち"]["A1"].value == "付表　実績を待つ成果目標：50項目、目標のない成果目標：2項目"
    assert book["実績待ち"]["A2"].value == (
        "ほかに、令和５年度の実績を待つ1項目は、前の年度の実績とともに「成果目標」にあります。"
    )

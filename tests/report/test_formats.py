"""The three formats say the same, to the digit, in the same order and the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest
from lxml import html as lxml_html

from dxreport.domain.model import ProgressWord
from dxreport.report import pdf as pdf_module
from dxreport.report import words
from dxreport.report.excel import excel
from dxreport.report.figures import figures
from dxreport.report.html import html
from dxreport.report.pdf import pdf
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.support.report_book import listed, opened, table
from tests.support.scenes import SETTINGS, edited, first_quarter, in_memory, kept, real, third_quarter

NOW = datetime(2023, 1, 19, 9)
pytestmark = [pytest.mark.pdf, pytest.mark.slow]
TYPST, HTML = bundled("templates") / pdf_module.TEMPLATE, bundled("templates") / "報告書.html"


@pytest.fixture(scope="module")
def found() -> Figures:
    """第3四半期 with all that a report can hold."""
    return figures(third_quarter(), 3, NOW, previous_final=kept(first_quarter()), coordinator=True)


@pytest.fixture(scope="module")
def book(found: Figures) -> openpyxl.Workbook:
    return opened(excel(found))


@pytest.fixture(scope="module")
def web(found: Figures) -> lxml_html.HtmlElement:
    return parsed(found)


def parsed(found: Figures) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html(found, HTML).decode("utf-8"))


def squeezed(text: object) -> str:
    return "".join(str(text).split())


def rows_of(web: lxml_html.HtmlElement, caption: str) -> list[list[str]]:
    [found] = web.xpath(f"//table[caption/@id='{caption}']")
    return [[squeezed(cell.text_content()) for cell in row] for row in found.xpath("tbody/tr[not(@class='group')]")]


def test_the_verdict_and_its_numbers_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement) -> None:
    sheet, said = book["概要"], list(words.headline(found))
    assert [sheet.cell(row, 1).value for row in (2, 3, 4)] == said
    assert [span.text_content() for span in web.xpath("//p[@class='verdict']/span")] == said
    assert said[0] == "実施予定の57取組のうち、51（89.5%）が予定通り。"
    numbers = [sheet.cell(7, column).value for column in (1, 3, 4, 6)]
    assert numbers == [51, 3, 1, 10] and {type(n) for n in numbers} == {int}
    assert web.xpath("//dl[@class='cards']//dd/b/text()") == ["51", "3", "+1", "10"]


def test_counts_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement) -> None:
    """The 分野: 26 of 30, 9 of 10, 11 of 12, 5 of 5; the 経営改革課 has 12 of 13."""
    in_excel = [(row["予定通り"], row["実施予定"], row["予定なし"]) for row in table(book, "分野別")]
    assert in_excel == [(26, 30, 3), (9, 10, 2), (11, 12, 0), (5, 5, 1)]
    in_html = [(row[2], row[3]) for row in rows_of(web, "by-area")]
    assert in_html == [("26／30", "3"), ("9／10", "2"), ("11／12", ""), ("5／5", "1")]
    in_excel = {row["部署"]: f"{row['予定通り']}／{row['実施予定']}" for row in table(book, "部署別")}
    lines = web.xpath("//ul[@class='departments']/li")
    in_html = {squeezed(li[0].text_content()): squeezed(li[2].text_content()) for li in lines}
    assert list(in_excel) == list(in_html) == [t.name for t in found.overview.departments]
    assert in_excel == in_html and in_excel["経営改革課"] == "12／13"


def test_results_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement) -> None:
    in_excel = []
    for row in table(book, "成果目標"):
        rate, parts = row["達成率"], row["内訳・理由"] or ""
        said = row["判定"] + (f"{rate:.1%}" if isinstance(rate, float | int) else parts)
        in_excel.append(tuple(map(squeezed, (f"{row['令和４年度 目標']}実績{row['令和４年度 実績']}", said))))
    in_html = [(row[1], row[-1]) for row in rows_of(web, "result-rows") if len(row) > 1]
    assert in_excel == in_html and len(in_html) == 14
    assert in_html[0] == ("30,000千円実績29,000千円", "途中96.7%")
    assert {row["判定"] for row in table(book, "達成率の計算")} == {"途中"}
    waiting = [row["評価項目"] for row in table(book, "実績待ち")]
    assert len(waiting) == 52 - 14
    assert [squeezed(row[0])[1:] for row in rows_of(web, "waiting-rows") if len(row) > 1] == list(
        map(squeezed, waiting)
    )


def test_lists_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement) -> None:
    late = listed(book, "遅延・課題のある取組と対応策")
    assert [row[0] for row in late] == ["01-07", "01-09", "03-03", "前の四半期に遅延・課題があったもの", "01-09"]
    in_html = rows_of(web, "late-rows")
    for row, line in zip(late[:3], in_html, strict=True):
        assert line[1:2] + line[3:] == [squeezed(row[2]), squeezed(row[4]), squeezed(row[5])]
        assert line[2] == row[3] and line[0].startswith(row[0])
    assert [row[3] for row in late] == ["3四半期目", "新たに", "新たに", None, "解消"]
    assert [row[-1] for row in rows_of(web, "before-rows")] == ["解消"]
    costs = [row[0] for row in listed(book, "次年度に費用がかかる施策")]
    assert costs == [row[0][:5] for row in rows_of(web, "budget-rows")] and len(costs) == 10
    for sheet, caption, count in (
        ("支援依頼", "support-rows", 5),
        ("変更点", "change-rows", len(found.since.edited)),
        ("未提出", "missing-rows", 25),
        ("点検", "point-rows", len(found.coordination.points)),
        ("取組一覧", "all-rows", 63),
    ):
        assert book[sheet].max_row - 4 == len(rows_of(web, caption)) == count, sheet


def test_headings_are_the_same_words_in_the_same_order(
    found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement
) -> None:
    heads = [h.xpath("string(span)").split("　", 1)[1] for h in web.xpath("//h2")]
    assert heads == [
        "四半期ごとの推移", "分野別", "遅延・課題のある取組と対応策", "次年度に費用がかかる施策", "成果目標",
        "部署別（建制順）", "CIO補佐への支援依頼", "前回の確定報告から変わったもの", "担当者用：未提出の施策",
        "担当者用：データの点検で残っている指摘", "実績を待つ成果目標：37項目、目標のない成果目標：1項目", "取組の一覧",
    ]  # fmt: skip
    overview = {row[0] for row in book["概要"].iter_rows(values_only=True)}
    titles = [sheet["A1"].value.replace("付表　", "") for sheet in book.worksheets[1:]]
    assert [h for h in heads if h in titles] == [t for t in titles if t in heads]
    assert {h for h in heads if h not in titles} - overview == {"CIO補佐への支援依頼", "取組の一覧"}
    for sentence in (words.results(found.results), words.since(found.since), words.coordination(found.coordination)):
        assert squeezed(sentence) in squeezed(web.text_content())
        assert any(sheet["A2"].value == sentence for sheet in book.worksheets)


@pytest.mark.quick
def test_which_word_a_late_activity_has_is_said_where_more_than_one_means_late(
    web: lxml_html.HtmlElement, book: openpyxl.Workbook
) -> None:
    """大幅遅延 beside 進捗遅延・課題あり: Excel and HTML say which; with one such word they say nothing more."""
    settings = replace(
        SETTINGS, progress_words=(*SETTINGS.progress_words, ProgressWord("大幅遅延", needs_countermeasure=True))
    )
    measures = edited(real(), {"01-07": {"activity.progress/K2/1": "大幅遅延"}})
    two = figures(in_memory(measures, settings), 1, NOW)
    said = ["進捗遅延・課題あり"] * 5
    said[[x.measure.id for x in two.late].index("01-07")] = "大幅遅延"
    in_excel = listed(opened(excel(two)), "遅延・課題のある取組と対応策")
    in_html = rows_of(parsed(two), "late-rows")
    for x, word, cells, row in zip(two.late, said, in_excel, in_html, strict=True):
        assert cells[2] == f"{x.name}（{word}）\n{x.plan}"
        assert row[1] == squeezed(f"{x.name}{word}{x.plan}")
    assert not any("課題あり" in row[1] for row in rows_of(web, "late-rows"))
    assert not any("課題あり" in row[2] for row in listed(book, "遅延・課題のある取組と対応策")[:3])


def test_a_report_of_nothing_is_a_report() -> None:
    """An empty master: the verdict says so, and no format fails."""
    empty = figures(in_memory([]), 2, NOW)
    assert pdf(empty, TYPST)
    book = opened(excel(empty))
    assert book.sheetnames == ["概要"]
    assert book["概要"]["A2"].value == "この四半期に実施している施策はありません。"
    assert parsed(empty).xpath("string(//p[@class='verdict'])") == "この四半期に実施している施策はありません。"
    assert replace(empty, final_id="F0001").title == empty.title

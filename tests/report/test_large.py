"""The report of a prefecture, with 40 times as many measures: the first page stays one page, and long lists stay readable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from lxml import html as lxml_html

from dxreport.report import html as html_module
from dxreport.report import pdf as pdf_module
from dxreport.report.excel import excel
from dxreport.report.figures import figures
from dxreport.report.html import html
from dxreport.report.pdf import pdf
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.report.test_pdf import outside_or_overlapping, read, squeezed
from tests.support.many import copied
from tests.support.report_book import opened
from tests.support.scenes import first_quarter

JULY = datetime(2022, 7, 19, 9)
TYPST, JINJA = (bundled("templates") / module.TEMPLATE for module in (pdf_module, html_module))
pytestmark = [pytest.mark.pdf, pytest.mark.slow]


@pytest.fixture(scope="module")
def found() -> Figures:
    """1,040 measures with 2,160 activities due, 200 of them late, in 680 departments."""
    return figures(copied(40), 1, JULY, coordinator=True)


@pytest.fixture(scope="module")
def pages(found: Figures) -> list[str]:
    """The pages of the PDF as they are copied out of it."""
    return read(pdf(found, TYPST)).split("\f")[:-1]


@pytest.fixture(scope="module")
def page(found: Figures) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html(found, JINJA).decode("utf-8"))


def section(pages: list[str], heading: str, after: str) -> list[str]:
    """The pages from the one with a heading to the one with the heading after it, the last one included."""
    first, last = (next(n for n, text in enumerate(pages) if head in squeezed(text)) for head in (heading, after))
    return pages[first : last + 1]


def test_each_number_is_written_in_one_way(pages: list[str], page: lxml_html.HtmlElement) -> None:
    """1,160 of the 1,280 activities of 分野 01 go as planned."""
    first = pages[0].split("遅延・課題のある取組と対応策")[0]
    assert "1,160／1,280" in squeezed(first) and "1,960" in first and "2,160" in first
    assert not re.search(r"(?<![\d-])\d{4}", first)
    counts = [cell.text_content() for cell in page.xpath("//table[caption/@id='by-area']//td[@class='of']")]
    assert counts == ["1,160／1,280", "400／400", "400／480", "–"]
    assert "付表　取組の一覧2,560取組" in page.xpath("string(//h2[@id='all'])")


def test_a_card_has_its_number_and_its_unit_each_on_one_line(found: Figures, pages: list[str]) -> None:
    """Of four digits, then of five."""
    assert {"／ 2,160 取組", "取組（160施策）", "／ 1,040 施策"} <= set(pages[0].split("\n"))
    whole = found.overview.whole
    more = replace(whole, standings=replace(whole.standings, on_track=21_960))
    larger = replace(found, overview=replace(found.overview, whole=more, departments=()), results=replace(found.results, outcomes=()), budgets=(), coordination=None)
    data = pdf(larger, TYPST)
    [first, *_] = read(data).split("\f")
    assert {"21,960", "／ 22,160 取組"} <= {line.strip() for line in first.split("\n")}


def test_a_measure_id_has_room_and_is_not_broken(found: Figures, pages: list[str], page: lxml_html.HtmlElement) -> None:
    """The list of the numbers has the narrowest column."""
    few = replace(found, overview=replace(found.overview, departments=()), activities=found.activities[:0], budgets=found.budgets[:40], coordination=None)
    few = replace(few, results=replace(found.results, outcomes=found.results.outcomes[:60]))
    assert outside_or_overlapping(pdf(few, TYPST)) == []
    assert "01-1001" in "".join(pages)


def test_a_column_of_the_workbook_is_as_wide_as_the_longest_id(found: Figures) -> None:
    """04-1002※ takes 9 digits; 04-02※ fits in the usual width."""
    assert opened(excel(found))["支援依頼"].column_dimensions["B"].width > 10
    assert opened(excel(figures(first_quarter(), 1, JULY)))["支援依頼"].column_dimensions["B"].width < 9

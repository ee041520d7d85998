"""The report of a prefecture, with 40 times as many measures: the first page stays one page, and long lists stay readable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from lxml import html as lxml_html

from dxreport.report import html as html_module
from dxreport.report import pdf as pdf_module
from dxreport.report import words
from dxreport.report.excel import excel
from dxreport.report.figures import figures
from dxreport.report.html import html
from dxreport.report.pdf import pdf
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.support.many import copied
from tests.support.measures import with_texts
from tests.support.printed import outside_or_overlapping, read, squeezed
from tests.support.report_book import opened, table
from tests.support.scenes import edited, first_quarter, in_memory, real

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
    """What the pages say from a heading to the one after it, without white space."""
    text = "\f".join(map(squeezed, pages))
    begin = text.index(heading)
    end = text.index(after, begin) if after else len(text)
    return [page for page in text[begin:end].split("\f") if page]


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
    larger = replace(
        found,
        overview=replace(found.overview, whole=more, departments=()),
        results=replace(found.results, outcomes=()),
        budgets=(),
        coordination=None,
    )
    data = pdf(larger, TYPST)
    [first, *_] = read(data).split("\f")
    assert {"21,960", "／ 22,160 取組"} <= {line.strip() for line in first.split("\n")}


def test_a_measure_id_has_room_and_is_not_broken(found: Figures, pages: list[str], page: lxml_html.HtmlElement) -> None:
    """The list of the numbers has the narrowest column."""
    few = replace(
        found,
        overview=replace(found.overview, departments=()),
        activities=found.activities[:0],
        budgets=found.budgets[:40],
        coordination=None,
    )
    few = replace(few, results=replace(found.results, outcomes=found.results.outcomes[:60]))
    assert outside_or_overlapping(pdf(few, TYPST)) == []
    assert "01-1001" in "".join(pages)


def test_a_column_of_the_workbook_is_as_wide_as_the_longest_id(found: Figures) -> None:
    """04-1002※ takes 9 digits; 04-02※ fits in the usual width."""
    assert opened(excel(found))["支援依頼"].column_dimensions["B"].width > 10
    assert opened(excel(figures(first_quarter(), 1, JULY)))["支援依頼"].column_dimensions["B"].width < 9


def test_late_measures_too_many_to_be_named_are_counted(
    found: Figures, pages: list[str], page: lxml_html.HtmlElement
) -> None:
    """80 of 分野 01 with 120 late activities, 80 of 分野 03; the list is where the PDF, HTML and workbook say."""
    first, *others = squeezed(pages[0]).split("2遅延・課題のある取組と対応策")
    assert "120取組（80施策）一覧は下の節" in first and "80取組（80施策）" in first
    assert "01-1007" not in first and "01-1007" in others[0]
    told = [td.text_content().strip() for td in page.xpath("//table[caption/@id='by-area']//td[div]/div[b]")]
    assert told == ["120取組（80施策）　一覧", "80取組（80施策）　一覧"]
    assert (
        page.xpath("//table[caption/@id='by-area']//a/@href") == ["#late"] * 2
        and page.get_element_by_id("late") is not None
    )
    assert "斜線の横は" not in page.xpath("string(//section[@aria-labelledby='areas'])")
    areas = table(opened(excel(found)), "分野別")
    assert (
        areas[0]["遅延・課題のある施策"] == "120取組（80施策）。一覧は「概要」シート"
        and areas[1]["遅延・課題のある施策"] is None
    )


def test_fifteen_late_measures_are_still_named() -> None:
    texts = {f"01-1{n}": {"activity.progress/K1/1": "進捗遅延・課題あり"} for n in range(10, 26)}
    one = next(m for m in real() if m.id == "01-01")
    many = [with_texts(one, {"id": id_}) for id_ in texts]
    some = figures(in_memory(edited(many, dict(list(texts.items())[:15]))), 1, JULY)
    assert words.late_told(some, some.overview.areas[0]).split("　") == list(texts)[:15]
    more = figures(in_memory(edited(many, texts)), 1, JULY)
    assert words.late_told(more, more.overview.areas[0]) == "16取組（16施策）"
    assert words.late_ids(more.late, more.overview.areas[0]).count("　") == 15  # as templates of before call it


def test_a_long_measure_id_is_copied_as_written() -> None:
    measures = [with_texts(m, {"id": m.id.replace("-", "-0000")}) for m in real()]
    text = read(pdf(figures(in_memory(measures), 1, JULY), TYPST))
    assert "01-000007" in text and "\u200b" not in text


def test_every_page_of_a_long_list_says_what_it_shows(pages: list[str]) -> None:
    """Departments, costs, requests and the numbers go on for pages."""
    for heading, after, said in (
        ("3次年度に費用がかかる施策", "4部署別（建制順）", "施策部署調達内容"),
        ("4部署別（建制順）", "5CIO補佐への支援依頼", "数字は予定通り／実施予定"),
        ("5CIO補佐への支援依頼", "6担当者用：未提出の施策", "部署支援内容4月"),
        ("付表成果目標（数値）", "付表成果目標（文のあるもの）", "○ほかの年度の目標"),
        ("付表調達内容の全文", "", "部署調達内容"),
    ):
        of = section(pages, heading, after)
        assert len(of) > 2 and all(said in page for page in of), heading
    departments = section(pages, "4部署別（建制順）", "5CIO補佐への支援依頼")
    assert all(page.startswith("部署別（建制順）") for page in departments[1:])


def test_a_list_in_two_columns_is_read_down_each_page(found: Figures, pages: list[str]) -> None:
    """建制順 goes on from the left column to the right, and from there to the next page."""
    names = [name for name in (t.name for t in found.overview.departments) if len(name) < 8]
    text = "".join(section(pages, "4部署別（建制順）", "5CIO補佐への支援依頼"))
    at = [text.index(name) for name in names]
    assert at == sorted(at) and len(at) > 300


def test_a_note_is_printed_once_for_all_that_it_is_about(found: Figures, pages: list[str]) -> None:
    """04-02 asks for support though 依頼有無 says 無, 40 times; two activities are reported without a plan, as often."""
    ids = [f"04-{n}02" for n in range(10, 20)]
    [said] = words.support_doubts(found)
    assert said.startswith("、".join(ids) + "　ほか30件　依頼有無が「無」ですが、")
    text = squeezed("".join(pages))
    assert text.count("依頼有無が「無」ですが、支援依頼の時期") == 1 + text.count("W104")
    assert len(words.doubts(found)) == 2 and all("　ほか30件　" in note for note in words.doubts(found))
    assert words.doubts(figures(first_quarter(), 1, JULY))[0].startswith("01-12「ネットワーク強化」　作業予定は")


def test_a_chart_that_cannot_be_read_gives_way_to_bars_in_the_cells(found: Figures) -> None:
    """680 departments; of 40 there is a chart, of 41 there is none."""
    overview = found.overview
    for count, drawn in ((len(overview.departments), False), (41, False), (40, True)):
        few = replace(found, overview=replace(overview, departments=overview.departments[:count]))
        book = opened(excel(few))
        assert bool(book["部署別"]._charts) is drawn, count
        rules = [rule for of in book["部署別"].conditional_formatting for rule in of.rules]
        assert any(rule.type == "dataBar" for rule in rules) is not drawn
        assert len(book["概要"]._charts) == 1  # of the four 分野


def test_open_points_of_one_code_are_grouped(found: Figures, pages: list[str], page: lxml_html.HtmlElement) -> None:
    """40 measures ask for support though 依頼有無 says 無; the workbook lists every point."""
    extra = found.coordination
    assert extra is not None
    [group] = [g for g in extra.groups if g.code == "W104"]
    assert (group.count, group.more, group.alike) == (40, 30, True)
    assert [p.measure.id for p in group.named] == [f"04-{n}02" for n in range(10, 20)]
    assert not next(g for g in extra.groups if g.code == "W301").alike  # each names its own measure
    assert len(extra.single) + sum(g.count for g in extra.groups) == len(extra.points)
    text = "".join(section(pages, "7担当者用：データの点検で残っている指摘", "付表成果目標（数値）"))
    assert text.count("依頼有無が「無」ですが、支援依頼の時期・支援内容が記入されています。") == 1
    assert all(f"04-{n}02" in text for n in range(10, 20)) and "04-2002" not in text.replace("施策04-2002", "")
    cells = page.xpath("//table[caption/@id='point-groups']/tbody/tr[th='W104']/td")
    assert cells[0].text_content() == "40" and cells[2].text_content().endswith("ほか30件")
    assert [row["番号"] for row in table(opened(excel(found)), "点検")].count("W104") == 40


def test_few_open_points_are_listed_one_by_one() -> None:
    extra = figures(first_quarter(), 1, JULY, coordinator=True).coordination
    assert extra is not None and extra.single == extra.points and not extra.groups


def test_more_areas_than_a_page_holds_have_their_legend_on_each() -> None:
    """30 分野 of 14 measures each, with several lines of late ones; no row is split."""
    late = {"activity.progress/K1/1": "進捗遅延・課題あり"}
    one = next(m for m in real() if m.id == "01-01")
    many = [with_texts(one, late | {"id": f"{area:02}-{n:04}"}) for area in range(1, 31) for n in range(10, 24)]
    pages = read(pdf(figures(in_memory(many), 1, JULY), TYPST)).split("\f")[:-1]
    of = section(pages, "1分野別", "2遅延・課題のある取組と対応策")
    assert len(of) > 1 and all("進捗遅延・課題あり" in page[:60] for page in of)
    for area in range(1, 31):
        [page] = [page for page in of if f"{area:02}-0010" in page]
        assert f"{area:02}-0023" in page

"""The report as HTML: the figures are all there, it needs nothing else, and a browser filters and prints it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest
from lxml import html as lxml_html

from dxreport.domain.errors import DxreportError
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, ProgressWord
from dxreport.report.activity_records import Category, Progress
from dxreport.report.figures import figures
from dxreport.report.finals import Final, final_data
from dxreport.report.html import TEMPLATE, html, looks, path
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.support.many import copied
from tests.support.measures import with_texts
from tests.support.scenes import SETTINGS, built, first_quarter, in_memory, real, third_quarter

TEMPLATE_PATH = bundled("templates") / TEMPLATE
NOW = datetime(2022, 7, 19, 10)
CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Figures:
    """Of 第3四半期, with all that a report can hold."""
    before = first_quarter()
    kept = json.loads(final_data(before, replace(figures(before, 1, NOW), final_id="F0001")))
    final = Final(**{f.name: kept[f.name] for f in fields(Final)})
    return figures(third_quarter(), 3, NOW, previous_final=final, coordinator=True)


@pytest.fixture(scope="module")
def made(found: Figures) -> str:
    return html(found, TEMPLATE_PATH).decode("utf-8")


@pytest.fixture(scope="module")
def page(made: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(made)


def rows(page: lxml_html.HtmlElement, caption: str) -> list[list[str]]:
    """The body of the table with this id of its caption, as texts without white space."""
    table = page.xpath(f"//table[caption/@id='{caption}']")[0]
    return [["".join(c.text_content().split()) for c in row] for row in table.xpath("tbody/tr")]


def squeezed(*texts: object) -> list[str]:
    return ["".join(str(text).split()) for text in texts]


def marks(svg: lxml_html.HtmlElement) -> Counter[str]:
    """The squares of a drawing, by their pattern."""
    return Counter(use.get("href").removeprefix("#mark-") for use in svg.iter("use"))


@pytest.fixture(scope="module")
def first() -> lxml_html.HtmlElement:
    """The real 第1四半期."""
    return lxml_html.document_fromstring(html(figures(first_quarter(), 1, NOW), TEMPLATE_PATH).decode("utf-8"))


def test_the_first_screen_answers(first):
    """Counted in the master: 54 activities due, 49 on plan, 5 late in 4 measures, 10 of 26 measures cost money."""
    main = first.get_element_by_id("main")
    assert [child.get("class") for child in main][:2] == ["verdict", "cards"]
    assert [span.text_content() for span in main[0]] == [
        "実施予定の54取組のうち、49（90.7%）が予定通り。", "遅延・課題は5取組で、対応策はすべて記入されています。",
    ]  # fmt: skip
    numbers = ["".join(dd.text_content().split()) for dd in first.xpath("//dd[@class='number']")]
    assert numbers == ["49／54取組", "5取組（4施策）", "初回", "10／26施策"]


def test_one_square_is_one_activity(first):
    """分野 01 has 32 due, 3 of them late, and 2 without a plan; 04 has nothing due and 6 without a plan."""
    areas = first.xpath("//table[caption/@id='by-area']/tbody/tr")
    drawn = [[marks(svg) for svg in tr.xpath(".//svg")] for tr in areas]
    assert drawn[0] == [{"on_track-0": 29, "late-0": 3}, {"no_plan-0": 2}]
    assert drawn[1:3] == [[{"on_track-0": 10}, {"no_plan-0": 2}], [{"on_track-0": 10, "late-0": 2}]]
    assert drawn[3] == [{"no_plan-0": 6}] and "実施する予定の取組はありません" in areas[3].text_content()
    assert "01-07　01-09（2）" in areas[0].text_content()
    departments = {li[0].text_content(): li for li in first.xpath("//ul[@class='departments']/li")}
    assert len(departments) == 17
    one = departments["経営改革課"]
    assert [marks(svg) for svg in one.iter("svg")] == [{"on_track-0": 9, "late-0": 1}, {"no_plan-0": 3}]
    assert one.get("class") == "late" and one[2].text_content() == "9／10"
    assert departments["職員課"][2].text_content() == "–"
    assert one.xpath(".//svg/@aria-label")[0] == "予定通り 9、進捗遅延・課題あり 1"


def test_more_than_forty_activities_in_a_row_are_bars(found):
    """Three times the 14 measures of 分野 01, 29 activities on plan and 3 late each time: a bar."""
    measures = [m for m in real() if m.id.startswith("01")] * 3
    many = [Measure(m.values() | {Ref("id"): f"01-{n}"}) for n, m in enumerate(measures, 10)]
    page = lxml_html.document_fromstring(html(figures(in_memory(many), 1, NOW), TEMPLATE_PATH).decode("utf-8"))
    [tr] = page.xpath("//table[caption/@id='by-area']/tbody/tr")
    widths = [rect.get("width") for rect in tr.xpath(".//svg[@class='bar']/rect")]
    assert widths == [f"{round(n / 96 * 100, 3)}%" for n in (29 * 3, 3 * 3)]


def test_no_count_is_printed_twice(first):
    """Numbers stand beside their drawing, and in no table of the same."""
    text = "".join(first.get_element_by_id("main").text_content().split())
    assert text.count("49（90.7%）") == text.count("29／32") == text.count("9／10") == 1
    assert not first.xpath("//table[contains(@class, 'numbers')]")


def test_quarters_are_columns_from_the_second_on(page, first):
    assert not first.xpath("//ol[@class='trend']")
    said = ["".join(li.text_content().split()) for li in page.xpath("//ol[@class='trend']/li")]
    assert said == ["90.7%遅延549第1四半期令和４年度", "94.5%遅延252第2四半期", "89.5%遅延351第3四半期"]
    heights = [
        {rect.get("class"): float(rect.get("height").rstrip("%")) for rect in li.iter("rect")}
        for li in page.xpath("//ol[@class='trend']/li")
    ]
    assert heights[0] == pytest.approx({"on_track": 49 / 57 * 100, "late": 5 / 57 * 100}, abs=0.001)
    assert sum(heights[2].values()) == pytest.approx(100, abs=0.01)
    keys = page.xpath("//section[@aria-labelledby='trend']//span[@class='key']")
    assert [key.text_content() for key in keys] == ["未報告", "設定にない語", "報告事項なし"]


def test_the_past_of_a_late_activity_is_a_row_of_squares(page):
    """01-07 was late in all three quarters, 01-09 in the first and the third, 03-03 in the first and the third."""
    lines = page.xpath("//table[caption/@id='late-rows']/tbody/tr")
    past = [[use.get("href")[6:] for use in tr.iter("use")] for tr in lines]
    assert past == [["late-0"] * 3, ["late-0", "on_track-0", "late-0"], ["late-0", "unreported-0", "late-0"]]
    assert lines[1].xpath(".//svg/@aria-label") == [
        "令和４年度第1四半期 遅延・課題あり、令和４年度第2四半期 予定通り、令和４年度第3四半期 遅延・課題あり"
    ]


def test_a_line_joins_the_targets_and_results_stand_on_its_scale(found):
    """01-01 ①: 30,000, 35,000, 40,000, 45,000 千円, and 29,000 in the first year: from 82 % down to 18 % of the height."""
    [outcome] = [o for o in found.results.outcomes if (o.measure.id, o.number) == ("01-01", "①")]
    assert path(outcome, "target") == (
        ("12.50", "78.0", "open"), ("37.50", "58.0", "open"), ("62.50", "38.0", "open"), ("87.50", "18.0", "open"),
    )  # fmt: skip
    assert path(outcome, "actual") == (("12.50", "82.0", "open"),)


def test_the_lists_are_those_of_the_figures(page, found):
    assert [r[1:] for r in rows(page, "late-rows")] == [
        squeezed(f"{x.name}{x.plan}", x.since_when, x.answer, x.next_plan) for x in found.late
    ]
    assert [r for r in rows(page, "all-rows") if len(r) > 1] == [
        squeezed(x.name, x.plan, x.category.label, "" if x in found.late else x.countermeasure)
        for x in found.activities
    ]
    for caption, outcomes in (("result-rows", found.results.reported), ("waiting-rows", found.results.waiting)):
        texts = [r for r in rows(page, caption) if len(r) > 1]
        for row, outcome in zip(texts, outcomes, strict=True):
            assert row[0] == squeezed(f"{outcome.number}{outcome.years[0].indicator}")[0]
            for cell, year in zip(row[1:], outcome.years, strict=False):
                for said in squeezed(year.target, f"実績{year.actual}" if year.actual.strip() else ""):
                    assert said in cell
    assert [r[1:] for r in rows(page, "budget-rows")] == [
        squeezed(b.measure.department, b.procurement) for b in found.budgets
    ]
    assert [r[1:3] for r in rows(page, "support-rows")] == [
        squeezed(s.content, p.label) for p in found.support for s in p.requests
    ]
    assert [r[1:] for r in rows(page, "change-rows")] == [
        squeezed(c.kind, c.label, c.before, c.after) for c in found.since.edited
    ]
    assert [r[1:] for r in rows(page, "missing-rows")] == [
        squeezed(m.measure.department, m.state) for m in found.coordination.missing
    ]
    assert len(rows(page, "point-rows")) == len(found.coordination.points) > 0


def test_requests_are_drawn_over_their_months(page):
    """7月～3月: from the fourth month of the year, nine months long."""
    [first, second, *_] = page.xpath("//table[caption/@id='support-rows']//td[@class='months']/svg/rect")
    assert (first.get("x"), first.get("width")) == ("25.0%", "75.0%")
    assert (second.get("x"), second.get("width")) == ("33.333%", "25.0%")  # 8月～10月


def test_what_has_nothing_to_say_has_no_section(first):
    ids = first.xpath("//h2/@id")
    assert ids == ["areas", "late", "money", "departments", "support", "waiting", "all"]
    assert [h.xpath("string(span)")[:2] for h in first.xpath("//h2")] == [
        "1　",
        "2　",
        "3　",
        "4　",
        "5　",
        "付表",
        "付表",
    ]
    assert not re.search(r"\d{4}-\d\d-\d\d|\d{4}年", first.xpath("string(//body)"))


def test_a_template_of_before_still_works(found, tmp_path):
    """Names and calls of earlier templates, which offices have copied."""
    (tmp_path / TEMPLATE).write_text(
        "{% set overview, results = report.overview, report.results %}"
        "{{ words.sentence(overview, report.names) }}{{ words.remarks(overview, report.names) }}"
        "{{ words.turn(overview, report.names) }}{{ words.late(report) }}{{ words.results(results) }}{{ words.kind(report) }}"
        "{{ words.stamp(report) }}{{ words.share(1, 2) }}{{ words.since(report.since) }}{{ words.signed(1) }}"
        "{% for c in overview.categories %}{{ looks[loop.index0] }}{{ looks_of(overview.categories)[loop.index0] }}"
        "{{ place(c) }}{% endfor %}"
        "{% for t in overview.quarters + overview.areas + overview.departments %}{{ t.name }}{{ t.activity_total }}{% endfor %}"
        "{% for x in report.late %}{{ x.answer }}{{ x.streak_text }}{{ progress(x.measure.id, '') }}{% endfor %}"
        "{% for o in results.outcomes %}{{ words.verdict(o.years[results.this_year]) }}{% endfor %}",
        encoding="utf-8",
    )
    assert "3四半期目" in html(found, tmp_path / TEMPLATE).decode("utf-8")


def test_the_council_does_not_read_what_is_the_coordinators(found):
    council = html(replace(found, coordination=None), TEMPLATE_PATH).decode("utf-8")
    assert "未提出" not in council
    assert "会議用" in council


def test_it_asks_for_nothing_from_anywhere(made, page):
    assert not re.search(r"https?:|@import|url\((?!#)|<(?:iframe|object|embed|base|audio|video)\b", made)
    assert not page.xpath("//script/@src | //img")
    assert [link.get("href") for link in page.xpath("//link")] == ["data:,"]
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")


def test_what_people_wrote_is_text_and_never_markup():
    hostile = "<script>alert(1)</script>\"'&amp;"
    changed = [with_texts(m, {"name": hostile, "procurement": hostile}) for m in real()]
    made = html(figures(built(changed), 1, NOW), TEMPLATE_PATH).decode("utf-8")
    page = lxml_html.document_fromstring(made)
    assert len(page.xpath("//script")) == 1
    assert page.xpath("//table[caption/@id='budget-rows']//td[2]")[0].text_content() == hostile


def test_it_can_be_read_without_eyes_and_used_without_a_mouse(page):
    assert page.xpath("/html/@lang") == ["ja"]
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert {a.lstrip("#") for a in page.xpath("//a/@href")} <= set(ids)
    for table in page.xpath("//table"):
        assert table.xpath("string(caption)").strip()
        assert not table.xpath(".//th[not(@scope)]")
        assert not table.xpath("thead//td | tbody/tr[not(th) and not(../tr[1]/th[@scope='rowgroup'])]")
    assert all(select.xpath("parent::label/text()") for select in page.xpath("//select"))
    assert not page.xpath("//svg[not(@aria-hidden='true') and not(@role='img' and @aria-label)]")
    assert len(page.xpath("//main")) == len(page.xpath("//h1")) == len(page.xpath("//header")) == 1
    assert page.xpath("//a[@class='skip']/@href") == ["#main"]


def test_text_stands_out_from_what_is_behind_it(made):
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", made))
    for text in ("ink", "faint", "link"):
        for behind in ("#ffffff", colours["panel"]):
            assert _contrast(colours[text], behind) >= 4.5, (text, behind)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3: contrast ratio of two colours ``#rrggbb``."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_category_has_a_pattern_of_its_own(made, page):
    words_of_settings = [Category(f"語{n}", s) for n, s in enumerate((Progress.ON_TRACK,) * 2 + (Progress.LATE,) * 3)]
    others = [Category(s.value, s) for s in Progress if s not in (Progress.ON_TRACK, Progress.LATE)]
    patterns = looks([*words_of_settings, *others])
    assert len(set(patterns)) == len(patterns)
    assert set(patterns) <= set(page.xpath("//pattern/@id"))
    assert set(re.findall(r"url\(#([\w-]+)\)", made)) <= set(page.xpath("//pattern/@id"))


@pytest.fixture
def edited(tmp_path):
    """The template with a change of no effect: it is rendered in the sandbox."""
    copy = tmp_path / TEMPLATE
    copy.write_text("{# ours #}" + TEMPLATE_PATH.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def test_thousands_of_activities_are_within_the_budget_of_the_template(found, edited):
    """Of time and of size: all the sections together are one value of more than 1,000,000 characters."""
    many = replace(found, activities=found.activities * 60, overview=replace(found.overview, departments=()))
    made = html(many, edited).decode("utf-8")
    page = lxml_html.document_fromstring(made)
    assert made == html(many, TEMPLATE_PATH).decode("utf-8")
    assert len(made) > 1_000_000 and len(rows(page, "all-rows")) >= len(many.activities)


def test_the_same_figures_give_the_same_bytes(found, made):
    assert html(found, TEMPLATE_PATH).decode("utf-8") == made


def test_a_faulty_template_is_named_with_its_line(found, tmp_path):
    for wrong in (
        "{{ report.titel }}", "{{ nothing }}", "{% if %}", "{{ 1 / 0 }}", "{{ report.title + 1 }}", "{{ words.share(1) }}",
        "{{ report.title.__class__.mro() }}", "{{ place('') }}", "{% include 'x' %}",
    ):  # fmt: skip
        (tmp_path / TEMPLATE).write_text(f"<p>\n{wrong}\n", encoding="utf-8")
        with pytest.raises(DxreportError) as caught:
            html(found, tmp_path / TEMPLATE)
        assert TEMPLATE in caught.value.message and "（2 行目: " in caught.value.message, wrong
        assert "\n" not in caught.value.message and caught.value.fix


def test_a_template_that_is_not_utf_8_is_named(found, tmp_path):
    (tmp_path / TEMPLATE).write_bytes("<p>報告書</p>".encode("cp932"))
    with pytest.raises(DxreportError, match=re.escape(TEMPLATE)) as caught:
        html(found, tmp_path / TEMPLATE)
    assert "UTF-8" in caught.value.fix


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[str, list[str]]]:
    """``browser(html, script, pdf=None)``: the page after ``script`` ran in it, and what its console said."""

    def run(text: str, script: str = "", pdf: Path | None = None) -> tuple[str, list[str]]:
        folder = tmp_path_factory.mktemp("chromium")
        (folder / "report.html").write_text(f"{text}<script>{script}</script>", encoding="utf-8")
        what = ["--no-pdf-header-footer", f"--print-to-pdf={pdf}"] if pdf else ["--dump-dom"]
        command = [*CHROMIUM, f"--user-data-dir={folder / 'profile'}", *what, (folder / "report.html").as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=180, check=True)
        said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if ":CONSOLE" in line]
        return done.stdout.decode("utf-8"), said

    return run


_TRY_FILTERS = """
const form = document.getElementById("filter"), out = [];
const shown = () => Object.fromEntries([...document.querySelectorAll("table.rows")].map(t =>
  [t.caption.id, [...t.querySelectorAll("tbody tr")].filter(r => r.offsetParent).length]));
const pick = wanted => {
  for (const select of form.querySelectorAll("select")) select.value = wanted[select.name] || "";
  form.dispatchEvent(new Event("change", {bubbles: true}));
  out.push({...shown(), said: document.getElementById("shown").textContent});
};
%s.forEach(pick);
document.body.replaceChildren(Object.assign(document.createElement("pre"), {id: "out", textContent: JSON.stringify(out)}));
"""


@pytest.mark.chromium
def test_the_filters_show_the_rows_that_fit(browser, made, found):
    late = next(n for n, c in enumerate(found.overview.categories) if c.standing is Progress.LATE)
    wanted = [
        {},
        {"department": "経営改革課"},
        {"area": found.overview.areas[2].name},
        {"progress": str(late)},
        {"department": "経営改革課", "area": found.overview.areas[2].name, "progress": str(late)},
        {"department": "管財課", "progress": str(late)},
        {},
    ]
    dom, said = browser(made, _TRY_FILTERS % json.dumps(wanted))
    assert said == []
    seen = json.loads(lxml_html.document_fromstring(dom).xpath("string(//pre[@id='out'])"))
    for one, choice in zip(seen, wanted, strict=True):
        fitting = [x for x in found.activities if _fits(x, choice, found)]
        ids = {x.measure.id for x in fitting}
        expected = Counter({"all-rows": len(fitting), "late-rows": sum(x in found.late for x in fitting)})
        for caption, outcomes in (("result-rows", found.results.reported), ("waiting-rows", found.results.waiting)):
            fit = [o for o in outcomes if o.measure.id in ids]
            lines = sum(1 + o.has_path for o in fit)  # its texts, and its drawing
            expected[caption] = lines + len({o.measure.id for o in fit})
        expected["all-rows"] += len(ids)
        expected["budget-rows"] = sum(b.measure.id in ids for b in found.budgets)
        assert {name: one[name] for name in expected} == expected, choice
        assert (
            one["said"].endswith(f"（{len(found.activities)} 取組のうち {len(fitting)} 取組）")
            if choice
            else one["said"] == ""
        )


def _fits(line, choice, found: Figures) -> bool:
    return (
        line.measure.department == choice.get("department", line.measure.department)
        and line.measure.area == choice.get("area", line.measure.area)
        and found.overview.categories.index(line.category)
        == int(choice.get("progress", found.overview.categories.index(line.category)))
    )


@pytest.mark.chromium
def test_it_prints_whole_with_its_headings_on_every_page(browser, made, found, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is needed")
    _, said = browser(made, pdf=tmp_path / "report.pdf")
    assert said == []
    assert _outside(tmp_path / "report.pdf") == []
    pages = [_squeezed_page(text) for text in _pdf_text(tmp_path / "report.pdf").split("\f")[:-1]]
    assert len(pages) > 3
    whole = "".join(pages)
    for x in found.activities:
        assert "".join(x.name.split()) in whole
    heads = "評価項目令和４年度令和５年度令和６年度令和７年度"
    indicators = ["".join(o.years[0].indicator.split()) for o in found.results.waiting]
    begin, end = (next(n for n, p in enumerate(pages) if f"付表{head}" in p) for head in ("実績を待つ", "取組の一覧"))
    waiting = [p for p in pages[begin:end] if any(text in p for text in indicators)]
    assert len(waiting) > 1
    assert all(heads in p for p in waiting)
    assert all(f"{n}/{len(pages)}頁" in p for n, p in enumerate(pages, 1))


@pytest.mark.chromium
@pytest.mark.parametrize("more", [5, 12])
def test_it_prints_whole_with_more_words_and_longer_names(browser, tmp_path, more):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is needed")
    progress = (*SETTINGS.progress_words, *(ProgressWord(f"語その{n}の状況") for n in range(more)))
    names = {code: "地域社会のデジタル化による市民生活の向上のための取組" for code in SETTINGS.areas}
    found = figures(built(real(), replace(SETTINGS, progress_words=progress, areas=names)), 2, NOW)
    browser(html(found, TEMPLATE_PATH).decode("utf-8"), pdf=tmp_path / "report.pdf")
    assert _outside(tmp_path / "report.pdf") == []
    text = _squeezed_page(_pdf_text(tmp_path / "report.pdf"))
    assert text.count("地域社会のデジタル化による市民生活の向上のための取組") == 4  # the 分野, whole


@pytest.mark.chromium
def test_what_is_printed_is_what_is_filtered(browser, made, found, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is needed")
    script = 'document.querySelector("[name=department]").value = "管財課"; document.getElementById("filter").dispatchEvent(new Event("change"));'
    browser(made, script, tmp_path / "report.pdf")
    text = _squeezed_page(_pdf_text(tmp_path / "report.pdf"))
    assert f"絞り込み：部署管財課（{len(found.activities)}取組のうち2取組）" in text
    assert "03-02" in text
    assert "01-01" not in text


_BROKEN = r"""
const broken = [], walk = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
while (walk.nextNode()) for (const found of walk.currentNode.data.matchAll(/\d\d-\d{4}/g)) {
  const range = document.createRange();
  range.setStart(walk.currentNode, found.index);
  range.setEnd(walk.currentNode, found.index + found[0].length);
  if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(found[0]);
}
document.body.replaceChildren(Object.assign(document.createElement("pre"), {id: "out", textContent: JSON.stringify(broken)}));
"""


@pytest.mark.chromium
def test_a_browser_breaks_no_measure_id(browser):
    """Fourteen late measures are named in lines of several IDs each."""
    few = figures(copied(7), 1, NOW)
    late = {x.measure.id for x in few.late if x.measure.id.startswith("01")}
    assert len(late) == 14
    dom, said = browser(html(few, TEMPLATE_PATH).decode("utf-8"), _BROKEN)
    assert said == [] and lxml_html.document_fromstring(dom).xpath("string(//pre[@id='out'])") == "[]"


def _pdf_text(pdf: Path, *options: str) -> str:
    command = ["pdftotext", "-enc", "UTF-8", *(options or ["-raw"]), str(pdf), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")


def _squeezed_page(text: str) -> str:
    return "".join(text.split())


def _outside(pdf: Path) -> list[str]:
    """Words in the left or right margin of an A4 page (595 × 842 points), and pages with ink at an edge.

    At top and bottom the ink counts: the boxes of words are as tall as their font says, not as their letters.
    """
    box = r'xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)" yMax="[\d.-]+">(.*?)</word>'
    found = re.findall(box, _pdf_text(pdf, "-bbox"))
    return [w for left, right, w in found if float(left) < 30 or float(right) > 565] + _inked_edges(pdf)


def _inked_edges(pdf: Path) -> list[str]:
    """The pages that are not white within 30 points of the top and the sides and 12 of the bottom."""
    command = ["pdftoppm", "-gray", "-r", "72", str(pdf)]
    data, inked, number = subprocess.run(command, capture_output=True, check=True).stdout, [], 0
    while head := re.match(rb"P5\s(\d+) (\d+)\s255\s", data):
        width, number = int(head[1]), number + 1
        end = head.end() + width * int(head[2])
        rows = [data[at : at + width] for at in range(head.end(), end, width)]
        edges = b"".join([*rows[:30], *rows[-12:], *(row[:30] + row[-30:] for row in rows)])
        if set(edges) != {255}:
            inked.append(f"page {number}")
        data = data[end:]
    assert number and not data
    return inked

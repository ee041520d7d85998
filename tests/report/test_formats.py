"""The three formats say the same, to the digit; and each is what its readers need."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from lxml import html as lxml_html

from dxreport.domain.errors import DxreportError
from dxreport.domain.model import ProgressWord
from dxreport.domain.names import Names
from dxreport.domain.values import is_blank
from dxreport.ooxml.package import Package, parse
from dxreport.report import pdf as pdf_module
from dxreport.report import words
from dxreport.report.excel import excel
from dxreport.report.excel_overview import looks
from dxreport.report.figures import figures
from dxreport.report.html import html
from dxreport.report.pdf import pdf
from dxreport.report.records import Category, Figures, Progress
from dxreport.workspace.bundled import bundled
from tests.support.scenes import SETTINGS, edited, first_quarter, in_memory, kept, real, third_quarter

NOW = datetime(2023, 1, 19, 9)
pytestmark = pytest.mark.pdf
TYPST = bundled("templates") / pdf_module.TEMPLATE
C_NAMESPACE = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}


@pytest.fixture(scope="module")
def found() -> Figures:
    """第3四半期 with all that a report can hold."""
    return figures(third_quarter(), 3, NOW, previous_final=kept(first_quarter()), coordinator=True)


@pytest.fixture(scope="module")
def workbook(found: Figures) -> bytes:
    return excel(found)


@pytest.fixture(scope="module")
def book(workbook: bytes) -> openpyxl.Workbook:
    return opened(workbook)


@pytest.fixture(scope="module")
def portable(found: Figures) -> bytes:
    return pdf(found, TYPST)


@pytest.fixture(scope="module")
def printed(portable: bytes) -> str:
    """The text of the PDF, as it is copied out of it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    out = subprocess.run(["pdftotext", "-raw", "-", "-"], input=portable, capture_output=True, check=True, timeout=60)
    return out.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def web(found: Figures) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html(found, bundled("templates") / "報告書.html").decode("utf-8"))


def opened(data: bytes) -> openpyxl.Workbook:
    with warnings.catch_warnings(action="ignore"):  # openpyxl knows no data bars of Excel 2010
        return openpyxl.load_workbook(io.BytesIO(data))


def squeezed(text: object) -> str:
    return "".join(str(text).split())


def block(book: openpyxl.Workbook, title: str) -> dict[str, tuple[object, ...]]:
    """The rows under a heading of 概要: name → numbers."""
    rows = book["概要"].iter_rows(values_only=True)
    next(row for row in rows if row[0] == title)
    width = sum(cell is not None for cell in next(rows))
    return {row[0]: row[1 : width + 1] for row in _until_blank(rows)}


def _until_blank(rows: Iterator[tuple]) -> Iterator[tuple]:
    for row in rows:
        if row[0] is None or row[1] is None:
            return
        yield row


def rows_of(web: lxml_html.HtmlElement, caption: str) -> list[list[str]]:
    table = web.xpath(f"//table[caption/@id='{caption}']")[0]
    return [[squeezed(cell.text_content()) for cell in row] for row in table.xpath("tbody/tr")]


@pytest.mark.parametrize(
    ("title", "caption", "name"),
    [
        ("四半期ごとの取組の数", "by-quarter", "quarters"),
        ("分野別の取組の数", "by-area", "areas"),
        ("部署別の取組の数（建制順）", "by-department", "departments"),
    ],
)
def test_counts_agree(
    title: str,
    caption: str,
    name: str,
    found: Figures,
    book: openpyxl.Workbook,
    web: lxml_html.HtmlElement,
    printed: str,
) -> None:
    in_excel = block(book, title)
    in_html = {row[0]: tuple(map(int, row[1:-1])) for row in rows_of(web, caption)}
    in_pdf = {}
    for line in printed.splitlines():
        head, *numbers = line.split(" ")
        if head in in_excel and len(numbers) == len(in_excel[head]):
            in_pdf[head] = tuple(map(int, numbers))
    assert in_excel == in_html == in_pdf
    assert list(in_excel) == [t.name for t in getattr(found.overview, name)]
    assert all(type(n) is int for numbers in in_excel.values() for n in numbers)


def test_shares_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement, printed: str) -> None:
    rows = block(book, "進捗の区分ごとの数")
    in_excel = [
        (c.label, str(n), percent(share), str(m), percent(other))
        for c, n, m, share, other in zip(found.overview.categories, *rows.values(), strict=False)
    ]
    in_html = [tuple(row) for row in rows_of(web, "by-progress")]
    labels = {c.label for c in found.overview.categories}
    lines = (tuple(line.split(" ")) for line in printed.splitlines())
    in_pdf = [line for line in lines if line[0] in labels and len(line) == 5 and line[2].endswith(("%", "–"))]
    assert in_excel == in_html == in_pdf
    # Of 63 activities and 25 measures, six and none have nothing planned.
    assert in_excel[1] == ("進捗遅延・課題あり", "3", "5.3%", "3", "12.0%")
    assert in_excel[-1] == ("予定なし", "6", "–", "0", "–")


def percent(number: float | None) -> str:
    """As Excel shows a number that is formatted 0.0%; a dash for a blank cell."""
    return "–" if number is None else f"{Decimal(repr(number)) * 100:.1f}%"


def test_results_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement, printed: str) -> None:
    heads, *rows = book["成果目標"].iter_rows(min_row=4, values_only=True)
    at = {head: n for n, head in enumerate(heads)}
    in_excel = []
    for row in rows:
        rate, parts = row[at["達成率"]], row[at["達成の内訳"]]
        said = row[at["判定"]] + (percent(rate) if rate is not None else parts or "")
        in_excel.append(
            tuple(map(squeezed, (row[at["令和４年度 目標"]] or "", row[at["令和４年度 実績"]] or "", said)))
        )
    assert in_excel == [tuple(row[-6:-3]) for row in rows_of(web, "result-rows")]
    text = squeezed(printed)
    answered = [cells for cells in in_excel if not is_blank(cells[1])]  # one is a dash, beside no target
    assert len(answered) == 15 and all("".join(cells) in text for cells in answered)
    assert ("30,000千円", "29,000千円", "途中96.7%") in in_excel
    assert dict(found.results.counts)[found.results.outcomes[0].years[0].verdict] == 11
    heads, *parts = book["達成率の計算"].iter_rows(min_row=4, values_only=True)
    said = {(row[0], row[3]): row[heads.index("判定")] for row in parts}
    assert set(said.values()) == {"途中"}


def test_lists_agree(found: Figures, book: openpyxl.Workbook, web: lxml_html.HtmlElement, printed: str) -> None:
    text = squeezed(printed)
    late = [
        tuple(map(squeezed, (*row[3:5], row[6]))) for row in book["遅延・課題"].iter_rows(min_row=5, values_only=True)
    ]
    assert late == [tuple(row[1:4]) for row in rows_of(web, "late-rows")]
    assert all(answer in text for *_, answer in late)
    for sheet, caption, count in (
        ("次年度予算", "budget-rows", len(found.budgets)),
        ("支援依頼", "support-rows", 5),
        ("変更点", "change-rows", len(found.since.changes)),
        ("未提出", "missing-rows", 25),
        ("点検", "point-rows", len(found.coordination.points)),
    ):
        assert book[sheet].max_row - 4 == len(rows_of(web, caption)) == count, sheet
    for sentence in (
        words.sentence(found.overview), words.turn(found.overview), words.late(found), words.results(found.results),
        words.since(found.since), words.coordination(found.coordination),
    ):  # fmt: skip
        assert squeezed(sentence) in text and squeezed(sentence) in squeezed(web.text_content())


def test_which_word_a_late_activity_has_is_said_where_more_than_one_means_late(found: Figures) -> None:
    """大幅遅延 beside 進捗遅延・課題あり: every format says which; with one such word, PDF and HTML say nothing more."""
    settings = replace(
        SETTINGS, progress_words=(*SETTINGS.progress_words, ProgressWord("大幅遅延", needs_countermeasure=True))
    )
    measures = edited(real(), {"01-07": {"activity.progress/K2/1": "大幅遅延"}})
    two = figures(in_memory(measures, settings), 1, NOW)
    said = ["進捗遅延・課題あり"] * 5
    said[[x.measure.id for x in two.late].index("01-07")] = "大幅遅延"
    assert [row[5] for row in opened(excel(two))["遅延・課題"].iter_rows(min_row=5, values_only=True)] == said
    page = lxml_html.document_fromstring(html(two, bundled("templates") / "報告書.html").decode("utf-8"))
    assert [row[1] for row in rows_of(page, "late-rows")] == [
        squeezed(x.name) + word for x, word in zip(two.late, said, strict=True)
    ]
    for figures_, shown in ((two, (1, 4)), (found, (0, 0))):
        listed = squeezed(read(pdf(figures_, TYPST))).split("2遅延・課題のある取組")[1].split("3成果目標の達成状況")[0]
        assert (listed.count("大幅遅延"), listed.count("進捗遅延・課題あり")) == shown


def test_the_same_figures_give_the_same_bytes(found: Figures, workbook: bytes, portable: bytes) -> None:
    assert excel(found) == workbook
    assert pdf(found, TYPST) == portable


def test_every_topic_is_a_real_table_ready_to_print(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9  # A4
        assert (
            sheet.page_setup.fitToWidth in (1, None) and sheet.page_setup.fitToHeight == 0
        )  # 1 is what is meant by none
        if sheet.title == "概要":
            continue
        [table] = sheet.tables.values()
        assert table.autoFilter is not None and table.ref.startswith("A4:")
        assert sheet.freeze_panes == "A5" and sheet.print_title_rows == "$4:$4"
        assert sheet["A3"].hyperlink.location == "'概要'!A1"


def test_the_overview_links_to_every_sheet_and_has_its_charts(workbook: bytes, book: openpyxl.Workbook) -> None:
    links = [cell.hyperlink for row in book["概要"].iter_rows() for cell in row if cell.hyperlink]
    linked = {link.location.split("!")[0].strip("'") for link in links}
    assert linked == set(book.sheetnames) - {"概要"}
    package = Package(workbook)
    charts = [
        parse(package.read(name)) for name in sorted(package.names) if re.fullmatch(r"xl/charts/chart\d+\.xml", name)
    ]
    assert len(charts) == 4
    first = charts[0].xpath("//c:ser[2]/c:val//c:f", namespaces=C_NAMESPACE)[0].text
    sheet, cells = first.split("!")
    values = [cell.value for (cell,) in book[sheet.strip("'")][cells.replace("$", "")]]
    assert values == [3, 3]  # late: activities, measures


@pytest.mark.parametrize(
    "standings",
    [
        [standing for standing in Progress if standing is not Progress.WORD],
        [*[Progress.WORD] * 8, Progress.UNKNOWN, Progress.UNREPORTED],
    ],
)
def test_no_two_categories_look_alike_without_colour(standings: list[Progress]) -> None:
    known = [Category(f"{n}", standing) for n, standing in enumerate(standings)]
    fills = [str({k: v for k, v in look.items() if k == "fill"} or look["pattern"]["pattern"]) for look in looks(known)]
    assert len(set(fills)) == len(fills)
    shades = looks([Category("完了", Progress.ON_TRACK), Category("予定通り", Progress.ON_TRACK)])
    assert shades[0] != shades[1]


def test_no_two_patterns_of_the_pdf_look_alike_in_grey() -> None:
    """The boxes of the legend in grey, each with each other: three words that are on track and three that are late among them."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    more = [ProgressWord(f"語{n}", needs_countermeasure=n > 1) for n in range(4)]
    settings = replace(SETTINGS, progress_words=(*SETTINGS.progress_words, *more))
    found = figures(in_memory(edited(real(), {"01-01": {"activity.progress/K1/1": "？"}}), settings), 1, NOW)
    data = pdf(found, TYPST)
    dots = 4  # a point
    command = ["pdftoppm", "-gray", "-r", str(72 * dots), "-f", "1", "-l", "1", "-"]
    picture = subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout
    _, size, _, pixels = picture.split(b"\n", 3)
    width = int(size.split()[0])
    labels = [c.label for c in found.overview.categories]
    assert len(labels) == 10
    first = read(data, "-bbox").split("<page")[1]
    places = re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="[\d.-]+" yMax="([\d.-]+)">(.*?)</word>', first)
    boxes = []
    for label in labels:
        x, top, bottom = next(map(float, place[:3]) for place in places if place[3] == label)
        middle = (top + bottom) / 2
        rows = range(int((middle - 1.5) * dots), int((middle + 1.5) * dots))
        boxes.append(b"".join(pixels[y * width + int((x - 10) * dots) : y * width + int((x - 3) * dots)] for y in rows))
    for n, box in enumerate(boxes):
        for other in boxes[:n]:
            assert sum(abs(a - b) for a, b in zip(box, other, strict=True)) / len(box) > 18  # of 255


def test_names_and_sentences_are_seen_whole_in_excel() -> None:
    """A 分野 of 40 characters stands on three lines or more in a column of 26; the lead goes over the whole page."""
    long = replace(SETTINGS, areas={code: "地域社会のデジタル化" * 4 for code in SETTINGS.areas})
    sheet = opened(excel(figures(in_memory(real(), long), 1, NOW)))["概要"]
    [row] = [cell.row for cell in sheet["A"] if cell.value == "分野別の取組の数"]
    for cell in sheet["A"][row + 1 : row + 5]:
        assert cell.value == "地域社会のデジタル化" * 4 and cell.alignment.wrap_text
        assert sheet.row_dimensions[cell.row].height >= 3 * 15
    assert "A3:O3" in {str(merged) for merged in sheet.merged_cells.ranges}  # 5 categories, 計, a gap and the chart's 7
    assert sheet["A3"].alignment.wrap_text and sheet["A3"].value.startswith("26施策・64取組のうち、")


def test_rows_leave_room_for_a_font_with_taller_lines(book: openpyxl.Workbook) -> None:
    """A line of 10 points takes 15 in Noto Sans CJK, which stands in for ＭＳ Ｐゴシック where that is missing."""
    sheet = book["取組一覧"]
    for row in sheet.iter_rows(min_row=5):
        lines = max(str(cell.value or "").count("\n") + 1 for cell in row)
        assert sheet.row_dimensions[row[0].row].height >= 15 * lines


def test_what_excel_cuts_in_print_is_named_above_the_table() -> None:
    """60 lines do not fit in a row of 409 points; 20,000 characters of two UTF-16 units each do not fit in a cell."""
    texts = {
        "01-07": {"activity.countermeasure/K2/1": "一行\n" * 60 + "終"},
        "01-09": {"activity.plan/K1/1": "𠮷" * 20000},
    }
    book = opened(excel(figures(in_memory(edited(real(), texts)), 1, NOW)))
    late = book["遅延・課題"]
    assert late["G5"].value.count("\n") == 60
    assert late["B3"].value == (
        "印刷では下が切れることのある欄（セルには全文があります）: G5\n"
        "Excel に入りきらず、途中までの欄（全文はマスターにあります）: E6"
    )
    assert late.row_dimensions[3].height >= 30
    assert book["成果目標"]["B3"].value is None


def test_text_that_begins_with_an_equals_sign_is_text(book: openpyxl.Workbook) -> None:
    cells = [c for row in book["遅延・課題"].iter_rows() for c in row if str(c.value).startswith("=")]
    assert [(c.data_type, c.value) for c in cells] == [("s", "=システムの増設を次年度に要求する。")]


def test_a_text_too_long_for_excel_is_shortened_and_the_rest_is_not_lost() -> None:
    long = {"01-07": {"activity.countermeasure/K2/1": "𠮷" * 20000}}
    found = figures(in_memory(edited(real(), long)), 1, NOW)
    sheet = opened(excel(found))["遅延・課題"]
    assert sheet["G5"].value == "𠮷" * 16383 + "…"


def test_the_pdf_is_tagged_and_named(found: Figures, portable: bytes) -> None:
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo (poppler-utils) is not installed")
    said = subprocess.run(["pdfinfo", "-"], input=portable, capture_output=True, check=True, timeout=60).stdout.decode()
    fields = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    assert fields["Title"].strip() == found.title
    assert fields["Tagged"].strip() == "yes" and "(A4)" in fields["Page size"]
    assert "Jan 19" in fields["CreationDate"] and "2023" in fields["CreationDate"]
    assert b"/Outlines" in portable and b"/Lang" in portable


def test_pages_are_numbered_and_headings_repeat(printed: str) -> None:
    pages = printed.split("\f")[:-1]
    assert [page.rstrip().splitlines()[-1] for page in pages] == [f"{n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    first, last = (
        next(n for n, page in enumerate(pages) if title in page)
        for title in ("成果目標の達成状況", "次年度の予算と支援依頼")
    )
    results = pages[first:last]  # what comes next begins on a page of its own
    assert len(results) >= 2 and all("評価項目 令和４年度 目標" in page for page in results)


def test_what_has_no_result_yet_stands_apart_and_nothing_is_left_out(found: Figures, printed: str) -> None:
    """Every text of every 成果目標 is printed: those with 実績 first, then the others."""
    text, this = squeezed(printed), found.results.this_year
    for outcome in found.results.outcomes:
        for year in outcome.years:
            for said in (year.target, year.actual if not is_blank(year.actual) else ""):
                assert all(squeezed(line)[:4] in text for line in said.splitlines()), (outcome.measure.id, said)
    answered, waiting = text.split("実績のある成果目標")[1].split("実績待ちの成果目標")
    for outcome in found.results.outcomes:
        there = answered if not is_blank(outcome.years[this].actual) else waiting
        assert squeezed(outcome.measure.name)[:6] in there.split("４次年度の予算")[0]
    assert "令和４年度第3四半期（10月～12月）" in text and text.count("年間活動計画進捗報告書") == printed.count("\f")


def test_no_row_is_split_unless_a_page_cannot_hold_it() -> None:
    """Every 対応策 of 700 characters begins and ends on the same page; one of 6,000 goes on, and nothing is cut."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    late = {
        m.id: {
            ref: text
            for a in m.activities
            for ref, text in (
                (f"activity.progress/{a.key}/1", "進捗遅延・課題あり"),
                (f"activity.countermeasure/{a.key}/1", "始" + "対" * 700 + "終"),
            )
        }
        for m in real()
    }
    late["01-01"]["activity.countermeasure/K1/1"] = "始" + "長" * 6000 + "終"
    data = pdf(figures(in_memory(edited(real(), late)), 1, NOW), TYPST)
    out = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True, timeout=60)
    pages = out.stdout.decode("utf-8").split("\f")
    split = [page for page in pages if page.count("始対") != page.count("対終")]
    assert split == []
    assert sum(page.count("長") for page in pages) == 6000
    assert sum("長" in page for page in pages) > 1


RULE, MAIL = "―" * 60, "digital-suishin-tantou@city.kisarazu.lg.jp"


def test_text_without_a_break_stays_in_its_column_and_is_copied_as_written() -> None:
    long = {
        "01-03": {
            "activity.progress/K1/1": "進捗遅延・課題あり",
            "activity.name/K1": f"連絡先 {MAIL}",
            "activity.plan/K1/1": f"{RULE}\n{'=' * 60}\n{'・' * 60}",
            "activity.countermeasure/K1/1": f"{MAIL}\u200b",
            "outcome.target/O1/1": "0.000099千円", "outcome.actual/O1/1": "3,000千円", "outcome.target/O1/2": MAIL,
        },
        "01-07": {"procurement": MAIL, "budgeted": "有"},
    }  # fmt: skip
    found = figures(in_memory(edited(real(), long)), 1, NOW)
    assert [y.achievement for o in found.results.outcomes for y in o.years if len(y.achievement) > 9] == [
        "3,030,303,030.3%"
    ]
    data = pdf(found, TYPST)
    assert outside_or_overlapping(data) == []
    text = squeezed(read(data))
    assert MAIL in text and RULE in text and "=" * 60 in text and "・" * 60 in text and "3,030,303,030.3%" in text
    assert "\u200b" not in text


@pytest.mark.parametrize("more", [4, 8, 14])
def test_the_counts_have_room_whatever_words_and_names_there_are(more: int) -> None:
    """Names of 20 characters, and so many words more: no text lies on another, and the bars have a column of their own."""
    words_ = [
        *SETTINGS.progress_words,
        *(ProgressWord(f"語その{n}の状況", needs_countermeasure=n % 2 == 0) for n in range(more)),
    ]
    names = {code: "地域社会のデジタル化による市民生活の向上" for code in SETTINGS.areas}
    settings = replace(SETTINGS, progress_words=tuple(words_), areas=names)
    data = pdf(figures(in_memory(real(), settings), 2, NOW), TYPST)
    assert outside_or_overlapping(data) == []
    assert (
        read(data).count("取組の数（模様は凡例）") >= 3
    )  # by quarter, 分野 and department; a narrower column would break it


def read(data: bytes, *options: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    command = ["pdftotext", *(options or ["-raw"]), "-", "-"]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")


def outside_or_overlapping(data: bytes) -> list[str]:
    """Words that reach into the right margin (15 mm of 595 points), or lie on another word by more than a point."""
    out = []
    for page in read(data, "-bbox").split("<page")[1:]:
        found = re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', page)
        boxes = [(*map(float, box), word) for *box, word in found]
        out += [word for *_, right, _, word in boxes if right > 595 - 42.5 + 1]
        for n, (left, top, right, bottom, word) in enumerate(boxes):
            out += [
                word + other
                for x1, y1, x2, y2, other in boxes[:n]
                if min(right, x2) - max(left, x1) > 1 and min(bottom, y2) - max(top, y1) > 5
            ]
    return out


def test_without_any_japanese_font_there_is_no_pdf_of_empty_boxes(
    found: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_module, "FONTS", ("No Such Gothic",))
    with pytest.raises(DxreportError, match="フォント"):
        pdf(found, TYPST)


def test_a_faulty_template_is_named(found: Figures, tmp_path: Path) -> None:
    broken = tmp_path / "報告書.typ"
    broken.write_text("#let d = json(bytes(sys.inputs.data))\n#d.nothing_of_that_name", encoding="utf-8")
    with pytest.raises(DxreportError, match="nothing_of_that_name"):
        pdf(found, broken)


def test_a_report_of_nothing_is_a_report() -> None:
    """An empty master: every list says so, and no format fails."""
    empty = figures(in_memory([]), 2, NOW)
    assert pdf(empty, TYPST) and excel(empty) and html(empty, bundled("templates") / "報告書.html")
    assert replace(empty, final_id="F0001").title == empty.title


@pytest.mark.libreoffice
def test_libreoffice_opens_the_workbook_with_its_charts(
    workbook: bytes, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "報告.xlsx"
    path.write_bytes(workbook)
    again = Package(soffice(path, "xlsx").read_bytes())
    assert sum(bool(re.fullmatch(r"xl/charts/chart\d+\.xml", name)) for name in again.names) == 4
    assert sum(bool(re.fullmatch(r"xl/tables/table\d+\.xml", name)) for name in again.names) == 10


def test_a_long_latin_term_is_printed_in_the_pdf_and_its_sentence_is_not_lost():
    names = Names(plan="○○町DX計画", office="企画課", measure="事業", activity="Initiative")
    found = replace(figures(in_memory(real()), 1, NOW), names=names)
    data = pdf(found, TYPST)
    text = "".join(read(data).split())
    assert "".join(words.sentence(found.overview, names).split()) in text
    assert "○○町DX計画会議用" in text and "遅延・課題のあるInitiative" in text and "企画課" in text

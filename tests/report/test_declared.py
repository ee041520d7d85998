"""Declared fields in the report, counted and summed by hand on four measures."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from lxml import html as lxml_html

from dxreport.domain.fields import Field, FieldKind, InReport, Period, Ref
from dxreport.domain.names import Names
from dxreport.master.records import Master, MeasureState, Standing
from dxreport.report import pdf as pdf_module
from dxreport.report import words
from dxreport.report.excel import excel
from dxreport.report.excel_declared import unique
from dxreport.report.figures import figures
from dxreport.report.finals import Final, as_json, final_data, final_from, same, since
from dxreport.report.html import html
from dxreport.report.pdf import pdf
from dxreport.report.produce import produce
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.support import evaluation
from tests.support.declared_scene import catalogue, rated
from tests.support.json_doc import documented, expanded, paths
from tests.support.measures import measure
from tests.support.scenes import SETTINGS, first_quarter, in_memory
from tests.support.several_forms import say

NOW = datetime(2022, 7, 19, 9)
TEMPLATES = bundled("templates")
COUNT, SUM, LIST = InReport.COUNT, InReport.SUM, InReport.LIST


def field(key: str, label: str, kind: FieldKind, report: InReport, **more: object) -> Field:
    return Field(key, label, kind, "項目", report=report, declared=True, **more)


RATING = field("評価", "一次評価", FieldKind.CHOICE, COUNT, choices=("A", "B", "なし"))
TICK = field("説明会", "説明会", FieldKind.CHECK, COUNT)
FLAG = field("activity.外部", "外部委託", FieldKind.FLAG, COUNT, period=Period.QUARTERS)
PROGRESS = field("activity.二次", "二次進捗", FieldKind.PROGRESS, COUNT, period=Period.QUARTERS)
ITEM = replace(field("費用.費目", "費目", FieldKind.TEXT, InReport.NONE))
COST = field("費用.予算額", "予算額", FieldKind.NUMBER, SUM, period=Period.YEARS, unit="千円", decimals=1)
HOURS = field("activity.時間", "時間", FieldKind.NUMBER, SUM, period=Period.QUARTERS)
RISK = field("リスク", "リスク", FieldKind.TEXT, LIST)
SHARE = field("費用.割合", "割合", FieldKind.NUMBER, LIST, unit="％")
SILENT = (
    field("備考", "備考", FieldKind.CHOICE, COUNT, choices=("甲", "乙")),
    field("人数", "人数", FieldKind.NUMBER, SUM, unit="人"),
    field("課題", "課題", FieldKind.TEXT, LIST),
)
ALL = (RATING, TICK, FLAG, PROGRESS, ITEM, COST, HOURS, RISK, SHARE, *SILENT)

TEXTS = {
    "01-01": {
        "lead_department": "総務課", "評価": "Ａ", "説明会": "○", "リスク": "人が\n足りない",
        "activity.name/K1": "調査", "activity.外部/K1/1": "有", "activity.外部/K1/2": "無", "activity.二次/K1/2": "予定通り",
        "activity.name/K2": "試行", "activity.外部/K2/2": "有", "activity.時間/K2/2": "1,250",
        "費用.費目/費用1": "委託料", "費用.予算額/費用1/1": "0.1", "費用.予算額/費用1/2": "10000", "費用.割合/費用1": "60",
        "費用.費目/費用2": "使用料", "費用.予算額/費用2/1": "0.2千円", "費用.割合/費用2": "40％",
    },
    "01-02": {
        "lead_department": "職員課", "評価": "B", "説明会": "□", "リスク": "特になし",
        "activity.name/K1": "周知", "activity.外部/K1/2": "検討中", "activity.時間/K1/1": "999", "activity.時間/K1/2": "-250",
        "費用.予算額/費用1/1": "1234567.25", "費用.予算額/費用1/3": "約500",
    },
    "02-01": {"lead_department": "総務課", "評価": "なし", "説明会": "✓", "activity.name/K1": "導入"},
    "02-02": {"lead_department": "消えた課", "評価": "Z", "activity.外部/K1/2": "無", "activity.二次/K1/2": "順調"},
    "03-01": {"lead_department": "管財課", "評価": "A", "費用.予算額/費用1/1": "7"},
}  # fmt: skip


def master(*fields: Field) -> Master:
    """The master of these texts in memory; 03-01 has ended."""
    ours = catalogue(*fields)
    found = in_memory([measure(id_, texts, ours) for id_, texts in TEXTS.items()], replace(SETTINGS, catalogue=ours))
    return replace(found, standings={**found.standings, "03-01": Standing(MeasureState.COMPLETED, 1)})


@pytest.fixture(scope="module")
def found() -> Figures:
    return figures(master(*ALL), 2, NOW)


def labelled(counts: object, tally: object) -> dict[str, int]:
    return {c.label: n for c, n in zip(counts.categories, tally.counts, strict=True)}


def test_each_word_is_counted_whatever_its_width_and_no_answer_is_a_word_too(found: Figures) -> None:
    """01-01 Ａ, 01-02 B, 02-01 なし (a word here, no blank), 02-02 Z (none of the words); 03-01 has ended."""
    rating = found.declared.counts[0]
    assert labelled(rating, rating.whole) == {"A": 1, "B": 1, "なし": 1, "選択肢にない語": 1}
    assert [(t.name, t.counts) for t in rating.areas] == [("01", (1, 1, 0, 0)), ("02", (0, 0, 1, 1))]
    assert [(t.name, t.counts) for t in rating.departments] == [
        ("総務課", (1, 0, 1, 0)), ("職員課", (0, 1, 0, 0)), ("消えた課", (0, 0, 0, 1)),
    ]  # fmt: skip
    assert (rating.total, rating.answered) == (4, 4)
    assert words.field(rating).startswith("4施策のうち、A 1施策（25.0%）")


def test_a_checkbox_is_ticked_or_not(found: Figures) -> None:
    """Ticked: 01-01 ○ and 02-01 ✓; □ and a blank are not."""
    tick = found.declared.counts[1]
    assert labelled(tick, tick.whole) == {"チェックあり": 2, "チェックなし": 2}
    assert labelled(tick, tick.departments[0]) == {"チェックあり": 2, "チェックなし": 0}


def test_of_a_field_by_quarter_this_quarter_counts_for_each_item(found: Figures) -> None:
    """Five activities; in 第2四半期 有 K2, 無 01-01 K1 and 02-02 K1, 検討中 01-02 K1, nothing 02-01 K1."""
    flag, progress = found.declared.counts[2:4]
    assert (flag.heading, flag.place, flag.total, flag.answered) == ("外部委託（第2四半期）", "取組", 5, 4)
    assert labelled(flag, flag.whole) == {"有": 1, "無": 2, "選択肢にない語": 1, "未記入": 1}
    assert labelled(progress, progress.whole) == {
        "予定通り": 1, "進捗遅延・課題あり": 0, "選択肢にない語": 1, "未記入": 3,
    }  # fmt: skip


def test_sums_are_exact_and_of_every_plan_year(found: Figures) -> None:
    """令和４: 0.1 + 0.2 in 01-01, 1234567.25 in 01-02; 令和５: 10000; 令和６: 約500 is no number, and named."""
    cost = found.declared.sums[0]
    assert cost.columns == ("令和４年度", "令和５年度", "令和６年度", "令和７年度") and cost.this == 0
    assert cost.whole.sums == (Decimal("1234567.55"), Decimal(10000), None, None)
    assert [(s.name, s.sums[:2]) for s in cost.areas] == [
        ("01", (Decimal("1234567.55"), Decimal(10000))), ("02", (None, None)),
    ]  # fmt: skip
    assert [(s.name, s.sums[:2]) for s in cost.departments] == [
        ("総務課", (Decimal("0.3"), Decimal(10000))), ("職員課", (Decimal("1234567.25"), None)), ("消えた課", (None, None)),
    ]  # fmt: skip
    assert (cost.total, cost.answered, cost.decimals) == (3, 3, 2)
    assert [(x.measure.id, x.item, x.text) for x in cost.unread] == [("01-02", "費用① 令和６年度", "約500")]
    assert "01-02 費用① 令和６年度「約500」" in words.field(cost)
    assert words.amount(cost.whole.sums[0], cost) == "1,234,567.55" and words.amount(None, cost) == "–"


def test_a_sum_by_quarter_is_that_of_this_quarter(found: Figures) -> None:
    """1250 and -250; 999 is of the quarter before."""
    hours = found.declared.sums[1]
    assert (hours.columns, hours.whole.sums, hours.period) == (("",), (Decimal(1000),), "第2四半期")


def test_texts_are_listed_with_measure_and_item(found: Figures) -> None:
    """01-02 says 特になし, which is answered but not listed; a number gets its unit unless it is written with it."""
    risk, share = found.declared.lists[:2]
    assert [(x.measure.id, x.item, x.text) for x in risk.texts] == [("01-01", "", "人が\n足りない")]
    assert (risk.total, risk.answered) == (4, 2) and "「なし」などの 1件" in words.field(risk)
    assert [(x.measure.id, x.item, x.text) for x in share.texts] == [
        ("01-01", "委託料", "60％"), ("01-01", "使用料", "40％"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (FieldKind.DATE, "2022-10-01", "令和４年10月１日（土）"),
        (FieldKind.DATE, "R4.10.1", "令和４年10月１日（土）"),
        (FieldKind.DATE, "10月ごろ", "10月ごろ"),
        (FieldKind.NUMBER, "12500", "12,500千円"),
        (FieldKind.NUMBER, "1,250.5千円", "1,250.5千円"),
        (FieldKind.NUMBER, "約500", "約500"),
    ],
)
def test_days_and_numbers_are_listed_as_papers_print_them(kind: FieldKind, text: str, shown: str) -> None:
    listed = field("期日", "期日", kind, LIST, unit="千円" if kind is FieldKind.NUMBER else "")
    ours = catalogue(listed)
    given = in_memory([measure("01-01", {"期日": text}, ours)], replace(SETTINGS, catalogue=ours))
    assert [x.text for x in figures(given, 2, NOW).declared.lists[0].texts] == [shown]


def test_of_a_list_of_checks_those_that_are_ticked_are_listed() -> None:
    [ticked] = figures(master(replace(TICK, report=LIST)), 2, NOW).declared.lists
    assert [x.measure.id for x in ticked.texts] == ["01-01", "02-01"]


def test_fields_of_the_same_heading_are_told_apart() -> None:
    same = (replace(RATING, label="評価"), replace(FLAG, label="評価"), replace(TICK, label="評価"), COST)
    found = figures(master(*same), 2, NOW).declared
    assert [c.label for c in found.counts] == ["評価（施策の評価）", "評価（取組）", "評価（施策の説明会）"]
    assert unique(("a", "A", "計", "a"), ("計",)) == ["a", "A（2）", "計（2）", "a（3）"]


def test_nothing_is_declared_and_pandas_stays_away(tmp_path: Path) -> None:
    assert figures(first_quarter(), 1, NOW).declared is None
    assert figures(master(ITEM), 2, NOW).declared is None
    (tmp_path / "master.xlsx").write_bytes(first_quarter().data)
    program = (
        "import sys; from datetime import datetime; from pathlib import Path\n"
        "from dxreport.master.read import read_master\n"
        "from dxreport.report import produce\n"
        "produce.figures(read_master(Path(sys.argv[1])), 1, datetime(2022, 7, 19))\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "master.xlsx")], check=True, timeout=120)


# The formats


def squeezed(text: object) -> str:
    return "".join(str(text).split())


def sheet(data: bytes, name: str) -> list[tuple[object, ...]]:
    """The table of a sheet, with its headers."""
    with warnings.catch_warnings(action="ignore"):
        ws = openpyxl.load_workbook(io.BytesIO(data))[name]
    return [tuple(cell for cell in row if cell is not None) for row in ws.iter_rows(min_row=4, values_only=True)]


def test_the_workbook_has_a_sheet_for_each_field_that_somebody_answered(found: Figures) -> None:
    data = excel(found)
    with warnings.catch_warnings(action="ignore"):
        book = openpyxl.load_workbook(io.BytesIO(data))
    assert [name for name in book.sheetnames if name.startswith("項目_")] == [
        "項目_一次評価", "項目_説明会", "項目_外部委託", "項目_二次進捗", "項目_予算額", "項目_時間", "項目_リスク", "項目_割合",
    ]  # fmt: skip
    assert sheet(data, "項目_一次評価") == [
        ("区分", "名前", "A", "B", "なし", "選択肢にない語", "計"),
        ("分野", "01", 1, 1, 0, 0, 2),
        ("分野", "02", 0, 0, 1, 1, 2),
        ("部署", "総務課", 1, 0, 1, 0, 2),
        ("部署", "職員課", 0, 1, 0, 0, 1),
        ("部署", "消えた課", 0, 0, 0, 1, 1),
        ("全体", "全体", 1, 1, 1, 1, 4),
    ]
    assert sheet(data, "項目_予算額")[3:5] == [("部署", "総務課", 0.3, 10000), ("部署", "職員課", 1234567.25)]
    assert book["項目_予算額"]["C8"].number_format == "#,##0.00"
    assert sheet(data, "項目_割合")[1] == ("01-01", "総務課", "委託料", "60％")
    assert [chart.title for chart in book["項目_一次評価"]._charts] == [None]


def test_the_web_page_shows_the_same(found: Figures) -> None:
    page = lxml_html.document_fromstring(html(found, TEMPLATES / "報告書.html").decode("utf-8"))

    def rows(caption: str) -> list[list[str]]:
        table = page.xpath(f"//table[caption/@id='{caption}']")[0]
        return [[squeezed(c.text_content()) for c in row] for row in table.xpath("*/tr")]

    assert rows("count-department-1") == [
        ["部署", "A", "B", "なし", "選択肢にない語", "計", "施策の数"],
        ["総務課", "1", "0", "1", "0", "2", ""],
        ["職員課", "0", "1", "0", "0", "1", ""],
        ["消えた課", "0", "0", "0", "1", "1", ""],
    ]
    assert rows("sum-area-1")[1:] == [
        ["01", "1,234,567.55", "10,000.00", "–", "–"], ["02", "–", "–", "–", "–"],
        ["計", "1,234,567.55", "10,000.00", "–", "–"],
    ]  # fmt: skip
    assert rows("text-rows-2")[1:] == [["01-01総務課", "委託料", "60％"], ["01-01総務課", "使用料", "40％"]]
    text = squeezed(page.text_content())
    heads = [squeezed(h.xpath("string(span)").split("　")[1]) for h in page.xpath("//h2") if "-" in h.get("id")]
    assert heads == [
        "一次評価", "説明会", "外部委託（第2四半期）", "二次進捗（第2四半期）", "備考", "予算額（単位：千円）",
        "時間（第2四半期）", "人数（単位：人）", "リスク", "割合", "課題",
    ]  # fmt: skip
    assert text.count("4施策のどれにも、記入はありません。") == 2 and "4施策のどれにも、数値はありません。" in text
    patterns = {p.get("id") for p in page.xpath("//pattern")}
    used = {fill[5:-1] for fill in page.xpath("//rect/@fill") if fill.startswith("url(#")}
    assert {"word-0", "word-1", "word-2", "unknown-0"} <= used <= patterns
    assert {f"word-{n}" for n in range(8)} <= patterns


@pytest.mark.pdf
def test_the_pdf_shows_the_same(found: Figures) -> None:
    printed = squeezed(_printed(pdf(found, TEMPLATES / pdf_module.TEMPLATE)))
    for part in (
        "消えた課00011", "総務課0.3010,000.00––", "職員課1,234,567.25",
        "計1,234,567.5510,000.00––", "予算額（単位：千円）", "リスク4施策のうち、", "01-01総務課人が足りない", "総務課委託料60％",
        "4施策のどれにも、数値はありません。", "4施策のうち、A1施策（25.0%）、B1施策（25.0%）、なし1施策（25.0%）、選択肢にない語1施策（25.0%）です。",
    ):  # fmt: skip
        assert part in printed, part


def _printed(data: bytes) -> str:
    try:
        out = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    return out.stdout.decode("utf-8")


TITLES = ("title", "heading", "kind", "stamp", "period", "quarter_label")
COUNTS = ("sentence", "remarks", "categories", "whole", "quarters", "areas", "departments", "turn")
LISTS = ("late_sentence", "late", "results_sentence", "this_year", "other_years", "outcomes", "budgets", "support")


def test_templates_of_before_find_what_they_show(found: Figures) -> None:
    """Offices have copied them: what was there stays, and declared fields are under one new name."""
    data = pdf_module._data(found) | pdf_module._for_copied_templates(found)
    assert data.keys() >= {*TITLES, *COUNTS, *LISTS, "no_final", "since", "coordination", "declared"}
    shown = pdf_module._data(found)
    assert pdf_module._data(replace(found, declared=None)) | {"declared": shown["declared"]} == shown


# Final reports


def kept(found: Figures, on: Master) -> Final:
    return final_from(final_data(on, replace(found, final_id="F0001")))


def test_a_final_report_keeps_the_figures_and_notices_when_they_change() -> None:
    on = master(*ALL)
    found = figures(on, 2, NOW)
    final = kept(found, on)
    assert final.figures["declared"]["sums"][0]["whole"]["sums"] == ["1234567.55", "10000", None, None]
    assert same(final, found)
    other = replace(on, measures=(on.measures[0].with_texts({Ref("評価"): "B"}), *on.measures[1:]))
    assert not same(final, figures(other, 2, NOW))
    changes = since(final, other, found.overview).changes
    assert [(c.measure.id, c.kind, c.old, c.new) for c in changes] == [("01-01", "一次評価", "Ａ", "B")]


def test_a_final_report_of_before_declared_fields_still_counts() -> None:
    on = first_quarter()
    found = figures(on, 1, NOW)
    old = json.loads(final_data(on, replace(found, final_id="F0001")))
    del old["figures"]["declared"]
    assert same(final_from(json.dumps(old).encode()), found)
    later = rated()
    assert since(final_from(json.dumps(old).encode()), later, found.overview).changes == ()


def test_json_holds_the_keys_that_are_documented(found: Figures) -> None:
    answer = json.loads(json.dumps({"figures": {"declared": as_json(found.declared)}}))
    assert answer["figures"]["declared"]["counts"][0]["whole"]["counts"] == [1, 1, 1, 1]
    described = documented()
    stated = {path for path in expanded(described["report"], described) if path.startswith("figures.declared")}
    assert {path for path in paths(answer) if not path.endswith(".") and path != "figures"} == stated


def test_the_26_measures_in_a_workbook_give_the_sums_of_a_loop() -> None:
    on = rated()
    [cost] = figures(on, 1, NOW).declared.sums
    numbers = [
        [item.text("費用.予算額", year) for year in (1, 2, 3, 4)] for m in on.measures for item in m.items("費用")
    ]
    assert cost.whole.sums == (*(sum(Decimal(line[n]) for line in numbers) for n in (0, 1, 2)), None)
    assert len(numbers) == cost.total == cost.answered > 0


def test_a_blank_is_unanswered_only_where_the_form_has_the_field(tmp_path: Path) -> None:
    """01-02 was sent the form without declared fields; 01-01 has 評価, and nobody has answered."""
    scene = evaluation.make(tmp_path / "評価")
    plain_form = bundled("templates") / "年間活動計画.xlsx"
    shutil.copy(plain_form, scene.workspace.templates / plain_form.name)
    say(scene.workspace.master, {("施策", "01-01"): "事務事業評価", ("施策", "01-02"): "年間活動計画"})
    scene.redeclare("評価", {"報告": "数える"})

    def rating() -> tuple[int, int]:
        made = produce(scene.workspace, scene.master, 1, NOW, formats=())
        assert made.figures.declared is not None
        (found,) = [c for c in made.figures.declared.counts if c.key == "評価"]
        return found.total, found.answered

    assert rating() == (2, 0)  # not sent yet: any form may have it
    scene.issue()
    assert rating() == (1, 0)

    def answer(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        [column] = [c.column for c in sheet[1] if c.value == "評価"]
        sheet.cell(3, column).value = "A"

    scene.retype("施策", answer)
    assert rating() == (2, 1)  # what is written counts, whatever the form


def test_a_sentence_counts_in_the_words_of_the_office(found: Figures) -> None:
    names = Names(measure="事業", activity="取組項目")
    told = [words.field(f, names) for f in (*found.declared.counts, *found.declared.sums, *found.declared.lists)]
    usual = [words.field(f) for f in (*found.declared.counts, *found.declared.sums, *found.declared.lists)]
    assert any("施策" in text for text in usual)
    assert told == [text.replace("取組", "取組項目").replace("施策", "事業") for text in usual]


def test_a_field_that_no_form_asked_for_yet_is_left_out() -> None:
    """Of three fields that nobody filled in, the forms so far have only one; fields with answers stay."""
    asked = {id_: frozenset({("備考", 0)}) for id_ in TEXTS}
    told = figures(master(*ALL), 2, NOW, asked=asked).declared
    assert [f.label for f in (*told.counts, *told.sums, *told.lists) if not f.answered] == ["備考"]
    assert {"評価", "リスク", "費用.予算額"} <= {f.key for f in (*told.counts, *told.sums, *told.lists)}

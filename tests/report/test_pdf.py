"""The PDF: the verdict first, every text whole and in its column, and readable in grey."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure, ProgressWord
from dxreport.domain.names import Names
from dxreport.domain.values import is_blank
from dxreport.report import pdf as pdf_module
from dxreport.report import words
from dxreport.report.figures import figures
from dxreport.report.pdf import pdf
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from tests.support.measures import with_items
from tests.support.printed import outside_or_overlapping, read, squeezed
from tests.support.scenes import LATE, SETTINGS, edited, first_quarter, in_memory, kept, real, third_quarter

NOW = datetime(2023, 1, 19, 9)
JULY = datetime(2022, 7, 19, 9)
pytestmark = [pytest.mark.pdf, pytest.mark.slow]
TYPST = bundled("templates") / pdf_module.TEMPLATE
NAMED = replace(SETTINGS, areas={"01": "地域・暮らし", "02": "行政サービス", "03": "庁内の業務", "04": "推進体制"})


@pytest.fixture(scope="module")
def first() -> list[str]:
    """The pages of the real 第1四半期, without blanks."""
    return pages_of(pdf(figures(first_quarter(settings=NAMED), 1, JULY), TYPST))


@pytest.fixture(scope="module")
def found() -> Figures:
    """第3四半期 with all that a report can hold."""
    return figures(third_quarter(), 3, NOW, previous_final=kept(first_quarter()), coordinator=True)


@pytest.fixture(scope="module")
def portable(found: Figures) -> bytes:
    return pdf(found, TYPST)


@pytest.fixture(scope="module")
def printed(portable: bytes) -> str:
    """The text of the PDF, as it is copied out of it."""
    return read(portable)


def pages_of(data: bytes) -> list[str]:
    return [squeezed(page) for page in read(data).split("\f")[:-1]]


def in_order(text: str, parts: Sequence[str]) -> bool:
    at = 0
    for part in parts:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return True


@pytest.mark.quick
def test_the_first_page_answers_the_four_questions(first: list[str]) -> None:
    """Counted by hand: 49 of 54 on track, five late by name, nothing to compare with yet, ten measures with costs."""
    assert len(first) <= 4
    assert in_order(first[0], [
        "木更津市DX推進計画年間活動計画進捗報告書", "令和４年度第1四半期（４月～６月）", "令和４年７月19日作成",
        "実施予定の54取組のうち、49（90.7%）が予定通り。", "遅延・課題は5取組で、対応策はすべて記入されています。",
        "49／54取組", "ほかに予定なし10取組", "5取組（4施策）", "初回", "10／26施策",
        "1分野別：遅れは「地域・暮らし」3、「庁内の業務」2",
    ])  # fmt: skip
    for counts in ("29／32", "10／10", "10／12"):
        assert counts in first[0]
    late = first[0].split("2遅延・課題のある取組と対応策")[1].split("3次年度に費用がかかる施策")[0]
    assert in_order(late, [
        "01-07アプリを活用した健康増進の推進", "イベント実施に向けた検討", "7月上旬には具体案を完成し協賛企業と調整終了する。", "イベント実施（9月～11月予定）",
        "01-09", "既読率5月時点43％", "01-09（同じ施策）", "03-01", "03-03", "９月補正要求",
    ])  # fmt: skip
    costs = first[0].split("3次年度に費用がかかる施策")[1]
    with_budget = ["01-01", "01-03", "01-04", "01-10", "01-13", "01-14", "02-01", "02-03", "03-02", "03-04"]
    assert in_order(costs, with_budget)


def test_no_number_stands_twice_on_the_first_page(first: list[str]) -> None:
    """The share is said in the verdict, and the number of 予定なし in one place."""
    assert first[0].count("90.7%") == 1
    assert first[0].count("予定なし10") == 1
    assert "76.6%" not in "".join(first)  # 49 of 64: 予定なし is in no denominator


def test_a_text_that_is_shortened_stands_in_full_where_the_page_says(first: list[str]) -> None:
    """01-14 needs five lines for its 調達内容."""
    said = re.search(r"…は(\d)頁に全文", first[0])
    assert said and "めの帳票管理機能に関しても順次利用を開始…" in first[0]
    whole = {m.id: m.procurement for m in real()}
    there = "".join(first[int(said[1]) - 1 :])
    for id_ in ("01-13", "01-14", "02-03", "03-02"):
        assert squeezed(whole[id_]) in there


def test_departments_and_requests_follow(first: list[str]) -> None:
    departments = first[1].split("4部署別（建制順）")[1].split("5CIO補佐への支援依頼")[0]
    for name, counts in (("総務課", "4／5"), ("経営改革課", "9／10"), ("市民活動支援課", "1／3"), ("管財課", "2／2")):
        assert f"{name}{counts}" in departments
    requests = first[1].split("5CIO補佐への支援依頼")[1]
    assert in_order(requests, ["03-04", "02-03", "04-02", "04-02", "04-01", "先進事例の情報収集"])


def test_targets_without_a_result_are_the_appendix(first: list[str]) -> None:
    """33 of 53 are lines; what a line cannot say stands in full: texts, parts (小, 中), notes in brackets."""
    text = "".join(first)
    drawn = text.split("付表成果目標（数値）：33項目")[1].split("付表成果目標（文のあるもの）")[0]
    assert "30,000千円45,000千円" in drawn and "小8.9%小5%未満" in drawn
    written = text.split("付表成果目標（文のあるもの）")[1].split("付表調達内容の全文")[0]
    results = figures(first_quarter(), 1, JULY).results
    for outcome in results.outcomes:
        if not outcome.has_path or words.is_shortened(outcome):
            for year in outcome.years:
                assert squeezed(year.target)[:12] in written, outcome.measure.id
    assert "小８．９％中１２．８％" in written and "実績待ち" not in text


def test_every_target_of_a_second_year_is_found_beside_the_results_of_the_first() -> None:
    """01-01 O1 missed its first year, O2 met it; both wait for the second, with 45,000千円 and 2,000件."""
    settings = replace(NAMED, fiscal_year=NAMED.plan_years[1])
    actuals = {"01-01": {"outcome.actual/O1/1": "29,000千円", "outcome.actual/O2/1": "1,300件"}}
    found = figures(in_memory(edited(real(), actuals), settings), 1, JULY).results
    text = "".join(pages_of(pdf(figures(in_memory(edited(real(), actuals), settings), 1, JULY), TYPST)))
    lines = text.split("付表成果目標（数値）：")[1].split("付表成果目標（文のあるもの）")[0]
    assert len(found.to_follow) == 53 and len(found.waiting) == 51
    drawn = [o for o in found.to_follow if o.has_path]
    assert lines.startswith(f"{len(drawn)}項目") and "令和５年度の実績は、まだ届いていません" in lines
    for outcome in drawn:
        now = outcome.years[1].target_amount
        assert now is None or squeezed(now.text) in lines
    assert [squeezed(o.years[1].target_amount.text) in lines for o in drawn[:2] if o.years[1].target_amount] == [
        True
    ] * 2


def test_a_later_quarter_shows_the_quarters_and_since_when(printed: str) -> None:
    page = squeezed(printed.split("\f")[0])
    assert in_order(page, [
        "実施予定の57取組のうち、51（89.5%）が予定通り。", "未報告は1、報告事項なしは1、設定にない語は1取組。", "+1遅延の数", "解消1継続1新たに2",
        "1四半期ごとの推移", "90.7%遅延5", "94.5%遅延2", "89.5%遅延3",
        "3遅延・課題のある取組と対応策", "01-07", "3四半期目", "01-09", "新たに", "03-03", "新たに",
        "前の四半期に遅延・課題があったもの", "01-09", "解消",
    ])  # fmt: skip


def test_an_area_without_a_name_prints_its_number_alone(printed: str) -> None:
    assert "分野01" not in printed and "0113施策" in squeezed(printed)


def test_what_has_nothing_to_say_does_not_print() -> None:
    """No late activity, no budget, no request, no declared field, no final report: no heading for any."""
    nothing = {
        m.id: {"budgeted": "無"}
        | {f"activity.progress/{a.key}/1": "予定通り" for a in m.activities if a.quarters[0].progress == LATE}
        | {str(ref): "" for ref in m.values() if ref.field.startswith("support.")}
        for m in real()
    }
    text = "".join(pages_of(pdf(figures(in_memory(edited(real(), nothing), NAMED), 1, JULY), TYPST)))
    assert "実施予定の54取組は、すべて予定通り。遅延・課題のある取組はありません。" in text
    for heading in ("費用がかかる施策", "支援依頼", "変わったもの", "対応策", "担当者用"):
        assert heading not in text.replace("次年度に費用がかかる0／26施策", "")
    assert text.count("遅延・課題のある取組") == 1


def test_what_missed_its_target_is_drawn_first() -> None:
    """第4四半期: 01-09 O1 misses by a fifth, 01-01 O1 by a thirtieth; 01-01 O2 is met."""
    actuals = {
        "01-01": {"outcome.actual/O1/1": "29,000千円", "outcome.actual/O2/1": "1,300件"},
        "01-09": {"outcome.actual/O1/1": "40%"},
    }
    text = "".join(pages_of(pdf(figures(in_memory(edited(real(), actuals)), 4, NOW), TYPST)))
    results = text.split("成果目標：令和４年度の目標に届かなかった2（判定した3のうち1は達成）")[1]
    assert in_order(
        results, ["01-09", "40%／50%未達", "01-01", "29,000千円／30,000千円未達", "1,250件1,300件達成104.0%"]
    )


def test_a_remark_below_a_table_stays_with_its_last_row() -> None:
    """Wherever the page ends: 01-01 wants money for nothing, and 04-02 is the last of the costs."""
    for rows in range(8, 12):
        wanted = [m.id for m in real()[:rows]] + ["04-02"]
        edits = {m.id: {"budgeted": "無", "procurement": ""} for m in real()}
        edits |= {id_: {"budgeted": "有", "procurement": "調達するもの\n（二つ）"} for id_ in wanted}
        edits["01-01"]["procurement"] = ""
        edits["04-02"]["procurement"] = "最後の調達"
        found = figures(in_memory(edited(real(), edits), NAMED), 1, JULY)
        [said] = words.budget_doubts(found)
        [page] = [page for page in pages_of(pdf(found, TYPST)) if squeezed(f"※ {said}") in page]
        assert "最後の調達" in page, rows


def test_every_block_of_the_quarters_has_its_legend(printed: str) -> None:
    """第3四半期: one unreported, one 報告事項なし, one word that 設定 does not know; all on track: none of them."""
    note = squeezed(printed.split("四半期ごとの推移")[1])[:60]
    assert in_order(note, ["斜線＝遅延・課題", "未報告", "設定にない語", "報告事項なし", "90.7%"])


def worst(name: str) -> Figures:
    """The worst cases, by name."""
    measures, settings = real(), NAMED
    late = {"activity.progress/{}/1": LATE, "activity.countermeasure/{}/1": "対応策を四百字で書く。" * 36}
    if name == "one area":
        measures = [m for m in measures if m.id.startswith("02")]
    if name == "thirty departments":
        more = [Measure(m.values() | {Ref("id"): f"05-{n:02}"}) for n, m in enumerate(measures[:4], 1)]
        measures += more
        measures = edited(
            measures, {m.id: {"lead_department": f"市民とともに歩む第{n}部署推進室"} for n, m in enumerate(measures)}
        )
    if name == "thirty late":
        both = [(m.id, a.key) for m in measures for a in m.activities][:30]
        texts: dict[str, dict[str, str]] = {}
        for id_, key in both:
            texts.setdefault(id_, {}).update({ref.format(key): text for ref, text in late.items()})
        measures = edited(measures, texts)
    if name == "long names":
        measures = edited(measures, {m.id: {"name": "六十字の施策の名前" * 6 + "終わりまで"} for m in measures})
    if name == "five words":
        words_ = ("完了", "予定通り", "概ね順調", "やや遅れ", LATE)
        settings = replace(settings, progress_words=tuple(ProgressWord(w, n > 2) for n, w in enumerate(words_)))
    if name == "no activities":
        measures = [with_items(m, "activity", ()) if m.lead_department == "管財課" else m for m in measures]
    return figures(in_memory(measures, settings), 1, JULY)


@pytest.mark.parametrize(
    "name", ["one area", "thirty departments", "thirty late", "long names", "five words", "no activities"]
)
def test_nothing_is_cut_in_the_worst_case(name: str) -> None:
    found = worst(name)
    data = pdf(found, TYPST)
    assert outside_or_overlapping(data) == []
    text = "".join(pages_of(data))
    for line in found.late:
        for said in (line.measure.name, line.name, line.answer, line.next_plan):
            assert squeezed(said) in text or len(said) > 300
    assert text.count("対応策を四百字で書く。") >= sum(x.answer.count("対応策を四百字で書く。") for x in found.late)


def test_no_two_patterns_of_the_pdf_look_alike_in_grey() -> None:
    """The boxes of the legend in grey, each with each other: three words that are on track and three that are late among them."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    more = [ProgressWord(f"語{n}", needs_countermeasure=n > 1) for n in range(4)]
    settings = replace(SETTINGS, progress_words=(*SETTINGS.progress_words, *more))
    said = ("？", "語0", "語1", "語2", "語3", "")
    used = {f"01-0{n}": {"activity.progress/K1/1": word} for n, word in enumerate(said, 1)}
    used["01-07"] = {"activity.progress/K1/1": "", "no_report/1": "○"}
    found = figures(in_memory(edited(real(), used), settings), 1, NOW)
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
        boxes.append(b"".join(pixels[y * width + int((x - 10) * dots) : y * width + int((x - 4) * dots)] for y in rows))
    for n, box in enumerate(boxes):
        for other in boxes[:n]:
            assert sum(abs(a - b) for a, b in zip(box, other, strict=True)) / len(box) > 18  # of 255


def test_the_pdf_is_tagged_and_named(found: Figures, portable: bytes) -> None:
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo (poppler-utils) is not installed")
    said = subprocess.run(["pdfinfo", "-"], input=portable, capture_output=True, check=True, timeout=60).stdout.decode()
    fields = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    assert fields["Title"].strip() == found.title
    assert fields["Tagged"].strip() == "yes" and "(A4)" in fields["Page size"]
    assert "Jan 19" in fields["CreationDate"] and "2023" in fields["CreationDate"]
    assert b"/Outlines" in portable and b"/Lang" in portable


def test_pages_are_numbered_and_name_the_office(printed: str) -> None:
    pages = printed.split("\f")[:-1]
    assert [page.split()[-1] for page in pages] == [f"{n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    assert "｜作成" not in squeezed(pages[1])  # 設定 names no office
    named = replace(SETTINGS, names=Names(city="木更津市", plan="DX推進計画", office="経営改革課", contact="内線123"))
    for page in pages_of(pdf(figures(in_memory(real(), named), 1, JULY), TYPST)):
        assert "木更津市DX推進計画令和４年度第1四半期｜作成経営改革課内線123" in page


def test_every_result_is_printed(found: Figures, printed: str) -> None:
    text = squeezed(printed)
    listed = text.split("5成果目標")[1].split("6部署別")[0]
    assert len(found.results.reported) == 14
    for outcome in found.results.reported:
        now = outcome.years[0]
        assert squeezed(now.target + now.actual) in listed and not is_blank(now.actual)


def test_no_row_is_split_unless_a_page_cannot_hold_it() -> None:
    """Every 対応策 of 700 characters begins and ends on the same page; one of 6,000 goes on, and nothing is cut."""
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
    pages = read(data).split("\f")
    split = [page for page in pages if page.count("始対") != page.count("対終")]
    assert split == []
    assert sum(page.count("長") for page in pages) == 6000
    assert sum("長" in page for page in pages) > 1


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


RULE, MAIL = "―" * 60, "digital-suishin-tantou@city.kisarazu.lg.jp"


@pytest.mark.parametrize("more", [4, 8, 14])
def test_the_counts_have_room_whatever_words_and_names_there_are(more: int) -> None:
    """Names of 20 characters, and so many words more: no text lies on another."""
    words_ = [
        *SETTINGS.progress_words,
        *(ProgressWord(f"語その{n}の状況", needs_countermeasure=n % 2 == 0) for n in range(more)),
    ]
    names = {code: "地域社会のデジタル化による市民生活の向上" for code in SETTINGS.areas}
    settings = replace(SETTINGS, progress_words=tuple(words_), areas=names)
    data = pdf(figures(in_memory(real(), settings), 2, NOW), TYPST)
    assert outside_or_overlapping(data) == []


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


def test_a_long_latin_term_is_printed_in_the_pdf_and_its_sentence_is_not_lost():
    names = Names(plan="○○町DX計画", office="企画課", measure="事業", activity="Initiative")
    found = replace(figures(in_memory(real()), 1, NOW), names=names)
    data = pdf(found, TYPST)
    text = "".join(read(data).split())
    assert "".join("".join(words.headline(found)).split()) in text
    assert "○○町DX計画" in text and "遅延・課題のあるInitiative" in text and "企画課" in text


def test_an_outcome_may_end_before_the_plan() -> None:
    """01-01 ① has no 目標 in the last year: the list of numbers shows a dash there."""
    ends = {"01-01": {"outcome.indicator/O1/4": "", "outcome.target/O1/4": ""}}
    text = squeezed(read(pdf(figures(in_memory(edited(real(), ends)), 1, NOW), TYPST)))
    assert "月間利用金額（年度月平均）30,000千円―" in text


def test_the_footer_can_be_copied_as_written() -> None:
    names = Names(plan="○○町DX計画", office="企画課", contact="kikaku@town.hibarino.lg.jp")
    text = read(pdf(replace(figures(in_memory(real()), 1, NOW), names=names), TYPST))
    assert "kikaku@town.hibarino.lg.jp" in text and "\u200b" not in text


def test_a_template_copied_from_an_earlier_release_still_works(found: Figures) -> None:
    """Offices have changed theirs: what it shows is there under the same names."""
    text = squeezed(read(pdf(found, Path(__file__).parents[1] / "data" / "報告書_0.1.0.typ")))
    assert "1概要" in text and "実績のある成果目標" in text and "01-07アプリを活用した健康増進の推進" in text


def test_a_copied_template_is_given_all_and_shows_the_same(found: Figures, printed: str, tmp_path: Path) -> None:
    """The shipped one is given no more of the long lists than it shows."""
    copy = tmp_path / TYPST.name
    copy.write_text("// ours\n" + TYPST.read_text(encoding="utf-8"), encoding="utf-8")
    assert read(pdf(found, copy)) == printed
    lean, whole = pdf_module._data(found), pdf_module._for_copied_templates(found)
    for name in ("missed", "reported", "drawn", "written"):
        assert all({"path", "others", "actual", "waiting"} <= outcome.keys() for outcome in whole["results"][name])
    assert lean["results"]["drawn"] and not any("others" in outcome for outcome in lean["results"]["drawn"])
    assert lean["results"]["written"] and not any("path" in outcome for outcome in lean["results"]["written"])
    assert {"standings", "measure_shares"} <= whole["departments"][0].keys() and "points" in whole["coordination"]


def test_every_number_of_a_missed_outcome_is_printed() -> None:
    """01-13 ① has two numbers: the first is met, the second not."""
    settings = replace(SETTINGS, fiscal_year=SETTINGS.plan_years[1])
    results = edited(real(), {"01-13": {"outcome.actual/O1/1": "小　８．９％\n中　１３．０％"}})
    told = squeezed(read(pdf(figures(in_memory(results, settings), 1, NOW), TYPST)))
    assert "小8.9%／8.9%達成" in told and "中13.0%／12.8%未達" in told

"""The report as a workbook: an overview with native charts, and one sheet per topic with a table (XlsxWriter)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..domain.names import Names
from . import words
from .excel_declared import declared_topics
from .excel_overview import overview_sheet
from .excel_sheet import LATE, MEASURE_COLUMNS, SHARE, ReportStyles, Topic, Value, topic_sheet
from .records import Attainment, Coordination, Figures, MeasureName, OutcomeResult, Progress, Results, Since


def excel(figures: Figures) -> bytes:
    """Return the report as .xlsx; the same figures give the same bytes.

    Texts stay texts, even if they begin with ``=``. Raises DxreportError where a cell cannot be written.
    """
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({
        "title": figures.title,
        "subject": words.kind(figures),
        "author": figures.names.sender,
        "company": figures.names.city,
        "created": datetime.fromisoformat(figures.made),
    })  # fmt: skip
    styles = ReportStyles(book)
    topics = [_termed(topic, figures.names) for topic in _topics(figures)]
    overview_sheet(book, styles, figures, topics)
    for topic in topics:
        topic_sheet(book, styles, topic, figures.title, words.stamp(figures))
    book.close()
    return stream.getvalue()


def _termed(topic: Topic, names: Names) -> Topic:
    """Return a topic with the office's words for the fixed terms in its title and headers."""
    columns = {names.termed(header): width for header, width in topic.columns.items()}
    return replace(topic, title=names.termed(topic.title), columns=columns, marked=names.termed(topic.marked))


def _topics(figures: Figures) -> Iterator[Topic]:
    """Yield the topics in the order of the report."""
    yield _late(figures)
    yield _activities(figures)
    yield _outcomes(figures.results)
    yield _parts(figures.results)
    rows: list[tuple[Value, ...]] = [(*_name(b.measure), b.procurement) for b in figures.budgets]
    yield Topic("次年度予算", "次年度予算化予定が「有」の施策", MEASURE_COLUMNS | {"調達内容": 80}, rows)
    rows = [(p.label, *_name(s.measure), s.content, s.written) for p in figures.support for s in p.requests]
    columns = {"時期": 14, **MEASURE_COLUMNS, "支援内容": 60, "時期（記入のまま）": 18}
    yield Topic("支援依頼", "CIO補佐への支援依頼（時期順）", columns, rows)
    if figures.declared is not None:
        yield from declared_topics(figures.declared)
    yield from _changes(figures.since)
    if figures.coordination is not None:
        yield from _coordination(figures.coordination, figures.names)


def _name(measure: MeasureName) -> tuple[str, str, str]:
    return measure.id, measure.name, measure.department


def _late(figures: Figures) -> Topic:
    columns = MEASURE_COLUMNS | {"取組内容": 24, "作業予定": 30, "進捗": 12, "対応策": 36, "連続四半期数": 8}
    rows = [(*_name(x.measure), x.name, x.plan, x.category.label, x.answer, x.streak) for x in figures.late]
    return Topic(LATE, f"遅延・課題のある取組（{figures.quarter_label}）", columns, rows)


def _activities(figures: Figures) -> Topic:
    columns = {"分野": 12, **MEASURE_COLUMNS, "取組ID": 7, "取組内容": 24, "作業予定": 34, "進捗": 16, "対応策": 30}
    rows = [
        (x.measure.area, *_name(x.measure), x.key, x.name, x.plan, x.category.label, x.countermeasure)
        for x in figures.activities
    ]
    late, unreported = (
        {c.label for c in figures.overview.categories if c.standing is standing}
        for standing in (Progress.LATE, Progress.UNREPORTED)
    )
    return Topic("取組一覧", f"取組の一覧（{figures.quarter_label}）", columns, rows, "進捗", late, unreported)


def _outcomes(results: Results) -> Topic:
    this = results.years[results.this_year]
    columns = MEASURE_COLUMNS | {
        "番号": 5, "評価項目": 22, "方向": 9, f"{this} 目標": 18, f"{this} 実績": 14, "判定": 8, SHARE: 8, "達成の内訳": 14,
    }  # fmt: skip
    for year in results.years:
        if year != this:
            columns |= {f"{year} 目標": 16, f"{year} 実績": 12}
    rows = [_outcome(outcome, results.this_year) for outcome in results.outcomes]
    title = f"成果目標の達成状況（{this}）"
    return Topic("成果目標", title, columns, rows, "判定", {Attainment.SHORT.value}, note=words.results(results))


def _outcome(outcome: OutcomeResult, this_year: int) -> tuple[Value, ...]:
    now = outcome.years[this_year]
    alone, unjudged = len(now.parts) == 1, now.verdict is Attainment.AS_WRITTEN
    others: list[str] = []
    for year in outcome.years:
        if year is not now:
            own = year.indicator.strip() and year.indicator != now.indicator
            others += [f"［{year.indicator}］\n{year.target}".rstrip() if own else year.target, year.actual]
    return (
        *_name(outcome.measure), outcome.number, now.indicator, outcome.direction.value, now.target, now.actual,
        now.verdict.value, now.parts[0].rate if alone else None, now.reason if unjudged else "" if alone else now.achievement, *others,
    )  # fmt: skip


def _parts(results: Results) -> Topic:
    columns = MEASURE_COLUMNS | {
        "番号": 5, "年度": 12, "内訳": 12, "目標値": 12, "条件": 6, "実績値": 12, "単位": 8, SHARE: 9, "判定": 8,
    }  # fmt: skip
    rows = [
        (*_name(o.measure), o.number, y.year, p.label, p.target, p.bound, p.actual, p.unit, p.rate, y.verdict_of(p).value)
        for o in results.outcomes
        for y in o.years
        for p in y.parts
    ]  # fmt: skip
    return Topic("達成率の計算", "目標と実績を数値で比べたもの", columns, rows, "判定", {Attainment.SHORT.value})


def _changes(since: Since | None) -> Iterator[Topic]:
    columns = {"種別": 14, **MEASURE_COLUMNS, "項目": 30, "確定時": 36, "現在": 36}
    rows = [(c.kind, *_name(c.measure), c.label, c.before, c.after) for c in since.changes] if since else []
    note = words.since(since) if since else words.NO_FINAL
    yield Topic("変更点", "前回の確定報告からの変更", columns, rows, note=note)
    if since is not None:
        columns = {f"{since.quarter}の取組": 30, "確定時": 10, "現在": 10, "増減": 10}
        counts = [(r.label, r.then, r.now, r.difference) for r in since.recounts]
        yield Topic("確定時との差", "前回の確定報告と、いまのマスターの数", columns, counts, note=note)


def _coordination(extra: Coordination, names: Names) -> Iterator[Topic]:
    rows: list[tuple[Value, ...]]
    rows = [(m.measure.department, m.measure.id, m.measure.name, m.state) for m in extra.missing]
    columns = {"主管部署": 24, "施策ID": 8, "施策名": 60, "状態": 12}
    yield Topic("未提出", "未提出の施策", columns, rows, note=words.coordination(extra, names))
    rows = [(*_name(p.measure), p.code, p.place, p.label, p.message, p.fix) for p in extra.points]
    columns = MEASURE_COLUMNS | {"番号": 7, "場所": 26, "項目": 26, "指摘": 46, "対応": 40}
    yield Topic("点検", "データの点検で残っている指摘", columns, rows)

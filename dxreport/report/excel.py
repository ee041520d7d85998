"""The report as a workbook: an overview with native charts, and one sheet per topic with a table (XlsxWriter)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..domain.names import Names
from . import words
from .activity_records import Progress
from .excel_declared import declared_topics
from .excel_overview import overview_sheet
from .excel_sheet import CHANGE, ReportStyles, topic_sheet
from .excel_tallies import areas, departments, trend
from .excel_topic import LONG, MEASURE_COLUMNS, SHARE, Row, Topic, name_of
from .outcome_records import Attainment, OutcomeResult, Results, YearResult
from .records import Coordination, Figures, Since


def excel(figures: Figures) -> bytes:
    """Return the report as .xlsx; the same figures give the same bytes.

    Texts stay texts, even if they begin with ``=``. Raise DxreportError if a cell cannot be written.
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
    topics = [
        _termed(topic.without_blanks().with_whole_ids(), figures.names) for topic in _topics(figures) if topic.rows
    ]
    overview_sheet(book, styles, figures, topics)
    for topic in topics:
        topic_sheet(book, styles, topic, figures)
    book.close()
    return stream.getvalue()


def _termed(topic: Topic, names: Names) -> Topic:
    """Return a topic with the office's words in title and headers."""
    columns = {names.termed(header): width for header, width in topic.columns.items()}
    return replace(topic, title=names.termed(topic.title), columns=columns, marked=names.termed(topic.marked))


def _topics(figures: Figures) -> Iterator[Topic]:
    """Yield the topics in the order of the report; those without rows get no sheet."""
    results, names = figures.results, figures.names
    if len(figures.trend) > 1 and any(q.standings.due for q in figures.trend):
        yield trend(figures)
    yield areas(figures)
    yield _outcomes(results)
    yield departments(figures)
    yield _support(figures)
    if figures.declared is not None:
        yield from declared_topics(figures.declared, names)
    if figures.since is not None:
        yield from _changes(figures.since)
    if figures.coordination is not None:
        yield from _coordination(figures.coordination, names)
    yield _waiting(results)
    yield _parts(results)
    yield _activities(figures)


def _support(figures: Figures) -> Topic:
    rows: list[Row] = [
        (p.label, f"{s.measure.id}{'※' * bool(s.notes)}", *name_of(s)[1:], s.content)
        for p in figures.support
        for s in p.requests
    ]
    columns = {"時期": 14, **MEASURE_COLUMNS, "支援内容": 70}
    note = "\n".join(f"※ {said}" for said in words.support_doubts(figures))
    return Topic("支援依頼", "CIO補佐への支援依頼（時期順）", columns, rows, note=note)


def _activities(figures: Figures) -> Topic:
    long = any(len(x.countermeasure) > LONG for x in figures.activities)
    columns = {
        "分野": 12, **MEASURE_COLUMNS, "取組ID": 7, "取組内容": 24, "作業予定": 34, "進捗": 16, "対応策": 60 if long else 30, "いつから": 10, "※": 30,
    }  # fmt: skip
    rows = [
        (x.measure.area, *name_of(x), x.key, x.name, x.plan, x.category.label, x.countermeasure, x.since_when, "".join(x.notes))
        for x in figures.activities
    ]  # fmt: skip
    late, unreported = (
        {c.label for c in figures.overview.categories if c.standing is standing}
        for standing in (Progress.LATE, Progress.UNREPORTED)
    )
    title = f"付表　取組の一覧（{figures.quarter_label}）"
    return Topic("取組一覧", title, columns, rows, "進捗", stressed=late, pending=unreported)


def _outcomes(results: Results) -> Topic:
    this = results.years[results.this_year]
    columns = MEASURE_COLUMNS | {
        "番号": 5, "評価項目": 22, "方向": 12, f"{this} 目標": 18, f"{this} 実績": 14,
        "判定の年度": 12, "判定": 8, SHARE: 8, "内訳・理由": 22,
    }  # fmt: skip
    for year in results.years:
        if year != this:
            columns |= {f"{year} 目標": 16, f"{year} 実績": 12}
    listed = (*results.missed, *results.reported)
    dated = any(results.latest(o) is not o.years[results.this_year] for o in listed)
    rows = [_outcome(outcome, results, dated=dated) for outcome in listed]
    note, said = words.results(results), words.results_heading(results)
    title = f"成果目標：{said}" if said else "成果目標"
    return Topic("成果目標", title, columns, rows, "判定", {Attainment.SHORT.value}, note=note)


def _outcome(outcome: OutcomeResult, results: Results, *, dated: bool) -> Row:
    now, judged = outcome.years[results.this_year], results.latest(outcome)
    alone, unjudged = len(judged.parts) == 1, judged.verdict is Attainment.AS_WRITTEN
    others = [text for year in outcome.years if year is not now for text in (_target(year, now), year.actual)]
    return (
        *name_of(outcome), outcome.number, now.indicator, outcome.direction.value, now.target, now.actual,
        judged.year if dated else "", judged.verdict.value, judged.parts[0].rate if alone else None,
        judged.reason if unjudged else "" if alone else judged.achievement,
        *others,
    )  # fmt: skip


def _target(year: YearResult, now: YearResult) -> str:
    """Return the target of a year, below its 評価項目 where that differs from this year's."""
    own = year.indicator.strip() and year.indicator != now.indicator
    return f"［{year.indicator}］\n{year.target}".rstrip() if own else year.target


def _waiting(results: Results) -> Topic:
    targets = {f"{year} 目標": 20 for year in results.years}
    columns = MEASURE_COLUMNS | {"番号": 5, "評価項目": 30, "方向": 12, **targets, "実績の状況": 22}
    rows: list[Row] = []
    for o in results.waiting:
        now = o.years[results.this_year]
        texts = (_target(year, now) for year in o.years)
        rows.append((*name_of(o), o.number, now.indicator, o.direction.value, *texts, now.reason))
    note = words.waiting_note(results) if results.missed or results.reported else words.results(results)
    return Topic("実績待ち", f"付表　{words.waiting_heading(results)}", columns, rows, note=note)


def _parts(results: Results) -> Topic:
    columns = MEASURE_COLUMNS | {
        "番号": 5, "年度": 12, "内訳": 12, "目標値": 12, "条件": 6, "実績値": 12, "単位": 8, SHARE: 9, "判定": 8,
    }  # fmt: skip
    rows = [
        (*name_of(o), o.number, y.year, p.label, p.target, p.bound, p.actual, p.unit, p.rate, y.verdict_of(p).value)
        for o in results.outcomes
        for y in o.years
        for p in y.parts
    ]  # fmt: skip
    return Topic("達成率の計算", "付表　目標と実績を数値で比べたもの", columns, rows, "判定", {Attainment.SHORT.value})


def _changes(since: Since) -> Iterator[Topic]:
    note = words.since(since)
    columns: dict[str, float] = {f"{since.quarter}の取組": 30, "確定時": 10, "現在": 10, CHANGE: 10}
    counts: list[Row] = [(r.label, r.then, r.now, r.difference) for r in since.recounts if r.difference]
    yield Topic("確定時との差", "前回の確定報告から変わったもの：数", columns, counts, note=note)
    columns = {"種別": 14, **MEASURE_COLUMNS, "項目": 30, "確定時": 36, "現在": 36}
    rows: list[Row] = [(c.kind, *name_of(c), c.label, c.before, c.after) for c in since.edited]
    yield Topic("変更点", "前回の確定報告から変わったもの", columns, rows, note=note)


def _coordination(extra: Coordination, names: Names) -> Iterator[Topic]:
    missing: list[Row] = [(m.measure.department, m.measure.id, m.measure.name, m.state) for m in extra.missing]
    columns = {"主管部署": 24, "施策ID": 8, "施策名": 60, "状態": 12}
    yield Topic("未提出", "担当者用：未提出の施策", columns, missing, note=words.coordination(extra, names))
    rows: list[Row] = [(*name_of(p), p.code, p.place, p.label, p.message, p.fix) for p in extra.points]
    columns = MEASURE_COLUMNS | {"番号": 7, "場所": 26, "項目": 26, "指摘": 46, "対応": 40}
    yield Topic("点検", "担当者用：データの点検で残っている指摘", columns, rows)

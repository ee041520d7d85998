"""The report as a workbook: an overview with native charts, and one sheet per topic with a table (XlsxWriter)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime

import xlsxwriter

from . import words
from .excel_overview import overview_sheet
from .excel_sheet import LATE, Column, Styles, Table, Value, table_sheet
from .records import Coordination, Figures, MeasureName, OutcomeResult, Progress, Results, Since, Verdict, YearResult

_MEASURE = (Column("施策ID", 8), Column("施策名", 26), Column("主管部署", 15))


def excel(figures: Figures) -> bytes:
    """Return the report as .xlsx; the same figures give the same bytes.

    Texts stay texts, even if they begin with ``=``. Raises DxreportError where a cell cannot be written.
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({
        "title": figures.title,
        "subject": words.kind(figures),
        "created": datetime.fromisoformat(figures.made),
    })  # fmt: skip
    styles = Styles(book)
    tables = list(_tables(figures))
    overview_sheet(book, styles, figures, tables)
    for table in tables:
        table_sheet(book, styles, table, figures.title, words.stamp(figures))
    book.close()
    return stream.getvalue()


def _tables(figures: Figures) -> Iterator[Table]:
    """Yield the topics in the order of the report."""
    yield _late(figures)
    yield _activities(figures)
    yield _outcomes(figures.results)
    yield _parts(figures.results)
    yield _budgets(figures)
    yield _support(figures)
    yield _changes(figures)
    if figures.since is not None:
        yield _recounts(figures.since)
    if figures.coordination is not None:
        yield _missing(figures.coordination)
        yield _points(figures.coordination)


def _name(measure: MeasureName) -> tuple[str, str, str]:
    return measure.id, measure.name, measure.department


def _late(figures: Figures) -> Table:
    columns = (
        *_MEASURE, Column("取組内容", 24), Column("作業予定", 30), Column("進捗", 12), Column("対応策", 36),
        Column("連続四半期数", 8),
    )  # fmt: skip
    rows = [(*_name(x.measure), x.name, x.plan, x.category.label, x.answer, x.streak) for x in figures.late]
    return Table(LATE, f"遅延・課題のある取組（{figures.quarter_label}）", columns, rows)


def _activities(figures: Figures) -> Table:
    columns = (
        Column("分野", 12), *_MEASURE, Column("取組ID", 7), Column("取組内容", 24), Column("作業予定", 34),
        Column("進捗", 16), Column("対応策", 30),
    )  # fmt: skip
    rows = [
        (x.measure.area, *_name(x.measure), x.key, x.name, x.plan, x.category.label, x.countermeasure)
        for x in figures.activities
    ]
    stressed = {c.label for c in figures.overview.categories if c.standing is Progress.LATE}
    pending = {c.label for c in figures.overview.categories if c.standing is Progress.UNREPORTED}
    return Table("取組一覧", f"取組の一覧（{figures.quarter_label}）", columns, rows, "進捗", stressed, pending)


def _outcomes(results: Results) -> Table:
    this = results.years[results.this_year]
    others = [n for n in range(len(results.years)) if n != results.this_year]
    columns = (
        *_MEASURE, Column("番号", 5), Column("評価項目", 22), Column("方向", 9),
        Column(f"{this} 目標", 18), Column(f"{this} 実績", 14), Column("判定", 8), Column("達成率", 8, "share", bar=True),
        Column("達成の内訳", 14),
        *(c for n in others for c in (Column(f"{results.years[n]} 目標", 16), Column(f"{results.years[n]} 実績", 12))),
    )  # fmt: skip
    rows = [_outcome(o, results.this_year, others) for o in results.outcomes]
    title = f"成果目標の達成状況（{this}）"
    return Table("成果目標", title, columns, rows, "判定", {Verdict.SHORT.value}, note=words.results(results))


def _outcome(outcome: OutcomeResult, this_year: int, others: list[int]) -> tuple[Value, ...]:
    now = outcome.years[this_year]
    alone = now.parts[0].rate if len(now.parts) == 1 else None
    later = [text for n in others for text in (_target(outcome.years[n], now), outcome.years[n].actual)]
    return (
        *_name(outcome.measure), outcome.number, now.indicator, outcome.direction.value, now.target, now.actual,
        now.verdict.value, alone, now.reason or (now.achievement if len(now.parts) > 1 else ""), *later,
    )  # fmt: skip


def _target(year: YearResult, now: YearResult) -> str:
    own = year.indicator.strip() and year.indicator != now.indicator
    return f"［{year.indicator}］\n{year.target}".rstrip() if own else year.target


def _parts(results: Results) -> Table:
    columns = (
        *_MEASURE, Column("番号", 5), Column("年度", 12), Column("内訳", 12), Column("目標値", 12, "number"),
        Column("条件", 6), Column("実績値", 12, "number"), Column("単位", 8), Column("達成率", 9, "share", bar=True),
        Column("判定", 8),
    )  # fmt: skip
    rows = [
        (
            *_name(o.measure),
            o.number,
            y.year,
            p.label,
            p.target,
            p.bound,
            p.actual,
            p.unit,
            p.rate,
            y.verdict_of(p).value,
        )
        for o in results.outcomes
        for y in o.years
        for p in y.parts
    ]
    return Table("達成率の計算", "目標と実績を数値で比べたもの", columns, rows, "判定", {Verdict.SHORT.value})


def _budgets(figures: Figures) -> Table:
    rows = [(*_name(b.measure), b.procurement) for b in figures.budgets]
    return Table("次年度予算", "次年度予算化予定が「有」の施策", (*_MEASURE, Column("調達内容", 80)), rows)


def _support(figures: Figures) -> Table:
    columns = (Column("時期", 14), *_MEASURE, Column("支援内容", 60), Column("時期（記入のまま）", 18))
    rows = [(p.label, *_name(s.measure), s.content, s.written) for p in figures.support for s in p.requests]
    return Table("支援依頼", "CIO補佐への支援依頼（時期順）", columns, rows)


def _changes(figures: Figures) -> Table:
    columns = (Column("種別", 14), *_MEASURE, Column("項目", 30), Column("確定時", 36), Column("現在", 36))
    since = figures.since
    rows = [(c.kind, *_name(c.measure), c.label, c.before, c.after) for c in since.changes] if since else []
    note = words.since(since) if since else words.NO_FINAL
    return Table("変更点", "前回の確定報告からの変更", columns, rows, note=note)


def _recounts(since: Since) -> Table:
    columns = (Column(f"{since.quarter}の取組", 30), Column("確定時", 10, "number"), Column("現在", 10, "number"),
               Column("増減", 10, "number"))  # fmt: skip
    rows = [(r.label, r.then, r.now, r.difference) for r in since.recounts]
    return Table("確定時との差", "前回の確定報告と、いまのマスターの数", columns, rows, note=words.since(since))


def _missing(extra: Coordination) -> Table:
    rows = [(m.measure.department, m.measure.id, m.measure.name, m.state) for m in extra.missing]
    columns = (Column("主管部署", 24), Column("施策ID", 8), Column("施策名", 60), Column("状態", 12))
    return Table("未提出", "未提出の施策", columns, rows, note=words.coordination(extra))


def _points(extra: Coordination) -> Table:
    columns = (
        *_MEASURE, Column("番号", 7), Column("場所", 26), Column("項目", 26), Column("指摘", 46), Column("対応", 40),
    )  # fmt: skip
    rows = [(*_name(p.measure), p.code, p.place, p.label, p.message, p.fix) for p in extra.points]
    return Table("点検", "データの点検で残っている指摘", columns, rows)

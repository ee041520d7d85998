"""The counts by quarter, 分野 and department as tables of the workbook, and what their charts draw.

A count of 0 is None: a chart would draw the frame of a bar without length.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import words
from .activity_records import Category, Standings, Tally
from .excel_topic import Bars, Row, Topic
from .records import Figures

_NUMBER = 10.0  # width in digits
_DUE, _SHARE = "実施予定", "割合"


def trend(figures: Figures) -> Topic:
    """Return the quarters up to this one."""
    known = [c for c in words.by_standing(figures.overview) if c.standing.due]
    used = [c for c in known if any(_count(q.standings, c) for q in figures.trend)]
    columns = {"年度": 14, "四半期": 12, **_columns(used, _apart(figures))}
    rows: list[Row] = [
        (q.year, f"第{q.quarter}四半期", *(_count(q.standings, c) or None for c in used), *_sums(q.standings))
        for q in figures.trend
    ]
    bars = Bars(("年度", "四半期"), [c.label for c in used], used, kind="column")
    return _topic(figures, "推移", "四半期ごとの推移", columns=columns, rows=rows, bars=bars)


def areas(figures: Figures) -> Topic:
    """Return the topic of the 分野, with the measures that have late activities."""
    used = _used(figures)
    columns = {"分野": 34, "施策の数": 9, **_columns(used, _apart(figures)), "遅延・課題のある施策": 40}
    rows: list[Row] = [
        (f"{t.code}　{t.title}".strip(), *_tally(t, figures, used), _late(figures, t)) for t in figures.overview.areas
    ]
    said = words.areas_heading(figures)
    bars = Bars(("分野",), [c.label for c in used], used)
    return _topic(figures, "分野別", f"分野別：{said}" if said else "分野別", columns=columns, rows=rows, bars=bars)


def _late(figures: Figures, area: Tally) -> str:
    where = "。一覧は「概要」シート" if words.late_is_counted(figures, area) else ""
    return f"{words.late_told(figures, area)}{where}"


def departments(figures: Figures) -> Topic:
    """Return the topic of the departments in 建制順."""
    used = _used(figures)
    columns = {"部署": 34, "施策の数": 9, **_columns(used, _apart(figures))}
    rows = [(t.name, *_tally(t, figures, used)) for t in figures.overview.departments]
    bars = Bars(("部署",), [c.label for c in used], used)
    return _topic(figures, "部署別", "部署別（建制順）", columns=columns, rows=rows, bars=bars)


def _topic(
    figures: Figures, sheet: str, title: str, *, columns: dict[str, float], rows: list[Row], bars: Bars
) -> Topic:
    note = f"取組の数。割合は、実施予定（{_apart(figures)}を除く）に占める{words.on_track(figures.overview)}。"
    return Topic(
        sheet, title, columns, rows, note=figures.names.termed(note), shares={_SHARE},
        bars=bars if bars.columns else None, drawn_beside=sheet == "部署別",
    )  # fmt: skip


def _used(figures: Figures) -> list[Category]:
    """Return the categories of activities that are due and that occur."""
    overview = figures.overview
    return [c for c, n in zip(overview.categories, overview.whole.activities, strict=True) if n and c.standing.due]


def _apart(figures: Figures) -> str:
    """Name the categories in no denominator: 予定なし, and words that mean 中止."""
    return "・".join(c.label for c in reversed(figures.overview.categories) if not c.standing.due)


def _columns(used: Sequence[Category], apart: str) -> dict[str, float]:
    counts = {c.label: max(_NUMBER, min(2.0 * len(c.label), 16.0)) for c in used}
    return counts | dict.fromkeys((_DUE, _SHARE, apart), _NUMBER)


def _tally(tally: Tally, figures: Figures, used: Sequence[Category]) -> Row:
    counts = dict(zip(figures.overview.categories, tally.activities, strict=True))
    return tally.measure_total, *(counts[c] or None for c in used), *_sums(tally.standings)


def _sums(standings: Standings) -> Row:
    return standings.due, words.percent(standings.on_plan, standings.due), standings.apart


def _count(standings: Standings, category: Category) -> int:
    return int(getattr(standings, category.standing.value))

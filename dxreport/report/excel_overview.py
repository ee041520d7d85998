"""The first sheet of the workbook: counts with native charts, and links to the details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import words
from .excel_sheet import (
    LATE,
    OVERVIEW,
    ROW,
    TITLE_ROW,
    Styles,
    Table,
    done,
    fraction,
    page,
    put,
    put_across,
    put_link,
    set_height,
    text_height,
)
from .records import Category, Figures, Overview, Standing

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

# Readable without colour: no two look alike in grey.
_FILLS: dict[Standing, tuple[dict[str, Any], ...]] = {
    Standing.ON_TRACK: (
        {"fill": {"color": "#2F6F9F"}}, {"fill": {"color": "#86B4D6"}}, {"fill": {"color": "#C4DBEC"}},
    ),
    Standing.LATE: (
        {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": "#B3261E", "bg_color": "#FFFFFF"}},
        {"pattern": {"pattern": "wide_downward_diagonal", "fg_color": "#7A1712", "bg_color": "#F3C6C2"}},
        {"pattern": {"pattern": "dark_vertical", "fg_color": "#000000", "bg_color": "#E08A83"}},
    ),
    Standing.UNKNOWN: ({"pattern": {"pattern": "large_grid", "fg_color": "#6B4FA0", "bg_color": "#FFFFFF"}},),
    Standing.NO_REPORT: ({"pattern": {"pattern": "dotted_diamond", "fg_color": "#3B7A57", "bg_color": "#FFFFFF"}},),
    Standing.UNREPORTED: ({"pattern": {"pattern": "narrow_horizontal", "fg_color": "#8A6D00", "bg_color": "#FFF3C4"}},),
    Standing.NO_PLAN: ({"fill": {"color": "#FFFFFF"}},),
}  # fmt: skip
_ROW_PIXELS = 20
_HEADING_ROW = 18  # points
_NAME, _NUMBER, _GAP = 26, 11, 2  # widths of columns, in digits
_CHART_WIDTH, _CHART_COLUMNS = 560, 7
_SHORTEST = 11  # rows a chart takes at least
_LEGEND = 56  # characters of 8 points that a chart is wide
# A zero would stand as a figure without a bar.
_LABELS = {"value": True, "num_format": "0;;", "fill": {"color": "#FFFFFF"}, "font": {"size": 8, "bold": True}}


def overview_sheet(book: Workbook, styles: Styles, figures: Figures, tables: Sequence[Table]) -> None:
    """概要: title, contents, and a block of counts with its chart each for all, quarters, 分野 and departments."""
    overview = figures.overview
    ws = book.add_worksheet(OVERVIEW)
    ws.hide_gridlines(2)
    widths = [_NAME, *map(_category_width, overview.categories), _NUMBER, _GAP, *[_NUMBER] * _CHART_COLUMNS]
    for n, digits in enumerate(widths):
        done(ws.set_column(n, n, digits))
    row = _front(ws, styles, figures, tables, widths)
    row = _whole(book, ws, styles, overview, row)
    blocks = [("分野別の取組の数", overview.areas), ("部署別の取組の数（建制順）", overview.departments)]
    if overview.before is not None:
        blocks.insert(0, ("四半期ごとの取組の数", overview.quarters))
    for title, tallies in blocks:
        if tallies is overview.departments:
            ws.set_h_pagebreaks([row])
        row = _block(book, ws, styles, overview.categories, title, [(t.name, t.activities) for t in tallies], row)
    page(ws, figures.title, words.stamp(figures), len(widths), row)


def _category_width(category: Category) -> float:
    return max(_NUMBER, min(2 * len(category.label) + 2, 24)) if category.standing is Standing.LATE else _NUMBER


def _front(ws: Worksheet, styles: Styles, figures: Figures, tables: Sequence[Table], widths: Sequence[float]) -> int:
    done(ws.set_row(0, TITLE_ROW))
    put(ws, 0, 0, figures.title, styles.title)
    put(ws, 1, 0, f"{words.kind(figures)}　{words.stamp(figures)}", styles.faint)
    sentences = [words.sentence(figures.overview), *words.remarks(figures.overview), words.turn(figures.overview)]
    row = 2
    for text in filter(None, sentences):
        set_height(ws, row, put_across(ws, row, (0, len(widths) - 1), widths, text, styles.wrapped))
        row += 1
    row += 1
    done(ws.set_row(row, _HEADING_ROW))
    put(ws, row, 0, "くわしい内容", styles.heading)
    for n, table in enumerate(tables):
        at = row + 1 + n
        put_link(ws, at, 0, table.sheet, "A1", table.sheet, styles.link)
        put(ws, at, 1, len(table.rows), styles.plain)
        put(ws, at, 2, table.title, styles.faint)
    return row + len(tables) + 2


def _whole(book: Workbook, ws: Worksheet, styles: Styles, overview: Overview, row: int) -> int:
    """Activities and measures by category, their shares, and both as bars."""
    whole = overview.whole
    counts = [("取組の数", whole.activities), ("施策の数", whole.measures)]
    end = _block(book, ws, styles, overview.categories, "進捗の区分ごとの数", counts, row, "percent_stacked")
    at = row + 2 + len(counts)
    for name, (numbers, total) in {
        "取組の割合": (whole.activities, whole.activity_total),
        "施策の割合": (whole.measures, whole.measure_total),
    }.items():
        put(ws, at, 0, name, styles.text)
        for n, count in enumerate(numbers, 1):
            percent = words.percent(count, total)
            put(ws, at, n, None if percent is None else fraction(percent), styles.share)
        put(ws, at, len(numbers) + 1, None, styles.share)
        at += 1
    put(ws, at, 0, "施策は、最も悪い取組で数えています。", styles.faint)
    return end


def _block(
    book: Workbook, ws: Worksheet, styles: Styles, categories: Sequence[Category], title: str,
    rows: Sequence[tuple[str, tuple[int, ...]]], row: int, kind: str = "stacked",
) -> int:  # fmt: skip
    """A line a name with its counts by category, and the same as stacked bars; gives the row after it."""
    done(ws.set_row(row, _HEADING_ROW))
    put(ws, row, 0, title, styles.heading)
    heads = [text_height(c.label, _category_width(c)) for c in categories]
    set_height(ws, row + 1, max(2 * ROW, *heads))
    put(ws, row + 1, 0, None, styles.head)
    for n, category in enumerate(categories, 1):
        if category.standing is Standing.LATE:
            put_link(ws, row + 1, n, LATE, "A1", category.label, styles.head_link)
        else:
            put(ws, row + 1, n, category.label, styles.head)
    put(ws, row + 1, len(categories) + 1, "計", styles.head)
    first, last = row + 2, row + 1 + len(rows)
    for at, (name, counts) in enumerate(rows, first):
        set_height(ws, at, text_height(name, _NAME))
        put(ws, at, 0, name, styles.text)
        for n, count in enumerate((*counts, sum(counts)), 1):
            put(ws, at, n, count, styles.count)
    for n, category in enumerate(categories, 1):
        style = {Standing.LATE: styles.stressed, Standing.UNREPORTED: styles.pending}.get(category.standing)
        if style is not None:
            some = {"type": "cell", "criteria": ">", "value": 0, "format": style}
            done(ws.conditional_format(first, n, last, n, some))
    height = max(len(rows) + len(rows) // 2 + 4, _SHORTEST)  # or some names along the axis are left out
    height += max(0, _legend_lines(categories) - 2)
    chart = _chart(book, categories, title, (row + 1, first, last), kind, height)
    place = {"description": title, "object_position": 2, "y_offset": 4}
    done(ws.insert_chart(row, len(categories) + 3, chart, place))
    return row + height + 1


def _legend_lines(categories: Sequence[Category]) -> int:
    """The lines of a chart's legend, whose entries stand in columns as wide as the longest of them."""
    longest = max(len(category.label) for category in categories)
    return -(-len(categories) // max(1, _LEGEND // (longest + 3)))


def _chart(
    book: Workbook, categories: Sequence[Category], title: str, rows: tuple[int, int, int], kind: str, height: int
) -> Chart:
    """Bars over the counts: the row of heads, the first and the last row of names."""
    head, first, last = rows
    chart = book.add_chart({"type": "bar", "subtype": kind})
    for n, look in enumerate(looks(categories), 1):
        chart.add_series({
            "name": [OVERVIEW, head, n],
            "categories": [OVERVIEW, first, 0, last, 0],
            "values": [OVERVIEW, first, n, last, n],
            "border": {"color": "#1B1F24"},
            "gap": 40,
            "data_labels": _LABELS,
            **look,
        })  # fmt: skip
    chart.set_title({"name": title, "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom", "font": {"size": 8}})
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}})
    chart.set_x_axis(
        {
            "num_font": {"size": 8},
            "label_position": "high",
            "major_gridlines": {"visible": True, "line": {"color": "#D0D5DA"}},
        }
    )
    chart.set_size({"width": _CHART_WIDTH, "height": height * _ROW_PIXELS})
    return chart


def looks(categories: Sequence[Category]) -> list[dict[str, Any]]:
    """The fill of each category: by its standing, words of the same standing darker to lighter."""
    seen: dict[Standing, int] = {}
    out = []
    for category in categories:
        n = seen.get(category.standing, 0)
        seen[category.standing] = n + 1
        fills = _FILLS[category.standing]
        out.append(fills[min(n, len(fills) - 1)])
    return out

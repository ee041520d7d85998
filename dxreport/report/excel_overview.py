"""The first sheet of the workbook: counts with native charts, and links to the other sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..ooxml.writer import ROW, check, put, put_across, set_height, text_height
from . import words
from .excel_sheet import LATE, OVERVIEW, TITLE_ROW, ReportStyles, Topic, fraction, page, put_link
from .records import Category, Figures, Overview, Progress
from .states import shaded

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart

# Fills that differ without colour.
_FILLS: dict[Progress, tuple[dict[str, Any], ...]] = {
    Progress.ON_TRACK: (
        {"fill": {"color": "#2F6F9F"}}, {"fill": {"color": "#86B4D6"}}, {"fill": {"color": "#C4DBEC"}},
    ),
    Progress.LATE: (
        {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": "#B3261E", "bg_color": "#FFFFFF"}},
        {"pattern": {"pattern": "wide_downward_diagonal", "fg_color": "#7A1712", "bg_color": "#F3C6C2"}},
        {"pattern": {"pattern": "dark_vertical", "fg_color": "#000000", "bg_color": "#E08A83"}},
    ),
    Progress.UNKNOWN: ({"pattern": {"pattern": "large_grid", "fg_color": "#6B4FA0", "bg_color": "#FFFFFF"}},),
    Progress.NO_REPORT: ({"pattern": {"pattern": "dotted_diamond", "fg_color": "#3B7A57", "bg_color": "#FFFFFF"}},),
    Progress.UNREPORTED: ({"pattern": {"pattern": "narrow_horizontal", "fg_color": "#8A6D00", "bg_color": "#FFF3C4"}},),
    Progress.NO_PLAN: ({"fill": {"color": "#FFFFFF"}},),
}  # fmt: skip
_ROW_PIXELS = 20
_HEADING_ROW = 18  # points
_NAME, _NUMBER, _GAP = 26, 11, 2  # widths of columns, in digits
_CHART_WIDTH, _CHART_COLUMNS = 560, 7
_SHORTEST = 11  # rows of a chart, at least
_LEGEND = 56  # width of a chart in characters of 8 points
# Zeros have no bar, so they get no label.
_LABELS = {"value": True, "num_format": "0;;", "fill": {"color": "#FFFFFF"}, "font": {"size": 8, "bold": True}}


def overview_sheet(book: Workbook, styles: ReportStyles, figures: Figures, topics: Sequence[Topic]) -> None:
    """Add 概要: title, contents, and a block of counts with a chart each for all, quarters, 分野 and departments."""
    overview = figures.overview
    sheet = _Overview(book, styles, overview.categories)
    row = sheet.head(figures, topics)
    row = sheet.whole(overview, row)
    blocks = [("分野別の取組の数", overview.areas), ("部署別の取組の数（建制順）", overview.departments)]
    if overview.before is not None:
        blocks.insert(0, ("四半期ごとの取組の数", overview.quarters))
    for title, tallies in blocks:
        if tallies is overview.departments:
            sheet.ws.set_h_pagebreaks([row])
        row = sheet.block(title, [(t.name, t.activities) for t in tallies], row)
    page(sheet.ws, figures.title, words.stamp(figures), len(sheet.widths), row)


class _Overview:
    """The sheet as it is drawn from top to bottom; every method returns the row below what it drew."""

    def __init__(self, book: Workbook, styles: ReportStyles, categories: Sequence[Category]) -> None:
        self.book, self.styles, self.categories = book, styles, categories
        self.ws = book.add_worksheet(OVERVIEW)
        self.ws.hide_gridlines(2)
        self.widths = [_NAME, *map(_category_width, categories), _NUMBER, _GAP, *[_NUMBER] * _CHART_COLUMNS]
        for n, digits in enumerate(self.widths):
            check(self.ws.set_column(n, n, digits))

    def head(self, figures: Figures, topics: Sequence[Topic]) -> int:
        """Draw title, summary and links to the sheets of ``topics``."""
        ws, styles, overview = self.ws, self.styles, figures.overview
        check(ws.set_row(0, TITLE_ROW))
        put(ws, 0, 0, figures.title, styles.title)
        put(ws, 1, 0, f"{words.kind(figures)}　{words.stamp(figures)}", styles.faint)
        row = 2
        for text in filter(None, (words.sentence(overview), *words.remarks(overview), words.turn(overview))):
            set_height(ws, row, put_across(ws, row, text, styles.wrapped, widths=self.widths))
            row += 1
        row = self._heading("くわしい内容", row + 1)
        for at, topic in enumerate(topics, row):
            put_link(ws, at, 0, topic.sheet, styles.link)
            put(ws, at, 1, len(topic.rows), styles.plain)
            put(ws, at, 2, topic.title, styles.faint)
        return row + len(topics) + 1

    def whole(self, overview: Overview, row: int) -> int:
        """Draw activities and measures by category, their shares, and both as bars."""
        whole = overview.whole
        counts = [("取組の数", whole.activities), ("施策の数", whole.measures)]
        end = self.block("進捗の区分ごとの数", counts, row, "percent_stacked")
        shares = {
            "取組の割合": (whole.activities, whole.activity_total),
            "施策の割合": (whole.measures, whole.measure_total),
        }
        for at, (name, (numbers, total)) in enumerate(shares.items(), row + 2 + len(counts)):
            put(self.ws, at, 0, name, self.styles.text)
            percents = [words.percent(count, total) for count in numbers]
            for n, percent in enumerate((*percents, None), 1):
                put(self.ws, at, n, None if percent is None else fraction(percent), self.styles.share)
        put(self.ws, row + 4 + len(counts), 0, "施策は、最も悪い取組で数えています。", self.styles.faint)
        return end

    def block(self, title: str, rows: Sequence[tuple[str, tuple[int, ...]]], row: int, kind: str = "stacked") -> int:
        """Draw one line a name with its counts by category, and the same as bars."""
        ws, styles = self.ws, self.styles
        first = self._columns(self._heading(title, row))
        last = first + len(rows) - 1
        for at, (name, counts) in enumerate(rows, first):
            set_height(ws, at, text_height(name, _NAME))
            put(ws, at, 0, name, styles.text)
            for n, count in enumerate((*counts, sum(counts)), 1):
                put(ws, at, n, count, styles.count)
        for n, category in enumerate(self.categories, 1):
            style = {Progress.LATE: styles.stressed, Progress.UNREPORTED: styles.pending}.get(category.standing)
            if style is not None:
                some = {"type": "cell", "criteria": ">", "value": 0, "format": style}
                check(ws.conditional_format(first, n, last, n, some))
        height = max(len(rows) + len(rows) // 2 + 4, _SHORTEST)  # a lower chart leaves out names along its axis
        height += max(0, _legend_lines(self.categories) - 2)
        chart = self._chart(title, first, last, kind)
        chart.set_size({"width": _CHART_WIDTH, "height": height * _ROW_PIXELS})
        place = {"description": title, "object_position": 2, "y_offset": 4}
        check(ws.insert_chart(row, len(self.categories) + 3, chart, place))
        return row + height + 1

    def _heading(self, title: str, row: int) -> int:
        check(self.ws.set_row(row, _HEADING_ROW))
        put(self.ws, row, 0, title, self.styles.heading)
        return row + 1

    def _columns(self, row: int) -> int:
        """Draw the column headings: the categories, those of late activities with a link to their list."""
        set_height(self.ws, row, max(2 * ROW, *(text_height(c.label, _category_width(c)) for c in self.categories)))
        put(self.ws, row, 0, None, self.styles.head)
        for n, category in enumerate(self.categories, 1):
            if category.standing is Progress.LATE:
                put_link(self.ws, row, n, LATE, self.styles.head_link, text=category.label)
            else:
                put(self.ws, row, n, category.label, self.styles.head)
        put(self.ws, row, len(self.categories) + 1, "計", self.styles.head)
        return row + 1

    def _chart(self, title: str, first: int, last: int, kind: str) -> Chart:
        """Return bars over the counts in these rows, named by the row above them."""
        chart = self.book.add_chart({"type": "bar", "subtype": kind})
        for n, look in enumerate(looks(self.categories), 1):
            chart.add_series({
                "name": [OVERVIEW, first - 1, n],
                "categories": [OVERVIEW, first, 0, last, 0],
                "values": [OVERVIEW, first, n, last, n],
                "border": {"color": "#1B1F24"},
                "gap": 40,
                "data_labels": _LABELS,
                **look,
            })  # fmt: skip
        lines = {"visible": True, "line": {"color": "#D0D5DA"}}
        chart.set_title({"name": title, "name_font": {"size": 11}})
        chart.set_legend({"position": "bottom", "font": {"size": 8}})
        chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}})
        chart.set_x_axis({"num_font": {"size": 8}, "label_position": "high", "major_gridlines": lines})
        return chart


def _category_width(category: Category) -> float:
    return max(_NUMBER, min(2 * len(category.label) + 2, 24)) if category.standing is Progress.LATE else _NUMBER


def _legend_lines(categories: Sequence[Category]) -> int:
    """Return the lines of a chart's legend, whose columns are as wide as its longest entry."""
    longest = max(len(category.label) for category in categories)
    return -(-len(categories) // max(1, _LEGEND // (longest + 3)))


def looks(categories: Sequence[Category]) -> list[dict[str, Any]]:
    """Return the fill of each category: by its standing, from dark to light within one standing."""
    fills = [(_FILLS[category.standing], shade) for category, shade in shaded(categories)]
    return [choice[min(shade, len(choice) - 1)] for choice, shade in fills]

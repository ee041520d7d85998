"""The first sheet of the workbook: counts with native charts, and links to the other sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..domain.names import Names, joined
from ..ooxml.writer import ROW, check, put, put_across, set_height, text_height
from . import words
from .excel_sheet import LATE, OVERVIEW, TITLE_ROW, ReportStyles, Topic, page, put_link
from .records import Category, FieldCounts, Figures, Overview, Progress
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
    Progress.DONE: ({"fill": {"color": "#C4DBEC"}},),
    Progress.STOPPED: ({"pattern": {"pattern": "dark_horizontal", "fg_color": "#6B6B6B", "bg_color": "#FFFFFF"}},),
    Progress.WORD: (
        {"fill": {"color": "#2F6F9F"}}, {"fill": {"color": "#C4DBEC"}},
        {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": "#2F6F9F", "bg_color": "#FFFFFF"}},
        {"pattern": {"pattern": "dotted_diamond", "fg_color": "#1D4C70", "bg_color": "#FFFFFF"}},
        {"fill": {"color": "#86B4D6"}},
        {"pattern": {"pattern": "outlined_diamond", "fg_color": "#2F6F9F", "bg_color": "#FFFFFF"}},
        {"pattern": {"pattern": "wide_downward_diagonal", "fg_color": "#1B1F24", "bg_color": "#C4DBEC"}},
        {"fill": {"color": "#FFFFFF"}},
    ),
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
    declared = figures.declared.counts if figures.declared else ()
    most = max([0, *(len(c.categories) for c in declared)])
    sheet = _Overview(book, styles, overview.categories, figures.names, most)
    sheet.head(figures, topics)
    sheet.whole(overview)
    if len(overview.quarters) > 1:
        sheet.block(sheet.termed("四半期ごとの取組の数"), [(t.name, t.activities) for t in overview.quarters])
    sheet.block(sheet.termed("分野別の取組の数"), [(t.name, t.activities) for t in overview.areas])
    breaks = [sheet.row]
    sheet.block(sheet.termed("部署別の取組の数（建制順）"), [(t.name, t.activities) for t in overview.departments])
    for n, counts in enumerate(declared):
        if n % 3 == 0:
            breaks.append(sheet.row)
        sheet.declared(counts)
    sheet.ws.set_h_pagebreaks(breaks)
    page(sheet.ws, figures.title, words.stamp(figures), len(sheet.widths), sheet.row)


class _Overview:
    """The sheet as it is drawn from top to bottom; ``row`` is the next one.

    Charts stand to the right of the widest table, of ``categories`` or of ``most`` words.
    """

    def __init__(
        self, book: Workbook, styles: ReportStyles, categories: Sequence[Category], names: Names, most: int
    ) -> None:
        self.book, self.styles, self.categories, self.row = book, styles, categories, 0
        self.names, self.termed = names, names.termed
        self.ws = book.add_worksheet(OVERVIEW)
        self.ws.hide_gridlines(2)
        counts = [*map(_category_width, categories), *[_NUMBER] * (most - len(categories))]
        self.chart_column = len(counts) + 3
        self.widths = [_NAME, *counts, _NUMBER, _GAP, *[_NUMBER] * _CHART_COLUMNS]
        for n, digits in enumerate(self.widths):
            check(self.ws.set_column(n, n, digits))

    def head(self, figures: Figures, topics: Sequence[Topic]) -> None:
        """Draw title, summary and links to the sheets of ``topics``."""
        ws, styles, overview = self.ws, self.styles, figures.overview
        check(ws.set_row(0, TITLE_ROW))
        put(ws, 0, 0, figures.title, styles.title)
        put(ws, 1, 0, joined(words.kind(figures), words.stamp(figures), figures.sender), styles.faint)
        names = self.names
        said = words.sentence(overview, names), *words.remarks(overview, names), words.turn(overview, names)
        texts = list(filter(None, said))
        for row, text in enumerate(texts, 2):
            set_height(ws, row, put_across(ws, row, text, styles.wrapped, widths=self.widths))
        self.row = 3 + len(texts)
        self._heading("くわしい内容")
        for row, topic in enumerate(topics, self.row):
            put_link(ws, row, 0, topic.sheet, styles.link)
            put(ws, row, 1, len(topic.rows), styles.plain)
            put(ws, row, 2, topic.title, styles.faint)
        self.row += len(topics) + 1

    def whole(self, overview: Overview) -> None:
        """Draw activities and measures by category, their shares, and both as bars."""
        row = self.row + 4
        names, whole = self.names, overview.whole
        both = ((names.activity, whole.activities), (names.measure, whole.measures))
        rows = [(f"{name}の数", counts) for name, counts in both]
        self.block("進捗の区分ごとの数", rows, "percent_stacked")
        for name, counts in both:
            put(self.ws, row, 0, f"{name}の割合", self.styles.text)
            for n, percent in enumerate(words.shares(overview, counts), 1):
                put(self.ws, row, n, None if percent is None else percent / 100, self.styles.share)
            put(self.ws, row, len(counts) + 1, None, self.styles.share)
            row += 1
        put(
            self.ws,
            row,
            0,
            self.termed("割合は、予定なしと中止を除いたものです。施策は、最も重い取組で数えています。"),
            self.styles.faint,
        )

    def declared(self, counts: FieldCounts) -> None:
        """Draw the words of a declared field, of all and by 分野; one sentence where nobody answered."""
        if counts.answered:
            rows = [(t.name, t.counts) for t in (counts.whole, *counts.areas)]
            self.block(f"{counts.heading}（{counts.place}の数）", rows, "percent_stacked", counts.categories)
            return
        self._heading(counts.heading)
        put(self.ws, self.row, 0, words.field(counts), self.styles.faint)
        self.row += 2

    def block(
        self,
        title: str,
        rows: Sequence[tuple[str, tuple[int, ...]]],
        kind: str = "stacked",
        categories: Sequence[Category] = (),
    ) -> None:
        """Draw one line a name with its counts by category (those of 進捗 unless given), and the same as bars."""
        ws, styles, top = self.ws, self.styles, self.row
        categories = categories or self.categories
        self._heading(title)
        self._columns(categories)
        first, last = top + 2, top + 1 + len(rows)
        for at, (name, counts) in enumerate(rows, first):
            set_height(ws, at, text_height(name, _NAME))
            put(ws, at, 0, name, styles.text)
            for n, count in enumerate((*counts, sum(counts)), 1):
                put(ws, at, n, count, styles.count)
        for n, category in enumerate(categories, 1):
            style = {Progress.LATE: styles.stressed, Progress.UNREPORTED: styles.pending}.get(category.standing)
            if style is not None:
                some = {"type": "cell", "criteria": ">", "value": 0, "format": style}
                check(ws.conditional_format(first, n, last, n, some))
        height = max(len(rows) + len(rows) // 2 + 4, _SHORTEST)  # a lower chart leaves out names along its axis
        entries = max(1, _LEGEND // (max(len(c.label) for c in categories) + 3))  # on a line of the legend
        height += max(0, -(-len(categories) // entries) - 2)
        chart = self._chart(title, (first, last), kind, categories)
        chart.set_size({"width": _CHART_WIDTH, "height": height * _ROW_PIXELS})
        place = {"description": title, "object_position": 2, "y_offset": 4}
        check(ws.insert_chart(top, self.chart_column, chart, place))
        self.row = top + height + 1

    def _heading(self, title: str) -> None:
        check(self.ws.set_row(self.row, _HEADING_ROW))
        put(self.ws, self.row, 0, title, self.styles.heading)
        self.row += 1

    def _columns(self, categories: Sequence[Category]) -> None:
        """Draw the column headings: the categories, those of late activities with a link to their list."""
        ws, row, head = self.ws, self.row, self.styles.head
        widths = zip(categories, self.widths[1:], strict=False)
        set_height(ws, row, max(2 * ROW, *(text_height(c.label, width) for c, width in widths)))
        put(ws, row, 0, None, head)
        for n, category in enumerate(categories, 1):
            if category.standing is Progress.LATE and categories is self.categories:
                put_link(ws, row, n, LATE, self.styles.head_link, text=category.label)
            else:
                put(ws, row, n, category.label, head)
        put(ws, row, len(categories) + 1, "計", head)

    def _chart(self, title: str, rows: tuple[int, int], kind: str, categories: Sequence[Category]) -> Chart:
        """Return bars over the counts from the first to the last of two rows, named by the row above them."""
        first, last = rows
        chart = self.book.add_chart({"type": "bar", "subtype": kind})
        for n, look in enumerate(looks(categories), 1):
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


def looks(categories: Sequence[Category]) -> list[dict[str, Any]]:
    """Return the fill of each category: by its standing, from dark to light; the last is that of all further words."""
    return [_FILLS[c.standing][: shade + 1][-1] for c, shade in shaded(categories)]

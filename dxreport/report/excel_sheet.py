"""A topic of the report as a sheet with a real table, ready to print, and the cell formats of the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from ..domain.names import joined
from ..domain.problems import listed
from ..ooxml.refs import address, quote_sheet
from ..ooxml.text_metrics import MAX_HEIGHT
from ..ooxml.writer import FONT, SIZE, check, landscape, put, put_across, set_height, text_height, too_long
from . import words
from .activity_records import Progress
from .excel_charts import legend_lines, stacked
from .excel_topic import HEAD_ROW, SHARE, Topic, Value
from .records import Figures

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

INK, FAINT, LINE, RED, LINK = "#1A1A1C", "#4D4D4D", "#B8B8BB", "#A90000", "#0B4F94"
SIGNED = "+#,##0;−#,##0;±0"
OVERVIEW, CHANGE = "概要", "増減"
TITLE_ROW = 24.0  # points
_LONGEST_LINE = 100  # characters of the title in a page footer; Excel allows 255 with its codes
_NAMED = 20  # a notice names at most this many cells
_CHART_COLUMNS, _CHART_COLUMN = 6, 11
_CHART_WIDTH, _ROW_PIXELS = 480, 20
_CHART_ROWS = 30  # at most, so that the chart stays on one page


class ReportStyles:
    """The formats of the workbook; emphasis also shows in greyscale."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._decimals: dict[int, Format] = {}
        base = {"font_name": FONT, "font_size": SIZE, "valign": "top", "font_color": INK}
        self._framed = framed = base | {"bottom": 1, "bottom_color": LINE}
        self.title = book.add_format(base | {"bold": True, "font_size": 14})
        self.verdict = book.add_format(base | {"bold": True, "font_size": 17, "text_wrap": True, "valign": "vcenter"})
        self.heading = book.add_format(base | {"bold": True, "font_size": 12, "top": 1, "valign": "vcenter"})
        self.heading_note = book.add_format(
            base | {"font_color": FAINT, "align": "right", "top": 1, "valign": "vcenter"}
        )
        self.faint = book.add_format(base | {"font_color": FAINT})
        self.faint_right = book.add_format(base | {"font_color": FAINT, "align": "right"})
        self.faint_wrapped = book.add_format(base | {"font_color": FAINT, "text_wrap": True})
        self.notice = book.add_format(base | {"bold": True, "bg_color": "#F3C6C2", "text_wrap": True})
        self.link = book.add_format(base | {"font_color": LINK, "underline": 1})
        head = {"font_color": FAINT, "valign": "bottom", "text_wrap": True, "bottom": 2, "bottom_color": INK}
        self.head = book.add_format(base | head)
        self.head_right = book.add_format(base | head | {"align": "right", "indent": 1})
        self.text = book.add_format(framed | {"text_wrap": True, "num_format": "@"})
        self.strong = book.add_format(framed | {"text_wrap": True, "num_format": "@", "bold": True})
        self.past = book.add_format(framed | {"text_wrap": True, "num_format": "@", "font_color": FAINT})
        self.number = book.add_format(framed | {"num_format": "General", "align": "right", "indent": 1})
        self.count = book.add_format(framed | {"num_format": "#,##0", "align": "right", "indent": 1})
        self.change = book.add_format(framed | {"num_format": SIGNED, "align": "right", "indent": 1})
        self.share = book.add_format(framed | {"num_format": "0.0%", "align": "right", "indent": 1})
        self.stressed = book.add_format({"bold": True, "font_color": RED})
        self.pending = book.add_format({"bold": True, "italic": True})
        card = base | {"align": "left"}
        self.card_title = book.add_format(card | {"bold": True, "top": 2, "valign": "vcenter"})
        self.card_late = book.add_format(card | {"bold": True, "top": 5, "top_color": RED, "valign": "vcenter"})
        self.card_number = book.add_format(card | {"bold": True, "font_size": 28, "num_format": "#,##0"})
        self.card_change = book.add_format(card | {"bold": True, "font_size": 28, "num_format": SIGNED})
        self.card_unit = book.add_format(card | {"font_size": 11})

    def with_decimals(self, count: int) -> Format:
        """Return the format of numbers with ``count`` decimals."""
        if count not in self._decimals:
            style = self._framed | {"num_format": f"#,##0.{'0' * count}", "align": "right"}
            self._decimals[count] = self.book.add_format(style)
        return self._decimals[count]


def put_link(ws: Worksheet, row: int, sheet: str, style: Format, *, text: str = "") -> None:
    """Write into the first column a link to a sheet of this workbook, shown as ``text`` or the name of the sheet."""
    check(ws.write_url(row, 0, f"internal:{quote_sheet(sheet)}!A1", style, text or sheet))


def page(ws: Worksheet, figures: Figures, columns: int, last_row: int) -> None:
    """Set up a sheet to print on A4 landscape, with title, date, sheet and page numbers in the footer."""
    landscape(ws)
    title, maker = (text[:_LONGEST_LINE] for text in (figures.title, figures.sender))
    said = joined(title, f"作成 {maker}" if maker else "", words.stamp(figures)).replace("&", "&&")
    check(ws.set_footer(f"&L&8{said}&R&8&A　&P / &N頁", {"margin": 0.25}))
    check(ws.print_area(0, 0, last_row, columns - 1))


def topic_sheet(book: Workbook, styles: ReportStyles, topic: Topic, figures: Figures) -> None:
    """Add the sheet of a topic: heading, link to the overview, table, and its chart if that is drawn next to it."""
    ws = book.add_worksheet(topic.sheet)
    ws.hide_gridlines(2)
    check(ws.set_row(0, TITLE_ROW))
    put(ws, 0, 0, topic.title, styles.title)
    widths = list(topic.columns.values())
    note = topic.note or f"{len(topic.rows):,}件"
    set_height(ws, 1, put_across(ws, 1, note, styles.faint_wrapped, widths=widths))
    put_link(ws, 2, OVERVIEW, styles.link, text="概要へ戻る")
    heights = [_heights(row, widths) for row in topic.rows]
    if said := _cut(topic.rows, heights):
        set_height(ws, 2, put_across(ws, 2, said, styles.notice, widths=widths[1:], first=1))
    for n, width in enumerate(widths):
        check(ws.set_column(n, n, width))
    last = HEAD_ROW + len(topic.rows)
    options = {
        "name": topic.table or f"{topic.sheet.replace('・', '')}表",
        "style": None,
        "columns": [
            {"header": header, "header_format": styles.head_right if numeric else styles.head}
            for header, numeric in zip(topic.columns, topic.numeric, strict=True)
        ],
    }
    check(ws.add_table(HEAD_ROW, 0, last, len(widths) - 1, options))
    for row, points in enumerate([_heights(tuple(topic.columns), widths), *heights], HEAD_ROW):
        set_height(ws, row, max(points))
    for row, record in enumerate(topic.rows, HEAD_ROW + 1):
        for n, (header, value) in enumerate(zip(topic.columns, record, strict=True)):
            put(ws, row, n, *_shown(header, value, styles, topic))
    _emphasis(ws, styles, topic, last)
    ws.freeze_panes(HEAD_ROW + 1, 0)
    check(ws.repeat_rows(HEAD_ROW))
    columns = len(widths)
    if topic.is_drawn and topic.drawn_beside:
        last = max(last, _beside(book, ws, topic))
        columns += 1 + _CHART_COLUMNS
    page(ws, figures, columns, last)


def _beside(book: Workbook, ws: Worksheet, topic: Topic) -> int:
    """Draw the chart to the right of the table; return its last row."""
    at = len(topic.columns)
    check(ws.set_column(at, at, 2))
    check(ws.set_column(at + 1, at + _CHART_COLUMNS, _CHART_COLUMN))
    rows = min(len(topic.rows) + len(topic.rows) // 4 + 3 + legend_lines(topic), _CHART_ROWS)
    chart = stacked(book, topic, width=_CHART_WIDTH, height=rows * _ROW_PIXELS)
    check(ws.insert_chart(HEAD_ROW, at + 1, chart, {"description": topic.title, "object_position": 2}))
    return HEAD_ROW + rows


def _heights(record: Sequence[Value], widths: Sequence[float]) -> list[float]:
    """Return the points that each value of a row needs; only texts need any."""
    both = zip(record, widths, strict=True)
    return [text_height(text, width) if isinstance(text, str) and text else 0 for text, width in both]


def _cut(rows: Sequence[Sequence[Value]], heights: Sequence[Sequence[float]]) -> str:
    printed: list[str] = []
    shortened: list[str] = []
    for row, (record, tall) in enumerate(zip(rows, heights, strict=True), HEAD_ROW + 2):
        for n, (text, points) in enumerate(zip(record, tall, strict=True), 1):
            if points > MAX_HEIGHT:
                (shortened if too_long(str(text)) else printed).append(address(row, n))
    return notice(printed, shortened)


def notice(printed: Sequence[str], shortened: Sequence[str]) -> str:
    """Name the cells cut by the maximum height of a row, and those by the maximum length of a text."""
    notices = (
        ("印刷では下が切れることのある欄（セルには全文があります）: ", printed),
        ("Excel に入りきらず、途中までの欄（全文はマスターにあります）: ", shortened),
    )
    return "\n".join(start + listed(cells, _NAMED, "　ほか {} 欄") for start, cells in notices if cells)


def _shown(header: str, value: Value, styles: ReportStyles, topic: Topic) -> tuple[Value, Format]:
    """Return a value as its cell holds it, and the format of the cell."""
    if isinstance(value, str) or value is None:
        return value, styles.text
    if header in topic.shares:
        return Decimal(value) / 100, styles.share
    if topic.decimals:
        return value, styles.with_decimals(topic.decimals)
    if header == CHANGE:
        return value, styles.change
    # ``number`` shows as many decimals as there are, which a format with a point cannot.
    return value, styles.count if value == int(value) else styles.number


def _emphasis(ws: Worksheet, styles: ReportStyles, topic: Topic, last: int) -> None:
    rules = [
        (topic.marked, {"type": "cell", "criteria": "==", "value": f'"{quoted}"', "format": style})
        for words_, style in ((topic.stressed, styles.stressed), (topic.pending, styles.pending))
        for quoted in (word.replace('"', '""') for word in sorted(words_))
    ]
    if topic.bars is not None:
        some = {"type": "cell", "criteria": ">", "value": 0, "format": styles.stressed}
        both = zip(topic.bars.columns, topic.bars.categories, strict=True)
        rules += [(header, some) for header, category in both if category.standing is Progress.LATE]
    bar = {
        "type": "data_bar", "bar_solid": True, "bar_color": "#C4DBEC", "min_type": "num", "min_value": 0,
        "max_type": "num", "max_value": 1, "bar_border_color": "#767676",
    }  # fmt: skip
    in_cells = {SHARE} if topic.bars is None or topic.is_drawn else {SHARE, *topic.shares}
    rules += [(header, bar) for header in topic.columns if header in in_cells]
    headers = list(topic.columns)
    for header, rule in rules:
        at = headers.index(header)
        check(ws.conditional_format(HEAD_ROW + 1, at, last, at, rule))

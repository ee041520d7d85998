"""One topic of the report as a sheet with a real table, ready to print; and the cell formats of the workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..ooxml.refs import address, quote_sheet
from ..ooxml.text_metrics import MAX_HEIGHT
from ..ooxml.writer import FONT, SIZE, check, landscape, put, put_across, set_height, text_height, too_long

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

OVERVIEW, LATE = "概要", "遅延・課題"
SHARE = "達成率"  # columns of this name hold percents, and show them as bars
TITLE_ROW = 24.0  # points
_HEAD_ROW = 3  # counted from 0, as XlsxWriter does
_HEADER = 100  # characters of the title in a page header; Excel allows 255 with its codes
_NAMED = 20  # cells that a notice names at most
MEASURE_COLUMNS = {"施策ID": 8, "施策名": 26, "主管部署": 15}  # width of a column in digits, by header
Value = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A sheet with a table: widths of columns in digits, by header, and rows as long.

    In the column ``marked``, cells with one of the words ``stressed`` or ``pending`` are emphasised. ``table`` is the
    name of the table, that of the sheet unless given. All numbers are shown with ``decimals``, if given.
    """

    sheet: str
    title: str
    columns: Mapping[str, float]
    rows: Sequence[tuple[Value, ...]]
    marked: str = ""
    stressed: Set[str] = frozenset()
    pending: Set[str] = frozenset()
    note: str = ""
    table: str = ""
    decimals: int | None = None


class ReportStyles:
    """The formats of the workbook; emphasis shows in grey print too."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._decimals: dict[int, Format] = {}
        base = {"font_name": FONT, "font_size": SIZE, "valign": "top"}
        self._framed = framed = base | {"border": 1, "border_color": "#9AA1A9"}
        self.title = book.add_format(base | {"bold": True, "font_size": 16})
        self.heading = book.add_format(base | {"bold": True, "font_size": 12})
        self.plain = book.add_format(base)
        self.wrapped = book.add_format(base | {"text_wrap": True})
        self.faint = book.add_format(base | {"font_color": "#5A6069"})
        self.faint_wrapped = book.add_format(base | {"font_color": "#5A6069", "text_wrap": True})
        self.notice = book.add_format(base | {"bold": True, "bg_color": "#F3C6C2", "text_wrap": True})
        self.link = book.add_format(base | {"font_color": "#0B5394", "underline": 1})
        head = {"bold": True, "bg_color": "#E8ECF0", "align": "center", "valign": "vcenter", "text_wrap": True}
        self.head = book.add_format(framed | head)
        self.head_link = book.add_format(framed | head | {"font_color": "#0B5394", "underline": 1})
        self.text = book.add_format(framed | {"text_wrap": True, "num_format": "@"})
        self.number = book.add_format(framed | {"num_format": "General", "align": "right"})
        self.count = book.add_format(framed | {"num_format": "#,##0", "align": "right"})
        self.share = book.add_format(framed | {"num_format": "0.0%", "align": "right"})
        self.stressed = book.add_format({"bold": True, "bg_color": "#F3C6C2", "border": 1, "border_color": "#000000"})
        self.pending = book.add_format({"italic": True, "bg_color": "#FFF3C4", "border": 1, "border_color": "#000000"})

    def with_decimals(self, count: int) -> Format:
        """Return the format of numbers with so many decimals."""
        if count not in self._decimals:
            style = self._framed | {"num_format": f"#,##0.{'0' * count}", "align": "right"}
            self._decimals[count] = self.book.add_format(style)
        return self._decimals[count]


def put_link(ws: Worksheet, row: int, column: int, sheet: str, style: Format, *, text: str = "") -> None:
    """Write a link to a sheet of this workbook, shown as ``text`` or the name of the sheet."""
    check(ws.write_url(row, column, f"internal:{quote_sheet(sheet)}!A1", style, text or sheet))


def page(ws: Worksheet, title: str, stamp: str, columns: int, last_row: int) -> None:
    """Print on A4 landscape with title, date and page numbers."""
    landscape(ws)
    shown = title if len(title) <= _HEADER else f"{title[:_HEADER]}…"
    check(ws.set_header(f"&L{shown.replace('&', '&&')}&R{stamp}", {"margin": 0.3}))
    check(ws.set_footer("&L&A&C&P / &N", {"margin": 0.3}))
    check(ws.print_area(0, 0, last_row, columns - 1))


def topic_sheet(book: Workbook, styles: ReportStyles, topic: Topic, title: str, stamp: str) -> None:
    """Add the sheet of a topic: heading, link to the overview, table."""
    ws = book.add_worksheet(topic.sheet)
    ws.hide_gridlines(2)
    check(ws.set_row(0, TITLE_ROW))
    put(ws, 0, 0, topic.title, styles.title)
    widths = list(topic.columns.values())
    note = topic.note or f"{len(topic.rows):,} 件"
    set_height(ws, 1, put_across(ws, 1, note, styles.faint_wrapped, widths=widths))
    put_link(ws, 2, 0, OVERVIEW, styles.link, text="概要へ戻る")
    heights = [_heights(row, widths) for row in topic.rows]
    if notice := _notice(topic.rows, heights):
        set_height(ws, 2, put_across(ws, 2, notice, styles.notice, widths=widths[1:], first=1))
    for n, width in enumerate(widths):
        check(ws.set_column(n, n, width))
    last = _HEAD_ROW + max(1, len(topic.rows))
    options = {
        "name": topic.table or f"{topic.sheet.replace('・', '')}表",
        "style": None,
        "columns": [{"header": header, "header_format": styles.head} for header in topic.columns],
    }
    check(ws.add_table(_HEAD_ROW, 0, last, len(widths) - 1, options))
    for row, points in enumerate([_heights(tuple(topic.columns), widths), *heights], _HEAD_ROW):
        set_height(ws, row, max(points))
    empty = ("ありません", *[None] * (len(widths) - 1))  # a table of Excel has at least one row
    for row, record in enumerate(topic.rows or [empty], _HEAD_ROW + 1):
        for n, (header, value) in enumerate(zip(topic.columns, record, strict=True)):
            put(ws, row, n, *_shown(header, value, styles, topic.decimals))
    _emphasis(ws, styles, topic, last)
    ws.freeze_panes(_HEAD_ROW + 1, 0)
    check(ws.repeat_rows(_HEAD_ROW))
    page(ws, title, stamp, len(widths), last)


def _heights(record: Sequence[Value], widths: Sequence[float]) -> list[float]:
    """Return the points that each value of a row needs: 0 for anything but a text."""
    both = zip(record, widths, strict=True)
    return [text_height(text, width) if isinstance(text, str) and text else 0 for text, width in both]


def _notice(rows: Sequence[Sequence[Value]], heights: Sequence[Sequence[float]]) -> str:
    """Name the cells that are cut: in print, by the maximum height of rows, or by the maximum length of a text."""
    printed: list[str] = []
    shortened: list[str] = []
    for row, (record, tall) in enumerate(zip(rows, heights, strict=True), _HEAD_ROW + 2):
        for n, (text, points) in enumerate(zip(record, tall, strict=True), 1):
            if points > MAX_HEIGHT:
                (shortened if too_long(str(text)) else printed).append(address(row, n))
    notices = (
        ("印刷では下が切れることのある欄（セルには全文があります）: ", printed),
        ("Excel に入りきらず、途中までの欄（全文はマスターにあります）: ", shortened),
    )
    return "\n".join(start + _listed(cells) for start, cells in notices if cells)


def _listed(cells: Sequence[str]) -> str:
    more = f"　ほか {len(cells) - _NAMED} 欄" if len(cells) > _NAMED else ""
    return "、".join(cells[:_NAMED]) + more


def _shown(header: str, value: Value, styles: ReportStyles, decimals: int | None) -> tuple[Value, Format]:
    """Return a value as its cell holds it, with the format of the cell."""
    if isinstance(value, str) or value is None:
        return value, styles.text
    if header == SHARE:
        return Decimal(value) / 100, styles.share
    if decimals:
        return value, styles.with_decimals(decimals)
    # A format with decimals would leave a bare point after whole numbers.
    return value, styles.count if value == int(value) else styles.number


def _emphasis(ws: Worksheet, styles: ReportStyles, topic: Topic, last: int) -> None:
    rules = [
        (
            topic.marked,
            {"type": "cell", "criteria": "==", "value": '"' + word.replace('"', '""') + '"', "format": style},
        )
        for words, style in ((topic.stressed, styles.stressed), (topic.pending, styles.pending))
        for word in sorted(words)
    ]
    if SHARE in topic.columns:
        rules.append((SHARE, {
            "type": "data_bar", "bar_solid": True, "bar_color": "#C4DBEC", "min_type": "num", "min_value": 0,
            "max_type": "num", "max_value": 1, "bar_border_color": "#2F6F9F",
        }))  # fmt: skip
    headers = list(topic.columns)
    for header, rule in rules:
        at = headers.index(header)
        check(ws.conditional_format(_HEAD_ROW + 1, at, last, at, rule))

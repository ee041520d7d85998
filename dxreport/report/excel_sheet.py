"""One topic of the report as a sheet with a real table, ready to print; and the cell formats of the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
TITLE_ROW = 24.0  # points
_HEAD_ROW = 3  # counted from 0, as XlsxWriter does
_NAMED = 20  # cells that a notice names at most
Value = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, ``width`` in digits.

    ``kind`` is ``text``, ``number`` or ``share`` (percent, written as a number); ``bar`` draws data bars.
    """

    header: str
    width: float
    kind: str = "text"
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A topic with its rows, each as long as ``columns``.

    In the column ``marked``, cells with one of the words ``stressed`` or ``pending`` are emphasised.
    """

    sheet: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[tuple[Value, ...]]
    marked: str = ""
    stressed: Iterable[str] = field(default_factory=tuple)
    pending: Iterable[str] = field(default_factory=tuple)
    note: str = ""


class Styles:
    """The formats of the workbook; emphasis shows in grey print too."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_name": FONT, "font_size": SIZE, "valign": "top"}
        framed = base | {"border": 1, "border_color": "#9AA1A9"}
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


def put_link(ws: Worksheet, row: int, column: int, sheet: str, style: Format, *, text: str = "") -> None:
    """Write a link to a sheet of this workbook, shown as ``text`` or the name of the sheet."""
    check(ws.write_url(row, column, f"internal:{quote_sheet(sheet)}!A1", style, text or sheet))


def fraction(percent: Decimal) -> Decimal:
    """Return ``76.6`` percent as the number of a cell in percent; exact, so that all formats show the same digits."""
    return percent / 100


def page(ws: Worksheet, title: str, stamp: str, columns: int, last_row: int) -> None:
    """Print on A4 landscape with title, date and page numbers."""
    landscape(ws)
    check(ws.set_header(f"&L{_escaped(title)}&R{_escaped(stamp)}", {"margin": 0.3}))
    check(ws.set_footer("&L&A&C&P / &N", {"margin": 0.3}))
    check(ws.print_area(0, 0, last_row, columns - 1))


def _escaped(text: str) -> str:
    return text.replace("&", "&&")


def table_sheet(book: Workbook, styles: Styles, table: Table, title: str, stamp: str) -> None:
    """Add the sheet of a topic: heading, link to the overview, table."""
    ws = book.add_worksheet(table.sheet)
    ws.hide_gridlines(2)
    check(ws.set_row(0, TITLE_ROW))
    put(ws, 0, 0, table.title, styles.title)
    widths = [c.width for c in table.columns]
    note = table.note or f"{len(table.rows):,} 件"
    set_height(ws, 1, put_across(ws, 1, note, styles.faint_wrapped, widths=widths))
    put_link(ws, 2, 0, OVERVIEW, styles.link, text="概要へ戻る")
    heights = [_height(table.columns, record) for record in table.rows]
    if notice := _notice(table, heights):
        set_height(ws, 2, put_across(ws, 2, notice, styles.notice, widths=widths[1:], first=1))
    for n, width in enumerate(widths):
        check(ws.set_column(n, n, width))
    last = _HEAD_ROW + max(1, len(table.rows))
    options = {
        "name": f"{table.sheet.replace('・', '')}表",
        "style": None,
        "columns": [{"header": c.header, "header_format": styles.head} for c in table.columns],
    }
    check(ws.add_table(_HEAD_ROW, 0, last, len(table.columns) - 1, options))
    heads = [c.header for c in table.columns]
    set_height(ws, _HEAD_ROW, _height(table.columns, heads))
    for row, points in enumerate(heights, _HEAD_ROW + 1):
        set_height(ws, row, points)
    for row, record in enumerate(table.rows or [_empty(table)], _HEAD_ROW + 1):
        for n, (column, value) in enumerate(zip(table.columns, record, strict=True)):
            put(ws, row, n, *_shown(column, value, styles))
    _emphasis(ws, styles, table, last)
    ws.freeze_panes(_HEAD_ROW + 1, 0)
    check(ws.repeat_rows(_HEAD_ROW))
    page(ws, title, stamp, len(table.columns), last)


def _height(columns: Sequence[Column], record: Sequence[Value]) -> float:
    """Return the points that the tallest text of a row needs."""
    return max(
        text_height(text, c.width) for c, text in zip(columns, record, strict=True) if isinstance(text, str) and text
    )


def _notice(table: Table, heights: Sequence[float]) -> str:
    """Name the cells that are cut: in print, by the maximum height of rows, or by the maximum length of a text."""
    printed: list[str] = []
    shortened: list[str] = []
    too_tall = ((row, record) for row, record in enumerate(table.rows) if heights[row] > MAX_HEIGHT)
    for row, record in too_tall:
        for n, (column, text) in enumerate(zip(table.columns, record, strict=True), 1):
            if isinstance(text, str) and text_height(text, column.width) > MAX_HEIGHT:
                (shortened if too_long(text) else printed).append(address(_HEAD_ROW + 2 + row, n))
    notices = (
        ("印刷では下が切れることのある欄（セルには全文があります）: ", printed),
        ("Excel に入りきらず、途中までの欄（全文はマスターにあります）: ", shortened),
    )
    return "\n".join(start + _listed(cells) for start, cells in notices if cells)


def _listed(cells: Sequence[str]) -> str:
    more = f"　ほか {len(cells) - _NAMED} 欄" if len(cells) > _NAMED else ""
    return "、".join(cells[:_NAMED]) + more


def _empty(table: Table) -> tuple[Value, ...]:
    """Return the one row of an empty table, since a table of Excel has at least one."""
    return ("ありません", *(None for _ in table.columns[1:]))


def _shown(column: Column, value: Value, styles: Styles) -> tuple[Value, Format]:
    """Return a value as its cell holds it, with the format of the cell."""
    if isinstance(value, str) or value is None:
        return value, styles.text
    if column.kind == "share":
        return fraction(Decimal(value)), styles.share
    # A format with decimals would leave a bare point after whole numbers.
    return value, styles.count if value == int(value) else styles.number


def _emphasis(ws: Worksheet, styles: Styles, table: Table, last: int) -> None:
    headers = [c.header for c in table.columns]
    if table.marked:
        at = headers.index(table.marked)
        for words, style in ((table.stressed, styles.stressed), (table.pending, styles.pending)):
            for word in sorted(words):
                rule = {
                    "type": "cell",
                    "criteria": "==",
                    "value": f'"{word.replace(chr(34), chr(34) * 2)}"',
                    "format": style,
                }
                check(ws.conditional_format(_HEAD_ROW + 1, at, last, at, rule))
    for n, column in enumerate(table.columns):
        if column.bar:
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": "#C4DBEC", "min_type": "num", "min_value": 0,
                   "max_type": "num", "max_value": 1, "bar_border_color": "#2F6F9F"}  # fmt: skip
            check(ws.conditional_format(_HEAD_ROW + 1, n, last, n, bar))

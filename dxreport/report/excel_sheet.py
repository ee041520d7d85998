"""One topic of the report as a sheet: a real table, ready to print; and the cell formats of the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..domain.errors import DxreportError
from ..ooxml.refs import address
from ..ooxml.text import utf16_length
from ..ooxml.text_metrics import MAX_HEIGHT, column_px, line_pitch, needed_height, usable_em

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FONT, SIZE = "ＭＳ Ｐゴシック", 10
OVERVIEW, LATE = "概要", "遅延・課題"
_LONGEST = 32767  # UTF-16 units a cell of Excel holds
_A4 = 9
ROW, TITLE_ROW = 15.0, 24.0  # points
_MDW, _NORMAL = 7, 11.0  # XlsxWriter's Normal font is Calibri 11, whose digits are 7 pixels wide
_STORED = 0.7109375  # what Excel adds to a width as people see it
_HEAD_ROW = 3  # rows are counted from 0, as XlsxWriter does
# A machine without FONT sets the text in its own; Noto's lines are the tallest of those that LibreOffice takes.
_PITCH = max(line_pitch(SIZE, font, ROW, _NORMAL) for font in (FONT, "Noto Sans CJK JP"))
_NAMED = 20  # cells that a notice names


@dataclass(frozen=True, slots=True)
class Column:
    """``kind`` is ``text``, ``number`` or ``share`` (percent, written as a number); ``bar`` draws data bars."""

    header: str
    width: float
    kind: str = "text"
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A topic: the rows, each as long as ``columns``; cells of the column ``marked`` that hold one of the words stand out."""

    sheet: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[tuple]
    marked: str = ""
    stressed: Iterable[str] = field(default_factory=tuple)
    pending: Iterable[str] = field(default_factory=tuple)
    note: str = ""


class Styles:
    """The formats of the workbook; what stands out does so in grey print too."""

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


def done(code: Any) -> None:
    """XlsxWriter says by a negative number that it left something out; that is an error here."""
    if isinstance(code, int) and code < 0:
        raise DxreportError(f"報告書の Excel ファイルを作れませんでした（XlsxWriter: {code}）。")


def put(ws: Worksheet, row: int, column: int, value: str | int | Decimal | None, style: Format) -> None:
    """A cell: text as text (``=`` too), numbers as numbers, None as an empty cell."""
    if value is None or value == "":
        done(ws.write_blank(row, column, None, style))
    elif isinstance(value, str):
        done(ws.write_string(row, column, _held(value), style))
    else:
        done(ws.write_number(row, column, value if isinstance(value, int) else float(value), style))


def put_link(ws: Worksheet, row: int, column: int, sheet: str, cell: str, text: str, style: Format) -> None:
    """A link to a cell of this workbook."""
    done(ws.write_url(row, column, f"internal:'{sheet}'!{cell}", style, text))


def put_across(
    ws: Worksheet, row: int, columns: tuple[int, int], widths: Sequence[float], text: str, style: Format
) -> float:
    """A wrapped text over columns (the first and the last) that are so wide; gives the points of height that it needs."""
    first, last = columns
    if last > first:
        done(ws.merge_range(row, first, row, last, "", style))
    put(ws, row, first, text, style)
    return text_height(text, *widths[first : last + 1])


def set_height(ws: Worksheet, row: int, points: float) -> None:
    """A row of at least the usual height, and at most what Excel has."""
    done(ws.set_row(row, min(MAX_HEIGHT, max(ROW, points))))


def text_height(text: str, *widths: float) -> float:
    """The points in which a text is seen whole in columns so wide together; may exceed what Excel has."""
    pixels = sum(column_px(width + _STORED, _MDW) for width in widths)
    return needed_height(text, usable_em(pixels, SIZE), _PITCH)


def fraction(percent: Decimal) -> Decimal:
    """``76.6`` percent as the number of a cell formatted as such; exact, so that all formats show the same digits."""
    return percent / 100


def _held(text: str) -> str:
    if not _too_long(text):
        return text
    return text.encode("utf-16-le")[: 2 * (_LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _too_long(text: str) -> bool:
    return utf16_length(text) > _LONGEST


def page(ws: Worksheet, title: str, stamp: str, columns: int, last_row: int) -> None:
    """A4 landscape, as wide as the page, with title, date and page numbers."""
    ws.set_landscape()
    ws.set_paper(_A4)
    ws.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    ws.fit_to_pages(1, 0)
    done(ws.set_header(f"&L{_escaped(title)}&R{_escaped(stamp)}", {"margin": 0.3}))
    done(ws.set_footer("&L&A&C&P / &N", {"margin": 0.3}))
    done(ws.print_area(0, 0, last_row, columns - 1))


def _escaped(text: str) -> str:
    return text.replace("&", "&&")


def table_sheet(book: Workbook, styles: Styles, table: Table, title: str, stamp: str) -> None:
    """The sheet of a topic: heading, way back, table."""
    ws = book.add_worksheet(table.sheet)
    ws.hide_gridlines(2)
    done(ws.set_row(0, TITLE_ROW))
    put(ws, 0, 0, table.title, styles.title)
    widths, end = [c.width for c in table.columns], len(table.columns) - 1
    note = table.note or f"{len(table.rows):,} 件"
    set_height(ws, 1, put_across(ws, 1, (0, end), widths, note, styles.faint_wrapped))
    put_link(ws, 2, 0, OVERVIEW, "A1", "概要へ戻る", styles.link)
    heights = [_height(table.columns, record) for record in table.rows]
    if notice := _notice(table, heights):
        set_height(ws, 2, put_across(ws, 2, (1, end), widths, notice, styles.notice))
    for n, width in enumerate(widths):
        done(ws.set_column(n, n, width))
    last = _HEAD_ROW + max(1, len(table.rows))
    options = {
        "name": f"{table.sheet.replace('・', '')}表",
        "style": None,
        "columns": [{"header": c.header, "header_format": styles.head} for c in table.columns],
    }
    done(ws.add_table(_HEAD_ROW, 0, last, len(table.columns) - 1, options))
    heads = [c.header for c in table.columns]
    set_height(ws, _HEAD_ROW, _height(table.columns, heads))
    for row, points in enumerate(heights, _HEAD_ROW + 1):
        set_height(ws, row, points)
    for row, record in enumerate(table.rows or [_empty(table)], _HEAD_ROW + 1):
        for n, (column, value) in enumerate(zip(table.columns, record, strict=True)):
            _cell(ws, row, n, column, value, styles)
    _emphasis(ws, styles, table, last)
    ws.freeze_panes(_HEAD_ROW + 1, 0)
    done(ws.repeat_rows(_HEAD_ROW))
    page(ws, title, stamp, len(table.columns), last)


def _height(columns: Sequence[Column], record: Sequence[Any]) -> float:
    """The points in which every text of a row is seen whole."""
    return max(
        text_height(text, c.width) for c, text in zip(columns, record, strict=True) if isinstance(text, str) and text
    )


def _notice(table: Table, heights: Sequence[float]) -> str:
    """What of the table is cut: in print, for Excel has no taller rows, or in the cell, for it holds no more."""
    printed, held = [], []
    too_tall = ((row, record) for row, record in enumerate(table.rows) if heights[row] > MAX_HEIGHT)
    for row, record in too_tall:
        for n, (column, text) in enumerate(zip(table.columns, record, strict=True), 1):
            if isinstance(text, str) and text_height(text, column.width) > MAX_HEIGHT:
                (held if _too_long(text) else printed).append(address(_HEAD_ROW + 2 + row, n))
    said = (
        ("印刷では下が切れることのある欄（セルには全文があります）: ", printed),
        ("Excel に入りきらず、途中までの欄（全文はマスターにあります）: ", held),
    )
    return "\n".join(start + _listed(cells) for start, cells in said if cells)


def _listed(cells: Sequence[str]) -> str:
    more = f"　ほか {len(cells) - _NAMED} 欄" if len(cells) > _NAMED else ""
    return "、".join(cells[:_NAMED]) + more


def _empty(table: Table) -> tuple:
    """A table in Excel has at least one row."""
    return ("ありません", *(None for _ in table.columns[1:]))


def _cell(ws: Worksheet, row: int, column: int, spec: Column, value: Any, styles: Styles) -> None:
    if spec.kind == "share" and value is not None:
        put(ws, row, column, fraction(value), styles.share)
    elif isinstance(value, str) or value is None:
        put(ws, row, column, value, styles.text)
    else:  # a format with decimals would leave a bare point after whole numbers
        put(ws, row, column, value, styles.count if value == int(value) else styles.number)


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
                done(ws.conditional_format(_HEAD_ROW + 1, at, last, at, rule))
    for n, column in enumerate(table.columns):
        if column.bar:
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": "#C4DBEC", "min_type": "num", "min_value": 0,
                   "max_type": "num", "max_value": 1, "bar_border_color": "#2F6F9F"}  # fmt: skip
            done(ws.conditional_format(_HEAD_ROW + 1, n, last, n, bar))

"""The board as an Excel workbook: a table to filter, sums above it, made to be printed on A4."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from ..domain.errors import DxreportError
from .export import Board, Line
from .round_status import State

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEET, BY_DEPARTMENT = "提出状況", "部署別"
HEADS = ("部署", "施策ID", "施策名", "状態", "遅れ（日）", "発行日", "受付日", "受付ID", "備考")
_WIDTHS = (22, 8, 40, 13, 9, 11, 11, 9, 48)
_STATE, _LATE = HEADS.index("状態"), HEADS.index("遅れ（日）")
_SUMS, _HEAD = 3, 6  # rows, counted from 0: the names of the states, the heading of the table
_A4 = 9
_CREATED = datetime(2000, 1, 1)  # the day that counts stands in the sheet
_FONT = {"font_name": "ＭＳ Ｐゴシック", "font_size": 10, "valign": "top"}
_LIGHT_UP = 14  # diagonal lines
# What needs something done is told by more than a colour, for black-and-white printers.
_LOOKS: dict[State, dict[str, Any]] = {
    State.MISSING: {"bold": True, "font_color": "#FFFFFF", "bg_color": "#404040"},
    State.HELD: {"bold": True, "pattern": _LIGHT_UP, "fg_color": "#A6A6A6", "bg_color": "#FCE4D6"},
    State.REVIEW: {"bold": True, "italic": True, "bg_color": "#FFF2CC"},
    State.NOT_ISSUED: {"italic": True, "font_color": "#595959"},
}


def workbook(board: Board) -> bytes:
    """The workbook's bytes; the same board gives the same bytes. Raises DxreportError where a cell cannot be written."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": board.title, "created": _CREATED})
    book.formats[0].set_font_name(_FONT["font_name"])
    _sheet(book, board)
    _by_department(book, board)
    book.close()
    return stream.getvalue()


class _Pen:
    """Writes texts and numbers, never formulas by chance; what cannot be written is an error."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet

    def put(self, row: int, column: int, value: str | int, look: Format) -> None:
        """A text or a number; a blank cell for ``""``."""
        if value == "":
            self._check(self.sheet.write_blank(row, column, None, look))
        else:
            write = self.sheet.write_number if isinstance(value, int) else self.sheet.write_string
            self._check(write(row, column, value, look))

    def count(self, row: int, column: int, formula: str, value: int, look: Format) -> None:
        """A formula and what it gives."""
        self._check(self.sheet.write_formula(row, column, formula, look, value))

    @staticmethod
    def _check(code: int) -> None:
        if code:
            raise DxreportError(
                f"提出状況の表に書けないセルがあります（XlsxWriter {code}）。", "文の長さを確かめてください。"
            )


def _sheet(book: Workbook, board: Board) -> None:
    sheet = book.add_worksheet(SHEET)
    _page(sheet, _HEAD)
    pen, plain = _Pen(sheet), book.add_format(_FONT)
    wrap, middle = (
        book.add_format({**_FONT, "bottom": 4, **more}) for more in ({"text_wrap": True}, {"align": "center"})
    )
    head = book.add_format({**_FONT, "bold": True, "border": 1, "bg_color": "#D9D9D9", "align": "center"})
    number = book.add_format({**_FONT, "border": 1, "align": "center"})
    _title(book, pen, board)
    last = _HEAD + max(len(board.lines), 1)
    pen.put(_SUMS, _STATE - 1, "施策の数", head)
    pen.count(_SUMS + 1, _STATE - 1, f"=COUNTA({_cells(_HEAD + 1, last, 1)})", len(board.lines), number)
    for column, state in enumerate(board.states, _STATE):
        pen.put(_SUMS, column, state.value, head)
        pen.count(
            _SUMS + 1, column, f'=COUNTIF({_cells(_HEAD + 1, last, _STATE)},"{state.value}")', board.sums[state], number
        )
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width, plain)
    sheet.add_table(_HEAD, 0, last, len(HEADS) - 1, {
        "name": "提出状況表", "style": "Table Style Light 15", "columns": [{"header": h, "header_format": head} for h in HEADS],
    })  # fmt: skip
    for row, line in enumerate(board.lines, _HEAD + 1):
        sheet.set_row(row, _height(line))
        for column, value in enumerate(_texts(line)):
            pen.put(row, column, value or "", middle if column == _LATE else wrap)
    for state, look in _LOOKS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{state.value}"', "format": book.add_format(look)}
        sheet.conditional_format(_HEAD + 1, _STATE, last, _STATE, rule)
    late = {"type": "cell", "criteria": ">", "value": 0, "format": book.add_format({"bold": True, "underline": 1})}
    sheet.conditional_format(_HEAD + 1, _LATE, last, _LATE, late)
    for row, text in enumerate(board.unread, last + 2):
        pen.put(row, 0, f"受付不可: {text}", plain)
    sheet.freeze_panes(_HEAD + 1, 2)


def _by_department(book: Workbook, board: Board) -> None:
    sheet = book.add_worksheet(BY_DEPARTMENT)
    _page(sheet, 2)
    pen = _Pen(sheet)
    head = book.add_format({**_FONT, "bold": True, "border": 1, "bg_color": "#D9D9D9", "align": "center"})
    name, number = (book.add_format({**_FONT, "border": 1, **more}) for more in ({}, {"align": "center"}))
    _title(book, pen, board)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, len(board.states) + 1, 13)
    for column, text in enumerate(("部署", *(s.value for s in board.states), "計")):
        pen.put(2, column, text, head)
    for row, (department, counts) in enumerate(board.departments.items(), 3):
        pen.put(row, 0, department, name)
        for column, state in enumerate(board.states, 1):
            pen.put(row, column, counts[state] or "", number)
        pen.put(row, len(board.states) + 1, sum(counts.values()), number)
    end = 3 + len(board.departments)
    pen.put(end, 0, "計", head)
    for column, value in enumerate((*(board.sums[s] for s in board.states), len(board.lines)), 1):
        pen.put(end, column, value, head)
    sheet.freeze_panes(3, 1)


def _title(book: Workbook, pen: _Pen, board: Board) -> None:
    pen.put(0, 0, board.title, book.add_format({**_FONT, "bold": True, "font_size": 14}))
    limit = f"提出期限 {board.deadline}" if board.deadline else "提出期限なし"
    pen.put(1, 0, f"{board.today} 現在　　{limit}", book.add_format(_FONT))


def _texts(line: Line) -> tuple[str | int, ...]:
    return (
        line.department, line.measure, line.name, line.state.value, line.late, line.issued, line.returned,
        line.return_id, line.remarks,
    )  # fmt: skip


def _height(line: Line) -> float:
    """Points that a row needs: not every program fits wrapped rows itself when it opens a file."""
    rows = (
        sum(
            -(-sum(2 if east_asian_width(c) in "WFA" else 1 for c in part) // (width - 2)) or 1
            for part in text.split("\n")
        )
        for text, width in ((line.department, _WIDTHS[0]), (line.name, _WIDTHS[2]), (line.remarks, _WIDTHS[-1]))
    )
    return 3 + 13 * max(rows)


def _page(sheet: Worksheet, head: int) -> None:
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(head)
    sheet.set_footer("&L&A&R&P / &N")


def _cells(first: int, last: int, column: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    return xl_range_abs(first, column, last, column)

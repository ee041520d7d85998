"""The status export as an Excel workbook: a table to filter, sums above it, printed on A4."""

from __future__ import annotations

import io
from dataclasses import astuple
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..ooxml.refs import column_letters
from ..ooxml.writer import FONT, SIZE, check, landscape, put, set_height, text_height
from .export import StatusExport
from .round_status import State

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

SHEET, BY_DEPARTMENT = "提出状況", "部署別"
HEADS = {  # widths by header, in the order of the attributes of Line
    "部署": 22, "施策ID": 8, "施策名": 40, "状態": 13, "遅れ（日）": 9, "発行日": 11, "受付日": 11, "受付ID": 9, "備考": 48,
}  # fmt: skip
_MEASURE, _STATE, _LATE = map(list(HEADS).index, ("施策ID", "状態", "遅れ（日）"))
_SUMS, _HEAD = 3, 6  # rows, counted from 0: the names of the states, the heading of the table
_CREATED = datetime(2000, 1, 1)  # fixed, so that the same export gives the same bytes
_LIGHT_UP = 14  # diagonal lines
# States that need something done differ in more than colour, for black-and-white printers.
_LOOKS: dict[State, dict[str, Any]] = {
    State.MISSING: {"bold": True, "font_color": "#FFFFFF", "bg_color": "#404040"},
    State.HELD: {"bold": True, "pattern": _LIGHT_UP, "fg_color": "#A6A6A6", "bg_color": "#FCE4D6"},
    State.REVIEW: {"bold": True, "italic": True, "bg_color": "#FFF2CC"},
    State.NOT_ISSUED: {"italic": True, "font_color": "#595959"},
}


class _Styles:
    def __init__(self, book: Workbook) -> None:
        base = {"font_name": FONT, "font_size": SIZE, "valign": "top"}
        self.title = book.add_format({**base, "bold": True, "font_size": 14})
        self.plain = book.add_format(base)
        self.text = book.add_format({**base, "bottom": 4, "text_wrap": True})
        self.middle = book.add_format({**base, "bottom": 4, "align": "center"})
        self.head = book.add_format({**base, "bold": True, "border": 1, "bg_color": "#D9D9D9", "align": "center"})
        self.name = book.add_format({**base, "border": 1})
        self.number = book.add_format({**base, "border": 1, "align": "center"})


def workbook(export: StatusExport) -> bytes:
    """Return the workbook; the same export gives the same bytes. Raises DxreportError for a cell that cannot be written."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": export.title, "created": _CREATED})
    book.formats[0].set_font_name(FONT)
    styles = _Styles(book)
    _measures(book, styles, export)
    _departments(book, styles, export)
    book.close()
    return stream.getvalue()


def _measures(book: Workbook, styles: _Styles, export: StatusExport) -> None:
    sheet = _sheet(book, SHEET, styles, export, head=_HEAD)
    first, last = _HEAD + 1, _HEAD + max(len(export.lines), 1)
    put(sheet, _SUMS, _STATE - 1, "施策の数", styles.head)
    total = f"=COUNTA({_cells(first, last, _MEASURE)})"
    check(sheet.write_formula(_SUMS + 1, _STATE - 1, total, styles.number, len(export.lines)))
    for column, state in enumerate(export.states, _STATE):
        put(sheet, _SUMS, column, state.value, styles.head)
        count = f'=COUNTIF({_cells(first, last, _STATE)},"{state.value}")'
        check(sheet.write_formula(_SUMS + 1, column, count, styles.number, export.sums[state]))
    for column, width in enumerate(HEADS.values()):
        check(sheet.set_column(column, column, width, styles.plain))
    check(sheet.add_table(_HEAD, 0, last, len(HEADS) - 1, {
        "name": "提出状況表", "style": "Table Style Light 15",
        "columns": [{"header": h, "header_format": styles.head} for h in HEADS],
    }))  # fmt: skip
    for row, line in enumerate(export.lines, first):
        wrapped = {"部署": line.department, "施策名": line.name, "備考": line.remarks}
        set_height(sheet, row, max(text_height(text, HEADS[head]) for head, text in wrapped.items()))
        for column, value in enumerate(astuple(line)):
            shown = value.value if isinstance(value, State) else value or None
            put(sheet, row, column, shown, styles.middle if column == _LATE else styles.text)
    for state, look in _LOOKS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{state.value}"', "format": book.add_format(look)}
        check(sheet.conditional_format(first, _STATE, last, _STATE, rule))
    late = {"type": "cell", "criteria": ">", "value": 0, "format": book.add_format({"bold": True, "underline": 1})}
    check(sheet.conditional_format(first, _LATE, last, _LATE, late))
    for row, text in enumerate(export.unread, last + 2):
        put(sheet, row, 0, f"受付不可: {text}", styles.plain)
    sheet.freeze_panes(first, 2)


def _departments(book: Workbook, styles: _Styles, export: StatusExport) -> None:
    sheet = _sheet(book, BY_DEPARTMENT, styles, export, head=2)
    check(sheet.set_column(0, 0, 30))
    check(sheet.set_column(1, len(export.states) + 1, 13))
    rows: list[tuple[str | int | None, ...]] = [("部署", *(s.value for s in export.states), "計")]
    for department, counts in export.departments.items():
        rows.append((department, *(counts[s] or None for s in export.states), sum(counts.values())))
    rows.append(("計", *export.sums.values(), len(export.lines)))
    for row, values in enumerate(rows, 2):
        ends = row in (2, 1 + len(rows))
        for column, value in enumerate(values):
            put(sheet, row, column, value, styles.head if ends else styles.number if column else styles.name)
    sheet.freeze_panes(3, 1)


def _sheet(book: Workbook, name: str, styles: _Styles, export: StatusExport, *, head: int) -> Worksheet:
    """Add a sheet with title, day and deadline; the row ``head`` is printed on every page."""
    sheet = book.add_worksheet(name)
    landscape(sheet)
    check(sheet.repeat_rows(head))
    check(sheet.set_footer("&L&A&R&P / &N"))
    put(sheet, 0, 0, export.title, styles.title)
    deadline = f"提出期限 {export.deadline}" if export.deadline else "提出期限なし"
    put(sheet, 1, 0, f"{export.today} 現在　　{deadline}", styles.plain)
    return sheet


def _cells(first: int, last: int, column: int) -> str:
    """Return the absolute range of a column between two rows, all counted from 0: ``$D$8:$D$33``."""
    letters = column_letters(column + 1)
    return f"${letters}${first + 1}:${letters}${last + 1}"

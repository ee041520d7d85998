"""Draw an agenda as an Excel workbook for A4: what to do today, a table to filter, sums by department."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..domain.visible import one_line
from ..ooxml.refs import column_letters
from ..ooxml.writer import FONT, SIZE, check, landscape, put, put_across, set_height, text_height
from . import words
from .agenda import Agenda, Task, Way
from .round_status import State

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

TODAY, SHEET, BY_DEPARTMENT = "今日すること", "提出状況", "部署別"
TASKS = {"□": 3, "部署": 18, "担当・連絡先": 27, "まだの施策": 40, "期限から": 8, "最後の督促": 16, "すること": 26}
HEADS = {  # widths by header, in the order of the columns
    "部署": 22, "施策ID": 8, "施策名": 40, "状態": 13, "遅れ（日）": 9, "発行日": 13, "受付日": 13, "受付ID": 9, "備考": 48,
}  # fmt: skip
_MEASURE, _STATE, _LATE = map(list(HEADS).index, ("施策ID", "状態", "遅れ（日）"))
_SUMS, _HEAD = 3, 6  # rows, counted from 0: the names of the states, the heading of the table
_CREATED = datetime(2000, 1, 1)  # fixed, so that the same export gives the same bytes
_LIGHT_UP = 14  # diagonal lines
_RED, _GREY = "#A90000", "#4D4D4D"
# States that need something done differ in more than colour, for black-and-white printers.
_LOOKS: dict[State, dict[str, Any]] = {
    State.MISSING: {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1A1A1C"},
    State.HELD: {"bold": True, "font_color": _RED, "pattern": _LIGHT_UP, "fg_color": "#D9D9D9", "bg_color": "#FFFFFF"},
    State.REVIEW: {"bold": True, "italic": True, "bg_color": "#FFF2CC"},
    State.NOT_ISSUED: {"italic": True, "font_color": "#595959"},
}
_PATTERNS: dict[State, dict[str, Any]] = {  # fills of the bar
    State.MERGED: {"fill": {"color": "#A3BBDA"}},
    State.NOTHING: {"fill": {"color": "#D5E0EE"}},
    State.REVIEW: {"pattern": {"pattern": "percent_20", "fg_color": _GREY, "bg_color": "#FFFFFF"}},
    State.HELD: {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": _RED, "bg_color": "#FFFFFF"}},
}


class _Styles:
    def __init__(self, book: Workbook) -> None:
        base = {"font_name": FONT, "font_size": SIZE, "valign": "top"}
        wrapped = {**base, "bottom": 4, "text_wrap": True}
        self.title = book.add_format({**base, "bold": True, "font_size": 14})
        self.plain = book.add_format(base)
        self.text = book.add_format(wrapped)
        self.middle = book.add_format({**base, "bottom": 4, "align": "center"})
        self.head = book.add_format({**base, "bold": True, "border": 1, "bg_color": "#D9D9D9", "align": "center"})
        self.name = book.add_format({**base, "border": 1})
        self.number = book.add_format({**base, "border": 1, "align": "center"})
        self.answer = book.add_format({**base, "bold": True, "font_size": 16})
        self.section = book.add_format({**base, "bold": True, "font_size": 12, "top": 5})
        self.rule = book.add_format({**base, "top": 5, "font_color": _GREY})
        above = {**base, "top": 4, "text_wrap": True}
        self.task = book.add_format(above)
        self.tick = book.add_format({**above, "align": "center"})
        self.strong = book.add_format({**above, "bold": True})
        self.days = book.add_format({**above, "bold": True, "font_size": 13})
        self.fault = book.add_format({**above, "bold": True, "font_color": _RED})
        self.link = book.add_format({**base, "font_color": "#003F8A", "underline": 1})


def workbook(agenda: Agenda, folder: Path) -> bytes:
    """Return the workbook, with links from ``folder``; the same agenda gives the same bytes.

    Raise DxreportError if a cell cannot be written.
    """
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": agenda.title, "created": _CREATED})
    book.formats[0].set_font_name(FONT)
    styles = _Styles(book)
    _today(book, styles, agenda, folder)
    _measures(book, styles, agenda)
    _departments(book, styles, agenda)
    book.close()
    return stream.getvalue()


def _today(book: Workbook, styles: _Styles, agenda: Agenda, folder: Path) -> None:
    """Add the sheet of the day: the summary in sentences, the bar, and whom to reach."""
    sheet = book.add_worksheet(TODAY)
    landscape(sheet)
    check(sheet.set_footer("&L&A&R&P / &N"))
    widths = list(TASKS.values())
    for column, width in enumerate(widths):
        check(sheet.set_column(column, column, width, styles.plain))
    put(sheet, 0, 0, f"{agenda.title}　　{agenda.day}　　{agenda.deadline}", styles.plain)
    row = 1
    for sentence in agenda.headline:
        put(sheet, row, 0, sentence, styles.answer)
        set_height(sheet, row, 24)
        row += 1
    for notice in agenda.notices:
        put(sheet, row, 0, notice, styles.plain)
        row += 1
    if agenda.found.sheets:
        row = _bar(book, sheet, agenda.found.sums, row)
    for way in filter(agenda.by, Way):
        title, note = words.HEADINGS[way]
        row = _section(sheet, styles, row, f"{title}　{len(agenda.by(way))}部署", note)
        for column, head in enumerate(TASKS):
            put(sheet, row, column, head, styles.head)
        row += 1
        for task in agenda.by(way):
            row = _task(sheet, styles, row, task, folder=folder)
    unread = tuple(map(words.unread_text, agenda.unread))
    for title, note, texts in (
        ("競合を決める", "dxreport resolve 競合番号 --take returned か current", agenda.decisions),
        ("受付不可のファイルを確かめる", "済んだら dxreport dismiss 受付番号 --reason 理由", unread),
    ):
        if texts:
            row = _section(sheet, styles, row, f"{title}　{len(texts)}件", note)
        for text in texts:
            put(sheet, row, 0, "□", styles.middle)
            set_height(sheet, row, put_across(sheet, row, text, styles.text, widths=widths[1:], first=1))
            row += 1


def _bar(book: Workbook, sheet: Worksheet, sums: Mapping[State, int], row: int) -> int:
    """Add the bar of states, a native chart over the sums in the table's sheet; return the row below it."""
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    line = {"color": "#1A1A1C", "width": 1.25}
    for state, count in words.bar(sums):
        column = _STATE + list(sums).index(state)
        look = _PATTERNS.get(state, {"fill": {"color": "#FFFFFF"}})
        chart.add_series({
            "name": f"{state.value} {count}", "values": [SHEET, _SUMS + 1, column, _SUMS + 1, column], "gap": 10,
            "border": line, **look,
        })  # fmt: skip
    for axis in (chart.set_x_axis, chart.set_y_axis):
        axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom", "font": {"name": FONT, "size": SIZE}})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": 1010, "height": 100})
    check(sheet.insert_chart(row, 0, chart, {"object_position": 2, "description": "、".join(
        f"{state.value} {count}" for state, count in words.bar(sums)
    )}))  # fmt: skip
    for n in range(row, row + 5):
        set_height(sheet, n, 15)
    put(sheet, row + 5, 0, None, book.add_format())
    return row + 6


def _section(sheet: Worksheet, styles: _Styles, row: int, title: str, note: str) -> int:
    for column in range(len(TASKS)):
        put(sheet, row, column, None, styles.rule)
    put(sheet, row, 0, title, styles.section)
    put(sheet, row, 3, note, styles.rule)
    set_height(sheet, row, 18)
    return row + 1


def _task(sheet: Worksheet, styles: _Styles, row: int, task: Task, *, folder: Path) -> int:
    """Write one department and, below it, a line for each of its files; return the next row."""
    faults = (p.message for p in task.faults)
    contact = "\n".join(filter(None, (task.people, f"電話 {task.phone}" if task.phone else "", task.to, *faults)))
    owed = []
    for n, s in enumerate(task.sheets):
        if not n or s.state is not task.sheets[n - 1].state:
            owed.append(f"【{s.state.value}】")
        owed += [f"{s.measure}　{one_line(s.name)}", *([s.reason] if s.reason else [])]
    late = f"{task.days_late}日" if task.days_late else ""
    texts = ("□", task.department, contact, "\n".join(owed), late, task.told, task.todo)
    looks = (
        styles.tick, styles.strong, styles.fault if task.faults else styles.task, styles.task, styles.days, styles.task,
        styles.task,
    )  # fmt: skip
    for column, (text, look) in enumerate(zip(texts, looks, strict=True)):
        put(sheet, row, column, text, look)
    set_height(sheet, row, max(map(text_height, texts, TASKS.values())))
    for label, path in task.files:
        row += 1
        check(sheet.write_url(row, len(TASKS) - 1, _external(words.link(path, folder)), styles.link, f"{label}を開く"))
    return row + 1


def _external(link: str) -> str:
    """Return a link as Excel writes it: relative ones unquoted, after ``external:``."""
    return f"external:{unquote(link)}" if not link.startswith("file:") else link


def _measures(book: Workbook, styles: _Styles, agenda: Agenda) -> None:
    sheet = _sheet(book, SHEET, styles, agenda, head=_HEAD)
    sheets, sums = agenda.found.sheets, agenda.found.sums
    first, last = _HEAD + 1, _HEAD + max(len(sheets), 1)
    put(sheet, _SUMS, _STATE - 1, "施策の数", styles.head)
    total = f"=COUNTA({_cells(first, last, _MEASURE)})"
    check(sheet.write_formula(_SUMS + 1, _STATE - 1, total, styles.number, len(sheets)))
    for column, (state, number) in enumerate(sums.items(), _STATE):
        put(sheet, _SUMS, column, state.value, styles.head)
        count = f'=COUNTIF({_cells(first, last, _STATE)},"{state.value}")'
        check(sheet.write_formula(_SUMS + 1, column, count, styles.number, number))
    for column, width in enumerate(HEADS.values()):
        check(sheet.set_column(column, column, width, styles.plain))
    check(sheet.add_table(_HEAD, 0, last, len(HEADS) - 1, {
        "name": "提出状況表", "style": "Table Style Light 15",
        "columns": [{"header": h, "header_format": styles.head} for h in HEADS],
    }))  # fmt: skip
    for row, s in enumerate(sheets, first):
        name, remarks, return_id = one_line(s.name), words.remarks(s), s.receipt.id if s.receipt else ""
        values: tuple[str | int, ...] = (
            s.department, s.measure, name, s.state.value, s.days_late, words.day(s.issue), words.day(s.receipt), return_id,
            remarks,
        )  # fmt: skip
        wrapped = {"部署": s.department, "施策名": name, "備考": remarks}
        set_height(sheet, row, max(text_height(text, HEADS[head]) for head, text in wrapped.items()))
        for column, value in enumerate(values):
            put(sheet, row, column, value or None, styles.middle if column == _LATE else styles.text)
    for state, look in _LOOKS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{state.value}"', "format": book.add_format(look)}
        check(sheet.conditional_format(first, _STATE, last, _STATE, rule))
    late = {"type": "cell", "criteria": ">", "value": 0, "format": book.add_format({"bold": True, "underline": 1})}
    check(sheet.conditional_format(first, _LATE, last, _LATE, late))
    sheet.freeze_panes(first, 2)


def _departments(book: Workbook, styles: _Styles, agenda: Agenda) -> None:
    sheet, sums = _sheet(book, BY_DEPARTMENT, styles, agenda, head=2), agenda.found.sums
    check(sheet.set_column(0, 0, 30))
    check(sheet.set_column(1, len(sums) + 1, 13))
    rows: list[tuple[str | int | None, ...]] = [("部署", *(s.value for s in sums), "計")]
    for department, counts in agenda.found.departments.items():
        rows.append((department, *(counts.get(s) for s in sums), sum(counts.values())))
    rows.append(("計", *sums.values(), sum(sums.values())))
    for row, values in enumerate(rows, 2):
        ends = row in (2, 1 + len(rows))
        for column, value in enumerate(values):
            put(sheet, row, column, value, styles.head if ends else styles.number if column else styles.name)
    sheet.freeze_panes(3, 1)


def _sheet(book: Workbook, name: str, styles: _Styles, agenda: Agenda, *, head: int) -> Worksheet:
    """Add a sheet with title, day and deadline; the row ``head`` is printed on every page."""
    sheet = book.add_worksheet(name)
    landscape(sheet)
    check(sheet.repeat_rows(head))
    check(sheet.set_footer("&L&A&R&P / &N"))
    put(sheet, 0, 0, agenda.title, styles.title)
    put(sheet, 1, 0, f"{agenda.day}　　{agenda.deadline}", styles.plain)
    return sheet


def _cells(first: int, last: int, column: int) -> str:
    """Return the absolute range of a column between two rows, all counted from 0: ``$D$8:$D$33``."""
    letters = column_letters(column + 1)
    return f"${letters}${first + 1}:${letters}${last + 1}"

"""The first sheet of the workbook, like the first page: verdict, four numbers, charts, late activities, costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..domain.names import joined
from ..ooxml.refs import address
from ..ooxml.text_metrics import MAX_HEIGHT, page_breaks, printable_height
from ..ooxml.writer import ROW, check, put, put_across, too_long
from . import words
from .activity_records import Progress
from .excel_charts import legend_lines, stacked
from .excel_sheet import OVERVIEW, ReportStyles, notice, page, put_link
from .excel_topic import LONG, Topic, id_width
from .records import Card, Figures

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

_WIDTHS = (8.0, 34.0, 34.0, 9.0, 32.0, 33.0)  # digits
_WIDTHS_LONG = (8.0, 28.0, 26.0, 9.0, 53.0, 26.0)  # if a 対応策 is long
_CARDS = ((0, 1), (2, 2), (3, 4), (5, 5))  # first and last column of each
_LEFT, _RIGHT = (0, 2), (3, 5)  # halves of the sheet for charts
_WHOLE = (0, len(_WIDTHS) - 1)
_LINE = 22 / ROW  # the height of a line of the verdict, in usual lines
_SCALE = 0.88  # roughly the scale at which the columns fit on A4 landscape
_TOP, _BOTTOM = 0.4, 0.5  # margins in inches
_BESIDE = 4  # quarters that fit in a chart of half the width
_GAP = 3.0  # points between sections
_BEFORE = "前の四半期に遅延・課題があったもの"
_DIGIT, _PADDING = 7, 5  # pixels of a column
_ROW_PIXELS, _LOWEST = 20, 9  # height of a row, and the fewest rows of a column chart


def overview_sheet(book: Workbook, styles: ReportStyles, figures: Figures, topics: Sequence[Topic]) -> None:
    """Add 概要; ``topics`` are the other sheets, whose charts are drawn here unless drawn next to their tables."""
    sheet = _Overview(book, styles, figures)
    sheet.head()
    sheet.charts([topic for topic in topics if topic.is_drawn and not topic.drawn_beside])
    sheet.late()
    sheet.costs()
    sheet.contents(topics)
    sheet.finish()


class _Overview:
    """The sheet, drawn from top to bottom: ``heights`` are the points of its rows, ``keep`` the rows to keep on one page."""

    def __init__(self, book: Workbook, styles: ReportStyles, figures: Figures) -> None:
        self.book, self.styles, self.figures, self.names = book, styles, figures, figures.names
        self.ws = book.add_worksheet(OVERVIEW)
        self.ws.hide_gridlines(2)
        self.heights: list[float] = []
        self.keep: list[tuple[int, int]] = []
        self.printed = 0
        self.too_tall: list[str] = []
        self.shortened: list[str] = []
        self.widths = _WIDTHS_LONG if any(len(x.answer) > LONG for x in figures.late) else _WIDTHS
        ids = (line.measure.id for line in (*figures.late, *figures.late_before))
        noted = (b.measure.id + "※" * bool(b.notes) for b in figures.budgets)
        self.widths = (id_width((*ids, *noted)), *self.widths[1:])
        for n, digits in enumerate(self.widths):
            check(self.ws.set_column(n, n, digits))

    @property
    def row(self) -> int:
        """The index of the next row."""
        return len(self.heights)

    def head(self) -> None:
        """Draw the title, the verdict and its four numbers."""
        figures, styles = self.figures, self.styles
        title = joined(words.owner(self.names), self.names.report_title)
        put(self.ws, 0, 0, f"{title}　{figures.fiscal_year} {figures.quarter_label}{figures.months}", styles.title)
        put(self.ws, 0, 5, f"{words.kind(figures)}　{words.stamp(figures)}", styles.faint_right)
        self._next(20)
        for said in words.headline(figures):
            self._next(_LINE * self._across(said, styles.verdict, _WHOLE, size=1.7) - 2)
        self._next(_GAP)
        cards = words.cards(figures)
        for card, columns in zip(cards, _CARDS, strict=True):
            self._across(card.title, styles.card_late if card.standing is Progress.LATE else styles.card_title, columns)
        self._next(18)
        for card, columns in zip(cards, _CARDS, strict=True):
            number = _number(card)
            style = styles.card_change if card.value[:1] in "+−±" else styles.card_number
            self._across(card.value if number is None else number, style, columns)
        self._next(34)
        for card, columns in zip(cards, _CARDS, strict=True):
            self._across(card.unit, styles.card_unit, columns)
        self._next(ROW)
        self._next(max(self._across(c.note, styles.faint_wrapped, at) for c, at in zip(cards, _CARDS, strict=True)))
        for remark in words.remarks(figures.overview, self.names):
            self._next(self._across(remark, styles.faint_wrapped, _WHOLE))
        self._next(_GAP)

    def charts(self, topics: Sequence[Topic]) -> None:
        """Draw the charts under their headings, side by side if there is room for the quarters."""
        together = len(self.figures.trend) <= _BESIDE
        for row in [topics] if together and topics else [[topic] for topic in topics]:
            self._charts(row)
        self._notes(words.doubts(self.figures))
        self._next(_GAP)

    def _charts(self, topics: Sequence[Topic]) -> None:
        places = (_LEFT, _RIGHT) if len(topics) > 1 else (_WHOLE,)
        first = self.row
        for topic, columns in zip(topics, places, strict=True):
            self._across(topic.title, self.styles.heading, columns)
        self._next(20)
        tall = [len(t.rows) * 5 // 4 + 1 + legend_lines(t) for t in topics if t.bars and t.bars.kind == "bar"]
        rows = max([*tall, _LOWEST if len(tall) < len(topics) else 0])
        for topic, (at, last) in zip(topics, places, strict=True):
            width = int(sum(_DIGIT * digits + _PADDING for digits in self.widths[at : last + 1])) - _PADDING
            chart = stacked(self.book, topic, width=width, height=rows * _ROW_PIXELS - 6)
            place = {"description": topic.title, "object_position": 2, "y_offset": 2}
            check(self.ws.insert_chart(self.row, at, chart, place))
        for _ in range(rows):
            self._next(ROW)
        self.keep.append((first, self.row - 1))

    def late(self) -> None:
        """Draw the late activities, then those that no longer are."""
        figures, late, before = self.figures, self.figures.late, self.figures.late_before
        if not late and not before:
            return
        title = f"遅延・課題のある{self.names.activity}と対応策" if late else _BEFORE
        first = self._heading(title, "記入は部署の書いたまま")
        following = f"第{figures.quarter + 1}四半期の予定" if figures.quarter < 4 else ""
        since, answer, last = ("いつから" if len(figures.trend) > 1 else ""), (4, 4), (5, 5)
        answer = (answer[0] - (not since), answer[1] + (not following))
        heads = [
            ("施策ID", (0, 0)), ("施策・部署", (1, 1)), ("取組と今期の予定", (2, 2)), (since, (3, 3)), ("対応策", answer),
            (following, last),
        ]  # fmt: skip
        self._record([(self.names.termed(head), self.styles.head, at) for head, at in heads if head])
        told = len({line.category for line in late}) > 1
        for n, line in enumerate((*late, *before)):
            if late and n == len(late):
                self._next(self._across(_BEFORE, self.styles.strong, _WHOLE))
                self.keep.append((self.row - 1, self.row))
            strong, text = (self.styles.strong, self.styles.text) if line.streak else (self.styles.past,) * 2
            word = f"（{line.category.label}）" if told and line.streak else ""
            cells = [
                (line.measure.id, strong), (f"{line.measure.name}\n{line.measure.department}", text), (f"{line.name}{word}\n{line.plan}", text),
                (line.since_when, strong), (line.answer if line.streak else "", text), (line.next_plan, text),
            ]  # fmt: skip
            self._record([(*cell, at) for cell, (head, at) in zip(cells, heads, strict=True) if head])
            if not n:
                self.keep.append((first, self.row - 1))
        self._next(_GAP)

    def costs(self) -> None:
        """Draw the measures that cost money in the next year."""
        budgets, term = self.figures.budgets, self.names.measure
        if not budgets:
            return
        first = self._heading(f"次年度に費用がかかる{term}", "調達内容は部署の記入のまま")
        places = ((0, 0), (1, 2), (3, _WHOLE[1]))
        heads = ("施策ID", "施策・部署", "調達内容")
        self._record([(self.names.termed(h), self.styles.head, at) for h, at in zip(heads, places, strict=True)])
        for budget in budgets:
            measure = budget.measure
            texts = measure.id + "※" * bool(budget.notes), f"{measure.name}（{measure.department}）", budget.procurement
            styles = self.styles.strong, self.styles.text, self.styles.text
            self._record(list(zip(texts, styles, places, strict=True)))
            if budget is budgets[0]:
                self.keep.append((first, self.row - 1))
        self._notes(words.budget_doubts(self.figures))
        self._next(_GAP)

    def contents(self, topics: Sequence[Topic]) -> None:
        """Name the cells that are cut, then draw links to the other sheets, which are not printed."""
        if said := notice(self.too_tall, self.shortened):
            self._next(self._across(said, self.styles.notice, _WHOLE))
        self.printed = self.row
        if topics:
            self._heading("くわしい内容（シートへのリンク）", "")
        for topic in topics:
            put_link(self.ws, self.row, topic.sheet, self.styles.link)
            put(self.ws, self.row, 2, topic.title if topic.title != topic.sheet else None, self.styles.faint)
            self._next(ROW)

    def finish(self) -> None:
        """Break the pages before headings and between rows."""
        ws = self.ws
        page(ws, self.figures, len(_WIDTHS), self.printed - 1)
        ws.set_margins(left=0.4, right=0.4, top=_TOP, bottom=_BOTTOM)
        room = printable_height(landscape=True, top=_TOP, bottom=_BOTTOM, scale=_SCALE)
        ws.set_h_pagebreaks(page_breaks(self.heights[: self.printed], self.keep, room))

    def _heading(self, title: str, note: str) -> int:
        """Draw a heading with a line above it; return its row."""
        last = _WHOLE[1]
        self._across(title, self.styles.heading, (0, last - 1))
        put(self.ws, self.row, last, note, self.styles.heading_note)
        self._next(20)
        return self.row - 1

    def _notes(self, lines_: Sequence[str]) -> None:
        if lines_:
            told = "\n".join(f"※ {said}" for said in lines_)
            self._next(self._across(told, self.styles.faint_wrapped, _WHOLE))

    def _record(self, cells: Sequence[tuple[str, Format, tuple[int, int]]]) -> None:
        """Draw a row of texts, each over its columns."""
        self._next(max(self._across(text, style, columns) for text, style, columns in cells))

    def _across(self, value: str | int, style: Format, columns: tuple[int, int], *, size: float = 1) -> float:
        """Write over columns of the next row; return the points needed if its letters are ``size`` times as large."""
        first, last = columns
        widths = [width / size for width in self.widths[first : last + 1]]
        height = put_across(self.ws, self.row, str(value), style, widths=widths, first=first)
        if height > MAX_HEIGHT:
            (self.shortened if too_long(str(value)) else self.too_tall).append(address(self.row + 1, first + 1))
        if not isinstance(value, str):
            put(self.ws, self.row, first, value, style)
        return height

    def _next(self, points: float) -> None:
        """Set the height of the next row and move on to the one after it."""
        height = min(MAX_HEIGHT, points)
        check(self.ws.set_row(self.row, height))
        self.heights.append(height)


def _number(card: Card) -> int | None:
    """Return the number on a card, None for a word."""
    plain = card.value.replace(",", "").replace("−", "-").lstrip("±")
    return int(plain) if plain.lstrip("+-").isdecimal() else None

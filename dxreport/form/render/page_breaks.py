"""Break a rendered sheet into pages as a person would: before a heading, never within a block that fits on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ...ooxml.text_metrics import page_breaks, paper_size, printable_height
from ..blocks import Block
from ..parts.defined_names import NamedArea
from ..parts.row_map import RowMap
from ..records import Form

_PRINTED = 22 / 24  # a digit of ＭＳ Ｐゴシック, the unit of column widths, is 8 pixels on the screen, 7.33 on paper
_SQUEEZED = 1.08  # a sheet up to this much taller than a page is shrunk to fit on one
_Span = tuple[int, int]


class Pages(NamedTuple):
    """The rows after which a page ends; ``fitted`` is True if the sheet is made to fit on one page."""

    breaks: tuple[int, ...] = ()
    fitted: bool = False


class PagedRows:
    """What the pages of a sheet depend on, apart from the heights of its rows.

    ``room`` is the height of a page in points; if ``fits``, a sheet slightly taller than a page is shrunk. Rows ``top``
    to ``bottom`` are printed, ``titles`` on each page. A page ends after each of ``forced``, and if possible not within
    the ``blocks`` nor, if that takes no extra page, within the ``sections``. All are rows of the sheet; spans are
    (first, last).
    """

    def __init__(self, form: Form, rows: RowMap) -> None:
        self.room, self.fits = _page_room(form), form.worksheet.page.fits
        last = 1 + sum(map(len, rows.rows.values()))
        self.top, self.bottom = next(_spans(form.names.print_area, rows), (2, last))
        self.titles = tuple(_spans(form.names.titles, rows))
        self.forced = sorted({row for drawn in form.worksheet.breaks for row in rows.rows.get(drawn, ())[-1:]})
        self.blocks, self.sections = _together(form, rows)

    def pages(self, heights: Sequence[float]) -> Pages:
        """Return the pages; ``heights`` are those of all rows in points, from row 2."""
        printed = heights[self.top - 2 : self.bottom - 1]
        if not self.forced and sum(printed) <= self.room * (_SQUEEZED if self.fits else 1):
            return Pages(fitted=self.fits)
        titles = sum(height for first, last in self.titles for height in heights[first - 2 : last - 1])
        found: list[int] = []
        start = 0
        ends = [row - self.top + 1 for row in self.forced if self.top <= row < self.bottom]
        for end in [*ends, len(printed)]:
            own, spent = printed[start:end], titles if start else 0.0
            keep, wished = (self._within(spans, start, end) for spans in (self.blocks, self.sections))
            least, whole = (page_breaks(own, keep, self.room - spent, titles - spent, wish) for wish in ([], wished))
            first = whole if len(whole) == len(least) else least
            found += [start + i for i in first] + ([end] if end < len(printed) else [])
            start = end
        return Pages(tuple(self.top + i - 1 for i in found))

    def _within(self, spans: Iterable[_Span], start: int, end: int) -> list[_Span]:
        """Return the spans that lie among the printed rows ``start`` to ``end``, relative to ``start``."""
        first = self.top + start
        return [(a - first, b - first) for a, b in spans if first <= a and b < self.top + end]


def _page_room(form: Form) -> float:
    """Return the height of the rows that fit on one page, in points."""
    page = form.worksheet.page
    scale = page.scale
    if page.fit_width:
        printable = (paper_size(page.paper, page.landscape)[0] / 25.4 - page.left - page.right) * 96
        scale = min(1.0, printable / (form.width * _PRINTED)) if form.width else 1.0
    return printable_height(page.paper, landscape=page.landscape, top=page.top, bottom=page.bottom, scale=scale)


def _spans(areas: Iterable[NamedArea], rows: RowMap) -> Iterator[_Span]:
    """Yield the rendered rows of each area that has rows, as (first, last)."""
    return (span for area in areas if area.box for span in rows.spans(area.box.top, area.box.bottom, 0))


def _together(form: Form, rows: RowMap) -> tuple[list[_Span], list[_Span]]:
    """Return the blocks and sections of :class:`PagedRows`.

    Copies of a block and vertical merges are kept together. A heading stays with the first copy of the block below it,
    and makes a section with all its copies.
    """
    blocks: list[_Span] = []
    sections: list[_Span] = []
    nodes = form.layout.nodes
    for before, node in zip((None, *nodes), nodes, strict=False):
        if not isinstance(node, Block):
            continue
        copies = rows.spans(node.first, node.last, 1)
        blocks += copies
        if copies and isinstance(before, int) and before in rows.rows:
            blocks.append((rows.rows[before][0], copies[0][1]))
            sections.append((rows.rows[before][0], copies[-1][1]))
    for merge in form.tall_merges:
        blocks += merge.spans(rows)
    return blocks, sections

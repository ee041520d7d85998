"""Break a rendered sheet into pages as a person would: before a heading, never within a block that fits on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...ooxml.text_metrics import page_breaks, paper_size, printable_height
from ..blocks import Block
from ..parts.defined_names import NamedArea
from ..parts.row_map import RowMap
from ..records import Form

_PRINTED = 22 / 24  # a digit of ＭＳ Ｐゴシック, the unit of column widths, is 8 pixels on the screen, 7.33 on paper
_SQUEEZED = 1.08  # a sheet up to this much taller than a page is shrunk to fit on one


class Pages(NamedTuple):
    """The rows after which a page ends; ``fitted`` is True if the sheet is made to fit on one page."""

    breaks: tuple[int, ...] = ()
    fitted: bool = False


def pages(form: Form, rows: RowMap, heights: list[float]) -> Pages:
    """Return the pages of a sheet; ``heights`` are the heights of its rows in points, from row 2."""
    room, fits = _page_room(form), form.worksheet.page.fits
    if not form.worksheet.breaks and sum(heights) <= room:
        return Pages(fitted=fits)
    top, bottom = next(_spans(form.names.print_area, rows), (2, len(heights) + 1))
    printed = heights[top - 2 : bottom - 1]
    forced = {row for drawn in form.worksheet.breaks for row in rows.rows.get(drawn, ())[-1:]}
    if not forced and sum(printed) <= room * (_SQUEEZED if fits else 1):
        return Pages(fitted=fits)
    blocks, sections = (
        [(first - top, last - top) for first, last in spans if top <= first and last <= bottom]
        for spans in _together(form, rows)
    )
    titles = sum(height for first, last in _spans(form.names.titles, rows) for height in heights[first - 2 : last - 1])
    found: list[int] = []
    start = 0
    for end in [*sorted(row - top + 1 for row in forced if top <= row < bottom), len(printed)]:
        own, spent = printed[start:end], titles if start else 0.0
        keep, wished = (_within(spans, start, end) for spans in (blocks, sections))
        least, whole = (page_breaks(own, keep, room - spent, titles - spent, wish) for wish in ([], wished))
        first = whole if len(whole) == len(least) else least
        found += [start + i for i in first] + ([end] if end < len(printed) else [])
        start = end
    return Pages(tuple(top + i - 1 for i in found))


def _within(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans that lie within ``start`` to ``end``, relative to ``start``."""
    return [(a - start, b - start) for a, b in spans if start <= a and b < end]


def _page_room(form: Form) -> float:
    """Return the height of the rows that fit on one page, in points."""
    page = form.worksheet.page
    scale = page.scale
    if page.fit_width:
        printable = (paper_size(page.paper, page.landscape)[0] / 25.4 - page.left - page.right) * 96
        scale = min(1.0, printable / (form.width * _PRINTED)) if form.width else 1.0
    return printable_height(page.paper, landscape=page.landscape, top=page.top, bottom=page.bottom, scale=scale)


def _spans(areas: Iterable[NamedArea], rows: RowMap) -> Iterator[tuple[int, int]]:
    """Yield the rendered rows of each area that has rows, as (first, last)."""
    return (span for area in areas if area.box for span in rows.spans(area.box.top, area.box.bottom, 0))


def _together(form: Form, rows: RowMap) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return rows to keep together, and sections to keep together if that takes no extra page.

    Copies of a block and vertical merges are kept together. A heading stays with the first copy of the block below it,
    and makes a section with all its copies.
    """
    out: list[tuple[int, int]] = []
    sections: list[tuple[int, int]] = []
    nodes = form.layout.nodes
    for before, node in zip((None, *nodes), nodes, strict=False):
        if not isinstance(node, Block):
            continue
        copies = rows.spans(node.first, node.last, 1)
        out += copies
        if copies and isinstance(before, int) and before in rows.rows:
            out.append((rows.rows[before][0], copies[0][1]))
            sections.append((rows.rows[before][0], copies[-1][1]))
    for merge in form.tall_merges:
        out += merge.spans(rows)
    return out, sections

"""Break a rendered sheet into pages: a block stays whole unless it is taller than a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...ooxml.text_metrics import page_breaks, paper_size, printable_height
from ..blocks import Block
from ..parts.defined_names import NamedArea
from ..parts.row_map import RowMap
from ..records import Form


def breaks(form: Form, rows: RowMap, heights: list[float]) -> list[int]:
    """Return the rows after which a page ends. ``heights`` are the points of row 2 and the following ones."""
    room = _page_room(form)
    if not form.worksheet.breaks and sum(heights) <= room:
        return []
    top, bottom = next(_spans(form.names.print_area, rows), (2, len(heights) + 1))
    printed = heights[top - 2 : bottom - 1]
    forced = {row for drawn in form.worksheet.breaks for row in rows.rows.get(drawn, ())[-1:]}
    if sum(printed) <= room and not forced:
        return []
    keep = [(first - top, last - top) for first, last in _together(form, rows) if top <= first and last <= bottom]
    titles = sum(height for first, last in _spans(form.names.titles, rows) for height in heights[first - 2 : last - 1])
    found: list[int] = []
    start = 0
    for end in [*sorted(row - top + 1 for row in forced if top <= row < bottom), len(printed)]:
        within = [(a - start, b - start) for a, b in keep if start <= a and b < end]
        first = page_breaks(printed[start:end], within, room - (titles if start else 0.0), 0.0 if start else titles)
        found += [start + i for i in first] + ([end] if end < len(printed) else [])
        start = end
    return [top + i - 1 for i in found]


def _page_room(form: Form) -> float:
    """The points of rows that fit on one page."""
    page = form.worksheet.page
    scale = page.scale
    if page.fit_width:
        printable = (paper_size(page.paper, page.landscape)[0] / 25.4 - page.left - page.right) * 96
        scale = min(1.0, printable / form.width) if form.width else 1.0
    return printable_height(page.paper, landscape=page.landscape, top=page.top, bottom=page.bottom, scale=scale)


def _spans(areas: Iterable[NamedArea], rows: RowMap) -> Iterator[tuple[int, int]]:
    """The rows that areas of whole rows or cells became, as (first, last)."""
    return (span for area in areas if area.box for span in rows.spans(area.box.top, area.box.bottom, 0))


def _together(form: Form, rows: RowMap) -> list[tuple[int, int]]:
    """Rows that belong together: each copy of a block, a heading with the block below it, vertical merges."""
    out: list[tuple[int, int]] = []
    nodes = form.layout.nodes
    for before, node in zip((None, *nodes), nodes, strict=False):
        if not isinstance(node, Block):
            continue
        copies = rows.spans(node.first, node.last, 1)
        out += copies
        if copies and isinstance(before, int) and before in rows.rows:
            out.append((rows.rows[before][0], copies[0][1]))
    for merge in form.tall_merges:
        out += merge.spans(rows)
    return out

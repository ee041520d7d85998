"""Where the pages of a rendered sheet break: a block stays whole unless it is taller than a page."""

from __future__ import annotations

from functools import lru_cache

from ...ooxml.text_metrics import page_breaks, printable_height
from ..blocks import Block
from ..parts.row_map import RowMap
from ..records import Form

_PAPER_WIDTH_MM = {8: 297, 9: 210, 11: 148, 12: 257, 13: 182}
_PAPER_HEIGHT_MM = {8: 420, 9: 297, 11: 210, 12: 364, 13: 257}


def breaks(form: Form, rows: RowMap, heights: list[float]) -> list[int]:
    """The rows after which a page ends. ``heights`` are the points of row 2 and the following ones."""
    room = _room(form)
    if not form.tail.breaks and sum(heights) <= room:
        return []
    top, bottom = _printed(form, rows, len(heights) + 1)
    printed = heights[top - 2 : bottom - 1]
    forced = {row for drawn in form.tail.breaks for row in rows.rows.get(drawn, ())[-1:]}
    if sum(printed) <= room and not forced:
        return []
    keep = [(first - top, last - top) for first, last in _kept(form, rows) if top <= first and last <= bottom]
    titles = sum(heights[row - 2] for row in _titles(form, rows))
    found, start = [], 0
    for end in [*sorted(row - top + 1 for row in forced if top <= row < bottom), len(printed)]:
        part = [(a - start, b - start) for a, b in keep if start <= a and b < end]
        offset = page_breaks(printed[start:end], part, room - (titles if start else 0.0), 0.0 if start else titles)
        found += [start + i for i in offset] + ([end] if end < len(printed) else [])
        start = end
    return [top + i - 1 for i in found]


@lru_cache(maxsize=8)
def _room(form: Form) -> float:
    """The points of rows that one page takes."""
    page = form.tail.page
    return printable_height(
        page.paper, "landscape" if page.landscape else "portrait", page.top, page.bottom, _scale(form)
    )


def _printed(form: Form, rows: RowMap, last: int) -> tuple[int, int]:
    """First and last printed row: those of the print area, else all."""
    for area in form.names.area:
        if area[1] is not None:
            spans = rows.spans(area[1].top, area[1].bottom, 0)
            if spans:
                return spans[0]
    return 2, last


def _titles(form: Form, rows: RowMap) -> list[int]:
    return [
        row
        for _, box, _ in form.names.titles
        if box is not None
        for top, bottom in rows.spans(box.top, box.bottom, 0)
        for row in range(top, bottom + 1)
    ]


def _kept(form: Form, rows: RowMap) -> list[tuple[int, int]]:
    """Rows that belong together: each copy of a block, a heading with the block under it, vertical merges."""
    out: list[tuple[int, int]] = []
    nodes = form.layout.nodes
    for before, node in zip((None, *nodes), nodes, strict=False):
        if not isinstance(node, Block):
            continue
        copies = rows.spans(node.first, node.last, 1)
        out += copies
        if copies and isinstance(before, int) and before in rows.rows:
            out.append((rows.rows[before][0], copies[0][1]))
    for merge, depth in form.tall_merges:
        out += rows.spans(merge.top, merge.bottom, depth)
    return out


def _scale(form: Form) -> float:
    """The scale the form prints at: as drawn, or what makes its width fit the page."""
    page = form.tail.page
    if not page.fit_width:
        return page.scale
    sizes = _PAPER_HEIGHT_MM if page.landscape else _PAPER_WIDTH_MM
    printable = (sizes.get(page.paper, sizes[9]) / 25.4 - page.left - page.right) * 96
    return min(1.0, printable / form.width) if form.width else 1.0

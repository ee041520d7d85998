"""Map the rows of the template to the rows of a rendered sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...ooxml.refs import Box
from ..blocks import Layout, common_length

Path = tuple[int, ...]  # the copy (0-based) of each block around a row, outermost first
Origin = tuple[int, Path]  # where a row comes from: the template row, and which copy of it


class RowMap:
    """The rows that each template row became, from the origins of all rows of a sheet.

    ``rows[t]`` are the rows of template row ``t`` in order, ``paths[t]`` the copies of the blocks around each of them.
    """

    __slots__ = ("_located", "layout", "paths", "rows")

    def __init__(self, layout: Layout, origins: Iterable[Origin]) -> None:
        self.layout = layout
        self._located: dict[Origin, tuple[int, int] | None] = {}
        self.rows: dict[int, list[int]] = {}
        self.paths: dict[int, list[Path]] = {}
        for row, (template_row, path) in enumerate(origins, 2):
            self.rows.setdefault(template_row, []).append(row)
            self.paths.setdefault(template_row, []).append(path)

    def spans(self, top: int, bottom: int, depth: int | None = None) -> list[tuple[int, int]]:
        """Return the rows that template rows ``top``–``bottom`` became, as (first, last).

        There is one span for each copy of the innermost of the ``depth`` blocks around both (default: of all that
        contain both); it includes all copies of blocks within.
        """
        if depth is None:
            depth = self.layout.common_depth(top, bottom)
        if top == bottom and depth >= len(self.layout.chains[top]):
            return [(row, row) for row in self.rows.get(top, ())]
        first, last = self.rows.get(top), self.rows.get(bottom)
        if not depth and first and last:
            return [(first[0], last[-1])]
        groups: dict[Path, tuple[int, int]] = {}
        for row in range(top, bottom + 1):
            for at, path in zip(self.rows.get(row, ()), self.paths.get(row, ()), strict=True):
                low, high = groups.get(path[:depth], (at, at))
                groups[path[:depth]] = (min(low, at), max(high, at))
        return sorted(groups.values())

    def locate(self, template_row: int, path: Path) -> tuple[int, int] | None:
        """Return the first and the last row that ``template_row`` became, as seen from the copy at ``path``.

        Only the rows whose paths share the longest beginning with ``path`` count. Return None if there are no rows.
        """
        at = template_row, path
        if at not in self._located:
            self._located[at] = self._nearest(template_row, path)
        return self._located[at]

    def _nearest(self, template_row: int, path: Path) -> tuple[int, int] | None:
        rows, paths = self.rows.get(template_row), self.paths.get(template_row)
        if not rows or not paths:
            return None
        shared = [common_length(path, other) for other in paths]
        most = max(shared)
        nearest = [row for row, length in zip(rows, shared, strict=True) if length == most]
        return nearest[0], nearest[-1]


class DrawnRange(NamedTuple):
    """A range of the template, and how many blocks repeat it."""

    box: Box
    depth: int

    def spans(self, rows: RowMap) -> list[tuple[int, int]]:
        """Return the rows that the range became, as (first, last)."""
        return rows.spans(self.box.top, self.box.bottom, self.depth)

"""Where each row of the template went: the map that every range of the sheet follows."""

from __future__ import annotations

from ..blocks import Layout

Path = tuple[int, ...]  # which copy of each block a row belongs to, outermost first


class RowMap:
    """Filled while rows are written; then answers for ranges.

    ``rows[t]`` are the rows that template row ``t`` became, in order, ``paths[t]`` the copies of
    the blocks around them.
    """

    __slots__ = ("layout", "paths", "rows")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows: dict[int, list[int]] = {}
        self.paths: dict[int, list[Path]] = {}

    def note(self, template_row: int, row: int, path: Path) -> None:
        """Template row ``template_row`` was written as row ``row``."""
        if template_row in self.rows:
            self.rows[template_row].append(row)
            self.paths[template_row].append(path)
        else:
            self.rows[template_row] = [row]
            self.paths[template_row] = [path]

    def shape(self) -> tuple:
        """What two sheets share whose rows went to the same places."""
        return tuple((row, *paths) for row, paths in self.paths.items())

    def spans(self, top: int, bottom: int, depth: int) -> list[tuple[int, int]]:
        """The rows that template rows ``top``–``bottom`` became: one span for each copy of the innermost
        block that holds both (``depth`` blocks do); a span grows over the copies of blocks within it."""
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
        """First and last row that ``template_row`` became, as seen from the copy at ``path``; None if none."""
        rows = self.rows.get(template_row)
        if not rows:
            return None
        paths = self.paths[template_row]
        if path in paths:  # a row of the very same copy: there is just one
            here = rows[paths.index(path)]
            return here, here
        best, first, last = -1, 0, 0
        for row, other in zip(rows, paths, strict=True):
            shared = 0
            for a, b in zip(path, other, strict=False):
                if a != b:
                    break
                shared += 1
            shared = min(shared, len(path))
            if shared > best:
                best, first, last = shared, row, row
            elif shared == best:
                last = row
        return first, last

"""Check that the stamp and keys of a sheet are those that were issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..form.read.attest import UNATTESTED, Attested, attest, written_keys
from ..form.read.sheet import find_stamp
from ..form.row_key import RowKey
from ..form.stamp import Stamp, keys_digest
from ..issue.store import Archive
from ..ooxml.cells import Grid
from ..ooxml.package import Package
from ..ooxml.worksheets import Worksheets
from ..workspace.secret import secret_name


class Seals:
    """Checks stamps and keys against the issues of a workspace; those of issues without a seal pass unchecked."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self._name = archive, secret_name(archive.secret)
        self._last: tuple[str, Mapping[str, Grid]] | None = None

    def is_sealed(self, stamp: Stamp) -> bool:
        """Return True if the issue that a stamp names was sealed with today's secret."""
        snapshot = self.archive.snapshot(stamp.issue)
        return bool(snapshot and snapshot.seal and snapshot.seal == self._name)

    def trusts(self, stamp: Stamp) -> bool:
        """Return True if a stamp may be ours: its issue was not sealed, or its seal is valid."""
        return not self.is_sealed(stamp) or stamp.holds(self.archive.secret)

    def attested(self, sheet: Grid, stamp: Stamp) -> tuple[Grid, Attested]:
        """Return a sheet without the keys that were not issued on it, and what is known of the others."""
        snapshot = self.archive.snapshot(stamp.issue) if self.is_sealed(stamp) else None
        if snapshot is None or snapshot.keys.get(stamp.measure) == keys_digest(written_keys(sheet.rows)):
            return sheet, UNATTESTED
        sent = self._sent(stamp)
        if sent is None:
            return sheet, UNATTESTED
        found = attest(sheet.rows, sent.rows, self._new_items(stamp))
        strange = {(row + 1, column + 1) for row, column in found.strange}
        return _without(sheet, strange) if strange else sheet, found

    def _new_items(self, stamp: Stamp) -> Callable[[RowKey], bool]:
        """Return a predicate: True for the key of a row that was issued for a new item of a list."""
        snapshot = self.archive.snapshot(stamp.issue)
        texts = snapshot.texts if snapshot else {}
        known = {(measure, ref.item) for measure, own in texts.items() for ref in own}

        def is_new(key: RowKey) -> bool:
            measure = stamp.measure or next(iter(key.blocks), "")
            own = key.blocks if stamp.measure else key.blocks[1:]
            return bool(own) and not any(item.isdecimal() or (measure, item) in known for item in key.items)

        return is_new

    def _sent(self, stamp: Stamp) -> Grid | None:
        """Return the sheet as sent whose stamp names the same issue and measure, None if it is not kept.

        The last workbook is kept, since most sheets of a file are of the same issue.
        """
        if self._last is None or self._last[0] != stamp.issue:
            data = self.archive.workbook(stamp.issue)
            worksheets = Worksheets(Package(data)) if data else None
            grids = map(worksheets.grid, worksheets.names) if worksheets else ()
            sheets = {found[0].measure: grid for grid in grids if (found := find_stamp(grid.rows))}
            self._last = stamp.issue, sheets
        return self._last[1].get(stamp.measure)


def without_keys(sheet: Grid) -> Grid:
    """Return a sheet without its stamp and the row and column that hold the keys."""
    found = find_stamp(sheet.rows)
    if found is None:
        return sheet
    _, top, left = found
    return _without(sheet, {at for at in sheet.cells if at[0] == top + 1 or at[1] == left + 1})


def _without(sheet: Grid, places: set[tuple[int, int]]) -> Grid:
    return replace(sheet, cells={at: cell for at, cell in sheet.cells.items() if at not in places})

"""Check that the stamp and keys of a sheet are those that were issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..form.read.attest import UNATTESTED, Attested, attest
from ..form.read.sheet import find_stamp
from ..form.stamp import Stamp
from ..issue.store import Archive
from ..ooxml.cells import Grid
from ..ooxml.package import Package
from ..ooxml.worksheets import Worksheets
from ..workspace.secret import secret_name


class Seals:
    """Checks stamps and keys against the issues of a workspace; those of issues without a seal pass unchecked."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self._name = archive, secret_name(archive.secret)
        self._sent: dict[str, Mapping[str, Grid]] = {}

    def is_sealed(self, stamp: Stamp) -> bool:
        """Return True if the issue that a stamp names was sealed with today's secret."""
        snapshot = self.archive.snapshot(stamp.issue)
        return bool(snapshot and snapshot.seal and snapshot.seal == self._name)

    def trusts(self, stamp: Stamp) -> bool:
        """Return True if a stamp may be ours: its issue was not sealed, or its seal is valid."""
        return not self.is_sealed(stamp) or stamp.holds(self.archive.secret)

    def attested(self, sheet: Grid, stamp: Stamp) -> tuple[Grid, Attested]:
        """Return a sheet without the keys that were not issued on it, and what its other keys are worth."""
        sent = self._issued(stamp.issue).get(stamp.measure) if self.is_sealed(stamp) else None
        if sent is None:
            return sheet, UNATTESTED
        found = attest(sheet.rows, sent.rows)
        strange = {(row + 1, column + 1) for row, column in found.strange}
        return _without(sheet, strange) if strange else sheet, found

    def _issued(self, issue: str) -> Mapping[str, Grid]:
        """Return the sheets of an issue as sent, by the measure of their stamp."""
        if issue not in self._sent:
            data = self.archive.workbook(issue)
            worksheets = Worksheets(Package(data)) if data else None
            grids = map(worksheets.grid, worksheets.names) if worksheets else ()
            stamped = ((find_stamp(grid.rows), grid) for grid in grids)
            self._sent[issue] = {found[0].measure: grid for found, grid in stamped if found}
        return self._sent[issue]


def without_keys(sheet: Grid) -> Grid:
    """Return a sheet without its stamp and the row and column that hold the keys."""
    found = find_stamp(sheet.rows)
    if found is None:
        return sheet
    _, top, left = found
    return _without(sheet, {at for at in sheet.cells if at[0] == top + 1 or at[1] == left + 1})


def _without(sheet: Grid, places: set[tuple[int, int]]) -> Grid:
    return replace(sheet, cells={at: cell for at, cell in sheet.cells.items() if at not in places})

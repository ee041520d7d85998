"""The marks of a corrected copy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A problem to show in the file, worded as in :class:`dxreport.domain.problems.Problem`.

    ``cells`` are addresses on ``sheet`` (``("E21", "G21")``), empty if the problem concerns the whole sheet or file.
    ``severity`` is ``error`` or ``warning``.
    """

    sheet: str
    cells: tuple[str, ...]
    label: str
    value: str
    message: str
    fix: str
    severity: str

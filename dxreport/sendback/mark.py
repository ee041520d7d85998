"""The marks of a corrected copy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """An error to show in the file, worded as in :class:`dxreport.domain.problems.Problem`.

    ``cells`` are addresses on ``sheet`` (``("E21", "G21")``), empty if the error concerns the whole sheet or file.
    """

    sheet: str
    cells: tuple[str, ...]
    label: str
    value: str
    message: str
    fix: str

"""The stamp in A1: names the issue, measure and form of a sheet, so that it is known wherever it is moved.

That of a list names no measure: the keys of its rows do.
"""

from __future__ import annotations

from dataclasses import dataclass

MARK = "dxr1"
SHEET = "_dxreport"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The contents of A1; ``measure`` is ``""`` on a list."""

    issue: str
    measure: str
    form: str

    def __str__(self) -> str:
        return "|".join((MARK, self.issue, self.measure, self.form))

    @classmethod
    def parse(cls, text: object) -> Stamp | None:
        """Return the stamp that a cell holds, or None."""
        parts = text.split("|") if isinstance(text, str) and text.startswith(MARK + "|") else []
        return cls(*parts[1:]) if len(parts) == 4 else None

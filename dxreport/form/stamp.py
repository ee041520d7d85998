"""The stamp in A1: which issue, measure and form a sheet is, so that it explains itself wherever it is moved."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "dxr1"
SHEET = "_dxreport"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What A1 of a sheet says."""

    issue: str
    measure: str
    form: str

    def __str__(self) -> str:
        return "|".join((MARK, self.issue, self.measure, self.form))

    @classmethod
    def parse(cls, text: object) -> Stamp | None:
        """The stamp that a cell holds, or None."""
        parts = text.split("|") if isinstance(text, str) and text.startswith(MARK + "|") else []
        return cls(*parts[1:]) if len(parts) == 4 else None

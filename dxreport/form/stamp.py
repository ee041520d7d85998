"""The stamp in A1: names the issue, measure and form of a sheet, so that it is known wherever it is moved.

That of a list names no measure: the keys of its rows do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "dxr1"
SHEET = "_dxreport"
# Anyone can type into A1: what has not the shape of ours is no stamp.
_STAMP = re.compile(rf"{MARK}\|([A-Za-z0-9-]{{1,40}})\|([^|\x00-\x1f]{{0,31}})\|([0-9a-f]{{12}})")


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
        found = _STAMP.fullmatch(text) if isinstance(text, str) and text.startswith(MARK) else None
        return cls(*found.groups()) if found else None

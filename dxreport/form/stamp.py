"""The stamp in A1: it identifies the issue, measure and form of a sheet, wherever people move it.

The stamp of a list names no measure; the keys of its rows do. The seal is a digest keyed with a secret of the
workspace. It exposes stamps that were edited or that we did not issue.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

MARK = "dxr1"
SHEET = "_dxreport"
_SEAL = 10  # bytes
# Anyone can type into A1: only text of exactly this shape is a stamp.
_STAMP = re.compile(
    rf"{MARK}\|([A-Za-z0-9-]{{1,40}})\|([^|\x00-\x1f]{{0,31}})\|([0-9a-f]{{12}})(?:\|([0-9a-f]{{20}}))?"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The contents of A1; ``measure`` is ``""`` on a list, ``seal`` is ``""`` in workbooks of earlier releases."""

    issue: str
    measure: str
    form: str
    seal: str = ""

    def __str__(self) -> str:
        return "|".join((MARK, self.issue, self.measure, self.form, *((self.seal,) if self.seal else ())))

    @classmethod
    def parse(cls, text: object) -> Stamp | None:
        """Return the stamp that a cell holds, or None."""
        found = _STAMP.fullmatch(text) if isinstance(text, str) and text.startswith(MARK) else None
        return cls(*found.groups(default="")) if found else None

    def sealed(self, secret: bytes) -> Stamp:
        """Return the stamp with its seal; unchanged if ``secret`` is empty."""
        if not secret:
            return self
        said = "|".join((self.issue, self.measure, self.form)).encode()
        return replace(self, seal=blake2b(said, key=secret, digest_size=_SEAL).hexdigest())

    def holds(self, secret: bytes) -> bool:
        """Return True if the seal was made with ``secret``, or if ``secret`` is empty."""
        return hmac.compare_digest(self.seal.encode(), self.sealed(secret).seal.encode())


def keys_digest(written: Iterable[str]) -> str:
    """Return a digest of a stamp and its keys, to tell whether a returned sheet still has those issued."""
    return blake2b("\n".join(written).encode("utf-8", "surrogatepass"), digest_size=_SEAL).hexdigest()

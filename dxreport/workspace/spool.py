"""File contents that wait to be written, so that many workbooks need not all be held in memory."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir

from .files import unwritable

_IN_MEMORY = 16 << 20  # bytes; any more go to a file that the system removes with the process


class Spool:
    """File contents, one after the other: in memory, and beyond some size in a temporary file."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)  # each Spooled refers to its spool, so the last one to go closes it
        self._end = 0

    def keep(self, data: bytes) -> Spooled:
        """Store the content of a file and return a reference to it. Raise DxreportError if there is no room."""
        kept = Spooled(self, self._end, len(data))
        try:
            self._file.seek(self._end)
            self._file.write(data)
        except OSError as error:
            raise unwritable(Path(gettempdir()), error) from None
        self._end += len(data)
        return kept

    def read(self, start: int, size: int) -> bytes:
        """Return the ``size`` bytes from ``start`` on."""
        self._file.seek(start)
        return self._file.read(size)


@dataclass(frozen=True, slots=True)
class Spooled:
    """The content of one file in a spool: ``bytes(…)`` reads it, ``len(…)`` is its size."""

    spool: Spool
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def __bytes__(self) -> bytes:
        return self.spool.read(self.start, self.size)


Content = bytes | Spooled

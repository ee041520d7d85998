"""A returned file as handed over: from a folder, an archive or a mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..workspace.spool import Content

ARROW = " › "


@dataclass(frozen=True, slots=True)
class ReturnedFile:
    """One file as handed over; ``bytes(data)`` is its content, which may be spooled to disk.

    ``name`` is safe to show to people (``返送.zip › 産業振興課.xlsx``). ``path`` is the file on disk: itself, or the archive
    or mail that it was in. If it came by mail, ``sender``, ``received`` (ISO 8601, Japanese time), ``subject`` and
    ``text`` (the first lines) are those of the mail. If there is nothing to read, ``problem`` is a problem code, with
    ``detail`` in Japanese and, for our own faults, a ``trace``.
    """

    name: str
    path: Path
    data: Content = field(repr=False, compare=False)  # as its digest is compared
    sha256: str
    sender: str = ""
    received: str = ""
    problem: str = ""
    detail: str = ""
    subject: str = ""
    text: str = ""
    trace: str = field(default="", repr=False)

    @property
    def file_name(self) -> str:
        """The name without archives, mails and folders."""
        return PurePosixPath(self.name.rsplit(ARROW, 1)[-1]).name

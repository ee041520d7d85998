"""A file as it was handed over: from a folder, an archive or a mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

ARROW = " › "


@dataclass(frozen=True, slots=True)
class ReturnedFile:
    """One file as it was handed over.

    ``name`` is shown to people (``返送.zip › 産業振興課.xlsx``); ``path`` is the file on disk that it is or is in.
    ``sender`` and ``received`` (ISO 8601, Japanese time) are known for mails. ``problem`` is a code of the
    catalogue when there is nothing to read, with ``detail`` in Japanese. ``subject`` and ``text`` are those of the
    mail, the text as its first lines.
    """

    name: str
    path: Path
    data: bytes = field(repr=False)
    sha256: str
    sender: str = ""
    received: str = ""
    problem: str = ""
    detail: str = ""
    subject: str = ""
    text: str = ""

    @property
    def file_name(self) -> str:
        """The name without archive, mail and folder."""
        return PurePosixPath(self.name.rsplit(ARROW, 1)[-1]).name

"""What 受付簿 says in its column メモ: why a sheet is held, and the notes its department wrote in cells.

One line each, so that people can read and sort it; the notes stand whole in the kept original.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..domain.problems import shown

ACCEPTED = "受入: "  # begins why a sheet was taken in with its errors
_REPLACED = re.compile(r"U\d+ に置き換え")
_NOTE = re.compile(r"コメント ([A-Z]{1,3}[1-9]\d*): (.*)")
_SHOWN = 500  # characters of a note
_CELL = 16_000  # characters, each two UTF-16 units at most: what a cell of Excel holds


def memo(message: str, notes: Mapping[str, str]) -> str:
    """The text of the column: ``message`` (or nothing), then each note by its cell."""
    lines = [f"コメント {cell}: {shown(text, _SHOWN)}" for cell, text in notes.items()]
    return "\n".join([*([message] if message else []), *lines])[:_CELL]


def reason(text: str) -> str:
    """What the column says beside the notes, and beside what took the sheet's place."""
    return "\n".join(line for line in text.split("\n") if not (_NOTE.fullmatch(line) or _REPLACED.fullmatch(line)))


def replaced(text: str, newer: str) -> str:
    """The column of a held sheet in whose place a ``newer`` return went in."""
    rest = [line for line in text.split("\n") if line and not _REPLACED.fullmatch(line)]
    return "\n".join([f"{newer} に置き換え", *rest])


def unreplaced(text: str, gone: str) -> str:
    """The column of a held sheet after the return that took its place is ``gone``."""
    return "\n".join(line for line in text.split("\n") if line != f"{gone} に置き換え")


def accepted(text: str) -> bool:
    """Whether the column says that the coordinator took the sheet in as it was."""
    return any(line.startswith(ACCEPTED) for line in text.split("\n"))


def notes(texts: Iterable[str]) -> dict[str, str]:
    """The notes that these columns tell of, by cell; the last one of a cell counts."""
    return {found[1]: found[2] for text in texts for line in text.split("\n") if (found := _NOTE.fullmatch(line))}

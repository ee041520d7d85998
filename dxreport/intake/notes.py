"""The notes (cell comments) that a department wrote into a sheet, without the marks of a corrected copy."""

from __future__ import annotations

from collections.abc import Collection

from ..domain.visible import writable
from ..ooxml.cells import Grid
from ..ooxml.correction import without_marks
from ..ooxml.refs import address


def remarks(sheet: Grid) -> dict[str, str]:
    """Return all notes of a sheet by cell (``E21``), in reading order."""
    texts = {address(*at): writable(without_marks(text)).strip() for at, text in sorted(sheet.notes.items())}
    return {cell: text for cell, text in texts.items() if text}


def own(notes: dict[str, str], issued: Collection[str]) -> dict[str, str]:
    """Return the notes with a text that no issued note has; rows may have moved, so cells are not compared."""
    known = {_plain(text) for text in issued}
    return {cell: text for cell, text in notes.items() if _plain(text) not in known}


def _plain(text: str) -> str:
    return "".join(text.split())

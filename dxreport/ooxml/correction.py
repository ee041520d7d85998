"""The marks of a corrected copy: the sheets and notes that are added to a department's own workbook."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..domain.model import normalise

LIST_SHEET, RECORD_SHEET = "差し戻し", "_dxmarks"
ADDED_SHEETS = (LIST_SHEET, RECORD_SHEET)
LIST_TITLE = "差し戻し：ご確認・修正をお願いします"
NOTE_MARK = "【差し戻し"
_RETURN = re.compile(r"受付番号 (U\d{4,})")
# A run of lines from our heading to the next blank line or the end.
NOTE = re.compile(rf"\n?{NOTE_MARK} \d+】.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)


def is_added_sheet(name: str) -> bool:
    """Return True if a corrected copy adds a sheet of this name; a second list is called ``差し戻し (2)``."""
    return name.startswith(ADDED_SHEETS)


def return_line(return_id: str) -> str:
    """Return the line of the sheet 差し戻し that names the return, for people and for :func:`return_id_in`."""
    return f"受付番号 {return_id}"


def return_id_in(texts: Iterable[str]) -> str:
    """Return the return ID in the first line written by :func:`return_line`; ``""`` if there is none."""
    return next((found[1] for text in texts if (found := _RETURN.search(text))), "")


def note_text(number: int, demand: str, lines: Iterable[str]) -> str:
    """Return the note on a marked cell: its number on the sheet 差し戻し, ``demand`` (how pressing it is), and the text."""
    body = [part for line in lines for part in normalise(line).split("\n") if part.strip()]
    return "\n".join([f"{NOTE_MARK} {number}】{demand}", *body])


def without_marks(text: str) -> str:
    """Return a note without what a corrected copy wrote into it."""
    return NOTE.sub("", text)

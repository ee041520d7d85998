"""The sheets and notes that a corrected copy adds to a department's own workbook, by which it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..domain.model import normalise

LIST_SHEET, RECORD_SHEET = "差し戻し", "_dxmarks"
ADDED_SHEETS = (LIST_SHEET, RECORD_SHEET)
LIST_TITLE = "差し戻し：ご確認・修正をお願いします"
NOTE_MARK = "【差し戻し"
_REMOVED = re.compile(r"このファイルから、(.+)を取り除きました。記入した内容はそのままです。")
_RETURN = re.compile(r"受付番号 (U\d{4,})")
# A run of lines from our heading to the next blank line or the end.
NOTE = re.compile(rf"\n?{NOTE_MARK} \d+】.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)


def return_line(return_id: str) -> str:
    """Return the line of 差し戻し that names the return; :func:`return_id_in` reads it."""
    return f"受付番号 {return_id}"


def return_id_in(texts: Iterable[str]) -> str:
    """Return the number of the return from the line that :func:`return_line` wrote; ``""`` if there is none."""
    return next((found[1] for text in texts if (found := _RETURN.search(text))), "")


def removed_line(what: Sequence[str]) -> str:
    """Return the line on 差し戻し that says what was removed, for people and for :func:`removed_in`."""
    return f"このファイルから、{'、'.join(what)}を取り除きました。記入した内容はそのままです。"


def removed_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what a line from :func:`removed_line` says was removed; ``()`` if there is no such line."""
    return next((tuple(found[1].split("、")) for text in texts if (found := _REMOVED.fullmatch(text))), ())


def note_text(number: int, demand: str, lines: Iterable[str]) -> str:
    """Return the note on a marked cell: its number on 差し戻し, the ``demand``, and the ``lines`` of what is wrong."""
    body = [part for line in lines for part in normalise(line).split("\n") if part.strip()]
    return "\n".join([f"{NOTE_MARK} {number}】{demand}", *body])


def without_marks(text: str) -> str:
    """Return a note without the text that a corrected copy added."""
    return NOTE.sub("", text)

"""The words for the work of a day that the screen, the workbook and the page share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePath
from urllib.parse import quote

from ..domain.days import short_day
from ..master.records import Issue, Receipt
from .agenda import Way
from .round_status import SheetStatus, State

HEADINGS = {
    Way.PHONE: ("電話する", "メールでは進まないもの、送っても届かないもの"),
    Way.MAIL: ("メールを送る", "下書きを開き、確かめて送るもの"),
}
_BAR = (
    State.MERGED, State.NOTHING, State.REVIEW, State.HELD, State.MISSING, State.ISSUED, State.NOT_ISSUED,
)  # fmt: skip


def unread_text(receipt: Receipt) -> str:
    """Describe a refused file: its number, its name, the reason, and the text of a mail."""
    said = "".join(f"\n{where}: {text}" for where, text in receipt.notes.items())
    return f"{receipt.id} {receipt.file}　{receipt.note}{said}"


def remarks(s: SheetStatus) -> str:
    """Return why a sheet is held, its open conflicts and the department's comments, one per line."""
    conflicts = (f"競合 {c.id}: {c.label}" for c in s.conflicts)
    comments = (f"コメント {cell}: {text}" for cell, text in s.notes.items())
    return "\n".join(filter(None, (s.reason, *conflicts, *comments)))


def day(event: Issue | Receipt | None) -> str:
    """Return the day of an issue or a receipt, ``""`` for none."""
    return short_day(datetime.fromisoformat(event.when).date()) if event else ""


def bar(sums: Mapping[State, int]) -> tuple[tuple[State, int], ...]:
    """Return the states that occur with their numbers of sheets, finished ones first."""
    return tuple((state, sums[state]) for state in _BAR if state in sums)


def link(path: Path, folder: Path) -> str:
    """Return a link from a folder to a file, absolute if they are on different drives."""
    try:
        return quote(PurePath(os.path.relpath(path, folder)).as_posix())
    except ValueError:
        return path.resolve().as_uri()

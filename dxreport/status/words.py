"""The words for the work of a day that the screen, the workbook and the page share."""

from __future__ import annotations

from ..master.records import Receipt
from .agenda import Way
from .round_status import SheetStatus, State

HEADINGS = {
    Way.PHONE: ("電話する", "メールでは進まないもの、送っても届かないもの"),
    Way.MAIL: ("メールを送る", "下書きを開き、確かめて送るもの"),
}


def unread_text(receipt: Receipt) -> str:
    """Describe a refused file: its number, its name, the reason, and the text of a mail."""
    said = "".join(f"\n{where}: {text}" for where, text in receipt.notes.items())
    return f"{receipt.id} {receipt.file}　{receipt.note}{said}"


def reason_of(s: SheetStatus) -> str:
    """Return why a sheet is held, "" if it is not."""
    return s.receipt.note if s.state is State.HELD and s.receipt else ""

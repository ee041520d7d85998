"""What 受付簿 tells of a returned file: whether it came before, and whether a newer one took its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from ..intake.gather import ARROW, ReturnedFile
from ..master.records import Receipt, ReceiptState, number_of, stamp

TAKEN = {ReceiptState.MERGED, ReceiptState.UNCHANGED}
SETTLED = {*TAKEN, ReceiptState.SILENT}  # of these nothing is left to do
_MAIL = re.compile(rf"\.(?:eml|msg){ARROW}", re.IGNORECASE)


def same(receipt: Receipt, file: ReturnedFile) -> bool:
    """Whether a receipt is of this very content; files that could not be read at all differ by name."""
    return receipt.sha256 == file.sha256 and (bool(file.data) or receipt.file == file.name)


def newer(receipts: Iterable[Receipt], return_id: str, measure: str, issue: str) -> str:
    """The number of the last return after ``return_id`` whose sheet of this measure and issue went in; "" for none."""
    taken = (r.id for r in receipts if (r.measure, r.issue_id) == (measure, issue) and r.state in TAKEN)
    return max((id_ for id_ in taken if number_of(id_) > number_of(return_id)), key=number_of, default="")


def came(file: ReturnedFile) -> str:
    """When a mail was sent, as the master's cells hold it; "" for what came in no mail."""
    return stamp(datetime.fromisoformat(file.received)) if file.received else ""


def overtaken_by(receipts: Iterable[Receipt], file: ReturnedFile, measure: str, issue: str) -> str:
    """The number of the return whose sheet of this measure and issue went in, from a mail sent later than that of ``file``."""
    sent = came(file)
    taken = (r for r in receipts if (r.measure, r.issue_id) == (measure, issue) and r.state in TAKEN)
    later = [r for r in taken if sent and _MAIL.search(r.file) and r.when > sent]
    return max(later, key=lambda r: r.when).id if later else ""

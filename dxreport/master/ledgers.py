"""発行台帳, 受付簿, 変更履歴, 競合, 確定報告: rows of the master and the records they are, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from ..domain.model import Ref
from ..ooxml.table import Area
from .records import Change, Conflict, ConflictState, FinalReport, Issue, Receipt, ReceiptState, Record
from .schema import CHANGES, CONFLICTS, FINALS, ISSUES, RECEIPTS, SEPARATOR, Sheet
from .settings import split
from .workbook import Book, Row


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sheet whose rows are records of one type, an attribute a column.

    Masters without an ``optional`` ledger, or without its ``later`` columns, are read: earlier releases made them.
    """

    sheet: Sheet
    record: type
    optional: bool = False
    later: tuple[str, ...] = ()

    def key(self, record: Record) -> tuple[str, ...]:
        """What names the record's row."""
        headers = self.sheet.headers
        return tuple(_text(getattr(record, self.attributes[headers.index(key)])) for key in self.sheet.keys)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of the record, in the order of the columns."""
        return self.record.__slots__

    def texts(self, record: Record) -> dict[str, str]:
        """The record as the texts of its row, by header."""
        values = (getattr(record, name) for name in self.attributes)
        return {header: _text(value) for header, value in zip(self.sheet.headers, values, strict=True)}


LEDGERS = (
    Ledger(ISSUES, Issue), Ledger(RECEIPTS, Receipt, later=("置き換え", "別の回", "コメント")), Ledger(CHANGES, Change), Ledger(CONFLICTS, Conflict),
    Ledger(FINALS, FinalReport, optional=True),
)  # fmt: skip
LEDGER_OF = {ledger.record: ledger for ledger in LEDGERS}


def read_ledger(book: Book, ledger: Ledger) -> tuple[Area | None, tuple[Any, ...]]:
    """The records of a ledger, oldest first, and where they stand; faults are added to the book's."""
    area = None if ledger.optional and not book.holds(ledger.sheet) else book.area(ledger.sheet, ledger.later)
    if area is None:
        return None, ()
    area, rows = book.rows(area, ledger.sheet.keys)
    records = []
    numbers: dict[tuple[str, ...], int] = {}
    columns = tuple((h, f.type) for h, f in zip(ledger.sheet.headers, fields(ledger.record), strict=True))
    for row in rows:
        if row.blank():
            continue
        record = _record(book, ledger.record, columns, row)
        if isinstance(record, Receipt) and not all(header in area.columns for header in ledger.later):
            record = split_memo(record)
        if record is not None:
            numbers[ledger.key(record)] = row.number
            records.append(record)
    return replace(area, rows=numbers), tuple(records)


_REPLACED = re.compile(r"(U\d+) に置き換え")
_COMMENT = re.compile(r"コメント ([A-Z]{1,3}[1-9]\d*: .*)")


def split_memo(receipt: Receipt) -> Receipt:
    """A receipt of an earlier release, whose column メモ held all that has columns of its own now."""
    lines = receipt.note.split("\n")
    replaced = [m[1] for line in lines if (m := _REPLACED.fullmatch(line))]
    comments = [m[1] for line in lines if (m := _COMMENT.fullmatch(line))]
    rest = [line for line in lines if not _REPLACED.fullmatch(line) and not _COMMENT.fullmatch(line)]
    return replace(
        receipt, note="\n".join(rest), replaced_by="".join(replaced[:1]), comments="\n".join(comments)
    )


def _record(book: Book, type_: type, columns: tuple[tuple[str, str], ...], row: Row) -> Record | None:
    values = []
    for header, kind in columns:
        text = row[header]
        parse = _PARSERS.get(kind)
        try:
            values.append(parse(text) if parse else text)
        except ValueError:
            words = f"{header}「{text}」が読めません。{_ACCEPTED.get(kind, '')}"
            book.faults.add(row.place(header), words)
            return None
    return type_(*values)


def _states(states: Iterable[Enum]) -> str:
    return f"{'、'.join(state.value for state in states)} のどれかです。"


_PARSERS: dict[Any, Callable[[str], Any]] = {
    "int": lambda text: int(text or 0),
    "Ref": Ref.parse,
    "tuple[str, ...]": split,
    "ReceiptState": ReceiptState,
    "ConflictState": ConflictState,
}
_ACCEPTED = {"ReceiptState": _states(ReceiptState), "ConflictState": _states(ConflictState)}


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, tuple):
        return SEPARATOR.join(value)
    return str(value)

"""発行台帳, 受付簿, 変更履歴, 競合, 確定報告: rows of the master and the records they are, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from ..domain.model import Ref
from ..ooxml.table import TableRange
from .records import Change, Conflict, ConflictState, FinalReport, Issue, Receipt, ReceiptState, Record
from .schema import CHANGES, CONFLICTS, FINALS, ISSUES, RECEIPTS, SEPARATOR, TableSchema
from .settings import split
from .workbook import MasterWorkbook, TableRow


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sheet whose rows are records of one type, an attribute a column; masters without an ``optional`` one are read."""

    sheet: TableSchema
    record: type
    optional: bool = False

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
    Ledger(ISSUES, Issue), Ledger(RECEIPTS, Receipt), Ledger(CHANGES, Change), Ledger(CONFLICTS, Conflict),
    Ledger(FINALS, FinalReport, optional=True),
)  # fmt: skip
LEDGER_OF = {ledger.record: ledger for ledger in LEDGERS}


def read_ledger(book: MasterWorkbook, ledger: Ledger) -> tuple[TableRange | None, tuple[Any, ...]]:
    """The records of a ledger, oldest first, and where they stand; faults are added to the book's."""
    area = None if ledger.optional and not book.holds(ledger.sheet) else book.find_table(ledger.sheet)
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
        if record is not None:
            numbers[ledger.key(record)] = row.number
            records.append(record)
    return replace(area, rows=numbers), tuple(records)


def _record(book: MasterWorkbook, type_: type, columns: tuple[tuple[str, str], ...], row: TableRow) -> Record | None:
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

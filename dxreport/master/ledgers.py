"""発行台帳, 受付簿, 変更履歴, 競合, 確定報告: rows of the master ↔ records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, get_type_hints

from ..domain.model import Ref
from ..ooxml.table import TableRange
from .records import Change, Conflict, ConflictState, FinalReport, Issue, Receipt, ReceiptState, Record
from .schema import CHANGES, CONFLICTS, FINALS, ISSUES, RECEIPTS, SEPARATOR, TableSchema
from .settings import split
from .workbook import MasterWorkbook, TableRow


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sheet whose rows are records of one type, one attribute per column.

    ``attribute`` is its name in Master; a master without an ``optional`` ledger is valid.
    """

    attribute: str
    sheet: TableSchema
    record: type[Record]
    optional: bool = False

    def key(self, record: Record) -> tuple[str, ...]:
        """Return the texts that identify the record's row."""
        texts = self.texts(record)
        return tuple(texts[header] for header in self.sheet.keys)

    def texts(self, record: Record) -> dict[str, str]:
        """Return the texts of the record's row, by header."""
        values = (getattr(record, f.name) for f in fields(record))
        return {header: _text(value) for header, value in zip(self.sheet.headers, values, strict=True)}


LEDGERS = (
    Ledger("issues", ISSUES, Issue),
    Ledger("receipts", RECEIPTS, Receipt),
    Ledger("changes", CHANGES, Change),
    Ledger("conflicts", CONFLICTS, Conflict),
    Ledger("finals", FINALS, FinalReport, optional=True),
)
LEDGER_OF = {ledger.record: ledger for ledger in LEDGERS}


def read_ledger(book: MasterWorkbook, ledger: Ledger) -> tuple[TableRange | None, tuple[Record, ...]]:
    """Return the table of a ledger and its records, oldest first; add faults to those of the workbook."""
    if ledger.optional and not book.has_sheet(ledger.sheet):
        return None, ()
    found, rows = book.read_table(ledger.sheet)
    if found is None:
        return None, ()
    types = get_type_hints(ledger.record)
    columns = [(header, types[f.name]) for header, f in zip(ledger.sheet.headers, fields(ledger.record), strict=True)]
    records: list[Record] = []
    numbers: dict[tuple[str, ...], int] = {}
    for row in rows:
        record = _record(ledger.record, columns, row)
        if record is not None:
            numbers[ledger.key(record)] = row.number
            records.append(record)
    return replace(found, rows=numbers), tuple(records)


def _record(record: type[Record], columns: Iterable[tuple[str, Any]], row: TableRow) -> Record | None:
    values = []
    for header, type_ in columns:
        text = row[header]
        try:
            values.append(_PARSERS[type_](text))
        except ValueError:
            row.fault(header, f"{header}「{text}」が読めません。{_ACCEPTED.get(type_, '')}")
            return None
    return record(*values)


def _states(states: Iterable[Enum]) -> str:
    return f"{'、'.join(state.value for state in states)} のどれかです。"


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: lambda text: int(text or 0),
    Ref: Ref.parse,
    tuple[str, ...]: split,
    ReceiptState: ReceiptState,
    ConflictState: ConflictState,
}
_ACCEPTED = {ReceiptState: _states(ReceiptState), ConflictState: _states(ConflictState)}


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple) and not isinstance(value, Ref):
        return SEPARATOR.join(value)
    return str(value)

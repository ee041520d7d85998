"""Convert the rows of 発行台帳, 受付簿, 変更履歴, 競合 and 確定報告 to records, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property
from typing import Any, get_type_hints

from ..domain.days import day_of, printed
from ..domain.fields import Ref
from ..ooxml.table import TableRange
from .records import Change, Conflict, ConflictState, Day, FinalReport, Issue, Receipt, ReceiptState, Record
from .schema import CHANGES, CONFLICTS, FINALS, ISSUES, RECEIPTS, SEPARATOR, TableSchema, split
from .workbook import MasterWorkbook, TableRow


@dataclass(frozen=True)
class Ledger:
    """A sheet whose rows are records of one type, with one attribute per column.

    ``attribute`` is its name in :class:`Master`. Masters of earlier releases may lack an ``optional`` ledger or the
    ``later`` columns.
    """

    attribute: str
    sheet: TableSchema
    record: type[Record]
    optional: bool = False
    later: tuple[str, ...] = ()

    def key(self, record: Record) -> tuple[str, ...]:
        """Return the texts that identify the row of a record."""
        return tuple(_text(getattr(record, name)) for name in self._key_attributes)

    @cached_property
    def _key_attributes(self) -> tuple[str, ...]:
        return tuple(self._names[header] for header in self.sheet.keys)

    @cached_property
    def _names(self) -> dict[str, str]:
        """The attributes of a record by the headers of their columns."""
        return dict(zip(self.sheet.headers, (f.name for f in fields(self.record)), strict=True))

    def texts(self, record: Record) -> dict[str, str]:
        """Return the texts of the record's row, by header."""
        texts = {header: _text(getattr(record, name)) for header, name in self._names.items()}
        return texts | {header: printed(texts[header]) for header in self._days}

    @cached_property
    def _days(self) -> tuple[str, ...]:
        types = get_type_hints(self.record)
        return tuple(h for h, f in zip(self.sheet.headers, fields(self.record), strict=True) if types[f.name] is Day)


LEDGERS = (
    Ledger("issues", ISSUES, Issue, later=("印刷した提出期限", "個別の提出期限")),
    Ledger("receipts", RECEIPTS, Receipt, later=("置き換え", "別の回", "コメント")),
    Ledger("changes", CHANGES, Change),
    Ledger("conflicts", CONFLICTS, Conflict),
    Ledger("finals", FINALS, FinalReport, optional=True),
)
LEDGER_OF = {ledger.record: ledger for ledger in LEDGERS}


def read_ledger(book: MasterWorkbook, ledger: Ledger) -> tuple[TableRange | None, tuple[Record, ...]]:
    """Return the table of a ledger and its records in the order of the rows; add faults to those of the workbook."""
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
        if isinstance(record, Receipt) and not all(header in found.columns for header in ledger.later):
            record = split_memo(record)
        if record is not None:
            numbers[ledger.key(record)] = row.number
            records.append(record)
    return replace(found, rows=numbers), tuple(records)


_REPLACED = re.compile(r"(U\d+) に置き換え")
_COMMENT = re.compile(r"コメント ([A-Z]{1,3}[1-9]\d*: .*)")


def split_memo(receipt: Receipt) -> Receipt:
    """Convert a receipt of an earlier release, whose column メモ also held what now has columns of its own."""
    lines = receipt.note.split("\n")
    replaced = [m[1] for line in lines if (m := _REPLACED.fullmatch(line))]
    comments = [m[1] for line in lines if (m := _COMMENT.fullmatch(line))]
    rest = [line for line in lines if not _REPLACED.fullmatch(line) and not _COMMENT.fullmatch(line)]
    return replace(receipt, note="\n".join(rest), replaced_by="".join(replaced[:1]), comments="\n".join(comments))


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


def _day(text: str) -> Day:
    day = day_of(text) if text.strip() else ""
    if day is None:
        raise ValueError(text)
    return Day(day)


def _states(states: Iterable[Enum]) -> str:
    return f"{'、'.join(state.value for state in states)} のどれかです。"


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: lambda text: int(text or 0),
    Ref: Ref.parse,
    Day: _day,
    tuple[str, ...]: split,
    ReceiptState: ReceiptState,
    ConflictState: ConflictState,
}
_ACCEPTED = {
    Day: "「令和４年７月15日」のように書いてください。",
    ReceiptState: _states(ReceiptState),
    ConflictState: _states(ConflictState),
}


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple) and not isinstance(value, Ref):
        return SEPARATOR.join(value)
    return str(value)

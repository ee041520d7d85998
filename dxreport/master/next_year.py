"""Make the master of the next year: this year's workbook with its answers and ledgers cleared.

Everything that people added stays: columns, sheets, formulas, comments, widths, colours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..domain.days import printed
from ..domain.model import Measure, Settings
from ..ooxml.package import Package
from ..ooxml.properties import read_property, set_property
from ..ooxml.table import TableRange, folded, sheet_parts
from ..ooxml.table_edit import WorkbookEdit
from .ledgers import LEDGERS
from .records import Master
from .schema import (
    COMMIT,
    GENERAL,
    INTAKE,
    OPEN,
    ROUNDS,
    SHEETS,
    STATE_FROM,
    YEAR,
    TableSchema,
    tables_of,
)
from .workbook import MasterWorkbook


@dataclass(frozen=True, slots=True)
class NextMaster:
    """The workbook of the next year, the columns and sheets that people added, and the rows left blank."""

    data: bytes
    own: tuple[str, ...]
    blank: tuple[str, ...]


def next_master(old: Master, settings: Settings, carried: Mapping[str, Measure]) -> NextMaster:
    """Return the master of the year of ``settings``, with the measures ``carried``, made from last year's.

    Rows of other measures are removed, or only cleared if formulas or comments refer to rows of the sheet. Raise
    MasterError for a cell that cannot be cleared.
    """
    package = Package(old.data)
    edit, tables, blank = WorkbookEdit(package), tables_of(old.settings), list[str]()
    for prefix, schema in (("", tables.measures), *tables.lists.items()):
        if area := old.tables.get(schema.name):
            gone = _cleared(edit, old, schema, area, carried=carried, prefix=prefix)
            blank += [f"「{area.sheet}」シートの {row} 行目" for row in edit.remove_rows(area, gone)]
    for ledger in LEDGERS:
        if area := old.tables.get(ledger.sheet.name):
            edit.remove_rows(area, range(area.header + 1, area.last + 1))
    _set_year(edit, MasterWorkbook(package), settings)
    if read_property(package, COMMIT):
        set_property(edit, COMMIT, "")
    return NextMaster(edit.data(), own_places(old), tuple(blank))


def _cleared(
    edit: WorkbookEdit,
    old: Master,
    schema: TableSchema,
    area: TableRange,
    *,
    carried: Mapping[str, Measure],
    prefix: str,
) -> Collection[int]:
    """Clear the fields that are not carried over; return the rows to remove."""
    catalogue = old.settings.catalogue
    if prefix and not any(field.carries for field in catalogue.members[prefix].values()):
        return tuple(area.rows.values())
    headers = [c.header for c in schema.columns if c.field in catalogue.field and not catalogue.field[c.field].carries]
    headers += [] if prefix else [STATE_FROM]
    kept = {key: row for key, row in area.rows.items() if key[0] in carried}
    for row in kept.values():
        for header in headers:
            if header in area.columns:
                edit.set(area, row, header, "")
    return tuple(row for key, row in area.rows.items() if key not in kept)


def _set_year(edit: WorkbookEdit, book: MasterWorkbook, settings: Settings) -> None:
    """Set the year, the deadlines of its rounds and its 年度の受付 in 設定."""
    general, rows = book.read_table(GENERAL)
    rounds, lines = book.read_table(ROUNDS)
    assert general and rounds  # the master was read
    new = {YEAR: settings.fiscal_year.label, INTAKE: OPEN}
    for row in rows:
        if (name := row["項目"].strip()) in new:
            edit.set(general, row.number, "値", new[name])
    for row, round_ in zip(lines, settings.rounds, strict=True):
        edit.set(rounds, row.number, "締切", printed(round_.deadline, weekday=False))


def own_places(master: Master) -> tuple[str, ...]:
    """Return the columns and sheets of a master that people added, named in Japanese."""
    package = Package(master.data)
    book, tables = MasterWorkbook(package), tables_of(master.settings)
    out = []
    for schema in (tables.measures, *tables.lists.values()):
        if area := master.tables.get(schema.name):
            known = {folded(header) for header in schema.all_headers}
            headers = book.headers(area)
            out += [f"「{area.sheet}」シートの列「{h}」" for h in headers if h and folded(h) not in known]
    ours = {folded(name) for name in (*SHEETS, *(t.name for t in tables.lists.values()))}
    return (*out, *(f"シート「{name}」" for name in sheet_parts(package) if folded(name) not in ours))

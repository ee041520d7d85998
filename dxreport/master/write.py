"""Change a master: edit its package, and save it safely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ..domain.errors import PackageError
from ..domain.fields import Ref
from ..ooxml.package import Package
from ..ooxml.properties import set_property
from ..ooxml.table import TableRange, folded, sheet_parts, tables
from ..ooxml.table_edit import WorkbookEdit
from ..workspace.files import backup_path, locked, prune_backups
from ..workspace.paths import Workspace
from ..workspace.spool import Content
from ..workspace.transaction import NOTHING, NewMaster, recover, refuse_rewritten, write_together
from .ledgers import LEDGER_OF, LEDGERS, Ledger, read_ledger
from .read import master_from
from .records import Conflict, Issue, Master, Receipt, Record
from .schema import COMMIT, ID, MEASURES, TableSchema, tables_of
from .workbook import MasterWorkbook


class MasterEdit:
    """Edits to a master; :meth:`data` returns the changed workbook.

    Every method raises MasterError if something in the workbook is in the way of the change.
    """

    def __init__(self, master: Master) -> None:
        self._receipts, self._schemas = master.receipts, tables_of(master.settings)
        self._workbook = WorkbookEdit(Package(master.data))
        self._tables = dict(master.tables)
        self._rows: dict[tuple[str, tuple[str, ...]], int] = {}
        self._new_items: dict[tuple[str, str, str], dict[str, str]] = {}
        self._numbers: dict[str, frozenset[str]] = {}
        self._complete()

    def _complete(self) -> None:
        """Add the columns and tables of declared fields, and of extra plan years, that the workbook lacks."""
        for schema in (self._schemas.measures, *self._schemas.lists.values()):
            table, formats = self._tables.get(schema.name), {c.header: c.number for c in schema.columns if c.number}
            if table is None:
                widths = {c.header: c.width for c in schema.columns}
                like = self._tables[self._schemas.lists["related"].name]
                table = self._workbook.add_table(schema.name, schema.table, widths, like, formats)
            missing = [c.header for c in schema.columns if c.declared and c.header not in table.columns]
            self._tables[schema.name] = self._workbook.widen(table, missing, formats) if missing else table
            self._numbers[schema.name] = frozenset(formats)

    def set(self, measure_id: str, ref: Ref, text: str) -> None:
        """Set a text of a measure; a Ref to a new item adds the item in a new row.

        Raise KeyError for a measure that the master does not have, and for a 施策ID, which never changes.
        """
        if ref.field == "id" or (measure_id,) not in self._tables[MEASURES.name].rows:
            raise KeyError(f"{measure_id} {ref}")
        schema = self._schemas.of(ref)
        table, column = self._tables[schema.name], schema.column_of(ref.field, ref.period)
        if row := table.rows.get((measure_id, ref.item) if ref.item else (measure_id,)):
            self._workbook.set(table, row, column.header, text, number=bool(column.number))
        else:
            self._new_item(schema, measure_id, ref.item)[column.header] = text

    def set_all(self, changes: Iterable[tuple[str, Ref, str]]) -> None:
        """Set several texts, given as (measure ID, Ref, text)."""
        for measure_id, ref, text in changes:
            self.set(measure_id, ref, text)

    def add(self, *records: Record) -> None:
        """Append records to their ledgers, in this order."""
        for record in records:
            ledger = LEDGER_OF[type(record)]
            row = self._workbook.append(self._ledger_table(ledger), ledger.texts(record))
            self._rows[ledger.sheet.name, ledger.key(record)] = row

    def update(self, *records: Issue | Receipt | Conflict) -> None:
        """Overwrite the rows of these records, found by ID, those of receipts by ID, measure and issue.

        Raise KeyError for a record that has no row.
        """
        for record in records:
            ledger = LEDGER_OF[type(record)]
            table, key = self._ledger_table(ledger), ledger.key(record)
            row = self._rows.get((ledger.sheet.name, key)) or table.rows[key]
            for header, text in ledger.texts(record).items():
                self._workbook.set(table, row, header, text)

    def set_commit(self, commit: str) -> None:
        """Name the commit of the log that the workbook is written with."""
        set_property(self._workbook, COMMIT, commit)

    def data(self) -> bytes:
        """Return the workbook with all edits; call it once, at the end."""
        for (sheet, _, _), texts in self._new_items.items():
            self._workbook.append(self._tables[sheet], texts, self._numbers[sheet])
        self._new_items.clear()
        return self._workbook.data()

    def _ledger_table(self, ledger: Ledger) -> TableRange:
        """Return the table of a ledger; add the columns that a master of an earlier release lacks."""
        table = self._tables[ledger.sheet.name]
        if missing := [header for header in ledger.later if header not in table.columns]:
            table = self._tables[ledger.sheet.name] = self._workbook.widen(table, missing)
            if ledger.record is Receipt:
                self.update(*self._receipts)
        return table

    def _new_item(self, schema: TableSchema, measure_id: str, item: str) -> dict[str, str]:
        """Return the texts of a new row by header, to be appended by :meth:`data`."""
        labels = {c.header: text for c in schema.columns if (text := self._schemas.catalogue.defaults.get(c.field))}
        new = {ID: measure_id, schema.keys[1]: item} | labels
        return self._new_items.setdefault((schema.name, measure_id, item), new)


def save(
    workspace: Workspace,
    data: bytes,
    expected_sha256: str,
    now: datetime,
    *,
    before: Mapping[Path, Content] = NOTHING,
    after: Mapping[Path, Content] = NOTHING,
) -> None:
    """Replace the master by ``data`` and keep a backup of the old one.

    The files ``before`` (those the master will refer to) and ``after`` (those to hand out) are written with it. Raise
    LockedError if another process is writing or has the master open, MasterError if the file no longer has the hash
    ``expected_sha256`` or the new master cannot be read; then nothing has changed. Raise Unfinished if the master is in
    place but a file to hand out is not.
    """
    with locked(workspace.lock):
        put(workspace, data, expected_sha256, now, before=before, after=after)


def put(
    workspace: Workspace,
    data: bytes,
    expected_sha256: str,
    now: datetime,
    *,
    before: Mapping[Path, Content] = NOTHING,
    after: Mapping[Path, Content] = NOTHING,
) -> None:
    """Save as :func:`save` does, for a caller that holds the lock."""
    path = workspace.master
    refuse_rewritten(workspace, expected_sha256)
    if sha256(data).hexdigest() == expected_sha256:
        write_together(workspace, before=before, after=after)
        return
    old = path.read_bytes()
    _check(data, old, path.name)  # a master that could not be read again is never written
    recover(workspace)
    copy = backup_path(path, workspace.backup, now)
    kept = {**before, copy: old}
    write_together(workspace, before=kept, master=NewMaster(data, expected_sha256), after=after)
    prune_backups(path, workspace.backup, copy)


def _check(data: bytes, before: bytes, name: str) -> None:
    """Raise as :func:`read_master` does if ``data``, an edited master, cannot be read.

    If only ledgers differ from ``before``, which could be read, only they are read.
    """
    with suppress(PackageError):
        new, old = Package(data), Package(before)
        sheets = {folded(sheet): part for sheet, part in sheet_parts(new).items()}
        own = [part for ledger in LEDGERS if (part := sheets.get(folded(ledger.sheet.name)))]
        ledgers = {*own, *(table.part for part in own for table in tables(new, part))}
        others = [{n: p.member(n) for n in p.names if n not in ledgers} for p in (new, old)]
        if others[0] == others[1]:
            book = MasterWorkbook(new)
            for ledger in LEDGERS:
                read_ledger(book, ledger)
            if not book.faults:
                return
    master_from(data, name)

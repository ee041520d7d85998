"""Changes of a master, written into its package at once, and saved safely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from ..domain.errors import LockedError, MasterError
from ..domain.model import Activity, Ref
from ..ooxml.package import Package
from ..ooxml.table import TableRange, WorkbookEdit
from ..workspace.files import all_or_nothing, backup, locked, opened_elsewhere
from ..workspace.paths import Workspace
from .ledgers import LEDGER_OF
from .read import master_from
from .records import Conflict, Issue, Master, Receipt, Record
from .schema import ID, MEASURES, TableSchema, sheet_of

_NOTHING: Mapping[Path, bytes] = MappingProxyType({})


class MasterEdit:
    """Changes to a master as it was read. Nothing is written before :meth:`data` is asked for.

    Every method raises MasterError where the workbook leaves no room for the change.
    """

    def __init__(self, master: Master) -> None:
        self._master = master
        self._book = WorkbookEdit(Package(master.data))
        self._rows: dict[tuple[str, tuple[str, ...]], int] = {}
        self._new_items: dict[tuple[str, tuple[str, str]], dict[str, str]] = {}

    def set(self, measure_id: str, ref: Ref, text: str) -> None:
        """Put a text of a measure. A Ref of an item that does not exist yet makes the item, in a new row.

        Raises KeyError for a measure that the master does not hold, and for its ID, which is never changed.
        """
        sheet = sheet_of(ref, self._master.settings.plan_years)
        if ref.field == "id" or (measure_id,) not in self._area(MEASURES.name).rows:
            raise KeyError(f"{measure_id} {ref}")
        header = sheet.header_of(ref.field, ref.period)
        area = self._area(sheet.name)
        if sheet is MEASURES:
            self._book.set(area, area.rows[measure_id,], header, text)
        elif row := area.rows.get((measure_id, ref.item)):
            self._book.set(area, row, header, text)
        else:
            self._new_item(sheet, measure_id, ref.item)[header] = text

    def set_all(self, changes: Iterable[tuple[str, Ref, str]]) -> None:
        """Put several texts: measure ID, Ref, text."""
        for measure_id, ref, text in changes:
            self.set(measure_id, ref, text)

    def add(self, *records: Record) -> None:
        """Append records to their sheets, in this order."""
        for record in records:
            ledger = LEDGER_OF[type(record)]
            texts = ledger.texts(record)
            row = self._book.append(self._area(ledger.sheet.name), texts)
            self._rows[ledger.sheet.name, ledger.key(record)] = row

    def update(self, *records: Issue | Receipt | Conflict) -> None:
        """Write records over the rows of the same key: issues and conflicts by ID, receipts by ID, measure and issue.

        Raises KeyError for one that has no row.
        """
        for record in records:
            ledger = LEDGER_OF[type(record)]
            area, key = self._area(ledger.sheet.name), ledger.key(record)
            row = self._rows.get((ledger.sheet.name, key)) or area.rows[key]
            for header, text in ledger.texts(record).items():
                self._book.set(area, row, header, text)

    def data(self) -> bytes:
        """The workbook with all changes; call it once, at the end."""
        for (name, _), texts in self._new_items.items():
            self._book.append(self._area(name), texts)
        self._new_items.clear()
        return self._book.data()

    def _area(self, name: str) -> TableRange:
        return self._master.tables[name]

    def _new_item(self, sheet: TableSchema, measure_id: str, item: str) -> dict[str, str]:
        texts = self._new_items.setdefault((sheet.name, (measure_id, item)), {})
        if not texts:
            texts |= {ID: measure_id, sheet.keys[1]: item}
            if sheet.columns[3:4] and sheet.columns[3].field == "activity.plan_label":
                texts[sheet.columns[3].header] = Activity(item).plan_label
        return texts


def save(
    workspace: Workspace,
    data: bytes,
    expected_sha256: str,
    now: datetime,
    *,
    before: Mapping[Path, bytes] = _NOTHING,
    after: Mapping[Path, bytes] = _NOTHING,
) -> None:
    """Put a changed master in the place of the one that was read, keeping a backup of that.

    The files of ``before`` (what the master will name) and ``after`` (what is handed out) are written
    with it, or nothing is. Raises LockedError while someone else writes or has it open, and MasterError when the file is no
    longer the one whose sha256 is ``expected_sha256``, or when the changed one could not be read again;
    nothing is changed then.
    """
    path = workspace.master
    with locked(workspace.lock):
        if who := opened_elsewhere(path):
            raise LockedError(
                f"{path.name} が {who} で開かれています。", "保存して閉じてから、もう一度実行してください。"
            )
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != expected_sha256:
            raise MasterError(
                f"{path.name} が、読み込んだあとに書き換えられました。何も変更していません。",
                "もう一度実行してください。",
            )
        master_from(data, path.name)  # what cannot be read again is never written
        with all_or_nothing() as write:
            for item in before.items():
                write(*item)
            if sha256(data).hexdigest() != expected_sha256:
                backup(path, workspace.backup, now, write)
                write(path, data)
            for item in after.items():
                write(*item)

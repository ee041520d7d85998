"""Read a master workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..domain.errors import MasterError, PackageError, reason_of
from ..domain.fields import Catalogue
from ..domain.spelling import by_number
from ..ooxml.package import Package
from ..ooxml.properties import read_property
from ..ooxml.table import TableRange
from .faults import DamagedMaster
from .ledgers import LEDGERS, read_ledger
from .measures import read_measures
from .records import Change, Conflict, Master
from .schema import COMMIT
from .settings import read_departments, read_settings
from .workbook import MasterWorkbook


def read_master(path: Path) -> Master:
    """Read the master stored at ``path``.

    Raise MasterError if there is none or it is not a workbook, and DamagedMaster, which lists every fault with its
    place, if its contents are faulty.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MasterError(
            f"{path} がありません。", "場所を -C で指定するか、dxreport init で作業フォルダーを作ってください。"
        ) from None
    except OSError as error:
        raise MasterError(
            f"{path} を読めません（{reason_of(error)}）。", "Excel で保存中でないか、権限があるかを確かめてください。"
        ) from None
    return master_from(data, path.name)


def master_from(data: bytes, name: str = "master.xlsx") -> Master:
    """Read the master in these bytes. Raise as :func:`read_master` does."""
    try:
        book = MasterWorkbook(Package(data))
        master = _read(book, data)
    except PackageError as error:
        raise MasterError(
            f"{name} を Excel ブックとして読めません（{error.message}）。",
            "Excel で開けるか確かめ、開けなければ master/backup の控えに戻してください。",
        ) from None
    if book.faults or master is None:
        raise DamagedMaster(name, tuple(book.faults))
    return master


def _today(record: Change | Conflict, catalogue: Catalogue) -> Change | Conflict:
    """Return a record under the current key of its field, which may have been renamed since."""
    ref = catalogue.ref(str(record.ref)) if record.ref.field in catalogue.renamed else record.ref
    return record if ref == record.ref else replace(record, ref=ref)


def _read(book: MasterWorkbook, data: bytes) -> Master | None:
    settings = read_settings(book)
    departments = read_departments(book)
    records: dict[str, Any] = {}
    tables: dict[str, TableRange] = {}
    for ledger in LEDGERS:
        table, records[ledger.attribute] = read_ledger(book, ledger)
        if table is not None:
            tables[ledger.sheet.name] = table
    if settings is None:
        return None
    found = read_measures(book, settings, departments)
    for name in ("changes", "conflicts"):
        records[name] = tuple(_today(record, settings.catalogue) for record in records[name])
    return Master(
        settings,
        departments,
        found.measures(),
        {id_: found.standings[id_] for id_ in sorted(found.standings, key=by_number)},
        directions=found.directions(),
        forms=found.forms,
        tables=found.tables | tables,
        commit=read_property(book.package, COMMIT),
        data=data,
        **records,
    )

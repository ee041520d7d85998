"""Reading a master workbook."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ..domain.errors import MasterError, PackageError
from ..ooxml.package import Package
from ..ooxml.table import Area
from .faults import DamagedMaster
from .ledgers import LEDGERS, read_ledger
from .measures import read_measures
from .records import Master
from .settings import read_departments, read_settings
from .workbook import Book


def read_master(path: Path) -> Master:
    """The master stored at ``path``.

    Raises MasterError where there is none or it is no workbook, and DamagedMaster, with every fault
    named by sheet and cell, where it contradicts itself.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MasterError(
            f"{path} がありません。", "場所を -C で指定するか、dxreport init で作業フォルダーを作ってください。"
        ) from None
    except OSError as error:
        raise MasterError(
            f"{path} を読めません（{error.strerror}）。", "Excel で保存中でないか、権限があるかを確かめてください。"
        ) from None
    return master_from(data, path.name)


def master_from(data: bytes, name: str = "master.xlsx") -> Master:
    """The master in these bytes; raises as :func:`read_master`."""
    try:
        book = Book(Package(data))
        master = _read(book, data)
    except PackageError as error:
        raise MasterError(
            f"{name} を Excel ブックとして読めません（{error.message}）。",
            "Excel で開けるか確かめ、開けなければ master/backup の控えに戻してください。",
        ) from None
    if book.faults or master is None:
        raise DamagedMaster(name, tuple(book.faults))
    return master


def _read(book: Book, data: bytes) -> Master | None:
    settings = read_settings(book)
    departments = read_departments(book)
    ledgers = [read_ledger(book, ledger) for ledger in LEDGERS]
    if settings is None:
        return None
    found = read_measures(book, settings, departments)
    areas: dict[str, Area] = dict(found.areas)
    areas |= {ledger.sheet.name: area for ledger, (area, _) in zip(LEDGERS, ledgers, strict=True) if area}
    return Master(
        settings,
        departments,
        found.measures(),
        {id_: found.standings[id_] for id_ in sorted(found.standings)},
        *(records for _, records in ledgers),
        directions=found.directions(),
        areas=areas,
        data=data,
        sha256=sha256(data).hexdigest(),
    )

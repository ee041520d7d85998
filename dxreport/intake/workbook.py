"""Open a returned workbook and read it once, whatever its spreadsheet format."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..domain.errors import PackageError
from ..ooxml import bounds
from ..ooxml.bounds import Bounds
from ..ooxml.cells import Grid
from ..ooxml.correction import LIST_SHEET, return_id_in
from ..ooxml.package import Package
from ..ooxml.table import workbook_part
from ..ooxml.worksheets import Worksheets
from .file_type import Format, recognise
from .limits import DAMAGED, MAX_COLUMNS, MAX_ROWS, Unreadable, too_far, unexpected, unreadable
from .readers.ods import read_ods
from .readers.xls import read_xls
from .readers.xlsb import read_xlsb

# Excel's own password when only the structure is protected; it opens such files unasked ([MS-OFFCRYPTO] 2.4.2.3).
_DEFAULT_PASSWORD = "VelvetSweatshop"
_UNZIPPED = {Format.XLS: read_xls}  # the readers of formats that are no zip
_MAX_SPINS = 500_000  # rounds of key stretching: Excel uses 100,000; a million take a second
_MAX_INFO = 65_536  # bytes of EncryptionInfo
_CONTROLS = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, eq=False, slots=True)
class Workbook:
    """A workbook in memory: its worksheets and its bytes.

    If ``decrypted``, ``data`` are the bytes without the password. ``package`` is None for .xls.
    """

    format: Format
    sheets: tuple[Grid, ...]
    data: bytes = field(repr=False)
    package: Package | None = field(repr=False)
    decrypted: bool = False

    def sheet(self, name: str) -> Grid:
        """Return the sheet with this name. Raise KeyError if there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)

    @property
    def corrected_return(self) -> str:
        """The number of the return that this is a corrected copy of, ``""`` if it is not one or does not say."""
        lists = (sheet for sheet in self.sheets if sheet.name.startswith(LIST_SHEET))
        return return_id_in(cell.text for sheet in lists for cell in sheet.cells.values())


def open_workbook(data: bytes, name: str = "", password: str | None = None) -> Workbook:
    """Read the workbook in ``data``; ``name`` only helps to describe a file that is refused.

    Raise Unreadable: E401 no workbook, E402 needs a (different) password, E403 damaged, E404 unsupported format,
    E405 too large, E407 empty, E430 unexpected exception, E431 password too slow to try.
    """
    try:
        book = _opened(data, name)
        if book is None:  # encrypted
            book = _opened(_decrypted(data, password), name)
            if book is None:
                raise Unreadable("E402", "パスワードが二重にかかっています")
            return replace(book, decrypted=True)
        return book
    except Unreadable:
        raise
    except Exception as error:
        raise unexpected(error) from None


def _opened(data: bytes, name: str) -> Workbook | None:
    """Return the workbook in ``data``, None if it is encrypted. Raise Unreadable if it cannot be read."""
    kind, package = recognise(data, name)
    limits = Bounds()
    try:
        if package:
            sheets: Iterable[Grid] | None = _read(kind, package, limits)
        else:
            read = _UNZIPPED.get(kind)
            sheets = read(data, limits) if read else None
        return None if sheets is None else Workbook(kind, tuple(_within_limits(sheets, limits)), data, package)
    except (PackageError, ValueError) as error:
        raise unreadable(error) from None


def _read(kind: Format, package: Package, limits: Bounds) -> Iterable[Grid]:
    if kind is Format.ODS:
        return read_ods(package, limits)
    if kind is Format.XLSB:
        return read_xlsb(package, workbook_part(package), limits)
    worksheets = Worksheets(package, limits)
    return map(worksheets.grid, worksheets.names)


def _within_limits(sheets: Iterable[Grid], limits: Bounds) -> Iterator[Grid]:
    for sheet in sheets:
        if not sheet.name.isprintable() and _CONTROLS.search(sheet.name):
            raise Unreadable("E403", DAMAGED)
        rows, columns = sheet.size
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise too_far(sheet.name, *next(at for at in sheet.cells if at[0] > MAX_ROWS or at[1] > MAX_COLUMNS))
        limits.take(bounds.AREA, rows * columns)
        limits.take(bounds.CHARACTERS, sum([len(cell.text) for cell in sheet.cells.values()]))
        yield sheet


def _decrypted(data: bytes, password: str | None) -> bytes:
    """Return the decrypted file. Raise Unreadable: E402 wrong password, E431 too slow to try, E403 damaged."""
    import msoffcrypto

    _check_spins(data)
    key, out = password or _DEFAULT_PASSWORD, io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=key, **({"verify_password": True} if file.format == "ooxml" else {}))
        file.decrypt(out)
    except Exception:  # a wrong password raises various exceptions
        raise Unreadable("E402", "パスワードが違います" if password else "パスワードがかかっています") from None
    return out.getvalue()


def _check_spins(data: bytes) -> None:
    """Raise Unreadable (E431) if deriving the key takes more rounds than any program uses ([MS-OFFCRYPTO] 2.3.4.10).

    Raise E403 if the description is too long or uses entities, which could hide or multiply the rounds.
    """
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            info = ole.openstream("EncryptionInfo").read() if ole.exists("EncryptionInfo") else b""
    except Exception:  # msoffcrypto will fail too
        return
    rounds = [int(spins[:9]) for spins in re.findall(rb"""spinCount\s*=\s*["'][\s+]*([0-9]+)""", info)]
    if rounds and max(rounds) > _MAX_SPINS:
        raise Unreadable("E431", f"鍵の計算 {max(rounds):,} 回、上限 {_MAX_SPINS:,} 回")
    if len(info) > _MAX_INFO or b"<!" in info or (b"&" in info and b"<" in info):
        raise Unreadable("E403", DAMAGED)

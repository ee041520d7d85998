"""A returned workbook, opened and read once, whatever spreadsheet format it is in."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..domain.errors import PackageError
from ..ooxml.cells import Grid
from ..ooxml.correction import LIST_SHEET, is_added_sheet, return_id_in
from ..ooxml.package import Package
from ..ooxml.table import workbook_part
from ..ooxml.worksheets import Worksheets
from .file_type import Format, recognise
from .limits import MAX_COLUMNS, MAX_ROWS, MAX_XML, Unreadable, too_far, unreadable
from .readers.ods import read_ods
from .readers.xls import read_xls
from .readers.xlsb import read_xlsb

# Excel encrypts with this, and opens without asking, when only the structure is protected ([MS-OFFCRYPTO] 2.4.2.3).
_DEFAULT_PASSWORD = "VelvetSweatshop"


@dataclass(frozen=True, eq=False, slots=True)
class Workbook:
    """A workbook in memory: its worksheets, and its bytes, without their password if ``decrypted``.

    ``package`` holds the parts of all formats but .xls.
    """

    format: Format
    sheets: tuple[Grid, ...]
    data: bytes = field(repr=False)
    package: Package | None = field(repr=False)
    decrypted: bool = False

    def sheet(self, name: str) -> Grid:
        """The sheet of this name; raises KeyError."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)

    @property
    def is_corrected_copy(self) -> bool:
        """Whether it has a sheet that corrected copies have besides the department's own."""
        return any(is_added_sheet(sheet.name) for sheet in self.sheets)

    @property
    def corrected_return(self) -> str:
        """The number of the return that this is a corrected copy of; ``""`` where it is none, or does not say."""
        lists = (sheet for sheet in self.sheets if sheet.name.startswith(LIST_SHEET))
        return return_id_in(cell.text for sheet in lists for cell in sheet.cells.values())


def open_workbook(data: bytes, name: str = "", password: str | None = None) -> Workbook:
    """Read the workbook in ``data``; ``name`` only helps to find words for a refusal.

    Raises Unreadable: E401 no workbook, E402 needs a (or another) password, E403 damaged,
    E404 unsupported format, E405 too large, E407 empty.
    """
    kind, package = recognise(data, name)
    sheets = read_xls(data) if kind is Format.XLS else None
    if sheets is not None:
        return Workbook(kind, tuple(sheets), data, None)
    if package is None:  # encrypted
        return replace(open_workbook(_decrypted(data, password), name), decrypted=True)
    try:
        return Workbook(kind, tuple(map(_within_limits, _read(kind, package))), data, package)
    except (PackageError, ValueError) as error:
        raise unreadable(error) from None


def is_corrected_copy(data: bytes) -> bool:
    """Whether the file is a corrected copy; False where it cannot be read without a password."""
    try:
        return open_workbook(data).is_corrected_copy
    except Unreadable:
        return False


def _read(kind: Format, package: Package) -> Iterable[Grid]:
    if kind is Format.ODS:
        return read_ods(package)
    if kind is Format.XLSB:
        return read_xlsb(package, workbook_part(package))
    worksheets = Worksheets(package, MAX_XML)
    return map(worksheets.grid, worksheets.names)


def _within_limits(sheet: Grid) -> Grid:
    for row, column in sheet.cells:
        if row > MAX_ROWS or column > MAX_COLUMNS:
            raise too_far(sheet.name, row, column)
    return sheet


def _decrypted(data: bytes, password: str | None) -> bytes:
    """The file without its password; raises Unreadable (E402)."""
    import msoffcrypto

    key, out = password or _DEFAULT_PASSWORD, io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=key, **({"verify_password": True} if file.format == "ooxml" else {}))
        file.decrypt(out)
    except Exception:  # a wrong password shows itself in many ways
        raise Unreadable("E402", "パスワードが違います" if password else "パスワードがかかっています") from None
    return out.getvalue()

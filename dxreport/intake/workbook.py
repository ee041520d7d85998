"""One returned file, opened: its sheets as rows of values, whatever spreadsheet format it is in."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..domain.errors import PackageError
from ..ooxml.package import Package
from . import bounds
from .file_type import Format, sniff
from .limits import CHILD_MEMORY, CHILD_SECONDS, DAMAGED, MAX_COLUMNS, MAX_ROWS, Unreadable, unreadable
from .readers import biff, fast

# Excel encrypts with this, and opens without asking, when only the structure is protected ([MS-OFFCRYPTO] 2.4.2.3).
_DEFAULT_PASSWORD = "VelvetSweatshop"
_OUT_OF_MEMORY = "読み取りに必要なメモリが上限を超えます"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: ``rows[i][j]`` is the value of cell (i+1, j+1), ``""`` where it is blank.

    Values are str, int, float, bool, date, datetime, time or timedelta, as python-calamine gives
    them: errors, formulas never calculated and blank cells look alike (see ``exact``).
    """

    name: str
    hidden: bool
    rows: list[list] = field(repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Book:
    """A workbook in memory; ``data`` are its bytes, decrypted if ``decrypted``."""

    format: Format
    sheets: tuple[Sheet, ...]
    data: bytes = field(repr=False)
    decrypted: bool = False

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name; raises KeyError."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)


def open_book(data: bytes, name: str = "", password: str | None = None) -> Book:
    """The workbook in ``data``; ``name`` only helps to find words for a refusal.

    Raises Unreadable: E401 no workbook, E402 needs a (or another) password, E403 damaged,
    E404 unsupported format, E405 too large, E407 empty.
    """
    kind = sniff(data, name)
    if kind is Format.ENCRYPTED:
        return replace(open_book(_decrypt(data, password), name), decrypted=True)
    try:
        if kind is Format.XLS:
            return _open_xls(data, password)
        if kind is Format.ODS:
            package = Package(data)
            _refuse_encrypted_ods(package)
            bounds.check_ods(package)
        elif kind is not Format.XLSB:
            package = Package(data)
            main = next(r.target for r in package.relationships() if r.kind == "officeDocument")
            bounds.check_ooxml(package, main)
            return _book(kind, data, _read_here(data))
    except PackageError as error:
        raise unreadable(error) from None
    return _book(kind, data, _read_in_child(kind, data))


def _book(kind: Format, data: bytes, sheets: list[fast.RawSheet]) -> Book:
    return Book(kind, tuple(Sheet(*sheet) for sheet in sheets), data)


def _open_xls(data: bytes, password: str | None) -> Book:
    scan = biff.scan(data)
    if scan.encrypted:
        return replace(_open_xls(_decrypt(data, password), None), decrypted=True)
    for sheet in scan.sheets:
        if sheet.far:
            raise bounds.too_far(sheet.name, *sheet.far)
    return _book(Format.XLS, data, _read_in_child(Format.XLS, data))


def _refuse_encrypted_ods(package: Package) -> None:
    name = "META-INF/manifest.xml"
    if name in package and b"encryption-data" in package.read(name):
        raise Unreadable("E402", "LibreOffice のパスワード付きファイルは、パスワードがあっても開けません")


def _decrypt(data: bytes, password: str | None) -> bytes:
    """The file without its password; raises Unreadable (E402)."""
    import msoffcrypto

    key, out = password or _DEFAULT_PASSWORD, io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        if file.format == "ooxml":
            file.load_key(password=key, verify_password=True)
        else:
            file.load_key(password=key)
        file.decrypt(out)
    except Exception:  # a wrong password shows itself in many ways
        raise Unreadable("E402", "パスワードが違います" if password else "パスワードがかかっています") from None
    return out.getvalue()


def _read_here(data: bytes) -> list[fast.RawSheet]:
    try:
        return fast.read_cells(data, MAX_ROWS, MAX_COLUMNS)
    except fast.CannotRead as error:
        raise _refusal(error.reason, error.detail) from None


def _read_in_child(kind: Format, data: bytes) -> list[fast.RawSheet]:
    """Reads in a process of its own, with limits of memory (not on Windows) and of time."""
    command = [sys.executable, "-P", fast.__file__, *map(str, (CHILD_MEMORY, MAX_ROWS, MAX_COLUMNS))]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
            cwd=Path(fast.__file__).parent,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("E405", f"{CHILD_SECONDS} 秒たっても読み終わりません") from None
    if done.returncode or not done.stdout:  # the reader asked for too much memory and was ended
        bounded = kind is not Format.XLSB  # of the others the bounds are known: a damaged length asked
        raise Unreadable("E403", DAMAGED) if bounded else Unreadable("E405", _OUT_OF_MEMORY)
    good, answer = pickle.loads(done.stdout)
    if not good:
        raise _refusal(*answer)
    return answer


def _refusal(reason: str, detail: str) -> Unreadable:
    if reason == "password":
        return Unreadable("E402", "パスワードがかかっています")
    if reason == "damaged":
        return Unreadable("E403", DAMAGED)
    if not detail:
        return Unreadable("E405", _OUT_OF_MEMORY)
    sheet, row, column = detail.split("\n")
    return bounds.too_far(sheet, int(row), int(column))

"""How large a return may be, and the exception for one that cannot be read.

A form has some 200 rows and 60 columns in 30 kB of XML a sheet; the limits leave ample room.
"""

from __future__ import annotations

import traceback

from ..domain.errors import PackageTooLarge
from ..ooxml.refs import address

MAX_ROWS, MAX_COLUMNS = 10_000, 256
MAX_FILE = 100 * 1024 * 1024  # bytes of one workbook or mail as sent
MAX_ARCHIVE = 500 * 1024 * 1024  # bytes of an archive, and of all that is unpacked from it
MAX_MEMBERS = 2_000  # files in one archive or mail
MAX_FILES = 10_000  # files in an archive or mail and in those within it
MAX_RUN, MAX_RUN_FILES = 1024 * 1024 * 1024, 50_000  # bytes and files of one run
MAX_DEPTH = 3  # archives and mails inside one another
DAMAGED = "ファイルの一部が欠けているか、書き換えられています"


class Unreadable(Exception):
    """A file cannot be read as a workbook.

    ``code`` is a code of the catalogue (E401 no workbook, E402 password, E403 damaged,
    E404 unsupported format, E405 too large, E407 empty, E430 our own fault, E431 password too slow);
    ``detail`` says in Japanese what the file is, or what the fault is. ``trace`` is for the maintainers.
    """

    def __init__(self, code: str, detail: str = "", trace: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code
        self.detail = detail
        self.trace = trace


class Room:
    """How much may still be unpacked: bytes and files of an archive, within those of the ``run``."""

    def __init__(self, run: Room | None = None, size: int = MAX_ARCHIVE, files: int = MAX_FILES) -> None:
        self._run, self._bytes, self._files = run, size, files

    @property
    def bytes(self) -> int:
        """The bytes left."""
        return self._bytes if self._run is None else min(self._bytes, self._run.bytes)

    @property
    def files(self) -> int:
        """The files left."""
        return self._files if self._run is None else min(self._files, self._run.files)

    def take(self, size: int) -> None:
        """Use up the bytes of one more file."""
        self._bytes, self._files = self._bytes - size, self._files - 1
        if self._run:
            self._run.take(size)


def unreadable(error: Exception) -> Unreadable:
    """The refusal of a file in which a reader met this error: too large (E405), or else damaged (E403)."""
    if isinstance(error, PackageTooLarge):
        return Unreadable("E405", error.message)
    return Unreadable("E403", DAMAGED)


def unexpected(error: Exception) -> Unreadable:
    """The refusal of a file on an unexpected exception."""
    if isinstance(error, RecursionError):
        return Unreadable("E405", "入れ子が深すぎます")
    if isinstance(error, MemoryError):
        return Unreadable("E405", "メモリーに入りきりません")
    return Unreadable("E430", type(error).__name__, "".join(traceback.format_exception(error)))


def too_far(sheet: str, row: int, column: int) -> Unreadable:
    """The refusal of a sheet with content in this cell, beyond the limits."""
    limit = f"上限は {MAX_ROWS:,} 行・{address(1, MAX_COLUMNS)[:-1]} 列まで"
    return Unreadable("E405", f"シート「{sheet}」のセル {address(row, column)} に値があります（{limit}）")

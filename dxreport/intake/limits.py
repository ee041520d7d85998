"""Limits on the size of a return, and the exception for a file that cannot be read.

A form has some 200 rows and 60 columns, in 30 kB of XML per sheet; the limits leave ample room.
"""

from __future__ import annotations

import traceback

from ..domain.errors import PackageTooLarge
from ..ooxml.refs import address

MAX_ROWS, MAX_COLUMNS = 10_000, 256
MAX_FILE = 100 * 1024 * 1024  # bytes of one workbook or mail as sent
MAX_ARCHIVE = 500 * 1024 * 1024  # bytes of an archive, and of all that is unpacked from it
MAX_MEMBERS = 2_000  # files in one archive or mail
MAX_FILES = 10_000  # files in an archive or mail, including those nested in it
MAX_RUN, MAX_RUN_FILES = 1024 * 1024 * 1024, 50_000  # bytes and files of one run
MAX_DEPTH = 3  # levels of archives and mails inside one another
DAMAGED = "ファイルの一部が欠けているか、書き換えられています"


class Unreadable(Exception):
    """A file cannot be read as a workbook.

    ``code`` is a problem code: E401 no workbook, E402 password, E403 damaged, E404 unsupported format, E405 too large,
    E407 empty, E430 our own fault, E431 password too slow to try. ``detail`` says in Japanese what the file is or what
    is wrong; ``trace`` is a traceback for the maintainers.
    """

    def __init__(self, code: str, detail: str = "", trace: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code
        self.detail = detail
        self.trace = trace


class Room:
    """What may still be unpacked: the bytes and files left for an archive, limited by those left for the ``run``."""

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
        """Use up one file and its bytes."""
        self._bytes, self._files = self._bytes - size, self._files - 1
        if self._run:
            self._run.take(size)


def unreadable(error: Exception) -> Unreadable:
    """Return the refusal of a file for a reader's error: E405 if a limit was exceeded, else E403 (damaged)."""
    if isinstance(error, PackageTooLarge):
        return Unreadable("E405", error.message)
    return Unreadable("E403", DAMAGED)


def unexpected(error: Exception) -> Unreadable:
    """Return the refusal of a file for an unexpected exception: E405 if it is too deep or fills memory, else E430."""
    if isinstance(error, RecursionError):
        return Unreadable("E405", "入れ子が深すぎます")
    if isinstance(error, MemoryError):
        return Unreadable("E405", "メモリーに入りきりません")
    return Unreadable("E430", type(error).__name__, "".join(traceback.format_exception(error)))


def too_far(sheet: str, row: int, column: int) -> Unreadable:
    """Return the refusal (E405) of a sheet with content in a cell beyond the limits."""
    limit = f"上限は {MAX_ROWS:,} 行・{address(1, MAX_COLUMNS)[:-1]} 列まで"
    return Unreadable("E405", f"シート「{sheet}」のセル {address(row, column)} に値があります（{limit}）")

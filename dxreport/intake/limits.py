"""How large a return may be, and the exception for one that cannot be read.

A form has some 200 rows and 60 columns in 30 kB of XML a sheet; the limits leave ample room.
"""

from __future__ import annotations

from ..domain.errors import PackageTooLarge
from ..ooxml.refs import address

MAX_ROWS, MAX_COLUMNS = 10_000, 256
MAX_XML = 64 * 1024 * 1024  # bytes of one sheet unzipped
MAX_FILE = 100 * 1024 * 1024  # bytes of one workbook as sent
MAX_ARCHIVE = 500 * 1024 * 1024  # bytes of an archive or mail, and of all that is unpacked from it
MAX_MEMBERS = 2_000  # files in one archive
MAX_DEPTH = 3  # archives and mails inside one another
DAMAGED = "ファイルの一部が欠けているか、書き換えられています"


class Unreadable(Exception):
    """A file cannot be read as a workbook.

    ``code`` is a code of the catalogue (E401 no workbook, E402 password, E403 damaged,
    E404 unsupported format, E405 too large, E407 empty); ``detail`` says in Japanese what the
    file is, or what the fault is.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code
        self.detail = detail


def unreadable(error: Exception) -> Unreadable:
    """The refusal of a file in which a reader met this error: too large (E405), or else damaged (E403)."""
    if isinstance(error, PackageTooLarge):
        return Unreadable("E405", error.message)
    return Unreadable("E403", DAMAGED)


def too_far(sheet: str, row: int, column: int) -> Unreadable:
    """The refusal of a sheet with content in this cell, beyond the limits."""
    limit = f"上限は {MAX_ROWS:,} 行・{address(1, MAX_COLUMNS)[:-1]} 列まで"
    return Unreadable("E405", f"シート「{sheet}」のセル {address(row, column)} に値があります（{limit}）")

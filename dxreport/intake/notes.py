"""The notes (comments on cells) that a department wrote into a sheet.

Those that a corrected copy put there are taken off; the caller says which stood in the sheet as issued.
"""

from __future__ import annotations

from collections.abc import Collection

from ..domain.errors import PackageError
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..sendback.notes import without_marks
from .file_type import Format
from .limits import Unreadable
from .readers.exact import exact
from .workbook import Book

_TYPES = b"omments+xml"  # of classic comments and of threaded ones, in [Content_Types].xml


def remarks(book: Book, sheet: str) -> dict[str, str]:
    """Every note of a sheet by its cell, in reading order, without the marks of a corrected copy.

    A part that cannot be read is no reason to refuse the answers: it has no notes then.
    """
    try:
        if not _may_have_notes(book):
            return {}
        found = exact(book, sheet).notes()
    except (Unreadable, PackageError):
        return {}
    texts = {address(*at): without_marks(text).strip() for at, text in sorted(found.items())}
    return {cell: text for cell, text in texts.items() if text}


def own(notes: dict[str, str], issued: Collection[str]) -> dict[str, str]:
    """Those of the notes whose text was not in the sheet as issued; rows may have moved, so cells tell nothing."""
    known = {_plain(text) for text in issued}
    return {cell: text for cell, text in notes.items() if _plain(text) not in known}


def _may_have_notes(book: Book) -> bool:
    """Cheaply, since nearly all returns have none; formats without parts are always asked."""
    if book.format not in (Format.XLSX, Format.XLSM):
        return True
    return _TYPES in Package(book.data).read("[Content_Types].xml")


def _plain(text: str) -> str:
    return "".join(text.split())

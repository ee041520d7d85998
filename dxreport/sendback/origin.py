"""Whether a returned file is a corrected copy, and of which return.

The first is looked at before files are read, since it decides their order.
"""

from __future__ import annotations

import re

from ..domain.errors import PackageError
from ..intake.file_type import Format, sniff
from ..intake.limits import Unreadable
from ..intake.readers import biff
from ..intake.workbook import Book
from ..ooxml.package import Package
from .corrected_copy import OUR_SHEETS
from .list_sheet import SHEET

_RETURN = re.compile(r"受付番号 (U\d{4,})")
_ODS_NAME = re.compile(rb'<table:table [^>]*?table:name="([^"]*)"')


def is_corrected_copy(data: bytes) -> bool:
    """Whether one of the workbook's sheets is of those that a corrected copy has beside the department's own.

    False for what cannot be told: encrypted, damaged and unknown files.
    """
    try:
        return any(name.startswith(OUR_SHEETS) for name in _sheet_names(data))
    except (Unreadable, PackageError):
        return False


def return_line(return_id: str) -> str:
    """How a corrected copy says which return it is made of: for people, and for :func:`corrected_return`."""
    return f"受付番号 {return_id}"


def corrected_return(book: Book) -> str:
    """The number of the return that a workbook is a corrected copy of; "" where it is none, or does not say."""
    texts = (str(value) for s in book.sheets if s.name.startswith(SHEET) for row in s.rows for value in row if value)
    return next((found[1] for text in texts if (found := _RETURN.search(text))), "")


def _sheet_names(data: bytes) -> list[str]:
    kind = sniff(data)
    if kind is Format.XLS:
        return [sheet.name for sheet in biff.scan(data).sheets]
    if kind is Format.ODS:
        return [name.decode("utf-8", "replace") for name in _ODS_NAME.findall(Package(data).read("content.xml"))]
    if kind not in (Format.XLSX, Format.XLSM):
        return []
    package = Package(data)
    main = next((r.target for r in package.relationships() if r.kind == "officeDocument"), "")
    return [sheet.get("name", "") for sheet in package.xml(main).iter("{*}sheet")]

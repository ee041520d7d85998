"""Whether a returned file is a corrected copy: looked at before files are read, since it decides their order."""

from __future__ import annotations

import re

from ..errors import PackageError
from ..ooxml.package import Package
from . import biff
from .kinds import Format, sniff
from .limits import Unreadable
from .mark import OUR_SHEETS

_ODS_NAME = re.compile(rb'<table:table [^>]*?table:name="([^"]*)"')


def is_corrected_copy(data: bytes) -> bool:
    """Whether one of the workbook's sheets is of those that a corrected copy has beside the department's own.

    False for what cannot be told: encrypted, damaged and unknown files.
    """
    try:
        return any(name.startswith(OUR_SHEETS) for name in _sheet_names(data))
    except (Unreadable, PackageError):
        return False


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

"""Read files with readers that share nothing with ours: openpyxl, xlrd, calamine, the standard library, olefile."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import olefile
import openpyxl
import python_calamine
import xlrd
from openpyxl.utils.datetime import to_excel

from dxreport.ooxml.cells import Cell, Grid

Values = Mapping[tuple[int, int], Any]
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def by_openpyxl(data: bytes) -> dict[str, Values]:
    """Return the values of an .xlsx, formulas as their last results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    out = {}
    for sheet in book.worksheets:
        cells = (cell for row in list(sheet._cells.values()) for cell in [row])
        out[sheet.title] = {(c.row, c.column): c.value for c in cells if c.value is not None}
    return out


def by_xlrd(data: bytes) -> dict[str, Values]:
    """Return the values of an .xls, without errors."""
    book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), ragged_rows=True)
    out: dict[str, Values] = {}
    for sheet in book.sheets():
        cells = {(r + 1, c + 1): sheet.cell(r, c) for r in range(sheet.nrows) for c in range(sheet.row_len(r))}
        out[sheet.name] = {
            at: bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value
            for at, cell in cells.items()
            if cell.ctype not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR)
        }
    return out


def by_calamine(data: bytes) -> dict[str, Values]:
    """Return the values of a workbook in any format; calamine returns errors as blanks.

    Raise ValueError where calamine panics, which is no Exception.
    """
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {name: _values(book.get_sheet_by_name(name)) for name in book.sheet_names}
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise ValueError(str(error)) from None
        raise


def _values(sheet: python_calamine.CalamineSheet) -> Values:
    top, left = sheet.start or (0, 0)
    rows = sheet.to_python(skip_empty_area=True)
    return {(top + r + 1, left + c + 1): v for r, row in enumerate(rows) for c, v in enumerate(row) if v != ""}


def differences(grids: tuple[Grid, ...], found: Mapping[str, Values]) -> Iterator[str]:
    """Yield the places where another reader shows something else and ours does not ask the department."""
    ours = {" ".join(grid.name.split()): grid for grid in grids}
    found = {" ".join(name.split()): values for name, values in found.items()}
    yield from (f"sheet {name!r} only there" for name in found.keys() - ours.keys() if found[name])
    for name, grid in ours.items():
        if name not in found:
            if grid.cells and name:  # calamine skips a table without a name
                yield f"sheet {name!r} only here"
            continue
        theirs = found[name]
        for at in grid.cells.keys() | theirs.keys():
            cell = grid.cell(*at)
            if not _same(cell, theirs.get(at)):
                yield f"{name!r} {at}: {tuple(cell)!r:.90} there {theirs.get(at)!r:.60}"


def _same(cell: Cell, value: Any) -> bool:
    if cell.kind in ("error", "unclear") or cell.formula or not cell.certain:
        return True  # the department is asked
    if isinstance(value, bool):
        return cell.kind == "boolean" and cell.text == str(value).upper()
    if cell.kind in ("number", "date"):
        return _number(cell, value)
    if isinstance(value, int | float | date | time | timedelta):
        return False
    return _plain(cell.text) == _plain(value or "")


def _number(cell: Cell, value: Any) -> bool:
    if re.match("P|[0-9]{4,}-", cell.raw):  # .ods
        if isinstance(value, timedelta | time | str):
            return True
        return isinstance(value, date) and cell.raw.startswith(value.isoformat()[:10])
    if isinstance(value, datetime | date | time | timedelta):
        try:
            value = to_excel(value)
        except ValueError:
            return True
    return isinstance(value, int | float) and abs(float(cell.raw) - float(value)) <= 1e-5 * max(1.0, abs(float(value)))


def _plain(text: str) -> str:
    """Return a text without what readers treat differently: white space, escapes, control characters."""
    text = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), _ESCAPED.sub(lambda m: chr(int(m[1], 16)), str(text)))
    return re.sub("[\\s\\x00-\\x1f\\ud800-\\udfff\\ufffd\\ufeff]+", "", text)


def attachments_of_mail(data: bytes) -> set[str]:
    """Return the digests of the attachments of a mail, including those of forwarded mails."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    out = set()
    for part in message.walk():
        if part.get_filename() and not part.is_multipart():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload and not payload.startswith(b"From:"):  # a mail is opened
                out.add(hashlib.sha256(payload).hexdigest())
    return out


def attachments_of_msg(data: bytes) -> set[str]:
    """Return the digests of the attachments of a saved Outlook mail."""
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as ole:
        paths = [p for p in ole.listdir() if len(p) == 2 and p[1].lower() == "__substg1.0_37010102"]
        return {hashlib.sha256(content).hexdigest() for p in paths if (content := ole.openstream(p).read())}


def members_of_zip(data: bytes) -> set[str]:
    """Return the digests of the files of a zip that can be unpacked without a password."""
    out = set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.is_dir() and not info.flag_bits & 1 and info.file_size < 10_000_000:
                content = archive.read(info)
                if content:
                    out.add(hashlib.sha256(content).hexdigest())
    return out

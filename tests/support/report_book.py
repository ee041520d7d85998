"""The report as a workbook, as tests read it."""

from __future__ import annotations

import io
import warnings

import openpyxl


def opened(data: bytes) -> openpyxl.Workbook:
    """Open the workbook in these bytes."""
    with warnings.catch_warnings(action="ignore"):  # openpyxl knows no data bars of Excel 2010
        return openpyxl.load_workbook(io.BytesIO(data))


def table(book: openpyxl.Workbook, sheet: str) -> list[dict[str, object]]:
    """Return the rows of the table on a sheet, by header."""
    heads, *rows = book[sheet].iter_rows(min_row=4, values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def listed(book: openpyxl.Workbook, heading: str) -> list[tuple[object, ...]]:
    """Return the rows of a list on 概要, from below its column heads to the next blank row."""
    rows = book["概要"].iter_rows(values_only=True)
    next(row for row in rows if row[0] == heading)
    next(rows)
    out = []
    for row in rows:
        if row[0] is None:
            break
        out.append(row)
    return out

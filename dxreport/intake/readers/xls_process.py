"""Reads an .xls with xlrd in a process of its own: the workbook on stdin, a pickle on stdout.

A broken file can make xlrd ask for any amount of memory or time. The process imports nothing of dxreport, to start
quickly.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sys
from typing import Any

# Row and column from 0, xlrd's type of cell, its value, and for numbers the key and code of their format.
RawCell = tuple[int, int, int, Any, int, str]


def read(data: bytes) -> dict[str, Any]:
    """``formatted`` (whether number formats are known), ``date1904`` and the worksheets of an .xls.

    A sheet is (name, hidden, cells, notes by cell from 1).
    Raises whatever xlrd raises.
    """
    import xlrd

    for module in (xlrd.biffh, xlrd.book, xlrd.sheet):
        module.unicode = _decoded
    for formatted in (True, False):  # a broken table of styles must not hide the values
        try:
            book = xlrd.open_workbook(
                file_contents=data, formatting_info=formatted, ragged_rows=True, logfile=io.StringIO()
            )
        except Exception:
            if not formatted:
                raise
        else:
            break
    sheets = [
        (
            sheet.name,
            sheet.visibility != 0,
            [cell for row in range(sheet.nrows) for cell in _cells(book, sheet, row, formatted)],
            {(row + 1, column + 1): _whole(note.text) for (row, column), note in sheet.cell_note_map.items()},
        )
        for sheet in book.sheets()
    ]
    return {"formatted": formatted, "date1904": bool(book.datemode), "sheets": sheets}


def _cells(book: Any, sheet: Any, row: int, formatted: bool) -> list[RawCell]:
    import xlrd

    out: list[RawCell] = []
    for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
        if kind == xlrd.XL_CELL_TEXT:
            out.append((row, column, kind, _whole(value), 0, ""))
        elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE) and formatted:
            key = book.xf_list[sheet.cell_xf_index(row, column)].format_key
            found = book.format_map.get(key)
            out.append((row, column, kind, value, key, found.format_str if found else ""))
        elif kind not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            out.append((row, column, kind, value, 0, ""))
    return out


def _decoded(data: bytes, encoding: str) -> str:
    """As xlrd decodes, but keeping each half of a character whose two UTF-16 units lie in two records."""
    return data.decode(encoding, "surrogatepass" if encoding.lower().startswith("utf") else "strict")


def _whole(text: str) -> str:
    """The text with such halves put together again; a half without its other one becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _main(memory: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    sys.stdout.buffer.write(pickle.dumps(read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    _main(int(sys.argv[1]))

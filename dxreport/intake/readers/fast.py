"""The fast reader: python-calamine's values of all sheets; also run as a program of its own.

Old formats are read in a child process (``python cells.py BYTES``, the workbook on stdin, a pickle
on stdout), because a broken file can make the reader ask for any amount of memory, or for ever.
Therefore this module imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sys

RawSheet = tuple[str, bool, list[list]]


class CannotRead(Exception):
    """``reason`` is ``password``, ``damaged`` or ``large``; ``detail`` is the reader's own word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def read_cells(data: bytes, max_rows: int, max_columns: int) -> list[RawSheet]:
    """Name, hidden and rows of every worksheet; row i, column j of the rows is cell (i+1, j+1).

    Raises CannotRead.
    """
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            out = []
            for meta in book.sheets_metadata:
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                end = sheet.end
                if end and (end[0] >= max_rows or end[1] >= max_columns):
                    raise CannotRead("large", f"{meta.name}\n{end[0] + 1}\n{end[1] + 1}")
                rows = sheet.to_python(skip_empty_area=False) if end else []
                out.append((meta.name, meta.visible != SheetVisibleEnum.Visible, rows))
            return out
    except CannotRead:
        raise
    except PasswordError as error:
        raise CannotRead("password", str(error)) from None
    except Exception as error:
        raise CannotRead("damaged", str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic of the Rust code derives from BaseException
            raise
        raise CannotRead("damaged", "panic") from None


def _main(memory: int, max_rows: int, max_columns: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    answer: tuple[bool, object]
    try:
        answer = (True, read_cells(sys.stdin.buffer.read(), max_rows, max_columns))
    except CannotRead as error:
        answer = (False, (error.reason, error.detail))
    except MemoryError:
        answer = (False, ("large", ""))
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:4]))

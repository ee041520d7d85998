"""The scripts of ``rivals.py``: ``scripts.py WORK SCRIPT OUT``, in the folder of what they are told.

Each imports no more than it needs, and prints how many sheets it made or answers it found.
"""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

RETURNS, PLAN, FORM, TAGGED, DRAWN = "返送", "plan.json", "form.xlsx", "tagged.xlsx", "drawn.pickle"
SHEET = "取組"  # of the master, with the answers
# Workbooks by file name: sheets with their texts as sent by address, and the cell of SHEET of each answer.
Books = dict[str, list[tuple[str, dict[str, str], dict[str, str]]]]


def told() -> Books:
    """Return the plan."""
    books: Books = json.loads(Path(PLAN).read_text(encoding="utf-8"))
    return books


def read_the_master() -> int:
    """Read all texts of the master, as every script that sends must; return their number."""
    import openpyxl

    book = openpyxl.load_workbook("fresh/master/master.xlsx", read_only=True)
    return sum(text is not None for sheet in book for row in sheet.iter_rows(values_only=True) for text in row)


def send_openpyxl(out: Path) -> int:
    """Copy and fill in the drawn form with openpyxl; return the sheets made."""
    import openpyxl
    from openpyxl.cell.cell import MergedCell

    read_the_master()
    made = 0
    for file, sheets in told().items():
        book = openpyxl.load_workbook(FORM)
        drawn = book["form"]
        for measure, sent, _ in sheets:
            copied = book.copy_worksheet(drawn)
            copied.title = measure
            for ref, text in sent.items():
                if not isinstance(copied[ref], MergedCell):
                    copied[ref].value = text
            made += 1
        book.remove(drawn)
        book.save(out / file)
    return made


def send_xlsxwriter(out: Path) -> int:
    """Draw every workbook with XlsxWriter; return the sheets made."""
    read_the_master()
    recorded = pickle.loads(Path(DRAWN).read_bytes())
    for file, book in recorded.items():
        (out / file).write_bytes(book.write())
    return sum(len(book.sheets) for book in recorded.values())


def send_xltpl(out: Path) -> int:
    """Fill in the template with tags by xltpl; return the sheets made."""
    from xltpl.writerx import BookWriter

    read_the_master()
    writer = BookWriter(TAGGED)
    made = 0
    for file, sheets in told().items():
        writer.render_book([{"sheet_name": measure, "tpl_name": "form", "v": sent} for measure, sent, _ in sheets])
        writer.save(str(out / file))
        made += len(sheets)
    return made


def changed_openpyxl() -> dict[str, str]:
    """Return the answers that departments changed, by cell of the master, read with openpyxl."""
    import openpyxl

    found = {}
    for file, sheets in told().items():
        book = openpyxl.load_workbook(Path(RETURNS) / file)
        for measure, sent, answers in sheets:
            for ref, place in answers.items():
                text = str(book[measure][ref].value or "")
                if text != sent[ref]:
                    found[place] = text
    return found


def changed_pandas(engine: str) -> int:
    """Return the number of answers that departments changed, read with pandas."""
    import pandas as pd
    from openpyxl.utils.cell import coordinate_to_tuple

    found = 0
    for file, sheets in told().items():
        book = pd.read_excel(Path(RETURNS) / file, sheet_name=None, header=None, dtype=str, engine=engine)
        for measure, sent, answers in sheets:
            frame = book[measure].fillna("")
            for ref in answers:
                row, column = coordinate_to_tuple(ref)
                inside = row <= frame.shape[0] and column <= frame.shape[1]
                found += (frame.iat[row - 1, column - 1] if inside else "") != sent[ref]
    return found


def collect_openpyxl(out: Path) -> int:
    """Write the changed answers into the master with openpyxl; return their number."""
    import openpyxl

    found = changed_openpyxl()
    book = openpyxl.load_workbook("sent/master/master.xlsx")
    for place, text in found.items():
        book[SHEET][place].value = text
    book.save(out / "master.xlsx")
    return len(found)


SCRIPTS: Mapping[str, Mapping[str, Callable[[Path], int]]] = {
    "send": {"openpyxl": send_openpyxl, "XlsxWriter": send_xlsxwriter, "xltpl": send_xltpl},
    "read": {
        "openpyxl": lambda _: len(changed_openpyxl()),
        "pandas, openpyxl": lambda _: changed_pandas("openpyxl"),
        "pandas, calamine": lambda _: changed_pandas("calamine"),
    },
    "collect": {"openpyxl": collect_openpyxl},
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    _, work, name, out = sys.argv
    print(SCRIPTS[work][name](Path(out)))

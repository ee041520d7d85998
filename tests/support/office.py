"""Edit workbooks in LibreOffice as a person would; run by a Python that has ``uno``.

usage: office.py SOFFICE PROFILE JOBS.json

JOBS is a list of ``{"open": path, "steps": [[name, …], …], "save": [path, …]}``. Rows and columns count from 1, and
the ending of each path determines its format. With ``"password"``, the saved files are encrypted.
"""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import Locale

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xls": "MS Excel 97", ".ods": "calc8", ".pdf": "calc_pdf_Export"}


def prop(name, value):
    """Return a named argument for UNO."""
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def unprotect(book):
    """Unprotect every sheet."""
    for sheet in book.Sheets:
        sheet.unprotect("")


def rows(book, sheet, before, count):
    """Insert rows."""
    book.Sheets.getByName(sheet).Rows.insertByIndex(before - 1, count)


def columns(book, sheet, before, count):
    """Insert columns."""
    book.Sheets.getByName(sheet).Columns.insertByIndex(before - 1, count)


def delete_rows(book, sheet, first, count):
    """Delete rows."""
    book.Sheets.getByName(sheet).Rows.removeByIndex(first - 1, count)


def delete_columns(book, sheet, first, count):
    """Delete columns."""
    book.Sheets.getByName(sheet).Columns.removeByIndex(first - 1, count)


def type_text(book, sheet, row, column, text):
    """Type a text into a cell."""
    book.Sheets.getByName(sheet).getCellByPosition(column - 1, row - 1).setString(text)


def rename(book, sheet, name):
    """Rename a sheet."""
    book.Sheets.getByName(sheet).setName(name)


def note(book, sheet, row, column, text):
    """Write a comment on a cell."""
    found = book.Sheets.getByName(sheet)
    found.Annotations.insertNew(found.getCellByPosition(column - 1, row - 1).CellAddress, text)


def add(book, name):
    """Add a sheet in front, with something written on it."""
    book.Sheets.insertNewByName(name, 0)
    book.Sheets.getByName(name).getCellByPosition(0, 0).setString("メモ")


def number(book, sheet, row, column, value, code):
    """Put a number into a cell, with a number format of the US locale."""
    found = book.Sheets.getByName(sheet).getCellByPosition(column - 1, row - 1)
    locale = Locale("en", "US", "")
    key = book.NumberFormats.queryKey(code, locale, False)
    found.NumberFormat = book.NumberFormats.addNew(code, locale) if key == -1 else key
    found.setValue(value)


def formula(book, sheet, row, column, text):
    """Type a formula into a cell that is not formatted as text."""
    found = book.Sheets.getByName(sheet).getCellByPosition(column - 1, row - 1)
    found.NumberFormat = 0
    found.setFormula(text)


def merge(book, sheet, ref, together):
    """Merge cells, or split them."""
    book.Sheets.getByName(sheet).getCellRangeByName(ref).merge(together)


def hide(book, sheet, ref, what):
    """Hide the rows or the columns of a range."""
    getattr(book.Sheets.getByName(sheet).getCellRangeByName(ref), what).IsVisible = False


def move(book, sheet, ref, to):
    """Cut a range and paste it elsewhere."""
    found = book.Sheets.getByName(sheet)
    found.moveRange(found.getCellRangeByName(to).CellAddress, found.getCellRangeByName(ref).RangeAddress)


def remove(book, *names):
    """Delete sheets."""
    for name in names:
        book.Sheets.removeByName(name)


def as_values(book, sheet, ref):
    """Keep only the values of a range, pasted into a new sheet."""
    rows = book.Sheets.getByName(sheet).getCellRangeByName(ref).getDataArray()
    old = book.Sheets.ElementNames
    book.Sheets.insertNewByName("Sheet1", 0)
    last = book.Sheets.getByName("Sheet1").getCellByPosition(len(rows[0]) - 1, len(rows) - 1).AbsoluteName
    book.Sheets.getByName("Sheet1").getCellRangeByName(f"A1:{last.rpartition('.')[2].replace('$', '')}").setDataArray(
        rows
    )
    remove(book, *old)


STEPS = {
    f.__name__: f
    for f in (
        unprotect, rows, columns, delete_rows, delete_columns, type_text, rename, note, add, number, formula, merge, hide,
        move, remove, as_values,
    )
}  # fmt: skip


def do(desktop, job):
    """Do one job: open, edit and save a workbook."""
    book = desktop.loadComponentFromURL(Path(job["open"]).as_uri(), "_blank", 0, (prop("Hidden", True),))
    for name, *arguments in job["steps"]:
        STEPS[name](book, *arguments)
    for target in map(Path, job["save"]):
        lock = (prop("Password", job["password"]),) if "password" in job else ()
        book.storeToURL(target.as_uri(), (prop("FilterName", FILTERS[target.suffix]), *lock))
    book.close(True)


def main():
    """Start LibreOffice, do all jobs and end it."""
    soffice, profile, jobs = sys.argv[1:]
    pipe = f"dxr{uuid.uuid4().hex}"
    accept = f"--accept=pipe,name={pipe};urp"
    program = subprocess.Popen([soffice, f"-env:UserInstallation={profile}", "--headless", "--norestore", accept])
    try:
        resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        for _ in range(300):
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except NoConnectException:
                time.sleep(0.2)
        else:
            raise SystemExit("LibreOffice did not answer")
        desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
        for job in json.loads(Path(jobs).read_text(encoding="utf-8")):
            do(desktop, job)
        desktop.terminate()
        program.wait(60)
    finally:
        if program.poll() is None:
            program.kill()


main()

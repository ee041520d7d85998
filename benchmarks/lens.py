"""Time rendering and reading one sheet, bytes to bytes, against other libraries in the same run.

What each measurement includes:

    render  dxreport     a measure → the bytes of a workbook with its sheet; the form is already compiled
            openpyxl     load the template's bytes, write the same texts into the same cells, save
            XlsxWriter   write the same sheets, cells, formats, merges, sizes and dropdowns from code, close
            xltpl        render a template prepared and compiled for this measure, save
            floor        only deflate the parts of dxreport's workbook that no other book shares
    read    dxreport     the bytes of a returned workbook → the cells of its sheet as their author saw them, with
                         formulas, notes and merges → every text of the measure by its address
            calamine     the bare values of the sheet from the same bytes
            openpyxl     only load_workbook of the same bytes
            floor        only inflate the parts

The candidates take turns, each time with the next of the 26 real measures, so that a slow moment affects all of them
and no text cache helps. Prints the median of each and its ratio to dxreport's. Times are processor time. dxreport
deflates the parts that all books share (styles, theme, pictures) once for a form, so the floor leaves them out.
"""

from __future__ import annotations

import gc
import io
import statistics
import tempfile
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
from drawn import RecordedBook
from openpyxl.cell.cell import MergedCell
from processes import table
from python_calamine import CalamineWorkbook
from xltpl.writerx import BookWriter

from dxreport.domain.model import Measure
from dxreport.form.compile import load_form
from dxreport.form.read.sheet import read_sheet
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.lifecycle import sample
from dxreport.ooxml import text_metrics
from dxreport.ooxml.cells import Grid
from dxreport.ooxml.package import Package
from dxreport.ooxml.worksheets import Worksheets
from dxreport.workspace.bundled import bundled

TEMPLATE = Path(str(bundled("templates"))) / "年間活動計画.xlsx"
SETTINGS = sample.settings()
FORM = load_form(TEMPLATE)
PREPARED = PreparedForm(FORM, SETTINGS.round("第1四半期"), SETTINGS, "産業振興課")
MEASURES = sample.load(with_answers=True)
ROUNDS = 3  # runs per measure


def by_dxreport(measure: Measure) -> bytes:
    """Render with dxreport: a measure → a workbook with one sheet."""
    text_metrics.wrapped.cache_clear()  # measure every text again
    return render_book(PREPARED, [measure], "R04Q1-001").data


def grid_of(book: bytes, measure: Measure) -> Grid:
    """Return the sheet of a measure."""
    package = Package(book)
    return Worksheets(package).grid(measure.id)


def texts_of(book: bytes, measure: Measure) -> dict[str, str]:
    """Return the cells of a rendered sheet that hold a text of the measure: address → text."""
    filled = read_sheet(FORM, grid_of(book, measure).rows, quarter=1, year=1)[measure.id]
    return {openpyxl.utils.get_column_letter(c) + str(r): str(filled.values[ref]) for ref, (r, c) in filled.at.items()}


def by_openpyxl(template: bytes, texts: dict[str, str]) -> bytes:
    """Render with openpyxl: load, fill, save."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book[FORM.sheet]
    for ref, text in texts.items():
        target = sheet[ref]
        if not isinstance(target, MergedCell):
            target.value = text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class XltplTemplate:
    """Render with xltpl, from a template with one tag per text of a measure."""

    def __init__(self, book: bytes, measure: Measure, texts: dict[str, str], folder: Path) -> None:
        drawn = openpyxl.load_workbook(io.BytesIO(book))
        for name in drawn.sheetnames:
            if name != measure.id:
                del drawn[name]
        self.payload = {"sheet_name": measure.id, "v": {}}
        for n, (ref, text) in enumerate(texts.items()):
            target = drawn[measure.id][ref]
            if not isinstance(target, MergedCell):
                target.value = f"{{{{ v['x{n}'] }}}}"
                self.payload["v"][f"x{n}"] = text
        path = folder / f"{measure.id}.xlsx"
        drawn.save(path)
        self.writer = BookWriter(str(path))

    def render(self) -> bytes:
        """Render and save."""
        out = io.BytesIO()
        self.writer.render_sheet(self.payload)
        self.writer.workbook.save(out)
        return out.getvalue()


def read_by_dxreport(book: bytes, measure: Measure) -> dict:
    """Read with dxreport: bytes → texts by address."""
    return read_sheet(FORM, grid_of(book, measure).rows, quarter=1, year=1)[measure.id].values


def read_by_calamine(book: bytes, measure: Measure) -> list[list]:
    """Read with python-calamine: the bare values of the sheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name(measure.id).to_python()


def inflate(book: bytes) -> None:
    """Inflate all parts: the floor of reading."""
    with zipfile.ZipFile(io.BytesIO(book)) as z:
        for name in z.namelist():
            z.read(name)


def own_parts(books: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Return the parts of each book that differ from book to book."""
    parts = {}
    for id_, book in books.items():
        with zipfile.ZipFile(io.BytesIO(book)) as z:
            parts[id_] = {name: z.read(name) for name in z.namelist()}
    first, *others = parts.values()
    shared = {name for name, data in first.items() if all(other.get(name) == data for other in others)}
    return {id_: [data for name, data in of.items() if name not in shared] for id_, of in parts.items()}


def deflate(parts: list[bytes]) -> None:
    """Deflate a book's own parts as fast as zlib can: the floor of rendering."""
    for part in parts:
        zlib.compress(part, 1)


def measured() -> dict[str, str]:
    """Run all candidates; return a table for rendering and one for reading."""
    warnings.simplefilter("ignore")
    template = TEMPLATE.read_bytes()
    books = {m.id: by_dxreport(m) for m in MEASURES}
    texts = {m.id: texts_of(books[m.id], m) for m in MEASURES}
    parts = own_parts(books)
    recorded = {m.id: RecordedBook(books[m.id]) for m in MEASURES}
    render: dict[str, Callable[[Measure], object]] = {
        "dxreport": by_dxreport,
        "openpyxl (load, fill, save)": lambda m: by_openpyxl(template, texts[m.id]),
        "XlsxWriter, from code": lambda m: recorded[m.id].write(),
    }
    with tempfile.TemporaryDirectory() as folder:
        templates = {m.id: XltplTemplate(books[m.id], m, texts[m.id], Path(folder)) for m in MEASURES}
        render["xltpl, template compiled"] = lambda m: templates[m.id].render()
        render["only deflating its own parts"] = lambda m: deflate(parts[m.id])
        rendered = compared(render)
    return {"render": rendered, "read": compared({
        "dxreport": lambda m: read_by_dxreport(books[m.id], m),
        "python-calamine (bare values)": lambda m: read_by_calamine(books[m.id], m),
        "openpyxl (load only)": lambda m: openpyxl.load_workbook(io.BytesIO(books[m.id])),
        "only inflating": lambda m: inflate(books[m.id]),
    })}  # fmt: skip


def compared(candidates: dict[str, Callable[[Measure], object]]) -> str:
    """Time the candidates in turn; return a table of their medians and ratios to dxreport's."""
    gc.collect()
    gc.freeze()  # keep the garbage collector away from the prepared data
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for measure in MEASURES:
            for name, run in candidates.items():
                started = time.process_time()
                run(measure)
                spent[name].append(time.process_time() - started)
    medians = {name: statistics.median(seconds) for name, seconds in spent.items()}
    own = medians["dxreport"]
    return table(
        ("", "ms", "relative"), ([name, f"{s * 1000:.2f}", f"{ratio(s / own)} ×"] for name, s in medians.items())
    )


def ratio(value: float) -> str:
    """Return a ratio with one decimal, or two if it is below 1."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


if __name__ == "__main__":
    for name, found in measured().items():
        print(f"{name} one sheet\n\n{found}\n")

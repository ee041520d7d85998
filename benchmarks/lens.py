"""Time rendering and reading one sheet, bytes to bytes, against other libraries in the same run.

What each measurement includes:

    render  dxreport     a measure → the bytes of a workbook with its sheet; the form is already compiled
            openpyxl     load the template's bytes, write the same texts into the same cells, save
            XlsxWriter   write the same sheets, cells, formats, merges, sizes and dropdowns from code, close
            xltpl        render a template prepared and compiled for this measure, save
            floor        only deflate the parts of dxreport's workbook
    read    dxreport     the bytes of a returned workbook → the cells of its sheet as their author saw them, with
                         formulas, notes and merges → every text of the measure by its address
            calamine     the bare values of the sheet from the same bytes
            openpyxl     only load_workbook of the same bytes
            floor        only inflate the parts

The candidates take turns, each time with the next of the 26 real measures, so that a slow moment
affects all of them and no text cache helps. Prints the median of each and its ratio to dxreport's.
"""

from __future__ import annotations

import gc
import io
import statistics
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from python_calamine import CalamineWorkbook

from dxreport.domain.model import Measure
from dxreport.form.compile import load_form
from dxreport.form.read.sheet import read_sheet
from dxreport.form.render.prepare import PreparedForm
from dxreport.form.render.workbook import render_book
from dxreport.lifecycle import sample
from dxreport.ooxml import text_metrics
from dxreport.ooxml.cells import Grid
from dxreport.ooxml.package import Package
from dxreport.ooxml.refs import cell
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
    text_metrics._wrapped.cache_clear()  # measure every text again
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


class RecordedBook:
    """The content and formats of a rendered workbook, recorded once to be rewritten from code."""

    def __init__(self, book: bytes) -> None:
        self.sheets = [RecordedSheet(sheet) for sheet in openpyxl.load_workbook(io.BytesIO(book)).worksheets]

    def write(self) -> bytes:
        """Render with XlsxWriter: the whole workbook from code."""
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        formats: dict[tuple, xlsxwriter.format.Format] = {}
        for sheet in self.sheets:
            sheet.write(book, formats)
        book.close()
        return out.getvalue()


class RecordedSheet:
    """One recorded sheet: cells with formats, merges, widths, heights and dropdowns."""

    def __init__(self, sheet) -> None:
        self.title = sheet.title
        self.lists = [
            (str(v.sqref), (v.formula1 or "").strip('"').split(","))
            for v in sheet.data_validations.dataValidation
            if v.type == "list"
        ]
        self.merges = [str(m) for m in sheet.merged_cells.ranges]
        self.widths = {cell(f"{k}1")[1] - 1: d.width for k, d in sheet.column_dimensions.items()}
        self.heights = {n - 1: d.height for n, d in sheet.row_dimensions.items() if d.height}
        self.cells = [
            (c.row - 1, c.column - 1, c.value, _format(c))
            for row in sheet.iter_rows() for c in row if not isinstance(c, MergedCell) and (c.value is not None or c.has_style)
        ]  # fmt: skip

    def write(self, book: xlsxwriter.Workbook, formats: dict[tuple, xlsxwriter.format.Format]) -> None:
        """Write the sheet to a new workbook."""
        sheet = book.add_worksheet(self.title)
        for column, width in self.widths.items():
            sheet.set_column(column, column, width)
        for row, height in self.heights.items():
            sheet.set_row(row, height)
        for ref in self.merges:
            sheet.merge_range(ref, "")
        for row, column, value, key in self.cells:
            style = formats.get(key)
            if style is None:
                style = formats[key] = book.add_format(dict(key))
            if value is None:
                sheet.write_blank(row, column, None, style)
            else:
                sheet.write_string(row, column, str(value), style)
        for areas, words in self.lists:
            for area in areas.split():
                sheet.data_validation(area, {"validate": "list", "source": words})
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&P / &N")
        sheet.protect()


def _format(c) -> tuple:
    fill = c.fill.fgColor.rgb if c.fill.patternType == "solid" and isinstance(c.fill.fgColor.rgb, str) else ""
    properties = {
        "font_name": c.font.name, "font_size": c.font.sz, "bold": bool(c.font.b), "text_wrap": bool(c.alignment.wrap_text),
        "valign": {"center": "vcenter"}.get(c.alignment.vertical, c.alignment.vertical) or "bottom",
        "align": c.alignment.horizontal or "left", "locked": bool(c.protection.locked), "num_format": c.number_format,
        "left": 1 if c.border.left.style else 0, "right": 1 if c.border.right.style else 0,
        "top": 1 if c.border.top.style else 0, "bottom": 1 if c.border.bottom.style else 0,
    }  # fmt: skip
    if fill:
        properties |= {"bg_color": f"#{fill[-6:]}", "pattern": 1}
    return tuple(properties.items())


class XltplTemplate:
    """Render with xltpl, from a template with one tag per text of a measure."""

    def __init__(self, book: bytes, measure: Measure, texts: dict[str, str], folder: Path) -> None:
        from xltpl.writerx import BookWriter

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


def deflate(parts: list[bytes]) -> None:
    """Deflate all parts: the floor of rendering."""
    for part in parts:
        zlib.compress(part, 1)


def main() -> None:
    """Run all candidates and print the results."""
    warnings.simplefilter("ignore")
    template = TEMPLATE.read_bytes()
    books = {m.id: by_dxreport(m) for m in MEASURES}
    texts = {m.id: texts_of(books[m.id], m) for m in MEASURES}
    parts = {
        id_: [zipfile.ZipFile(io.BytesIO(b)).read(n) for n in zipfile.ZipFile(io.BytesIO(b)).namelist()]
        for id_, b in books.items()
    }
    recorded = {m.id: RecordedBook(books[m.id]) for m in MEASURES}
    render: dict[str, Callable[[Measure], object]] = {
        "dxreport": by_dxreport,
        "openpyxl load-fill-save": lambda m: by_openpyxl(template, texts[m.id]),
        "XlsxWriter from code": lambda m: recorded[m.id].write(),
        "floor (deflate)": lambda m: deflate(parts[m.id]),
    }
    with tempfile.TemporaryDirectory() as folder:
        try:
            templates = {m.id: XltplTemplate(books[m.id], m, texts[m.id], Path(folder)) for m in MEASURES}
            render["xltpl"] = lambda m: templates[m.id].render()
        except ImportError:
            print("xltpl is not installed: skipped", file=sys.stderr)
        show("render one sheet", render)
    show("read one sheet", {
        "dxreport": lambda m: read_by_dxreport(books[m.id], m),
        "calamine values": lambda m: read_by_calamine(books[m.id], m),
        "openpyxl load": lambda m: openpyxl.load_workbook(io.BytesIO(books[m.id])),
        "floor (inflate)": lambda m: inflate(books[m.id]),
    })  # fmt: skip


def show(title: str, candidates: dict[str, Callable[[Measure], object]]) -> None:
    """Time the candidates in turn; print their medians and ratios to dxreport's."""
    gc.collect()
    gc.freeze()  # keep the garbage collector away from the prepared data
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for measure in MEASURES:
            for name, run in candidates.items():
                started = time.perf_counter()
                run(measure)
                spent[name].append(time.perf_counter() - started)
    own = statistics.median(spent["dxreport"])
    print(title)
    for name, seconds in spent.items():
        median = statistics.median(seconds)
        print(f"  {name:<26}{median * 1000:9.2f} ms  {median / own:8.1f} x")


if __name__ == "__main__":
    main()

"""A workbook as XlsxWriter would be told to draw it: recorded once, then written from code."""

from __future__ import annotations

import io

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import column_index_from_string


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
        self.widths = {column_index_from_string(k) - 1: d.width for k, d in sheet.column_dimensions.items()}
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

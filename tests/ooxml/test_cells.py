"""Cells as texts: both ways to read a sheet agree, and odd cells are told apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dxreport.domain.model import normalise
from dxreport.ooxml.package import Package
from dxreport.ooxml.sheet_texts import SheetTexts, sheet_texts
from dxreport.ooxml.table import sheet_parts
from dxreport.ooxml.worksheets import Worksheets


def workbook(fill: Callable) -> Package:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    fill(book, book.add_worksheet("表"))
    book.close()
    return Package(stream.getvalue())


def grids(package: Package) -> tuple[SheetTexts, SheetTexts]:
    """As the sheet is written, and with a comment in its XML, so that it is parsed."""
    part = sheet_parts(package)["表"]
    other = Package(package.with_parts({part: package.read(part).replace(b"<sheetData", b"<!-- --><sheetData")}))
    first, second = (sheet_texts(Worksheets(p), part) for p in (package, other))
    assert (first.rows, first.kinds) == (second.rows, second.kinds)
    return first, second


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(normalise), min_size=1))
def test_a_sheet_of_texts_reads_alike_both_ways(texts: list[str]) -> None:
    def fill(book, sheet) -> None:
        for n, text in enumerate(texts):
            sheet.write_string(2 * n + 1, n % 5, text)

    fast, exact = grids(workbook(fill))
    assert fast.rows == exact.rows
    assert [fast.text(2 * n + 2, n % 5 + 1) for n in range(len(texts))] == texts


def test_numbers_dates_errors_and_formulas_are_told_apart() -> None:
    def fill(book, sheet) -> None:
        sheet.write_number(0, 0, 0.485, book.add_format({"num_format": "0.0%"}))
        sheet.write_number(0, 1, 30000, book.add_format({"num_format": '#,##0"千円"'}))
        sheet.write_number(0, 2, 44757, book.add_format({"num_format": "yyyy/m/d"}))
        sheet.write_number(0, 3, 44757.5, book.add_format({"num_format": 'ggge"年"m"月"d"日"'}))
        sheet.write_formula(0, 4, "=NA()", value="#N/A")
        sheet.write_formula(0, 5, "=1+1", value=2)
        sheet.write_boolean(0, 6, True)
        sheet.write_number(0, 7, 1.5e9, book.add_format({"num_format": "0.00E+00"}))

    grid, _ = grids(workbook(fill))
    assert [grid.text(1, c) for c in range(1, 9)] == [
        "48.5%", "30,000千円", "2022-07-15", "2022-07-15 12:00:00", "#N/A", "2", "TRUE", "1.50E+09",
    ]  # fmt: skip
    assert [grid.kinds[1, c] for c in range(1, 9)] == [
        "number", "number", "date", "date", "error", "number", "boolean", "number",
    ]  # fmt: skip


def test_a_number_that_is_no_day_is_a_number() -> None:
    """20220715 typed into a cell for dates: Excel shows ####."""

    def fill(book, sheet):
        day = book.add_format({"num_format": "yyyy/m/d"})
        sheet.write_row(0, 0, [20220715, -3, 30], day)

    grid, _ = grids(workbook(fill))
    assert [grid.text(1, c) for c in (1, 2, 3)] == ["20220715", "-3", "1900-01-30"]
    assert [grid.kinds[1, c] for c in (1, 2, 3)] == ["number", "number", "date"]


def test_a_book_of_1904_counts_its_days_from_there() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"date_1904": True})
    book.add_worksheet("表").write_number(0, 0, 43295, book.add_format({"num_format": 14}))
    book.close()
    assert grids(Package(stream.getvalue()))[0].text(1, 1) == "2022-07-15"


@pytest.mark.libreoffice
def test_texts_in_runs_and_shared_strings_of_libreoffice(tmp_path: Path, soffice: Callable) -> None:
    texts = ["漢字とkana", " 前後 ", "二行\n目", "_x000D_", "𠮷"]
    package = workbook(lambda book, sheet: sheet.write_column(0, 0, texts))
    (tmp_path / "a.xlsx").write_bytes(package.data)
    for grid in grids(Package.open(soffice(tmp_path / "a.xlsx", "xlsx"))):
        assert [grid.text(n, 1) for n in range(1, 6)] == texts

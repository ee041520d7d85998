"""Workbooks of Excel 97 to 2003, record by record, without LibreOffice."""

from __future__ import annotations

import struct

import pytest

from dxreport.intake.limits import Unreadable
from dxreport.intake.readers.biff import TextReader
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.cells import Cell
from tests.support.xls import Raw, Result, Shown, xls

NUMBER, RK = 0x203, 0x27E


def test_a_very_hidden_sheet_is_hidden() -> None:
    book = open_workbook(xls({"様式": {(0, 0): "文字"}, "控え": {(0, 0): "印"}}, states={"控え": 2}))
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("様式", False), ("控え", True)]


def test_sheets_that_are_too_wide_together_are_too_large() -> None:
    with pytest.raises(Unreadable) as refused:
        open_workbook(xls({name: {(9_999, 255): "迷子"} for name in "一二三"}))
    assert refused.value.code == "E405"


def test_numbers_in_short_form_and_formulas() -> None:
    cells = {(0, 0): Raw(((RK, struct.pack("<i", 4850 << 2 | 3)),)), (1, 0): Result("予定どおり")}
    sheet = open_workbook(xls({"様式": cells})).sheet("様式")
    assert sheet.cell(1, 1).text == "48.5"
    assert sheet.cell(2, 1) == Cell("text", "予定どおり", formula="=")


def test_dates_are_shown_as_in_japan_and_count_from_the_year_of_the_workbook() -> None:
    """Format 14 is the short date of the computer, whatever code the file gives it."""
    cells = {(0, 0): Shown(44743.0, 4), (1, 0): Shown(44743.0, 2)}
    sheet = open_workbook(xls({"様式": cells})).sheet("様式")
    assert [sheet.cell(row, 1).text for row in (1, 2)] == ["2022/7/1", "2022/7/1"]
    since_1904 = open_workbook(xls({"様式": {(0, 0): Shown(43281.0, 2)}}, date1904=True)).sheet("様式")
    assert since_1904.cell(1, 1).text == "2022/7/1"


def test_what_programs_read_differently_is_asked_about() -> None:
    one, two = (NUMBER, struct.pack("<d", 1.0)), (NUMBER, struct.pack("<d", 2.0))
    sheet = open_workbook(xls({"様式": {(0, 0): Raw((one, two)), (1, 0): Shown(5.0, 99)}})).sheet("様式")
    assert sheet.cell(1, 1).kind == "unclear"
    assert not sheet.cell(2, 1).certain


def test_a_text_that_goes_on_in_another_record_in_another_width() -> None:
    assert TextReader((b"DX", b"\1" + "推進".encode("utf-16-le"))).text(4, 0) == "DX推進"
    assert TextReader(("推進".encode("utf-16-le"), b"\0DX")).text(4, 1) == "推進DX"


def test_fonts_and_furigana_of_a_text_are_skipped() -> None:
    bold = struct.pack("<HBH", 2, 8, 1) + b"ab" + bytes(4)
    kana = struct.pack("<HBI", 2, 5, 6) + "漢字".encode("utf-16-le") + bytes(6)
    reader = TextReader((bold + kana + struct.pack("<HB", 1, 0) + b"c",))
    assert [reader.rich_text() for _ in range(3)] == ["ab", "漢字", "c"]

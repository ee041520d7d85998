"""Files as departments send them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

from tests.support.ole import Files, container


@pytest.fixture
def workbook() -> Callable[..., bytes]:
    """An .xlsx with these cells on its sheet 様式: ``workbook(B2="answer")``."""

    def build(**cells: object) -> bytes:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "様式"
        for ref, value in (cells or {"B2": "回答"}).items():
            sheet[ref] = value
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return build


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An .xlsx with every kind of cell on sheet 様式, a formatted number beside each trap."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "様式"
    for ref, value, code in [
        ("A1", "文字", "General"),
        ("A2", "  前後の空白 ", "General"),
        ("A3", "改行\n\nあり", "@"),
        ("B1", 0.485, "0.0%"),
        ("B2", 30000, '#,##0"千円"'),
        ("B3", 45.00000000000001, "General"),
        ("B4", -5, '#,##0;"△"#,##0'),
        ("B5", True, "General"),
        ("C1", date(2023, 1, 1), '[$-411]ggge"年"m"月"d"日"'),
        ("C2", date(2023, 1, 1), "yyyy/m/d"),
        ("C3", datetime(2023, 1, 1, 18, 30), "yyyy/m/d h:mm"),
        ("D1", "=1+1", "General"),
        ("D2", "=NA()", "General"),
        ("D3", "=1/0", "General"),
        ("D4", '="予定"&"どおり"', "General"),
        ("E1", "注あり", "General"),
    ]:
        sheet[ref] = value
        sheet[ref].number_format = code
    sheet["E1"].comment = Comment("担当:\nここは要確認", "担当")
    book.create_sheet("隠し").sheet_state = "hidden"
    book["隠し"]["C3"] = "印"
    path = tmp_path_factory.mktemp("answers") / "回答.xlsx"
    book.save(path)
    return path


@pytest.fixture
def ole() -> Callable[[Files], bytes]:
    """An OLE container of these streams; ``folder/stream`` makes a storage ([MS-CFB])."""
    return container

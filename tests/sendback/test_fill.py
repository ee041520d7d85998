"""Filling in an issued workbook, as for a return in another format."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from tests.support.quarter import Quarter

COUNTERMEASURE = "activity.countermeasure/K1/1"


@pytest.mark.parametrize("text", ["協議中", "関係課との協議が長引いたため、７月末までに契約の方法を決めます。" * 3])
def test_a_row_is_as_high_as_its_text_needs_and_no_lower_than_before(issued_quarter: Quarter, text: str) -> None:
    """LibreOffice gives a row without a height the default of the sheet, which cuts its label too."""
    issued, filled = issued_quarter.book(), issued_quarter.filled({"01-01": {COUNTERMEASURE: text}}, full=False)
    cell = issued_quarter.cells(filled, "01-01")[COUNTERMEASURE]
    before, after = (
        openpyxl.load_workbook(BytesIO(data))["01-01"].row_dimensions[int(cell[1:])].height for data in (issued, filled)
    )
    if len(text) < 10:
        assert after == before
    else:  # at 10 letters a line, 11 points a line
        assert after > before and after > 9 * 11

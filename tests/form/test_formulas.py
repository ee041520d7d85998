"""References are found in formulas, and moved, as openpyxl's translator does."""

from __future__ import annotations

import pytest
from openpyxl.formula.translate import Translator

from dxreport.form.parts.formulas import shifted

FORMULAS = (
    "A1+$B$2*C$3-$D4", "SUM(C3:D9,$C3:D$9)", "COUNTA(E:F)+SUM($3:5)", 'IF(A1="A1",B2&"x""A2",C$3)', "LOG10(A1)+1.5E+3",
    "'it''s A1'!B3+表!C4&Sheet1!A1:B2", "SUM(表[A1],表[[#Headers],[A1]])", "{1,2;3}+name_1+Q1.x+ABCD1", "A1:B2 B1:B3",
    "-(A5)%^2<>A9", "'[1]x y'!A1:A3+[1]表!A1", "#REF!+TRUE", "_xlfn.XLOOKUP(A1,B:B,C:C)",
)  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("target", ["C5", "D9", "Z30"])
def test_formulas_are_moved_as_by_openpyxl(formula: str, target: str) -> None:
    assert "=" + str(shifted(formula, "C5", target)) == Translator("=" + formula, origin="C5").translate_formula(target)


@pytest.mark.parametrize("target", ["B4", "C1"])
def test_a_formula_that_would_leave_the_sheet_is_none(target: str) -> None:
    assert shifted("A2", "C5", target) is None

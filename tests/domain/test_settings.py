"""設定: which plan year the fiscal year is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxreport.domain.model import FiscalYear
from dxreport.lifecycle import sample


@pytest.mark.parametrize(("western", "plan_year"), [(2021, 0), (2022, 1), (2025, 4), (2026, 0)])
def test_the_plan_year_counts_from_1_and_is_0_outside_the_plan(western: int, plan_year: int) -> None:
    assert replace(sample.settings(), fiscal_year=FiscalYear(western)).plan_year == plan_year

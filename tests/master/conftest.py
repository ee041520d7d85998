"""Masters as in offices: that of the sample, a small one, and one decorated by people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dxreport.domain.model import Activity, ActivityQuarter, Measure, Outcome, OutcomeYear
from dxreport.lifecycle.sample import settings
from dxreport.lifecycle.sample.departments import DEPARTMENTS, sample_master
from dxreport.master.build import master_bytes
from tests.support.decorated import decorate


@pytest.fixture(scope="session")
def sample() -> bytes:
    """The master of the sample."""
    return sample_master()


@pytest.fixture(scope="session")
def small() -> bytes:
    """A master of two measures."""
    activity = Activity("K1", "研修", quarters=(ActivityQuarter("実施"),) * 4)
    outcome = Outcome("O1", (OutcomeYear("受講者数", "100人", ""),) * 4)
    one = Measure("01-01", "甲", "総務課", activities=(activity,), outcomes=(outcome,))
    two = replace(one, id="01-02", name="乙", lead_department="職員課", activities=())
    return master_bytes(settings(), DEPARTMENTS, [one, two])


@pytest.fixture(scope="session")
def decorated(sample: bytes) -> bytes:
    """The sample's master, decorated by people."""
    return decorate(sample)


@pytest.fixture(scope="session")
def libre_sample(sample: bytes, soffice: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's master as LibreOffice saves it."""
    path = tmp_path_factory.mktemp("sample") / "master.xlsx"
    path.write_bytes(sample)
    return soffice(path, "xlsx")

"""Masters as in offices: that of the sample, a small one, and one decorated by people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dxreport.lifecycle.sample import settings
from dxreport.lifecycle.sample.departments import DEPARTMENTS, sample_master
from dxreport.master.build import master_bytes
from tests.support.decorated import decorate
from tests.support.measures import measure, with_items, with_texts


@pytest.fixture(scope="session")
def sample() -> bytes:
    """The master of the sample."""
    return sample_master()


@pytest.fixture(scope="session")
def small() -> bytes:
    """A master of two measures."""
    texts = {
        "name": "甲",
        "lead_department": "総務課",
        "activity.name/K1": "研修",
        "activity.plan_label/K1": "作業予定",
    }
    texts |= {f"activity.plan/K1/{n}": "実施" for n in (1, 2, 3, 4)}
    for n in (1, 2, 3, 4):
        texts |= {f"outcome.indicator/O1/{n}": "受講者数", f"outcome.target/O1/{n}": "100人"}
    one = measure("01-01", texts)
    two = with_items(with_texts(one, {"id": "01-02", "name": "乙", "lead_department": "職員課"}), "activity", ())
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

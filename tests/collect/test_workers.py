"""Who reads the files makes no difference: the same bytes in the whole workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxreport.collect.run import collect
from dxreport.workers import ALONE, Choice
from tests.support.cluster import cluster
from tests.support.quarter import ANSWERS, RETURNED, Quarter, copy

pytestmark = pytest.mark.slow


def _returns(quarter: Quarter, folder: Path) -> Path:
    folder.mkdir()
    departments = sorted({m.lead_department for m in ANSWERS.values()})
    for n, department in enumerate(departments):
        (folder / f"{n:02}.xlsx").write_bytes(quarter.filled({}, department))
    (folder / "98.xlsx").write_bytes(b"PK\3\4 no workbook")
    (folder / "99.xlsx").write_bytes(quarter.filled({"03-01": {"activity.progress/K1/1": "順調"}}, "総務課"))
    return folder


def _collected(quarter: Quarter, folder: Path, returns: Path, workers: Choice) -> dict[str, bytes]:
    mine = copy(quarter, folder)
    collect(mine.workspace, [returns], RETURNED, workers=workers)
    return mine.files()


def test_processes_of_this_machine(issued_quarter: Quarter, tmp_path: Path) -> None:
    returns = _returns(issued_quarter, tmp_path / "返送")
    alone = _collected(issued_quarter, tmp_path / "1", returns, ALONE)
    assert alone == _collected(issued_quarter, tmp_path / "2", returns, Choice(workers=2))


def test_a_cluster(issued_quarter: Quarter, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    returns = _returns(issued_quarter, tmp_path / "返送")
    alone = _collected(issued_quarter, tmp_path / "1", returns, ALONE)
    with cluster(tmp_path) as (address, _):
        assert alone == _collected(issued_quarter, tmp_path / "2", returns, Choice(scheduler=address))

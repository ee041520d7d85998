"""Who reads the files makes no difference: the same bytes in the whole workspace."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from dxreport.collect import corrected
from dxreport.collect.run import collect
from dxreport.intake.workbook import open_workbook
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
    wrong = {"activity.progress/K1/1": "順調"}
    (folder / "97.xlsx").write_bytes(quarter.filled({"01-04": wrong}))
    (folder / "99.xlsx").write_bytes(quarter.filled({"03-01": wrong}, "総務課"))
    return folder


def _collected(quarter: Quarter, folder: Path, returns: Path, workers: Choice) -> dict[str, bytes]:
    mine = copy(quarter, folder)
    done = collect(mine.workspace, [returns], RETURNED, workers=workers)
    assert [path.name.partition("_")[2][:2] for path in done.copies] == ["12", "97", "99"]
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


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="a forked worker has what is patched here")
def test_a_workbook_that_ends_its_worker_goes_back_as_it_was_issued(
    issued_quarter: Quarter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, mine, here = corrected.corrected_copy, copy(issued_quarter, tmp_path), os.getpid()

    def dying(package, marks, header):
        if os.getpid() != here and ("01-04", "順調") in {(mark.sheet, mark.value) for mark in marks}:
            os._exit(1)
        return mark(package, marks, header)

    monkeypatch.setattr(corrected, "corrected_copy", dying)
    done = collect(mine.workspace, [_returns(mine, tmp_path / "返送")], RETURNED, workers=Choice(workers=2))
    books = {path.name.partition("_")[2][:2]: open_workbook(path.read_bytes()) for path in done.copies}
    assert list(books) == ["12", "97", "99"]
    [sheet] = [s for s in books["97"].sheets if s.name == "01-04"]
    assert any("順調" in cell.text for cell in sheet.cells.values()) and sheet.notes

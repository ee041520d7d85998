"""Who renders the workbooks makes no difference: the same bytes in the whole workspace, or a refusal and nothing."""

from __future__ import annotations

import multiprocessing
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError
from dxreport.form.faults import CannotShow
from dxreport.issue import renderer
from dxreport.issue.forms import FORM_NAME
from dxreport.lifecycle.init import create
from dxreport.ooxml.package import Package
from dxreport.workers import ALONE, Choice
from tests.support.cluster import cluster
from tests.support.quarter import ISSUED, OFFICE, Quarter, copy, issue

pytestmark = pytest.mark.slow

TWO = Choice(workers=2)


@pytest.fixture
def fresh(tmp_path: Path) -> Quarter:
    """A workspace in which nothing was issued yet."""
    create(tmp_path / "作業", date(2022, 7, 1), sample=True)
    return Quarter(tmp_path / "作業")


def rendered(quarter: Quarter, folder: Path, workers: Choice) -> dict[str, bytes]:
    """The files of a copy in which a round is issued, then a measure changes and it is issued again."""
    mine = copy(quarter, folder)
    issue(mine, secret=b"key", workers=workers)
    mine.write("01-01", {"goal": "書き直した目標"})
    books = issue(mine, now=ISSUED + timedelta(days=3), secret=b"key", workers=workers)
    assert [book.issue.department for book in books if not book.again] == [OFFICE]
    return mine.files()


def test_processes_of_this_machine(fresh: Quarter, tmp_path: Path) -> None:
    assert rendered(fresh, tmp_path / "1", ALONE) == rendered(fresh, tmp_path / "2", TWO)


def test_a_cluster(fresh: Quarter, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with cluster(tmp_path) as (address, _):
        found = rendered(fresh, tmp_path / "2", Choice(scheduler=address))
    assert found == rendered(fresh, tmp_path / "1", ALONE)


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="a forked worker has what is patched here")
def test_a_worker_that_dies_costs_the_command_which_names_its_department(
    fresh: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    render, before = renderer.render_book, fresh.files()

    def dying(prepared, measures, *args):
        if prepared.department == OFFICE:
            os._exit(1)
        return render(prepared, measures, *args)

    monkeypatch.setattr(renderer, "render_book", dying)
    with pytest.raises(DxreportError, match=OFFICE):
        issue(fresh, workers=TWO)
    assert fresh.files() == before


@pytest.mark.quick
def test_what_is_wrong_with_a_form_is_told_by_a_worker_as_by_this_process(fresh: Quarter) -> None:
    path = fresh.workspace.templates / FORM_NAME
    drawn = Package(path.read_bytes())
    strings = drawn.read("xl/sharedStrings.xml").decode()
    broken = strings.replace("{{ measure.name }}", "{{ measure.name }}{{ 1 // measure.goal.count('ん') }}", 1)
    assert broken != strings
    path.write_bytes(drawn.with_parts({"xl/sharedStrings.xml": broken.encode()}))
    told = []
    for workers in (ALONE, TWO):
        with pytest.raises(CannotShow) as caught:
            issue(fresh, workers=workers)
        told.append((caught.value.message, caught.value.fix, caught.value.source, caught.value.exit_code))
    assert told[0] == told[1] and "0 で割っています" in told[0][0]


def test_a_number_kept_for_another_workbook_is_passed_over_by_all(fresh: Quarter) -> None:
    kept = {"R04Q1-002": b"another workbook"}
    for workers in (ALONE, TWO):
        mine = copy(fresh, fresh.root.parent / str(workers.workers))
        books = issue(mine, kept=lambda id_: kept.get(id_, b""), workers=workers)
        assert [book.issue.id for book in books][:3] == ["R04Q1-001", "R04Q1-003", "R04Q1-004"]

"""The demo: a whole quarter on the real measures, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.collect.plan import Status
from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.lifecycle.demo import DemoResult, play
from dxreport.master.read import read_master
from dxreport.master.records import ReceiptState
from dxreport.status.round_status import State
from tests.support.quarter import ANSWERS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, told: list[str]) -> DemoResult:
    return play(tmp_path_factory.mktemp("demo") / "見本", told.append)


def test_it_goes_as_it_should(played: DemoResult) -> None:
    assert played.unexpected == ()
    assert (len(played.issued), len(played.returned)) == (17, 17)
    assert played.end.sums == {State.MERGED: 26}


def test_one_real_form_is_held_for_quarters_to_come_and_nothing_else_is(played: DemoResult) -> None:
    sheets = [s for f in played.first.plan.files for s in f.sheets]
    assert len(sheets) == 26
    assert [(s.measure, s.status) for s in sheets if s.status in (Status.HELD, Status.REFUSED)] == [
        ("03-04", Status.HELD)
    ]
    [error] = [p for p in played.held.problems if p.severity == "error"]
    assert (error.code, error.fields) == ("E104", tuple(f"activity.progress/K1/{q}" for q in (2, 3, 4)))


def test_at_the_end_the_master_is_the_printed_data_but_for_the_held_cells(played: DemoResult) -> None:
    master = read_master(played.workspace.master)
    cleared = {Ref("activity.progress", "K1", q): "" for q in (2, 3, 4)}
    expected = ANSWERS | {"03-04": Measure(ANSWERS["03-04"].values() | cleared)}
    assert {m.id: m for m in master.measures} == expected


def test_the_corrected_copy_went_in_and_only_the_held_sheet_changed(played: DemoResult) -> None:
    assert played.corrected.name == played.first.copies[0].name
    [file] = played.second.plan.files
    assert {s.measure: s.status for s in file.sheets}["03-04"] is Status.MERGED
    assert {c.measure for c in played.second.plan.changes} == {"03-04"}


def test_every_return_is_in_the_books_with_its_original(played: DemoResult) -> None:
    master = read_master(played.workspace.master)
    assert len({r.id for r in master.receipts}) == 18
    assert [r.measure for r in master.receipts if r.state is ReceiptState.HELD] == ["03-04"]
    assert len(list(played.workspace.returns.iterdir())) == 18
    changed = sum(len(p.plan.changes) for p in (played.first, played.second))
    assert len(master.changes) == changed


def test_the_steps_are_told_with_the_message_of_the_held_sheet(played: DemoResult, told: list[str]) -> None:
    text = "\n".join(told)
    steps = [int(line[0]) for line in told if line[0].isdigit()]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 6
    assert "まだ始まっていない四半期" in text and str(played.first.copies[0]) in text


def test_the_command_says_where_everything_is_and_refuses_a_folder_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "見本"
    assert main(["demo", str(folder)]) == 0
    out = capsys.readouterr().out
    for label in ("報告書（PDF）", "報告書（Excel）", "報告書（HTML）", "公表用"):
        assert f"  {label}: " in out
    assert "26" in out and "一致しました" in out and "master/master.xlsx" in out.replace("\\", "/")
    before = sorted(folder.rglob("*"))
    assert main(["demo", str(folder)]) == 2
    again = capsys.readouterr()
    assert again.out == ""
    assert "すでに" in again.err and "ほか" in again.err and "削除" in again.err and again.err.count("templates") <= 3
    assert sorted(folder.rglob("*")) == before

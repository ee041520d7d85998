"""Failing calls and a full disk: the command says truly what it did and, run again, does the rest."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.workspace import transaction
from tests.support.points import tried
from tests.support.quarter import OFFICE, Quarter

pytestmark = pytest.mark.slow

CP = "contact_person"
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that dies is forked")


@forks
@pytest.mark.parametrize(
    ("scene", "most"),
    [("init", 3), ("render", 3), ("collect", 6), ("withdraw", 3), ("report", 4), ("mail", 3), ("rollover", 3), ("publish", 2)],
)  # fmt: skip
def test_one_call_that_fails(scene: str, most: int) -> None:
    assert tried("fail", scene, most) == {"tried": most, "wrong": []}


@forks
@pytest.mark.parametrize(("scene", "most"), [("collect", 4), ("render", 2), ("report", 3), ("rollover", 2)])
def test_a_disk_that_is_full_from_a_point_on(scene: str, most: int) -> None:
    assert tried("full", scene, most) == {"tried": most, "wrong": []}


@pytest.mark.quick
def test_a_file_to_hand_out_that_fails_after_the_master_is_told_and_made_by_the_next_run(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = quarter.put(quarter.filled({"01-04": {"activity.progress/K1/1": "ほぼ"}}))
    rename = transaction.rename

    def failing(temporary: Path, target: Path) -> None:
        if "差し戻し" in target.name:
            raise PermissionError(13, "in use", str(target))
        rename(temporary, target)

    monkeypatch.setattr(transaction, "rename", failing)
    command = ["collect", str(path), "-C", str(quarter.root), "--now", "2022-07-14T17:00:00"]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "マスターは書き換えました" in said and "差し戻し.xlsx" in said
    assert quarter.values("01-01")[CP] is not None and quarter.master.receipts
    monkeypatch.undo()
    assert main(command) == 1
    [copy] = (quarter.workspace.reports / "差し戻し").iterdir()
    assert copy.name == "U0001_返送_差し戻し.xlsx"


def test_a_master_saved_while_a_command_writes_is_not_overwritten(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Save it when everything else is already in place."""
    path = quarter.put(quarter.filled({}, OFFICE))
    place = transaction._Run.place
    saved = quarter.workspace.master.read_bytes() + b"saved"

    def slow(run: transaction._Run, paths: object) -> None:
        place(run, paths)
        if run.workspace.master.read_bytes() != saved:
            run.workspace.master.write_bytes(saved)

    monkeypatch.setattr(transaction._Run, "place", slow)
    before = quarter.files()
    assert main(["collect", str(path), "-C", str(quarter.root), "--now", "2022-07-14T17:00:00"]) == 3
    assert "書き換えられました" in capsys.readouterr().err
    assert quarter.files() == before | {"master/master.xlsx": saved}


@pytest.mark.parametrize("command", [["collect", "x.xlsx"], ["render", "--quarter", "1"], ["report", "--quarter", "1", "--final"],
                                     ["resolve", "C0001", "--take", "issued"], ["withdraw", "U0001"]])  # fmt: skip
def test_a_master_that_is_open_is_noticed_before_anything_is_read(
    quarter: Quarter, command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (quarter.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    monkeypatch.setattr("dxreport.master.read.master_from", lambda *_: pytest.fail("the master was read"))
    assert main([*command, "-C", str(quarter.root)]) == 3
    assert "Excel" in capsys.readouterr().err


def test_what_a_dead_run_left_goes_with_the_next(quarter: Quarter) -> None:
    """Include temporary files of earlier releases, and those in a folder outside the workspace."""
    root = quarter.root
    outside = root.parent / "配付" / ".dxreport-00.tmp"
    left = [root / "master" / "returns" / ".dxreport-01.tmp", root / "reports" / "配付" / ".dxreport-02.tmp", outside]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    mine = root / "reports" / "配付" / "大事.tmp"
    mine.write_bytes(b"mine")
    given = {"replaces": None, "new": [], "temporary": [str(outside)]}
    quarter.workspace.pending.write_text(json.dumps(given), encoding="utf-8")
    quarter.collect(quarter.filled({}))
    assert not any(path.exists() for path in left) and mine.exists() and not quarter.workspace.pending.exists()


def test_a_journal_of_a_dead_run_never_leads_out_of_the_workspace(quarter: Quarter) -> None:
    outside = quarter.put(b"mine", "大事.xlsx")
    digest = hashlib.sha256(quarter.workspace.master.read_bytes()).hexdigest()
    new = ["../受信/大事.xlsx", str(outside)]
    quarter.workspace.pending.write_text(
        json.dumps({"replaces": digest, "new": new, "temporary": new}), encoding="utf-8"
    )
    quarter.collect(quarter.filled({}))
    assert outside.read_bytes() == b"mine"

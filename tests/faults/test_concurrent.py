"""Several people at once: every return goes in exactly once, and nobody's save is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

import pytest

from dxreport.collect.commit import Books
from dxreport.collect.originals import original
from tests.support.quarter import RETURNED, Quarter

pytestmark = pytest.mark.slow

AT_ONCE = int(os.environ.get("DXREPORT_AT_ONCE", "7"))  # ``make attack`` has 20


def at_once(commands: Sequence[Sequence[str]], quarter: Quarter) -> list[tuple[int, str]]:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dxreport", *words, "-C", str(quarter.root), "--now", "2022-07-14T17:00:00"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for words in commands
    ]  # fmt: skip
    said = [process.communicate()[1].decode() for process in running]
    return [(process.returncode, text) for process, text in zip(running, said, strict=True)]


def test_returns_collected_at_once_all_go_in_once_each(quarter: Quarter) -> None:
    departments = [d.name for d, _ in quarter.master.by_department(1)]
    names = [departments[n % len(departments)] for n in range(AT_ONCE)]
    paths = [quarter.put(quarter.filled({}, name), f"{n}.xlsx") for n, name in enumerate(names)]
    ended = at_once([["collect", str(path)] for path in paths], quarter)
    assert {code for code, _ in ended} <= {0, 1}, ended
    master = quarter.master
    given = Counter(r.id for r in master.receipts)
    different = len({quarter_file.read_bytes() for quarter_file in paths})
    assert sorted(given) == [f"U{n:04}" for n in range(1, different + 1)]
    expected = {id_ for issue in master.issues if issue.department in names for id_ in issue.measures}
    assert sorted(r.measure for r in master.receipts) == sorted(expected)
    books = Books(quarter.workspace, master, RETURNED)
    assert all(original(quarter.workspace, reading) for reading in books.readings().values())
    assert not list(quarter.root.rglob("*.tmp")) and not quarter.workspace.pending.exists()


def test_different_commands_at_once_are_done_or_say_that_nothing_was(quarter: Quarter) -> None:
    quarter.collect(quarter.filled({}))
    path = quarter.put(quarter.filled({}, "総務課"), "総務.xlsx")
    commands = [
        ["collect", str(path)], ["withdraw", "U0001"], ["report", "--quarter", "1", "--final", "--format", "html"],
        ["mail", "remind"], ["publish"],
    ]  # fmt: skip
    ended = at_once(commands, quarter)
    for (code, said), words in zip(ended, commands, strict=True):
        assert code in (0, 1) or (code == 3 and "もう一度実行" in said), (words, code, said)
    again = [words for words, (code, _) in zip(commands, ended, strict=True) if code == 3]
    for words in again:
        assert at_once([words], quarter)[0][0] in (0, 1)
    master = quarter.master
    assert {r.id for r in master.receipts} == {"U0001", "U0002"} and len(master.finals) == 1
    assert {r.state.value for r in master.receipts if r.id == "U0001"} == {"取下げ"}

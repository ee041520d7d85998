"""A real cluster of two processes on this machine, one of which is killed while it works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dxreport.workers import Lost
from dxreport.workers.cluster import Cluster

pytest.importorskip("distributed")


def worked(item: int) -> tuple[int, int]:
    """Return the item and the process that worked on it."""
    time.sleep(0.01)
    return item, os.getpid()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    known = tmp_path / "scheduler.json"
    own = ("--no-dashboard", "--scheduler-file", str(known))
    started = [_dask("scheduler", "--host", "127.0.0.1", "--port", "0", *own, folder=tmp_path)]
    started += [_dask("worker", "--no-nanny", "--nthreads", "1", *own, folder=tmp_path) for _ in range(2)]
    deadline = time.monotonic() + 60
    while not known.exists():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.1)
    address = known.read_text(encoding="utf-8").partition('"address": "')[2].partition('"')[0]
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()


def _dask(*args: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *args]
    found = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}  # where this module is
    return subprocess.Popen(command, cwd=folder, env=found, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_worker_killed_in_mid_run_changes_no_result(cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    address, processes = cluster
    results = Cluster(address, machines=2).map(worked, range(400))
    found, killed = [], False
    for result in results:
        assert not isinstance(result, Lost)
        found.append(result)
        if len({pid for _, pid in found}) == 2 and not killed:
            os.kill(processes[0].pid, signal.SIGKILL)
            killed = True
    assert killed and [item for item, _ in found] == list(range(400))
    assert len({pid for _, pid in found[-100:]}) == 1

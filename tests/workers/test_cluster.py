"""A real cluster of two processes on this machine, one of which is killed while it works."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from dxreport.workers import Lost
from dxreport.workers.cluster import Cluster
from tests.support.cluster import cluster

pytestmark = pytest.mark.slow

pytest.importorskip("distributed")


def worked(item: int) -> tuple[int, int]:
    """Return the item and the process that worked on it."""
    time.sleep(0.01)
    return item, os.getpid()


def test_a_worker_killed_in_mid_run_changes_no_result(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, processes):
        found, killed = [], False
        for result in Cluster(address, machines=2).map(worked, range(400)):
            assert not isinstance(result, Lost)
            found.append(result)
            if len({pid for _, pid in found}) == 2 and not killed:
                os.kill(processes[0].pid, signal.SIGKILL)
                killed = True
    assert killed and [item for item, _ in found] == list(range(400))
    assert len({pid for _, pid in found[-100:]}) == 1

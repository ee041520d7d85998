"""A Dask cluster of two processes on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Run a scheduler with two workers; yield its address and the processes of the workers."""
    known = folder / "scheduler.json"
    own = ("--no-dashboard", "--scheduler-file", str(known))
    started = [_dask("scheduler", "--host", "127.0.0.1", "--port", "0", *own, folder=folder)]
    started += [_dask("worker", "--no-nanny", "--nthreads", "1", *own, folder=folder) for _ in range(2)]
    try:
        deadline = time.monotonic() + 60
        while not known.exists():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        yield known.read_text(encoding="utf-8").partition('"address": "')[2].partition('"')[0], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def _dask(*args: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *args]
    found = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}  # workers import the tests
    return subprocess.Popen(command, cwd=folder, env=found, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

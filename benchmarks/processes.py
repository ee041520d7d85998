"""Measure whole processes, each started afresh: processor time and peak memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time, with those of its children, and MiB at the peak of the process itself."""

    seconds: float
    memory: float


_RUN = """if True:
    import json, os, resource, runpy, sys
    sys.argv.pop(0)
    try:
        if sys.argv[0].endswith(".py"):
            sys.path.insert(0, os.path.dirname(sys.argv[0]))
            runpy.run_path(sys.argv[0], run_name="__main__")
        else:
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    finally:
        peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        os.write(3, json.dumps([sum(u.ru_utime + u.ru_stime for u in used), int(peak.split()[1]) / 1024]).encode())
"""


def timed(folder: Path, *args: str) -> tuple[Cost, str]:
    """Run a module or a .py file with its arguments in a folder; return what it took and what it printed.

    Raise RuntimeError if it fails.
    """
    read, write = os.pipe()
    command = ["bash", "-c", f'exec 3>&{write}; exec "$@"', "-", sys.executable, "-c", _RUN, *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, pass_fds=(write,))
    os.close(write)
    with open(read, encoding="ascii") as said:
        costs = said.read()
    if done.returncode not in (0, 1) or not costs:
        raise RuntimeError(f"{args}: {done.stderr}")
    return Cost(*json.loads(costs)), done.stdout


def median(costs: Iterable[Cost]) -> Cost:
    """Return the median of each figure."""
    listed = list(costs)
    return Cost(statistics.median(c.seconds for c in listed), statistics.median(c.memory for c in listed))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table whose columns after the first are flush right."""
    names = list(head)
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

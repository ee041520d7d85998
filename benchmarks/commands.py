"""Time whole commands on a quarter of 26 measures and more, each in a process of its own.

Prints, for each size, the seconds of processor time and the peak memory of each command (medians over runs), and the
exponent from the smallest size above 26 to the largest: 1 means that twice the measures take twice the time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import masters

DAY = "2022-07-19T09:00"
COMMANDS = {
    "check": ("check",),
    "render": ("render", "--quarter", "1", "--now", "2022-07-01T09:00"),
    "collect": ("collect", "返送", "--now", "2022-07-14T17:00"),
    "again": ("collect", "返送", "--now", "2022-07-15T09:00"),
    "status": ("status", "--quarter", "1", "--now", DAY),
    "history": ("history", "--measure", "01-01"),
    "report": ("report", "--quarter", "1", "--now", DAY),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time and MiB at the peak."""

    seconds: float
    memory: float


_RUN = """if True:
    import json, os, resource, runpy, sys
    try:
        runpy.run_module("dxreport", run_name="__main__", alter_sys=True)
    finally:
        peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        os.write(3, json.dumps([sum(u.ru_utime + u.ru_stime for u in used), int(peak.split()[1]) / 1024]).encode())
"""


def timed(workspace: Path, *args: str) -> Cost:
    """Run a command in a workspace; raise RuntimeError if it could not work."""
    read, write = os.pipe()
    command = ["bash", "-c", f'exec 3>&{write}; exec "$@"', "-", sys.executable, "-c", _RUN, *args]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, pass_fds=(write,))
    os.close(write)
    with open(read, encoding="ascii") as said:
        costs = said.read()
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{args}: {done.stderr}")
    return Cost(*json.loads(costs))


def play(folder: Path, measures: int) -> dict[str, Cost]:
    """Play a quarter of this size; return what each command took."""
    made = masters.workspace(folder / "w", measures)
    costs = {}
    for name, args in COMMANDS.items():
        if name == "collect":
            masters.returned(made, made.root / "返送")
        costs[name] = timed(made.root, *args)
    return costs


def median(runs: list[dict[str, Cost]], name: str) -> Cost:
    """Return the median of each figure."""
    return Cost(
        statistics.median(run[name].seconds for run in runs), statistics.median(run[name].memory for run in runs)
    )


def main() -> None:
    """Print a table with a row for each command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[26, 260, 2600])
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    found: dict[int, dict[str, Cost]] = {}
    for size in options.sizes:
        runs = []
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(play(Path(folder), size))
        found[size] = {name: median(runs, name) for name in COMMANDS}
    print(f"{'seconds (MiB)':<10}" + "".join(f"{size:>16,}" for size in found) + f"{'exponent':>10}")
    large = [size for size in found if size > 26] or list(found)
    for name in COMMANDS:
        cells = "".join(f"{found[s][name].seconds:>9.2f} ({found[s][name].memory:,.0f})".rjust(16) for s in found)
        print(f"{name:<10}{cells}{_exponent(found, name, large):>10}")


def _exponent(found: dict[int, dict[str, Cost]], name: str, sizes: list[int]) -> str:
    first, last = sizes[0], sizes[-1]
    if first == last:
        return ""
    ratio = found[last][name].seconds / found[first][name].seconds
    return f"{math.log(ratio) / math.log(last / first):.2f}"


if __name__ == "__main__":
    main()

"""Time ``dxreport --help`` against a bare Python and one that only imports click, in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from processes import table

RUNS = 15
CANDIDATES = {
    "python -c pass": ("-c", "pass"),
    "import click": ("-c", "import click"),
    "dxreport --help": ("-m", "dxreport", "--help"),
}


def measured() -> str:
    """Return a table with the median of each and its ratio to ``import click``."""
    taken: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for _ in range(RUNS):
        for name, args in CANDIDATES.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    click = medians["import click"]
    return table(
        ("", "ms", "relative"), ([name, f"{s * 1000:.0f}", f"{s / click:.1f} ×"] for name, s in medians.items())
    )


if __name__ == "__main__":
    print(measured())

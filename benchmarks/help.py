"""Time ``dxreport --help`` against a bare Python and one that only imports click."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(*args: str) -> float:
    """Return the median time of a Python process with these arguments."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Print the medians in milliseconds."""
    nothing, click, shown = seconds("-c", "pass"), seconds("-c", "import click"), seconds("-m", "dxreport", "--help")
    print(f"python -c pass             {nothing * 1000:6.0f} ms")
    print(f"python -c 'import click'   {click * 1000:6.0f} ms")
    print(f"dxreport --help            {shown * 1000:6.0f} ms   {shown / click:.1f} x import click")


if __name__ == "__main__":
    main()

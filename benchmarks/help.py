"""How long ``dxreport --help`` takes, beside a Python that does nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(*args: str) -> float:
    """The median time of a Python process with these arguments."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Print both medians in milliseconds."""
    nothing, shown = seconds("-c", "pass"), seconds("-m", "dxreport", "--help")
    print(f"python -c pass    {nothing * 1000:6.0f} ms")
    print(f"dxreport --help   {shown * 1000:6.0f} ms")


if __name__ == "__main__":
    main()

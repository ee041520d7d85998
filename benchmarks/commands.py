"""Time whole commands on a quarter of 26 measures and more, each in a process of its own.

Prints, for each size, the seconds of processor time and the peak memory of each command (medians over runs), and the
exponent from the smallest size above 26 to the largest: 1 means that twice the measures take twice the time.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import masters
from processes import Cost, median, table, timed

DAY = "2022-07-19T09:00"
SIZES = (26, 260, 2600)
MANY = 2600  # larger sizes are played once
COMMANDS = {
    "check": ("check",),
    "render": ("render", "--quarter", "1", "--now", "2022-07-01T09:00"),
    "collect": ("collect", "返送", "--now", "2022-07-14T17:00"),
    "collect again": ("collect", "返送", "--now", "2022-07-15T09:00"),
    "status": ("status", "--quarter", "1", "--now", DAY),
    "history": ("history", "--measure", "01-01"),
    "report": ("report", "--quarter", "1", "--now", DAY),
}


def play(folder: Path, measures: int) -> dict[str, Cost]:
    """Play a quarter of this size; return what each command took."""
    made = masters.workspace(folder / "w", measures)
    costs = {}
    for name, args in COMMANDS.items():
        if name == "collect":
            masters.returned(made, made.root / "返送")
        costs[name], _ = timed(made.root, "dxreport", *args)
    return costs


def measured(sizes: Sequence[int], runs: int) -> str:
    """Return a table with a row for each command."""
    found: dict[int, dict[str, Cost]] = {}
    for size in sizes:
        played = []
        for _ in range(runs if size <= MANY else 1):
            with tempfile.TemporaryDirectory() as folder:
                played.append(play(Path(folder), size))
        found[size] = {name: median(run[name] for run in played) for name in COMMANDS}
    large = [size for size in sizes if size > 26] or list(sizes)
    head = ["CPU s (MiB)", *(f"{size:,}" for size in sizes), "exponent"]
    return table(head, ([name, *_cells(found, name), _exponent(found, name, large)] for name in COMMANDS))


def _cells(found: dict[int, dict[str, Cost]], name: str) -> list[str]:
    return [f"{costs[name].seconds:.2f} ({costs[name].memory:,.0f})" for costs in found.values()]


def _exponent(found: dict[int, dict[str, Cost]], name: str, sizes: Sequence[int]) -> str:
    first, last = sizes[0], sizes[-1]
    if first == last:
        return ""
    ratio = found[last][name].seconds / found[first][name].seconds
    return f"{math.log(ratio) / math.log(last / first):.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    print(measured(options.sizes, options.runs))


if __name__ == "__main__":
    main()

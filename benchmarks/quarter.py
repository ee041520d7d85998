"""Play a quarter from `init` to `report` with one process, with two, and on a cluster of two processes on loopback.

Prints the wall-clock seconds of each command as multiples of those with one process, and fails if a single byte of
the workspaces differs.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import masters
from distributed import LocalCluster

COMMANDS = {
    "render": ("render", "--quarter", "1", "--now", "2022-07-01T09:00"),
    "collect": ("collect", "返送", "--now", "2022-07-14T17:00"),
    "report": ("report", "--quarter", "1", "--now", "2022-07-19T09:00"),
}
SHARED = ("render", "collect")


def play(made: masters.Workspace, how: tuple[str, ...]) -> dict[str, float]:
    """Play the quarter; return the seconds of each command."""
    seconds = {}
    for name, args in COMMANDS.items():
        if name == "collect":
            masters.returned(made, made.root / "返送")
        options = how if name in SHARED else ()
        begun = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "dxreport", *args, *options], cwd=made.root, capture_output=True)
        seconds[name] = time.perf_counter() - begun
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{name}: {done.stderr.decode()}")
    return seconds


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    """Print a row for each way of working; fail on a difference."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("measures", nargs="?", type=int, default=1404, help="a multiple of 26; 1,404: a prefecture")
    size = parser.parse_args().measures
    two = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with tempfile.TemporaryDirectory() as scratch, two:
        start = masters.workspace(Path(scratch) / "start", size)
        ways = {
            "1 process": ("--workers", "1"),
            "2 processes": ("--workers", "2"),
            "cluster": ("--scheduler", two.scheduler_address),
        }
        found: dict[str, dict[str, str]] = {}
        taken: dict[str, dict[str, float]] = {}
        print(f"{size:,} measures  " + "".join(f"{name:>9}" for name in COMMANDS))
        for way, how in ways.items():
            made = masters.copy(start, Path(scratch) / way)
            seconds = play(made, how)
            found[way] = digests(made.root)
            taken[way] = seconds
            ratios = (seconds[name] / taken["1 process"][name] for name in COMMANDS)
            print(f"{way:<16}" + "".join(f"{ratio:>8.2f}×" for ratio in ratios), flush=True)
        first = found["1 process"]
        differ = sorted({name for other in found.values() for name, _ in first.items() ^ other.items()})
        print(f"{len(first):,} files, {len(differ)} differ")
        if differ:
            raise SystemExit("\n".join(differ[:20]))


if __name__ == "__main__":
    main()

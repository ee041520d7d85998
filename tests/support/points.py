"""Run :mod:`tests.faults.points` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tried(how: str, scene: str, most: int) -> dict[str, object]:
    """Return how many points were tried, and what went wrong."""
    command = [sys.executable, "-m", "tests.faults.points", how, scene, "--most", str(most)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.stdout, done.stderr
    return {key: value for key, value in json.loads(done.stdout).items() if key in ("tried", "wrong")}

"""Fixtures for the command line: the program in its own process, and a sample workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dxreport.lifecycle.init import create

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Return ``process(*args, cwd=…, **environment)``, which runs Python with the package importable."""

    def run(*args: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[bytes]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
        return subprocess.run([sys.executable, *args], cwd=cwd, env=env, capture_output=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample workspace, read only."""
    folder = tmp_path_factory.mktemp("workspace") / "見本"
    create(folder, date(2022, 6, 1), sample=True)
    return folder

"""Fixtures for all tests: real client programs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "libreoffice: saves files through LibreOffice")


@pytest.fixture(scope="session")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Saves a workbook through LibreOffice: ``soffice(path, "xls") -> Path``; skips where there is none.

    Each worker has its own profile, since LibreOffice refuses to run twice in one.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = tmp_path_factory.mktemp("soffice-profile")

    @cache
    def convert(path: Path, extension: str) -> Path:
        folder = tmp_path_factory.mktemp(f"soffice-{extension}")
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", extension]
        subprocess.run([*command, "--outdir", str(folder), str(path)], check=True, capture_output=True, timeout=120)
        return folder / f"{path.stem}.{extension.partition(':')[0]}"

    return convert

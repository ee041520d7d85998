"""Fixtures for all tests: real client programs, and an issued quarter."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path

import pytest

from tests.support import quarter as play

PROGRAMS = {"libreoffice": "soffice", "chromium": "chromium"}  # by marker
FIXTURES = {"soffice", "office"}  # the fixtures that start LibreOffice
REQUIRED = os.environ.get("DXREPORT_REQUIRE_CLIENTS") == "1"
_CLIENT = re.compile("libreoffice|soffice|python3-uno|chromium|poppler|fontconfig|Japanese font", re.IGNORECASE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses LibreOffice through a fixture, so that ``-m`` finds them all."""
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("libreoffice")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests whose client program is missing."""
    for marker, program in PROGRAMS.items():
        if item.get_closest_marker(marker) and shutil.which(program) is None:
            pytest.skip(f"{marker}: {program} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail tests skipped for lack of a client program, if DXREPORT_REQUIRE_CLIENTS=1."""
    report = yield
    if REQUIRED and report.skipped and isinstance(report.longrepr, tuple) and _CLIENT.search(report.longrepr[2]):
        report.outcome, report.longrepr = "failed", f"{report.longrepr[2]}, and DXREPORT_REQUIRE_CLIENTS=1"
    return report


@pytest.fixture(scope="session")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Save a workbook through LibreOffice: ``soffice(path, "xls") -> Path``; skip if it is not installed.

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


def _imports_uno(python: Path) -> bool:
    return not subprocess.run([python, "-c", "import uno"], capture_output=True).returncode


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[dict]], None]:
    """Edit workbooks in LibreOffice: ``office(jobs)``, as described in ``office.py``; skip if it is not installed."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    own = Path(program).resolve().parent
    candidates = [own / "python", own / "python.exe", Path("/usr/bin/python3"), Path(sys.executable)]
    python = next((p for p in candidates if p.exists() and _imports_uno(p)), None)
    if python is None:
        pytest.skip("LibreOffice is installed, but no Python that can import uno (python3-uno)")
    profile = tmp_path_factory.mktemp("office-profile").as_uri()

    def run(jobs: list[dict]) -> None:
        listed = tmp_path_factory.mktemp("office") / "jobs.json"
        listed.write_text(json.dumps(jobs), encoding="utf-8")
        command = [python, Path(__file__).parent / "support" / "office.py", program, profile, listed]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture(scope="session")
def issued_quarter(tmp_path_factory: pytest.TempPathFactory) -> play.Quarter:
    """Issue 第1四半期 to all departments, once; tests must not change it."""
    return play.make(tmp_path_factory.mktemp("quarter") / "作業")


@pytest.fixture
def quarter(issued_quarter: play.Quarter, tmp_path: Path) -> play.Quarter:
    """Copy ``issued_quarter`` for a test that changes it."""
    return play.copy(issued_quarter, tmp_path)

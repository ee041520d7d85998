"""A wheel carries all that the program needs away from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILD_FILES = ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, to build from."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("dxreport", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "~$*"))
    for name in BUILD_FILES:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built offline."""
    out = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(source))
    (made,) = out.glob("*.whl")
    return made


def pip(*args: str) -> None:
    """Run pip without a network."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *args]
    done = subprocess.run(command, env={**os.environ, "PIP_NO_INDEX": "1"}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_wheel_carries_the_license(wheel):
    archive = zipfile.ZipFile(wheel)
    (text,) = (name for name in archive.namelist() if name.endswith("LICENSE"))
    assert archive.read(text) == (ROOT / "LICENSE").read_bytes()
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    head = message_from_bytes(archive.read(metadata))
    assert "MIT" in (head["License"], head["License-Expression"])


def test_an_sdist_carries_the_license(source, tmp_path):
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as archive:
        assert sum(name.endswith("/LICENSE") for name in archive.getnames()) == 1


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "dxreport"
    own = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    folder = ROOT / "templates"
    files = (p for p in folder.rglob("*") if p.is_file() and p.name[0] not in "~.")
    templates = {f"dxreport/_templates/{p.relative_to(folder).as_posix()}" for p in files}
    assert own | templates <= held
    assert not [n for n in held if n.startswith(("tests/", "templates/", "benchmarks/"))]


def test_an_installed_wheel_makes_a_sample_workspace_far_from_the_repository(wheel, tmp_path):
    site, office = tmp_path / "site", tmp_path / "役所"
    office.mkdir()
    pip("install", "--no-deps", "--target", str(site), str(wheel))
    env = {**os.environ, "PYTHONPATH": str(site), "PYTHONIOENCODING": "utf-8"}

    def dxreport(*args: str) -> str:
        command = [sys.executable, "-m", "dxreport", *args]
        done = subprocess.run(command, cwd=office, env=env, capture_output=True, encoding="utf-8", timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    dxreport("init", "年度", "--sample")
    made = office / "年度" / "templates" / "年間活動計画.xlsx"
    assert made.read_bytes() == (site / "dxreport" / "_templates" / made.name).read_bytes()
    assert "26 施策" in dxreport("check", "-C", "年度")
    assert [p.name for p in site.glob("bin/*")] in (["dxreport"], ["dxreport.exe"])

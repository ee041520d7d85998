"""A wheel carries all that the program needs away from the repository; the locks hold what setup.cfg asks for."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support import licences

ROOT = Path(__file__).parents[1]
BUILD_FILES = ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, to build from."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("dxreport", "templates", "gallery"):
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
    templates = {f"dxreport/_templates/{p.name}" for p in (ROOT / "templates").iterdir() if p.name[0] not in "~."}
    gallery = {f"dxreport/_gallery/{p.name}" for p in (ROOT / "gallery").iterdir() if p.name[0] not in "~."}
    assert own | templates | gallery <= held
    assert not [n for n in held if n.startswith(("tests/", "templates/", "gallery/", "benchmarks/"))]


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


# The locks


def asked(*groups: str) -> list[Requirement]:
    """Return the requirements of setup.cfg: those of the program, and of extras."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = [config["options"]["install_requires"], *(config["options.extras_require"][name] for name in groups)]
    return [Requirement(line) for line in "\n".join(lines).splitlines() if line]


def test_every_dependency_of_the_program_has_an_upper_bound():
    assert [r.name for r in asked() if not any(s.operator == "<" for s in r.specifier)] == []


@pytest.mark.parametrize(
    ("lock", "groups"), [(licences.RUN, ()), (licences.ALL, ("cluster", "test", "bench"))], ids=["run", "all"]
)
def test_a_lock_holds_what_setup_cfg_asks_for(lock, groups):
    packages = licences.locked(lock)
    assert all(v in r.specifier for r in asked(*groups) for v in packages[r.name.lower()].versions), "run: make lock"
    direct = {name for name, package in packages.items() if licences.PROGRAM in package.via}
    assert direct == {r.name.lower() for r in asked(*groups)}, "run: make lock"


def test_offices_run_the_versions_that_are_tested():
    run, every = licences.locked(licences.RUN), licences.locked(licences.ALL)
    assert {name: p.versions for name, p in run.items()} == {name: every[name].versions for name in run}


def test_every_locked_package_has_hashes_and_a_licence():
    lock = (ROOT / licences.ALL).read_text(encoding="ascii")
    blocks = re.findall(r"^(\S+)==.*((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)*)", lock, re.MULTILINE)
    assert blocks and all(hashes for _, hashes in blocks)
    rows = re.findall(
        r"^\| ([a-z0-9-]+) \| [0-9.、]+ \| [^| ][^|]* \| [^| ]", licences.DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted({name for name, _ in blocks}), "run: make docs"


FOUND = {"name": "lxml", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
SOUND = {"name": "click", "version": "8", "vulns": []}
UNKNOWN = {"name": "typst", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([FOUND, SOUND], 1, "lxml 1: CVE-1, fixed in 2\nAUDIT: 1 known vulnerabilities in 2 packages of a.lock\n"),
        ([SOUND, UNKNOWN], 0, "AUDIT: 0 known vulnerabilities in 1 packages of a.lock; not looked up: typst\n"),
        ([UNKNOWN], 0, "AUDIT SKIPPED: the index answers for none of the 1 packages\n"),
        (None, 0, "AUDIT SKIPPED: pip-audit does not run or its index cannot be reached (JSONDecodeError)\n"),
    ],
    ids=["found", "sound", "unknown", "no network"],
)
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for pip-audit is a script")
def test_the_audit_says_whether_it_looked(tmp_path, packages, code, said):
    program = tmp_path / "pip-audit"
    answer = "" if packages is None else json.dumps({"dependencies": packages})
    program.write_text(f"#!{sys.executable}\nprint({answer!r})\n", encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run([sys.executable, ROOT / ".ci/audit.py", program, "a.lock"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, said)


def test_the_audit_says_that_there_is_no_pip_audit(tmp_path):
    command = [sys.executable, ROOT / ".ci/audit.py", tmp_path / "pip-audit", "a.lock"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "AUDIT SKIPPED")

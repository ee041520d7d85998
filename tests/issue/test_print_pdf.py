"""Printing with a program that is not LibreOffice: one that hangs, leaves children or makes nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError
from dxreport.issue.print_pdf import print_pdf
from dxreport.issue.stand_in_fonts import with_fitting_sizes
from dxreport.ooxml.package import Package
from tests.support.lens import REAL, render
from tests.support.packages import S

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a shell script and /proc are needed")
WAIT = 20.0  # seconds in which an ended process must be gone


def program(folder: Path, *lines: str) -> Path:
    """A shell script in the place of soffice."""
    path = folder / "soffice"
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    path.chmod(0o755)
    return path


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("child", "end"),
    [("> /dev/null 2>&1", "wait"), ("", "wait"), ("", "exit 0")],
    ids=["a silent child", "a child that holds the output open", "a child that outlives the program"],
)
def test_a_program_that_does_not_end_is_ended_with_its_children(child: str, end: str, tmp_path: Path) -> None:
    pid_file, survived = tmp_path / "pid", tmp_path / "survived"
    script = program(
        tmp_path,
        f"(sleep 15; touch '{survived}') {child} &",
        f"echo $! > '{pid_file}.new'",
        f"mv '{pid_file}.new' '{pid_file}'",
        end,
    )
    with pytest.raises(DxreportError, match="2 秒たっても終わりません"):
        print_pdf(script, b"", timeout=2)
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + WAIT
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not survived.exists()


def test_what_it_said_last_is_the_reason(tmp_path: Path) -> None:
    script = program(tmp_path, "echo first", "echo 'no display' >&2")
    with pytest.raises(DxreportError, match="PDF にできませんでした（no display）"):
        print_pdf(script, b"")
    with pytest.raises(DxreportError, match="理由は示されませんでした"):
        print_pdf(program(tmp_path, "exit 1"), b"")


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(DxreportError, match="起動できません"):
        print_pdf(tmp_path / "nothing", b"")


def test_its_pdf_is_returned(tmp_path: Path) -> None:
    script = program(tmp_path, "for folder; do :; done", 'cp "$folder" "${folder%.xlsx}.pdf"')
    assert print_pdf(script, b"book") == b"book"


def sizes_of(data: bytes) -> list[float]:
    """The sizes of the fonts of a workbook."""
    root = Package(data).xml("xl/styles.xml")
    return [float(size.get("val")) for size in root.iterfind(f"{S}fonts/{S}font/{S}sz")]


@pytest.mark.parametrize(("shown", "share"), [("Noto Sans CJK JP", 0.85), ("IPAexGothic", 1), ("Ume P Gothic", 1)])
def test_a_larger_stand_in_is_set_smaller(shown: str, share: float, tmp_path: Path) -> None:
    match = tmp_path / "fc-match"
    match.write_text(f"#!/bin/sh\nprintf '{shown}'\n", encoding="utf-8")
    match.chmod(0o755)
    data = render(REAL["01-01"])
    fitted = with_fitting_sizes(data, {"PATH": str(tmp_path)}, str(match))
    assert sizes_of(fitted) == pytest.approx([size * share for size in sizes_of(data)])
    assert 9.0 in sizes_of(data) and (fitted == data) == (share == 1)

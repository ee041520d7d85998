"""Print a workbook to PDF with LibreOffice, if it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from ..domain.errors import DxreportError, reason_of
from .stand_in_fonts import font_rules, with_fitting_sizes

TIMEOUT, EACH = 600.0, 1.0  # seconds, and those added for each sheet; 26 take about 10, 1,404 about 300
MANY = 100  # sheets, from which on it takes long enough to say so
HOW_TO_PRINT = "ブックを Excel で開き、「ファイル」→「エクスポート」→「PDF/XPS の作成」→「オプション」で「ブック全体」を選んで発行してください。"
_WINDOWS = (r"LibreOffice\program\soffice.com", r"LibreOffice\program\soffice.exe")
_MAC = Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")


def libreoffice() -> Path | None:
    """Return the path of LibreOffice's program, None if it is not installed."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return Path(found)
    folders = [os.environ[name] for name in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)") if name in os.environ]
    places = [Path(folder) / program for folder in folders for program in _WINDOWS] + [_MAC]
    return next((place for place in places if place.is_file()), None)


def print_pdf(program: Path, data: bytes, timeout: float = TIMEOUT) -> bytes:
    """Return the workbook ``data`` as PDF. Raise DxreportError if LibreOffice fails or exceeds ``timeout`` seconds.

    LibreOffice gets a profile of its own, because it refuses to run twice in one: it may be open elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="dxreport-", ignore_cleanup_errors=True) as folder:
        book, fonts = Path(folder, "book.xlsx"), Path(folder, "fonts.conf")
        fonts.write_text(font_rules(), encoding="utf-8")
        environment = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
        book.write_bytes(with_fitting_sizes(data, environment))
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = [str(program), profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(book)]
        output = _run(command, timeout, environment)
        try:
            return Path(folder, "book.pdf").read_bytes()
        except FileNotFoundError:
            reason = (output.strip().splitlines() or ["理由は示されませんでした"])[-1]
            raise DxreportError(f"LibreOffice で PDF にできませんでした（{reason}）。", HOW_TO_PRINT) from None


def _run(command: list[str], timeout: float, environment: dict[str, str]) -> str:
    """Run a program and return its output. Raise DxreportError if it does not start or end in ``timeout`` seconds."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            start_new_session=sys.platform != "win32",
        )  # fmt: skip
    except OSError as error:
        what = f"LibreOffice（{command[0]}）を起動できません（{reason_of(error)}）。"
        raise DxreportError(what, HOW_TO_PRINT) from None
    try:
        output, _ = process.communicate(timeout=timeout)
    except BaseException as error:
        _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise DxreportError(f"LibreOffice が {timeout:g} 秒たっても終わりません。", HOW_TO_PRINT) from None
        raise
    return output.decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and its children, which could outlive it and keep its output open."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

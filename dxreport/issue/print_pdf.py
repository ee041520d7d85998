"""Print a workbook to PDF with LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from html import escape
from pathlib import Path

from ..domain.errors import DxreportError

TIMEOUT = 600.0  # seconds; 26 sheets take about ten
HOW_TO_PRINT = "ブックを Excel で開き、「ファイル」→「エクスポート」→「PDF/XPS の作成」→「オプション」で「ブック全体」を選んで発行してください。"
_WINDOWS = (r"LibreOffice\program\soffice.com", r"LibreOffice\program\soffice.exe")
_MAC = Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")
# Free fonts for missing ones of Windows. Row heights were computed for the latter, so fonts with taller lines
# would cut the last line of a full cell.
_STAND_INS = (
    (("ＭＳ Ｐゴシック", "MS PGothic", "ＭＳ ゴシック", "MS Gothic", "MS UI Gothic", "BIZ UDPゴシック", "BIZ UDPGothic",
      "BIZ UDゴシック", "BIZ UDGothic", "HGPｺﾞｼｯｸE", "HGSｺﾞｼｯｸE", "HGｺﾞｼｯｸE"),
     ("IPAexGothic", "IPAPGothic", "IPAGothic", "TakaoPGothic", "Noto Sans CJK JP")),
    (("ＭＳ Ｐ明朝", "MS PMincho", "ＭＳ 明朝", "MS Mincho", "BIZ UDP明朝", "BIZ UDPMincho", "游明朝", "Yu Mincho"),
     ("IPAexMincho", "IPAPMincho", "IPAMincho", "TakaoPMincho", "Noto Serif CJK JP")),
    (("游ゴシック", "Yu Gothic", "メイリオ", "Meiryo", "Meiryo UI"), ("Noto Sans CJK JP", "IPAexGothic", "IPAPGothic")),
)  # fmt: skip


def libreoffice() -> Path | None:
    """Return LibreOffice's program, or None where it is not installed."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return Path(found)
    folders = [os.environ[name] for name in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)") if name in os.environ]
    places = [Path(folder) / program for folder in folders for program in _WINDOWS] + [_MAC]
    return next((place for place in places if place.is_file()), None)


def print_pdf(program: Path, data: bytes, timeout: float = TIMEOUT) -> bytes:
    """Return the workbook ``data`` as PDF; raise DxreportError when LibreOffice fails or exceeds ``timeout`` seconds.

    LibreOffice refuses to run twice in one profile, so it gets its own and may be open otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="dxreport-", ignore_cleanup_errors=True) as folder:
        book, fonts = Path(folder, "book.xlsx"), Path(folder, "fonts.conf")
        book.write_bytes(data)
        fonts.write_text(_font_rules(), encoding="utf-8")
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = [str(program), profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(book)]
        output = _run(command, timeout, {**os.environ, "FONTCONFIG_FILE": str(fonts)})
        try:
            return Path(folder, "book.pdf").read_bytes()
        except FileNotFoundError:
            reason = (output.strip().splitlines() or ["理由は示されませんでした"])[-1]
            raise DxreportError(f"LibreOffice で PDF にできませんでした（{reason}）。", HOW_TO_PRINT) from None


def _font_rules() -> str:
    """Return rules for fontconfig (Linux): those of the system, with stand-ins for missing fonts."""
    system = escape(os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf")
    rules = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
    for families, stand_ins in _STAND_INS:
        accepted = "".join(f"<family>{name}</family>" for name in stand_ins)
        for name in families:
            rules += f'<alias binding="same"><family>{name}</family><accept>{accepted}</accept></alias>'
    return f'{rules}<include ignore_missing="yes">{system}</include></fontconfig>'


def _run(command: list[str], timeout: float, environment: dict[str, str]) -> str:
    """Run a program to its end, or end it and its children after ``timeout`` seconds; return its output."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            start_new_session=sys.platform != "win32",
        )  # fmt: skip
    except OSError as error:
        what = f"LibreOffice（{command[0]}）を起動できません（{error.strerror}）。"
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
    """End a program with its children, which may outlive it and hold its output open."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

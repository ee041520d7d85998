"""Safe writing of files: completely or not at all, one writer at a time, never over an open workbook."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from ..domain.errors import DxreportError, LockedError

KEPT_BACKUPS = 30
LOCK_SECONDS = 60.0  # collects of several people wait for each other; each writes within seconds
STALE_HOURS = 24  # an office program that crashed leaves its lock file behind
_ILLEGAL = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(\.|$)")  # names that Windows keeps to itself
_LONGEST = 180  # bytes of UTF-8; systems accept 255, and a number may be put before the name
_BACKUP = r"_\d{8}-\d{6}(?:-\d+)?"


def atomic_write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that the file always has either its old or its complete new content.

    Creates folders as needed. Raises LockedError if the file may not be written (no permission, or
    on Windows open in another program), DxreportError if it cannot be (disk full).
    """
    temporary = path.with_name(f".dxreport-{token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, PermissionError):
            fix = "Excel などで開いていれば閉じてください。フォルダーに書き込む権限も確かめてください。"
            raise LockedError(f"{path} に書き込めません。", fix) from None
        fix = "空き容量と保存先を確かめてください。"
        raise DxreportError(f"{path} に書き込めません（{error.strerror}）。", fix) from None


@contextmanager
def all_or_nothing() -> Iterator[Callable[[Path, bytes], None]]:
    """Yield ``write(path, data)``; if anything fails in the block, restore every file written.

    A file that already holds ``data`` is not rewritten. ``write`` raises as ``atomic_write``.
    """
    before: dict[Path, bytes | None] = {}

    def write(path: Path, data: bytes) -> None:
        old = path.read_bytes() if path.is_file() else None
        if old != data:
            before.setdefault(path, old)
            atomic_write(path, data)

    try:
        yield write
    except BaseException:
        for path, old in reversed(before.items()):
            with suppress(OSError, DxreportError):
                if old is None:
                    path.unlink(missing_ok=True)
                elif not path.is_file() or path.read_bytes() != old:
                    atomic_write(path, old)
        raise


def backup(path: Path, folder: Path, now: datetime, write: Callable[[Path, bytes], None] = atomic_write) -> Path:
    """Copy ``path`` to ``folder`` as ``name_YYYYMMDD-HHMMSS.xlsx`` by ``write``, and return the copy's path.

    Further copies within one second are numbered from 2. Only the newest 30 copies are kept.
    """
    stem = f"{path.stem}_{now:%Y%m%d-%H%M%S}"
    target, number = folder / f"{stem}{path.suffix}", 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}{path.suffix}"
    write(target, path.read_bytes())
    pattern = re.compile(re.escape(path.stem) + _BACKUP + re.escape(path.suffix))
    kept = sorted((p for p in folder.iterdir() if pattern.fullmatch(p.name)), key=lambda p: p.stem)
    for old in kept[:-KEPT_BACKUPS]:
        if old != target:
            with suppress(OSError):  # open in Excel on Windows: removed next time
                old.unlink(missing_ok=True)
    return target


@contextmanager
def locked(path: Path, timeout: float | None = None) -> Iterator[None]:
    """Hold the lock file ``path``; raises LockedError when another dxreport keeps it for ``timeout`` (60) seconds."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(path))
    try:
        lock.acquire(timeout=LOCK_SECONDS if timeout is None else timeout)
    except Timeout:
        raise LockedError(
            f"別の dxreport が {path.parent} に書き込んでいます。", "終わるのを待って、もう一度実行してください。"
        ) from None
    except PermissionError:
        raise LockedError(f"{path.parent} に書き込めません。", "フォルダーに書き込む権限を確かめてください。") from None
    try:
        yield
    finally:
        lock.release()


def opened_elsewhere(path: Path) -> str | None:
    """Return the program that has the workbook open, with its user (``Excel（山田）``), or None.

    Excel and LibreOffice put a lock file next to the workbook, ``~$NAME`` and ``.~lock.NAME#``, and
    leave it behind after a crash. On Windows, where both block writing, the lock file counts only if
    the workbook cannot be opened for writing; elsewhere only if it is less than a day old.
    """
    excel, libre = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    if sys.platform == "win32":
        try:
            with path.open("r+b"):
                return None
        except FileNotFoundError:
            return None
        except PermissionError:
            by_libre = libre.exists()
    elif _fresh(excel) or _fresh(libre):
        by_libre = not _fresh(excel)
    else:
        return None
    program, user = ("LibreOffice", _libre_user(libre)) if by_libre else ("Excel", _excel_user(excel))
    return f"{program}（{user}）" if user else program


def _fresh(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < STALE_HOURS * 3600
    except OSError:
        return False


def _excel_user(path: Path) -> str:
    # A byte of length and the name in the old code page, padded to 55 bytes; then its length and text in UTF-16.
    with suppress(OSError, UnicodeDecodeError):
        data = path.read_bytes()
        length = int.from_bytes(data[55:57], "little")
        return data[57 : 57 + 2 * length].decode("utf-16-le").strip("\0 ") if length <= 54 else ""
    return ""


def _libre_user(path: Path) -> str:
    # user name, system user, host, time, profile; separated by commas
    with suppress(OSError, UnicodeDecodeError):
        fields = path.read_text(encoding="utf-8").split(",")
        return next((word.strip() for word in fields[:2] if word.strip()), "")
    return ""


def _sync_folder(folder: Path) -> None:
    # Make the new name reach the disk too; Windows has no such call and needs none.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_name(text: str) -> str:
    """Turn a text into a valid file name on any system.

    Without forbidden characters or a final dot or blank, not the name of a device, at most 180 bytes.
    """
    name = _ILLEGAL.sub("＿", text).rstrip(". ") or "_"
    name = f"_{name}" if _DEVICE.match(name) else name
    if len(name.encode("utf-8", "replace")) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".") if len(name.rpartition(".")[2]) <= 5 else (name, "", "")
    room = _LONGEST - len(dot + ending)
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip(". ") + dot + ending

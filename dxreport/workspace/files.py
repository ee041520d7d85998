"""Write files safely: completely or not at all, one writer at a time, never over an open workbook."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from errno import EISDIR
from itertools import count, repeat
from pathlib import Path

from ..domain.errors import DxreportError, LockedError, reason_of

KEPT_BACKUPS, KEPT_DAYS = 30, 60
LOCK_SECONDS = 180.0  # commands of several people wait for each other, and each writes within seconds
STALE_HOURS = 24  # Excel and LibreOffice leave their lock files behind when they crash
_ILLEGAL = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(\.|$)")  # names that Windows reserves
_LONGEST = 180  # bytes of UTF-8; systems accept 255, and a number may be put in front of the name
_TRIES = 10  # attempts to rename, a tenth of a second apart
_MANY, _AT_ONCE = 64, 8  # threads pay off from this many files on, each flushing that many at a time; how many threads


def atomic_write(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that the file always has either its old or its complete new content.

    Create folders as needed. Raise LockedError if the file may not be written (no permission, or on Windows open in
    another program), DxreportError if it cannot be (disk full).
    """
    temporary = beside(path)
    try:
        write_beside(path, temporary, data)
        sync(temporary)
        rename(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(path, error) from None


def beside(path: Path) -> Path:
    """Return a new name in the folder of ``path``, under which its content is written first."""
    return path.with_name(f".dxreport-{os.urandom(8).hex()}.tmp")


def write_beside(path: Path, temporary: Path, data: bytes) -> None:
    """Write what is to become ``path`` to ``temporary``, with the permissions that ``path`` has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)
    if path.exists():
        shutil.copymode(path, temporary)


def sync(path: Path) -> None:
    """Flush the content of a file to the disk."""
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)  # the file may be read-only by now
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def synced(paths: Sequence[Path]) -> Iterator[None]:
    """Flush the contents of files to the disk, and yield for each that is there, in order.

    Many are flushed by several threads: a disk takes hardly longer for all that wait than for one.
    """
    if len(paths) < _MANY:
        yield from map(sync, paths)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for done, error in threads.map(_sync, (paths[n : n + _MANY] for n in range(0, len(paths), _MANY))):
            yield from repeat(None, done)
            if error:
                raise error


def _sync(paths: Sequence[Path]) -> tuple[int, OSError | None]:
    """Flush files until one fails; return how many are on the disk, and the error."""
    for done, path in enumerate(paths):
        try:
            sync(path)
        except OSError as error:
            return done, error
    return len(paths), None


def refuse_in_use(path: Path) -> None:
    """Raise OSError if ``path`` clearly cannot be replaced, since it is a folder or, on Windows, an open file."""
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    if sys.platform == "win32" and path.exists():
        with path.open("r+b"):
            pass


def rename(temporary: Path, path: Path) -> None:
    """Rename ``temporary`` to ``path``; retry on Windows, where a scanner or indexer may hold it for a moment."""
    for left in reversed(range(_TRIES if sys.platform == "win32" else 1)):
        try:
            os.replace(temporary, path)
            break
        except PermissionError:
            if not left:
                raise
            time.sleep(0.1)


def unwritable(path: Path, error: OSError) -> DxreportError:
    """Return the error for a file that could not be written."""
    if isinstance(error, PermissionError):
        fix = "Excel などで開いていれば閉じてください。フォルダーに書き込む権限も確かめてください。"
        return LockedError(f"{path} に書き込めません。", fix)
    fix = "空き容量と保存先を確かめてください。"
    return DxreportError(f"{path} に書き込めません（{reason_of(error)}）。", fix)


def backup_path(path: Path, folder: Path, now: datetime) -> Path:
    """Return a free path in ``folder`` for a copy of ``path``: ``name_YYYYMMDD-HHMMSS.xlsx``.

    Further copies within the same second are numbered from 2.
    """
    stem = f"{path.stem}_{now:%Y%m%d-%H%M%S}"
    names = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    return next(target for name in names if not (target := folder / f"{name}{path.suffix}").exists())


def prune_backups(path: Path, folder: Path, newest: Path) -> None:
    """Keep the newest 30 copies of ``path`` in ``folder`` and the last of each of the newest 60 days that have any.

    ``newest`` stays even if the clock was set back.
    """
    pattern = re.compile(re.escape(path.stem) + r"_(\d{8}-\d{6})(?:-(\d+))?" + re.escape(path.suffix))
    found: dict[Path, tuple[str, int]] = {}
    with suppress(OSError):
        found = {p: (m[1], int(m[2] or 1)) for p in folder.iterdir() if (m := pattern.fullmatch(p.name))}
    copies = sorted(found, key=found.__getitem__)
    last_of_day = {found[copy][0][:8]: copy for copy in copies}
    kept = {newest, *copies[-KEPT_BACKUPS:], *list(last_of_day.values())[-KEPT_DAYS:]}
    for old in copies:
        if old not in kept:
            with suppress(OSError):  # one that is open in Excel on Windows is removed next time
                os.unlink(old)


@contextmanager
def locked(path: Path, timeout: float | None = None) -> Iterator[None]:
    """Hold the lock file ``path``. Raise LockedError if another dxreport holds it for ``timeout`` (180) seconds.

    Raise LockedError or DxreportError if the lock file cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=LOCK_SECONDS if timeout is None else timeout)
    except Timeout:
        raise LockedError(
            f"別の dxreport が {path.parent} に書き込んでいます。", "終わるのを待って、もう一度実行してください。"
        ) from None
    except OSError as error:
        raise unwritable(path.parent, error) from None
    try:
        yield
    finally:
        lock.release()


def opened_elsewhere(path: Path) -> str | None:
    """Return the program that has the workbook open, with its user (``Excel（山田）``), or None.

    Excel and LibreOffice put a lock file next to the workbook, ``~$NAME`` and ``.~lock.NAME#``, and leave it behind
    after a crash. On Windows, where both block writing, what counts is that the workbook cannot be opened for writing;
    elsewhere, a lock file counts if it is less than a day old.
    """
    excel, libre = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    if sys.platform == "win32":
        try:
            with path.open("r+b"):
                return None
        except FileNotFoundError:
            return None
        except OSError:  # no permission, a sharing violation, a lock of the file server
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
    # One byte of length and the name in the old code page, padded to 55 bytes; then length and name in UTF-16.
    with suppress(OSError, UnicodeDecodeError):
        data = path.read_bytes()
        length = int.from_bytes(data[55:57], "little")
        return data[57 : 57 + 2 * length].decode("utf-16-le").strip("\0 ") if length <= 54 else ""
    return ""


def _libre_user(path: Path) -> str:
    # User name, system user, host, time and profile, separated by commas.
    with suppress(OSError, UnicodeDecodeError):
        fields = path.read_text(encoding="utf-8").split(",")
        return next((word.strip() for word in fields[:2] if word.strip()), "")
    return ""


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder to the disk, so that a rename in it survives a power failure."""
    if os.name == "posix":  # Windows has no such call
        with suppress(OSError):  # some servers refuse it
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def file_name(text: str) -> str:
    """Return a text as a file name that is valid on any system.

    The name has no forbidden characters, no trailing dot or space and at most 180 bytes, and is not that of a device.
    """
    name = _ILLEGAL.sub("＿", text).rstrip(". ") or "_"
    name = f"_{name}" if _DEVICE.match(name) else name
    if len(name.encode("utf-8", "replace")) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".") if len(name.rpartition(".")[2]) <= 5 else (name, "", "")
    room = _LONGEST - len(dot + ending)
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip(". ") + dot + ending

"""Gather all files that people hand over, opening folders, archives and saved mails.

Only our own folders, and litter that systems leave in folders and archives (lock files, thumbnails), are skipped
silently; if named on the command line, they are refused with a reason.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..domain.errors import UsageError, reason_of
from ..domain.visible import visible
from .file_type import is_archive
from .limits import MAX_ARCHIVE, MAX_DEPTH, MAX_MEMBERS, MAX_RUN, MAX_RUN_FILES, Room, unexpected
from .returned import ARROW, ReturnedFile
from .saved_mail import Mail, read_mail
from .unpack import Inner, too_many, unpack

_LONGEST = 200  # characters shown of a name
_LITTER = re.compile(
    r"~\$.*|\.~lock\..*#|\._.*|thumbs\.db|ehthumbs\.db|desktop\.ini|\.ds_store|__macosx|.*\.tmp", re.IGNORECASE
)


def gather(paths: Iterable[Path | str], own: Collection[Path] = ()) -> Iterator[ReturnedFile]:
    """Return an iterator over the files under these paths, each once, those of a folder sorted by name.

    The folders in ``own`` hold what we made ourselves: they are left out of a folder that contains them. Raise
    UsageError before reading anything if a path does not exist, or is a folder in ``own`` or inside one of them.
    """
    given, ours = [Path(path) for path in paths], [folder.resolve() for folder in own]
    for path in given:
        if not _long(path).exists():
            raise UsageError(f"{path} が見つかりません。", "ファイルやフォルダーの名前を確かめてください。")
        if _long(path).is_dir() and any(map(path.resolve().is_relative_to, ours)):
            raise UsageError(
                f"{path} は、dxreport が作ったファイルのフォルダーです。",
                "返送されたファイルのある場所を指定してください。この中のファイルを読ませるときは、ファイルの名前まで指定してください。",
            )
    return _gather(given, ours)


def _gather(given: list[Path], ours: Collection[Path]) -> Iterator[ReturnedFile]:
    seen: set[Path] = set()
    run = Room(size=MAX_RUN, files=MAX_RUN_FILES)
    for path in given:
        for file, name, problem in _walk(path, ours) if _long(path).is_dir() else [(path, nfc(path.name), "")]:
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                refused = Inner(name, problem="E408", detail=problem) if problem else None
                if path is file and is_litter(name):
                    refused = Inner(name, problem="E401", detail="ほかのソフトが作った作業用のファイル")
                nothing = ReturnedFile("", file, b"", "")
                yield from _open_up(nothing, refused or _from_disk(file, name, run), 0, Room(run, MAX_ARCHIVE))


def _long(path: Path) -> Path:
    """Return a path in the form that Windows accepts beyond 260 characters (Win32 "Maximum Path Length Limitation")."""
    full = os.path.abspath(path)
    if sys.platform != "win32" or full.startswith("\\\\?\\"):
        return path
    return Path("\\\\?\\UNC" + full[1:] if full.startswith("\\\\") else "\\\\?\\" + full)


def nfc(name: str) -> str:
    """Return a file name in composed form: macOS splits が into か and a mark."""
    return unicodedata.normalize("NFC", name)


def is_litter(name: str) -> bool:
    """Return True if any part of a path is a lock file, a thumbnail or the like."""
    return any(_LITTER.fullmatch(part) for part in PurePosixPath(name).parts)


def _walk(folder: Path, ours: Collection[Path]) -> list[tuple[Path, str, str]]:
    """Return file, name within the folder and problem (or ``""``) of each file, sorted by name.

    Litter and the folders in ``ours`` are left out.
    """
    out: list[tuple[Path, str, str]] = []
    top = _long(folder)

    def unreadable(error: OSError) -> None:
        inside = Path(error.filename).relative_to(top)
        out.append((folder / inside, nfc(inside.as_posix()), "フォルダーを開く権限がありません"))

    for root, folders, files in os.walk(top, onerror=unreadable):
        folders[:] = [name for name in folders if Path(root, name).resolve() not in ours]
        for file in files:
            inside = Path(root, file).relative_to(top)
            name = nfc(inside.as_posix())
            if not is_litter(name):
                out.append((folder / inside, name, ""))
    return sorted(out, key=lambda item: (PurePosixPath(item[1]).parts, item[0]))


def _from_disk(path: Path, name: str, run: Room) -> Inner:
    try:
        size = _long(path).stat().st_size
        if size > MAX_ARCHIVE:
            return Inner(name, problem="E405", detail=f"{size // 1024 // 1024} MB")
        if size > run.bytes or not run.files:
            return Inner(
                name, problem="E405", detail="一度に読み取れる量を超えました。フォルダーを分けて実行してください"
            )
        run.take(size)
        return Inner(name, _long(path).read_bytes())
    except OSError as error:
        return Inner(name, problem="E408", detail=reason_of(error))


def _open_up(outer: ReturnedFile, inner: Inner, depth: int, room: Room) -> Iterator[ReturnedFile]:
    """Yield the file in ``outer`` or, if it is an archive or a mail, its contents, within ``room``."""
    name, digest = ARROW.join(filter(None, (outer.name, _named(inner.name)))), hashlib.sha256(inner.data).hexdigest()
    file = replace(outer, name=name, data=inner.data, sha256=digest, problem=inner.problem, detail=inner.detail)
    try:
        yield from _contents(file, depth, room)
    except Exception as error:  # no failure of a parser may stop the other files
        refusal = unexpected(error)
        yield replace(file, problem=refusal.code, detail=refusal.detail, trace=refusal.trace)


def _contents(file: ReturnedFile, depth: int, room: Room) -> Iterator[ReturnedFile]:
    if not (file.data or file.problem):
        file = replace(file, problem="E407", detail="0 バイト")
    data = bytes(file.data)
    archive = is_archive(data)
    mail = None if archive else read_mail(data)
    if file.problem or not (archive or mail):
        yield file
        return
    if depth >= MAX_DEPTH:
        yield replace(file, problem="E405", detail=f"圧縮ファイルやメールが {MAX_DEPTH} 重より深く入っています")
        return
    if mail:
        file = replace(
            file, sender=visible(mail.sender) or file.sender, received=mail.received or file.received,
            subject=visible(mail.subject), text="\n".join(map(visible, mail.text.splitlines())),
        )  # fmt: skip
    nothing = True
    for found in _attached(mail, room) if mail else unpack(data, room):
        if not is_litter(found.name):
            nothing = False
            yield from _open_up(file, found, depth + 1, room)
    if nothing:
        yield replace(file, problem="E460") if mail else replace(file, problem="E401", detail="空の圧縮ファイル")


def _attached(mail: Mail, room: Room) -> Iterator[Inner]:
    if len(mail.attachments) > min(MAX_MEMBERS, room.files):
        yield too_many(len(mail.attachments))
        return
    for found in mail.attachments:
        room.take(len(found.data))
        yield found


def _named(name: str) -> str:
    """Return a name that is safe to show: without control characters or our own arrow, and shortened if long."""
    shown = visible(nfc(name)).replace(ARROW, " > ")
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 30]}…{shown[-29:]}"

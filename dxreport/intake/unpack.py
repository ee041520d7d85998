"""Unpack zip archives in memory, with file names as their Japanese senders wrote them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from ..ooxml.package import zip_directory
from .limits import MAX_FILE, MAX_FILES, MAX_MEMBERS, Room

_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1


@dataclass(frozen=True, slots=True)
class Inner:
    """A file within an archive or a mail; ``problem`` is a problem code or ``""``."""

    name: str
    data: bytes = field(default=b"", repr=False)
    problem: str = ""
    detail: str = ""


def unpack(data: bytes, room: Room) -> Iterator[Inner]:
    """Yield the files of an archive, sorted by name, and subtract what they use from ``room``.

    A file that cannot be unpacked (encrypted, damaged, too large) is yielded with its problem.
    """
    with zip_directory(data) as archive:
        members = sorted(((member_name(info), info) for info in archive.infolist()), key=lambda item: item[0])
        members = [(name, info) for name, info in members if not name.endswith("/")]
        if len(members) > min(MAX_MEMBERS, room.files):
            yield too_many(len(members))
            return
        for name, info in members:
            yield _member(archive, name, info, room)


def too_many(count: int) -> Inner:
    """Return the refusal (E405) of an archive or a mail with ``count`` files."""
    detail = f"ファイルが {count:,} 個（上限 {MAX_MEMBERS:,} 個、中の圧縮ファイルやメールのものを含めて {MAX_FILES:,} 個）入っています"
    return Inner("", problem="E405", detail=detail)


def _member(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, room: Room) -> Inner:
    if info.flag_bits & _ENCRYPTED_FLAG:
        return Inner(name, problem="E402", detail="圧縮ファイルにパスワードがかかっています")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks others without bounds
        return Inner(name, problem="E404", detail="ふつうでない圧縮のしかた")
    limit = min(MAX_FILE, room.bytes)
    if info.file_size > limit:
        return Inner(name, problem="E405", detail="展開後の大きさが上限を超えます")
    try:
        with archive.open(info) as stream:
            data = stream.read(limit)  # bounded, because the stated size may be wrong
    except Exception:  # zipfile may raise anything on a broken archive
        return Inner(name, problem="E403", detail="圧縮ファイルから取り出せません")
    room.take(len(data))
    return Inner(name, data)


def member_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member: UTF-8 if its flag or its bytes say so (macOS), else cp932 (Windows).

    Uses ``orig_filename``, because zipfile on Windows takes the second byte of 表 for a separator.
    """
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        for encoding in ("utf-8", "cp932"):
            with suppress(UnicodeError):
                name = name.encode("cp437").decode(encoding)
                break
    return name.replace("\\", "/").lstrip("/")

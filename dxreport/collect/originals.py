"""The kept originals of returns: every file as it came, named after its number in 受付簿."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import MasterError, reason_of
from ..intake.returned import ReturnedFile
from ..workspace.files import file_name
from ..workspace.paths import Workspace

if TYPE_CHECKING:
    from .reading import Reading

_NUMBER = re.compile(r"(?:U\d{4,}_)+(?=.)")
_EMPTY = hashlib.sha256(b"").hexdigest()


def original_path(workspace: Workspace, return_id: str, name: str) -> Path:
    """Return the path of the original of a return; ``name`` may be a path inside an archive or a mail."""
    inner = ReturnedFile(name, Path(), b"", "").file_name
    return workspace.returns / f"{return_id}_{file_name(without_number(inner))}"


def original(workspace: Workspace, reading: Reading) -> ReturnedFile:
    """Return the kept original of a return, under the name it came with.

    Raise MasterError if it is gone, cannot be read, or has changed since it came.
    """
    file = ReturnedFile(reading.file, workspace.returns, b"", reading.sha256)
    path = original_path(workspace, reading.id, reading.file)
    if not path.is_file():
        raise MasterError(
            f"返送の控え {path} がありません。", "バックアップから戻すか、部署に送り直してもらってください。"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MasterError(
            f"返送の控え {path} を読めません（{reason_of(error)}）。",
            "ファイルを開いている人がいれば、閉じてもらってください。",
        ) from None
    if hashlib.sha256(data).hexdigest() != reading.sha256:
        raise MasterError(
            f"返送の控え {path} は、受け付けた後に書き換えられています。", "バックアップから戻してください。"
        )
    return replace(file, path=path, data=data)


def content_key(sha256: str, file: str) -> str:
    """Return the key that identifies a return: the digest of its content and, if that is empty, its file name."""
    return f"{sha256} {file}" if sha256 == _EMPTY else sha256


def orphans(workspace: Workspace, named: Collection[str]) -> dict[str, str]:
    """Return the numbers of originals that are not among ``named``, by content: left by a run that was killed."""
    out = {}
    for path in sorted(workspace.returns.glob("U*_*")):
        number, _, name = path.name.partition("_")
        if number not in named and path.is_file():
            out[content_key(hashlib.sha256(path.read_bytes()).hexdigest(), name)] = number
    return out


def without_number(name: str) -> str:
    """Return a file name without the return numbers put before it when the file was kept or sent back."""
    return _NUMBER.sub("", name, count=1) if _NUMBER.match(name) else name

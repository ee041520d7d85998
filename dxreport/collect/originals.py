"""The kept originals of returns: every file as it came, under its number in 受付簿."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ..domain.errors import MasterError
from ..intake.returned import ReturnedFile
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from .log import content_key
from .reading import Reading

_NUMBER = re.compile(r"(?:U\d{4,}_)+(?=.)")


def original_path(workspace: Workspace, return_id: str, name: str) -> Path:
    """Where the original of a return is kept; ``name`` may be that inside an archive or a mail."""
    inner = ReturnedFile(name, Path(), b"", "").file_name
    return workspace.returns / f"{return_id}_{file_name(without_number(inner))}"


def original(workspace: Workspace, reading: Reading) -> ReturnedFile:
    """The kept original of a return, under the name it came with.

    Raises MasterError when it is gone, cannot be read, or is no longer what came.
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
            f"返送の控え {path} を読めません（{error.strerror}）。",
            "ファイルを開いている人がいれば、閉じてもらってください。",
        ) from None
    if hashlib.sha256(data).hexdigest() != reading.sha256:
        raise MasterError(
            f"返送の控え {path} は、受け付けた後に書き換えられています。", "バックアップから戻してください。"
        )
    return replace(file, path=path, data=data)


def orphans(workspace: Workspace, named: Collection[str]) -> dict[str, str]:
    """The kept originals whose numbers are not among those ``named``, by content: a run was ended before it was done."""
    out = {}
    for path in sorted(workspace.returns.glob("U*_*")):
        number, _, name = path.name.partition("_")
        if number not in named and path.is_file():
            out[content_key(hashlib.sha256(path.read_bytes()).hexdigest(), name)] = number
    return out


def without_number(name: str) -> str:
    """A file's name without the numbers of returns that we put before it when it was kept or sent back."""
    return _NUMBER.sub("", name, count=1) if _NUMBER.match(name) else name

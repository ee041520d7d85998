"""The kept originals of returns: every file as it came, under its number in 受付簿."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ..domain.errors import MasterError
from ..intake.gather import ReturnedFile
from ..master.records import Receipt
from ..workspace.files import file_name
from ..workspace.paths import Workspace

_NUMBER = re.compile(r"(?:U\d{4,}_)+(?=.)")


def original_path(workspace: Workspace, return_id: str, name: str) -> Path:
    """Where the original of a return is kept."""
    return workspace.returns / f"{return_id}_{file_name(without_number(name))}"


def original(workspace: Workspace, receipt: Receipt) -> ReturnedFile:
    """The kept original of a receipt, under the name it came with.

    Raises MasterError when it is gone, cannot be read, or is no longer what came.
    """
    file = ReturnedFile(receipt.file, workspace.returns, b"", receipt.sha256)
    path = original_path(workspace, receipt.id, file.file_name)
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
    if hashlib.sha256(data).hexdigest() != receipt.sha256:
        raise MasterError(
            f"返送の控え {path} は、受け付けた後に書き換えられています。", "バックアップから戻してください。"
        )
    return replace(file, path=path, data=data)


def kept_numbers(workspace: Workspace) -> list[str]:
    """The numbers of all returns whose originals are kept: after a backup was put back, 受付簿 may lack some."""
    return sorted({path.name.partition("_")[0] for path in workspace.returns.glob("U*_*")})


def without_number(name: str) -> str:
    """A file's name without the numbers of returns that we put before it when it was kept or sent back."""
    return _NUMBER.sub("", name, count=1) if _NUMBER.match(name) else name

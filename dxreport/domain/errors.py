"""Exceptions for a broken environment; each carries the exit code of the command.

Faults in people's data are not exceptions: they are collected as
:class:`dxreport.domain.problems.Problem`, and work goes on with the next file.
"""

from __future__ import annotations

import errno
from typing import Any


class DxreportError(Exception):
    """The command failed and changed nothing (exit code 3).

    ``message`` and ``fix`` are in Japanese, for the operator: what is wrong (with file, sheet and cell) and what to do
    about it.
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle all attributes, so that errors of other processes arrive whole, whatever their constructor takes."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class Unfinished(DxreportError):
    """The command did its work, but a file to hand out or a record is not as it should be (exit code 1)."""

    exit_code = 1


class UsageError(DxreportError):
    """The command was called wrongly, or for something that does not exist (exit code 2)."""

    exit_code = 2


class MasterError(DxreportError):
    """The master workbook is missing, damaged or inconsistent."""


class TemplateError(DxreportError):
    """A form template has faults; ``faults`` lists all of them, each with sheet and cell."""

    def __init__(self, path: str, faults: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"{path}: 様式に誤りがあります。\n{lines}", "様式を Excel で直してから、もう一度実行してください。"
        )
        self.faults = faults


class LockedError(DxreportError):
    """Another process is writing to the workspace, or the master is open in Excel."""


class PackageError(DxreportError):
    """A file is not a readable OOXML package (damaged, truncated, not a zip)."""


class PackageTooLarge(PackageError):
    """A package, or one of its parts, is larger unpacked than the reading limit."""


_REASONS = {
    "ENOENT": "ファイルかフォルダーがありません",
    "ENOTDIR": "途中にあるのがフォルダーではありません",
    "EISDIR": "ファイルではなく、フォルダーです",
    "EEXIST": "同じ名前のものが、すでにあります",
    "EACCES": "権限がありません",
    "EPERM": "権限がありません",
    "EROFS": "読み取り専用の場所です",
    "ENOSPC": "空き容量がありません",
    "EDQUOT": "割り当てられた容量を使い切っています",
    "EFBIG": "ファイルが大きすぎます",
    "ENAMETOOLONG": "名前が長すぎます",
    "ELOOP": "リンクが輪になっています",
    "EBUSY": "ほかのプログラムが使っています",
    "ETXTBSY": "ほかのプログラムが使っています",
    "EMFILE": "開いているファイルが多すぎます",
    "ENFILE": "開いているファイルが多すぎます",
    "ENOMEM": "メモリーが足りません",
    "ENOEXEC": "実行できるファイルではありません",
    "EIO": "装置が読み書きに失敗しました",
    "ENODEV": "装置がありません",
    "ENXIO": "装置がありません",
    "ESTALE": "ファイルサーバーとの接続が切れました",
    "ETIMEDOUT": "応答がありません",
    "ECONNREFUSED": "接続を断られました",
    "ECONNRESET": "接続が切れました",
    "EHOSTUNREACH": "サーバーに届きません",
    "ENETUNREACH": "ネットワークにつながっていません",
}


def reason_of(error: OSError) -> str:
    """Return in Japanese why a file cannot be read or written; the number of the error if it is an unusual one."""
    if error.errno is None:
        return str(error) or type(error).__name__
    known = _REASONS.get(errno.errorcode.get(error.errno, ""))
    said = error.strerror or ""  # in the language of the system
    return known or ("" if said.isascii() else said) or f"エラー番号 {error.errno}"

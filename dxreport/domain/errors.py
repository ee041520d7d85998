"""Exceptions for a broken environment; each carries the exit code of the command.

Faults in people's data are not exceptions: they are collected as
:class:`dxreport.domain.problems.Problem`, and work goes on with the next file.
"""

from __future__ import annotations

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

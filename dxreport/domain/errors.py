"""Exceptions for a broken environment; each carries the exit code of the command.

Faults in people's data are no exceptions: they are collected as
:class:`dxreport.problems.Problem` and never stop the next file.
"""


class DxreportError(Exception):
    """Nothing could be done, and nothing was changed (exit code 3).

    ``message`` and ``fix`` are Japanese, for the operator: what is wrong
    (with the file, sheet and cell) and what to do about it.
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(DxreportError):
    """The command was called with something that does not exist (exit code 2)."""

    exit_code = 2


class MasterError(DxreportError):
    """The master workbook is missing, damaged or inconsistent."""


class TemplateError(DxreportError):
    """A form template has faults; ``faults`` lists them all, each with sheet and cell."""

    def __init__(self, path: str, faults: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"{path}: 様式に誤りがあります。\n{lines}", "様式を Excel で直してから、もう一度実行してください。"
        )
        self.faults = faults


class LockedError(DxreportError):
    """Somebody else is writing the workspace, or has the master open in Excel."""


class PackageError(DxreportError):
    """A file is no readable OOXML package (damaged, truncated, not a zip)."""


class PackageTooLarge(PackageError):
    """A package, or a part of it, unpacks to more than is read."""

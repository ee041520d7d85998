"""Faults of a template: raised where a text is read, collected with their places while the template is compiled."""

from __future__ import annotations

from ..ooxml.refs import address


class Fault(ValueError):
    """A text of the template that cannot be used; the Japanese message tells what to write instead."""


class Consequence(Fault):
    """A fault that follows from one already reported: the name is that of a broken ``{% for … %}``."""


class TemplateFaults:
    """The faults and notes found so far on the form's sheet, as Japanese sentences that begin with their place."""

    def __init__(self, sheet: str) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self._sheet = sheet

    def fault(self, message: str, at: tuple[int, int] | None = None) -> None:
        """Add a fault of the cell ``at`` (row, column), or of the sheet as a whole."""
        self.faults.append(self._placed(message, at))

    def note(self, message: str, at: tuple[int, int] | None = None) -> None:
        """Add a remark on something that works but was perhaps not meant."""
        self.notes.append(self._placed(message, at))

    def _placed(self, message: str, at: tuple[int, int] | None) -> str:
        return f"シート「{self._sheet}」{' ' + address(*at) if at else ''}: {message}"

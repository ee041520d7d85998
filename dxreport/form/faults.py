"""Faults of a template: raised where a text is read, collected with their places while the template is compiled."""

from __future__ import annotations

from ..domain.errors import DxreportError
from ..ooxml.refs import address

Place = tuple[int, int] | None  # row and column of a cell; None for the sheet as a whole
_NAMED = 5  # cells that a sentence names


class TextFault(ValueError):
    """A text of the template that cannot be used; the Japanese message tells what to write instead.

    There is none where this follows from a fault already reported: the name is that of a broken ``{% for … %}``.
    """


class CannotShow(DxreportError):
    """An expression, ``source``, that fails for a measure."""

    def __init__(self, message: str, hint: str, source: str) -> None:
        super().__init__(message, hint)
        self.source = source


class TemplateFaults:
    """The faults and notes found so far on the form's sheet.

    A fault keeps the form from being compiled. A refusal keeps it from being issued, but not from reading what was
    issued with it before. A note is a remark on something that works but was perhaps not meant.

    Each is a Japanese sentence that begins with its place, one for all cells with the same message: the cell ``at``
    (row, column), or the sheet. With ``elsewhere`` the message itself names the place.
    """

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._found: dict[str, dict[tuple[str, bool], list[Place]]] = {"fault": {}, "refusal": {}, "note": {}}

    def fault(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a fault, unless it has no message."""
        if message:
            self._found["fault"].setdefault((message, elsewhere), []).append(at)

    def refuse(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a refusal."""
        self._found["refusal"].setdefault((message, elsewhere), []).append(at)

    def note(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a note."""
        self._found["note"].setdefault((message, elsewhere), []).append(at)

    def sentences(self, kind: str) -> tuple[str, ...]:
        """Return what was found of a kind: ``fault``, ``refusal`` or ``note``."""
        return tuple(
            message if elsewhere else f"シート「{self._sheet}」{_cells(places)}: {message}"
            for (message, elsewhere), places in self._found[kind].items()
        )


def _cells(places: list[Place]) -> str:
    names = list(dict.fromkeys(address(*at) for at in places if at))
    more = len(names) - _NAMED
    return (" " if names else "") + "、".join(names[:_NAMED]) + (f" ほか {more} か所" if more > 0 else "")

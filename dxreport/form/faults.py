"""Faults of a template: raised while a text is read, collected with their places while the template is compiled."""

from __future__ import annotations

from ..domain.errors import DxreportError
from ..domain.problems import listed
from ..ooxml.cells import At
from ..ooxml.refs import address

_NAMED = 5  # a sentence names at most this many cells


class TextFault(ValueError):
    """A text of the template that cannot be used; the Japanese message says what to write instead.

    The message is empty if the fault follows from one already reported: the text uses a broken ``{% for … %}``.
    """


class CannotShow(DxreportError):
    """An expression that failed for a measure; ``source`` is its text in the template."""

    def __init__(self, message: str, hint: str, source: str) -> None:
        super().__init__(message, hint)
        self.source = source


class TemplateFaults:
    """The faults and notes found so far on the form's sheet.

    A fault keeps the form from being compiled. A refusal keeps it from being issued, but sheets that were issued with
    it before can still be read. A note points out something that works but may not be intended.

    Each becomes a Japanese sentence that begins with its place: the cell ``at`` (row, column), or the sheet. Cells with
    the same message share one sentence. With ``elsewhere`` the message itself names the place.
    """

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._found: dict[str, dict[tuple[str, bool], list[At | None]]] = {"fault": {}, "refusal": {}, "note": {}}

    def fault(self, message: str, at: At | None = None, *, elsewhere: bool = False) -> None:
        """Add a fault, unless its message is empty."""
        if message:
            self._found["fault"].setdefault((message, elsewhere), []).append(at)

    def refuse(self, message: str, at: At | None = None, *, elsewhere: bool = False) -> None:
        """Add a refusal."""
        self._found["refusal"].setdefault((message, elsewhere), []).append(at)

    def note(self, message: str, at: At | None = None, *, elsewhere: bool = False) -> None:
        """Add a note."""
        self._found["note"].setdefault((message, elsewhere), []).append(at)

    def sentences(self, kind: str) -> tuple[str, ...]:
        """Return the sentences of one kind: ``fault``, ``refusal`` or ``note``."""
        return tuple(
            message if elsewhere else f"シート「{self._sheet}」{_cells(places)}: {message}"
            for (message, elsewhere), places in self._found[kind].items()
        )


def _cells(places: list[At | None]) -> str:
    names = list(dict.fromkeys(address(*at) for at in places if at))
    return " " * bool(names) + listed(names, _NAMED, " ほか {} か所")

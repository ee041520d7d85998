"""Faults of a template: raised where a text is read, collected with their places while the template is compiled."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.errors import DxreportError
from ..ooxml.refs import address

Place = tuple[int, int] | None  # row and column of a cell; None for the sheet as a whole
_Found = dict[tuple[str, bool], list[Place]]  # places by message, and whether the message names its place
_NAMED = 5  # cells that a sentence names


class Fault(ValueError):
    """A text of the template that cannot be used; the Japanese message tells what to write instead."""


class Consequence(Fault):
    """A fault that follows from one already reported: the name is that of a broken ``{% for … %}``."""


class CannotShow(DxreportError):
    """An expression, ``source``, that fails for a measure."""

    def __init__(self, message: str, hint: str, source: str) -> None:
        super().__init__(message, hint)
        self.source = source


class TemplateFaults:
    """The faults and notes found so far on the form's sheet.

    A fault keeps the form from being compiled. A refusal keeps it from being issued, but not from reading what was
    issued with it before.
    """

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._faults: _Found = {}
        self._refusals: _Found = {}
        self._notes: _Found = {}

    def fault(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a fault of the cell ``at`` (row, column), or of the sheet; ``elsewhere`` if the message names the place."""
        self._faults.setdefault((message, elsewhere), []).append(at)

    def refuse(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a refusal in the same way."""
        self._refusals.setdefault((message, elsewhere), []).append(at)

    def note(self, message: str, at: Place = None, *, elsewhere: bool = False) -> None:
        """Add a remark on something that works but was perhaps not meant."""
        self._notes.setdefault((message, elsewhere), []).append(at)

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults as Japanese sentences that begin with their place; one for all cells with the same fault."""
        return self._sentences(self._faults)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The refusals in the same form."""
        return self._sentences(self._refusals)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes in the same form."""
        return self._sentences(self._notes)

    def _sentences(self, found: _Found) -> tuple[str, ...]:
        return tuple(
            message if elsewhere else f"シート「{self._sheet}」{_cells(places)}: {message}"
            for (message, elsewhere), places in found.items()
        )


def _cells(places: Sequence[Place]) -> str:
    names = list(dict.fromkeys(address(*at) for at in places if at))
    more = len(names) - _NAMED
    return (" " if names else "") + "、".join(names[:_NAMED]) + (f" ほか {more} か所" if more > 0 else "")

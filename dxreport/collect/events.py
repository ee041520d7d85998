"""The events of a measure: what happened to it, in the order of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..domain.fields import Ref
from .reading import Rank, SheetReading

SheetKey = tuple[str, str]
"""Return and issue: which returned sheet of a measure."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A returned sheet of a measure.

    ``issued`` are the texts it was sent with, ``texts`` those it came back with, in the cells it shows. ``corrects`` is
    the return it is a corrected copy of. With ``whole``, every open cell is an answer, also if left as issued.
    ``terms`` is the digest of the settings it is judged by. ``inputs`` are the fields and periods that it has input
    cells for, None if unknown. ``read`` is for the rules and the ledgers only.
    """

    return_id: str
    issue: str
    round: str
    rank: Rank
    issued: Mapping[Ref, str] = field(repr=False)
    texts: Mapping[Ref, str] = field(repr=False)
    corrects: str = ""
    whole: bool = False
    terms: str = ""
    read: SheetReading = field(default=SheetReading("", "", ""), repr=False, compare=False)
    inputs: frozenset[tuple[str, int]] | None = field(default=None, repr=False)

    @property
    def key(self) -> SheetKey:
        """The return and issue."""
        return self.return_id, self.issue


@dataclass(frozen=True, slots=True)
class Issued:
    """The measure was issued."""

    issue: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A sheet came back."""

    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Again:
    """The file of a held sheet came again: from here on, the sheet is judged by these terms."""

    return_id: str
    terms: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of the master changed from ``old`` to ``new``; a ``note`` says how, unless a person typed it."""

    ref: Ref
    old: str
    new: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A conflict was decided: ``text`` goes in.

    ``takes`` is the return whose text was chosen, "" for none, and ``of`` the issue of that sheet, "" in logs of
    earlier releases. ``return_id`` and ``issue`` are the sheet that raised the conflict, ``note`` the line for 変更履歴.
    """

    ref: Ref
    round: str
    returned: str
    current: str
    text: str
    takes: str = ""
    return_id: str = ""
    issue: str = ""
    note: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Adopt:
    """An item that a department added was adopted under these addresses; ``item`` is its id in the return."""

    return_id: str
    issue: str
    texts: Mapping[Ref, str]
    item: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """A held, dismissed or withdrawn sheet was accepted as it is."""

    return_id: str
    issue: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A return was withdrawn or, with a ``measure``, only its sheets of that measure."""

    return_id: str
    reason: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A held sheet was dismissed or, with a blank ``issue``, the unreadable part of a return."""

    return_id: str
    issue: str
    reason: str = ""


Event = Issued | Returned | Again | Edit | Decision | Adopt | Accept | Withdraw | Dismiss

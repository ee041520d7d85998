"""The state of a measure: its texts, the outcomes of its returned sheets, and its open conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..domain.fields import Ref
from ..domain.merge import Merge
from ..domain.problems import Problem
from .events import Sheet, SheetKey
from .reading import Rank


class Fate(Enum):
    """The outcome of a returned sheet."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"  # counts as an answer, but changed nothing in the master
    SILENT = "silent"  # left as issued, and complete only because of other returns
    HELD = "held"
    REPLACED = "replaced"  # held, and a later sheet of its round went in
    ELSEWHERE = "elsewhere"  # filled in for another round
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"

    @property
    def is_in(self) -> bool:
        """True if a sheet with this fate counts as an answer to its round."""
        return self in (Fate.TAKEN, Fate.UNCHANGED, Fate.SILENT)


ASIDE = (Fate.DISMISSED, Fate.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: a text, and the rank of the sheet that gave it."""

    text: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the master.

    ``by`` is the sheet that brought it, None if a person did or it was there from the start; ``round`` is the round of
    that sheet, ``place`` the index of the event.
    """

    text: str
    by: SheetKey | None = None
    round: str = ""
    place: int = -1


@dataclass(frozen=True, slots=True)
class Put:
    """A change of one text by the event at index ``place``; ``by`` is the sheet that brought it, if any."""

    ref: Ref
    old: str
    new: str
    by: SheetKey | None
    place: int


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A cell that two sides changed.

    ``round`` is "" and ``by`` None if a person typed over a text that was withdrawn afterwards; there is no such
    question about a cell while a return asks one.
    """

    ref: Ref
    round: str
    issued: str
    returned: str
    current: str
    by: SheetKey | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say about a sheet.

    ``own`` are errors of the sheet itself, ``lacks`` those about answers it still owes. ``elsewhere`` is the round that
    it was filled in for if all its errors are answers of another round than its own.
    """

    own: tuple[Problem, ...] = ()
    lacks: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    elsewhere: str = ""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, grouped: own errors, lacking answers, warnings."""
        return (*self.own, *self.lacks, *self.warnings)


@dataclass(slots=True)
class SheetOutcome:
    """The outcome of a returned sheet and the reasons for it; mutable only while events are folded in.

    ``says`` are its answers; ``leans`` says whether it is complete only by what others answered. ``joined`` are the
    returns it went in with, ``disputed`` what these said before in cells that it answers differently; ``replaced_by``
    is the return that went in instead; ``kept`` the one whose answer stays in each cell that it left as issued;
    ``accepted`` the reason it was taken in with; ``set_aside`` the one it was dismissed or withdrawn with.
    """

    sheet: Sheet
    fate: Fate = Fate.HELD
    judged: Judged = Judged()
    says: Mapping[Ref, Said] = field(default_factory=dict)
    leans: bool = False
    merge: Merge = field(default_factory=Merge)
    joined: tuple[str, ...] = ()
    disputed: Mapping[Ref, str] = field(default_factory=dict)
    replaced_by: str = ""
    overtaken_by: str = ""
    kept: Mapping[Ref, str] = field(default_factory=dict)
    accepted: str | None = None
    set_aside: str = ""

    @property
    def waits(self) -> bool:
        """True if the sheet is held only because answers are missing."""
        return self.fate is Fate.HELD and not self.judged.own


@dataclass(frozen=True, slots=True)
class Replayed:
    """The state of a measure after a log.

    ``first`` are the texts that it began with, ``put`` those that events put in their place; ``trail`` lists every
    change of a text in order.
    """

    first: Mapping[Ref, str] = field(repr=False)
    put: Mapping[Ref, Text]
    outcomes: Mapping[SheetKey, SheetOutcome]
    conflicts: Mapping[tuple[Ref, str], OpenConflict]
    trail: tuple[Put, ...] = ()

    @property
    def texts(self) -> dict[Ref, Text]:
        """All texts with their sources."""
        return {ref: self.put.get(ref) or Text(text) for ref, text in self.values().items()}

    def values(self) -> dict[Ref, str]:
        """Return all texts."""
        return {**self.first, **{ref: here.text for ref, here in self.put.items()}}

    def text(self, ref: Ref) -> str:
        """Return the text at an address, "" for none."""
        return self.put[ref].text if ref in self.put else self.first.get(ref, "")

    def counted(self, round_: str) -> bool:
        """Return True if a round has a sheet that is in or held."""
        fates = (o.fate for o in self.outcomes.values() if o.sheet.round == round_)
        return any(fate.is_in or fate in (Fate.HELD, Fate.ELSEWHERE) for fate in fates)

    def settled(self, round_: str) -> bool:
        """Return True if a round is answered and none of its sheets is held."""
        fates = [o.fate for o in self.outcomes.values() if o.sheet.round == round_]
        return Fate.HELD not in fates and any(fate.is_in for fate in fates)

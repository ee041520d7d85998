"""What a rule is given and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from ..domain.fields import FIELD, Access, access
from ..domain.model import Department, Measure, Ref, Round, Settings
from ..domain.problems import ProblemKind
from ..domain.values import is_blank


@dataclass(frozen=True)
class Case:
    """One filled sheet to be judged, and what it is judged by.

    ``measure`` is the sheet as returned; ``issued`` the same as it was sent, or None when the
    master itself is checked; ``measures`` the master's, by id; ``round`` the round that the
    sheet was issued for, in a check the one that the master stands in.
    """

    measure: Measure
    issued: Measure | None
    measures: Mapping[str, Measure]
    round: Round
    settings: Settings
    departments: tuple[Department, ...] = ()

    @cached_property
    def values(self) -> dict[Ref, str]:
        """Every text as returned."""
        return self.measure.values()

    @cached_property
    def before(self) -> dict[Ref, str]:
        """Every text as issued; empty in a check of the master."""
        return self.issued.values() if self.issued else {}

    def stood(self, *refs: Ref) -> bool:
        """Whether all these texts are as they were issued (what was not there was blank)."""
        return self.issued is not None and all(self.before.get(r, "") == self.values.get(r, "") for r in refs)

    def access(self, ref: Ref) -> Access:
        """Whether the cell was an input: ``IF_BLANK`` is settled by what was issued."""
        answer = access(ref.field, ref.period, self.round, self.settings)
        if answer is Access.IF_BLANK:
            return Access.LOCKED if self.before.get(ref) else Access.OPEN
        return answer

    def to_come(self, ref: Ref) -> bool:
        """Whether the cell speaks of a quarter after the round's, or of a fiscal year not begun."""
        periods = FIELD[ref.field].periods
        if periods == "years":
            years = self.settings.plan_years
            return ref.period > len(years) or years[ref.period - 1] > self.settings.fiscal_year
        return periods == "quarters" and 0 < self.round.quarter < ref.period

    def requires(self, group: str, ref: Ref) -> bool:
        """Whether this return must answer a cell of this input group, and could."""
        if self.issued is None or group not in self.round.requires or self.to_come(ref):
            return False
        return access(ref.field, ref.period, self.round, self.settings) is not Access.LOCKED


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault a rule found: its kind, the cells it stands in, the parameters of its texts.

    A rule leaves ``severity`` empty unless it knows better than the catalogue; ``judge``
    settles it to ``error`` or ``warning``.
    """

    kind: ProblemKind
    refs: tuple[Ref, ...]
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    severity: str = ""


Rule = Callable[[Case], Iterator[Finding]]


def finding(kind: ProblemKind, *refs: Ref, severity: str = "", **params: str) -> Finding:
    """A Finding with its parameters frozen."""
    return Finding(kind, refs, MappingProxyType(params), severity)


def choices(words: tuple[str, ...]) -> str:
    """Words as a message lists them: ``「有」「無」``."""
    return "".join(f"「{word}」" for word in words)


def says_something(*texts: str) -> bool:
    """Whether any of these texts is more than a blank or a dash."""
    return not all(is_blank(text) for text in texts)

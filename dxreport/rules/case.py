"""The input of a rule (:class:`Case`) and its output (:class:`Finding`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from ..domain.fields import Access, Field, Ref, access
from ..domain.model import ActivityQuarter, Measure, MeasureIndex, Round, Settings
from ..domain.needs import to_come
from ..domain.problems import ProblemKind, choices
from ..domain.spelling import nearest
from ..domain.values import is_blank


class Compared(NamedTuple):
    """An 実績 with its 目標 and 評価項目, each ``""`` if the form has none."""

    actual: str
    target: str
    indicator: str


@dataclass(frozen=True)
class Case:
    """One filled sheet to check, and what the rules need for it.

    ``measure`` is the sheet as returned, ``issued`` as it was sent (None in a check of the master itself),
    ``measures`` those of the master. ``round`` is that of the sheet, or the current one in a check of the master.
    ``inputs`` are the (field, period) that the issued sheet has input cells for (in a check of the master the sheets
    of all rounds), None where that is not known; ``ended`` is what the 状態 of the measure says if it has ended
    (``第3四半期から中止``), ``counted`` whether status and report count it in the round. ``unread`` are texts that are as
    issued only because what their cells hold could not be used: none is called blank. ``renamed`` has the names of
    departments by their 旧名称.
    """

    measure: Measure
    issued: Measure | None
    measures: MeasureIndex
    round: Round
    settings: Settings
    renamed: Mapping[str, str] = field(default_factory=dict)
    inputs: Collection[tuple[str, int]] | None = None
    ended: str = ""
    counted: bool = True
    unread: Collection[Ref] = ()

    @cached_property
    def values(self) -> dict[Ref, str]:
        """Every text of the sheet as returned."""
        return self.measure.values()

    @cached_property
    def before(self) -> dict[Ref, str]:
        """Every text of the sheet as issued; empty in a check of the master."""
        return self.issued.values() if self.issued else {}

    @cached_property
    def progress(self) -> tuple[tuple[Ref, ActivityQuarter], ...]:
        """The address of every 進捗, with the texts of its quarter."""
        return tuple(
            (Ref("activity.progress", activity.key, n), quarter)
            for activity in self.measure.activities
            for n, quarter in enumerate(activity.quarters, 1)
        )

    @cached_property
    def actuals(self) -> tuple[tuple[Ref, Compared], ...]:
        """The address of every 実績, with the 目標 of its list and period."""
        targets, text = self.settings.catalogue.targets, self.values.get
        found = []
        for ref, actual in self.values.items():
            if (target := targets.get(ref.field)) is not None:
                named = "outcome.indicator" if ref.prefix == "outcome" else ""
                others = (text(Ref(key, ref.item, ref.period), "") if key else "" for key in (target, named))
                found.append((ref, Compared(actual, *others)))
        return tuple(found)

    def field(self, ref: Ref) -> Field:
        """Return the field of a text."""
        return self.settings.catalogue.field[ref.field]

    def left_blank(self, ref: Ref) -> bool:
        """Return True if nothing was written for a text; a dash is something."""
        return not self.values.get(ref, "").strip() and ref not in self.unread

    def as_issued(self, *refs: Ref) -> bool:
        """Return True if these texts are all as issued (a missing one is blank); False in a check of the master."""
        return self.issued is not None and all(self.before.get(r, "") == self.values.get(r, "") for r in refs)

    def access(self, ref: Ref) -> Access:
        """Return OPEN or LOCKED; a cell that is open only while blank is OPEN if it was issued blank."""
        answer = access(ref.field, ref.period, self.round, self.settings)
        if answer is Access.IF_BLANK:
            return Access.LOCKED if self.before.get(ref) else Access.OPEN
        return answer

    def has_input(self, ref: Ref) -> bool:
        """Return True if the form has an input cell for a text, or if its inputs are unknown."""
        return self.inputs is None or (ref.field, ref.period) in self.inputs

    def to_come(self, ref: Ref) -> bool:
        """Return True if the cell is about a quarter after that of the round, or a fiscal year that has not begun."""
        return to_come(self.field(ref), ref.period, self.round, self.settings)

    def requires(self, ref: Ref) -> bool:
        """Return True if the round requires a cell, and this return could fill it in."""
        if self.issued is None or self.field(ref).group not in self.round.requires:
            return False
        if self.to_come(ref) or not self.has_input(ref):
            return False
        return access(ref.field, ref.period, self.round, self.settings) is not Access.LOCKED

    def still_to_ask(self, ref: Ref) -> bool:
        """Return True in a check of a master without plans yet, if the current round will ask for a cell."""
        if self.issued is not None or self.round.quarter or self.field(ref).group not in self.round.opens:
            return False
        plans = (text for ref, text in self.values.items() if ref.field in ("goal", "activity.plan"))
        return not any(text.strip() for text in plans)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault found by a rule: its kind, its cells, and the parameters of its message.

    A rule sets ``severity`` only to override the catalogue; otherwise ``judge`` fills it in.
    """

    kind: ProblemKind
    refs: tuple[Ref, ...]
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    severity: str = ""


Rule = Callable[[Case], Iterator[Finding]]


def finding(kind: ProblemKind, *refs: Ref, severity: str = "", **params: str) -> Finding:
    """Return a Finding with read-only parameters."""
    return Finding(kind, refs, MappingProxyType(params), severity)


def wrong_word(
    near: ProblemKind, unknown: ProblemKind, ref: Ref, text: str, words: tuple[str, ...], **params: str
) -> Finding:
    """Return the finding for a text that is none of ``words``: a ``near`` miss of one of them, or ``unknown``."""
    if (expected := nearest(text, words)) is None:
        return finding(unknown, ref, value=text, words=choices(words), **params)
    plainly = "と、空白や改行を入れずに" if text != "".join(text.split()) == expected else "と"
    return finding(near, ref, value=text, expected=expected, how=plainly, **params)


def says_something(*texts: str) -> bool:
    """Return True if any of these texts is more than a blank, a dash or なし."""
    return not all(map(is_blank, texts))

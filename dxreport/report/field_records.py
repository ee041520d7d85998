"""Declared fields as the report counts, sums and lists them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .activity_records import Category, MeasureLine


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """A declared field in the report: ``answered`` of its ``total`` cells are filled in.

    ``label`` is unique among the fields reported; ``place`` is its 場所; ``period`` the quarter or fiscal year, or ``""``.
    """

    key: str
    label: str
    place: str
    period: str
    total: int
    answered: int

    @property
    def heading(self) -> str:
        return f"{self.label}（{self.period}）" if self.period else self.label


@dataclass(frozen=True, slots=True)
class WordTally:
    """Counts of each word in a 分野 (``code`` is its number), a department, or all."""

    name: str
    counts: tuple[int, ...]
    code: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class FieldCounts(FieldFigures):
    """数える: counts in the order of ``categories``."""

    categories: tuple[Category, ...]
    whole: WordTally
    areas: tuple[WordTally, ...]
    departments: tuple[WordTally, ...]


@dataclass(frozen=True, slots=True)
class FieldSum:
    """Sums by column in a 分野, a department, or all; None if there is no number."""

    name: str
    sums: tuple[Decimal | None, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class FieldSums(FieldFigures):
    """合計する: sums in ``unit``, shown with ``decimals``; the columns are the plan years, or one without a name.

    ``this`` is the column of the fiscal year. ``unread`` are the texts that are not numbers, each with item and year.
    """

    unit: str
    decimals: int
    columns: tuple[str, ...]
    this: int
    whole: FieldSum
    areas: tuple[FieldSum, ...]
    departments: tuple[FieldSum, ...]
    unread: tuple[FieldText, ...]


@dataclass(frozen=True, slots=True)
class FieldText(MeasureLine):
    """A text of a declared field; ``item`` is the name of its list item, ``""`` for the measure's own."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldTexts(FieldFigures):
    """載せる: every text that says something; ``answered`` includes those that do not (なし)."""

    texts: tuple[FieldText, ...]


@dataclass(frozen=True, slots=True)
class DeclaredFigures:
    """The declared fields that the report counts, sums or lists, as 報告 in 項目 says."""

    counts: tuple[FieldCounts, ...]
    sums: tuple[FieldSums, ...]
    lists: tuple[FieldTexts, ...]

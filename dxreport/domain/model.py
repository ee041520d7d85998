"""The model of a measure (施策): read-only records, no I/O.

A measure is its texts by address (:class:`~dxreport.domain.fields.Ref`); the field catalogue gives their shape.
``measure.values()`` returns them all as a flat ``dict[Ref, str]`` in form order, and ``Measure(values)`` inverts it.
The form, the rules, the merge and the history know cells only by these addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from .days import ERAS, printed_year, western_year
from .fields import BUILT_IN, QUARTER_LABELS, QUARTERS, Catalogue, Field, FieldKind, Period, Ref
from .names import Names
from .spelling import measure_id
from .values import is_blank, is_marked
from .visible import writable


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """A Japanese fiscal year (April to March); ``western`` is the calendar year in which it begins."""

    western: int

    @property
    def label(self) -> str:
        """The name as printed: ``令和元年度``, ``令和４年度`` (full-width), ``令和10年度`` (half-width).

        Raise ValueError for a year before 令和.
        """
        return f"{printed_year(self.western)}年度"

    def __str__(self) -> str:
        return self.label

    @classmethod
    def parse(cls, text: str) -> FiscalYear:
        """Read ``令和４年度``, ``R4``, ``令和4年``, ``2022年度`` or ``2022``; raise ValueError for others or before 令和."""
        plain = unicodedata.normalize("NFKC", text).strip()
        match = re.fullmatch(r"(?:(令和|R)\s*(元|\d{1,2})|(20\d\d))\s*(?:年度?)?", plain)
        western = western_year(match[1], match[2] or match[3]) if match else 0
        if western <= ERAS["令和"]:
            raise ValueError(text)
        return cls(western)

    def __add__(self, years: int) -> FiscalYear:
        return FiscalYear(self.western + years)


_OWN = frozenset({"_values", "_keys", "_record", "catalogue", "key", "prefix", "number"})


class Record:
    """The texts of a measure, or of one item of its lists, as attributes named by the field catalogue.

    Templates and the program both write ``activity.name``, ``activity.q1.plan``, ``measure.quarters``. A name that the
    catalogue does not have raises AttributeError.
    """

    __slots__ = ("_values", "catalogue", "key", "prefix")

    def __init__(self, values: Mapping[Ref, str], catalogue: Catalogue, prefix: str = "", key: str = "") -> None:
        self._values: Mapping[Any, str] = values
        self.catalogue, self.prefix, self.key = catalogue, prefix, key

    def text(self, field: str, period: int = 0) -> str:
        """Return the text of a field, given by its key; its default if it has no text."""
        text = self._values.get((field, self.key, period))  # equals the Ref, but is faster to make
        return self.catalogue.defaults.get(field, "") if text is None else text

    def texts(self) -> dict[Ref, str]:
        """Return the texts of the record itself by address, in form order, without those of its lists."""
        refs = self.catalogue.refs
        own = refs(self.prefix, self.key) if self.prefix else (*refs(""), *refs("*"))
        return {ref: self.text(ref.field, ref.period) for ref in own}

    def __getattr__(self, name: str) -> Any:
        if name in _OWN:  # copying asks for these before they are set
            raise AttributeError(name)
        field = self._field(name)
        if field is not None and field.period is Period.NONE:
            return self.text(field.key)
        if number := self.catalogue.period_names.get(name):
            return RecordPeriod(self, number)
        if name in ("quarters", "years"):
            numbers = self.catalogue.numbers[Period.QUARTERS if name == "quarters" else Period.YEARS]
            return tuple(RecordPeriod(self, n) for n in numbers)
        raise AttributeError(name)

    def _field(self, name: str) -> Field | None:
        """Return the field that has, or once had, this name."""
        found = self.catalogue.members[self.prefix].get(name)
        return found or self.catalogue.former_names[self.prefix].get(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.prefix, self.key))

    def __repr__(self) -> str:
        filled = ", ".join(f"{ref}={text!r}" for ref, text in self.texts().items() if text)
        return f"{type(self).__name__}({filled})"

    def _content(self) -> object:
        return self.prefix, self.key, self.texts()


class RecordPeriod:
    """One quarter or plan year of a record, as attributes: ``q1.plan``, ``y1.target``."""

    __slots__ = ("_record", "number")

    def __init__(self, record: Record, number: int) -> None:
        self._record, self.number = record, number

    def __getattr__(self, name: str) -> Any:
        if name in _OWN:
            raise AttributeError(name)
        record = self._record
        field = record._field(name)
        if field is None or field.period is Period.NONE:
            raise AttributeError(name)
        return record.text(field.key, self.number)


class Item(Record):
    """An item of a list; ``key`` is stable within its measure."""

    __slots__ = ()

    def is_empty(self) -> bool:
        """Return True if nothing is written in this item; its printed label (作業予定) does not count."""
        get, defaults = self._values.get, self.catalogue.defaults
        return not any(get(ref) and ref.field not in defaults for ref in self.catalogue.refs(self.prefix, self.key))


class Activity(Item):
    """One 取組."""

    __slots__ = ()
    name: str
    quarters: tuple[ActivityQuarter, ...]


class ActivityQuarter(RecordPeriod):
    """One quarter of an activity: 作業予定, 進捗, 対応策."""

    __slots__ = ()
    plan: str
    progress: str
    countermeasure: str


class Outcome(Item):
    """One 成果目標 over the plan years."""

    __slots__ = ()
    years: tuple[OutcomeYear, ...]


class OutcomeYear(RecordPeriod):
    """One plan year of an outcome: 評価項目, 目標, 実績."""

    __slots__ = ()
    indicator: str
    target: str
    actual: str


class RelatedMeasure(Item):
    """One line of 関連施策: the other measure's ID and name, as written in this measure."""

    __slots__ = ()
    id: str
    name: str


class SupportRequest(Item):
    """One line of CIO補佐への支援依頼: 時期, 支援内容."""

    __slots__ = ()
    period: str
    content: str


class Measure(Record):
    """施策: the content of one 年間活動計画 sheet; its lists are attributes, named as in templates.

    ``values`` are texts by address; missing ones are blank, and those of fields that the catalogue does not have are
    left out.
    """

    __slots__ = ("_keys",)
    name: str
    lead_department: str
    contact_person: str
    contact_email: str
    budgeted: str
    procurement: str
    related_measures: tuple[RelatedMeasure, ...]
    activities: tuple[Activity, ...]
    support_requests: tuple[SupportRequest, ...]
    outcomes: tuple[Outcome, ...]

    def __init__(self, values: Mapping[Ref, str], catalogue: Catalogue = BUILT_IN) -> None:
        self._keys = catalogue.item_keys(values)
        super().__init__(catalogue.arrange(values, self._keys), catalogue)

    @property
    def id(self) -> str:
        """施策ID: read for every row of a sheet, so it does not go through the catalogue."""
        return self._values["id", "", 0]

    def values(self) -> dict[Ref, str]:
        """Return every text by its address, in form order."""
        return dict(self._values)

    def items(self, prefix: str) -> tuple[Item, ...]:
        """Return the items of a list, given by the prefix of its fields."""
        return tuple(Item(self._values, self.catalogue, prefix, key) for key in self._keys[prefix])

    def __getattr__(self, name: str) -> Any:
        if name not in _OWN and (items := self.catalogue.by_attribute.get(name)):
            return self.items(items.prefix)
        return super().__getattr__(name)

    def reports_progress(self, quarter: int) -> bool:
        """Return True if a 進捗 is written for a quarter (1–4); a dash is none."""
        return any(not is_blank(activity.quarters[quarter - 1].progress) for activity in self.activities)

    def ticks_no_report(self, quarter: int) -> bool:
        """Return True if 報告事項なし is ticked for a quarter (1–4)."""
        return is_marked(self.quarters[quarter - 1].no_report)

    def with_texts(self, texts: Mapping[Ref, str]) -> Measure:
        """Return the measure with these texts replaced; a Ref of a new item adds it at the end of its list."""
        return Measure({**self._values, **texts}, self.catalogue)

    def normal(self) -> Measure:
        """Return the measure without empty items at the end of lists."""
        return self._only(
            {items.prefix: _without_empty_tail(self.items(items.prefix)) for items in self.catalogue.lists}
        )

    def tidy(self) -> Measure:
        """Return the measure without empty items; of outcomes, which are numbered by position, only the last go."""
        lists = self.catalogue.by_prefix
        filled = {prefix: tuple(i for i in self.items(prefix) if not i.is_empty()) for prefix in lists}
        return self._only(filled | {"outcome": _without_empty_tail(self.items("outcome"))})

    def _only(self, lists: Mapping[str, tuple[Item, ...]]) -> Measure:
        kept = {prefix: {item.key for item in items} for prefix, items in lists.items()}
        if all(len(items) == len(self._keys[prefix]) for prefix, items in lists.items()):
            return self
        values = {r: t for r, t in self._values.items() if not r.item or r.item in kept[r.prefix]}
        return Measure(values, self.catalogue)

    def _content(self) -> object:
        return list(self._values.items())

    def __hash__(self) -> int:
        return hash(self.id)


class MeasureIndex(dict[str, Measure]):
    """Measures by 施策ID."""

    @cached_property
    def standard(self) -> Mapping[str, Measure]:
        """The measures by the standard spelling of their IDs."""
        return {measure_id(id_): measure for id_, measure in self.items()}

    def spelt(self, text: str) -> str:
        """Return the ID of the measure that a text names, however it is typed; the text itself if there is none."""
        found = self.get(text) or self.standard.get(measure_id(text))
        return found.id if found else text


def _without_empty_tail(items: tuple[Item, ...]) -> tuple[Item, ...]:
    end = len(items)
    while end and items[end - 1].is_empty():
        end -= 1
    return items[:end]


_LINE_ENDS = re.compile("\r\n|[\r\v\f]")


def normalise(text: str) -> str:
    """Return text as the model holds it: line breaks as LF, tabs as spaces, without characters that XML forbids."""
    if text.isprintable():
        return text
    return writable(_LINE_ENDS.sub("\n", text).replace("\t", " ").replace("\ufeff", ""))  # as readers of .xls drop it


@dataclass(frozen=True, slots=True)
class Department:
    """部署: a row of the table, whose order is 建制順.

    ``form`` is its own 様式 as written, if it has one; ``phone`` is 電話, shown only to the coordinator.
    """

    name: str
    former_names: tuple[str, ...] = ()
    to: str = ""
    cc: str = ""
    form: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """回: one sending-out of the forms to all departments.

    ``quarter`` is 1–4, or 0 for a round outside the quarters; ``deadline`` is ISO ``YYYY-MM-DD`` or ``""``; ``opens``
    and ``requires`` hold names of input groups (see ``dxreport.domain.fields``); ``form`` is the 様式 of the round as
    written, or ``""``.
    """

    name: str
    quarter: int = 0
    deadline: str = ""
    opens: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    form: str = ""


class Treatment(Enum):
    """課題の扱い: what a 進捗 means in the report."""

    ON_TRACK = "順調"
    LATE = "遅れ"
    COMPLETED = "完了"
    STOPPED = "中止"


@dataclass(frozen=True, slots=True)
class ProgressWord:
    """A word of 進捗.

    ``needs_countermeasure`` is True if it requires a 対応策; ``weight`` (重さ) and ``said`` (課題の扱い) are None if 設定 leaves
    them blank.
    """

    word: str
    needs_countermeasure: bool = False
    weight: Decimal | None = None
    said: Treatment | None = None

    @property
    def treatment(self) -> Treatment:
        """Its 課題の扱い; if 設定 leaves it blank, a word that needs a 対応策 is late, any other on track."""
        return self.said or (Treatment.LATE if self.needs_countermeasure else Treatment.ON_TRACK)


@dataclass(frozen=True, slots=True)
class Settings:
    """設定 of one fiscal year.

    ``closed`` is True once returns are no longer accepted; ``asks_ended``, if the closing round also goes to measures
    that ended during the year.
    """

    fiscal_year: FiscalYear
    plan_years: tuple[FiscalYear, ...]
    rounds: tuple[Round, ...]
    progress_words: tuple[ProgressWord, ...]
    flags: tuple[str, str] = ("有", "無")
    mail_domain: str = ""
    areas: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    catalogue: Catalogue = BUILT_IN
    names: Names = field(default_factory=Names)
    asks_ended: bool = False

    def round(self, name: str) -> Round | None:
        """Return the round of this name, or None."""
        return next((r for r in self.rounds if r.name == name), None)

    def of_quarter(self, quarter: int) -> Round | None:
        """Return the round of a quarter, the one with its usual name before any other; None if there is none."""
        own = [r for r in self.rounds if r.quarter == quarter]
        return min(own, key=lambda r: r.name != QUARTER_LABELS[quarter], default=None)

    def closes(self, round_: Round) -> bool:
        """Return True if a round outside the quarters asks for the year's results: it requires 実績, or follows 第4四半期."""
        past = self.rounds[: self.rounds.index(round_)] if round_ in self.rounds else ()
        return not round_.quarter and ("実績" in round_.requires or any(r.quarter == QUARTERS[-1] for r in past))

    def words(self, field: Field) -> tuple[str, ...]:
        """Return the words that a field may hold; () if it may hold any text."""
        if field.kind is FieldKind.PROGRESS:
            return tuple(w.word for w in self.progress_words)
        return self.flags if field.kind is FieldKind.FLAG else field.choices

    @property
    def plan_year(self) -> int:
        """The number of the fiscal year within the plan (from 1); 0 if it is outside the plan."""
        return self.plan_years.index(self.fiscal_year) + 1 if self.fiscal_year in self.plan_years else 0


QUARTER_MONTHS = {1: "（４月～６月）", 2: "（７月～９月）", 3: "（10月～12月）", 4: "（１月～３月）"}

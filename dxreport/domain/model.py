"""The model of a measure (施策) in the field's own terms: frozen records, no I/O.

A :class:`Ref` addresses every editable text of a measure. ``measure.values()`` returns all texts
as a flat ``dict[Ref, str]`` in form order, and :func:`measure_from` rebuilds the measure from it.
The form, the rules, the merge and the history refer to cells only by these addresses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .numbering import next_number

QUARTERS = (1, 2, 3, 4)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Ref(NamedTuple):
    """The address of one text in a measure.

    ``field`` is a key of the field catalogue (``"activity.plan"``); ``item`` the stable id of its
    list item (``"K3"``, or ``""`` for the measure itself); ``period`` the quarter (1–4), the plan
    year (1–4), or 0 for a field that has neither.
    """

    field: str
    item: str = ""
    period: int = 0

    def __str__(self) -> str:
        return "/".join([self.field, *([self.item] if self.item else []), *([str(self.period)] if self.period else [])])

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Invert ``str(ref)``; raise ValueError on anything else."""
        key, *rest = text.split("/")
        period = int(rest.pop()) if rest and rest[-1].isdigit() else 0
        if not key or len(rest) > 1:
            raise ValueError(text)
        return cls(key, rest[0] if rest else "", period)


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """A Japanese fiscal year (April to March); ``western`` is the calendar year in which it begins."""

    western: int

    @property
    def label(self) -> str:
        """The name as printed: ``令和元年度``, ``令和４年度`` (full-width), ``令和10年度`` (half-width).

        Raises ValueError for a year before 令和.
        """
        n = self.western - 2018
        if n < 1:
            raise ValueError(f"{self.western} is before 令和")
        era = "元" if n == 1 else str(n).translate(_FULL_WIDTH) if n < 10 else str(n)
        return f"令和{era}年度"

    def __str__(self) -> str:
        return self.label

    @classmethod
    def parse(cls, text: str) -> FiscalYear:
        """Read ``令和４年度``, ``R4``, ``令和4年``, ``2022年度`` or ``2022``; raise ValueError on anything else."""
        plain = unicodedata.normalize("NFKC", text).strip()
        if m := re.fullmatch(r"(?:令和|R)\s*(元|\d{1,2})\s*(?:年度?)?", plain):
            return cls(2018 + (1 if m[1] == "元" else int(m[1])))
        if m := re.fullmatch(r"(20\d\d)\s*(?:年度?)?", plain):
            return cls(int(m[1]))
        raise ValueError(text)

    def __add__(self, years: int) -> FiscalYear:
        return FiscalYear(self.western + years)


@dataclass(frozen=True, slots=True)
class ActivityQuarter:
    """One quarter of an activity: 作業予定, 進捗, 対応策."""

    plan: str = ""
    progress: str = ""
    countermeasure: str = ""


class _Quarterly:
    """Add the attributes q1 … q4, by which form templates name the items of ``quarters``."""

    __slots__ = ()
    q1 = property(lambda self: self.quarters[0])
    q2 = property(lambda self: self.quarters[1])
    q3 = property(lambda self: self.quarters[2])
    q4 = property(lambda self: self.quarters[3])


class _Yearly:
    """Add the attributes y1 … y4, by which form templates name the items of ``years`` (the four plan years)."""

    __slots__ = ()
    y1 = property(lambda self: self.years[0])
    y2 = property(lambda self: self.years[1])
    y3 = property(lambda self: self.years[2])
    y4 = property(lambda self: self.years[3])


@dataclass(frozen=True, slots=True)
class Activity(_Quarterly):
    """取組内容. ``key`` is stable within its measure; ``plan_label`` is the printed label, 作業予定 or 予定."""

    key: str
    name: str = ""
    plan_label: str = "作業予定"
    quarters: tuple[ActivityQuarter, ...] = (ActivityQuarter(),) * 4


@dataclass(frozen=True, slots=True)
class OutcomeYear:
    """One plan year of an outcome: 評価項目, 目標, 実績."""

    indicator: str = ""
    target: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Outcome(_Yearly):
    """成果目標 over the four years of the plan."""

    key: str
    years: tuple[OutcomeYear, ...] = (OutcomeYear(),) * 4


@dataclass(frozen=True, slots=True)
class RelatedMeasure:
    """One line of 関連施策: the other measure's ID and name, as written in this measure."""

    key: str
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SupportRequest:
    """One line of CIO補佐への支援依頼: 時期, 支援内容."""

    key: str
    period: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class MeasureQuarter:
    """The answer for a quarter as a whole: 報告事項なし."""

    no_report: str = ""


@dataclass(frozen=True, slots=True)
class Measure(_Quarterly):
    """施策: the content of one 年間活動計画 sheet."""

    id: str
    name: str = ""
    lead_department: str = ""
    related_departments: str = ""
    contact_person: str = ""
    contact_email: str = ""
    goal: str = ""
    related_flag: str = ""
    related_measures: tuple[RelatedMeasure, ...] = ()
    budgeted: str = ""
    procurement: str = ""
    activities: tuple[Activity, ...] = ()
    support_flag: str = ""
    support_requests: tuple[SupportRequest, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    quarters: tuple[MeasureQuarter, ...] = (MeasureQuarter(),) * 4

    def values(self) -> dict[Ref, str]:
        """Return every text by its address, in form order."""
        out: dict[Ref, str] = {Ref(name): getattr(self, name) for name in MEASURE_TEXTS}
        for items in ITEM_LISTS:
            for item in items.of(self):
                out |= items.values(item)
        return out | {Ref("no_report", "", n): quarter.no_report for n, quarter in enumerate(self.quarters, 1)}

    def normal(self) -> Measure:
        """Return the measure without the empty items at the end of each list."""
        return self._with_lists({items.attribute: _without_empty_tail(items.of(self)) for items in ITEM_LISTS})

    def tidy(self) -> Measure:
        """Return the measure without empty items.

        Outcomes are numbered ①②③ by position, so only those at the end of the list go.
        """
        lists = {items.attribute: tuple(i for i in items.of(self) if not is_empty(i)) for items in ITEM_LISTS}
        return self._with_lists(lists | {"outcomes": _without_empty_tail(self.outcomes)})

    def _with_lists(self, lists: Mapping[str, Any]) -> Measure:
        return replace(self, **lists)


MEASURE_TEXTS = (
    "id", "name", "lead_department", "related_departments", "contact_person", "contact_email", "goal",
    "related_flag", "budgeted", "procurement", "support_flag",
)  # fmt: skip

ListItem = RelatedMeasure | Activity | SupportRequest | Outcome


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of a measure.

    ``attribute`` is its name in Measure, ``prefix`` that of its fields in the catalogue, ``letter``
    the first letter of its item ids. ``texts`` are the attributes of an item that hold texts; where
    an item has ``periods`` (quarters or years), ``period_texts`` are those of one period.
    """

    attribute: str
    prefix: str
    letter: str
    record: type[ListItem]
    texts: tuple[str, ...] = ()
    periods: str = ""
    period_record: type[ActivityQuarter | OutcomeYear] | None = None
    period_texts: tuple[str, ...] = ()

    def of(self, measure: Measure) -> tuple[ListItem, ...]:
        """Return the items that ``measure`` has in this list."""
        items: tuple[ListItem, ...] = getattr(measure, self.attribute)
        return items

    def values(self, item: ListItem) -> dict[Ref, str]:
        """Return every text of an item by its address, in form order."""
        out: dict[Ref, str] = {Ref(f"{self.prefix}.{name}", item.key): getattr(item, name) for name in self.texts}
        for n, period in enumerate(getattr(item, self.periods) if self.periods else (), 1):
            for name in self.period_texts:
                out[Ref(f"{self.prefix}.{name}", item.key, n)] = getattr(period, name)
        return out

    def blank(self, key: str) -> ListItem:
        """Return an item without any text."""
        return self.record(key)

    def item(self, key: str, texts: Mapping[tuple[str, int], str]) -> ListItem:
        """Return the item with these texts, given by (attribute, period)."""
        given: dict[str, Any] = {name: texts[name, 0] for name in self.texts if (name, 0) in texts}
        if self.period_record:
            given[self.periods] = tuple(
                self.period_record(**{name: texts.get((name, n), "") for name in self.period_texts}) for n in QUARTERS
            )
        return self.record(key, **given)


ITEM_LISTS = (
    ItemList("related_measures", "related", "R", RelatedMeasure, ("id", "name")),
    ItemList("activities", "activity", "K", Activity, ("name", "plan_label"), "quarters", ActivityQuarter,
         ("plan", "progress", "countermeasure")),
    ItemList("support_requests", "support", "S", SupportRequest, ("period", "content")),
    ItemList("outcomes", "outcome", "O", Outcome, (), "years", OutcomeYear, ("indicator", "target", "actual")),
)  # fmt: skip
LIST_BY_PREFIX = {items.prefix: items for items in ITEM_LISTS}
LIST_BY_ATTRIBUTE = {items.attribute: items for items in ITEM_LISTS}


def list_of(ref: Ref) -> ItemList | None:
    """Return the list that a Ref points into, or None for a text of the measure itself."""
    return LIST_BY_PREFIX.get(ref.field.partition(".")[0])


def is_empty(item: ListItem) -> bool:
    """Whether nothing was written in this item; its printed label (作業予定) does not count."""
    items = next(items for items in ITEM_LISTS if isinstance(item, items.record))
    periods = getattr(item, items.periods) if items.periods else ()
    texts = [getattr(item, name) for name in items.texts if name != "plan_label"]
    return not any(texts) and not any(getattr(period, name) for period in periods for name in items.period_texts)


def _without_empty_tail(items: tuple[ListItem, ...]) -> tuple[ListItem, ...]:
    end = len(items)
    while end and is_empty(items[end - 1]):
        end -= 1
    return items[:end]


def next_keys(items: ItemList, taken: Iterable[str], count: int) -> list[str]:
    """Return ``count`` ids for new items of a list, numbered on from the highest in ``taken``."""
    first = next_number(items.letter, taken)
    return [f"{items.letter}{n}" for n in range(first, first + count)]


def measure_from(values: Mapping[Ref, str]) -> Measure:
    """Rebuild a measure from its ``values()``; items keep the order of their first texts."""
    lists: dict[str, dict[str, dict[tuple[str, int], str]]] = {items.prefix: {} for items in ITEM_LISTS}
    given: dict[str, Any] = {}
    no_report = [""] * 4
    for ref, text in values.items():
        prefix, dot, name = ref.field.partition(".")
        if dot:
            lists[prefix].setdefault(ref.item, {})[name, ref.period] = text
        elif ref.field == "no_report":
            no_report[ref.period - 1] = text
        else:
            given[ref.field] = text
    for items in ITEM_LISTS:
        given[items.attribute] = tuple(items.item(key, texts) for key, texts in lists[items.prefix].items())
    return Measure(**given, quarters=tuple(MeasureQuarter(text) for text in no_report))


_LINE_ENDS = re.compile("\r\n|[\r\v\f]")
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")  # U+FEFF: readers of .xls drop it


def normalise(text: str) -> str:
    """Return text as the model holds it: line breaks as LF, tabs as blanks, no characters that XML forbids."""
    if text.isprintable():
        return text
    return _DROPPED.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " "))


@dataclass(frozen=True, slots=True)
class Department:
    """部署: a row of the master's table, which is in 建制順."""

    name: str
    former_names: tuple[str, ...] = ()
    to: str = ""
    cc: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """回: one issue of the forms to all departments.

    ``quarter`` is 1–4, or 0 for a round outside the quarters; ``deadline`` is ISO ``YYYY-MM-DD``
    or ``""``; ``opens`` and ``requires`` hold names of input groups (see ``dxreport.domain.fields``).
    """

    name: str
    quarter: int = 0
    deadline: str = ""
    opens: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProgressWord:
    """A word of 進捗; ``needs_countermeasure`` is whether it requires a 対応策."""

    word: str
    needs_countermeasure: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """設定 of one fiscal year; ``closed`` once its returns are no longer accepted."""

    fiscal_year: FiscalYear
    plan_years: tuple[FiscalYear, ...]
    rounds: tuple[Round, ...]
    progress_words: tuple[ProgressWord, ...]
    flags: tuple[str, str] = ("有", "無")
    mail_domain: str = ""
    areas: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False

    def round(self, name: str) -> Round | None:
        """Return the round of this name, or None."""
        return next((r for r in self.rounds if r.name == name), None)

    @property
    def plan_year(self) -> int:
        """The plan year (1-based) that the fiscal year is; 0 when it is outside the plan."""
        return self.plan_years.index(self.fiscal_year) + 1 if self.fiscal_year in self.plan_years else 0


QUARTER_LABELS = {1: "第1四半期", 2: "第2四半期", 3: "第3四半期", 4: "第4四半期"}
QUARTER_MONTHS = {1: "（４月～６月）", 2: "（７月～９月）", 3: "（10月～12月）", 4: "（１月～３月）"}

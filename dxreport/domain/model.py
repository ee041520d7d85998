"""The model of a measure (施策) in the field's terms: frozen records, no I/O.

Every editable text of a measure is addressed by a :class:`Ref`; ``measure.values()``
gives all of them as a flat ``dict[Ref, str]`` in the order of the form, and
:func:`measure_from` builds the measure again. The lens, the rules, the merge and
the history speak of cells of the form only through these addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

QUARTERS = (1, 2, 3, 4)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Ref(NamedTuple):
    """The address of one text in a measure.

    ``field`` is a key of the field catalogue (``"activity.plan"``), ``item`` the stable id
    of the list item it belongs to (``"K3"``, or ``""`` for the measure itself), ``period`` the
    quarter (1–4) or the plan year (1–4), or 0 where the field has neither.
    """

    field: str
    item: str = ""
    period: int = 0

    def __str__(self) -> str:
        return "/".join([self.field, *([self.item] if self.item else []), *([str(self.period)] if self.period else [])])

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The inverse of ``str(ref)``; raises ValueError on anything else."""
        key, *rest = text.split("/")
        period = int(rest.pop()) if rest and rest[-1].isdigit() else 0
        if not key or len(rest) > 1:
            raise ValueError(text)
        return cls(key, rest[0] if rest else "", period)


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """A Japanese fiscal year (April to March); ``western`` is the year it begins in."""

    western: int

    @property
    def label(self) -> str:
        """``令和４年度``: one digit full-width, two digits half-width, the first year 元."""
        n = self.western - 2018
        if n < 1:
            raise ValueError(f"{self.western} is before 令和")
        era = "元" if n == 1 else str(n).translate(_FULL_WIDTH) if n < 10 else str(n)
        return f"令和{era}年度"

    def __str__(self) -> str:
        return self.label

    @classmethod
    def parse(cls, text: str) -> FiscalYear:
        """From ``令和４年度``, ``R4``, ``令和4年``, ``2022年度`` or ``2022``; raises ValueError."""
        import unicodedata

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
    """Gives a record with ``quarters`` the attributes q1 … q4."""

    __slots__ = ()
    q1 = property(lambda self: self.quarters[0])
    q2 = property(lambda self: self.quarters[1])
    q3 = property(lambda self: self.quarters[2])
    q4 = property(lambda self: self.quarters[3])


class _Yearly:
    """Gives a record with ``years`` the attributes y1 … y4 (the four plan years)."""

    __slots__ = ()
    y1 = property(lambda self: self.years[0])
    y2 = property(lambda self: self.years[1])
    y3 = property(lambda self: self.years[2])
    y4 = property(lambda self: self.years[3])


@dataclass(frozen=True, slots=True)
class Activity(_Quarterly):
    """取組内容: ``key`` is stable within its measure; ``plan_label`` is 作業予定 or 予定, as printed."""

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
    """成果目標, over the four years of the plan."""

    key: str
    years: tuple[OutcomeYear, ...] = (OutcomeYear(),) * 4


@dataclass(frozen=True, slots=True)
class RelatedMeasure:
    """One line of 関連施策: the other measure's ID and name as written here."""

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
    """What a measure says of a quarter as a whole: 報告事項なし."""

    no_report: str = ""


@dataclass(frozen=True, slots=True)
class Measure(_Quarterly):
    """施策: everything that stands on one 年間活動計画 sheet."""

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
        """Every text of the measure by its address, in the order of the form."""
        out: dict[Ref, str] = {Ref(name): getattr(self, name) for name in MEASURE_TEXTS}
        for part in PARTS:
            for item in getattr(self, part.attribute):
                for name in part.texts:
                    out[Ref(f"{part.prefix}.{name}", item.key)] = getattr(item, name)
                for n, period in enumerate(getattr(item, part.periods) if part.periods else (), 1):
                    for name in part.period_texts:
                        out[Ref(f"{part.prefix}.{name}", item.key, n)] = getattr(period, name)
        for n, quarter in enumerate(self.quarters, 1):
            out[Ref("no_report", "", n)] = quarter.no_report
        return out

    def normal(self) -> Measure:
        """Without the wholly blank records at the end of each list."""
        return replace(self, **{p.attribute: _without_blank_tail(p, getattr(self, p.attribute)) for p in PARTS})

    def tidy(self) -> Measure:
        """Without items that were emptied; outcomes keep their numbers ①②③, so only those at the end go."""
        lists = {
            p.attribute: _without_blank_tail(p, items)
            if p.attribute == "outcomes"
            else tuple(item for item in items if not is_blank(item))
            for p in PARTS
            if (items := getattr(self, p.attribute))
        }
        return replace(self, **lists)


MEASURE_TEXTS = (
    "id", "name", "lead_department", "related_departments", "contact_person", "contact_email", "goal",
    "related_flag", "budgeted", "procurement", "support_flag",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A list of a measure: which record it holds, how its fields are called, how its ids begin."""

    attribute: str
    prefix: str
    letter: str
    record: type
    texts: tuple[str, ...] = ()
    periods: str = ""
    period_record: type | None = None
    period_texts: tuple[str, ...] = ()

    def blank(self, key: str):
        """An item of this list with nothing written in it."""
        return self.record(key)


PARTS = (
    Part("related_measures", "related", "R", RelatedMeasure, ("id", "name")),
    Part("activities", "activity", "K", Activity, ("name", "plan_label"), "quarters", ActivityQuarter,
         ("plan", "progress", "countermeasure")),
    Part("support_requests", "support", "S", SupportRequest, ("period", "content")),
    Part("outcomes", "outcome", "O", Outcome, (), "years", OutcomeYear, ("indicator", "target", "actual")),
)  # fmt: skip
PART_BY_PREFIX = {part.prefix: part for part in PARTS}
PART_BY_ATTRIBUTE = {part.attribute: part for part in PARTS}


def is_blank(item) -> bool:
    """Nothing was written in this list item (a printed label such as 作業予定 is not writing)."""
    part = next(p for p in PARTS if isinstance(item, p.record))
    texts = [getattr(item, name) for name in part.texts if name != "plan_label"]
    for period in getattr(item, part.periods) if part.periods else ():
        texts += [getattr(period, name) for name in part.period_texts]
    return not any(texts)


def _without_blank_tail(part: Part, items: tuple) -> tuple:
    end = len(items)
    while end and is_blank(items[end - 1]):
        end -= 1
    return items[:end]


def next_keys(part: Part, taken: Iterable[str], count: int) -> list[str]:
    """``count`` ids for new items of a list, after the highest one ever given in ``taken``."""
    numbers = [int(key[1:]) for key in taken if key[:1] == part.letter and key[1:].isdigit()]
    first = max(numbers, default=0) + 1
    return [f"{part.letter}{n}" for n in range(first, first + count)]


def measure_from(values: Mapping[Ref, str]) -> Measure:
    """The measure whose ``values()`` these are; items stand in the order they first appear."""
    by_part: dict[str, dict[str, dict[tuple[str, int], str]]] = {part.prefix: {} for part in PARTS}
    plain: dict[str, str] = {}
    no_report = [""] * 4
    for ref, text in values.items():
        prefix, _, name = ref.field.partition(".")
        if ref.field == "no_report":
            no_report[ref.period - 1] = text
        elif name:
            by_part[prefix].setdefault(ref.item, {})[name, ref.period] = text
        else:
            plain[ref.field] = text
    lists = {
        part.attribute: tuple(_item(part, key, texts) for key, texts in by_part[part.prefix].items()) for part in PARTS
    }
    return Measure(**plain, **lists, quarters=tuple(MeasureQuarter(text) for text in no_report))


def _item(part: Part, key: str, texts: Mapping[tuple[str, int], str]):
    given = {name: texts[name, 0] for name in part.texts if (name, 0) in texts}
    if part.periods:
        given[part.periods] = tuple(
            part.period_record(**{name: texts.get((name, n), "") for name in part.period_texts}) for n in QUARTERS
        )
    return part.record(key, **given)


_LINE_ENDS = re.compile("\r\n|[\r\v\f]")
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufeff\ufffe\uffff]")  # readers of .xls drop a byte order mark


def normalise(text: str) -> str:
    """Text as the model holds it: line breaks LF, a tab one blank, nothing that XML cannot hold."""
    if text.isprintable():
        return text
    return _DROPPED.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " "))


@dataclass(frozen=True, slots=True)
class Department:
    """部署: a row of the master's table, in 建制順."""

    name: str
    former_names: tuple[str, ...] = ()
    to: str = ""
    cc: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """回: one sending-out of the forms.

    ``quarter`` is 1–4, or 0 for a round that belongs to no quarter; ``deadline`` is ISO
    ``YYYY-MM-DD`` or ``""``; ``opens`` and ``requires`` hold names of input groups (see
    ``dxreport.fields``).
    """

    name: str
    quarter: int = 0
    deadline: str = ""
    opens: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProgressWord:
    """A word of 進捗; ``needs_countermeasure`` says whether 対応策 is required with it."""

    word: str
    needs_countermeasure: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """設定 of one fiscal year; ``closed`` when its returns are no longer taken."""

    fiscal_year: FiscalYear
    plan_years: tuple[FiscalYear, ...]
    rounds: tuple[Round, ...]
    progress_words: tuple[ProgressWord, ...]
    flags: tuple[str, str] = ("有", "無")
    mail_domain: str = ""
    areas: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False

    def round(self, name: str) -> Round | None:
        return next((r for r in self.rounds if r.name == name), None)

    @property
    def plan_year(self) -> int:
        """The plan year (1-based) that the fiscal year is; 0 when it is outside the plan."""
        return self.plan_years.index(self.fiscal_year) + 1 if self.fiscal_year in self.plan_years else 0


QUARTER_LABELS = {1: "第1四半期", 2: "第2四半期", 3: "第3四半期", 4: "第4四半期"}
QUARTER_MONTHS = {1: "（４月～６月）", 2: "（７月～９月）", 3: "（10月～12月）", 4: "（１月～３月）"}

"""The field catalogue: what a measure is made of, in one place.

A :class:`Field` is one row of the sheet 項目: built in, or declared by the office. Render, read, rules, merge, history
and reports all use it. A round opens a field to departments through its input group (``group``), a word of the 回 table
in 設定; ``when`` says which periods of the field a round of a quarter opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from enum import Enum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .numbering import next_number

if TYPE_CHECKING:
    from .model import Round, Settings

QUARTERS = (1, 2, 3, 4)
QUARTER_LABELS = {1: "第1四半期", 2: "第2四半期", 3: "第3四半期", 4: "第4四半期"}


class Ref(NamedTuple):
    """The address of one text in a measure.

    ``field`` is a key of the field catalogue (``"activity.plan"``). ``item`` is the stable id of its list item
    (``"K3"``), ``""`` for the measure itself. ``period`` is the quarter (1–4), the plan year (from 1), or 0 for a field
    that has neither.
    """

    field: str
    item: str = ""
    period: int = 0

    @property
    def prefix(self) -> str:
        """The prefix of its list; ``""`` for a text of the measure itself."""
        return self.field.rpartition(".")[0]

    @lru_cache(maxsize=1 << 14)  # noqa: B019 - logs, readings and issues repeat the same few thousand addresses
    def __str__(self) -> str:
        return "/".join([self.field, *([self.item] if self.item else []), *([str(self.period)] if self.period else [])])

    @classmethod
    @lru_cache(maxsize=1 << 14)
    def parse(cls, text: str) -> Ref:
        """Invert ``str(ref)``; raise ValueError on anything else."""
        key, *rest = text.split("/")
        period = int(rest.pop()) if rest and rest[-1].isdecimal() else 0
        if not key or len(rest) > 1:
            raise ValueError(text)
        return cls(key, rest[0] if rest else "", period)


class FieldKind(Enum):
    """種類: what a field may hold."""

    TEXT = "文章"
    CHOICE = "選択"
    NUMBER = "数値"
    DATE = "日付"
    EMAIL = "メール"
    MEASURE_ID = "施策ID"
    CHECK = "チェック"
    FLAG = "有無"
    PROGRESS = "進捗"
    TARGET = "目標"
    ACTUAL = "実績"


class Period(Enum):
    """期間: how many texts a field has: one, one for each quarter, or one for each plan year."""

    NONE = "なし"
    QUARTERS = "四半期"
    YEARS = "年度"

    @property
    def letter(self) -> str:
        """The letter before the number of one period in templates: ``q1``, ``y1``; ``""`` for NONE."""
        return self.plural[:1]

    @property
    def plural(self) -> str:
        """The name of all periods in templates: ``quarters``, ``years``; ``""`` for NONE."""
        return {"四半期": "quarters", "年度": "years"}.get(self.value, "")


class InReport(Enum):
    """報告: how the report shows a declared field."""

    NONE = "なし"
    COUNT = "数える"
    SUM = "合計する"
    LIST = "載せる"


class When(Enum):
    """The periods of a field that a round of a quarter opens."""

    ALWAYS = "always"
    THIS_QUARTER = "this quarter, and earlier quarters not yet answered"
    LATER_QUARTERS = "later quarters"
    THIS_YEAR = "this fiscal year"


class Access(Enum):
    """What a department may do with a cell."""

    OPEN = "open"
    IF_BLANK = "open while it is blank"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Requirement:
    """必須の条件: when a declared field must be filled in.

    Always if ``field`` is ``""``; otherwise when the field with that key, in the same item and period, holds one of
    ``values``.
    """

    field: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a measure: ``key`` as in ``Ref.field``, ``label`` its Japanese name (見出し).

    ``default`` is its text in a new item; ``unit`` and ``decimals`` are those of a number, ``choices`` the words of a
    選択. ``carries`` is whether rollover keeps its texts; ``former`` are earlier keys (旧名).
    """

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    group: str = ""
    when: When = When.ALWAYS
    period: Period = Period.NONE
    carries: bool = True
    default: str = ""
    unit: str = ""
    decimals: int = 0
    choices: tuple[str, ...] = ()
    required: Requirement | None = None
    report: InReport = InReport.NONE
    former: tuple[str, ...] = ()
    declared: bool = False

    @property
    def prefix(self) -> str:
        """The prefix of its list; ``""`` for a field of the measure itself."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name within its list, as templates write it."""
        return self.key.rpartition(".")[2]


@dataclass(frozen=True)
class ItemList:
    """A list of a measure.

    ``prefix`` begins the keys of its fields, ``attribute`` is its name in templates, ``label`` its 場所; ``letter``
    begins the ids of its items.
    """

    prefix: str
    attribute: str
    label: str
    letter: str

    def is_id(self, key: str) -> bool:
        """Return True for the id of an item: the letter and a number."""
        return key.startswith(self.letter) and key[len(self.letter) :].isdecimal()

    def next_keys(self, taken: Iterable[str], count: int) -> list[str]:
        """Return ``count`` ids for new items, numbered on from the highest in ``taken``."""
        first = next_number(self.letter, taken)
        return [f"{self.letter}{n}" for n in range(first, first + count)]


MEASURE = "施策"  # 場所 of a field of the measure itself
# The field that identifies an item: two items with different texts in it are different things.
NAMED_BY = {
    "activity": "activity.name", "related": "related.id", "support": "support.content", "outcome": "outcome.indicator",
}  # fmt: skip
BUILT_IN_LISTS = (
    ItemList("related", "related_measures", "関連施策", "R"),
    ItemList("activity", "activities", "取組", "K"),
    ItemList("support", "support_requests", "支援依頼", "S"),
    ItemList("outcome", "outcomes", "成果目標", "O"),
)


@dataclass(frozen=True)
class Catalogue:
    """All fields of a measure, in the order of the form, and the number of plan years (1–10)."""

    fields: tuple[Field, ...]
    years: int = 4

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.fields, self.years))

    @cached_property
    def field(self) -> Mapping[str, Field]:
        """The fields by key."""
        return {field.key: field for field in self.fields}

    @cached_property
    def lists(self) -> tuple[ItemList, ...]:
        """The lists of a measure: the built-in ones, then the office's own."""
        built_in = {items.prefix for items in BUILT_IN_LISTS}
        own = dict.fromkeys(f.prefix for f in self.fields if f.prefix and f.prefix not in built_in)
        return (*BUILT_IN_LISTS, *(ItemList(name, name, name, name) for name in own))

    @cached_property
    def by_prefix(self) -> Mapping[str, ItemList]:
        """The lists by the prefix of their fields."""
        return {items.prefix: items for items in self.lists}

    @cached_property
    def by_attribute(self) -> Mapping[str, ItemList]:
        """The lists by their names in templates."""
        return {items.attribute: items for items in self.lists}

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, Field]]:
        """The fields of each list by name; those of the measure itself under ``""``."""
        out: dict[str, dict[str, Field]] = {prefix: {} for prefix in ("", *self.by_prefix)}
        for field in self.fields:
            out[field.prefix][field.name] = field
        return out

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The input groups (入力欄)."""
        return tuple(dict.fromkeys(field.group for field in self.fields if field.group))

    @cached_property
    def declared(self) -> tuple[Field, ...]:
        """The fields that the office declared."""
        return tuple(field for field in self.fields if field.declared)

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Today's keys by former ones (旧名)."""
        return {old: field.key for field in self.fields for old in field.former}

    @cached_property
    def former_names(self) -> Mapping[str, Mapping[str, Field]]:
        """The fields of each list by former names, which templates may still write."""
        out: dict[str, dict[str, Field]] = {prefix: {} for prefix in self.members}
        for field in self.fields:
            for old in field.former:
                out[field.prefix].setdefault(old.rpartition(".")[2], field)
        return out

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """The key of the 目標 for each 実績 of the same list and period, ``""`` if there is none."""
        kinds = {(f.prefix, f.period): f.key for f in reversed(self.fields) if f.kind is FieldKind.TARGET}
        return {f.key: kinds.get((f.prefix, f.period), "") for f in self.fields if f.kind is FieldKind.ACTUAL}

    def address(self, stored: str) -> str:
        """Return today's address (``str(ref)``) for one that may have been stored before a field was renamed."""
        if not self.renamed:
            return stored
        key, slash, rest = stored.partition("/")
        return self.renamed.get(key, key) + slash + rest

    def ref(self, stored: str) -> Ref:
        """Parse an address that may have been stored before a field was renamed; raise ValueError on anything else."""
        return Ref.parse(self.address(stored))

    def rekeyed(self, earlier: Catalogue) -> Catalogue:
        """Return an earlier catalogue with its fields under this catalogue's keys."""
        keys = self.renamed
        if not keys:
            return earlier
        fields = (_under(field, keys.get(field.key, field.key), keys) for field in earlier.fields)
        return Catalogue(tuple(fields), earlier.years)

    def list_of(self, ref: Ref) -> ItemList | None:
        """Return the list that a Ref belongs to, or None for a text of the measure itself."""
        return self.by_prefix.get(ref.prefix)

    def list_group(self, prefix: str) -> str:
        """Return the input group that opens a list (``"activity"`` → 取組内容); while it is open, items may be added."""
        return next((f.group for f in self.members[prefix].values() if f.group), "")

    def periods(self, field: Field) -> tuple[int, ...]:
        """Return the periods of a field: the quarters, the plan years, or only 0."""
        return self.numbers[field.period]

    @cached_property
    def numbers(self) -> Mapping[Period, tuple[int, ...]]:
        """The numbers of the periods of each kind; only 0 for NONE."""
        return {Period.NONE: (0,), Period.QUARTERS: QUARTERS, Period.YEARS: tuple(range(1, self.years + 1))}

    @cached_property
    def period_names(self) -> Mapping[str, int]:
        """The numbers of periods by their names in templates: ``q1``, ``y4``."""
        return {f"{p.letter}{n}": n for p in (Period.QUARTERS, Period.YEARS) for n in self.numbers[p]}

    @cached_property
    def cells(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """The (key, period) of every text of an item, in form order, by the prefix of its list.

        ``""`` has the texts of the measure itself without a period, ``"*"`` those with one, which follow the lists.
        """
        out = {
            prefix: tuple((f.key, n) for p in Period for n in self.numbers[p] for f in fields.values() if f.period is p)
            for prefix, fields in self.members.items()
        }
        out["*"] = tuple(cell for cell in out[""] if cell[1])
        out[""] = tuple(cell for cell in out[""] if not cell[1])
        return out

    @cached_property
    def defaults(self) -> Mapping[str, str]:
        """The texts of new items by key, without blanks."""
        return {field.key: field.default for field in self.fields if field.default}

    def item_keys(self, values: Mapping[Ref, str]) -> dict[str, tuple[str, ...]]:
        """Return the ids of the items of each list, by its prefix, in the order of their first texts."""
        items: dict[str, dict[str, None]] = {prefix: {} for prefix in self.by_prefix}
        prefixes = self._prefixes
        for field, item, _ in values:
            if item and field in prefixes:
                items[prefixes[field]][item] = None
        return {prefix: tuple(keys) for prefix, keys in items.items()}

    @cached_property
    def _prefixes(self) -> Mapping[str, str]:
        return {field.key: field.prefix for field in self.fields if field.prefix}

    def refs(self, prefix: str, item: str = "") -> tuple[Ref, ...]:
        """Return the addresses of the texts of an item in form order; for the measure itself see :attr:`cells`."""
        found = self._refs.get((prefix, item))
        if found is None:
            found = self._refs[prefix, item] = tuple(Ref(key, item, n) for key, n in self.cells[prefix])
        return found

    @cached_property
    def _refs(self) -> dict[tuple[str, str], tuple[Ref, ...]]:
        return {}  # by (prefix, item); all measures use the same few ids

    def arrange(self, values: Mapping[Ref, str], items: Mapping[str, Iterable[str]]) -> dict[Ref, str]:
        """Return every text of a measure with these items in form order; texts not given are blank, others left out."""
        get, default = values.get, self.defaults.get
        out = {ref: get(ref, "") for ref in self.refs("")}
        for prefix, keys in items.items():
            for item in keys:
                for ref in self.refs(prefix, item):
                    text = get(ref)
                    out[ref] = default(ref.field, "") if text is None else text
        return out | {ref: get(ref, "") for ref in self.refs("*")}

    def extended(self, fields: Iterable[Field], years: int) -> Catalogue:
        """Return the catalogue with these fields, each replacing the one with its key or added at the end."""
        new = {field.key: field for field in fields}
        kept = tuple(new.pop(field.key, field) for field in self.fields)
        same = not new and kept == self.fields and years == self.years
        return self if same else Catalogue((*kept, *new.values()), years)

    @cached_property
    def stored(self) -> tuple[dict[str, Any], ...]:
        """The fields that differ from the built-in catalogue, as JSON stores them."""
        return tuple(_stored(field) for field in self.fields if BUILT_IN.field.get(field.key) != field)

    @classmethod
    def parse(cls, given: Iterable[Mapping[str, Any]], years: int) -> Catalogue:
        """Invert :attr:`stored`; raise ValueError, KeyError or TypeError on anything else."""
        return BUILT_IN.extended(map(_parsed, given), years)


def _under(field: Field, key: str, keys: Mapping[str, str]) -> Field:
    """Return a field under another key, with its own as a former one; ``keys`` renames the field of its condition."""
    needed = field.required
    required = needed and replace(needed, field=keys.get(needed.field, needed.field))
    former = field.former if key == field.key else (*field.former, field.key)
    return replace(field, key=key, former=former, required=required)


def _stored(field: Field) -> dict[str, Any]:
    given = {f.name: getattr(field, f.name) for f in dataclass_fields(field)}
    if field.required:
        given["required"] = [field.required.field, *field.required.values]
    return {name: value.name if isinstance(value, Enum) else value for name, value in given.items()}


def _parsed(given: Mapping[str, Any]) -> Field:
    required = given["required"]
    enums = {"kind": FieldKind, "when": When, "period": Period, "report": InReport}
    return Field(**{
        **given,
        **{name: enum[given[name]] for name, enum in enums.items()},
        **{name: tuple(given[name]) for name in ("choices", "former")},
        "required": Requirement(required[0], tuple(required[1:])) if required else None,
    })  # fmt: skip


_TEXT = FieldKind.TEXT
_QUARTERS, _YEARS = Period.QUARTERS, Period.YEARS
BUILT_IN = Catalogue((
    Field("id", "施策ID", FieldKind.MEASURE_ID),
    Field("name", "施策名"),
    Field("lead_department", "主管部署"),
    Field("related_departments", "関連部署", group="関連部署"),
    Field("contact_person", "主担当者", group="主担当者"),
    Field("contact_email", "連絡先（E-mail)", FieldKind.EMAIL, "連絡先"),
    Field("goal", "到達目標", group="到達目標", carries=False),
    Field("related_flag", "関連施策有無", FieldKind.FLAG, "関連施策"),
    Field("related.id", "関連施策の施策ID", FieldKind.MEASURE_ID, "関連施策"),
    Field("related.name", "関連施策の施策名", group="関連施策"),
    Field("budgeted", "予算化有無", FieldKind.FLAG, "次年度予算化予定", carries=False),
    Field("procurement", "調達内容（具体的に）", group="次年度予算化予定", carries=False),
    Field("activity.name", "取組内容", group="取組内容"),
    Field("activity.plan_label", "作業予定の見出し", default="作業予定"),
    Field("activity.plan", "作業予定", _TEXT, "作業予定", When.LATER_QUARTERS, _QUARTERS, carries=False),
    Field("activity.progress", "進捗", FieldKind.PROGRESS, "進捗", When.THIS_QUARTER, _QUARTERS, carries=False),
    Field("activity.countermeasure", "対応策（遅延や課題がある場合）", _TEXT, "対応策", When.THIS_QUARTER, _QUARTERS,
          carries=False),
    Field("support_flag", "依頼有無", FieldKind.FLAG, "CIO補佐への支援依頼", carries=False),
    Field("support.period", "時期", group="CIO補佐への支援依頼", carries=False),
    Field("support.content", "支援内容", group="CIO補佐への支援依頼", carries=False),
    Field("outcome.indicator", "評価項目", group="評価項目", period=_YEARS),
    Field("outcome.target", "目標", FieldKind.TARGET, "目標", period=_YEARS),
    Field("outcome.actual", "実績", FieldKind.ACTUAL, "実績", When.THIS_YEAR, _YEARS),
    Field("no_report", "報告事項なし", FieldKind.CHECK, "報告事項なし", When.THIS_QUARTER, _QUARTERS, carries=False),
))  # fmt: skip

# The input groups that the rounds of a new 設定 open; a coordinator may change them.
PLAN_GROUPS = ("主担当者", "連絡先", "関連部署", "到達目標", "関連施策", "次年度予算化予定", "取組内容", "作業予定",
               "CIO補佐への支援依頼", "評価項目", "目標")  # fmt: skip
QUARTER_GROUPS = ("主担当者", "連絡先", "進捗", "対応策", "作業予定", "実績", "次年度予算化予定",
                  "CIO補佐への支援依頼", "報告事項なし")  # fmt: skip
CLOSING_GROUPS = ("主担当者", "連絡先", "実績")


def access(key: str, period: int, round_: Round, settings: Settings) -> Access:
    """Return the access to the field ``key`` of ``period`` in a sheet of ``round_``.

    It is ``IF_BLANK`` for answers of earlier quarters, which may still be missing. Fields that are no longer declared
    are locked.
    """
    field = settings.catalogue.field.get(key)
    if field is None or not field.group or field.group not in round_.opens:
        return Access.LOCKED
    quarter = round_.quarter
    if field.when is When.THIS_QUARTER:
        if not quarter or period > quarter:
            return Access.LOCKED
        return Access.OPEN if period == quarter else Access.IF_BLANK
    if field.when is When.LATER_QUARTERS and quarter:
        return Access.OPEN if period > quarter else Access.LOCKED
    if field.when is When.THIS_YEAR:
        return Access.OPEN if 0 < period == settings.plan_year else Access.LOCKED
    return Access.OPEN


def label(ref: Ref, settings: Settings, item: str = "") -> str:
    """Return what people call a cell: ``「…」 第1四半期 進捗``; ``item`` is the name of its list item."""
    field = settings.catalogue.field.get(ref.field) or Field(ref.field, ref.field.rpartition(".")[2])
    words = [item] if item else []
    if field.period is Period.QUARTERS and ref.period:
        words.append(QUARTER_LABELS[ref.period])
    elif field.period is Period.YEARS and 0 < ref.period <= len(settings.plan_years):
        words.append(settings.plan_years[ref.period - 1].label)
    words.append(field.label)
    return " ".join(words)

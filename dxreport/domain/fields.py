"""The field catalogue: the key, label, kind and access of every field, in one place.

Render, read, rules, merge, history and reports all use it. A round opens a field to departments
through its input group (``group``), a word of the 回 table in 設定; ``when`` says which periods of
the field a round of a quarter opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .model import QUARTER_LABELS, Ref, Round, Settings


class FieldKind(Enum):
    """What a field may hold."""

    TEXT = "text"
    PROGRESS = "progress"
    FLAG = "flag"
    MEASURE_ID = "measure id"
    EMAIL = "email"
    TARGET = "target"
    ACTUAL = "actual"
    CHECK = "check"


class When(Enum):
    """Which periods of a field a round of a quarter opens."""

    ALWAYS = "always"
    THIS_QUARTER = "this quarter, and earlier quarters not yet answered"
    LATER_QUARTERS = "later quarters"
    THIS_YEAR = "this fiscal year"


class Access(Enum):
    """Whether a department may write a cell."""

    OPEN = "open"
    IF_BLANK = "open while it is blank"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``key`` as in ``Ref.field``, its Japanese ``label``, and when it may be written."""

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    group: str = ""
    when: When = When.ALWAYS
    periods: str = ""  # "", "quarters" or "years"


FIELDS = (
    Field("id", "施策ID", FieldKind.MEASURE_ID),
    Field("name", "施策名"),
    Field("lead_department", "主管部署"),
    Field("related_departments", "関連部署", group="関連部署"),
    Field("contact_person", "主担当者", group="主担当者"),
    Field("contact_email", "連絡先（E-mail)", FieldKind.EMAIL, "連絡先"),
    Field("goal", "到達目標", group="到達目標"),
    Field("related_flag", "関連施策有無", FieldKind.FLAG, "関連施策"),
    Field("related.id", "関連施策の施策ID", FieldKind.MEASURE_ID, "関連施策"),
    Field("related.name", "関連施策の施策名", group="関連施策"),
    Field("budgeted", "予算化有無", FieldKind.FLAG, "次年度予算化予定"),
    Field("procurement", "調達内容（具体的に）", group="次年度予算化予定"),
    Field("activity.name", "取組内容", group="取組内容"),
    Field("activity.plan_label", "作業予定の見出し"),
    Field("activity.plan", "作業予定", group="作業予定", when=When.LATER_QUARTERS, periods="quarters"),
    Field("activity.progress", "進捗", FieldKind.PROGRESS, "進捗", When.THIS_QUARTER, "quarters"),
    Field("activity.countermeasure", "対応策（遅延や課題がある場合）", group="対応策", when=When.THIS_QUARTER, periods="quarters"),
    Field("support_flag", "依頼有無", FieldKind.FLAG, "CIO補佐への支援依頼"),
    Field("support.period", "時期", group="CIO補佐への支援依頼"),
    Field("support.content", "支援内容", group="CIO補佐への支援依頼"),
    Field("outcome.indicator", "評価項目", group="評価項目", periods="years"),
    Field("outcome.target", "目標", FieldKind.TARGET, "目標", periods="years"),
    Field("outcome.actual", "実績", FieldKind.ACTUAL, "実績", When.THIS_YEAR, "years"),
    Field("no_report", "報告事項なし", FieldKind.CHECK, "報告事項なし", When.THIS_QUARTER, "quarters"),
)  # fmt: skip
FIELD = {field.key: field for field in FIELDS}
GROUPS = tuple(dict.fromkeys(field.group for field in FIELDS if field.group))
LIST_NAMES = {"activity": "取組", "related": "関連施策", "support": "支援依頼", "outcome": "成果目標"}


def list_group(prefix: str) -> str:
    """Return the input group that opens a list (``"activity"`` → 取組内容); where it is open, items may be added."""
    return next(f.group for f in FIELDS if f.key.startswith(f"{prefix}.") and f.group)


# What the rounds of a new 設定 open; a coordinator may change it.
PLAN_GROUPS = ("主担当者", "連絡先", "関連部署", "到達目標", "関連施策", "次年度予算化予定", "取組内容", "作業予定",
               "CIO補佐への支援依頼", "評価項目", "目標")  # fmt: skip
QUARTER_GROUPS = ("主担当者", "連絡先", "進捗", "対応策", "作業予定", "実績", "次年度予算化予定",
                  "CIO補佐への支援依頼", "報告事項なし")  # fmt: skip
CLOSING_GROUPS = ("主担当者", "連絡先", "実績")


def access(ref_field: str, period: int, round_: Round, settings: Settings) -> Access:
    """Return the access to ``ref_field`` of ``period`` in a sheet of ``round_``.

    It is ``IF_BLANK`` for answers of an earlier quarter, which may still be outstanding.
    """
    field = FIELD[ref_field]
    if not field.group or field.group not in round_.opens:
        return Access.LOCKED
    quarter = round_.quarter
    if field.when is When.THIS_QUARTER:
        if not quarter or period > quarter:
            return Access.LOCKED
        return Access.OPEN if period == quarter else Access.IF_BLANK
    if field.when is When.LATER_QUARTERS and quarter:
        return Access.OPEN if period > quarter else Access.LOCKED
    if field.when is When.THIS_YEAR:
        now = 0 < period == settings.plan_year
        return Access.OPEN if now else Access.LOCKED
    return Access.OPEN


def label(ref: Ref, settings: Settings, item: str = "") -> str:
    """Return the name of a cell for people: ``「…」 第1四半期 進捗``; ``item`` is the name of its list item."""
    field = FIELD[ref.field]
    words = [item] if item else []
    if field.periods == "quarters" and ref.period:
        words.append(QUARTER_LABELS[ref.period])
    elif field.periods == "years" and 0 < ref.period <= len(settings.plan_years):
        words.append(settings.plan_years[ref.period - 1].label)
    words.append(field.label)
    return " ".join(words)

"""Sheets and columns of the master workbook: every name that stands in it, once.

Sheets are found by name, columns by header; where they stand is free. The columns of 成果目標
are called by the years of the plan, all others are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..domain.model import PART_BY_PREFIX, QUARTER_LABELS, QUARTERS, FiscalYear, Part, Ref

ID = "施策ID"
STATE, STATE_FROM = "状態", "状態の開始四半期"
DIRECTION, DIRECTION_FIELD = "方向", "outcome.direction"  # its texts stand on no form


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, its width in characters, and the text of a measure it holds (field and period).

    A master without an ``optional`` column is read all the same.
    """

    header: str
    width: float = 14
    field: str = ""
    period: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the master. ``table`` is its name in Excel; ``keys`` the columns that name a row."""

    name: str
    table: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)

    def column(self, header: str) -> Column:
        """The column with this header."""
        return next(c for c in self.columns if c.header == header)

    def header_of(self, field: str, period: int = 0) -> str:
        """The header of the column that holds a text of a measure."""
        return next(c.header for c in self.columns if (c.field, c.period) == (field, period))


MEASURES = Sheet("施策", "施策表", (
    Column(ID, 8, "id"),
    Column("施策名", 28, "name"),
    Column("主管部署", 16, "lead_department"),
    Column("関連部署", 18, "related_departments"),
    Column("主担当者", 12, "contact_person"),
    Column("連絡先（E-mail）", 26, "contact_email"),
    Column("到達目標", 46, "goal"),
    Column("関連施策有無", 8, "related_flag"),
    Column("予算化有無", 8, "budgeted"),
    Column("調達内容（具体的に）", 36, "procurement"),
    Column("依頼有無", 8, "support_flag"),
    *(Column(f"報告事項なし {QUARTER_LABELS[q]}", 13, "no_report", q) for q in QUARTERS),
    Column(STATE, 9),
    Column(STATE_FROM, 11),
), (ID,))  # fmt: skip

ACTIVITIES = Sheet("取組", "取組表", (
    Column(ID, 8), Column("取組ID", 8), Column("取組内容", 24, "activity.name"),
    Column("予定の見出し", 10, "activity.plan_label"),
    *(column for q in QUARTERS for column in (
        Column(f"{QUARTER_LABELS[q]} 作業予定", 32, "activity.plan", q),
        Column(f"{QUARTER_LABELS[q]} 進捗", 12, "activity.progress", q),
        Column(f"{QUARTER_LABELS[q]} 対応策", 24, "activity.countermeasure", q),
    )),
), (ID, "取組ID"))  # fmt: skip

RELATED = Sheet("関連施策", "関連施策表", (
    Column(ID, 8), Column("関連ID", 8),
    Column("関連施策ID", 11, "related.id"), Column("関連施策名", 60, "related.name"),
), (ID, "関連ID"))  # fmt: skip

REQUESTS = Sheet("支援依頼", "支援依頼表", (
    Column(ID, 8), Column("依頼ID", 8), Column("時期", 20, "support.period"), Column("支援内容", 60, "support.content"),
), (ID, "依頼ID"))  # fmt: skip


@lru_cache(maxsize=8)
def outcomes(plan_years: tuple[FiscalYear, ...]) -> Sheet:
    """成果目標, whose columns are called by the years of the plan."""
    return Sheet("成果目標", "成果目標表", (
        Column(ID, 8), Column("成果目標ID", 9),
        *(column for n, year in enumerate(plan_years, 1) for column in (
            Column(f"{year.label} 評価項目", 22, "outcome.indicator", n),
            Column(f"{year.label} 目標", 22, "outcome.target", n),
            Column(f"{year.label} 実績", 22, "outcome.actual", n),
        )),
        Column(DIRECTION, 14, DIRECTION_FIELD, optional=True),
    ), (ID, "成果目標ID"))  # fmt: skip


DEPARTMENTS = Sheet("部署", "部署表", (
    Column("部署名", 26), Column("旧名称", 26), Column("宛先", 40), Column("CC", 40),
), ("部署名",))  # fmt: skip

SETTINGS_SHEET = "設定"
GENERAL = Sheet(SETTINGS_SHEET, "設定表", (Column("項目", 16), Column("値", 26), Column("説明", 44)), ("項目",))
PROGRESS = Sheet(SETTINGS_SHEET, "進捗表", (Column("進捗", 22), Column("対応策", 10)), ("進捗",))
FLAGS = Sheet(SETTINGS_SHEET, "有無表", (Column("有無", 8),), ("有無",))
ROUNDS = Sheet(SETTINGS_SHEET, "回表", (
    Column("回", 14), Column("四半期", 12), Column("締切", 12), Column("入力欄", 60), Column("必須欄", 22),
), ("回",))  # fmt: skip
AREAS = Sheet(SETTINGS_SHEET, "分野表", (Column("分野", 8), Column("分野名", 20)), ("分野",))
SETTINGS = (GENERAL, PROGRESS, FLAGS, ROUNDS, AREAS)

ISSUES = Sheet("発行台帳", "発行台帳表", (
    Column("発行ID", 12), Column("回", 12), Column("部署", 20), Column(ID, 24), Column("発行日時", 19),
    Column("ファイル名", 40), Column("様式", 18), Column("内容SHA256", 30),
), ("発行ID",))  # fmt: skip
RECEIPTS = Sheet("受付簿", "受付簿表", (
    Column("受付ID", 9), Column("受付日時", 19), Column("ファイル名", 40), Column("SHA256", 18), Column("発行ID", 12),
    Column("部署", 20), Column("回", 12), Column(ID, 8), Column("状態", 10), Column("変更数", 8), Column("指摘", 36),
    Column("メモ", 30),
), ("受付ID", ID, "発行ID"))  # fmt: skip
CHANGES = Sheet("変更履歴", "変更履歴表", (
    Column("日時", 19), Column(ID, 8), Column("欄", 24), Column("項目", 36), Column("旧", 36), Column("新", 36),
    Column("受付ID", 9), Column("発行ID", 12), Column("ファイル", 36), Column("シート", 12), Column("セル", 8),
    Column("操作者・理由", 30),
), ("日時",))  # fmt: skip
CONFLICTS = Sheet("競合", "競合表", (
    Column("競合ID", 9), Column("受付ID", 9), Column(ID, 8), Column("欄", 24), Column("項目", 36), Column("発行時", 30),
    Column("返送", 30), Column("現在", 30), Column("状態", 10), Column("決定", 30), Column("理由", 30),
    Column("日時", 19),
), ("競合ID",))  # fmt: skip
FINALS = Sheet("確定報告", "確定報告表", (
    Column("報告ID", 9), Column("四半期", 12), Column("確定日時", 19), Column("SHA256", 40),
), ("報告ID",))  # fmt: skip

LISTS = {"activity": ACTIVITIES, "related": RELATED, "support": REQUESTS}  # 成果目標 follows the plan years

YEAR, FIRST_YEAR, DOMAIN, INTAKE = "対象年度", "計画の初年度", "メールドメイン", "年度の受付"
OPEN, CLOSED = "受付中", "締切"  # of 年度の受付
NEEDED = "必須"  # in the column 対応策 of a 進捗 word
SEPARATOR = "、"


def sheet_of(ref: Ref, plan_years: tuple[FiscalYear, ...]) -> Sheet:
    """The sheet in which a text of a measure stands."""
    prefix, _, name = ref.field.partition(".")
    if not name:
        return MEASURES
    return outcomes(plan_years) if prefix == "outcome" else LISTS[prefix]


def child_sheets(plan_years: tuple[FiscalYear, ...]) -> tuple[tuple[Part, Sheet], ...]:
    """The sheets that hold the lists of measures, a row an item, each with the list it holds."""
    return tuple(
        (part, outcomes(plan_years) if prefix == "outcome" else LISTS[prefix])
        for prefix, part in PART_BY_PREFIX.items()
    )

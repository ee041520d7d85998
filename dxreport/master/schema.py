"""The sheets and columns of the master workbook: the one place for all of their names.

Sheets are found by name and columns by header, so people may move them. The tables of measures have a column for each
field of the catalogue and each of its periods; columns of plan years are named after the years.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from ..domain.fields import BUILT_IN, QUARTER_LABELS, QUARTERS, Catalogue, Field, FieldKind, ItemList, Period, Ref
from ..domain.model import FiscalYear, Settings

ID = "施策ID"
STATE, STATE_FROM = "状態", "状態の開始四半期"
FORM = "様式"  # names a template of the workspace
WEIGHT, TREATMENT = "重さ", "課題の扱い"  # of a word of 進捗
DIRECTION, DIRECTION_FIELD = "方向", "outcome.direction"  # in the master only, on no form
RECEIPT_FIELD = "receipt"  # in place of a field in 変更履歴: the state of a returned sheet
PHONE = "電話"


class Column(NamedTuple):
    """One column: its header, its width in characters, and the field and period of a measure that it holds.

    A master without an ``optional`` column is valid. ``former`` are former headers of the column; ``number`` is the
    Excel format of a column of numbers, ``unit`` their unit.
    """

    header: str
    width: float = 14
    field: str = ""
    period: int = 0
    optional: bool = False
    former: tuple[str, ...] = ()
    number: str = ""
    unit: str = ""

    @property
    def declared(self) -> bool:
        """True for a declared field or an extra plan year: such a column is added to a master that lacks it."""
        return self.optional and bool(self.field) and self.field != DIRECTION_FIELD


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table of the master.

    ``name`` is the name of its sheet, ``table`` that of the Excel table; ``keys`` are the headers that identify a row.
    A master without an ``optional`` table is valid.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    optional: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers in order."""
        return tuple(column.header for column in self.columns)

    @property
    def all_headers(self) -> tuple[str, ...]:
        """The headers, including former ones."""
        return (*self.headers, *(header for column in self.columns for header in column.former))

    def current(self, columns: Mapping[str, int]) -> dict[str, int]:
        """Return ``columns`` with each one found under a former header also under its current header."""
        out = dict(columns)
        for column in self.columns:
            if found := next((columns[header] for header in column.former if header in columns), 0):
                out.setdefault(column.header, found)
        return out

    def header_of(self, field: str, period: int = 0) -> str:
        """Return the header of the column that holds this field and period."""
        return self.column_of(field, period).header

    def column_of(self, field: str, period: int = 0) -> Column:
        """Return the column that holds this field and period."""
        return next(c for c in self.columns if (c.field, c.period) == (field, period))


MEASURES = TableSchema("施策", "施策表", (
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
    Column(FORM, 18, optional=True),
), (ID,))  # fmt: skip

ACTIVITIES = TableSchema("取組", "取組表", (
    Column(ID, 8), Column("取組ID", 8), Column("取組内容", 24, "activity.name"),
    Column("予定の見出し", 10, "activity.plan_label"),
    *(column for q in QUARTERS for column in (
        Column(f"{QUARTER_LABELS[q]} 作業予定", 32, "activity.plan", q),
        Column(f"{QUARTER_LABELS[q]} 進捗", 12, "activity.progress", q),
        Column(f"{QUARTER_LABELS[q]} 対応策", 24, "activity.countermeasure", q),
    )),
), (ID, "取組ID"))  # fmt: skip

RELATED = TableSchema("関連施策", "関連施策表", (
    Column(ID, 8), Column("関連ID", 8),
    Column("関連施策ID", 11, "related.id"), Column("関連施策名", 60, "related.name"),
), (ID, "関連ID"))  # fmt: skip

REQUESTS = TableSchema("支援依頼", "支援依頼表", (
    Column(ID, 8), Column("依頼ID", 8), Column("時期", 20, "support.period"), Column("支援内容", 60, "support.content"),
), (ID, "依頼ID"))  # fmt: skip


def _outcomes(plan_years: tuple[FiscalYear, ...]) -> TableSchema:
    return TableSchema("成果目標", "成果目標表", (
        Column(ID, 8), Column("成果目標ID", 9),
        *(column for n, year in enumerate(plan_years, 1) for column in (
            Column(f"{year.label} 評価項目", 22, "outcome.indicator", n, n > BUILT_IN.years),
            Column(f"{year.label} 目標", 22, "outcome.target", n, n > BUILT_IN.years),
            Column(f"{year.label} 実績", 22, "outcome.actual", n, n > BUILT_IN.years),
        )),
        Column(DIRECTION, 14, DIRECTION_FIELD, optional=True),
    ), (ID, "成果目標ID"))  # fmt: skip


def _number_format(field: Field) -> str:
    return "#,##0" + ("." + "0" * field.decimals if field.decimals else "") if field.kind is FieldKind.NUMBER else ""


@dataclass(frozen=True)
class MeasureTables:
    """The tables of measures: one for the measures themselves, and one per list (by prefix) with a row per item."""

    catalogue: Catalogue
    measures: TableSchema
    lists: Mapping[str, TableSchema]

    def of(self, ref: Ref) -> TableSchema:
        """Return the table that holds a text of a measure."""
        items = self.catalogue.list_of(ref)
        return self.lists[items.prefix] if items else self.measures


def tables_of(settings: Settings) -> MeasureTables:
    """Return the tables of measures in a master with these settings."""
    return measure_tables(settings.catalogue, settings.plan_years)


@lru_cache(maxsize=8)
def measure_tables(catalogue: Catalogue, years: tuple[FiscalYear, ...]) -> MeasureTables:
    """Return the tables of the measures of a catalogue over these plan years."""
    drawn = {"activity": ACTIVITIES, "outcome": _outcomes(years), "related": RELATED, "support": REQUESTS}
    own = {p: _own_list(items) for p, items in catalogue.by_prefix.items() if p not in drawn}
    lists = {p: replace(t, columns=t.columns + _declared(catalogue, p, years)) for p, t in (drawn | own).items()}
    return MeasureTables(
        catalogue, replace(MEASURES, columns=MEASURES.columns + _declared(catalogue, "", years)), lists
    )


def _own_list(items: ItemList) -> TableSchema:
    key = f"{items.label}ID"
    return TableSchema(items.label, f"{items.label}表", (Column(ID, 8), Column(key, 9)), (ID, key), optional=True)


def _declared(catalogue: Catalogue, prefix: str, years: tuple[FiscalYear, ...]) -> tuple[Column, ...]:
    """Return the columns of declared fields, for the right end of their table, with the permanent names as headers."""
    labels = {Period.NONE: {0: ""}, Period.QUARTERS: {n: f"{label} " for n, label in QUARTER_LABELS.items()},
              Period.YEARS: {n: f"{year.label} " for n, year in enumerate(years, 1)}}  # fmt: skip
    return tuple(
        Column(f"{label}{field.name}", 30 if field.kind is FieldKind.TEXT else 14, field.key, n, True,
               tuple(label + key.rpartition(".")[2] for key in field.former), _number_format(field), field.unit)
        for field in catalogue.members[prefix].values() if field.declared
        for n, label in labels[field.period].items()
    )  # fmt: skip


DEPARTMENTS = TableSchema("部署", "部署表", (
    Column("部署名", 26), Column("旧名称", 26), Column("宛先", 40), Column("CC", 40),
    Column(FORM, 18, optional=True), Column(PHONE, 16, optional=True),
), ("部署名",))  # fmt: skip

FIELDS = TableSchema("項目", "項目表", (
    Column("名前", 16), Column("旧名", 14, optional=True), Column("見出し", 22), Column("場所", 12), Column("種類", 9),
    Column("単位", 8, optional=True), Column("小数", 6, optional=True), Column("選択肢", 30, optional=True),
    Column("期間", 8, optional=True), Column("記入者", 8, optional=True), Column("入力欄", 20, optional=True),
    Column("必須の条件", 20, optional=True), Column("報告", 9, optional=True), Column("引き継ぎ", 9, optional=True),
    Column("区分", 8, optional=True),
), ("名前", "場所"), optional=True)  # fmt: skip

SETTINGS_SHEET = "設定"
GENERAL = TableSchema(
    SETTINGS_SHEET, "設定表", (Column("項目", 22), Column("値", 26), Column("説明", 44, optional=True)), ("項目",)
)
PROGRESS = TableSchema(SETTINGS_SHEET, "進捗表", (
    Column("進捗", 22), Column("対応策", 10),
    Column(WEIGHT, 7, optional=True, number="General"), Column(TREATMENT, 11, optional=True),
), ("進捗",))  # fmt: skip
FLAGS = TableSchema(SETTINGS_SHEET, "有無表", (Column("有無", 8),), ("有無",))
ROUNDS = TableSchema(SETTINGS_SHEET, "回表", (
    Column("回", 14), Column("四半期", 12), Column("締切", 17), Column("入力欄", 60), Column("必須欄", 22),
    Column(FORM, 18, optional=True),
), ("回",))  # fmt: skip
AREAS = TableSchema(SETTINGS_SHEET, "分野表", (Column("分野", 8), Column("分野名", 20)), ("分野",))
SETTINGS = (GENERAL, PROGRESS, FLAGS, ROUNDS, AREAS)

ISSUES = TableSchema("発行台帳", "発行台帳表", (
    Column("発行ID", 12), Column("回", 12), Column("部署", 20), Column(ID, 24), Column("発行日時", 19),
    Column("ファイル名", 40), Column("様式", 18), Column("内容SHA256", 30),
    Column("印刷した提出期限", 24, optional=True), Column("個別の提出期限", 24, optional=True),
), ("発行ID",))  # fmt: skip
RECEIPTS = TableSchema("受付簿", "受付簿表", (
    Column("受付ID", 9), Column("受付日時", 19), Column("ファイル名", 40), Column("SHA256", 18), Column("発行ID", 12),
    Column("部署", 20), Column("回", 12), Column(ID, 8), Column("状態", 10), Column("変更数", 8), Column("指摘", 36),
    Column("メモ", 30), Column("置き換え", 9, optional=True), Column("別の回", 12, optional=True),
    Column("コメント", 36, optional=True),
), ("受付ID", ID, "発行ID"))  # fmt: skip
CHANGES = TableSchema("変更履歴", "変更履歴表", (
    Column("日時", 19), Column(ID, 8), Column("欄", 24), Column("項目", 36), Column("旧", 36), Column("新", 36),
    Column("受付ID", 9), Column("発行ID", 12), Column("ファイル", 36), Column("シート", 12), Column("セル", 8),
    Column("操作者・理由", 30),
), ("日時",))  # fmt: skip
CONFLICTS = TableSchema("競合", "競合表", (
    Column("競合ID", 9), Column("受付ID", 9), Column(ID, 8), Column("欄", 24), Column("項目", 36), Column("発行時", 30),
    Column("返送", 30), Column("現在", 30), Column("状態", 10), Column("決定", 30), Column("理由", 30),
    Column("日時", 19),
), ("競合ID",))  # fmt: skip
FINALS = TableSchema("確定報告", "確定報告表", (
    Column("報告ID", 9), Column("四半期", 12), Column("確定日時", 19), Column("SHA256", 40),
), ("報告ID",))  # fmt: skip

YEAR, FIRST_YEAR, YEARS = "対象年度", "計画の初年度", "計画の年数"
DOMAIN, INTAKE = "メールドメイン", "年度の受付"
OPEN, CLOSED = "受付中", "締切"  # of 年度の受付
ENDED, SENT, NOT_SENT = "終わった施策の年度実績", "送る", "送らない"
NAMES = {  # by attribute of Names: the row of 設定 and its description
    "city": ("団体名", "市町村の名前。報告書とメールに出ます"),
    "plan": ("計画名", "計画の正式な名前（○○市DX推進計画）。様式と報告書に出ます"),
    "form": ("様式名", "空欄なら「年間活動計画」"),
    "report": ("報告書名", "空欄なら、様式名と「進捗報告書」"),
    "office": ("担当課", "取りまとめの課。報告書とメールに出ます"),
    "contact": ("連絡先", "担当課の電話番号やメールアドレス。報告書とメールに出ます"),
    "measure": ("施策の呼び名", "報告書での呼び方（事業 など）。空欄なら「施策」"),
    "activity": ("取組の呼び名", "報告書での呼び方（事務事業 など）。空欄なら「取組」"),
    "adviser": ("支援の依頼先", "空欄なら「CIO補佐」"),
}
NEEDED = "必須"  # in the column 対応策 of 進捗
SEPARATOR = "、"
_SEPARATORS = re.compile("[、,，;；\n]")
SHEETS = frozenset(t.name for t in (MEASURES, ACTIVITIES, RELATED, REQUESTS, DEPARTMENTS, FIELDS, GENERAL, ISSUES,
                                    RECEIPTS, CHANGES, CONFLICTS, FINALS)) | {"成果目標"}  # fmt: skip


def split(text: str) -> tuple[str, ...]:
    """Split a list at 、 or line breaks, or at commas or semicolons of any width."""
    return tuple(word.strip() for word in _SEPARATORS.split(text) if word.strip())


COMMIT = "dxreport"  # the document property that names the commit of the log

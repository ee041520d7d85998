"""Read 設定 and 部署 of a master: the fiscal year, rounds, words and departments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from ..domain.days import day_of
from ..domain.fields import BUILT_IN, Catalogue
from ..domain.model import Department, FiscalYear, ProgressWord, Round, Settings, Treatment
from ..domain.names import Names
from ..domain.quantities import number_text
from ..domain.spelling import area_code
from ..domain.values import fold, is_blank
from ..ooxml.table import folded
from .catalogue import read_catalogue
from .faults import suggestion
from .schema import (
    AREAS,
    CLOSED,
    DEPARTMENTS,
    DOMAIN,
    ENDED,
    FIRST_YEAR,
    FLAGS,
    FORM,
    GENERAL,
    INTAKE,
    NAMES,
    NEEDED,
    NOT_SENT,
    OPEN,
    PHONE,
    PROGRESS,
    ROUNDS,
    SENT,
    SETTINGS_SHEET,
    TREATMENT,
    WEIGHT,
    YEAR,
    YEARS,
    TableSchema,
    split,
)
from .workbook import MasterWorkbook, TableRow

_LONGEST_PLAN = 10  # years
_BREAK = re.compile(r"\s*[\r\n]\s*")


def read_settings(book: MasterWorkbook) -> Settings | None:
    """Read 設定; return None if the fiscal year or the first year of the plan cannot be read, which is reported."""
    general = {row["項目"].strip(): row for row in book.read_table(GENERAL)[1]}
    year, first = (_year(book, general, name) for name in (YEAR, FIRST_YEAR))
    domain = general[DOMAIN]["値"].strip().lstrip("@") if DOMAIN in general else ""
    intake = general[INTAKE]["値"].strip() if INTAKE in general else OPEN
    if intake not in (OPEN, CLOSED, ""):
        general[INTAKE].fault("値", f"年度の受付「{intake}」は使えません。「{OPEN}」か「{CLOSED}」にしてください。")
    ended = general[ENDED]["値"].strip() if ENDED in general else NOT_SENT
    if ended not in (SENT, NOT_SENT, ""):
        general[ENDED].fault("値", f"{ENDED}「{ended}」は使えません。「{SENT}」か「{NOT_SENT}」にしてください。")
    length = _plan_length(general)
    catalogue = read_catalogue(book, length)
    words = tuple(_progress_word(row) for row in book.read_table(PROGRESS)[1])
    names = _names(general)
    flags = tuple(row["有無"].strip() for row in book.read_table(FLAGS)[1])
    rounds = read_rounds(book, catalogue)
    areas = {area_code(row["分野"]): row["分野名"].strip() for row in book.read_table(AREAS)[1]}
    for name in sorted({r.name for r in rounds if [x.name for x in rounds].count(r.name) > 1}):
        book.faults.add(SETTINGS_SHEET, f"回「{name}」が2つあります。名前を変えてください。")
    if len(flags) != 2:
        book.faults.add(SETTINGS_SHEET, f"有無の表には「有」と「無」の2行が要ります（今は {len(flags)} 行）。")
    if year is None or first is None:
        return None
    plan_years = tuple(first + n for n in range(length))
    if year not in plan_years:
        general[YEAR].fault("値", f"対象年度（{year}）が計画の期間（{first}から{length}年間）の外にあります。")
    yes, no = (*flags, "", "")[:2]
    return Settings(
        year, plan_years, rounds, words, (yes, no), domain, areas, intake == CLOSED, catalogue, names, ended == SENT
    )


def read_rounds(book: MasterWorkbook, catalogue: Catalogue, table: TableSchema = ROUNDS) -> tuple[Round, ...]:
    """Read the 回 table, in the order of the rows."""
    return tuple(_round(row, catalogue) for row in book.read_table(table)[1])


def read_departments(book: MasterWorkbook) -> tuple[Department, ...]:
    """Read 部署, in the order of the rows."""
    out: dict[str, Department] = {}
    for row in book.read_table(DEPARTMENTS)[1]:
        name = row["部署名"].strip()
        if name in out:
            row.fault("部署名", f"部署「{name}」が2行あります。どちらかを削除してください。")
        elif not name:
            row.fault("部署名", "部署名がありません。")
        else:
            out[name] = Department(
                name,
                split(row["旧名称"]),
                row["宛先"].strip(),
                row["CC"].strip(),
                row[FORM].strip(),
                row[PHONE].strip(),
            )
    return tuple(out.values())


def quarter_of(text: str) -> int | None:
    """Read a quarter: ``第1四半期``, ``第１四半期``, ``1``, ``1Q`` → 1; blank or a dash → 0; anything else → None."""
    word = unicodedata.normalize("NFKC", text).strip()
    if word in ("", "-", "―", "なし"):
        return 0
    match = re.fullmatch(r"第?([1-4])(?:四半期|Q)?", word)
    return int(match[1]) if match else None


def _year(book: MasterWorkbook, general: dict[str, TableRow], name: str) -> FiscalYear | None:
    if name not in general:
        if general:
            book.faults.add(SETTINGS_SHEET, f"項目「{name}」の行がありません。{suggestion(name, general)}")
        return None
    row = general[name]
    try:
        year = FiscalYear.parse(row["値"])
        year.label  # noqa: B018 - raises ValueError before 令和
        return year
    except ValueError:
        row.fault("値", f"{name}「{row['値']}」が読めません。「令和４年度」のように書いてください。")
        return None


def _plan_length(general: dict[str, TableRow]) -> int:
    """Return the number of plan years; 4 if it is not given or cannot be read, which is reported."""
    text = fold(general[YEARS]["値"]).removesuffix("年間").removesuffix("年") if YEARS in general else ""
    if text and not (text.isdecimal() and 1 <= int(text) <= _LONGEST_PLAN):
        general[YEARS].fault("値", f"{YEARS}「{text}」が読めません。1 から {_LONGEST_PLAN} までの数を書いてください。")
        return BUILT_IN.years
    return int(text or BUILT_IN.years)


def _names(general: dict[str, TableRow]) -> Names:
    """Return the names of the office, its plan and its papers, each without line breaks."""
    rows = {attribute: general[name] for attribute, (name, _) in NAMES.items() if name in general}
    texts = {attribute: _BREAK.sub(" ", row["値"].strip()) for attribute, row in rows.items()}
    names = Names(**{attribute: text for attribute, text in texts.items() if text})
    if names.measure == names.activity:
        row = rows.get("activity") or rows["measure"]
        row.fault("値", f"施策と取組の呼び名が、どちらも「{names.measure}」です。別の名前にしてください。")
    return names


def _progress_word(row: TableRow) -> ProgressWord:
    needed = row["対応策"].strip()
    if needed not in (NEEDED, "", "不要", "任意", "-", "―"):
        row.fault(
            "対応策", f"「{needed}」は使えません。対応策が要る進捗なら「{NEEDED}」、要らなければ空欄にしてください。"
        )
    if not row["進捗"].strip():
        row.fault("進捗", "進捗の語がありません。")
    said = fold(row[TREATMENT])
    treatment = next((t for t in Treatment if t.value == said), None)
    if treatment is None and not is_blank(said):
        words = "、".join(t.value for t in Treatment)
        row.fault(TREATMENT, f"{TREATMENT}「{said}」は使えません。{words}のどれかにしてください。")
    weight = number_text(row[WEIGHT])
    if weight is None and not is_blank(row[WEIGHT]):
        row.fault(WEIGHT, f"{WEIGHT}「{row[WEIGHT]}」は数ではありません。重い進捗ほど大きい数にしてください。")
    return ProgressWord(row["進捗"].strip(), needed == NEEDED, Decimal(weight) if weight else None, treatment)


def _round(row: TableRow, catalogue: Catalogue) -> Round:
    name = row["回"].strip()
    quarter, deadline = quarter_of(row["四半期"]), day_of(row["締切"])
    if not name:
        row.fault("回", "回の名前がありません。")
    if quarter is None:
        row.fault(
            "四半期", f"四半期「{row['四半期']}」が読めません。「第1四半期」〜「第4四半期」か空欄にしてください。"
        )
    if deadline is None and row["締切"].strip():
        row.fault("締切", f"締切「{row['締切']}」が日付として読めません。「令和４年７月15日」のように書いてください。")
    opens, requires = (_groups(row, header, catalogue.groups) for header in ("入力欄", "必須欄"))
    if opens is not None and requires is not None:
        for group in sorted(requires - opens):
            row.fault("必須欄", f"必須欄の「{group}」が入力欄にありません。入力欄にも書いてください。")
    form = row[FORM].strip()
    return Round(name, quarter or 0, deadline or "", opens or frozenset(), requires or frozenset(), form)


def _groups(row: TableRow, header: str, groups: Sequence[str]) -> frozenset[str] | None:
    """Return the input groups under a header; report unknown ones and return None."""
    words, known = split(row[header]), {folded(group): group for group in groups}
    unknown = [word for word in words if folded(word) not in known]
    for word in unknown:
        near = suggestion(word, groups) or f"使える欄: {'、'.join(groups)}"
        row.fault(header, f"{header}「{word}」という欄はありません。{near}")
    return None if unknown else frozenset(known[folded(word)] for word in words)

"""設定 and 部署 of a master: the fiscal year, rounds, words and departments."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from ..domain.fields import GROUPS
from ..domain.model import Department, FiscalYear, ProgressWord, Round, Settings
from ..domain.values import area_code
from ..ooxml.table import plain
from .faults import suggestion
from .schema import (
    AREAS,
    CLOSED,
    DEPARTMENTS,
    DOMAIN,
    FIRST_YEAR,
    FLAGS,
    GENERAL,
    INTAKE,
    NEEDED,
    OPEN,
    PROGRESS,
    ROUNDS,
    SETTINGS_SHEET,
    YEAR,
    Sheet,
)
from .workbook import Book, Row

PLAN_LENGTH = 4  # years of the plan, as many as the form has columns for
_SEPARATORS = re.compile("[、,，;；\n]")
_GROUPS = {plain(group): group for group in GROUPS}


def read_settings(book: Book) -> Settings | None:
    """設定; None where the fiscal year or the plan's first year is unknown (the faults say why)."""
    general = {row["項目"].strip(): row for row in _rows(book, GENERAL, ("説明",))}
    year, first = (_year(book, general, name) for name in (YEAR, FIRST_YEAR))
    domain = general[DOMAIN]["値"].strip().lstrip("@") if DOMAIN in general else ""
    intake = general[INTAKE]["値"].strip() if INTAKE in general else OPEN
    if intake not in (OPEN, CLOSED, ""):
        book.faults.add(
            general[INTAKE].place("値"), f"年度の受付「{intake}」は使えません。「{OPEN}」か「{CLOSED}」にしてください。"
        )
    words = tuple(_progress_word(book, row) for row in _rows(book, PROGRESS))
    flags = tuple(row["有無"].strip() for row in _rows(book, FLAGS))
    rounds = tuple(_round(book, row) for row in _rows(book, ROUNDS))
    areas = {area_code(row["分野"]): row["分野名"].strip() for row in _rows(book, AREAS)}
    for name in sorted({r.name for r in rounds if [x.name for x in rounds].count(r.name) > 1}):
        book.faults.add(SETTINGS_SHEET, f"回「{name}」が2つあります。名前を変えてください。")
    if len(flags) != 2:
        book.faults.add(SETTINGS_SHEET, f"有無の表には「有」と「無」の2行が要ります（今は {len(flags)} 行）。")
    if year is None or first is None:
        return None
    plan_years = tuple(first + n for n in range(PLAN_LENGTH))
    if year not in plan_years:
        book.faults.add(
            general[YEAR].place("値"), f"対象年度（{year}）が計画の期間（{first}から{PLAN_LENGTH}年間）の外にあります。"
        )
    return Settings(year, plan_years, rounds, words, (*flags, "", "")[:2], domain, areas, intake == CLOSED)


def read_departments(book: Book) -> tuple[Department, ...]:
    """部署 in the order of their rows."""
    out: dict[str, Department] = {}
    for row in _rows(book, DEPARTMENTS):
        name = row["部署名"].strip()
        if name in out:
            book.faults.add(row.place("部署名"), f"部署「{name}」が2行あります。どちらかを削除してください。")
        elif not name:
            book.faults.add(row.place("部署名"), "部署名がありません。")
        else:
            out[name] = Department(name, split(row["旧名称"]), row["宛先"].strip(), row["CC"].strip())
    return tuple(out.values())


def split(text: str) -> tuple[str, ...]:
    """The words of a list written with 、 or line breaks."""
    return tuple(word.strip() for word in _SEPARATORS.split(text) if word.strip())


def quarter_of(text: str) -> int | None:
    """``第1四半期``, ``第１四半期``, ``1``, ``1Q`` → 1; blank or a dash → 0; None for anything else."""
    word = unicodedata.normalize("NFKC", text).strip()
    if word in ("", "-", "―", "－", "なし"):
        return 0
    match = re.fullmatch(r"第?([1-4])(?:四半期|Q)?", word)
    return int(match[1]) if match else None


def day_of(text: str) -> str | None:
    """``2022-07-15``, ``2022/7/15``, ``令和４年７月15日``, ``R4.7.15`` → ``2022-07-15``; None for anything else."""
    word = "".join(unicodedata.normalize("NFKC", text).split())
    match = re.fullmatch(r"(令和|R)?(元|\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[(（].*[)）])?", word)
    if not match:
        return None
    era, year, month, day = match.groups()
    western = (1 if year == "元" else int(year)) + 2018 if era else int(year) if year.isdigit() else 0
    try:
        return date(western, int(month), int(day)).isoformat() if western >= 2000 else None
    except ValueError:
        return None


def _rows(book: Book, sheet: Sheet, optional: tuple[str, ...] = ()) -> list[Row]:
    area = book.area(sheet, optional)
    return [row for row in book.rows(area, sheet.keys)[1] if not row.blank()] if area else []


def _year(book: Book, general: dict[str, Row], name: str) -> FiscalYear | None:
    if name not in general:
        if general:
            book.faults.add(SETTINGS_SHEET, f"項目「{name}」の行がありません。{suggestion(name, general)}")
        return None
    row = general[name]
    try:
        year = FiscalYear.parse(row["値"])
        year.label  # noqa: B018 - raises before 令和
        return year
    except ValueError:
        book.faults.add(row.place("値"), f"{name}「{row['値']}」が読めません。「令和４年度」のように書いてください。")
        return None


def _progress_word(book: Book, row: Row) -> ProgressWord:
    needed = row["対応策"].strip()
    if needed not in (NEEDED, "", "不要", "任意", "-", "―"):
        book.faults.add(
            row.place("対応策"),
            f"「{needed}」は使えません。対応策が要る進捗なら「{NEEDED}」、要らなければ空欄にしてください。",
        )
    if not row["進捗"].strip():
        book.faults.add(row.place("進捗"), "進捗の語がありません。")
    return ProgressWord(row["進捗"].strip(), needed == NEEDED)


def _round(book: Book, row: Row) -> Round:
    name = row["回"].strip()
    quarter, deadline = quarter_of(row["四半期"]), day_of(row["締切"])
    if not name:
        book.faults.add(row.place("回"), "回の名前がありません。")
    if quarter is None:
        book.faults.add(
            row.place("四半期"),
            f"四半期「{row['四半期']}」が読めません。「第1四半期」〜「第4四半期」か空欄にしてください。",
        )
    if deadline is None and row["締切"].strip():
        book.faults.add(
            row.place("締切"), f"締切「{row['締切']}」が日付として読めません。「2022-07-15」のように書いてください。"
        )
    before = len(book.faults)
    opens, requires = (_groups(book, row, header) for header in ("入力欄", "必須欄"))
    if len(book.faults) == before:
        for group in sorted(requires - opens):
            book.faults.add(row.place("必須欄"), f"必須欄の「{group}」が入力欄にありません。入力欄にも書いてください。")
    return Round(name, quarter or 0, deadline or "", opens, requires)


def _groups(book: Book, row: Row, header: str) -> frozenset[str]:
    found = set()
    for word in split(row[header]):
        group = _GROUPS.get(plain(word))
        if group is None:
            near = suggestion(word, GROUPS) or f"使える欄: {'、'.join(GROUPS)}"
            book.faults.add(row.place(header), f"{header}「{word}」という欄はありません。{near}")
        else:
            found.add(group)
    return frozenset(found)

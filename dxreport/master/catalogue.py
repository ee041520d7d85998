"""Reading and writing 項目: the fields of the forms, those built in and those that the office declares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import TypeVar

from ..domain.fields import (
    BUILT_IN,
    BUILT_IN_LISTS,
    Catalogue,
    Condition,
    Field,
    FieldKind,
    InReport,
    Period,
    When,
)
from ..domain.model import Measure
from ..domain.values import fold
from .faults import suggestion
from .schema import FIELDS, FORM, SEPARATOR, SHEETS, split
from .workbook import MasterWorkbook, TableRow

MEASURE = "施策"  # 場所 of a field of the measure itself
_PLACES = {MEASURE: "", **{items.label: items.prefix for items in BUILT_IN_LISTS}}
_LABELS = {prefix: label for label, prefix in _PLACES.items()}
BUILT_IN_MARK = "組込み"
DEPARTMENT, COORDINATOR = "部署", "担当課"  # 記入者
ALWAYS = "常に"
CARRIES, CLEARS = "する", "空にする"  # 引き継ぎ
_NUMBERED = re.compile(r"[qy]\d+")
# What a record has besides its fields: these names would hide it.
_RESERVED = frozenset({name for name in dir(Measure) if not name.startswith("_")} | {
    FORM, "quarters", "years", "number", "this_quarter", "this_year", "measure", "lists", "round", "fiscal_year",
    *(items.attribute for items in BUILT_IN_LISTS), *(items.prefix for items in BUILT_IN_LISTS),
}) - set(BUILT_IN.members[""])  # fmt: skip

E = TypeVar("E", bound=Enum)


def read_catalogue(book: MasterWorkbook, years: int) -> Catalogue:
    """Read 項目; a master without the sheet has the built-in fields alone."""
    rows = book.read_table(FIELDS)[1] if book.has_sheet(FIELDS) else []
    found: dict[str, Field] = {}
    conditions: list[tuple[TableRow, Field]] = []
    for row in rows:
        field = _field(row)
        if field is None:
            continue
        if field.key in found:
            row.fault("名前", f"項目「{field.name}」が2行あります。どちらかを削除するか、名前を変えてください。")
        found[field.key] = field
        if row["必須の条件"].strip():
            conditions.append((row, field))
    catalogue = BUILT_IN.extended(found.values(), years)
    for row, field in conditions:
        found[field.key] = replace(field, required=_condition(row, field, catalogue))
    return BUILT_IN.extended(found.values(), years)


def _field(row: TableRow) -> Field | None:
    """Return the field of a row, None where its name or place is unusable (see the faults)."""
    name, place = fold(row["名前"]), row["場所"].strip() or MEASURE
    prefix = _PLACES.get(place, place)
    key = f"{prefix}.{name}" if prefix else name
    label = " ".join(row["見出し"].split()) or name
    if built_in := BUILT_IN.field.get(key):
        return replace(built_in, label=label if row["見出し"].strip() else built_in.label)
    if not _is_name(row, "名前", name, BUILT_IN.members.get(prefix, {})) or not (
        place in _PLACES or _is_list(row, place)
    ):
        return None
    kind, period = _one(row, "種類", FieldKind, FieldKind.TEXT), _one(row, "期間", Period, Period.NONE)
    return Field(
        key,
        label,
        kind,
        "" if _is(row, "記入者", COORDINATOR, DEPARTMENT) else row["入力欄"].strip() or label,
        _when(kind, period),
        period,
        carries=not _is(row, "引き継ぎ", CLEARS, CARRIES),
        unit=row["単位"].strip(),
        decimals=_decimals(row),
        choices=_choices(row, kind),
        report=_report(row, kind),
        former=tuple(f"{prefix}.{old}" if prefix else old for old in split(row["旧名"])),
        declared=True,
    )


def _when(kind: FieldKind, period: Period) -> When:
    if period is Period.QUARTERS:
        return When.THIS_QUARTER
    return When.THIS_YEAR if period is Period.YEARS and kind is FieldKind.ACTUAL else When.ALWAYS


def _is_name(row: TableRow, header: str, name: str, taken: Iterable[str]) -> bool:
    if not name:
        row.fault(header, f"{header}がありません。様式に {{{{ measure.リスク }}}} のように書く名前を入れてください。")
    elif not name.isidentifier() or name.startswith("_"):
        row.fault(
            header,
            f"{header}「{name}」は使えません。文字と数字だけの、数字で始まらない名前にしてください（空白や記号は「見出し」に）。",
        )
    elif name in _RESERVED or _NUMBERED.fullmatch(name) or name in taken:
        row.fault(header, f"{header}「{name}」は、ほかの意味で使われています。別の名前にしてください。")
    else:
        return True
    return False


def _is_list(row: TableRow, place: str) -> bool:
    """Whether a place can be a list of the office's own, with a sheet of that name."""
    if not _is_name(row, "場所", place, SHEETS):
        return False
    if place[-1].isdigit() or place in {items.letter for items in BUILT_IN_LISTS}:
        row.fault("場所", f"場所「{place}」は使えません。数字で終わらない、2文字以上の名前にしてください。")
        return False
    return True


def _one(row: TableRow, header: str, words: type[E], default: E) -> E:
    """Read a word of an enumeration."""
    text = row[header].strip()
    known = {member.value: member for member in words}
    if text and text not in known:
        near = suggestion(text, known) or f"使える語: {'、'.join(known)}"
        row.fault(header, f"{header}「{text}」は使えません。{near}")
    return known.get(text, default)


def _is(row: TableRow, header: str, word: str, other: str) -> bool:
    """Whether a cell holds ``word`` rather than ``other``, which a blank means too."""
    text = row[header].strip()
    if text not in (word, other, ""):
        row.fault(header, f"{header}「{text}」は使えません。「{other}」か「{word}」にしてください。")
    return text == word


def _decimals(row: TableRow) -> int:
    text = fold(row["小数"])
    if text and not (text.isdigit() and int(text) <= 6):
        row.fault("小数", f"小数「{text}」は使えません。小数点以下の桁数を 0 から 6 で書いてください。")
        return 0
    return int(text or 0)


def _choices(row: TableRow, kind: FieldKind) -> tuple[str, ...]:
    words = split(row["選択肢"])
    if kind is FieldKind.CHOICE and not words:
        row.fault("選択肢", "選択の項目には選択肢が要ります。「A、B、C、D」のように書いてください。")
    elif kind is not FieldKind.CHOICE and words:
        row.fault("選択肢", "選択肢があるのは、種類が「選択」の項目だけです。種類を直すか、選択肢を消してください。")
    return words


def _report(row: TableRow, kind: FieldKind) -> InReport:
    report = _one(row, "報告", InReport, InReport.NONE)
    counted = (FieldKind.CHOICE, FieldKind.FLAG, FieldKind.CHECK, FieldKind.PROGRESS)
    if report is InReport.SUM and kind is not FieldKind.NUMBER:
        row.fault("報告", "合計できるのは、種類が「数値」の項目だけです。")
    elif report is InReport.COUNT and kind not in counted:
        row.fault("報告", f"数えられるのは、種類が{'、'.join(k.value for k in counted)}の項目だけです。")
    return report


def _condition(row: TableRow, field: Field, catalogue: Catalogue) -> Condition | None:
    """Read 必須の条件: 常に, or a field with its values (``評価＝C、D``)."""
    text = row["必須の条件"].strip()
    if text == ALWAYS:
        return Condition()
    name, sign, words = fold(text).partition("=")
    around = [*catalogue.members[field.prefix].values(), *catalogue.members[""].values()]
    of = next((f for f in around if name.strip() in (f.name, fold(f.label)) and f.key != field.key), None)
    if not sign or of is None or not split(words) or (of.period is not Period.NONE and of.period is not field.period):
        row.fault(
            "必須の条件",
            f"必須の条件「{text}」が読めません。「{ALWAYS}」か、「評価＝C、D」のように項目と値を書いてください。",
        )
        return None
    return Condition(of.key, split(words))


def catalogue_rows(catalogue: Catalogue) -> list[dict[str, str]]:
    """Return the rows of 項目 by header."""
    return [_row(field, catalogue) for field in catalogue.fields]


def _row(field: Field, catalogue: Catalogue) -> dict[str, str]:
    needed = field.required
    condition = "" if needed is None else ALWAYS
    if needed and needed.field:
        condition = f"{catalogue.field[needed.field].name}＝{SEPARATOR.join(needed.values)}"
    row = {
        "名前": field.name,
        "旧名": SEPARATOR.join(key.rpartition(".")[2] for key in field.former),
        "見出し": field.label,
        "場所": _LABELS.get(field.prefix, field.prefix),
        "種類": field.kind.value,
        "期間": field.period.value,
        "入力欄": field.group,
        "引き継ぎ": CARRIES if field.carries else CLEARS,
    }
    if not field.declared:
        return row | {"区分": BUILT_IN_MARK}
    number = field.kind is FieldKind.NUMBER
    return row | {
        "単位": field.unit,
        "小数": str(field.decimals) if number else "",
        "選択肢": SEPARATOR.join(field.choices),
        "記入者": DEPARTMENT if field.group else COORDINATOR,
        "必須の条件": condition,
        "報告": field.report.value,
    }

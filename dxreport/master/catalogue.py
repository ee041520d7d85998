"""Read and write 項目, the fields of the forms: the built-in ones, and those that the office declares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import TypeVar

from ..domain.fields import (
    BUILT_IN,
    BUILT_IN_LISTS,
    MEASURE,
    Catalogue,
    Field,
    FieldKind,
    InReport,
    Period,
    Requirement,
    When,
)
from ..domain.model import FiscalYear, Item, Measure
from ..domain.values import fold
from ..ooxml.refs import MAX_SHEET_NAME
from ..ooxml.table import folded
from .faults import suggestion
from .schema import FIELDS, FORM, SEPARATOR, SHEETS, Column, measure_tables, split
from .workbook import MasterWorkbook, TableRow

_PLACES = {MEASURE: "", **{items.label: items.prefix for items in BUILT_IN_LISTS}}
_LABELS = {prefix: label for label, prefix in _PLACES.items()}
BUILT_IN_MARK = "組込み"
DEPARTMENT, COORDINATOR = "部署", "担当課"  # 記入者
ALWAYS = "常に"
CARRIES, CLEARS = "する", "空にする"  # 引き継ぎ
_ANY_YEAR = 2022  # if headers clash, they do so in any year
_NUMBERED = re.compile(r"[qy]\d+")
_NAME = re.compile(r"[^\W\d_]\w*")  # as templates recognise it in {{ … }}
# A field of one of these names would hide something else that records or templates have.
_RESERVED = frozenset({name for name in (*dir(Measure), *dir(Item)) if not name.startswith("_")} | {
    FORM, "quarters", "years", "number", "this_quarter", "this_year", "measure", "lists", "round", "fiscal_year",
    *(items.attribute for items in BUILT_IN_LISTS), *(items.prefix for items in BUILT_IN_LISTS),
}) - set(BUILT_IN.members[""])  # fmt: skip

E = TypeVar("E", bound=Enum)


def read_catalogue(book: MasterWorkbook, years: int) -> Catalogue:
    """Read 項目; a master without the sheet has only the built-in fields."""
    table_rows = book.read_table(FIELDS)[1] if book.has_sheet(FIELDS) else []
    found: dict[str, Field] = {}
    rows: dict[str, TableRow] = {}
    for row in table_rows:
        field = _field(row)
        if field is None:
            continue
        if field.key in found:
            row.fault("名前", f"項目「{field.name}」が2行あります。どちらかを削除するか、名前を変えてください。")
        else:
            found[field.key], rows[field.key] = field, row
    catalogue = BUILT_IN.extended(found.values(), years)
    for key, row in rows.items():
        if found[key].declared:
            found[key] = replace(found[key], required=_condition(row, found[key], catalogue))
    catalogue = BUILT_IN.extended(found.values(), years)
    _check_lists(catalogue, rows)
    _check_former(catalogue, rows)
    _check_headers(catalogue, rows)
    return catalogue


def _field(row: TableRow) -> Field | None:
    """Return the field of a row; report a name or place that cannot be used, and return None."""
    name, place = fold(row["名前"]), row["場所"].strip() or MEASURE
    prefix = _PLACES.get(place, place)
    key = f"{prefix}.{name}" if prefix else name
    label = " ".join(row["見出し"].split()) or name
    if built_in := BUILT_IN.field.get(key):
        _check_built_in(row, built_in)
        return replace(built_in, label=label if row["見出し"].strip() else built_in.label)
    if not _is_name(row, "名前", name, ()) or not (place in _PLACES or _is_list(row, place)):
        return None
    kind, period = _one(row, "種類", FieldKind, FieldKind.TEXT), _one(row, "期間", Period, Period.NONE)
    number = kind is FieldKind.NUMBER
    for header in ("単位", "小数"):
        if row[header].strip() and not number:
            row.fault(
                header, f"{header}があるのは、種類が「数値」の項目だけです。種類を直すか、{header}を消してください。"
            )
    return Field(
        key,
        label,
        kind,
        _group(row, label),
        _when(kind, period),
        period,
        carries=not _is(row, "引き継ぎ", CLEARS, CARRIES),
        unit=fold(row["単位"]) if number else "",
        decimals=_decimals(row) if number else 0,
        choices=_choices(row, kind),
        report=_report(row, kind),
        former=tuple(f"{prefix}.{old}" if prefix else old for old in map(fold, split(row["旧名"]))),
        declared=True,
    )


def _check_built_in(row: TableRow, field: Field) -> None:
    """Report changes to a built-in field other than to its label."""
    usual = _row(field, BUILT_IN)
    for header in (
        "旧名",
        "種類",
        "単位",
        "小数",
        "選択肢",
        "期間",
        "記入者",
        "入力欄",
        "必須の条件",
        "報告",
        "引き継ぎ",
    ):
        text = fold(row[header])
        if text and text != fold(usual.get(header, "")):
            keep = f"「{usual[header]}」に戻してください" if usual.get(header) else "空欄にしてください"
            row.fault(header, f"組込みの項目「{field.name}」で変えられるのは「見出し」だけです。{header}は{keep}。")


def _group(row: TableRow, label: str) -> str:
    """Return the input group of a field, by default its label; "" for a field that departments never write."""
    given = row["入力欄"].strip()
    if _is(row, "記入者", COORDINATOR, DEPARTMENT):
        for header in ("入力欄", "必須の条件"):
            if row[header].strip():
                row.fault(
                    header, f"{COORDINATOR}が書く項目には、{header}を書けません。消すか、記入者を直してください。"
                )
        return ""
    group = given or label
    if split(group) != (group,):
        row.fault("入力欄", f"入力欄「{group}」は使えません。読点や改行のない名前を書いてください。")
    return group


def _check_lists(catalogue: Catalogue, rows: Mapping[str, TableRow]) -> None:
    """Report lists of the office that have the name of another one or of a field of the measure."""
    names: dict[str, str] = {folded(name): name for name in catalogue.members[""]}
    for items in catalogue.lists[len(BUILT_IN_LISTS) :]:
        if other := names.get(folded(items.label)):
            first = next(row for key, row in rows.items() if key.startswith(f"{items.prefix}."))
            first.fault("場所", f"場所「{items.label}」は、「{other}」と同じ名前です。別の名前にしてください。")
        names[folded(items.label)] = items.label


def _check_former(catalogue: Catalogue, rows: Mapping[str, TableRow]) -> None:
    """Report former names that two fields share or that are the name of a current field."""
    taken: dict[str, str] = {}
    for key, row in rows.items():
        for old in catalogue.field[key].former:
            name = old.rpartition(".")[2]
            if old in catalogue.field:
                row.fault(
                    "旧名", f"旧名「{name}」は、今もある項目の名前です。その行を削除するか、旧名を直してください。"
                )
            elif old in taken:
                row.fault(
                    "旧名", f"旧名「{name}」は、項目「{taken[old]}」の旧名にもなっています。どちらかを消してください。"
                )
            taken[old] = catalogue.field[key].name


def _check_headers(catalogue: Catalogue, rows: Mapping[str, TableRow]) -> None:
    """Report declared fields whose column would have the header of another column."""
    current = {field.name for field in catalogue.declared}
    tables = measure_tables(catalogue, tuple(FiscalYear(_ANY_YEAR + n) for n in range(catalogue.years)))
    for table in (tables.measures, *tables.lists.values()):
        taken: dict[str, Column] = {}
        told: set[str] = set()
        for column in table.columns:
            other = taken.setdefault(folded(column.header), column)
            former = next((h for h in column.former if folded(h) in taken and h not in current), "")
            if column.field not in rows or column.field in told or not (former or other is not column):
                continue
            told.add(column.field)
            clash = f"「{table.name}」シートに、ほかの「{former or column.header}」の列があります。"
            header, name = ("旧名", former) if former else ("名前", catalogue.field[column.field].name)
            fix = (
                "別の名前にしてください（「見出し」は同じで構いません）。"
                if header == "名前"
                else "旧名を直してください。"
            )
            rows[column.field].fault(header, f"{header}「{name}」は使えません。{clash}{fix}")


def _when(kind: FieldKind, period: Period) -> When:
    if period is Period.QUARTERS:
        return When.THIS_QUARTER
    return When.THIS_YEAR if period is Period.YEARS and kind is FieldKind.ACTUAL else When.ALWAYS


def _is_name(row: TableRow, header: str, name: str, taken: Iterable[str]) -> bool:
    if not name:
        row.fault(header, f"{header}がありません。様式に {{{{ measure.リスク }}}} のように書く名前を入れてください。")
    elif not _NAME.fullmatch(name) or not name.isidentifier():
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
    """Return True if a place can be a list of the office's own, with a sheet of that name; report why if not."""
    if not _is_name(row, "場所", place, SHEETS):
        return False
    if len(place) > MAX_SHEET_NAME:
        row.fault("場所", f"場所「{place}」は長すぎます。{MAX_SHEET_NAME} 字までにしてください。")
        return False
    if place[-1].isdecimal() or place in {items.letter for items in BUILT_IN_LISTS}:
        row.fault("場所", f"場所「{place}」は使えません。数字で終わらない、2文字以上の名前にしてください。")
        return False
    return True


def _one(row: TableRow, header: str, words: type[E], default: E) -> E:
    """Read a word of an enumeration; report an unknown one. Return ``default`` for that and for a blank cell."""
    text = row[header].strip()
    known = {member.value: member for member in words}
    if text and text not in known:
        near = suggestion(text, known) or f"使える語: {'、'.join(known)}"
        row.fault(header, f"{header}「{text}」は使えません。{near}")
    return known.get(text, default)


def _is(row: TableRow, header: str, word: str, other: str) -> bool:
    """Return True if a cell holds ``word``; a blank counts as ``other``, and any other text is reported."""
    text = row[header].strip()
    if text not in (word, other, ""):
        row.fault(header, f"{header}「{text}」は使えません。「{other}」か「{word}」にしてください。")
    return text == word


def _decimals(row: TableRow) -> int:
    text = fold(row["小数"])
    if text and not (text.isdecimal() and int(text) <= 6):
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
        row.fault("報告", "合計できるのは、種類が「数値」の項目だけです。種類か報告を直してください。")
    elif report is InReport.COUNT and kind not in counted:
        row.fault(
            "報告",
            f"数えられるのは、種類が{'、'.join(k.value for k in counted)}の項目だけです。種類か報告を直してください。",
        )
    return report


def _condition(row: TableRow, field: Field, catalogue: Catalogue) -> Requirement | None:
    """Read 必須の条件: 常に, or a field with its values (``評価＝C、D``); None if it is blank or cannot be read."""
    text = row["必須の条件"].strip()
    if not text or text == ALWAYS:
        return Requirement() if text else None
    name, sign, words = fold(text).partition("=")
    around = [*catalogue.members[field.prefix].values(), *catalogue.members[""].values()]
    of = next((f for f in around if name.strip() in _called(f) and f.key != field.key), None)
    values = split(words)
    if not sign or of is None or not values or (of.period is not Period.NONE and of.period is not field.period):
        row.fault(
            "必須の条件",
            f"必須の条件「{text}」が読めません。「{ALWAYS}」か、「評価＝C、D」のように項目と値を書いてください。"
            "項目は同じ場所か施策のもので、期間のあるものなら、期間も同じでなければなりません。",
        )
        return None
    known = {fold(choice): choice for choice in of.choices}
    for word in (word for word in values if known and word not in known):
        near = suggestion(word, known) or f"{'、'.join(of.choices)} から選んでください。"
        row.fault("必須の条件", f"必須の条件の「{word}」は、項目「{of.name}」の選択肢にありません。{near}")
    return Requirement(of.key, tuple(known.get(word, word) for word in values))


def _called(field: Field) -> tuple[str, ...]:
    """Return what a condition may call a field: its name, its label, or one of its former names."""
    return (field.name, fold(field.label), *(old.rpartition(".")[2] for old in field.former))


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

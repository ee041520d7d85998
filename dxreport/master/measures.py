"""施策 and the sheets of its lists: rows of the master into measures, and where each text stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..domain.model import Activity, Department, Measure, Part, Ref, Settings, measure_from, next_keys
from ..ooxml.refs import MAX_SHEET_NAME, is_sheet_name
from ..ooxml.table import Area
from .faults import suggestion
from .records import MeasureState, Standing
from .schema import DIRECTION_FIELD, ID, MEASURES, STATE, STATE_FROM, Sheet, child_sheets
from .settings import quarter_of
from .workbook import Book, Row, plain_id

_DEFAULTS = {"activity.plan_label": Activity("").plan_label}  # people who add a row by hand leave it blank
_STATES = {state.value: state for state in MeasureState}


@dataclass(slots=True)
class Found:
    """What the sheets of the measures hold."""

    values: dict[str, dict[Ref, str]] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    areas: dict[str, Area] = field(default_factory=dict)

    def measures(self) -> tuple[Measure, ...]:
        """The measures in the order of their IDs; a row of a list that was emptied is no item any more."""
        return tuple(measure_from(self.values[id_]).tidy() for id_ in sorted(self.values))

    def directions(self) -> dict[tuple[str, str], str]:
        """方向 by 施策ID and 成果目標ID, where it is not blank."""
        texts = ((id_, ref, text) for id_, values in self.values.items() for ref, text in values.items())
        return {(id_, ref.item): text for id_, ref, text in texts if ref.field == DIRECTION_FIELD and text.strip()}


def read_measures(book: Book, settings: Settings, departments: tuple[Department, ...]) -> Found:
    """Every measure with its lists; what is wrong is added to the book's faults."""
    found = Found()
    area = book.area(MEASURES)
    if area is None:
        return found
    area, rows = book.rows(area, MEASURES.keys)
    numbers: dict[tuple[str, ...], int] = {}
    for row in rows:
        if (id_ := _id(book, row)) is None:
            continue
        if (id_,) in numbers:
            book.faults.add(row.place(ID), f"施策ID「{id_}」が {numbers[id_,]} 行目と重複しています。")
            continue
        if not is_sheet_name(id_):
            book.faults.add(
                row.place(ID),
                f"施策ID「{id_}」は、シートの名前にできません。: \\ / ? * [ ] を含まない {MAX_SHEET_NAME} 字までのものにしてください。",
            )
        numbers[id_,] = row.number
        found.values[id_] = _texts(book, row, MEASURES) | {Ref("id"): id_}
        found.standings[id_] = _standing(book, row)
        _check_department(book, row, departments)
    found.areas[MEASURES.name] = replace(area, rows=numbers)
    for part, sheet in child_sheets(settings.plan_years):
        _read_items(book, part, sheet, found)
    return found


def _read_items(book: Book, part: Part, sheet: Sheet, found: Found) -> None:
    area = book.area(sheet)
    if area is None:
        return
    area, rows = book.rows(area, sheet.keys)
    numbers: dict[tuple[str, ...], int] = {}
    for row in rows:
        id_ = _id(book, row)
        if id_ is None:
            continue
        if id_ not in found.values:
            near = suggestion(id_, found.values)
            book.faults.add(row.place(ID), f"施策ID「{id_}」は「{MEASURES.name}」シートにありません。{near}")
            continue
        key = plain_id(row[sheet.keys[1]])
        if fault := _key_fault(part, sheet, key, id_, numbers):
            book.faults.add(row.place(sheet.keys[1]), fault)
            continue
        numbers[id_, key] = row.number
        found.values[id_] |= _texts(book, row, sheet, key)
    found.areas[sheet.name] = replace(area, rows=numbers)


def _key_fault(part: Part, sheet: Sheet, key: str, id_: str, numbers: Mapping[tuple[str, ...], int]) -> str:
    header = sheet.keys[1]
    if key[:1] == part.letter and key[1:].isdigit() and (id_, key) not in numbers:
        return ""
    free = next_keys(part, [k for i, k in numbers if i == id_], 1)[0]
    if not key:
        return f"{header}がありません。新しい行なら、施策 {id_} でまだ使っていない番号（{free} など）を入れてください。"
    if (id_, key) in numbers:
        return f"{header}「{key}」が {numbers[id_, key]} 行目と重複しています。新しい行なら {free} などにしてください。"
    return f"{header}「{key}」が読めません。「{part.letter}1」のように {part.letter} と番号で書いてください。"


def _texts(book: Book, row: Row, sheet: Sheet, item: str = "") -> dict[Ref, str]:
    for header in row.odd():
        _check_cell(book, row, header)
    return {Ref(c.field, item, c.period): row[c.header] or _DEFAULTS.get(c.field, "") for c in sheet.columns if c.field}


def _check_cell(book: Book, row: Row, header: str) -> None:
    kind = row.kind(header)
    if kind == "error":
        book.faults.add(row.place(header), f"エラー値 {row[header]} が入っています。正しい値を入れ直してください。")
    elif kind == "formula":
        book.faults.add(
            row.place(header), "計算結果のない数式が入っています。Excel で開いて保存し直すか、値を入れてください。"
        )


def _id(book: Book, row: Row) -> str | None:
    if row.kind(ID) == "date":
        book.faults.add(
            row.place(ID), f"施策IDが日付（{row[ID]}）になっています。セルの書式を「文字列」にして入れ直してください。"
        )
        return None
    id_ = plain_id(row[ID])
    if not id_ and not row.blank():
        book.faults.add(
            row.place(ID), "施策IDがないのに、この行に記入があります。施策IDを入れるか、行を削除してください。"
        )
    return id_ or None


def _standing(book: Book, row: Row) -> Standing:
    word, quarter = row[STATE].strip(), quarter_of(row[STATE_FROM])
    state = _STATES.get(word) if word else MeasureState.ACTIVE
    if state is None:
        book.faults.add(row.place(STATE), f"状態「{word}」は使えません。{'、'.join(_STATES)} のどれかにしてください。")
    if quarter is None:
        book.faults.add(
            row.place(STATE_FROM),
            f"「{row[STATE_FROM]}」が読めません。「第1四半期」〜「第4四半期」か空欄にしてください。",
        )
    return Standing(state or MeasureState.ACTIVE, quarter or 0)


def _check_department(book: Book, row: Row, departments: tuple[Department, ...]) -> None:
    header = MEASURES.header_of("lead_department")
    name = row[header]
    if any(d.name == name for d in departments):
        return
    if renamed := next((d for d in departments if name in d.former_names), None):
        hint = f"「{renamed.name}」の旧名称です。新しい名前に直してください。"
    else:
        hint = suggestion(name, [d.name for d in departments]) or "「部署」シートに行を加えるか、名前を直してください。"
    book.faults.add(row.place(header), f"主管部署「{name}」は「部署」シートにありません。{hint}")

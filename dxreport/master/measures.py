"""Read the measures of a master from 施策 and the sheets of its lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..domain.fields import BUILT_IN, Catalogue, ItemList, Ref
from ..domain.model import Department, Measure, Settings
from ..domain.quantities import cell_number, number_text
from ..domain.spelling import by_number
from ..ooxml.refs import MAX_SHEET_NAME, is_sheet_name
from ..ooxml.table import TableRange
from .faults import suggestion
from .records import MeasureState, Standing
from .schema import DIRECTION_FIELD, FORM, ID, MEASURES, STATE, STATE_FROM, Column, TableSchema, tables_of
from .settings import quarter_of
from .workbook import MasterWorkbook, TableRow, plain_id

_STATES = {state.value: state for state in MeasureState}


@dataclass(slots=True)
class Found:
    """The contents of the sheets of measures: texts, standings and forms by 施策ID, tables by sheet name."""

    values: dict[str, dict[Ref, str]] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    tables: dict[str, TableRange] = field(default_factory=dict)
    catalogue: Catalogue = BUILT_IN

    def measures(self) -> tuple[Measure, ...]:
        """Return the measures in order of their IDs, without list items whose rows are blank."""
        return tuple(Measure(self.values[id_], self.catalogue).tidy() for id_ in sorted(self.values, key=by_number))

    def directions(self) -> dict[tuple[str, str], str]:
        """Return the texts of 方向 that are not blank, by 施策ID and 成果目標ID."""
        texts = ((id_, ref, text) for id_, values in self.values.items() for ref, text in values.items())
        return {(id_, ref.item): text for id_, ref, text in texts if ref.field == DIRECTION_FIELD and text.strip()}


def read_measures(book: MasterWorkbook, settings: Settings, departments: tuple[Department, ...]) -> Found:
    """Read every measure with its lists; add faults to those of the workbook."""
    found, schemas = Found(catalogue=settings.catalogue), tables_of(settings)
    table, rows = book.read_table(schemas.measures)
    if table is None:
        return found
    numbers: dict[tuple[str, ...], int] = {}
    texts, known = _Texts(schemas.measures, table), {d.name for d in departments}
    for row in rows:
        if (id_ := _id(row)) is None:
            continue
        if (id_,) in numbers:
            row.fault(ID, f"施策ID「{id_}」が {numbers[id_,]} 行目と重複しています。")
            continue
        if not is_sheet_name(id_):
            row.fault(
                ID,
                f"施策ID「{id_}」は、シートの名前にできません。: \\ / ? * [ ] を含まない {MAX_SHEET_NAME} 字までのものにしてください。",
            )
        numbers[id_,] = row.number
        found.values[id_] = texts.of(row) | {Ref("id"): id_}
        found.standings[id_] = _standing(row)
        if form := row[FORM].strip():
            found.forms[id_] = form
        if row[MEASURES.header_of("lead_department")] not in known:
            _unknown_department(row, departments)
    found.tables[MEASURES.name] = replace(table, rows=numbers)
    for prefix, schema in schemas.lists.items():
        if book.has_sheet(schema) or not schema.optional:
            _read_items(book, settings.catalogue.by_prefix[prefix], schema, found)
    return found


def _read_items(book: MasterWorkbook, items: ItemList, schema: TableSchema, found: Found) -> None:
    table, rows = book.read_table(schema)
    if table is None:
        return
    numbers: dict[tuple[str, ...], int] = {}
    texts = _Texts(schema, table)
    for row in rows:
        if (id_ := _id(row)) is None:
            continue
        key = _item_id(row[schema.keys[1]], items)
        if id_ not in found.values:
            near = suggestion(id_, found.values)
            row.fault(ID, f"施策ID「{id_}」は「{MEASURES.name}」シートにありません。{near}")
        elif fault := _key_fault(items, schema, key, id_, numbers):
            row.fault(schema.keys[1], fault)
        else:
            numbers[id_, key] = row.number
            found.values[id_] |= texts.of(row, key)
    found.tables[schema.name] = replace(table, rows=numbers)


def _item_id(text: str, items: ItemList) -> str:
    """Return an id in its standard spelling: ``ｋ１`` → ``K1``; in a declared list it begins with the list's name."""
    key, letter = plain_id(text), plain_id(items.letter)
    return items.letter + key.removeprefix(letter) if key.startswith(letter) else key


def _key_fault(items: ItemList, schema: TableSchema, key: str, id_: str, numbers: Mapping[tuple[str, ...], int]) -> str:
    header, letter = schema.keys[1], items.letter
    if items.is_id(key) and (id_, key) not in numbers:
        return ""
    [free] = items.next_keys([k for i, k in numbers if i == id_], 1)
    if not key:
        return f"{header}がありません。新しい行なら、施策 {id_} でまだ使っていない番号（{free} など）を入れてください。"
    if (id_, key) in numbers:
        return f"{header}「{key}」が {numbers[id_, key]} 行目と重複しています。新しい行なら {free} などにしてください。"
    return f"{header}「{key}」が読めません。「{letter}1」のように {letter} と番号で書いてください。"


class _Texts:
    """Reads the texts of the rows of a table."""

    def __init__(self, schema: TableSchema, table: TableRange) -> None:
        ours = [column for column in schema.columns if column.field]
        self._texts = [(c, table.columns.get(c.header, 0)) for c in ours if not c.former and not c.number]
        self._others = [column for column in ours if column.former or column.number]
        self._cells: dict[str, list[tuple[Ref, int, str]]] = {}  # by item id; all measures use the same few ids

    def of(self, row: TableRow, item: str = "") -> dict[Ref, str]:
        """Return the texts of a row by address; report errors, and formulas without a result."""
        for header in row.not_text():
            if row.kind(header) == "error":
                row.fault(header, f"エラー値 {row[header]} が入っています。正しい値を入れ直してください。")
            elif row.kind(header) == "formula":
                row.fault(header, "計算結果のない数式が入っています。Excel で開いて保存し直すか、値を入れてください。")
        if item not in self._cells:
            self._cells[item] = [
                (Ref(c.field, item, c.period), n, BUILT_IN.defaults.get(c.field, "")) for c, n in self._texts
            ]
        get = row.texts.get
        texts = {ref: get(column) or default for ref, column, default in self._cells[item]}
        return texts | {Ref(c.field, item, c.period): _text(row, c) for c in self._others}


def _text(row: TableRow, column: Column) -> str:
    """Return the text of a cell in a column of numbers, in standard form, or in a column with former headers.

    If the cell is blank, that under a former header counts.
    """
    header = next((h for h in (column.header, *column.former) if row[h]), column.header)
    if column.number:
        stored, shown = row.stored_number(header), row[header]
        return cell_number(stored, shown, column.unit) if stored else number_text(shown, column.unit) or shown
    return row[header]


def _id(row: TableRow) -> str | None:
    if row.kind(ID) == "date":
        row.fault(ID, f"施策IDが日付（{row[ID]}）になっています。セルの書式を「文字列」にして入れ直してください。")
        return None
    id_ = plain_id(row[ID])
    if not id_:
        row.fault(ID, "施策IDがないのに、この行に記入があります。施策IDを入れるか、行を削除してください。")
    return id_ or None


def _standing(row: TableRow) -> Standing:
    word, quarter = row[STATE].strip(), quarter_of(row[STATE_FROM])
    state = _STATES.get(word) if word else MeasureState.ACTIVE
    if state is None:
        row.fault(STATE, f"状態「{word}」は使えません。{'、'.join(_STATES)} のどれかにしてください。")
    if quarter is None:
        row.fault(STATE_FROM, f"「{row[STATE_FROM]}」が読めません。「第1四半期」〜「第4四半期」か空欄にしてください。")
    return Standing(state or MeasureState.ACTIVE, quarter or 0)


def _unknown_department(row: TableRow, departments: tuple[Department, ...]) -> None:
    header = MEASURES.header_of("lead_department")
    name = row[header]
    if renamed := next((d for d in departments if name in d.former_names), None):
        hint = f"「{renamed.name}」の旧名称です。新しい名前に直してください。"
    else:
        hint = suggestion(name, [d.name for d in departments]) or "「部署」シートに行を加えるか、名前を直してください。"
    row.fault(header, f"主管部署「{name}」は「部署」シートにありません。{hint}")

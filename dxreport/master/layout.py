"""The look of an empty master: tables, headers, dropdowns, widths and page setup, drawn with openpyxl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from ..domain.fields import QUARTER_LABELS
from ..domain.model import Settings, Treatment
from ..ooxml.refs import quote_sheet
from . import schema
from .ledgers import LEDGERS
from .records import ConflictState, Direction, MeasureState, ReceiptState
from .schema import TableSchema

FONT = "ＭＳ Ｐゴシック"
_LINE = Side(style="thin", color="FFBFBFBF")
_WRONG = "入力できない値です"
_WEIGHT = "施策に取組がいくつもあるとき、重さの最も大きい進捗をその施策の進捗とします。どの語にも数を入れてください。"
_TREATMENT = (
    "報告書での数え方です。遅れ: 遅延・課題として名前を挙げます。完了: 予定通りと合わせて数えます。"
    "中止: 遅れに数えず、割合の分母にも入れません。"
)
_GAP = 1  # empty columns between the tables of 設定
_LEDGER_COLOUR, _DATA_COLOUR, _SETTINGS_COLOUR = "FF7F7F7F", "FF1F4E79", "FF7F6000"


def draw(settings: Settings, sizes: Mapping[str, int]) -> Workbook:
    """Return a workbook with the empty sheets of the schema.

    ``sizes`` are the numbers of rows to be written, by table name: they decide how far the source ranges of dropdowns
    reach.
    """
    book = Workbook()
    book.remove(book.active)
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    normal = Font(name=FONT, size=10, charset=128, family=3)
    book._fonts = IndexedList([normal])  # cells without a style use the first font
    book._named_styles["Normal"].font = normal
    book.add_named_style(_heading())
    book.add_named_style(_body())
    tables = schema.tables_of(settings)
    for sheet in (tables.measures, *tables.lists.values()):
        _sheet(book, (sheet,), _DATA_COLOUR, "C2")
    _sheet(book, (schema.DEPARTMENTS,), _SETTINGS_COLOUR, "B2")
    _sheet(book, (schema.FIELDS,), _SETTINGS_COLOUR, "B2")
    _sheet(book, schema.SETTINGS, _SETTINGS_COLOUR, "A2")
    for ledger in LEDGERS:
        _sheet(book, (ledger.sheet,), _LEDGER_COLOUR, "A2")
    book.worksheets[0].sheet_view.tabSelected = True
    _dropdowns(book, settings, sizes)
    _emphasis(book)
    return book


def _heading() -> NamedStyle:
    return NamedStyle(
        "見出し行",
        font=Font(name=FONT, size=10, bold=True, color="FFFFFFFF", charset=128, family=3),
        fill=PatternFill("solid", fgColor="FF1F4E79"),
        alignment=Alignment(horizontal="center", vertical="center", wrap_text=True),
        border=Border(_LINE, _LINE, _LINE, _LINE),
        number_format="@",
    )


def _body() -> NamedStyle:
    return NamedStyle(
        "記入欄",
        font=Font(name=FONT, size=10, charset=128, family=3),
        alignment=Alignment(horizontal="left", vertical="top", wrap_text=True),
        border=Border(_LINE, _LINE, _LINE, _LINE),
        number_format="@",
    )


def _sheet(book: Workbook, tables: tuple[TableSchema, ...], colour: str, frozen: str) -> None:
    ws = book.create_sheet(tables[0].name)
    ws.sheet_properties.tabColor = colour
    ws.sheet_view.zoomScale = 90
    ws.freeze_panes = frozen
    left = 1
    for sheet in tables:
        for column, spec in enumerate(sheet.columns, left):
            head = ws.cell(1, column, spec.header)
            head.style = "見出し行"
            ws.cell(2, column).style = "記入欄"
            if spec.number:
                ws.cell(2, column).number_format = spec.number
            ws.column_dimensions[get_column_letter(column)].width = spec.width + 0.7109375
        right = left + len(sheet.columns) - 1
        table = Table(displayName=sheet.table, ref=f"{get_column_letter(left)}1:{get_column_letter(right)}2")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        ws.add_table(table)
        left = right + 1 + _GAP
    for column in range(2, left):
        if ws.cell(1, column).value is None:
            ws.column_dimensions[get_column_letter(column)].width = 2
    ws.row_dimensions[1].height = 40.5
    ws.sheet_format.defaultRowHeight = 13.5
    _page(ws)


def _page(ws: Worksheet) -> None:
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", 9  # A4
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.print_title_rows = "1:1"
    ws.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.55, header=0.25, footer=0.25)
    ws.oddFooter.left.text, ws.oddFooter.right.text = "&A", "&P / &N"


def _dropdowns(book: Workbook, settings: Settings, sizes: Mapping[str, int]) -> None:
    departments = _source(schema.DEPARTMENTS, "部署名", 1, sizes)
    flags = _source(schema.FLAGS, "有無", _first_column(schema.FLAGS), sizes)
    words = _source(schema.PROGRESS, "進捗", _first_column(schema.PROGRESS), sizes)
    _choose(book, schema.MEASURES, ("主管部署",), departments, "「部署」シートの部署名から選んでください。")
    _choose(
        book,
        schema.MEASURES,
        ("関連施策有無", "予算化有無", "依頼有無"),
        flags,
        "「設定」シートの有無から選んでください。",
    )
    _choose(book, schema.MEASURES, (schema.STATE,), _words(s.value for s in MeasureState), "一覧から選んでください。")
    _choose(book, schema.MEASURES, (schema.STATE_FROM,), _words(QUARTER_LABELS.values()), "一覧から選んでください。")
    none = tuple(h for h in schema.MEASURES.headers if h.startswith("報告事項なし"))
    _choose(book, schema.MEASURES, none, _words("○"), "報告事項がない四半期だけ ○ にしてください。")
    progress = tuple(h for h in schema.ACTIVITIES.headers if h.endswith("進捗"))
    _choose(book, schema.ACTIVITIES, progress, words, "「設定」シートの進捗から選んでください。")
    directions = _words(d.value for d in Direction if d.value)
    _choose(
        book, schema.tables_of(settings).lists["outcome"], (schema.DIRECTION,), directions, "一覧から選んでください。"
    )
    _choose(
        book, schema.PROGRESS, ("対応策",), _words((schema.NEEDED,)), "対応策が要る進捗だけ「必須」にしてください。"
    )
    _choose(
        book,
        schema.PROGRESS,
        (schema.TREATMENT,),
        _words(t.value for t in Treatment),
        "一覧から選んでください。",
        told=_TREATMENT,
    )
    _weights(book)
    _choose(book, schema.ROUNDS, ("四半期",), _words(QUARTER_LABELS.values()), "一覧から選んでください。")
    _choose(book, schema.RECEIPTS, ("状態",), _words(s.value for s in ReceiptState), "一覧から選んでください。")
    _choose(book, schema.CONFLICTS, ("状態",), _words(s.value for s in ConflictState), "一覧から選んでください。")


def _words(words: Iterable[str]) -> str:
    return '"' + ",".join(words) + '"'


def _first_column(sheet: TableSchema) -> int:
    column = 1
    for other in schema.SETTINGS:
        if other is sheet:
            break
        column += len(other.columns) + _GAP
    return column


def _source(sheet: TableSchema, header: str, first: int, sizes: Mapping[str, int]) -> str:
    letter = get_column_letter(first + sheet.headers.index(header))
    return f"{quote_sheet(sheet.name)}!${letter}$2:${letter}${1 + max(1, sizes.get(sheet.table, 1))}"


def _choose(
    book: Workbook, sheet: TableSchema, headers: tuple[str, ...], source: str, hint: str, *, told: str = ""
) -> None:
    """Add a dropdown to these columns; ``hint`` explains a rejected value, ``told`` is shown at a selected cell."""
    rule = DataValidation("list", formula1=source, errorTitle=_WRONG, error=hint)
    _rule(book, sheet, headers, rule, told)


def _weights(book: Workbook) -> None:
    rule = DataValidation(
        "decimal", formula1="0", operator="greaterThanOrEqual", errorTitle=_WRONG, error="数を記入してください。"
    )
    _rule(book, schema.PROGRESS, (schema.WEIGHT,), rule, _WEIGHT)


def _rule(book: Workbook, sheet: TableSchema, headers: tuple[str, ...], rule: DataValidation, told: str) -> None:
    rule.allow_blank = rule.showErrorMessage = True
    if told:
        rule.showInputMessage, rule.promptTitle, rule.prompt = True, "、".join(headers), told
    first = _first_column(sheet) if sheet in schema.SETTINGS else 1
    for header in headers:
        letter = get_column_letter(first + sheet.headers.index(header))
        rule.add(f"{letter}2")
    book[sheet.name].add_data_validation(rule)


def _emphasis(book: Workbook) -> None:
    """Show measures that are not 実施中 in grey italics, and held sheets and open conflicts in bold."""
    state = get_column_letter(1 + schema.MEASURES.headers.index(schema.STATE))
    last = get_column_letter(len(schema.MEASURES.columns))
    grey = FormulaRule(
        [f'AND(${state}2<>"",${state}2<>"{MeasureState.ACTIVE.value}")'], font=Font(italic=True, color="FF7F7F7F")
    )
    book[schema.MEASURES.name].conditional_formatting.add(f"A2:{last}2", grey)
    waiting = ((schema.RECEIPTS, ReceiptState.HELD.value), (schema.CONFLICTS, ConflictState.OPEN.value))
    for sheet, word in waiting:
        letter = get_column_letter(1 + sheet.headers.index("状態"))
        right = get_column_letter(len(sheet.columns))
        bold = FormulaRule([f'${letter}2="{word}"'], font=Font(bold=True))
        book[sheet.name].conditional_formatting.add(f"A2:{right}2", bold)

"""A sheet of a form as its author saw it: every text of a measure, with faults of cells and of shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...domain import problems
from ...domain.fields import FIELD, LIST_NAMES, label
from ...domain.model import Ref, Settings, normalise
from ...domain.problems import Problem, problem
from ...intake.file_type import Format
from ...intake.readers.exact import ExactCell, exact
from ...intake.workbook import Book, Sheet
from ...ooxml.refs import address, column_letters
from ..align.items import adopt
from ..align.sheet import Aligned, Doubt
from ..compile import Form
from .added import Added, added_items
from .moved import moved
from .sheet import Filled, read_sheet, shown_fields

_LOST = "\ufffd"  # what a reader puts for bytes that are no character
_DAYS = range(40_000, 55_001)  # serial numbers of 2009 to 2050: a bare one may be a date that lost its format


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """``texts`` are normalised; ``cells`` says where each stands in the file (``E21``).

    ``moved`` tells in Japanese what stands elsewhere than in the sheet as issued; ``added`` are items
    that the department added itself, each as its texts under ids of their own (``+1`` …).
    """

    sheet: str
    texts: Mapping[Ref, str]
    cells: Mapping[Ref, str]
    problems: tuple[Problem, ...]
    moved: tuple[str, ...]
    added: tuple[Mapping[Ref, str], ...] = ()


def read_filled(
    book: Book, sheet: Sheet, form: Form, issued: Mapping[Ref, str], settings: Settings, *, quarter: int, year: int
) -> FilledSheet:
    """Read one sheet. Where the fast reader may be wrong, the exact reader is asked.

    A text that was issued and whose cell is gone is a problem (E302) and stands as issued. Raises
    Unreadable when the exact reader finds the file damaged.
    """
    filled = read_sheet(form, sheet.rows, quarter=quarter, year=year)
    if filled is None:
        raise ValueError(f"{sheet.name}: no stamp")
    items = added_items(form, sheet.rows, filled, quarter=quarter, year=year)
    rows = {row for item in items for row in item.rows}
    shape = _unkeyed(filled, sheet, rows)
    told = moved(form, filled, issued, settings, quarter=quarter, year=year)
    return _filled_sheet(_Whole(book, sheet, form, issued, settings, quarter, year), filled, items, shape, told)


def read_aligned(
    book: Book,
    sheet: Sheet,
    form: Form,
    aligned: Aligned,
    issued: Mapping[Ref, str] | None,
    settings: Settings,
    *,
    quarter: int,
    year: int,
) -> FilledSheet | Doubt:
    """Read a sheet without keys, as ``read_filled`` does one with them; it says so in a warning (W506).

    Where nothing was ``issued`` (None), items keep the ids that their order gives them. Gives a Doubt where the items
    cannot be told apart. Raises Unreadable.
    """
    found = (aligned.filled, ()) if aligned.keyed or issued is None else adopt(aligned.filled, issued)
    if isinstance(found, Doubt):
        return found
    rows: dict[int, list[str]] = {}
    for row, _, text in aligned.unplaced:
        rows.setdefault(row, []).append(text)
    shape = [problem(problems.READ_BY_LABELS, sheet=sheet.name)]
    shape += [_extra(f"ところ（{row}行目）", said, sheet.name, f"{row}:{row}") for row, said in rows.items()]
    return _filled_sheet(_Whole(book, sheet, form, issued or {}, settings, quarter, year), *found, shape, ())


@dataclass(frozen=True, slots=True)
class _Whole:
    """What a sheet is read by."""

    book: Book
    sheet: Sheet
    form: Form
    issued: Mapping[Ref, str]
    settings: Settings
    quarter: int
    year: int


def _filled_sheet(
    by: _Whole, filled: Filled, items: Sequence[Added], shape: Sequence[Problem], moved: tuple[str, ...]
) -> FilledSheet:
    name, issued = by.sheet.name, by.issued
    cells = {ref: address(*at) for ref, at in filled.at.items()}
    reader = _Cells(by.book, name, cells, by.settings)
    texts = {ref: reader.text(ref, filled.at[ref], value, issued.get(ref, "")) for ref, value in filled.values.items()}
    texts = {ref: text for ref, text in texts.items() if ref in issued or _written(texts, ref)}
    lost = _lost(by.form, filled, issued, by.quarter, by.year)
    texts |= {ref: issued[ref] for ref in lost}
    cells |= {ref: address(*at) for item in items for ref, at in item.at.items()}
    added = tuple(
        {ref: reader.text(ref, item.at[ref], value, "") for ref, value in item.values.items()} for item in items
    )
    found = [
        *reader.problems, *_removed(lost, filled, issued, name, by.settings), *shape, *(_added(item, name) for item in items),
    ]  # fmt: skip
    return FilledSheet(name, texts, cells, tuple(found), moved, added)


def _written(texts: Mapping[Ref, str], ref: Ref) -> bool:
    """Whether something was written where nothing was issued: of a spare row all cells count once one is filled."""
    if not ref.item:
        return bool(texts[ref])
    prefix = ref.field.partition(".")[0] + "."
    return any(
        text
        for r, text in texts.items()
        if r.item == ref.item and r.field.startswith(prefix) and r.field != "activity.plan_label"
    )


class _Cells:
    """Turns values into texts; keeps what is wrong with them."""

    def __init__(self, book: Book, sheet: str, cells: Mapping[Ref, str], settings: Settings) -> None:
        self._book, self._sheet, self._cells, self._settings = book, sheet, cells, settings
        self.problems: list[Problem] = []

    def text(self, ref: Ref, at: tuple[int, int], value: Any, issued: str) -> str:
        """The text of a cell; ``value`` is what the fast reader gave."""
        reader = exact(self._book, self._sheet)
        if isinstance(value, str) and value and not reader.has_formula(*at):
            return self._whole(ref, normalise(value), issued)
        cell = reader.cell(*at)  # an error, a formula never calculated and a blank look alike to the fast reader
        if cell.kind == "blank" and issued and reader.covered(*at):
            self._note(problems.MERGED_OVER, ref, "", value=issued)
            return issued
        return self._settled(ref, cell, issued)

    def _whole(self, ref: Ref, text: str, issued: str) -> str:
        """The text unless characters of it were lost: an .xls may cut one of two UTF-16 units between its records."""
        if _LOST not in text or _LOST in issued or self._book.format is not Format.XLS:
            return text
        self._note(problems.GARBLED, ref, text, value=text)
        return issued

    def _settled(self, ref: Ref, cell: ExactCell, issued: str) -> str:
        shown = normalise(cell.shown)
        if cell.kind in ("blank", "text"):
            return self._whole(ref, shown, issued)
        if cell.kind == "formula":
            self._note(problems.FORMULA, ref, cell.raw)
        elif cell.kind == "error":
            self._note(problems.ERROR_VALUE, ref, shown, value=shown)
        elif cell.kind == "boolean":
            self._note(problems.NOT_TEXT, ref, shown, what="論理値（TRUE/FALSE）", value=shown)
        elif cell.kind == "number" and (not cell.certain or _may_be_a_day(ref, cell.raw)):
            self._note(problems.NOT_TEXT, ref, shown, what="数値", value=shown)
        elif cell.kind == "date" and not cell.certain:
            self._note(problems.NOT_TEXT, ref, shown, what="日付", value=shown)
        else:
            return shown
        return issued

    def _note(self, kind: problems.ProblemKind, ref: Ref, shown: str, **params: str) -> None:
        found = problem(
            kind,
            params,
            sheet=self._sheet,
            cell=self._cells[ref],
            field=str(ref),
            label=label(ref, self._settings),
            value=shown,
        )
        self.problems.append(found)


def _may_be_a_day(ref: Ref, raw: str) -> bool:
    if FIELD[ref.field].kind.name in ("TARGET", "ACTUAL"):
        return False
    try:
        number = float(raw)
    except ValueError:
        return False
    return number.is_integer() and int(number) in _DAYS


def _lost(form: Form, filled: Filled, issued: Mapping[Ref, str], quarter: int, year: int) -> list[Ref]:
    """What was issued on this form and has no cell any more."""
    shown = shown_fields(form, quarter, year)
    return [ref for ref in issued if ref not in filled.values and (ref.field, ref.period) in shown]


def _removed(
    lost: Sequence[Ref], filled: Filled, issued: Mapping[Ref, str], sheet: str, settings: Settings
) -> list[Problem]:
    """One problem for what was removed: columns, else rows."""
    if not lost:
        return []
    what = f"列（{'、'.join(key[1:] for key in filled.lost_columns)}）" if filled.lost_columns else "行"
    names = list(dict.fromkeys(label(ref, settings) for ref in lost))
    more = f" ほか{len(names) - 4}か所" if len(names) > 4 else ""
    items = dict.fromkeys(issued.get(Ref("activity.name", ref.item), "") for ref in lost if ref.item)
    whose = "、".join([f"「{' '.join(name.split())}」" for name in items if name.strip()][:3])
    said = f"{whose}の" if whose and not filled.lost_columns else ""
    return [
        problem(
            problems.REMOVED, {"what": what}, sheet=sheet, field=str(lost[0]), label=said + "、".join(names[:4]) + more,
            fields=tuple(map(str, lost)),
        )
    ]  # fmt: skip


def _added(item: Added, sheet: str) -> Problem:
    rows = f"{item.rows[0]}行目" if len(item.rows) == 1 else f"{item.rows[0]}～{item.rows[-1]}行目"
    what = f"{LIST_NAMES[item.part.prefix]}（{rows}）"
    first = next(str(value) for value in item.values.values() if value != "")
    return problem(
        problems.ADDED, {"what": what}, sheet=sheet, cell=address(*next(iter(item.at.values()))), value=first
    )


def _unkeyed(filled: Filled, sheet: Sheet, told: set[int]) -> list[Problem]:
    """Texts in rows and columns that the form does not have: told, since they are not merged."""
    out = []
    keyed_columns = {column for _, column in filled.at.values()}
    for number in (n for n in (*filled.inserted, *filled.copied) if n not in told):
        row = sheet.rows[number - 1]
        said = [str(v) for c, v in enumerate(row, 1) if v != "" and (c in keyed_columns or not str(v).startswith("r"))]
        if said:
            out.append(_extra(f"行（{number}行目）", said, sheet.name, f"{number}:{number}"))
    rows = {row for row, _ in filled.at.values()}
    for column in filled.inserted_columns:
        said = [
            str(row[column - 1])
            for n, row in enumerate(sheet.rows, 1)
            if n in rows and column <= len(row) and row[column - 1] != ""
        ]
        if said:
            letters = column_letters(column)
            out.append(_extra(f"列（{letters}列）", said, sheet.name, f"{letters}:{letters}"))
    return out


def _extra(where: str, said: list[str], sheet: str, cell: str) -> Problem:
    text = "／".join(said)
    return problem(problems.UNKEYED_TEXT, {"where": where, "value": text}, sheet=sheet, cell=cell, value=text)

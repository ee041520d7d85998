"""Read a measure on a sheet as its author saw it: every text, with the problems of its cells and its shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...domain import problems
from ...domain.fields import Field, FieldKind, Ref, label
from ...domain.model import Settings, normalise
from ...domain.problems import Problem, listed, problem
from ...domain.quantities import cell_number, date_text, number_text, stored_number
from ...domain.spelling import reads_the_same, same_word
from ...domain.visible import one_line
from ...ooxml.cells import At, Cell, Grid
from ...ooxml.dates import serial_date
from ...ooxml.refs import address
from ..align.items import adopt
from ..align.rows import Doubt
from ..align.sheet import Aligned
from .added import Added, added_items
from .moved import moved
from .outside import outside_fields, unkeyed_text
from .sheet import Filled

_DAYS = range(40_000, 55_001)  # serial numbers of 2009 to 2050: such a number may be a date that lost its format


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """A measure on a sheet. ``texts`` are normalised; ``cells`` holds the address of each in the file (``E21``).

    ``moved`` says in Japanese what moved since the sheet was issued. ``added`` are the items that the department added,
    each with its texts under an id of its own (``+1`` …).
    """

    sheet: str
    texts: Mapping[Ref, str]
    cells: Mapping[Ref, str]
    problems: tuple[Problem, ...]
    moved: tuple[str, ...]
    added: tuple[Mapping[Ref, str], ...] = ()


def read_filled(sheet: Grid, filled: Filled, issued: Mapping[Ref, str], settings: Settings) -> FilledSheet:
    """Read a measure that was found by its keys.

    An issued text that no longer has a cell is a problem (E302) and stays as issued.
    """
    items = added_items(sheet.rows, filled)
    shape = outside_fields(sheet, filled, {row for item in items for row in item.rows})
    return _TextReader(sheet, filled, issued, settings).sheet(items, shape, moved(filled, issued, settings))


def read_aligned(
    sheet: Grid, aligned: Aligned, issued: Mapping[Ref, str] | None, settings: Settings
) -> FilledSheet | Doubt:
    """Read an aligned sheet, with a warning (W506).

    If nothing was ``issued`` (None), items keep the ids of their order. Return a Doubt if the items cannot be told
    apart.
    """
    found = (aligned.filled, ()) if aligned.keyed or issued is None else adopt(aligned.filled, issued)
    if isinstance(found, Doubt):
        return found
    rows: dict[int, list[str]] = {}
    for row, _, text in aligned.unplaced:
        rows.setdefault(row, []).append(text)
    shape = [problem(problems.READ_BY_LABELS, sheet=sheet.name)]
    shape += [unkeyed_text(sheet, f"{row}行目", texts, f"{row}:{row}") for row, texts in rows.items()]
    filled, added = found
    return _TextReader(sheet, filled, issued or {}, settings).sheet(added, shape)


class _TextReader:
    """Reads the texts of a sheet, with problems for cells that hold anything else or are gone."""

    def __init__(self, sheet: Grid, filled: Filled, issued: Mapping[Ref, str], settings: Settings) -> None:
        self._sheet, self._filled, self._issued, self._settings = sheet, filled, issued, settings
        self._fields = filled.form.catalogue.field
        self._problems: list[Problem] = []

    def sheet(self, items: Sequence[Added], shape: Iterable[Problem], moved: tuple[str, ...] = ()) -> FilledSheet:
        """Read the fields and the added ``items``; ``shape`` are the problems of the sheet's shape."""
        filled, issued = self._filled, self._issued
        texts = {ref: self._text(ref, at, issued.get(ref, "")) for ref, at in filled.at.items()}
        # A cell issued blank counts only if it was filled in; all cells of a spare row count once one was.
        if spare := texts.keys() - issued.keys():
            written = {_unit(ref) for ref, text in texts.items() if text and ref.field != "activity.plan_label"}
            texts = {ref: text for ref, text in texts.items() if ref not in spare or _unit(ref) in written}
        added = tuple({ref: self._text(ref, at, "") for ref, at in item.at.items()} for item in items)
        shown = filled.targets.always_shown
        lost = [ref for ref in issued if ref not in filled.at and (ref.field, ref.period) in shown]
        if lost:
            self._problems.append(self._removed(lost))
        found = (*self._problems, *shape, *map(self._added, items))
        cells = filled.placement.cells
        for item in items:
            cells = {**cells, **{ref: address(*at) for ref, at in item.at.items()}}
        return FilledSheet(self._sheet.name, texts | {ref: issued[ref] for ref in lost}, cells, found, moved, added)

    def _text(self, ref: Ref, at: At, issued: str) -> str:
        """Return the text of a cell as its author saw it, or ``issued`` if a problem keeps it from being used."""
        cell, field = self._sheet.cell(*at), self._fields[ref.field]
        as_issued = cell.text == issued and cell.kind in ("text", "blank") and cell.certain and not cell.formula
        if as_issued and field.kind is not FieldKind.NUMBER:
            return issued
        shown, ticked = text_of(cell, field, issued), bool(_tick(cell, field))
        if cell.kind in ("error", "unclear"):
            self._note(problems.ERROR_VALUE if cell.kind == "error" else problems.UNCLEAR, ref, at, shown)
        elif cell.formula and not ticked:
            self._note(problems.FORMULA, ref, at, cell.formula)
        elif cell.kind == "blank" and issued and self._sheet.covered(*at):
            self._note(problems.MERGED_OVER, ref, at, "", value=issued)
        elif cell.kind == "text" and not cell.certain and shown != issued:
            self._note(problems.GARBLED, ref, at, shown)
        elif cell.kind == "boolean" and not ticked:
            self._note(problems.NOT_TEXT, ref, at, shown, what="論理値（TRUE/FALSE）")
        elif cell.kind == "number" and shown != issued and not ticked and _is_doubtful(cell, field.kind):
            self._note(problems.NOT_TEXT, ref, at, shown, what="数値")
        elif cell.kind == "date" and (field.kind is FieldKind.NUMBER or not cell.certain):
            self._note(problems.NOT_TEXT, ref, at, shown, what="日付")
        else:
            return shown if shown == issued else self._word(ref, at, shown, issued)
        return issued

    def _word(self, ref: Ref, at: At, shown: str, issued: str) -> str:
        """Return the word of 設定 or of the field that a text means, however typed; any other text unchanged."""
        words = self._settings.words(self._fields[ref.field])
        word = None if shown in words else same_word(shown, words)
        if word is None:
            return shown
        if word != issued and not reads_the_same(word, shown):
            self._note(problems.READ_AS_WORD, ref, at, shown, expected=word)
        return word

    def _note(self, kind: problems.ProblemKind, ref: Ref, at: At, shown: str, **params: str) -> None:
        params, name = {"value": shown, **params}, label(ref, self._settings)
        found = problem(
            kind, params, sheet=self._sheet.name, cell=address(*at), field=str(ref), label=name, value=shown
        )
        self._problems.append(found)

    def _removed(self, lost: Sequence[Ref]) -> Problem:
        """Return one problem for all removed columns or, if no column is gone, for all removed rows."""
        names = list(dict.fromkeys(label(ref, self._settings) for ref in lost))
        said = listed(names, 4)
        if self._filled.lost_columns:
            what = f"列（{'、'.join(key[1:] for key in self._filled.lost_columns)}）"
        else:
            items = dict.fromkeys(self._issued.get(Ref("activity.name", ref.item), "") for ref in lost if ref.item)
            whose = "、".join([f"「{one_line(name)}」" for name in items if name.strip()][:3])
            what = f"行（{whose or listed(names, 2)}）"
            said = f"{whose}の{said}" if whose else said
        fields = tuple(map(str, lost))
        return problem(
            problems.REMOVED, {"what": what}, sheet=self._sheet.name, field=fields[0], label=said, fields=fields
        )

    def _added(self, item: Added) -> Problem:
        rows = f"{item.rows[0]}行目" if len(item.rows) == 1 else f"{item.rows[0]}～{item.rows[-1]}行目"
        params = {"what": f"{item.part.label}（{rows}）"}
        first = next(text for text in item.values.values() if text)
        cell = address(*next(iter(item.at.values())))
        return problem(problems.ADDED, params, sheet=self._sheet.name, cell=cell, value=first)


def _unit(ref: Ref) -> tuple[str, str, int]:
    """Return what is filled in as a whole: the item of a list, or the text of the measure itself."""
    return (ref.prefix, ref.item, 0) if ref.item else ref


def text_of(cell: Cell, field: Field, issued: str) -> str:
    """Return the text of a cell as its author saw it; in a number, date or check field, in its standard form."""
    if cell.kind == "number" and (field.kind is FieldKind.NUMBER or stored_number(cell.raw) == issued):
        return cell_number(cell.raw, cell.text, field.unit)
    if cell.kind == "text" and field.kind is FieldKind.NUMBER:
        return number_text(cell.text, field.unit) or normalise(cell.text)
    if cell.kind == "date" and field.kind is FieldKind.DATE:
        return date_text(cell.text) or _stored_day(cell) or normalise(cell.text)
    return _tick(cell, field) or normalise(cell.text)


def _tick(cell: Cell, field: Field) -> str:
    """Return ☑ or □ for a check typed as TRUE or FALSE, "" for anything else.

    LibreOffice keeps TRUE and FALSE in an .xls as formulas and may show them as 1 and 0.
    """
    if field.kind is not FieldKind.CHECK or cell.formula not in ("", "=", "=TRUE()", "=FALSE()"):
        return ""
    if cell.kind == "boolean" or (cell.kind == "number" and cell.formula and cell.raw in ("0", "1")):
        return "☑" if cell.text in ("TRUE", "1") else "□"
    return ""


def _stored_day(cell: Cell) -> str:
    """Return the day that a cell stores though it shows less (``3月31日``) or more (a time); "" if the two disagree."""
    if whole := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", cell.raw or cell.text):
        return date_text(whole[1]) or ""
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", cell.raw):
        return ""
    days = [serial_date(int(float(cell.raw)), date1904) for date1904 in (False, True)]
    shown = [int(number) for number in re.findall("[0-9]+", cell.text)]
    agreed = [day for day in days if day and {day.month, day.day} <= set(shown)]
    return agreed[0].isoformat() if len(agreed) == 1 else ""


def _is_doubtful(cell: Cell, kind: FieldKind) -> bool:
    """Return True if a number may differ from what its author saw, or may be a day that lost its format."""
    if kind is FieldKind.NUMBER:
        return False
    if not cell.certain:
        return True
    number = float(cell.raw)
    return kind not in (FieldKind.TARGET, FieldKind.ACTUAL) and number.is_integer() and int(number) in _DAYS

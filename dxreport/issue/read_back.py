"""Read a rendered workbook back before it is issued, as its return will be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from ..domain.errors import DxreportError
from ..domain.fields import Catalogue, FieldKind, Ref, label
from ..domain.model import Measure, normalise
from ..domain.values import PERCENT
from ..form.read.filled import text_of
from ..form.read.sheet import Filled, read_sheet
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import IssuedBook
from ..form.stamp import Stamp
from ..intake.limits import MAX_COLUMNS, MAX_ROWS
from ..ooxml.cells import Cell, Grid, text_cell
from ..ooxml.package import Package, parse
from ..ooxml.refs import address
from ..ooxml.refs import cell as parse_ref
from ..ooxml.text import unescape
from ..ooxml.worksheets import Worksheets

_KNOWN = 512  # arrangements of keys that are remembered
_ROW_KEY = re.compile('<c r="A[0-9]+" t="inlineStr"><is><t>([^<]*)</t>')
_COLUMN_KEYS = re.compile('<row r="1"[^>]*><c r="A1".*?</c>(.*?)</row>')
_TEXT = re.compile('<c r="([A-Z]+[0-9]+)" s="[0-9]+" t="inlineStr"><is><t xml:space="preserve">([^<]*)</t></is></c>')
_NUMBER = re.compile('<c r="([A-Z]+[0-9]+)" s="([0-9]+)"><v>([^<]*)</v></c>')


class UnreadableForm(DxreportError):
    """A rendered sheet does not read back as written; ``what`` says where."""

    def __init__(self, form: str, measure: str, what: str) -> None:
        super().__init__(
            f"様式 {form} で作ったシート「{measure}」は、書いたとおりに読み戻せません（{what}）。何も書いていません。",
            "様式のこの欄を直してください（`dxreport check` で確かめられます）。",
        )


class _Places(NamedTuple):
    """Where a sheet holds the texts of a measure: the ``addresses`` in their order, "" for one that is not shown.

    Those of numbers are only in ``numbers``.
    """

    addresses: tuple[str, ...]
    numbers: Mapping[Ref, str]

    def hold(self, sheet: str, values: Mapping[Ref, str], catalogue: Catalogue, signs: Mapping[str, str]) -> bool:
        """Return True if the XML of a sheet is sure to hold these texts in their places.

        ``signs`` are what numbers end with on the screen, % or nothing, by the style of their cell. A number in any
        other style may be shown as anything.
        """
        texts = dict(_TEXT.findall(sheet))
        given = zip(self.addresses, values.values(), strict=True)
        if any(at and _decoded(texts.get(at, "")) != text for at, text in given):
            return False
        numbers = {at: (style, raw) for at, style, raw in _NUMBER.findall(sheet)} if self.numbers else {}
        for ref, at in self.numbers.items():
            style, raw = numbers.get(at, ("", ""))
            if raw and style not in signs:
                return False
            cell = Cell("number", raw + signs[style], raw) if raw else text_cell(_decoded(texts.get(at, "")))
            if text_of(cell, catalogue.field[ref.field], values[ref]) != values[ref]:
                return False
        return True


def _decoded(xml: str) -> str:
    """Return the text that character data holds. Raise PackageError if it is malformed."""
    return unescape(parse(f"<t>{xml}</t>".encode()).text or "") if "&" in xml or "_x" in xml else xml


class ReadBack:
    """Reads workbooks of one form and round back: the first sheet of each.

    The keys of a sheet alone say in which cells its texts are. A workbook whose sheet has other keys than those before
    is read as its return will be. For the others it is enough that each of these cells holds its text; where that is not
    sure, as for a number in a format that was not seen before, they are read as well.
    """

    def __init__(self) -> None:
        self._reader: Worksheets | None = None
        self._known: dict[tuple[str, tuple[Ref, ...]], _Places] = {}  # by the keys and the texts, for rows may be spare
        self._signs: dict[str, str] = {}  # see :meth:`_Places.hold`

    def check(self, book: IssuedBook, prepared: PreparedForm, measures: Sequence[Measure]) -> None:
        """Raise UnreadableForm if a workbook with ``measures`` does not read back as it was written."""
        if prepared.form.layout.is_list:  # its keys name the measures, so that no two are the same
            self._read(book, prepared, measures)
            return
        (stamp, keys), values = _keys(book.first), measures[0].values()
        known = keys, tuple(values)
        places, named = self._known.get(known), Stamp.parse(stamp)
        if places is None or named is None or named.measure != measures[0].id:
            places = self._read(book, prepared, measures)
            if len(self._known) < _KNOWN:
                self._known[known] = places
        elif not places.hold(book.first, values, prepared.form.catalogue, self._signs):
            self._read(book, prepared, measures)

    def _read(self, book: IssuedBook, prepared: PreparedForm, measures: Sequence[Measure]) -> _Places:
        """Read a workbook; return the places of the texts of its first measure. Raise UnreadableForm."""
        form, first = prepared.form, measures[0]
        self._reader = Worksheets(Package(book.data), like=self._reader)  # they share strings and formats
        grid = self._reader.grid(prepared.sheet_name(first.id))
        row, column = (max(map(itemgetter(n), grid.cells), default=0) for n in (0, 1))
        if row > MAX_ROWS or column > MAX_COLUMNS:
            raise UnreadableForm(form.name, grid.name, f"シートが大きすぎます（{row:,} 行 {column:,} 列）")
        read = read_sheet(form, grid.rows, quarter=prepared.this.quarter, year=prepared.this.year)
        for measure in measures if form.layout.is_list else (first,):
            if measure.id not in read:
                raise UnreadableForm(form.name, measure.id, "シートの目印がありません")
            _check(prepared, measure, read[measure.id], grid)
        self._note_signs(book.first, grid)
        at, fields = read[first.id].at, form.catalogue.field
        places = {ref: address(*at[ref]) if ref in at else "" for ref in first.values()}
        numbers = {ref: place for ref, place in places.items() if place and fields[ref.field].kind is FieldKind.NUMBER}
        return _Places(tuple((places | dict.fromkeys(numbers, "")).values()), numbers)

    def _note_signs(self, sheet: str, grid: Grid) -> None:
        """Note in which styles a sheet shows numbers, in per cent or not."""
        for at, style, _ in _NUMBER.findall(sheet):
            cell = grid.cell(*parse_ref(at))
            if cell.kind == "number" and cell.certain:
                self._signs[style] = PERCENT if cell.text.endswith(PERCENT) else ""


def _keys(sheet: str) -> tuple[str, str]:
    """Return the stamp in the XML of a sheet, and what says where its texts are: its keys and the last row."""
    stamp, *rows = _ROW_KEY.findall(sheet) or [""]
    columns, last = _COLUMN_KEYS.search(sheet), sheet.rpartition("<row ")[2].partition(" ")[0]
    return stamp, f"{last} {' '.join(rows)} {columns[1] if columns else ''}"


def _check(prepared: PreparedForm, measure: Measure, read: Filled, grid: Grid) -> None:
    form = prepared.form
    for ref, text in measure.values().items():
        if ref not in read.values:
            if (ref.field, ref.period) in read.targets.always_shown:
                raise UnreadableForm(form.name, measure.id, f"{label(ref, prepared.settings)}の行か列がありません")
        elif text_of(grid.cell(*read.at[ref]), form.catalogue.field[ref.field], text) != normalise(text):
            raise UnreadableForm(
                form.name, measure.id, f"セル {address(*read.at[ref])} {label(ref, prepared.settings)}"
            )

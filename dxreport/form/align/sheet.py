"""Read a sheet whose keys are gone, by the labels that the form prints.

Such sheets were copied to another workbook as values, lost row 1 or column A, were filled in before there were keys,
or come from a published set. Their labels tell which row and column of the form each row and column is. With the keys
put back, a sheet is read like any other; one that could be read in two ways is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...ooxml.refs import column_letters
from ..read.sheet import Filled, Keys, Rows, read_keyed, targets_of
from ..records import Form
from ..row_key import RowKey, template_row
from ..stamp import Stamp
from .alignment import Placed
from .columns import find_columns
from .labels import ExpectedCell, as_label, form_labels
from .rows import Doubt, mismatch, place_rows

__all__ = ["MIN_RESEMBLANCE", "Aligned", "Doubt", "align", "resemblance"]

MIN_RESEMBLANCE = 0.5  # a sheet with this share of a form's labels counts as a sheet of the form
_KEYS = 3  # a row or column of keys has at least this many: a single one may be ordinary text
_SEARCHED = 256  # columns searched for row keys


@dataclass(frozen=True, slots=True)
class Aligned:
    """A sheet read by its labels; items are numbered in order (K1, K2 …) unless row keys were left.

    ``filled`` is as :func:`dxreport.form.read.sheet.read_keyed` returns it, with a stamp that names only the form.
    ``unplaced`` are the texts that are neither a value nor a label of the form, as (row, column, text), 1-based;
    ``shown`` is what the form shows besides the measure, by name (``fiscal_year``, ``years.y1`` …). ``keyed`` is True
    if row keys were left.
    """

    filled: Filled
    unplaced: tuple[tuple[int, int, str], ...]
    shown: Mapping[str, str]
    keyed: bool


def resemblance(form: Form, rows: Rows) -> float:
    """Return the share of the form's labels that a sheet has, 0 to 1."""
    return form_labels(form).share({as_label(text) for row in rows for text in row if text})


def align(form: Form, rows: Rows, *, quarter: int = 0, year: int = 0) -> Aligned | Doubt | None:
    """Read a sheet of ``form`` by its labels; return None if it does not look like one.

    Return a Doubt if it could be read in several ways, and for every list, where a row that was sorted or copied could
    be taken for another. ``quarter`` and ``year`` are as in :func:`dxreport.form.read.sheet.read_sheet`.
    """
    if resemblance(form, rows) < MIN_RESEMBLANCE:
        return None
    if form.layout.is_list:
        return Doubt("一覧の様式は、隠れている 1 行目と A 列がないと、どの施策の行か決められません")
    labels, width = form_labels(form), max(map(len, rows))
    own = [[*row, *[""] * (width - len(row))] for row in rows]
    column_keys, row_keys = _take_column_keys(form, own), _take_row_keys(form, own)
    texts = [{c: folded for c, text in enumerate(row) if text and (folded := as_label(text))} for row in own]
    columns = find_columns(labels, texts, column_keys)
    if isinstance(columns, Doubt):
        return columns
    keys = row_keys
    if not row_keys:
        places = place_rows(form, texts, columns)
        if isinstance(places, Doubt):
            return places
        keys = {i: _key(form, place) for i, place in enumerate(places) if place is not None}
    drawn = [template_row(keys.get(i, "")) for i in range(len(own))]
    if doubt := mismatch(labels, texts, columns, drawn):
        return doubt
    by_key = {f"c{column_letters(column)}": place for column, place in columns.items()}
    filled = read_keyed(form, own, Keys(Stamp("", "", form.digest), keys, by_key), targets_of(form, quarter, year))
    expected = [{columns[c.column]: c for c in labels.rows.get(n, ()) if c.column in columns} for n in drawn]
    return Aligned(filled, *_rest(own, texts, expected, filled), bool(row_keys))


def _take_column_keys(form: Form, rows: list[list[str]]) -> dict[str, int]:
    """Blank the row of column keys in ``rows``, if it is still there; return the columns by their keys."""
    known = {f"c{letters}" for letters in form.column_letters}
    for row in rows:
        found = {text: c for c, text in enumerate(row) if text in known}
        if len(found) >= min(_KEYS, len(known)):
            row[:] = [""] * len(row)
            return found
    return {}


def _take_row_keys(form: Form, rows: list[list[str]]) -> dict[int, str]:
    """Blank the column of row keys in ``rows``, if it is still there; return the keys by row."""
    for column in range(min(len(rows[0]), _SEARCHED)):
        found = {i: row[column] for i, row in enumerate(rows) if template_row(row[column])}
        if len(found) >= max(_KEYS, len(form.rows) // 2):
            for row in rows:
                row[column] = ""
            return found
    return {}


def _key(form: Form, place: Placed) -> str:
    """Return the key of a row of the form, with its items numbered in order."""
    chain = form.layout.chains[place.row]
    depth = min((c.repeats for c in form.rows[place.row].cells), default=len(chain))
    blocks = tuple(
        ",".join(f"{loop.variable.letter}{index + 1}" for loop in block.loops)
        for block, index in zip(chain, place.path, strict=True)
        if block.loops
    )
    return str(RowKey(place.row, blocks, any(place.path[depth:])))


def _rest(
    rows: Rows, folded: Sequence[Mapping[int, str]], expected: Sequence[Mapping[int, ExpectedCell]], filled: Filled
) -> tuple[tuple[tuple[int, int, str], ...], dict[str, str]]:
    """Return the texts that are neither a value nor a label, and what the form shows besides the measure."""
    taken = set(filled.at.values())
    read = {(ref.field, as_label(text)) for ref, text in filled.values.items()}
    unplaced: list[tuple[int, int, str]] = []
    shown: dict[str, str] = {}
    for i, texts in enumerate(folded):
        for c, text in texts.items():
            if (i + 1, c + 1) in taken:
                continue
            cell = expected[i].get(c)
            if cell is not None and cell.path:
                shown.setdefault(cell.path, rows[i][c])
            known = cell is not None and (
                cell.prints(text) if cell.printed else cell.field is None or (cell.field.key, text) in read
            )
            if not known:
                unplaced.append((i + 1, c + 1, rows[i][c]))
    return tuple(unplaced), shown

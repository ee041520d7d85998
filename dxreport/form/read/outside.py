"""Find texts outside the fields, and printed labels that were changed: neither is merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from ...domain import problems
from ...domain.problems import Problem, listed, problem
from ...ooxml.cells import Grid
from ...ooxml.refs import address, column_letters, column_number
from ..align.labels import ExpectedCell, as_label, form_labels
from ..records import Form
from ..row_key import parse_row_key
from .sheet import SHAPES, Filled, KeyPlaces

_NAMED = 6  # a message names at most this many cells


def outside_fields(sheet: Grid, filled: Filled, added: Collection[int]) -> Iterator[Problem]:
    """Yield a warning for each row or column with text that the form does not have, and up to two for its own cells.

    Of these two, one covers all texts in blank cells, the other all changed labels. Rows in ``added`` (1-based) are
    left out, since they are merged.
    """
    rows, columns = ({at[i] for at in filled.at.values()} for i in (0, 1))
    for number in (n for n in (*filled.inserted, *filled.copied) if n not in added):
        line = enumerate(sheet.rows[number - 1], 1)
        texts = [text for c, text in line if text and (c in columns or not text.startswith("r"))]
        if texts:
            yield unkeyed_text(sheet, f"{number}行目", texts, f"{number}:{number}")
    for column in filled.inserted_columns:
        texts = [text for number in sorted(rows) if (text := sheet.rows[number - 1][column - 1])]
        if texts:
            letters = column_letters(column)
            yield unkeyed_text(sheet, f"{letters}列", texts, f"{letters}:{letters}")
    typed, changed = _in_cells(sheet, filled)
    if typed:
        cells = listed(list(typed), _NAMED)
        yield unkeyed_text(sheet, cells, typed.values(), cells)
    if changed:
        cells, value = listed(list(changed), _NAMED), "／".join(changed.values())
        params = {"cells": cells, "value": value}
        yield problem(problems.LABEL_CHANGED, params, sheet=sheet.name, cell=cells, value=value)


def unkeyed_text(sheet: Grid, where: str, texts: Iterable[str], cell: str) -> Problem:
    """Return the warning that ``texts`` are not merged."""
    text = "／".join(texts)
    return problem(problems.UNKEYED_TEXT, {"where": where, "value": text}, sheet=sheet.name, cell=cell, value=text)


def _in_cells(sheet: Grid, filled: Filled) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts in blank cells of the form, and those that replaced its labels, by address."""
    rows = sheet.rows
    typed: dict[str, str] = {}
    changed: dict[str, str] = {}
    for r, c, label, later in _known_cells(filled.form, filled.keys.places):
        if not (text := rows[r][c].strip()):
            continue
        if label is None:
            typed[address(r + 1, c + 1)] = text
        elif not later and not label.prints(as_label(text)):
            changed[address(r + 1, c + 1)] = text
    return typed, changed


@lru_cache(maxsize=SHAPES)
def _known_cells(form: Form, places: KeyPlaces) -> tuple[tuple[int, int, ExpectedCell | None, bool], ...]:
    """Return row and column, from 0, of each cell whose text is known, as :func:`_cells` does; True in later copies.

    Rows whose key occurred before are left out.
    """
    columns = {column_number(key[1:]): c for key, c in places[1]}
    first = {key: r for r, key in reversed(places[0])}
    return tuple(
        (r, columns[column], label, key.later)
        for r, text in places[0]
        if first[text] == r and (key := parse_row_key(text))
        for column, label in _cells(form).get(key.row, {}).items()
        if column in columns
    )


@lru_cache(maxsize=16)
def _cells(form: Form) -> Mapping[int, Mapping[int, ExpectedCell | None]]:
    """Return the cells of each template row whose text is known, by column: a label, or None for a blank one.

    Cells that are read, cells merged into those, and cells with unpredictable text are left out.
    """
    out: dict[int, dict[int, ExpectedCell | None]] = {}
    for number, cells in form_labels(form).rows.items():
        drawn = {cell.column: cell for cell in cells}
        known = [c for c in map(column_number, form.column_letters) if c not in drawn or drawn[c].printed]
        read = {x for c in form.bindings.get(number, ()) for x in (c.column, *form.merge_columns.get(c.at, ()))}
        out[number] = {column: drawn.get(column) for column in known if column not in read}
    return out

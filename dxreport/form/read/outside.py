"""Find texts in cells of the form that are no field, and printed labels that were changed: neither is merged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from ...domain import problems
from ...domain.problems import Problem, problem
from ...ooxml.cells import Grid
from ...ooxml.refs import address, column_number
from ..align.labels import ExpectedCell, fold, form_labels
from ..records import Form
from .sheet import columns_of, find_stamp

_NAMED = 6  # cells that a message names


def outside_fields(form: Form, sheet: Grid, copied: Sequence[int]) -> list[Problem]:
    """Return at most one problem of either kind for a sheet with keys; rows ``copied`` (1-based) are left out."""
    found = find_stamp(sheet.rows)
    if found is None:
        return []
    _, top, left = found
    columns = {column_number(key[1:]): c for key, c in columns_of(sheet.rows[top], left).items()}
    typed: dict[str, str] = {}
    changed: dict[str, str] = {}
    for r, line in enumerate(sheet.rows[top + 1 :], top + 1):
        key = line[left]
        if not key.startswith("r") or r + 1 in copied:
            continue
        number = key[1:].partition("/")[0].rstrip("+")
        cells = _cells(form).get(int(number), {}) if number.isdigit() else {}
        for column, label in cells.items():
            c = columns.get(column, left)
            text, at = line[c].strip() if c != left else "", address(r + 1, c + 1)
            if text and label is None:
                typed[at] = text
            elif text and label is not None and not label.prints(fold(text)) and not key.endswith("+"):
                changed[at] = text
    out = []
    if typed:
        value = "／".join(typed.values())
        params = {"where": f"ところ（{_named(typed)}）", "value": value}
        out.append(problem(problems.UNKEYED_TEXT, params, sheet=sheet.name, cell=_named(typed), value=value))
    if changed:
        value = "／".join(changed.values())
        params = {"cells": _named(changed), "value": value}
        out.append(problem(problems.LABEL_CHANGED, params, sheet=sheet.name, cell=_named(changed), value=value))
    return out


def _named(cells: Collection[str]) -> str:
    more = len(cells) - _NAMED
    return "、".join(list(cells)[:_NAMED]) + (f" ほか{more}か所" if more > 0 else "")


@lru_cache(maxsize=16)
def _cells(form: Form) -> Mapping[int, Mapping[int, ExpectedCell | None]]:
    """The cells of each template row whose text is known, by column: a label, or None for one that is blank.

    Cells that are read, those merged into them, and those with a text that is unpredictable are left out.
    """
    expected = form_labels(form).rows
    out: dict[int, dict[int, ExpectedCell | None]] = {}
    for number in form.rows:
        printed = {cell.column: cell for cell in expected[number]}
        read = {x for c in form.bindings.get(number, ()) for x in (c.column, *form.merge_columns.get(c.at, ()))}
        out[number] = {
            column_number(letters): printed.get(column_number(letters))
            for letters in form.column_letters
            if column_number(letters) not in read
        }
        out[number] = {c: cell for c, cell in out[number].items() if cell is None or cell.printed}
    return out

"""Read a worksheet of the master as the texts of its cells, with dates in ISO form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from ..domain.model import normalise
from .cells import At, Cell
from .dates import serial_date
from .worksheets import Worksheets


@dataclass(slots=True)
class SheetTexts:
    """The normalised texts of a sheet by row and column (from 1).

    ``kinds`` holds the kind of each cell that is not plain text: ``number``, ``date``, ``boolean``, ``error``,
    ``unclear`` or ``formula`` (without a stored result). ``numbers`` are the numbers as stored.
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    kinds: dict[At, str] = field(default_factory=dict)
    numbers: dict[At, str] = field(default_factory=dict)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell; ``""`` if it is blank."""
        return self.rows.get(row, {}).get(column, "")


def sheet_texts(worksheets: Worksheets, part: str) -> SheetTexts:
    """Return the texts of the worksheet in this part. Raise PackageError if it is damaged."""

    def show(cell: Cell) -> tuple[str, str, str]:
        text, kind = (cell.text, "") if cell.kind == "text" else _text(cell, worksheets.date1904)
        return normalise(text), kind, cell.raw

    out, current = SheetTexts(), 0
    for row, column, shown in worksheets.shown(part, show):
        if shown is None:
            continue
        if row != current:
            current, texts = row, out.rows.setdefault(row, {})
        text, kind, raw = shown
        if kind:
            out.kinds[row, column] = kind
            if kind == "number":
                out.numbers[row, column] = raw
        if text:
            texts[column] = text
    return out


def _text(cell: Cell, date1904: bool) -> tuple[str, str]:
    if cell.kind == "blank":
        return "", "formula"
    if cell.kind != "date":
        return cell.text, cell.kind
    try:
        value = Decimal(cell.raw)
    except InvalidOperation:  # a date in ISO form
        return cell.raw.replace("T00:00:00", "").replace("T", " "), "date"
    day = serial_date(int(value), date1904)
    if day is None:
        return cell.text, "number"
    if value == int(value):
        return day.isoformat(), "date"
    seconds = min(round(float(value % 1) * 86400), 86399)
    return f"{datetime.combine(day, time()) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}", "date"

"""The cells of a worksheet as texts, exactly: what stands in each, as its author sees it.

A sheet that holds nothing but texts is read by python-calamine, four times as fast. Any other is
read from its own XML, cell by cell, so that an error value, a formula without a stored result and a
blank are told apart, a number keeps the look of its format, and one stray value far below does not
ask for the memory of a million rows.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from python_calamine import CalamineError, CalamineWorkbook

from .dates import serial_date
from .display import is_date_format, show_number
from .formats import BUILT_IN
from .package import MAIN_NS, Package
from .refs import column_number
from .text import string_item, unescape

_N = f"{{{MAIN_NS}}}"
_ROW, _C, _F, _V, _IS = (_N + tag for tag in ("row", "c", "f", "v", "is"))
_DIGITS = "0123456789"
_NO_PLAIN_TEXT = (b"<f>", b"<f ", b"<f/", b' t="e"', b' t="b"', b' t="d"', b":sheetData")  # the last: prefixed names
_FAR_COLUMN = re.compile(rb' r="(?:[B-Z][A-Z]|[A-Z]{3})\d')
_MAX_PLAIN_ROW = 100_000


@dataclass(slots=True)
class Grid:
    """The texts of a sheet by row and column (from 1); ``kinds`` marks the cells that hold no plain text.

    A kind is ``number``, ``date``, ``boolean``, ``error`` or ``formula`` (one without a stored result).
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)

    def text(self, row: int, column: int) -> str:
        """The text of a cell; ``""`` where nothing stands."""
        return self.rows.get(row, {}).get(column, "")


class CellReader:
    """Reads the worksheets of one package; shared strings and formats are looked up once."""

    def __init__(self, package: Package, workbook: str) -> None:
        self._package = package
        self._fast: CalamineWorkbook | None = None
        parts = {r.kind: r.target for r in package.relationships(workbook)}
        self._styles_part = parts.get("styles", "")
        shared = parts.get("sharedStrings", "")
        self._shared_part = shared if shared in package else ""
        self._shared: list[str] | None = None
        properties = package.xml(workbook).find(_N + "workbookPr")
        self._epoch_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._formats: list[tuple[int, str]] | None = None

    def read(self, part: str, name: str) -> Grid:
        """All cells that hold anything in the worksheet called ``name``, whose part is ``part``."""
        return self._texts_only(part, name) or self.read_exactly(part)

    def _texts_only(self, part: str, name: str) -> Grid | None:
        raw = self._package.read(part)
        last = re.match(rb'<row\b[^>]*? r="(\d+)"', raw[max(0, raw.rfind(b"<row ")) :])  # not <rowBreaks>
        if (
            any(mark in raw for mark in _NO_PLAIN_TEXT)
            or _FAR_COLUMN.search(raw)
            or (last and int(last[1]) > _MAX_PLAIN_ROW)
        ):
            return None
        try:
            if self._fast is None:
                self._fast = CalamineWorkbook.from_filelike(io.BytesIO(self._package.data))
            lines = self._fast.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except CalamineError:
            return None
        grid = Grid()
        for number, line in enumerate(lines, 1):
            texts = {column: text for column, text in enumerate(line, 1) if text != ""}
            if any(type(text) is not str for text in texts.values()):
                return None
            if texts:
                grid.rows[number] = texts
        return grid

    @property
    def _strings(self) -> list[str]:
        if self._shared is None:
            self._shared = [string_item(si) for si in self._package.xml(self._shared_part)] if self._shared_part else []
        return self._shared

    def read_exactly(self, part: str) -> Grid:
        """The same from the XML of the sheet, whatever its cells hold."""
        grid = Grid()
        number = 0
        for row in self._package.xml(part).find(_N + "sheetData").iterfind(_ROW):
            number = int(row.get("r", number + 1))
            texts: dict[int, str] = {}
            column = 0
            for c in row.iterfind(_C):
                ref = c.get("r")
                column = column_number(ref.rstrip(_DIGITS)) if ref else column + 1
                if not len(c):
                    continue
                text, kind = self._cell(c)
                if kind:
                    grid.kinds[number, column] = kind
                if text:
                    texts[column] = text
            if texts:
                grid.rows[number] = texts
        return grid

    def _cell(self, c) -> tuple[str, str]:
        kind = c.get("t", "n")
        if kind == "inlineStr":
            item = c.find(_IS)
            return (string_item(item) if item is not None else ""), ""
        v = c.findtext(_V) or ""
        if kind == "s":
            return (self._strings[int(v)] if v.isdigit() and int(v) < len(self._strings) else ""), ""
        if kind == "e":
            return v, "error"
        if not v:
            return "", "formula" if c.find(_F) is not None and kind != "str" else ""
        if kind == "str":
            return unescape(v), ""
        if kind == "b":
            return ("TRUE" if v == "1" else "FALSE"), "boolean"
        if kind == "d":
            return v.replace("T00:00:00", "").replace("T", " "), "date"
        return self._number(v, int(c.get("s", "0")))

    def _number(self, raw: str, style: int) -> tuple[str, str]:
        id_, code = self._format(style)
        try:
            value = Decimal(raw)
        except InvalidOperation:
            return raw, ""
        if not value.is_finite():
            return raw, "number"
        code = code or BUILT_IN.get(id_, "")
        if is_date_format(code) and (day := serial_date(int(value), self._epoch_1904)) is not None:
            return self._moment(day, value), "date"
        return show_number(float(value), code, self._epoch_1904).text, "number"

    @staticmethod
    def _moment(day: date, value: Decimal) -> str:
        if value == int(value):
            return day.isoformat()
        seconds = min(round(float(value % 1) * 86400), 86399)
        return f"{datetime.combine(day, time()) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"

    def _format(self, style: int) -> tuple[int, str]:
        if self._formats is None:
            self._formats = []
            if self._styles_part in self._package:
                root = self._package.xml(self._styles_part)
                codes = {
                    int(f.get("numFmtId")): f.get("formatCode", "") for f in root.iterfind(f"{_N}numFmts/{_N}numFmt")
                }
                ids = [int(xf.get("numFmtId", "0")) for xf in root.iterfind(f"{_N}cellXfs/{_N}xf")]
                self._formats = [(id_, codes.get(id_, "")) for id_ in ids]
        return self._formats[style] if style < len(self._formats) else (0, "")

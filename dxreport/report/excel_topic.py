"""One topic of the report: the table of a sheet of the workbook, and what a chart draws of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from .activity_records import Category, MeasureLine

SHARE = "達成率"  # the header of columns of percentages, which are shown as bars too
_MOST_BARS = 40  # of a chart that can still be read
LONG = 120  # characters; a longer 対応策 makes its column wider
HEAD_ROW = 3  # of tables, counted from 0, as in XlsxWriter
_ID, _ID_WIDTH = "施策ID", 8
MEASURE_COLUMNS = {_ID: _ID_WIDTH, "施策名": 26, "主管部署": 15}  # width of a column in digits, by header
Value = str | int | Decimal | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """What a chart draws of a table: a stacked bar for each row, of the columns with counts of these categories.

    ``names`` are the headers of the adjacent columns that name the rows.
    """

    names: Sequence[str]
    columns: Sequence[str]
    categories: Sequence[Category]
    kind: str = "bar"
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A sheet with a table; ``columns`` are widths in digits by header, in the order of the values of each row.

    In the column ``marked``, the words ``stressed`` and ``pending`` are emphasised. The columns ``shares`` hold
    percentages; other numbers have ``decimals``, if given. ``table`` is the table's name (default: that of the sheet).
    ``bars`` are drawn beside the table or on the overview, if the chart can be read.
    """

    sheet: str
    title: str
    columns: Mapping[str, float]
    rows: Sequence[Row]
    marked: str = ""
    stressed: Set[str] = frozenset()
    pending: Set[str] = frozenset()
    note: str = ""
    table: str = ""
    decimals: int | None = None
    shares: Set[str] = frozenset({SHARE})
    bars: Bars | None = None
    drawn_beside: bool = False

    @property
    def is_drawn(self) -> bool:
        """True if a chart of its bars can be read; where it cannot, shares are shown as bars in their cells."""
        return self.bars is not None and len(self.rows) <= _MOST_BARS

    @property
    def numeric(self) -> tuple[bool, ...]:
        """For each column, True if it holds a number."""
        return tuple(any(isinstance(row[n], int | Decimal) for row in self.rows) for n in range(len(self.columns)))

    def with_whole_ids(self) -> Topic:
        """Return the topic with a column 施策ID that is as wide as the longest of them."""
        if _ID not in self.columns:
            return self
        at = list(self.columns).index(_ID)
        return replace(self, columns={**self.columns, _ID: id_width(str(row[at]) for row in self.rows)})

    def without_blanks(self) -> Topic:
        """Return the topic without the columns that are blank in every row."""
        kept = [n for n in range(len(self.columns)) if any(row[n] not in (None, "") for row in self.rows)]
        columns = [item for n, item in enumerate(self.columns.items()) if n in kept]
        return replace(self, columns=dict(columns), rows=[tuple(row[n] for n in kept) for row in self.rows])


def id_width(ids: Iterable[str]) -> float:
    """Return the width in digits of a column in which none of these 施策ID, some with a ※, is broken."""
    return max([_ID_WIDTH, *(1.0 + len(id_) + id_.count("※") for id_ in ids)])


def name_of(line: MeasureLine) -> tuple[str, str, str]:
    """Return what the columns MEASURE_COLUMNS show."""
    return line.measure.id, line.measure.name, line.measure.department

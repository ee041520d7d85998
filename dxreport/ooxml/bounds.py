"""Limits on workbooks from outside, in any format: contents are counted while they are read, before memory is spent.

A sheet of a form has about 200 rows, 60 columns, 3,000 cells with content and 30 kB of XML. A workbook at the limits
takes about 10 seconds and 1 GB to read.
"""

from __future__ import annotations

from ..domain.errors import PackageTooLarge

MAX_TEXT_PART = 64 * 1024 * 1024  # bytes of one part unzipped
MAX_MARKUP, MAX_MARKUP_OF_ALL = 2_500_000, 8_000_000  # tags + 2 × attributes of XML parts; each takes up to 300 bytes
MAX_PARTS = 10_000  # files in a package
MAX_RELATIONSHIPS = 20_000  # of one part
_LIMITS = {
    "シートの数": 1_000,
    "シートの大きさの合計（バイト）": 128 * 1024 * 1024,
    "記入されたセルの数": 500_000,
    "シートの広さの合計（行 × 列）": 6_000_000,
    "結合セルの数": 50_000,
    "文字の数": 50_000_000,
    "レコードの数": 3_000_000,
}
SHEETS, BYTES, CELLS, AREA, MERGES, CHARACTERS, RECORDS = _LIMITS


class Bounds:
    """Counts of what has been read of one workbook."""

    def __init__(self) -> None:
        self._used = dict.fromkeys(_LIMITS, 0)

    def take(self, what: str, count: int) -> None:
        """Add ``count`` to what was read. Raise PackageTooLarge beyond the limit."""
        self._used[what] += count
        if self._used[what] > _LIMITS[what]:
            raise PackageTooLarge(f"{what}が上限（{_LIMITS[what]:,}）を超えています")

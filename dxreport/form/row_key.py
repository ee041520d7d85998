"""The keys of rows, in the hidden column A: what a row was rendered from, and for which measure and items.

``r20/K1`` is template row 20 for item K1, ``r20/K1/3`` a row of a block within, for the third period. Where two lists
run side by side the ids are ``K1,S2``, with ``-`` for a list that has no item left. On a list of measures, the ID of
the measure comes first: ``r20/01-01/K1``. A ``+`` at the end marks the further rows of cells that span a block.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NO_ITEM = "-"
_KEY = re.compile(r"r([0-9]{1,7})(?:/(.*?))?(\+?)", re.DOTALL)


class RowKey(NamedTuple):
    """A key: the template row, the ids of each block around it, from the outermost, and whether it ends in ``+``."""

    row: int
    blocks: tuple[str, ...] = ()
    later: bool = False

    def __str__(self) -> str:
        return "/".join((f"r{self.row}", *self.blocks)) + "+" * self.later

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the innermost block; () outside of blocks."""
        return tuple(self.blocks[-1].split(",")) if self.blocks else ()

    def ids(self, *, of_measure: bool) -> list[str]:
        """Return all ids, from index 1; ``of_measure``: the first is that of a measure, and may contain a comma."""
        measure, lists = self.blocks[:of_measure], self.blocks[of_measure:]
        return ["", *measure, *(id_ for block in lists for id_ in block.split(","))]


@lru_cache(maxsize=1 << 12)  # sheets of a form have the same few hundred keys
def parse_row_key(text: str) -> RowKey | None:
    """Invert ``str(key)``; return None for anything else, such as the key of a column."""
    found = _KEY.fullmatch(text)
    return RowKey(int(found[1]), tuple(found[2].split("/")) if found[2] else (), bool(found[3])) if found else None


def template_row(text: str) -> int:
    """Return the template row that a key names, 0 if it is not the key of a row."""
    key = parse_row_key(text)
    return key.row if key else 0

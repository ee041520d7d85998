"""Check that the keys of a sheet were issued, and that its texts support their order.

People insert and sort rows, and the keys move with them. A key that is out of the issued order is confirmed by the
texts of its row or column, or by the neighbour that moved with it. Keys that moved without their texts are not
confirmed: the answers would go to the wrong item. Items that were issued blank, each on a row of its own, may be in any
order: their answers cannot go wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..row_key import RowKey, parse_row_key, template_row
from .sheet import Keyed, Rows, find_keys, first_places


@dataclass(frozen=True, slots=True)
class Attested:
    """The keys of a sheet that cannot be trusted, counted from 0.

    ``strange`` are the places of keys that were not issued; ``rows`` and ``columns`` have keys that are out of order
    and that no text confirms.
    """

    strange: tuple[tuple[int, int], ...] = ()
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()


UNATTESTED = Attested()


def written_keys(rows: Rows) -> list[str]:
    """Return the stamp of a sheet and its keys in order: those of columns, then those of rows; [] without a stamp.

    If they are as issued, :func:`attest` has nothing to find.
    """
    found = find_keys(rows)
    return [rows[found.top][found.left], *found.across.values(), *found.down.values()] if found else []


def attest(rows: Rows, issued: Rows, is_new: Callable[[RowKey], bool]) -> Attested:
    """Compare the keys of a sheet with those of the sheet as issued; ``is_new`` is True for keys of new items."""
    here, sent = find_keys(rows), find_keys(issued)
    if here is None or sent is None:
        return UNATTESTED
    down = _Lines(rows, here.down, here.across), _Lines(issued, sent.down, sent.across)
    across = _Lines(_turned(rows), here.across, here.down), _Lines(_turned(issued), sent.across, sent.down)
    strange = [(r, here.left) for r, key in here.down.items() if key not in down[1].at]
    strange += [(here.top, c) for c, key in here.across.items() if key not in across[1].at]
    return Attested(
        tuple(strange), () if _sorted(*down, is_new) else tuple(_doubtful(*down)), tuple(_doubtful(*across))
    )


def _turned(rows: Rows) -> Rows:
    """Return the columns of a sheet as rows."""
    return list(zip(*rows, strict=True))


class _Lines:
    """The keyed rows of a sheet, or its keyed columns as rows; ``at`` holds the place of each by its key, in order."""

    def __init__(self, rows: Rows, keys: Keyed, cross: Keyed) -> None:
        self.at = first_places(keys)
        self._rows, self._cross = rows, cross

    def texts(self, key: str) -> dict[str, str]:
        """Return the texts of a line by the keys of the lines that cross it."""
        line = self._rows[self.at[key]]
        return {cross: line[n] for n, cross in reversed(self._cross.items())}


def _sorted(here: _Lines, sent: _Lines, is_new: Callable[[RowKey], bool]) -> bool:
    """Return True if only rows of new items changed places, each within its list and the only row of its item."""
    order, known = [key for key in sent.at if key in here.at], [key for key in here.at if key in sent.at]
    rows = Counter(key.blocks for key in map(parse_row_key, sent.at) if key)
    moved = [(parse_row_key(key), parse_row_key(then)) for key, then in zip(known, order, strict=True) if key != then]
    return all(
        key
        and then
        and is_new(key)
        and rows[key.blocks] == 1
        and (key.row, key.blocks[:-1]) == (then.row, then.blocks[:-1])
        for key, then in moved
    )


def _doubtful(here: _Lines, sent: _Lines) -> Iterator[int]:
    """Yield the places of keys that follow a different key than when they were issued, and that no text confirms.

    A row can only be mistaken for another copy of its template row, a column for any other column. A line without a
    distinctive text is in doubt only if something was written in it.
    """
    order = [key for key in sent.at if key in here.at]
    known = [key for key in here.at if key in sent.at]
    before, last = dict(zip(order, ["", *order], strict=False)), ""
    for key in known if known != order else ():
        if before[key] != last:
            others = [sent.texts(other) for other in order if other != key and template_row(other) == template_row(key)]
            now, then = here.texts(key), sent.texts(key)
            own = {c: text for c, text in then.items() if text and all(other.get(c) != text for other in others)}
            filled = any(text and text != then.get(c) for c, text in now.items())
            if (own or filled) and not any(now.get(c) == text for c, text in own.items()):
                yield here.at[key]
        last = key

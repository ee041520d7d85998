"""Check that the keys of a sheet were issued, and that its texts support their order.

People insert and sort rows, and the keys move with them. A key that is out of the issued order is confirmed by the
texts of its row or column, or by the neighbour that moved with it. Keys that changed places alone are not: their
answers would go to the wrong item. Items that were issued blank, each on a row of its own, may be in any order: no
answer can belong to a wrong one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from .sheet import Rows, find_stamp, template_row

Place = tuple[int, int]  # row and column from 0


@dataclass(frozen=True, slots=True)
class Attested:
    """The keys of a sheet that cannot be trusted, counted from 0.

    ``strange`` are the places of keys that were not issued; ``rows`` and ``columns`` have keys that are out of order
    and that no text confirms.
    """

    strange: tuple[Place, ...] = ()
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()


UNATTESTED = Attested()


def written_keys(rows: Rows) -> list[str]:
    """Return the stamp of a sheet and its keys in order: those of columns, then those of rows; [] without a stamp.

    If they are as issued, :func:`attest` has nothing to find.
    """
    found = find_stamp(rows)
    if found is None:
        return []
    _, top, left = found
    down, across = _keys(rows, top, left)
    return [rows[top][left], *(key for _, key in (*across, *down))]


def attest(rows: Rows, issued: Rows, is_new: Callable[[str], bool]) -> Attested:
    """Compare the keys of a sheet with those of the sheet as issued; ``is_new`` is True for keys of new items."""
    here, sent = find_stamp(rows), find_stamp(issued)
    if here is None or sent is None:
        return UNATTESTED
    (down, across), (sent_down, sent_across) = _keys(rows, *here[1:]), _keys(issued, *sent[1:])
    strange = [(r, here[2]) for r, key in down if key not in sent_down.keys]
    strange += [(here[1], c) for c, key in across if key not in sent_across.keys]
    lines = _Lines(rows, down, across), _Lines(issued, sent_down, sent_across)
    return Attested(
        tuple(strange),
        () if _sorted(*lines, is_new) else tuple(_doubtful(*lines, template_row)),
        tuple(_doubtful(_Lines(rows, across, down), _Lines(issued, sent_across, sent_down), lambda key: 0)),
    )


class _Keyed(list[tuple[int, str]]):
    """The keys of rows or of columns, as (place, key)."""

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key for _, key in self)


def _keys(rows: Rows, top: int, left: int) -> tuple[_Keyed, _Keyed]:
    down = _Keyed((r, row[left]) for r, row in enumerate(rows) if r > top and row[left][:1] == "r")
    across = _Keyed((c, key) for c, key in enumerate(rows[top]) if c > left and key[:1] == "c" and key[1:].isalpha())
    return down, across


class _Lines:
    """The keyed rows, or the keyed columns, of a sheet; ``at`` holds the place of each by its key, in order.

    Of two equal keys the first counts.
    """

    def __init__(self, rows: Rows, keys: _Keyed, cross: _Keyed) -> None:
        self.at: dict[str, int] = {}
        for at, key in keys:
            self.at.setdefault(key, at)
        self._rows, self._cross, self._across = rows, cross, bool(cross) and cross[0][1][:1] == "c"

    def texts(self, key: str) -> dict[str, str]:
        """Return the texts of a row by column key, or those of a column by row key."""
        at, rows = self.at[key], self._rows
        return {cross: rows[at][n] if self._across else rows[n][at] for n, cross in reversed(self._cross)}


def _sorted(here: _Lines, sent: _Lines, is_new: Callable[[str], bool]) -> bool:
    """Return True if only rows of new items changed places, each within its list and the only row of its item."""
    order, known = [key for key in sent.at if key in here.at], [key for key in here.at if key in sent.at]
    moved = [(key, then) for key, then in zip(known, order, strict=True) if key != then]
    rows = Counter(key.partition("/")[2] for key in sent.at)
    return all(
        is_new(key) and rows[key.partition("/")[2]] == 1 and key.rpartition("/")[0] == then.rpartition("/")[0]
        for key, then in moved
    )


def _doubtful(here: _Lines, sent: _Lines, kind: Callable[[str], int]) -> Iterator[int]:
    """Yield the places of keys that follow a different key than when they were issued, and that no text confirms.

    Lines are only mistaken for others of the same ``kind``. A line without a distinctive text is not in doubt unless
    something was written in it.
    """
    order = [key for key in sent.at if key in here.at]
    known = [key for key in here.at if key in sent.at]
    before, last = dict(zip(order, ["", *order], strict=False)), ""
    for key in known if known != order else ():
        if before[key] != last:
            others = [sent.texts(other) for other in order if other != key and kind(other) == kind(key)]
            now, then = here.texts(key), sent.texts(key)
            own = {c: text for c, text in then.items() if text and all(other.get(c) != text for other in others)}
            filled = any(text and text != then.get(c) for c, text in now.items())
            if (own or filled) and not any(now.get(c) == text for c, text in own.items()):
                yield here.at[key]
        last = key

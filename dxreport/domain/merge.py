"""The three-way merge, a cell at a time: as issued, as returned, as the master stands now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .model import Ref

# What says which thing an item is: two that differ in it are two things.
_NAMES = {"activity.name", "outcome.indicator", "support.content", "related.id"}


@dataclass(frozen=True, slots=True)
class CellChange:
    """A text that the master takes from a return."""

    ref: Ref
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CellConflict:
    """A text that both sides changed since the issue, differently: nobody merges it."""

    ref: Ref
    issued: str
    returned: str
    current: str


@dataclass(frozen=True, slots=True)
class Merge:
    """What one returned sheet does to the master."""

    changes: tuple[CellChange, ...] = ()
    conflicts: tuple[CellConflict, ...] = ()


def three_way(
    issued: Mapping[Ref, str],
    returned: Mapping[Ref, str],
    current: Mapping[Ref, str],
    *,
    answered: Callable[[Ref], bool],
    replace: bool = False,
) -> Merge:
    """Merge ``returned`` into ``current``; a Ref absent from a side is blank there.

    Only Refs in ``returned`` are looked at: what a sheet does not show is not touched.
    ``answered`` says whether the master's text came from an earlier return of the same issue; a
    later return may change it again. A cell left as issued leaves the master alone, unless
    ``replace`` makes the return count whole: then it takes such an earlier answer back.
    """
    changes, conflicts = [], []
    for ref, new in returned.items():
        base, now = issued.get(ref, ""), current.get(ref, "")
        if new == now:
            continue
        if new == base:
            if replace and answered(ref):
                changes.append(CellChange(ref, now, new))
        elif now == base or answered(ref):
            changes.append(CellChange(ref, now, new))
        else:
            conflicts.append(CellConflict(ref, base, new, now))
    return Merge(tuple(changes), tuple(conflicts))


def contested(
    merge: Merge,
    issued: Mapping[Ref, str],
    current: Mapping[Ref, str],
    *,
    answered: Callable[[Ref], bool],
    fresh: bool = False,
) -> Merge:
    """The same with every change a conflict whose list item is not the one that was issued.

    Such an item was deleted from the master since, or the master and the return each made one of their own
    under the same id: its cells would mix two things, or bring back half of one. So would those of two returns
    that made one each, under two names, where the second is written on a ``fresh`` copy; else it corrects the first.
    """
    sent = {ref.item for ref in issued if ref.item and _says(issued, ref)}
    here = {ref.item for ref in current if ref.item and _says(current, ref)}
    made = {ref.item for ref in current if ref.item in here - sent and _says(current, ref) and not answered(ref)}
    named = {c.ref.item for c in merge.changes if fresh and c.ref.field in _NAMES and c.old and c.new}
    foreign = (sent - here) | made | (named - sent)
    kept = tuple(c for c in merge.changes if c.ref.item not in foreign)
    moved = tuple(
        CellConflict(c.ref, issued.get(c.ref, ""), c.new, c.old) for c in merge.changes if c.ref.item in foreign
    )
    return Merge(kept, merge.conflicts + moved)


def _says(texts: Mapping[Ref, str], ref: Ref) -> bool:
    """Whether a text was written: the printed label of a 作業予定 was not."""
    return bool(texts[ref]) and ref.field != "activity.plan_label"

"""The three-way merge, cell by cell: as issued, as returned, as in the master now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .fields import NAMED_BY, Ref


@dataclass(frozen=True, slots=True)
class CellChange:
    """A text that the master takes from a return."""

    ref: Ref
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CellConflict:
    """A text that both sides changed differently since the issue; the coordinator decides."""

    ref: Ref
    issued: str
    returned: str
    current: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The effect of one returned sheet on the master."""

    changes: tuple[CellChange, ...] = ()
    conflicts: tuple[CellConflict, ...] = ()


def three_way(
    issued: Mapping[Ref, str],
    returned: Mapping[Ref, str],
    current: Mapping[Ref, str],
    *,
    answered: Callable[[Ref], bool],
    replace: bool = False,
    fresh: bool = False,
) -> Merge:
    """Merge ``returned`` into ``current``; a Ref missing on one side is blank there.

    Cells that are not in ``returned`` stay as they are. ``answered`` tells whether the master's text came from an
    earlier return of the same issue, which a later one may change. A cell left as issued changes nothing, unless
    ``replace`` is set: then it revokes such an answer.

    Changes to an item become conflicts if the item in the master is not the one that was issued: merging them would mix
    two items, or restore half of a deleted one. There are three such cases: the master has deleted the item; master and
    return each added an item under the same id; or two returns each added one under different names, the second on a
    ``fresh`` copy (otherwise it corrects the first).
    """
    changes: list[CellChange] = []
    conflicts: list[CellConflict] = []
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
    foreign: set[str] = set()
    if any(c.ref.item for c in changes):
        sent, here = _written(issued), _written(current)
        added = {ref.item for ref in here} - {ref.item for ref in sent}
        deleted = {ref.item for ref in sent} - {ref.item for ref in here}
        by_master = {ref.item for ref in here if ref.item in added and not answered(ref)}
        renamed = {c.ref.item for c in changes if fresh and c.ref.field in NAMED_BY.values() and c.old and c.new}
        foreign = deleted | by_master | (renamed & added)
    conflicts += (CellConflict(c.ref, issued.get(c.ref, ""), c.new, c.old) for c in changes if c.ref.item in foreign)
    return Merge(tuple(c for c in changes if c.ref.item not in foreign), tuple(conflicts))


def _written(texts: Mapping[Ref, str]) -> set[Ref]:
    """Return the Refs of list items with a text; printed labels do not count."""
    return {ref for ref, text in texts.items() if ref.item and text and ref.field != "activity.plan_label"}

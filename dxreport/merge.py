"""The three-way merge, a cell at a time: as issued, as returned, as the master stands now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .model import Ref


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

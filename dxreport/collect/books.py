"""The master's 受付簿 and 競合 as a plan leaves them: what is entered anew, and which rows are written over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..domain.fields import LIST_NAMES, label
from ..domain.merge import CellConflict
from ..domain.model import Ref, Settings
from ..master.records import Conflict, ConflictState, Receipt, next_id

ADDITION = "追加: "  # begins the label of a conflict that offers an item
_CELL = 16_000  # characters, each two UTF-16 units at most


class Receipts:
    """受付簿: the receipts in their order, those that are new, and those to be written over."""

    def __init__(self, receipts: Iterable[Receipt]) -> None:
        self._all = list(receipts)
        self.added: list[Receipt] = []
        self.updated: dict[tuple[str, str, str], Receipt] = {}

    def __iter__(self) -> Iterator[Receipt]:
        """The receipts as they stand now, whatever becomes of them meanwhile."""
        return iter(tuple(self._all))

    def enter(self, receipt: Receipt) -> None:
        """Add a receipt, unless there is one of this return, measure and issue."""
        if all(_key(r) != _key(receipt) for r in self._all):
            self._all.append(receipt)
            self.added.append(receipt)

    def rewrite(self, old: Receipt, new: Receipt) -> None:
        """Write a receipt anew, whether it is in the master or was entered by this very plan."""
        if new == old:
            return
        self._all[self._all.index(old)] = new
        if old in self.added:
            self.added[self.added.index(old)] = new
        else:
            self.updated[_key(new)] = new

    def issues_of(self, conflict: Conflict) -> set[str]:
        """The issues whose sheets a conflict may be about."""
        return {r.issue_id for r in self._all if (r.id, r.measure) == (conflict.return_id, conflict.measure)}


class Conflicts:
    """競合: all conflicts by their number, those that are new, and those to be written over."""

    def __init__(self, conflicts: Iterable[Conflict], receipts: Receipts, settings: Settings, when: str) -> None:
        self._all = {c.id: c for c in conflicts}
        self._receipts, self._settings, self._when = receipts, settings, when
        self.added: dict[str, Conflict] = {}
        self.updated: dict[str, Conflict] = {}

    def note(self, measure: str, conflict: CellConflict, name: str, return_id: str, issue: str) -> None:
        """Note a conflict; an open one of the same cell and issue is superseded, unless it is the same."""
        for old in self._open():
            if (old.measure, old.ref) != (measure, conflict.ref):
                continue
            if (old.returned, old.current) == (conflict.returned, conflict.current):
                return
            if issue in self._receipts.issues_of(old):
                self._close(old, return_id)
        self._add(Conflict(
            next_id("C", self._all), return_id, measure, conflict.ref, name, conflict.issued, conflict.returned,
            conflict.current, when=self._when,
        ))  # fmt: skip

    def settle(
        self, measure: str, issue: str, offered: Mapping[Ref, str], current: Mapping[Ref, str], return_id: str
    ) -> None:
        """Close open conflicts of the same issue that a return no longer has: it says what the master says."""
        for old in self._open():
            same = old.measure == measure and old.ref in offered and offered[old.ref] == current.get(old.ref, "")
            if same and issue in self._receipts.issues_of(old):
                self._close(old, return_id)

    def offer(self, measure: str, item: Mapping[Ref, str], return_id: str) -> None:
        """Note an item that a department added itself: the coordinator decides whether the master takes it."""
        told = addition(item, self._settings)
        offered = (c for c in self._all.values() if c.state is not ConflictState.WITHDRAWN)
        if any((c.measure, c.returned) == (measure, told) for c in offered):
            return
        first = next(iter(item))
        name = f"{ADDITION}{LIST_NAMES[first.field.partition('.')[0]]}"
        self._add(Conflict(next_id("C", self._all), return_id, measure, first, name, "", told, "", when=self._when))

    def decided(self, measure: str, issue: str, ref: Ref, returned: str, current: str) -> bool:
        """Whether the coordinator decided a conflict of these very texts before."""
        return any(
            c.state is ConflictState.RESOLVED
            and (c.measure, c.ref, c.returned, c.decision) == (measure, ref, returned, current)
            and issue in self._receipts.issues_of(c)
            for c in self._all.values()
        )

    def _open(self) -> list[Conflict]:
        return [c for c in self._all.values() if c.state is ConflictState.OPEN]

    def _add(self, conflict: Conflict) -> None:
        self._all[conflict.id] = self.added[conflict.id] = conflict

    def _close(self, old: Conflict, return_id: str) -> None:
        gone = replace(old, state=ConflictState.WITHDRAWN, reason=f"返送 {return_id} に置き換え", when=self._when)
        self._all[gone.id] = gone
        (self.added if gone.id in self.added else self.updated)[gone.id] = gone


def addition(item: Mapping[Ref, str], settings: Settings) -> str:
    """An added item as the coordinator reads it: each text under its label, as far as a cell holds it."""
    return "\n".join(f"{label(ref, settings)}: {text}" for ref, text in item.items() if text)[:_CELL]


def _key(receipt: Receipt) -> tuple[str, str, str]:
    return receipt.id, receipt.measure, receipt.issue_id

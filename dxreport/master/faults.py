"""Faults of a master, collected and reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..domain.errors import MasterError
from ..domain.spelling import did_you_mean
from .records import Place


class Fault(NamedTuple):
    """A fault in the master: where it is (a cell, a sheet or ``""``), what is wrong and, if known, how to fix it."""

    place: Place | str
    message: str

    def __str__(self) -> str:
        where = str(self.place) if isinstance(self.place, Place) else f"「{self.place}」シート" if self.place else ""
        return f"{where}: {self.message}" if where else self.message


class DamagedMaster(MasterError):
    """The master can be opened, but its contents are faulty; ``faults`` lists every fault with its place."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"{name} に誤りが {len(faults)} 件あります。\n{lines}",
            f"{name} を Excel で直して保存してから、もう一度実行してください。",
        )
        self.faults = faults


class Faults(list[Fault]):
    """The faults found so far."""

    def add(self, place: Place | str, message: str) -> None:
        """Append a fault."""
        self.append(Fault(place, message))


def suggestion(word: str, words: Iterable[str]) -> str:
    """Return :func:`did_you_mean` for a name typed into the master, for which a rough likeness is enough."""
    return did_you_mean(word, words, ratio=0.5)

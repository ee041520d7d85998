"""What is wrong with a master, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ..domain.errors import MasterError
from .records import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where (a cell, or a sheet's name), what is wrong, and what would be right if that is known."""

    place: Place | str
    message: str

    def __str__(self) -> str:
        where = str(self.place) if isinstance(self.place, Place) else f"「{self.place}」シート" if self.place else ""
        return f"{where}: {self.message}" if where else self.message


class DamagedMaster(MasterError):
    """The master can be opened but contradicts itself; ``faults`` names every fault with sheet and cell."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"{name} に誤りが {len(faults)} 件あります。\n{lines}",
            f"{name} を Excel で直して保存してから、もう一度実行してください。",
        )
        self.faults = faults


class Faults(list[Fault]):
    """Faults as they are found."""

    def add(self, place: Place | str, message: str) -> None:
        """Note one."""
        self.append(Fault(place, message))


def suggestion(word: str, words: Iterable[str]) -> str:
    """``「…」の誤りではありませんか。`` for the nearest of ``words``, or ``""``."""
    near = get_close_matches(word, list(words), 1, 0.5)
    return f"「{near[0]}」の誤りではありませんか。" if near else ""

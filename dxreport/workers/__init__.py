"""Workers: the same work on many files or sheets, in this process, on all cores or on a cluster.

Whoever does it, results come in the order of the items, and those of one item depend on that item and the task alone;
so the same input gives the same bytes. A task is a function that can be pickled; what it needs beside the item, it
carries. Items are bytes and records, results are records.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

WORTHWHILE = 60  # items; starting processes costs as much as working on a few dozen


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands in for a result: the worker died on this item, or was ``late`` and was killed."""

    late: bool = False


class Workers(Protocol):
    """Something that works on items."""

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order. What ``task`` raises is raised here."""
        ...


class ThisProcess:
    """Works on one item after the other."""

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order."""
        yield from map(task, items)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is to work, as the command line says: ``workers`` processes (0: as many as pay), or a ``scheduler``'s."""

    workers: int = 0
    scheduler: str = ""

    def of(self, count: int, worthwhile: int = WORTHWHILE) -> Workers:
        """Return the workers for this many items, of which some number is ``worthwhile`` for processes.

        Raises UsageError for a scheduler that cannot be reached.
        """
        if self.scheduler:
            from .cluster import Cluster

            return Cluster(self.scheduler)
        processes = self.workers or (os.cpu_count() or 1 if count >= worthwhile else 1)
        if processes == 1 or count < 2:
            return ThisProcess()
        from .pool import Pool

        return Pool(min(processes, count))


ALONE = Choice(workers=1)

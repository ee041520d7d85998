"""Do the same work on many files or sheets: in this process, on all cores, or on a cluster.

Results always come in the order of the items, and each depends only on its item and the task, so that the same input
results in the same bytes. A task is a function that can be pickled with everything it needs apart from the item. Items
are bytes and records, results are records.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

Watch = Callable[[Iterable[Any]], Iterable[Any]]
"""Wraps items while they are worked on, to show progress."""

WORTHWHILE = 60  # processes pay off from this many items on: starting them takes as long as a few dozen


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a missing result: the worker died on this item, or was killed because it was ``late``."""

    late: bool = False


class Workers(Protocol):
    """Anything that can work on items."""

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order. Raise what ``task`` raises."""
        ...


class ThisProcess:
    """Works on one item after the other."""

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order. Raise what ``task`` raises."""
        yield from map(task, items)


@dataclass(frozen=True, slots=True)
class Choice:
    """The workers chosen on the command line: ``workers`` processes (0: as many as pay off), or a ``scheduler``."""

    workers: int = 0
    scheduler: str = ""

    def of(self, count: int, worthwhile: int = WORTHWHILE) -> Workers:
        """Return the workers for this many items; from ``worthwhile`` items on, processes pay off.

        Raise UsageError if the scheduler cannot be reached.
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

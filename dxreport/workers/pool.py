"""Work in processes on this machine, with limits on time and memory for each item."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any

from . import ItemT, Lost, ResultT

SECONDS = 120.0  # time allowed for one item
MEMORY = 2 << 30  # bytes that a worker may take beyond those it starts with; enforced on Linux only
AHEAD = 4  # items under way for each process, so that none is idle and few are held in memory

_task: Callable[[Any], Any]


class Pool:
    """Works in processes; if one dies or is late, only its own item is lost."""

    def __init__(self, processes: int, seconds: float = SECONDS) -> None:
        self._processes, self._seconds = processes, seconds

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order. Raise what ``task`` raises."""
        coming, taken = iter(items), deque[ItemT]()
        while True:
            try:
                yield from self._together(task, coming, taken)
                return
            except TimeoutError:
                taken.popleft()
                yield Lost(late=True)
            except BrokenProcessPool:
                pass  # any of the items under way may have killed the process, so each is tried alone
            while taken:
                yield self._alone(task, taken.popleft())

    def _together(
        self, task: Callable[[ItemT], ResultT], items: Iterator[ItemT], taken: deque[ItemT]
    ) -> Iterator[ResultT]:
        """Yield the results of ``items``; keep those under way in ``taken``.

        Raise TimeoutError if the first of them is late, BrokenProcessPool if a process dies.
        """
        executor = ProcessPoolExecutor(self._processes, initializer=_begin, initargs=(task, MEMORY))
        running = deque[Future[ResultT]]()
        try:
            while True:
                for item in islice(items, self._processes * AHEAD - len(running)):
                    taken.append(item)
                    running.append(executor.submit(_work, item))
                if not running:
                    return
                result = running.popleft().result(self._seconds)
                taken.popleft()
                yield result
        finally:
            _stop(executor)

    def _alone(self, task: Callable[[ItemT], ResultT], item: ItemT) -> ResultT | Lost:
        try:
            return next(Pool(1, self._seconds)._together(task, iter([item]), deque()))
        except TimeoutError:
            return Lost(late=True)
        except BrokenProcessPool:
            return Lost()


def _begin(task: Callable[[Any], Any], memory: int) -> None:
    """Set the task of this process, and limit its memory."""
    global _task
    _task = task
    if sys.platform == "linux":
        import resource

        data = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (data + memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _work(item: Any) -> Any:
    return _task(item)


def _stop(executor: ProcessPoolExecutor) -> None:
    """Kill the processes, since a late one might never end."""
    processes = list((executor._processes or {}).values())  # the public methods would wait for them
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()

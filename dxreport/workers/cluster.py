"""Work on the machines of a Dask cluster (https://distributed.dask.org).

They share no disk: all they get is the task and an item.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from ..domain.errors import UsageError
from . import ItemT, Lost, ResultT

AHEAD = 8  # items under way for each thread of the cluster, so that none waits for the network
SECONDS = 10.0  # time allowed to reach the scheduler


class Cluster:
    """Works on the machines of a scheduler (``tcp://…``); an item whose worker dies goes to another one."""

    def __init__(self, scheduler: str, machines: int = 1) -> None:
        """Reach the scheduler and wait for that many machines. Raise UsageError if that fails."""
        try:
            from distributed import Client
        except ImportError:
            what = "クラスターを使うための distributed が入っていません。"
            raise UsageError(what, "pip install 'dxreport[cluster]' で入れてください。") from None
        try:
            self._client = Client(scheduler, timeout=SECONDS, set_as_default=False)
            self._client.wait_for_workers(machines, timeout=SECONDS)
        except (OSError, ValueError) as error:
            what = f"スケジューラー {scheduler} につながりません（{error}）。"
            raise UsageError(what, "アドレスと、dask scheduler が動いているかを確かめてください。") from None

    def map(self, task: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT | Lost]:
        """Yield the result of each item in order. Raise what ``task`` raises."""
        from distributed import KilledWorker

        client, coming, running = self._client, iter(items), deque[Any]()
        with client:
            shared = client.scatter(task, broadcast=True, hash=False)
            while True:
                ahead = AHEAD * max(1, sum(client.nthreads().values()))
                running.extend(
                    client.submit(_call, shared, item, pure=False)
                    for item in islice(coming, max(ahead - len(running), 0))
                )
                if not running:
                    return
                try:
                    yield running.popleft().result()
                except KilledWorker:  # several workers died on it, one after the other
                    yield Lost()


def _call(task: Callable[[ItemT], ResultT], item: ItemT) -> ResultT:
    return task(item)

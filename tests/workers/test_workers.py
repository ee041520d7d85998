"""Workers give results in order, and lose the items only that end them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from dxreport.domain.errors import UsageError
from dxreport.workers import Choice, Lost, ThisProcess
from dxreport.workers.pool import Pool

pytestmark = pytest.mark.slow


def worked(item: str) -> str:
    """Do what the item says."""
    match item.partition(" "):
        case ("end", _, _):
            os._exit(1)
        case ("sleep", _, _):
            time.sleep(60)
        case ("take", _, size):
            return str(len(bytearray(int(size))))
        case ("fail", _, _):
            raise ValueError(item)
    return f"{item}!"


@pytest.mark.quick
def test_results_come_in_order() -> None:
    items = [str(n) for n in range(100)]
    assert list(Pool(2).map(worked, items)) == list(ThisProcess().map(worked, items)) == [f"{n}!" for n in range(100)]


def test_a_process_that_ends_costs_its_item_only() -> None:
    items = ["0", "1", "end", "3", "end", *map(str, range(5, 30))]
    assert list(Pool(2).map(worked, items)) == [Lost() if item == "end" else f"{item}!" for item in items]


def test_a_late_process_costs_its_item_only() -> None:
    assert list(Pool(2, seconds=2).map(worked, ["0", "sleep", "2", "3"])) == ["0!", Lost(late=True), "2!", "3!"]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="only Linux limits memory")
def test_a_greedy_item_fails_in_its_own_process() -> None:
    with pytest.raises(MemoryError):
        list(Pool(2).map(worked, ["0", f"take {3 << 30}"]))


def test_what_the_task_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="fail"):
        list(Pool(2).map(worked, ["0", "fail"]))


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def items() -> Iterator[str]:
        for n in range(1000):
            taken.append(n)
            yield str(n)

    results = Pool(2).map(worked, items())
    assert next(results) == "0!" and len(taken) < 20
    results.close()


def test_few_items_are_not_worth_a_process() -> None:
    assert isinstance(Choice().of(17), ThisProcess) and isinstance(Choice(workers=1).of(1000), ThisProcess)
    assert isinstance(Choice(workers=2).of(17), Pool)


def test_how_many_are_worth_a_process_depends_on_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert isinstance(Choice().of(60), Pool) and isinstance(Choice().of(60, 400), ThisProcess)
    assert isinstance(Choice().of(400, 400), Pool)


def test_a_scheduler_that_is_not_there() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(UsageError, match="スケジューラー"):
        Choice(scheduler="tcp://127.0.0.1:9").of(1)

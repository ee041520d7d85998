"""Some weeks of whole years at the desk; ``make attack`` plays many (:mod:`tests.faults.years`)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.years import Years, history, play

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that dies is forked"),
]
FEW = settings(
    max_examples=3, stateful_step_count=10, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
)  # fmt: skip


def test_whatever_happens_in_a_year_the_books_explain_the_master() -> None:
    run_state_machine_as_test(Years, settings=FEW)


def test_a_history_of_a_year() -> None:
    played = play(history(5, 24))
    assert not played.failure, "\n".join([*played.told, played.trace])
    assert played.steps == 25

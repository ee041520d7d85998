"""Commands that die: the master is old or new, and the same command, run again, ends in the same books.

A few points of each command are tried here; ``make attack`` tries them all (:mod:`tests.faults.points`).
"""

from __future__ import annotations

import os

import pytest

from tests.support.points import tried

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that dies is forked"),
]
COMMANDS = [
    ("init", 3), ("render", 3), ("collect", 6), ("resolve", 3), ("accept", 2), ("withdraw", 3), ("dismiss", 2), ("report", 4), ("publish", 2),
    ("mail", 3), ("rollover", 3), ("rollover-again", 4),
]  # fmt: skip


@pytest.mark.parametrize(("scene", "most"), COMMANDS)
def test_a_command_that_dies_is_repeated_as_if_it_had_not(scene: str, most: int) -> None:
    assert tried("kill", scene, most) == {"tried": most, "wrong": []}

"""A workspace whose form, 事務事業評価, was issued to all departments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import evaluation
from tests.support.evaluation import Evaluation


@pytest.fixture(scope="session")
def issued_evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The workspace itself, not to be changed."""
    made = evaluation.make(tmp_path_factory.mktemp("evaluation") / "評価")
    made.issue()
    return made


@pytest.fixture
def scene(issued_evaluation: Evaluation, tmp_path: Path) -> Evaluation:
    """A copy of it for one test."""
    return issued_evaluation.copy(tmp_path)

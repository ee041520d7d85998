"""Records of the model as they stand in ``--json``: their keys, in their order, are a contract."""

from __future__ import annotations

from ..domain.problems import Problem


def problem_record(problem: Problem) -> dict[str, str]:
    """A problem; every value is a text."""
    keys = ("code", "severity", "sheet", "cell", "field", "label", "value", "message", "fix")
    return {key: getattr(problem, key) for key in keys}

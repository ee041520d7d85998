"""Records as in ``--json``: their keys and the order of these are a contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.problems import Problem
    from ..master.records import Change, Conflict

Record = dict[str, Any]


def problem_record(problem: Problem) -> Record:
    """Return a problem; every value is a text."""
    keys = ("code", "severity", "sheet", "cell", "field", "label", "value", "message", "fix")
    return {key: getattr(problem, key) for key in keys}


def change_record(change: Change) -> Record:
    """Return a change of the master, without its origin."""
    ref, label = str(change.ref), change.label
    return {"id": change.measure, "field": ref, "label": label, "old": change.old, "new": change.new}


def conflict_record(conflict: Conflict) -> Record:
    """Return a conflict, without its texts."""
    ref, label = str(conflict.ref), conflict.label
    return {"conflict": conflict.id, "id": conflict.measure, "field": ref, "label": label}


def note_records(notes: Mapping[str, str]) -> list[Record]:
    """Return the notes that a department wrote in cells, given as text by cell."""
    return [{"cell": cell, "text": text} for cell, text in notes.items()]

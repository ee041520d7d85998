"""The plan carried out: originals kept, then the master written at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ..files import atomic_write
from ..issuing import file_name
from ..master.records import Master
from ..master.write import MasterEdit, save
from ..workspace import Workspace
from .planned import Plan


def apply(workspace: Workspace, master: Master, plan: Plan, now: datetime) -> None:
    """Write what was planned. The originals are kept first: a master never names a file that is not there.

    Raises LockedError or MasterError, and leaves the master as it was, when it cannot be written.
    """
    for planned in plan.files:
        if planned.new and planned.file.data:
            atomic_write(original_path(workspace, planned.return_id, planned.file.file_name), planned.file.data)
    if not (plan.changes or plan.receipts or plan.updated or plan.conflicts):
        return
    edit = MasterEdit(master)
    edit.set_all((c.measure, c.ref, c.new) for c in plan.changes)
    edit.add(*plan.changes, *plan.receipts, *plan.conflicts)
    edit.update(*plan.updated)
    save(workspace, edit.data(), master.sha256, now)


def original_path(workspace: Workspace, return_id: str, name: str) -> Path:
    """Where the original of a return is kept."""
    return workspace.returns / f"{return_id}_{file_name(name)}"

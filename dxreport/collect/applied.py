"""The plan carried out, whole or not at all: originals kept, the master written, corrected copies handed out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from ..master.records import Master
from ..master.write import MasterEdit, save
from ..workspace.files import all_or_nothing
from ..workspace.paths import Workspace
from .originals import original_path
from .plan import Plan

_NOTHING: Mapping[Path, bytes] = MappingProxyType({})


def apply(
    workspace: Workspace, master: Master, plan: Plan, now: datetime, copies: Mapping[Path, bytes] = _NOTHING
) -> None:
    """Write what was planned, and ``copies`` with it.

    Raises LockedError or MasterError, and leaves everything as it was, when the master cannot be written.
    """
    originals = {
        original_path(workspace, p.return_id, p.file.file_name): p.file.data
        for p in plan.files
        if p.new and p.file.data
    }
    if not (plan.changes or plan.receipts or plan.updated or plan.conflicts):
        with all_or_nothing() as write:
            for path, data in copies.items():
                write(path, data)
        return
    edit = MasterEdit(master)
    edit.set_all((c.measure, c.ref, c.new) for c in plan.changes)
    edit.add(*plan.changes, *plan.receipts, *plan.conflicts)
    edit.update(*plan.updated)
    save(workspace, edit.data(), master.sha256, now, before=originals, after=copies)

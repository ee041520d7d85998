"""The record of mail drafts: when each was made, of which kind and for whom. It stays when a draft is deleted.

It is one small file, ``master/mail/drafts.json``, oldest draft first. A draft made again on the same day replaces the
earlier one. It does not say that a mail was sent: dxreport sends none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from ..domain.errors import MasterError
from ..workspace.files import atomic_write, locked
from ..workspace.paths import Workspace

KINDS = {"request": "依頼", "return": "差し戻し", "remind": "督促"}


@dataclass(frozen=True, slots=True)
class Mailed:
    """A draft that was made; ``path`` is relative to the workspace if the draft is inside it, else absolute."""

    when: str
    kind: str
    round: str
    department: str
    path: str

    @property
    def day(self) -> date:
        """The day on which it was made."""
        return datetime.fromisoformat(self.when).date()

    @property
    def label(self) -> str:
        """The Japanese name of its kind."""
        return KINDS[self.kind]

    def file(self, workspace: Workspace) -> Path:
        """Return the path of the draft."""
        return workspace.root / self.path


def mailed(workspace: Workspace) -> tuple[Mailed, ...]:
    """Return the recorded drafts, oldest first. Raise MasterError if the record is damaged."""
    path = workspace.mailed
    if not path.is_file():
        return ()
    try:
        found = tuple(Mailed(**entry) for entry in json.loads(path.read_bytes()))
        if all(m.kind in KINDS and m.day for m in found):
            return found
    except (OSError, ValueError, TypeError):
        pass
    raise MasterError(f"メールの下書きの記録 {path} が読めません。", "バックアップから戻すか、消してください。")


def remember(workspace: Workspace, made: Iterable[Mailed]) -> None:
    """Add drafts to the record. Raise MasterError if it is damaged, else as ``locked`` and ``atomic_write`` do."""
    new = {(m.kind, m.round, m.department, m.day): m for m in made}
    if not new:
        return
    with locked(workspace.lock):
        kept = [m for m in mailed(workspace) if (m.kind, m.round, m.department, m.day) not in new]
        data = json.dumps([asdict(m) for m in (*kept, *new.values())], ensure_ascii=False, indent=0)
        atomic_write(workspace.mailed, data.encode("utf-8"))


def recorded_path(workspace: Workspace, path: Path) -> str:
    """Return a path in the form that the record holds."""
    try:
        return path.resolve().relative_to(workspace.root.resolve()).as_posix()
    except ValueError:
        return str(path.resolve())

"""The paths of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import MasterError


class _Place:
    """A path within the workspace."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> Path:
        return workspace.root / self._name


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with ``templates/``, ``master/`` and ``reports/``. This class only knows paths; it reads no files."""

    root: Path

    templates = _Place("templates")  # form templates, drawn in Excel
    reports = _Place("reports")  # forms and reports to hand out
    master_folder = _Place("master")  # the master, and everything kept with it
    master = _Place("master/master.xlsx")
    lock = _Place("master/.lock")  # locked during a write to the workspace
    pending = _Place("master/.pending")  # the journal of what a command is writing, removed when it is done
    secret = _Place("master/.secret")  # the key of the seals in stamps
    issued = _Place("master/issued")  # workbooks and values as issued, by issue id
    forms = _Place("master/forms")  # form templates as used for issues, by form hash
    returns = _Place("master/returns")  # returned files as received, by return id
    readings = _Place("master/readings")  # what was read from them, by return id
    terms = _Place("master/terms")  # the settings that returns were judged by, by digest
    log = _Place("master/log")  # what happened to the master, one file per command
    earlier = _Place("master/earlier.json")  # the progress of earlier years, as rollover left it
    finals = _Place("master/final")  # final reports as approved, by id
    mailed = _Place("master/mail/drafts.json")  # when drafts of mails were made
    backup = _Place("master/backup")  # earlier versions of the master

    @property
    def own(self) -> tuple[Path, ...]:
        """The folders of files that dxreport makes or works with."""
        return self.templates, self.reports, self.master_folder

    @classmethod
    def above(cls, folder: Path) -> Path | None:
        """Return the workspace that ``folder`` is in, None if it is in none."""
        return next((parent for parent in folder.resolve().parents if cls(parent).master.is_file()), None)

    @classmethod
    def find(cls, folder: Path) -> Workspace:
        """Return the workspace in ``folder``. Raise MasterError if it has no ``master/master.xlsx``."""
        workspace = cls(folder)
        if not workspace.master.is_file():
            if backups := sorted(workspace.backup.glob("*.xlsx")):
                raise MasterError(
                    f"{workspace.master} がありません。",
                    f"ごみ箱などになければ、いちばん新しい控え {backups[-1]} を master.xlsx という名前で戻してください。",
                )
            if above := cls.above(folder):
                raise MasterError(
                    f"{folder.resolve()} は作業フォルダーの中にあるフォルダーです。",
                    f"作業フォルダーは {above} です。そこに移るか、-C で指定してください。",
                )
            raise MasterError(
                f"{folder.resolve()} は作業フォルダーではありません（master/master.xlsx がありません）。",
                "作業フォルダーに移るか、-C で指定してください。新しく作るには dxreport init を実行します。",
            )
        return workspace

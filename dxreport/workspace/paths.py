"""The paths of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import MasterError


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with ``templates/``, ``master/`` and ``reports/``; only paths, no files are read or written here."""

    root: Path

    @classmethod
    def find(cls, folder: Path) -> Workspace:
        """Return the workspace in ``folder``; raise MasterError if it has no ``master/master.xlsx``."""
        workspace = cls(folder)
        if not workspace.master.is_file():
            raise MasterError(
                f"{folder.resolve()} は作業フォルダーではありません（master/master.xlsx がありません）。",
                "作業フォルダーに移るか、-C で指定してください。新しく作るには dxreport init を実行します。",
            )
        return workspace

    @property
    def templates(self) -> Path:
        """Form templates, drawn in Excel."""
        return self.root / "templates"

    @property
    def reports(self) -> Path:
        """Forms and reports to hand out."""
        return self.root / "reports"

    @property
    def master_folder(self) -> Path:
        """The master, and everything kept with it."""
        return self.root / "master"

    @property
    def master(self) -> Path:
        """The master workbook."""
        return self.master_folder / "master.xlsx"

    @property
    def lock(self) -> Path:
        """The file that is locked during a write to the workspace."""
        return self.master_folder / ".lock"

    @property
    def issued(self) -> Path:
        """Issued workbooks, and the values as issued, by issue id."""
        return self.master_folder / "issued"

    @property
    def forms(self) -> Path:
        """Form templates as used for issues, by form hash."""
        return self.master_folder / "forms"

    @property
    def returns(self) -> Path:
        """Returned files as received, by return id."""
        return self.master_folder / "returns"

    @property
    def readings(self) -> Path:
        """What was read of returned files, by return id."""
        return self.master_folder / "readings"

    @property
    def terms(self) -> Path:
        """The settings that returns were judged by, by digest."""
        return self.master_folder / "terms"

    @property
    def log(self) -> Path:
        """What happened to the master, a file a command."""
        return self.master_folder / "log"

    @property
    def finals(self) -> Path:
        """Final reports as approved, by id."""
        return self.master_folder / "final"

    @property
    def backup(self) -> Path:
        """Earlier versions of the master."""
        return self.master_folder / "backup"

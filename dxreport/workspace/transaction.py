"""Write several files of a workspace together with its master, or none of them.

All files are first written under temporary names in their folders, and flushed to the disk. Then they are renamed:
first those that the master will refer to, then the master, which makes all of them count, then those to hand out. The
names of one step are on the disk before the next begins. A journal lists the files beforehand, so that the next command
that writes removes what a killed one left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from ..domain.errors import DxreportError, LockedError, MasterError, Unfinished
from .files import (
    atomic_write,
    beside,
    locked,
    opened_elsewhere,
    refuse_in_use,
    rename,
    sync_folder,
    synced,
    unwritable,
    write_beside,
)
from .paths import Workspace
from .spool import Content

NOTHING: Mapping[Path, bytes] = MappingProxyType({})
TEMPORARY = ".dxreport-*.tmp"
_AGAIN = "Excel などで開いていれば閉じ、空き容量と権限を確かめて、もう一度実行してください。"


@dataclass(frozen=True, slots=True)
class NewMaster:
    """A master to be put in place: its bytes, and the hash of the one it replaces, "" if there is none."""

    data: bytes
    replaces: str


def write_files(workspace: Workspace, files: Mapping[Path, Content], *, gone: Iterable[Path] = ()) -> None:
    """Write files to hand out and remove those in ``gone``, all or nothing.

    Raise LockedError or DxreportError if a file cannot be written, Unfinished if not all could then be restored or
    removed.
    """
    own: AbstractContextManager[None] = nullcontext()
    kept = os.access(workspace.master_folder, os.W_OK)  # reports can also be made from a read-only workspace
    if kept:
        own = locked(workspace.lock)
    with own:
        write_together(workspace, after=files, gone=gone, journal=kept)


def write_together(
    workspace: Workspace,
    *,
    before: Mapping[Path, Content] = NOTHING,
    master: NewMaster | None = None,
    after: Mapping[Path, Content] = NOTHING,
    gone: Iterable[Path] = (),
    journal: bool = True,
) -> None:
    """Write the files ``before`` (those the master will refer to), the master, and ``after`` (those to hand out).

    The caller holds the lock. Files that already have their content are skipped. Until the master is in place, it is
    all or nothing: raise MasterError if the present master is not the one to be replaced, LockedError if it is open
    elsewhere, LockedError or DxreportError if a file cannot be written. Raise Unfinished if written files could not be
    restored, or if later files could not be written or removed.
    """
    if journal:
        recover(workspace)
    run = _Run(workspace, master, {p: d for p, d in before.items() if not _holds(p, d)})
    handed = {p: d for p, d in after.items() if not _holds(p, d)}
    if not (run.before or master or handed):
        _remove(gone)
        return
    try:
        run.prepare({**run.before, **({workspace.master: master.data} if master else {}), **handed}, journal=journal)
        run.place(run.before if master else handed)
        if master:
            refuse_rewritten(workspace, master.replaces)
            run.place_master()
    except BaseException as error:
        if run.is_done():  # interrupted just after the rename: the next command removes what is left
            raise
        lost = run.undo()
        told = unwritable(run.at, error) if isinstance(error, OSError) else error
        if lost:
            why = told.message if isinstance(told, DxreportError) else "中断しました。"
            raise Unfinished(f"{why}先に書いた{_names(lost)}を元に戻せませんでした。", _AGAIN) from None
        raise told from None
    unwritten = run.place_rest(handed) if master else []
    left = _remove(gone)
    run.forget()
    if unwritten:
        raise Unfinished(f"マスターは書き換えましたが、{_names(unwritten)}を書けませんでした。", _AGAIN)
    if left:
        raise Unfinished(f"ファイルは書きましたが、古い{_names(left)}を消せませんでした。", _AGAIN)


def _names(paths: Iterable[Path]) -> str:
    return f" {'、'.join(map(str, paths))} "


def refuse_open(workspace: Workspace) -> None:
    """Raise LockedError if the master is open in Excel or LibreOffice."""
    if who := opened_elsewhere(workspace.master):
        space = "" if who.endswith("）") else " "
        raise LockedError(
            f"{workspace.master.name} が {who}{space}で開かれています。",
            "保存して閉じてから、もう一度実行してください。",
        )


def refuse_rewritten(workspace: Workspace, expected: str) -> None:
    """Raise LockedError if the master is open elsewhere, MasterError if it no longer has this hash."""
    refuse_open(workspace)
    if _hash(workspace.master) != expected:
        raise MasterError(
            f"{workspace.master.name} が、読み込んだあとに書き換えられました。何も変更していません。",
            "もう一度実行してください。",
        )


def ready_to_write(workspace: Workspace) -> None:
    """Prepare for a command that writes, before it reads anything, by removing what a killed command left.

    The caller does not hold the lock. Raise LockedError if the master is open or the lock is not released.
    """
    refuse_open(workspace)
    if workspace.pending.exists():
        with locked(workspace.lock):
            recover(workspace)


def recover(workspace: Workspace) -> None:
    """Remove what a killed command left, unless its master is in place and refers to it. The caller holds the lock."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        given = json.loads(workspace.pending.read_bytes())
        ours = [workspace.root / name for name in given["temporary"]]
        _remove(path for path in ours if path.match(TEMPORARY))
        if given["replaces"] == _hash(workspace.master):
            new = (workspace.root / name for name in given["new"])
            _remove(path for path in new if path.resolve().is_relative_to(workspace.root.resolve()))
    root = workspace.root
    _remove(chain(root.glob(f"*/{TEMPORARY}"), root.glob(f"*/*/{TEMPORARY}")))  # also those of earlier releases
    _remove([workspace.pending])


@dataclass(slots=True)
class _Run:
    """One transaction: ``at`` is the file being written, ``placed`` the files in place, with their old contents.

    ``at_master`` is set when the master is about to be put in place.
    """

    workspace: Workspace
    master: NewMaster | None
    before: Mapping[Path, Content]
    at: Path = Path()
    temporary: dict[Path, Path] = field(default_factory=dict)
    placed: dict[Path, bytes | None] = field(default_factory=dict)
    at_master: bool = False

    def prepare(self, files: Mapping[Path, Content], *, journal: bool) -> None:
        """Write the journal, then every file under a temporary name, and flush them to the disk."""
        self.temporary = {path: beside(path) for path in files}
        self.at = self.workspace.pending
        if journal:
            atomic_write(self.at, self._journal())
        for path, data in files.items():
            self.at = path
            refuse_in_use(path)
            write_beside(path, self.temporary[path], bytes(data))
        flushed = synced(list(self.temporary.values()))
        for self.at in files:
            next(flushed)

    def _journal(self) -> bytes:
        given = {
            "replaces": self.master.replaces if self.master else None,
            "new": _names_in(self.workspace, [path for path in self.before if not path.exists()]),
            "temporary": _names_in(self.workspace, self.temporary.values()),
        }
        return json.dumps(given, ensure_ascii=False).encode("utf-8")

    def place(self, paths: Iterable[Path]) -> None:
        """Rename the files into their places. Raise OSError for the first that cannot be renamed."""
        for self.at in paths:
            self.placed[self.at] = self.at.read_bytes() if self.at.is_file() else None
            rename(self.temporary[self.at], self.at)
        _sync_folders(self.placed)

    def place_master(self) -> None:
        """Rename the master into its place, after which nothing is undone."""
        self.at, self.at_master = self.workspace.master, True
        rename(self.temporary[self.at], self.at)
        sync_folder(self.at.parent)

    def is_done(self) -> bool:
        """Return True if the new master is in place."""
        return self.at_master and not self.temporary[self.workspace.master].exists()

    def place_rest(self, paths: Collection[Path]) -> list[Path]:
        """Rename the files into their places; return those that cannot be."""
        failed = []
        for path in paths:
            try:
                rename(self.temporary[path], path)
            except OSError:
                failed.append(path)
        _sync_folders(paths)
        return failed

    def undo(self) -> list[Path]:
        """Restore every file in place; return the files to hand out that could not be restored."""
        lost = []
        for path, old in reversed(self.placed.items()):
            if self.temporary[path].exists():
                continue  # it was not renamed yet
            try:
                if old is None:
                    path.unlink(missing_ok=True)
                else:
                    atomic_write(path, old)
            except (OSError, DxreportError):
                lost.append(path)
        # No master refers to those of ``before``, and the next command removes them.
        lost = [path for path in lost if path not in self.before]
        self.forget(lost=bool(lost))
        return lost

    def forget(self, *, lost: bool = False) -> None:
        """Remove the temporary files that are left; then the journal, unless a file remains or was ``lost``."""
        if not _remove(self.temporary.values()) and not lost:
            _remove([self.workspace.pending])


def _sync_folders(paths: Iterable[Path]) -> None:
    for folder in dict.fromkeys(path.parent for path in paths):
        sync_folder(folder)


def _remove(paths: Iterable[Path]) -> list[Path]:
    """Remove files; return those that could not be removed."""
    left = []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left.append(path)
    return left


def _holds(path: Path, data: Content) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == bytes(data)


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _names_in(workspace: Workspace, paths: Collection[Path]) -> list[str]:
    """Return the paths as texts: relative to the workspace, which may be moved, if they are inside it."""
    root = workspace.root.resolve()
    folders = {folder: folder.resolve() for folder in dict.fromkeys(path.parent for path in paths)}
    names = {
        folder: full.relative_to(root).as_posix() if full.is_relative_to(root) else str(full)
        for folder, full in folders.items()
    }
    return [f"{names[path.parent]}/{path.name}" for path in paths]

"""Writing files: completely or not at all, and never over someone's work."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from dxreport.domain.errors import DxreportError, LockedError, MasterError
from dxreport.workspace import files as writing
from dxreport.workspace.files import (
    KEPT_BACKUPS,
    KEPT_DAYS,
    atomic_write,
    backup_path,
    file_name,
    locked,
    opened_elsewhere,
    prune_backups,
)
from dxreport.workspace.paths import Workspace
from dxreport.workspace.transaction import NewMaster, write_together

NOW = datetime(2022, 7, 11, 9, 30)


def test_a_write_replaces_the_whole_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.bin"
    atomic_write(path, b"first, and longer")
    atomic_write(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == ["b.bin"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DxreportError) as caught:
        atomic_write(tmp_path / "folder", b"x")
    assert caught.value.exit_code == 3
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_the_permissions_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    for mode in (0o640, 0o444):
        path.chmod(mode)
        atomic_write(path, b"%o" % mode)
        assert (path.stat().st_mode & 0o777, path.read_bytes()) == (mode, b"%o" % mode)


def _backup(path: Path, folder: Path, now: datetime) -> Path:
    copy = backup_path(path, folder, now)
    atomic_write(copy, path.read_bytes())
    prune_backups(path, folder, copy)
    return copy


def test_backups_are_kept_by_time_and_the_oldest_go(tmp_path: Path) -> None:
    path, folder = tmp_path / "master.xlsx", tmp_path / "backup"
    folder.mkdir()
    (folder / "メモ.txt").write_bytes(b"mine")
    for n in range(KEPT_BACKUPS + 5):
        path.write_bytes(str(n).encode())
        assert _backup(path, folder, NOW + timedelta(seconds=n)).read_bytes() == str(n).encode()
    kept = sorted(folder.glob("*.xlsx"))
    assert len(kept) == KEPT_BACKUPS
    assert kept[0].name == "master_20220711-093005.xlsx"
    assert (folder / "メモ.txt").exists()


def test_two_backups_of_one_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.xlsx"
    path.write_bytes(b"1")
    first = _backup(path, tmp_path / "backup", NOW)
    path.write_bytes(b"2")
    second = _backup(path, tmp_path / "backup", NOW)
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")


def test_of_many_backups_of_one_second_the_first_go(tmp_path: Path) -> None:
    path, folder = tmp_path / "master.xlsx", tmp_path / "backup"
    path.write_bytes(b"1")
    for _ in range(KEPT_BACKUPS + 1):
        _backup(path, folder, NOW)
    names = {p.name for p in folder.iterdir()}
    assert names == {f"master_20220711-093000-{n}.xlsx" for n in range(2, KEPT_BACKUPS + 2)}


def test_the_last_backup_of_each_day_stays_when_many_follow(tmp_path: Path) -> None:
    path, folder = tmp_path / "master.xlsx", tmp_path / "backup"
    path.write_bytes(b"1")
    for day in range(KEPT_DAYS + 3):
        for hour in range(2):
            _backup(path, folder, NOW + timedelta(days=day, hours=hour))
    end = NOW + timedelta(days=KEPT_DAYS + 2, hours=2)
    for n in range(KEPT_BACKUPS + 3):
        _backup(path, folder, end + timedelta(minutes=n))
    kept = sorted(p.stem.removeprefix("master_") for p in folder.iterdir())
    days = [f"{NOW + timedelta(days=day, hours=1):%Y%m%d-%H%M%S}" for day in range(3, KEPT_DAYS + 2)]
    assert kept == days + [f"{end + timedelta(minutes=n):%Y%m%d-%H%M%S}" for n in range(3, KEPT_BACKUPS + 3)]


def test_the_backup_just_made_stays_though_the_clock_was_put_back(tmp_path: Path) -> None:
    path, folder = tmp_path / "master.xlsx", tmp_path / "backup"
    path.write_bytes(b"now")
    for n in range(KEPT_BACKUPS):
        _backup(path, folder, NOW + timedelta(days=1, seconds=n))
    assert _backup(path, folder, NOW).read_bytes() == b"now"


def test_a_lock_keeps_other_processes_out_until_released(tmp_path: Path) -> None:
    lock = tmp_path / "master" / ".lock"
    code = f"""
import sys
from pathlib import Path
from dxreport.domain.errors import LockedError
from dxreport.workspace.files import locked
try:
    with locked(Path({str(lock)!r}), 0.05): sys.exit(0)
except LockedError as error: sys.exit(error.exit_code)
"""
    root = Path(__file__).parents[2]
    with locked(lock):
        assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 3
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there the file itself is tried")
def test_an_open_workbook_is_noticed_and_a_lock_left_by_a_crash_is_not(tmp_path: Path) -> None:
    path = tmp_path / "master.xlsx"
    path.write_bytes(b"")
    assert opened_elsewhere(path) is None
    libre = tmp_path / ".~lock.master.xlsx#"
    libre.write_text(",yamada,pc-01,11.07.2022 09:30,file:///home/yamada/profile;", encoding="utf-8")
    assert opened_elsewhere(path) == "LibreOffice（yamada）"
    old = (datetime.now() - timedelta(days=2)).timestamp()
    os.utime(libre, (old, old))
    assert opened_elsewhere(path) is None
    (tmp_path / "~$master.xlsx").write_bytes(b"\2ab")
    assert opened_elsewhere(path) == "Excel"


@pytest.mark.skipif(sys.platform == "win32", reason="there the file itself is tried")
@pytest.mark.parametrize(("hours", "shown"), [(23, "Excel（山田）"), (25, None)])
def test_a_workbook_left_open_over_the_day_counts_and_names_its_user(
    tmp_path: Path, hours: int, shown: str | None
) -> None:
    lock = tmp_path / "~$master.xlsx"
    lock.write_bytes("\4山田".encode("cp932").ljust(55) + b"\2\0" + "山田".encode("utf-16-le").ljust(108, b" "))
    then = (datetime.now() - timedelta(hours=hours)).timestamp()
    os.utime(lock, (then, then))
    assert opened_elsewhere(tmp_path / "master.xlsx") == shown


def test_a_folder_with_a_master_is_a_workspace(tmp_path: Path) -> None:
    with pytest.raises(MasterError, match="作業フォルダーではありません") as caught:
        Workspace.find(tmp_path)
    assert "dxreport init" in caught.value.fix
    atomic_write(tmp_path / "master" / "master.xlsx", b"")
    assert Workspace.find(tmp_path).backup == tmp_path / "master" / "backup"


def test_without_its_master_a_workspace_names_the_latest_backup(tmp_path: Path) -> None:
    for day in (1, 2):
        atomic_write(tmp_path / f"master/backup/master_2022070{day}-090000.xlsx", b"")
    with pytest.raises(MasterError) as caught:
        Workspace.find(tmp_path)
    assert "master_20220702-090000.xlsx" in caught.value.fix


def test_a_locked_error_has_a_remedy(tmp_path: Path) -> None:
    with locked(tmp_path / ".lock"), pytest.raises(LockedError) as caught, locked(tmp_path / ".lock", 0.01):
        pass
    assert "もう一度実行" in caught.value.fix


def test_a_name_that_is_cut_does_not_end_in_dots_or_blanks() -> None:
    assert file_name("課" * 59 + "... 報告書のつづき") == "課" * 59


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="only Linux tells which file a handle is of")
def test_each_step_is_on_the_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    workspace.issued.mkdir(parents=True)
    workspace.master.write_bytes(b"old")
    kept, sent = [workspace.issued / name for name in ("1.xlsx", "1.json")], workspace.reports / "1.xlsx"
    done: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append(("sync", os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    def renamed(old: Path, new: Path) -> None:
        done.append(("rename", str(old)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    old = sha256(b"old").hexdigest()
    write_together(workspace, before=dict.fromkeys(kept, b"k"), master=NewMaster(b"new", old), after={sent: b"s"})
    done = done[done.index(("sync", str(workspace.master_folder))) + 1 :]  # what follows the journal
    written = [name for _, name in done[:4]]
    folders = [[("sync", str(path.parent))] for path in (kept[0], workspace.master, sent)]
    moved = [("rename", name) for name in written]
    assert done == [
        *(("sync", name) for name in written),
        *moved[:2],
        *folders[0],
        moved[2],
        *folders[1],
        moved[3],
        *folders[2],
    ]
    assert (workspace.master.read_bytes(), sent.read_bytes()) == (b"new", b"s")


@pytest.fixture
def many(tmp_path: Path) -> tuple[Workspace, dict[Path, bytes]]:
    """A workspace, and files enough for threads to flush them."""
    workspace = Workspace(tmp_path)
    workspace.issued.mkdir(parents=True)
    return workspace, {workspace.issued / f"{n:03}.xlsx": b"%d" % n for n in range(300)}


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="only Linux tells which file a handle is of")
def test_many_files_are_on_the_disk_before_any_is_in_place(
    many: tuple[Workspace, dict[Path, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, files = many
    flushed, placed, fsync, replace = set[str](), dict[str, bool](), os.fsync, os.replace

    def synced(handle: int) -> None:
        fsync(handle)
        flushed.add(os.readlink(f"/proc/self/fd/{handle}"))

    def renamed(old: Path, new: Path) -> None:
        if new.parent == workspace.issued:
            placed[str(old)] = flushed.issuperset(map(str, workspace.issued.glob(".dxreport-*")))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    write_together(workspace, after=files)
    assert len(placed) == len(files) and all(placed.values())
    assert {path: path.read_bytes() for path in workspace.issued.iterdir()} == files


@pytest.mark.parametrize("wrong", [0, 150, 299])
def test_of_many_files_the_one_that_cannot_be_flushed_is_named_and_none_is_left(
    many: tuple[Workspace, dict[Path, bytes]], wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, files = many
    sync = writing.sync

    def failing(path: Path) -> None:
        if path.read_bytes() == b"%d" % wrong:
            raise OSError(5, "Input/output error")
        sync(path)

    monkeypatch.setattr(writing, "sync", failing)
    with pytest.raises(DxreportError, match=f"{wrong:03}.xlsx"):
        write_together(workspace, after=files)
    assert not list(workspace.issued.iterdir())

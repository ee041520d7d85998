"""Run commands that die, or fail, at every point where they write.

    python -m tests.faults.points kill collect        # die at every point, then run again
    python -m tests.faults.points fail collect        # one call fails (ENOSPC, EACCES, EIO), then run again
    python -m tests.faults.points full collect        # the disk is full from a point on, then run again

A point is a call that changes the disk: opening a file for writing, write, fsync, rename, remove, mkdir, chmod. Each
try works on a copy of the scene, in a forked process. ``--most N`` tries N points spread over all. The output is JSON:
how many points there are, how many were tried, what went wrong.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dxreport.cli import main as dxreport
from dxreport.collect.commit import Books
from dxreport.collect.originals import original
from dxreport.master.read import read_master
from dxreport.workspace.paths import Workspace
from tests.faults.scenes import NOW, SCENES, Scene

_EVENTS = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "os.chmod": 0, "os.truncate": 0}
_FAULTS = (errno.ENOSPC, errno.EACCES, errno.EIO)
_DEAD = 137
EMPTY = hashlib.sha256(b"").hexdigest()
WHEN = datetime.fromisoformat(NOW)


@dataclass
class Counter:
    """Counts the points of a process under ``root``; ``act(number, event)`` may kill it or raise OSError."""

    root: str
    act: Callable[[int, str], None]
    count: int = 0

    def install(self) -> None:
        sys.addaudithook(self._audit)
        fsync, write = os.fsync, os.write

        def counted_fsync(handle: int) -> None:
            self._at("fsync")
            fsync(handle)

        def counted_write(handle: int, data: bytes) -> int:
            self._at("write", lambda: write(handle, bytes(data)[: len(data) // 2]))
            return write(handle, data)

        os.fsync, os.write = counted_fsync, counted_write

    def _audit(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
                self._here("open", path)
        elif event in _EVENTS:
            self._here(event, args[_EVENTS[event]])

    def _here(self, event: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike) and os.path.abspath(os.fsdecode(path)).startswith(self.root):
            self._at(f"{event} {Path(os.fsdecode(path)).name}")

    def _at(self, event: str, half: Callable[[], object] = lambda: None) -> None:
        self.count += 1
        self.half = half
        self.act(self.count, event)


@dataclass(frozen=True)
class Ran:
    """The end of a command: its exit code, its output, the number of points it passed."""

    code: int
    said: str
    points: int


Act = Callable[[Counter], Callable[[int, str], None]]
"""Makes what a counter does at each point."""


def run(args: Sequence[str], root: Path, act: Act | None = None) -> Ran:
    """Run a command in a forked process; counted is what it changes in ``root``."""
    told = root.parent / "told.json"
    told.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        _child(args, root, told, act)
    _, status = os.waitpid(child, 0)
    given = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {"said": "", "points": 0}
    return Ran(os.waitstatus_to_exitcode(status), **given)


def _child(args: Sequence[str], root: Path, told: Path, act: Act | None) -> None:  # the process ends here
    said = io.StringIO()
    sys.stdout = sys.stderr = said
    counter = Counter(str(root), lambda n, event: None)
    if act:
        counter.act = act(counter)
    counter.install()
    code = 70
    try:
        code = dxreport(args)
    except BaseException as error:
        said.write(f"Traceback: {error!r}")
    finally:
        counter.act = lambda n, event: None
        told.write_text(json.dumps({"said": said.getvalue(), "points": counter.count}), encoding="utf-8")
        os._exit(code)


def dying(at: int) -> Act:
    """Die at a point; of a write, half is done."""

    def make(counter: Counter) -> Callable[[int, str], None]:
        def act(number: int, event: str) -> None:
            if number == at:
                counter.act = lambda n, e: None
                counter.half()
                os._exit(_DEAD)

        return act

    return make


def failing(at: int, code: int, *, lasting: bool = False) -> Act:
    """Fail at a point with this error; ``lasting`` also at all later ones that need room."""

    def make(counter: Counter) -> Callable[[int, str], None]:
        def act(number: int, event: str) -> None:
            needs_room = event.startswith(("write", "fsync", "open", "os.mkdir"))
            if number == at or (lasting and number > at and needs_room):
                raise OSError(code, os.strerror(code))

        return act

    return make


def files(root: Path) -> dict[str, str]:
    """Return the hash of each file of a workspace by name, without the lock and the secret, which is random."""
    found = (p for p in root.rglob("*") if p.is_file() and p.name not in (".lock", ".secret"))
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def unsound(root: Path) -> Iterator[str]:
    """Yield what is wrong with the books: an unreadable master or log, a missing original, issue or final report."""
    workspace = Workspace(root)
    if not workspace.master.is_file():
        return
    try:
        master = read_master(workspace.master)
        books = Books(workspace, master, WHEN)
        for reading in books.readings().values():
            if reading.sha256 != EMPTY:  # an empty file is not kept
                original(workspace, reading)
        for issue in master.issues:
            if not books.store.archive.workbook(issue.id) or not books.store.archive.snapshot(issue.id):
                yield f"{issue.id} is not kept"
        for final in master.finals:
            if not (workspace.finals / f"{final.id}.json").is_file():
                yield f"{final.id} is not kept"
    except Exception as error:
        yield f"{type(error).__name__}: {error}"


@dataclass
class Play:
    """All tries of one scene."""

    scene: Scene
    base: Path
    folder: Path
    wrong: list[str] = field(default_factory=list)
    tried: int = 0

    def __post_init__(self) -> None:
        self.old = files(self.base)
        root = self.fresh()
        self.whole = self.run(root)
        self.new = files(root)
        if self.whole.code not in (0, 1):
            raise AssertionError(self.whole)

    def run(self, root: Path, act: Act | None = None) -> Ran:
        """Run the command of the scene."""
        return run([*self.scene.args(root), "--now", NOW], root, act)

    def fresh(self) -> Path:
        """Copy the scene, always to the same place, since its files may contain the path."""
        root = self.folder / "scene" / self.base.name
        shutil.rmtree(root.parent, ignore_errors=True)
        shutil.copytree(self.base.parent, root.parent)
        return root

    def points(self, most: int) -> list[int]:
        """Return the points to try."""
        number = self.whole.points
        if not most or most >= number:
            return list(range(1, number + 1))
        return sorted({1 + round(i * (number - 1) / (most - 1)) for i in range(most)})

    def kill(self, most: int) -> None:
        for n in self.points(most):
            root = self.fresh()
            ran = self.run(root, dying(n))
            if ran.code != _DEAD:
                self.say(n, f"was not killed: {ran}")
            self.after(n, root)

    def fail(self, most: int, *, lasting: bool = False) -> None:
        for i, n in enumerate(self.points(most)):
            for code in (errno.ENOSPC,) if lasting else _FAULTS if not most else (_FAULTS[i % len(_FAULTS)],):
                root = self.fresh()
                ran = self.run(root, failing(n, code, lasting=lasting))
                self.told_truly(n, code, ran, files(root))
                self.after(n, root)

    def told_truly(self, n: int, code: int, ran: Ran, now: dict[str, str]) -> None:
        """Check what a command said: exit code 3 means nothing was changed; 0, or that of a whole run, all was done."""
        what = f"{errno.errorcode[code]} → {ran.code} {ran.said.strip()[-200:]!r}"
        litter = {name for name in now if name.endswith((".tmp", "master/.pending"))}
        left = {name: digest for name, digest in now.items() if name not in litter}
        if "Traceback" in ran.said or "予期しない" in ran.said:
            self.say(n, f"unexpected: {what}")
        elif ran.code == 3 and left != self.old:
            self.say(n, f"said that nothing was changed: {what}: {_differ(self.old, left)}")
        elif ran.code == 3 and "エラー" not in ran.said:
            self.say(n, f"said nothing: {what}")
        elif ran.code == 1 and "でした。" in ran.said and "エラー" in ran.said:
            self.same_master(n, what, now)
        elif ran.code in (0, self.whole.code) and left != self.new:
            self.say(n, f"said that all was done: {what}: {_differ(self.new, left)}")
        elif ran.code not in (0, 3, self.whole.code):
            self.say(n, f"unexpected exit code: {what}")

    def same_master(self, n: int, what: str, now: dict[str, str]) -> None:
        said_new = any(
            said in what for said in ("マスターは書き換えました", "ファイルは書きました", "下書きは作りました")
        )
        expected = self.new if said_new else self.old
        if now.get("master/master.xlsx") != expected.get("master/master.xlsx"):
            self.say(n, f"the master is not as said: {what}")

    def after(self, n: int, root: Path) -> None:
        """Check that the master is old or new, and that the same command, run again, ends in the same books."""
        self.tried += 1
        master = files(root).get("master/master.xlsx")
        if master not in (self.old.get("master/master.xlsx"), self.new.get("master/master.xlsx")):
            self.say(n, "a master that is neither old nor new")
        for what in unsound(root):
            self.say(n, f"unsound: {what}")
        again = self.run(root)
        if again.code not in (self.whole.code, 0) and not (
            again.code == 2 and master == self.new["master/master.xlsx"]
        ):
            self.say(n, f"again: {again}")
        if (found := files(root)) != self.new:
            self.say(n, f"other books: {_differ(self.new, found)}")

    def say(self, n: int, what: str) -> None:
        self.wrong.append(f"{self.scene.name} point {n}: {what}")


def _differ(one: dict[str, str], two: dict[str, str]) -> str:
    names = sorted(name for name in {*one, *two} if one.get(name) != two.get(name))
    marks = ["-" if name not in two else "+" if name not in one else "≠" for name in names]
    return " ".join(mark + name for mark, name in zip(marks, names, strict=True))[:600]


def play(how: str, name: str, most: int, folder: Path) -> dict[str, object]:
    """Play one scene; return the output as a dict for JSON."""
    scene = SCENES[name]
    base = folder / "base" / "作業"
    scene.prepare(base)
    played = Play(scene, base, folder)
    if how == "kill":
        played.kill(most)
    else:
        played.fail(most, lasting=how == "full")
    return {"scene": name, "how": how, "points": played.whole.points, "tried": played.tried, "wrong": played.wrong}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("how", choices=("kill", "fail", "full"))
    parser.add_argument("scene", nargs="*", metavar="SCENE", help=" ".join(SCENES))
    parser.add_argument("--most", type=int, default=0)
    options = parser.parse_args()
    bad = False
    for name in options.scene or SCENES:
        with tempfile.TemporaryDirectory() as folder:
            found = play(options.how, name, options.most, Path(folder).resolve())
        print(json.dumps(found, ensure_ascii=False), flush=True)
        bad |= bool(found["wrong"])
    return int(bad)


if __name__ == "__main__":
    raise SystemExit(main())

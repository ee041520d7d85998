"""The commands of the desk; some die, or fail, at a point where they write."""

from __future__ import annotations

import errno
import io
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lxml import etree

from dxreport.cli import main as dxreport
from dxreport.workspace.paths import Workspace
from tests.faults import expected as law
from tests.faults import points
from tests.faults.expected import Books, Paper
from tests.support.abstract import Choices


@dataclass
class Year:
    """The workspace of a year, what the office knows of it, and files that departments have not sent yet."""

    root: Path
    number: int  # of the plan
    books: Books
    papers: list[Paper] = field(default_factory=list)
    past: dict[str, Books] = field(default_factory=dict)  # by the hash of the master
    passed_on: law.Texts | None = None  # to the next year, as of its last rollover
    fields: dict[str, str] = field(default_factory=dict)  # name of today, by the name in FIELDS
    drawn: int = 0
    formats: dict[str, str] = field(default_factory=dict)  # of the workbooks that came
    littered: bool = False  # by a command that died, until the next one that writes
    kept: dict[Path, str] = field(default_factory=dict)
    checked: str = ""  # the hash of the master that was looked at last

    @property
    def workspace(self) -> Workspace:
        """Its paths."""
        return Workspace(self.root)

    @property
    def data(self) -> bytes:
        """The bytes of its master."""
        return self.workspace.master.read_bytes()

    @property
    def tip(self) -> str:
        """The commit that the master names."""
        return commit_of(self.data)


def commit_of(data: bytes) -> str:
    """Return the name of the last commit from the properties of a master, "" for none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "docProps/custom.xml" not in archive.namelist():
            return ""
        root = etree.fromstring(archive.read("docProps/custom.xml"))
    return next(("".join(p.itertext()) for p in root if p.get("name") == "dxreport"), "")


class Refused(Exception):
    """A step that cannot be taken as things are."""


class Instead(Exception):
    """A step that cannot be taken as things are; the one named is taken instead."""


class Abandoned(Exception):
    """A command died before it had changed the master, and nobody runs it again."""


@dataclass
class Ran:
    """How a command ended."""

    code: int
    said: str


class Commands:
    """The folder of all years, the clock, and what has happened so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.base, self.mail = self.folder / "作業", self.folder / "受信"
        self.mail.mkdir()
        self.now = datetime(2022, 4, 11, 9)
        self.tally: Counter[str] = Counter()
        self.told: list[str] = []
        self.count = 0
        self.years: list[Year] = []

    def say(self, what: str) -> None:
        """Note what happened."""
        self.told.append(f"{self.count}. {self.now:%Y-%m-%d %H:%M} {what}")

    def command(self, year: Year, choose: Choices, *words: str) -> Ran:
        """Run a command; now and then it dies or fails at a point, and is run again."""
        args = [*words, "-C", str(year.root), "--now", self.now.isoformat()]
        if choose.below(9) == 8:
            return self._broken(year, choose, args)
        ran = run(args)
        self._ended(args, ran)
        if ran.code in (0, 1):
            self._swept(year, words[0])
        return ran

    def _swept(self, year: Year, command: str) -> None:
        """Note that a command that writes has removed what a dead one left."""
        if command == "rollover":
            for other in self.years[self.years.index(year) + 1 :][:1]:
                other.littered = False
        elif command not in ("check", "status", "history"):
            year.littered = False

    def _ended(self, args: Sequence[str], ran: Ran) -> None:
        self.say(f"{' '.join(args[:-4])} → {ran.code}")
        assert "予期しない" not in ran.said and "Traceback" not in ran.said, (args, ran.said)
        assert ran.code in (0, 1, 2, 3), (args, ran)
        if ran.code in (2, 3):
            self.say(ran.said.strip()[:300])
            self.tally[f"{args[0]} refused: {ran.said.splitlines()[0][:60]}"] += 1

    def _broken(self, year: Year, choose: Choices, args: list[str]) -> Ran:
        """Let a command die or fail at a point; check that, run again, it ends in the same books."""
        side = self.folder / "控え"
        shutil.rmtree(side, ignore_errors=True)
        shutil.copytree(self.base, side)
        old = self.masters()
        whole = points.run(args, self.base)
        result, new = points.files(self.base), self.masters()
        if not whole.points or whole.code not in (0, 1):
            self._restore(side)
            ran = run(args)
            self._ended(args, ran)
            return ran
        at = 1 + choose.below(whole.points)
        self._restore(side)
        how = choose.of(("dies", "dies", "ENOSPC", "EACCES", "EIO", "full"))
        act = points.dying(at) if how == "dies" else points.failing(
            at, getattr(errno, how, errno.ENOSPC), lasting=how == "full"
        )  # fmt: skip
        first = points.run(args, self.base, act)
        self.tally[f"command {how if how == 'dies' else 'fails'}"] += 1
        self.say(f"{' '.join(args[:-4])} {how} at point {at} of {whole.points} → {first.code}")
        assert "予期しない" not in first.said and "Traceback" not in first.said, (args, how, at, first.said)
        now = self.masters()
        for path, data in now.items():
            assert data in (old.get(path), new.get(path)), ("neither old nor new", path)
        assert first.code != 3 or now == old, ("said that nothing was changed", args, how, at)
        assert first.code != 0 or now == new, ("said that all was done", args, how, at)
        if now == old and old != new and choose.below(3) == 2:
            for one in self.years:
                one.littered = True
            raise Abandoned
        ran = run(args)
        done = ran.code == 2 and self.masters() == new
        assert done or ran.code in (0, whole.code), (args, how, at, ran, whole)
        self._swept(year, args[0])
        found = points.files(self.base)
        for name in [name for name in found if name not in result and "/master/backup/" in name]:
            del found[name]  # the next write of the master removes what is older than the last thirty
        assert found == result, ("other books after a crash", args, how, at, points._differ(result, found))
        return ran if ran.code == whole.code else Ran(whole.code, whole.said)

    def masters(self) -> dict[Path, bytes]:
        """Return the masters of all years."""
        return {path: path.read_bytes() for path in sorted(self.base.glob("*/master/master.xlsx"))}

    def _restore(self, side: Path) -> None:
        shutil.rmtree(self.base)
        shutil.copytree(side, self.base)


def run(args: Sequence[str]) -> Ran:
    """Run a command in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(out):
        code = dxreport(list(args))
    return Ran(code, out.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]

"""Run collect: read returns, append them to the log, and write the resulting changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..domain.errors import DxreportError
from ..intake.gather import gather
from ..intake.limits import unexpected
from ..intake.returned import ReturnedFile
from ..workers import ALONE, Choice, Watch
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready_to_write
from .commit import Books, opened, rewritten
from .copies import FOLDER
from .corrected import corrected_copies
from .plan import Plan
from .planner import Planner
from .reader import Ask, FileReader


@dataclass(frozen=True, slots=True)
class Collected:
    """The plan of a collect, carried out unless it was a dry run; ``copies`` are the corrected copies written."""

    plan: Plan
    copies: tuple[Path, ...] = ()


def collect(
    workspace: Workspace,
    paths: Iterable[Path],
    now: datetime,
    *,
    dry_run: bool = False,
    replace: bool = False,
    passwords: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    watch: Watch = iter,
    workers: Choice = ALONE,
) -> Collected:
    """Read, judge and merge returns; with ``dry_run``, only return the plan.

    ``replace`` makes every open cell of a return an answer. ``passwords`` and ``ask`` are as in FileReader; ``watch``
    wraps the files while they are gathered, and again while the ``workers`` read them. If the master is rewritten
    meanwhile, master and returns are read again, so that nobody needs to repeat the command. Raise UsageError if a path
    does not exist or is a folder of our own files, MasterError or LockedError if the master cannot be read or written,
    DxreportError if the year is closed.
    """
    if not dry_run:
        ready_to_write(workspace)
    work = _Work(workspace, now, passwords, ask, whole=replace, workers=workers)
    spool = work.books.store.spool
    found = watch(gather(paths, workspace.own))
    files = [dataclasses.replace(file, data=spool.keep(bytes(file.data))) for file in found]
    try:
        work.plan(files, watch)
    except DxreportError:
        raise
    except Exception as error:  # an answer that nobody foresaw broke a rule
        files = _without_culprits(work, files, error)
        work.plan(files)
    if dry_run:
        return Collected(work.made)
    with locked(workspace.lock):
        if rewritten(work.books):
            work.plan(files)
        copies = _copies(work.books, work.made, workers)
        records = {workspace.root / path: text.encode("utf-8") for path, text in work.faults.items()}
        work.books.commit("collect", work.made, now, after={**copies, **records})
    return Collected(work.made, tuple(copies))


class _Work:
    """Plans on the current books, again if they change, and keeps the passwords that were entered."""

    def __init__(
        self,
        workspace: Workspace,
        now: datetime,
        passwords: Mapping[str, str] | None,
        ask: Ask | None,
        *,
        whole: bool,
        workers: Choice,
    ) -> None:
        self._workspace, self._now, self._passwords, self._ask = workspace, now, passwords, ask
        self._whole, self._workers = whole, workers
        self._start()

    def _start(self) -> None:
        self.books = _open_year(self._workspace, self._now)
        self.reader = FileReader(self.books.master, self.books.store.archive, self._passwords, self._ask)
        self._passwords, self._fresh = self.reader.passwords, True

    def plan(self, files: Sequence[ReturnedFile], watch: Watch = iter) -> None:
        """Plan these files: set ``made`` to the plan and ``faults`` to the records of our own failures."""
        if not self._fresh:
            self._start()
        self._fresh = False
        planner = Planner(self.books, self.reader, whole=self._whole, workers=self._workers)
        self.made = planner.plan(files, watch)
        self.faults = planner.faults


def _without_culprits(work: _Work, files: Sequence[ReturnedFile], error: Exception) -> list[ReturnedFile]:
    """Return the files, with a refusal in those that fail alone. Raise ``error`` if none does."""
    out = []
    for file in files:
        try:
            work.plan([file])
            out.append(file)
        except DxreportError:
            raise
        except Exception as own:
            refusal = unexpected(own)
            out.append(dataclasses.replace(file, problem=refusal.code, detail=refusal.detail, trace=refusal.trace))
    if out == list(files):
        raise error
    return out


def _open_year(workspace: Workspace, now: datetime) -> Books:
    books = opened(workspace, now)
    if books.master.settings.closed:
        raise DxreportError(
            f"{books.master.settings.fiscal_year.label}の受付は締め切られています。",
            "受け付けるには、マスターの「設定」シートの「年度の受付」を「受付中」にしてください。",
        )
    return books


def _copies(books: Books, plan: Plan, workers: Choice) -> dict[Path, bytes]:
    folder = books.workspace.reports / FOLDER
    made = corrected_copies(books.workspace, books.master, plan, workers)
    return {folder / f"{return_id}_{name}": data for return_id, name, data in made}

"""The whole of collect: read returns, append them to the log, and write what the fold makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..domain.errors import DxreportError
from ..intake.gather import gather
from ..intake.returned import ReturnedFile
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready
from .commit import Books, opened, rewritten
from .corrected import FOLDER, corrected_copies
from .plan import Plan
from .planner import Planner
from .reader import Ask, FileReader


@dataclass(frozen=True, slots=True)
class Collected:
    """What was planned, and done unless it was a dry run; ``copies`` are the corrected copies written."""

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
    watch: Callable[[list[ReturnedFile]], Iterable[ReturnedFile]] = iter,
) -> Collected:
    """Read, judge and merge returns; with ``dry_run`` only say what would happen.

    ``passwords`` and ``ask`` as in FileReader. ``watch`` wraps the files as they are read. A master that is
    written meanwhile is read again, and the returns with it, so that nobody need run it twice. Raises UsageError
    for a path that is not there, MasterError or LockedError when the master cannot be read or written,
    DxreportError when the year is closed.
    """
    if not dry_run:
        ready(workspace)
    books = _open_year(workspace, now)
    files = list(gather(paths))
    planner = Planner(books, FileReader(books.master, books.kept.archive, passwords, ask), whole=replace)
    plan = planner.plan(watch(files))
    if dry_run:
        return Collected(plan)
    with locked(workspace.lock):
        if rewritten(books):
            books = _open_year(workspace, now)
            reader = FileReader(books.master, books.kept.archive, planner.reader.passwords, ask)
            plan = Planner(books, reader, whole=replace).plan(files)
        copies = _copies(books, plan)
        books.commit("collect", plan, now, after=copies)
    return Collected(plan, tuple(copies))


def _open_year(workspace: Workspace, now: datetime) -> Books:
    books = opened(workspace, now)
    if books.master.settings.closed:
        raise DxreportError(
            f"{books.master.settings.fiscal_year.label}の受付は締め切られています。",
            "受け付けるには、マスターの「設定」シートの「年度の受付」を「受付中」にしてください。",
        )
    return books


def _copies(books: Books, plan: Plan) -> dict[Path, bytes]:
    folder = books.workspace.reports / FOLDER
    made: Sequence[tuple[str, str, bytes]] = corrected_copies(books.workspace, books.master, plan)
    return {folder / f"{return_id}_{name}": data for return_id, name, data in made}

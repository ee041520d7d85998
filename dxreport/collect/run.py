"""The whole of collect, for commands and for others who read returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..domain.errors import DxreportError
from ..intake.gather import ReturnedFile, gather
from ..intake.workbook import is_corrected_copy
from ..issue.store import Archive
from ..master.read import read_master
from ..master.records import Master
from ..workspace.paths import Workspace
from .applied import apply
from .corrected import FOLDER, corrected_copies
from .halves import Halves
from .judge import Ask, Judge
from .kept import Kept
from .originals import kept_numbers
from .plan import Plan
from .planned import Planner


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

    ``passwords`` and ``ask`` as in Judge. ``watch`` wraps the files as they are worked on. Raises UsageError for a path that is not there,
    MasterError or LockedError when the master cannot be read or written, DxreportError when the year is closed.
    """
    master = read_master(workspace.master)
    if master.settings.closed:
        raise DxreportError(
            f"{master.settings.fiscal_year.label}の受付は締め切られています。",
            "受け付けるには、マスターの「設定」シートの「年度の受付」を「受付中」にしてください。",
        )
    plan = plan_files(
        workspace, master, watch(in_order(gather(paths))), now, replace=replace, passwords=passwords, ask=ask
    )
    if dry_run:
        return Collected(plan)
    copies = {
        workspace.reports / FOLDER / f"{planned.return_id}_{name}": data
        for planned, name, data in corrected_copies(workspace, master, plan)
    }
    apply(workspace, master, plan, now, copies)
    return Collected(plan, tuple(copies))


def in_order(files: Iterable[ReturnedFile]) -> list[ReturnedFile]:
    """The files in the order in which departments sent them, as far as that is known; else as they were gathered.

    What came by mail stands by the date of the mail. Of the others a corrected copy comes last, since its
    original came before it; the rest come first. The dates of files are not asked: copying changes them.
    """

    def key(file: ReturnedFile) -> tuple[int, str, bool]:
        copy = is_corrected_copy(file.data)
        return 1 if file.received else 2 * copy, file.received, copy

    return sorted(files, key=key)


def plan_files(
    workspace: Workspace,
    master: Master,
    files: Iterable[ReturnedFile],
    now: datetime,
    *,
    replace: bool = False,
    passwords: Mapping[str, str] | None = None,
    ask: Ask | None = None,
) -> Plan:
    """The plan for these files on this master."""
    planner = Planner(master, now, replace=replace, kept=kept_numbers(workspace))
    judge = Judge(master, Archive(workspace), passwords, planner.standing, ask)
    kept = Kept(workspace, judge)
    halves = Halves(judge, planner, kept)
    for file in files:
        judged = judge.file(file)
        planned = planner.add(judged if replace else halves.joined(judged))
        kept.keep(planned.return_id, judged)
    return planner.plan()

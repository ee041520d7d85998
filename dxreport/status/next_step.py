"""Find the next step once every sheet of a round is in, from the master and the files in ``reports/``.

Rounds follow each other in the order of 設定. A report or publication older than the master has to be made again.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ..domain import problems
from ..domain.fields import QUARTER_LABELS
from ..domain.model import Round, Settings
from ..domain.problems import Problem, choices, problem
from ..master.records import Master
from ..master.schema import DEPARTMENTS, MEASURES
from ..workspace.files import file_name
from ..workspace.paths import Workspace


class Step(NamedTuple):
    """A command to type; ``begins`` is the first day on which it makes sense, if still to come."""

    command: str
    round: str = ""
    begins: date | None = None


def empty_tables(master: Master) -> Problem | None:
    """Return the problem of a master without departments or without measures, None for any other."""
    tables = ((DEPARTMENTS.name, master.departments), (MEASURES.name, master.measures))
    blank = [name for name, rows in tables if not rows]
    if not blank:
        return None
    params = {"sheets": choices(blank)}
    return problem(problems.MASTER_EMPTY, params, sheet=blank[0], cell="A2", label=f"{blank[0]}の表")


def render_command(round_: Round) -> str:
    """Return the command that issues a round."""
    if round_.quarter:
        return f"dxreport render --quarter {round_.quarter}"
    name = f'"{round_.name}"' if " " in round_.name else round_.name
    return f"dxreport render --round {name}"


def step_after(workspace: Workspace, master: Master, round_: Round, today: date) -> Step:
    """Return the next step once every sheet of a round is in."""
    if round_.quarter and all(final.quarter != QUARTER_LABELS[round_.quarter] for final in master.finals):
        made = _stands(workspace, master, QUARTER_LABELS[round_.quarter], "報告")
        return Step(f"dxreport report --quarter {round_.quarter}{' --final' if made else ''}")
    rounds = master.settings.rounds
    names = [r.name for r in rounds]
    if round_.name in names and (later := rounds[names.index(round_.name) + 1 :]):
        begins = _begins(later[0], master.settings)
        return Step(render_command(later[0]), later[0].name, begins if begins and begins > today else None)
    if not _stands(workspace, master, "公表"):
        return Step("dxreport publish")
    return _next_year(workspace, master.settings)


def _begins(round_: Round, settings: Settings) -> date | None:
    """Return the first day of a round's quarter, or of the next fiscal year if the round closes the year."""
    year = settings.fiscal_year
    if round_.quarter:
        months = 3 + 3 * (round_.quarter - 1)  # from January
        return date(year.western + months // 12, months % 12 + 1, 1)
    return date(year.western + 1, 4, 1) if settings.closes(round_) else None


def _stands(workspace: Workspace, master: Master, *words: str) -> bool:
    """Return True if these papers were made since the master was last written."""
    folder = workspace.reports / file_name("_".join((master.settings.fiscal_year.label, *words)))
    made = [path.stat().st_mtime_ns for path in folder.glob("*") if path.is_file()]
    return bool(made) and max(made) >= workspace.master.stat().st_mtime_ns


def _next_year(workspace: Workspace, settings: Settings) -> Step:
    """Return the step into the next year: open it, or go there; after the last year of the plan, begin a new one."""
    year = settings.fiscal_year + 1
    if year not in settings.plan_years:
        return Step(f"dxreport init {year.label}")
    if Workspace(workspace.root.resolve().parent / year.label).master.is_file():
        return Step(f"dxreport -C ../{year.label}")
    return Step("dxreport rollover")

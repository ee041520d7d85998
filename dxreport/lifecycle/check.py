"""Check the master and the templates.

Nothing is written, so a check works while the master is open in Excel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..collect.ledger_check import ledger_problems
from ..domain import problems
from ..domain.errors import MasterError
from ..domain.fields import Ref
from ..domain.model import Measure, Round
from ..domain.problems import Problem, problem
from ..issue.store import Archive
from ..master.records import Master
from ..report.coordination import measure_problems
from ..report.declared import Inputs
from ..workspace.paths import Workspace
from ..workspace.secret import secret_name
from .check_settings import settings_problems, twice
from .check_templates import CheckedTemplate, Templates


@dataclass(frozen=True, slots=True)
class CheckedMeasure:
    """A measure and its problems, at cells of the master."""

    id: str
    name: str
    department: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of a check for a round: its running measures, the templates, the problems of 設定 and of the ledgers."""

    round: Round
    measures: tuple[CheckedMeasure, ...]
    templates: tuple[CheckedTemplate, ...]
    settings: tuple[Problem, ...]
    ledgers: tuple[Problem, ...] = ()


def audit(master: Master, folder: Path, round_: Round, workspace: Workspace | None = None) -> Audit:
    """Check every measure that runs in a round, 設定, and every template in a folder.

    With a ``workspace``, compare the ledgers with its log. Raise TemplateError for a folder without templates.
    """
    templates = Templates(folder, master)
    asked = templates.asked()
    measures = tuple(_checked(master, m, round_, asked.get(m.id)) for m in master.running(round_))
    ledgers = (*ledger_problems(workspace, master), *_unsealed(workspace, master)) if workspace else ()
    return Audit(round_, measures, templates.checked, tuple(settings_problems(master, templates)), ledgers)


def _checked(master: Master, measure: Measure, round_: Round, inputs: Inputs | None) -> CheckedMeasure:
    names = [(a.name, master.place(measure.id, Ref("activity.name", a.key))) for a in measure.activities]
    found = (*measure_problems(master, measure, round_, inputs), *twice("取組内容", names))
    return CheckedMeasure(measure.id, measure.name, measure.lead_department, found)


def _unsealed(workspace: Workspace, master: Master) -> Iterator[Problem]:
    """Find issues whose stamps were sealed with another secret than today's."""
    archive = Archive(workspace, master.settings.catalogue)
    own, lost = ("", secret_name(archive.secret)), []
    for issue in master.issues:
        with suppress(MasterError):  # a damaged snapshot is reported by the command that needs it
            snapshot = archive.snapshot(issue.id)
            lost += [issue.id] if snapshot and snapshot.seal not in own else []
    if lost:
        yield problem(problems.SECRET_CHANGED, {"issues": "、".join(lost)})

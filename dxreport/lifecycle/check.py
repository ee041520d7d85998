"""Check: problems of the master and the templates.

Only reads, so it works while the master is open in Excel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..domain import problems
from ..domain.errors import TemplateError
from ..domain.model import Measure, Ref, Round
from ..domain.problems import Problem, problem, shown
from ..form.compile import load_form
from ..form.records import Form
from ..issue.render import FORM_NAME
from ..master.records import Direction, Master
from ..master.schema import DIRECTION, DIRECTION_FIELD, PROGRESS, ROUNDS, tables_of
from ..master.workbook import MasterWorkbook
from ..ooxml.package import Package
from ..report.achievement import is_comparable
from ..report.coordination import measure_problems
from ..report.states import WITHOUT_WORD, running
from ..rules import item_name
from .check_rounds import missing_fields
from .try_out import trial_faults


@dataclass(frozen=True, slots=True)
class CheckedMeasure:
    """A measure and its problems, at cells of the master."""

    id: str
    name: str
    department: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CheckedTemplate:
    """A form template; ``faults`` keep it from being used, ``notes`` do not."""

    path: Path
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """A check in a round: the measures that run in it, the templates, the problems of 設定."""

    round: Round
    measures: tuple[CheckedMeasure, ...]
    templates: tuple[CheckedTemplate, ...]
    settings: tuple[Problem, ...] = ()

    @property
    def problems(self) -> int:
        """The number of problems of measures."""
        return sum(len(m.problems) for m in self.measures)

    @property
    def faults(self) -> int:
        """The number of faults of templates."""
        return sum(len(t.faults) for t in self.templates)

    @property
    def notes(self) -> int:
        """The number of notes on templates."""
        return sum(len(t.notes) for t in self.templates)

    @property
    def findings(self) -> int:
        """The number of findings of any kind."""
        return self.problems + self.faults + self.notes + len(self.settings)


def audit(master: Master, templates: Path, round_: Round) -> Audit:
    """Check every measure that runs in a round, 設定, and every template in a folder.

    Raises TemplateError for a folder without templates.
    """
    measures = tuple(_measure(master, m, round_) for m in running(master, round_.quarter))
    forms = dict(_templates(master, templates))
    issued = next((form for checked, form in forms.items() if checked.path.name == FORM_NAME), None)
    missing = missing_fields(master, issued) if issued else ()
    return Audit(round_, measures, tuple(forms), (*_words(master), *_rounds(master), *missing))


def _words(master: Master) -> Iterator[Problem]:
    """Find words of 進捗 that would give the report two columns with the same heading."""
    _, rows = MasterWorkbook(Package(master.data)).read_table(PROGRESS)
    seen = {category.label: problems.PROGRESS_RESERVED for category in WITHOUT_WORD}
    header = PROGRESS.keys[0]
    for row in rows:
        word, place = row[header].strip(), row.place(header)
        if kind := seen.get(word):
            yield problem(kind, {"value": word}, sheet=place.sheet, cell=place.cell, label=header, value=word)
        seen.setdefault(word, problems.PROGRESS_TWICE)


def _rounds(master: Master) -> Iterator[Problem]:
    """Find rounds without inputs for departments."""
    _, rows = MasterWorkbook(Package(master.data)).read_table(ROUNDS)
    closed = {r.name for r in master.settings.rounds if not r.opens}
    for row in rows:
        name, place = row[ROUNDS.keys[0]].strip(), row.place("入力欄")
        if name in closed:
            yield problem(problems.ROUND_CLOSED, {"round": name}, sheet=place.sheet, cell=place.cell, label="入力欄")


def _measure(master: Master, measure: Measure, round_: Round) -> CheckedMeasure:
    found = (*measure_problems(master, measure, round_), *_directions(master, measure))
    return CheckedMeasure(measure.id, measure.name, measure.lead_department, found)


def _directions(master: Master, measure: Measure) -> Iterator[Problem]:
    """Find outcomes with a number that cannot be judged without 方向, in years that have begun; one problem a cause."""
    by_text: dict[str, list[Ref]] = {}
    for o in measure.outcomes:
        undeclared = master.direction(measure.id, o.key) is Direction.UNKNOWN
        if undeclared and any(is_comparable(year.target) for year in o.years[: master.settings.plan_year]):
            text = master.directions.get((measure.id, o.key), "")
            by_text.setdefault(text, []).append(Ref(DIRECTION_FIELD, o.key))
    area = master.tables[tables_of(master.settings).lists["outcome"].name]
    for text, refs in by_text.items():
        rows = [area.rows[measure.id, ref.item] for ref in refs] if DIRECTION in area.columns else []
        blank = "方向が空欄の" if rows else f"「{DIRECTION}」の列がない"
        yield problem(
            problems.DIRECTION_MISSING,
            {"reason": f"方向「{shown(text)}」は使えないことばの" if text else blank},
            sheet=area.sheet,
            cell="、".join(area.cell(row, DIRECTION) for row in rows),
            field=str(refs[0]),
            label="、".join(item_name(ref, measure.values(), master.settings.catalogue) for ref in refs)
            + f" {DIRECTION}",
            value=text,
            fields=tuple(map(str, refs)),
        )


def _templates(master: Master, folder: Path) -> Iterator[tuple[CheckedTemplate, Form | None]]:
    """Yield each template with its form, None where it has faults."""
    paths = sorted(p for p in folder.glob("*.xlsx") if not p.name.startswith(("~$", ".")))
    if not paths:
        raise TemplateError(str(folder), ("様式（.xlsx）がありません。",))
    for path in paths:
        try:
            form = load_form(path, master.settings.catalogue)
        except TemplateError as error:
            yield CheckedTemplate(path, faults=error.faults), None
        else:
            yield CheckedTemplate(path, trial_faults(form, master), form.notes), form

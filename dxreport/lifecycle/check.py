"""Check: problems of the master and the templates.

Only reads, so it works while the master is open in Excel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..domain import problems
from ..domain.errors import DxreportError, TemplateError
from ..domain.fields import Access, access
from ..domain.model import Measure, Ref, Round
from ..domain.problems import Problem, problem, shown
from ..form.compile import load_form
from ..form.expressions import Computed, tag_of
from ..form.faults import CannotShow
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..issue.read_back import UnreadableForm, check_readable
from ..issue.render import FORM_NAME
from ..master.records import Direction, Master
from ..master.schema import DIRECTION, DIRECTION_FIELD, PROGRESS, ROUNDS, tables_of
from ..master.workbook import MasterWorkbook
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..report.achievement import is_comparable
from ..report.coordination import measure_problems
from ..report.states import WITHOUT_WORD, running
from ..rules import item_name

_TRIAL = "R00X-000"  # the number of an issue that is never made


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
    settings: tuple[Problem, ...]


def audit(master: Master, templates: Path, round_: Round) -> Audit:
    """Check every measure that runs in a round, 設定, and every template in a folder.

    Raises TemplateError for a folder without templates.
    """
    measures = [
        CheckedMeasure(m.id, m.name, m.lead_department, (*measure_problems(master, m, round_), *_directions(master, m)))
        for m in running(master, round_.quarter)
    ]
    paths = sorted(p for p in templates.glob("*.xlsx") if not p.name.startswith(("~$", ".")))
    if not paths:
        raise TemplateError(str(templates), ("様式（.xlsx）がありません。",))
    checked, issued = [], None
    for path in paths:
        try:
            form = load_form(path, master.settings.catalogue)
        except TemplateError as error:
            checked.append(CheckedTemplate(path, faults=error.faults))
            continue
        checked.append(CheckedTemplate(path, _trial_faults(form, master), form.notes))
        if path.name == FORM_NAME:
            issued = form
    return Audit(round_, tuple(measures), tuple(checked), tuple(_settings(master, issued)))


def _settings(master: Master, form: Form | None) -> Iterator[Problem]:
    """Find words of 進捗 that give the report two columns of one heading, and rounds without inputs for departments.

    An input group of a round that ``form`` has no input cell for is found too.
    """
    book = MasterWorkbook(Package(master.data))
    seen = {category.label: problems.PROGRESS_RESERVED for category in WITHOUT_WORD}
    header = PROGRESS.keys[0]
    for row in book.read_table(PROGRESS)[1]:
        word, place = row[header].strip(), row.place(header)
        if kind := seen.get(word):
            yield problem(kind, {"value": word}, sheet=place.sheet, cell=place.cell, label=header, value=word)
        seen.setdefault(word, problems.PROGRESS_TWICE)
    rounds = list(zip(book.read_table(ROUNDS)[1], master.settings.rounds, strict=True))
    for row, round_ in rounds:
        if not round_.opens:
            place, params = row.place("入力欄"), {"round": round_.name}
            yield problem(problems.ROUND_CLOSED, params, sheet=place.sheet, cell=place.cell, label="入力欄")
    for row, round_ in rounds:
        for group, tag in _without_input(master, form, round_) if form else ():
            column = "必須欄" if group in round_.requires else "入力欄"
            place, params = row.place(column), {"round": round_.name, "column": column, "group": group, "tag": tag}
            kind = problems.ROUND_WITHOUT_FIELD
            yield problem(kind, params, sheet=place.sheet, cell=place.cell, label=column, value=group)


def _without_input(master: Master, form: Form, round_: Round) -> Iterator[tuple[str, str]]:
    """Yield the groups that a round opens but the form does not, each with a tag that would show it."""
    try:
        prepared = PreparedForm(form, round_, master.settings, "")
    except TemplateError:
        return
    inputs = input_fields(form, prepared.possible_rows(), prepared.this.quarter, prepared.this.year)
    catalogue = master.settings.catalogue
    for group in sorted(round_.opens):
        opened = [
            (field, period)
            for field in catalogue.fields
            if field.group == group
            for period in catalogue.periods(field)
            if access(field.key, period, round_, master.settings) is Access.OPEN
        ]
        if opened and not inputs.intersection((field.key, n) for field, n in opened):
            yield group, tag_of(*opened[0])


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


def _trial_faults(form: Form, master: Master) -> tuple[str, ...]:
    """Fill the form in as ``render`` would, all measures in the first round and one in the others; return what fails."""
    found: dict[str, str] = {}  # by the text of the template that fails
    for n, round_ in enumerate(master.settings.rounds):
        try:
            prepared = PreparedForm(form, round_, master.settings, "")
        except TemplateError as error:
            found |= {fault: fault for fault in error.faults}
            continue
        measures = master.measures if not n else master.measures[:1]
        with suppress(DxreportError):
            _try(prepared, measures)
            continue
        for measure in measures:
            try:
                _try(prepared, [measure])
            except CannotShow as error:
                found.setdefault(error.source, _placed(form, error))
            except UnreadableForm as error:
                found.setdefault("", error.message)
            except DxreportError:
                pass  # a text of the master that no cell can hold
    return tuple(found.values())


def _try(prepared: PreparedForm, measures: Sequence[Measure]) -> None:
    """Render the measures into one workbook, and read its first sheet back."""
    if measures:
        check_readable(render_book(prepared, measures, _TRIAL).data, prepared, measures)


def _placed(form: Form, error: CannotShow) -> str:
    """The message of an error, with the cells whose text fails in front."""
    texts = ((c.at, c.content) for row in form.rows.values() for c in row.cells)
    names = "、".join(address(*at) for at, text in texts if isinstance(text, Computed) and text.source == error.source)
    return f"シート「{form.sheet}」{f' {names}' if names else ''}: {error.message}"

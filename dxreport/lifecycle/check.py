"""Check the master and the templates.

Nothing is written, so a check works while the master is open in Excel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..collect.strayed import strayed
from ..domain import problems
from ..domain.addresses import address_problems
from ..domain.days import printed, wrong_weekday
from ..domain.errors import DxreportError, MasterError, TemplateError
from ..domain.fields import Access, Field, Ref, access
from ..domain.model import Measure, Round, Settings
from ..domain.problems import Problem, ProblemKind, choices, problem
from ..domain.spelling import area_code
from ..domain.values import is_blank, unspaced
from ..form.compile import load_form
from ..form.expressions import Computed
from ..form.faults import CannotShow
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..form.variables import tag_of
from ..issue.forms import default_form, find_form, form_files, other_books, said_form, suggested_form
from ..issue.read_back import UnreadableForm, check_readable
from ..issue.store import Archive
from ..master import schema
from ..master.records import Master, Place
from ..master.workbook import MasterWorkbook, TableRow, plain_id
from ..ooxml.package import Package
from ..ooxml.refs import address
from ..report import states
from ..report.coordination import measure_problems
from ..report.declared import Asked, Inputs
from ..report.states import WITHOUT_WORD
from ..status.next_step import empty_tables
from ..status.round_status import changed_since_issue
from ..workspace.paths import Workspace
from ..workspace.secret import secret_name
from .template_words import word_notes

_ASKED = ("city", "plan", "office", "contact")  # names in 設定 that have no default
_UNUSED = "この様式は、どの施策、部署、回にも使われていません（使うには、マスターの「様式」の列に名前を書きます）。"
_OTHER_FORMAT = "様式に使えるのは .xlsx のファイルです。Excel ブック（.xlsx）で保存し直してください。"
_WEEKEND = (5, 6)
_ENDS = ("中止", "完了", "終了", "廃止", "取りやめ")  # in words of 進捗 after which an activity is over
_TRIED_AT_ONCE = 100  # measures in a workbook of the trial, which is in memory whole
_TRIAL = "R00X-000"  # the number of the trial issue; no real issue has it


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
    """The result of a check for a round: its running measures, the templates, the problems of 設定 and of the ledgers."""

    round: Round
    measures: tuple[CheckedMeasure, ...]
    templates: tuple[CheckedTemplate, ...]
    settings: tuple[Problem, ...]
    ledgers: tuple[Problem, ...] = ()


def audit(master: Master, templates: Path, round_: Round, workspace: Workspace | None = None) -> Audit:
    """Check every measure that runs in a round, 設定, and every template in a folder.

    With a ``workspace``, compare the ledgers with its log. Raise TemplateError for a folder without templates.
    """
    files = form_files(templates)
    if not files:
        raise TemplateError(str(templates), ("様式（.xlsx）がありません。",))
    uses = {r.name: _used(master, r, files) for r in master.settings.rounds}
    checked: list[CheckedTemplate] = []
    forms: dict[Path, Form] = {}
    for path in files:
        used_in = {name: used[path] for name, used in uses.items() if path in used}
        try:
            forms[path] = form = load_form(path, master.settings.catalogue)
        except TemplateError as error:
            checked.append(CheckedTemplate(path, error.faults, () if used_in else (_UNUSED,)))
            continue
        notes = (*form.notes, *word_notes(form, master.settings), *(() if used_in else (_UNUSED,)))
        checked.append(CheckedTemplate(path, _trial_faults(form, master, used_in), notes))
    checked += (CheckedTemplate(path, (), (_OTHER_FORMAT,)) for path in other_books(templates))
    book = MasterWorkbook(Package(master.data))
    by_round = {name: [forms[p] for p in used] for name, used in uses.items() if used.keys() <= forms.keys()}
    asked = _asked(master.settings, uses, forms)
    measures = tuple(_checked(master, m, round_, asked.get(m.id)) for m in master.running(round_))
    settings = (
        *filter(None, [empty_tables(master)]),
        *_settings(master, book, by_round),
        *_named(book, files),
        *_unsaid(master, files),
        *_unopened(master),
        *_gone(master),
        *_names_twice(master, book),
        *_ended_all_year(master, book),
        *_lost(master),
    )
    ledgers = (*strayed(workspace, master), *_unsealed(workspace, master)) if workspace else ()
    return Audit(round_, measures, tuple(checked), settings, ledgers)


def _checked(master: Master, measure: Measure, round_: Round, inputs: Inputs | None) -> CheckedMeasure:
    names = [(a.name, master.place(measure.id, Ref("activity.name", a.key))) for a in measure.activities]
    found = (*measure_problems(master, measure, round_, inputs), *_twice("取組内容", names))
    return CheckedMeasure(measure.id, measure.name, measure.lead_department, found)


def _used(master: Master, round_: Round, files: Sequence[Path]) -> dict[Path, list[Measure]]:
    """Return the templates that a round uses, with the measures on each; a round without measures still uses one."""
    out: dict[Path, list[Measure]] = {}
    found = list(master.running(round_))
    for measure in found:
        name, _ = said_form(master, measure, round_)
        path = find_form(name, files) if name else default_form(files)
        if path:
            out.setdefault(path, []).append(measure)
    if not found and (path := find_form(round_.form, files) if round_.form else default_form(files)):
        out[path] = []
    return out


def _asked(
    settings: Settings, uses: Mapping[str, Mapping[Path, Sequence[Measure]]], forms: Mapping[Path, Form]
) -> Asked:
    """Return what the forms of all rounds ask for, by measure; a measure with a faulty form is left out."""
    out: dict[str, Inputs] = {}
    unknown: set[str] = set()
    for round_ in settings.rounds:
        for path, measures in uses[round_.name].items():
            inputs = inputs_of(forms[path], round_, settings) if path in forms else None
            unknown.update(m.id for m in measures if inputs is None)
            out |= {m.id: out.get(m.id, frozenset()) | (inputs or frozenset()) for m in measures}
    return {id_: inputs for id_, inputs in out.items() if id_ not in unknown}


def inputs_of(form: Form, round_: Round, settings: Settings) -> Inputs | None:
    """Return what a form has input cells for in a round, None for one that cannot be filled in."""
    try:
        prepared = PreparedForm(form, round_, settings, "")
    except TemplateError:
        return None
    return input_fields(form, prepared.possible_rows(), prepared.this.quarter, prepared.this.year)


def _named(book: MasterWorkbook, files: Sequence[Path]) -> Iterator[Problem]:
    """Find 様式 that do not name a template."""
    for table in (schema.MEASURES, schema.DEPARTMENTS, schema.ROUNDS):
        for row in book.read_table(table)[1]:
            if (name := row[schema.FORM].strip()) and not find_form(name, files):
                params = {"value": name, "reason": suggested_form(name, files)}
                yield _at(row, schema.FORM, problems.FORM_MISSING, params)


def _at(row: TableRow, column: str, kind: ProblemKind, params: Mapping[str, str], value: str = "") -> Problem:
    """Return the problem of a cell of the master; its ``value`` is the parameter of this name unless given."""
    place, value = row.place(column), value or params.get("value", "")
    return problem(kind, params, sheet=place.sheet, cell=place.cell, label=column, value=value)


def _in_settings(kind: ProblemKind, params: Mapping[str, str], cells: Iterable[str], label: str) -> Problem:
    return problem(kind, params, sheet=schema.SETTINGS_SHEET, cell="、".join(cells), label=label)


def _unsaid(master: Master, files: Sequence[Path]) -> Iterator[Problem]:
    """Find rounds with measures that have no 様式, if the folder has no default template."""
    if default_form(files):
        return
    for round_ in master.settings.rounds:
        ids = [m.id for m in master.running(round_) if not said_form(master, m, round_)[0]]
        if ids:
            params = {"round": round_.name, "measures": "、".join(ids), "reason": suggested_form("", files)}
            yield problem(problems.FORM_UNSAID, params, label=schema.FORM)


def _settings(master: Master, book: MasterWorkbook, forms: Mapping[str, Sequence[Form]]) -> Iterator[Problem]:
    """Find problems in 設定 and 部署; ``forms`` maps the name of a round to its forms."""
    yield from _names(book, master)
    yield from _unweighed(book, master.settings)
    yield from _addresses(book, master)
    yield from _words(book)
    rounds = list(zip(book.read_table(schema.ROUNDS)[1], master.settings.rounds, strict=True))
    for row, round_ in rounds:
        yield from _deadline(master, row, round_)
    for row, round_ in rounds:
        if not round_.opens:
            yield _at(row, "入力欄", problems.ROUND_CLOSED, {"round": round_.name})
    for row, round_ in rounds:
        absent = without_input(master.settings, forms.get(round_.name, ()), round_)
        for column, required in (("必須欄", True), ("入力欄", False)):
            tags = {group: tag for group, tag in absent.items() if (group in round_.requires) == required}
            if tags:
                params = {"round": round_.name, "column": column, "groups": choices(tags)}
                params["tag"] = next(iter(tags.values()))
                yield _at(row, column, problems.ROUND_WITHOUT_FIELD, params, "、".join(tags))


def _words(book: MasterWorkbook) -> Iterator[Problem]:
    """Find words of 進捗 that would give the report two columns of one heading."""
    seen = {category.label: problems.PROGRESS_RESERVED for category in WITHOUT_WORD}
    header = schema.PROGRESS.keys[0]
    for row in book.read_table(schema.PROGRESS)[1]:
        word = row[header].strip()
        if kind := seen.get(word):
            yield _at(row, header, kind, {"value": word})
        seen.setdefault(word, problems.PROGRESS_TWICE)


def _deadline(master: Master, row: TableRow, round_: Round) -> Iterator[Problem]:
    """Find a 締切 that names the wrong weekday, falls on a weekend, or has changed since sheets were issued."""
    written, day = row["締切"], printed(round_.deadline)
    if weekday := wrong_weekday(written):
        params = {"round": round_.name, "value": written, "weekday": weekday, "expected": day}
        yield _at(row, "締切", problems.WEEKDAY_WRONG, params)
    issued = any(issue.round == round_.name for issue in master.issues)
    if round_.deadline and date.fromisoformat(round_.deadline).weekday() in _WEEKEND and not issued:
        yield _at(row, "締切", problems.DEADLINE_ON_A_WEEKEND, {"round": round_.name, "value": day}, written)
    for found in changed_since_issue(master, round_):
        yield replace(found, cell=row.place("締切").cell) if found.sheet == schema.SETTINGS_SHEET else found


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


def _addresses(book: MasterWorkbook, master: Master) -> Iterator[Problem]:
    """Find missing and unreadable addresses of departments with measures, and those outside the mail domain."""
    used = {m.lead_department for m in master.measures}
    for row, department in zip(book.read_table(schema.DEPARTMENTS)[1], master.departments, strict=True):
        if department.name in used:
            place, label = row.place("宛先"), f"{department.name} 宛先"
            for p in address_problems(department.to, master.settings.mail_domain):
                yield replace(p, sheet=place.sheet, cell=place.cell, label=label)


def _unopened(master: Master) -> Iterator[Problem]:
    """Find declared fields with an input group that no round opens."""
    opened = {group for round_ in master.settings.rounds for group in round_.opens}
    for field in master.settings.catalogue.declared:
        if field.group and field.group not in opened:
            params = {"value": field.label, "group": field.group}
            yield problem(problems.FIELD_UNOPENED, params, sheet=schema.FIELDS.name, label="入力欄", value=field.name)


def _gone(master: Master) -> Iterator[Problem]:
    """Find fields with answers that are no longer in 項目."""
    known = {*master.settings.catalogue.field, schema.DIRECTION_FIELD, schema.RECEIPT_FIELD}
    gone = Counter(c.ref.field for c in master.changes if c.new.strip() and c.ref.field not in known)
    for key, count in sorted(gone.items()):
        params = {"value": key.rpartition(".")[2], "count": str(count)}
        yield problem(problems.FIELD_GONE, params, sheet=schema.FIELDS.name, label="名前", value=params["value"])


def _names(book: MasterWorkbook, master: Master) -> Iterator[Problem]:
    """Find blank names of the office and its plan, and 分野 of measures without a name of their own."""
    rows = {row["項目"].strip(): row for row in book.read_table(schema.GENERAL)[1]}
    blank = [schema.NAMES[name][0] for name in _ASKED if not getattr(master.settings.names, name)]
    if blank:
        cells = [rows[header].place("値").cell for header in blank if header in rows]
        params = {"names": "、".join(f"「{header}」" for header in blank)}
        yield _in_settings(problems.NAMES_BLANK, params, cells, "、".join(blank))
    places = {area_code(row["分野"]): row.place("分野名") for row in book.read_table(schema.AREAS)[1]}
    used = sorted({states.area_of(m.id) for m in master.measures})
    unnamed = [code for code in used if states.is_placeholder(code, master.settings.areas.get(code, ""))]
    if unnamed:
        cells = [places[code].cell for code in unnamed if code in places]
        params = {"areas": "、".join(unnamed)}
        yield _in_settings(problems.AREA_UNNAMED, params, cells, "分野名")


def _unweighed(book: MasterWorkbook, settings: Settings) -> Iterator[Problem]:
    """Find words of 進捗 without 重さ if others have one, and words like 中止 or 完了 without 課題の扱い."""
    rows = list(zip(book.read_table(schema.PROGRESS)[1], settings.progress_words, strict=True))
    blank = [(row, word) for row, word in rows if word.weight is None]
    if 0 < len(blank) < len(rows):
        cells = [row.place(schema.WEIGHT).cell for row, _ in blank]
        params = {"words": choices(word.word for _, word in blank)}
        yield _in_settings(problems.WEIGHT_MISSING, params, cells, schema.WEIGHT)
    for row, word in rows:
        if word.said is None and any(end in word.word for end in _ENDS):
            params = {"value": word.word, "expected": word.treatment.value}
            yield _at(row, schema.TREATMENT, problems.TREATMENT_UNSAID, params)


def _names_twice(master: Master, book: MasterWorkbook) -> Iterator[Problem]:
    """Find 施策 and 分野 of the same name, and a title of the report that repeats the plan's name."""
    names = master.settings.names
    if names.owner and not names.report_owner:
        params = {"names": f"「{names.owner}」"}
        yield _in_settings(problems.TITLE_TWICE, params, (), schema.NAMES["report"][0])
    measures = [(m.name, master.place(m.id, Ref("name"))) for m in master.measures]
    areas = [(row["分野名"], row.place("分野名")) for row in book.read_table(schema.AREAS)[1]]
    yield from _twice("施策名", measures)
    yield from _twice("分野名", areas)


def _ended_all_year(master: Master, book: MasterWorkbook) -> Iterator[Problem]:
    """Find measures that count as ended all year although they have progress, for want of a 状態の開始四半期."""
    rows = {plain_id(row[schema.ID]): row for row in book.read_table(schema.MEASURES)[1]}
    for measure in master.measures:
        standing, row = master.standings[measure.id], rows.get(measure.id)
        answered = any(not is_blank(q.progress) for a in measure.activities for q in a.quarters)
        if row and standing.ended and not standing.from_quarter and answered:
            params = {"state": standing.state.value}
            yield _at(row, schema.STATE_FROM, problems.STATE_SINCE_UNSAID, params, measure.id)


def _lost(master: Master) -> Iterator[Problem]:
    """Find measures that were issued and are no longer in the master."""
    lost = dict.fromkeys(id_ for issue in master.issues for id_ in issue.measures if master.measure(id_) is None)
    if lost:
        params = {"measures": "、".join(lost)}
        yield problem(problems.MEASURE_LOST, params, sheet=schema.MEASURES.name, label=schema.ID)


def _twice(field: str, named: Sequence[tuple[str, Place | None]]) -> Iterator[Problem]:
    """Find names that occur twice, apart from width and blanks."""
    alike: dict[str, list[tuple[str, Place | None]]] = {}
    for name, place in named:
        if not is_blank(name):
            alike.setdefault(unspaced(name), []).append((name, place))
    for found in (found for found in alike.values() if len(found) > 1):
        value, known = found[0][0], [place for _, place in found if place]
        params = {"field": field, "value": value, "count": str(len(found))}
        cell, sheet = "、".join(place.cell for place in known), known[0].sheet if known else ""
        yield problem(problems.NAME_TWICE, params, sheet=sheet, cell=cell, label=field, value=value)


def without_input(settings: Settings, forms: Sequence[Form], round_: Round) -> dict[str, str]:
    """Return the groups that a round opens but none of its forms does, each with a tag that would show it."""
    found = [inputs_of(form, round_, settings) for form in forms]
    if not found or None in found:
        return {}
    inputs = {cell for own in found if own for cell in own}
    opened: dict[str, list[tuple[Field, int]]] = {group: [] for group in settings.catalogue.groups}
    for field in settings.catalogue.fields:
        for period in settings.catalogue.periods(field):
            if access(field.key, period, round_, settings) is Access.OPEN:
                opened[field.group].append((field, period))
    return {
        group: tag_of(*cells[0])
        for group, cells in opened.items()
        if cells and not inputs.intersection((field.key, period) for field, period in cells)
    }


def _trial_faults(form: Form, master: Master, uses: Mapping[str, Sequence[Measure]]) -> tuple[str, ...]:
    """Render the form as ``render`` would; return what fails.

    A form in use is tried in its rounds with its measures, any other in all rounds with all measures: all of them in
    the first round, one in each other.
    """
    found: dict[str, str] = {}  # by the template text that fails
    rounds = [r for r in master.settings.rounds if r.name in uses or not uses]
    for n, round_ in enumerate(rounds):
        theirs = uses.get(round_.name) or master.measures
        try:
            prepared = PreparedForm(form, round_, master.settings, "")
        except TemplateError as error:
            found |= {fault: fault for fault in error.faults}
            continue
        measures = theirs if not n else theirs[:1]
        for first in range(0, len(measures), _TRIED_AT_ONCE):
            failing = _failing(prepared, measures[first : first + _TRIED_AT_ONCE])
            found |= {source: fault for source, fault in failing.items() if source not in found}
    return tuple(found.values())


def _failing(prepared: PreparedForm, measures: Sequence[Measure]) -> dict[str, str]:
    """Return what fails when these measures are rendered, by the template text that does."""
    with suppress(DxreportError):
        _try(prepared, measures)
        return {}
    found: dict[str, str] = {}
    for measure in measures:
        try:
            _try(prepared, [measure])
        except CannotShow as error:
            found.setdefault(error.source, _placed(prepared.form, error))
        except UnreadableForm as error:
            found.setdefault("", error.message)
        except DxreportError:
            pass  # a text of the master that no cell can hold: not a fault of the form
    return found


def _try(prepared: PreparedForm, measures: Sequence[Measure]) -> None:
    """Render the measures into one workbook, and read its first sheet back. Raise DxreportError if that fails."""
    check_readable(render_book(prepared, measures, _TRIAL).data, prepared, measures)


def _placed(form: Form, error: CannotShow) -> str:
    """Return the message of an error after the cells whose text fails."""
    texts = ((c.at, c.content) for row in form.rows.values() for c in row.cells)
    names = "、".join(address(*at) for at, text in texts if isinstance(text, Computed) and text.source == error.source)
    return f"シート「{form.sheet}」{f' {names}' if names else ''}: {error.message}"

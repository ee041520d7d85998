"""Check 設定, 部署 and the rest of the master that is not about a single measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ..domain import problems
from ..domain.addresses import address_problems
from ..domain.days import printed, wrong_weekday
from ..domain.fields import Ref
from ..domain.model import Round, Settings
from ..domain.problems import Problem, ProblemKind, choices, problem
from ..domain.spelling import area_code
from ..domain.values import is_blank, unspaced
from ..issue.forms import default_form, find_form, form_named_for, suggested_form
from ..master import schema
from ..master.records import Master, Place
from ..master.workbook import MasterWorkbook, TableRow, plain_id
from ..ooxml.package import Package
from ..report import states
from ..report.states import WITHOUT_WORD
from ..status.next_step import empty_tables
from ..status.round_status import changed_since_issue
from .check_templates import Templates

_WITHOUT_DEFAULT = ("city", "plan", "office", "contact")  # names in 設定 that have no default
_WEEKEND = (5, 6)
_ENDS = ("中止", "完了", "終了", "廃止", "取りやめ")  # in words of 進捗 after which an activity is over


def settings_problems(master: Master, templates: Templates) -> Iterator[Problem]:
    """Find the problems of the master that no single measure has."""
    book = MasterWorkbook(Package(master.data))
    yield from filter(None, [empty_tables(master)])
    yield from _names_blank(book, master)
    yield from _unweighed(book, master.settings)
    yield from _addresses(book, master)
    yield from _words(book)
    yield from _rounds(book, master, templates)
    yield from _forms_missing(book, templates.files)
    yield from _forms_unsaid(master, templates.files)
    yield from _fields_unopened(master)
    yield from _fields_gone(master)
    yield from _names_twice(master, book)
    yield from _ended_all_year(master, book)
    yield from _measures_lost(master)


def _names_blank(book: MasterWorkbook, master: Master) -> Iterator[Problem]:
    """Find blank names of the office and its plan, and 分野 of measures without a name of their own."""
    rows = {row["項目"].strip(): row for row in book.read_table(schema.GENERAL)[1]}
    blank = [schema.NAMES[name][0] for name in _WITHOUT_DEFAULT if not getattr(master.settings.names, name)]
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


def _addresses(book: MasterWorkbook, master: Master) -> Iterator[Problem]:
    """Find missing and unreadable addresses of departments with measures, and those outside the mail domain."""
    used = {m.lead_department for m in master.measures}
    for row, department in zip(book.read_table(schema.DEPARTMENTS)[1], master.departments, strict=True):
        if department.name in used:
            place, label = row.place("宛先"), f"{department.name} 宛先"
            for p in address_problems(department.to, master.settings.mail_domain):
                yield replace(p, sheet=place.sheet, cell=place.cell, label=label)


def _words(book: MasterWorkbook) -> Iterator[Problem]:
    """Find words of 進捗 that would give two columns of the report the same heading."""
    seen = {category.label: problems.PROGRESS_RESERVED for category in WITHOUT_WORD}
    header = schema.PROGRESS.keys[0]
    for row in book.read_table(schema.PROGRESS)[1]:
        word = row[header].strip()
        if kind := seen.get(word):
            yield _at(row, header, kind, {"value": word})
        seen.setdefault(word, problems.PROGRESS_TWICE)


def _rounds(book: MasterWorkbook, master: Master, templates: Templates) -> Iterator[Problem]:
    """Find problems of 締切, 入力欄 and 必須欄."""
    rounds = list(zip(book.read_table(schema.ROUNDS)[1], master.settings.rounds, strict=True))
    for row, round_ in rounds:
        yield from _deadline(master, row, round_)
    for row, round_ in rounds:
        if not round_.opens:
            yield _at(row, "入力欄", problems.ROUND_CLOSED, {"round": round_.name})
    for row, round_ in rounds:
        absent = templates.without_input(round_)
        for column, required in (("必須欄", True), ("入力欄", False)):
            tags = {group: tag for group, tag in absent.items() if (group in round_.requires) == required}
            if tags:
                params = {"round": round_.name, "column": column, "groups": choices(tags)}
                params["tag"] = next(iter(tags.values()))
                yield _at(row, column, problems.ROUND_WITHOUT_FIELD, params, "、".join(tags))


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


def _forms_missing(book: MasterWorkbook, files: Sequence[Path]) -> Iterator[Problem]:
    """Find 様式 that do not name a template."""
    for table in (schema.MEASURES, schema.DEPARTMENTS, schema.ROUNDS):
        for row in book.read_table(table)[1]:
            if (name := row[schema.FORM].strip()) and not find_form(name, files):
                params = {"value": name, "reason": suggested_form(name, files)}
                yield _at(row, schema.FORM, problems.FORM_MISSING, params)


def _forms_unsaid(master: Master, files: Sequence[Path]) -> Iterator[Problem]:
    """Find rounds with measures that have no 様式, if the folder has no default template."""
    if default_form(files):
        return
    for round_ in master.settings.rounds:
        ids = [m.id for m in master.running(round_) if not form_named_for(master, m, round_)[0]]
        if ids:
            params = {"round": round_.name, "measures": "、".join(ids), "reason": suggested_form("", files)}
            yield problem(problems.FORM_UNSAID, params, label=schema.FORM)


def _fields_unopened(master: Master) -> Iterator[Problem]:
    """Find declared fields with an input group that no round opens."""
    opened = {group for round_ in master.settings.rounds for group in round_.opens}
    for field in master.settings.catalogue.declared:
        if field.group and field.group not in opened:
            params = {"value": field.label, "group": field.group}
            yield problem(problems.FIELD_UNOPENED, params, sheet=schema.FIELDS.name, label="入力欄", value=field.name)


def _fields_gone(master: Master) -> Iterator[Problem]:
    """Find fields with answers that are no longer in 項目."""
    known = {*master.settings.catalogue.field, schema.DIRECTION_FIELD, schema.RECEIPT_FIELD}
    gone = Counter(c.ref.field for c in master.changes if c.new.strip() and c.ref.field not in known)
    for key, count in sorted(gone.items()):
        params = {"value": key.rpartition(".")[2], "count": str(count)}
        yield problem(problems.FIELD_GONE, params, sheet=schema.FIELDS.name, label="名前", value=params["value"])


def _names_twice(master: Master, book: MasterWorkbook) -> Iterator[Problem]:
    """Find 施策 and 分野 of the same name, and a title of the report that repeats the plan's name."""
    names = master.settings.names
    if names.owner and not names.report_owner:
        params = {"names": f"「{names.owner}」"}
        yield _in_settings(problems.TITLE_TWICE, params, (), schema.NAMES["report"][0])
    measures = [(m.name, master.place(m.id, Ref("name"))) for m in master.measures]
    areas = [(row["分野名"], row.place("分野名")) for row in book.read_table(schema.AREAS)[1]]
    yield from twice("施策名", measures)
    yield from twice("分野名", areas)


def _ended_all_year(master: Master, book: MasterWorkbook) -> Iterator[Problem]:
    """Find measures that count as ended all year although they have progress, for want of a 状態の開始四半期."""
    rows = {plain_id(row[schema.ID]): row for row in book.read_table(schema.MEASURES)[1]}
    for measure in master.measures:
        standing, row = master.standings[measure.id], rows.get(measure.id)
        answered = any(not is_blank(q.progress) for a in measure.activities for q in a.quarters)
        if row and standing.ended and not standing.from_quarter and answered:
            params = {"state": standing.state.value}
            yield _at(row, schema.STATE_FROM, problems.STATE_SINCE_UNSAID, params, measure.id)


def _measures_lost(master: Master) -> Iterator[Problem]:
    """Find measures that were issued and are no longer in the master."""
    lost = dict.fromkeys(id_ for issue in master.issues for id_ in issue.measures if master.measure(id_) is None)
    if lost:
        params = {"measures": "、".join(lost)}
        yield problem(problems.MEASURE_LOST, params, sheet=schema.MEASURES.name, label=schema.ID)


def twice(field: str, named: Sequence[tuple[str, Place | None]]) -> Iterator[Problem]:
    """Find names that occur twice, apart from width and spaces."""
    alike: dict[str, list[tuple[str, Place | None]]] = {}
    for name, place in named:
        if not is_blank(name):
            alike.setdefault(unspaced(name), []).append((name, place))
    for found in (found for found in alike.values() if len(found) > 1):
        value, known = found[0][0], [place for _, place in found if place]
        params = {"field": field, "value": value, "count": str(len(found))}
        cell, sheet = "、".join(place.cell for place in known), known[0].sheet if known else ""
        yield problem(problems.NAME_TWICE, params, sheet=sheet, cell=cell, label=field, value=value)


def _at(row: TableRow, column: str, kind: ProblemKind, params: Mapping[str, str], value: str = "") -> Problem:
    """Return the problem of a cell of the master; its ``value`` is the parameter of this name unless given."""
    place, value = row.place(column), value or params.get("value", "")
    return problem(kind, params, sheet=place.sheet, cell=place.cell, label=column, value=value)


def _in_settings(kind: ProblemKind, params: Mapping[str, str], cells: Iterable[str], label: str) -> Problem:
    return problem(kind, params, sheet=schema.SETTINGS_SHEET, cell="、".join(cells), label=label)

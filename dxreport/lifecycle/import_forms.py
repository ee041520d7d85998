"""Read the forms that an office already has, by their printed labels, into the contents of a first master."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.fields import QUARTER_LABELS, Ref
from ..domain.model import Department, FiscalYear, Measure, ProgressWord, Settings, normalise
from ..domain.problems import KINDS, problem
from ..form.align.labels import as_label
from ..form.align.rows import Doubt
from ..form.align.sheet import MIN_RESEMBLANCE, Aligned, align, resemblance
from ..form.read.filled import read_aligned
from ..form.records import Form
from ..intake.gather import gather
from ..intake.limits import Unreadable
from ..intake.returned import ReturnedFile
from ..intake.workbook import open_workbook
from ..issue.index_sheet import NAME as INDEX
from ..master.workbook import plain_id
from ..ooxml.cells import Grid
from ..ooxml.correction import LIST_SHEET, LIST_TITLE
from ..ooxml.refs import address

_NO_FORM = 0.25  # a sheet with less than this share of the labels is not a form
_WORDS = ("lead_department", "activity.progress")  # texts that 部署 and 設定 list
_NTH_YEAR = "years.y"
_YEARS = ("fiscal_year", *(f"{_NTH_YEAR}{n}" for n in range(1, 11)))


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A text with no place in the master; ``cell`` is blank for a whole sheet, ``sheet`` for a whole file."""

    file: str
    sheet: str
    cell: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedForms:
    """What was read from the forms.

    ``settings`` are those given, with the year, plan years and progress words of the forms. ``missing`` lists fields
    without a cell as (file, sheet, labels), ``other_sheets`` sheets that are not forms as (file, sheet). ``skipped``
    counts the sheets that accompany forms: 記入要領, 施策一覧, 差し戻し.
    """

    settings: Settings
    departments: tuple[Department, ...]
    measures: tuple[Measure, ...]
    unplaced: tuple[Unplaced, ...]
    missing: tuple[tuple[str, str, tuple[str, ...]], ...]
    other_sheets: tuple[tuple[str, str], ...]
    skipped: int = 0


def import_forms(paths: Iterable[Path], form: Form, settings: Settings) -> ImportedForms:
    """Read all sheets of ``form`` in these files, folders, archives and mails.

    ``settings`` are those of a new master; the first sheet that prints its years decides them, and sheets of other
    years are left out. Raise UsageError if a path does not exist.
    """
    reading = _Reading(form, settings)
    for file in gather(paths):
        reading.file(file)
    return reading.result()


class _NotTaken(Exception):
    """A sheet that the master cannot hold; the message says why."""


class _Reading:
    def __init__(self, form: Form, settings: Settings) -> None:
        self._form, self._settings, self._year_found = form, settings, False
        self._measures: dict[str, Measure] = {}
        self._unplaced: list[Unplaced] = []
        self._missing: list[tuple[str, str, tuple[str, ...]]] = []
        self._other_sheets: list[tuple[str, str]] = []
        self._skipped = 0

    def file(self, file: ReturnedFile) -> None:
        """Read one file and note its problems."""
        before = len(self._measures) + len(self._unplaced)
        try:
            if file.problem:
                raise Unreadable(file.problem, file.detail)
            book = open_workbook(bytes(file.data), file.file_name)
        except Unreadable as error:
            kind = KINDS[error.code]
            given = {"detail": error.detail, "sender": file.sender or "不明の差出人", "subject": file.subject}
            said = problem(kind, {name: given[name] for name in kind.params})
            self._unplaced.append(Unplaced(file.name, "", "", "", said.message.rstrip("。")))
            return
        for sheet in book.sheets:
            if not sheet.hidden and any(cell.text for cell in sheet.cells.values()):
                try:
                    self._sheet(file.name, sheet)
                except _NotTaken as error:
                    self._unplaced.append(Unplaced(file.name, sheet.name, "", "", str(error)))
        if len(self._measures) + len(self._unplaced) == before:
            self._unplaced.append(Unplaced(file.name, "", "", "", "様式のシートがありません"))

    def _sheet(self, file: str, sheet: Grid) -> None:
        rows = sheet.rows
        if _accompanies_forms(self._form, sheet):
            self._skipped += 1
            return
        likeness = resemblance(self._form, rows)
        if likeness < _NO_FORM:
            self._other_sheets.append((file, sheet.name))
            return
        if likeness < MIN_RESEMBLANCE:
            raise _NotTaken("様式の見出しの半分以上が見つかりません")
        aligned = align(self._form, rows)
        assert aligned is not None
        if isinstance(aligned, Doubt):
            raise _NotTaken(aligned.reason)
        self._take_years(aligned.shown)
        when = {"quarter": _quarter(aligned.shown), "year": self._settings.plan_year}
        aligned = align(self._form, rows, **when)
        assert isinstance(aligned, Aligned)
        filled = read_aligned(sheet, aligned, None, self._settings)
        assert not isinstance(filled, Doubt)
        self._take_measure(filled.texts)
        for row, column, text in aligned.unplaced:
            self._unplaced.append(Unplaced(file, sheet.name, address(row, column), text, "様式にない記入です"))
        for p in filled.problems:
            if p.severity == "error":
                self._unplaced.append(Unplaced(file, sheet.name, p.cell, p.value, p.message.rstrip("。")))
        found = {(ref.field, ref.period) for ref in aligned.filled.values}
        lacking = {key for key, _ in aligned.filled.targets.always_shown - found}
        fields = self._settings.catalogue.members[""].values()
        if absent := tuple(field.label for field in fields if field.key in lacking):
            self._missing.append((file, sheet.name, absent))

    def _take_years(self, shown: Mapping[str, str]) -> None:
        """Adopt the years that a sheet prints, given by name; raise _NotTaken if they do not fit."""
        years = {name: _year(text) for name, text in shown.items() if name in _YEARS and text}
        numbers = {name: int(name.removeprefix(_NTH_YEAR)) for name in years if name != "fiscal_year"}
        starts = {years[name] + (1 - n) for name, n in numbers.items()}
        if len(starts) > 1:
            raise _NotTaken("成果目標の年度が続いていません")
        found = years.get("fiscal_year", self._settings.fiscal_year)
        start = next(iter(starts), self._settings.plan_years[0] if self._year_found else found)
        plan = tuple(start + n for n in range(len(self._settings.plan_years)))
        if self._year_found and (found, plan) != (self._settings.fiscal_year, self._settings.plan_years):
            raise _NotTaken(f"ほかのシートと年度が違います（{found.label}）")
        if found not in plan:
            raise _NotTaken(f"対象年度（{found.label}）が成果目標の年度にありません")
        if years:
            self._settings, self._year_found = replace(self._settings, fiscal_year=found, plan_years=plan), True

    def _take_measure(self, texts: Mapping[Ref, str]) -> None:
        """Keep the measure of a sheet, with its items renumbered; its ID in standard form, words without blanks around."""
        if not texts.get(Ref("id"), "").strip():
            raise _NotTaken("施策IDが記入されていません")
        measure = _numbered(Measure(texts, self._settings.catalogue))
        id_, department = plain_id(measure.id), measure.lead_department.strip()
        if id_ in self._measures:
            raise _NotTaken(f"施策ID「{id_}」のシートがほかにもあります")
        if not department:
            raise _NotTaken("主管部署が記入されていません")
        words = {ref: text.strip() for ref, text in measure.values().items() if ref.field in _WORDS}
        self._measures[id_] = measure.with_texts({**words, Ref("id"): id_}).normal()

    def result(self) -> ImportedForms:
        """Return all that was read."""
        measures = tuple(self._measures.values())
        departments = tuple(Department(name) for name in dict.fromkeys(m.lead_department for m in measures))
        seen = (q.progress for m in measures for a in m.activities for q in a.quarters if q.progress)
        words = {w.word: w for w in self._settings.progress_words}
        words |= {word: ProgressWord(word) for word in seen if word not in words}
        settings = replace(self._settings, progress_words=tuple(words.values()))
        lists = tuple(self._unplaced), tuple(self._missing), tuple(self._other_sheets)
        return ImportedForms(settings, departments, measures, *lists, self._skipped)


def _accompanies_forms(form: Form, sheet: Grid) -> bool:
    """Return True if a sheet is an unchanged other sheet of the template, an index of measures, or a 差し戻し."""
    cells = [cell.text for _, cell in sorted(sheet.cells.items()) if cell.kind == "text"]
    texts = [normalise(text).strip() for text in cells if text.strip()]
    if sheet.name.startswith((LIST_SHEET, INDEX)):
        return any(text == LIST_TITLE or text.endswith("一覧") for text in texts[:1])
    drawn = next((s for s in form.source.sheets if s.name == sheet.name and s.name != form.sheet), None)
    if drawn is None:
        return False
    printed = form.source.cells(form.source.package.xml(drawn.part))
    return texts == [normalise(c.text).strip() for c in printed if c.text.strip()]


def _year(text: str) -> FiscalYear:
    try:
        return FiscalYear.parse(text)
    except ValueError:
        raise _NotTaken(f"年度「{text}」が読めません") from None


def _quarter(shown: Mapping[str, str]) -> int:
    """Return the quarter that the sheet names, 0 if it names none or several."""
    round_ = as_label(shown.get("round", ""))
    named = [n for n, label in QUARTER_LABELS.items() if as_label(label) in round_]
    return named[0] if len(named) == 1 else 0


def _numbered(measure: Measure) -> Measure:
    values = {ref: text for ref, text in measure.values().items() if not ref.item}
    for items in measure.catalogue.lists:
        own = measure.items(items.prefix)
        for item, key in zip(own, items.next_keys((), len(own)), strict=True):
            values |= {ref._replace(item=key): text for ref, text in item.texts().items()}
    return Measure(values, measure.catalogue)

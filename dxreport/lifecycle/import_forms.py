"""Read the forms that an office already has, by their printed labels, into the contents of a first master."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..domain.fields import FIELD
from ..domain.model import (
    ITEM_LISTS,
    QUARTER_LABELS,
    Department,
    FiscalYear,
    ItemList,
    Measure,
    ProgressWord,
    Ref,
    Settings,
    measure_from,
    next_keys,
    normalise,
)
from ..domain.problems import KINDS, Problem, problem
from ..form.align.labels import fold
from ..form.align.rows import Doubt
from ..form.align.sheet import LIKE, Aligned, align, resemblance
from ..form.read.filled import read_aligned
from ..form.read.sheet import shown_fields
from ..form.records import Form
from ..intake.gather import ReturnedFile, gather
from ..intake.limits import Unreadable
from ..intake.workbook import open_workbook
from ..issue.index_sheet import NAME as INDEX
from ..master.workbook import plain_id
from ..ooxml.cells import Grid
from ..ooxml.correction import LIST_SHEET, LIST_TITLE
from ..ooxml.refs import address

_NO_FORM = 0.25  # a sheet with less than this share of the form's labels is no form
_PLAN_LENGTH = 4
_YEARS = ("fiscal_year", "years.y1", "years.y2", "years.y3", "years.y4")


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
    """The contents of the forms read.

    ``settings`` are those given, with the year, plan years and progress words of the forms. ``missing`` lists
    (file, sheet, labels) of fields that a sheet has no cell for, ``other_sheets`` (file, sheet) of sheets that are
    no form. ``skipped`` counts the sheets that accompany forms: 記入要領, 施策一覧, 差し戻し.
    """

    settings: Settings
    departments: tuple[Department, ...]
    measures: tuple[Measure, ...]
    unplaced: tuple[Unplaced, ...]
    missing: tuple[tuple[str, str, tuple[str, ...]], ...]
    other_sheets: tuple[tuple[str, str], ...]
    skipped: int = 0


def import_forms(paths: Iterable[Path], form: Form, settings: Settings) -> ImportedForms:
    """Read all sheets of ``form`` in these files (folders, archives and mails too).

    ``settings`` are those of a new master. The first sheet that prints its years decides them; sheets of another
    year are not placed. Raises UsageError for a path that does not exist.
    """
    reading = _Reading(form, settings)
    for file in gather(paths):
        reading.file(file)
    return reading.result()


@dataclass(slots=True)
class _Reading:
    form: Form
    settings: Settings
    year_found: bool = False
    measures: dict[str, Measure] = field(default_factory=dict)
    unplaced: list[Unplaced] = field(default_factory=list)
    missing: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    other_sheets: list[tuple[str, str]] = field(default_factory=list)
    skipped: int = 0

    def file(self, file: ReturnedFile) -> None:
        """Read one file and note its problems."""
        try:
            if file.problem:
                raise Unreadable(file.problem, file.detail)
            book = open_workbook(file.data, file.file_name)
        except Unreadable as error:
            self._refuse(file.name, "", _reason(error))
            return
        before = len(self.measures) + len(self.unplaced)
        for sheet in book.sheets:
            if not sheet.hidden and any(value != "" for row in sheet.rows for value in row):
                self._sheet(file.name, sheet)
        if len(self.measures) + len(self.unplaced) == before:
            self._refuse(file.name, "", "様式のシートがありません")

    def _refuse(self, file: str, sheet: str, reason: str) -> None:
        self.unplaced.append(Unplaced(file, sheet, "", "", reason))

    def _sheet(self, file: str, sheet: Grid) -> None:
        if _accompanies_forms(self.form, sheet):
            self.skipped += 1
            return
        likeness = resemblance(self.form, sheet.rows)
        if likeness < _NO_FORM:
            self.other_sheets.append((file, sheet.name))
            return
        if likeness < LIKE:
            self._refuse(file, sheet.name, "様式の見出しの半分以上が見つかりません")
            return
        aligned = align(self.form, sheet.rows)
        assert aligned is not None
        reason = aligned.reason if isinstance(aligned, Doubt) else self._take_years(aligned)
        if isinstance(aligned, Doubt) or reason:
            self._refuse(file, sheet.name, reason)
            return
        years, now = self.settings.plan_years, self.settings.fiscal_year
        when = {"quarter": _quarter(aligned), "year": years.index(now) + 1 if now in years else 0}
        again = align(self.form, sheet.rows, **when)
        assert isinstance(again, Aligned)
        try:
            filled = read_aligned(sheet, again, None, self.settings)
        except Unreadable as error:
            self._refuse(file, sheet.name, _reason(error))
            return
        assert not isinstance(filled, Doubt)
        if self._take(file, sheet.name, filled.texts):
            self._note(file, sheet.name, again, filled.problems, when)

    def _take_years(self, aligned: Aligned) -> str:
        """Take the years that a sheet prints; return why they keep it from being read, or ``""``."""
        printed = {name: text for name, text in aligned.shown.items() if name in _YEARS and text}
        years = {name: year for name, text in printed.items() if (year := _year(text)) is not None}
        if unknown := next((text for name, text in printed.items() if name not in years), ""):
            return f"年度「{unknown}」が読めません"
        starts = {year + (1 - int(name[-1])) for name, year in years.items() if name != "fiscal_year"}
        if len(starts) > 1:
            return "成果目標の年度が続いていません"
        found = years.get("fiscal_year", self.settings.fiscal_year)
        start = next(iter(starts), self.settings.plan_years[0] if self.year_found else found)
        plan = tuple(start + n for n in range(_PLAN_LENGTH))
        if self.year_found and (found, plan) != (self.settings.fiscal_year, self.settings.plan_years):
            return f"ほかのシートと年度が違います（{found.label}）"
        if found not in plan:
            return f"対象年度（{found.label}）が成果目標の年度にありません"
        if years:
            self.settings, self.year_found = replace(self.settings, fiscal_year=found, plan_years=plan), True
        return ""

    def _take(self, file: str, sheet: str, texts: Mapping[Ref, str]) -> bool:
        """Keep the measure of a sheet; return False, with the reason noted, where the master could not hold it."""
        measure = _tidy(measure_from(texts)) if texts.get(Ref("id"), "").strip() else None
        if measure is None:
            self._refuse(file, sheet, "施策IDが記入されていません")
        elif measure.id in self.measures:
            self._refuse(file, sheet, f"施策ID「{measure.id}」のシートがほかにもあります")
        elif not measure.lead_department:
            self._refuse(file, sheet, "主管部署が記入されていません")
        else:
            self.measures[measure.id] = measure
            return True
        return False

    def _note(self, file: str, sheet: str, aligned: Aligned, problems: Sequence[Problem], when: dict[str, int]) -> None:
        for row, column, text in aligned.unplaced:
            self.unplaced.append(Unplaced(file, sheet, address(row, column), text, "様式にない記入です"))
        for p in problems:
            if p.severity == "error":
                self.unplaced.append(Unplaced(file, sheet, p.cell, p.value, p.message.rstrip("。")))
        lacking = {f for f, period in shown_fields(self.form, **when) if (f, period) not in _found(aligned)}
        absent = [FIELD[f].label for f in FIELD if f in lacking and "." not in f]
        if absent:
            self.missing.append((file, sheet, tuple(absent)))

    def result(self) -> ImportedForms:
        """Return all that was read."""
        measures = tuple(self.measures.values())
        departments = tuple(Department(name) for name in dict.fromkeys(m.lead_department for m in measures))
        known = {w.word for w in self.settings.progress_words}
        seen = dict.fromkeys(
            q.progress for m in measures for a in m.activities for q in a.quarters if q.progress.strip()
        )
        words = (*self.settings.progress_words, *(ProgressWord(word) for word in seen if word not in known))
        return ImportedForms(
            replace(self.settings, progress_words=words),
            departments,
            measures,
            tuple(self.unplaced),
            tuple(self.missing),
            tuple(self.other_sheets),
            self.skipped,
        )


def _accompanies_forms(form: Form, sheet: Grid) -> bool:
    """Whether a sheet is another one of the template, unchanged, an index of measures or a 差し戻し."""
    texts = [
        normalise(cell.text).strip()
        for _, cell in sorted(sheet.cells.items())
        if cell.kind == "text" and cell.text.strip()
    ]
    if sheet.name.startswith((LIST_SHEET, INDEX)):
        return any(text == LIST_TITLE or text.endswith(f"　{INDEX}") for text in texts[:1])
    drawn = next((s for s in form.source.sheets if s.name == sheet.name and s.name != form.sheet), None)
    if drawn is None:
        return False
    cells = form.source.cells(form.source.package.xml(drawn.part))
    return texts == [normalise(c.text).strip() for c in cells if c.text.strip()]


def _found(aligned: Aligned) -> set[tuple[str, int]]:
    return {(ref.field, ref.period) for ref in aligned.filled.values}


def _year(text: str) -> FiscalYear | None:
    try:
        year = FiscalYear.parse(text)
        return year if year.label else None
    except ValueError:
        return None


def _quarter(aligned: Aligned) -> int:
    """Return the quarter that the sheet names, 0 if it names none or several."""
    round_ = fold(aligned.shown.get("round", ""))
    named = [n for n, label in QUARTER_LABELS.items() if fold(label) in round_]
    return named[0] if len(named) == 1 else 0


def _tidy(measure: Measure) -> Measure:
    """Return a measure with its ID and department as a master holds them, and its items numbered in order."""
    items: dict[str, Any] = {p.attribute: _numbered(p, getattr(measure, p.attribute)) for p in ITEM_LISTS}
    return replace(measure, id=plain_id(measure.id), lead_department=measure.lead_department.strip(), **items).normal()


def _numbered(part: ItemList, items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(replace(item, key=key) for item, key in zip(items, next_keys(part, (), len(items)), strict=True))


def _reason(error: Unreadable) -> str:
    kind = KINDS[error.code]
    return problem(kind, {"detail": error.detail} if "detail" in kind.params else {}).message.rstrip("。")

"""The forms that an office already has → the contents of a first master, read by the labels that the form prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..domain.fields import FIELD
from ..domain.model import (
    PARTS,
    QUARTER_LABELS,
    Department,
    FiscalYear,
    Measure,
    Part,
    ProgressWord,
    Ref,
    Settings,
    measure_from,
    next_keys,
    normalise,
)
from ..domain.problems import KINDS, problem
from ..form.align.labels import fold
from ..form.align.sheet import LIKE, Aligned, Doubt, align, resemblance
from ..form.read.filled import read_aligned
from ..form.read.sheet import shown_fields
from ..form.records import Form
from ..intake.gather import ReturnedFile, gather
from ..intake.limits import Unreadable
from ..intake.workbook import open_workbook
from ..issue.index_sheet import NAME as FRONT
from ..master.workbook import plain_id
from ..ooxml.cells import Grid
from ..ooxml.correction import LIST_SHEET, LIST_TITLE
from ..ooxml.refs import address

_NO_FORM = 0.25  # a sheet with less than this share of the form's labels is another matter altogether
_PLAN_LENGTH = 4
_YEARS = ("fiscal_year", "years.y1", "years.y2", "years.y3", "years.y4")


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What did not find its place in the master: ``cell`` is blank where it is a whole sheet, ``sheet`` where a whole file."""

    file: str
    sheet: str
    cell: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Existing:
    """What forms were found to hold. ``settings`` are those given, with the year, plan years and words of the forms.

    ``missing`` names, by sheet, what the form asks and the sheet has no place for; ``passed`` are sheets that are no
    forms, as (file, sheet); ``beside`` counts those that go with every form (記入要領), a list of them or a 差し戻し.
    """

    settings: Settings
    departments: tuple[Department, ...]
    measures: tuple[Measure, ...]
    unplaced: tuple[Unplaced, ...]
    missing: tuple[tuple[str, str, tuple[str, ...]], ...]
    passed: tuple[tuple[str, str], ...]
    beside: int = 0


def read_existing(paths: Iterable[Path], form: Form, settings: Settings) -> Existing:
    """Read all forms in these files (folders, archives and mails too) as ``form`` is drawn.

    ``settings`` are those of a new master. The first sheet that prints its years decides them; a sheet of another
    year is not placed. Raises UsageError for a path that does not exist.
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
    passed: list[tuple[str, str]] = field(default_factory=list)
    beside: int = 0

    def file(self, file: ReturnedFile) -> None:
        """Read one file; what is wrong with it is noted."""
        try:
            if file.problem:
                raise Unreadable(file.problem, file.detail)
            book = open_workbook(file.data, file.file_name)
        except Unreadable as error:
            self._refuse(file.name, "", _said(error))
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
        if _goes_with_forms(self.form, sheet):
            self.beside += 1
            return
        likeness = resemblance(self.form, sheet.rows)
        if likeness < _NO_FORM:
            self.passed.append((file, sheet.name))
            return
        if likeness < LIKE:
            self._refuse(file, sheet.name, "様式の見出しの半分以上が見つかりません")
            return
        aligned = align(self.form, sheet.rows)
        reason = aligned.reason if isinstance(aligned, Doubt) else self._years(aligned)
        if reason:
            self._refuse(file, sheet.name, reason)
            return
        years, now = self.settings.plan_years, self.settings.fiscal_year
        when = {"quarter": _quarter(aligned), "year": years.index(now) + 1 if now in years else 0}
        again = align(self.form, sheet.rows, **when)
        assert isinstance(again, Aligned)
        try:
            filled = read_aligned(sheet, self.form, again, None, self.settings, **when)
        except Unreadable as error:
            self._refuse(file, sheet.name, _said(error))
            return
        assert not isinstance(filled, Doubt)
        if self._take(file, sheet.name, filled.texts):
            self._note(file, sheet.name, again, filled.problems, when)

    def _years(self, aligned: Aligned) -> str:
        """Take the years that the sheet prints, or say why they keep it from being read."""
        printed = {name: text for name, text in aligned.shown.items() if name in _YEARS and text}
        years = {name: _year(text) for name, text in printed.items()}
        if unknown := next((printed[name] for name, year in years.items() if year is None), ""):
            return f"年度「{unknown}」が読めません"
        own = years.get("fiscal_year", self.settings.fiscal_year if self.year_found else None)
        first = {year + -(int(name[-1]) - 1) for name, year in years.items() if name != "fiscal_year"}
        if len(first) > 1:
            return "成果目標の年度が続いていません"
        found = own or self.settings.fiscal_year
        start = next(iter(first), self.settings.plan_years[0] if self.year_found else found)
        plan = tuple(start + n for n in range(_PLAN_LENGTH))
        if self.year_found and (found, plan) != (self.settings.fiscal_year, self.settings.plan_years):
            return f"ほかのシートと年度が違います（{found.label}）"
        if found not in plan:
            return f"対象年度（{found.label}）が成果目標の年度にありません"
        if years:
            self.settings, self.year_found = replace(self.settings, fiscal_year=found, plan_years=plan), True
        return ""

    def _take(self, file: str, sheet: str, texts: Any) -> bool:
        """Keep the measure of a sheet; False, with the reason noted, where the master could not hold it."""
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

    def _note(self, file: str, sheet: str, aligned: Aligned, problems: Sequence[Any], when: dict[str, int]) -> None:
        for row, column, text in aligned.unplaced:
            self.unplaced.append(Unplaced(file, sheet, address(row, column), text, "様式にない記入です"))
        for p in problems:
            if p.severity == "error":
                self.unplaced.append(Unplaced(file, sheet, p.cell, p.value, p.message.rstrip("。")))
        lacking = {f for f, period in shown_fields(self.form, **when) if (f, period) not in _found(aligned)}
        absent = [FIELD[f].label for f in FIELD if f in lacking and "." not in f]
        if absent:
            self.missing.append((file, sheet, tuple(absent)))

    def result(self) -> Existing:
        """All that was read."""
        measures = tuple(self.measures.values())
        departments = tuple(Department(name) for name in dict.fromkeys(m.lead_department for m in measures))
        known = {w.word for w in self.settings.progress_words}
        seen = dict.fromkeys(
            q.progress for m in measures for a in m.activities for q in a.quarters if q.progress.strip()
        )
        words = (*self.settings.progress_words, *(ProgressWord(word) for word in seen if word not in known))
        return Existing(
            replace(self.settings, progress_words=words), departments, measures, tuple(self.unplaced), tuple(self.missing),
            tuple(self.passed), self.beside,
        )  # fmt: skip


def _goes_with_forms(form: Form, sheet: Grid) -> bool:
    """Whether a sheet holds nothing of a measure: one of the form's other sheets as drawn, a list of measures, a 差し戻し."""
    texts = [
        normalise(cell.text).strip()
        for _, cell in sorted(sheet.cells.items())
        if cell.kind == "text" and cell.text.strip()
    ]
    if sheet.name.startswith((LIST_SHEET, FRONT)):
        return any(text == LIST_TITLE or text.endswith(f"　{FRONT}") for text in texts[:1])
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
    """The quarter that the sheet says it reports, 0 where it names none or several."""
    said = fold(aligned.shown.get("round", ""))
    named = [n for n, label in QUARTER_LABELS.items() if fold(label) in said]
    return named[0] if len(named) == 1 else 0


def _tidy(measure: Measure) -> Measure:
    """With its ID and department as a master writes them, and its items numbered in order."""
    items = {p.attribute: _numbered(p, getattr(measure, p.attribute)) for p in PARTS}
    return replace(measure, id=plain_id(measure.id), lead_department=measure.lead_department.strip(), **items).normal()


def _numbered(part: Part, items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(replace(item, key=key) for item, key in zip(items, next_keys(part, (), len(items)), strict=True))


def _said(error: Unreadable) -> str:
    kind = KINDS[error.code]
    return problem(kind, {"detail": error.detail} if "detail" in kind.params else {}).message.rstrip("。")

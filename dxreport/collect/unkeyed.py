"""Sheets without a stamp: identify them by the 施策ID and labels they print, or say why they were not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..domain import problems
from ..domain.fields import Ref
from ..domain.model import Round
from ..domain.problems import Problem, problem
from ..domain.spelling import measure_id
from ..form.align.labels import as_label
from ..form.align.sheet import Aligned, Doubt, align
from ..form.compile import Form
from ..form.read.sheet import find_stamp
from ..form.stamp import SHEET, Stamp
from ..intake.workbook import Workbook
from ..issue.store import Archive
from ..master.records import Issue, Master
from ..master.rounds import current_round
from ..master.schema import FIELDS
from ..ooxml.cells import Grid
from ..ooxml.correction import ADDED_SHEETS


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """A sheet of the form without a stamp.

    ``stamp`` is the one it must have had, blank where unknown. ``refusal`` says why it could not be read, None if it
    was; ``department`` is then the one that answers for its measure, "" if unknown.
    """

    sheet: Grid
    stamp: Stamp
    aligned: Aligned | None = None
    refusal: Problem | None = None
    department: str = ""


NO_FORMS = {SHEET, FIELDS.name}  # the sheet 項目 of a master shares headings with a form


class UnkeyedReader:
    """Reads visible sheets that look like a form of the current round and carry no stamp.

    A sheet is taken to belong to the last issue of its measure in that round that has the form it is read by.
    """

    def __init__(self, master: Master, archive: Archive) -> None:
        self._master, self._archive = master, archive

    def sheets(self, book: Workbook) -> Iterator[Unkeyed]:
        """Yield the unstamped form sheets of a workbook."""
        for sheet in book.sheets:
            if sheet.rows and not sheet.hidden and sheet.name not in NO_FORMS and not find_stamp(sheet.rows):
                found = self._identified(sheet)
                if found is not None:
                    yield found

    @cached_property
    def _round(self) -> Round:
        return current_round(self._master)

    @cached_property
    def _issues(self) -> tuple[Issue, ...]:
        """The issues of the round, latest first."""
        return tuple(issue for issue in reversed(self._master.issues) if issue.round == self._round.name)

    @cached_property
    def _by_measure(self) -> Mapping[str, list[Issue]]:
        found: dict[str, list[Issue]] = {}
        for issue in self._issues:
            for measure in issue.measures:
                found.setdefault(measure, []).append(issue)
        return found

    @cached_property
    def _forms(self) -> Mapping[str, Form]:
        """The forms of the round by their digest, that of the latest issue first."""
        known: dict[str, Issue] = {}
        for issue in self._issues:
            known.setdefault(issue.form, issue)
        return {digest: form for digest, i in known.items() if (form := self._archive.form_of(i)) is not None}

    def _identified(self, sheet: Grid) -> Unkeyed | None:
        """Read a sheet with the form that its measure was issued on; return None if it does not look like a form."""
        refused: Unkeyed | None = None
        for digest, form in self._forms.items():
            read = align(form, sheet.rows, quarter=self._round.quarter, year=self._master.settings.plan_year)
            if read is None:
                continue
            if isinstance(read, Doubt):
                refused = refused or Unkeyed(sheet, Stamp("", "", ""), refusal=unidentified(sheet.name, read.reason))
                continue
            measure = _measure(read, self._master)
            theirs = self._by_measure.get(measure, ())
            issue = next((i for i in theirs if i.form == digest), None)
            if theirs and issue is None:
                continue
            known = self._master.by_id.get(measure)
            department = known.lead_department if known else ""
            refusal = _strange(sheet.name, read, self._master, self._round, department)
            if issue is None or refusal:
                refusal = refusal or unidentified(sheet.name, _unknown(read, self._round))
                refused = refused or Unkeyed(sheet, Stamp("", measure, ""), None, refusal, department)
                continue
            return Unkeyed(sheet, Stamp(issue.id, measure, digest), read)
        return refused


def extra_sheets(book: Workbook, archive: Archive, forms: Collection[str], known: Collection[str]) -> Iterator[Problem]:
    """Yield a warning (W507) for each visible, non-blank sheet that is neither ``known`` nor part of ``forms``."""
    ours = {SHEET, *ADDED_SHEETS, *known}
    for digest in forms:
        ours |= archive.template_sheets(digest)
    for sheet in book.sheets:
        texts = [str(value) for row in sheet.rows for value in row if value != ""]
        if texts and not sheet.hidden and sheet.name not in ours:
            params = {"sheet": sheet.name, "value": "／".join(texts[:20])}
            yield problem(problems.EXTRA_SHEET, params, sheet=sheet.name)


def _measure(read: Aligned, master: Master) -> str:
    """Return the ID of the measure that the sheet names, as the master writes it; "" for none."""
    found = master.by_id.standard.get(measure_id(str(read.filled.values.get(Ref("id"), ""))))
    return found.id if found else ""


def _unknown(read: Aligned, round_: Round) -> str:
    printed = str(read.filled.values.get(Ref("id"), "")).strip()
    if not printed:
        return "施策IDが記入されていません"
    return f"施策ID「{printed[:20]}」は{round_.name}の回で配付していません"


def unidentified(sheet: str, reason: str) -> Problem:
    """Return the problem (E201) of a sheet of the form whose measure or issue cannot be identified."""
    return problem(problems.STAMP_MISSING, {"reason": reason}, sheet=sheet)


def _strange(sheet: str, read: Aligned, master: Master, round_: Round, department: str) -> Problem | None:
    """Return a problem if the sheet prints another year or round (E208) than this one."""
    year, said = read.shown.get("fiscal_year", ""), as_label(read.shown.get("round", ""))
    if year and as_label(year) != as_label(master.settings.fiscal_year.label):
        return unidentified(sheet, f"対象年度が「{year}」です")
    others = [r.name for r in master.settings.rounds if r.name != round_.name and as_label(r.name) in said]
    if said and as_label(round_.name) not in said and others:
        whose = f"{department}の" if department else "この"
        return problem(problems.OTHER_ROUND, {"whose": whose, "found": others[0], "round": round_.name}, sheet=sheet)
    return None

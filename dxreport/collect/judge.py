"""A returned file → its sheets, each identified by its stamp, read, and judged by the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..domain import problems
from ..domain.model import FiscalYear, Ref, Round, measure_from
from ..domain.problems import KINDS, Problem, problem
from ..form.align.sheet import Aligned, Doubt
from ..form.compile import Form
from ..form.read.filled import FilledSheet, read_aligned, read_filled
from ..form.read.sheet import find_stamp
from ..form.stamp import SHEET, Stamp
from ..intake.file_type import EDITABLE, Format, sniff
from ..intake.gather import ReturnedFile
from ..intake.limits import Unreadable
from ..intake.notes import own, remarks
from ..intake.workbook import Workbook, open_workbook
from ..issue.store import Archive, Snapshot
from ..master.records import Master
from ..ooxml.cells import Grid
from ..rules import Case, Finding, judge, problems_of, takes
from .judged import JudgedFile, JudgedSheet
from .unkeyed import Unkeyed, extra_sheets, unkeyed_sheets

NOTHING: Mapping[Ref, str] = MappingProxyType({})
Standing = Callable[[str, str], Mapping[Ref, str]]
Ask = Callable[[str], str]
_ISSUE_YEAR = re.compile(r"R(\d\d)[A-Z]")


class Judge:
    """Reads and judges files against a master and what was issued from it."""

    def __init__(
        self,
        master: Master,
        archive: Archive,
        passwords: Mapping[str, str] | None = None,
        standing: Standing = lambda measure, issue: {},
        ask: Ask | None = None,
    ) -> None:
        """``passwords`` are by department (``""`` for none); that of a department in the file's name is tried first.

        ``ask`` is asked for the password of a file (by its name) that none of them opens, until it gives ``""``.
        ``standing`` (measure, issue) gives the master's texts: a cell that a return leaves as issued does
        not change the master, so it is judged by what stands there since.
        """
        self.master, self.archive, self.standing = master, archive, standing
        self.passwords, self.ask = dict(passwords or {}), ask
        self.measures = {m.id: m for m in master.measures}

    def file(self, file: ReturnedFile, *, ask: bool = True) -> JudgedFile:
        """Judge a file. Nothing that is wrong with it is raised: it is said in the result.

        Without ``ask`` nobody is asked for a password.
        """
        if file.problem:
            return JudgedFile(file, (_unreadable(file.problem, file.detail),))
        try:
            return self._book(file, self._open(file, ask))
        except Unreadable as error:
            return JudgedFile(file, (_unreadable(error.code, error.detail),))

    def joint(self, sheet: JudgedSheet, answers: Mapping[Ref, str]) -> JudgedSheet:
        """The sheet as it would be if these answers stood in it."""
        assert sheet.filled is not None
        filled = replace(sheet.filled, texts={**sheet.filled.texts, **answers})
        return self._again(sheet, filled, sheet.inherited)

    def as_copy(self, sheet: JudgedSheet, inherited: Mapping[Ref, str]) -> JudgedSheet:
        """The sheet of a corrected copy of one that went in meanwhile and said this: what it took back of that is gone."""
        assert sheet.filled is not None
        return replace(self._again(sheet, sheet.filled, inherited), notes=sheet.notes, inherited=inherited)

    def _again(self, sheet: JudgedSheet, filled: FilledSheet, inherited: Mapping[Ref, str]) -> JudgedSheet:
        assert sheet.snapshot is not None
        round_ = self.master.settings.round(sheet.snapshot.round)
        assert round_ is not None
        return self._judged(sheet.stamp, sheet.snapshot, round_, filled, inherited)

    def _open(self, file: ReturnedFile, ask: bool) -> Workbook:
        refusal = Unreadable("E402")
        for password in self._keys(file, ask):
            try:
                book = open_workbook(file.data, file.file_name, password)
            except Unreadable as error:
                if error.code != "E402":
                    raise
                refusal = error
                continue
            if book.decrypted and password:
                self.passwords.setdefault(password, password)  # one that was asked for may open others
            return book
        raise refusal

    def _keys(self, file: ReturnedFile, ask: bool) -> Iterator[str | None]:
        """The passwords to try, one by one."""
        yield None
        named = sorted(self.passwords, key=lambda department: department not in file.name)
        yield from dict.fromkeys(self.passwords[department] for department in named)
        while ask and self.ask and sniff(file.data) is not Format.ODS and (answer := self.ask(file.name)):
            yield answer

    def _book(self, file: ReturnedFile, book: Workbook) -> JudgedFile:
        stamped = [(s, found[0], None) for s in book.sheets if s.name != SHEET and (found := find_stamp(s.rows))]
        unkeyed = list(unkeyed_sheets(book, self.master, self.archive))
        read = [*stamped, *((u.sheet, u.stamp, u.aligned) for u in unkeyed if u.aligned)]
        unread = [(u, _nameless(u)) for u in unkeyed if not u.aligned]
        if not read:
            return JudgedFile(file, tuple(p for _, p in unread) or (problem(problems.NO_FORM_SHEET),))
        count = Counter((stamp.issue, stamp.measure) for _, stamp, _ in read)
        order = {sheet.name: n for n, sheet in enumerate(book.sheets)}
        sheets = []
        for sheet, stamp, aligned in sorted(read, key=lambda found: order[found[0].name]):
            if count[stamp.issue, stamp.measure] > 1:
                twice = problem(problems.SHEET_TWICE, {"measure": stamp.measure}, sheet=sheet.name)
                known = self._identify(sheet.name, stamp)
                snapshot = None if isinstance(known, Problem) else known[0]
                sheets.append(JudgedSheet(sheet.name, stamp, stamp.measure, snapshot, (twice,)))
            else:
                sheets.append(self._sheet(sheet, stamp, aligned))
        sheets += [JudgedSheet(u.sheet.name, u.stamp, u.stamp.measure, None, (found,)) for u, found in unread]
        forms = {stamp.form for _, stamp, _ in read}
        extra = tuple(extra_sheets(book, self.archive, forms, {s.sheet for s in sheets}))
        package = book.data if book.format in EDITABLE else b""
        return JudgedFile(file, extra, tuple(sheets), package, book.corrected_return)

    def _sheet(self, sheet: Grid, stamp: Stamp, aligned: Aligned | None) -> JudgedSheet:
        found = self._identify(sheet.name, stamp)
        if isinstance(found, Problem):
            return JudgedSheet(sheet.name, stamp, stamp.measure, None, (found,))
        snapshot, form, round_ = found
        settings = self.master.settings
        years = settings.plan_years
        year = years.index(settings.fiscal_year) + 1 if settings.fiscal_year in years else 0
        issued = snapshot.texts[stamp.measure]
        when = {"quarter": round_.quarter, "year": year}
        if aligned is None:
            filled = read_filled(sheet, form, issued, settings, **when)
        else:
            filled = read_aligned(sheet, form, aligned, issued, settings, **when)
        if isinstance(filled, Doubt):
            unread = problem(problems.STAMP_MISSING, {"reason": filled.reason}, sheet=sheet.name)
            return JudgedSheet(sheet.name, stamp, stamp.measure, None, (unread,))
        return replace(self._judged(stamp, snapshot, round_, filled), notes=self._notes(sheet, stamp))

    def _earlier(self, sheet: str, stamp: Stamp, round_: Round) -> Iterator[Problem]:
        """A word where the measure was issued for a later quarter since."""
        issued = (
            self.master.settings.round(i.round) for i in reversed(self.master.issues) if stamp.measure in i.measures
        )
        later = next((r for r in issued if r and round_.quarter and r.quarter > round_.quarter), None)
        if later:
            yield problem(problems.EARLIER_ROUND, {"round": round_.name, "later": later.name}, sheet=sheet)

    def _notes(self, sheet: Grid, stamp: Stamp) -> Mapping[str, str]:
        """The notes that the department wrote, by cell."""
        found = remarks(sheet)
        if not found:
            return {}
        sent = self.archive.workbook(stamp.issue)
        return own(found, remarks(open_workbook(sent).sheet(stamp.measure)).values() if sent else ())

    def _identify(self, sheet: str, stamp: Stamp) -> Problem | tuple[Snapshot, Form, Round]:
        """What the stamp says, looked up; or the problem that keeps the sheet from being read."""
        issue, snapshot = self.master.issue(stamp.issue), self.archive.snapshot(stamp.issue)
        here = self.master.settings.fiscal_year.label
        if issue is None and (year := _year_of(stamp.issue)) not in ("", here):
            return problem(problems.WRONG_YEAR, {"found": year, "expected": here}, sheet=sheet)
        if issue is None or snapshot is None:
            return problem(problems.ISSUE_UNKNOWN, {"issue": stamp.issue}, sheet=sheet)
        if snapshot.fiscal_year != here:
            return problem(problems.WRONG_YEAR, {"found": snapshot.fiscal_year, "expected": here}, sheet=sheet)
        if stamp.measure not in snapshot.texts or stamp.measure not in self.measures:
            return problem(problems.MEASURE_NOT_ISSUED, {"measure": stamp.measure, "issue": stamp.issue}, sheet=sheet)
        form, round_ = self.archive.form(stamp.form), self.master.settings.round(snapshot.round)
        if form is None or round_ is None:
            return problem(problems.FORM_UNKNOWN, {"form": stamp.form}, sheet=sheet)
        return snapshot, form, round_

    def _judged(
        self,
        stamp: Stamp,
        snapshot: Snapshot,
        round_: Round,
        filled: FilledSheet,
        inherited: Mapping[Ref, str] = NOTHING,
    ) -> JudgedSheet:
        issued = snapshot.texts[stamp.measure]
        own = {**issued, **filled.texts}
        before = {**issued, **inherited}
        earlier = {
            ref: text
            for ref, text in self.standing(stamp.measure, stamp.issue).items()
            if (ref in issued or ref in filled.cells) and text != own.get(ref, "") == before.get(ref, "")
        }
        whole = {**issued, **filled.texts, **earlier}
        case = Case(
            measure_from(whole), snapshot.measure(stamp.measure), self.measures, round_, self.master.settings,
            self.master.departments,
        )  # fmt: skip
        due = {ref._replace(field="activity.countermeasure") for ref in earlier if ref.field == "activity.progress"}
        faulty = {ref for p in filled.problems for ref in p.fields} | {str(ref) for ref in (*earlier, *due)}
        findings = [f for found in judge(case) if (f := _beside(found, faulty))]
        found = problems_of(
            findings, lambda ref: (filled.sheet, filled.cells.get(ref, "")), self.master.settings, case.values
        )
        opened = frozenset(ref for ref in filled.texts if takes(case, ref))
        told = (*filled.problems, *found, *self._earlier(filled.sheet, stamp, round_))
        return JudgedSheet(filled.sheet, stamp, stamp.measure, snapshot, told, filled, opened, leans=bool(earlier))


def _beside(found: Finding, faulty: Collection[str]) -> Finding | None:
    """The finding without cells of which a fault was told already; None where nothing is left of it.

    The cells of an error have it each for itself; a warning is about all of its cells.
    """
    refs = tuple(ref for ref in found.refs if str(ref) not in faulty)
    return (replace(found, refs=refs) if found.severity == "error" else found) if refs else None


def _nameless(found: Unkeyed) -> Problem:
    """What to say of a sheet of the form that is not known to be any measure's."""
    return problem(problems.STAMP_MISSING, {"reason": found.reason}, sheet=found.sheet.name)


def _year_of(issue: str) -> str:
    """The fiscal year that an issue's number names (``R04Q1-001``), ``""`` for none."""
    named = _ISSUE_YEAR.match(issue)
    return FiscalYear(2018 + int(named[1])).label if named and int(named[1]) else ""


def _unreadable(code: str, detail: str) -> Problem:
    kind = KINDS[code]
    return problem(kind, {"detail": detail} if "detail" in kind.params else {})

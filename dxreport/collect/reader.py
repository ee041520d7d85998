"""Read a returned file: identify its sheets by their stamps or labels, read their texts. No rule judges them here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..domain import problems
from ..domain.errors import DxreportError
from ..domain.model import FiscalYear, Round
from ..domain.problems import KINDS, Problem, problem
from ..form.align.sheet import Aligned, Doubt
from ..form.read.attest import UNATTESTED, Attested
from ..form.read.filled import read_aligned, read_filled
from ..form.read.sheet import Filled, find_stamp, read_sheet
from ..form.records import Form
from ..form.stamp import SHEET, Stamp
from ..intake.file_type import EDITABLE, Format, sniff
from ..intake.limits import Unreadable, unexpected
from ..intake.notes import own, remarks
from ..intake.returned import ReturnedFile
from ..intake.workbook import Workbook, open_workbook
from ..issue.store import Archive, Snapshot
from ..master.read import master_from
from ..master.records import Master
from ..ooxml.cells import Grid
from ..ooxml.inert import active_content
from ..ooxml.package import Package
from ..ooxml.refs import address, cell, column_letters
from .reading import SheetReading
from .seals import Seals, without_keys
from .senders import Senders
from .unkeyed import UnkeyedReader, extra_sheets, unidentified

FAULTS = "reports/読み取りの記録"
Ask = Callable[[str], str]
_ISSUE_YEAR = re.compile(r"R(\d\d)[A-Z]")


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as read just now: its sheets and its problems.

    ``corrects`` is the return that it is a corrected copy of, "" for none. ``department`` is that of a file without
    readable sheets, if known. ``faults`` are records of our own failures, with tracebacks, by their path in the
    workspace.
    """

    problems: tuple[Problem, ...] = ()
    sheets: tuple[SheetReading, ...] = ()
    corrects: str = ""
    department: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """One measure on a sheet, named by ``stamp``; ``read`` is None if its cells cannot be located.

    ``attested`` lists the rows and columns whose keys are in doubt.
    """

    sheet: Grid
    stamp: Stamp
    read: Filled | Aligned | None = None
    attested: Attested = UNATTESTED


class FileReader:
    """Reads returned files against the issues of a master."""

    def __init__(
        self, master: Master, archive: Archive, passwords: Mapping[str, str] | None = None, ask: Ask | None = None
    ) -> None:
        """Set up a reader.

        ``passwords`` are by department (``""`` for none); that of a department in the file's name is tried first. If
        none opens a file, ``ask`` is called with the file's name until it returns the right one or ``""``.
        """
        self.master, self.archive = master, archive
        self.unkeyed = UnkeyedReader(master, archive)
        self.passwords, self.ask = dict(passwords or {}), ask
        self._opens: dict[str, str] = {}  # the password that opened a file, by its digest: no other is tried again
        self.measures = {m.id for m in master.measures}
        self.seals, self.senders = Seals(archive), Senders(master)

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to read files alike, without a shared disk and without asking."""
        return {"master": self.master.data, "archive": self.archive, "passwords": self.passwords}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__init__(master_from(state["master"]), state["archive"], state["passwords"])  # type: ignore[misc]

    def read(self, file: ReturnedFile, *, ask: bool = True) -> FileRead:
        """Read a file. Problems are returned, not raised. ``ask=False`` never prompts for a password."""
        if file.problem == problems.MAIL_ONLY.code:
            return self._mail(file)
        try:
            if file.problem:
                raise Unreadable(file.problem, file.detail, file.trace)
            return self._book(file, self.open(file, ask=ask))
        except Unreadable as error:
            return refused(file, error)
        except DxreportError:  # the workspace is at fault, not the file
            raise
        except Exception as error:  # no failure of a parser may stop the other files
            return refused(file, unexpected(error))

    def read_unasked(self, file: ReturnedFile) -> FileRead:
        """Read a file with the known passwords only."""
        return self.read(file, ask=False)

    def _mail(self, file: ReturnedFile) -> FileRead:
        """Report the sender and the first lines of a mail without attachments."""
        department = self.senders.department_of(file.sender)
        sender = f"{department}（{file.sender}）" if department else f"「部署」にない差出人（{file.sender or '不明'}）"
        said = {"sender": sender, "subject": file.subject}
        return FileRead((problem(problems.MAIL_ONLY, said, value=file.text),), department=department)

    def open(self, file: ReturnedFile, *, ask: bool = True) -> Workbook:
        """Open a file with the known passwords and, if ``ask``, those asked for.

        Raise Unreadable if the file cannot be opened, with E402 if no password opens it.
        """
        refusal = Unreadable("E402")
        for password in self._passwords(file, ask):
            try:
                book = open_workbook(bytes(file.data), file.file_name, password)
            except Unreadable as error:
                if error.code != "E402":
                    raise
                refusal = error
                continue
            if book.decrypted and password:
                self.passwords.setdefault(password, password)  # one that was asked for may open others
                self._opens[file.sha256] = password
            return book
        raise refusal

    def _passwords(self, file: ReturnedFile, ask: bool) -> Iterator[str | None]:
        if file.sha256 in self._opens:
            yield self._opens[file.sha256]
            return
        yield None
        named = sorted(self.passwords, key=lambda department: department not in file.name)
        yield from dict.fromkeys(self.passwords[department] for department in named)
        while ask and self.ask and sniff(bytes(file.data)) is not Format.ODS and (answer := self.ask(file.name)):
            yield answer

    def _book(self, file: ReturnedFile, book: Workbook) -> FileRead:
        stamped = [(s, found[0]) for s in book.sheets if s.name != SHEET and (found := find_stamp(s.rows))]
        forged = {sheet.name for sheet, stamp in stamped if not self.seals.trusts(stamp)}
        stamped = [(sheet, stamp) for sheet, stamp in stamped if sheet.name not in forged]
        book = replace(book, sheets=tuple(without_keys(s) if s.name in forged else s for s in book.sheets))
        unkeyed = list(self.unkeyed.sheets(book))
        here = [part for sheet, stamp in stamped for part in self._parts(sheet, stamp)]
        here += (_Part(u.sheet, u.stamp, u.aligned) for u in unkeyed if u.aligned)
        unread = [_refused(u.sheet.name, u.stamp, u.refusal, u.department) for u in unkeyed if u.refusal]
        if not here:
            said = tuple(p for sheet in unread for p in sheet.problems)
            whose = {sheet.department for sheet in unread}
            return FileRead(
                said or (problem(problems.NO_FORM_SHEET),), department=whose.pop() if len(whose) == 1 else ""
            )
        count = Counter((p.stamp.issue, p.stamp.measure) for p in here)
        order = {sheet.name: n for n, sheet in enumerate(book.sheets)}
        sheets = [
            self._sheet(part, twice=count[part.stamp.issue, part.stamp.measure] > 1)
            for part in sorted(here, key=lambda p: order[p.sheet.name])
        ]
        sheets += unread
        snapshots = (self.archive.snapshot(part.stamp.issue) for part in here)
        forms = {snapshot.form for snapshot in snapshots if snapshot}
        said = (
            # If the form is unknown, such as last year's, nobody can tell which sheets are extra.
            *(extra_sheets(book, self.archive, forms, {s.sheet for s in sheets}) if forms else ()),
            *self._foreign(file, sheets),
            *_active(book),
            *(problem(problems.STAMP_FORGED, {"sheet": name}, sheet=name) for name in sorted(forged)),
        )
        return FileRead(said, tuple(sheets), book.corrected_return)

    def _foreign(self, file: ReturnedFile, sheets: Sequence[SheetReading]) -> Iterator[Problem]:
        """Yield a warning (W640) if the mail came from an address that is neither a department's nor the city's."""
        departments = "、".join(dict.fromkeys(s.department for s in sheets if s.department))
        if departments and (sender := self.senders.foreign(file.sender)):
            yield problem(problems.FOREIGN_SENDER, {"department": departments, "sender": sender}, value=sender)

    def _parts(self, sheet: Grid, stamp: Stamp) -> list[_Part]:
        """Return a part for each measure on a stamped sheet, or a single one without texts if none can be read."""
        snapshot = self.archive.snapshot(stamp.issue)
        form = self._form(stamp, snapshot) if snapshot else None
        round_ = self.master.settings.round(snapshot.round) if snapshot else None
        if form is None or round_ is None:
            return [_Part(sheet, stamp)]
        sheet, attested = self.seals.attested(sheet, stamp)
        read = read_sheet(form, sheet.rows, quarter=round_.quarter, year=self.master.settings.plan_year)
        parts = [_Part(sheet, filled.keys.stamp, filled, attested) for filled in read.values()]
        return parts or [_Part(sheet, stamp)]

    def _form(self, stamp: Stamp, snapshot: Snapshot) -> Form | None:
        """Return the form that an issue was recorded with, None if it is not kept or the stamp names another."""
        return self.archive.form(snapshot) if stamp.form == snapshot.form else None

    def _sheet(self, part: _Part, *, twice: bool) -> SheetReading:
        sheet, stamp, read = part.sheet, part.stamp, part.read
        known = self._identify(sheet.name, stamp)
        if twice:
            whose = () if isinstance(known, Problem) else (known[0].department, known[0].round)
            said = problem(problems.SHEET_TWICE, {"measure": stamp.measure}, sheet=sheet.name)
            return _refused(sheet.name, stamp, said, *whose)
        if isinstance(known, Problem):
            return _refused(sheet.name, stamp, known)
        if read is None:
            return _refused(sheet.name, stamp, unidentified(sheet.name, "A 列の行の目印が一つも残っていません"))
        (snapshot, round_), settings = known, self.master.settings
        issued = snapshot.texts[stamp.measure]
        if isinstance(read, Aligned):
            filled = read_aligned(sheet, read, issued, settings)
        else:
            filled = read_filled(sheet, read, issued, settings)
        if isinstance(filled, Doubt):
            return _refused(sheet.name, stamp, unidentified(sheet.name, filled.reason))
        issued_for = tuple(dict.fromkeys(self.master.rounds_of(stamp.measure)))
        return SheetReading(
            filled.sheet, stamp.measure, stamp.issue, snapshot.round, snapshot.department, filled.texts, filled.cells,
            (*filled.problems, *_doubts(part), *self._earlier(filled.sheet, stamp, round_)), self._notes(part),
            filled.moved, filled.added, issued_for,
        )  # fmt: skip

    def _earlier(self, sheet: str, stamp: Stamp, round_: Round) -> Iterator[Problem]:
        """Yield a warning if the measure has been issued for a later quarter since."""
        issued = map(self.master.settings.round, reversed(self.master.rounds_of(stamp.measure)))
        later = next((r for r in issued if r and round_.quarter and r.quarter > round_.quarter), None)
        if later:
            yield problem(problems.EARLIER_ROUND, {"round": round_.name, "later": later.name}, sheet=sheet)

    def _notes(self, part: _Part) -> Mapping[str, str]:
        """Return the notes that the department wrote on the rows of a measure, by cell."""
        read = part.read.filled if isinstance(part.read, Aligned) else part.read
        elsewhere = read.keys.elsewhere if read else ()
        found = {at: text for at, text in remarks(part.sheet).items() if cell(at)[0] - 1 not in elsewhere}
        if not found:
            return {}
        sent = self.archive.workbook(part.stamp.issue)
        sheets = open_workbook(sent).sheets if sent else ()
        stamps = ((s, find_stamp(s.rows)) for s in sheets)
        drawn = (s for s, stamp in stamps if stamp and stamp[0].measure in ("", part.stamp.measure))
        return own(found, [text for s in drawn for text in remarks(s).values()])

    def _identify(self, sheet: str, stamp: Stamp) -> Problem | tuple[Snapshot, Round]:
        """Return the issue and round that a stamp names, or the problem that keeps the sheet from being read."""
        issue, snapshot = self.master.issue(stamp.issue), self.archive.snapshot(stamp.issue)
        here = self.master.settings.fiscal_year.label
        if issue is None and (year := _year_of(stamp.issue)) not in ("", here):
            return problem(problems.WRONG_YEAR, {"found": year, "expected": here}, sheet=sheet)
        if issue is None or snapshot is None:
            return problem(problems.ISSUE_UNKNOWN, {"issue": stamp.issue}, sheet=sheet)
        if snapshot.fiscal_year != here:
            return problem(problems.WRONG_YEAR, {"found": snapshot.fiscal_year, "expected": here}, sheet=sheet)
        if stamp.measure and (stamp.measure not in snapshot.texts or stamp.measure not in self.measures):
            gone = stamp.measure in snapshot.texts
            kind = problems.MEASURE_GONE if gone else problems.MEASURE_NOT_ISSUED
            return problem(kind, {"measure": stamp.measure, "issue": stamp.issue}, sheet=sheet)
        form, round_ = self._form(stamp, snapshot), self.master.settings.round(snapshot.round)
        if form is None or round_ is None:
            return problem(problems.FORM_UNKNOWN, {"form": stamp.form}, sheet=sheet)
        return snapshot, round_


def refused(file: ReturnedFile, error: Unreadable) -> FileRead:
    """Return the refusal of a file that cannot be read, with a record of the traceback if the fault is ours."""
    if not error.trace:
        return FileRead((_unreadable(error.code, error.detail),))
    record = f"{FAULTS}/{file.sha256[:12]}.txt"
    found = _unreadable(error.code, f"{error.detail}、記録は {record}")
    return FileRead((found,), faults={record: f"{file.name}\n{file.sha256}\n\n{error.trace}"})


def package_of(book: Workbook) -> Package | None:
    """Return the package of an .xlsx or .xlsm, decrypted; None for other formats."""
    return book.package if book.format in EDITABLE else None


def _refused(sheet: str, stamp: Stamp, said: Problem, department: str = "", round_: str = "") -> SheetReading:
    """Return the reading of a sheet that cannot be read, with its department and round as far as known."""
    return SheetReading(sheet, stamp.measure, stamp.issue, round_, department, problems=(said,), readable=False)


def _doubts(part: _Part) -> Iterator[Problem]:
    """Yield an error (E450) if rows or columns were reordered and nothing tells which text belongs to which item."""
    if not isinstance(part.read, Filled):
        return
    keys, columns = part.read.keys, {n + 1 for n in part.attested.columns}
    # The rows of a list that were sorted without their keys are known by the IDs printed on them.
    rows = {n + 1 for n in part.attested.rows if part.sheet.rows[n][keys.left] == keys.rows.get(n)}
    at = {ref: place for ref, place in part.read.at.items() if place[0] in rows or place[1] in columns}
    if at:
        where = [f"{n}行目" for n in sorted(rows & {row for row, _ in at.values()})]
        where += [f"{column_letters(n)}列" for n in sorted(columns & {column for _, column in at.values()})]
        fields, cells = tuple(map(str, at)), "、".join(address(*place) for place in at.values())
        params = {"where": "、".join(where)}
        yield problem(problems.KEYS_DOUBTFUL, params, sheet=part.sheet.name, cell=cells, field=fields[0], fields=fields)


def _active(book: Workbook) -> Iterator[Problem]:
    if (package := package_of(book)) and (found := active_content(package)):
        yield problem(problems.ACTIVE_CONTENT, {"what": "、".join(found)})


def _year_of(issue: str) -> str:
    """Return the fiscal year named by the number of an issue (``R04Q1-001``), ``""`` for none."""
    named = _ISSUE_YEAR.match(issue)
    return FiscalYear(2018 + int(named[1])).label if named and int(named[1]) else ""


def _unreadable(code: str, detail: str) -> Problem:
    kind = KINDS[code]
    return problem(kind, {"detail": detail} if "detail" in kind.params else {})

"""Plan a run of collect: turn returned files into events, and the resulting state into outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ..domain import problems
from ..domain.errors import MasterError
from ..domain.fields import Ref, label
from ..domain.merge import Merge
from ..domain.problems import Problem, problem
from ..intake.limits import Unreadable
from ..intake.returned import ReturnedFile
from ..master.records import timestamp
from ..ooxml.package import Package
from ..rules import item_name
from ..workers import ALONE, Choice, Lost, ThisProcess, Watch
from .commit import Books
from .events import Again, SheetKey
from .ledger import shown_problems
from .originals import content_key, original, original_path
from .plan import FilePlan, Plan, SheetPlan, Status
from .reader import FileRead, FileReader, package_of, refused
from .reading import Reading, SheetReading
from .state import Fate, Replayed, SheetOutcome


class Planner:
    """Plans a run of collect on the current books.

    With ``whole`` (``--replace``), every open cell of a return is an answer. ``faults`` collects those of every
    :class:`FileRead`.
    """

    def __init__(self, books: Books, reader: FileReader, *, whole: bool = False, workers: Choice = ALONE) -> None:
        self.books, self.reader, self.whole, self.workers = books, reader, whole, workers
        self.faults: dict[str, str] = {}
        self._came: set[tuple[str, str]] | None = None  # issue and measure of every receipt, once the plan is made
        self._known, self._dismissed = books.readings(), books.dismissed()
        self._opened: dict[str, FileRead | None] = {}
        self._new: dict[str, Reading] = {}
        self._again: set[str] = set()
        self._refused: dict[str, tuple[Problem, ...]] = {}  # the returns that cannot count whole, and why

    def plan(self, files: Sequence[ReturnedFile], watch: Watch = iter) -> Plan:
        """Append the files to the log and return their outcomes; ``watch`` wraps the files while they are read."""
        self.enter(files, watch)
        self._judge_again()
        for reading in self._new.values():
            for sheet in reading.sheets:
                self.books.conflicts.offer(reading.id, sheet)
        plan = self.books.difference()
        return replace(plan, files=self._files(files, plan))

    def enter(self, files: Sequence[ReturnedFile], watch: Watch = iter) -> None:
        """Only append the files to the log, in the order in which their answers were given."""
        self._read(files, watch)
        opened: dict[str, tuple[ReturnedFile, FileRead]] = {}
        for file in files:
            if read := self._opened[_key(file)]:
                opened.setdefault(_key(file), (file, read))
        # Of files sent at the same time, corrected copies come after those they may correct.
        for file, read in sorted(opened.values(), key=lambda o: (self._at(*o), bool(o[1].corrects), o[0].received)):
            self._enter(file, read)

    # Reading

    def _read(self, files: Sequence[ReturnedFile], watch: Watch) -> None:
        """Read the files, except those whose content was read before and is settled."""
        unread: dict[str, ReturnedFile] = {}
        for file in files:
            before = self._before(file)
            if before and self._settled(before) and not self._renews(before):
                self._opened[_key(file)] = None
            else:
                unread.setdefault(_key(file), file)
        workers = self.workers.of(len(unread))
        here = isinstance(workers, ThisProcess)
        loaded = (replace(file, data=bytes(file.data)) for file in unread.values())
        found = workers.map(self.reader.read if here else self.reader.read_unasked, loaded)
        for (key, file), read in zip(watch(list(unread.items())), found, strict=True):
            if isinstance(read, Lost):
                why = "読むのに時間がかかりすぎます" if read.late else "メモリーに入りきりません"
                read = refused(file, Unreadable("E405", why))
            elif not here and self.reader.ask and any(p.code == "E402" for p in read.problems):
                read = self.reader.read(file)
            self._opened[key] = read
            self.faults |= read.faults

    def _before(self, file: ReturnedFile) -> Reading | None:
        """Return the reading of a file from earlier runs, if any."""
        return self._known.get(self.books.known_numbers.get(_key(file), ""))

    def _settled(self, reading: Reading) -> bool:
        """Return True if all of a return was read, or the rest dismissed, and none of its sheets is held."""
        known = reading.complete or reading.id in self._dismissed
        return known and not any(self._held(reading, sheet) for sheet in reading.sheets)

    def _held(self, reading: Reading, sheet: SheetReading) -> bool:
        if not sheet.readable or sheet.measure not in self.books.texts:
            return False
        outcome = self.books.state(sheet.measure).outcomes[reading.id, sheet.issue]
        return outcome.fate in (Fate.HELD, Fate.ELSEWHERE) and not outcome.replaced_by

    def _renews(self, reading: Reading) -> bool:
        """Return True if a return that was read before counts whole from now on, or a held one no longer does.

        One that is withdrawn does neither.
        """
        unlike = self.whole != reading.whole and (self.whole or any(self._held(reading, s) for s in reading.sheets))
        return unlike and reading.id not in self.books.withdrawn(partly=True)

    def _at(self, file: ReturnedFile, read: FileRead) -> str:
        """Return when its answers were given: when the mail was sent, but not before the issue or what it corrects."""
        received = self.books.when
        if not file.received:
            return received
        issued = [i.when for s in read.sheets if (i := self.books.master.issue(s.issue))]
        corrected = [self._known[read.corrects].at] if read.corrects in self._known else []
        return min(max([_sent_at(file), *issued, *corrected]), received)

    def _enter(self, file: ReturnedFile, read: FileRead) -> None:
        books, before = self.books, self._before(file)
        id_ = books.number(file.sha256, file.name)
        reading = Reading(
            id_, file.sha256, file.name, _sent_at(file), books.when, self._at(file, read), read.sheets, read.problems,
            read.corrects, self.whole, books.store.own_terms, read.department,
        )  # fmt: skip
        if before:
            reading = replace(reading, file=before.file, received=before.received)
        renews = bool(before and read.sheets and self._renews(before))
        if renews and (why := tuple(self._losses(reading))):
            self._refused[id_] = why
            self._again.add(id_)
            return
        if before and not renews:
            same = (before.sheets, before.problems) == (reading.sheets, reading.problems)
            if before.complete or not read.sheets or same:
                self._again.add(id_)
                return
            reading = replace(reading, at=before.at)
        self._new[id_] = reading
        books.add(books.store.keep(reading), *reading.measures())
        if file.data:
            books.store.files[original_path(books.workspace, id_, reading.file)] = file.data

    def _losses(self, reading: Reading) -> Iterator[Problem]:
        """Yield the problems that would hold sheets which are in now, if their return counted whole."""
        books = self.books
        for measure in filter(books.texts.__contains__, reading.measures()):
            before = books.state(measure).outcomes
            events = [*books.events(measure), *books.store.returned(reading, measure)]
            for key, now in books.replayed(measure, events).outcomes.items():
                known = before.get(key) if key[0] == reading.id else None
                if known and known.fate.is_in and not now.fate.is_in:
                    lacking = "、".join(dict.fromkeys(p.label for p in (*now.judged.own, *now.judged.lacks) if p.label))
                    yield problem(problems.NOT_WHOLE, {"return": reading.id, "measure": measure, "field": lacking})

    def _judge_again(self) -> None:
        """Judge files that came again by today's settings, if that makes a difference."""
        books = self.books
        for id_ in sorted(self._again):
            reading, again = self._known[id_], Again(id_, books.store.own_terms)
            for measure in dict.fromkeys(s.measure for s in reading.sheets if self._held(reading, s)):
                before, after = books.state(measure), books.replayed(measure, [*books.events(measure), again])
                if _fates(before) != _fates(after) or before.put != after.put:
                    books.add(again, measure)

    # Outcomes

    def _files(self, taken: Sequence[ReturnedFile], plan: Plan) -> tuple[FilePlan, ...]:
        books = self.books
        latest, names, order = books.readings(), books.files(), list(self._new)
        here = [(books.number(file.sha256, file.name), file) for file in taken]
        earlier = sorted(self._completed() - {id_ for id_, _ in here})
        plans = [self._earlier(latest[id_], names, plan) for id_ in earlier]
        seen: set[str] = set()
        for id_, file in sorted(here, key=lambda pair: order.index(pair[0]) if pair[0] in self._new else -1):
            plans.append(self._file(file, latest[id_], names, plan, again=id_ in seen))
            seen.add(id_)
        return tuple(plans)

    def _completed(self) -> set[str]:
        """Return the numbers of earlier returns with a sheet that goes in now."""
        books, start = self.books, self.books.before_work
        out = set()
        for measure in books.touched():
            before = books.state(measure, upto=start).outcomes
            for key, outcome in books.state(measure).outcomes.items():
                if key in before and outcome.fate.is_in and not before[key].fate.is_in and outcome.says:
                    out.add(key[0])
        return out

    def _earlier(self, reading: Reading, names: dict[str, str], plan: Plan) -> FilePlan:
        """Return the plan of a return that came in an earlier run."""
        try:
            file = original(self.books.workspace, reading)
        except MasterError:
            file = ReturnedFile(reading.file, self.books.workspace.returns, b"", reading.sha256)
        sheets = tuple(self._sheet(reading, sheet, names) for sheet in reading.sheets)
        missing = tuple(self._missing(reading, plan))
        return FilePlan(file, reading.id, False, missing, sheets, self._package(file, sheets))

    def _package(self, file: ReturnedFile, sheets: Iterable[SheetPlan]) -> Package | None:
        """Return the package of a workbook that goes back, None if it cannot be marked or no sheet of a round is open."""
        if not file.data or not any(_is_open(sheet) and sheet.round for sheet in sheets):
            return None
        try:
            return package_of(self.reader.open(file, ask=False))
        except Unreadable:
            return None

    def _file(
        self, file: ReturnedFile, reading: Reading, names: dict[str, str], plan: Plan, *, again: bool
    ) -> FilePlan:
        sheets = tuple(self._sheet(reading, sheet, names) for sheet in reading.sheets)
        if again:
            sheets = tuple(s if _is_open(s) else replace(s, status=Status.UNCHANGED, merge=Merge()) for s in sheets)
        refused = self._refused.get(reading.id, ())
        read, told = self._opened[_key(file)], again or (self._told(reading) and not refused)
        if read is None:
            aside = reading.id in self._dismissed
            gone = (problem(problems.DISMISSED_UNREAD, {"return": reading.id}),) if aside else ()
            return FilePlan(file, reading.id, False, gone, sheets, told=told, aside=aside)
        said = read.problems
        if not read.sheets and reading.sheets and not any(map(_is_open, sheets)):
            said = ()  # an earlier run could read it, for example with a password
        new = reading.id in self._new and reading.id not in self._known and not again
        missing, package = tuple(self._missing(reading, plan)), self._package(file, sheets)
        held = reading.whole and any(sheet.status is Status.HELD for sheet in sheets)
        whole = (problem(problems.WHOLE_HELD),) if held else ()
        return FilePlan(file, reading.id, new, (*said, *refused, *whole, *missing), sheets, package, told=told)

    def _told(self, reading: Reading) -> bool:
        """Return True if an earlier run reported the outcome of a return and it has not changed since."""
        if reading.id in self._new:
            return False
        start, mine = self.books.before_work, {s.measure for s in reading.sheets if s.readable} & set(self.books.texts)
        states = ((self.books.state(m, upto=start), self.books.state(m)) for m in mine)
        return all(_fates(before, reading.id) == _fates(now, reading.id) for before, now in states)

    def _missing(self, reading: Reading, plan: Plan) -> Iterator[Problem]:
        """Yield a problem (W505) for each issue of a file with sheets that have not come, in this file or any other."""
        if self._came is None:
            receipts = (*self.books.master.receipts, *plan.receipts)
            self._came = {(r.issue_id, r.measure) for r in receipts}
        came, master = self._came, self.books.master
        here = sorted({s.issue for s in reading.sheets if s.round})
        for issue in (i for i in map(master.issue, here) if i):
            lost = [id_ for id_ in issue.measures if id_ in self.books.texts and (issue.id, id_) not in came]
            if lost:
                yield problem(problems.SHEET_MISSING, {"measures": "、".join(lost)})

    def _sheet(self, reading: Reading, sheet: SheetReading, names: dict[str, str]) -> SheetPlan:
        refused = SheetPlan(
            sheet.sheet, sheet.measure, Status.REFUSED, sheet.problems, issue=sheet.issue, department=sheet.department,
            round=sheet.round,
        )  # fmt: skip
        if not sheet.readable or sheet.measure not in self.books.texts:
            aside = replace(refused, status=Status.UNCHANGED, problems=())
            return aside if reading.id in self._dismissed and reading.id not in self._new else refused
        key, state = (reading.id, sheet.issue), self.books.state(sheet.measure)
        before = self.books.state(sheet.measure, upto=self.books.before_work).outcomes.get(key)
        now = state.outcomes[key]
        unchanged = replace(refused, status=Status.UNCHANGED, problems=(), cells=sheet.cells, texts=sheet.texts)
        said = {"return": reading.id, "measure": sheet.measure}
        if now.fate is Fate.WITHDRAWN:
            return replace(unchanged, problems=(problem(problems.WITHDRAWN, said),))
        if now.fate is Fate.DISMISSED:
            return replace(unchanged, problems=(problem(problems.DISMISSED, said),))
        if now.fate is Fate.ELSEWHERE and now.replaced_by:
            params = {"round": sheet.round, "meant": now.judged.elsewhere, "newer": now.replaced_by}
            return replace(unchanged, problems=(problem(problems.SAME_ELSEWHERE, params),))
        if now.fate is Fate.REPLACED:
            return replace(unchanged, problems=(problem(problems.REPLACED, said | {"newer": now.replaced_by}),))
        if before and before.fate.is_in and now.fate.is_in and reading.id not in self._new:
            return unchanged
        found = (*shown_problems(now, names), *self._beside(sheet, now, state))
        if now.overtaken_by and now.fate.is_in:
            return replace(unchanged, problems=found)
        if not now.fate.is_in:
            merge, status = Merge(), Status.HELD
        else:
            merge, status = now.merge, Status.MERGED if now.merge != Merge() else Status.UNCHANGED
        asked = {q.ref: q for (_, round_), q in state.conflicts.items() if q.by == key and round_ == sheet.round}
        merge = replace(merge, conflicts=tuple(c for c in merge.conflicts if c.ref in asked))
        rows = {c.ref: self.books.conflicts.row(sheet.measure, asked[c.ref]) for c in merge.conflicts}
        settings = self.books.master.settings
        refs = [*(c.ref for c in merge.changes), *(c.ref for c in merge.conflicts)]
        texts = state.values() | dict(sheet.texts) if refs else {}
        labels = {ref: label(ref, settings, item_name(ref, texts, settings.catalogue)) for ref in refs}
        return replace(
            unchanged, status=status, problems=found, merge=merge, labels=labels, moved=sheet.moved, notes=sheet.notes,
            meant=now.judged.elsewhere if not now.fate.is_in else "", kept=now.kept if now.fate.is_in else {},
            questions={ref: row.id for ref, row in rows.items() if row},
        )  # fmt: skip

    def _beside(self, sheet: SheetReading, outcome: SheetOutcome, state: Replayed) -> Iterator[Problem]:
        """Yield a problem (E210) about what a sheet of another round says beside: it would be lost with it."""
        told = {Ref.parse(field) for p in outcome.judged.own for field in p.fields}
        lost = [r for r, said in outcome.says.items() if r not in told and said.text != state.text(r)]
        if outcome.fate is Fate.ELSEWHERE and lost:
            settings, texts = self.books.master.settings, state.values() | dict(sheet.texts)
            name = label(lost[0], settings, item_name(lost[0], texts, settings.catalogue))
            cells = dict.fromkeys(sheet.cells[ref] for ref in lost if ref in sheet.cells)
            yield problem(
                problems.BESIDE_WRONG_ROUND, {"round": sheet.round, "meant": outcome.judged.elsewhere}, sheet=sheet.sheet,
                cell="、".join(cells), label=name if len(lost) == 1 else f"{name} ほか{len(lost) - 1}か所",
                value=outcome.says[lost[0]].text, fields=tuple(map(str, lost)), field=str(lost[0]),
            )  # fmt: skip


def _key(file: ReturnedFile) -> str:
    return content_key(file.sha256, file.name)


def _sent_at(file: ReturnedFile) -> str:
    """Return when a mail was sent, in the format of the master's cells; "" for a file that came in no mail."""

    return timestamp(datetime.fromisoformat(file.received)) if file.received else ""


def _fates(state: Replayed, return_id: str = "") -> dict[SheetKey, tuple[object, ...]]:
    """Return the outcomes of all sheets, or of the sheets of one return, in a form to compare."""
    mine = ((key, o) for key, o in state.outcomes.items() if return_id in ("", key[0]))
    return {key: (o.fate, o.judged, o.replaced_by) for key, o in mine}


def _is_open(sheet: SheetPlan) -> bool:
    return sheet.status in (Status.HELD, Status.REFUSED)

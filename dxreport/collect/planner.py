"""Plan a run of collect: turn returned files into events, and the new state into outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ..domain import problems
from ..domain.errors import MasterError
from ..domain.fields import label
from ..domain.merge import Merge
from ..domain.problems import Problem, problem
from ..intake.gather import ReturnedFile
from ..intake.limits import Unreadable
from ..master.records import stamp
from ..rules import item_name
from .commit import Books, Difference
from .ledger import shown_problems
from .log import Read, content_key
from .originals import original, original_path
from .plan import FilePlan, Plan, SheetPlan, Status
from .read import FileRead, FileReader, package_of
from .reading import Reading, SheetReading, reading_data, reading_name
from .replay import Again, Fate, Replayed, SheetKey, SheetOutcome

_HELD = (Fate.HELD, Fate.ELSEWHERE)


class Planner:
    """Plans a run of collect on the books as they are. ``whole`` makes returns count whole (``--replace``)."""

    def __init__(self, books: Books, reader: FileReader, *, whole: bool = False) -> None:
        self.books, self.reader, self.whole = books, reader, whole
        self.difference = Difference()
        self._numbers: dict[str, str] = {}
        self._known = {e.return_id: e for reads in books.reads().values() for e in reads}
        self._again: set[str] = set()
        self._opened: dict[str, FileRead] = {}

    def plan(self, files: Iterable[ReturnedFile]) -> Plan:
        """Append the files to the log and return their outcomes."""
        taken = [self._take(file) for file in files]
        self._append(taken)
        self._judge_again()
        rows = self.books.conflict_rows()
        for id_, reading in self._new_readings().items():
            for sheet in reading.sheets:
                for item in sheet.added:
                    rows.offer(id_, sheet.measure, item)
        self.difference = d = self.books.difference(note="", rows=rows)
        return Plan(self._files(taken), d.edits, d.changes, d.receipts, d.updated, d.conflicts)

    def enter(self, files: Iterable[ReturnedFile]) -> None:
        """Append files to the log only."""
        self._append([self._take(file) for file in files])

    # Reading

    def _take(self, file: ReturnedFile) -> tuple[ReturnedFile, FileRead | None]:
        """Read a file, unless its content was read before and nothing of it is open."""
        key = content_key(file.sha256, file.name)
        known = self._known.get(self.books.known_numbers.get(key, ""))
        if key in self._opened:
            return file, self._opened[key]
        reading = self.books.reading(known.reading) if known else None
        if reading is not None and self._settled(reading) and not self._renews(reading):
            return file, None
        self._opened[key] = self.reader.read(file)
        return file, self._opened[key]

    def _settled(self, reading: Reading) -> bool:
        """Whether every sheet of a return was read, and none of them is held."""
        if not reading.complete:
            return False
        return not any(
            self.books.state(s.measure).outcomes[reading.id, s.issue].fate in _HELD
            for s in reading.sheets
            if s.measure in self.books.texts
        )

    def _renews(self, reading: Reading) -> bool:
        """Whether a return that came before counts whole from now on."""
        return self.whole and not reading.whole and reading.id not in self.books.withdrawn()

    def _append(self, taken: Sequence[tuple[ReturnedFile, FileRead | None]]) -> None:
        """Append what was read, in the order in which it was given as far as that is known."""
        fresh: dict[str, tuple[ReturnedFile, FileRead]] = {}
        for file, read in taken:
            if read is not None:
                fresh.setdefault(content_key(file.sha256, file.name), (file, read))
        for file, read in self._in_order(fresh.values()):
            self._enter(file, read)

    def _in_order(self, given: Iterable[tuple[ReturnedFile, FileRead]]) -> list[tuple[ReturnedFile, FileRead]]:
        """By the time they were given, corrected copies after what they may correct, then as they were gathered."""
        return sorted(given, key=lambda pair: (self._at(*pair), bool(pair[1].corrects), pair[0].received))

    def _at(self, file: ReturnedFile, read: FileRead) -> str:
        """When answers were given: when the mail was sent, but not before the issue nor before what it corrects."""
        received = self.books.when
        if not file.received:
            return received
        issued = [i.when for s in read.sheets for i in self.books.master.issues if i.id == s.issue]
        parent = self._known.get(read.corrects)
        corrected = [self.books.reading(parent.reading).at] if parent else []
        return min(max([sent_at(file), *issued, *corrected]), received)

    def _enter(self, file: ReturnedFile, read: FileRead) -> None:
        books = self.books
        key = content_key(file.sha256, file.name)
        id_ = books.number(file.sha256, file.name, self._numbers)
        self._numbers[key] = id_
        known = self._known.get(id_) if key in books.known_numbers else None
        before = books.reading(known.reading) if known else None
        renewed = before is not None and bool(read.sheets) and self._renews(before)
        if before is not None and not renewed and (before.complete or not read.sheets):
            self._again.add(id_)
            return
        first = before.received if before else books.when
        reading = Reading(
            id_, file.sha256, before.file if before else file.name, sent_at(file), first,
            before.at if before and not renewed else self._at(file, read), read.sheets, read.problems, read.corrects, self.whole,
            books.own_terms,
        )  # fmt: skip
        if before is not None and not renewed and _same_facts(before, reading):
            self._again.add(id_)
            return
        data = reading_data(reading, books.archive)
        name = reading_name(id_, data)
        books.work.readings[name] = reading
        books.work.kept[books.workspace.readings / f"{name}.json"] = data
        books.work.add(Read(name, id_, file.sha256, reading.file), *reading.measures())
        if file.data:
            books.work.kept[original_path(books.workspace, id_, reading.file)] = file.data

    def _judge_again(self) -> None:
        """Files that came again are judged by the settings of now, where that makes a difference."""
        books = self.books
        for id_ in sorted(self._again):
            reading = books.reading(self._known[id_].reading)
            measures = tuple(
                s.measure for s in reading.sheets
                if s.readable and s.measure in books.texts
                and books.state(s.measure).outcomes[id_, s.issue].fate in _HELD
            )  # fmt: skip
            for measure in dict.fromkeys(measures):
                before = books.state(measure)
                books.work.add(Again(id_, books.own_terms), measure)
                after = books.state(measure)
                if _fates(before) == _fates(after) and before.texts == after.texts:
                    books.work.entries.pop()
                books.forget(measure)

    def _new_readings(self) -> dict[str, Reading]:
        return {r.id: r for r in self.books.work.readings.values()}

    # Outcomes

    def _files(self, taken: Sequence[tuple[ReturnedFile, FileRead | None]]) -> tuple[FilePlan, ...]:
        books = self.books
        latest = {id_: books.reading(reads[-1].reading) for id_, reads in books.reads().items()}
        here = {self._id(file) for file, _ in taken}
        names = books.files()
        plans = [self._earlier(latest[id_], names) for id_ in sorted(self._completed() - here)]
        order = list(dict.fromkeys(e.event.return_id for e in books.work.entries if isinstance(e.event, Read)))
        seen: set[str] = set()
        for file, read in sorted(taken, key=lambda pair: _index(order, self._id(pair[0]))):
            id_ = self._id(file)
            plans.append(self._file(file, read, latest[id_], names, again=id_ in seen))
            seen.add(id_)
        return tuple(plans)

    def _id(self, file: ReturnedFile) -> str:
        key = content_key(file.sha256, file.name)
        return self._numbers.get(key) or self.books.known_numbers[key]

    def _completed(self) -> set[str]:
        """Returns of earlier runs with a sheet that goes in now."""
        books, start = self.books, self.books.before_work
        out = set()
        for measure in books.touched():
            before = books.state(measure, upto=start).outcomes
            for key, outcome in books.state(measure).outcomes.items():
                if key in before and outcome.fate.is_in and not before[key].fate.is_in and outcome.says:
                    out.add(key[0])
        return out

    def _earlier(self, reading: Reading, names: dict[str, str]) -> FilePlan:
        """The plan of a return of an earlier run."""
        try:
            file = original(self.books.workspace, reading)
            package = package_of(self.reader.open(file, ask=False))
        except (MasterError, Unreadable):
            file, package = ReturnedFile(reading.file, self.books.workspace.returns, b"", reading.sha256), None
        return FilePlan(file, reading.id, False, self._missing(reading), self._sheets(reading, names), package)

    def _file(
        self, file: ReturnedFile, read: FileRead | None, reading: Reading, names: dict[str, str], *, again: bool
    ) -> FilePlan:
        new = any(isinstance(e.event, Read) and e.event.return_id == reading.id for e in self.books.work.entries)
        first = new and reading.id not in self._known and not again
        sheets = self._sheets(reading, names)
        if again:
            sheets = tuple(s if s.status.rank >= Status.HELD.rank else _unchanged(s) for s in sheets)
        if read is None:
            return FilePlan(file, reading.id, False, (), sheets)
        said = read.problems
        if not read.sheets and reading.sheets:  # it was read before, and cannot be now
            said = said if any(s.status.rank >= Status.HELD.rank for s in sheets) else ()
        return FilePlan(file, reading.id, first, (*said, *self._missing(reading)), sheets, read.package)

    def _missing(self, reading: Reading) -> tuple[Problem, ...]:
        """Sheets that were issued with those of a file, and that came neither in it nor in any other."""
        here = {s.issue for s in reading.sheets if s.round}
        if not here:
            return ()
        came = {(r.issue_id, r.measure) for r in (*self.books.master.receipts, *self.difference.receipts)}
        out = []
        for issue in (i for i in self.books.master.issues if i.id in here):
            lost = [id_ for id_ in issue.measures if id_ in self.books.texts and (issue.id, id_) not in came]
            if lost:
                out.append(problem(problems.SHEET_MISSING, {"measures": "、".join(lost)}))
        return tuple(out)

    def _sheets(self, reading: Reading, names: dict[str, str]) -> tuple[SheetPlan, ...]:
        return tuple(self._sheet(reading, sheet, names) for sheet in reading.sheets)

    def _sheet(self, reading: Reading, sheet: SheetReading, names: dict[str, str]) -> SheetPlan:
        base = SheetPlan(
            sheet.sheet, sheet.measure, Status.REFUSED, sheet.problems, issue=sheet.issue, department=sheet.department,
            round=sheet.round,
        )  # fmt: skip
        if not sheet.readable or sheet.measure not in self.books.texts:
            return base
        key, start = (reading.id, sheet.issue), self.books.before_work
        before = self.books.state(sheet.measure, upto=start).outcomes.get(key)
        return self._outcome(base, sheet, before, self.books.state(sheet.measure).outcomes[key], names)

    def _outcome(
        self,
        base: SheetPlan,
        sheet: SheetReading,
        before: SheetOutcome | None,
        now: SheetOutcome,
        names: dict[str, str],
    ) -> SheetPlan:
        whole = replace(base, cells=sheet.cells, texts=sheet.texts)
        said = {"return": now.sheet.return_id, "measure": sheet.measure}
        if now.fate is Fate.WITHDRAWN:
            return replace(whole, status=Status.UNCHANGED, problems=(problem(problems.WITHDRAWN, said),))
        if now.fate is Fate.REPLACED:
            later = problem(problems.REPLACED, said | {"newer": now.replaced_by})
            return replace(whole, status=Status.UNCHANGED, problems=(later,))
        renewed = any(
            isinstance(e.event, Read) and e.event.return_id == now.sheet.return_id for e in self.books.work.entries
        )
        if before is not None and before.fate.is_in and now.fate.is_in and not renewed:
            return replace(whole, status=Status.UNCHANGED, problems=())
        found = shown_problems(now, names)
        if now.overtaken_by and now.fate.is_in:
            return replace(whole, status=Status.UNCHANGED, problems=found)
        merge, status = now.merge, Status.UNCHANGED
        if not now.fate.is_in:
            merge, status = Merge(), Status.HELD
        elif merge.changes or merge.conflicts:
            status = Status.MERGED
        texts = {ref: text.text for ref, text in self.books.state(sheet.measure).texts.items()} | dict(sheet.texts)
        settings = self.books.master.settings
        refs = [*(c.ref for c in merge.changes), *(c.ref for c in merge.conflicts)]
        labels = {ref: label(ref, settings, item_name(ref, texts, settings.catalogue)) for ref in refs}
        return replace(
            whole, status=status, problems=found, merge=merge, labels=labels, moved=sheet.moved, notes=sheet.notes,
            meant=now.judged.elsewhere if not now.fate.is_in else "",
        )  # fmt: skip


def sent_at(file: ReturnedFile) -> str:
    """When a mail was sent, as the master's cells hold it; "" for what came in no mail."""
    return stamp(datetime.fromisoformat(file.received)) if file.received else ""


def _same_facts(before: Reading, now: Reading) -> bool:
    """Whether a second reading of the same content found the same."""
    return (before.sheets, before.problems) == (now.sheets, now.problems)


def _fates(state: Replayed) -> dict[SheetKey, tuple[object, ...]]:
    return {key: (o.fate, o.judged, o.replaced_by) for key, o in state.outcomes.items()}


def _unchanged(sheet: SheetPlan) -> SheetPlan:
    return replace(sheet, status=Status.UNCHANGED, merge=Merge())


def _index(order: Sequence[str], id_: str) -> int:
    return order.index(id_) if id_ in order else -1

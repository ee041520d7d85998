"""Books: the master with its log while a command works on them, and the one way to write both.

A command appends events, the fold gives the state before and after them, and the difference is written: kept
originals and readings first, then the commit, then the master. A crash in between leaves files that no master
names; the same command again makes the same books.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from ..domain.errors import MasterError
from ..domain.fields import Catalogue
from ..domain.model import FiscalYear, ProgressWord, Ref, Round, Settings
from ..issue.store import Archive
from ..master.read import read_master
from ..master.records import Change, Conflict, Master, Receipt, ReceiptState, next_id, stamp
from ..master.write import MasterEdit, put
from ..workspace.paths import Workspace
from .judge import Judge
from .ledger import ConflictRows, History, changed_receipts, fixed_receipts, sheet_receipt, withdrawn_note
from .log import Chain, Commit, Log, LogEntry, Read, commit_name, content_key
from .migrate import first_commit
from .originals import orphans
from .reading import Reading, issued_texts, named_reading, parse_reading, reading_data
from .replay import Accept, Again, Edit, Event, Issued, Replayed, Returned, Sheet, Withdraw, replay

_NOTHING: Mapping[Path, bytes] = MappingProxyType({})
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a command changes: rows to be added to the master or written over, and texts."""

    edits: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    updated: tuple[Receipt | Conflict, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    texts: tuple[tuple[str, Ref, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits or self.changes or self.receipts or self.updated or self.conflicts or self.texts)


@dataclass(slots=True)
class Work:
    """What a command adds to the log, and the files it keeps with it."""

    entries: list[LogEntry] = field(default_factory=list)
    readings: dict[str, Reading] = field(default_factory=dict)
    kept: dict[Path, bytes] = field(default_factory=dict)

    def add(self, event: Event | Read, *measures: str) -> None:
        """Append an event."""
        self.entries.append(LogEntry(event, measures))


class Books:
    """A master, its log and what was read of returns; the state of measures on demand."""

    def __init__(self, workspace: Workspace, master: Master, now: datetime) -> None:
        self.workspace, self.master, self.when = workspace, master, stamp(now)
        self.archive = Archive(workspace)
        self.log = Log(workspace.log)
        self.work = Work()
        self.migrated: dict[str, Reading] = {}
        self._readings: dict[str, Reading] = {}
        self._terms: dict[str, Settings] = {}
        self._states: dict[tuple[str, int], Replayed] = {}
        self.texts = {m.id: {ref: text for ref, text in m.values().items() if text} for m in master.measures}

    @cached_property
    def chain(self) -> Chain:
        """The log of this master; where there is none at all, one is made of the ledgers and originals."""
        if self.master.commit and self.log.names():
            return self.log.chain(self.master.commit)
        if (found := self.log.nearest(self.texts)).commits:
            return found
        return first_commit(self)

    @cached_property
    def noticed(self) -> tuple[LogEntry, ...]:
        """What happened since the last command: issues, and texts that people changed before and after them."""
        known = {entry.event.issue for entry in self.chain.entries() if isinstance(entry.event, Issued)}
        texts = self.chain.written()
        out: list[LogEntry] = []
        for issue in self.master.issues:
            snapshot = self.archive.snapshot(issue.id) if issue.id not in known else None
            if snapshot is not None:
                for measure, sent in snapshot.texts.items():
                    if measure in self.texts:
                        out += _edits(measure, texts.setdefault(measure, {}), sent)
                out.append(LogEntry(Issued(issue.id), issue.measures))
        for measure, here in self.texts.items():
            out += _edits(measure, texts.setdefault(measure, {}), here)
        return tuple(out)

    @cached_property
    def judge(self) -> Judge:
        """The rules, with all outcomes found so far."""
        measures = {m.id: m for m in self.master.measures}
        return Judge(self.terms, measures, self.master.departments, self.chain.outcomes())

    @cached_property
    def own_terms(self) -> str:
        """The digest of the settings of now."""
        return hashlib.sha256(terms_data(self.master.settings)).hexdigest()[:16]

    def terms(self, digest: str) -> Settings:
        """The settings of this digest; raises MasterError where they are gone."""
        if digest not in self._terms:
            if digest == self.own_terms:
                self._terms[digest] = self.master.settings
            else:
                self._terms[digest] = _load_terms(self.workspace.terms / f"{digest}.json")
        return self._terms[digest]

    def reading(self, name: str) -> Reading:
        """A reading by its name in the log; raises MasterError where it is gone."""
        for readings in (self.work.readings, self.migrated):
            if name in readings:
                return readings[name]
        if name not in self._readings:
            path = self.workspace.readings / f"{name}.json"
            try:
                self._readings[name] = parse_reading(named_reading(path), self.archive)
            except (OSError, ValueError, KeyError, TypeError):
                raise MasterError(
                    f"読み取りの控え {path} がないか、壊れています。", "バックアップから戻してください。"
                ) from None
        return self._readings[name]

    @cached_property
    def _earlier(self) -> tuple[LogEntry, ...]:
        """The events before this command's: the log's, and what people typed since."""
        return (*self.chain.entries(), *self.noticed)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """The places of each measure's events among the earlier ones."""
        out: defaultdict[str, list[int]] = defaultdict(list)
        for n, entry in enumerate(self._earlier):
            for measure in dict.fromkeys(entry.measures):
                out[measure].append(n)
        return out

    def entries(self, upto: int | None = None) -> Sequence[LogEntry]:
        """All events so far, or the first ``upto``: the log's, what people typed, this command's."""
        return (*self._earlier, *self.work.entries)[:upto]

    @property
    def before_work(self) -> int:
        """How many events there were before this command's."""
        return len(self._earlier)

    @property
    def _logged(self) -> int:
        return len(self._earlier) - len(self.noticed)

    def reads(self, *, upto: int | None = None) -> dict[str, list[Read]]:
        """The readings of each return in the log, the oldest first; ``upto`` counts events."""
        out: dict[str, list[Read]] = {}
        for entry in self.entries(upto):
            if isinstance(entry.event, Read):
                out.setdefault(entry.event.return_id, []).append(entry.event)
        return out

    def number(self, sha256: str, file: str, taken: Mapping[str, str]) -> str:
        """The number of a return: the one that its content has, or the next. ``taken`` are those of this run."""
        key = content_key(sha256, file)
        known = {**self._lost_numbers, **self.known_numbers, **taken}
        if key in known:
            return known[key]
        return next_id("U", (*known.values(), *(r.id for r in self.master.receipts)))

    @cached_property
    def known_numbers(self) -> dict[str, str]:
        """The returns of the log by their content."""
        reads = (e.event for e in self.chain.entries() if isinstance(e.event, Read))
        return {content_key(r.sha256, r.file): r.return_id for r in reads}

    @cached_property
    def _lost_numbers(self) -> dict[str, str]:
        """Numbers given by commits outside of the log, and those of originals that no commit names."""
        found = self.log.numbers(self.chain)
        named = {*found.values(), *self.known_numbers.values()}
        return {**orphans(self.workspace, named), **found}

    def events(self, measure: str, *, upto: int | None = None) -> list[Event]:
        """The events of a measure in the order of the log."""
        stop = self.before_work + len(self.work.entries) if upto is None else upto
        entries = [self._earlier[n] for n in self._places.get(measure, ()) if n < stop]
        entries += (e for e in self.work.entries[: max(0, stop - self.before_work)] if measure in e.measures)
        return [event for entry in entries for event in self._events(entry, measure)]

    def _events(self, entry: LogEntry, measure: str) -> Iterator[Event]:
        if isinstance(entry.event, Read):
            yield from map(Returned, self._sheets(self.reading(entry.event.reading), measure))
        else:
            yield entry.event

    def fold(self, chain: Chain, measure: str, judge: Judge) -> Replayed:
        """The state of a measure after a chain."""
        events = [e for entry in chain.entries() if measure in entry.measures for e in self._events(entry, measure)]
        return replay(chain.first.get(measure, {}), events, judge)

    def _sheets(self, reading: Reading, measure: str) -> Iterator[Sheet]:
        for sheet in reading.sheets:
            if sheet.readable and sheet.measure == measure:
                issued = issued_texts(sheet.issue, measure, self.archive)
                snapshot = self.archive.snapshot(sheet.issue)
                inputs = snapshot.inputs.get(measure) if snapshot else None
                blank = {ref: "" for ref in sheet.cells if reading.whole and not ref.item.startswith("+")}  # spare rows
                yield Sheet(
                    reading.id, sheet.issue, sheet.round, reading.stamp, issued, {**blank, **sheet.texts},
                    reading.corrects, reading.whole, reading.terms, sheet, inputs,
                )  # fmt: skip

    def state(self, measure: str, *, upto: int | None = None) -> Replayed:
        """The state of a measure, after all events or the first ``upto`` of the log."""
        place = self.before_work + len(self.work.entries) if upto is None else upto
        if (measure, place) not in self._states:
            first = self.chain.first.get(measure, {})
            self._states[measure, place] = replay(first, self.events(measure, upto=upto), self.judge)
        return self._states[measure, place]

    def forget(self, measure: str) -> None:
        """Work the state of a measure out again when it is asked for: events were taken back."""
        self._states = {key: state for key, state in self._states.items() if key[0] != measure}

    def touched(self) -> list[str]:
        """The measures of the master that this command's events and people's edits bear on, in ID order."""
        entries = [e for e in self.noticed if isinstance(e.event, Edit)] + self.work.entries
        named = {id_ for entry in entries for id_ in entry.measures}
        return [m.id for m in self.master.measures if m.id in named]

    def withdrawn(self) -> set[str]:
        """The withdrawn returns, except those with a sheet accepted since."""
        out: set[str] = set()
        for entry in self.entries():
            if isinstance(entry.event, Withdraw):
                out.add(entry.event.return_id)
            elif isinstance(entry.event, Accept):
                out.discard(entry.event.return_id)
        return out

    def files(self) -> dict[str, str]:
        """The names of returned files, by return."""
        return {id_: reads[0].file for id_, reads in self.reads().items()}

    def difference(
        self, *, note: str = "", kept: str = "", withdrawn: str = "", rows: ConflictRows | None = None
    ) -> Difference:
        """What this command changes.

        ``note`` and ``kept`` are the notes of texts that a withdrawal takes back, or leaves to another return;
        ``withdrawn`` is the return taken out; ``rows`` may hold conflicts that were changed already.
        """
        start, done = self._logged, self.before_work
        conflicts = rows or self.conflict_rows()
        files = self.files() if self.touched() else {}
        readings = self._latest_readings()
        edits: list[Change] = []
        changes: list[Change] = []
        texts: list[tuple[str, Ref, str]] = []
        receipts: list[Receipt] = []
        for measure in self.touched():
            states = [self.state(measure, upto=n) for n in (start, done)] + [self.state(measure)]
            history = History(measure, self.when, self.master.settings, readings)
            events = self.events(measure)
            edits += history.between(states[0], states[1], events)
            changes += history.between(states[1], states[2], events, note, kept)
            conflicts.follow(measure, states[0], states[2], note, withdrawn)
            receipts += changed_receipts(*(self._receipts(measure, s, files, readings) for s in (states[0], states[2])))
            for ref in sorted({*states[1].texts, *states[2].texts}):
                if (text := states[2].text(ref)) != states[1].text(ref):
                    texts.append((measure, ref, text))
        receipts += changed_receipts(self._fixed(start), self._fixed(None))
        new, over = self._placed(sorted(receipts, key=lambda r: _place(r, readings)))
        return Difference(
            tuple(edits), tuple(changes), new, (*over, *conflicts.updated.values()), tuple(conflicts.added.values()),
            tuple(texts),
        )  # fmt: skip

    def conflict_rows(self) -> ConflictRows:
        """The rows of 競合 to be worked on."""
        return ConflictRows(self.master.conflicts, self.when, self.master.settings)

    def _latest_readings(self) -> dict[str, Reading]:
        return {id_: self.reading(reads[-1].reading) for id_, reads in self.reads().items()}

    def _receipts(
        self, measure: str, state: Replayed, files: Mapping[str, str], readings: Mapping[str, Reading]
    ) -> dict[_Key, Receipt]:
        return {
            (key[0], measure, key[1]): sheet_receipt(readings[key[0]], outcome, files)
            for key, outcome in state.outcomes.items()
        }

    def _fixed(self, upto: int | None) -> dict[_Key, Receipt]:
        """The rows of what could not be read of files, as of the first ``upto`` events."""
        gone = {e.event.return_id: e.event for e in self.entries(upto) if isinstance(e.event, Withdraw)}
        touched = {e.event.return_id for e in self.work.entries if isinstance(e.event, (Read, Withdraw))}
        out: dict[_Key, Receipt] = {}
        for id_, reads in self.reads(upto=upto).items():
            if id_ in touched:
                first, last = self.reading(reads[0].reading), self.reading(reads[-1].reading)
                rows = fixed_receipts(last, first if not first.sheets and last.sheets else None)
                if id_ in gone:
                    rows = {key: _withdrawn(row, gone[id_].reason) for key, row in rows.items()}
                out |= rows
        return out

    def _placed(self, rows: Iterable[Receipt]) -> tuple[tuple[Receipt, ...], tuple[Receipt, ...]]:
        """Rows to be added, and rows to be written over."""
        area = self.master.tables.get("受付簿")
        known = area.rows if area else {}
        new: list[Receipt] = []
        over: list[Receipt] = []
        for row in rows:
            (over if (row.id, row.measure, row.issue_id) in known else new).append(row)
        return tuple(new), tuple(over)

    def record(self, command: str, changes: tuple[Change, ...], conflicts: tuple[Conflict, ...], now: datetime) -> None:
        """Write changes that no return made, as edits of the log; the caller holds the lock."""
        edits = self.difference().edits
        for c in changes:
            if c.ref.field in self.master.settings.catalogue.field:
                self.work.add(Edit(c.ref, c.old, c.new, c.note), c.measure)
        texts = tuple((c.measure, c.ref, c.new) for c in changes)
        self.commit(command, Difference(edits, changes, conflicts=conflicts, texts=texts), now)

    def commit(
        self, command: str, difference: Difference, now: datetime, *, after: Mapping[Path, bytes] = _NOTHING
    ) -> None:
        """Write everything; the caller holds the lock. Nothing is written where nothing changed but ``after``.

        Raises LockedError and MasterError as :func:`put` does.
        """
        entries = (*self.noticed, *self.work.entries)
        if not entries and not difference:
            put(self.workspace, self.master.data, self.master.sha256, now, after=after)
            return
        typed = tuple(
            (m, e.ref, e.new) for entry in self.noticed for m in entry.measures if isinstance(e := entry.event, Edit)
        )
        made = Commit(
            self.chain.tip,
            self.when,
            command,
            entries,
            (*typed, *(t for t in difference.texts if t[1].field in self.master.settings.catalogue.field)),
            self.judge.fresh,
        )
        files: dict[Path, bytes] = dict(self.work.kept)
        number = len(self.chain.names)
        if number and not self.log.path(self.chain.tip).is_file():  # the first commit, made of the books as they were
            files |= {self.log.path(n): c.data() for n, c in zip(self.chain.names, self.chain.commits, strict=True)}
        for name, reading in self.migrated.items():
            files[self.workspace.readings / f"{name}.json"] = reading_data(reading, self.archive)
        if self.migrated or any(isinstance(entry.event, Read | Again) for entry in self.work.entries):
            files[self.workspace.terms / f"{self.own_terms}.json"] = terms_data(self.master.settings)
        name = commit_name(made, number + 1)
        files[self.log.path(name)] = made.data()
        edit = MasterEdit(self.master)
        edit.set_all(difference.texts)
        edit.add(*difference.edits, *difference.changes, *difference.receipts, *difference.conflicts)
        edit.update(*difference.updated)
        edit.set_commit(name)
        put(self.workspace, edit.data(), self.master.sha256, now, before=files, after=after)


def _place(row: Receipt, readings: Mapping[str, Reading]) -> tuple[int, int]:
    """Where a row belongs: by its return, then by its sheet's place in the file."""
    sheets = [(sheet.measure, sheet.issue) for sheet in readings[row.id].sheets] if row.id in readings else []
    key = (row.measure, row.issue_id)
    return row.number, sheets.index(key) if key in sheets else len(sheets)


def _edits(measure: str, texts: dict[Ref, str], now: Mapping[Ref, str]) -> Iterator[LogEntry]:
    """The edits that lead from some texts to others; ``texts`` follow."""
    for ref in dict.fromkeys([*texts, *now]):
        old, new = texts.get(ref, ""), now.get(ref, "")
        if old != new:
            texts[ref] = new
            yield LogEntry(Edit(ref, old, new), (measure,))


def _withdrawn(row: Receipt, reason: str) -> Receipt:
    return replace(row, state=ReceiptState.WITHDRAWN, note=withdrawn_note(reason))


def opened(workspace: Workspace, now: datetime) -> Books:
    """The books of a workspace; raises MasterError as reading does."""
    return Books(workspace, read_master(workspace.master), now)


def rewritten(books: Books) -> bool:
    """Whether the master was written since the books were opened."""
    path = books.workspace.master
    return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != books.master.sha256


def terms_data(settings: Settings) -> bytes:
    """The settings that rules ask for, as JSON; deadlines and names of areas are not among them."""
    given = {
        "fiscal_year": settings.fiscal_year.western,
        "plan_years": [year.western for year in settings.plan_years],
        "rounds": [[r.name, r.quarter, sorted(r.opens), sorted(r.requires)] for r in settings.rounds],
        "progress_words": [[w.word, w.needs_countermeasure] for w in settings.progress_words],
        "flags": list(settings.flags),
        "mail_domain": settings.mail_domain,
    }
    if own := settings.catalogue.plain():
        given["fields"] = own
    return json.dumps(given, ensure_ascii=False, indent=0).encode("utf-8")


def _load_terms(path: Path) -> Settings:
    try:
        given = json.loads(path.read_bytes())
        rounds = tuple(Round(n, q, "", frozenset(o), frozenset(r)) for n, q, o, r in given["rounds"])
        words = tuple(ProgressWord(*word) for word in given["progress_words"])
        years = tuple(FiscalYear(year) for year in given["plan_years"])
        yes, no = given["flags"]
        return Settings(
            FiscalYear(given["fiscal_year"]), years, rounds, words, (yes, no), given["mail_domain"],
            catalogue=Catalogue.parse(given.get("fields", ()), len(years)),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise MasterError(f"設定の控え {path} がないか、壊れています。", "バックアップから戻してください。") from None

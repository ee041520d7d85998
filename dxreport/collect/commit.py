"""Books: the master and its log while a command works on them, and the only way to write both.

A command appends events, replays them to get the state before and after, and writes the difference: originals and
readings first, then the commit, then the master. A crash in between leaves files that no master names; running the
same command again produces the same books.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

from ..domain.fields import Ref
from ..master.read import read_master
from ..master.records import Change, Conflict, Master, Receipt, ReceiptState, next_id, timestamp
from ..master.write import MasterEdit, put
from ..workspace.paths import Workspace
from ..workspace.transaction import NOTHING
from .events import Accept, Again, Dismiss, Edit, Event, Issued, Withdraw
from .judge import Judge
from .ledger import ConflictRows, History, aside_note, dismissed_change, sheet_receipt, unread_receipts
from .log import Chain, Commit, Log, LogEntry, Read, commit_name
from .originals import content_key, orphans
from .plan import Plan
from .reading import Reading
from .reading_store import ReadingStore
from .replay import replay
from .state import Fate, Replayed


class Books:
    """A master and its log, to which a command appends events; states of measures are replayed on demand.

    ``store`` holds the readings, and the files that the command adds; ``conflicts`` the rows of 競合 as it changes them.
    """

    def __init__(self, workspace: Workspace, master: Master, now: datetime) -> None:
        self.workspace, self.master, self.when = workspace, master, timestamp(now)
        self.store = ReadingStore(workspace, master.settings)
        self.log = Log(workspace.log, master.settings.catalogue)
        self.conflicts = ConflictRows(master.conflicts, self.when, master.settings)
        self.texts = {m.id: {ref: text for ref, text in m.values().items() if text} for m in master.measures}
        self._states: dict[tuple[str, int], Replayed] = {}
        self._newest = ""  # the last number that this command gave

    @cached_property
    def chain(self) -> Chain:
        """The log of this master; built from its ledgers and originals if there is none.

        A master that names no commit has lost the name if its ledgers have entries: its log is then the nearest one.
        With empty ledgers, it dates from before the first commit.
        """
        master = self.master
        if master.commit and self.log.names():
            return self.log.chain(master.commit)
        told = master.receipts or master.changes
        if told and (found := self.log.nearest(self.texts, {r.id for r in master.receipts})).commits:
            return found
        from .migrate import first_commit  # imports every file reader, and is needed once per workspace

        return first_commit(self.master, self.texts, self.store, self.when)

    @cached_property
    def noticed(self) -> tuple[LogEntry, ...]:
        """What happened since the last command: new issues, and texts that people typed before and after each."""
        known = {entry.event.issue for entry in self.chain.entries() if isinstance(entry.event, Issued)}
        texts = {id_: self._declared(refs) for id_, refs in self.chain.written().items()}
        defaults = self.master.settings.catalogue.defaults
        out: list[LogEntry] = []
        for issue in self.master.issues:
            snapshot = self.store.archive.snapshot(issue.id) if issue.id not in known else None
            if snapshot is not None:
                for measure, sent in snapshot.texts.items():
                    if measure in self.texts:
                        out += _edits(measure, texts.setdefault(measure, {}), self._declared(sent), defaults)
                out.append(LogEntry(Issued(issue.id), issue.measures))
        for measure, here in self.texts.items():
            out += _edits(measure, texts.setdefault(measure, {}), here, defaults)
        return tuple(out)

    def _declared(self, texts: Mapping[Ref, str]) -> dict[Ref, str]:
        """Return the texts of fields that 項目 still declares, so that removing a field is not seen as an edit."""
        fields = self.master.settings.catalogue.field
        return {ref: text for ref, text in texts.items() if ref.field in fields}

    @cached_property
    def entries(self) -> list[LogEntry]:
        """All events so far: the log's, those noticed since, and this command's."""
        return [*self.chain.entries(), *self.noticed]

    @cached_property
    def before_work(self) -> int:
        """The number of events before this command's."""
        return sum(len(commit.entries) for commit in self.chain.commits) + len(self.noticed)

    @property
    def work(self) -> list[LogEntry]:
        """This command's events."""
        return self.entries[self.before_work :]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The indexes of each measure's events in ``entries``."""
        out: dict[str, list[int]] = {}
        for n, entry in enumerate(self.entries):
            for measure in dict.fromkeys(entry.measures):
                out.setdefault(measure, []).append(n)
        return out

    def add(self, event: Event | Read, *measures: str) -> None:
        """Append an event that concerns these measures."""
        for measure in measures:
            self._places.setdefault(measure, []).append(len(self.entries))
        self.entries.append(LogEntry(event, measures))
        if isinstance(event, Again):
            self.store.keep_terms()

    @cached_property
    def judge(self) -> Judge:
        """The rules, with the outcomes of earlier commands."""
        return Judge(self.store.terms, self.master, self.chain.outcomes())

    def events(self, measure: str) -> list[Event]:
        """Return the events of a measure in log order."""
        return self._events(measure, self._places.get(measure, ()))

    def _events(self, measure: str, places: Sequence[int]) -> list[Event]:
        return [event for n in places for event in self.store.events(self.entries[n], measure)]

    def state(self, measure: str, *, upto: int | None = None) -> Replayed:
        """Return the state of a measure after all events, or after the first ``upto`` entries."""
        places = self._places.get(measure, [])
        places = places if upto is None else places[: bisect_left(places, upto)]
        key = measure, len(places)
        if key not in self._states:
            self._states[key] = self.replayed(measure, self._events(measure, places))
        return self._states[key]

    def replayed(self, measure: str, events: Sequence[Event]) -> Replayed:
        """Return the state of a measure after the given events."""
        return replay(self.chain.first.get(measure, {}), events, self.judge)

    def touched(self) -> list[str]:
        """Return the measures that this command's events or people's edits concern, in the order of the master."""
        fresh = (e for e in (*self.noticed, *self.work) if not isinstance(e.event, Issued))
        named = {id_ for entry in fresh for id_ in entry.measures}
        return [m.id for m in self.master.measures if m.id in named]

    # Returns

    def reads(self, *, upto: int | None = None) -> dict[str, list[Read]]:
        """Return the ``Read`` events by return, oldest first, of all entries or of the first ``upto``."""
        out: dict[str, list[Read]] = {}
        for entry in self.entries[:upto]:
            if isinstance(entry.event, Read):
                out.setdefault(entry.event.return_id, []).append(entry.event)
        return out

    def reading(self, return_id: str) -> Reading | None:
        """Return the last reading of a return, None if the return is not in the log."""
        reads = self.reads().get(return_id)
        return self.store.reading(reads[-1].reading) if reads else None

    def readings(self) -> dict[str, Reading]:
        """Return the last reading of each return."""
        return {id_: self.store.reading(reads[-1].reading) for id_, reads in self.reads().items()}

    def files(self) -> dict[str, str]:
        """Return the file name of each return."""
        return {id_: reads[0].file for id_, reads in self.reads().items()}

    def withdrawn(self, *, partly: bool = False) -> set[str]:
        """Return the withdrawn returns not accepted since; ``partly`` adds those with a measure withdrawn."""
        out: set[str] = set()
        for entry in self.entries:
            if isinstance(entry.event, Withdraw) and (partly or not entry.event.measure):
                out.add(entry.event.return_id)
            elif isinstance(entry.event, Accept):
                out.discard(entry.event.return_id)
        return out

    def dismissed(self) -> set[str]:
        """Return the numbers of the unreadable returns that were dismissed and not read since."""
        out: set[str] = set()
        for entry in self.entries:
            if isinstance(entry.event, Dismiss) and not entry.event.issue:
                out.add(entry.event.return_id)
            elif isinstance(entry.event, Read):
                out.discard(entry.event.return_id)
        return out

    @cached_property
    def known_numbers(self) -> dict[str, str]:
        """The return numbers in the log, by content."""
        reads = (e.event for e in self.chain.entries() if isinstance(e.event, Read))
        return {content_key(r.sha256, r.file): r.return_id for r in reads}

    @cached_property
    def _numbers(self) -> dict[str, str]:
        """All return numbers by content, including those of commits outside the chain and of orphaned originals."""
        lost = self.log.numbers(self.chain)
        named = {*lost.values(), *self.known_numbers.values()}
        return {**orphans(self.workspace, named), **lost, **self.known_numbers}

    def number(self, sha256: str, file: str) -> str:
        """Return the number of a return: the one its content already has, or the next free one."""
        key = content_key(sha256, file)
        if key not in self._numbers:
            taken = (
                (self._newest,) if self._newest else (*self._numbers.values(), *(r.id for r in self.master.receipts))
            )
            self._newest = self._numbers[key] = next_id("U", taken)
        return self._numbers[key]

    # What this command changes

    def difference(self) -> Plan:
        """Return what this command changes: texts, and the rows of the ledgers."""
        start, done = self.before_work - len(self.noticed), self.before_work
        gone = next((e.event for e in self.work if isinstance(e.event, Withdraw | Dismiss)), None)
        note = kept = withdrawn = ""
        if gone:
            note = aside_note(Fate.WITHDRAWN if isinstance(gone, Withdraw) else Fate.DISMISSED, gone.reason)
            self.conflicts.take_back(gone.return_id, {id_ for e in self.work for id_ in e.measures}, note)
        if isinstance(gone, Withdraw):
            withdrawn = gone.return_id
            kept = f"{withdrawn} の取下げ後も、この返送の値"
        readings = self.readings()
        fields = self.master.settings.catalogue.field
        edits: list[Change] = []
        changes: list[Change] = []
        texts: list[tuple[str, Ref, str]] = []
        for measure in self.touched():
            first, before, after = (self.state(measure, upto=n) for n in (start, done, None))
            history, events = History(measure, self.when, self.master.settings, readings), self.events(measure)
            edits += history.between(first, before, events)
            changes += history.between(before, after, events, note, kept)
            self.conflicts.follow(measure, first, after, note, withdrawn)
            refs = sorted(ref for ref in {*before.put, *after.put} if ref.field in fields)
            texts += ((measure, ref, text) for ref in refs if (text := after.text(ref)) != before.text(ref))
        returns = {e.event.return_id for e in self.work if isinstance(e.event, Read | Withdraw | Dismiss)}
        old = self.receipts(self.touched(), returns, upto=start)
        rows = [row for key, row in self.receipts(self.touched(), returns).items() if old.get(key) != row]
        rows.sort(key=lambda row: _place(row, readings))
        if isinstance(gone, Dismiss):
            aside = ((old.get((row.id, *row.place)), row) for row in rows if row.state is ReceiptState.DISMISSED)
            changes += (dismissed_change(was, row, self.when) for was, row in aside if was)
        table = self.master.tables.get("受付簿")
        known = table.rows if table else {}
        new = tuple(row for row in rows if (row.id, *row.place) not in known)
        over = (row for row in rows if (row.id, *row.place) in known)
        return Plan(
            (), tuple(edits), tuple(changes), new, (*over, *self.conflicts.updated.values()),
            tuple(self.conflicts.added.values()), tuple(texts),
        )  # fmt: skip

    def receipts(
        self, measures: Iterable[str], returns: Container[str], *, upto: int | None = None
    ) -> dict[tuple[str, str, str], Receipt]:
        """Return rows of 受付簿, after all events or the first ``upto``, by return, measure and issue.

        There is one for each sheet of ``measures``, and for whatever could not be read of ``returns``.
        """
        readings, files = self.readings(), self.files()
        rows = [
            sheet_receipt(readings[key[0]], outcome, files)
            for measure in measures
            for key, outcome in self.state(measure, upto=upto).outcomes.items()
        ]
        aside = {e.event.return_id: e.event for e in self.entries[:upto] if _puts_aside(e.event)}
        for id_, reads in self.reads(upto=upto).items():
            if id_ in returns:
                first, last = self.store.reading(reads[0].reading), self.store.reading(reads[-1].reading)
                rows += unread_receipts(first, last, aside.get(id_))
        return {(row.id, *row.place): row for row in rows}

    def record(
        self, command: str, changes: tuple[Change, ...], conflicts: tuple[Conflict, ...], now: datetime,
        *, after: Mapping[Path, bytes] = NOTHING,
    ) -> None:  # fmt: skip
        """Write changes that no return made, as ``Edit`` events, and the files ``after``; the caller holds the lock."""
        edits = self.difference().edits
        for c in changes:
            if c.ref.field in self.master.settings.catalogue.field:
                self.add(Edit(c.ref, c.old, c.new, c.note), c.measure)
        texts = tuple((c.measure, c.ref, c.new) for c in changes)
        self.commit(command, Plan((), edits, changes, conflicts=conflicts, texts=texts), now, after=after)

    def commit(self, command: str, plan: Plan, now: datetime, *, after: Mapping[Path, bytes] = NOTHING) -> None:
        """Write everything; the caller holds the lock. If nothing changed, write only the files ``after``.

        Raise LockedError and MasterError as :func:`put` does.
        """
        entries = (*self.noticed, *self.work)
        if not entries and plan == Plan(plan.files):
            put(self.workspace, self.master.data, self.master.sha256, now, after=after)
            return
        typed = ((m, e.event.ref, e.event.new) for e in self.noticed if isinstance(e.event, Edit) for m in e.measures)
        fields = self.master.settings.catalogue.field
        written = (text for text in plan.texts if text[1].field in fields)
        made = Commit(self.chain.tip, self.when, command, entries, (*typed, *written), self.judge.fresh)
        files = dict(self.store.files)
        if self.chain.names and not self.log.path(self.chain.tip).is_file():  # built by first_commit, not yet written
            files[self.log.path(self.chain.tip)] = self.store.spool.keep(self.chain.commits[0].data())
        data = made.data()
        name = commit_name(data, len(self.chain.names) + 1)
        files[self.log.path(name)] = self.store.spool.keep(data)
        edit = MasterEdit(self.master)
        edit.set_all(plan.texts)
        edit.add(*plan.edits, *plan.changes, *plan.receipts, *plan.conflicts)
        edit.update(*plan.updated)
        edit.set_commit(name)
        book = edit.data()
        del data, edit  # the new master is read before it is written, which takes memory too
        put(self.workspace, book, self.master.sha256, now, before=files, after=after)


def _puts_aside(event: Event | Read) -> TypeGuard[Withdraw | Dismiss]:
    """Return True if an event puts the unreadable part of a return aside."""
    return (isinstance(event, Withdraw) and not event.measure) or (isinstance(event, Dismiss) and not event.issue)


def _place(row: Receipt, readings: Mapping[str, Reading]) -> tuple[int, int]:
    """Return the sort key of a row: the number of its return, then the position of its sheet in the file."""
    sheets = [(sheet.measure, sheet.issue) for sheet in readings[row.id].sheets] if row.id in readings else []
    return row.number, sheets.index(row.place) if row.place in sheets else len(sheets)


def _edits(
    measure: str, texts: dict[Ref, str], now: Mapping[Ref, str], defaults: Mapping[str, str]
) -> Iterator[LogEntry]:
    """Yield the edits that turn ``texts`` into ``now``, and apply them to ``texts``.

    A blank cell reads as the default of its field: nobody typed that.
    """
    for ref in dict.fromkeys([*texts, *now]):
        old, new = texts.get(ref, ""), now.get(ref, "")
        if old != new and (old or new != defaults.get(ref.field)):
            texts[ref] = new
            yield LogEntry(Edit(ref, old, new), (measure,))


def opened(workspace: Workspace, now: datetime) -> Books:
    """Return the books of a workspace. Raise MasterError as :func:`read_master` does."""
    return Books(workspace, read_master(workspace.master), now)


def rewritten(books: Books) -> bool:
    """Return True if the master was rewritten or removed since the books were opened."""
    path = books.workspace.master
    return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != books.master.sha256

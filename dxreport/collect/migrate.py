"""Build the first commit of a workspace without a log, from its ledgers and kept originals.

A new workspace begins with the texts of its master. In a workspace of an earlier release, the issues, returns,
decisions and history recorded so far become events in chronological order. No text of the master changes: where
replaying the events leads to another text than the history, an ``Edit`` restores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..domain.errors import MasterError
from ..domain.fields import Ref
from ..domain.problems import Problem
from ..intake.returned import ARROW
from ..issue.store import Archive
from ..master.records import Change, Conflict, ConflictState, Master, Receipt, ReceiptState
from ..master.schema import RECEIPT_FIELD
from .events import Accept, Decision, Dismiss, Edit, Event, Issued, Withdraw
from .judge import Judge
from .ledger import ACCEPTED
from .log import Chain, Commit, LogEntry, Read, commit_name
from .originals import original
from .reader import FileReader
from .reading import Reading, SheetReading
from .reading_store import ReadingStore
from .replay import replay

_Texts = Mapping[str, Mapping[Ref, str]]
_Dated = tuple[str, int, int, LogEntry]  # time, rank of the kind of event, order within that kind


def first_commit(master: Master, texts: _Texts, store: ReadingStore, when: str) -> Chain:
    """Return the chain that the first writing command starts from; its readings are added to ``store``.

    ``texts`` are those of the master, by measure.
    """
    told = replace(master, changes=tuple(c for c in master.changes if c.ref.field != RECEIPT_FIELD))
    first = _first(told, texts, store.archive)
    last = {id_: dict(refs) for id_, refs in first.items()}
    for change in told.changes:
        if change.measure in last:
            last[change.measure][change.ref] = change.new
    changes = tuple(
        (id_, ref, text) for id_, refs in last.items() for ref, text in refs.items() if first[id_].get(ref, "") != text
    )
    returned = list(_returns(master, store))
    readings = {e.event.return_id: store.reading(e.event.reading) for *_, e in returned if isinstance(e.event, Read)}
    dated = [*_issues(master), *returned, *_people(told, first, readings)]
    entries = tuple(entry for *_, entry in sorted(dated, key=lambda d: d[:3]))
    entries += tuple(_settle(master, store, entries, first, last))
    commit = Commit("", when, "first", entries, changes, first=first)
    return Chain((commit_name(commit.data(), 1),), (commit,))


def _first(master: Master, here: _Texts, archive: Archive) -> dict[str, dict[Ref, str]]:
    """Return the texts that the year began with.

    They are the master's texts with the history undone. Those of the measure's first issue take precedence in cells
    that the history had not changed before it.
    """
    texts = {id_: dict(refs) for id_, refs in here.items()}
    oldest: dict[tuple[str, Ref], Change] = {}
    for change in reversed(master.changes):
        if change.measure in texts:
            texts[change.measure][change.ref] = change.old
            oldest[change.measure, change.ref] = change
    sent: set[str] = set()
    for issue in master.issues:
        snapshot = archive.snapshot(issue.id)
        for id_, refs in snapshot.texts.items() if snapshot else ():
            if id_ in texts and id_ not in sent:
                sent.add(id_)
                for ref in {**texts[id_], **refs}:
                    if not (c := oldest.get((id_, ref))) or c.when >= issue.when:
                        texts[id_][ref] = refs.get(ref, "")
    return {id_: {ref: text for ref, text in refs.items() if text} for id_, refs in texts.items()}


def _issues(master: Master) -> Iterator[_Dated]:
    for n, issue in enumerate(master.issues):
        yield issue.when, 0, n, LogEntry(Issued(issue.id), issue.measures)


def _returns(master: Master, store: ReadingStore) -> Iterator[_Dated]:
    """Yield the reading of each return, by number, and its acceptances, dismissals and withdrawal.

    A return is dated by its earliest change in the history, else by its row in 受付簿, but never before the last one.
    """
    by_return: dict[str, list[Receipt]] = {}
    for receipt in sorted(master.receipts, key=lambda r: r.number):
        if receipt.id[:1] == "U":
            by_return.setdefault(receipt.id, []).append(receipt)
    reader = FileReader(master, store.archive)
    time = ""
    for n, (id_, rows) in enumerate(by_return.items()):
        changed = [c.when for c in master.changes if c.return_id == id_ and not c.note]
        time = max(time, min(changed, default=rows[0].when))
        reading = _reading(store, reader, id_, rows)
        yield time, 2, n, LogEntry(store.keep(reading), reading.measures())
        for m, row in enumerate(rows):
            if row.note.startswith(ACCEPTED):
                notes = (
                    c.when
                    for c in master.changes
                    if (c.return_id, c.measure) == (id_, row.measure) and c.note == row.note
                )
                accept = Accept(id_, row.issue_id, row.note.removeprefix(ACCEPTED))
                yield min(notes, default=time), 3, n * 1000 + m, LogEntry(accept, (row.measure,))
        for m, row in enumerate(rows):
            if row.state is ReceiptState.DISMISSED:
                yield _dismissal(master, reading, row, n * 1000 + m)
        if gone := [row for row in rows if row.state is ReceiptState.WITHDRAWN]:
            notes = (c.when for c in master.changes if c.return_id == id_ and c.note.startswith("取下げ"))
            reason = gone[0].note.removeprefix("取下げ").removeprefix(": ")
            yield max(notes, default="9999"), 5, n, LogEntry(Withdraw(id_, reason), reading.measures())


def _dismissal(master: Master, reading: Reading, row: Receipt, place: int) -> _Dated:
    """Return the dismissal of a sheet, or of the unreadable part of a return."""
    days = (
        c.when
        for c in master.changes
        if c.ref.field == RECEIPT_FIELD and (c.return_id, c.measure) == (row.id, row.measure)
    )
    read = any((s.measure, s.issue) == row.place and s.readable for s in reading.sheets)
    reason = row.note.removeprefix(row.state.value).removeprefix(": ")
    event = Dismiss(row.id, row.issue_id if read else "", reason)
    return max(days, default="9999"), 5, place, LogEntry(event, (row.measure,) if read else ())


def _reading(store: ReadingStore, reader: FileReader, id_: str, rows: list[Receipt]) -> Reading:
    """Read the kept original of a return; if it cannot be read, reconstruct its reading from the ledgers."""
    head = rows[0]
    mailed = any(f"{ending}{ARROW}" in head.file.lower() for ending in (".eml", ".msg"))
    bare = Reading(
        id_, head.sha256, head.file, head.when if mailed else "", head.when, head.when, terms=store.own_terms
    )
    try:
        read = reader.read(original(store.workspace, bare), ask=False)
    except MasterError:
        read = None
    known = {row.measure for row in rows if row.measure}
    if read is None or (known and not read.sheets):
        sheets = tuple(_from_ledgers(reader.master, store.archive, row) for row in rows if row.measure)
        problems = () if sheets else (Problem(head.findings or "E403", "error", head.note),)
        return replace(bare, sheets=sheets, problems=problems)
    return replace(bare, sheets=read.sheets, problems=read.problems, corrects=read.corrects)


def _from_ledgers(master: Master, archive: Archive, row: Receipt) -> SheetReading:
    """Reconstruct a sheet from its issue and the history."""
    snapshot = archive.snapshot(row.issue_id) if row.issue_id else None
    issued = dict(snapshot.texts.get(row.measure, {})) if snapshot else {}
    mine = [c for c in master.changes if (c.return_id, c.measure, c.issue_id) == (row.id, row.measure, row.issue_id)]
    texts = issued | {c.ref: c.new for c in mine if not c.note or c.note.startswith(ACCEPTED)}
    held = row.state in (ReceiptState.HELD, ReceiptState.REFUSED)
    code = next((code for code in row.findings.split("、") if code.startswith("E")), "E403")
    said = (Problem(code, "error", row.note, sheet=row.measure),) if held else ()
    return SheetReading(
        row.measure, row.measure, row.issue_id, row.round, row.department, texts, {c.ref: c.cell for c in mine if c.cell},
        said, row.notes, readable=bool(issued) and row.state is not ReceiptState.REFUSED,
    )  # fmt: skip


def _people(master: Master, first: _Texts, readings: Mapping[str, Reading]) -> Iterator[_Dated]:
    """Yield what people typed (gaps in the history show it) and the conflicts they decided."""
    texts = {(id_, ref): text for id_, refs in first.items() for ref, text in refs.items()}
    for n, change in enumerate(master.changes):
        before = texts.get((change.measure, change.ref), "")
        if before != change.old:
            yield change.when, 1, n, LogEntry(Edit(change.ref, before, change.old), (change.measure,))
        texts[change.measure, change.ref] = change.new
        if not change.return_id:
            yield change.when, 1, n, LogEntry(Edit(change.ref, change.old, change.new, change.note), (change.measure,))
    for n, row in enumerate(master.conflicts):
        if row.state is ConflictState.RESOLVED and not row.adds:
            yield row.when, 4, n, LogEntry(_decision(master, row, readings), (row.measure,))


def _decision(master: Master, row: Conflict, readings: Mapping[str, Reading]) -> Event:
    """Return the decision on a conflict. If its return has two sheets of the measure, take the one with that text."""
    receipts = [r for r in master.receipts if (r.id, r.measure) == (row.return_id, row.measure)]
    sheets = readings[row.return_id].sheets if row.return_id in readings else ()
    said = {s.issue for s in sheets if s.measure == row.measure and s.texts.get(row.ref, "") == row.returned}
    receipt = next((r for r in receipts if r.issue_id in said), receipts[0] if receipts else None)
    takes = row.return_id if receipt and row.decision == row.returned else ""
    return Decision(
        row.ref, receipt.round if receipt else "", row.returned, row.current, row.decision, takes, row.return_id,
        receipt.issue_id if receipt else "", row.reason,
    )  # fmt: skip


def _settle(
    master: Master, store: ReadingStore, entries: Iterable[LogEntry], first: _Texts, last: _Texts
) -> Iterator[LogEntry]:
    """Yield an ``Edit`` for each text of the history that replaying the events does not lead to."""
    judge, own = Judge(store.terms, master, {}), dict[str, list[LogEntry]]()
    for entry in entries:
        for measure in dict.fromkeys(entry.measures):
            own.setdefault(measure, []).append(entry)
    for measure in (m.id for m in master.measures):
        events = [event for entry in own.get(measure, ()) for event in store.events(entry, measure)]
        state = replay(first.get(measure, {}), events, judge)
        for ref in dict.fromkeys([*state.values(), *last[measure]]):
            here, text = state.text(ref), last[measure].get(ref, "")
            if here != text:
                yield LogEntry(Edit(ref, here, text, "記録の作成"), (measure,))

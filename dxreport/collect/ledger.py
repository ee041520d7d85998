"""The rows of 受付簿, 競合 and 変更履歴, derived from the state of measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from ..domain import problems
from ..domain.fields import Ref, label
from ..domain.model import Settings
from ..domain.problems import Problem, problem, shown
from ..master.records import ADDITION, Change, Conflict, ConflictState, Receipt, ReceiptState, next_id
from ..master.schema import RECEIPT_FIELD
from ..rules import item_name
from .events import Accept, Adopt, Decision, Dismiss, Edit, Event, Withdraw
from .reading import Reading, SheetReading
from .state import ASIDE, Fate, OpenConflict, Put, Replayed, SheetOutcome

TYPED = "手入力"  # the note on a text that a person typed into the master
ACCEPTED = "受入: "
_TEXT = "本文"  # introduces the text of a mail without attachments
_NOTE = 500  # the longest quotation of a department's note, in characters
_CELL = 16_000  # an Excel cell holds 32,767 UTF-16 units, and a character takes up to two
_READ_LATER = "はじめは開けませんでしたが（{}）、後から読み取りました。"
_STATES = {
    Fate.TAKEN: ReceiptState.MERGED, Fate.UNCHANGED: ReceiptState.UNCHANGED, Fate.SILENT: ReceiptState.SILENT,
    Fate.HELD: ReceiptState.HELD, Fate.REPLACED: ReceiptState.HELD, Fate.ELSEWHERE: ReceiptState.ELSEWHERE,
    Fate.DISMISSED: ReceiptState.DISMISSED, Fate.WITHDRAWN: ReceiptState.WITHDRAWN,
}  # fmt: skip


def shown_problems(outcome: SheetOutcome, files: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return the problems of a sheet in the order of the form; ``files`` are the file names of returns, for W511."""
    read = outcome.sheet.read
    if outcome.overtaken_by:
        said = {"return": outcome.sheet.return_id, "measure": read.measure, "newer": outcome.overtaken_by}
        return (problem(problems.REPLACED, said),)
    place = {str(ref): n for n, ref in enumerate(outcome.sheet.issued)} if outcome.judged.problems else {}
    given = {p: n for n, p in enumerate(read.problems) if p.code != problems.EARLIER_ROUND.code}

    def order(p: Problem) -> tuple[int, int, str]:
        if p in given:
            return 0, given[p], ""
        last = 2 if p.code == problems.EARLIER_ROUND.code else 1
        return last, place.get(p.field, len(place)), p.code

    found = sorted(outcome.judged.problems, key=order)
    if outcome.accepted is not None:
        found = [replace(p, severity="warning") for p in found]
    if outcome.joined and outcome.fate.is_in:
        named = "、".join(f"{id_}（{files.get(id_, '')}）" for id_ in outcome.joined)
        found.append(problem(problems.JOINED, {"others": named, "return": outcome.sheet.return_id}, sheet=read.sheet))
        for ref, text in outcome.disputed.items():
            params = {"value": outcome.says[ref].text, "expected": text}
            cell = read.cells.get(ref, "")
            found.append(problem(problems.DISPUTED, params, sheet=read.sheet, cell=cell, field=str(ref)))
    return tuple(found)


def sheet_receipt(reading: Reading, outcome: SheetOutcome, files: Mapping[str, str]) -> Receipt:
    """Return the row of 受付簿 for a sheet that could be read."""
    read, said = outcome.sheet.read, shown_problems(outcome, files)
    comments = "\n".join(f"{cell}: {shown(text, _NOTE)}" for cell, text in read.notes.items())
    return replace(
        _receipt(reading, read, _STATES[outcome.fate], said),
        changes=len(outcome.merge.changes) if outcome.fate.is_in else 0,
        note=_reason(outcome, said),
        replaced_by=outcome.replaced_by if outcome.fate in (Fate.REPLACED, Fate.ELSEWHERE) else "",
        meant=outcome.judged.elsewhere,
        comments="" if outcome.overtaken_by else comments[:_CELL],
    )


def unread_receipts(first: Reading, last: Reading, aside: Withdraw | Dismiss | None) -> list[Receipt]:
    """Return the rows of 受付簿 for what could not be read of a file.

    They come from its ``last`` reading; if the ``first`` could read nothing and the last could, a row says so.
    ``aside`` is the event that put the file aside.
    """
    rows = [_receipt(last, sheet, ReceiptState.REFUSED, sheet.problems) for sheet in last.sheets if not sheet.readable]
    whole = SheetReading("", "", "")
    if not last.sheets:
        row = _receipt(last, whole, ReceiptState.REFUSED, last.problems)
        said = (f"{_TEXT}: {shown(p.value, _NOTE)}" for p in last.problems if p.code == problems.MAIL_ONLY.code)
        rows = [replace(row, department=last.department, comments="".join(said))]
    elif not first.sheets:
        codes = "、".join(dict.fromkeys(p.code for p in first.problems))
        row = _receipt(last, whole, ReceiptState.MERGED, ())
        rows.append(replace(row, note=_READ_LATER.format(codes) if codes else ""))
    if isinstance(aside, Withdraw):
        rows = [
            replace(row, state=ReceiptState.WITHDRAWN, note=aside_note(Fate.WITHDRAWN, aside.reason)) for row in rows
        ]
    elif aside:
        note = aside_note(Fate.DISMISSED, aside.reason)
        rows = [
            replace(row, state=ReceiptState.DISMISSED, note=note) if row.state is ReceiptState.REFUSED else row
            for row in rows
        ]
    return list({row.place: row for row in reversed(rows)}.values())[::-1]


def _receipt(reading: Reading, sheet: SheetReading, state: ReceiptState, said: Iterable[Problem]) -> Receipt:
    found = tuple(said)
    return Receipt(
        reading.id, reading.sent or reading.received, reading.file, reading.sha256, sheet.issue, sheet.department,
        sheet.round, sheet.measure, state, 0, "、".join(dict.fromkeys(p.code for p in found)), _first_error(found),
    )  # fmt: skip


def _reason(outcome: SheetOutcome, said: Iterable[Problem]) -> str:
    if outcome.fate in ASIDE:
        return aside_note(outcome.fate, outcome.set_aside)
    if outcome.accepted is not None:
        return ACCEPTED + outcome.accepted
    return "" if outcome.fate.is_in else _first_error(said)


def aside_note(fate: Fate, reason: str) -> str:
    """Return the note of a withdrawal or a dismissal."""
    return _STATES[fate].value + (f": {reason}" if reason else "")


def dismissed_change(was: Receipt, now: Receipt, when: str) -> Change:
    """Return the row of 変更履歴 for a sheet, or an unreadable file, that was dismissed."""
    return Change(
        when, was.measure, Ref(RECEIPT_FIELD), "返送の扱い", was.state.value, now.state.value, was.id, was.issue_id, was.file,
        note=now.note,
    )  # fmt: skip


def _first_error(said: Iterable[Problem]) -> str:
    return next((p.message for p in said if p.severity == "error"), "")


class History:
    """The rows of 変更履歴 for one measure."""

    def __init__(self, measure: str, when: str, settings: Settings, readings: Mapping[str, Reading]) -> None:
        self.measure, self.when, self.settings, self.readings = measure, when, settings, readings

    def between(
        self, before: Replayed, after: Replayed, events: Iterable[Event], note: str = "", kept: str = ""
    ) -> list[Change]:
        """Return the changes from one state to a later one; ``events`` are all events of the measure.

        If earlier events no longer count (after a withdrawal), only texts that differ are listed: with the note
        ``kept`` if another return brought the text that now counts, else with ``note``.
        """
        names, seen = cache(lambda: {**before.values(), **after.values()}), len(before.trail)
        if after.trail[:seen] == before.trail:
            told = list(events)
            return [
                self._change(put.ref, put.old, put.new, names, **self._source(put.ref, put.by, told[put.place], after))
                for put in after.trail[seen:]
                if not self._is_printed(put, told[put.place], after)
            ]
        out = []
        for ref in sorted({*before.put, *after.put}):
            old, new = before.text(ref), after.text(ref)
            if old == new:
                continue
            by = after.put[ref].by if ref in after.put else None
            source = self._sheet(
                ref, by or (before.put[ref].by if ref in before.put else None), after if by else before
            )
            out.append(self._change(ref, old, new, names, **source, note=kept if by else note))
        return out

    def _is_printed(self, put: Put, event: Event, after: Replayed) -> bool:
        """Return True if a printed label (作業予定) only comes or goes with its item: nobody typed it."""
        ref, printed = put.ref, self.settings.catalogue.defaults.get(put.ref.field, "")
        if not printed or not isinstance(event, Edit) or event.note:
            return False
        if put.new:
            return (put.old, put.new) == ("", printed)
        return not any(t for r, t in after.values().items() if (r.prefix, r.item) == (ref.prefix, ref.item))

    def _change(self, ref: Ref, old: str, new: str, names: Callable[[], Mapping[Ref, str]], **source: str) -> Change:
        name = label(ref, self.settings, item_name(ref, names(), self.settings.catalogue))
        return Change(self.when, self.measure, ref, name, old, new, **source)

    def _source(self, ref: Ref, by: tuple[str, str] | None, event: Event, state: Replayed) -> dict[str, str]:
        match event:
            case Edit():
                return {"note": event.note or TYPED}
            case Decision():
                taken = self._sheet(ref, by, state) if by else {}
                asked = self._file(event.return_id)
                return {"return_id": event.return_id, "file": asked, **taken, "note": event.note}
            case Adopt():
                return {**self._sheet(ref._replace(item=event.item), by, state), "note": event.note}
            case Accept() if by == (event.return_id, event.issue):
                return {**self._sheet(ref, by, state), "note": ACCEPTED + event.reason}
        return self._sheet(ref, by, state)

    def _file(self, return_id: str) -> str:
        return self.readings[return_id].file if return_id in self.readings else ""

    def _sheet(self, ref: Ref, by: tuple[str, str] | None, state: Replayed) -> dict[str, str]:
        """Return where a text came from: the fields of Change for its return, issue, file, sheet and cell."""
        outcome = state.outcomes.get(by) if by else None
        if outcome is None or by is None:
            return {}
        read = outcome.sheet.read
        return {
            "return_id": by[0], "issue_id": by[1], "file": self._file(by[0]), "sheet": read.sheet,
            "cell": read.cells.get(ref, ""),
        }  # fmt: skip


class ConflictRows:
    """The rows of 競合 as a command changes them: ``added`` are new, ``updated`` overwrite existing rows."""

    def __init__(self, rows: Iterable[Conflict], when: str, settings: Settings) -> None:
        self._all = {row.id: row for row in rows}
        self._of: dict[str, list[str]] = {}  # by measure
        for row in self._all.values():
            self._of.setdefault(row.measure, []).append(row.id)
        self._next = next_id("C", self._all)
        self._when, self._settings = when, settings
        self.added: dict[str, Conflict] = {}
        self.updated: dict[str, Conflict] = {}

    def follow(self, measure: str, before: Replayed, after: Replayed, reason: str, seen: str = "") -> None:
        """Open, close and update the rows of a measure's conflicts.

        ``reason`` is written into rows that close without a decision, and into those that a withdrawal opens because
        a person typed over the withdrawn text; ``seen`` is then the withdrawn return.
        """
        for key, old in before.conflicts.items():
            now = after.conflicts.get(key)
            if (row := self.row(measure, old)) and (now is None or not _alike(now, old)):
                asked = now or next((c for c in after.conflicts.values() if c.ref == old.ref), None)
                standing = asked or after.put.get(old.ref)
                winner = standing.by if standing else None
                why = reason or (f"返送 {winner[0]} に置き換え" if winner else TYPED)
                self.write(replace(row, state=ConflictState.WITHDRAWN, reason=why, when=self._when))
        names = {**before.values(), **after.values()} if after.conflicts else {}
        for key, new in after.conflicts.items():
            was = before.conflicts.get(key)
            by = new.by[0] if new.by else seen
            if was is not None and _alike(was, new):
                if (row := self.row(measure, new)) and row.return_id != by and new.by:
                    self.write(replace(row, return_id=by))
                continue
            name = label(
                new.ref, self._settings, item_name(new.ref, {**names, new.ref: new.returned}, self._settings.catalogue)
            )
            why = reason if not new.by else ""
            self._add(
                by, measure, new.ref, name, issued=new.issued, returned=new.returned, current=new.current, reason=why
            )

    def row(self, measure: str, conflict: OpenConflict) -> Conflict | None:
        """Return the open row of a conflict, None if a person removed or closed it."""
        wanted = (conflict.ref, conflict.returned, conflict.current)
        rows = (r for r in self._rows(measure) if r.state is ConflictState.OPEN)
        return next((r for r in rows if (r.ref, r.returned, r.current) == wanted), None)

    def offer(self, return_id: str, sheet: SheetReading) -> None:
        """Open a row for each item that a department added, unless it was offered before."""
        for item in sheet.added:
            told = addition(item, self._settings)
            if any(c.returned == told and c.state is not ConflictState.WITHDRAWN for c in self._rows(sheet.measure)):
                continue
            first = next(iter(item))
            name = f"{ADDITION}{self._settings.catalogue.by_prefix[first.prefix].label}"
            self._add(return_id, sheet.measure, first, name, returned=told)

    def take_back(self, return_id: str, measures: Collection[str], reason: str) -> None:
        """Close the open offers of a return for these measures."""
        for row in list(self._all.values()):
            mine = row.return_id == return_id and row.measure in measures and row.adds
            if mine and row.state is ConflictState.OPEN:
                self.write(replace(row, state=ConflictState.WITHDRAWN, reason=reason, when=self._when))

    def _rows(self, measure: str) -> Iterator[Conflict]:
        return (self._all[id_] for id_ in self._of.get(measure, ()))

    def _add(
        self, by: str, measure: str, ref: Ref, name: str, *, returned: str, issued: str = "", current: str = "",
        reason: str = "",
    ) -> None:  # fmt: skip
        row = Conflict(self._next, by, measure, ref, name, issued, returned, current, reason=reason, when=self._when)
        self._next = next_id("C", (row.id,))
        self._all[row.id] = self.added[row.id] = row
        self._of.setdefault(measure, []).append(row.id)

    def write(self, row: Conflict) -> None:
        """Replace the row with the same number."""
        self._all[row.id] = row
        (self.added if row.id in self.added else self.updated)[row.id] = row


def addition(item: Mapping[Ref, str], settings: Settings) -> str:
    """Return an added item as the coordinator reads it: one labelled text per line, cut to what a cell holds."""
    return "\n".join(f"{label(ref, settings)}: {text}" for ref, text in item.items() if text)[:_CELL]


def _alike(one: OpenConflict, other: OpenConflict) -> bool:
    return (one.returned, one.current) == (other.returned, other.current)

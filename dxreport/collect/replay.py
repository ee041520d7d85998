"""Replay: the state of a measure is a fold over what happened to it.

Pure: no files, no clock, no settings of today. ``replay(first, log, rules)`` takes the texts that the
measure began with and its events in the order of the log, and gives a :class:`Replayed`: its texts, what
became of every returned sheet, and the conflicts. Nothing is ever patched back: a withdrawal is the same
fold without the return.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from ..domain.merge import Merge, contested, three_way
from ..domain.model import Ref
from ..domain.problems import Problem

Stamp = tuple[str, int]
"""When an answer was given, and the number of its return: of two answers the higher one counts."""
SheetKey = tuple[str, str]
"""Return and issue: which returned sheet of a measure."""


class Fate(Enum):
    """The outcome of a returned sheet."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"  # in, but every text was in the master already
    SILENT = "silent"  # as issued, and complete only by what others answered
    HELD = "held"
    REPLACED = "replaced"  # held, and a later sheet of its round went in
    ELSEWHERE = "elsewhere"  # filled in for another round
    WITHDRAWN = "withdrawn"

    @property
    def is_in(self) -> bool:
        """Whether the sheet counts as an answer to its round."""
        return self in (Fate.TAKEN, Fate.UNCHANGED, Fate.SILENT)


@dataclass(frozen=True, slots=True)
class Said:
    """A text as answered, and as of when."""

    text: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Sheet:
    """A returned sheet of a measure.

    ``issued`` are the texts it was sent with, ``texts`` those it came back with (only the cells it shows);
    ``corrects`` is the return it is a corrected copy of; ``whole`` makes every open cell an answer; ``terms``
    names the settings it is judged by. ``inputs`` are the fields (with their period) that it has input cells for,
    None where that is not known. ``data`` belongs to the caller.
    """

    return_id: str
    issue: str
    round: str
    stamp: Stamp
    issued: Mapping[Ref, str] = field(repr=False)
    texts: Mapping[Ref, str] = field(repr=False)
    corrects: str = ""
    whole: bool = False
    terms: str = ""
    data: object = field(default=None, repr=False, compare=False)
    inputs: frozenset[tuple[str, int]] | None = field(default=None, repr=False)

    @property
    def key(self) -> SheetKey:
        """Its return and issue."""
        return self.return_id, self.issue


@dataclass(frozen=True, slots=True)
class Issued:
    """The measure was issued."""

    issue: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A sheet came back."""

    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Again:
    """The file of a held sheet came again: it is judged by these terms from here on."""

    return_id: str
    terms: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A person typed ``new`` over ``old`` in the master; ``note`` says how, where it was not by hand."""

    ref: Ref
    old: str
    new: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A conflict was decided: ``text`` goes in. ``takes`` is the return whose text was chosen, "" for none.

    ``return_id`` and ``issue`` are the sheet that the conflict came with, ``note`` the line for the history.
    """

    ref: Ref
    round: str
    returned: str
    current: str
    text: str
    takes: str = ""
    return_id: str = ""
    issue: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adopt:
    """An item that a department added was taken over, under these addresses; ``item`` is its id in the return."""

    return_id: str
    issue: str
    texts: Mapping[Ref, str]
    item: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """A held or withdrawn sheet was taken in as it is."""

    return_id: str
    issue: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A return was taken out."""

    return_id: str
    reason: str = ""


Event = Issued | Returned | Again | Edit | Decision | Adopt | Accept | Withdraw


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the master: who brought it (a return, or ``""`` for a person), for which round, at which event."""

    text: str
    by: SheetKey | None = None
    round: str = ""
    place: int = -1


@dataclass(frozen=True, slots=True)
class Put:
    """A text of the master that an event changed."""

    ref: Ref
    old: str
    new: str
    by: SheetKey | None
    place: int


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A cell that two sides changed. ``round`` is "" where a person had typed over a text that was withdrawn since."""

    ref: Ref
    round: str
    issued: str
    returned: str
    current: str
    by: SheetKey | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a sheet: ``own`` faults are the sheet's alone, ``lacks`` are answers it owes.

    ``elsewhere`` is the round it was filled in for, where all its errors say that it was another than its own.
    """

    own: tuple[Problem, ...] = ()
    lacks: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    elsewhere: str = ""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, in the order of the form as far as the rules gave it."""
        return (*self.own, *self.lacks, *self.warnings)


class Rules(Protocol):
    """What the fold asks of the rules; every answer follows from the arguments alone."""

    def judge(self, sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref]) -> Judged:
        """Judge a sheet as if it said ``texts``; those of ``others`` came from elsewhere and are not its fault."""
        ...

    def opens(self, sheet: Sheet) -> Collection[Ref]:
        """The cells whose changes count: inputs of the round, and corrections of earlier answers."""
        ...

    def accepts(self, sheet: Sheet) -> Collection[Ref]:
        """The same for a sheet that is accepted as it is."""
        ...


@dataclass(frozen=True, slots=True)
class SheetOutcome:
    """The outcome of a returned sheet, with the reasons.

    ``says`` are its answers; ``joined`` the returns it went in with; ``replaced_by`` the one that went in
    instead; ``accepted`` the reason it was taken in with.
    """

    sheet: Sheet
    fate: Fate
    judged: Judged = Judged()
    says: Mapping[Ref, Said] = field(default_factory=dict)
    merge: Merge = field(default_factory=Merge)
    joined: tuple[str, ...] = ()
    replaced_by: str = ""
    overtaken_by: str = ""
    accepted: str | None = None
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A measure after a log."""

    texts: Mapping[Ref, Text]
    outcomes: Mapping[SheetKey, SheetOutcome]
    conflicts: Mapping[tuple[Ref, str], OpenConflict]
    trail: tuple[Put, ...] = ()

    def text(self, ref: Ref) -> str:
        """The text at an address; "" for none."""
        return self.texts[ref].text if ref in self.texts else ""

    def settled(self, round_: str) -> bool:
        """Whether a round is answered and nothing of it is held."""
        verdicts = [o.fate for o in self.outcomes.values() if o.sheet.round == round_]
        return Fate.HELD not in verdicts and any(v.is_in for v in verdicts)


def replay(first: Mapping[Ref, str], log: Sequence[Event], rules: Rules) -> Replayed:
    """Fold the events of one measure over the texts it began with."""
    fold = _Fold(first, rules)
    for place, event in _in_force(log):
        fold.step(place, event)
    return fold.state(log)


def _in_force(log: Sequence[Event]) -> Iterator[tuple[int, Event | _Absent]]:
    """The events that count, with their places: none of a return before its withdrawal, no decision that took its text.

    A withdrawn sheet is still known: an acceptance may bring it back, and a corrected copy inherits from it.
    """
    out = {event.return_id: place for place, event in enumerate(log) if isinstance(event, Withdraw)}
    for place, event in enumerate(log):
        if out.get(_return_of(event), -1) <= place:
            yield place, event
        elif isinstance(event, Returned):
            yield place, _Absent(event.sheet)


def _return_of(event: Event) -> str:
    if isinstance(event, Returned):
        return event.sheet.return_id
    if isinstance(event, Decision):
        return event.takes
    return getattr(event, "return_id", "")


@dataclass(frozen=True, slots=True)
class _Absent:
    """A sheet whose return was withdrawn."""

    sheet: Sheet


@dataclass(slots=True)
class _Entry:
    """A returned sheet at work."""

    sheet: Sheet
    before: Mapping[Ref, str]
    says: dict[Ref, Said]
    judged: Judged = Judged()
    fate: Fate = Fate.HELD
    joined: tuple[str, ...] = ()
    leans: bool = False
    merge: Merge = field(default_factory=Merge)
    overtaken_by: str = ""
    accepted: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it is held for nothing but answers."""
        return self.fate is Fate.HELD and not self.judged.own

    @property
    def answers(self) -> bool:
        return bool(self.says)


class _Fold:
    """The state of a measure while events are folded in."""

    def __init__(self, first: Mapping[Ref, str], rules: Rules) -> None:
        self.rules = rules
        self.texts = {ref: Text(text) for ref, text in first.items()}
        self.said: dict[tuple[str, Ref], tuple[Said, SheetKey]] = {}
        self.rounds: set[str] = set()  # that said something
        self.entries: dict[SheetKey, _Entry] = {}
        self.absent: dict[SheetKey, Sheet] = {}
        self.conflicts: dict[tuple[Ref, str], OpenConflict] = {}
        self.decisions: dict[tuple[Ref, str, str], Decision] = {}
        self.issued: dict[str, int] = {}
        self.trail: list[Put] = []
        self.place = -1

    def step(self, place: int, event: Event | _Absent) -> None:
        """Fold one event in."""
        self.place = place
        match event:
            case Issued(issue):
                self.issued[issue] = place
            case _Absent(sheet):
                self.absent[sheet.key] = sheet
            case Returned(sheet):
                self._arrive(self._entry(sheet))
            case Again(return_id, terms):
                self._again(return_id, terms)
            case Edit(ref, old, new):
                self._edit(ref, old, new)
            case Decision():
                self._decide(event)
            case Adopt(return_id, issue, texts, _, _):
                self._adopt((return_id, issue), texts)
            case Accept(return_id, issue, reason):
                self._accept((return_id, issue), reason)

    # Returned sheets

    def _entry(self, sheet: Sheet) -> _Entry:
        inherited = self._inherited(sheet)
        before = {**sheet.issued, **{ref: said.text for ref, said in inherited.items()}}
        entry = _Entry(sheet, before, self._says(sheet, before, inherited, self.rules.opens(sheet)))
        self.entries[sheet.key] = entry
        return entry

    def _inherited(self, sheet: Sheet) -> Mapping[Ref, Said]:
        """What the sheet that this one corrects said, and as of when: its author had that before them."""
        key = (sheet.corrects, sheet.issue)
        parent = self.entries[key].sheet if key in self.entries else self.absent.get(key)
        if not sheet.corrects or parent is None or parent.key == sheet.key:
            return {}
        before = self._inherited(parent)
        texts = {**parent.issued, **{ref: said.text for ref, said in before.items()}}
        own = {ref: Said(t, parent.stamp) for ref, t in parent.texts.items() if t != texts.get(ref, "")}
        return {**before, **own}

    @staticmethod
    def _says(
        sheet: Sheet, before: Mapping[Ref, str], inherited: Mapping[Ref, Said], opened: Collection[Ref]
    ) -> dict[Ref, Said]:
        """Its answers: what differs from what its author had, and what a corrected copy leaves as inherited."""
        says = {}
        for ref, text in sheet.texts.items():
            if ref not in opened:
                continue
            if text != before.get(ref, "") or (sheet.whole and ref not in inherited):
                says[ref] = Said(text, sheet.stamp)
            elif ref in inherited:
                says[ref] = Said(text, sheet.stamp) if sheet.whole else inherited[ref]
        return says

    def _arrive(self, entry: _Entry) -> None:
        """Judge a sheet; let it in, alone or with those that wait for it."""
        alone, leans = self._judge(entry, [entry])
        entry.judged, entry.leans = alone, leans
        if alone.own:
            entry.fate = self._wrong_round(entry)
            return
        others = [] if entry.sheet.whole else [e for e in self._waiting(entry) if e is not entry]
        joint = self._judge(entry, [*others, entry])[0] if others else alone
        if not joint.lacks:
            self._enter([*others, entry], joint)
        elif not alone.lacks:
            self._enter([entry], alone)
        else:
            entry.judged = replace(alone, lacks=self._owed(entry, others))
            entry.fate = Fate.HELD

    def _wrong_round(self, entry: _Entry) -> Fate:
        """Whether the sheet says something of another round only, and nothing new of its own."""
        if not entry.judged.elsewhere:
            return Fate.HELD
        new = any(
            (k := self.said.get((entry.sheet.round, r))) is None or (k[0].text != s.text and k[0].stamp < s.stamp)
            for r, s in entry.says.items()
        )
        return Fate.HELD if new else Fate.ELSEWHERE

    def _again(self, return_id: str, terms: str) -> None:
        for entry in [e for e in self.entries.values() if e.sheet.return_id == return_id]:
            if entry.fate in (Fate.HELD, Fate.ELSEWHERE) and not self._replacement(entry):
                del self.entries[entry.sheet.key]
                self._arrive(self._entry(replace(entry.sheet, terms=terms)))

    def _accept(self, key: SheetKey, reason: str) -> None:
        if key not in self.entries and key not in self.absent:
            return
        sheet = self.entries[key].sheet if key in self.entries else self.absent[key]
        entry = self._entry(sheet)
        inherited = self._inherited(sheet)
        entry.says = self._says(sheet, entry.before, inherited, self.rules.accepts(sheet))
        entry.accepted = reason
        entry.judged, _ = self._judge(entry, [entry])
        others = [] if sheet.whole else [e for e in self._waiting(entry) if e is not entry]
        self._enter([*others, entry], None)

    def _judge(self, entry: _Entry, group: Sequence[_Entry]) -> tuple[Judged, bool]:
        """The sheet judged with the answers of a group in it; and whether it leans on what others answered."""
        sheet = entry.sheet
        newest: dict[Ref, Said] = {}
        for said in (s for e in group for s in e.says.items()):
            if said[0] not in newest or newest[said[0]].stamp <= said[1].stamp:
                newest[said[0]] = said[1]
        texts, others = dict(sheet.issued), set()
        opened = self.rules.opens(sheet)
        for ref in {**sheet.issued, **sheet.texts, **newest}:
            text = sheet.texts.get(ref, sheet.issued.get(ref, ""))
            if ref in newest:
                text = newest[ref].text
            elif text != entry.before.get(ref, ""):  # a change that does not count: it is judged all the same
                texts[ref] = text
                continue
            standing = self._standing(sheet, ref, newest.get(ref), opened)
            if standing is not None and standing != text:
                text = standing
                others.add(ref)
            texts[ref] = text
        return self.rules.judge(sheet, texts, others), bool(others)

    def _standing(self, sheet: Sheet, ref: Ref, said: Said | None, opened: Collection[Ref]) -> str | None:
        """What counts for a cell that the sheet leaves as its author had it; None for what the sheet says.

        The newest answer of the round; else the master's text, where the round asks for the cell or it was sent blank.
        """
        known = self.said.get((sheet.round, ref))
        if sheet.whole:
            here = self.texts.get(ref)
            return None if said or known or here is None or self._is_own(ref, sheet.round) else here.text
        if known and (said is None or known[0].stamp > said.stamp):
            return self.texts[ref].text if ref in self.texts else known[0].text
        if said is not None:
            return None
        if ref in opened or not sheet.issued.get(ref, ""):
            return self.texts[ref].text if ref in self.texts else ""
        return None

    # Which sheets wait for which

    def _round(self, round_: str) -> list[_Entry]:
        """The sheets of a round by their stamps."""
        return sorted((e for e in self.entries.values() if e.sheet.round == round_), key=lambda e: e.sheet.stamp)

    def _waiting(self, entry: _Entry) -> list[_Entry]:
        """The sheets of the round that wait, and ``entry``: those that no faulty sheet parts from it.

        A corrected copy counts instead of the sheet it corrects.
        """
        held = [
            e
            for e in self._round(entry.sheet.round)
            if e is entry or (e.fate is Fate.HELD and not self._replacement(e))
        ]
        corrected = self._corrected(held)
        run: list[_Entry] = []
        for e in held:
            if e.sheet.return_id in corrected and e is not entry:
                continue
            if e is not entry and not e.waits:
                if entry in run:
                    break
                run = []
            elif e is entry or (e.answers and not e.sheet.whole):
                run.append(e)
        return run

    def _corrected(self, entries: Iterable[_Entry]) -> set[str]:
        """The returns that these sheets correct, and those that these correct in turn."""
        out: set[str] = set()
        for e in entries:
            key = (e.sheet.corrects, e.sheet.issue)
            while key[0] and key[0] not in out and key in self.entries:
                out.add(key[0])
                key = (self.entries[key].sheet.corrects, key[1])
        return out

    def _replacement(self, entry: _Entry) -> str:
        """The return that went in instead of a held sheet: the last of its round with a later stamp that answers."""
        later = [
            e for e in self._round(entry.sheet.round)
            if e.fate in (Fate.TAKEN, Fate.UNCHANGED) and e.sheet.stamp > entry.sheet.stamp
            and (e.answers or not e.leans)
        ]  # fmt: skip
        return later[-1].sheet.return_id if later else ""

    def _enter(self, group: Sequence[_Entry], whole: Judged | None) -> None:
        """Let sheets in together, in the order of their stamps; then look at what waits for them."""
        last = group[-1]
        for e in sorted(group, key=lambda e: e.sheet.stamp):
            gave = (o for o in group if o is not e and o.answers and (e is not last or _gives(o, e)))
            e.joined = tuple(o.sheet.return_id for o in gave) if e.accepted is None else ()
            if e.accepted is None:
                e.judged = _still(e.judged, whole) if whole else Judged(warnings=e.judged.warnings)
            self._take(e)
        self._look_again()

    def _look_again(self) -> None:
        """What goes in may be what other sheets wait for, in this round and in others."""
        for entry in self._by_stamp():
            if not entry.waits or entry.sheet.whole or self._replacement(entry):
                continue
            run = self._waiting(entry)
            joint = self._judge(entry, run)[0]
            if not joint.lacks:
                entry.leans = self._judge(entry, [entry])[1]
                self._enter([*(e for e in run if e is not entry), entry], joint)
                return
            entry.judged = replace(self._judge(entry, [entry])[0], lacks=self._owed(entry, run))

    def _owed(self, entry: _Entry, others: Sequence[_Entry]) -> tuple[Problem, ...]:
        """What a waiting sheet lacks: answers that neither it nor those that waited before it have given."""
        earlier = [e for e in others if e.sheet.stamp < entry.sheet.stamp]
        return self._judge(entry, [*earlier, entry])[0].lacks

    def _by_stamp(self) -> list[_Entry]:
        return sorted(self.entries.values(), key=lambda e: e.sheet.stamp, reverse=True)

    # Merging

    def _take(self, entry: _Entry) -> None:
        """Merge the answers of a sheet that goes in: those that no newer one of its round has overtaken."""
        sheet = entry.sheet
        known = {ref: self.said.get((sheet.round, ref)) for ref in entry.says}
        later = {ref: k for ref, k in known.items() if k and k[0].stamp > entry.says[ref].stamp}
        counted = {ref: said for ref, said in entry.says.items() if not (k := known[ref]) or k[0].stamp < said.stamp}
        self.rounds.add(sheet.round)
        for ref, said in counted.items():
            self.said[sheet.round, ref] = said, sheet.key
            self.conflicts.pop((ref, sheet.round), None)
        entry.merge = self._merge(sheet, {ref: said.text for ref, said in counted.items()})
        changed = bool(entry.merge.changes or entry.merge.conflicts)
        overtaken = {key[0] for ref, (said, key) in later.items() if said.text != entry.says[ref].text}
        entry.overtaken_by = max(overtaken, default="") if not changed else ""
        silent = not entry.answers and entry.leans and not sheet.corrects
        taken = changed or entry.accepted is not None
        entry.fate = Fate.SILENT if silent else Fate.TAKEN if taken else Fate.UNCHANGED

    def _merge(self, sheet: Sheet, texts: Mapping[Ref, str]) -> Merge:
        """Merge answers three ways; gives the changes made and the conflicts found."""
        here = {ref: text.text for ref, text in self.texts.items()}
        issued_at = self.issued.get(sheet.issue, -1)

        def answered(ref: Ref) -> bool:
            now = self.texts.get(ref, Text(""))
            return self._is_own(ref, sheet.round) or now.place < issued_at

        fresh = any(
            text == sheet.issued.get(ref, "") != here.get(ref, "") and self._is_own(ref, sheet.round)
            for ref, text in sheet.texts.items()
        )
        merge = three_way(sheet.issued, texts, here, answered=answered, replace=True)
        merge = contested(merge, sheet.issued, here, answered=answered, fresh=fresh)
        changes = tuple(c for c in merge.changes if not self._decided(sheet, c.ref, c.new))
        conflicts = tuple(c for c in merge.conflicts if not self._decided(sheet, c.ref, c.returned))
        for change in changes:
            self._put(change.ref, change.new, sheet.key, sheet.round)
        for c in conflicts:
            self.conflicts[c.ref, sheet.round] = OpenConflict(
                c.ref, sheet.round, c.issued, c.returned, c.current, sheet.key
            )
        return Merge(changes, conflicts)

    def _decided(self, sheet: Sheet, ref: Ref, text: str) -> bool:
        """Whether this question was decided before; its answer goes in."""
        here = self.texts.get(ref, Text("")).text
        decided = self.decisions.get((ref, sheet.round, text))
        if decided is None or here not in (decided.current, decided.text):
            return False
        if decided.takes and not any(k[0] == decided.takes and e.fate.is_in for k, e in self.entries.items()):
            return False
        if here != decided.text:
            self._put(ref, decided.text, sheet.key if decided.takes else None, sheet.round if decided.takes else "")
        return True

    def _is_own(self, ref: Ref, round_: str) -> bool:
        """Whether the master's text is an answer of this round, and no other round answered the same."""
        here = self.texts.get(ref, Text(""))
        if here.by is None or here.round != round_:
            return False
        others = (self.said.get((other, ref)) for other in self.rounds if other != round_)
        return not any(known and known[0].text == here.text for known in others)

    def _put(self, ref: Ref, text: str, by: SheetKey | None, round_: str) -> None:
        old = self.texts.get(ref, Text("")).text
        if old != text:
            self.trail.append(Put(ref, old, text, by, self.place))
        self.texts[ref] = Text(text, by, round_, self.place)

    # People

    def _edit(self, ref: Ref, old: str, new: str) -> None:
        here = self.texts.get(ref, Text("")).text
        self.conflicts = {k: c for k, c in self.conflicts.items() if c.ref != ref or c.returned != new}
        if here not in (old, new):
            self.conflicts[ref, ""] = OpenConflict(ref, "", here, old, new, None)
        self._put(ref, new, None, "")

    def _decide(self, made: Decision) -> None:
        self.decisions[made.ref, made.round, made.returned] = made
        asked = self.conflicts.get((made.ref, made.round))
        if asked and asked.returned == made.returned:
            del self.conflicts[made.ref, made.round]
        here = self.texts.get(made.ref, Text(""))
        by = next((k for k, e in self.entries.items() if made.takes and k[0] == made.takes and e.fate.is_in), None)
        if made.takes and by is None:
            return
        if here.text != made.text:
            self._put(made.ref, made.text, by, made.round if by else "")

    def _adopt(self, key: SheetKey, texts: Mapping[Ref, str]) -> None:
        round_ = self.entries[key].sheet.round if key in self.entries else ""
        for ref, text in texts.items():
            self._put(ref, text, key, round_)

    def state(self, log: Sequence[Event]) -> Replayed:
        """The state after the events folded in so far; ``log`` tells of withdrawals."""
        reasons = {e.return_id: e.reason for e in log if isinstance(e, Withdraw)}
        outcomes = {}
        for key, e in self.entries.items():
            instead = self._replacement(e) if e.fate in (Fate.HELD, Fate.ELSEWHERE) else ""
            verdict, judged = e.fate, e.judged
            if verdict is Fate.HELD and instead:
                verdict = Fate.REPLACED if e.answers or judged.own else Fate.SILENT
            if verdict is Fate.SILENT:
                judged = replace(judged, lacks=())
            outcomes[key] = SheetOutcome(
                e.sheet, verdict, judged, e.says, e.merge, e.joined, instead, e.overtaken_by, e.accepted,
            )  # fmt: skip
        for key, sheet in self.absent.items():
            if key not in outcomes:
                outcomes[key] = SheetOutcome(sheet, Fate.WITHDRAWN, withdrawn=reasons.get(key[0], ""))
        return Replayed(self.texts, outcomes, self.conflicts, tuple(self.trail))


def _gives(giver: _Entry, taker: _Entry) -> bool:
    """Whether a sheet answers something that another does not answer alike."""
    return any(taker.says.get(ref) is None or taker.says[ref].text != said.text for ref, said in giver.says.items())


def _still(own: Judged, whole: Judged) -> Judged:
    """The warnings of a sheet that hold for the whole too; those of its shape (W5) are its own."""
    said = {(p.code, p.fields) for p in whole.warnings}
    return Judged(warnings=tuple(p for p in own.warnings if p.code.startswith("W5") or (p.code, p.fields) in said))

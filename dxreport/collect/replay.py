"""Replay: fold the events of a measure into its state.

``replay(first, log, rules)`` takes the texts that the measure began with and its events in log order, and returns a
:class:`Replayed`: its texts, the outcome of every returned sheet, and the open conflicts. It is pure: it uses no
files, no clock and no settings of today. Nothing is ever undone in place: to withdraw a return is to fold without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ..domain.fields import Ref
from ..domain.merge import Merge, three_way
from ..domain.problems import Problem
from .events import (
    Accept,
    Adopt,
    Again,
    Decision,
    Dismiss,
    Edit,
    Event,
    Issued,
    Returned,
    Sheet,
    SheetKey,
    Withdraw,
)
from .state import ASIDE, Fate, Judged, OpenConflict, Put, Replayed, Said, SheetOutcome, Text


class Rules(Protocol):
    """What replay needs from the rules; every answer must depend on the arguments alone."""

    def judge(self, sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref]) -> Judged:
        """Judge a sheet as if it said ``texts``; it is not blamed for ``others``, whose texts came from elsewhere."""
        ...

    def opens(self, sheet: Sheet) -> Collection[Ref]:
        """Return the cells whose changes count: inputs of the round, and corrections of earlier answers."""
        ...

    def accepts(self, sheet: Sheet) -> Collection[Ref]:
        """Return the cells whose changes count if the sheet is accepted as it is."""
        ...

    def shares(self, sheet: Sheet, round_: str) -> Collection[Ref]:
        """Return the cells of a sheet that another round opens too."""
        ...


def replay(first: Mapping[Ref, str], log: Sequence[Event], rules: Rules) -> Replayed:
    """Fold the events of one measure over the texts it began with.

    Events of a return before its withdrawal, or of a sheet before its dismissal, are skipped, and so are decisions that
    took its text. The sheet itself stays known: an ``Accept`` may bring it back, and a corrected copy inherits from it.
    """
    fold = _Fold(first, rules)
    aside: dict[SheetKey, tuple[int, Fate, str]] = {}
    for place, event in enumerate(log):
        if isinstance(event, Withdraw):
            aside[event.return_id, ""] = place, Fate.WITHDRAWN, event.reason
        elif isinstance(event, Dismiss):
            aside[event.return_id, event.issue] = place, Fate.DISMISSED, event.reason
    for place, event in enumerate(log):
        return_id, issue = _sheet_of(event)
        until, fate, reason = max(aside.get((return_id, i), _NEVER) for i in ("", issue))
        if until <= place:
            fold.step(place, event)
        elif isinstance(event, Returned):
            fold.sheets[event.sheet.key] = SheetOutcome(event.sheet, fate, set_aside=reason)
    return fold.state()


def _sheet_of(event: Event) -> SheetKey:
    """Return the sheet that an event depends on; its issue is "" if it may be any sheet of the return."""
    match event:
        case Returned(sheet):
            return sheet.key
        case Decision():
            return event.takes, event.of
    return getattr(event, "return_id", ""), getattr(event, "issue", "")


class _Fold:
    """The state of a measure while events are folded in."""

    def __init__(self, first: Mapping[Ref, str], rules: Rules) -> None:
        self.rules = rules
        self.first = first
        self.put: dict[Ref, Text] = {}  # what events put in their place
        self.said: dict[tuple[str, Ref], tuple[Said, SheetKey]] = {}
        self.rounds: set[str] = set()  # those with a sheet that went in
        self.sheets: dict[SheetKey, SheetOutcome] = {}
        self.conflicts: dict[tuple[Ref, str], OpenConflict] = {}
        self.decisions: dict[tuple[Ref, str, str], Decision] = {}
        self.issued: dict[str, int] = {}
        self.trail: list[Put] = []
        self.place = -1

    def step(self, place: int, event: Event) -> None:
        """Fold one event in."""
        self.place = place
        match event:
            case Issued(issue):
                self.issued[issue] = place
            case Returned(sheet):
                self._arrive(sheet)
            case Again(return_id, terms):
                self._again(return_id, terms)
            case Edit(ref, old, new):
                self._edit(ref, old, new)
            case Decision():
                self._decide(event)
            case Adopt(return_id, issue, texts):
                key = return_id, issue
                for ref, text in texts.items():
                    self._put(ref, text, key, self.sheets[key].sheet.round if key in self.sheets else "")
            case Accept(return_id, issue, reason):
                self._accept((return_id, issue), reason)

    # Returned sheets

    def _arrive(self, sheet: Sheet) -> None:
        """Judge a sheet and, if it is complete, merge it: alone, or together with sheets that wait."""
        entry = self._entry(sheet, self.rules.opens(sheet))
        alone, entry.leans = self._judge(entry, [entry])
        entry.judged = alone
        if alone.own:
            entry.fate = Fate.ELSEWHERE if alone.elsewhere and not self._has_own_answer(entry) else Fate.HELD
            return
        run = self._waiting(entry)
        joint = self._judge(entry, run)[0] if len(run) > 1 else alone
        if not joint.lacks:
            self._enter(run, entry, joint)
        elif not alone.lacks:
            self._enter([entry], entry, alone)
        else:
            entry.judged = replace(alone, lacks=self._owed(entry, run))

    def _again(self, return_id: str, terms: str) -> None:
        for entry in [e for e in self.sheets.values() if e.sheet.return_id == return_id]:
            if entry.fate in (Fate.HELD, Fate.ELSEWHERE) and not self._replacement(entry):
                del self.sheets[entry.sheet.key]
                self._arrive(replace(entry.sheet, terms=terms))

    def _accept(self, key: SheetKey, reason: str) -> None:
        if key not in self.sheets:
            return
        sheet = self.sheets[key].sheet
        entry = self._entry(sheet, self.rules.accepts(sheet))
        entry.accepted = reason
        entry.judged, _ = self._judge(entry, [entry])
        self._enter(self._waiting(entry), entry, None)

    def _entry(self, sheet: Sheet, opened: Collection[Ref]) -> SheetOutcome:
        """Register a sheet with its answers.

        They are the texts that differ from what its author started from (all, for a whole sheet) and, in a corrected
        copy, the inherited answers left unchanged.
        """
        inherited = self._inherited(sheet)
        before = {**sheet.issued, **{ref: said.text for ref, said in inherited.items()}}
        says = {}
        for ref, text in sheet.texts.items():
            if ref not in opened:
                continue
            if sheet.whole or text != before.get(ref, ""):
                says[ref] = Said(text, sheet.rank)
            elif ref in inherited:
                says[ref] = inherited[ref]
        entry = SheetOutcome(sheet, says=says)
        if sheet.key in self.sheets and self.sheets[sheet.key].fate in ASIDE:
            del self.sheets[sheet.key]  # so that it is entered as the latest
        self.sheets[sheet.key] = entry
        return entry

    def _inherited(self, sheet: Sheet) -> dict[Ref, Said]:
        """Return the answers of the sheets that this one corrects: its author saw them already filled in."""
        corrected = self.sheets.get((sheet.corrects, sheet.issue))
        if corrected is None or corrected.sheet.key == sheet.key:
            return {}
        parent, before = corrected.sheet, self._inherited(corrected.sheet)
        texts = {**parent.issued, **{ref: said.text for ref, said in before.items()}}
        return before | {ref: Said(t, parent.rank) for ref, t in parent.texts.items() if t != texts.get(ref, "")}

    def _has_own_answer(self, entry: SheetOutcome) -> bool:
        """Return True if a sheet meant for another round has a new answer in a cell that round does not open."""
        shared = self.rules.shares(entry.sheet, entry.judged.elsewhere)
        own = {ref: said for ref, said in entry.says.items() if ref not in shared}
        known = ((self.said.get((entry.sheet.round, ref)), said) for ref, said in own.items())
        return any(k is None or (k[0].text != said.text and k[0].rank < said.rank) for k, said in known)

    def _judge(self, entry: SheetOutcome, group: Sequence[SheetOutcome]) -> tuple[Judged, bool]:
        """Judge a sheet with the answers of a group in it; also return True if texts from elsewhere count for it."""
        sheet = entry.sheet
        newest: dict[Ref, Said] = {}
        for e in group:
            for ref, said in e.says.items():
                if ref not in newest or newest[ref].rank <= said.rank:
                    newest[ref] = said
        texts = {**sheet.issued, **sheet.texts, **{ref: said.text for ref, said in newest.items()}}
        others: set[Ref] = set()
        elsewhere = {ref: self._text(ref) for round_, ref in self.said if round_ == sheet.round and ref not in texts}
        texts |= elsewhere  # items that another sheet of the round added in rows that are blank on this one
        others.update(ref for ref, text in elsewhere.items() if text)
        issued, opened = sheet.issued.get, self.rules.opens(sheet)
        for ref, text in texts.items():
            answer = newest.get(ref)
            if answer is None and text != issued(ref, ""):
                continue  # a change that does not count: it is judged all the same
            if self._was_accepted(sheet, ref, text):
                others.add(ref)
            standing = self._standing(sheet, ref, answer, opened)
            if standing is not None and standing != text:
                texts[ref] = standing
                if standing or entry.says:  # a sheet without any answer is still to blame for a blank
                    others.add(ref)
        return self.rules.judge(sheet, texts, others), bool(others)

    def _was_accepted(self, sheet: Sheet, ref: Ref, text: str) -> bool:
        """Return True if the same answer of another sheet of the round was accepted as it is."""
        known = self.said.get((sheet.round, ref))
        entry = self.sheets.get(known[1]) if known and known[0].text == text else None
        return entry is not None and entry.accepted is not None and entry.sheet.key != sheet.key

    def _standing(self, sheet: Sheet, ref: Ref, said: Said | None, opened: Collection[Ref]) -> str | None:
        """Return the text that counts for a cell instead of the sheet's own, None if the sheet's own counts.

        The master's text counts if a newer sheet of the round answered the cell, or if this one did not and the round
        opens the cell or it was sent blank. For a whole sheet, it counts in cells without an answer of the round.

        """
        known = self.said.get((sheet.round, ref))
        if sheet.whole:
            here = ref in self.put or ref in self.first
            return None if said or known or not here or self._is_own(ref, sheet.round) else self._text(ref)
        if known and (said is None or known[0].rank > said.rank):
            return self._text(ref) if ref in self.put or ref in self.first else known[0].text
        if said is None and (ref in opened or not sheet.issued.get(ref, "")):
            return self._text(ref)
        return None

    # Which sheets wait for which

    def _round(self, round_: str) -> list[SheetOutcome]:
        """Return the sheets of a round in the order of their ranks."""
        return sorted((e for e in self.sheets.values() if e.sheet.round == round_), key=lambda e: e.sheet.rank)

    def _waiting(self, entry: SheetOutcome) -> list[SheetOutcome]:
        """Return ``entry`` and the waiting sheets of its round that no faulty sheet separates from it, by rank.

        Sheets without answers are left out. A corrected copy takes the place of the sheet it corrects. A whole sheet
        waits for no other.
        """
        if entry.sheet.whole:
            return [entry]
        sheets = self._round(entry.sheet.round)
        held = [e for e in sheets if e is entry or (e.fate is Fate.HELD and not self._replacement(e))]
        corrected = self._corrected(held)
        run: list[SheetOutcome] = []
        for e in held:
            if e is entry:
                run.append(e)
            elif e.sheet.return_id in corrected:
                continue
            elif not e.waits:
                if entry in run:
                    break
                run = []
            elif e.says and not e.sheet.whole:
                run.append(e)
        return run

    def _corrected(self, entries: Iterable[SheetOutcome]) -> set[str]:
        """Return the numbers of the returns that these sheets correct, directly or through other corrected copies."""
        out: set[str] = set()
        for e in entries:
            parent = self.sheets.get((e.sheet.corrects, e.sheet.issue))
            while parent and parent.fate not in ASIDE and parent.sheet.return_id not in out:
                out.add(parent.sheet.return_id)
                parent = self.sheets.get((parent.sheet.corrects, parent.sheet.issue))
        return out

    def _replacement(self, entry: SheetOutcome) -> str:
        """Return the number of the return that replaces a held sheet, "" for none.

        It is the last other one of the round that went in with a higher rank; one that says nothing and leans on others
        does not replace it.
        """
        sheet = entry.sheet
        later = [
            e.sheet for e in self._round(sheet.round)
            if e.fate in (Fate.TAKEN, Fate.UNCHANGED) and (e.says or not e.leans)
            and e.sheet.rank > sheet.rank and e.sheet.return_id != sheet.return_id
        ]  # fmt: skip
        return later[-1].return_id if later else ""

    def _same_elsewhere(self, entry: SheetOutcome) -> str:
        """Return the earlier return of the round that a sheet was meant for, if all that it says there counts already.

        A later return settles that round by itself.
        """
        said = {Ref.parse(field) for p in entry.judged.own for field in p.fields}
        known = all(self._text(ref) == entry.sheet.texts.get(ref) for ref in said)
        there = [e.sheet for e in self._round(entry.judged.elsewhere) if e.fate.is_in]
        return there[-1].return_id if known and there and there[-1].rank < entry.sheet.rank else ""

    def _enter(self, run: Sequence[SheetOutcome], last: SheetOutcome, joint: Judged | None) -> None:
        """Merge sheets together, in the order of their ranks, then look again at those that still wait.

        ``joint`` is the outcome of the sheets as one, None if ``last`` was accepted.
        """
        group = [*(e for e in run if e is not last), last]
        for e in sorted(group, key=lambda e: e.sheet.rank):
            if e.accepted is None:
                gave = (o for o in group if o is not e and o.says and (e is not last or _gives(o, e)))
                e.joined = tuple(o.sheet.return_id for o in gave)
                e.disputed = _disputed(e, (o for o in group if o.sheet.return_id in e.joined))
                e.judged = _still(e.judged, joint) if joint else Judged(warnings=e.judged.warnings)
            self._take(e)
        self._look_again()

    def _look_again(self) -> None:
        """Enter waiting sheets that are complete now: what went in may be the answer they lacked, in any round."""
        for entry in sorted(self.sheets.values(), key=lambda e: e.sheet.rank, reverse=True):
            if not entry.waits or entry.sheet.whole or self._replacement(entry):
                continue
            run = self._waiting(entry)
            joint = self._judge(entry, run)[0]
            alone, entry.leans = self._judge(entry, [entry])
            if not joint.lacks:
                self._enter(run, entry, joint)
                return
            entry.judged = replace(alone, lacks=self._owed(entry, run))

    def _owed(self, entry: SheetOutcome, run: Sequence[SheetOutcome]) -> tuple[Problem, ...]:
        """Return the problems about answers that neither a waiting sheet nor those waiting before it have given."""

        earlier = [e for e in run if e.sheet.rank < entry.sheet.rank]
        return self._judge(entry, [*earlier, entry])[0].lacks

    # Merging

    def _take(self, entry: SheetOutcome) -> None:
        """Merge the answers of a sheet that goes in, except those overtaken by a newer answer of its round."""
        sheet = entry.sheet
        entry.kept = self._kept(entry) if sheet.round in self.rounds else {}
        self.rounds.add(sheet.round)
        counted: dict[Ref, str] = {}
        overtaken = {""}
        for ref, said in entry.says.items():
            known = self.said.get((sheet.round, ref))
            if known is None or known[0].rank < said.rank:
                counted[ref] = said.text
                self.said[sheet.round, ref] = said, sheet.key
                self.conflicts.pop((ref, sheet.round), None)
            elif known[0].rank > said.rank and known[0].text != said.text:
                overtaken.add(known[1][0])
        entry.merge = self._merge(sheet, counted)
        asked = {c.ref for c in entry.merge.conflicts}
        for ref, text in counted.items():
            if ref in asked or self._text(ref) == text:
                self.conflicts.pop((ref, ""), None)  # what was withdrawn no longer matters
        changed = bool(entry.merge.changes or entry.merge.conflicts)
        entry.overtaken_by = "" if changed else max(overtaken)
        silent = not entry.says and entry.leans and not sheet.corrects
        taken = changed or entry.accepted is not None
        entry.fate = Fate.SILENT if silent else Fate.TAKEN if taken else Fate.UNCHANGED

    def _kept(self, entry: SheetOutcome) -> dict[Ref, str]:
        """Return, by cell that a sheet left as issued, the return whose answer stays there.

        Answers that the sheet shows too, and those of the sheets that it joins, do not count.
        """
        sheet, kept = entry.sheet, dict[Ref, str]()
        for ref, text in sheet.texts.items():
            said, (by, _) = self.said.get((sheet.round, ref), (None, sheet.key))
            stays = said is not None and self._text(ref) == said.text
            if said and stays and ref not in entry.says and said.text.strip() != text.strip():
                kept[ref] = by
        return {ref: by for ref, by in kept.items() if by not in (sheet.return_id, *entry.joined)}

    def _merge(self, sheet: Sheet, texts: Mapping[Ref, str]) -> Merge:
        """Merge answers three ways; return the changes made and the conflicts found."""
        here = {**self.first, **{ref: text.text for ref, text in self.put.items()}}
        issued_at = self.issued.get(sheet.issue, -1)

        def answered(ref: Ref) -> bool:
            return self._is_own(ref, sheet.round) or self._here(ref).place < issued_at

        fresh = any(
            text == sheet.issued.get(ref, "") != here.get(ref, "") and self._is_own(ref, sheet.round)
            for ref, text in sheet.texts.items()
        )
        merge = three_way(sheet.issued, texts, here, answered=answered, replace=True, fresh=fresh)
        changes = tuple(c for c in merge.changes if not self._decided(sheet, c.ref, c.new))
        conflicts = tuple(c for c in merge.conflicts if not self._decided(sheet, c.ref, c.returned))
        for change in changes:
            self._put(change.ref, change.new, sheet.key, sheet.round)
        for c in conflicts:
            opened = OpenConflict(c.ref, sheet.round, c.issued, c.returned, c.current, sheet.key)
            self.conflicts[c.ref, sheet.round] = opened
        return Merge(changes, conflicts)

    def _decided(self, sheet: Sheet, ref: Ref, text: str) -> bool:
        """Return True if this conflict was decided before, and put the text of that decision in."""
        here, decided = self._text(ref), self.decisions.get((ref, sheet.round, text))
        if decided is None or here not in (decided.current, decided.text):
            return False
        if decided.takes and not self._chosen(decided):
            return False
        if here != decided.text:
            self._put(ref, decided.text, sheet.key if decided.takes else None, sheet.round if decided.takes else "")
        return True

    def _chosen(self, made: Decision) -> SheetKey | None:
        """Return the sheet whose text a decision took, None if it is not in.

        If the issue is unknown, it is the first sheet of the return that is in.
        """
        issue = made.of or (made.issue if made.takes == made.return_id else "")
        mine = (key for key, e in self.sheets.items() if key[0] == made.takes and e.fate.is_in)
        return next((key for key in mine if issue in ("", key[1])), None)

    def _is_own(self, ref: Ref, round_: str) -> bool:
        """Return True if the master's text is an answer of this round and no other round gave the same."""
        here = self._here(ref)
        if here.by is None or here.round != round_:
            return False
        others = (self.said.get((other, ref)) for other in self.rounds if other != round_)
        return not any(known and known[0].text == here.text for known in others)

    def _here(self, ref: Ref) -> Text:
        return self.put.get(ref) or Text(self.first.get(ref, ""))

    def _text(self, ref: Ref) -> str:
        return self.put[ref].text if ref in self.put else self.first.get(ref, "")

    def _put(self, ref: Ref, text: str, by: SheetKey | None, round_: str) -> None:
        old = self._text(ref)
        if old != text:
            self.trail.append(Put(ref, old, text, by, self.place))
        self.put[ref] = Text(text, by, round_, self.place)

    # People

    def _edit(self, ref: Ref, old: str, new: str) -> None:
        here = self._text(ref)
        self.conflicts = {k: c for k, c in self.conflicts.items() if c.ref != ref or c.returned != new}
        if here not in (old, new) and not any(c.by and c.ref == ref for c in self.conflicts.values()):
            self.conflicts[ref, ""] = OpenConflict(ref, "", here, old, new, None)
        self._put(ref, new, None, "")

    def _decide(self, made: Decision) -> None:
        self.decisions[made.ref, made.round, made.returned] = made
        asked = self.conflicts.get((made.ref, made.round))
        if asked and asked.returned == made.returned:
            del self.conflicts[made.ref, made.round]
        by = self._chosen(made) if made.takes else None
        if made.takes and by is None:
            return
        if self._text(made.ref) != made.text:
            self._put(made.ref, made.text, by, made.round if by else "")

    def state(self) -> Replayed:
        """Return the state after the events folded in so far."""
        outcomes = {}
        for key, e in self.sheets.items():
            instead = self._replacement(e) if e.fate is Fate.HELD else ""
            if e.fate is Fate.ELSEWHERE:
                instead = self._same_elsewhere(e)
            fate, judged = e.fate, e.judged
            if fate is Fate.HELD and instead:
                fate = Fate.REPLACED if e.says or judged.own else Fate.SILENT
            if fate is Fate.SILENT:
                judged = replace(judged, lacks=())
            outcomes[key] = replace(e, fate=fate, judged=judged, replaced_by=instead)
        return Replayed(self.first, self.put, outcomes, self.conflicts, tuple(self.trail))


_NEVER = (-1, Fate.TAKEN, "")


def _gives(giver: SheetOutcome, taker: SheetOutcome) -> bool:
    """Return True if a sheet has an answer that another lacks or gives differently."""
    return any(taker.says.get(ref) is None or taker.says[ref].text != said.text for ref, said in giver.says.items())


def _disputed(entry: SheetOutcome, others: Iterable[SheetOutcome]) -> dict[Ref, str]:
    """Return the texts of earlier sheets for cells that a sheet answers differently."""
    before = {
        ref: said.text for o in others for ref, said in o.says.items() if _answers_after(entry.says.get(ref), said)
    }
    return dict(sorted(before.items()))


def _answers_after(said: Said | None, other: Said) -> bool:
    return said is not None and said.rank > other.rank and said.text != other.text


def _still(own: Judged, joint: Judged) -> Judged:
    """Return only warnings: those that the joint sheet has too, and all about the shape of the sheet (W5)."""

    said = {(p.code, p.fields) for p in joint.warnings}
    return Judged(warnings=tuple(p for p in own.warnings if p.code.startswith("W5") or (p.code, p.fields) in said))

"""The laws of replay; each is checked on a desk before and after one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dxreport.collect.events import Accept, Decision, Dismiss, Edit, Event, Issued, Returned, Sheet, Withdraw
from dxreport.collect.replay import replay
from dxreport.collect.state import Fate, Replayed, Said, SheetOutcome
from dxreport.domain.fields import Ref
from tests.support.abstract import REQUIRED, ROUND_OF, Desk, Done, Rules, plain, verdicts


def check(before: Desk, after: Desk, done: Done) -> None:
    """Check every law that one command can break."""
    old, new = before.state(), after.state()
    _pure(after, new)
    _sound(after, new)
    _withdrawn(after, new)
    _all_withdrawn(after, new)
    if done.files:
        _at_once(after, done, new)
        _one_by_one(before, after, done)
    if done.command == "dismiss":
        _dismissed(before, after, old, new)
    if done.command in ("withdraw", "dismiss"):
        _step_by_step(after, 0)
    elif done.command != "restore":
        _forward(old, new)
        _unsettled(old, new, {after.read[f.name].return_id for f in done.files})
        _step_by_step(after, len(before.log))


def _pure(desk: Desk, state: Replayed) -> None:
    """Check law 1: the same log gives the same state."""
    again = desk.state()
    assert again == state
    assert list(again.texts) == list(state.texts)


def _at_once(desk: Desk, done: Done, state: Replayed) -> None:
    """Check law 3: collecting the same files again at once changes no text and no fate."""
    again = desk.copy()
    again.collect(*done.files)
    assert plain(again.state()) == plain(state)
    assert verdicts(again.state()) == verdicts(state)


def _one_by_one(before: Desk, after: Desk, done: Done) -> None:
    """Check law 4: a batch has the effect of its files collected one by one, in the order of ``Desk.at``."""
    alone = before.copy()
    alone.files, alone.terms, alone.now = after.files, after.terms, after.now
    for file in alone.ordered(done.files):
        alone.now = before.now
        alone.collect(file)
    assert alone.log == after.log


def _forward(old: Replayed, new: Replayed) -> None:
    """Check law 5: what is in stays in."""
    for key, outcome in old.outcomes.items():
        assert new.outcomes[key].fate.is_in or not outcome.fate.is_in, key


def _unsettled(old: Replayed, new: Replayed, collected: set[str]) -> None:
    """Check law 6: only a held return of its own, collected just now, can unsettle a settled round."""
    for round_ in REQUIRED:
        if old.settled(round_) and not new.settled(round_):
            held = {k[0] for k, o in new.outcomes.items() if o.sheet.round == round_ and o.fate is Fate.HELD}
            assert held <= collected, (round_, held)


def _withdrawn(desk: Desk, state: Replayed) -> None:
    """Check law 7: withdrawing a return equals the log without it, but corrected copies still build on it."""
    for return_id in sorted({key[0] for key in state.outcomes})[-3:]:
        rest: list[Event] = []
        copied = any(isinstance(e, Returned) and e.sheet.corrects == return_id for e in desk.log)
        for event in desk.log:
            if _return_of(event) != return_id:
                rest.append(event)
            elif isinstance(event, Returned) and copied:
                rest += [event, Withdraw(return_id)]
        without = replay(desk.first, rest, Rules())
        after = replay(desk.first, [*desk.log, Withdraw(return_id)], Rules())
        assert {r: (t.text, t.by, t.round) for r, t in after.texts.items()} == {
            r: (t.text, t.by, t.round) for r, t in without.texts.items()
        }
        assert {k: v for k, v in verdicts(after).items() if k[0] != return_id} == {
            k: v for k, v in verdicts(without).items() if k[0] != return_id
        }
        assert after.conflicts == without.conflicts


def _dismissed(before: Desk, after: Desk, old: Replayed, new: Replayed) -> None:
    """Check law 13: dismissing a held sheet equals the log without it.

    Nothing that was in goes, and an acceptance brings the sheet back.
    """
    dismissed = after.log[-1]
    assert isinstance(dismissed, Dismiss)
    key = dismissed.return_id, dismissed.issue
    _forward(old, new)
    assert new.outcomes[key].fate is Fate.DISMISSED
    copied = any(isinstance(e, Returned) and e.sheet.corrects == key[0] for e in before.log)
    if not copied:
        rest = [e for e in before.log if _return_of(e) != key[0]]
        without = replay(before.first, rest, Rules())
        assert plain(new) == plain(without)
        assert {k: v for k, v in verdicts(new).items() if k != key} == verdicts(without)
        assert new.conflicts == without.conflicts
    back = replay(before.first, [*after.log, Accept(*key)], Rules())
    assert back.outcomes[key].fate.is_in


def _all_withdrawn(desk: Desk, state: Replayed) -> None:
    """Check law 8: withdrawing all returns, in any order, leaves the first texts and what people typed over them."""
    ids = sorted({key[0] for key in state.outcomes})
    typed = dict(desk.first)
    for event in desk.log:
        if isinstance(event, Edit):
            typed[event.ref] = event.new
        elif isinstance(event, Decision) and not event.takes:
            typed[event.ref] = event.text
    for order in (ids, ids[::-1]):
        left = replay(desk.first, [*desk.log, *map(Withdraw, order)], Rules())
        assert plain(left) == {ref: text for ref, text in typed.items() if text}
        assert all(round_ == "" for _, round_ in left.conflicts)


def _sound(desk: Desk, state: Replayed) -> None:
    """Check that no sheet with own errors is in and no settled round lacks an answer, unless people decided so."""
    for outcome in state.outcomes.values():
        assert not (outcome.fate.is_in and outcome.judged.own and outcome.accepted is None)
    if any(isinstance(event, Accept | Edit | Decision) for event in desk.log):
        return
    if any(sheet.whole for sheet in _sheets(desk.log)):
        return  # cells that a whole sheet leaves as issued are answers, but a restored master may lack these texts
    for round_, cells in REQUIRED.items():
        if state.settled(round_):
            for ref in cells:
                assert state.text(ref) or (ref, round_) in state.conflicts or ref not in ROUND_OF, (round_, ref)


# Laws of single events, checked step by step along the log, without what was withdrawn.


def _step_by_step(desk: Desk, start: int) -> None:
    log = _in_force(desk.log)
    start = start if len(log) == len(desk.log) else 0
    old = replay(desk.first, log[:start], Rules())
    for length in range(start + 1, len(log) + 1):
        if length < len(log) and isinstance(log[length], Withdraw):
            continue
        new = replay(desk.first, log[:length], Rules())
        _hands_keep(old, new, log[:length], desk)
        _nothing_lost(old, new, log[:length], desk)
        old = new


def _in_force(log: Sequence[Event]) -> list[Event]:
    """Return the log without withdrawn and dismissed events; their sheets stay, each followed by a withdrawal."""
    last = {event.return_id: place for place, event in enumerate(log) if isinstance(event, Withdraw | Dismiss)}
    kept: list[Event] = []
    for place, event in enumerate(log):
        if isinstance(event, Withdraw | Dismiss):
            continue
        if last.get(_return_of(event), -1) < place:
            kept.append(event)
        elif isinstance(event, Returned):
            kept += [event, Withdraw(event.sheet.return_id)]
    return kept


def _hands_keep(old: Replayed, new: Replayed, log: Sequence[Event], desk: Desk) -> None:
    """Check law 9: what a person typed is replaced only by people, or by answers of a round whose authors saw it."""
    event = log[-1]
    for ref, was in old.texts.items():
        now = new.texts[ref]
        if was.by is not None or was.place < 0 or now.text == was.text:
            continue
        if isinstance(event, Edit | Decision) and event.ref == ref:
            continue
        assert now.by or _decided(log, ref, now.text), (ref, was, now)
        assert (
            _decided(log, ref, now.text)
            or _seen(desk, log, now.round, ref, was.text)
            or _issued_since(log, desk, now.round, was.place)
        ), (ref, was, now)


def _nothing_lost(old: Replayed, new: Replayed, log: Sequence[Event], desk: Desk) -> None:
    """Check law 10: an answer that went in counts, or was overtaken in its round, overwritten, contested or decided."""
    event = log[-1]
    for key, outcome in new.outcomes.items():
        if not outcome.fate.is_in:
            continue
        was_in = key in old.outcomes and old.outcomes[key].fate.is_in
        for ref, said in outcome.says.items():
            if _kept(new, outcome, ref, said) or _decided(log, ref, None, outcome.sheet.round, said.text):
                continue
            if not was_in and said.text == outcome.sheet.issued.get(ref, ""):
                continue
            if was_in and not _kept(old, outcome, ref, said):
                continue
            same = [o for o in old.outcomes.values() if o.fate.is_in and o.says.get(ref) == said]
            if not was_in and any(not _kept(old, o, ref, said) for o in same):
                continue  # the same answer went in with a corrected copy, or with the original
            stood = was_in or same or old.text(ref) == said.text  # it counted before this step, whoever gave it
            assert stood, ("lost as it went in", key, ref, said, new.texts[ref])
            if isinstance(event, Edit | Decision) and event.ref == ref and old.text(ref) == said.text:
                continue
            now = new.texts[ref]
            assert now.by and now.round != outcome.sheet.round, ("lost", key, ref, said, now)
            assert _seen(desk, log, now.round, ref, said.text) or _issued_since(
                log, desk, now.round, old.texts[ref].place
            ), ("written over by who had not seen it", key, ref, said, now)


def _kept(state: Replayed, outcome: SheetOutcome, ref: Ref, said: Said) -> bool:
    round_ = outcome.sheet.round
    conflict = state.conflicts.get((ref, round_))
    return (
        state.text(ref) == said.text
        or (conflict is not None and conflict.returned == said.text)
        or any(
            o.fate.is_in and o.sheet.round == round_ and ref in o.says and o.says[ref].rank > said.rank
            for o in state.outcomes.values()
        )
    )


def _decided(log: Sequence[Event], ref: Ref, text: str | None, round_: str = "", returned: str = "") -> bool:
    return any(
        isinstance(e, Decision)
        and e.ref == ref
        and (
            e.text == text if text is not None else (e.round, e.returned) == (round_, returned) or e.current == returned
        )
        for e in log
    )


def _seen(desk: Desk, log: Sequence[Event], round_: str, ref: Ref, text: str) -> bool:
    """Return True if an author of the round saw the text."""
    return any(
        text in (sheet.issued.get(ref, ""), _before(sheet, desk).get(ref, ""))
        for sheet in _sheets(log)
        if sheet.round == round_
    )


def _issued_since(log: Sequence[Event], desk: Desk, round_: str, place: int) -> bool:
    """Return True if the round was issued after a place in the log."""
    issues = {issue.id: issue.round for issue in desk.issues}
    return any(isinstance(event, Issued) and issues[event.issue] == round_ for event in log[max(place, 0) :])


def _sheets(log: Sequence[Event]) -> list[Sheet]:
    return [event.sheet for event in log if isinstance(event, Returned)]


def _before(sheet: Sheet, desk: Desk) -> Mapping[Ref, str]:
    """Return the texts that the author of a sheet started from."""
    return desk.sheet(sheet.corrects).texts if sheet.corrects else sheet.issued


def _return_of(event: Event) -> str:
    match event:
        case Returned(sheet):
            return sheet.return_id
        case Decision():
            return event.takes
        case _:
            return getattr(event, "return_id", "")

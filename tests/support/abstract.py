"""Abstract returns: a measure of six cells, its rules, and a desk that appends to the log as the commands do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dxreport.collect.events import (
    Accept,
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
from dxreport.collect.replay import replay
from dxreport.collect.state import Fate, Judged, OpenConflict, Replayed
from dxreport.domain.fields import Ref
from dxreport.domain.problems import Problem

FIRST, SECOND = "round 1", "round 2"
A, B, C, X, D, E = (Ref(name) for name in "abcxde")
CELLS = (A, B, C, X, D, E)
OPEN = {FIRST: (A, B, C, X), SECOND: (D, E, X)}
REQUIRED = {FIRST: (A, B), SECOND: (D, X)}
BAD = "!"  # a word that the rules reject
STRICT = "strict"  # terms under which the first round requires C too
ROUND_OF = {A: FIRST, B: FIRST, C: FIRST, D: SECOND, E: SECOND}


class Rules:
    """Rules like those of the program, for a few cells: see :class:`dxreport.collect.replay.Rules`."""

    def judge(self, sheet: Sheet, texts: Mapping[Ref, str], others: Collection[Ref]) -> Judged:
        """Find own errors (the bad word, changes in cells of another round) and lacks (blank required cells)."""
        open_ = OPEN[sheet.round]
        bad = [ref for ref in open_ if texts.get(ref, "") == BAD and ref not in others]
        closed = [ref for ref in CELLS if ref not in open_ and sheet.texts.get(ref, "") != sheet.issued.get(ref, "")]
        required = (
            (*REQUIRED[sheet.round], C) if (sheet.terms, sheet.round) == (STRICT, FIRST) else REQUIRED[sheet.round]
        )
        lacks = [ref for ref in required if not texts.get(ref, "")]
        return Judged(
            own=tuple(_error("E1", ref) for ref in [*bad, *closed]),
            lacks=tuple(_error("E2", ref) for ref in lacks),
            elsewhere=ROUND_OF[closed[0]] if closed and not bad else "",
        )

    def opens(self, sheet: Sheet) -> Collection[Ref]:
        """Return the cells of the sheet's round."""
        return OPEN[sheet.round]

    def accepts(self, sheet: Sheet) -> Collection[Ref]:
        """Return every cell."""
        return CELLS

    def shares(self, sheet: Sheet, round_: str) -> Collection[Ref]:
        """Return the cells that the other round opens."""
        return OPEN[round_]


def _error(code: str, ref: Ref) -> Problem:
    return Problem(code, "error", code, field=str(ref), fields=(str(ref),))


@dataclass(frozen=True)
class Issue:
    """An issued sheet: its round, when it was sent, and its texts."""

    id: str
    round: str
    when: int
    texts: Mapping[Ref, str]


@dataclass(frozen=True)
class File:
    """A file on its way: a filled-in issue or, with ``corrects``, a corrected copy. ``sent`` is None if unknown."""

    name: str
    issue: Issue
    texts: Mapping[Ref, str]
    sent: int | None = None
    corrects: str = ""
    whole: bool = False


@dataclass
class Desk:
    """The log of one measure and its surroundings: the clock, issues, files, and the returns that were read."""

    first: Mapping[Ref, str] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    now: int = 0
    terms: str = ""
    issues: list[Issue] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    read: dict[str, Sheet] = field(default_factory=dict)  # by the name of the file; a restored backup forgets none
    commands: list[int] = field(default_factory=lambda: [0])  # the length of the log after each command

    def copy(self) -> Desk:
        """Return an independent copy."""
        return replace(
            self, log=[*self.log], issues=[*self.issues], files=[*self.files], read={**self.read},
            commands=[*self.commands],
        )  # fmt: skip

    def state(self) -> Replayed:
        """Return the present state."""
        return replay(self.first, self.log, Rules())

    def texts(self) -> dict[Ref, str]:
        """Return the master's texts."""
        return plain(self.state())

    def issue(self, round_: str) -> Issue:
        """Issue the measure with the present texts of the master."""
        issue = Issue(f"I{len(self.issues) + 1}", round_, self.tick(), dict.fromkeys(CELLS, "") | self.texts())
        self.issues.append(issue)
        self.log.append(Issued(issue.id))
        self.commands.append(len(self.log))
        return issue

    def tick(self) -> int:
        """Advance the clock and return the time."""
        self.now += 1
        return self.now

    def fill(
        self,
        issue: Issue,
        texts: Mapping[Ref, str],
        *,
        sent: int | None = None,
        whole: bool = False,
    ) -> File:
        """Fill in a copy of an issue, without collecting it."""
        return self._keep(File(self._name(), issue, {**issue.texts, **texts}, sent, whole=whole))

    def correct(self, parent: Sheet, texts: Mapping[Ref, str], *, sent: int | None = None, whole: bool = False) -> File:
        """Fill in the corrected copy of a return, without collecting it."""
        issue = next(i for i in self.issues if i.id == parent.issue)
        return self._keep(File(self._name(), issue, {**parent.texts, **texts}, sent, parent.return_id, whole))

    def _name(self) -> str:
        return f"file{len(self.files) + 1:03}"

    def _keep(self, file: File) -> File:
        self.files.append(file)
        return file

    def collect(self, *files: File) -> list[str]:
        """Collect files together; return the numbers of their returns."""
        self.tick()
        for file in self.ordered(files):
            self._collect(file)
        self.commands.append(len(self.log))
        return [self.read[f.name].return_id for f in files]

    def ordered(self, files: Sequence[File]) -> list[File]:
        """Sort a batch by the time of its answers, with corrected copies after their originals, then by name."""
        by_return = {sheet.return_id: name for name, sheet in self.read.items()}

        def depth(file: File) -> int:
            parent = next((f for f in self.files if f.name == by_return.get(file.corrects)), None)
            return 1 + depth(parent) if parent else 0

        return sorted({f.name: f for f in files}.values(), key=lambda f: (self.at(f), depth(f), f.name))

    def at(self, file: File) -> str:
        """Return when the answers of a file count as given."""
        if file.name in self.read:
            return self.read[file.name].rank[0]
        parent = max((s.rank[0] for s in self.read.values() if s.return_id == file.corrects), default="")
        at = self.now if file.sent is None else min(max(file.sent, file.issue.when), self.now)
        return max(f"{at:04}", parent)

    def _collect(self, file: File) -> None:
        if file.name not in self.read:
            number = len(self.read) + 1
            self.read[file.name] = Sheet(
                f"U{number:04}", file.issue.id, file.issue.round, (self.at(file), number, 0), file.issue.texts, file.texts,
                file.corrects, file.whole, self.terms,
            )  # fmt: skip
        sheet = self.read[file.name]
        if not any(isinstance(e, Returned) and e.sheet.key == sheet.key for e in self.log):
            self.log.append(Returned(replace(sheet, terms=self.terms)))
            return
        before = self.state()
        again = [*self.log, Again(sheet.return_id, self.terms)]
        after = replay(self.first, again, Rules())
        if plain(before) != plain(after) or verdicts(before) != verdicts(after):
            self.log = again

    def give(self, issue: Issue, texts: Mapping[Ref, str], *, whole: bool = False) -> str:
        """Fill in an issue and collect it alone; return the number of the return."""
        return self.collect(self.fill(issue, texts, whole=whole))[0]

    def sheet(self, return_id: str) -> Sheet:
        """Return the sheet of a return that was read."""
        return next(s for s in self.read.values() if s.return_id == return_id)

    def give_copy(self, return_id: str, texts: Mapping[Ref, str], *, whole: bool = False) -> str:
        """Fill in the corrected copy of a return and collect it alone; return its number."""
        return self.collect(self.correct(self.sheet(return_id), texts, whole=whole))[0]

    def append(self, *events: Event) -> None:
        """Append the events of one command."""
        self.tick()
        self.log.extend(events)
        self.commands.append(len(self.log))

    def edit(self, ref: Ref, text: str) -> None:
        """Type a text into the master."""
        self.append(Edit(ref, self.texts().get(ref, ""), text))

    def decide(self, conflict: OpenConflict, text: str) -> None:
        """Decide a conflict for a text, taking the return that gave this text, if any."""
        here = self.state().texts.get(conflict.ref)
        by = conflict.by if text == conflict.returned else here.by if here and text == conflict.current else None
        taken, of = by or ("", "")
        self.append(Decision(conflict.ref, conflict.round, conflict.returned, conflict.current, text, taken, of=of))

    def accept(self, key: SheetKey) -> None:
        """Accept a sheet as it is."""
        self.append(Accept(*key, "by phone"))

    def withdraw(self, return_id: str) -> None:
        """Withdraw a return."""
        self.append(Withdraw(return_id))

    def dismiss(self, key: SheetKey) -> None:
        """Dismiss a held sheet."""
        self.append(Dismiss(*key, "no answer"))

    def restore(self, back: int) -> None:
        """Restore the backup of the master from ``back`` commands ago."""
        del self.commands[max(1, len(self.commands) - back) :]
        del self.log[self.commands[-1] :]


def plain(state: Replayed) -> dict[Ref, str]:
    """Return the texts of a state, without blank ones."""
    return {ref: text.text for ref, text in state.texts.items() if text.text}


def verdicts(state: Replayed) -> dict[SheetKey, Fate]:
    """Return the fate of every sheet."""
    return {key: outcome.fate for key, outcome in state.outcomes.items()}


# A history in numbers: each step is a command and a number that encodes its choices.

Step = tuple[int, int]
T = TypeVar("T")
WORDS = ("1", "2", "", "3")


class Choices:
    """Choices decoded from one number; 0 stands for the plainest of all."""

    def __init__(self, number: int) -> None:
        self.number = number

    def below(self, n: int) -> int:
        """Return a number from 0 to n - 1."""
        self.number, out = divmod(self.number, n)
        return out

    def of(self, options: Sequence[T]) -> T:
        """Return one of several."""
        return options[self.below(len(options))]


@dataclass(frozen=True)
class Done:
    """A step that was done: its command, and the files that it collected."""

    command: str
    files: tuple[File, ...] = ()


COMMANDS = (
    "return", "copy", "issue", "later", "drawer", "again", "edit", "decide", "withdraw", "accept", "batch", "restore",
    "terms", "dismiss",
)  # fmt: skip
MIX = ("return",) * 6 + ("copy",) * 4 + ("issue",) * 3 + ("later",) * 2 + ("drawer",) * 2 + ("again",) * 2 + (
    "edit", "edit", "edit", "decide", "decide", "decide", "decide", "withdraw", "withdraw", "accept", "accept", "batch", "restore", "terms",
    "dismiss", "dismiss",
)  # fmt: skip


def start() -> Desk:
    """Return a desk with the first round issued."""
    desk = Desk({A: "", X: "0", D: ""})
    desk.issue(FIRST)
    return desk


def played(steps: Sequence[Step]) -> Iterator[tuple[Desk, Done]]:
    """Yield the desk and the step after every step that could be taken."""
    desk = start()
    for command, number in steps:
        done = _play(desk, MIX[command % len(MIX)], Choices(number))
        if done:
            yield desk, done


def _play(desk: Desk, command: str, choose: Choices) -> Done | None:
    state = desk.state()
    match command:
        case "issue":
            desk.issue(choose.of((FIRST, SECOND)))
        case "return" | "later":
            file = _filled(desk, choose)
            if command == "return":
                desk.collect(file)
                return Done(command, (file,))
        case "copy":
            if not desk.read:
                return None
            parent = list(desk.read.values())[-1 - choose.below(len(desk.read))]
            texts = _answers(choose, parent.round)
            file = desk.correct(parent, texts, sent=_sent(desk, choose), whole=choose.below(8) == 7)
            if choose.below(4) == 3:
                return Done("later")
            desk.collect(file)
            return Done("collect", (file,))
        case "drawer" | "again":
            known = [f for f in desk.files if (f.name in desk.read) is (command == "again")]
            if not known:
                return None
            file = known[-1 - choose.below(len(known))]
            desk.collect(file)
            return Done("collect", (file,))
        case "batch":
            files = (_filled(desk, choose), *(f for f in desk.files[-3:] if choose.below(2) == 0))
            desk.collect(*files)
            return Done("collect", files)
        case "edit":
            desk.edit(choose.of(CELLS), choose.of((*WORDS, BAD)))
        case "decide":
            if not state.conflicts:
                return None
            conflict = list(state.conflicts.values())[choose.below(len(state.conflicts))]
            desk.decide(conflict, choose.of((conflict.returned, conflict.current, conflict.issued, "9")))
        case "withdraw":
            ids = sorted({k[0] for k, o in state.outcomes.items() if o.fate is not Fate.WITHDRAWN})
            if not ids:
                return None
            desk.withdraw(ids[-1 - choose.below(len(ids))])
        case "accept":
            keys = [k for k, o in state.outcomes.items() if not o.fate.is_in]
            if not keys:
                return None
            desk.accept(keys[-1 - choose.below(len(keys))])
        case "dismiss":
            held = [k for k, o in state.outcomes.items() if o.fate in (Fate.HELD, Fate.ELSEWHERE)]
            if not held:
                return None
            desk.dismiss(held[-1 - choose.below(len(held))])
        case "restore":
            desk.restore(1 + choose.below(6))
        case "terms":
            desk.terms = "" if desk.terms else STRICT
            return None
    return Done(command)


def _filled(desk: Desk, choose: Choices) -> File:
    issue = desk.issues[-1 - choose.below(len(desk.issues))]
    return desk.fill(issue, _answers(choose, issue.round), sent=_sent(desk, choose), whole=choose.below(8) == 7)


def _sent(desk: Desk, choose: Choices) -> int | None:
    return None if choose.below(2) == 0 else max(0, desk.now + 1 - choose.below(8))


def _answers(choose: Choices, round_: str) -> dict[Ref, str]:
    """Choose answers: all required cells or any, seldom with a bad word or a cell of the other round."""
    texts = {}
    kind = choose.below(8)
    for ref in OPEN[round_]:
        if (kind < 2 and ref in REQUIRED[round_]) or choose.below(2) == 1:
            texts[ref] = choose.of(WORDS)
    if kind == 6:
        texts[choose.of(OPEN[round_])] = BAD
    if kind == 7:
        texts = {} if choose.below(2) else texts
        texts[choose.of([ref for ref in CELLS if ref not in OPEN[round_]])] = choose.of(WORDS)
    return texts

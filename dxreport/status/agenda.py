"""The coordinator's agenda for today: whom to call, whom to mail, what to decide.

Departments are in the order of the work: those that no mail reaches, those with sheets to correct, those that did not
answer a reminder, those not reminded yet; within each group in 建制順.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from ..collect.copies import kept_copies
from ..domain import problems
from ..domain.addresses import address_problems
from ..domain.days import printed, printed_day, short_day
from ..domain.model import Measure
from ..domain.problems import Problem, listed, shown
from ..domain.visible import one_line
from ..master.records import Conflict, ConflictState, Master, Receipt
from ..workspace.paths import Workspace
from .mailed import Mailed, mailed
from .next_step import Step, render_command, step_after
from .round_status import RoundStatus, SheetStatus, State


class Way(Enum):
    """How to reach a department."""

    PHONE = "電話"
    MAIL = "メール"


@dataclass(frozen=True, slots=True)
class Task:
    """What to do about one department.

    ``people`` are the 主担当者 of its sheets. ``faults`` are problems of its addresses. ``last`` is its last recorded draft
    of a reminder or sendback, ``count`` the number of drafts of that kind. ``files`` are the existing corrected copies
    and drafts, each with a label. ``rank`` is its place in the order of the work. ``drafted`` is True if the mail to
    send is drafted.
    """

    department: str
    way: Way
    people: str
    to: str
    phone: str
    faults: tuple[Problem, ...]
    sheets: tuple[SheetStatus, ...]
    last: Mailed | None
    count: int
    todo: str
    files: tuple[tuple[str, Path], ...]
    rank: int
    drafted: bool

    @property
    def days_late(self) -> int:
        """The most days that any of its sheets is late."""
        return max(s.days_late for s in self.sheets)

    @property
    def told(self) -> str:
        """The last reminder or sendback in words: its day and, on a second line, its kind and number."""
        if self.last is None:
            return "まだ"
        lost = "（届いていないおそれ）" if self.rank == _UNREACHED else ""
        times = f" {self.count}回目" if self.count > 1 else ""
        return f"{short_day(self.last.day)}\n{self.last.label}{times}{lost}"


@dataclass(frozen=True, slots=True)
class Agenda:
    """The tasks of a day, the open conflicts with their measures, and the unidentified files of any round.

    The conflicts are those of every round; the measure is None if it is gone from the master. ``year`` is the fiscal
    year as printed. ``asked`` is True if drafts of the request were made. ``after`` is the step to take once every
    sheet is in.
    """

    year: str
    found: RoundStatus
    today: date
    tasks: tuple[Task, ...]
    conflicts: tuple[tuple[Measure | None, Conflict], ...]
    unread: tuple[Receipt, ...]
    asked: bool
    after: Step

    def by(self, way: Way) -> tuple[Task, ...]:
        """Return the tasks for the departments to be reached in this way."""
        return tuple(t for t in self.tasks if t.way is way)

    @property
    def title(self) -> str:
        """The title of the files that show it."""
        return f"{self.year}　{self.found.round.name}　提出状況"

    @property
    def day(self) -> str:
        """The day as these files print it."""
        return f"{printed_day(self.today)} 現在"

    @property
    def decisions(self) -> tuple[str, ...]:
        """The open conflicts, each in two lines: where it is, and what there is to choose from."""
        return tuple("　".join([c.id, *_named(m, c), c.label]) + f"\n{_sides(c)}" for m, c in self.conflicts)

    @property
    def due_today(self) -> tuple[SheetStatus, ...]:
        """The sheets that have not come on the day on which they are due."""
        return tuple(s for s in self.found.sheets if s.state is State.ISSUED and s.deadline == self.today.isoformat())

    @property
    def settled(self) -> bool:
        """True if every sheet is in and nothing is left to do."""
        everything = self.found.answered == len(self.found.sheets)
        return everything and not (self.tasks or self.conflicts or self.unread)

    @property
    def headline(self) -> tuple[str, ...]:
        """A summary in sentences: what to do today, and how far the round is."""
        total = len(self.found.sheets)
        if not total:
            return ("対象の施策はありません。", *self._questions())
        if all(s.state is State.NOT_ISSUED for s in self.found.sheets):
            return (f"{self.found.round.name}のブックは、まだ発行していません。", *self._questions())
        if self.settled:
            return (f"{total}施策すべて、提出済みです。",)
        counted = f"{self._deadline()}{total}施策のうち{self.found.answered}がそろいました。"
        return (*self._work(), counted, *self._due_today())

    def _work(self) -> Iterator[str]:
        ways = "・".join(f"{way.value}{len(self.by(way))}" for way in Way if self.by(way))
        if ways:
            yield f"今日は{len(self.tasks)}部署に連絡します（{ways}）。"
        elif not self.due_today:
            yield "今日、連絡する部署はありません。"
        yield from self._questions()

    def _questions(self) -> Iterator[str]:
        if self.conflicts:
            yield f"競合{len(self.conflicts)}件を決めます。"
        if self.unread:
            yield f"受付不可のファイル{len(self.unread)}件を確かめます。"

    def _due_today(self) -> Iterator[str]:
        due: dict[str, list[str]] = {}
        for s in self.due_today:
            due.setdefault(s.department, []).append(s.measure)
        if due:
            named = listed([f"{name} {'・'.join(ids)}" for name, ids in due.items()], _NAMED, " ほか{}部署")
            yield f"今日が期限で、まだ届いていないのは、{named}です。"

    def _deadline(self) -> str:
        if not self.found.round.deadline:
            return ""
        day = date.fromisoformat(self.found.round.deadline)
        late = (self.today - day).days
        if late > 0:
            return f"提出期限 {short_day(day)}から{late}日過ぎ、"
        return f"提出期限は{short_day(day)}、" + (f"あと{-late}日です。" if late else "今日です。")

    @property
    def deadline(self) -> str:
        """The deadline of the round: ``提出期限 令和４年７月15日（金）``, ``提出期限なし``."""
        day = self.found.round.deadline
        return f"提出期限 {printed_day(date.fromisoformat(day))}" if day else "提出期限なし"

    @property
    def notices(self) -> tuple[str, ...]:
        """Deadlines other than the round's, and what changed in the master since sheets still owed were issued."""
        found = self.found
        own = (
            f"提出期限が別の施策: {'、'.join(ids)}　{printed(day) or 'なし'}"
            for day, ids in found.own_deadlines.items()
        )
        return (*own, *(f"注意: {p.message}{p.fix}" for p in found.problems()))

    @property
    def command(self) -> str:
        """The command to type next."""
        tasks, round_ = self.tasks, self.found.round
        if not self.found.sheets:
            return "dxreport check"
        if all(s.state is State.NOT_ISSUED for s in self.found.sheets):
            return render_command(round_)
        if any(t.way is Way.MAIL and t.rank == _TO_RETURN and not t.drafted for t in tasks):
            return "dxreport mail return"
        if any(t.way is Way.MAIL and t.rank == _FIRST and not t.drafted for t in tasks):
            return "dxreport mail remind"
        if not self.asked and all(s.state in (State.ISSUED, State.NOT_ISSUED) for s in self.found.sheets):
            return "dxreport mail request"
        if self.tasks or self.conflicts or self.unread:
            return "dxreport status"
        return self.after.command if self.settled else "dxreport collect 返送のフォルダー"

    @property
    def next_line(self) -> str:
        """The command to type next, as a line; with its day, if the next round has not begun."""
        if self.settled and self.after.begins:
            return f"次の回は{self.after.round}です。{printed_day(self.after.begins)}から: {self.command}"
        return f"次のコマンド: {self.command}"


_NAMED = 3  # departments that a sentence names
_TEXT = 40  # characters of a text to choose


def _named(measure: Measure | None, conflict: Conflict) -> tuple[str, ...]:
    """Return the department, and the measure with its name; only its ID if it is gone."""
    if measure is None:
        return (conflict.measure,)
    return measure.lead_department, f"{measure.id} {one_line(measure.name)}"


_UNREACHED, _TO_RETURN, _REMINDED, _FIRST = range(4)
_BETWEEN = re.compile(r"[・･、，,\n](?![^（(]*[）)])")
_MAIL_OF = {_TO_RETURN: "return", _FIRST: "remind"}
_Decision = tuple[int, Way, str]  # rank, way, what to do
_BLOCKING = {kind.code for kind in (problems.ADDRESS_MISSING, problems.ADDRESS_UNREAD, problems.ADDRESS_MISSPELT)}


def agenda(workspace: Workspace, master: Master, found: RoundStatus, today: date) -> Agenda:
    """Return the tasks of a round; ``today`` is the day that ``found`` was computed for."""
    drafts = [entry for entry in mailed(workspace) if entry.round == found.round.name]
    record: dict[str, list[Mailed]] = {}
    for entry in drafts:
        if entry.kind != "request":
            record.setdefault(entry.department, []).append(entry)
    owed: dict[str, list[SheetStatus]] = {}
    for sheet in found.sheets:
        if sheet.state.owes:
            owed.setdefault(sheet.department, []).append(sheet)
    wrote: dict[str, list[str]] = {}
    for receipt in found.refused:
        wrote.setdefault(receipt.department, []).append(receipt.id)
    copies = kept_copies(workspace)
    people = {m.id: names_in(m.contact_person) for m in master.measures}
    tasks = []
    for d in master.departments:
        sheets, made = owed.get(d.name, []), record.get(d.name, [])
        held = max((s.held.when for s in sheets if s.held), default="")
        fresh = [m for m in made if m.kind == "remind" or m.when >= held]  # not about superseded returns
        faults = tuple(address_problems(d.to, master.settings.mail_domain)) if sheets else ()
        decided = _unreached(faults) or (_return(fresh, today) if held else _remind(sheets, made, today))
        if not sheets or decided is None:
            continue
        rank, way, todo = decided
        named = "、".join(dict.fromkeys(name for s in sheets for name in people[s.measure]))
        mails = "、".join(wrote.get(d.name, ()))
        first = f"届いたメール {mails} を先に読む。" if mails else ""
        files = tuple(_files(workspace, sheets, fresh, copies))
        drafted = any(m.kind == _MAIL_OF.get(rank) for m in fresh)
        last = made[-1] if made else None
        count = sum(m.kind == last.kind for m in made) if last else 0
        tasks.append(Task(
            d.name, way, named, d.to, d.phone, faults, tuple(sheets), last, count, first + todo, files, rank, drafted,
        ))  # fmt: skip
    tasks.sort(key=lambda t: t.rank)
    conflicts = tuple((master.measure(c.measure), c) for c in master.conflicts if c.state is ConflictState.OPEN)
    asked = any(entry.kind == "request" for entry in drafts)
    after = step_after(workspace, master, found.round, today)
    return Agenda(master.settings.fiscal_year.label, found, today, tuple(tasks), conflicts, found.refused, asked, after)


def names_in(text: str) -> list[str]:
    """Return the people whom a 主担当者 names: ``江澤・栗林`` is two; what is in parentheses stays with its name."""
    return [one_line(name) for name in _BETWEEN.split(text) if name.strip()]


def _sides(conflict: Conflict) -> str:
    """Return the texts between which a conflict decides, on one line."""
    if conflict.adds:
        return f"「{shown(conflict.returned)}」"
    issued, returned, current = (shown(t, _TEXT) for t in (conflict.issued, conflict.returned, conflict.current))
    return f"発行時「{issued}」 返送「{returned}」 マスター「{current}」"


def _unreached(faults: Iterable[Problem]) -> _Decision | None:
    """Decide to call a department that no mail reaches."""
    return next(((_UNREACHED, Way.PHONE, p.fix) for p in faults if p.code in _BLOCKING), None)


def _return(record: Iterable[Mailed], today: date) -> _Decision:
    """Decide what to do about held sheets: send them back by mail, and call from the next day on."""
    since = [m.day for m in record if m.kind == "return"]
    if not since:
        return _TO_RETURN, Way.MAIL, "差し戻しのメールを送る（dxreport mail return で下書きを作る）"
    if since[-1] >= today:
        return _TO_RETURN, Way.MAIL, "今日作った差し戻しの下書きを送る"
    return _TO_RETURN, Way.PHONE, "差し戻しの直しかたを説明する"


def _remind(sheets: Iterable[SheetStatus], record: Iterable[Mailed], today: date) -> _Decision | None:
    """Decide what to do about missing sheets: send a reminder by mail, and call from the next day on."""
    if not any(s.state is State.MISSING for s in sheets):
        return None
    last = max((m.day for m in record if m.kind == "remind"), default=None)
    if last is None:
        return _FIRST, Way.MAIL, "初めての督促を送る（dxreport mail remind で下書きを作る）"
    if last >= today:
        return _FIRST, Way.MAIL, "今日作った督促の下書きを送る"
    days = (today - last).days
    return _REMINDED, Way.PHONE, f"督促の{'翌日' if days == 1 else f'{days}日後'}。届く見込みを聞く"


def _files(
    workspace: Workspace, sheets: Iterable[SheetStatus], record: Sequence[Mailed], copies: Mapping[str, Sequence[Path]]
) -> Iterator[tuple[str, Path]]:
    for return_id in dict.fromkeys(s.held.id for s in sheets if s.held):
        for path in copies.get(return_id, ()):
            yield "差し戻しのブック", path
    if record and (draft := record[-1].file(workspace)).is_file():
        yield f"{record[-1].label}の下書き", draft

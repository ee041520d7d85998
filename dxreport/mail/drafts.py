"""Mail drafts of a round, one per department, which the coordinator checks and sends.

依頼      the request: issued sheets without an answer, with the issued workbook
差し戻し  the return: held sheets, with the marked copy
督促      the reminder: both, only to departments that owe something
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import chain
from pathlib import Path, PurePath
from types import SimpleNamespace

from ..collect.copies import kept_copies
from ..collect.corrected import removed_from
from ..collect.originals import original_path
from ..domain.addresses import addresses
from ..domain.days import printed, printed_day
from ..domain.errors import DxreportError, Unfinished, UsageError
from ..domain.model import Round
from ..domain.problems import Problem
from ..domain.visible import one_line
from ..issue.store import workbook_path
from ..master.records import Issue, Master, Receipt, ReceiptState, timestamp
from ..status.mailed import KINDS, Mailed, mailed, recorded_path, remember
from ..status.round_status import SheetStatus, State, status
from ..workers import Watch
from ..workspace.bundled import current
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.transaction import write_files
from .eml import BOUNDARY, Attachment, eml, is_as_written, seal
from .template import compose

DAYS_TO_CORRECT = 3  # a department is not reminded for this long of sheets that were sent back to it


class MailKind(Enum):
    """The purpose of a mail; the value is the word of the command line."""

    REQUEST = "request"
    RETURN = "return"
    REMIND = "remind"

    @property
    def label(self) -> str:
        """The Japanese name."""
        return KINDS[self.value]

    @property
    def mark(self) -> str:
        """The beginning of the boundary between the parts of a draft; it marks the draft as ours."""
        return f"{BOUNDARY}_{self.value}"

    def concerns(self, state: State) -> bool:
        """Return True if such a mail lists sheets in this state."""
        held = MailKind.RETURN if state is State.HELD else MailKind.REQUEST
        return state.owes and self in (held, MailKind.REMIND)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft to a department, with its sheets and the names of its attachments; ``data`` is the .eml."""

    department: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sheets: tuple[SheetStatus, ...]
    attachments: tuple[str, ...]
    data: bytes = field(repr=False)

    @property
    def file(self) -> str:
        return file_name(self.department) + ".eml"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a department gets no draft or an incomplete one, and the remedy."""

    department: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class JustReturned:
    """Sheets left out of a reminder because their return was drafted on ``day``."""

    department: str
    measures: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True)
class AskedElsewhere:
    """A held sheet that was filled in for another round, whose mail asks for it."""

    department: str
    measure: str
    round: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one kind in 建制順; ``unread`` are unidentified files of any round.

    ``problems`` say what has changed since unanswered sheets were issued; ``answered`` names the departments that owe
    nothing, by their files. ``elsewhere`` are sheets that the mail of another round asks for.
    """

    kind: MailKind
    round: Round
    drafts: tuple[Draft, ...]
    obstacles: tuple[Obstacle, ...]
    unread: tuple[Receipt, ...] = ()
    problems: tuple[Problem, ...] = ()
    answered: frozenset[str] = frozenset()
    just_returned: tuple[JustReturned, ...] = ()
    elsewhere: tuple[AskedElsewhere, ...] = ()


def plan(
    workspace: Workspace, master: Master, kind: MailKind, round_: Round, now: datetime, *, watch: Watch = iter
) -> Drafts:
    """Return the drafts for all departments that this kind of mail concerns; write nothing.

    ``watch`` wraps the departments while their drafts are made.

    Raise UsageError if nothing was issued in the round, DxreportError for a fault in the mail template or a missing
    kept workbook.
    """
    found = status(master, round_, now.date())
    if all(s.state is State.NOT_ISSUED for s in found.sheets):
        raise UsageError(
            f"{round_.name}のブックは、まだ発行されていません。",
            f"先に dxreport render --round {round_.name} を実行してください。",
        )
    writer = _Writer(workspace, master, kind, round_, now.date())
    concerned = [s for s in found.sheets if kind.concerns(s.state)]
    elsewhere = _asked_elsewhere(master, round_, concerned, now.date())
    just = _just_returned(workspace, round_, concerned, now.date()) if kind is MailKind.REMIND else ()
    left = {measure for j in just for measure in j.measures} | {e.measure for e in elsewhere}
    by_department: dict[str, list[SheetStatus]] = {}
    for sheet in concerned:
        if sheet.measure not in left:
            by_department.setdefault(sheet.department, []).append(sheet)
    each = watch(by_department.items())
    drafts = tuple(d for department, sheets in each if (d := writer.draft(department, sheets)))
    unread = found.refused if kind is MailKind.REMIND else ()
    moved = tuple(found.problems()) if drafts else ()
    owing = {s.department for s in concerned}
    answered = frozenset(file_name(s.department) for s in found.sheets if s.department not in owing)
    return Drafts(kind, round_, drafts, tuple(writer.obstacles), unread, moved, answered, just, elsewhere)


def _asked_elsewhere(
    master: Master, round_: Round, sheets: Iterable[SheetStatus], today: date
) -> tuple[AskedElsewhere, ...]:
    """Return the held sheets that were filled in for another round and are held there too."""
    strayed = [(s, s.held) for s in sheets if s.held and s.held.meant not in ("", round_.name)]
    meant = {held.meant: master.settings.round(held.meant) for _, held in strayed}
    there = {(name, s.measure): s.held for name, r in meant.items() if r for s in status(master, r, today).sheets}
    mine = ((s, held) for s, held in strayed if there.get((held.meant, s.measure)) == held)
    return tuple(AskedElsewhere(s.department, s.measure, held.meant) for s, held in mine)


def _just_returned(
    workspace: Workspace, round_: Round, sheets: Iterable[SheetStatus], today: date
) -> tuple[JustReturned, ...]:
    """Return the held sheets whose return was drafted within ``DAYS_TO_CORRECT`` days."""
    made = [m for m in mailed(workspace) if m.kind == MailKind.RETURN.value and m.round == round_.name]
    found: dict[tuple[str, date], list[str]] = {}
    for s in sheets:
        if held := s.held:
            mine = (m.day for m in made if m.department == s.department and m.when >= held.when)
            last = max(mine, default=date.min)
            if today - last <= timedelta(DAYS_TO_CORRECT):
                found.setdefault((s.department, last), []).append(s.measure)
    return tuple(JustReturned(name, tuple(measures), day) for (name, day), measures in found.items())


@dataclass(frozen=True, slots=True)
class WrittenDrafts:
    """The paths of the drafts, and what happened to earlier files in their folder.

    Drafts are ``new`` if there was no file; the ``same`` were there already. Outdated drafts, whose departments have
    answered, are ``removed``. Those edited by hand stay: ``kept`` ones are still needed, ``stale`` ones outdated.
    """

    paths: tuple[Path, ...]
    removed: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    stale: tuple[Path, ...] = ()
    new: tuple[Path, ...] = ()
    same: tuple[Path, ...] = ()


def write(workspace: Workspace, drafts: Drafts, folder: Path) -> WrittenDrafts:
    """Write the drafts into ``folder``, replacing earlier ones that nobody has edited. Raise as ``write_files`` does."""
    mailed(workspace)  # raises before anything is written if the record of drafts cannot be read
    files = {folder / draft.file: draft.data for draft in drafts.drafts}
    there = {path: path.read_bytes() for path in files if path.exists()}
    new = tuple(path for path in files if path not in there)
    same = tuple(path for path, data in there.items() if data == files[path])
    kept = tuple(path for path, data in there.items() if data != files[path] and not is_as_written(data))
    others = [path for path in sorted(folder.glob("*.eml")) if path not in files]
    old = tuple(path for path in others if is_as_written(path.read_bytes(), drafts.kind.mark))
    write_files(workspace, {path: data for path, data in files.items() if path not in kept}, gone=old)
    edited = tuple(path for path in others if path not in old and path.stem in drafts.answered)
    return WrittenDrafts(tuple(files), old, kept, edited, new, same)


def record(workspace: Workspace, drafts: Drafts, paths: Sequence[Path], now: datetime) -> None:
    """Record the drafts. Raise Unfinished if that fails, since the drafts are written already."""
    kind, round_ = drafts.kind.value, drafts.round.name
    made = (
        Mailed(timestamp(now), kind, round_, draft.department, recorded_path(workspace, path))
        for draft, path in zip(drafts.drafts, paths, strict=True)
    )
    try:
        remember(workspace, made)
    except DxreportError as error:
        raise Unfinished(f"下書きは作りましたが、作った日を記録できませんでした。{error.message}", error.fix) from None


def rounds_with_held(master: Master, today: date) -> tuple[Round, ...]:
    """Return the rounds with held sheets."""
    issued = {issue.round for issue in master.issues}
    rounds = (r for r in master.settings.rounds if r.name in issued)
    return tuple(r for r in rounds if State.HELD in status(master, r, today).sums)


def out_folder(workspace: Workspace, master: Master, kind: MailKind, round_: Round) -> Path:
    """Return the default folder for drafts."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_{round_.name}_メール_{kind.label}")


class _Writer:
    """Writes the drafts of one kind and collects the obstacles."""

    def __init__(self, workspace: Workspace, master: Master, kind: MailKind, round_: Round, today: date) -> None:
        self.workspace, self.master, self.kind, self.round, self.today = workspace, master, kind, round_, today
        self.obstacles: list[Obstacle] = []
        self._kept = kept_copies(workspace)

    def draft(self, department: str, sheets: Sequence[SheetStatus]) -> Draft | None:
        """Return the draft for a department, or None if it cannot be made."""
        to, cc = self._addresses(department)
        held = {s.held.id: s.held for s in sheets if s.held}
        copies = {return_id: self._copies(department, receipt) for return_id, receipt in held.items()}
        # A marked copy needs no issued workbook beside it, unless it was filled in on the form of another round.
        marked = {s.measure for s in sheets if s.held and copies[s.held.id]}
        blank = (s for s in sheets if s.measure not in marked or self._is_astray(s))
        issues = {s.issue.id: s.issue for s in blank if s.issue}
        attachments = _distinct(chain(map(self._issued, issues.values()), *copies.values()))
        if not to or not attachments:
            return None
        files = tuple(a.name for a in attachments)
        clean, rest = dict(zip(issues, files, strict=False)), iter(files[len(issues) :])
        returned = {return_id: [next(rest) for _ in own] for return_id, own in copies.items()}
        shown = [self._sheet(s, clean, returned.get(s.held.id, []) if s.held else []) for s in sheets]
        removed = {what for own in copies.values() for a in own for what in removed_from(a.data)}
        template = current(self.workspace.templates / f"メール_{self.kind.label}.txt")
        names = self._names(sheets) | {
            "department": department, "sheets": shown, "files": files, "marked": files[len(issues) :],
            "removed": tuple(sorted(removed)),
        }  # fmt: skip
        subject, body = compose(template, names)
        mark = self.kind.mark
        data = seal(eml(to, cc, subject, body, attachments, boundary=mark), mark)
        return Draft(department, tuple(to), tuple(cc), subject, tuple(sheets), files, data)

    def _addresses(self, department: str) -> tuple[list[str], list[str]]:
        known = self.master.department(department)
        assert known is not None  # status lists only departments of the master
        (to, bad), (cc, bad_cc) = addresses(known.to), addresses(known.cc)
        for column, words in (("宛先", bad), ("CC", bad_cc)):
            if words:
                what = f"部署の{column}「{'、'.join(words)}」は、メールアドレスとして読めません。"
                self.obstacles.append(Obstacle(department, what, "マスターの「部署」を直してください。"))
        if not to and not bad:
            fix = "マスターの「部署」に宛先を書いてください。"
            self.obstacles.append(Obstacle(department, "宛先がありません。", fix))
        return to, cc

    def _copies(self, department: str, receipt: Receipt) -> list[Attachment]:
        found = self._kept.get(receipt.id, ())
        if not found:
            kept = original_path(self.workspace, receipt.id, receipt.file)
            why = f"返送 {receipt.id} に印を付けたファイルがないので、配付したファイルを添付しました。"
            fix = f'dxreport collect "{kept}" を実行すると、できることがあります。できないときは、このまま送れます（本文にもそう書きました）。'
            self.obstacles.append(Obstacle(department, why, fix))
        return [Attachment(path.name.removeprefix(f"{receipt.id}_"), path.read_bytes()) for path in found]

    def _issued(self, issue: Issue) -> Attachment:
        path = workbook_path(self.workspace, issue.id)
        if not path.is_file():
            raise DxreportError(f"発行の控え {path} がありません。", "バックアップから戻してください。")
        return Attachment(issue.file, path.read_bytes())

    def _late(self, s: SheetStatus) -> int:
        """Return the days past the deadline; when returning a sheet, 0 if the department had answered in time."""
        if self.kind is not MailKind.RETURN or not s.days_late:
            return s.days_late
        mine = (r for r in self.master.receipts if r.measure == s.measure and not r.state.aside)
        came = (r.when[:10] for r in mine if self.round.name in (r.round, r.meant))
        return 0 if any(day <= s.deadline for day in came) else s.days_late

    def _deadline(self, sheets: Sequence[SheetStatus]) -> str:
        """Name the deadline of most sheets, and the sheets with others."""
        days: dict[str, list[SheetStatus]] = {}
        for s in sheets:
            days.setdefault(self._day(s), []).append(s)
        first, *others = sorted(days, key=lambda day: -len(days[day]))
        rest = [f"{'、'.join(s.measure for s in days[day])}は{day or '期限なし'}" for day in others]
        return f"{first or '期限なし'}（{'、'.join(rest)}）" if rest else first

    def _day(self, s: SheetStatus) -> str:
        """Return the deadline of a sheet as printed, with 延長後 or 変更後 if the sheet shows another."""
        day = printed(s.deadline)
        if not (day and s.issue and s.issue.moved(self.round)):
            return day
        return f"{day}（{'延長後' if s.deadline > s.issue.printed else '変更後'}）"

    def _names(self, sheets: Sequence[SheetStatus]) -> dict[str, object]:
        """Return the names of the round for the template; a passed deadline is named only to those that missed it."""
        late = max(map(self._late, sheets))
        passed = all(s.days_late for s in sheets)
        return {
            "fiscal_year": self.master.settings.fiscal_year.label,
            "round": SimpleNamespace(name=self.round.name, quarter=self.round.quarter, opens=sorted(self.round.opens)),
            "deadline": "" if passed and not late else self._deadline(sheets),
            "days_late": late,
            "today": printed_day(self.today),
        } | self.master.settings.names.for_papers()

    def _is_astray(self, s: SheetStatus) -> bool:
        """Return True if the department answered this round on the form of another."""
        return bool(s.held and s.held.meant == self.round.name)

    def _sheet(self, s: SheetStatus, clean: Mapping[str, str], marked: Sequence[str]) -> SimpleNamespace:
        """Return the names of a sheet for the template.

        ``clean`` are the attached issued workbooks by issue, ``marked`` the marked copies of its return.
        """
        shown, astray, held = s.issue.printed if s.issue else "", self._is_astray(s), s.held
        own = clean.get(s.issue.id, "") if s.issue else ""
        beside = (i for i in self.master.issues if i.id in clean and s.measure in i.measures)
        file = own if astray or not marked else marked[0]
        return SimpleNamespace(
            id=s.measure, name=one_line(s.name), state=s.state.value, held=held is not None, days_late=self._late(s),
            sent=_day(s.issue), returned=_day(s.receipt), reason=s.reason, other_round=astray,
            own_round=held.round if held and held.meant and held.state is ReceiptState.HELD else "",
            marked=bool(marked), file=file, repeated=any(clean[i.id] != file for i in beside),
            deadline=printed(s.deadline), printed_deadline=printed(shown),
        )  # fmt: skip


def _day(event: Issue | Receipt | None) -> str:
    return printed_day(datetime.fromisoformat(event.when).date()) if event else ""


def _distinct(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Number attachments of the same name, such as a workbook that was issued twice."""
    out: dict[str, Attachment] = {}
    for a in attachments:
        name, number = a.name, 1
        while name in out:
            number += 1
            name = f"{PurePath(a.name).stem}（{number}）{PurePath(a.name).suffix}"
        out[name] = Attachment(name, a.data)
    return list(out.values())

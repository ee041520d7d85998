"""Mail drafts of a round, one a department: the request, the return of held sheets, the reminder.

    依頼      what was issued and is not answered yet, with the issued workbook
    差し戻し  what was held back, with the corrected copy
    督促      both of these together, to those who owe something; nobody else is chased

Nothing is sent: the coordinator opens the drafts, looks them over and sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path, PurePath
from types import SimpleNamespace

from ..collect.corrected import kept_copies
from ..domain.errors import DxreportError, UsageError
from ..domain.model import Round
from ..issue.store import workbook_path
from ..master.records import Issue, Master, Receipt
from ..status.round_status import RoundStatus, SheetStatus, State, status
from ..workspace.files import atomic_write, file_name
from ..workspace.paths import Workspace
from .eml import BOUNDARY, Attachment, addresses, eml
from .template import compose, day_text


class Kind(Enum):
    """What a mail is for; the value is the word of the command line."""

    REQUEST = "request"
    RETURN = "return"
    REMIND = "remind"

    @property
    def label(self) -> str:
        """As people call it."""
        return {"request": "依頼", "return": "差し戻し", "remind": "督促"}[self.value]

    def concerns(self, state: State) -> bool:
        """Whether a sheet in this state is a matter of such a mail."""
        if self is Kind.REQUEST:
            return state in (State.ISSUED, State.MISSING)
        return state is State.HELD if self is Kind.RETURN else state.owes


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: to whom, about which sheets, with which files; ``data`` is the .eml."""

    department: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sheets: tuple[SheetStatus, ...]
    attachments: tuple[str, ...]
    data: bytes = field(repr=False)

    @property
    def file(self) -> str:
        """The name it is saved under."""
        return file_name(self.department) + ".eml"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a department gets no draft, or not a whole one; and what to do about it."""

    department: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one kind in 建制順. ``unread`` are returned files of which nobody knows whose they are."""

    kind: Kind
    round: Round
    drafts: tuple[Draft, ...]
    obstacles: tuple[Obstacle, ...]
    unread: tuple[Receipt, ...] = ()


def plan(workspace: Workspace, master: Master, kind: Kind, round_: Round, now: datetime) -> Drafts:
    """The drafts for everyone in this round whom the kind of mail concerns. Nothing is written.

    Raises UsageError when nothing was issued in the round, DxreportError for a fault in the text template
    or a kept workbook that is gone.
    """
    found = status(master, round_, now.date())
    if all(s.state is State.NOT_ISSUED for s in found.sheets):
        raise UsageError(
            f"{round_.name}のブックは、まだ発行されていません。",
            f"先に dxreport render --round {round_.name} を実行してください。",
        )
    writer = _Writer(workspace, master, kind, round_, now.date())
    by_department: dict[str, list[SheetStatus]] = {}
    for sheet in found.sheets:
        if kind.concerns(sheet.state):
            by_department.setdefault(sheet.department, []).append(sheet)
    made = [writer.draft(department, sheets) for department, sheets in by_department.items()]
    return Drafts(kind, round_, tuple(d for d in made if d), tuple(writer.obstacles), _unread(kind, found))


def write(drafts: Drafts, folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the drafts into ``folder``; gives their paths, and those of earlier drafts that were removed.

    An earlier draft of the same kind that is not made again is out of date: whoever it was for has
    answered. Raises UsageError for a file of the same name that is no draft of ours, and as ``atomic_write``.
    """
    paths = [folder / draft.file for draft in drafts.drafts]
    for path in paths:
        if path.exists() and not _is_ours(path):
            raise UsageError(
                f"{path} は、手を加えたファイルのようです。上書きしません。",
                "別の場所に移すか、--out で別のフォルダーを指定してください。",
            )
    for path, draft in zip(paths, drafts.drafts, strict=True):
        atomic_write(path, draft.data)
    names = {path.name for path in paths}
    old = [p for p in sorted(folder.glob("*.eml")) if p.name not in names and _is_ours(p, drafts.kind)]
    for path in old:
        path.unlink()
    return paths, old


def out_folder(workspace: Workspace, master: Master, kind: Kind, round_: Round) -> Path:
    """Where drafts are written unless told otherwise."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_{round_.name}_メール_{kind.label}")


class _Writer:
    """Writes the drafts of one kind; keeps what stands in the way of others."""

    def __init__(self, workspace: Workspace, master: Master, kind: Kind, round_: Round, today: date) -> None:
        self.workspace, self.master, self.kind, self.round, self.today = workspace, master, kind, round_, today
        self.obstacles: list[Obstacle] = []

    def draft(self, department: str, sheets: Sequence[SheetStatus]) -> Draft | None:
        """The draft for a department, None where it cannot be made."""
        to, cc = self._addresses(department)
        attachments = self._attachments(department, sheets)
        if not to or not attachments:
            return None
        files = tuple(a.name for a in attachments)
        template = self.workspace.templates / f"メール_{self.kind.label}.txt"
        subject, body = compose(template, self._names(department, sheets, files))
        data = eml(to, cc, subject, body, attachments, boundary=_boundary(self.kind))
        return Draft(department, tuple(to), tuple(cc), subject, tuple(sheets), files, data)

    def _addresses(self, department: str) -> tuple[list[str], list[str]]:
        known = self.master.department(department)
        assert known is not None  # the sheets were found by it
        (to, bad), (cc, bad_cc) = addresses(known.to), addresses(known.cc)
        for column, words in (("宛先", bad), ("CC", bad_cc)):
            if words:
                what = f"部署の{column}「{'、'.join(words)}」は、メールアドレスとして読めません。"
                self._stop(department, what, "マスターの「部署」を直してください。")
        if not to and not bad:
            self._stop(department, "宛先がありません。", "マスターの「部署」に宛先を書いてください。")
        return to, cc

    def _attachments(self, department: str, sheets: Sequence[SheetStatus]) -> list[Attachment]:
        held = [s.receipt for s in sheets if s.state is State.HELD and s.receipt]
        found = {receipt.id: self._copies(department, receipt) for receipt in _each(held)}
        issues = [
            s.issue for s in sheets if s.issue and not (s.state is State.HELD and s.receipt and found[s.receipt.id])
        ]
        copies = [_without_id(path, receipt) for receipt in _each(held) for path in found[receipt.id]]
        return _distinct([self._issued(issue) for issue in _each(issues)] + copies)

    def _copies(self, department: str, receipt: Receipt) -> list[Path]:
        found = kept_copies(self.workspace, receipt.id)
        if not found:
            again = f"dxreport collect master/returns/{receipt.id}_… を実行すると、差し戻し用のファイルができることがあります。"
            self._stop(
                department,
                f"返送 {receipt.id} の差し戻し用のファイルがないので、配付したファイルを添付しました。",
                again,
            )
        return found

    def _issued(self, issue: Issue) -> Attachment:
        path = workbook_path(self.workspace, issue.id)
        if not path.is_file():
            raise DxreportError(f"配付の控え {path} がありません。", "バックアップから戻してください。")
        return Attachment(issue.file, path.read_bytes())

    def _stop(self, department: str, why: str, fix: str) -> None:
        self.obstacles.append(Obstacle(department, why, fix))

    def _names(self, department: str, sheets: Sequence[SheetStatus], files: tuple[str, ...]) -> dict[str, object]:
        """What the text template may say."""
        limit = self.round.deadline
        return {
            "fiscal_year": self.master.settings.fiscal_year.label,
            "round": SimpleNamespace(name=self.round.name, quarter=self.round.quarter),
            "deadline": day_text(date.fromisoformat(limit)) if limit else "",
            "days_late": max(s.days_late for s in sheets),
            "today": day_text(self.today),
            "department": department,
            "sheets": [_sheet_names(s) for s in sheets],
            "files": files,
        }


def _sheet_names(s: SheetStatus) -> SimpleNamespace:
    held = s.state is State.HELD
    return SimpleNamespace(
        id=s.measure, name=" ".join(s.name.split()), state=s.state.value, held=held, days_late=s.days_late,
        sent=_day(s.issue.when) if s.issue else "", returned=_day(s.receipt.when) if s.receipt else "",
        reason=s.receipt.note if held and s.receipt else "",
    )  # fmt: skip


def _day(when: str) -> str:
    return day_text(datetime.fromisoformat(when).date())


def _each(records: Iterable) -> list:
    """The issues or receipts, each once (receipts of one return have its id in common)."""
    return list({record.id: record for record in records}.values())


def _without_id(path: Path, receipt: Receipt) -> Attachment:
    return Attachment(path.name.removeprefix(f"{receipt.id}_"), path.read_bytes())


def _distinct(attachments: Sequence[Attachment]) -> list[Attachment]:
    """No two of the same name: a workbook that was issued twice is numbered."""
    taken: set[str] = set()
    out = []
    for given in attachments:
        name, number = given.name, 1
        while name in taken:
            number += 1
            name = f"{PurePath(given.name).stem}（{number}）{PurePath(given.name).suffix}"
        taken.add(name)
        out.append(Attachment(name, given.data))
    return out


def _unread(kind: Kind, found: RoundStatus) -> tuple[Receipt, ...]:
    return found.refused if kind is Kind.REMIND else ()


def _boundary(kind: Kind) -> str:
    return f"{BOUNDARY}_{kind.value}"


def _is_ours(path: Path, kind: Kind | None = None) -> bool:
    """Whether a file is a draft as it was written here, of this kind or of any."""
    wanted = f'boundary="{_boundary(kind)}"' if kind else f'boundary="{BOUNDARY}'
    with path.open("rb") as stream:
        return wanted.encode() in stream.read(65_536).partition(b"\r\n\r\n")[0]

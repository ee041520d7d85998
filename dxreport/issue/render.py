"""Render the master into one workbook per department and form, entered in 発行台帳 and kept in the workspace.

All workbooks are rendered before anything is written: the kept copies, the master, then the files to send. Each gets
its number before a worker renders it. Rendering the same content again gives the same issue.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ..domain.errors import DxreportError, UsageError
from ..domain.model import Measure, Round
from ..domain.numbering import next_number
from ..domain.spelling import by_number, known_names, measure_id
from ..form.records import Form
from ..master.records import Day, Issue, Master, timestamp
from ..master.write import MasterEdit, save
from ..workers import ALONE, Choice, Lost, Watch
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.spool import Content, Spool, Spooled
from ..workspace.transaction import write_files
from .forms import Forms
from .renderer import BookOrder, RenderedBook, Renderer
from .store import form_path, snapshot_path, workbook_path

_Sheets = tuple[str, str, frozenset[str], str]  # round, department, measures, form
_ROUND_LETTERS = {"計画": "P", "年度実績": "Y"}
_WORTHWHILE = 400  # processes pay off from this many workbooks on: starting one takes as long as rendering half of them


@dataclass(frozen=True, slots=True)
class PreparedIssue:
    """A workbook ready to be sent: its row of 発行台帳, its bytes, the snapshot to be kept, the form it was rendered on.

    ``again`` is True if it was issued before with the same bytes. ``too_tall`` are cells (``01-05!F21``) whose text
    exceeds the maximum height of a row.
    """

    issue: Issue
    content: Spooled
    snapshot: Spooled
    form: Form
    again: bool
    too_tall: tuple[str, ...]

    @property
    def data(self) -> bytes:
        """The bytes of the workbook."""
        return bytes(self.content)


class _Selection(NamedTuple):
    """The measures of a department to issue on one form.

    ``marks`` distinguish their workbook from others of the department: the form's name if it has several forms in the
    round, and the IDs of the measures if these are not all that it has on the form.
    """

    department: str
    template: Path
    measures: tuple[Measure, ...]
    marks: tuple[str, ...]


def plan(
    master: Master,
    forms: Forms,
    round_: Round,
    now: datetime,
    *,
    departments: Sequence[str] = (),
    measures: Sequence[str] = (),
    deadline: str = "",
    secret: bytes = b"",
    kept: Callable[[str], bytes] = lambda _: b"",
    watch: Watch = iter,
    workers: Choice = ALONE,
) -> list[PreparedIssue]:
    """Return the workbooks of a round in 建制順, for all departments and measures or only those named.

    ``deadline`` replaces the round's, in ISO form. Stamps are sealed with ``secret``, if any. ``kept`` returns the
    workbook kept under an issue number, b"" for none: after an older master was restored, a number is not given to
    another workbook. ``watch`` wraps the workbooks while ``workers`` render them.

    Raise UsageError if a department or measure does not exist or has nothing in this round, DxreportError if a form
    does not exist or does not read back as rendered, or if a workbook takes too much time or memory.
    """
    round_ = replace(round_, deadline=deadline or round_.deadline)
    selections = _chosen(master, forms, round_, departments, measures)
    loaded = {path: forms.load(path) for path in dict.fromkeys(s.template for s in selections)}
    run = _Rendering(
        master, round_, Day(deadline), selections, loaded,
        renderer=Renderer(loaded, round_, master.settings, secret), watch=watch, workers=workers,
    )  # fmt: skip
    run.again()
    run.anew(timestamp(now), kept)
    return [run.made[n] for n in range(len(selections))]


def apply(
    workspace: Workspace, master: Master, issues: Sequence[PreparedIssue], out: Path, *, now: datetime
) -> list[Path]:
    """Keep the issues, enter them in the master, write the files to ``out``; return their paths.

    Raise UsageError if a file to overwrite in ``out`` was not issued as it is, since someone may have filled it in;
    LockedError or MasterError if the master cannot be written; Unfinished if it was written, but a file in ``out``
    cannot be.
    """
    files = {out / i.issue.file: i.content for i in issues}
    issued = {issue.sha256 for issue in master.issues} | {i.issue.sha256 for i in issues}
    for path in filter(Path.exists, files):
        # A restored master may not know all kept issues.
        if _sha256(path) not in issued and _sha256(path) not in map(_sha256, workspace.issued.glob("*.xlsx")):
            raise UsageError(
                f"{path} には記入されたファイルがあります。上書きしません。",
                "別の場所に移すか、--out で別のフォルダーを指定してください。",
            )
    new = [i for i in issues if not i.again]
    if new:
        kept: dict[Path, Content] = {form_path(workspace, i.form.digest): i.form.source.drawn.data for i in new}
        for i in new:
            kept[workbook_path(workspace, i.issue.id)] = i.content
            kept[snapshot_path(workspace, i.issue.id)] = i.snapshot
        edit = MasterEdit(master)
        edit.add(*(i.issue for i in new))
        save(workspace, edit.data(), master.sha256, now, before=kept, after=files)
    else:
        write_files(workspace, files)
    return list(files)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def out_folder(workspace: Workspace, master: Master, round_: Round) -> Path:
    """Return the default folder for the workbooks of a round."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_{round_.name}_配付")


def issue_prefix(master: Master, round_: Round) -> str:
    """Return the beginning of a round's issue numbers: R04Q1-, R04P- (計画), R04Y- (年度実績), R04X- (any other)."""
    letter = f"Q{round_.quarter}" if round_.quarter else _ROUND_LETTERS.get(round_.name, "X")
    return f"R{master.settings.fiscal_year.western - 2018:02}{letter}-"


def _chosen(
    master: Master, forms: Forms, round_: Round, departments: Sequence[str], measures: Sequence[str]
) -> list[_Selection]:
    """Return the selections in 建制順."""
    by_name = {d.name: ms for d, ms in master.by_department(round_)}
    if not master.measures:
        what = "マスターに施策がまだありません。"
        fix = (
            "master/master.xlsx の「部署」シートに部署名を、「施策」シートに施策ID、施策名、主管部署を書いてください。"
        )
        raise UsageError(what, fix)
    if not by_name:
        fix = "「施策」シートの状態（中止・完了・統合）と、いつからかを確かめてください。"
        raise UsageError("この回に送る施策がありません。", fix)
    wanted = set()
    for name in departments:
        department = master.department(name)
        if department is None or department.name not in by_name:
            what = f"部署「{name}」には、この回に送る施策がありません。"
            raise UsageError(what, known_names(name, "部署", by_name))
        wanted.add(department.name)
    known = sorted((m.id for ms in by_name.values() for m in ms), key=by_number)
    measures = [master.by_id.spelt(id_) for id_ in measures]
    for id_ in measures:
        if id_ not in known:
            ended = master.standings[id_].note if id_ in master.standings else ""
            what = f"施策 {id_} は、{f'{ended}なので、' if ended else ''}この回に送る施策の中にありません。"
            raise UsageError(what, "" if ended else known_names(measure_id(id_), "施策ID", known))
    chosen = [
        found
        for name, theirs in by_name.items()
        if (not wanted or name in wanted) and any(not measures or m.id in measures for m in theirs)
        for found in _selections(forms, round_, name, theirs, measures)
    ]
    if not chosen:
        raise UsageError("送るシートがありません。", "--department と --measure の組み合わせを確かめてください。")
    return chosen


def _selections(
    forms: Forms, round_: Round, department: str, theirs: Sequence[Measure], chosen: Collection[str]
) -> Iterator[_Selection]:
    """Yield the measures of a department that are ``chosen`` (none: all), by form."""
    by_form: dict[Path, list[Measure]] = {}
    for measure in theirs:
        by_form.setdefault(forms.path_of(measure, round_), []).append(measure)
    for path, measures in by_form.items():
        picked = tuple(m for m in measures if not chosen or m.id in chosen)
        marks = ((path.stem,) if len(by_form) > 1 else ()) + (
            tuple(m.id for m in picked) if len(picked) < len(measures) else ()
        )
        if picked:
            yield _Selection(department, path, picked, marks)


@dataclass(slots=True)
class _Rendering:
    """The selections of a round while they are rendered; ``made`` holds the issues by the index of their selection.

    ``deadline`` is a deadline of their own, if any; ``files`` are the file names given so far, by department.
    """

    master: Master
    round: Round
    deadline: Day
    selections: Sequence[_Selection]
    forms: Mapping[Path, Form]
    renderer: Renderer
    watch: Watch
    workers: Choice
    made: dict[int, PreparedIssue] = field(default_factory=dict)
    files: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    spool: Spool = field(default_factory=Spool)

    def again(self) -> None:
        """Render the selections that were issued before; keep the workbooks that come out with the same bytes.

        An issue is not repeated if another workbook of the department has its file name.
        """
        latest = {(i.round, i.department, frozenset(i.measures), i.form): i for i in self.master.issues}
        last = {n: issue for n, s in enumerate(self.selections) if (issue := self._last(s, latest))}
        for n, issue, book in self._rendered(list(last), last.values()):
            if book.again and issue.file not in self.files[issue.department]:
                self.files[issue.department].add(issue.file)
                self._add(n, issue, book)

    def _last(self, chosen: _Selection, latest: Mapping[_Sheets, Issue]) -> Issue | None:
        """Return the last issue of the same sheets on the same form; None if it has another deadline."""
        ids, form = frozenset(m.id for m in chosen.measures), self.forms[chosen.template].digest
        last = latest.get((self.round.name, chosen.department, ids, form))
        dated = last and last.deadline == self.deadline and last.printed in ("", self.round.deadline)
        return last if dated else None

    def anew(self, when: str, kept: Callable[[str], bytes]) -> None:
        """Render all others under new numbers; a number is skipped if another workbook is ``kept`` under it."""
        places = [n for n in range(len(self.selections)) if n not in self.made]
        prefix = issue_prefix(self.master, self.round)
        first = next_number(prefix, (issue.id for issue in self.master.issues))
        numbers = (f"{prefix}{n:03}" for n in count(first))

        def numbered() -> Iterator[Issue]:
            for n in places:
                chosen, issue = self.selections[n], self._new(self.selections[n], when)
                for id_ in numbers:
                    issue, there = replace(issue, id=id_), kept(id_)
                    if not there or there == self.renderer(self._order(chosen, issue)).data:
                        break
                yield issue

        for n, issue, book in self._rendered(places, numbered()):
            self._add(n, issue, book)

    def _new(self, chosen: _Selection, when: str) -> Issue:
        """Return a new issue without number and hash, with a file name that no other of the department has."""
        department, names = chosen.department, self.files[chosen.department]
        words = "_".join((self.master.settings.fiscal_year.label, self.round.name, department, *chosen.marks))
        possible = (file_name(words if n == 1 else f"{words}（{n}）") + ".xlsx" for n in count(1))
        file = next(name for name in possible if name not in names)
        names.add(file)
        ids, form, printed = tuple(m.id for m in chosen.measures), self.forms[chosen.template], Day(self.round.deadline)
        return Issue("", self.round.name, department, ids, when, file, form.digest, "", printed, self.deadline)

    def _order(self, chosen: _Selection, issue: Issue) -> BookOrder:
        own = {m.id: m for m in chosen.measures}
        # Made again, a workbook keeps the order of its sheets: IDs were once sorted as texts.
        texts, lists = {id_: own[id_].values() for id_ in issue.measures}, self.master.settings.catalogue.lists
        used = {id_: tuple(k for part in lists for k in self.master.keys_ever(id_, part)) for id_ in texts}
        return BookOrder(chosen.template, issue, texts, used)

    def _rendered(self, places: Sequence[int], issues: Iterable[Issue]) -> Iterator[tuple[int, Issue, RenderedBook]]:
        """Let the workers render the selections at these places; yield each with its issue, in order."""
        given: list[Issue] = []

        def orders() -> Iterator[BookOrder]:
            for n, issue in zip(places, issues, strict=True):
                given.append(issue)
                yield self._order(self.selections[n], issue)

        found = self.workers.of(len(places), _WORTHWHILE).map(self.renderer, orders())
        for at, (n, book) in enumerate(zip(self.watch(places), found, strict=True)):
            if isinstance(book, Lost):
                why = "時間がかかりすぎます" if book.late else "メモリーに入りきりません"
                raise DxreportError(
                    f"部署「{given[at].department}」のブックを作れません（{why}）。何も書いていません。",
                    "この部署の施策の文字の量と、様式を確かめてください。--measure で分けて作ることもできます。",
                )
            yield n, given[at], book

    def _add(self, n: int, issue: Issue, book: RenderedBook) -> None:
        form, issue = self.forms[self.selections[n].template], replace(issue, sha256=book.sha256)
        content, snapshot = self.spool.keep(book.data), self.spool.keep(book.snapshot)
        self.made[n] = PreparedIssue(issue, content, snapshot, form, book.again, book.too_tall)

"""Render: the master → one workbook a department, entered in 発行台帳 and kept in the workspace.

All workbooks are rendered in memory before anything is written: the kept copies, the master, the files to send.
Rendering the same content again gives the same issue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..domain.errors import DxreportError, UsageError
from ..domain.model import ITEM_LISTS, Measure, Round
from ..domain.numbering import next_number
from ..domain.values import did_you_mean, measure_id
from ..form.compile import load_form
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..master.records import Issue, Master, stamp
from ..master.write import MasterEdit, save
from ..workspace.files import all_or_nothing, file_name
from ..workspace.paths import Workspace
from .read_back import check_readable
from .store import Snapshot, form_path, snapshot_path, workbook_path

FORM_NAME = "年間活動計画.xlsx"
_ROUND_LETTERS = {"計画": "P", "年度実績": "Y"}


@dataclass(frozen=True, slots=True)
class PreparedIssue:
    """A workbook ready to be sent: its row of 発行台帳, its bytes, the texts it shows.

    ``again`` is whether it was issued before with the same bytes. ``too_tall`` are cells (``01-05!F21``) whose
    text exceeds the maximum height of a row.
    """

    issue: Issue
    data: bytes
    snapshot: Snapshot
    again: bool
    too_tall: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Selection:
    """The measures of a department to be issued; ``whole`` is whether these are all it has in the round."""

    department: str
    measures: tuple[Measure, ...]
    whole: bool

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(m.id for m in self.measures)


def form_of(workspace: Workspace, *, published: bool = False) -> Form:
    """Load the workspace's form, to be filled in or to be ``published``.

    Raises TemplateError for faults in it, DxreportError where there is none.
    """
    path = workspace.templates / FORM_NAME
    if not path.is_file():
        raise DxreportError(f"様式 {path} がありません。", "様式を templates フォルダーに戻してください。")
    return load_form(path, published=published)


def plan(
    master: Master,
    form: Form,
    round_: Round,
    now: datetime,
    *,
    departments: Sequence[str] = (),
    measures: Sequence[str] = (),
    kept: Callable[[str], bytes] = lambda _: b"",
    watch: Callable[[Iterable[_Selection]], Iterable[_Selection]] = iter,
) -> list[PreparedIssue]:
    """Return the workbooks of a round in 建制順, for all departments and measures or those named.

    ``kept`` gives the workbook that is kept under an issue number, b"" for none: after an older master was restored,
    a number is not given to another workbook. ``watch`` wraps the departments as they are worked on. Raises UsageError
    for a department or measure that does not exist or has nothing in this round; DxreportError for a form that does
    not read back as rendered.
    """
    chosen = _chosen(master, round_, departments, measures)
    taken = {issue.id for issue in master.issues}
    out = []
    for selection in watch(chosen):
        prepared = PreparedForm(form, round_, master.settings, selection.department)
        workbook = _workbook(master, prepared, selection, taken, now)
        while not workbook.again and kept(workbook.issue.id) not in (b"", workbook.data):
            taken.add(workbook.issue.id)
            workbook = _workbook(master, prepared, selection, taken, now)
        taken.add(workbook.issue.id)
        out.append(workbook)
    return out


def apply(
    workspace: Workspace, master: Master, workbooks: Sequence[PreparedIssue], form: Form, out: Path, *, now: datetime
) -> list[Path]:
    """Keep the issues, enter them in the master, write the files to ``out``; return their paths.

    Raises UsageError for a file in ``out`` that was never issued, since someone may have filled it in; LockedError
    or MasterError when the master cannot be written.
    """
    paths = [out / w.issue.file for w in workbooks]
    issued = {issue.sha256 for issue in master.issues} | {w.issue.sha256 for w in workbooks}
    for path in paths:
        if path.exists() and _sha256(path) not in issued and _sha256(path) not in map(_sha256, _kept(workspace)):
            raise UsageError(
                f"{path} には記入されたファイルがあります。上書きしません。",
                "別の場所に移すか、--out で別のフォルダーを指定してください。",
            )
    files = {path: w.data for path, w in zip(paths, workbooks, strict=True)}
    new = [w for w in workbooks if not w.again]
    if not new:
        with all_or_nothing() as write:
            for path, data in files.items():
                write(path, data)
        return paths
    kept = {form_path(workspace, form.digest): form.source.package.data}
    for w in new:
        kept |= {workbook_path(workspace, w.issue.id): w.data, snapshot_path(workspace, w.issue.id): w.snapshot.data()}
    edit = MasterEdit(master)
    edit.add(*(w.issue for w in new))
    save(workspace, edit.data(), master.sha256, now, before=kept, after=files)
    return paths


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _kept(workspace: Workspace) -> list[Path]:
    """Return the kept workbooks of all issues, of those also that a restored master does not know."""
    return sorted(workspace.issued.glob("*.xlsx"))


def out_folder(workspace: Workspace, master: Master, round_: Round) -> Path:
    """Return the default folder for the workbooks of a round."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_{round_.name}_配付")


def issue_prefix(master: Master, round_: Round) -> str:
    """Return the beginning of a round's issue ids: R04Q1-, R04P- (計画), R04Y- (年度実績), R04X- (any other)."""
    letter = f"Q{round_.quarter}" if round_.quarter else _ROUND_LETTERS.get(round_.name, "X")
    return f"R{master.settings.fiscal_year.western - 2018:02}{letter}-"


def _chosen(master: Master, round_: Round, departments: Sequence[str], measures: Sequence[str]) -> list[_Selection]:
    by_name = {d.name: ms for d, ms in master.by_department(round_.quarter)}
    if not by_name:
        raise _nothing_to_send(master)
    wanted = {_department(master, name, by_name) for name in departments}
    known = sorted(m.id for ms in by_name.values() for m in ms)
    for id_ in measures:
        if id_ not in known:
            what = f"施策 {id_} は、この回に送る施策の中にありません。"
            raise UsageError(what, f"{did_you_mean(measure_id(id_), known)}施策IDは、{'、'.join(known)} です。")
    chosen = [
        _Selection(name, picked, len(picked) == len(theirs))
        for name, theirs in by_name.items()
        if not wanted or name in wanted
        if (picked := tuple(m for m in theirs if not measures or m.id in measures))
    ]
    if not chosen:
        raise UsageError("送るシートがありません。", "--department と --measure の組み合わせを確かめてください。")
    return chosen


def _department(master: Master, name: str, known: Collection[str]) -> str:
    """Return the present name of a department that has measures in the round."""
    department = master.department(name)
    if department is None or department.name not in known:
        what = f"部署「{name}」には、この回に送る施策がありません。"
        raise UsageError(what, f"{did_you_mean(name, known)}部署は、{'、'.join(known)} です。")
    return department.name


def _nothing_to_send(master: Master) -> UsageError:
    if not master.measures:
        return UsageError(
            "マスターに施策がまだありません。",
            "master/master.xlsx の「部署」シートに部署名を、「施策」シートに施策ID、施策名、主管部署を書いてください。",
        )
    return UsageError(
        "この回に送る施策がありません。", "「施策」シートの状態（中止・完了・統合）と、いつからかを確かめてください。"
    )


def _workbook(
    master: Master, prepared: PreparedForm, chosen: _Selection, taken: set[str], now: datetime
) -> PreparedIssue:
    """Render the selection as the last issue of the same sheets if nothing has changed, else as a new one."""
    round_, form = prepared.round.name, prepared.form.digest
    for last in reversed(master.issues):
        if (last.round, last.department, last.measures, last.form) == (round_, chosen.department, chosen.ids, form):
            workbook = _rendered(master, prepared, chosen, last)
            if workbook.issue == last:
                return replace(workbook, again=True)
            break
    prefix = issue_prefix(master, prepared.round)
    words = (master.settings.fiscal_year.label, round_, chosen.department, *(() if chosen.whole else chosen.ids))
    issue = Issue(
        id=f"{prefix}{next_number(prefix, taken):03}",
        round=round_,
        department=chosen.department,
        measures=chosen.ids,
        when=stamp(now),
        file=file_name("_".join(words)) + ".xlsx",
        form=form,
        sha256="",
    )
    workbook = _rendered(master, prepared, chosen, issue)
    check_readable(workbook.data, prepared, chosen.measures[0])
    return workbook


def _rendered(master: Master, prepared: PreparedForm, chosen: _Selection, issue: Issue) -> PreparedIssue:
    """Render the selection under the number of ``issue``, whose hash becomes that of the bytes."""
    used = {m.id: tuple(k for part in ITEM_LISTS for k in master.keys_ever(m.id, part)) for m in chosen.measures}
    book = render_book(prepared, chosen.measures, issue.id, used)
    texts = {m.id: m.values() for m in chosen.measures}
    year = master.settings.fiscal_year.label
    this = prepared.this
    inputs = {id_: input_fields(prepared.form, rows, this.quarter, this.year) for id_, rows in book.rows.items()}
    snapshot = Snapshot(issue.id, issue.round, issue.department, year, issue.form, texts, inputs)
    issue = replace(issue, sha256=hashlib.sha256(book.data).hexdigest())
    return PreparedIssue(issue, book.data, snapshot, again=False, too_tall=book.too_tall)

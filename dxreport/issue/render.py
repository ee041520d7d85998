"""Render: the master → one workbook a department, each entered in 発行台帳 and kept.

First everything is planned and rendered in memory, then written: what is kept, the master, the
files to send. Rendering the same again is the same issue again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..domain.errors import DxreportError, UsageError
from ..domain.model import PARTS, Measure, Round
from ..domain.values import nearest
from ..form.compile import load_form
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..master.records import Issue, Master, stamp
from ..master.write import MasterEdit, save
from ..workspace.files import all_or_nothing, file_name
from ..workspace.paths import Workspace
from .store import Snapshot, form_path, snapshot_path, workbook_path

FORM_NAME = "年間活動計画.xlsx"
_ROUND_LETTERS = {"計画": "P", "年度実績": "Y"}


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook ready to be sent: its row of 発行台帳, its bytes, and whether it was issued just so before.

    ``too_tall`` are cells (``01-05!F21``) whose text no row of Excel can show whole.
    """

    issue: Issue
    data: bytes
    snapshot: Snapshot
    again: bool
    too_tall: tuple[str, ...]


def form_of(workspace: Workspace, *, published: bool = False) -> Form:
    """The workspace's form, to be filled in or to be ``published``; raises TemplateError with its faults, DxreportError when there is none."""
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
    watch: Callable[[Iterable], Iterable] = iter,
) -> list[Workbook]:
    """The workbooks of a round in 建制順, for all departments or those named; measures likewise.

    ``watch`` wraps the departments as they are worked on. Raises UsageError for a department or
    measure that does not exist or has nothing in this round.
    """
    chosen = _chosen(master, round_, departments, measures)
    taken = {issue.id for issue in master.issues}
    out = []
    for name, theirs, whole in watch(chosen):
        made = _workbook(master, PreparedForm(form, round_, master.settings, name), theirs, whole, taken, now)
        taken.add(made.issue.id)
        out.append(made)
    return out


def apply(
    workspace: Workspace, master: Master, workbooks: Sequence[Workbook], form: Form, out: Path, now: datetime
) -> list[Path]:
    """Keep the issues, enter them in the master, write the files to ``out``; gives their paths.

    Nothing that a person filled in is overwritten: raises UsageError for a file in ``out`` that is no
    issue of ours. Raises LockedError or MasterError when the master cannot be written.
    """
    paths = [out / w.issue.file for w in workbooks]
    issued = {issue.sha256 for issue in master.issues} | {w.issue.sha256 for w in workbooks}
    for path in paths:
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() not in issued:
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


def out_folder(workspace: Workspace, master: Master, round_: Round) -> Path:
    """Where the workbooks of a round are written unless told otherwise."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_{round_.name}_配付")


def issue_prefix(master: Master, round_: Round) -> str:
    """The beginning of a round's issue ids: R04Q1-, R04P- (計画), R04Y- (年度実績), R04X-."""
    letter = f"Q{round_.quarter}" if round_.quarter else _ROUND_LETTERS.get(round_.name, "X")
    return f"R{master.settings.fiscal_year.western - 2018:02}{letter}-"


def _chosen(
    master: Master, round_: Round, departments: Sequence[str], measures: Sequence[str]
) -> list[tuple[str, tuple[Measure, ...], bool]]:
    """(department, its measures to send, whether that is all of them)."""
    by_name = {d.name: ms for d, ms in master.by_department(round_.quarter)}
    if not by_name:
        raise _nothing_to_send(master)
    wanted = set()
    for name in departments:
        department = master.department(name)
        if department is None or department.name not in by_name:
            raise UsageError(
                f"部署「{name}」には、この回に送る施策がありません。",
                f"{_meant(name, by_name)}部署: {'、'.join(by_name)}",
            )
        wanted.add(department.name)
    known = sorted(m.id for ms in by_name.values() for m in ms)
    for id_ in measures:
        if id_ not in known:
            raise UsageError(
                f"施策 {id_} は、この回に送る施策の中にありません。", f"{_meant(id_, known)}施策ID: {'、'.join(known)}"
            )
    out = []
    for name, theirs in by_name.items():
        picked = tuple(m for m in theirs if not measures or m.id in measures)
        if picked and (not wanted or name in wanted):
            out.append((name, picked, len(picked) == len(theirs)))
    if not out:
        raise UsageError("送るシートがありません。", "--department と --measure の組み合わせを確かめてください。")
    return out


def _nothing_to_send(master: Master) -> UsageError:
    if not master.measures:
        return UsageError(
            "マスターに施策がまだありません。",
            "master/master.xlsx の「部署」シートに部署名を、「施策」シートに施策ID、施策名、主管部署を書いてください。",
        )
    return UsageError(
        "この回に送る施策がありません。", "「施策」シートの状態（中止・完了・統合）と、いつからかを確かめてください。"
    )


def _meant(text: str, known: Iterable[str]) -> str:
    """``「総務課」ではありませんか。``; an ID with other zeros (``1-1``) is that of the same numbers."""
    names = list(known)
    numbers = {tuple(map(int, re.findall(r"\d+", name))): name for name in names if not re.search(r"[^\W\d_]", name)}
    found = numbers.get(tuple(map(int, re.findall(r"\d+", text))) or None) or nearest(text, names)
    return f"「{found}」ではありませんか。" if found else ""


def _workbook(
    master: Master, prepared: PreparedForm, measures: tuple[Measure, ...], whole: bool, taken: set[str], now: datetime
) -> Workbook:
    ids = tuple(m.id for m in measures)
    label = master.settings.fiscal_year.label
    name = "_".join((label, prepared.round.name, prepared.department, *(() if whole else ids)))
    used = {m.id: tuple(k for part in PARTS for k in master.keys_ever(m.id, part)) for m in measures}
    last = _last_issue(master, prepared, ids)
    if last is not None:
        made = render_book(prepared, measures, last.id, used)
        if hashlib.sha256(made.data).hexdigest() == last.sha256:
            return Workbook(last, made.data, _snapshot(last.id, prepared, measures), True, made.too_tall)
    id_ = _next_id(issue_prefix(master, prepared.round), taken)
    made = render_book(prepared, measures, id_, used)
    digest = hashlib.sha256(made.data).hexdigest()
    issue = Issue(
        id_,
        prepared.round.name,
        prepared.department,
        ids,
        stamp(now),
        file_name(name) + ".xlsx",
        prepared.form.digest,
        digest,
    )
    return Workbook(issue, made.data, _snapshot(id_, prepared, measures), False, made.too_tall)


def _last_issue(master: Master, prepared: PreparedForm, ids: tuple[str, ...]) -> Issue | None:
    same = [
        i
        for i in master.issues
        if (i.round, i.department, i.measures, i.form)
        == (prepared.round.name, prepared.department, ids, prepared.form.digest)
    ]
    return same[-1] if same else None


def _next_id(prefix: str, taken: set[str]) -> str:
    numbers = [int(i[len(prefix) :]) for i in taken if i.startswith(prefix) and i[len(prefix) :].isdigit()]
    return f"{prefix}{max(numbers, default=0) + 1:03}"


def _snapshot(issue: str, prepared: PreparedForm, measures: tuple[Measure, ...]) -> Snapshot:
    year = prepared.settings.fiscal_year.label
    texts = {m.id: m.values() for m in measures}
    return Snapshot(issue, prepared.round.name, prepared.department, year, prepared.form.digest, texts)

"""Render the master into one workbook per department and form, entered in 発行台帳 and kept in the workspace.

All workbooks are rendered in memory before anything is written: the kept copies, the master, the files to send.
Rendering the same content again repeats the same issue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ..domain.errors import UsageError
from ..domain.model import Measure, Round
from ..domain.numbering import next_number
from ..domain.values import did_you_mean, measure_id
from ..form.read.sheet import input_fields
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_book
from ..master.records import Day, Issue, Master, stamp
from ..master.write import MasterEdit, save
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.secret import secret_name
from ..workspace.transaction import write_files
from .forms import Forms
from .read_back import check_readable
from .store import Snapshot, form_path, snapshot_path, workbook_path

_ROUND_LETTERS = {"計画": "P", "年度実績": "Y"}


@dataclass(frozen=True, slots=True)
class PreparedIssue:
    """A workbook ready to send: its row of 発行台帳, its bytes, its snapshot and the form it was rendered on.

    ``again`` is True if it was issued before with the same bytes. ``too_tall`` are cells (``01-05!F21``) whose text
    exceeds the maximum height of a row.
    """

    issue: Issue
    data: bytes
    snapshot: Snapshot
    form: Form
    again: bool
    too_tall: tuple[str, ...]


class _Selection(NamedTuple):
    """The measures of a department to issue on one form.

    ``marks`` distinguish their workbook from others of the department: the form's name if it has several forms in the
    round, and the IDs of the measures if these are not all that it has on the form.
    """

    department: str
    template: Path
    measures: tuple[Measure, ...]
    marks: tuple[str, ...]


_Selections = tuple[_Selection, ...]  # of one department, by form


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
    watch: Callable[[Iterable[_Selections]], Iterable[_Selections]] = iter,
) -> list[PreparedIssue]:
    """Return the workbooks of a round in 建制順, for all departments and measures or only those named.

    ``deadline`` replaces the round's, in ISO form. Stamps are sealed with ``secret``, if any. ``kept`` returns the
    workbook kept under an issue number, b"" for none: after an older master was restored, a number is not given to
    another workbook. ``watch`` wraps the departments while they are rendered.

    Raise UsageError if a department or measure does not exist or has nothing in this round, DxreportError if a form
    does not exist or does not read back as rendered.
    """
    own, round_ = Day(deadline), replace(round_, deadline=deadline or round_.deadline)
    prefix = issue_prefix(master, round_)
    numbers = (f"{prefix}{n:03}" for n in count(next_number(prefix, (issue.id for issue in master.issues))))
    out: list[PreparedIssue] = []
    for selections in watch(_chosen(master, forms, round_, departments, measures)):
        files: set[str] = set()
        prepared = [
            PreparedForm(forms.load(s.template), round_, master.settings, s.department, secret=secret)
            for s in selections
        ]
        found = [_again(master, form, s, own, files) for form, s in zip(prepared, selections, strict=True)]
        for form, selection, again in zip(prepared, selections, found, strict=True):
            made = again or _anew(
                master, form, selection, stamp(now), deadline=own, numbers=numbers, kept=kept, files=files
            )
            out.append(made)
    return out


def apply(
    workspace: Workspace, master: Master, issues: Sequence[PreparedIssue], out: Path, *, now: datetime
) -> list[Path]:
    """Keep the issues, enter them in the master, write the files to ``out``; return their paths.

    Raise UsageError if a file to overwrite in ``out`` was not issued as it is, since someone may have filled it in;
    LockedError or MasterError if the master cannot be written; Unfinished if it was written, but a file in ``out``
    cannot be.
    """
    files = {out / i.issue.file: i.data for i in issues}
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
        kept = {form_path(workspace, i.form.digest): i.form.source.drawn.data for i in new}
        for i in new:
            kept[workbook_path(workspace, i.issue.id)] = i.data
            kept[snapshot_path(workspace, i.issue.id)] = i.snapshot.data()
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
) -> list[_Selections]:
    """Return the selections, by department. Raise UsageError as :func:`plan` does."""
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
            raise UsageError(what, f"{did_you_mean(name, by_name)}部署は、{'、'.join(by_name)} です。")
        wanted.add(department.name)
    known = sorted(m.id for ms in by_name.values() for m in ms)
    for id_ in measures:
        if id_ not in known:
            what = f"施策 {id_} は、この回に送る施策の中にありません。"
            raise UsageError(what, f"{did_you_mean(measure_id(id_), known)}施策IDは、{'、'.join(known)} です。")
    chosen = [
        found
        for name, theirs in by_name.items()
        if (not wanted or name in wanted) and any(not measures or m.id in measures for m in theirs)
        if (found := _selections(forms, round_, name, theirs, measures))
    ]
    if not chosen:
        raise UsageError("送るシートがありません。", "--department と --measure の組み合わせを確かめてください。")
    return chosen


def _selections(
    forms: Forms, round_: Round, department: str, theirs: Sequence[Measure], chosen: Collection[str]
) -> _Selections:
    """Return the measures of a department by form, only those ``chosen`` if any are."""
    by_form: dict[Path, list[Measure]] = {}
    for measure in theirs:
        by_form.setdefault(forms.path_of(measure, round_), []).append(measure)
    out = []
    for path, measures in by_form.items():
        picked = tuple(m for m in measures if not chosen or m.id in chosen)
        marks = ((path.stem,) if len(by_form) > 1 else ()) + (
            tuple(m.id for m in picked) if len(picked) < len(measures) else ()
        )
        if picked:
            out.append(_Selection(department, path, picked, marks))
    return tuple(out)


def _again(
    master: Master, prepared: PreparedForm, chosen: _Selection, deadline: Day, files: set[str]
) -> PreparedIssue | None:
    """Render the selection as the last issue of the same sheets; return None if anything has changed since.

    Its file name is added to ``files``; if it is in there already, return None too.
    """
    ids, round_ = tuple(m.id for m in chosen.measures), prepared.round.name
    same = (round_, chosen.department, ids, prepared.form.digest)
    for last in reversed(master.issues):
        if (last.round, last.department, last.measures, last.form) == same:
            if last.file in files:
                return None
            made = _rendered(master, prepared, chosen, last)
            if made.issue != last and prepared.secret:  # issued before stamps were sealed
                made = _rendered(master, prepared.unsealed(), chosen, last)
            dated = last.deadline == deadline and last.printed in ("", prepared.round.deadline)
            if made.issue != last or not dated:
                return None
            files.add(last.file)
            return replace(made, again=True)
    return None


def _anew(
    master: Master, prepared: PreparedForm, chosen: _Selection, when: str,
    *, deadline: Day, numbers: Iterator[str], kept: Callable[[str], bytes], files: set[str],
) -> PreparedIssue:  # fmt: skip
    """Render the selection under the next of ``numbers`` that is not kept for another workbook.

    Its file gets a name that is not yet in ``files``, and is added to them. Raise UnreadableForm if it does not read
    back as rendered.
    """
    ids, round_ = tuple(m.id for m in chosen.measures), prepared.round.name
    words = "_".join((master.settings.fiscal_year.label, round_, chosen.department, *chosen.marks))
    names = (file_name(words if n == 1 else f"{words}（{n}）") + ".xlsx" for n in count(1))
    file = next(name for name in names if name not in files)
    files.add(file)
    printed = Day(prepared.round.deadline)
    for id_ in numbers:
        issue = Issue(id_, round_, chosen.department, ids, when, file, prepared.form.digest, "", printed, deadline)
        made = _rendered(master, prepared, chosen, issue)
        check_readable(made.data, prepared, chosen.measures)
        if kept(id_) in (b"", made.data):
            break
    return made


def _rendered(master: Master, prepared: PreparedForm, chosen: _Selection, issue: Issue) -> PreparedIssue:
    """Render the selection under the number of ``issue``, and set the hash of that issue."""
    catalogue = master.settings.catalogue
    used = {m.id: tuple(k for part in catalogue.lists for k in master.keys_ever(m.id, part)) for m in chosen.measures}
    book = render_book(prepared, chosen.measures, issue.id, used)
    texts = {m.id: m.values() for m in chosen.measures}
    year, this = master.settings.fiscal_year.label, prepared.this
    inputs = {id_: input_fields(prepared.form, rows, this.quarter, this.year) for id_, rows in book.rows.items()}
    head = issue.id, issue.round, issue.department, year, issue.form
    snapshot = Snapshot(*head, texts, inputs, catalogue, secret_name(prepared.secret))
    issue = replace(issue, sha256=hashlib.sha256(book.data).hexdigest())
    return PreparedIssue(issue, book.data, snapshot, prepared.form, again=False, too_tall=book.too_tall)

"""A whole quarter on the 26 real measures: issued, filled in as the departments did, collected, merged,
reported and published.

The answers are those of 令和４年度 第1四半期 as printed. One department reported quarters to come: its
sheet is rightly held, goes back marked, and comes again corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..collect.plan import SheetPlan, Status
from ..collect.run import Collected, collect
from ..domain.errors import DxreportError
from ..domain.fields import FIELD
from ..domain.model import Measure, Ref, Round
from ..form.records import Form
from ..issue import render as issuing
from ..master.read import read_master
from ..sendback.fill import fill
from ..status.round_status import RoundStatus, status
from ..workspace.files import atomic_write
from ..workspace.paths import Workspace
from . import sample
from .init import create

QUARTER, YEAR = 1, 1
RETURNS = "返送"
ISSUED = datetime(2022, 7, 1, 9, 0)
RETURNED = timedelta(days=13, hours=8)
CORRECTED = timedelta(days=17)
REPORTED = timedelta(days=24)
_ANSWERS = ("activity.progress", "activity.countermeasure")


@dataclass(frozen=True, slots=True)
class Played:
    """What the demo did: where, the files issued and returned, the held sheet, the reports, what is published, the end."""

    workspace: Workspace
    issued: tuple[Path, ...]
    returned: tuple[Path, ...]
    first: Collected
    held: SheetPlan
    corrected: Path
    second: Collected
    reports: tuple[Path, ...]
    published: tuple[Path, ...]
    end: RoundStatus
    unexpected: tuple[str, ...]


def play(folder: Path, say: Callable[[str], None] = lambda _: None) -> Played:
    """Play 第1四半期 in ``folder``, which must be empty or not be there; ``say`` is told each step.

    ``unexpected`` of the result lists what did not go as it should. Raises DxreportError as the
    commands do.
    """
    workspace = create(folder, ISSUED.date(), sample=True).workspace
    say(f"1. 作業フォルダーを作る: {folder}")
    master = read_master(workspace.master)
    form, round_ = issuing.form_of(workspace), master.settings.round("第1四半期")
    say("2. 部署ごとのブックを作る（render）")
    books = issuing.plan(master, form, round_, ISSUED)
    issued = issuing.apply(workspace, master, books, form, issuing.out_folder(workspace, master, round_), ISSUED)
    say(f"   {len(issued)} 部署 {sum(len(b.issue.measures) for b in books)} シート: {issued[0].parent}")
    say("3. 部署が記入して返送する（令和４年度 第1四半期の実際の回答）")
    printed = {m.id: m for m in sample.load(with_answers=True)}
    returned = _returns(workspace, form, books, printed)
    say("4. 返送を取り込む（collect）")
    first = collect(workspace, returned, ISSUED + RETURNED)
    held = _held(first)
    _tell(first, held, say)
    say("6. 部署が直して、もう一度返送する")
    corrected = _correct(workspace, form, held, first.copies[0])
    second = collect(workspace, [corrected], ISSUED + CORRECTED)
    say(f"   {corrected.name}: {_sums(second)}")
    say("7. 会議用の報告書と、公表する一式を作る（report、publish）")
    reports, published = _report(workspace), _publish(workspace)
    return _end(workspace, round_, printed, issued, returned, first, held, corrected, second, reports, published)


def _returns(
    workspace: Workspace, form: Form, books: Sequence[issuing.Workbook], printed: Mapping[str, Measure]
) -> tuple[Path, ...]:
    """The workbooks as the departments sent them back."""
    out = []
    for book in books:
        answers = {id_: _answers(printed[id_]) for id_ in book.issue.measures}
        path = workspace.root / RETURNS / book.issue.file
        atomic_write(path, fill(book.data, form, answers, quarter=QUARTER, year=YEAR))
        out.append(path)
    return tuple(out)


def _answers(measure: Measure) -> dict[Ref, str]:
    return {ref: text for ref, text in measure.values().items() if ref.field in _ANSWERS and text}


def _held(done: Collected) -> SheetPlan:
    held = [s for f in done.plan.files for s in f.sheets if s.status in (Status.HELD, Status.REFUSED)]
    if len(held) != 1 or not done.copies:
        raise DxreportError(
            f"保留になるはずのシートは 1 枚ですが、{len(held)} 枚でした。",
            "様式や設定を変えていれば元に戻してください。",
        )
    return held[0]


def _tell(done: Collected, held: SheetPlan, say: Callable[[str], None]) -> None:
    say(f"   {_sums(done)}")
    for p in held.problems:
        if p.severity == "error":
            say(f"   保留 {held.measure} {p.cell} {p.label}")
            say(f"     {p.message}{p.fix}")
    say(f"5. 差し戻す: {done.copies[0]}")


def _sums(done: Collected) -> str:
    words = {Status.MERGED: "取込", Status.UNCHANGED: "変更なし", Status.HELD: "保留", Status.REFUSED: "受付不可"}
    sheets = [s.status for f in done.plan.files for s in f.sheets]
    counts = "、".join(f"{word} {sheets.count(state)}" for state, word in words.items() if sheets.count(state))
    return f"{counts}、マスターの変更 {len(done.plan.changes)} か所"


def _correct(workspace: Workspace, form: Form, held: SheetPlan, copy: Path) -> Path:
    """The department clears the cells that the corrected copy marks, and sends that copy."""
    wrong = {Ref.parse(field): "" for p in held.problems if p.severity == "error" for field in p.fields}
    data = fill(copy.read_bytes(), form, {held.sheet: wrong}, quarter=QUARTER, year=YEAR)
    path = workspace.root / RETURNS / copy.name
    atomic_write(path, data)
    return path


def _report(workspace: Workspace) -> list[Path]:
    from ..report import produce

    master = read_master(workspace.master)
    done = produce.make(workspace, master, QUARTER, ISSUED + REPORTED)
    return produce.write(workspace, master, done, produce.out_folder(workspace, done.figures), ISSUED + REPORTED)


def _publish(workspace: Workspace) -> list[Path]:
    from ..issue import publish

    master = read_master(workspace.master)
    found = publish.published_set(master, issuing.form_of(workspace, published=True))
    return publish.write(found, None, publish.out_folder(workspace, master))


def _end(
    workspace, round_: Round, printed, issued, returned, first, held, corrected, second, reports, published
) -> Played:
    """Hold the master at the end against what was printed."""
    master = read_master(workspace.master)
    wrong = {(held.measure, field) for p in held.problems if p.severity == "error" for field in p.fields}
    unexpected = []
    for measure in master.measures:
        now, then = measure.values(), printed[measure.id].values()
        for ref in {**now, **then}:
            expected = "" if (measure.id, str(ref)) in wrong else then.get(ref, "")
            if now.get(ref, "") != expected:
                unexpected.append(
                    f"{measure.id} {FIELD[ref.field].label}（{ref}）: 「{now.get(ref, '')}」、印刷では「{expected}」"
                )
    end = status(master, round_, (ISSUED + CORRECTED).date())
    unexpected += [f"{s.measure}: {s.state.value}" for s in end.sheets if s.state.owes]
    return Played(
        workspace,
        tuple(issued),
        returned,
        first,
        held,
        corrected,
        second,
        tuple(reports),
        tuple(published),
        end,
        tuple(unexpected),
    )

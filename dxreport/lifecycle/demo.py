"""A whole quarter on the 26 real measures: issued, filled in, collected, merged, reported and published.

The answers are those that the departments gave for 令和４年度 第1四半期, as printed. One department reported future
quarters: its sheet is held, goes back marked, and is sent again corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..collect.plan import SheetPlan, Status
from ..collect.run import Collected, collect
from ..domain.errors import DxreportError
from ..domain.fields import FIELD
from ..domain.model import QUARTER_LABELS, Measure, Ref
from ..form.records import Form
from ..issue import render
from ..master.read import read_master
from ..master.records import Master
from ..sendback.fill import fill
from ..status.round_status import RoundStatus, status
from ..workspace.files import atomic_write
from ..workspace.paths import Workspace
from . import sample
from .init import create

QUARTER, YEAR = 1, 1
RETURNS = "返送"
AGAIN = "再提出"
ISSUED = datetime(2022, 7, 1, 9, 0)
RETURNED = timedelta(days=13, hours=8)
CORRECTED = timedelta(days=17)
REPORTED = timedelta(days=24)
_ANSWERS = ("activity.progress", "activity.countermeasure")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The files and outcomes of the demo; ``unexpected`` lists what differs from the printed data."""

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


def play(folder: Path, say: Callable[[str], None] = lambda _: None) -> DemoResult:
    """Play 第1四半期 in ``folder``, which must be empty or missing; pass each step to ``say``.

    Raises DxreportError as the commands do.
    """
    workspace = create(folder, ISSUED.date(), sample=True).workspace
    say(f"1. 作業フォルダーを作る: {folder}")
    master = read_master(workspace.master)
    form, round_ = render.form_of(workspace), master.settings.round(QUARTER_LABELS[QUARTER])
    assert round_ is not None
    say("2. 部署ごとのブックを作る（render）")
    books = render.plan(master, form, round_, ISSUED)
    out = render.out_folder(workspace, master, round_)
    issued = render.apply(workspace, master, books, form, out, now=ISSUED)
    say(f"   {len(issued)} 部署 {sum(len(b.issue.measures) for b in books)} シート: {out}")
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
    master = read_master(workspace.master)
    end = status(master, round_, (ISSUED + CORRECTED).date())
    return DemoResult(
        workspace=workspace,
        issued=tuple(issued),
        returned=returned,
        first=first,
        held=held,
        corrected=corrected,
        second=second,
        reports=tuple(reports),
        published=tuple(published),
        end=end,
        unexpected=tuple(_unexpected(master, printed, held, end)),
    )


def _returns(
    workspace: Workspace, form: Form, books: Sequence[render.PreparedIssue], printed: Mapping[str, Measure]
) -> tuple[Path, ...]:
    """Write the workbooks as the departments sent them back."""
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
    """Clear the cells that the marked copy names, as the department does, and write it as a return."""
    wrong = {Ref.parse(field): "" for p in held.problems if p.severity == "error" for field in p.fields}
    data = fill(copy.read_bytes(), form, {held.sheet: wrong}, quarter=QUARTER, year=YEAR)
    path = workspace.root / AGAIN / copy.name
    atomic_write(path, data)
    return path


def _report(workspace: Workspace) -> list[Path]:
    from ..report import produce

    master = read_master(workspace.master)
    done = produce.produce(workspace, master, QUARTER, ISSUED + REPORTED)
    return produce.write(workspace, master, done, produce.out_folder(workspace, done.figures), ISSUED + REPORTED)


def _publish(workspace: Workspace) -> list[Path]:
    from ..issue import publish

    master = read_master(workspace.master)
    found = publish.published_set(master, render.form_of(workspace, published=True))
    return publish.write(found, None, publish.out_folder(workspace, master))


def _unexpected(master: Master, printed: Mapping[str, Measure], held: SheetPlan, end: RoundStatus) -> Iterator[str]:
    """Compare the master at the end with the printed data, except for the cells that were held."""
    wrong = {(held.measure, field) for p in held.problems if p.severity == "error" for field in p.fields}
    for measure in master.measures:
        found, texts = measure.values(), printed[measure.id].values()
        for ref in {**found, **texts}:
            expected = "" if (measure.id, str(ref)) in wrong else texts.get(ref, "")
            if (text := found.get(ref, "")) != expected:
                yield f"{measure.id} {FIELD[ref.field].label}（{ref}）: 「{text}」、印刷では「{expected}」"
    yield from (f"{s.measure}: {s.state.value}" for s in end.sheets if s.state.owes)

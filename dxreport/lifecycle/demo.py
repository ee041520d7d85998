"""Play a quarter on the 26 real measures: issue, fill in, collect, merge, report and publish them.

The answers are those that departments gave for 令和４年度 第1四半期. One department reported future quarters: its
sheet is held, goes back marked, and returns corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..collect.plan import WORDS, SheetPlan, Status
from ..collect.run import Collected, collect
from ..domain.errors import DxreportError
from ..domain.fields import BUILT_IN, QUARTER_LABELS, Ref
from ..form.records import Form
from ..issue import publish, render
from ..issue.forms import Forms
from ..master.read import read_master
from ..master.records import Master
from ..report import produce
from ..sendback.fill import fill
from ..status.round_status import RoundStatus, status
from ..workspace.files import atomic_write
from ..workspace.paths import Workspace
from ..workspace.secret import secret_of
from . import sample
from .init import create

QUARTER, YEAR = 1, 1
ISSUED = datetime(2022, 7, 1, 9, 0)
RETURNED = timedelta(days=13, hours=8)
CORRECTED = timedelta(days=17)
REPORTED = timedelta(days=24)
_SECRET = b"demo"  # fixed, so that the demo makes the same files everywhere
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

    Raise DxreportError as the commands do.
    """
    workspace = create(folder, ISSUED.date(), sample=True, secret=_SECRET).workspace
    say(f"1. 作業フォルダーを作る: {folder}")
    master = read_master(workspace.master)
    forms, round_ = Forms(workspace.templates, master), master.settings.round(QUARTER_LABELS[QUARTER])
    assert round_ is not None
    say("2. 部署ごとのブックを作る（render）")
    books = render.plan(master, forms, round_, ISSUED, secret=secret_of(workspace))
    out = render.out_folder(workspace, master, round_)
    issued = render.apply(workspace, master, books, out, now=ISSUED)
    say(f"   {len(issued)} 部署 {sum(len(b.issue.measures) for b in books)} シート: {out}")
    sent = {id_: book.form for book in books for id_ in book.issue.measures}
    say("3. 部署が記入して返送する（令和４年度 第1四半期の実際の回答）")
    printed = {m.id: m for m in sample.load(with_answers=True)}
    answers = {
        m.id: {ref: text for ref, text in m.values().items() if ref.field in _ANSWERS and text}
        for m in printed.values()
    }
    returned = []
    for book in books:
        theirs = {id_: answers[id_] for id_ in book.issue.measures}
        returned.append(_fill(workspace.root / "返送" / book.issue.file, book.data, book.form, theirs))
    say("4. 返送を取り込む（collect）")
    first = collect(workspace, returned, ISSUED + RETURNED)
    held = _held(first)
    errors = [p for p in held.problems if p.severity == "error"]
    wrong = {Ref.parse(field): "" for p in errors for field in p.fields}
    say(f"   {_sums(first)}")
    for p in errors:
        say(f"   保留 {held.measure} {p.cell} {p.label}")
        say(f"     {p.message}{p.fix}")
    copy = first.copies[0]
    say(f"5. 差し戻す: {copy}")
    say("6. 部署が直して、もう一度返送する")
    corrected = _fill(workspace.root / "再提出" / copy.name, copy.read_bytes(), sent[held.measure], {held.sheet: wrong})
    second = collect(workspace, [corrected], ISSUED + CORRECTED)
    say(f"   {corrected.name}: {_sums(second)}")
    say("7. 会議用の報告書と、公表する一式を作る（report、publish）")
    master = read_master(workspace.master)
    done = produce.produce(workspace, master, QUARTER, ISSUED + REPORTED)
    reports = produce.write(workspace, master, done, produce.out_folder(workspace, done.figures), ISSUED + REPORTED)
    found = publish.published_sets(master, Forms(workspace.templates, master, published=True))
    published = publish.write(workspace, {one: None for one in found}, publish.out_folder(workspace, master))
    end = status(master, round_, (ISSUED + CORRECTED).date())
    expected = {id_: {**m.values(), **(wrong if id_ == held.measure else {})} for id_, m in printed.items()}
    return DemoResult(
        workspace, tuple(issued), tuple(returned), first, held, corrected=corrected, second=second, reports=tuple(reports),
        published=tuple(published), end=end, unexpected=tuple(_unexpected(master, expected, end)),
    )  # fmt: skip


def _fill(path: Path, data: bytes, form: Form, answers: Mapping[str, Mapping[Ref, str]]) -> Path:
    """Write a workbook with these answers, by sheet, as the department sends it back."""
    atomic_write(path, fill(data, form, answers, quarter=QUARTER, year=YEAR))
    return path


def _held(done: Collected) -> SheetPlan:
    held = [s for f in done.plan.files for s in f.sheets if s.status in (Status.HELD, Status.REFUSED)]
    if len(held) != 1 or not done.copies:
        what = f"保留になるはずのシートは 1 枚ですが、{len(held)} 枚でした。"
        raise DxreportError(what, "様式や設定を変えていれば元に戻してください。")
    return held[0]


def _sums(done: Collected) -> str:
    sheets = [s.status for f in done.plan.files for s in f.sheets]
    counts = "、".join(f"{word} {sheets.count(state)}" for state, word in WORDS.items() if state in sheets)
    return f"{counts}、マスターの変更 {len(done.plan.changes)} か所"


def _unexpected(master: Master, expected: Mapping[str, Mapping[Ref, str]], end: RoundStatus) -> Iterator[str]:
    """Yield the differences between the master and the texts expected, by measure."""
    for measure in master.measures:
        found, texts = measure.values(), expected[measure.id]
        for ref in {**found, **texts}:
            is_, should = found.get(ref, ""), texts.get(ref, "")
            if is_ != should:
                yield f"{measure.id} {BUILT_IN.field[ref.field].label}（{ref}）: 「{is_}」、印刷では「{should}」"
    yield from (f"{s.measure}: {s.state.value}" for s in end.sheets if s.state.owes)

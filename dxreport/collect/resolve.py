"""The coordinator's decisions: resolve a conflict, or accept a held, dismissed or withdrawn sheet as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from ..domain.errors import MasterError, UsageError
from ..domain.fields import FieldKind, Ref
from ..domain.model import Settings, normalise
from ..domain.problems import Problem, choices, shown
from ..domain.quantities import date_text, number_text
from ..domain.spelling import did_you_mean, nearest, same_word
from ..domain.values import fold, is_marked, is_unmarked
from ..master.records import Change, Conflict, ConflictState
from ..master.schema import FIELDS
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.transaction import ready_to_write
from .commit import Books, opened
from .events import Accept, Adopt, Decision, Edit
from .ledger import addition, shown_problems
from .originals import original
from .plan import Plan
from .planner import Planner
from .reader import FileReader
from .state import ASIDE, Fate, SheetOutcome

SIDES = {"issued": "発行時の値", "returned": "返送の値", "current": "マスターの値"}
_CHECKS = ("○", "☑", "□")


@dataclass(frozen=True, slots=True)
class Decided:
    """A cell in which an earlier decision stands against an accepted sheet: ``text`` is there, at ``place``."""

    conflict: Conflict
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The effects of accepting a sheet.

    ``conflicts`` are those that are open now, including offers of items that the department added; ``not_taken`` are
    the problems of cells whose text could not be taken, ``despite`` the other errors that it was accepted with.
    ``decided`` are the cells that its answers leave as they are. ``blank`` is True if it has no answer at all.
    """

    return_id: str
    measure: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    not_taken: tuple[Problem, ...]
    despite: tuple[Problem, ...] = ()
    decided: tuple[Decided, ...] = ()
    blank: bool = False


def decide(workspace: Workspace, conflict_id: str, take: str, reason: str, now: datetime) -> tuple[Change, ...]:
    """Decide an open conflict as :func:`decide_all` does; return the changes to the master."""
    return decide_all(workspace, (conflict_id,), take, reason, now)[conflict_id]


def decide_all(
    workspace: Workspace, conflict_ids: Collection[str], take: str, reason: str, now: datetime
) -> dict[str, tuple[Change, ...]]:
    """Decide open conflicts alike: ``take`` is ``issued``, ``returned``, ``current`` or the text to write.

    Return the changes to the master by conflict, none if its text stays. Raise UsageError if one of them is not open or
    ``take`` does not fit it, MasterError or LockedError if the master cannot be written; then none is decided.
    """
    take = _side(take)
    ready_to_write(workspace)
    with locked(workspace.lock):
        books = opened(workspace, now)
        rows = [_open(books, id_) for id_ in dict.fromkeys(conflict_ids)]
        reasons = {row.id: _why(row, take, reason) for row in rows}
        for row in rows:
            books.conflicts.write(_settled(books, row, take, reasons[row.id]))
        plan = books.difference()
        books.commit("resolve", plan, now)
    return {id_: tuple(c for c in plan.changes if c.note == why) for id_, why in reasons.items()}


def _settled(books: Books, row: Conflict, take: str, why: str) -> Conflict:
    """Append what a decision means; return the row as decided."""
    if not row.adds:
        return _decide(books, row, take, why)
    if take == "returned":
        _adopt(books, row, why)
    return replace(row, state=ConflictState.RESOLVED, decision=take, reason=why, when=books.when)


def _side(take: str) -> str:
    """Return the key of SIDES that was typed, also as screens call it, else the text itself.

    Raise UsageError for a misspelt key.
    """
    called = {what.removesuffix("の値"): key for key, what in SIDES.items()}
    plain = called.get(take.strip().removesuffix("の値"), fold(take).lower())
    if plain not in SIDES and (near := nearest(take, SIDES)):
        meant = "、".join(f"{key}（{what}）" for key, what in SIDES.items())
        raise UsageError(
            f"--take の「{take}」は、{near} の誤りではありませんか。",
            f"{meant}のどれかを指定してください。「{take}」という文にするなら、マスターに直接書き入れてください。",
        )
    return plain if plain in SIDES else take


def _why(row: Conflict, take: str, reason: str) -> str:
    """Return the line for 変更履歴. Raise UsageError if ``take`` is a text but the row offers an added item."""
    told = f"（{reason}）" if reason else ""
    if not row.adds:
        return f"競合 {row.id}: {SIDES.get(take, '指定した値')}を採用{told}"
    if take not in SIDES:
        raise UsageError(
            f"{row.id} は項目の追加です。",
            "採用するなら --take returned、しないなら --take current を指定してください。",
        )
    return f"追加 {row.id}: {'採用' if take == 'returned' else '不採用'}{told}"


def _decide(books: Books, row: Conflict, take: str, why: str) -> Conflict:
    """Append a ``Decision``, or an ``Edit`` if the log has no such open conflict; return the row as decided.

    Raise UsageError if the measure or field is gone from the master and ``take`` is not ``current``.
    """

    if row.measure not in books.texts:
        if take != "current":
            raise UsageError(
                f"施策 {row.measure} は、いまのマスターにありません。",
                f"dxreport resolve {row.id} --take current で閉じてください。",
            )
        return replace(row, state=ConflictState.RESOLVED, decision="", reason=why, when=books.when)
    if row.ref.field not in books.master.settings.catalogue.field and take != "current":
        raise UsageError(
            f"{row.label} は、いまの「{FIELDS.name}」シートにない項目です。",
            f"項目を元に戻すか、dxreport resolve {row.id} --take current で閉じてください。",
        )
    state = books.state(row.measure)
    known = books.texts[row.measure] if row.ref.field in books.master.settings.catalogue.field else None
    here = state.text(row.ref) if known is None else known.get(row.ref, "")
    text = {"issued": row.issued, "returned": row.returned, "current": here}.get(take)
    if text is None:
        text = _standard(take, row.ref.field, books.master.settings)
    wanted = row.ref, row.returned, row.current
    asked = next((c for c in state.conflicts.values() if (c.ref, c.returned, c.current) == wanted), None)
    if asked is not None:
        standing = state.put.get(row.ref)
        takes = asked.by if take == "returned" else standing.by if take == "current" and standing else None
        issue, (taken, of) = asked.by[1] if asked.by else "", takes or ("", "")
        made = Decision(row.ref, asked.round, row.returned, here, text, taken, row.return_id, issue, why, of)
        books.add(made, row.measure)
    elif text != here:
        books.add(Edit(row.ref, here, text, why), row.measure)
    if text != here:
        for ref, printed in _labels(books, row.measure, row.ref).items():
            books.add(Edit(ref, "", printed, why), row.measure)
    return replace(row, state=ConflictState.RESOLVED, current=here, decision=text, reason=why, when=books.when)


def _labels(books: Books, measure: str, ref: Ref) -> dict[Ref, str]:
    """Return the default texts of a new row, except the one at ``ref``; none if the master has a row of its item."""
    catalogue, known = books.master.settings.catalogue, books.texts[measure]
    if not ref.item or any((other.prefix, other.item) == (ref.prefix, ref.item) for other in known):
        return {}
    begins = (Ref(key, ref.item) for key in catalogue.defaults if catalogue.field[key].prefix == ref.prefix)
    return {new: catalogue.defaults[new.field] for new in begins if new != ref}


def _standard(take: str, key: str, settings: Settings) -> str:
    """Return a typed text as reading a sheet would give it. Raise UsageError if its field cannot hold it."""
    text, field = normalise(take), settings.catalogue.field.get(key)
    if not text.strip() or field is None:
        return text
    words = settings.words(field)
    if words and text not in words:
        word = same_word(text, words)
        return word if word else _refused(text, field.label, words)
    if field.kind is FieldKind.CHECK and not (is_marked(text) or is_unmarked(text)):
        _refused(text, field.label, _CHECKS)
    if field.kind is FieldKind.NUMBER:
        return number_text(text, field.unit) or _not_a("数値", text, field.label, "--take 1250 のように、数字")
    if field.kind is FieldKind.DATE:
        return date_text(text) or _not_a("日付", text, field.label, "--take 2022/7/19 のように、日付")
    return text


def _not_a(kind: str, text: str, label: str, how: str) -> NoReturn:
    raise UsageError(f"「{text}」は{kind}ではありません（{label}）。", f"{how}で指定してください。")


def _refused(text: str, label: str, words: tuple[str, ...]) -> NoReturn:
    """Raise UsageError for a text that is none of the words of its field."""
    raise UsageError(
        f"「{text}」は、{label}に書ける語ではありません。{did_you_mean(text, words)}",
        f"--take には、{choices(words)}のどれかを指定してください。",
    )


def _adopt(books: Books, row: Conflict, why: str) -> None:
    """Adopt an item that a department added, under a new id in the master."""
    reads = books.reads().get(row.return_id, ())
    sheets = [s for r in reversed(reads) for s in books.store.reading(r.reading).sheets if s.measure == row.measure]
    found = ((s, item) for s in sheets for item in s.added if addition(item, books.master.settings) == row.returned)
    sheet, item = next(found, (None, {}))
    if sheet is None:
        raise MasterError(
            f"{row.return_id} の控えに、追加された項目が見つかりません。", "マスターに直接書き入れてください。"
        )
    part = books.master.settings.catalogue.list_of(row.ref)
    assert part is not None  # only items of lists are offered
    used = {ref.item for ref in books.state(row.measure).put if ref.prefix == part.prefix}  # by this command, too
    key = part.next_keys(books.master.keys_ever(row.measure, part) | used, 1)[0]
    texts = {ref._replace(item=key): text for ref, text in item.items() if text}
    texts = _labels(books, row.measure, row.ref._replace(item=key)) | texts
    books.add(Adopt(row.return_id, sheet.issue, texts, row.ref.item, why), row.measure)


def accept(
    workspace: Workspace, return_id: str, measure: str, reason: str, now: datetime, *, password: str | None = None
) -> Accepted:
    """Accept a sheet as :func:`accept_all` does."""
    return accept_all(workspace, ((return_id, measure),), reason, now, password=password)[0]


def accept_all(
    workspace: Workspace, sheets: Iterable[tuple[str, str]], reason: str, now: datetime, *, password: str | None = None
) -> list[Accepted]:
    """Accept held, dismissed or withdrawn sheets as they are, errors and all, and merge those that waited for them.

    ``sheets`` are returns and measures. The reason goes into 変更履歴. ``password`` opens a kept original that could not
    be read so far. Raise UsageError if a sheet is in none of these states or a newer return replaced it, MasterError if
    its original is gone; then none is accepted.
    """
    ready_to_write(workspace)
    with locked(workspace.lock):
        books = opened(workspace, now)
        keys = [(id_, *_accepted(books, id_, measure, reason, password)) for id_, measure in dict.fromkeys(sheets)]
        plan = books.difference()
        done = [_effects(books, plan, *key) for key in keys]
        books.commit("resolve", plan, now)
    return done


def _accepted(books: Books, return_id: str, measure: str, reason: str, password: str | None) -> tuple[str, str]:
    """Append an ``Accept`` and offer what the sheet adds; return its measure and issue."""
    if password and not any(books.store.reading(r.reading).sheets for r in books.reads().get(return_id, ())):
        _read_at_last(books, return_id, password)
    measure = books.master.by_id.spelt(measure)
    issue = _waiting(books, return_id, measure).sheet.issue
    books.add(Accept(return_id, issue, reason), measure)
    reading = books.reading(return_id)
    for sheet in reading.sheets if reading else ():
        if (sheet.measure, sheet.issue) == (measure, issue):
            books.conflicts.offer(return_id, sheet)
    return measure, issue


def _effects(books: Books, plan: Plan, return_id: str, measure: str, issue: str) -> Accepted:
    outcome = books.state(measure).outcomes[return_id, issue]
    errors = [p for p in shown_problems(outcome, books.files()) if p.code.startswith("E")]
    lost = [p for p in errors if p.code.startswith("E3") and not any(Ref.parse(f) in outcome.says for f in p.fields)]
    return Accepted(
        return_id,
        measure,
        tuple(c for c in plan.changes if c.measure == measure),
        tuple(_asked(books, plan, return_id, measure)),
        tuple(lost),
        tuple(p for p in errors if p not in lost),
        tuple(_stand(books, measure, outcome)),
        not outcome.says,
    )


def _asked(books: Books, plan: Plan, return_id: str, measure: str) -> Iterator[Conflict]:
    """Yield the open conflicts of a return and measure: the new ones, and those that stay."""
    yield from (c for c in plan.conflicts if c.measure == measure)
    closed = {c.id for c in plan.updated if isinstance(c, Conflict) and c.state is not ConflictState.OPEN}
    for c in books.master.conflicts:
        if (c.return_id, c.measure, c.state) == (return_id, measure, ConflictState.OPEN) and c.id not in closed:
            yield c


def _stand(books: Books, measure: str, outcome: SheetOutcome) -> Iterator[Decided]:
    """Yield the cells in which a decision against the same answer stands."""
    state, rows = books.state(measure), books.master.conflicts
    last = {row.ref: row for row in rows if row.measure == measure and row.state is ConflictState.RESOLVED}
    for ref, row in last.items():
        said, text = outcome.says.get(ref), state.text(ref)
        open_ = (ref, outcome.sheet.round) in state.conflicts
        if said is not None and said.text == row.returned != text and not open_:
            yield Decided(row, text, str(books.master.place(measure, ref) or ""))


def _read_at_last(books: Books, return_id: str, password: str) -> None:
    """Read the kept original of a return that could not be opened when it came."""
    if reading := books.reading(return_id):
        reader = FileReader(books.master, books.store.archive, {"": password})
        Planner(books, reader).enter([original(books.workspace, reading)])


def _open(books: Books, id_: str) -> Conflict:
    conflicts = books.master.conflicts
    found = next((c for c in conflicts if c.id == id_), None)
    if found is not None and found.state is ConflictState.OPEN:
        return found
    still = "、".join(c.id for c in conflicts if c.state is ConflictState.OPEN)
    others = f"未解決の競合は、{still} です。" if still else "未解決の競合はありません。"
    if found is None:
        raise UsageError(f"競合 {id_} はありません。", others)
    if found.state is ConflictState.WITHDRAWN:
        raise UsageError(f"競合 {id_} は取り下げられています。", others)
    raise UsageError(
        f"競合 {id_} は解決済みです（{found.reason.removeprefix(f'競合 {id_}: ')}）。",
        _other_way(books, found) + others,
    )


def _other_way(books: Books, row: Conflict) -> str:
    """Say how to change one's mind about a decided conflict."""
    place = None if row.adds else books.master.place(row.measure, row.ref)
    here = books.texts.get(row.measure, {}).get(row.ref, "")
    where = f"マスターの{place}（いまは「{shown(here)}」）" if place else "マスター"
    return f"決め直すときは、{where}を直接書き直して保存してください。次の取込などで、変更履歴に手入力として残ります。"


def _waiting(books: Books, return_id: str, measure: str) -> SheetOutcome:
    """Return the outcome of the sheet to accept. Raise UsageError if there is none or a later return replaced it."""
    outcomes = books.state(measure).outcomes if measure in books.texts else {}
    mine = [o for key, o in outcomes.items() if key[0] == return_id]
    open_to = (Fate.HELD, Fate.REPLACED, Fate.ELSEWHERE, *ASIDE)
    found = next((o for o in mine if o.fate in open_to), None)
    if found is None:
        _refuse_unread(books, return_id, measure)
        held = "、".join(
            f"{r.id}/{r.measure}" for r in books.master.receipts if r.state.name == "HELD" and not r.replaced_by
        )
        raise UsageError(
            f"{return_id}/{measure} は、保留にも除外にも取下げにもなっていません。",
            f"保留のシートは、{held} です。" if held else "保留のシートはありません。",
        )
    later = [
        o.sheet for o in outcomes.values()
        if o.sheet.round == found.sheet.round and o.fate in (Fate.TAKEN, Fate.UNCHANGED)
        and o.sheet.rank > found.sheet.rank and o.sheet.return_id != return_id
    ]  # fmt: skip
    if later:
        last = max(later, key=lambda sheet: sheet.rank).return_id
        raise UsageError(
            f"{return_id}/{measure} は、後から届いた {last} に置き換えられています。",
            f"{return_id} のほうを採るときは、先に dxreport withdraw {last} で {last} を取り下げてください。",
        )
    return found


def _refuse_unread(books: Books, return_id: str, measure: str) -> None:
    """Raise UsageError if the return, or its sheet of this measure, could not be read."""
    reading = books.reading(return_id)
    if reading and not reading.sheets:
        raise UsageError(
            f"{return_id} の控えを開けません。{reading.problems[0].message}",
            "パスワード付きなら --password を付けてください。",
        )
    if reading and any(s.measure == measure and not s.readable for s in reading.sheets):
        raise UsageError(
            f"{return_id}/{measure} は、どの施策のシートか確かめられないため取り込めません。",
            "部署に送り直してもらってください。",
        )

"""Rollover: make the next fiscal year's master from this one, and carry late answers of the old year into it.

The next year begins with a copy of this year's workbook, so that whatever people added stays; what belongs to the
year is cleared. Names, departments, contacts, relations, activities without their plans, outcomes with all targets,
実績 and 方向 stay. A later run merges the changes of the old year like a return, cell by cell and three ways: as
carried before, as in the old year now, as in the new year now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from ..collect.commit import Books
from ..domain.errors import MasterError, UsageError
from ..domain.fields import Catalogue, Ref, label
from ..domain.merge import three_way
from ..domain.model import Measure, Round, Settings
from ..domain.values import is_undecided
from ..issue.store import parse_texts, plain_texts
from ..master.next_year import NextMaster, next_master, own_places
from ..master.read import master_from, read_master
from ..master.records import ROLLOVER, Change, Conflict, ConflictState, Master, MeasureState, next_id, timestamp
from ..master.schema import DIRECTION, DIRECTION_FIELD, tables_of
from ..report.earlier import left_to_the_next_year
from ..rules import item_name
from ..status.round_status import status
from ..workspace.files import locked
from ..workspace.paths import Workspace
from ..workspace.secret import make_secret, secret_of
from ..workspace.transaction import TEMPORARY, NewMaster, ready_to_write, recover, write_together
from .init import templates_in

CARRIED = "rollover.json"
Carried = Mapping[str, Mapping[Ref, str]]  # texts by 施策ID


@dataclass(frozen=True, slots=True)
class RolloverResult:
    """The result of a rollover from an ``old`` year, which ``opened`` the next or updated it.

    An update made ``changes`` and left ``conflicts``. ``left`` are ended measures that were not carried (in an update,
    those still in the new year), ``unknown`` measures that the new year lacks, which people have to enter. ``own`` and
    ``blank`` are as in ``NextMaster``; in an update ``own`` are columns and sheets that the new year lacks. ``interim``
    are measures whose 実績 of the old year may change: without an answer to its last round, or 未確定; ``undecided`` are the
    conflicts that were open in the new year before.
    """

    old: Settings
    workspace: Workspace
    fiscal_year: str
    opened: bool
    measures: int = 0
    left: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unknown: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    interim: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def rollover(workspace: Workspace, out: Path | None, now: datetime, *, dry_run: bool = False) -> RolloverResult:
    """Open the next year in ``out`` (default: a folder next to the workspace, named by the year), or update it.

    Raise UsageError if the plan has no further year or ``out`` holds something else, such as the year of another
    workspace; MasterError and LockedError as reading and saving do.
    """
    master = read_master(workspace.master)
    settings = _next_settings(master.settings)
    target = Workspace(out or workspace.root.resolve().parent / settings.fiscal_year.label)
    carried = {m.id: carry(m) for m in master.measures if master.standings[m.id].state is MeasureState.ACTIVE}
    unanswered = _unanswered(master, now.date())
    interim = tuple(id_ for id_ in carried if id_ in unanswered)
    if target.master.exists():
        _refuse_foreign(workspace, target)
        result = _update(master, target, {id_: m.values() for id_, m in carried.items()}, now, dry_run=dry_run)
        if not dry_run:
            write_together(target, after={target.earlier: left_to_the_next_year(workspace, master)})
        return replace(result, interim=interim)
    if not target.pending.exists():  # otherwise a rollover died here, and _open first removes what it left
        _refuse_others(target)
    new = next_master(master, settings, carried)
    master_from(new.data)
    if not dry_run:
        _open(workspace, target, new, carried, left_to_the_next_year(workspace, master))
    left = tuple(m.id for m in master.measures if m.id not in carried)
    return RolloverResult(
        master.settings, target, settings.fiscal_year.label, True, len(carried), left,
        own=new.own, blank=new.blank, interim=interim,
    )  # fmt: skip


def last_round(settings: Settings) -> Round | None:
    """Return the round that closes a year, else the last one; None if there is none."""
    closing = list(filter(settings.closes, settings.rounds))
    return next(iter(closing or settings.rounds[-1:]), None)


def _unanswered(master: Master, today: date) -> set[str]:
    """Return the measures without an answer to the last round of the year, or with a result that is yet to follow."""
    round_, year = last_round(master.settings), master.settings.plan_year
    sheets = status(master, round_, today).sheets if round_ else ()
    open_ = {m.id for m in master.measures for o in m.outcomes if year and is_undecided(o.years[year - 1].actual)}
    return open_ | {sheet.measure for sheet in sheets if not sheet.state.done}


def _refuse_others(target: Workspace) -> None:
    """Raise UsageError if the folder holds any file other than the lock and what a killed command left."""
    for path in target.root.rglob("*"):
        if path.is_file() and path != target.lock and not path.match(TEMPORARY):
            raise UsageError(
                f"{target.root} は空ではありません（{path.relative_to(target.root)} があります）。",
                "--out で別のフォルダーを指定するか、不要なものであれば、そのフォルダーを削除してください。",
            )


def _refuse_foreign(workspace: Workspace, target: Workspace) -> None:
    """Raise UsageError if the next year was opened from another workspace: it then has another secret."""
    ours, theirs = secret_of(workspace), secret_of(target)
    if ours and theirs and ours != theirs:
        raise UsageError(
            f"{target.root} は、別の作業フォルダーから作られています。何も変更していません。",
            "-C と --out を確かめてください。",
        )


def carry(measure: Measure) -> Measure:
    """Return a measure as the next year begins with it: without texts and lists of fields that do not carry.

    These are 到達目標, 作業予定, 進捗, 対応策, 次年度予算化予定 and 支援依頼.
    """
    catalogue, values = measure.catalogue, measure.values()
    empty = {p for p in catalogue.by_prefix if not any(f.carries for f in catalogue.members[p].values())}
    kept = {ref: text for ref, text in values.items() if ref.prefix not in empty}
    return Measure({ref: text if catalogue.field[ref.field].carries else "" for ref, text in kept.items()}, catalogue)


def _next_settings(settings: Settings) -> Settings:
    year = settings.fiscal_year + 1
    if year not in settings.plan_years:
        raise UsageError(
            f"{year.label} は計画の期間（{settings.plan_years[0].label}～{settings.plan_years[-1].label}）の外です。",
            "新しい計画のマスターは dxreport init で作り、成果目標を書き入れてください。",
        )
    return replace(settings, fiscal_year=year, rounds=tuple(map(_next_round, settings.rounds)), closed=False)


def _next_round(round_: Round) -> Round:
    """Return a round with its deadline a year later: on the same weekday, nearest to the same day."""
    if not round_.deadline:
        return round_
    # 52 weeks are a day less than a year, or two across 29 February: no other such weekday is nearer.
    return replace(round_, deadline=(date.fromisoformat(round_.deadline) + timedelta(weeks=52)).isoformat())


def _open(
    workspace: Workspace, target: Workspace, new: NextMaster, carried: Mapping[str, Measure], earlier: bytes
) -> None:
    if not workspace.templates.is_dir():
        fix = "様式の入った templates フォルダーを戻してください。"
        raise MasterError(f"{workspace.templates} がありません。", fix)
    files = {target.templates / name: data for name, data in templates_in(workspace.templates).items()}
    make_secret(workspace)
    files[target.secret] = workspace.secret.read_bytes()
    files |= _carried_file(target, {id_: measure.values() for id_, measure in carried.items()})
    files[target.earlier] = earlier
    with locked(target.lock):
        recover(target)
        _refuse_others(target)
        target.reports.mkdir(parents=True, exist_ok=True)
        write_together(target, before=files, master=NewMaster(new.data, ""))


def _carried_file(target: Workspace, carried: Carried) -> dict[Path, bytes]:
    data = json.dumps(plain_texts(carried), ensure_ascii=False, indent=1).encode("utf-8")
    return {target.master_folder / CARRIED: data}


def _brought(carried: Carried, today: Catalogue) -> dict[str, dict[Ref, str]]:
    """Return texts of the old year under the keys of the new one, without fields that it does not have."""
    brought = {id_: {today.ref(str(ref)): text for ref, text in texts.items()} for id_, texts in carried.items()}
    return {id_: {r: t for r, t in texts.items() if r.field in today.field} for id_, texts in brought.items()}


def _read_carried(target: Workspace, today: Catalogue) -> dict[str, dict[Ref, str]]:
    path = target.master_folder / CARRIED
    try:
        return _brought(parse_texts(json.loads(path.read_bytes())), today)
    except (OSError, ValueError, AttributeError):
        raise MasterError(f"繰越の控え {path} が読めません。", "バックアップから戻してください。") from None


def _update(old: Master, target: Workspace, carried: Carried, now: datetime, *, dry_run: bool) -> RolloverResult:
    """Merge what the old year has answered since into the new year's master."""
    if not dry_run:
        ready_to_write(target)
    with nullcontext() if dry_run else locked(target.lock):
        return _merge(old, target, carried, now, dry_run=dry_run)


def _merge(old: Master, target: Workspace, carried: Carried, now: datetime, *, dry_run: bool) -> RolloverResult:
    new = read_master(target.master)
    today = new.settings.catalogue
    before, carried = _read_carried(target, today), _brought(carried, today)
    year = old.settings.fiscal_year + 1
    if new.settings.fiscal_year != year:
        raise UsageError(f"{target.master} は {year.label} のマスターではありません。", "--out を確かめてください。")
    shared = {m.id: m for m in new.measures if m.id in carried}
    merging = _Merging(old, new, timestamp(now))
    for id_, measure in shared.items():
        # A measure that people entered in both years was never carried: it has no texts in ``before``.
        merging.measure(measure, before.get(id_, {}), carried[id_])
    changes, conflicts = tuple(merging.changes), tuple(merging.conflicts)
    kept = _carried_file(target, {**before, **{id_: carried[id_] for id_ in shared}})
    if not dry_run and (changes or conflicts):
        Books(target, new, now).record("rollover", changes, conflicts, now, after=kept)
    elif not dry_run:  # an earlier run may have died between the master and this file
        write_together(target, after=kept)
    left = tuple(id_ for id_ in before if id_ not in carried and new.measure(id_) is not None)
    unknown = tuple(id_ for id_ in carried if id_ not in shared)
    own = tuple(place for place in own_places(old) if place not in own_places(new))
    return RolloverResult(
        old.settings, target, year.label, False, len(carried), left, changes, conflicts, unknown=unknown, own=own,
        undecided=tuple(c.id for c in new.conflicts if c.state is ConflictState.OPEN),
    )  # fmt: skip


class _Merging:
    """Collects the changes and conflicts of an update, measure by measure."""

    def __init__(self, old: Master, new: Master, when: str) -> None:
        self._old, self._new, self._when = old, new, when
        self._note = f"{old.settings.fiscal_year.label}から繰越"
        self.changes: list[Change] = []
        self.conflicts: list[Conflict] = []

    def measure(self, measure: Measure, before: Mapping[Ref, str], texts: Mapping[Ref, str]) -> None:
        """Merge ``texts``, the current ones of the old year, into a measure; ``before`` are those carried last."""
        current, settings = measure.values(), self._new.settings
        last = {c.ref: c for c in self._new.changes if c.measure == measure.id}

        def carried_over(ref: Ref) -> bool:
            """Return True if a text of the new year was carried from the old one and not edited since."""
            return ref in last and last[ref].note == self._note and last[ref].new == current.get(ref, "")

        def name(ref: Ref) -> str:
            return label(ref, settings, item_name(ref, texts, settings.catalogue))

        merge = three_way(before, texts, current, answered=carried_over)
        found = [(c.ref, name(c.ref), c.old, c.new) for c in merge.changes]
        # 方向 is carried only while it is blank in the new year.
        if DIRECTION in self._new.tables[tables_of(settings).lists["outcome"].name].columns:
            for key in dict.fromkeys(ref.item for ref in texts if ref.field.startswith("outcome.")):
                text, ref = self._old.directions.get((measure.id, key), ""), Ref(DIRECTION_FIELD, key)
                if text and not self._new.directions.get((measure.id, key)):
                    found.append((ref, f"{item_name(ref, texts, settings.catalogue)} {DIRECTION}", "", text))
        self.changes += [Change(self._when, measure.id, *change, note=self._note) for change in found]
        live = [o for o in self._new.conflicts if o.measure == measure.id and o.state is not ConflictState.WITHDRAWN]
        known = {(o.ref, o.returned) for o in live}
        for c in merge.conflicts:
            if (c.ref, c.returned) not in known:
                number = next_id("C", [o.id for o in (*self._new.conflicts, *self.conflicts)])
                where, each = (number, ROLLOVER, measure.id, c.ref, name(c.ref)), (c.issued, c.returned, c.current)
                self.conflicts.append(Conflict(*where, *each, reason=self._note, when=self._when))

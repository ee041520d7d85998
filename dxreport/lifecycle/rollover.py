"""The next fiscal year's master from this one, and late answers of the old year carried after it.

What is carried is the same each time: names, departments, contacts, relations, activities without their
plans, outcomes with all targets and 実績. Run again, it merges what changed in the old year since, three
ways like any return: as carried, as the old year stands now, as the new year stands now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from ..domain.errors import MasterError, UsageError
from ..domain.fields import label
from ..domain.merge import Merge, contested, three_way
from ..domain.model import ActivityQuarter, Measure, MeasureQuarter, Ref, Round, Settings
from ..master.build import master_bytes
from ..master.read import read_master
from ..master.records import Change, Conflict, ConflictState, Master, MeasureState, next_id, stamp
from ..master.write import MasterEdit, save
from ..rules import item_name
from ..workspace.files import atomic_write
from ..workspace.paths import Workspace

SOURCE = "rollover"
CARRIED = "rollover.json"


@dataclass(frozen=True, slots=True)
class Rolled:
    """What a rollover did. ``opened`` for a new year; else the changes and conflicts of the update.

    ``left`` are the measures that ended and were not carried (in an update those that the new year still has),
    ``unknown`` those that the old year has and the
    new one, opened before, has not: they are for a person to enter.
    """

    workspace: Workspace
    fiscal_year: str
    opened: bool
    measures: int = 0
    left: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unknown: tuple[str, ...] = ()


def rollover(workspace: Workspace, out: Path | None, now: datetime, *, dry_run: bool = False) -> Rolled:
    """Open the next year in ``out`` (default: beside the workspace, named by the year), or bring it up to date.

    Raises UsageError when the plan has no further year or ``out`` is something else, MasterError and
    LockedError as reading and saving do.
    """
    master = read_master(workspace.master)
    settings = _next_settings(master.settings)
    target = Workspace(out or workspace.root.resolve().parent / settings.fiscal_year.label)
    carried = {m.id: carry(m).values() for m in master.measures if _goes_on(master, m)}
    if target.master.exists():
        return _update(master, target, settings, carried, now, dry_run)
    if target.root.exists() and any(target.root.iterdir()):
        raise UsageError(f"{target.root} は空ではありません。", "--out で別のフォルダーを指定してください。")
    left = tuple(m.id for m in master.measures if m.id not in carried)
    if not dry_run:
        _open(workspace, target, master, settings, carried)
    return Rolled(target, settings.fiscal_year.label, True, len(carried), left)


def carry(measure: Measure) -> Measure:
    """A measure as the next year begins with it: 到達目標, 作業予定, 進捗, 対応策, 次年度予算化予定 and 支援依頼 blank."""
    activities = tuple(replace(a, quarters=(ActivityQuarter(),) * 4) for a in measure.activities)
    return replace(
        measure, goal="", budgeted="", procurement="", support_flag="", support_requests=(), activities=activities,
        quarters=(MeasureQuarter(),) * 4,
    )  # fmt: skip


def _goes_on(master: Master, measure: Measure) -> bool:
    return master.standings[measure.id].state is MeasureState.ACTIVE


def _next_settings(settings: Settings) -> Settings:
    year = settings.fiscal_year + 1
    if year not in settings.plan_years:
        raise UsageError(
            f"{year.label} は計画の期間（{settings.plan_years[0].label}～{settings.plan_years[-1].label}）の外です。",
            "新しい計画のマスターは dxreport init で作り、成果目標を書き入れてください。",
        )
    return replace(settings, fiscal_year=year, rounds=tuple(map(_next_round, settings.rounds)), closed=False)


def _next_round(round_: Round) -> Round:
    if not round_.deadline:
        return round_
    day = date.fromisoformat(round_.deadline)
    leap = (day.month, day.day) == (2, 29)
    return replace(round_, deadline=day.replace(year=day.year + 1, day=28 if leap else day.day).isoformat())


def _open(workspace: Workspace, target: Workspace, master: Master, settings: Settings, carried: Mapping) -> None:
    from ..domain.model import measure_from

    if not workspace.templates.is_dir():
        raise MasterError(
            f"{workspace.templates} がありません。", "様式の入った templates フォルダーを戻してください。"
        )
    for path in sorted(workspace.templates.iterdir()):
        if path.is_file() and path.name[0] not in "~.":
            atomic_write(target.templates / path.name, path.read_bytes())
    target.reports.mkdir(parents=True, exist_ok=True)
    _keep(target, carried)
    measures = [measure_from(texts) for texts in carried.values()]
    atomic_write(target.master, master_bytes(settings, master.departments, measures))


def _keep(target: Workspace, carried: Mapping[str, Mapping[Ref, str]]) -> None:
    texts = {id_: {str(ref): text for ref, text in refs.items()} for id_, refs in carried.items()}
    atomic_write(target.master_folder / CARRIED, json.dumps(texts, ensure_ascii=False, indent=1).encode("utf-8"))


def _kept(target: Workspace) -> dict[str, dict[Ref, str]]:
    path = target.master_folder / CARRIED
    try:
        given = json.loads(path.read_bytes())
        return {id_: {Ref.parse(ref): text for ref, text in refs.items()} for id_, refs in given.items()}
    except (OSError, ValueError, AttributeError):
        raise MasterError(f"繰越の控え {path} が読めません。", "バックアップから戻してください。") from None


def _update(
    master: Master,
    target: Workspace,
    settings: Settings,
    carried: Mapping[str, Mapping[Ref, str]],
    now: datetime,
    dry_run: bool,
) -> Rolled:
    """Merge what the old year answered since into the new year's master."""
    new, base = read_master(target.master), _kept(target)
    if new.settings.fiscal_year != settings.fiscal_year:
        raise UsageError(
            f"{target.master} は {settings.fiscal_year.label} のマスターではありません。", "--out を確かめてください。"
        )
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for id_, texts in carried.items():
        measure = new.measure(id_)
        if measure is None:
            continue
        sent = base.get(id_, {})  # nothing for one that people entered in both years
        answered = _carried_over(new, id_, _note(master))
        merge = three_way(sent, texts, measure.values(), answered=answered)
        merge = contested(merge, sent, measure.values(), answered=answered)
        _record(master, new, id_, merge, stamp(now), changes, conflicts)
    if not dry_run and (changes or conflicts):
        edit = MasterEdit(new)
        edit.set_all((c.measure, c.ref, c.new) for c in changes)
        edit.add(*changes, *conflicts)
        save(target, edit.data(), new.sha256, now)
        _keep(target, {**base, **{id_: texts for id_, texts in carried.items() if new.measure(id_)}})
    unknown = tuple(id_ for id_ in carried if new.measure(id_) is None)
    left = tuple(id_ for id_ in base if id_ not in carried and new.measure(id_) is not None)
    return Rolled(
        target, settings.fiscal_year.label, False, len(carried), left, tuple(changes), tuple(conflicts), unknown
    )


def _carried_over(new: Master, id_: str, note: str) -> Callable[[Ref], bool]:
    """Whether a text of the new year came from the old one, and nobody touched it since."""
    last = {c.ref: c for c in new.changes if c.measure == id_}
    current = new.measure(id_).values()
    return lambda ref: ref in last and last[ref].note == note and last[ref].new == current.get(ref, "")


def _note(master: Master) -> str:
    return f"{master.settings.fiscal_year.label}から繰越"


def _record(
    master: Master, new: Master, id_: str, merge: Merge, when: str, changes: list[Change], conflicts: list[Conflict]
) -> None:
    taken = [*new.conflicts, *conflicts]
    names = master.measure(id_).values()
    for c in merge.changes:
        name = label(c.ref, new.settings, item_name(c.ref, names))
        changes.append(Change(when, id_, c.ref, name, c.old, c.new, note=_note(master)))
    for c in merge.conflicts:
        known = any(
            (o.measure, o.ref, o.returned) == (id_, c.ref, c.returned) and o.state is not ConflictState.WITHDRAWN
            for o in taken
        )
        if not known:
            number = next_id("C", [c.id for c in (*new.conflicts, *conflicts)])
            name = label(c.ref, new.settings, item_name(c.ref, names))
            conflicts.append(
                Conflict(
                    number, SOURCE, id_, c.ref, name, c.issued, c.returned, c.current, reason=_note(master), when=when
                )
            )

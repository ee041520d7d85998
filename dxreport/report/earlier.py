"""The quarters of earlier fiscal years: the standing of every activity, as rollover leaves it to the next year."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.errors import MasterError
from ..domain.fields import QUARTERS
from ..master.records import Master
from ..workspace.paths import Workspace
from . import states
from .activity_records import Progress

ProgressOf = Mapping[tuple[str, str], Progress]  # by 施策ID and 取組ID


@dataclass(frozen=True, slots=True)
class EarlierQuarter:
    """One quarter of an earlier fiscal year (``令和４年度``), and the standing of every activity in it."""

    year: str
    quarter: int
    standings: ProgressOf


def earlier(workspace: Workspace) -> tuple[EarlierQuarter, ...]:
    """Return the quarters that rollover left in a workspace; raise MasterError if their file cannot be read."""
    path = workspace.earlier
    if not path.exists():
        return ()
    try:
        return tuple(
            EarlierQuarter(
                kept["year"],
                kept["quarter"],
                {(id_, key): Progress(word) for id_, own in kept["standings"].items() for key, word in own.items()},
            )
            for kept in json.loads(path.read_bytes())
        )
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        fix = "バックアップから戻すか、前の年度の作業フォルダーで dxreport rollover をもう一度実行してください。"
        raise MasterError(f"前年度までの進捗の控え {path} が読めません。", fix) from None


def left_to_the_next_year(workspace: Workspace, master: Master) -> bytes:
    """Return the file for the next year: the earlier quarters, and those of this year with anything reported."""
    year = master.settings.fiscal_year.label
    found = [q for q in earlier(workspace) if q.year != year]
    for quarter, answers in zip(QUARTERS, states.answers(master, QUARTERS[-1]), strict=True):
        standings = {item: category.standing for item, category in answers.items()}
        if set(standings.values()) - {Progress.NO_PLAN, Progress.UNREPORTED}:
            found.append(EarlierQuarter(year, quarter, standings))
    kept = [{"year": q.year, "quarter": q.quarter, "standings": _by_measure(q.standings)} for q in found]
    return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _by_measure(standings: ProgressOf) -> dict[str, dict[str, str]]:
    out: dict[str, dict[str, str]] = {}
    for (id_, key), standing in standings.items():
        out.setdefault(id_, {})[key] = standing.value
    return out


def up_to(quarters: Sequence[EarlierQuarter], year: str) -> Sequence[EarlierQuarter]:
    """Return these quarters if they end with the fourth of ``year``, so that none is missing; else none."""
    ends = quarters and (quarters[-1].year, quarters[-1].quarter) == (year, QUARTERS[-1])
    return quarters if ends else ()

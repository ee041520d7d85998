"""The quarters of the year before: left by rollover, shown as one line with those of this year."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from dxreport.domain.errors import MasterError
from dxreport.domain.fields import Ref
from dxreport.lifecycle.rollover import rollover
from dxreport.master.read import read_master
from dxreport.master.write import MasterEdit
from dxreport.report import words
from dxreport.report.activity_records import Progress
from dxreport.report.earlier import earlier
from dxreport.report.produce import produce
from dxreport.report.records import Figures
from dxreport.workspace.bundled import bundled
from dxreport.workspace.paths import Workspace
from tests.support.scenes import LATE, ON_TRACK, first_quarter

pytestmark = pytest.mark.slow

APRIL = datetime(2023, 4, 3, 9)
# Quarters without a word here are 未報告 or 予定なし. 01-07 K2 is late in the first quarter and the last.
ANSWERS = {("01-07", "activity.progress/K2/4"): LATE, ("01-09", "activity.progress/K1/4"): ON_TRACK}
FIRST_OF_THE_NEXT = {
    ("01-07", "activity.plan/K2/1"): "選び直し", ("01-07", "activity.progress/K2/1"): LATE,
    ("02-01", "activity.plan/K1/1"): "見直し", ("02-01", "activity.progress/K1/1"): LATE,
}  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Workspace:
    """令和４年度 with the real 第1四半期."""
    found = Workspace(tmp_path / "令和４年度")
    shutil.copytree(bundled("templates"), found.templates)
    found.master_folder.mkdir()
    found.master.write_bytes(first_quarter().data)
    return found


def write(workspace: Workspace, texts: Mapping[tuple[str, str], str]) -> None:
    edit = MasterEdit(read_master(workspace.master))
    for (measure, ref), text in texts.items():
        edit.set(measure, Ref.parse(ref), text)
    workspace.master.write_bytes(edit.data())


def figures_of(workspace: Workspace, quarter: int) -> Figures:
    return produce(workspace, read_master(workspace.master), quarter, APRIL, formats=[]).figures


def test_the_next_year_goes_on_where_this_one_ended(old: Workspace) -> None:
    """Late in 令和４年度: five in 第1四半期, 01-07 K2 in 第4四半期. Nothing was reported of the two between."""
    write(old, ANSWERS)
    new = rollover(old, None, APRIL).workspace
    write(new, FIRST_OF_THE_NEXT)
    found = figures_of(new, 1)
    assert [(q.year, q.quarter, q.standings.late) for q in found.trend] == [
        ("令和４年度", 1, 5), ("令和４年度", 4, 1), ("令和５年度", 1, 2),
    ]  # fmt: skip
    late = Progress.LATE
    assert [(x.measure.id, x.key, x.since_when, x.past) for x in found.late] == [
        ("01-07", "K2", "3四半期目", (late, late, late)),
        ("02-01", "K1", "新たに", (Progress.ON_TRACK, Progress.UNREPORTED, late)),
    ]
    turn = found.overview.turn
    assert turn is not None and (turn.new, turn.still, turn.resolved) == (1, 1, 0)
    assert words.headline(found)[1].startswith("遅延・課題は2取組。前回の1から1増えました。")
    assert words.turn(found.overview).startswith("遅延・課題のある取組は、前の年度の第4四半期から引き続き 1取組")


@pytest.mark.quick
def test_a_year_that_has_not_ended_yet_is_not_compared_with(old: Workspace) -> None:
    """第4四半期 is not reported when the next year is opened; a later rollover brings it."""
    new = rollover(old, None, APRIL).workspace
    assert [(q.year, q.quarter) for q in earlier(new)] == [("令和４年度", 1)]
    found = figures_of(new, 1)
    assert [q.year for q in found.trend] == ["令和５年度"] and found.overview.turn is None
    assert words.cards(found)[2].value == "―"
    write(old, ANSWERS)
    rollover(old, None, APRIL)
    assert [q.quarter for q in figures_of(new, 1).trend] == [1, 4, 1]


def test_what_earlier_years_left_is_handed_on(old: Workspace) -> None:
    write(old, ANSWERS)
    second = rollover(old, None, APRIL).workspace
    write(second, {(id_, ref.replace("/1", "/4")): text for (id_, ref), text in FIRST_OF_THE_NEXT.items()})
    third = rollover(second, None, APRIL).workspace
    assert [(q.year, q.quarter) for q in earlier(third)] == [("令和４年度", 1), ("令和４年度", 4), ("令和５年度", 4)]


@pytest.mark.parametrize("harm", [b"", b"[{}]", b'[{"year": "", "quarter": 1, "standings": {"01-01": {"K1": "?"}}}]'])
def test_a_damaged_file_is_named(old: Workspace, harm: bytes) -> None:
    old.earlier.write_bytes(harm)
    with pytest.raises(MasterError, match=r"earlier\.json"):
        figures_of(old, 1)


def test_a_dry_run_leaves_nothing(old: Workspace) -> None:
    new = rollover(old, None, APRIL).workspace
    before = new.earlier.read_bytes()
    write(old, ANSWERS)
    rollover(old, None, APRIL, dry_run=True)
    assert new.earlier.read_bytes() == before and json.loads(before)

"""The round that commands take where none is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.domain.errors import MasterError
from dxreport.lifecycle.init import create
from dxreport.master.rounds import current_round
from tests.support.quarter import Quarter, issue

pytestmark = pytest.mark.slow


def render(folder: Path, now: str, *args: str) -> None:
    assert main(["render", *args, "--now", now, "-C", str(folder)]) == 0


def rounds(folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The round that status, mail and check take."""
    found = set()
    for command in (["status"], ["mail", "remind"], ["check"]):
        capsys.readouterr()
        main([*command, "--json", "--now", "2022-10-11T09:00", "-C", str(folder)])
        found.add(json.loads(capsys.readouterr().out)["round"])
    return found


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    create(tmp_path / "作業", date(2022, 4, 1), sample=True)
    return tmp_path / "作業"


def test_a_part_reissue_of_an_earlier_round_moves_nothing(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render(sample, "2022-04-11T09:00", "--round", "計画")
    render(sample, "2022-07-01T09:00", "--quarter", "1")
    render(sample, "2022-10-03T09:00", "--quarter", "2")
    assert rounds(sample, capsys) == {"第2四半期"}
    render(sample, "2022-10-10T09:00", "--round", "計画", "--measure", "03-04")
    assert Quarter(sample).master.issues[-1].round == "計画"
    assert rounds(sample, capsys) == {"第2四半期"}
    render(sample, "2022-10-10T10:00", "--round", "第1四半期")  # nor does a whole one: the year goes on
    assert rounds(sample, capsys) == {"第2四半期"}


def test_a_round_counts_once_most_of_its_measures_are_issued(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 26 measures, 13 are not most of them; issued department by department, the 14th turns it."""
    render(sample, "2022-07-01T09:00", "--quarter", "1")
    ids = [m.id for m in Quarter(sample).master.measures]
    render(sample, "2022-10-03T09:00", "--quarter", "2", *(word for id_ in ids[:13] for word in ("--measure", id_)))
    assert rounds(sample, capsys) == {"第1四半期"}
    render(sample, "2022-10-03T10:00", "--quarter", "2", "--measure", ids[0])  # the same measure again counts once
    assert rounds(sample, capsys) == {"第1四半期"}
    render(sample, "2022-10-03T11:00", "--quarter", "2", "--measure", ids[13])
    assert rounds(sample, capsys) == {"第2四半期"}


@pytest.mark.quick
def test_while_no_round_has_most_of_its_measures_it_is_the_last_that_was_issued(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render(sample, "2022-07-01T09:00", "--quarter", "1", "--department", "総務課")
    render(sample, "2022-07-01T10:00", "--round", "計画", "--department", "職員課")
    assert rounds(sample, capsys) == {"第1四半期"}


def test_only_measures_that_still_run_count(sample: Path) -> None:
    quarter = Quarter(sample)
    issue(quarter, "第1四半期")
    issue(quarter, "第2四半期", departments=("経営改革課", "総務課"))  # 02-02, 02-03, 03-03, 03-04, 04-02; 03-01, 03-05
    master = quarter.master
    assert current_round(master).name == "第1四半期"
    few = [m for m in master.measures if m.lead_department in ("経営改革課", "産業振興課", "職員課")]  # 5 of 8
    assert current_round(replace(master, measures=tuple(few))).name == "第2四半期"
    ended = [m for m in master.measures if m.lead_department not in ("経営改革課", "総務課")][:5]
    assert current_round(replace(master, measures=tuple(ended))).name == "第1四半期"
    assert current_round(replace(master, measures=())).name == "計画"


def test_without_an_issue_it_is_what_the_master_shows(tmp_path: Path) -> None:
    create(tmp_path / "空", date(2024, 4, 1))
    empty = Quarter(tmp_path / "空").master
    assert current_round(empty).name == "計画"
    bare = replace(empty, settings=replace(empty.settings, rounds=()))
    with pytest.raises(MasterError):
        current_round(bare)
    quarters = replace(empty, settings=replace(empty.settings, rounds=empty.settings.rounds[1:]))
    assert current_round(quarters).name == "第1四半期"
    create(tmp_path / "見本", date(2022, 4, 1), sample=True)
    assert current_round(Quarter(tmp_path / "見本").master).name == "第1四半期"

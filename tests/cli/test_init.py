"""``dxreport init``: a new workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.domain.errors import DxreportError, UsageError
from dxreport.domain.model import FiscalYear
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create, fiscal_year
from dxreport.master.read import read_master
from dxreport.workspace.bundled import bundled

FILES = {f"templates/{p.name}" for p in bundled("templates").iterdir() if p.name[0] not in "~."} | {
    "master/master.xlsx"
}
SPRING = date(2024, 4, 1)


def files(folder: Path) -> set[str]:
    """Return every file under a folder, but for the secret."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != ".secret"}


def test_a_sample_holds_the_26_measures(tmp_path):
    made = create(tmp_path / "市役所", SPRING, sample=True)
    assert files(tmp_path / "市役所") == FILES
    assert {p.relative_to(made.workspace.root).as_posix() for p in made.files} == FILES
    master = read_master(made.workspace.master)
    assert [m.normal() for m in master.measures] == [m.normal() for m in sample.load(with_answers=False)]
    assert len(master.departments) == 17 and master.settings.fiscal_year == made.fiscal_year == FiscalYear(2022)
    assert made.workspace.reports.is_dir()


def test_the_templates_are_those_of_the_project(tmp_path):
    made = create(tmp_path, SPRING)
    for path in made.files[:-1]:
        assert path.read_bytes() == (bundled("templates") / path.name).read_bytes()


def test_an_empty_master_is_for_the_current_fiscal_year(tmp_path):
    master = read_master(create(tmp_path, SPRING).workspace.master)
    assert (master.measures, master.departments) == ((), ())
    settings = master.settings
    assert settings.plan_years == tuple(FiscalYear(y) for y in (2024, 2025, 2026, 2027))
    assert [r.name for r in settings.rounds] == [r.name for r in sample.settings().rounds]
    assert not settings.mail_domain and not any(r.deadline for r in settings.rounds)


def test_the_same_day_gives_the_same_bytes(tmp_path):
    first, second = (create(tmp_path / name, SPRING).workspace for name in "ab")
    assert first.master.read_bytes() == second.master.read_bytes()


@pytest.mark.parametrize(("day", "western"), [("2024-03-31", 2023), ("2024-04-01", 2024), ("2024-12-31", 2024)])
def test_a_fiscal_year_begins_in_april(day, western):
    assert fiscal_year(Path("作業"), date.fromisoformat(day)) == FiscalYear(western)


@pytest.mark.parametrize(
    ("name", "western"), [("令和６年度", 2024), ("R6年度", 2024), ("2024年度", 2024), ("DX", 2025)]
)
def test_a_folder_may_be_named_after_its_fiscal_year(tmp_path, name, western):
    """Next year is prepared in March."""
    master = read_master(create(tmp_path / name, date(2026, 3, 1)).workspace.master)
    assert master.settings.fiscal_year == FiscalYear(western) == master.settings.plan_years[0]


@pytest.mark.slow
def test_a_form_gives_its_papers_their_name(tmp_path):
    names = read_master(create(tmp_path, SPRING, form="事務事業評価").workspace.master).settings.names
    assert (names.form, names.report_title) == ("事務事業評価", "事務事業評価 進捗報告書")


def test_a_day_before_reiwa_is_refused():
    with pytest.raises(UsageError, match="令和"):
        fiscal_year(Path("作業"), date(2019, 3, 31))


@pytest.mark.slow
@pytest.mark.parametrize("there", sorted(FILES))
def test_nothing_is_overwritten(there, tmp_path, capsys):
    path = tmp_path / there
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    assert main(["init", str(tmp_path), "--sample"]) == 2
    assert there.rpartition("/")[2] in capsys.readouterr().err
    assert files(tmp_path) == {there} and path.read_bytes() == b"mine"


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "議事録.txt").write_text("1", encoding="utf-8")
    create(tmp_path, SPRING)
    assert files(tmp_path) == FILES | {"議事録.txt"}


def test_an_existing_file_of_that_name_is_refused(tmp_path):
    (tmp_path / "w").touch()
    with pytest.raises(UsageError, match="フォルダーではありません"):
        create(tmp_path / "w", SPRING)


def test_a_failure_leaves_nothing_behind(tmp_path):
    (tmp_path / "reports").write_bytes(b"in the way")
    with pytest.raises((OSError, DxreportError)):
        create(tmp_path, SPRING)
    assert files(tmp_path) == {"reports"}


def test_the_next_steps_are_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "新しい 市", "--now", "2024-04-01"]) == 0
    shown = capsys.readouterr()
    assert "令和６年度" in shown.out and 'dxreport check -C "新しい 市"' in shown.out and not shown.err
    assert main(["check", "-C", "新しい 市"]) == 0

"""The gallery: a new workspace with another form, which brings its fields and rounds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.domain.errors import DxreportError, UsageError
from dxreport.form.compile import compile_form
from dxreport.intake.workbook import open_workbook
from dxreport.lifecycle.gallery import gallery, settings_for
from dxreport.lifecycle.init import create
from dxreport.lifecycle.sample import settings as sample_settings
from dxreport.master.read import read_master
from dxreport.workspace.paths import Workspace

SPRING = date(2024, 4, 1)
FIELDS = [
    ["名前", "見出し", "場所", "種類", "選択肢", "期間", "入力欄"],
    ["評価", "一次評価", "施策", "選択", "A、B、C", "なし", "一次評価"],
    ["リスク", "リスク", "施策", "文章", "", "四半期", "リスク"],
]
ROUNDS = [["回", "四半期", "締切", "入力欄", "必須欄"], ["年度末評価", "", "", "一次評価、主担当者", "一次評価"]]


def drawn(folder: Path, **sheets: list[list[str]]) -> Path:
    """A form with an input for 一次評価, 主担当者 and リスク, and these sheets."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "評価シート"
    for row, (label, tag) in enumerate(
        [("施策ID", "{{ measure.id }}"), ("主担当者", "{{ measure.contact_person }}"), ("評価", "{{ measure.評価 }}"),
         ("リスク", "{{ measure.this_quarter.リスク }}")], 2,
    ):  # fmt: skip
        sheet.cell(row, 2, label)
        sheet.cell(row, 3, tag).protection = openpyxl.styles.Protection(locked=row == 2)
    sheet.protection.sheet = True
    for name, rows in sheets.items():
        for texts in [*rows]:
            (book[name] if name in book.sheetnames else book.create_sheet(name)).append(texts)
    path = folder / "評価シート.xlsx"
    book.save(path)
    return path


def test_the_bundled_form_is_in_the_gallery_and_is_the_default(tmp_path: Path) -> None:
    assert next(iter(gallery())) == "年間活動計画"
    chosen, usual = (create(tmp_path / name, SPRING, form=form) for name, form in (("a", "年間活動計画"), ("b", "")))
    relative = [[p.relative_to(made.workspace.root) for p in made.files] for made in (chosen, usual)]
    assert relative[0] == relative[1]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(chosen.files, usual.files, strict=True))


def test_every_form_of_the_gallery_makes_a_workspace_without_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in gallery():
        assert main(["init", str(tmp_path / name), "--form", name]) == 0
        told = capsys.readouterr().out
        assert ("部署に書いてもらえます" in told) == (name == "年間活動計画")  # the others ask for no 取組
        assert main(["check", "--json", "-C", str(tmp_path / name)]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {p["code"] for p in found["settings"]} == {"W611", "W617"} and found["measures"] == []  # to be filled in
        assert [template["faults"] for template in found["templates"]] == [[]]


def test_the_list_and_a_name_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--form"]) == 0
    lines = [line.strip().partition("　") for line in capsys.readouterr().out.splitlines()[1:]]
    assert [name for name, _, _ in lines] == list(gallery())
    assert all(said.endswith("。") for _, _, said in lines) and "一覧です" in lines[2][2]
    assert main(["init", str(tmp_path / "w"), "--form", "年間活動計書"]) == 2
    shown = capsys.readouterr().err
    assert "「年間活動計画」の誤り" in shown and not (tmp_path / "w").exists()


def test_a_file_brings_its_fields_and_the_rounds_open_what_it_has(tmp_path: Path) -> None:
    made = create(tmp_path / "w", SPRING, form=str(drawn(tmp_path, 項目=FIELDS)))
    master = read_master(made.workspace.master)
    assert [f.key for f in master.settings.catalogue.declared] == ["評価", "リスク"]
    opens = {r.name: r.opens for r in master.settings.rounds}
    assert opens["計画"] == {"主担当者", "一次評価"} and opens["第2四半期"] == {"主担当者", "一次評価", "リスク"}
    assert sorted(p.name for p in made.workspace.templates.glob("*.xlsx")) == ["評価シート.xlsx"]


def test_its_own_rounds_are_taken_as_they_are(tmp_path: Path) -> None:
    [round_] = settings_for(drawn(tmp_path, 項目=FIELDS, 回=ROUNDS), sample_settings()).rounds
    assert (round_.name, round_.opens, round_.requires) == ("年度末評価", {"一次評価", "主担当者"}, {"一次評価"})


def test_what_the_form_declares_is_not_sent(tmp_path: Path) -> None:
    path = drawn(tmp_path, 項目=FIELDS, 回=ROUNDS, 記入要領=[["書き方"]])
    made = create(tmp_path / "w", SPRING, form=str(path)).workspace
    fill_in(made)
    assert main(["render", "-C", str(made.root), "--round", "年度末評価"]) == 0
    [sent] = made.reports.rglob("*.xlsx")
    assert [s.name for s in open_workbook(sent.read_bytes()).sheets if not s.hidden] == ["01-01", "記入要領"]


def fill_in(workspace: Workspace) -> None:
    """Enter a department and a measure."""
    book = openpyxl.load_workbook(workspace.master)
    book["部署"]["A2"] = "総務課"
    book["施策"]["A2"], book["施策"]["B2"], book["施策"]["C2"] = "01-01", "施策", "総務課"
    book.save(workspace.master)


def test_a_sheet_of_that_name_that_declares_nothing_is_sent(tmp_path: Path) -> None:
    path = drawn(tmp_path, 項目=FIELDS)
    catalogue = settings_for(path, sample_settings()).catalogue
    assert compile_form(path.read_bytes(), path.name, catalogue).others == ()
    path = drawn(tmp_path, 項目=[["この様式の項目の説明"]])
    assert [s.name for s in compile_form(path.read_bytes(), path.name, catalogue).others] == ["項目"]


def test_faults_of_the_declared_fields_are_named_by_cell(tmp_path: Path) -> None:
    wrong = [FIELDS[0], ["評価", "一次評価", "施策", "せんたく", "", "なし", ""]]
    with pytest.raises(DxreportError) as raised:
        create(tmp_path / "w", SPRING, form=str(drawn(tmp_path, 項目=wrong)))
    assert "「項目」シート D2" in raised.value.message and not (tmp_path / "w").exists()


def test_a_name_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        create(tmp_path / "w", SPRING, form=str(tmp_path / "ない.xlsx"))

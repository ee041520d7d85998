"""``dxreport report``: its files, its answer, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.master.read import read_master
from tests.support.quarter import Quarter
from tests.support.scenes import first_quarter

pytestmark = pytest.mark.slow

NOW = ("--now", "2022-07-19T09:00:00")
NAME = "令和４年度_第1四半期_報告"


@pytest.fixture
def folder(workspace: Path, tmp_path: Path) -> Path:
    """The workspace at the end of the real 第1四半期, which a test may change."""
    copy = shutil.copytree(workspace, tmp_path / "作業")
    (copy / "master" / "master.xlsx").write_bytes(first_quarter().data)
    return copy


def report(folder: Path, *args: str) -> int:
    return main(["report", "-C", str(folder), "--quarter", "1", *NOW, *args])


def test_three_formats_go_to_a_folder_of_their_own(folder, capsys):
    before = (folder / "master" / "master.xlsx").read_bytes()
    assert report(folder) == 0
    out, err = capsys.readouterr()
    paths = [folder / "reports" / NAME / f"{NAME}.{end}" for end in ("pdf", "xlsx", "html")]
    assert out.splitlines() == [
        "木更津市DX推進計画　年間活動計画 進捗報告書　令和４年度 第1四半期",
        "実施予定の54取組のうち、49（90.7%）が予定通り。遅延・課題は5取組で、対応策はすべて記入されています。",
        *(f"  {path}" for path in paths),
    ]
    assert err == ""
    assert [path.read_bytes()[:4] for path in paths] == [b"%PDF", b"PK\x03\x04", b"<!DO"]
    assert (folder / "master" / "master.xlsx").read_bytes() == before


def test_the_same_master_and_now_give_the_same_bytes(folder, tmp_path):
    for name in ("a", "b"):
        assert report(folder, "--out", str(tmp_path / name)) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.quick
def test_json_holds_the_figures(folder, capsys):
    assert report(folder, "--json", "--format", "html", "--for", "coordinator") == 0
    answer = json.loads(capsys.readouterr().out)
    [path] = answer["files"]
    assert Path(path).name == f"{NAME}_担当者用.html" and Path(path).is_file()
    whole = answer["figures"]["overview"]["whole"]
    assert (whole["activities"], whole["measures"]) == ([49, 5, 0, 0, 10], [20, 4, 0, 0, 2])
    assert len(answer["figures"]["coordination"]["missing"]) == 26


def test_the_council_report_lacks_what_is_for_the_coordinator(folder, capsys):
    assert report(folder, "--json", "--format", "html") == 0
    assert json.loads(capsys.readouterr().out)["figures"]["coordination"] is None


def test_a_final_report_is_recorded_once(folder, capsys):
    assert report(folder, "--final", "--format", "html") == 0
    assert capsys.readouterr().out.endswith("確定報告 F0001\n")
    assert report(folder, "--final", "--format", "html") == 0
    assert capsys.readouterr().out.endswith("確定報告 F0001（令和４年７月19日に、すでに確定しています）\n")
    assert [f.id for f in read_master(folder / "master" / "master.xlsx").finals] == ["F0001"]


def test_with_the_master_open_in_excel_a_report_is_made_but_no_final_one(folder, capsys):
    (folder / "master" / "~$master.xlsx").write_bytes(b"\x06yamada".ljust(165))
    assert report(folder, "--format", "html") == 0
    assert report(folder, "--format", "html", "--final") == 3
    assert "開かれています" in capsys.readouterr().err
    assert [p.name for p in (folder / "reports" / NAME).iterdir()] == [f"{NAME}.html"]
    assert not (folder / "master" / "final").exists()


def test_if_a_file_of_a_final_report_cannot_be_written_nothing_is_final(folder, capsys):
    """A folder is in the place of the HTML file, which is written after the Excel file."""
    before = (folder / "master" / "master.xlsx").read_bytes()
    out = folder / "会議"
    (out / f"{NAME}_確定F0001.html").mkdir(parents=True)
    assert report(folder, "--final", "--format", "xlsx", "--format", "html", "--out", str(out)) == 3
    assert (folder / "master" / "master.xlsx").read_bytes() == before
    assert [p.name for p in out.iterdir()] == [f"{NAME}_確定F0001.html"]
    assert not any((folder / "master" / "final").glob("*"))


def test_if_a_file_of_a_plain_report_cannot_be_written_the_others_stay_as_they_were(folder):
    out = folder / "会議"
    (out / f"{NAME}.html").mkdir(parents=True)
    (out / f"{NAME}.xlsx").write_bytes(b"of last week")
    assert report(folder, "--format", "xlsx", "--format", "html", "--out", str(out)) == 3
    assert (out / f"{NAME}.xlsx").read_bytes() == b"of last week"


def test_final_again_leaves_the_files_as_they_were_approved(folder, capsys):
    made = folder / "reports" / NAME
    assert report(folder, "--final") == 0
    first = {path.name: path.read_bytes() for path in made.iterdir()}
    assert len(first) == 3
    (made / f"{NAME}_確定F0001.html").write_bytes(b"signed by the mayor")
    for end in ("pdf", "xlsx"):
        (made / f"{NAME}_確定F0001.{end}").unlink()
    capsys.readouterr()
    assert main(["report", "-C", str(folder), "--quarter", "1", "--final", "--now", "2022-08-01T10:00:00"]) == 0
    assert capsys.readouterr().out.endswith("確定報告 F0001（令和４年７月19日に、すでに確定しています）\n")
    assert (made / f"{NAME}_確定F0001.html").read_bytes() == b"signed by the mayor"
    for end in ("pdf", "xlsx"):
        assert (made / f"{NAME}_確定F0001.{end}").read_bytes() == first[f"{NAME}_確定F0001.{end}"]


def test_a_round_without_a_quarter_has_no_report(folder, capsys):
    assert main(["report", "-C", str(folder), "--round", "計画"]) == 2
    assert "四半期の回ではありません" in capsys.readouterr().err


def test_a_template_in_the_workspace_is_used(folder, capsys):
    own = folder / "templates" / "報告書.html"
    own.write_text("{{ report.title }}", encoding="utf-8")
    assert report(folder, "--format", "html") == 0
    made = folder / "reports" / NAME / f"{NAME}.html"
    assert made.read_text(encoding="utf-8") == "木更津市DX推進計画　年間活動計画 進捗報告書　令和４年度 第1四半期"
    own.write_bytes("<p>報告書</p>".encode("cp932"))
    assert report(folder, "--format", "html") == 3
    said = capsys.readouterr().err
    assert "報告書.html" in said and "UTF-8" in said and len(said.splitlines()) == 2


def test_an_unedited_copy_of_an_earlier_template_gives_way_and_an_edited_one_does_not(folder):
    """``init`` copies the templates into the workspace, where offices change them."""
    copy = folder / "templates" / "報告書.html"
    earlier = (Path(__file__).parents[1] / "data" / "報告書_0.1.0.html").read_bytes()
    made = folder / "reports" / NAME / f"{NAME}.html"
    texts = []
    for data in (copy.read_bytes(), earlier, earlier + b"<!-- ours -->"):
        copy.write_bytes(data)
        assert report(folder, "--format", "html") == 0
        texts.append(made.read_bytes())
    assert texts[1] == texts[0] and texts[2].endswith(b"<!-- ours -->")


@pytest.mark.slow
def test_a_final_report_names_what_is_not_settled(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    quarter.collect(quarter.filled({"01-01": {"activity.progress/K1/1": "順調"}}))
    assert main(["report", "--quarter", "1", "--final", "--format", "html", "-C", str(quarter.root)]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert "差し戻し 1 施策（01-01）" in told and "未提出 24 施策（" in told and "競合" not in told

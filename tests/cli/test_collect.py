"""What ``dxreport collect`` says on screen: only what is new."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.master.records import ConflictState
from tests.support.edits import last_quarter, own_activity
from tests.support.quarter import Quarter

pytestmark = pytest.mark.slow

P1 = "activity.progress/K1/1"


def say(quarter: Quarter, capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main([*map(str, args), "-C", str(quarter.root), "--now", "2022-07-14T17:00:00"])
    return code, capsys.readouterr().out.splitlines()


@pytest.fixture
def folder(quarter: Quarter) -> Path:
    """Two sound returns, one with a held sheet, one that is no workbook."""
    for department in ("職員課", "管財課"):
        quarter.put(quarter.filled({}, department), f"{department}.xlsx")
    quarter.put(quarter.filled({"03-01": {P1: "順調"}}, "総務課"), "総務課.xlsx")
    return quarter.put(b"no workbook", "写真.jpg").parent


def test_the_same_folder_again_tells_only_what_is_new(
    quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, first = say(quarter, capsys, "collect", folder)
    assert code == 1 and sum(line.startswith("■") for line in first) == 4
    code, again = say(quarter, capsys, "collect", folder)
    assert (code, again) == (1, [
        "すでに取り込んだファイル 2（変更なし）",
        "前から保留か受付不可のファイル 2（U0001、U0003）。dxreport status で見られます",
        "新しいファイルはありません。マスターの変更 0 か所。",
    ])  # fmt: skip
    quarter.put(quarter.filled({}, "危機管理課"), "危機管理課.xlsx")
    code, third = say(quarter, capsys, "collect", folder)
    assert [line for line in third if line.startswith("■")] == ["■ 危機管理課.xlsx（U0005）"]
    assert third[-1].startswith("ファイル 1、シート 1: 取込 1。") and "すでに取り込んだファイル 2（変更なし）" in third
    assert not any("差し戻し用" in line for line in third)


@pytest.mark.quick
def test_json_stays_complete(quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say(quarter, capsys, "collect", folder)
    code, lines = say(quarter, capsys, "collect", folder, "--json")
    files = json.loads("\n".join(lines))["files"]
    assert code == 1 and [(f["status"], f["told"], len(f["measures"])) for f in files] == [
        ("refused", True, 0), ("unchanged", True, 1), ("held", True, 2), ("unchanged", True, 1),
    ]  # fmt: skip


def test_one_file_alone_is_told_in_full_again(
    quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(quarter, capsys, "collect", folder)
    _, lines = say(quarter, capsys, "collect", folder / "総務課.xlsx")
    assert lines[0] == "■ 総務課.xlsx（U0003）" and any("E101" in line for line in lines)


def test_a_file_that_is_twice_in_the_folder_did_not_come_before(
    quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("総務課.xlsx", "管財課.xlsx"):
        quarter.put((folder / name).read_bytes(), f"{name[:3]}（写し）.xlsx")
    _, lines = say(quarter, capsys, "collect", folder)
    assert sum(line.startswith("■") for line in lines) == 4
    assert [line for line in lines if line.startswith(("上の", "すでに", "前から"))] == [
        "上のファイルと中身が同じファイル 2（U0002、U0003）。一度だけ受け付けました"
    ]


def test_an_old_hold_is_told_anew_when_it_goes_in(
    quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(quarter, capsys, "collect", folder)
    quarter.put(quarter.filled({}, "総務課"), "総務課（修正）.xlsx")
    _, lines = say(quarter, capsys, "collect", folder)
    heads = [line for line in lines if line.startswith("■")]
    assert heads == ["■ 総務課.xlsx（U0003）", "■ 総務課（修正）.xlsx（U0005）"]  # the first is replaced now


def test_what_was_put_aside_is_one_line(quarter: Quarter, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say(quarter, capsys, "collect", folder)
    code, lines = say(quarter, capsys, "dismiss", "U0001", "--reason", "広告")
    assert (code, lines) == (0, ["U0001（写真.jpg）を除外しました。"])
    code, lines = say(quarter, capsys, "dismiss", "U0003", "--reason", "電話で取消し")
    assert lines[-1] == "ほかに回答がないので、未提出に戻ります: 03-01"
    code, lines = say(quarter, capsys, "collect", folder)
    assert code == 0 and lines[:2] == [
        "すでに取り込んだファイル 2（変更なし）", "除外か取下げにしたファイル 2（U0001、U0003）",
    ]  # fmt: skip
    code, lines = say(quarter, capsys, "dismiss", "U0001", "--reason", "広告")
    assert (code, lines) == (2, [])
    code, lines = say(quarter, capsys, "dismiss", "U0002")
    assert (code, lines) == (2, [])


def test_a_mail_without_files_shows_what_it_says(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    message = EmailMessage()
    message["From"], message["Date"] = "soumu@city.kisarazu.lg.jp", "Thu, 14 Jul 2022 08:00:00 +0000"
    message["Subject"] = "回答"
    message.set_content("総務課です。\n変更ありません。\n")
    code, lines = say(quarter, capsys, "collect", quarter.put(message.as_bytes(), "回答.eml"))
    assert code == 1 and lines[0].startswith("■ 回答.eml（U0001）")
    assert [line.strip() for line in lines if "｜" in line] == ["｜総務課です。", "｜変更ありません。"]
    assert any("総務課（soumu@city.kisarazu.lg.jp）" in line and "「回答」" in line for line in lines)


@pytest.mark.quick
def test_an_answer_that_a_later_return_left_blank_is_named(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A department empties a cell that the form does not require: nothing is deleted, and the screen says so."""
    plan = "activity.plan/K2/2"
    first = quarter.filled({"01-02": {"contact_person": "甲", plan: "試行"}}, "農林水産課")
    later = quarter.filled({"01-02": {"contact_person": "乙", plan: ""}}, "農林水産課")
    cell = quarter.cells(later, "01-02")[plan]
    issued = quarter.values("01-02").get(plan, "")
    say(quarter, capsys, "collect", quarter.put(first, "a.xlsx"))
    _, lines = say(quarter, capsys, "collect", quarter.put(later, "b.xlsx"))
    assert issued == "" and quarter.values("01-02")[plan] == "試行"
    assert [line.strip() for line in lines if "空欄" in line] == [
        f"空欄のままの {cell}: U0001 の回答が残ります（このファイルのとおりにするときは collect --replace）"
    ]


def test_of_many_files_only_those_with_remarks_are_shown_the_held_ones_last(
    quarter: Quarter, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dxreport.cli.collect_results._MANY", 2)
    quarter.put(quarter.filled({"03-01": {"activity.progress/K1/1": "順調"}}, "総務課"), "b.xlsx")
    quarter.put(quarter.filled({}, "農林水産課"), "c.xlsx")
    folder = quarter.put(b"no workbook", "a.txt").parent
    code, lines = say(quarter, capsys, "collect", folder)
    assert code == 1 and lines[0] == "指摘なしで取り込んだファイル 1"
    assert [line.partition("（")[0] for line in lines if line.startswith("■")] == ["■ a.txt", "■ b.xlsx"]
    assert "保留と受付不可の理由: E101 1、E401 1" in lines


@pytest.mark.quick
def test_an_answer_that_a_later_return_shows_as_issued_is_named(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A department takes a correction back: its cell comes as it was issued, which is no answer, and the screen says so."""
    say(
        quarter,
        capsys,
        "collect",
        quarter.put(quarter.filled({"01-02": {"contact_person": "甲"}}, "農林水産課"), "a.xlsx"),
    )
    later = quarter.filled({}, "農林水産課")
    cell = quarter.cells(later, "01-02")["contact_person"]
    code, lines = say(quarter, capsys, "collect", quarter.put(later, "b.xlsx"))
    assert (code, quarter.values("01-02")["contact_person"]) == (0, "甲")
    assert [line.strip() for line in lines if cell in line] == [
        f"配付したときのままの {cell}: U0001 の回答が残ります（このファイルのとおりにするときは collect --replace）"
    ]


@pytest.mark.quick
def test_a_return_that_would_be_held_if_it_counted_whole_stays_as_it_was_taken(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    say(quarter, capsys, "collect", quarter.put(quarter.filled({}), "a.xlsx"))
    later = quarter.put(quarter.filled({"01-01": {"contact_person": "乙"}}, full=False), "b.xlsx")
    say(quarter, capsys, "collect", later)
    before = quarter.files()
    code, lines = say(quarter, capsys, "collect", later, "--replace")
    assert code == 1 and [line.split()[1] for line in lines if "誤り" in line] == ["E409", "E409"]
    assert quarter.files() == before


@pytest.mark.quick
def test_a_return_that_was_emptied_is_not_passed_over(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    say(quarter, capsys, "collect", quarter.put(quarter.filled({}, "農林水産課"), "a.xlsx"))
    emptied = quarter.filled({"01-02": {"contact_person": ""}}, "農林水産課", full=False)
    cell = quarter.cells(emptied, "01-02")["activity.progress/K1/1"]
    _, lines = say(quarter, capsys, "collect", quarter.put(emptied, "b.xlsx"))
    assert any(line.strip().startswith(f"空欄のままの {cell}") and "U0001 の回答が" in line for line in lines)


@pytest.mark.quick
def test_an_item_that_was_added_is_shown_to_whoever_decides(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    [data] = own_activity(quarter)
    _, lines = say(quarter, capsys, "collect", quarter.put(data, "a.xlsx"))
    [conflict] = quarter.master.conflicts
    text = conflict.returned.split("\n")[0]
    assert any(line.startswith(f"  C0001 {conflict.measure} 追加: 取組（{text}") for line in lines)
    _, lines = say(quarter, capsys, "status")
    place = next(n for n, line in enumerate(lines) if "C0001" in line)
    assert text in lines[place + 1]


def test_conflicts_are_told_with_the_numbers_of_their_rows(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one that an earlier return raised too, but none that another file of the same run has overtaken."""
    quarter.write("01-01", {"procurement": "担当", "contact_person": "担当"})
    one, two, three = (
        quarter.put(quarter.filled({"01-01": {"procurement": "部署", "contact_person": name}}), f"{name}.xlsx")
        for name in ("甲", "乙", "丙")
    )
    _, lines = say(quarter, capsys, "collect", one, two)
    assert numbered(lines) == open_rows(quarter) == ["C0001", "C0002"]
    _, lines = say(quarter, capsys, "collect", three)
    assert numbered(lines) == open_rows(quarter) == ["C0002", "C0003"]


def numbered(lines: list[str]) -> list[str]:
    """The numbers of the conflicts that the screen shows one by one; its last lines name and count the same."""
    shown = sorted(line.split(":")[0].split()[1] for line in lines if line.startswith("    競合"))
    [last] = [line for line in lines if line.startswith("競合 ")]
    assert last.startswith(f"競合 {len(shown)} 件") and last.rpartition(": ")[2].split("、") == shown
    return shown


def open_rows(quarter: Quarter) -> list[str]:
    return [c.id for c in quarter.master.conflicts if c.state is ConflictState.OPEN]


def test_what_an_earlier_rounds_sheet_changes_is_shown(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    text = "念のため確認"
    [data] = last_quarter({"activity.countermeasure/K1/1": text})(quarter)
    _, lines = say(quarter, capsys, "collect", quarter.put(data, "旧.xlsx"))
    [line] = [line for line in lines if line.startswith("    変更 ")]
    assert line.endswith(f"「（空白）」→「{text}」")

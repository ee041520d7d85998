"""``dxreport mail``: exit codes, streams, the folder of the drafts."""

from __future__ import annotations

import json
from datetime import datetime

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.status.mailed import mailed
from tests.support.packages import without_sheet
from tests.support.quarter import issue
from tests.support.sending import mail

pytestmark = pytest.mark.slow

LATE = ["--now", "2022-07-20T09:00"]


def call(quarter, *args: str) -> int:
    return main(["mail", *args, "-C", str(quarter.root)])


@pytest.mark.quick
def test_drafts_of_the_current_round_go_to_a_folder_of_their_own(quarter, capsys):
    assert call(quarter, "request", *LATE) == 1  # 収税対策室 has no address
    shown = capsys.readouterr()
    folder = quarter.workspace.reports / "令和４年度_第1四半期_メール_依頼"
    assert len(list(folder.glob("*.eml"))) == 16 and str(folder) in shown.out and "16 通" in shown.out
    assert shown.err.count("注意") == 1 and "収税対策室" in shown.err and "収税対策室" not in shown.out
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert call(quarter, "request", *LATE) == 1
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_new_drafts_are_told_from_those_made_again(quarter, capsys):
    def made() -> tuple[int, int, str]:
        capsys.readouterr()
        call(quarter, "request", *LATE, "--json")
        answer = json.loads(capsys.readouterr().out)
        return len(answer["new"]), len(answer["same"]), answer["folder"]

    *counts, folder = made()
    assert counts == [16, 0] and made() == (0, 16, folder)
    (quarter.workspace.reports / folder / "総務課.eml").unlink()
    quarter.write("01-01", {"goal": "改めた目標"})
    issue(quarter, departments=("産業振興課",))
    call(quarter, "request", *LATE)
    assert "16 通（新規 1、前回と同じ 14、作り直し 1）" in capsys.readouterr().out


def test_equal_warnings_are_counted_and_rare_ones_come_first(quarter, capsys):
    book = openpyxl.load_workbook(quarter.workspace.master)
    for n, row in enumerate(book["部署"].iter_rows(min_row=2, max_row=15)):
        row[[cell.value for cell in book["部署"][1]].index("宛先")].value = None if n else "だれか"
    book.save(quarter.workspace.master)
    for n in range(12):
        quarter.collect(quarter.put(b"PK\3\4 %d" % n, f"{n}.xlsx"))
    call(quarter, "remind", *LATE)
    first, second, unread = [line for line in capsys.readouterr().err.splitlines() if line.startswith("注意: ")]
    assert first.startswith("注意: 総務課: 部署の宛先「だれか」")
    assert second.startswith("注意: 13 部署（") and " ほか 3 部署）: 宛先がありません。" in second
    assert "返送が 12 件あります: 0.xlsx（U0001）、" in unread and " ほか 2 件。" in unread


def test_the_answer_as_json(quarter, tmp_path, capsys):
    assert call(quarter, "remind", "--quarter", "1", "--out", str(tmp_path / "出力"), "--json", *LATE) == 1
    answer = json.loads(capsys.readouterr().out)
    keys = [
        "kind",
        "round",
        "folder",
        "drafts",
        "obstacles",
        "unread",
        "just_returned",
        "elsewhere",
        "removed",
        "kept",
        "stale",
        "new",
        "same",
        "problems",
    ]
    assert list(answer) == [*keys, "other_rounds"]
    assert (answer["kind"], answer["round"], len(answer["drafts"])) == ("remind", "第1四半期", 16)
    first = answer["drafts"][0]
    assert (first["department"], first["to"], first["cc"]) == ("総務課", ["soumu@city.kisarazu.lg.jp"], [])
    assert first["attachments"] == ["令和４年度_第1四半期_総務課.xlsx"] and "総務課" in first["subject"]
    assert first["measures"] == [
        {"id": id_, "state": "未提出", "issued": "2022-07-01 09:00:00", "days_late": 5} for id_ in ("03-01", "03-05")
    ]
    assert {d["path"] for d in answer["drafts"]} == {str(p) for p in (tmp_path / "出力").iterdir()}
    assert [o["department"] for o in answer["obstacles"]] == ["収税対策室"]


def test_a_return_whose_sender_is_known_is_named_by_the_department(quarter, capsys):
    quarter.collect(quarter.put(mail([]), "産業.eml"))
    call(quarter, "remind", *LATE)
    [said] = [line for line in capsys.readouterr().err.splitlines() if "産業.eml" in line]
    assert "産業振興課から" in said and "どの部署" not in said


def test_what_was_just_sent_back_is_not_reminded_of(quarter, capsys):
    """01-01 is held and 01-04 is missing: the reminder after the return names only the second, for three days."""
    book = without_sheet(quarter.filled({"01-01": {"activity.progress/K1/1": "順調"}}), "01-04")
    quarter.collect(book)

    def reminded(when: str) -> tuple[list[str], list[dict]]:
        capsys.readouterr()
        call(quarter, "remind", "--now", when, "--json")
        answer = json.loads(capsys.readouterr().out)
        [own] = [d for d in answer["drafts"] if d["department"] == "産業振興課"]
        return [m["id"] for m in own["measures"]], answer["just_returned"]

    assert reminded("2022-07-20T09:00") == (["01-01", "01-04"], [])
    call(quarter, "return", "--now", "2022-07-20T10:00")
    just = [{"department": "産業振興課", "measures": ["01-01"], "day": "2022-07-20"}]
    assert reminded("2022-07-20T11:00") == (["01-04"], just)
    assert reminded("2022-07-23T09:00") == (["01-04"], just)
    call(quarter, "remind", "--now", "2022-07-23T09:00")
    assert "産業振興課の01-01は、７月20日（水）に" in capsys.readouterr().err
    assert reminded("2022-07-24T09:00") == (["01-01", "01-04"], [])
    again = quarter.filled({"01-01": {"activity.progress/K1/1": "ほぼ順調"}})
    quarter.collect(without_sheet(again, "01-04"), now=datetime(2022, 7, 21, 9))
    assert reminded("2022-07-21T10:00") == (["01-01", "01-04"], [])


def test_no_recipient_is_no_fault(quarter, capsys):
    assert call(quarter, "return", *LATE) == 0
    assert "差し戻す部署はありません" in capsys.readouterr().out
    assert not (quarter.workspace.reports / "令和４年度_第1四半期_メール_差し戻し").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [(["send"], "request、return、remind"), ([], "KIND"), (["request", "--quarter", "2"], "render --round 第2四半期")],
)
def test_wrong_usage(quarter, capsys, args, words):
    assert call(quarter, *args) == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert words in shown.err or (not args and "指定してください" in shown.err)


def test_a_fault_in_the_wording_writes_nothing(quarter, capsys):
    before = quarter.files()
    path = quarter.workspace.templates / "メール_督促.txt"
    path.write_text("件名: x\n\n{% if %}\n", encoding="utf-8")
    before["templates/メール_督促.txt"] = path.read_bytes()
    assert call(quarter, "remind", *LATE) == 3
    assert f"{path} の 3 行目" in capsys.readouterr().err
    assert quarter.files() == before


def test_the_day_of_each_draft_is_on_record_though_the_draft_is_deleted(quarter, capsys):
    for now in ("2022-07-18T09:00", "2022-07-19T09:00", "2022-07-19T16:00"):
        assert call(quarter, "remind", "--now", now) == 1
    kept = mailed(quarter.workspace)
    assert len(kept) == 2 * 16  # made again on one day, it is the same reminder
    assert [m.when for m in kept if m.department == "職員課"] == ["2022-07-18 09:00:00", "2022-07-19 16:00:00"]
    assert {m.path for m in kept if m.department == "職員課"} == {"reports/令和４年度_第1四半期_メール_督促/職員課.eml"}
    capsys.readouterr()
    for draft in quarter.workspace.reports.rglob("*.eml"):
        draft.unlink()
    assert main(["status", "--json", *LATE, "-C", str(quarter.root)]) == 0
    task = next(t for t in json.loads(capsys.readouterr().out)["tasks"] if t["department"] == "職員課")
    assert (task["way"], task["last_when"], task["reminders"], task["files"]) == ("phone", "2022-07-19 16:00:00", 2, [])


def test_a_record_that_cannot_be_read_is_named_and_kept(quarter, capsys):
    path = quarter.workspace.mailed
    path.parent.mkdir()
    path.write_bytes(b"[{")
    assert call(quarter, "remind", *LATE) == 3 and main(["status", "-C", str(quarter.root)]) == 3
    assert "drafts.json" in capsys.readouterr().err and path.read_bytes() == b"[{"


def test_without_a_round_the_held_sheets_of_all_rounds_go_back(quarter, capsys):
    """The first quarter is still held when the second is the round at work."""
    quarter.collect(quarter.filled({"01-01": {"activity.progress/K1/1": "順調"}}))
    issue(quarter, "第2四半期", datetime(2022, 10, 3))
    now = ("--now", "2022-10-05T09:00", "--json")
    assert call(quarter, "return", *now) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["round"], answer["drafts"]) == ("第2四半期", [])
    [other] = answer["other_rounds"]
    assert (other["round"], [d["department"] for d in other["drafts"]]) == ("第1四半期", ["産業振興課"])
    assert call(quarter, "return", "--quarter", "2", *now) == 0
    assert json.loads(capsys.readouterr().out)["other_rounds"] == []

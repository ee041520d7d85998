"""The loop from the command line: exit codes, streams, and the keys of ``--json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import pytest

from dxreport.cli import console, main
from dxreport.lifecycle.init import create
from tests.support.quarter import OFFICE, Quarter

pytestmark = pytest.mark.slow

P1 = "activity.progress/K1/1"
NOW = ("--now", "2022-07-14T17:00:00")
PROBLEM = ["code", "severity", "sheet", "cell", "field", "label", "value", "message", "fix"]


def run(quarter: Quarter, *args: object) -> int:
    return main([*map(str, args), "-C", str(quarter.root), *NOW])


def answer(quarter: Quarter, capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict]:
    """Run a command; return exit code and JSON, with nothing else on stdout and nothing on stderr."""
    code = run(quarter, *args, "--json")
    out, err = capsys.readouterr()
    assert err == ""
    return code, json.loads(out)


@pytest.fixture
def mixed(quarter: Quarter) -> list[Path]:
    """Three returns: one with a conflict and a sheet without, one with a held sheet, one that is not a workbook."""
    quarter.write("01-01", {"procurement": "担当が直した内容"})
    return [
        quarter.put(quarter.filled({"01-01": {"procurement": "部署の内容"}}), "a.xlsx"),
        quarter.put(quarter.filled({"03-01": {P1: "順調"}}, "総務課"), "b.xlsx"),
        quarter.put(b"no workbook", "c.txt"),
    ]


def test_render_lists_its_issues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(tmp_path / "作業", date(2022, 7, 1), sample=True)
    quarter = Quarter(tmp_path / "作業")
    code, dry = answer(quarter, capsys, "render", "--quarter", 1, "--dry-run")
    assert code == 0 and not quarter.sent.exists() and not quarter.master.issues
    code, told = answer(quarter, capsys, "render", "--quarter", 1)
    assert code == 0 and told == dry
    assert list(told) == ["round", "folder", "issues", "deadline", "passed"]
    assert list(told["issues"][0]) == ["id", "department", "measures", "path", "sha256", "again", "too_tall", "form"]
    assert (len(told["issues"]), sum(len(i["measures"]) for i in told["issues"])) == (17, 26)
    for i in told["issues"]:
        assert hashlib.sha256(Path(i["path"]).read_bytes()).hexdigest() == i["sha256"]
    assert [i.sha256 for i in quarter.master.issues] == [i["sha256"] for i in told["issues"]]
    before = quarter.files()
    code, again = answer(quarter, capsys, "render", "--round", "第1四半期")
    assert {i["again"] for i in again["issues"]} == {True} and quarter.files() == before


@pytest.mark.quick
def test_render_takes_departments_measures_and_a_folder(
    quarter: Quarter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "別の場所"
    code, told = answer(
        quarter, capsys, "render", "--quarter", 2, "--department", OFFICE, "--measure", "01-04", "--out", out
    )
    assert (code, [i["measures"] for i in told["issues"]]) == (0, [["01-04"]])
    assert [p.name for p in out.iterdir()] == ["令和４年度_第2四半期_産業振興課_01-04.xlsx"]
    assert run(quarter, "render", "--quarter", 2, "--department", OFFICE) == 0
    assert "1 部署 2 施策" in capsys.readouterr().out


def test_a_deadline_on_another_weekday_is_refused_with_what_to_write(
    issued_quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, code in (("令和４年10月21日（木）", 2), ("令和４年10月21日（金）", 0), ("2022-10-21", 0)):
        assert run(issued_quarter, "render", "--quarter", 2, "--deadline", day, "--dry-run") == code
        assert ("「令和４年10月21日（金）」" in capsys.readouterr().err) is bool(code)


@pytest.mark.parametrize(
    "args",
    [
        ["render"], ["render", "--quarter", "5"], ["render", "--round", "ない回"], ["render", "--quarter", "1", "--round", "計画"],
        ["render", "--quarter", "1", "--department", "ない課"], ["render", "--quarter", "1", "--measure", "99-99"],
        ["render", "--quarter", "2", "--deadline", "令和４年10月21日（木）"],
        ["collect"], ["collect", "ない.xlsx"], ["collect", "--ない", "x"], ["resolve", "C0001"], ["resolve", "C0001", "--take", "current"],
        ["resolve", "C0001", "--take", "x", "--accept"], ["resolve", "U0001", "--accept", "--reason", "x"],
        ["resolve", "U0001/01-01", "--accept"], ["resolve", "U0001/01-01", "--accept", "--reason", "x"],
        ["history", "--measure", "99-99"], ["status", "--round", "ない回"],
    ],
)  # fmt: skip
def test_wrong_usage_is_2_with_a_remedy_and_changes_nothing(
    issued_quarter: Quarter, capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    before = issued_quarter.files()
    assert run(issued_quarter, *args) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("エラー: ") and ("対処: " in err or "指定してください" in err)
    assert issued_quarter.files() == before


@pytest.mark.parametrize(
    "args",
    [["render", "--quarter", "2"], ["collect", "a.xlsx"], ["status"], ["history"], ["resolve", "C0001", "--take", "x"]],
)
def test_without_a_workspace_or_with_a_damaged_master_it_is_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.xlsx").write_bytes(b"x")
    assert main([*args, "-C", str(tmp_path)]) == 3
    assert "作業フォルダーではありません" in capsys.readouterr().err
    Path("master").mkdir()
    Path("master/master.xlsx").write_bytes(b"no workbook")
    assert main([*args, "-C", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "master.xlsx" in err


def test_with_the_master_open_in_excel_reading_works_and_writing_is_3(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(quarter, "collect", mixed[0])
    (quarter.workspace.master_folder / "~$master.xlsx").write_bytes(b"\2ab")
    capsys.readouterr()
    before = quarter.files()
    assert [
        run(quarter, *args) for args in (["status"], ["history"], ["check"], ["collect", mixed[1], "--dry-run"])
    ] == [0, 0, 0, 1]
    capsys.readouterr()
    writing = (
        ["render", "--quarter", "2"], ["collect", mixed[1]], ["resolve", "C0001", "--take", "issued"],
        ["resolve", "U0001/01-01", "--accept", "--reason", "x"],
    )  # fmt: skip
    assert [run(quarter, *args) for args in writing] == [3, 3, 3, 3]
    out, err = capsys.readouterr()
    assert out == "" and err.count("Excel") >= 3 and "閉じて" in err
    assert quarter.files() == before


def test_collect_is_0_if_everything_was_merged_and_1_if_not(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quarter, "collect", quarter.put(quarter.filled({}, "管財課"), "d.xlsx")) == 0
    assert [run(quarter, "collect", path) for path in mixed] == [1, 1, 1]
    assert [run(quarter, "collect", path) for path in mixed] == [0, 1, 1]  # nothing new, still held, still refused
    assert capsys.readouterr().err == ""


def test_collect_json_keeps_its_contract(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = answer(quarter, capsys, "collect", *mixed)
    assert code == 1
    assert [(f["path"], f["status"], len(f["measures"])) for f in told["files"]] == [
        ("a.xlsx", "merged", 2), ("b.xlsx", "held", 2), ("c.txt", "refused", 0)]  # fmt: skip
    assert {k for f in told["files"] for k in f} >= {"path", "sha256", "status", "problems", "measures"}
    a, b, c = told["files"]
    assert a["sha256"] == hashlib.sha256(mixed[0].read_bytes()).hexdigest()
    assert {k for m in a["measures"] for k in m} >= {"id", "status", "problems", "changes", "conflicts", "moved"}
    first, second = a["measures"]
    assert (first["id"], first["status"], second["status"]) == ("01-01", "merged", "merged")
    assert first["conflicts"] == [{
        "field": "procurement", "label": "調達内容（具体的に）", "issued": "利用促進事業費及び加盟促進事業費を予算化",
        "returned": "部署の内容", "current": "担当が直した内容", "conflict": "C0001"}]  # fmt: skip
    change = next(c for c in first["changes"] if c["field"] == P1)
    assert list(change) == ["field", "label", "old", "new", "cell"]
    assert (change["old"], change["new"], change["cell"]) == (
        "",
        "予定通り",
        quarter.cells(mixed[0].read_bytes(), "01-01")[P1],
    )
    held = next(m for m in b["measures"] if m["id"] == "03-01")
    [problem] = held["problems"]
    assert list(problem) == PROBLEM
    assert (problem["code"], problem["severity"], problem["sheet"], problem["value"]) == (
        "E101",
        "error",
        "03-01",
        "順調",
    )
    assert problem["cell"] == quarter.cells(mixed[1].read_bytes(), "03-01")[P1]
    assert [list(p) for p in c["problems"]] == [PROBLEM]
    summary = told["summary"]
    assert (summary["files"], summary["merged"], summary["held"], summary["unchanged"], summary["conflicts"]) == (
        3,
        3,
        1,
        0,
        1,
    )
    assert summary["changes"] == sum(c.note != "手入力" for c in quarter.master.changes)
    [copy] = told["copies"]
    assert Path(copy).is_file()


def test_a_dry_run_answers_the_same_with_planned_and_writes_nothing(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = quarter.files()
    code, dry = answer(quarter, capsys, "collect", "--dry-run", *mixed)
    assert code == 1 and quarter.files() == before
    code, done = answer(quarter, capsys, "collect", *mixed)

    def told(record: dict) -> str:
        return json.dumps({k: record[k] for k in ("files",)}, ensure_ascii=False).replace('"planned"', '"merged"')

    assert code == 1 and told(dry) == told(done)
    assert (dry["summary"]["planned"], done["summary"]["merged"], dry["copies"]) == (3, 3, [])


def test_the_text_of_collect_names_sheet_cell_value_and_remedy(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quarter, "collect", *mixed) == 1
    out, err = capsys.readouterr()
    cell = quarter.cells(mixed[1].read_bytes(), "03-01")[P1]
    assert f"誤り E101 {cell} " in out and "「順調」" in out and "一覧から選び直してください" in out
    assert "競合 1 件" in out and "C0001" in out and "受付不可" not in err
    assert "c.txt" in out and err == ""


def test_resolve_answers_and_decides(quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, held = answer(quarter, capsys, "collect", *mixed)
    told = [p | {"severity": "warning"} for m in held["files"][1]["measures"] for p in m["problems"]]
    assert answer(quarter, capsys, "resolve", "C0001", "--take", "returned") == (
        0, {"conflict": "C0001", "changed": True, "new": "部署の内容"})  # fmt: skip
    assert answer(quarter, capsys, "resolve", "U0002/03-01", "--accept", "--reason", "電話で確認") == (
        0, {"return": "U0002", "id": "03-01", "changes": 3, "conflicts": 0, "not_taken": [], "despite": told, "decided": []})  # fmt: skip
    assert quarter.values("01-01")["procurement"] == "部署の内容"
    assert quarter.values("03-01")[P1] == "順調"


def test_several_are_decided_or_accepted_at_once_or_none_of_them(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    quarter.write("01-01", {"procurement": "担当", "contact_person": "担当"})
    quarter.write("01-04", {"contact_person": "担当"})
    theirs = {"contact_person": "部署"}
    quarter.collect(quarter.filled({"01-01": theirs | {"procurement": "部署"}, "01-04": theirs}))
    before = quarter.files()
    assert run(quarter, "resolve", "C0001", "C0009", "--take", "returned") == 2
    assert quarter.files() == before
    capsys.readouterr()
    code, decided = answer(quarter, capsys, "resolve", "c0001-c0002", "C0003", "--take", "returned")
    assert (code, [r["conflict"] for r in decided["results"]]) == (0, ["C0001", "C0002", "C0003"])
    assert {quarter.values(id_)["contact_person"] for id_ in ("01-01", "01-04")} == {"部署"}
    assert run(quarter, "resolve", "C0001-C0003", "--take", "returned") == 2

    wrong = {"activity.progress/K1/1": "順調"}
    quarter.collect(quarter.filled({"01-02": wrong, "01-03": wrong}, "農林水産課"))
    sheets, why = ("U0002/01-02", "U0002/01-03"), ("--accept", "--reason", "電話")
    before = quarter.files()
    assert run(quarter, "resolve", sheets[0], "U0002/01-04", *why) == 2
    assert quarter.files() == before
    capsys.readouterr()
    code, accepted = answer(quarter, capsys, "resolve", *sheets, *why)
    assert code == 0 and [r["id"] for r in accepted["results"]] == ["01-02", "01-03"]
    assert all(
        r["changes"] == len([c for c in quarter.master.changes if c.measure == r["id"]]) for r in accepted["results"]
    )
    assert {quarter.values(id_)["activity.progress/K1/1"] for id_ in ("01-02", "01-03")} == {"順調"}


def test_what_an_acceptance_leaves_open_or_erases_is_said(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    quarter.write("01-02", {"contact_person": "担当"})
    said = {"contact_person": "部署", P1: "順調"}
    quarter.collect(quarter.filled({"01-02": said}, "農林水産課"))
    why = ("--accept", "--reason", "電話")
    code, first = answer(quarter, capsys, "resolve", "U0001/01-02", *why)
    assert (code, first["conflicts"]) == (1, 1)
    quarter.collect(quarter.filled({}, "総務課"))
    run(quarter, "collect", quarter.put(quarter.filled({"03-01": {P1: ""}}, "総務課"), "b.xlsx"), "--replace")
    assert "W515" in capsys.readouterr().out
    assert run(quarter, "resolve", "U0003/03-01", *why) == 0
    out = capsys.readouterr().out
    assert "次の回答を消しました（1 か所）" in out and "「進捗遅延・課題あり」" in out
    assert run(quarter, "withdraw", "U0003") == 0


def test_a_side_may_be_named_as_the_screen_names_it(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    quarter.write("01-01", {"contact_person": "担当"})
    quarter.collect(quarter.filled({"01-01": {"contact_person": "部署"}}))
    assert run(quarter, "resolve", "C0001", "--take", "返送") == 0
    assert quarter.values("01-01")["contact_person"] == "部署"


def test_a_whole_return_that_is_held_counts_as_any_other_if_it_is_collected_again_without_replace(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    quarter.collect(quarter.filled({}, "総務課"))
    later = quarter.put(quarter.filled({"03-01": {"contact_person": "後任"}}, "総務課", full=False), "b.xlsx")
    assert run(quarter, "collect", later, "--replace") == 1
    assert run(quarter, "collect", later) == 0
    assert quarter.values("03-01")["contact_person"] == "後任" and quarter.values("03-01")[P1]


def test_of_many_sheets_status_shows_the_first_of_each_list_or_those_of_a_department(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dxreport.cli.status._MANY", 20)
    monkeypatch.setattr("dxreport.cli.status._FIRST", 3)
    run(quarter, "collect", *mixed)
    later = ("-C", str(quarter.root), "--now", "2022-07-19")

    def shown(*args: str) -> list[str]:
        capsys.readouterr()
        assert main(["status", *args, *later]) == 0
        return capsys.readouterr().out.splitlines()

    tasks = json.loads("\n".join(shown("--json")))["tasks"]
    by_mail = sum(task["way"] == "mail" for task in tasks)
    assert len(tasks) - by_mail == 1
    lines = shown()
    assert sum(line.startswith("  □ ") for line in lines) == 1 + 3 + 1 + 1  # to call, to mail, conflict, file
    assert [line.split("（")[0] for line in lines if line.startswith("  ほか")] == [f"  ほか {by_mail - 3} 部署"]
    assert lines[-1].startswith("■ 提出の記録　26施策（")
    lines = shown("--department", "総務課")
    assert [line.split()[1] for line in lines if line.startswith("  □ ")] == ["総務課"]
    assert [line.split()[1] for line in lines[-2:]] == ["03-01", "03-05"]
    assert main(["status", "--department", "総務部", *later]) == 2
    assert "総務課" in capsys.readouterr().err
    assert main(["status", "--department", "総務課", "--json", *later]) == 2


def test_status_and_history_after_a_collect(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(quarter, "collect", *mixed)
    capsys.readouterr()
    code, told = answer(quarter, capsys, "status")
    assert (code, told["round"], told["deadline"]) == (0, "第1四半期", "2022-07-15")
    states = {s["id"]: s["state"] for s in told["sheets"]}
    assert (states["01-01"], states["01-04"], states["03-01"], states["04-01"]) == (
        "確認中",
        "反映済",
        "差し戻し",
        "発行",
    )
    assert sum(told["sums"].values()) == len(told["sheets"]) == 26
    assert [r["file"] for r in told["refused"]] == ["c.txt"]
    code, told = answer(quarter, capsys, "history", "--measure", "01-04")
    assert code == 0 and {c["id"] for c in told["changes"]} == {"01-04"}
    assert [c["new"] for c in told["changes"]] == ["予定通り", "予定通り"]
    assert {"when", "field", "old", "new", "return", "file", "sheet", "cell", "note"} <= set(told["changes"][0])


@pytest.mark.parametrize(
    ("args", "count"),
    [(("mail", "request"), 17), (("publish",), 26), (("report", "--quarter", "1", "--format", "html"), 1)],
)
def test_commands_that_take_long_show_how_far_they_are(
    quarter: Quarter, args: tuple[str, ...], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[int] = []

    def progress(items: Collection[object], _label: str) -> Iterator[object]:
        watched.append(len(items))
        return iter(items)

    monkeypatch.setattr(console, "progress", progress)
    assert run(quarter, *args) in (0, 1) and watched == [count]


def test_the_same_commands_at_the_same_time_write_the_same_bytes(
    tmp_path: Path, issued_quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    """The secret, which init draws by lot, is an input too."""
    made = []
    for name in ("一", "二"):
        folder = tmp_path / name / "作業"
        assert main(["init", str(folder), "--sample", "--now", "2022-07-01T09:00:00"]) == 0
        Quarter(folder).workspace.secret.write_bytes(b"drawn once")
        assert main(["render", "--quarter", "1", "-C", str(folder), "--now", "2022-07-01T09:00:00"]) == 0
        quarter = Quarter(folder)
        assert run(quarter, "collect", quarter.put(quarter.filled({}), "a.xlsx")) == 0
        made.append(quarter.files())
    assert made[0] == made[1]


def test_ids_may_be_typed_in_any_width_and_case(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(quarter, "collect", *mixed)
    assert run(quarter, "resolve", "ｃ０００１", "--take", "returned") == 0
    assert run(quarter, "resolve", "u0002／０３－０１", "--accept", "--reason", "電話で確認") == 0
    assert run(quarter, "dismiss", "Ｕ０００３", "--reason", "回答ではない") == 0
    assert run(quarter, "history", "--measure", "３－１") == 0
    assert "03-01" in capsys.readouterr().out
    _, told = answer(quarter, capsys, "withdraw", "ｕ０００１/1-4")
    assert (told["return"], told["measure"]) == ("U0001", "01-04")
    states = {(r.id, r.measure): r.state.value for r in quarter.master.receipts}
    assert (states["U0001", "01-04"], states["U0002", "03-01"], states["U0003", ""]) == ("取下げ", "取込済", "除外")


def test_the_withdraw_screen_says_what_each_answer_to_a_conflict_does(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quarter, "collect", quarter.put(quarter.filled({}), "a.xlsx"))
    quarter.write("01-01", {P1: "進捗遅延・課題あり"})
    capsys.readouterr()
    assert run(quarter, "withdraw", "U0001") == 1
    lines = capsys.readouterr().out.splitlines()
    for take, text in (("current", "進捗遅延・課題あり"), ("issued", "（空白）"), ("returned", "予定通り")):
        [line] = [line for line in lines if f"dxreport resolve C0001 --take {take}" in line]
        assert f"「{text}」" in line


def test_the_withdraw_screen_names_dismiss_for_what_is_only_held(
    quarter: Quarter, mixed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(quarter, "collect", mixed[1])
    for args in (["--dry-run"], []):
        capsys.readouterr()
        assert run(quarter, "withdraw", "U0001/03-01", *args) == 0
        said = capsys.readouterr().out
        assert "dxreport dismiss" in said and "元に戻しました" not in said

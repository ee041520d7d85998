"""The audit of the master and the templates."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from dxreport.cli import main
from dxreport.lifecycle import sample
from dxreport.lifecycle.check import audit
from dxreport.lifecycle.init import create
from dxreport.lifecycle.rollover import carry
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import build_master
from dxreport.master.read import read_master
from dxreport.master.records import MeasureState, Standing
from dxreport.master.rounds import current_round
from dxreport.workspace.bundled import bundled
from tests.support.measures import with_texts

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(workspace, tmp_path) -> Path:
    """A sample workspace that a test may change."""
    return shutil.copytree(workspace, tmp_path / "w")


def run(folder: Path, capsys, *args: str) -> tuple[int, dict]:
    """Run ``dxreport check --json``; return exit code and answer."""
    code = main(["check", "-C", str(folder), "--json", *args])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.quick
def test_the_faults_of_the_published_forms_are_found_at_their_cells(workspace, capsys):
    code, answer = run(workspace, capsys)
    assert code == 0
    found = {(m["id"], p["code"]): p for m in answer["measures"] for p in m["problems"]}
    assert set(found) == {
        ("01-07", "W403"), ("01-14", "W102"), ("02-02", "W102"), ("02-04", "W401"),
        ("04-02", "W104"), ("04-02", "W303"), ("04-02", "W304"),
        ("03-03", "W604"),  # 導入前比各手続15分: more or less?
    }  # fmt: skip
    book = openpyxl.load_workbook(workspace / "master" / "master.xlsx")
    for (_, _), p in found.items():
        assert (book[p["sheet"]][p["cell"].partition("、")[0]].value or "") == p["value"]
    assert found["01-07", "W403"]["value"] == "kensui@city.kisarazulg.jp"
    assert answer["summary"] == {"measures": 26, "problems": 9, "templates": 1, "faults": 0, "notes": 0}


def test_the_keys_of_a_problem(workspace, capsys):
    _, answer = run(workspace, capsys)
    keys = {tuple(p) for m in answer["measures"] for p in m["problems"]}
    assert keys == {("code", "severity", "sheet", "cell", "field", "label", "value", "message", "fix")}
    assert answer["templates"] == [{"path": "templates/年間活動計画.xlsx", "faults": [], "notes": []}]


def test_the_text_says_the_same_and_ends_with_a_count(workspace, capsys):
    _, answer = run(workspace, capsys)
    assert main(["check", "-C", str(workspace)]) == 0
    shown = capsys.readouterr().out
    for measure in answer["measures"]:
        assert (f"{measure['id']} " in shown) or not measure["problems"]
        for p in measure["problems"]:
            assert f"「{p['sheet']}」シート {p['cell']} {p['label']}" in shown
            assert p["message"] in shown and f"→ {p['fix']}" in shown
    assert shown.splitlines()[-1].startswith("第1四半期の回で点検: 26 施策のうち 6 施策に指摘 9 件、")


def test_many_problems_are_told_by_code_the_most_frequent_last(workspace, capsys, monkeypatch):
    _, answer = run(workspace, capsys)
    count = Counter(p["code"] for m in answer["measures"] for p in m["problems"])
    monkeypatch.setattr("dxreport.cli.check._FEW", 8)
    assert main(["check", "-C", str(workspace)]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = {m[1]: int(m[2]) for line in lines if (m := re.fullmatch(r"(W[0-9]+)　([0-9,]+) 件", line))}
    assert told == count and list(told.values()) == sorted(count.values())
    at = next(n for n, line in enumerate(lines) if line.startswith("W102"))
    assert lines[at + 1] == "  01-14" and lines[at + 5].split()[:2] == ["ほかに", "02-02"]


def test_the_problems_of_one_code(workspace, capsys):
    _, answer = run(workspace, capsys, "--code", "ｗ403")
    assert [(m["id"], [p["code"] for p in m["problems"]]) for m in answer["measures"] if m["problems"]] == [
        ("01-07", ["W403"])
    ]
    assert answer["settings"] == answer["templates"] == []
    assert main(["check", "-C", str(workspace), "--code", "W403", "--strict"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  W")] == ["W403"]


def test_strict_is_1_on_findings_and_0_without(workspace, tmp_path, capsys):
    assert run(workspace, capsys, "--strict")[0] == 1
    create(tmp_path, date(2024, 4, 1))
    assert run(tmp_path, capsys, "--strict")[0] == 1  # names are to be filled in
    fill(tmp_path, {"団体名": "○○町", "計画名": "○○町DX推進計画", "担当課": "総務課", "連絡先": "内線 1"})
    code, answer = run(tmp_path, capsys, "--strict")
    assert code == 1 and [p["code"] for p in answer["settings"]] == ["W617"]  # nobody is to be asked yet
    book = openpyxl.load_workbook(tmp_path / "master/master.xlsx")
    areas = {"分野": "01", "分野名": "暮らし"}
    for name, row in (("部署", {"部署名": "総務課", "宛先": "a@example.lg.jp"}), ("施策", MEASURE), ("設定", areas)):
        heads = {cell.value: cell.column for cell in book[name][1]}
        for head, value in row.items():
            book[name].cell(2, heads[head], value)
    book.save(tmp_path / "master/master.xlsx")
    assert run(tmp_path, capsys, "--strict")[0] == 0


MEASURE = {"施策ID": "01-01", "施策名": "電子申請", "主管部署": "総務課"}


def fill(root: Path, values: dict[str, str | None], *, column: int = 2) -> dict[str, str]:
    """Write values beside these texts of 設定; return the addresses by text."""
    path = root / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    found = {}
    for row in book["設定"].iter_rows():
        for cell in row:
            if cell.value in values:
                beside = book["設定"].cell(cell.row, cell.column + column - 1)
                beside.value, found[cell.value] = values[cell.value], beside.coordinate
    book.save(path)
    return found


def test_names_still_to_be_filled_in_are_found_with_their_cells(copy, capsys):
    cells = fill(copy, {"計画名": None, "担当課": "企画課", "連絡先": None, "01": "暮らし", "02": "分野02"})
    _, answer = run(copy, capsys)
    named, areas = [p for p in answer["settings"] if p["code"] in ("W611", "W612")]
    assert (named["code"], named["cell"]) == ("W611", f"{cells['計画名']}、{cells['連絡先']}")
    assert named["label"] == "計画名、連絡先"
    assert areas["code"] == "W612" and "02、03、04の" in areas["message"] and cells["02"] in areas["cell"]
    assert cells["01"] not in areas["cell"]


def test_a_master_without_rows_of_names_is_told_which_to_add(copy, capsys):
    fill(copy, {"団体名": None, "担当課": "企画課", "連絡先": "内線 1", "01": "一", "02": "二", "03": "三", "04": "四"})
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    for row in book["設定"].iter_rows(max_col=1):
        if row[0].value in ("団体名", "計画名"):
            row[0].value = f"（{row[0].value}）"  # another row
    book.save(path)
    _, answer = run(copy, capsys)
    found = [(p["code"], p["cell"], p["label"]) for p in answer["settings"] if p["code"] < "W630"]
    assert found == [("W611", "", "団体名、計画名")]


def test_departments_that_no_mail_reaches_are_named_at_their_cells(copy, capsys):
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    book["部署"]["C2"].value = "soumu@city.kisarazulg.jp"
    book.save(path)
    _, answer = run(copy, capsys)
    found = [(p["code"], p["sheet"], p["cell"], p["label"]) for p in answer["settings"] if p["code"] > "W630"]
    assert found == [("W633", "部署", "C2", "総務課 宛先"), ("W631", "部署", "C9", "収税対策室 宛先")]


def test_nothing_is_written(workspace, capsys):
    before = {p: p.read_bytes() for p in workspace.rglob("*") if p.is_file()}
    run(workspace, capsys)
    assert {p: p.read_bytes() for p in workspace.rglob("*") if p.is_file()} == before


def master_with(folder: Path, measures, **standings: Standing):
    """Build a sample master with these measures and read it back."""
    path = folder / "master.xlsx"
    build_master(sample.settings(), DEPARTMENTS, measures, path, standings)
    return read_master(path)


def test_the_round_is_that_of_the_last_answers(tmp_path):
    blank = sample.load(with_answers=False)
    assert current_round(master_with(tmp_path, blank)).name == "第1四半期"
    changed = with_texts(blank[3], {f"activity.progress/{blank[3].activities[0].key}/3": "予定通り"})
    assert current_round(master_with(tmp_path, [*blank[:3], changed, *blank[4:]])).name == "第3四半期"


def flags_found(folder: Path, measures, round_: str = "") -> tuple[str, list[tuple[str, str]]]:
    """Run a check; return its round and the blank 有/無 that it finds."""
    master = master_with(folder, measures)
    found = audit(master, bundled("templates"), master.settings.round(round_) or current_round(master))
    return found.round.name, [(m.id, p.field) for m in found.measures for p in m.problems if p.code == "W102"]


def test_before_any_plan_the_round_is_that_for_plans_and_what_it_will_ask_is_no_finding(tmp_path):
    printed = sample.load(with_answers=True)
    carried = [carry(m) for m in printed]
    assert flags_found(tmp_path, carried) == ("計画", [])
    assert len(flags_found(tmp_path, carried, "第1四半期")[1]) == 53
    # after the first plan, its blank 依頼有無 is a finding; the other measures are still to be asked
    planned = [m if m.id == "02-02" else carry(m) for m in printed]
    assert flags_found(tmp_path, planned, "計画") == ("計画", [("02-02", "support_flag")])
    assert flags_found(tmp_path, printed, "計画") == ("計画", [("01-14", "related_flag"), ("02-02", "support_flag")])


def test_a_round_is_named_by_name_or_by_quarter(workspace, capsys):
    assert run(workspace, capsys, "--quarter", "2")[1]["round"] == "第2四半期"
    assert run(workspace, capsys, "--round", "第２四半期")[1]["round"] == "第2四半期"
    assert run(workspace, capsys, "--round", "年度実績")[1]["round"] == "年度実績"


def test_an_unknown_round_is_wrong_usage_and_the_message_lists_the_rounds(workspace, capsys):
    assert main(["check", "-C", str(workspace), "--round", "予算"]) == 2
    assert "計画、第1四半期、第2四半期、第3四半期、第4四半期、年度実績" in capsys.readouterr().err


def test_two_rounds_at_once_are_wrong_usage(workspace, capsys):
    assert main(["check", "-C", str(workspace), "--round", "計画", "--quarter", "1"]) == 2
    assert "--round と --quarter" in capsys.readouterr().err


def test_a_stopped_measure_is_not_checked(tmp_path):
    stopped = {"01-07": Standing(MeasureState.STOPPED, 1)}
    path = tmp_path / "master.xlsx"
    build_master(sample.settings(), DEPARTMENTS, sample.load(with_answers=False), path, stopped)
    master = read_master(path)
    shutil.copytree(Path(__file__).parents[2] / "templates", tmp_path / "templates")
    found = audit(master, tmp_path / "templates", master.settings.rounds[1])
    assert "01-07" not in {m.id for m in found.measures} and len(found.measures) == 25


def test_a_word_typed_into_the_master_is_found(copy, capsys):
    book = openpyxl.load_workbook(copy / "master" / "master.xlsx")
    sheet = book["取組"]
    heads = {cell.value: cell.column for row in sheet.iter_rows(max_row=4) for cell in row if cell.value}
    column = next(column for head, column in heads.items() if "1" in head.translate({0xFF11: "1"}) and "進捗" in head)
    row = next(cell.row for cell in sheet["A"] if cell.value == "01-01")
    sheet.cell(row, column).value = "順調"
    book.save(copy / "master" / "master.xlsx")
    _, answer = run(copy, capsys)
    (found,) = [p for m in answer["measures"] for p in m["problems"] if p["code"] == "E101"]
    assert (found["sheet"], found["cell"], found["value"]) == ("取組", sheet.cell(row, column).coordinate, "順調")


def test_progress_words_that_would_give_two_columns_the_same_heading_are_found(copy, capsys):
    book = openpyxl.load_workbook(copy / "master" / "master.xlsx")
    sheet = book["設定"]
    (last,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "進捗遅延・課題あり"]
    for n, word in enumerate(("未報告", "予定なし", "報告事項なし", "設定にない語", "予定通り"), 1):
        sheet.cell(last.row + n, last.column).value = word
    book.save(copy / "master" / "master.xlsx")
    code, answer = run(copy, capsys, "--strict")
    assert code == 1
    below = [sheet.cell(last.row + n, last.column).coordinate for n in range(1, 6)]
    assert [(p["code"], p["sheet"], p["cell"], p["value"]) for p in answer["settings"] if p["code"] < "W611"] == [
        ("W601", "設定", below[0], "未報告"),
        ("W601", "設定", below[1], "予定なし"),
        ("W601", "設定", below[2], "報告事項なし"),
        ("W601", "設定", below[3], "設定にない語"),
        ("W602", "設定", below[4], "予定通り"),
    ]
    assert main(["check", "-C", str(copy)]) == 0
    shown = capsys.readouterr().out
    assert f"  W601 「設定」シート {below[0]} 進捗\n" in shown and "設定に指摘 9 件、" in shown


def test_faults_and_notes_of_a_template_are_named_by_cell(copy, capsys):
    path = copy / "templates" / "年間活動計画.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = next(s for s in book if any("{{" in str(c.value) for row in s.iter_rows() for c in row))
    sheet["B2"] = "{{ measure.gaol }}"
    book.save(copy / "templates" / "新様式.xlsx")
    (copy / "templates" / "~$新様式.xlsx").write_bytes(b"\x05owner")
    code, answer = run(copy, capsys, "--strict")
    assert code == 1
    names = [t["path"] for t in answer["templates"]]
    assert names == ["templates/年間活動計画.xlsx", "templates/新様式.xlsx"] or sorted(names) == names
    (broken,) = [t for t in answer["templates"] if t["faults"]]
    assert broken["path"] == "templates/新様式.xlsx" and any("B2" in fault for fault in broken["faults"])


def test_a_text_that_fails_only_when_it_is_filled_in_is_found(copy, capsys):
    path = copy / "templates" / "年間活動計画.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = next(s for s in book if any("{{" in str(c.value) for row in s.iter_rows() for c in row))
    sheet["J3"] = "{{ measure.goal + 1 }}"
    sheet["J4"] = "{{ 1 // round.quarter }}"
    book.save(path)
    _, answer = run(copy, capsys)
    (faults,) = [t["faults"] for t in answer["templates"]]
    assert len(faults) == 2
    assert [" J3: " in faults[1], " J4: " in faults[0], "0 で割って" in faults[0]] == [True] * 3
    assert main(["render", "-C", str(copy), "--quarter", "1"]) == 3
    assert "種類の違うもの" in capsys.readouterr().err


def test_a_folder_without_templates_is_3(copy, capsys):
    (copy / "templates" / "年間活動計画.xlsx").unlink()
    assert main(["check", "-C", str(copy)]) == 3
    assert "様式" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", "施策,部署".encode("cp932")])
def test_a_master_that_is_not_a_workbook_is_3(content, copy, capsys):
    (copy / "master" / "master.xlsx").write_bytes(content)
    assert main(["check", "-C", str(copy)]) == 3
    shown = capsys.readouterr()
    assert "master.xlsx" in shown.err and "対処: " in shown.err and not shown.out


def test_a_round_without_inputs_is_found(copy, capsys):
    book = openpyxl.load_workbook(copy / "master" / "master.xlsx")
    sheet = book["設定"]
    (head,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "入力欄"]
    cell = sheet.cell(head.row + 2, head.column)
    name, cell.value = sheet.cell(cell.row, head.column - 3).value, None
    sheet.cell(cell.row, head.column + 1).value = None  # required fields must be inputs
    book.save(copy / "master" / "master.xlsx")
    _, answer = run(copy, capsys)
    assert [(p["code"], p["cell"], name in p["message"]) for p in answer["settings"] if p["code"] < "W611"] == [
        ("W603", cell.coordinate, True)
    ]


def test_an_outcome_without_a_direction_is_found_at_its_cell(copy, capsys):
    """Where a 目標 of this year holds a number; a word that is no direction is none."""
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["成果目標"]
    rows = {(row[0].value, row[1].value): row[0].row for row in sheet.iter_rows(min_row=2)}
    texts = {
        ("01-01", "O1"): None, ("01-01", "O2"): None,
        ("01-04", "O1"): "減らす",
        ("01-05", "O1"): "判定しない",
        ("01-09", "O3"): None,  # ５箇所以上: the column alone says it
        ("02-03", "O1"): None,  # 整備完了 this year, a number in the next
    }  # fmt: skip
    for place, text in texts.items():
        sheet.cell(rows[place], 15).value = text
    book.save(path)
    _, answer = run(copy, capsys, "--strict")
    found = [(m["id"], p["cell"], p["label"], p["value"]) for m in answer["measures"] for p in m["problems"]
             if p["code"] == "W604"]  # fmt: skip
    assert found == [
        ("01-01", f"O{rows['01-01', 'O1']}、O{rows['01-01', 'O2']}", "成果目標①、成果目標② 方向", ""),
        ("01-04", f"O{rows['01-04', 'O1']}", "成果目標① 方向", "減らす"),
        ("01-09", f"O{rows['01-09', 'O3']}", "成果目標③ 方向", ""),
        ("03-03", f"O{rows['03-03', 'O2']}", "成果目標② 方向", ""),
    ]


def test_a_direction_against_the_target_is_found_at_its_cell(copy, capsys):
    """01-09 O3: ５箇所以上."""
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    (row,) = [row for row in book["成果目標"].iter_rows() if (row[0].value, row[1].value) == ("01-09", "O3")]
    target, row[14].value = row[3].value, "少ないほど良い"
    book.save(path)
    _, answer = run(copy, capsys)
    (found,) = [p for m in answer["measures"] for p in m["problems"] if p["code"] == "W620"]
    assert (found["cell"], found["label"], found["value"]) == (row[14].coordinate, "成果目標③ 方向", "少ないほど良い")
    assert f"目標の「{target}」" in found["message"]


def test_words_of_progress_that_need_a_weight_or_a_treatment_are_found(copy, capsys):
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["設定"]
    (last,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "進捗遅延・課題あり"]
    for n, texts in enumerate((("中止", "必須"), ("完了", None, 5, "完了"), ("やや遅れ", None)), 1):
        for column, text in enumerate(texts, last.column):
            sheet.cell(last.row + n, column).value = text
    book.save(path)
    _, answer = run(copy, capsys)
    weight, treatment = [p for p in answer["settings"] if p["code"] in ("W621", "W622")]
    assert (weight["code"], weight["cell"]) == ("W621", "G4、G6") and "「中止」「やや遅れ」" in weight["message"]
    assert (treatment["code"], treatment["cell"], treatment["value"]) == ("W622", "H4", "中止")
    assert "「遅れ」として数えます" in treatment["message"]
    for row in range(2, 7):
        sheet.cell(row, last.column + 2).value = None  # nobody uses it
    book.save(path)
    assert "W621" not in {p["code"] for p in run(copy, capsys)[1]["settings"]}


def test_names_that_the_report_shows_twice_are_found(copy, capsys):
    cells = fill(copy, {"01": "暮らし", "02": "くらし", "03": "分野３", "04": " 暮 らし"})
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    measures, activities = book["施策"], book["取組"]
    measures["B3"].value = measures["B2"].value
    rows = [row[0].row for row in activities.iter_rows() if row[0].value == "01-01"]
    activities.cell(rows[1], 3).value = activities.cell(rows[0], 3).value
    book.save(path)
    _, answer = run(copy, capsys)
    found = {p["label"]: p for p in answer["settings"] if p["code"] == "W623"}
    assert {label: p["cell"] for label, p in found.items()} == {
        "施策名": "B2、B3", "分野名": f"{cells['01']}、{cells['04']}",
    }  # fmt: skip
    (own,) = [p for m in answer["measures"] for p in m["problems"] if p["code"] == "W623"]
    assert (own["sheet"], own["cell"]) == ("取組", f"C{rows[0]}、C{rows[1]}") and "2か所" in own["message"]
    assert [p["cell"] for p in answer["settings"] if p["code"] == "W612"] == [cells["03"]]


def test_a_plan_that_the_name_of_the_report_repeats_is_found(copy, capsys):
    fill(copy, {"報告書名": "木更津市DX推進計画 進捗報告書"})
    _, answer = run(copy, capsys)
    assert ["木更津市DX推進計画" in p["message"] for p in answer["settings"] if p["code"] == "W624"] == [True]


def test_a_master_without_the_column_of_directions_is_told_to_add_it(copy, capsys):
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    book["成果目標"]["O1"] = "備考"
    book["成果目標"].tables["成果目標表"].tableColumns[-1].name = "備考"
    book.save(path)
    code, answer = run(copy, capsys)
    found = {m["id"]: p for m in answer["measures"] for p in m["problems"] if p["code"] == "W604"}
    assert code == 0 and {(p["sheet"], p["cell"]) for p in found.values()} == {("成果目標", "")}
    assert "の列がない" in found["01-01"]["message"] and "列を加え" not in found["01-01"]["message"]
    assert "加えて" in found["01-01"]["fix"] and found["03-03"]["label"] == "成果目標①、成果目標② 方向"


def test_a_measure_that_ended_without_saying_when_is_found_if_it_was_reported_on(copy, capsys):
    """01-05 has progress, 01-06 has none, and 01-07 says when."""
    path = copy / "master" / "master.xlsx"
    book = openpyxl.load_workbook(path)
    heads = {c.value: c.column for c in book["施策"][1]}
    for row in book["施策"].iter_rows(min_row=2):
        id_ = row[0].value
        if id_ in ("01-05", "01-06", "01-07"):
            book["施策"].cell(row[0].row, heads["状態"], "中止")
        if id_ == "01-07":
            book["施策"].cell(row[0].row, heads["状態の開始四半期"], "第2四半期")
    progress = next(c.column for c in book["取組"][1] if str(c.value).endswith("進捗"))
    for row in book["取組"].iter_rows(min_row=2):
        if row[0].value in ("01-05", "01-07"):
            book["取組"].cell(row[0].row, progress, "予定通り")
    book.save(path)
    _, answer = run(copy, capsys)
    assert [(p["cell"], p["value"]) for p in answer["settings"] if p["code"] == "W639"] == [("Q6", "01-05")]


@pytest.mark.slow
def test_a_measure_that_was_issued_and_deleted_is_named(quarter, capsys):
    path = quarter.workspace.master
    book = openpyxl.load_workbook(path)
    for name in ("施策", "取組", "成果目標", "関連施策", "支援依頼"):
        for row in reversed(range(2, book[name].max_row + 1)):
            if book[name].cell(row, 1).value == "04-01":
                book[name].delete_rows(row)
    book.save(path)
    _, answer = run(quarter.root, capsys)
    [found] = [p for p in answer["settings"] if p["code"] == "W644"]
    assert "04-01" in found["message"] and found["sheet"] == "施策"

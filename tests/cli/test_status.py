"""``dxreport status``: on screen, as JSON, as a file."""

from __future__ import annotations

import json

import pytest

from dxreport.cli import main

LATE = ["--now", "2022-07-20T09:00"]


def call(quarter, *args: str) -> int:
    return main(["status", *args, *LATE, "-C", str(quarter.root)])


def test_totals_first_then_departments_in_order(issued_quarter, capsys):
    assert call(issued_quarter) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "令和４年度 第1四半期　提出期限 令和４年７月15日（金）",
        "今日は17部署に連絡します（電話1・メール16）。",
        "提出期限 ７月15日（金）から5日過ぎ、26施策のうち0がそろいました。",
        f"[{'.' * 40}] 0／26　未提出 26",
    ]
    order = [line.split()[0] for line in lines[lines.index("■ 提出の記録　26施策") + 3 :]]
    master = issued_quarter.master
    assert order == [d.name for d, measures in master.by_department(1) for _ in measures]


@pytest.mark.parametrize("kind", ["xlsx", "html"])
def test_a_file_goes_to_reports_or_to_the_given_path(quarter, kind, tmp_path, capsys):
    assert call(quarter, "--format", kind) == 0
    path = quarter.workspace.reports / f"令和４年度_第1四半期_提出状況.{kind}"
    assert str(path) in capsys.readouterr().out
    assert call(quarter, "--out", str(tmp_path / f"状況.{kind.upper()}")) == 0
    assert (tmp_path / f"状況.{kind.upper()}").read_bytes() == path.read_bytes()  # there is nothing to link to yet


def test_json_keeps_its_keys_and_names_the_file(quarter, capsys):
    assert call(quarter, "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert list(plain)[:5] == ["round", "deadline", "sums", "sheets", "refused"]
    assert list(plain)[5:] == ["answered", "headline", "tasks", "next"]
    assert plain["tasks"][0] == {
        "department": "収税対策室", "way": "phone", "people": "渡辺", "to": "", "phone": "",
        "problems": ["宛先が登録されていません。"], "measures": ["02-04"], "days_late": 5, "last_kind": "",
        "last_when": "", "reminders": 0, "todo": "宛先を聞き、「部署」シートの「宛先」に記入してください。", "files": [],
    }  # fmt: skip
    assert (plain["answered"], plain["next"]) == (0, "dxreport mail remind")
    assert plain["sheets"][0] == {
        "department": "総務課", "id": "03-01", "name": "電子決裁の範囲の拡大", "state": "未提出", "issue": "R04Q1-001",
        "return": "", "days_late": 5, "conflicts": [], "notes": [],
    }  # fmt: skip
    assert call(quarter, "--json", "--format", "xlsx") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("file").endswith("提出状況.xlsx") and answer == plain


@pytest.mark.parametrize(
    "args", [["--out", "a.pdf"], ["--format", "text", "--out", "a.xlsx"], ["--format", "pdf"], ["--out", "a"]]
)
def test_wrong_usage(issued_quarter, capsys, args):
    assert call(issued_quarter, *args) == 2
    assert "xlsx" in capsys.readouterr().err


def test_reading_writes_nothing(quarter, capsys):
    before = quarter.files()
    assert call(quarter) == call(quarter, "--json") == 0
    assert quarter.files() == before

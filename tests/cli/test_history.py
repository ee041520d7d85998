"""``dxreport history``: every text traced to return, file, sheet, cell, and to the kept original."""

from __future__ import annotations

import json
from pathlib import Path

from dxreport.cli import main
from dxreport.intake.workbook import open_workbook
from dxreport.ooxml.refs import cell
from tests.support.quarter import printed


def call(quarter, *args: str) -> int:
    return main(["history", *args, "-C", str(quarter.root)])


def test_every_new_text_is_in_the_kept_original(quarter, capsys):
    quarter.collect(quarter.put(quarter.filled({}), "返送（産業）.xlsx"))
    assert call(quarter, "--json") == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert {(c["id"], c["field"]): c["new"] for c in changes} == {
        (id_, str(ref)): text for id_ in ("01-01", "01-04") for ref, text in printed(id_).items()
    }
    for c in changes:
        book = open_workbook(Path(c["original"]).read_bytes())
        row, column = cell(c["cell"])
        assert book.sheet(c["sheet"]).rows[row - 1][column - 1] == c["new"] == quarter.values(c["id"])[c["field"]]
        assert (c["return"], c["file"]) == ("U0001", "返送（産業）.xlsx")


def test_the_text_names_them_too(quarter, capsys):
    quarter.collect(quarter.put(quarter.filled({}), "返送.xlsx"))
    assert call(quarter, "--measure", "01-04") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("令和４年７月14日（木）17:00 01-04")
    assert "U0001 返送.xlsx シート「01-04」 E" in shown and "01-01" not in shown
    assert f"控え {quarter.workspace.returns / 'U0001_返送.xlsx'}" in shown


def test_a_missing_original_is_reported(quarter, capsys):
    quarter.collect(quarter.filled({}))
    for path in quarter.workspace.returns.iterdir():
        path.unlink()
    assert call(quarter) == 0
    assert "控えがありません" in capsys.readouterr().out


def test_a_decided_conflict_is_traced_to_the_cell_of_the_return(quarter, capsys):
    quarter.write("04-01", {"activity.progress/K1/1": "進捗遅延・課題あり"})
    data = quarter.filled({"04-01": {"activity.progress/K1/1": "予定通り"}}, "職員課")
    [conflict] = quarter.collect(data).conflicts
    assert main(["resolve", conflict.id, "--take", "returned", "-C", str(quarter.root)]) == 0
    capsys.readouterr()
    assert call(quarter, "--json") == 0
    change = json.loads(capsys.readouterr().out)["changes"][-1]
    assert (change["new"], change["sheet"], change["return"]) == ("予定通り", "04-01", "U0001")
    assert change["cell"] == quarter.cells(data, "04-01")["activity.progress/K1/1"]
    assert Path(change["original"]).read_bytes() == data

"""Rows of 受付簿 and 競合 that were deleted or changed by hand, and what ``check`` says of them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from dxreport.cli import main
from dxreport.collect.ledger_check import ledger_problems
from dxreport.collect.withdraw import withdraw
from tests.support.halves import HERE, ONE, TWO, half
from tests.support.quarter import RETURNED, Quarter, copy

pytestmark = pytest.mark.slow

OLD = Path(__file__).parents[1] / "data" / "workspace_of_0.1.zip"
CP = "contact_person"


def by_hand(quarter: Quarter, sheet: str, change: Callable[[Worksheet], None]) -> None:
    """Change a sheet of the master as a person does in a spreadsheet program, and save it."""
    book = openpyxl.load_workbook(quarter.workspace.master)
    change(book[sheet])
    book.save(quarter.workspace.master)


def row_of(sheet: Worksheet, *texts: str) -> int:
    """The row that holds these texts."""
    return next(n for n, row in enumerate(sheet.iter_rows(values_only=True), 1) if set(texts) <= set(row))


def cell_of(sheet: Worksheet, row: int, header: str) -> str:
    column = next(cell.column_letter for cell in sheet[1] if cell.value == header)
    return f"{column}{row}"


def found(quarter: Quarter) -> list[tuple[str, str, str, str]]:
    problems = ledger_problems(quarter.workspace, quarter.master)
    return [(p.code, p.sheet, p.cell, p.label) for p in problems]


@pytest.fixture(scope="module")
def collected_once(issued_quarter: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    quarter = copy(issued_quarter, tmp_path_factory.mktemp("collected"))
    quarter.collect(quarter.put(half(quarter, ONE), "半分.xlsx"))
    quarter.write("01-04", {CP: "手書き"})
    quarter.collect(quarter.put(quarter.filled({"01-04": {CP: "返送"}}), "全部.xlsx"), quarter.put(b"?", "無関係.xlsx"))
    assert found(quarter) == []
    return quarter


@pytest.fixture
def collected(collected_once: Quarter, tmp_path: Path) -> Quarter:
    """A held half with a remark of the coordinator, a whole sheet, a file that is none, and a question."""
    return copy(collected_once, tmp_path)


@pytest.mark.quick
def test_a_deleted_row_is_named_by_what_it_was(collected: Quarter) -> None:
    by_hand(collected, "受付簿", lambda s: s.delete_rows(row_of(s, "U0002", HERE)))
    assert found(collected) == [("W606", "受付簿", "", f"U0002/{HERE}")]
    [gone] = ledger_problems(collected.workspace, collected.master)
    assert "全部.xlsx" in gone.message and "dxreport withdraw U0002" in gone.fix


def test_the_row_of_a_file_that_could_not_be_read_is_missed_too(collected: Quarter) -> None:
    by_hand(collected, "受付簿", lambda s: s.delete_rows(row_of(s, "U0003")))
    assert found(collected) == [("W606", "受付簿", "", "U0003")]


def test_a_changed_cell_is_shown_with_what_the_log_says(collected: Quarter) -> None:
    where = []

    def settle(sheet: Worksheet) -> None:
        where.append(cell_of(sheet, row_of(sheet, "U0001", HERE), "状態"))
        sheet[where[0]] = "保留"

    before = next(r.state.value for r in collected.master.receipts if (r.id, r.measure) == ("U0001", HERE))
    by_hand(collected, "受付簿", settle)
    assert before != "保留"
    assert found(collected) == [("W607", "受付簿", where[0], f"U0001/{HERE} 状態")]
    [changed] = ledger_problems(collected.workspace, collected.master)
    assert f"「保留」ですが、記録では「{before}」" in changed.message


def test_what_people_write_into_the_memo_sort_or_add_is_their_own(collected: Quarter) -> None:
    def tidy(sheet: Worksheet) -> None:
        sheet[cell_of(sheet, row_of(sheet, "U0001", HERE), "メモ")] = "電話済み"
        rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
        for n, row in enumerate(reversed(rows), 2):
            for column, value in enumerate(row, 1):
                sheet.cell(n, column).value = value

    by_hand(collected, "受付簿", tidy)
    assert found(collected) == []


def test_a_question_that_was_deleted_or_closed_without_a_decision_is_still_open(collected: Quarter) -> None:
    [asked] = collected.master.conflicts
    data = collected.workspace.master.read_bytes()
    by_hand(collected, "競合", lambda s: s.delete_rows(row_of(s, asked.id)))
    [gone] = ledger_problems(collected.workspace, collected.master)
    assert (gone.code, gone.sheet, gone.field) == ("W608", "競合", CP)
    assert "「返送」" in gone.message and "「手書き」" in gone.message and "01-04" in gone.message
    collected.workspace.master.write_bytes(data)
    where = []

    def close(sheet: Worksheet) -> None:
        where.append(cell_of(sheet, row_of(sheet, asked.id), "状態"))
        sheet[where[0]] = "解決済"

    by_hand(collected, "競合", close)
    assert found(collected) == [("W609", "競合", where[0], f"{asked.id} 状態")]


def test_what_was_typed_since_the_last_command_changes_no_row_yet(collected: Quarter) -> None:
    collected.write("01-04", {CP: "返送"})  # answers the question: the next command that writes closes its row
    assert found(collected) == []


def test_a_withdrawn_return_has_the_rows_of_a_withdrawn_one(collected: Quarter) -> None:
    for return_id in ("U0002", "U0003", "U0001"):
        withdraw(collected.workspace, return_id, "誤り", RETURNED)
        assert found(collected) == []


def test_a_restored_backup_is_compared_with_the_log_of_its_day(quarter: Quarter) -> None:
    quarter.collect(half(quarter, ONE))
    data = quarter.workspace.master.read_bytes()
    quarter.collect(half(quarter, TWO))
    quarter.workspace.master.write_bytes(data)
    assert found(quarter) == []


def test_a_log_made_of_the_ledgers_proves_nothing_about_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(tmp_path)
    shutil.copytree(Path(__file__).parents[2] / "templates", tmp_path / "templates")
    old = Quarter(tmp_path)
    assert found(old) == []
    withdraw(old.workspace, "U0002", "", RETURNED)
    by_hand(old, "受付簿", lambda s: s.delete_rows(row_of(s, "U0001")))
    assert found(old) == []


@pytest.mark.parametrize("folder", ["log", "readings"])
def test_a_log_that_is_gone_is_told_and_the_rest_is_checked(
    collected: Quarter, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-C", str(collected.root), "--json"])
    before = json.loads(capsys.readouterr().out)
    assert before["ledgers"] == []
    shutil.rmtree(collected.workspace.master_folder / folder)
    assert main(["check", "-C", str(collected.root), "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert [p["code"] for p in after["ledgers"]] == ["W610"]
    assert after | {"ledgers": []} == before


def test_check_shows_them_and_counts_them(collected: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    def both(sheet: Worksheet) -> None:
        sheet[cell_of(sheet, row_of(sheet, "U0002", "01-04"), "変更数")] = 7
        sheet.delete_rows(row_of(sheet, "U0001", HERE))

    by_hand(collected, "受付簿", both)
    main(["check", "-C", str(collected.root)])
    out = capsys.readouterr().out
    assert "\n受付簿・競合\n  W606 U0001/01-01\n" in out
    assert "、受付簿・競合に指摘 2 件、" in out.splitlines()[-1]

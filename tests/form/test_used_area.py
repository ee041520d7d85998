"""Rows and columns without content or look are dropped when a template is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dxreport.cli import main
from dxreport.form.compile import load_form
from dxreport.ooxml.package import Package
from tests.support.lens import TEMPLATE
from tests.support.packages import part_of
from tests.support.templates import Change, compiled, good, template, template_faults


@pytest.fixture(scope="module")
def row_deleted(office: Callable[[list[dict]], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled template after LibreOffice deleted its row 9 (an instruction)."""
    path = tmp_path_factory.mktemp("edited") / TEMPLATE.name
    steps = [["unprotect"], ["delete_rows", "年間活動計画", 9, 1]]
    office([{"open": str(TEMPLATE), "steps": steps, "save": [str(path)]}])
    return path


def test_a_row_deleted_in_libreoffice(row_deleted: Path) -> None:
    package = Package(row_deleted.read_bytes())
    assert 'r="1048576"' in package.read(part_of(package, "年間活動計画")).decode(), (
        "LibreOffice writes no stray row any more"
    )
    form, before = load_form(row_deleted), load_form(TEMPLATE)
    assert max(form.rows) == max(before.rows) - 1
    assert form.column_letters == before.column_letters


def test_its_books_are_small_and_come_back(
    row_deleted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "作業"
    assert main(["init", str(folder), "--sample"]) == 0
    shutil.copy(row_deleted, folder / "templates" / TEMPLATE.name)
    capsys.readouterr()
    assert main(["render", "-C", str(folder), "--quarter", "1", "--json"]) == 0
    paths = [Path(issue["path"]) for issue in json.loads(capsys.readouterr().out)["issues"]]
    assert len(paths) == 17 and max(path.stat().st_size for path in paths) < 60_000
    assert main(["collect", "-C", str(folder), "--dry-run", "--json", *map(str, paths)]) in (0, 1)
    answer = json.loads(capsys.readouterr().out)
    assert {f["status"] for f in answer["files"]} <= {"unchanged", "held", "planned"}
    assert not [p for f in answer["files"] for p in f["problems"] if p["severity"] == "error"]


def _drawn(change: Change) -> tuple[int, tuple[str, ...]]:
    """The last row and the columns of the small form with a change."""
    form = compiled(template(change, **good()))
    return max(form.rows), form.column_letters


@pytest.mark.parametrize(
    ("change", "last", "columns"),
    [
        (lambda book, sheet: sheet.set_row(1048575, 12.8), 6, ("B", "C")),
        (lambda book, sheet: sheet.write_blank("D900", None, book.add_format({"bold": True})), 6, ("B", "C")),
        (lambda book, sheet: sheet.write_blank("XFD1048576", None, book.add_format({"border": 1})), 6, ("B", "C")),
        (lambda book, sheet: sheet.write_blank("XFD3", None, book.add_format({"bg_color": "#FFFF00"})), 6, ("B", "C")),
        (lambda book, sheet: sheet.merge_range("B900:C901", ""), 6, ("B", "C")),
        # drawn on purpose
        (lambda book, sheet: sheet.write_blank("E9", None, book.add_format({"border": 1})), 9, ("B", "C", "E")),
        (lambda book, sheet: sheet.write_blank("C8", None, book.add_format({"bg_color": "#FFFF00"})), 8, ("B", "C")),
        (lambda book, sheet: sheet.write_string("D200", "以上"), 200, ("B", "C", "D")),
        (lambda book, sheet: sheet.write_formula("D20", "=1+1"), 20, ("B", "C", "D")),
        (lambda book, sheet: sheet.print_area("B2:C12"), 6, ("B", "C")),  # to be kept, it needs a row
        (lambda book, sheet: sheet.insert_textbox("B30", "ここまで"), 30, ("B", "C")),
    ],
)  # fmt: skip
def test_what_counts_as_drawn(change: Change, last: int, columns: tuple[str, ...]) -> None:
    bottom, letters = _drawn(change)
    assert letters == columns
    assert bottom == last or (last == 30 and 30 <= bottom < 50)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda book, sheet: sheet.write_string("C1048576", "備考"), "C1048576"),
        (lambda book, sheet: sheet.write_string("XFD3", "備考"), "XFD3"),
        (lambda book, sheet: sheet.merge_range("B8:C9000", "備考"), "C9000"),
    ],
)
def test_content_too_far_away_is_a_fault_at_its_cell(change: Change, where: str) -> None:
    (found,) = template_faults(template(change, **good()))
    assert found.startswith(f"シート「様式」 {where}: ") and "2,000 行、IV 列まで" in found

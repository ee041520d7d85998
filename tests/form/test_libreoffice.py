"""The laws through a real spreadsheet program: opened, edited and saved by LibreOffice in three formats."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from python_calamine import CalamineWorkbook

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.form.read.sheet import Filled, read_sheet
from dxreport.form.render.workbook import render_book
from tests.support.lens import FORM, ISSUE, REAL, prepared, read
from tests.support.measures import with_texts
from tests.support.packages import open_cells
from tests.support.strategies import NASTY, measures

pytestmark = pytest.mark.libreoffice
FORMATS = (".xlsx", ".xls", ".ods")


def nasty(count: int) -> list[Measure]:
    """The same generated measures at every run, with ids 09-01 and following."""
    found: list[Measure] = []

    @settings(max_examples=count + 1, phases=[Phase.generate], database=None, derandomize=True,
              suppress_health_check=list(HealthCheck), deadline=None)  # fmt: skip
    @given(measures)
    def collect(measure: Measure) -> None:
        found.append(measure)

    collect()
    return [with_texts(m, {"id": f"09-{n:02}"}) for n, m in enumerate(found[1:], 1)]


@dataclass
class Sent:
    """A book as issued, what was typed into it, and what is expected back."""

    measures: dict[str, Measure]
    before: dict[str, Filled]
    edits: dict[str, dict[Ref, str]]
    jobs: list[dict]
    saved: dict[str, Path]


def sent(folder: Path, name: str, given: list[Measure]) -> Sent:
    """Issue a book and write down a person's edits: texts, rows and columns inserted, sheets renamed and added."""
    dice = random.Random(name)
    data = render_book(prepared(), given, ISSUE).data
    path = folder / f"{name}.xlsx"
    path.write_bytes(data)
    out = Sent({m.id: m for m in given}, {}, {}, [], {f: folder / f"{name}-returned{f}" for f in FORMATS})
    steps: list[list] = [["unprotect"]]
    for measure in given:
        before = read(data, measure.id)
        inputs = open_cells(data, measure.id)
        refs = dice.sample([r for r, at in before.at.items() if at in inputs], 4)
        out.before[measure.id] = before
        out.edits[measure.id] = {ref: dice.choice(NASTY) for ref in refs}
        steps += [["type_text", measure.id, *before.at[ref], text] for ref, text in out.edits[measure.id].items()]
        bottom = max(row for row, _ in before.at.values())
        rows = [bottom + 1, before.at[refs[0]][0], before.at[refs[0]][0] + 1, 2, 1]
        steps += [["rows", measure.id, row, 1 + n % 2] for n, row in enumerate(rows)]
        steps += [["columns", measure.id, column, 1] for column in (9, 5, 2)]
    steps += [["rename", given[0].id, "回答（清書）"], ["add", "メモ"]]
    out.jobs = [{"open": str(path), "steps": steps, "save": [str(p) for p in out.saved.values()]}]
    return out


def as_saved(text: str, extension: str) -> re.Pattern[str]:
    """What becomes of a text: itself, but for two faults that are not ours.

    In .xlsx LibreOffice writes ``_x005F_x000D_`` for that text and for ``_x000D_`` alike. In .xls python-calamine
    cuts a character outside the BMP in two where a record ends in its middle.
    """
    if extension == ".xlsx":
        text = re.sub("_x005F_(?=x[0-9A-Fa-f]{4}_)", "_", text)
    exact = re.escape(text)
    return re.compile(
        re.sub("[\U00010000-\U0010ffff]", "(?:\\g<0>|\ufffd\ufffd)", exact) if extension == ".xls" else exact
    )


@dataclass
class Cut:
    """A row or column taken out of a sheet, and where the book was saved."""

    measure: str
    step: str
    number: int
    saved: dict[str, Path]

    def job(self, path: Path) -> dict:
        steps = [["unprotect"], [self.step, self.measure, self.number, 1]]
        return {"open": str(path), "steps": steps, "save": [str(p) for p in self.saved.values()]}


def cuts(folder: Path, data: bytes) -> list[Cut]:
    """Rows of 01-01 and columns of 04-02 to take out: within blocks and without, first and later ones of merges."""
    at = read(data, "01-01").at
    rows = [at[ref][0] for ref in (Ref("goal"), Ref("activity.plan", "K1", 1), Ref("activity.progress", "K2", 1))]
    numbered = [("01-01", "delete_rows", row) for row in rows]
    numbered += [("04-02", "delete_columns", column) for column in (2, 3, 4, 5, 8)]
    return [
        Cut(measure, step, number, {f: folder / f"{step}-{number}{f}" for f in FORMATS})
        for measure, step, number in numbered
    ]


@dataclass
class Returned:
    """All that LibreOffice had."""

    books: dict[str, Sent]
    cuts: list[Cut]
    issued: bytes


@pytest.fixture(scope="module")
def returned(office: Callable[[list[dict]], None], tmp_path_factory: pytest.TempPathFactory) -> Returned:
    """The books after LibreOffice had them; it is started once."""
    folder = tmp_path_factory.mktemp("returned")
    books = {"generated": sent(folder, "generated", nasty(12)), "real": sent(folder, "real", list(REAL.values()))}
    issued = render_book(prepared(), [REAL["01-01"], REAL["04-02"]], ISSUE).data
    path = folder / "issued.xlsx"
    path.write_bytes(issued)
    taken_out = cuts(folder, issued)
    office([*(job for book in books.values() for job in book.jobs), *(cut.job(path) for cut in taken_out)])
    return Returned(books, taken_out, issued)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", ["generated", "real"])
def test_edited_and_saved_by_libreoffice(returned: Returned, name: str, extension: str) -> None:
    book = returned.books[name]
    saved = CalamineWorkbook.from_path(book.saved[extension])
    found = {}
    for sheet in saved.sheet_names:
        values = saved.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        rows = [list(map(str, row)) for row in values]
        found |= {id_: (sheet, filled) for id_, filled in read_sheet(FORM, rows, quarter=1, year=1).items()}
    assert found.keys() == book.measures.keys()
    assert next(iter(found.values()))[0] == "回答（清書）"
    for measure, (_, filled) in found.items():
        expected = book.before[measure].values | book.edits[measure]
        assert filled.values.keys() == expected.keys()
        wrong = {
            ref: text for ref, text in expected.items() if not as_saved(text, extension).fullmatch(filled.values[ref])
        }
        assert wrong == {}
        assert filled.lost_columns == () and filled.copied == ()


@pytest.mark.parametrize("extension", FORMATS)
def test_a_removed_cell_is_never_read_as_blank(returned: Returned, extension: str) -> None:
    for cut in returned.cuts:
        before = read(returned.issued, cut.measure)
        rows = (
            CalamineWorkbook.from_path(cut.saved[extension])
            .get_sheet_by_name(cut.measure)
            .to_python(skip_empty_area=False)
        )
        (after,) = read_sheet(FORM, rows, quarter=1, year=1).values()
        place = 0 if cut.step == "delete_rows" else 1
        gone = {ref for ref, at in before.at.items() if at[place] == cut.number}
        assert after.values == {ref: text for ref, text in before.values.items() if ref not in gone}, cut
        assert bool(after.lost_columns) == bool(gone and place), cut

"""The laws through a real spreadsheet program: opened, edited and saved by LibreOffice in three formats."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from python_calamine import CalamineWorkbook

from dxreport.form.book import render_book
from dxreport.form.edition import edition
from dxreport.form.read import Filled, read_sheet
from dxreport.model import Measure, Ref

from .packages import open_cells
from .strategies import NASTY, measures
from .test_laws import FIRST, FORM, REAL, SETTINGS, read

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
    return [replace(m, id=f"09-{n:02}") for n, m in enumerate(found[1:], 1)]


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
    data = render_book(edition(FORM, FIRST, SETTINGS, "産業振興課"), given, "R04Q1-001").data
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


def as_saved(text: str, extension: str) -> str:
    """What LibreOffice makes of a text: in .xlsx it writes ``_x005F_x000D_`` for that text and for ``_x000D_`` alike."""
    return re.sub("_x005F_(?=x[0-9A-Fa-f]{4}_)", "_", text) if extension == ".xlsx" else text


@pytest.fixture(scope="module")
def returned(office: Callable[[list[dict]], None], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sent]:
    """Both books after LibreOffice had them; it is started once."""
    folder = tmp_path_factory.mktemp("returned")
    books = {"generated": sent(folder, "generated", nasty(12)), "real": sent(folder, "real", list(REAL.values()))}
    office([job for book in books.values() for job in book.jobs])
    return books


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", ["generated", "real"])
def test_edited_and_saved_by_libreoffice(returned: dict[str, Sent], name: str, extension: str) -> None:
    book = returned[name]
    saved = CalamineWorkbook.from_path(book.saved[extension])
    found = {}
    for sheet in saved.sheet_names:
        filled = read_sheet(FORM, saved.get_sheet_by_name(sheet).to_python(skip_empty_area=False), quarter=1, year=1)
        if filled is not None:
            found[filled.stamp.measure] = (sheet, filled)
    assert found.keys() == book.measures.keys()
    assert next(iter(found.values()))[0] == "回答（清書）"
    for measure, (_, filled) in found.items():
        expected = book.before[measure].values | book.edits[measure]
        assert filled.values == {ref: as_saved(text, extension) for ref, text in expected.items()}
        assert filled.lost_columns == () and filled.copied == ()

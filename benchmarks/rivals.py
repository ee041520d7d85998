"""Time what an office would write instead, each script a whole process, against whole commands of dxreport.

The scripts do the bare work. They are told beforehand which text goes into which cell, on which row of the master an
answer belongs and what the form looks like; they check nothing, keep no record, and find no cell that has moved.

    send     dxreport     ``render``: the master → a workbook for each department, with its ledger and kept copies
             openpyxl     load the master and the drawn form, copy a sheet for each measure, fill it in, save
             XlsxWriter   load the master with openpyxl, draw every sheet from code
             xltpl        load the master with openpyxl, fill in one template with a tag in each cell
    read     dxreport     ``collect --dry-run``: read the returns, judge them, plan all changes
             openpyxl     load each return, compare each answer with what was sent
             pandas       the same by ``read_excel``, with openpyxl or python-calamine as its engine
    collect  dxreport     ``collect``: as above, and write master, ledgers, kept originals and log
             openpyxl     load each return, compare, load the master, write the answers into it, save

Runs take turns. Prints for each the ratio of its processor time to that of dxreport in the same round (median, lowest
and highest), and that of its peak memory. A script that did not do its work is an error.
"""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import masters
import openpyxl
import scripts
from drawn import RecordedBook
from openpyxl.cell.cell import MergedCell
from processes import Cost, table, timed

from dxreport.domain.fields import Ref
from dxreport.form.read.sheet import read_sheet
from dxreport.issue.forms import Forms
from dxreport.master.read import read_master
from dxreport.ooxml.package import Package
from dxreport.ooxml.refs import address
from dxreport.ooxml.worksheets import Worksheets
from dxreport.workspace.paths import Workspace

ISSUED, RETURNED = "2022-07-01T09:00", "2022-07-14T17:00"
PROGRESS, COUNTERMEASURE = "activity.progress", "activity.countermeasure"


# What the scripts are told


def prepare(folder: Path, measures: int) -> Workspace:
    """Make a workspace before sending, one before collecting in ``folder / "sent"``, and what the scripts are told."""
    made = masters.workspace(folder / "fresh", measures)
    sent = masters.copy(made, folder / "sent")
    masters.issued(sent)
    masters.returned(sent, folder / scripts.RETURNS)
    books = planned(sent)
    (folder / scripts.PLAN).write_text(json.dumps(books), encoding="utf-8")
    files = {file: next(sent.reports.rglob(file)) for file in books}
    recorded = {file: RecordedBook(path.read_bytes()) for file, path in files.items()}
    for file, book in recorded.items():  # the scripts leave the pages of explanation out
        book.sheets = [sheet for sheet in book.sheets if sheet.title in {measure for measure, *_ in books[file]}]
    (folder / scripts.DRAWN).write_bytes(pickle.dumps(recorded))
    tallest, file = max((len(texts), measure, file) for file, of in books.items() for measure, texts, _ in of)[1:]
    form = openpyxl.load_workbook(files[file])
    for name in form.sheetnames:
        if name != tallest:
            del form[name]
    form[tallest].title = "form"
    form.save(folder / scripts.FORM)
    for ref in {ref for of in books.values() for _, texts, _ in of for ref in texts}:
        if not isinstance(form["form"][ref], MergedCell):
            form["form"][ref].value = f"{{{{ v.get('{ref}', '') }}}}"
    form.save(folder / scripts.TAGGED)
    return made


def planned(sent: Workspace) -> scripts.Books:
    """Return the text of each cell in the workbooks as sent, and where its answer belongs in the master."""
    master = read_master(sent.master)
    forms, round_ = Forms(sent.templates, master), master.settings.round(masters.ROUND)
    places = master_cells(sent.master)
    books: scripts.Books = {}
    for issue in master.issues:
        sheets = Worksheets(Package(next(sent.reports.rglob(issue.file)).read_bytes()))
        form = forms.of(master.measure(issue.measures[0]), round_)
        books[issue.file] = []
        for id_ in issue.measures:
            filled = read_sheet(form, sheets.grid(id_).rows, quarter=1, year=1)[id_]
            at = {ref: address(row, column) for ref, (row, column) in filled.at.items()}
            texts = {at[ref]: str(filled.values[ref]) for ref in at}
            answers = {at[ref]: place for ref in at if (place := places.get((id_, ref)))}
            books[issue.file].append((id_, texts, answers))
    return books


def master_cells(path: Path) -> dict[tuple[str, Ref], str]:
    """Return the cell of each answer of the first quarter in the sheet 取組."""
    rows = list(openpyxl.load_workbook(path, read_only=True)[scripts.SHEET].iter_rows(values_only=True))
    columns = {name: n for n, name in enumerate(rows[0], 1)}
    asked = {PROGRESS: columns["第1四半期 進捗"], COUNTERMEASURE: columns["第1四半期 対応策"]}
    id_, key = columns["施策ID"] - 1, columns["取組ID"] - 1
    return {
        (str(row[id_]), Ref(field, str(row[key]), 1)): address(n, column)
        for n, row in enumerate(rows[1:], 2)
        for field, column in asked.items()
    }


OWN = {
    "send": ("fresh", "render", "--quarter", "1", "--now", ISSUED),
    "read": ("sent", "collect", f"../../{scripts.RETURNS}", "--dry-run", "--now", RETURNED),
    "collect": ("sent", "collect", f"../../{scripts.RETURNS}", "--now", RETURNED),
}


# The comparison


def by_dxreport(folder: Path, work: str) -> Cost:
    """Time a command in a copy of its workspace."""
    source, *command = OWN[work]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = masters.copy(Workspace(folder / source), Path(scratch) / "w")
        return timed(made.root, "dxreport", *command)[0]


def by_script(folder: Path, work: str, name: str, expected: int) -> Cost:
    """Time a script; raise RuntimeError if it did not do its work."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        cost, said = timed(folder, str(Path(scripts.__file__).resolve()), work, name, scratch)
    if int(said) != expected:
        raise RuntimeError(f"{name} {work}: {said.strip()}, not {expected}")
    return cost


def measured(measures: int, runs: int) -> str:
    """Return a table with the ratios of each script to dxreport."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder, measures)
        expected = {"send": measures, "read": answered(folder), "collect": answered(folder)}
        for work, names in scripts.SCRIPTS.items():
            own: list[Cost] = []
            others: dict[str, list[Cost]] = {name: [] for name in names}
            for _ in range(runs):
                own.append(by_dxreport(folder, work))
                for name, costs in others.items():
                    costs.append(by_script(folder, work, name, expected[work]))
            rows += [[f"{work}: {name}", *ratios(costs, own)] for name, costs in others.items()]
    return table(("", "CPU time", "lowest", "highest", "memory"), rows)


def answered(folder: Path) -> int:
    """Return the number of answers in all returns, counted from the real ones."""
    sheets = json.loads((folder / scripts.PLAN).read_text(encoding="utf-8")).values()
    return sum(masters.answers(measure) for of in sheets for measure, *_ in of)


def ratios(costs: Sequence[Cost], own: Sequence[Cost]) -> list[str]:
    """Return the ratios of a candidate to dxreport, round by round."""
    seconds = [c.seconds / o.seconds for c, o in zip(costs, own, strict=True)]
    memory = statistics.median(c.memory / o.memory for c, o in zip(costs, own, strict=True))
    return [f"{value:.1f} ×" for value in (statistics.median(seconds), min(seconds), max(seconds), memory)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("measures", nargs="?", type=int, default=260, help="a multiple of 26")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(measured(options.measures, options.runs))


if __name__ == "__main__":
    main()

"""Find rows of 受付簿 and 競合 that people deleted or changed, by comparing them with the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..domain import problems
from ..domain.errors import MasterError
from ..domain.fields import label
from ..domain.model import normalise
from ..domain.problems import Problem, problem
from ..master.ledgers import LEDGER_OF
from ..master.records import Conflict, ConflictState, Master, Receipt, ReceiptState
from ..master.schema import CONFLICTS, RECEIPTS
from ..rules import item_name
from ..workspace.paths import Workspace
from .commit import Books
from .log import Read
from .state import OpenConflict, Replayed

_FREE = "メモ"  # not compared: people write there too, and its wording depends on the release
_REPLACED = "置き換え"  # nor is this of a sheet of another round: earlier releases left it blank


def ledger_problems(workspace: Workspace, master: Master) -> tuple[Problem, ...]:
    """Return a problem for each row that differs from the log, or one (W610) if the log is gone or damaged.

    Nothing is checked if the log was built from the ledgers themselves.
    """
    if not master.commit:
        return ()
    books = Books(workspace, master, datetime.min)
    try:
        commits = books.log.chain(master.commit).commits
        if any(isinstance(entry.event, Read) for entry in commits[0].entries):
            return ()
        told = sum(len(commit.entries) for commit in commits)
        return (*_receipts(books, told), *_conflicts(books, told))
    except MasterError as error:
        return (problem(problems.LOG_LOST, {"reason": error.message}, sheet=RECEIPTS.name),)


def _receipts(books: Books, told: int) -> Iterator[Problem]:
    ledger, table = LEDGER_OF[Receipt], books.master.tables[RECEIPTS.name]
    here = {(r.id, *r.place): r for r in books.master.receipts}
    for key, wanted in books.receipts(books.texts, books.reads(), upto=told).items():
        said = {"return": wanted.id, "measure": wanted.measure, "file": wanted.file}
        name = "/".join(filter(None, (wanted.id, wanted.measure)))
        if key not in here:
            yield problem(problems.RECEIPT_GONE, {**said, "row": name}, sheet=RECEIPTS.name, label=name)
            continue
        texts, row = ledger.texts(here[key]), table.rows[ledger.key(here[key])]
        for header, text in ledger.texts(wanted).items():
            free = header == _FREE or (header == _REPLACED and wanted.state is ReceiptState.ELSEWHERE)
            if header in table.columns and not free and normalise(text) != texts[header]:
                yield problem(
                    problems.RECEIPT_CHANGED, {**said, "column": header, "value": texts[header], "expected": text},
                    sheet=RECEIPTS.name, cell=table.cell(row, header), label=f"{name} {header}", value=texts[header],
                )  # fmt: skip


def _conflicts(books: Books, told: int) -> Iterator[Problem]:
    rows: dict[tuple[object, ...], Conflict] = {}
    for row in books.master.conflicts:
        key = row.measure, row.ref, row.returned, row.current
        if key not in rows or rows[key].state is not ConflictState.OPEN:
            rows[key] = row
    for measure in books.texts:
        state = books.state(measure, upto=told)
        for asked in state.conflicts.values():
            found = rows.get((measure, asked.ref, normalise(asked.returned), normalise(asked.current)))
            if found is None:
                yield _question_gone(books, measure, asked, state)
            elif found.state is not ConflictState.OPEN:
                yield _question_closed(books, found)


def _question_gone(books: Books, measure: str, asked: OpenConflict, state: Replayed) -> Problem:
    settings = books.master.settings
    texts = state.values() | {asked.ref: asked.returned}
    name = label(asked.ref, settings, item_name(asked.ref, texts, settings.catalogue))
    said = {"measure": measure, "field": name, "value": asked.returned, "current": asked.current}
    return problem(
        problems.QUESTION_GONE, said, sheet=CONFLICTS.name, field=str(asked.ref), label=f"{measure} {name}",
        value=asked.returned,
    )  # fmt: skip


def _question_closed(books: Books, row: Conflict) -> Problem:
    table, state = books.master.tables[CONFLICTS.name], row.state.value
    return problem(
        problems.QUESTION_CLOSED, {"conflict": row.id, "value": state}, sheet=CONFLICTS.name,
        cell=table.cell(table.rows[row.id,], "状態"), field=str(row.ref), label=f"{row.id} 状態", value=state,
    )  # fmt: skip

"""A log as an earlier release wrote it: whatever would be decided otherwise today is named here."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from dxreport.collect.commit import Books, opened
from dxreport.collect.judge import Judge
from dxreport.collect.ledger import sheet_receipt
from dxreport.workspace.paths import Workspace
from tests.support.quarter import RETURNED

LOG = Path(__file__).parents[1] / "data" / "workspace_with_log.zip"  # halves, a decision, an acceptance, a withdrawal,
# the wrong round's book, and a return that counts whole


@pytest.fixture
def books(tmp_path: Path) -> Books:
    with zipfile.ZipFile(LOG) as archive:
        archive.extractall(tmp_path)
    shutil.copytree(Path(__file__).parents[2] / "templates", tmp_path / "templates")
    return opened(Workspace(tmp_path), RETURNED)


def test_the_state_is_that_of_the_ledgers(books: Books) -> None:
    rows = {(r.id, r.measure, r.issue_id): r for r in books.master.receipts}
    readings = books.readings()
    files = books.files()
    replayed = {
        (key[0], measure, key[1]): sheet_receipt(readings[key[0]], outcome, files)
        for measure in ("01-01", "01-04", "03-01", "03-05")
        for key, outcome in books.state(measure).outcomes.items()
    }
    assert replayed == rows
    assert books.noticed == ()
    for id_, texts in books.texts.items():
        assert {ref: t.text for ref, t in books.state(id_).texts.items() if t.text} == texts


def test_the_rules_of_today_find_what_they_found(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = books.chain.outcomes()
    judge = Judge(books.store.terms, books.master, {})
    monkeypatch.setattr(books, "judge", judge, raising=False)
    for id_ in ("01-01", "01-04", "03-01", "03-05"):
        books.state(id_)
    asked = [key for key in judge.fresh if key in recorded]
    assert len(asked) > 15
    assert {key: judge.fresh[key] for key in asked} == {key: recorded[key] for key in asked}

"""Run every case of the table through the command: check the answer of ``collect`` and the master."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest

from dxreport.cli import console, main
from dxreport.ooxml.refs import cell
from dxreport.status.round_status import status
from tests.support.cases import CASES, Case
from tests.support.quarter import RETURNED, Quarter

pytestmark = pytest.mark.slow

P1 = "activity.progress/K1/1"
Saved = Mapping[tuple[str, str], Path]


def rows() -> Iterator[object]:
    """Yield every case, once per format in which LibreOffice saves it."""
    for case in CASES:
        if case.steps is None:
            yield pytest.param(case, "", id=case.name)
            continue
        for ending in case.formats:
            yield pytest.param(case, ending, id=f"{case.name}, .{ending}", marks=pytest.mark.libreoffice)


@pytest.fixture(scope="module")
def saved(issued_quarter: Quarter, office: Callable, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The files LibreOffice saves for each case, by name and format; it is started once."""
    folder = tmp_path_factory.mktemp("saved")
    data = issued_quarter.filled({})
    (folder / "返送.xlsx").write_bytes(data)
    cells = issued_quarter.cells(data, "01-01")
    jobs, out = [], {}
    for number, case in enumerate(c for c in CASES if c.steps is not None):
        own = {(case.name, ending): folder / str(number) / f"返送.{ending}" for ending in case.formats}
        (folder / str(number)).mkdir()
        steps = [["unprotect"], *case.steps(lambda ref: cell(cells[ref]))]
        job = {"open": str(folder / "返送.xlsx"), "steps": steps, "save": [str(path) for path in own.values()]}
        jobs.append(job | ({"password": case.password} if case.password else {}))
        out |= own
    office(jobs)
    return out


@pytest.mark.parametrize(("case", "ending"), list(rows()))
def test_case(
    case: Case, ending: str, quarter: Quarter, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    if case.steps is None:
        given = case.make(quarter)
    else:
        given = case.sent(quarter, request.getfixturevalue("saved")[case.name, ending])
    paths = [path if isinstance(path, Path) else quarter.put(path, f"返送{n}.xlsx") for n, path in enumerate(given, 1)]
    before = texts(quarter)
    typed = iter(case.typed)
    monkeypatch.setattr(console, "someone_there", lambda: bool(case.typed))
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _: next(typed))
    options = [option.format(list=quarter.root.parent / "受信" / "一覧.csv") for option in case.options]
    capfd.readouterr()
    code = main(
        ["collect", "-C", str(quarter.root), "--now", RETURNED.isoformat(), "--json", *options, *map(str, paths)]
    )
    answer = json.loads(capfd.readouterr().out)

    assert "; ".join(said(file) for file in answer["files"]) == case.said
    assert code == int(any(word in case.said for word in ("held", "refused", "conflict")))
    check_words(answer)
    check_master(before, texts(quarter), answer, case)
    check_places(case, answer, quarter)
    assert next(typed, None) is None


def texts(quarter: Quarter) -> dict[str, dict[str, str]]:
    """Return all texts of the master, by measure."""
    return {m.id: {str(ref): text for ref, text in m.values().items()} for m in quarter.master.measures}


def said(file: dict) -> str:
    """Return the answer for a file in short form."""
    mail = f"[{file['sender']} {file['received']}] " if file["sender"] else ""
    codes = [p["code"] for p in file["problems"]]
    if not file["measures"]:
        return mail + " ".join([file["status"], *codes])
    head = [" ".join(["file", *codes])] if codes else []
    return mail + "; ".join([*head, *map(said_of_sheet, file["measures"])])


def said_of_sheet(sheet: dict) -> str:
    codes = [p["code"] for p in sheet["problems"]]
    return " ".join(
        [sheet["id"], sheet["status"], *codes, *(["conflict"] if sheet["conflicts"] or "W502" in codes else [])]
    )


def check_words(answer: dict) -> None:
    """Check that every problem says what to do, and that an unreadable file gets one line."""
    for file in answer["files"]:
        problems = [*file["problems"], *(p for s in file["measures"] for p in s["problems"])]
        assert all(p["message"].endswith("。") and p["fix"].endswith("。") for p in problems)
        if not file["measures"]:
            assert len(problems) == 1 and "\n" not in problems[0]["message"]


def check_master(before: dict, after: dict, answer: dict, case: Case) -> None:
    """Check that the master holds what was merged, and that nothing was read as a blank."""
    merged = {s["id"] for f in answer["files"] for s in f["measures"] if s["status"] == "merged"}
    assert {id_ for id_ in before if before[id_] != after[id_]} == merged
    assert all(after[id_][P1] for id_ in merged)
    gone = {(id_, ref) for id_, own in before.items() for ref, text in own.items() if text and not after[id_].get(ref)}
    assert gone == set()
    assert {key: after[key.partition(" ")[0]].get(key.partition(" ")[2]) for key in case.lands} == dict(case.lands)


def check_places(case: Case, answer: dict, quarter: Quarter) -> None:
    """Check that cells, rows and columns are named as the sender sees them, and that notes are kept."""
    sheet = next((s for f in answer["files"] for s in f["measures"] if s["id"] == "01-01"), {})
    if case.cell:
        problem = sheet["problems"][0]
        assert (problem["field"], problem["cell"]) == (case.cell, quarter.cells(quarter.book(), "01-01")[case.cell])
    assert case.moved in "、".join(sheet.get("moved", ())) and bool(sheet.get("moved")) == bool(case.moved)
    assert {n["cell"]: n["text"] for n in sheet.get("notes", ())} == dict(case.notes)
    if case.notes:
        master = quarter.master
        shown = status(master, master.settings.round("第1四半期"), RETURNED.date())
        kept = next(s.notes for s in shown.sheets if s.measure == "01-01")
        assert kept == {where: " ".join(text.split()) for where, text in case.notes.items()}
    if case.names:
        assert tuple(f["path"] for f in answer["files"]) == case.names


def test_names_tell_cases_apart() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)

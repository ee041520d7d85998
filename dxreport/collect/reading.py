"""A reading: what was read from a returned file, once and for all. It holds facts only, without judgement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..domain.errors import MasterError
from ..domain.fields import BUILT_IN, Catalogue, Ref
from ..domain.problems import Problem
from ..issue.store import Archive, Snapshot
from ..master.records import number_of

Rank = tuple[str, int, int]
"""When an answer was given, the number of its return, and the place of its sheet there: the highest answer counts."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """One measure on a sheet of a returned file; a sheet that lists several measures has one reading for each.

    ``readable`` is True if the sheet could be identified and read; if not, ``problems`` say why. ``texts`` are all the
    texts it shows, ``cells`` their places in the file (``E21``). ``problems`` are those of the file alone, ``notes``
    the department's notes by cell. ``moved`` describes in words what was moved, ``added`` holds the items that the
    department added. ``rounds`` are those the measure was issued for so far.
    """

    sheet: str
    measure: str
    issue: str
    round: str = ""
    department: str = ""
    texts: Mapping[Ref, str] = field(default_factory=dict)
    cells: Mapping[Ref, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    added: tuple[Mapping[Ref, str], ...] = ()
    rounds: tuple[str, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A returned file as read.

    ``sent`` is the date of the mail it came in ("" for none), ``received`` when it was first collected, ``at`` when its
    answers were given, as well as we can tell; all in the format of the master's cells. ``corrects`` is the return it
    is a corrected copy of. ``whole`` is True if it was collected with ``--replace``. ``terms`` is the digest of the
    settings it was read with. ``department`` is that of a file without readable sheets, if known.
    """

    id: str
    sha256: str
    file: str
    sent: str
    received: str
    at: str
    sheets: tuple[SheetReading, ...] = ()
    problems: tuple[Problem, ...] = ()
    corrects: str = ""
    whole: bool = False
    terms: str = ""
    department: str = ""

    def rank(self, place: int) -> Rank:
        """Return the rank of the answers of the sheet at this place; a return without a number counts as 0."""
        return self.at, number_of(self.id), place

    @property
    def complete(self) -> bool:
        """True if the file has sheets and all were read."""
        return bool(self.sheets) and all(sheet.readable for sheet in self.sheets)

    def measures(self) -> tuple[str, ...]:
        """Return the measures whose state it affects."""
        return tuple(dict.fromkeys(sheet.measure for sheet in self.sheets if sheet.readable))


def reading_data(reading: Reading, archive: Archive) -> bytes:
    """Return a reading as JSON; of texts left as issued, only the addresses are kept."""
    given = {k: v for k, v in asdict(replace(reading, sheets=())).items() if v}
    given["problems"] = [problem_json(p) for p in reading.problems]
    given["sheets"] = [_sheet_json(sheet, archive) for sheet in reading.sheets]
    return json.dumps(given, ensure_ascii=False, separators=(",\n", ": ")).encode("utf-8")


def parse_reading(data: bytes, archive: Archive) -> Reading:
    """Parse the output of :func:`reading_data`. Raise ValueError, KeyError or TypeError on anything else.

    Raise MasterError if an issue that it refers to is no longer kept.
    """
    given = json.loads(data)
    sheets = tuple(_sheet_from(sheet, archive) for sheet in given.pop("sheets"))
    problems = tuple(problem_from(p, archive.today) for p in given.pop("problems"))
    return Reading(**{"sent": "", **given}, sheets=sheets, problems=problems)


def problem_json(p: Problem) -> dict[str, Any]:
    """Return a problem as a dict for JSON, without blank values."""
    return {key: value for key, value in asdict(p).items() if value}


def problem_from(given: Mapping[str, Any], today: Catalogue = BUILT_IN) -> Problem:
    """Return the problem that :func:`problem_json` wrote, with fields renamed to their keys in ``today``."""
    fields = tuple(map(today.address, given.get("fields", ())))
    return Problem(**{**given, "field": today.address(given.get("field", "")), "fields": fields})


def refs_json(texts: Mapping[Ref, str]) -> dict[str, str]:
    """Return texts by address as a dict for JSON."""
    return {str(ref): text for ref, text in texts.items()}


def refs_from(given: Mapping[str, str], today: Catalogue = BUILT_IN) -> dict[Ref, str]:
    """Return the texts that :func:`refs_json` wrote, with fields renamed to their keys in ``today``."""
    return {today.ref(ref): text for ref, text in given.items()}


def _sheet_json(sheet: SheetReading, archive: Archive) -> dict[str, Any]:
    issued = issue_of(sheet, archive).texts[sheet.measure] if sheet.readable else {}
    given: dict[str, Any] = {
        "sheet": sheet.sheet, "measure": sheet.measure, "issue": sheet.issue, "round": sheet.round,
        "department": sheet.department, "readable": sheet.readable, "rounds": sheet.rounds, "moved": sheet.moved,
        "notes": dict(sheet.notes), "problems": [problem_json(p) for p in sheet.problems],
        "cells": refs_json(sheet.cells), "added": [refs_json(item) for item in sheet.added],
        "as issued": [str(ref) for ref, text in sheet.texts.items() if issued.get(ref) == text],
        "texts": refs_json({ref: text for ref, text in sheet.texts.items() if issued.get(ref) != text}),
    }  # fmt: skip
    return {key: value for key, value in given.items() if value or key in ("sheet", "measure", "issue", "readable")}


def _sheet_from(given: dict[str, Any], archive: Archive) -> SheetReading:
    today = archive.today
    same, texts = given.pop("as issued", ()), refs_from(given.pop("texts", {}), today)
    sheet = SheetReading(
        cells=refs_from(given.pop("cells", {}), today),
        problems=tuple(problem_from(p, today) for p in given.pop("problems", ())),
        added=tuple(refs_from(item, today) for item in given.pop("added", ())),
        moved=tuple(given.pop("moved", ())),
        rounds=tuple(given.pop("rounds", ())),
        **given,
    )
    issued = issue_of(sheet, archive).texts[sheet.measure] if same else {}
    return replace(sheet, texts={ref: issued.get(ref, "") for ref in map(today.ref, same)} | texts)


def issue_of(sheet: SheetReading, archive: Archive) -> Snapshot:
    """Return the snapshot of a sheet's issue. Raise MasterError if it is no longer kept."""
    snapshot = archive.snapshot(sheet.issue)
    if snapshot is None or sheet.measure not in snapshot.texts:
        raise MasterError(
            f"発行の控え {sheet.issue}（{sheet.measure}）がありません。", "バックアップから戻してください。"
        )
    return snapshot

"""A reading: what was read of a returned file, once and for all. Facts only; no rule has judged them yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..domain.errors import MasterError
from ..domain.fields import BUILT_IN, Catalogue, Ref
from ..domain.problems import Problem
from ..issue.store import Archive, Snapshot

Stamp = tuple[str, int]
"""When an answer was given, and the number of its return: of two answers the higher one counts."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """One measure on a sheet of a returned file; of a list each has a reading of its own.

    ``readable`` says whether the sheet could be identified and read; if not, ``problems`` say why.
    ``texts`` are all texts it shows, ``cells`` where each stands in the file (``E21``); ``problems`` are those
    of the file alone, ``notes`` the department's notes by cell, ``moved`` what stands elsewhere than issued, in
    words, ``added`` items that the department added. ``rounds`` are those the measure was issued for so far.
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

    ``sent`` is the date of the mail it came in ("" for none), ``received`` when it was first collected, ``at``
    when its answers were given as far as that is known; all as the master's cells hold times. ``corrects`` is
    the return it is a corrected copy of, ``whole`` whether it was collected with ``--replace``, ``terms`` the
    digest of the settings it was read by. ``department`` is the sender's, of a mail without files.
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

    @property
    def stamp(self) -> Stamp:
        """When its answers were given, and its number."""
        return self.at, int(self.id[1:]) if self.id[1:].isdigit() else 0

    @property
    def complete(self) -> bool:
        """Whether every sheet of it was read."""
        return bool(self.sheets) and all(sheet.readable for sheet in self.sheets)

    def measures(self) -> tuple[str, ...]:
        """The measures whose state it bears on."""
        return tuple(dict.fromkeys(sheet.measure for sheet in self.sheets if sheet.readable))


def reading_data(reading: Reading, archive: Archive) -> bytes:
    """A reading as JSON; texts that are as issued are left out."""
    given = {k: v for k, v in asdict(replace(reading, sheets=())).items() if v}
    given["problems"] = [problem_json(p) for p in reading.problems]
    given["sheets"] = [_sheet_json(sheet, archive) for sheet in reading.sheets]
    return json.dumps(given, ensure_ascii=False, separators=(",\n", ": ")).encode("utf-8")


def parse_reading(data: bytes, archive: Archive) -> Reading:
    """The inverse of :func:`reading_data`; raises ValueError, KeyError or TypeError on anything else."""
    given = json.loads(data)
    sheets = tuple(_sheet_from(sheet, archive) for sheet in given.pop("sheets"))
    problems = tuple(problem_from(p, archive.today) for p in given.pop("problems"))
    return Reading(**{"sent": "", **given}, sheets=sheets, problems=problems)


def problem_json(p: Problem) -> dict[str, Any]:
    """A problem without what is blank."""
    return {key: value for key, value in asdict(p).items() if value}


def problem_from(given: Mapping[str, Any], today: Catalogue = BUILT_IN) -> Problem:
    """The inverse of :func:`problem_json`, with fields under their keys of ``today``."""
    fields = tuple(map(today.address, given.get("fields", ())))
    return Problem(**{**given, "field": today.address(given.get("field", "")), "fields": fields})


def refs_json(texts: Mapping[Ref, str]) -> dict[str, str]:
    """Texts by address, for JSON."""
    return {str(ref): text for ref, text in texts.items()}


def refs_from(given: Mapping[str, str], today: Catalogue = BUILT_IN) -> dict[Ref, str]:
    """The inverse of :func:`refs_json`, with fields under their keys of ``today``."""
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
    """The issue of a sheet as sent; raises MasterError where it is no longer kept."""
    snapshot = archive.snapshot(sheet.issue)
    if snapshot is None or sheet.measure not in snapshot.texts:
        raise MasterError(
            f"発行の控え {sheet.issue}（{sheet.measure}）がありません。", "バックアップから戻してください。"
        )
    return snapshot

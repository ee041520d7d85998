"""Workspaces of any size: the 26 real measures as many times as needed, each copy as a city of its own.

The same size and seed give the same bytes.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from dxreport.domain.fields import Ref
from dxreport.domain.model import Measure
from dxreport.issue import render
from dxreport.issue.forms import Forms
from dxreport.lifecycle import sample
from dxreport.lifecycle.init import create
from dxreport.lifecycle.sample.departments import DEPARTMENTS
from dxreport.master.build import build_master
from dxreport.master.read import read_master
from dxreport.sendback.fill import fill
from dxreport.workspace.paths import Workspace

STARTED, ISSUED, RETURNED = date(2022, 7, 1), datetime(2022, 7, 1, 9), datetime(2022, 7, 14, 17)
ROUND = "第1四半期"
_ANSWERS = ("activity.progress", "activity.countermeasure")
_IDS = ("id", "related.id")


def workspace(folder: Path, measures: int, seed: int = 1) -> Workspace:
    """Make a workspace with this many measures, a multiple of 26, in 17 departments for each 26."""
    made = create(folder, STARTED, sample=True).workspace
    cities = measures // 26
    departments = [replace(d, name=_name(d.name, n)) for n in range(cities) for d in DEPARTMENTS]
    build_master(sample.settings(), departments, list(_measures(cities, seed)), made.master)
    return made


def issued(made: Workspace) -> None:
    """Issue the first quarter to all departments."""
    master = read_master(made.master)
    round_ = master.settings.round(ROUND)
    assert round_ is not None
    books = render.plan(master, Forms(made.templates, master), round_, ISSUED)
    render.apply(made, master, books, render.out_folder(made, master, round_), now=ISSUED)


def returned(made: Workspace, folder: Path) -> None:
    """Fill in all issued workbooks with the answers as printed."""
    master = read_master(made.master)
    round_ = master.settings.round(ROUND)
    forms = Forms(made.templates, master)
    answers = {m.id: dict(_answered(m)) for m in sample.load(with_answers=True)}
    sent = render.out_folder(made, master, round_) if round_ else made.reports
    folder.mkdir(parents=True, exist_ok=True)
    for issue in master.issues:
        theirs = {id_: answers[original(id_)] for id_ in issue.measures}
        form = forms.of(master.measure(issue.measures[0]), round_)
        data = fill((sent / issue.file).read_bytes(), form, theirs, quarter=1, year=1)
        (folder / issue.file).write_bytes(data)


def answers(measure: str) -> int:
    """Return the number of answers that the department of a measure, or of a copy of it, gives."""
    found = next(m for m in sample.load(with_answers=True) if m.id == original(measure))
    return sum(1 for _ in _answered(found))


def original(id_: str) -> str:
    """Return the 施策ID of the real measure of which this one is a copy."""
    area, _, number = id_.partition("-")
    return f"{area}-{int(number) % 100:02}"


def _measures(cities: int, seed: int) -> Iterator[Measure]:
    chance = random.Random(seed)
    for n in range(cities):
        for measure in sample.load(with_answers=False):
            yield Measure({ref: _text(ref, text, n, chance) for ref, text in measure.values().items()})


def _text(ref: Ref, text: str, n: int, chance: random.Random) -> str:
    if not n or not text:
        return text
    if ref.field in _IDS:
        area, _, number = text.partition("-")
        return f"{area}-{int(number) + 100 * n}" if number.isdigit() else text
    if ref.field in ("lead_department", "related_departments"):
        return "\n".join(_name(line, n) for line in text.split("\n"))
    return f"{text}{chance.randrange(1000)}" if ref.field in ("goal", "activity.plan") else text


def _name(department: str, n: int) -> str:
    return f"{department}{n}" if n else department


def _answered(measure: Measure) -> Iterator[tuple[Ref, str]]:
    for ref, text in measure.values().items():
        if ref.field in _ANSWERS and ref.period == 1 and text:
            yield ref, text


def copy(made: Workspace, folder: Path) -> Workspace:
    """Copy a workspace into a new folder."""
    return Workspace(shutil.copytree(made.root, folder))

"""Publish: the sheets of all measures in one workbook, for the city's web site.

It has no stamp, keys, hidden rows, columns or sheets, notes, dropdowns, prompts, tints, author names or deadlines.
Fields of the round are blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..domain.model import Measure, Round
from ..form.records import Form
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_published
from ..master.records import Master
from ..workspace.files import atomic_write, file_name
from ..workspace.paths import Workspace
from .index_sheet import index_sheet

_NO_ROUND = Round("")


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """The published workbook: its file name without suffix, its bytes, its measures in the order of their IDs.

    ``too_tall`` are cells (``01-05!F21``) whose text exceeds the maximum height of a row.
    """

    name: str
    data: bytes
    measures: tuple[str, ...]
    too_tall: tuple[str, ...]


def published_set(master: Master, form: Form) -> PublishedSet:
    """Return the sheets of all measures that ran in the year; ``form`` was compiled to be published.

    Raises DxreportError for a text that exceeds a cell.
    """
    measures = [m for m in master.measures if master.standings[m.id].runs_in(0)]
    title = f"{master.settings.fiscal_year.label}　{form.sheet}"
    by_department: dict[str, list[Measure]] = {}
    for m in measures:
        by_department.setdefault(m.lead_department, []).append(m)
    prepared = {name: PreparedForm(form, _NO_ROUND, master.settings, name) for name in by_department}
    pages: list[tuple[PreparedForm, Sequence[Measure]]] = [(prepared[m.lead_department], [m]) for m in measures]
    if form.layout.is_list:
        pages = [(prepared[d.name], by_department[d.name]) for d in master.departments if d.name in by_department]
    index = partial(index_sheet, f"{title}　施策一覧", measures, form.source.styles)
    book = render_published(form, pages, index, title)
    name = file_name(f"{master.settings.fiscal_year.label}_{form.sheet}")
    return PublishedSet(name, book.data, tuple(m.id for m in measures), book.too_tall)


def out_folder(workspace: Workspace, master: Master) -> Path:
    """Return the default folder for the set."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_公表")


def write(found: PublishedSet, pdf: bytes | None, folder: Path) -> list[Path]:
    """Write the workbook and the PDF, if any, over earlier ones in ``folder``; return their paths.

    Raises as ``atomic_write``.
    """
    files = {f"{found.name}.xlsx": found.data} | ({f"{found.name}.pdf": pdf} if pdf is not None else {})
    for name, data in files.items():
        atomic_write(folder / name, data)
    return [folder / name for name in files]

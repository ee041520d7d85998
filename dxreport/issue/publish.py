"""Publish the sheets of all measures for the city's web site, in one workbook per form.

It has no stamp, keys, hidden rows, columns or sheets, notes, dropdowns, prompts, tints, author names or deadlines. Of
the round, it shows only the quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from ..domain.fields import Period, Ref
from ..domain.model import Measure, Round
from ..domain.names import joined
from ..form.records import Form, TemplateCell
from ..form.render.prepare import PreparedForm
from ..form.render.workbook import render_published
from ..form.variables import THIS
from ..master.records import Master
from ..workers import Watch
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.transaction import write_files
from .forms import Forms
from .index_sheet import index_sheet


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """A published workbook: its file name without suffix, its bytes, the IDs of its measures.

    ``too_tall`` are cells (``01-05!F21``) whose text exceeds the maximum height of a row; ``lacks_quarter`` is True if
    cells of this quarter are blank because no quarter was given.
    """

    name: str
    data: bytes
    measures: tuple[str, ...]
    too_tall: tuple[str, ...]
    lacks_quarter: bool = False


def published_sets(
    master: Master, forms: Forms, round_: Round | None = None, watch: Watch = iter
) -> list[PublishedSet]:
    """Return the sheets of all measures that ran in the year, one workbook for each of their published ``forms``.

    With a round, these are its forms, and ``this_quarter`` is its quarter. ``watch`` wraps the sheets of a workbook
    while they are rendered. Raise DxreportError if a form does not exist or a text exceeds a cell.
    """
    by_form: dict[Form, list[Measure]] = {}
    for measure in _running(master):
        by_form.setdefault(forms.of(measure, round_), []).append(measure)
    sheets = [form.sheet for form in by_form]
    of_round = (round_.name,) if round_ else ()
    return [
        published_set(
            master,
            form,
            measures,
            (*of_round, _called(form, sheets)),
            quarter=round_.quarter if round_ else 0,
            watch=watch,
        )
        for form, measures in by_form.items()
    ]


def _called(form: Form, sheets: Sequence[str]) -> str:
    """Return the name of the form's sheet, or of its file if another form's sheet has the same name."""
    return Path(form.name).stem if sheets.count(form.sheet) > 1 else form.sheet


def published_set(
    master: Master,
    form: Form,
    measures: Sequence[Measure] | None = None,
    called: Sequence[str] = (),
    *,
    quarter: int = 0,
    watch: Watch = iter,
) -> PublishedSet:
    """Return the sheets of measures (default: all that ran in the year) on a form compiled for publication.

    The workbook is named after the year and what it is ``called`` (default: the name of the form in 設定, else that of
    its sheet). ``quarter`` is what ``this_quarter`` means, 0 for none; ``watch`` wraps the sheets. Raise DxreportError
    if a text exceeds a cell.
    """
    measures = _running(master) if measures is None else measures
    names, year = master.settings.names, master.settings.fiscal_year.label
    paper = called or (names.form or form.sheet,)
    title = joined(names.owner, year, *paper)
    ended = {m.id: master.standings[m.id].note for m in measures}
    on_paper = [_marked(m, ended[m.id]) for m in measures]
    by_department: dict[str, list[Measure]] = {}
    for m in on_paper:
        by_department.setdefault(m.lead_department, []).append(m)
    blank = PreparedForm(form, Round("", quarter), master.settings, "")
    prepared = {name: blank.of(name) for name in by_department}
    pages: list[tuple[PreparedForm, Sequence[Measure]]] = [(prepared[m.lead_department], [m]) for m in on_paper]
    if form.layout.is_list:
        pages = [(prepared[d.name], by_department[d.name]) for d in master.departments if d.name in by_department]
    index = partial(index_sheet, title, measures, form.source.styles, names, ended=ended)
    book = render_published(form, watch(pages), index, title)
    name = file_name("_".join((year, *paper)))
    lacks_quarter = not quarter and any(map(_of_this_quarter, chain.from_iterable(form.bindings.values())))
    return PublishedSet(name, book.data, tuple(m.id for m in measures), book.too_tall, lacks_quarter)


def _of_this_quarter(cell: TemplateCell) -> bool:
    return cell.binding.period == THIS and cell.binding.spec.period is Period.QUARTERS


def _marked(measure: Measure, note: str) -> Measure:
    """Append a note to the name of a measure: ``…の推進（第3四半期から中止）``."""
    return measure.with_texts({Ref("name"): f"{measure.name}（{note}）"}) if note else measure


def _running(master: Master) -> list[Measure]:
    """Return the measures that ran in the year."""
    return [m for m in master.measures if master.standings[m.id].runs_in(0)]  # in at least one quarter


def out_folder(workspace: Workspace, master: Master) -> Path:
    """Return the default folder for published workbooks."""
    return workspace.reports / file_name(f"{master.settings.fiscal_year.label}_公表")


def write(workspace: Workspace, found: Mapping[PublishedSet, bytes | None], folder: Path) -> list[Path]:
    """Write workbooks and their PDFs, if any, over earlier ones in ``folder``; return the paths.

    Raise as ``write_files`` does.
    """
    files: dict[Path, bytes] = {}
    for one, pdf in found.items():
        files[folder / f"{one.name}.xlsx"] = one.data
        if pdf is not None:
            files[folder / f"{one.name}.pdf"] = pdf
    write_files(workspace, files)
    return list(files)

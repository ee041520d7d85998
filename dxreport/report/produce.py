"""Produce a report: compute the figures, make the formats, write them, and freeze a final report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial
from pathlib import Path

from ..master.records import Master
from ..master.write import save
from ..workers import Watch
from ..workspace.bundled import bundled, current
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.transaction import write_files
from . import html, pdf
from .declared import asked
from .earlier import earlier
from .excel import excel
from .figures import figures
from .finals import frozen, last_final, next_id, same
from .records import Figures


class ReportFormat(Enum):
    """A format of the report; the value is the extension of its file."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: its figures, its files by name, and whether it is a ``new_final`` to be frozen."""

    figures: Figures
    files: tuple[tuple[str, bytes], ...]
    new_final: bool = False


def produce(
    workspace: Workspace,
    master: Master,
    quarter: int,
    now: datetime,
    *,
    formats: Sequence[ReportFormat] = tuple(ReportFormat),
    coordinator: bool = False,
    final: bool = False,
    watch: Watch = iter,
) -> Report:
    """Return the report of a quarter (1–4); write nothing. A final report that has not changed keeps number and date.

    ``watch`` wraps the formats while their files are made.

    Raise UsageError if 設定 has no round of the quarter, MasterError if a stored final report is damaged, DxreportError
    if a format cannot be made.
    """
    last = last_final(workspace, master, quarter)
    compute = partial(
        figures, master, quarter, coordinator=coordinator, asked=asked(workspace, master, quarter, coordinator=coordinator),
        earlier=earlier(workspace),
    )  # fmt: skip
    approved = None
    if final and last and last.quarter == quarter:
        before = last_final(workspace, master, quarter, before=last.id)
        then = compute(datetime.fromisoformat(last.when), previous_final=before)
        approved = replace(then, final_id=last.id) if same(last, then) else None
    found = approved or compute(now, previous_final=last)
    new = final and approved is None
    if new:
        found = replace(found, final_id=next_id(workspace, master))
    words = [found.fiscal_year, found.quarter_label, "報告"]
    words += ["担当者用"] if found.coordination else []
    words += [f"確定{found.final_id}"] if found.final_id else []
    # No later report may overwrite an approved one, nor one audience's report the other's.
    name = file_name("_".join(words))
    files = tuple((f"{name}.{f.value}", _file(f, found, workspace)) for f in watch(list(dict.fromkeys(formats))))
    return Report(found, files, new)


def write(workspace: Workspace, master: Master, report: Report, folder: Path, now: datetime) -> list[Path]:
    """Write the files into ``folder`` and freeze a new final report; return the paths.

    Existing files of a report approved before are kept. Raise DxreportError, LockedError or MasterError if the files or
    the master cannot be written, and change nothing; raise Unfinished if only a file cannot be written.
    """
    files = {folder / name: data for name, data in report.files}
    if report.new_final:
        data, path, kept = frozen(workspace, master, report.figures)
        save(workspace, data, master.sha256, now, before={path: kept}, after=files)
        return list(files)
    approved = bool(report.figures.final_id)
    write_files(workspace, {path: data for path, data in files.items() if not (approved and path.exists())})
    return list(files)


def out_folder(workspace: Workspace, figures_: Figures) -> Path:
    """Return the default folder for the files."""
    return workspace.reports / file_name(f"{figures_.fiscal_year}_{figures_.quarter_label}_報告")


def _file(format_: ReportFormat, found: Figures, workspace: Workspace) -> bytes:
    if format_ is ReportFormat.XLSX:
        return excel(found)
    make, name = (pdf.pdf, pdf.TEMPLATE) if format_ is ReportFormat.PDF else (html.html, html.TEMPLATE)
    own = workspace.templates / name
    return make(found, current(own) if own.is_file() else bundled("templates") / name)

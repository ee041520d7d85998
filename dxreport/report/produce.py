"""Produce a report: compute the figures, make the formats, write them, and freeze a final report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path

from ..master.records import Master
from ..master.write import save
from ..workspace.bundled import bundled
from ..workspace.files import file_name
from ..workspace.paths import Workspace
from ..workspace.transaction import write_files
from . import html, pdf
from .declared import asked
from .earlier import earlier
from .excel import excel
from .figures import figures
from .finals import Final, frozen, last_final, next_id, same
from .records import Figures

_OF_EARLIER_RELEASES = frozenset({
    "614438d4fc8139fea8cf1e76631f2f136d083154431b3b42be83e3b4f1ce8fb4",  # 報告書.typ
    "19f444acc2feb651fe2bbe8d55564869685692f100a1f422d3288d85b281042e",  # 報告書.html
})  # fmt: skip


class ReportFormat(Enum):
    """A format of the report; the value is the extension of its file."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: its figures, its files by name, and ``new_final`` if it is to be frozen.

    A final report that is not new has the figures and the date of its approval.
    """

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
) -> Report:
    """Return the report of a quarter (1–4); write nothing.

    Raise UsageError if 設定 has no round of the quarter, MasterError if a stored final report is damaged, DxreportError
    if a format cannot be made.
    """
    last = last_final(workspace, master, quarter)
    approved = _approved(workspace, master, last, coordinator) if final and last and last.quarter == quarter else None
    forms = asked(workspace, master, quarter)
    known = earlier(workspace)
    found = approved or figures(
        master, quarter, now, previous_final=last, coordinator=coordinator, asked=forms, earlier=known
    )
    new = final and approved is None
    if new:
        found = replace(found, final_id=next_id(workspace, master))
    words = [found.fiscal_year, found.quarter_label, "報告"]
    words += ["担当者用"] if found.coordination else []
    words += [f"確定{found.final_id}"] if found.final_id else []
    # A later report must not overwrite an approved one, nor one audience's report the other's.
    name = file_name("_".join(words))
    files = tuple((f"{name}.{f.value}", _file(f, found, workspace)) for f in dict.fromkeys(formats))
    return Report(found, files, new)


def _approved(workspace: Workspace, master: Master, last: Final, coordinator: bool) -> Figures | None:
    """Return the figures as approved in ``last``, with its number and date; None if they have changed since."""
    before = last_final(workspace, master, last.quarter, before=last.id)
    then = datetime.fromisoformat(last.when)
    forms = asked(workspace, master, last.quarter)
    known = earlier(workspace)
    found = figures(
        master, last.quarter, then, previous_final=before, coordinator=coordinator, asked=forms, earlier=known
    )
    return replace(found, final_id=last.id) if same(last, found) else None


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
    return make(found, own if _is_changed(own) else bundled("templates") / name)


def _is_changed(own: Path) -> bool:
    """Return True if the office has a template of its own, not an unchanged copy from an earlier release."""
    return own.is_file() and sha256(own.read_bytes()).hexdigest() not in _OF_EARLIER_RELEASES

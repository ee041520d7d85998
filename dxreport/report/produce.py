"""A whole report: figures, then the formats asked for; written, and frozen when it is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from importlib import import_module
from pathlib import Path

from ..master.records import Master
from ..master.write import save
from ..workspace.bundled import bundled
from ..workspace.files import all_or_nothing, file_name
from ..workspace.paths import Workspace
from .figures import figures
from .finals import Final, frozen, last_final, next_id, same
from .records import Figures


class Format(Enum):
    """A format of the report; the value is the file's extension."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: its figures, its files by name. ``new_final`` says that it is to be frozen.

    A final report that is no new one was approved before: its figures are those of then, with their date.
    """

    figures: Figures
    files: tuple[tuple[str, bytes], ...]
    new_final: bool = False


def make(
    workspace: Workspace,
    master: Master,
    quarter: int,
    now: datetime,
    *,
    formats: Sequence[Format] = tuple(Format),
    coordinator: bool = False,
    final: bool = False,
) -> Report:
    """The report of a quarter (1–4), nothing written yet.

    Raises UsageError where 設定 has no round of the quarter, MasterError where a kept final report is damaged,
    DxreportError where a format cannot be made.
    """
    last = last_final(workspace, master, quarter)
    approved = _approved(workspace, master, last, coordinator) if final and last and last.quarter == quarter else None
    found = approved or figures(master, quarter, now, previous_final=last, coordinator=coordinator)
    new = final and approved is None
    if new:
        found = replace(found, final_id=next_id(workspace, master))
    name = _name(found)
    files = tuple((f"{name}.{f.value}", _made(f, found, workspace)) for f in dict.fromkeys(formats))
    return Report(found, files, new)


def _approved(workspace: Workspace, master: Master, last: Final, coordinator: bool) -> Figures | None:
    """The figures as they were approved in ``last``, with its number and date; None where they have changed since."""
    before = last_final(workspace, master, last.quarter, before=last.id)
    then = datetime.fromisoformat(last.when)
    found = figures(master, last.quarter, then, previous_final=before, coordinator=coordinator)
    return replace(found, final_id=last.id) if same(last, found) else None


def write(workspace: Workspace, master: Master, report: Report, folder: Path, now: datetime) -> list[Path]:
    """Write the files into ``folder``, and freeze a new final report with them, or do nothing; gives their paths.

    Files of a report that was approved before are left as they are. Raises DxreportError, LockedError or MasterError
    where the files or the master cannot be written; nothing is changed then.
    """
    files = {folder / name: data for name, data in report.files}
    if report.new_final:
        data, path, kept = frozen(workspace, master, report.figures)
        save(workspace, data, master.sha256, now, before={path: kept}, after=files)
        return list(files)
    with all_or_nothing() as write_:
        for path, data in files.items():
            if not (report.figures.final_id and path.exists()):
                write_(path, data)
    return list(files)


def out_folder(workspace: Workspace, figures_: Figures) -> Path:
    """Where the files are written unless told otherwise."""
    return workspace.reports / file_name(f"{figures_.fiscal_year}_{figures_.quarter_label}_報告")


def _name(found: Figures) -> str:
    # A later report must not overwrite what was approved, nor one audience's the other's.
    words = [found.fiscal_year, found.quarter_label, "報告"]
    words += ["担当者用"] if found.coordination else []
    words += [f"確定{found.final_id}"] if found.final_id else []
    return file_name("_".join(words))


def _made(format_: Format, found: Figures, workspace: Workspace) -> bytes:
    # Imported here: each format brings a library of its own.
    module = import_module(f".{'excel' if format_ is Format.XLSX else format_.value}", __package__)
    if format_ is Format.XLSX:
        return module.excel(found)
    own = workspace.templates / module.TEMPLATE
    return getattr(module, format_.value)(found, own if own.is_file() else bundled("templates") / module.TEMPLATE)

"""A whole report: figures, then the formats asked for; written, and frozen when it is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from importlib import import_module
from pathlib import Path

from ..bundled import bundled
from ..files import atomic_write
from ..issuing import file_name
from ..master.records import Master
from ..workspace import Workspace
from .figures import figures
from .finals import Final, freeze, last_final, next_id, same
from .records import Figures


class Format(Enum):
    """A format of the report; the value is the file's extension."""

    PDF = "pdf"
    XLSX = "xlsx"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: its figures, its files by name. ``new_final`` says that it is to be frozen."""

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

    A final report of what was frozen just so before is that report again. Raises UsageError where 設定
    has no round of the quarter, MasterError where a kept final report is damaged, DxreportError where a
    format cannot be made.
    """
    previous = last_final(workspace, master, quarter)
    id_, new = "", False
    if final:
        id_, previous, new = _final(workspace, master, quarter, previous)
    found = replace(figures(master, quarter, now, previous_final=previous, coordinator=coordinator), final_id=id_)
    name = _name(found)
    files = tuple((f"{name}.{f.value}", _made(f, found, workspace)) for f in dict.fromkeys(formats))
    return Report(found, files, new)


def _final(
    workspace: Workspace, master: Master, quarter: int, last: Final | None
) -> tuple[str, Final | None, bool]:
    """The id of the final report to be made, the one before it, and whether it is a new one."""
    if last is None or last.quarter != quarter or not same(last, master):
        return next_id(master), last, True
    return last.id, last_final(workspace, master, quarter, before=last.id), False


def write(workspace: Workspace, master: Master, report: Report, folder: Path, now: datetime) -> list[Path]:
    """Freeze a new final report, then write the files into ``folder``; gives their paths.

    Raises LockedError or MasterError when the master cannot be written; nothing is changed then.
    """
    if report.new_final:
        freeze(workspace, master, report.figures, now)
    paths = []
    for name, data in report.files:
        atomic_write(folder / name, data)
        paths.append(folder / name)
    return paths


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

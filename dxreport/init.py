"""Init: a workspace to begin with.

First everything is made in memory, then written, the master last: it is what makes a folder a
workspace.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from .bundled import bundled
from .errors import UsageError
from .files import atomic_write
from .model import FiscalYear, Settings
from .workspace import Workspace

_FIRST_MONTH = 4
_TEMPLATES = {".xlsx", ".md", ".txt", ".typ"}


@dataclass(frozen=True, slots=True)
class Made:
    """A workspace that was made: its files, and the fiscal year of its master."""

    workspace: Workspace
    files: tuple[Path, ...]
    fiscal_year: FiscalYear


def create(folder: Path, today: date, *, sample: bool = False) -> Made:
    """Make a workspace in ``folder``: with the 26 sample measures, or empty for the year of ``today``.

    Overwrites nothing: raises UsageError where a file to be made is there already. Raises
    DxreportError where it cannot be written; what was written by then is removed again.
    """
    workspace = Workspace(folder)
    year, master = _sample() if sample else _empty(fiscal_year(today))
    files = {workspace.templates / path.name: path.read_bytes() for path in _templates()}
    files[workspace.master] = master
    _refuse_existing(folder, list(files))
    written: list[Path] = []
    try:
        for path, data in files.items():
            atomic_write(path, data)
            written.append(path)
        workspace.reports.mkdir(parents=True, exist_ok=True)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return Made(workspace, tuple(written), year)


def fiscal_year(day: date) -> FiscalYear:
    """The fiscal year a day lies in; raises UsageError for one before 令和."""
    year = FiscalYear(day.year if day.month >= _FIRST_MONTH else day.year - 1)
    if year.western < 2019:
        raise UsageError(
            f"{day.isoformat()} は令和より前です。", "--now に令和元年度（2019年4月）以降の日時を指定してください。"
        )
    return year


def _templates() -> list[Path]:
    # Neither the lock files of office programs nor what a build leaves beside the templates.
    return sorted(p for p in bundled("templates").iterdir() if p.suffix in _TEMPLATES and p.name[0] not in "~.")


def _refuse_existing(folder: Path, files: list[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} はフォルダーではありません。", "別の名前を指定してください。")
    there = [str(path.relative_to(folder)) for path in files if path.exists()]
    if there:
        raise UsageError(
            f"{folder} には、すでに {'、'.join(there)} があります。上書きしません。",
            "別のフォルダーを指定してください。",
        )


def _sample() -> tuple[FiscalYear, bytes]:
    from .sample import settings
    from .sample.departments import sample_master

    return settings().fiscal_year, sample_master()


def _empty(year: FiscalYear) -> tuple[FiscalYear, bytes]:
    """A master with the rounds, words and tables of the sample, and nothing that is a city's own."""
    from .master.build import master_bytes
    from .sample import settings

    drawn: Settings = settings()
    own = replace(
        drawn,
        fiscal_year=year,
        plan_years=tuple(year + n for n in range(len(drawn.plan_years))),
        rounds=tuple(replace(round_, deadline="") for round_ in drawn.rounds),
        mail_domain="",
    )
    return year, master_bytes(own, (), ())
